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

struct cy_word_cache {
    const struct cy_fasttext *model;
    const struct variant *variant;
    cy_word_edges_function *word_edges;
    cy_ngram_rows_function *ngram_rows;
    struct entry *entries; /* 2^CACHE_BITS */
    size_t window_bytes;   /* of a longer word so many bytes at a time are added up in 32 bits */

    /* Of the block that is read, and the word that is added up. */
    uint16_t edges[BLOCK_BYTES + CY_WORD_EDGES_SPARE];
    uint64_t hashes[BLOCK_BYTES / 2];
    _Alignas(64) uint8_t keys[BLOCK_BYTES / 2][KEY_BYTES];
    uint32_t rows[CY_FASTTEXT_SUM_ROWS_MAX + CY_NGRAM_SPARE];
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
    cache->ngram_rows = cy_ngram_rows_best(features);
    size_t rows_per_byte = CY_MAX(model->ngrams.n_max, model->ngrams.n_min) - model->ngrams.n_min + 1;
    cache->window_bytes = (CY_FASTTEXT_SUM_ROWS_MAX - 1) / rows_per_byte;
    if (cache->window_bytes > CY_NGRAM_WINDOW) /* whole windows of the kernel */
        cache->window_bytes -= cache->window_bytes % CY_NGRAM_WINDOW;
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
    free(cache);
}

/* ---- one word ---- */

/* Whether the word counts; *row is its own row, or UINT32_MAX where it has none. */
static bool own_row(const struct cy_fasttext *model, struct cy_str word, uint32_t found, uint32_t *row)
{
    *row = found;
    return found == UINT32_MAX ? !cy_str_starts(word, CY_STR("__label__")) : found < model->word_count;
}

/* A word of at most KEY_BYTES: fills its entry. Returns false when it ends the text. */
static __attribute__((noinline)) bool sum_short_word(struct cy_word_cache *cache, struct cy_str word, const uint8_t key[KEY_BYTES],
                                                     uint64_t hash, struct entry *entry)
{
    uint32_t row;
    size_t count = 0;
    if (cy_str_equal(word, end_of_line))
        return false;
    if (own_row(cache->model, word, cy_fasttext_find_hashed(cache->model, word, hash), &row)) {
        if (row != UINT32_MAX)
            cache->rows[count++] = row;
        count += cache->ngram_rows(&cache->model->ngrams, (const uint8_t *)word.data, word.size, 0, word.size + 2, cache->rows + count);
    }
    memcpy(entry->key, key, KEY_BYTES);
    entry->row_count = (uint32_t)count;
    cache->variant->sum_rows(cache->model, cache->rows, count, entry->values);
    return true;
}

/* A longer word: its sum is added to `sum`. */
static __attribute__((noinline)) void sum_long_word(struct cy_word_cache *cache, struct cy_str word, struct cy_text_vector *sum)
{
    uint32_t row;
    if (!own_row(cache->model, word, cy_fasttext_find(cache->model, word), &row))
        return;
    for (size_t first = 0; first < word.size + 2; first += cache->window_bytes) {
        _Alignas(64) int32_t values[LANES];
        size_t end = CY_MIN(first + cache->window_bytes, word.size + 2);
        size_t count = cache->ngram_rows(&cache->model->ngrams, (const uint8_t *)word.data, word.size, first, end, cache->rows);
        if (first == 0 && row != UINT32_MAX)
            cache->rows[count++] = row;
        cache->variant->sum_rows(cache->model, cache->rows, count, values);
        sum->row_count += count;
        for (int i = 0; i < LANES; i++)
            sum->values[i] += values[i];
    }
}

/* ---- loops ---- */

typedef int32_t row_values __attribute__((vector_size(64), may_alias));
typedef int32_t half_row __attribute__((vector_size(32), may_alias));
typedef int64_t half_sum __attribute__((vector_size(64), may_alias));
typedef uint64_t key_words __attribute__((vector_size(32), may_alias));
typedef uint64_t key_bytes __attribute__((vector_size(32), may_alias, aligned(1)));
#define BODY static inline __attribute__((always_inline))

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
        struct entry *entry = &cache->entries[cache->hashes[k] >> (64 - CACHE_BITS)];
        key_words differing = *(const key_words *)(const void *)entry->key ^ *(const key_words *)(const void *)cache->keys[k];
        if ((differing[0] | differing[1] | differing[2] | differing[3]) != 0 &&
            !sum_short_word(cache, word, cache->keys[k], cache->hashes[k], entry)) {
            goes_on = false;
            break;
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
VARIANT(avx512, CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,popcnt,bmi,bmi2,prefer-vector-width=512"))
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
    uint32_t row = cy_fasttext_find(cache->model, end_of_line);
    if (row < cache->model->word_count) {
        for (int i = 0; i < LANES; i++)
            sum->values[i] += cy_fasttext_row(cache->model, row)[i];
        sum->row_count++;
    }
}
