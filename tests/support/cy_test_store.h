/* Stores for tests: the same test runs on every database that this machine can have. */
#ifndef CY_TEST_STORE_H
#define CY_TEST_STORE_H

#include "cy_test.h"
#include "store/driver.h"

#include <unistd.h>

struct cy_test_store {
    struct cy_store_options options; /* of a new folder, and of an empty database */
};

/* A sentence with " (SQLite)" behind it, and the test with `test` in hand. */
#define CY_TEST_EACH_DATABASE(sentence)                                                                                                    \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_store *test);                                                                \
    CY_TEST(sentence " (SQLite)")                                                                                                          \
    {                                                                                                                                      \
        const struct cy_test_store test_ = cy_test_store_sqlite();                                                                         \
        CY_JOIN(each_, __LINE__)(&test_);                                                                                                  \
    }                                                                                                                                      \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_store *test)

struct cy_test_store cy_test_store_sqlite(void);
struct cy_store *cy_test_store_open(const struct cy_test_store *test); /* fails the test when it cannot */
/* The number that a query without parameters returns, by a reader of its own. */
int64_t cy_test_count(struct cy_store *store, const char *text);

#endif
