#include "model/text_vector.h"

#include <stdlib.h>

/* Words of up to this many bytes are kept in the cache. Their rows (CY_NGRAM_MAX n-grams at each byte, brackets included, and the word's
 * own) add up in 32 bits. */
enum { KEY_BYTES = 32, CACHE_SLOTS = 16384, LANES = CY_FASTTEXT_LANES };
/* Of a longer word so many bytes at a time are added up. */
enum { WINDOW_BYTES = 32 };
_Static_assert((KEY_BYTES + 2) * CY_NGRAM_MAX + 1 <= CY_FASTTEXT_SUM_ROWS_MAX, "a word's rows add up in 32 bits");
_Static_assert(WINDOW_BYTES *CY_NGRAM_MAX <= CY_FASTTEXT_SUM_ROWS_MAX, "a window's rows add up in 32 bits");

/* A word and its sum. A word holds no 0 byte, so its bytes with zeros after them are a key. */
struct entry {
    uint8_t key[KEY_BYTES]; /* all zeros: empty */
    uint32_t row_count;
    uint32_t unused[7];
    int32_t values[LANES];
};

struct cy_word_cache {
    const struct cy_fasttext *model;
    cy_ngram_rows_function *ngram_rows;
    struct entry *entries; /* CACHE_SLOTS */
    uint32_t rows[CY_FASTTEXT_SUM_ROWS_MAX + CY_NGRAM_SPARE];
};

struct cy_word_cache *cy_word_cache_new(const struct cy_fasttext *model)
{
    CY_ASSERT(model->lanes == LANES);
    struct cy_word_cache *cache = cy_alloc_zero(1, sizeof *cache);
    cache->model = model;
    cache->ngram_rows = cy_ngram_rows_best();
    cache->entries = aligned_alloc(64, CACHE_SLOTS * sizeof *cache->entries);
    CY_ASSERT(cache->entries != NULL);
    memset(cache->entries, 0, CACHE_SLOTS * sizeof *cache->entries);
    return cache;
}

void cy_word_cache_free(struct cy_word_cache *cache)
{
    if (cache == NULL)
        return;
    free(cache->entries);
    free(cache);
}

static inline bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0;
}

/* values += the rows. */
static void add_rows(const struct cy_fasttext *model, const uint32_t *rows, size_t row_count, int32_t values[LANES])
{
    for (size_t k = 0; k < row_count; k++) {
        const int32_t *row = cy_fasttext_row(model, rows[k]);
        for (int i = 0; i < LANES; i++)
            values[i] += row[i];
    }
}

/* The word's own row, where it has one; false when the word is left out altogether. */
static bool own_row(const struct cy_fasttext *model, struct cy_str word, uint32_t *row)
{
    *row = cy_fasttext_find(model, word, cy_fasttext_hash(word));
    if (*row == UINT32_MAX)
        return !cy_str_starts(word, CY_STR("__label__"));
    return *row < model->word_count;
}

/* A word of at most KEY_BYTES: its sum in 32 bits. */
static void sum_short_word(struct cy_word_cache *cache, struct cy_str word, struct entry *entry)
{
    memset(entry, 0, sizeof *entry);
    memcpy(entry->key, word.data, word.size);
    uint32_t row;
    if (!own_row(cache->model, word, &row))
        return;
    size_t count = 0;
    if (row != UINT32_MAX)
        cache->rows[count++] = row;
    count += cache->ngram_rows(&cache->model->ngrams, (const uint8_t *)word.data, word.size, 0, word.size + 2, cache->rows + count);
    entry->row_count = (uint32_t)count;
    add_rows(cache->model, cache->rows, count, entry->values);
}

/* A longer word: its sum is added to `sum`. */
static void sum_long_word(struct cy_word_cache *cache, struct cy_str word, struct cy_text_vector *sum)
{
    uint32_t row;
    if (!own_row(cache->model, word, &row))
        return;
    for (size_t first = 0; first < word.size + 2; first += WINDOW_BYTES) {
        int32_t values[LANES] = {0};
        size_t end = CY_MIN(first + WINDOW_BYTES, word.size + 2);
        size_t count = cache->ngram_rows(&cache->model->ngrams, (const uint8_t *)word.data, word.size, first, end, cache->rows);
        if (first == 0 && row != UINT32_MAX)
            cache->rows[count++] = row;
        add_rows(cache->model, cache->rows, count, values);
        sum->row_count += count;
        for (int i = 0; i < LANES; i++)
            sum->values[i] += values[i];
    }
}

static inline uint64_t hash_key(const uint8_t key[KEY_BYTES])
{
    uint64_t hash = cy_load_u64(key) * 0x9E3779B97F4A7C15u + cy_load_u64(key + 8) * 0xC2B2AE3D27D4EB4Fu +
                    cy_load_u64(key + 16) * 0x165667B19E3779F9u + cy_load_u64(key + 24) * 0xD6E8FEB86659FD93u;
    return hash;
}

static const struct cy_str end_of_line = {"</s>", 4};

static void add_end_of_line(const struct cy_fasttext *model, struct cy_text_vector *sum)
{
    uint32_t row = cy_fasttext_find(model, end_of_line, cy_fasttext_hash(end_of_line));
    if (row >= model->word_count)
        return;
    for (int i = 0; i < LANES; i++)
        sum->values[i] += cy_fasttext_row(model, row)[i];
    sum->row_count++;
}

void cy_text_vector_sum(struct cy_word_cache *cache, struct cy_str text, struct cy_text_vector *sum)
{
    *sum = (struct cy_text_vector){0};
    for (size_t place = 0, end; place < text.size; place = end + 1) {
        for (end = place; end < text.size && !is_space((uint8_t)text.data[end]);)
            end++;
        struct cy_str word = {text.data + place, end - place};
        if (word.size == 0)
            continue;
        if (cy_str_equal(word, end_of_line))
            break;
        if (word.size > KEY_BYTES) {
            sum_long_word(cache, word, sum);
            continue;
        }
        uint8_t key[KEY_BYTES] = {0};
        memcpy(key, word.data, word.size);
        struct entry *entry = &cache->entries[hash_key(key) >> 50];
        if (memcmp(entry->key, key, KEY_BYTES) != 0)
            sum_short_word(cache, word, entry);
        for (int i = 0; i < LANES; i++)
            sum->values[i] += entry->values[i];
        sum->row_count += entry->row_count;
    }
    add_end_of_line(cache->model, sum);
}
