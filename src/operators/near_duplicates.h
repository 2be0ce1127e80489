/* From signatures to verdicts: what dedup_minhash does when every document has its signature. */
#ifndef CY_OPERATORS_NEAR_DUPLICATES_H
#define CY_OPERATORS_NEAR_DUPLICATES_H

#include "kernels/minhash.h"
#include "operators/operator.h"

#define CY_RULE_NEAR_DUPLICATE "near_duplicate"
#define CY_RULE_NEAR_DUPLICATE_OF_EARLIER "near_duplicate_of_earlier"

struct cy_near_duplicates {
    int64_t bands;
    int64_t rows;
    int64_t ngram;
    struct cy_strs against;
    double similarity_min;
    const struct cy_minhash *minhash;
    const char *const *folders; /* against.count of them, as the program opens them */
};

/* Removes from the barrier's rows all that are near-duplicates: of the first of their cluster, or of an earlier dataset's document. */
enum cy_status cy_near_duplicates_remove(const struct cy_near_duplicates *op, struct cy_barrier *barrier, struct cy_error *error);

#endif
