#include "kernels/clean_mask.h"

#include "base/cpu.h"

#include <immintrin.h>

/* The definition. */
static uint64_t mask_scalar(const char block[CY_CLEAN_BLOCK], char before)
{
    static const uint8_t leads[] = {0xC2, 0xC3, 0xE1, 0xE2, 0xE3, 0xE9, 0xEF};
    uint64_t mask = 0;
    for (size_t i = 0; i < CY_CLEAN_BLOCK; i++) {
        uint8_t byte = (uint8_t)block[i], previous = (uint8_t)(i > 0 ? block[i - 1] : before);
        bool marked = byte < 0x20 || byte == 0x7F || (byte == ' ' && previous <= ' ') || memchr(leads, byte, sizeof leads) != NULL;
        mask |= (uint64_t)marked << i;
    }
    return mask;
}

/* A byte is marked if the sets of its high and its low half meet: 1 for C2 C3, 2 for E1 E2 E3 E9 EF, 4 for 00…1F, 8 for 7F. */
#define HIGH_SETS 4, 4, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 1, 0, 2, 0
#define LOW_SETS 4, 4 | 2, 4 | 2 | 1, 4 | 2 | 1, 4, 4, 4, 4, 4, 4 | 2, 4, 4, 4, 4, 4, 4 | 2 | 8

/* Adds the spaces that follow a byte up to 0x20. */
static uint64_t with_spaces(uint64_t marked, uint64_t spaces, uint64_t up_to_space, char before)
{
    return marked | (spaces & (up_to_space << 1 | ((uint8_t)before <= ' ')));
}

CY_TARGET("avx2")
static uint64_t mask_avx2(const char block[CY_CLEAN_BLOCK], char before)
{
    const __m256i high_sets = _mm256_setr_epi8(HIGH_SETS, HIGH_SETS), low_sets = _mm256_setr_epi8(LOW_SETS, LOW_SETS);
    const __m256i half = _mm256_set1_epi8(0x0F), space = _mm256_set1_epi8(' ');
    uint64_t marked = 0, spaces = 0, up_to_space = 0;
    for (int i = 0; i < 2; i++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(block + 32 * i));
        __m256i high = _mm256_shuffle_epi8(high_sets, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
        __m256i low = _mm256_shuffle_epi8(low_sets, _mm256_and_si256(bytes, half));
        __m256i apart = _mm256_cmpeq_epi8(_mm256_and_si256(high, low), _mm256_setzero_si256());
        marked |= (uint64_t)(uint32_t)~_mm256_movemask_epi8(apart) << (32 * i);
        spaces |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, space)) << (32 * i);
        up_to_space |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(bytes, space), bytes)) << (32 * i);
    }
    return with_spaces(marked, spaces, up_to_space, before);
}

CY_TARGET("avx512bw,avx512f,avx2")
static uint64_t mask_avx512(const char block[CY_CLEAN_BLOCK], char before)
{
    const __m512i high_sets = _mm512_broadcast_i32x4(_mm_setr_epi8(HIGH_SETS)), low_sets = _mm512_broadcast_i32x4(_mm_setr_epi8(LOW_SETS));
    const __m512i half = _mm512_set1_epi8(0x0F), space = _mm512_set1_epi8(' ');
    __m512i bytes = _mm512_loadu_si512(block);
    __m512i high = _mm512_shuffle_epi8(high_sets, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half));
    __m512i low = _mm512_shuffle_epi8(low_sets, _mm512_and_si512(bytes, half));
    uint64_t spaces = _mm512_cmpeq_epi8_mask(bytes, space), up_to_space = _mm512_cmple_epu8_mask(bytes, space);
    return with_spaces(_mm512_test_epi8_mask(high, low), spaces, up_to_space, before);
}

const struct cy_clean_mask_variant cy_clean_mask_variants[] = {
    {"avx512", CY_CPU_AVX512, mask_avx512}, {"avx2", CY_CPU_AVX2, mask_avx2}, {"scalar", 0, mask_scalar}, {0}};

const struct cy_clean_mask_variant *cy_clean_mask_best(void)
{
    const struct cy_clean_mask_variant *variant = cy_clean_mask_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant;
}
