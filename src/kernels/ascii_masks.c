#include "kernels/ascii_masks.h"

#include "base/cpu.h"

#include <immintrin.h>

/* The definition. */
static void masks_scalar(const char *text, size_t size_bytes, uint64_t *space, uint64_t *letters, uint64_t *high)
{
    for (size_t first = 0; first < size_bytes; first += CY_MASK_BYTES) {
        uint64_t is_space = 0, is_letter = 0, is_high = 0;
        for (size_t i = first; i < size_bytes && i < first + CY_MASK_BYTES; i++) {
            uint8_t byte = (uint8_t)text[i];
            uint64_t bit = (uint64_t)1 << (i - first);
            if ((byte >= 0x09 && byte <= 0x0D) || (byte >= 0x1C && byte <= 0x20))
                is_space |= bit;
            if ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'))
                is_letter |= bit;
            if (byte >= 0x80)
                is_high |= bit;
        }
        space[first / CY_MASK_BYTES] = is_space;
        letters[first / CY_MASK_BYTES] = is_letter;
        high[first / CY_MASK_BYTES] = is_high;
    }
}

/* `byte - low` below `count`, unsigned, as a signed comparison: both sides shifted by 128. */
CY_TARGET("avx2")
static inline __m256i in_range_avx2(__m256i bytes, char low, char count)
{
    __m256i shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)(low - 128)));
    return _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(count - 128)), shifted);
}

CY_TARGET("avx2")
static inline void half_avx2(const char *at, uint32_t *space, uint32_t *letters, uint32_t *high)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)at);
    __m256i is_space = _mm256_or_si256(in_range_avx2(bytes, 0x09, 5), in_range_avx2(bytes, 0x1C, 5));
    *space = (uint32_t)_mm256_movemask_epi8(is_space);
    *letters = (uint32_t)_mm256_movemask_epi8(in_range_avx2(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), 'a', 26));
    *high = (uint32_t)_mm256_movemask_epi8(bytes);
}

CY_TARGET("avx2") /* 64 bytes a step; the tail goes to the definition */
static void masks_avx2(const char *text, size_t size_bytes, uint64_t *space, uint64_t *letters, uint64_t *high)
{
    size_t first = 0;
    for (; size_bytes - first >= CY_MASK_BYTES; first += CY_MASK_BYTES) {
        uint32_t spaces[2], letter[2], highs[2];
        half_avx2(text + first, &spaces[0], &letter[0], &highs[0]);
        half_avx2(text + first + 32, &spaces[1], &letter[1], &highs[1]);
        size_t word = first / CY_MASK_BYTES;
        space[word] = spaces[0] | (uint64_t)spaces[1] << 32;
        letters[word] = letter[0] | (uint64_t)letter[1] << 32;
        high[word] = highs[0] | (uint64_t)highs[1] << 32;
    }
    size_t word = first / CY_MASK_BYTES;
    masks_scalar(text + first, size_bytes - first, space + word, letters + word, high + word);
}

CY_TARGET("avx512f,avx512bw") /* 64 bytes a step; the tail by a masked load */
static void masks_avx512(const char *text, size_t size_bytes, uint64_t *space, uint64_t *letters, uint64_t *high)
{
    for (size_t first = 0; first < size_bytes; first += CY_MASK_BYTES) {
        size_t left = size_bytes - first;
        uint64_t present = left >= CY_MASK_BYTES ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
        __m512i bytes = _mm512_maskz_loadu_epi8(present, text + first);
        uint64_t is_space = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(0x09)), _mm512_set1_epi8(5)) |
                            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(0x1C)), _mm512_set1_epi8(5));
        __m512i lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
        size_t word = first / CY_MASK_BYTES;
        space[word] = is_space; /* an absent byte is 0: no space, no letter, not high */
        letters[word] = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(lower, _mm512_set1_epi8('a')), _mm512_set1_epi8(26));
        high[word] = _mm512_movepi8_mask(bytes);
    }
}

const struct cy_ascii_masks_variant cy_ascii_masks_variants[] = {
    {"avx512", CY_CPU_AVX512, masks_avx512},
    {"avx2", CY_CPU_AVX2, masks_avx2},
    {"scalar", 0, masks_scalar},
};

cy_ascii_masks_fn *cy_ascii_masks(void)
{
    const struct cy_ascii_masks_variant *variant = cy_ascii_masks_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->run;
}
