#include "model/text_vector.h"

#include "base/cpu.h"
#include "kernels/word_edges.h"

#include <stdlib.h>

/* Words of up to KEY_BYTES are kept in the cache. Their rows (CY_NGRAM_MAX n-grams at each byte, brackets included, and the word's own) add
 * up in 32 bits. A text is read BLOCK_BYTES at a time: few enough that all words of a block stay in the nearest cache once prefetched. */
enum { KEY_BYTES = CY_WORD_KEY_BYTES, CACHE_BITS = 15, LANES = CY_FASTTEXT_LANES, BLOCK_BYTES = 1024 };
_Static_assert((KEY_BYTES + 2) * CY_NGRAM_MAX + 1 <= CY_FASTTEXT_SUM_ROWS_MAX, "a word's rows add up in 32 bits");

/* A word and its sum, two cache lines. */
struct entry {
    uint8_t key[KEY_BYTES]; /* all zeros: empty */
    uint32_t row_count;
    uint32_t unused[7];
    int32_t values[LANES];
};

/* What may be missing from the cache in a block: every second byte a word of one byte, with a space before each and after the last. */
enum { WORDS_MAX = BLOCK_BYTES / 2, MISSED_BYTES_MAX = BLOCK_BYTES + 2 };

struct cy_word_cache {
    const struct cy_fasttext *model;
    const struct variant *variant;
    cy_word_edges_function *word_edges;
    const struct cy_ngram_rows_variant *ngrams;
    struct entry *entries; /* 2^CACHE_BITS */
    size_t window_bytes;   /* of a longer word so many bytes at a time are added up in 32 bits */
    size_t pending_max;    /* with the rows of so many bytes more, and one, the pending rows still add up in 32 bits */
    uint32_t *rows;        /* of the n-grams that are added up */
    uint16_t *places;      /* where these n-grams begin, in missed_text */

    uint32_t pending[CY_FASTTEXT_SUM_ROWS_MAX + CY_NGRAM_SPARE]; /* rows of longer words, not yet added up */
    size_t pending_count;

    /* Of the block that is read. */
    uint16_t edges[BLOCK_BYTES + CY_WORD_EDGES_SPARE];
    uint64_t hashes[WORDS_MAX];
    _Alignas(64) uint8_t keys[WORDS_MAX][KEY_BYTES];
    /* Of its words that are not in the cache. */
    struct entry missed[WORDS_MAX];
    uint64_t missed_hashes[WORDS_MAX];
    uint8_t missed_sizes[WORDS_MAX];
    uint32_t missed_found[WORDS_MAX]; /* in the model's vocabulary */
    size_t missed_count;
    char missed_text[MISSED_BYTES_MAX + CY_NGRAM_PADDING + KEY_BYTES]; /* " word word ", KEY_BYTES because words are copied whole */
    uint16_t missed_words[MISSED_BYTES_MAX + KEY_BYTES];               /* for each of its bytes, which of `missed` it belongs to */
    size_t missed_size;
};

/* The loops over rows and words, compiled for several processors; all give the same whole numbers. */
struct variant {
    const char *name;
    unsigned needs;
    void (*sum_rows)(const struct cy_fasttext *model, const uint32_t *rows, size_t row_count, int32_t values[LANES]);
    bool (*add_words)(struct cy_word_cache *cache, struct cy_str text, size_t edge_count, struct cy_text_vector *sum);
};
static const struct variant variants[];

static const struct cy_str end_of_line = {"</s>", 4};

struct cy_word_cache *cy_word_cache_new(const struct cy_fasttext *model)
{
    return cy_word_cache_new_for(model, cy_cpu_features());
}

struct cy_word_cache *cy_word_cache_new_for(const struct cy_fasttext *model, unsigned features)
{
    CY_ASSERT(model->lanes == LANES);
    struct cy_word_cache *cache = aligned_alloc(64, (sizeof *cache + 63) / 64 * 64);
    CY_ASSERT(cache != NULL);
    memset(cache, 0, sizeof *cache);
    cache->model = model;
    cache->variant = variants;
    while ((cache->variant->needs & ~features) != 0)
        cache->variant++;
    cache->word_edges = cy_word_edges_best(features);
    cache->ngrams = cy_ngram_rows_best(features);
    size_t rows_per_byte = CY_MAX(model->ngrams.n_max, model->ngrams.n_min) - model->ngrams.n_min + 1;
    cache->window_bytes = CY_MIN((CY_FASTTEXT_SUM_ROWS_MAX - 1) / rows_per_byte, (size_t)CY_NGRAM_WINDOW);
    cache->pending_max = CY_FASTTEXT_SUM_ROWS_MAX - 1 - cache->window_bytes * rows_per_byte; /* one more is a word's own row */
    size_t row_max = CY_MAX(rows_per_byte * MISSED_BYTES_MAX, (size_t)CY_FASTTEXT_SUM_ROWS_MAX) + CY_NGRAM_SPARE;
    cache->rows = cy_alloc(row_max * sizeof *cache->rows);
    cache->places = cy_alloc(row_max * sizeof *cache->places);
    cache->missed_text[0] = ' ';
    cache->missed_size = 1;
    cache->entries = aligned_alloc(64, sizeof *cache->entries << CACHE_BITS);
    CY_ASSERT(cache->entries != NULL);
    memset(cache->entries, 0, sizeof *cache->entries << CACHE_BITS);
    return cache;
}

void cy_word_cache_free(struct cy_word_cache *cache)
{
    if (cache == NULL)
        return;
    free(cache->entries);
    free(cache->places);
    free(cache->rows);
    free(cache);
}

/* ---- one word ---- */

/* Whether the word counts; *row is its own row, or UINT32_MAX where it has none. */
static bool own_row(const struct cy_fasttext *model, struct cy_str word, uint32_t found, uint32_t *row)
{
    *row = found;
    return found == UINT32_MAX ? word.data[0] != '_' || !cy_str_starts(word, CY_STR("__label__")) : found < model->word_count;
}

/* Adds up the rows that longer words have left. */
static void sum_pending(struct cy_word_cache *cache, struct cy_text_vector *sum)
{
    _Alignas(64) int32_t values[LANES];
    cache->variant->sum_rows(cache->model, cache->pending, cache->pending_count, values);
    for (int i = 0; i < LANES; i++)
        sum->values[i] += values[i];
    sum->row_count += cache->pending_count;
    cache->pending_count = 0;
}

/* A longer word: its rows are found and asked for, and added up when there are many, which gives memory time to bring them. */
static __attribute__((noinline)) void sum_long_word(struct cy_word_cache *cache, struct cy_str word, struct cy_text_vector *sum)
{
    const struct cy_fasttext *model = cache->model;
    uint32_t row;
    if (!own_row(model, word, cy_fasttext_find(model, word), &row))
        return;
    if (row != UINT32_MAX)
        cache->pending[cache->pending_count++] = row;
    for (size_t first = 0; first < word.size + 2; first += cache->window_bytes) {
        size_t end = CY_MIN(first + cache->window_bytes, word.size + 2);
        if (cache->pending_count > cache->pending_max)
            sum_pending(cache, sum);
        uint32_t *rows = cache->pending + cache->pending_count;
        size_t count = cache->ngrams->one_word(&model->ngrams, (const uint8_t *)word.data, word.size, first, end, rows);
        for (size_t i = 0; i < count; i++)
            __builtin_prefetch(cy_fasttext_row(model, rows[i]));
        cache->pending_count += count;
    }
}

/* ---- loops ---- */

typedef int32_t row_values __attribute__((vector_size(64), may_alias));
typedef int32_t half_row __attribute__((vector_size(32), may_alias));
typedef int64_t half_sum __attribute__((vector_size(64), may_alias));
typedef uint64_t key_words __attribute__((vector_size(32), may_alias));
typedef uint64_t key_bytes __attribute__((vector_size(32), may_alias, aligned(1)));
#define BODY static inline __attribute__((always_inline))

/* values += a row. */
BODY void add_row(const struct cy_fasttext *model, size_t row, int32_t values[LANES])
{
    *(row_values *)(void *)values += *(const row_values *)(const void *)(model->rows + row * LANES);
}

BODY void sum_rows(const struct cy_fasttext *model, const uint32_t *rows, size_t row_count, int32_t values[LANES])
{
    row_values sum = {0};
    for (size_t k = 0; k < row_count; k++)
        sum += *(const row_values *)(const void *)(model->rows + (size_t)rows[k] * LANES);
    *(row_values *)(void *)values = sum;
}

/* Copies the keys of a block's words, hashes them, and asks for their entries. */
BODY void take_keys(struct cy_word_cache *cache, struct cy_str text, size_t edge_count)
{
    /* The mask of a word of n bytes begins at byte KEY_BYTES - n. */
    static const uint8_t masks[2 * KEY_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                                 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    for (size_t k = 0; k < edge_count / 2; k++) {
        size_t begin = cache->edges[2 * k], size = cache->edges[2 * k + 1] - begin;
        uint8_t *key = cache->keys[k];
        if (size > KEY_BYTES)
            continue;
        if (text.size - begin >= KEY_BYTES) {
            *(key_words *)(void *)key =
                *(const key_bytes *)(const void *)(text.data + begin) & *(const key_bytes *)(masks + KEY_BYTES - size);
        } else {
            memset(key, 0, KEY_BYTES);
            memcpy(key, text.data + begin, size);
        }
        cache->hashes[k] = cy_word_key_hash(key);
        const struct entry *entry = &cache->entries[cache->hashes[k] >> (64 - CACHE_BITS)];
        __builtin_prefetch(entry);
        __builtin_prefetch(entry->values);
    }
}

/* Puts down a word that is not in the cache. Returns false when it ends the text. */
static __attribute__((noinline)) bool note_missed(struct cy_word_cache *cache, struct cy_str word, const uint8_t key[KEY_BYTES],
                                                  uint64_t hash)
{
    const struct cy_fasttext *model = cache->model;
    if (cy_str_equal(word, end_of_line))
        return false;
    __builtin_prefetch(&model->word_slots[hash >> (64 - model->word_slot_bits)]);
    uint16_t index = (uint16_t)cache->missed_count++;
    struct entry *entry = &cache->missed[index];
    memset(entry, 0, sizeof *entry);
    memcpy(entry->key, key, KEY_BYTES);
    cache->missed_hashes[index] = hash;
    cache->missed_sizes[index] = (uint8_t)word.size;
    memcpy(cache->missed_text + cache->missed_size, key, KEY_BYTES); /* of constant size, which is faster than the word's */
    for (size_t i = 0; i < KEY_BYTES + 1; i++)
        cache->missed_words[cache->missed_size - 1 + i] = index;
    cache->missed_size += word.size;
    cache->missed_text[cache->missed_size++] = ' ';
    return true;
}

static inline struct cy_str missed_word(const struct cy_word_cache *cache, size_t index)
{
    return (struct cy_str){(const char *)cache->missed[index].key, cache->missed_sizes[index]};
}

/* The missed words' own rows are found and asked for. */
BODY void find_missed(struct cy_word_cache *cache)
{
    const struct cy_fasttext *model = cache->model;
    for (size_t i = 0; i < cache->missed_count; i++) {
        uint32_t found = cache->missed_found[i] = cy_fasttext_find_hashed(model, missed_word(cache, i), cache->missed_hashes[i]);
        if (found < model->word_count)
            __builtin_prefetch(cy_fasttext_row(model, found));
    }
}

/* Finds the rows of all missed words and of their n-grams, adds them up, and puts the words into the cache. */
BODY void add_missed(struct cy_word_cache *cache, struct cy_text_vector *sum)
{
    const struct cy_fasttext *model = cache->model;
    half_sum low = {0}, high = {0};
    size_t count =
        cache->ngrams->many_words(&model->ngrams, (const uint8_t *)cache->missed_text, cache->missed_size, cache->rows, cache->places);
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(cy_fasttext_row(model, cache->rows[i]));
    find_missed(cache);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &cache->missed[cache->missed_words[cache->places[i]]];
        add_row(model, cache->rows[i], entry->values);
        entry->row_count++;
    }
    for (size_t i = 0; i < cache->missed_count; i++) {
        struct entry *entry = &cache->missed[i];
        uint32_t row;
        if (!own_row(model, missed_word(cache, i), cache->missed_found[i], &row)) {
            memset(entry->values, 0, sizeof entry->values);
            entry->row_count = 0;
        } else if (row != UINT32_MAX) {
            add_row(model, row, entry->values);
            entry->row_count++;
        }
        low += __builtin_convertvector(*(const half_row *)(const void *)entry->values, half_sum);
        high += __builtin_convertvector(*(const half_row *)(const void *)(entry->values + LANES / 2), half_sum);
        sum->row_count += entry->row_count;
        cache->entries[cache->missed_hashes[i] >> (64 - CACHE_BITS)] = *entry;
    }
    for (int i = 0; i < LANES / 2; i++) {
        sum->values[i] += low[i];
        sum->values[LANES / 2 + i] += high[i];
    }
    cache->missed_count = 0;
    cache->missed_size = 1; /* the first space stays */
}

/* Adds up the words of a block that begins where the text does. Returns false when one of them ends the text. */
BODY bool add_words(struct cy_word_cache *cache, struct cy_str text, size_t edge_count, struct cy_text_vector *sum)
{
    half_sum low = {0}, high = {0};
    uint64_t row_count = 0;
    bool goes_on = true;
    take_keys(cache, text, edge_count);
    for (size_t k = 0; k < edge_count / 2; k++) {
        struct cy_str word = {text.data + cache->edges[2 * k], (size_t)(cache->edges[2 * k + 1] - cache->edges[2 * k])};
        if (word.size > KEY_BYTES) {
            sum_long_word(cache, word, sum);
            continue;
        }
        const struct entry *entry = &cache->entries[cache->hashes[k] >> (64 - CACHE_BITS)];
        key_words differing = *(const key_words *)(const void *)entry->key ^ *(const key_words *)(const void *)cache->keys[k];
        if ((differing[0] | differing[1] | differing[2] | differing[3]) != 0) {
            goes_on = note_missed(cache, word, cache->keys[k], cache->hashes[k]);
            if (!goes_on)
                break;
            continue;
        }
        low += __builtin_convertvector(*(const half_row *)(const void *)entry->values, half_sum);
        high += __builtin_convertvector(*(const half_row *)(const void *)(entry->values + LANES / 2), half_sum);
        row_count += entry->row_count;
    }
    for (int i = 0; i < LANES / 2; i++) {
        sum->values[i] += low[i];
        sum->values[LANES / 2 + i] += high[i];
    }
    sum->row_count += row_count;
    if (cache->missed_count > 0)
        add_missed(cache, sum);
    return goes_on;
}

#define VARIANT(suffix, target)                                                                                                            \
    target static void sum_rows_##suffix(const struct cy_fasttext *model, const uint32_t *rows, size_t row_count, int32_t values[LANES])   \
    {                                                                                                                                      \
        sum_rows(model, rows, row_count, values);                                                                                          \
    }                                                                                                                                      \
    target static bool add_words_##suffix(struct cy_word_cache *cache, struct cy_str text, size_t edge_count, struct cy_text_vector *sum)  \
    {                                                                                                                                      \
        return add_words(cache, text, edge_count, sum);                                                                                    \
    }
VARIANT(scalar, )
#if defined(__x86_64__)
VARIANT(avx2, CY_TARGET("avx2,popcnt,bmi,bmi2"))
VARIANT(avx512, CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,popcnt,bmi,bmi2"))
#endif

static const struct variant variants[] = {
#if defined(__x86_64__)
    {"avx512", CY_CPU_AVX2 | CY_CPU_AVX512, sum_rows_avx512, add_words_avx512},
    {"avx2", CY_CPU_AVX2, sum_rows_avx2, add_words_avx2},
#endif
    {"scalar", 0, sum_rows_scalar, add_words_scalar},
};

/* ---- a text ---- */

/* Where the word at the text's beginning ends, which is no shorter than BLOCK_BYTES. */
static size_t long_word_end(struct cy_word_cache *cache, struct cy_str text)
{
    for (size_t place = BLOCK_BYTES; place < text.size; place += BLOCK_BYTES) {
        size_t block = CY_MIN((size_t)BLOCK_BYTES, text.size - place);
        size_t edge_count = cache->word_edges((const uint8_t *)text.data + place, block, cache->edges);
        if (edge_count == 0 || cache->edges[0] != 0)
            return place;
        if (edge_count > 1)
            return place + cache->edges[1];
    }
    return text.size;
}

void cy_text_vector_sum(struct cy_word_cache *cache, struct cy_str text, struct cy_text_vector *sum)
{
    *sum = (struct cy_text_vector){0};
    while (text.size > 0) {
        size_t block = CY_MIN((size_t)BLOCK_BYTES, text.size), done = block;
        size_t edge_count = cache->word_edges((const uint8_t *)text.data, block, cache->edges);
        if (edge_count % 2 == 1) { /* a word reaches the end of the block */
            if (block == text.size)
                cache->edges[edge_count++] = (uint16_t)block;
            else
                done = cache->edges[--edge_count];
        }
        if (done == 0) { /* it is all of the block */
            done = long_word_end(cache, text);
            sum_long_word(cache, (struct cy_str){text.data, done}, sum);
        } else if (!cache->variant->add_words(cache, text, edge_count, sum)) {
            break;
        }
        text = (struct cy_str){text.data + done, text.size - done};
    }
    sum_pending(cache, sum);
    uint32_t row = cy_fasttext_find(cache->model, end_of_line);
    if (row < cache->model->word_count) {
        for (int i = 0; i < LANES; i++)
            sum->values[i] += cy_fasttext_row(cache->model, row)[i];
        sum->row_count++;
    }
}
