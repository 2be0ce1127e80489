/* The AVX-512 variant of cy_split_masks for a loop of the same instructions to take in. */
#ifndef CY_KERNELS_SPLIT_MASKS_AVX512_H
#define CY_KERNELS_SPLIT_MASKS_AVX512_H

#include "kernels/split_masks.h"

#include "base/cpu.h"

#include <immintrin.h>

CY_TARGET("avx512f,avx512bw,avx512dq")
__attribute__((always_inline)) static inline uint64_t cy_in_range_avx512(__m512i bytes, char low, char count)
{
    return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(low)), _mm512_set1_epi8(count));
}

CY_TARGET("avx512f,avx512bw,avx512dq")
__attribute__((always_inline)) static inline void cy_split_masks_avx512(__m512i bytes, struct cy_split_masks *masks)
{
    masks->upper = cy_in_range_avx512(bytes, 'A', 26);
    masks->letters = cy_in_range_avx512(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)), 'a', 26);
    masks->numbers = cy_in_range_avx512(bytes, '0', 10);
    masks->blanks = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(' '));
    masks->spaces = masks->blanks | cy_in_range_avx512(bytes, '\t', 5);
    masks->newlines = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')) | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n'));
    masks->quotes = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\''));
    masks->slashes = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('/'));
    masks->high = _mm512_movepi8_mask(bytes);
}

#endif
