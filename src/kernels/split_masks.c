#include "kernels/split_masks_avx512.h"

#include "base/cpu.h"

#include <immintrin.h>

/* The definition. */
static void masks_scalar(const char *at, struct cy_split_masks *masks)
{
    memset(masks, 0, sizeof *masks);
    for (unsigned i = 0; i < CY_SPLIT_WINDOW; i++) {
        uint8_t byte = (uint8_t)at[i];
        bool upper = byte >= 'A' && byte <= 'Z';
        masks->letters |= (uint64_t)(upper || (byte >= 'a' && byte <= 'z')) << i;
        masks->upper |= (uint64_t)upper << i;
        masks->numbers |= (uint64_t)(byte >= '0' && byte <= '9') << i;
        masks->spaces |= (uint64_t)((byte >= '\t' && byte <= '\r') || byte == ' ') << i;
        masks->newlines |= (uint64_t)(byte == '\r' || byte == '\n') << i;
        masks->blanks |= (uint64_t)(byte == ' ') << i;
        masks->quotes |= (uint64_t)(byte == '\'') << i;
        masks->slashes |= (uint64_t)(byte == '/') << i;
        masks->high |= (uint64_t)(byte >= 0x80) << i;
    }
}

/* Which bytes are in [low, low + count), both below 128: `byte - low < count`, unsigned, as a signed comparison shifted by 128. */
CY_TARGET("avx2")
static inline uint64_t in_range_avx2(const __m256i halves[2], char low, int count)
{
    uint64_t mask = 0;
    for (int i = 0; i < 2; i++) {
        __m256i shifted = _mm256_sub_epi8(halves[i], _mm256_set1_epi8((char)(low - 128)));
        uint32_t bits = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8((char)(count - 128)), shifted));
        mask |= (uint64_t)bits << (32 * i);
    }
    return mask;
}

CY_TARGET("avx2")
static inline uint64_t equal_avx2(const __m256i halves[2], char byte)
{
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(halves[0], _mm256_set1_epi8(byte)));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(halves[1], _mm256_set1_epi8(byte)));
    return low | (uint64_t)high << 32;
}

CY_TARGET("avx2")
static void masks_avx2(const char *at, struct cy_split_masks *masks)
{
    const __m256i halves[2] = {_mm256_loadu_si256((const __m256i *)at), _mm256_loadu_si256((const __m256i *)(at + 32))};
    masks->upper = in_range_avx2(halves, 'A', 26);
    masks->letters = masks->upper | in_range_avx2(halves, 'a', 26);
    masks->numbers = in_range_avx2(halves, '0', 10);
    masks->blanks = equal_avx2(halves, ' ');
    masks->spaces = masks->blanks | in_range_avx2(halves, '\t', 5);
    masks->newlines = equal_avx2(halves, '\r') | equal_avx2(halves, '\n');
    masks->quotes = equal_avx2(halves, '\'');
    masks->slashes = equal_avx2(halves, '/');
    masks->high = (uint32_t)_mm256_movemask_epi8(halves[0]) | (uint64_t)(uint32_t)_mm256_movemask_epi8(halves[1]) << 32;
}

CY_TARGET("avx512f,avx512bw,avx512dq")
static void masks_avx512(const char *at, struct cy_split_masks *masks)
{
    cy_split_masks_avx512(_mm512_loadu_si512(at), masks);
}

const struct cy_split_masks_variant cy_split_masks_variants[] = {
    {"avx512", CY_CPU_AVX512, masks_avx512},
    {"avx2", CY_CPU_AVX2, masks_avx2},
    {"scalar", 0, masks_scalar},
};

cy_split_masks_fn *cy_split_masks(void)
{
    const struct cy_split_masks_variant *variant = cy_split_masks_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->run;
}
