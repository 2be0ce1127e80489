/* MinHash: a few numbers a text, such that the share of equal numbers of two texts estimates the Jaccard similarity of their sets of
 * n-grams. Source: Broder, "On the resemblance and containment of documents", Compression and Complexity of Sequences 1997; bands of
 * rows: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4.
 *
 *     text ─▶ words ─▶ n-grams, 32 bits each ─▶ minimum of x·a + b mod 2^32, one a permutation ─▶ 16 bits of each
 *
 * 16 bits of a minimum are enough (Li and König, "b-bit minwise hashing", WWW 2010): two that differ agree by chance in 1 of 65,536. */
#ifndef CY_KERNELS_MINHASH_H
#define CY_KERNELS_MINHASH_H

#include "base/bytes.h"

enum {
    CY_MINHASH_LANES = 16,              /* permutations are worked on in groups of these */
    CY_MINHASH_PERMUTATIONS_MAX = 1024, /* bands × rows */
    CY_MINHASH_NGRAM_MAX = 64,
};

/* The permutations: x → x·factors[i] + offsets[i] mod 2^32, every factor odd. Made from a fixed seed: the same in every run. */
struct cy_minhash {
    size_t permutation_count;
    size_t ngram;
    size_t padded_count; /* permutation_count rounded up to whole groups */
    uint32_t factors[CY_MINHASH_PERMUTATIONS_MAX];
    uint32_t offsets[CY_MINHASH_PERMUTATIONS_MAX];
};
void cy_minhash_init(struct cy_minhash *minhash, size_t permutation_count, size_t ngram);

/* Writes the signature of text: permutation_count numbers of 16 bits. A text with fewer words than ngram has one n-gram, all its words. A
 * text without any word has no signature: all numbers are CY_MINHASH_NONE and false is returned. Thread-safe. */
#define CY_MINHASH_NONE 0xFFFF
bool cy_minhash_signature(const struct cy_minhash *minhash, struct cy_str text, uint16_t *signature);

/* The n-grams of words[0..word_count) as 32-bit hashes, word_count - ngram + 1 of them, to shingles; nothing when there are fewer words.
 * The two do not overlap. */
void cy_minhash_shingles(const uint64_t *words, size_t word_count, size_t ngram, uint32_t *shingles);

/* The share of equal numbers: estimates the similarity, with a standard deviation of sqrt(s (1 - s) / permutation_count). */
double cy_minhash_similarity(const uint16_t *a, const uint16_t *b, size_t permutation_count);

/* minima[i] = min(minima[i], shingles[j]·factors[i] + offsets[i] mod 2^32) over all j; permutation_count is a multiple of CY_MINHASH_LANES.
 */
struct cy_minhash_variant {
    const char *name;
    unsigned needs;
    void (*lower)(const uint32_t *shingles, size_t shingle_count, const uint32_t *factors, const uint32_t *offsets, uint32_t *minima,
                  size_t permutation_count);
};
extern const struct cy_minhash_variant cy_minhash_variants[]; /* ends with the scalar definition, then {0} */

#endif
