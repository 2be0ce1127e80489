/* Removes documents whose text, or URL, is the same as an earlier one's. */
#include "operators/operator.h"

#include "base/hash.h"
#include "base/sort.h"
#include "kernels/word_hash.h"

#include <math.h>

struct dedup_exact {
    struct cy_str on;
    struct cy_str normalize;
};

static const char *const on_choices[] = {"text", "url", NULL};
static const char *const normalize_choices[] = {"none", "words", NULL};
static const struct cy_param params[] = {
    CY_PARAM_CHOICE(dedup_exact, on, "text", on_choices, "text | url", "what is compared; a document without it is never a duplicate"),
    CY_PARAM_CHOICE(dedup_exact, normalize, "none", normalize_choices, "none | words",
                    "none: byte for byte; words: the sequence of words as dedup_minhash sees them, whatever case, accents, digits, "
                    "punctuation and white space"),
    {0},
};
static const struct cy_rule rules[] = {
    {"duplicate", NULL, NULL, CY_KEEP_OTHER, "the first in input order is kept"},
    {0},
};

enum { MARK_BYTES = 16, RECORD_BYTES = MARK_BYTES + 8, PAIR_BYTES = 16 };

/* The hash of the words' hashes; false when there is no word. */
static bool hash_words(struct cy_str text, struct cy_hash128 *hash)
{
    enum { WORDS = 1024 };
    uint64_t words[2 + WORDS]; /* the hash so far, then the next words: a chain */
    size_t at = 0, count;
    bool any = false;
    *hash = (struct cy_hash128){0, 0};
    while ((count = cy_word_hashes(text, &at, words + 2, WORDS)) > 0) {
        words[0] = hash->high;
        words[1] = hash->low;
        *hash = cy_hash128((struct cy_str){(const char *)words, (2 + count) * sizeof *words});
        any = true;
    }
    return any;
}

/* 128 bits: among 10^12 documents two different texts meet with a probability of 10^-15. All zeros: nothing to compare. */
static enum cy_status run(const void *self, struct cy_batch *batch, __attribute__((unused)) struct cy_error *error)
{
    const struct dedup_exact *op = self;
    const struct cy_str *values = cy_str_is(op->on, "url") ? batch->urls : batch->texts;
    const bool by_words = cy_str_is(op->normalize, "words");
    for (size_t row = 0; row < batch->row_count; row++) {
        struct cy_hash128 hash = {0, 0};
        bool any = values[row].size > 0;
        if (any && by_words)
            any = hash_words(values[row], &hash);
        else if (any)
            hash = cy_hash128(values[row]);
        uint8_t *mark = cy_batch_mark(batch, row);
        cy_store_big_u64(mark, any ? hash.high : 0);
        cy_store_big_u64(mark + 8, any ? hash.low : 0);
    }
    return CY_OK;
}

static size_t mark_size(__attribute__((unused)) const void *self)
{
    return MARK_BYTES;
}

/* Adds (hash, row) of every row that has something to compare. */
static enum cy_status add_marks(struct cy_barrier *barrier, struct cy_sort *sort, struct cy_error *error)
{
    static const uint8_t nothing[MARK_BYTES];
    for (uint64_t first = 0, got; first < barrier->row_count; first += got) {
        const uint8_t *marks;
        enum cy_status status = barrier->read(barrier, 0, first, CY_MIN(barrier->row_count - first, (uint64_t)4096), &marks, &got, error);
        for (uint64_t i = 0; status == CY_OK && i < got; i++) {
            const uint8_t *mark = marks + i * MARK_BYTES;
            uint8_t record[RECORD_BYTES];
            if (memcmp(mark, nothing, MARK_BYTES) == 0)
                continue;
            memcpy(record, mark, MARK_BYTES);
            cy_store_big_u64(record + MARK_BYTES, first + i);
            status = cy_sort_add(sort, record, 1, error);
        }
        if (status != CY_OK)
            return status;
    }
    return cy_sort_finish(sort, error);
}

/* Equal hashes stand together, rows in order: the first is kept, and (row, kept) of the others is added to `pairs`. */
static enum cy_status find_pairs(struct cy_sort *sort, struct cy_sort *pairs, struct cy_error *error)
{
    uint8_t kept[RECORD_BYTES] = {0}; /* no hash is all zeros */
    const uint8_t *record;
    enum cy_status status;
    while ((status = cy_sort_next(sort, &record, error)) == CY_OK) {
        if (memcmp(record, kept, MARK_BYTES) != 0) {
            memcpy(kept, record, RECORD_BYTES);
            continue;
        }
        uint8_t pair[PAIR_BYTES];
        memcpy(pair, record + MARK_BYTES, 8);
        memcpy(pair + 8, kept + MARK_BYTES, 8);
        status = cy_sort_add(pairs, pair, 1, error);
        if (status != CY_OK)
            return status;
    }
    return status == CY_END ? cy_sort_finish(pairs, error) : status;
}

static enum cy_status barrier_run(__attribute__((unused)) const void *self, struct cy_barrier *barrier, struct cy_error *error)
{
    struct cy_sort *sort, *pairs;
    cy_sort_open(&sort, barrier->folder, "hashes", RECORD_BYTES, barrier->memory_bytes / 2, barrier->thread_count);
    cy_sort_open(&pairs, barrier->folder, "pairs", PAIR_BYTES, barrier->memory_bytes / 2, barrier->thread_count);
    cy_sort_set_stop(sort, barrier->stop);
    cy_sort_set_stop(pairs, barrier->stop);
    enum cy_status status = add_marks(barrier, sort, error);
    if (status == CY_OK)
        status = find_pairs(sort, pairs, error);
    const uint8_t *pair;
    while (status == CY_OK && (status = cy_sort_next(pairs, &pair, error)) == CY_OK)
        status = barrier->remove(barrier, cy_load_big_u64(pair), cy_load_big_u64(pair + 8), CY_STR(""), "duplicate", NAN, NAN, 1.0, error);
    cy_sort_close(sort);
    cy_sort_close(pairs);
    return status == CY_END ? CY_OK : status;
}

const struct cy_operator cy_operator_dedup_exact = {
    .name = "dedup_exact",
    .summary = "remove documents whose text or URL is the same as an earlier one's",
    .source = "XXH3 128-bit hashes, compared by sorting",
    .params = params,
    .rules = rules,
    .self_size = sizeof(struct dedup_exact),
    .scalar_param = "on",
    .run = run,
    .mark_size = mark_size,
    .barrier = barrier_run,
};
