/* Objects for tests: the same test runs on every place where objects can lie. */
#ifndef CY_TEST_OBJECTS_H
#define CY_TEST_OBJECTS_H

#include "cy_test.h"
#include "store/objects.h"

struct cy_test_objects {
    struct cy_objects_options options; /* of an empty place */
};

/* The test twice, with `test` in hand: " (disk)" and " (S3)". The second is skipped where moto, the S3 for tests, is not installed. */
#define CY_TEST_EACH_OBJECTS(sentence)                                                                                                     \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_objects *test);                                                              \
    CY_TEST(sentence " (disk)")                                                                                                            \
    {                                                                                                                                      \
        const struct cy_test_objects test_ = cy_test_objects_disk();                                                                       \
        CY_JOIN(each_, __LINE__)(&test_);                                                                                                  \
    }                                                                                                                                      \
    static void CY_JOIN(s3_, __LINE__)(__attribute__((unused)) void **state)                                                               \
    {                                                                                                                                      \
        const struct cy_test_objects test_ = cy_test_objects_s3();                                                                         \
        CY_JOIN(each_, __LINE__)(&test_);                                                                                                  \
    }                                                                                                                                      \
    __attribute__((constructor)) static void CY_JOIN(add_s3_, __LINE__)(void)                                                              \
    {                                                                                                                                      \
        cy_test_add((struct cy_test){__FILE__, sentence " (S3)", CY_JOIN(s3_, __LINE__)});                                                 \
    }                                                                                                                                      \
    static void CY_JOIN(each_, __LINE__)(const struct cy_test_objects *test)

struct cy_test_objects cy_test_objects_disk(void);
/* A new prefix of the bucket of the tests' own S3 on loopback, which is started with the first of them. Sets the keys in the environment.
 */
struct cy_test_objects cy_test_objects_s3(void);
uint16_t cy_test_s3_port(void);
void cy_test_s3_freeze(bool is_frozen);
struct cy_objects *cy_test_objects_open(const struct cy_test_objects *test); /* fails the test when it cannot */

#endif
