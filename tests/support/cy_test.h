/* Tests that read as a specification:
 *
 *     CY_TEST("word_length removes text whose words are too long, and keeps the measure")
 *     {
 *         ...cmocka's assertions...
 *     }
 *
 * All files are linked into one program, ciyuan-tests: `ciyuan-tests` runs all, `ciyuan-tests -l` lists, `ciyuan-tests WORD…` runs those
 * whose file or sentence holds every word. */
#ifndef CY_TEST_H
#define CY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/cpu.h"
#include "base/error.h"
#include "document/batch.h"

struct cy_test {
    const char *file;
    const char *sentence;
    void (*run)(void **state);
};
void cy_test_add(struct cy_test test);

#define CY_JOIN_(a, b) a##b
#define CY_JOIN(a, b) CY_JOIN_(a, b)
#define CY_TEST(sentence)                                                                                                                  \
    static void CY_JOIN(test_, __LINE__)(void **state);                                                                                    \
    __attribute__((constructor)) static void CY_JOIN(add_, __LINE__)(void)                                                                 \
    {                                                                                                                                      \
        cy_test_add((struct cy_test){__FILE__, sentence, CY_JOIN(test_, __LINE__)});                                                       \
    }                                                                                                                                      \
    static void CY_JOIN(test_, __LINE__)(__attribute__((unused)) void **state)

#define cy_expect_ok(call, failure)                                                                                                       \
    do {                                                                                                                                   \
        if ((call) != CY_OK)                                                                                                               \
            fail_msg("status %d: %s", (int)(failure).status, (failure).message);                                                           \
    } while (0)
#define cy_expect_str(actual, expected)                                                                                                    \
    do {                                                                                                                                   \
        struct cy_str actual_ = (actual), expected_ = cy_str(expected);                                                                    \
        if (!cy_str_equal(actual_, expected_))                                                                                             \
            fail_msg("found \"%.*s\", expected \"%s\"", (int)actual_.size, actual_.data, expected);                                        \
    } while (0)
#define cy_expect_near(actual, expected, tolerance)                                                                                        \
    do {                                                                                                                                   \
        double actual_ = (actual), expected_ = (expected);                                                                                 \
        if (!(actual_ - expected_ <= (tolerance) && expected_ - actual_ <= (tolerance)))                                                   \
            fail_msg("%s is %.17g, expected %.17g", #actual, actual_, expected_);                                                          \
    } while (0)

/* A folder of the test's own, removed when the program ends. */
const char *cy_test_folder(void);
/* The seed of random tests: CIYUAN_SEED, or a new one; printed when a test fails. */
uint64_t cy_test_seed(void);
uint64_t cy_test_random(uint64_t *state); /* splitmix64 */
/* ../shared/data/<name> where the shared data lies ($CIYUAN_SHARED, or ../shared beside the project), or NULL; the test then calls skip(). */
const char *cy_test_shared(const char *name);

/* ---- operators ---- */

/* A batch of these texts (NULL ends them), ids "0", "1", …; its arena and scratch are freed when the program ends. */
struct cy_batch *cy_test_batch(const char *first, ...) __attribute__((sentinel));
/* Prepares the operator with "name: value, name: value" ("" for the defaults), runs it on the batch as step 0, compacts nothing. The
 * batch's signals then hold the operator's columns from 0 on. Fails the test when the operator returns an error. */
void cy_test_run(const char *operator_name, const char *params, struct cy_batch *batch);
/* The operator's self, its parameters set from the same text and prepared; owned by arena. Call the operator's release when it has one. */
void *cy_test_prepare(const char *operator_name, const char *params, struct cy_arena *arena);
void cy_expect_verdict(const struct cy_batch *batch, size_t row, const char *rule, double measured, double threshold);
void cy_expect_kept(const struct cy_batch *batch, size_t row);
/* signal: its name without the step, of the operator that ran last. */
void cy_expect_signal(const struct cy_batch *batch, size_t row, const char *signal, double expected);

#endif
