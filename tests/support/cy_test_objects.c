#include "cy_test_objects.h"

struct cy_test_objects cy_test_objects_disk(void)
{
    return (struct cy_test_objects){.options = {.data_folder = cy_test_folder()}};
}

struct cy_objects *cy_test_objects_open(const struct cy_test_objects *test)
{
    struct cy_objects *objects;
    struct cy_error error;
    cy_expect_ok(cy_objects_open(&objects, &test->options, &error), error);
    return objects;
}
