#include "cy_test_store.h"

enum { READERS = 3 };

struct cy_test_store cy_test_store_sqlite(void)
{
    return (struct cy_test_store){.options = {.data_folder = cy_test_folder(), .reader_count = READERS}};
}

struct cy_store *cy_test_store_open(const struct cy_test_store *test)
{
    struct cy_store *store;
    struct cy_error error;
    cy_expect_ok(cy_store_open(&store, &test->options, &error), error);
    return store;
}

int64_t cy_test_count(struct cy_store *store, const char *text)
{
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_database *reader;
    struct cy_result rows;
    cy_expect_ok(cy_store_reader(store, &reader, &error), error);
    cy_expect_ok(cy_database_run_text(reader, "count", text, NULL, 0, &arena, &rows, &error), error);
    int64_t count = cy_result_integer(&rows, 0, 0);
    cy_store_reader_back(store, reader);
    cy_arena_release(&arena);
    return count;
}
