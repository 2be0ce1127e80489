/* Removes near-duplicates: MinHash signatures, bands of rows, clusters. docs/dedup.md tells it whole.
 *
 *     run:      text ─▶ signature of bands × rows numbers
 *     barrier:  signature ─▶ a hash a band ─┐
 *                                           ├─▶ sorted ─▶ equal hashes: candidate pairs ─▶ (verified) ─▶ clusters ─▶ verdicts
 *     against:  id, text ─▶ signature ──────┘                                                                             */
#include "operators/operator.h"

#include "base/files.h"
#include "kernels/minhash.h"
#include "operators/near_duplicates.h"

static const struct cy_param params[] = {
    CY_PARAM_INTEGER(cy_near_duplicates, bands, 14, "bands", "two texts are candidates when all rows of one band are equal"),
    CY_PARAM_INTEGER(cy_near_duplicates, rows, 8, "rows a band", "similarity s is found with probability 1 - (1 - s^rows)^bands"),
    CY_PARAM_INTEGER(cy_near_duplicates, ngram, 5, "words",
                     "compare n-grams of this many words; a character of a script without spaces is a word"),
    CY_PARAM_LIST(cy_near_duplicates, against, "[]", "folders of datasets",
                  "also remove what is similar to a document of these earlier datasets"),
    CY_PARAM_NUMBER(cy_near_duplicates, similarity_min, 0, "0 to 1",
                    "of the candidates, only pairs whose estimated similarity is at least this are duplicates"),
    {0},
};
static const struct cy_rule rules[] = {
    {CY_RULE_NEAR_DUPLICATE, NULL, "similarity_min", CY_KEEP_BELOW,
     "the first in input order is kept; measured: the similarity to that one"},
    {CY_RULE_NEAR_DUPLICATE_OF_EARLIER, NULL, "similarity_min", CY_KEEP_BELOW,
     "the earlier dataset's document is kept; measured: the similarity to it"},
    {0},
};

static enum cy_status check(const struct cy_near_duplicates *op, struct cy_error *error)
{
    if (op->bands < 1 || op->rows < 1 || op->bands > CY_MINHASH_PERMUTATIONS_MAX || op->rows > CY_MINHASH_PERMUTATIONS_MAX ||
        op->bands * op->rows > CY_MINHASH_PERMUTATIONS_MAX)
        return cy_error_set(error, CY_BAD_RECIPE, "bands: %lld and rows: %lld make %lld numbers a document, expected 1 to %d",
                            (long long)op->bands, (long long)op->rows, (long long)(op->bands * op->rows), CY_MINHASH_PERMUTATIONS_MAX);
    if (op->ngram < 1 || op->ngram > CY_MINHASH_NGRAM_MAX)
        return cy_error_set(error, CY_BAD_RECIPE, "ngram: %lld, expected 1 to %d words", (long long)op->ngram, CY_MINHASH_NGRAM_MAX);
    if (!(op->similarity_min >= 0 && op->similarity_min <= 1))
        return cy_error_set(error, CY_BAD_RECIPE, "similarity_min: %g, expected 0 to 1", op->similarity_min);
    return CY_OK;
}

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct cy_near_duplicates *op = self;
    enum cy_status status = check(op, error);
    if (status != CY_OK)
        return status;
    struct cy_minhash *minhash = cy_arena_alloc(setup->arena, sizeof *minhash);
    cy_minhash_init(minhash, (size_t)(op->bands * op->rows), (size_t)op->ngram);
    op->minhash = minhash;
    const char **folders = cy_arena_alloc(setup->arena, (op->against.count + 1) * sizeof *folders);
    for (size_t i = 0; i < op->against.count; i++) {
        folders[i] = cy_path_join(setup->arena, setup->folder, cy_arena_str(setup->arena, op->against.items[i]).data);
        if (cy_path_is_folder(cy_path_join(setup->arena, folders[i], "data")))
            continue;
        cy_error_set(error, CY_BAD_RECIPE, "against: \"%s\" is not a dataset: it has no folder \"data\"", folders[i]);
        return cy_error_hint(error, "name the folder that a build wrote; paths are relative to the recipe's folder");
    }
    op->folders = folders;
    return CY_OK;
}

static size_t mark_size(const void *self)
{
    const struct cy_near_duplicates *op = self;
    return (size_t)(op->bands * op->rows) * sizeof(uint16_t);
}

static enum cy_status run(const void *self, struct cy_batch *batch, __attribute__((unused)) struct cy_error *error)
{
    const struct cy_near_duplicates *op = self;
    for (size_t row = 0; row < batch->row_count; row++)
        cy_minhash_signature(op->minhash, batch->texts[row], (uint16_t *)(void *)cy_batch_mark(batch, row));
    return CY_OK;
}

static enum cy_status barrier(const void *self, struct cy_barrier *barrier, struct cy_error *error)
{
    return cy_near_duplicates_remove(self, barrier, error);
}

const struct cy_operator cy_operator_dedup_minhash = {
    .name = "dedup_minhash",
    .summary = "remove near-duplicates, within the run and against earlier datasets",
    .source = "Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4; defaults of datatrove 0.10.1",
    .params = params,
    .rules = rules,
    .self_size = sizeof(struct cy_near_duplicates),
    .prepare = prepare,
    .run = run,
    .mark_size = mark_size,
    .barrier = barrier,
};
