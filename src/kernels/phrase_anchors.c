#include "kernels/phrase_anchors.h"

#include "base/cpu.h"

#include <immintrin.h>

static const char anchors[5][4] = {"jav", "psu", "rms", "kie", "vac"};

/* The definition, from byte `first` on, which begins a word of hits. */
static void anchors_from(const char *text, size_t size_bytes, size_t first, uint64_t *hits)
{
    for (size_t i = first; i < size_bytes; i++) {
        if (i % 64 == 0)
            hits[i / 64] = 0;
        for (size_t k = 0; k < CY_COUNT(anchors) && size_bytes - i >= 3; k++)
            if ((text[i] | 0x20) == anchors[k][0] && (text[i + 1] | 0x20) == anchors[k][1] && (text[i + 2] | 0x20) == anchors[k][2])
                hits[i / 64] |= (uint64_t)1 << (i % 64);
    }
}

static void anchors_scalar(const char *text, size_t size_bytes, uint64_t *hits)
{
    anchors_from(text, size_bytes, 0, hits);
}

CY_TARGET("avx2")
static inline uint32_t half_avx2(const char *at)
{
    const __m256i bit = _mm256_set1_epi8(0x20);
    __m256i byte[3], found = _mm256_setzero_si256();
    for (int i = 0; i < 3; i++)
        byte[i] = _mm256_or_si256(_mm256_loadu_si256((const __m256i *)(at + i)), bit);
    for (size_t k = 0; k < CY_COUNT(anchors); k++) {
        __m256i all = _mm256_cmpeq_epi8(byte[0], _mm256_set1_epi8(anchors[k][0]));
        all = _mm256_and_si256(all, _mm256_cmpeq_epi8(byte[1], _mm256_set1_epi8(anchors[k][1])));
        found = _mm256_or_si256(found, _mm256_and_si256(all, _mm256_cmpeq_epi8(byte[2], _mm256_set1_epi8(anchors[k][2]))));
    }
    return (uint32_t)_mm256_movemask_epi8(found);
}

CY_TARGET("avx2") /* 64 bytes a step, and two more are read behind them; the tail goes to the definition */
static void anchors_avx2(const char *text, size_t size_bytes, uint64_t *hits)
{
    size_t first = 0;
    for (; size_bytes - first >= 66; first += 64)
        hits[first / 64] = half_avx2(text + first) | (uint64_t)half_avx2(text + first + 32) << 32;
    anchors_from(text, size_bytes, first, hits);
}

CY_TARGET("avx512f,avx512bw") /* the same, 64 bytes at once */
static void anchors_avx512(const char *text, size_t size_bytes, uint64_t *hits)
{
    const __m512i bit = _mm512_set1_epi8(0x20);
    size_t first = 0;
    for (; size_bytes - first >= 66; first += 64) {
        __m512i byte[3];
        uint64_t found = 0;
        for (int i = 0; i < 3; i++)
            byte[i] = _mm512_or_si512(_mm512_loadu_si512(text + first + i), bit);
        for (size_t k = 0; k < CY_COUNT(anchors); k++) {
            __mmask64 all = _mm512_cmpeq_epi8_mask(byte[0], _mm512_set1_epi8(anchors[k][0]));
            all = _mm512_mask_cmpeq_epi8_mask(all, byte[1], _mm512_set1_epi8(anchors[k][1]));
            found |= _mm512_mask_cmpeq_epi8_mask(all, byte[2], _mm512_set1_epi8(anchors[k][2]));
        }
        hits[first / 64] = found;
    }
    anchors_from(text, size_bytes, first, hits);
}

const struct cy_phrase_anchors_variant cy_phrase_anchors_variants[] = {
    {"avx512", CY_CPU_AVX512, anchors_avx512},
    {"avx2", CY_CPU_AVX2, anchors_avx2},
    {"scalar", 0, anchors_scalar},
};

cy_phrase_anchors_fn *cy_phrase_anchors(void)
{
    const struct cy_phrase_anchors_variant *variant = cy_phrase_anchors_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->run;
}
