/* A barrier in memory: runs a barrier step on texts and keeps what it removed. */
#ifndef CY_TEST_BARRIER_H
#define CY_TEST_BARRIER_H

#include "cy_test.h"
#include "operators/operator.h"

struct cy_test_removal {
    bool removed;
    uint64_t kept; /* UINT64_MAX: duplicate_of names it */
    char duplicate_of[64];
    const char *rule;
    double measured;
    double threshold;
    double similarity;
};

struct cy_test_barrier_options {
    int64_t memory_bytes; /* 0: 64 MiB */
    size_t thread_count;  /* 0: 1 */
    size_t read_max;      /* rows a read gives at most; 0: all that was asked for */
    bool are_urls;        /* what is compared are the documents' URLs, not their texts */
};

/* Runs `operator_name` with "name: value, …" over texts[0..count), in batches of some rows; removals[0..count) is filled. Fails the test
 * when the operator returns an error, removes a row twice, names a kept row that comes later, or leaves files in its folder. */
void cy_test_barrier(const char *operator_name, const char *params, const struct cy_str *texts, size_t count,
                     const struct cy_test_barrier_options *options, struct cy_test_removal *removals);

#endif
