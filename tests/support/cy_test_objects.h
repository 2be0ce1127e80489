/* Objects for tests: the same test runs on every place where objects can lie. */
#ifndef CY_TEST_OBJECTS_H
#define CY_TEST_OBJECTS_H

#include "cy_test.h"
#include "store/objects.h"

struct cy_test_objects {
    struct cy_objects_options options; /* of an empty place */
};

#define CY_TEST_EACH_OBJECTS(sentence)                                                                                                     \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_objects *test);                                                              \
    CY_TEST(sentence " (disk)")                                                                                                            \
    {                                                                                                                                      \
        const struct cy_test_objects test_ = cy_test_objects_disk();                                                                       \
        CY_JOIN(each_, __LINE__)(&test_);                                                                                                  \
    }                                                                                                                                      \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_objects *test)

struct cy_test_objects cy_test_objects_disk(void);
struct cy_objects *cy_test_objects_open(const struct cy_test_objects *test); /* fails the test when it cannot */

#endif
