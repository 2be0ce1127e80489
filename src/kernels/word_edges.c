#include "kernels/word_edges.h"

#include "base/cpu.h" /* names of features */

/* The definition. */
static size_t word_edges_scalar(const uint8_t *text, size_t size, uint16_t *edges)
{
    size_t count = 0;
    bool inside = false;
    for (size_t i = 0; i < size; i++) {
        edges[count] = (uint16_t)i;
        count += cy_is_word_space(text[i]) == inside;
        inside = !cy_is_word_space(text[i]);
    }
    return count;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Places where a byte is of another kind than the one before it; *inside: whether that one belongs to a word, in and out. */
static inline uint64_t changes(uint64_t words, uint64_t *inside)
{
    uint64_t changed = words ^ (words << 1 | *inside);
    *inside = words >> 63;
    return changed;
}

#define TARGET_VBMI2 CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")

TARGET_VBMI2 /* 64 bytes a step; of the tail only what is there is read, and the zeros after it are cut from the result */
    static size_t
    word_edges_vbmi2(const uint8_t *text, size_t size, uint16_t *edges)
{
    const __m512i places = _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40,
                                           39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                                           15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i tab = _mm512_set1_epi8('\t'), four = _mm512_set1_epi8('\r' - '\t'), blank = _mm512_set1_epi8(' ');
    size_t count = 0;
    uint64_t inside = 0;
    for (size_t from = 0; from < size; from += 64) {
        uint64_t there = size - from >= 64 ? ~(uint64_t)0 : _bzhi_u64(~(uint64_t)0, (unsigned)(size - from));
        __m512i bytes = _mm512_maskz_loadu_epi8(there, text + from);
        uint64_t spaces = _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, tab), four) | _mm512_cmpeq_epi8_mask(bytes, blank);
        uint64_t changed = changes(_mm512_test_epi8_mask(bytes, bytes) & ~spaces, &inside) & there;
        __m512i found = _mm512_maskz_compress_epi8(changed, places), base = _mm512_set1_epi16((short)from);
        size_t found_count = (size_t)__builtin_popcountll(changed);
        _mm512_storeu_si512(edges + count, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(found)), base));
        if (found_count > 32)
            _mm512_storeu_si512(edges + count + 32, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(found, 1)), base));
        count += found_count;
    }
    return count;
}

CY_TARGET("avx2,popcnt,bmi,bmi2")
static inline uint32_t words_avx2(const uint8_t *text)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i control = _mm256_sub_epi8(bytes, _mm256_set1_epi8('\t')), four = _mm256_set1_epi8('\r' - '\t');
    __m256i spaces =
        _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(control, four), control),
                        _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(' ')), _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256())));
    return ~(uint32_t)_mm256_movemask_epi8(spaces);
}

CY_TARGET("avx2,popcnt,bmi,bmi2") /* 64 bytes a step; the tail goes to the definition */
static size_t word_edges_avx2(const uint8_t *text, size_t size, uint16_t *edges)
{
    size_t count = 0, from = 0;
    uint64_t inside = 0;
    for (; from + 64 <= size; from += 64) {
        uint64_t words = words_avx2(text + from) | (uint64_t)words_avx2(text + from + 32) << 32;
        for (uint64_t changed = changes(words, &inside); changed != 0; changed = _blsr_u64(changed))
            edges[count++] = (uint16_t)(from + _tzcnt_u64(changed));
    }
    for (; from < size; from++) {
        edges[count] = (uint16_t)from;
        count += cy_is_word_space(text[from]) == inside;
        inside = !cy_is_word_space(text[from]);
    }
    return count;
}
#endif

const struct cy_word_edges_variant cy_word_edges_variants[] = {
#if defined(__x86_64__)
    {"vbmi2", CY_CPU_AVX2 | CY_CPU_AVX512 | CY_CPU_VBMI2, word_edges_vbmi2},
    {"avx2", CY_CPU_AVX2, word_edges_avx2},
#endif
    {"scalar", 0, word_edges_scalar},
};

cy_word_edges_function *cy_word_edges_best(unsigned features)
{
    const struct cy_word_edges_variant *variant = cy_word_edges_variants;
    while ((variant->needs & ~features) != 0)
        variant++;
    return variant->run;
}
