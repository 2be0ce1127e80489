/* Which rows of an embedding table the hashed character n-grams of a word have (Bojanowski et al. 2017, arXiv:1607.04606, section 3.2, as
 * fastText implements it).
 *
 *     "<word>" → every n-gram of n_min…n_max characters → FNV-1a 32 → modulo bucket_count → a row, where the bucket has one
 *
 * A character is a byte that is no UTF-8 continuation byte with all continuation bytes after it, so any bytes are allowed. */
#ifndef CY_KERNELS_NGRAM_ROWS_H
#define CY_KERNELS_NGRAM_ROWS_H

#include "base/bytes.h"

#define CY_FNV_BASIS 2166136261u
#define CY_FNV_PRIME 16777619u

/* One step of fastText's FNV-1a: it adds the byte as a signed char, so bytes from 0x80 on flip the upper 24 bits too. */
static inline uint32_t cy_fnv_step(uint32_t hash, uint8_t byte)
{
    return (hash ^ (uint32_t)(int32_t)(int8_t)byte) * CY_FNV_PRIME;
}

/* Longest n-gram. It bounds the rows of a short word: with 34 bytes, brackets included, 34 * 15 + 1 = 511. */
#define CY_NGRAM_MAX 15

struct cy_ngram_table {
    uint32_t bucket_count; /* at least 1 when n_max > 0 */
    uint32_t n_min;        /* characters, at least 1 */
    uint32_t n_max;        /* characters, at most CY_NGRAM_MAX; 0: no n-grams at all */
    uint32_t row_first;    /* the row of the first bucket that has one */
    /* For each 32 buckets, which of them have a row, and how many buckets before them have one. Rows lie in the order of their buckets, so
     * that a row's place is a count of bits; few buckets have a row, so that most n-grams need the bits alone. */
    const uint32_t *bits;
    const uint32_t *before;
};

#define CY_NGRAM_SPARE 16  /* items after the results that may be overwritten */
#define CY_NGRAM_WINDOW 48 /* bytes that the variants take at once */
#define CY_NGRAM_PADDING 64

/* The best variant for a processor with these features (cy_cpu_features()). All are thread-safe. */
struct cy_ngram_rows_variant {
    const char *name;
    unsigned needs;
    /* The rows of those n-grams that begin at bytes [first, end) of "<word>" (byte 0 is "<", byte word_size + 1 is ">"), in any order.
     *   word   borrowed, without its brackets, no space within; n-grams may reach past `end`, nothing outside word[0, word_size) is read
     *   rows   room for (end - first) * (n_max - n_min + 1) + CY_NGRAM_SPARE
     * Returns how many. `end - first` is best a multiple of CY_NGRAM_WINDOW. */
    size_t (*one_word)(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end, uint32_t *rows);
    /* The same for many words at once: " word word word ", one space before, between and after them, no space within.
     *   text    borrowed; CY_NGRAM_PADDING bytes after it are read, and mean nothing
     *   rows    room for size * (n_max - n_min + 1) + CY_NGRAM_SPARE
     *   places  as many: the byte at which the n-gram begins, the space before its word where it begins with "<"; so size is at most 65535
     */
    size_t (*many_words)(const struct cy_ngram_table *table, const uint8_t *text, size_t size, uint32_t *rows, uint16_t *places);
};
extern const struct cy_ngram_rows_variant cy_ngram_rows_variants[];
const struct cy_ngram_rows_variant *cy_ngram_rows_best(unsigned features);

#endif
