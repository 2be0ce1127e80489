#include "kernels/pii_mask.h"

#include "base/cpu.h"

#include <immintrin.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex_or_colon(char byte)
{
    return (byte >= '0' && byte <= ':') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* The definition. */
static uint64_t mask_scalar(const char block[CY_PII_BLOCK], char before, char after)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < CY_PII_BLOCK; i++) {
        char previous = i > 0 ? block[i - 1] : before, next = i + 1 < CY_PII_BLOCK ? block[i + 1] : after;
        bool marked = block[i] == '@' || (is_digit(block[i]) && !is_digit(previous)) ||
                      (block[i] == ':' && is_hex_or_colon(previous) && is_hex_or_colon(next));
        mask |= (uint64_t)marked << i;
    }
    return mask;
}

/* From the bits of single bytes to those of the places. `hex`: hexadecimal digits and colons. */
static uint64_t places(uint64_t at_signs, uint64_t digits, uint64_t colons, uint64_t hex, char before, char after)
{
    uint64_t starts = digits & ~(digits << 1 | is_digit(before));
    uint64_t between = (hex << 1 | is_hex_or_colon(before)) & (hex >> 1 | (uint64_t)is_hex_or_colon(after) << 63);
    return at_signs | starts | (colons & between);
}

CY_TARGET("avx2")
static __m256i in_range_avx2(__m256i bytes, char low, char count)
{
    __m256i from_low = _mm256_sub_epi8(bytes, _mm256_set1_epi8(low));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(from_low, _mm256_set1_epi8((char)(count - 1))), from_low);
}

CY_TARGET("avx2")
static uint64_t mask_avx2(const char block[CY_PII_BLOCK], char before, char after)
{
    uint64_t at_signs = 0, digits = 0, colons = 0, hex = 0;
    for (int i = 0; i < 2; i++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(block + 32 * i));
        __m256i letters = in_range_avx2(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), 'a', 6);
        __m256i digit_or_colon = in_range_avx2(bytes, '0', 11), colon = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(':'));
        __m256i at_sign = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('@')), digit = _mm256_andnot_si256(colon, digit_or_colon);
        at_signs |= (uint64_t)(uint32_t)_mm256_movemask_epi8(at_sign) << (32 * i);
        digits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(digit) << (32 * i);
        colons |= (uint64_t)(uint32_t)_mm256_movemask_epi8(colon) << (32 * i);
        hex |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_or_si256(letters, digit_or_colon)) << (32 * i);
    }
    return places(at_signs, digits, colons, hex, before, after);
}

CY_TARGET("avx512bw,avx512f")
static uint64_t mask_avx512(const char block[CY_PII_BLOCK], char before, char after)
{
    __m512i bytes = _mm512_loadu_si512(block);
    uint64_t at_signs = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('@')), colons = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(':'));
    uint64_t digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
    __m512i lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    uint64_t letters = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(lower, _mm512_set1_epi8('a')), _mm512_set1_epi8(6));
    return places(at_signs, digits, colons, letters | digits | colons, before, after);
}

const struct cy_pii_mask_variant cy_pii_mask_variants[] = {
    {"avx512", CY_CPU_AVX512, mask_avx512}, {"avx2", CY_CPU_AVX2, mask_avx2}, {"scalar", 0, mask_scalar}, {0}};

const struct cy_pii_mask_variant *cy_pii_mask_best(void)
{
    const struct cy_pii_mask_variant *variant = cy_pii_mask_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant;
}
