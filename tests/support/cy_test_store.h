/* Stores for tests: the same test runs on every database that this machine can have. */
#ifndef CY_TEST_STORE_H
#define CY_TEST_STORE_H

#include "cy_test.h"
#include "store/driver.h"

#include <unistd.h>

struct cy_test_store {
    struct cy_store_options options; /* of a new folder, and of an empty database */
};

/* The test twice, with `test` in hand: " (SQLite)" and " (PostgreSQL)". The second is skipped where PostgreSQL is not installed. */
#define CY_TEST_EACH_DATABASE(sentence)                                                                                                    \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_store *test);                                                                \
    CY_TEST(sentence " (SQLite)")                                                                                                          \
    {                                                                                                                                      \
        const struct cy_test_store test_ = cy_test_store_sqlite();                                                                         \
        CY_JOIN(each_, __LINE__)(&test_);                                                                                                  \
    }                                                                                                                                      \
    static void CY_JOIN(postgres_, __LINE__)(__attribute__((unused)) void **state)                                                         \
    {                                                                                                                                      \
        const struct cy_test_store test_ = cy_test_store_postgres();                                                                       \
        CY_JOIN(each_, __LINE__)(&test_);                                                                                                  \
    }                                                                                                                                      \
    __attribute__((constructor)) static void CY_JOIN(add_postgres_, __LINE__)(void)                                                        \
    {                                                                                                                                      \
        cy_test_add((struct cy_test){__FILE__, sentence " (PostgreSQL)", CY_JOIN(postgres_, __LINE__)});                                   \
    }                                                                                                                                      \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_store *test)

struct cy_test_store cy_test_store_sqlite(void);
/* A new database of the tests' own server on loopback, which is started with the first of them; skips the test where there is none. */
struct cy_test_store cy_test_store_postgres(void);
uint16_t cy_test_postgres_port(void);
/* Runs one statement as the server's owner, on the database "postgres". */
void cy_test_postgres_run(const char *text);
/* SIGSTOP, or SIGCONT, of the server with all its processes. */
void cy_test_postgres_freeze(bool is_frozen);
/* kill -9 of the whole server, and a start again on the same port. */
void cy_test_postgres_crash(void);

struct cy_store *cy_test_store_open(const struct cy_test_store *test); /* fails the test when it cannot */
/* The number that a query without parameters returns, by a reader of its own. */
int64_t cy_test_count(struct cy_store *store, const char *text);

#endif
