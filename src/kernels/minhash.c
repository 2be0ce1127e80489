#include "kernels/minhash.h"

#include "base/cpu.h"
#include "kernels/word_hash.h"

#include <immintrin.h>

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void cy_minhash_init(struct cy_minhash *minhash, size_t permutation_count, size_t ngram)
{
    CY_ASSERT(permutation_count > 0 && permutation_count <= CY_MINHASH_PERMUTATIONS_MAX);
    CY_ASSERT(ngram > 0 && ngram <= CY_MINHASH_NGRAM_MAX);
    *minhash = (struct cy_minhash){.permutation_count = permutation_count, .ngram = ngram};
    minhash->padded_count = (permutation_count + CY_MINHASH_LANES - 1) / CY_MINHASH_LANES * CY_MINHASH_LANES;
    uint64_t state = 1;
    for (size_t i = 0; i < minhash->padded_count; i++) {
        uint64_t random = next_random(&state);
        minhash->factors[i] = (uint32_t)random | 1;
        minhash->offsets[i] = (uint32_t)(random >> 32);
    }
}

/* ---- n-grams: Karp and Rabin's rolling hash of word hashes, sum of words[i + j] · F^(ngram - 1 - j) mod 2^64 ---- */

static const uint64_t SHINGLE_FACTOR = 0xD1342543DE82EF95u; /* of Steele and Vigna, "Computationally easy, spectrally good multipliers" */

static inline uint32_t finish_shingle(uint64_t sum)
{
    sum ^= sum >> 29;
    return (uint32_t)(sum * 0xBF58476D1CE4E5B9u >> 32);
}

void cy_minhash_shingles(const uint64_t *words, size_t word_count, size_t ngram, uint32_t *shingles)
{
    if (word_count < ngram)
        return;
    uint64_t sum = 0, leaving_factor = 1; /* F^ngram */
    for (size_t i = 0; i < ngram; i++) {
        sum = sum * SHINGLE_FACTOR + words[i];
        leaving_factor *= SHINGLE_FACTOR;
    }
    shingles[0] = finish_shingle(sum);
    for (size_t i = ngram; i < word_count; i++) {
        sum = sum * SHINGLE_FACTOR + (words[i] - words[i - ngram] * leaving_factor);
        shingles[i - ngram + 1] = finish_shingle(sum);
    }
}

/* ---- minima ---- */

static void lower_scalar(const uint32_t *shingles, size_t shingle_count, const uint32_t *factors, const uint32_t *offsets, uint32_t *minima,
                         size_t permutation_count)
{
    for (size_t i = 0; i < permutation_count; i++) {
        uint32_t least = minima[i];
        for (size_t j = 0; j < shingle_count; j++) {
            uint32_t value = shingles[j] * factors[i] + offsets[i];
            least = CY_MIN(least, value);
        }
        minima[i] = least;
    }
}

/* One group of `vectors` registers stays in registers while all shingles pass; `vectors` is a constant where this is inlined. */
#define LOWER_GROUP(vectors, vector, load, store, set, multiply, add, least, lanes)                                                        \
    do {                                                                                                                                   \
        vector factor[vectors], offset[vectors], low[vectors];                                                                             \
        _Pragma("GCC unroll 8") for (size_t v = 0; v < (vectors); v++)                                                                     \
        {                                                                                                                                  \
            factor[v] = load((const void *)(factors + i + v * (lanes)));                                                                   \
            offset[v] = load((const void *)(offsets + i + v * (lanes)));                                                                   \
            low[v] = load((const void *)(minima + i + v * (lanes)));                                                                       \
        }                                                                                                                                  \
        for (size_t j = 0; j < shingle_count; j++) {                                                                                       \
            const vector x = set((int)shingles[j]);                                                                                        \
            _Pragma("GCC unroll 8") for (size_t v = 0; v < (vectors); v++) low[v] = least(low[v], add(multiply(x, factor[v]), offset[v])); \
        }                                                                                                                                  \
        _Pragma("GCC unroll 8") for (size_t v = 0; v < (vectors); v++) store((void *)(minima + i + v * (lanes)), low[v]);                  \
        i += (vectors) * (lanes);                                                                                                          \
    } while (0)

#define AVX2_GROUP(vectors)                                                                                                                \
    LOWER_GROUP(vectors, __m256i, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_set1_epi32, _mm256_mullo_epi32, _mm256_add_epi32,        \
                _mm256_min_epu32, 8)
#define AVX512_GROUP(vectors)                                                                                                              \
    LOWER_GROUP(vectors, __m512i, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_set1_epi32, _mm512_mullo_epi32, _mm512_add_epi32,        \
                _mm512_min_epu32, 16)

CY_TARGET("avx2") /* 16 registers: 4 groups of 3, and the shingle */
static void lower_avx2(const uint32_t *shingles, size_t shingle_count, const uint32_t *factors, const uint32_t *offsets, uint32_t *minima,
                       size_t permutation_count)
{
    size_t i = 0;
    while (permutation_count - i >= 32)
        AVX2_GROUP(4);
    while (i < permutation_count)
        AVX2_GROUP(2);
}

CY_TARGET("avx512f") /* 32 registers: 7 groups of 3 hold the 112 permutations of 14 bands of 8 rows at once */
static void lower_avx512(const uint32_t *shingles, size_t shingle_count, const uint32_t *factors, const uint32_t *offsets, uint32_t *minima,
                         size_t permutation_count)
{
    size_t i = 0;
    while (permutation_count - i >= 7 * 16)
        AVX512_GROUP(7);
    while (permutation_count - i >= 4 * 16)
        AVX512_GROUP(4);
    while (i < permutation_count)
        AVX512_GROUP(1);
}

const struct cy_minhash_variant cy_minhash_variants[] = {
    {"avx512", CY_CPU_AVX512, lower_avx512},
    {"avx2", CY_CPU_AVX2, lower_avx2},
    {"scalar", 0, lower_scalar},
    {0},
};

/* ---- signatures ---- */

/* 16 bits of a minimum. Minima of long texts are small, so their high bits say little, and their low bits are the weak ones of a
 * multiplication: a second multiplication mixes them. */
static inline uint16_t shorten(uint32_t minimum)
{
    return (uint16_t)(minimum * 0x9E3779B1u >> 16);
}

bool cy_minhash_signature(const struct cy_minhash *minhash, struct cy_str text, uint16_t *signature)
{
    enum { WORDS = 2048 }; /* at once; they and their n-grams stay in the first cache */
    uint64_t words[WORDS];
    uint32_t shingles[WORDS];
    uint32_t minima[CY_MINHASH_PERMUTATIONS_MAX];
    const struct cy_minhash_variant *variant = cy_minhash_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    const size_t ngram = minhash->ngram;
    memset(minima, 0xFF, minhash->padded_count * sizeof *minima);
    bool any = false;
    size_t at = 0, kept = 0, got; /* kept: words of the last round, ngram - 1 of them, at the front */
    while ((got = cy_word_hashes(text, &at, words + kept, WORDS - kept)) > 0) {
        size_t count = kept + got;
        any = true;
        if (count >= ngram) {
            cy_minhash_shingles(words, count, ngram, shingles);
            variant->lower(shingles, count - ngram + 1, minhash->factors, minhash->offsets, minima, minhash->padded_count);
        } else if (at == text.size) {
            cy_minhash_shingles(words, count, count, shingles);
            variant->lower(shingles, 1, minhash->factors, minhash->offsets, minima, minhash->padded_count);
        }
        kept = CY_MIN(count, ngram - 1);
        memmove(words, words + count - kept, kept * sizeof *words);
    }
    for (size_t i = 0; i < minhash->permutation_count; i++)
        signature[i] = any ? shorten(minima[i]) : CY_MINHASH_NONE;
    return any;
}

double cy_minhash_similarity(const uint16_t *a, const uint16_t *b, size_t permutation_count)
{
    size_t equal = 0;
    for (size_t i = 0; i < permutation_count; i++)
        equal += a[i] == b[i];
    return (double)equal / (double)permutation_count;
}
