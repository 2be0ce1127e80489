/* The loop of bpe_text.c in AVX-512: the window's masks stay in registers, and the ends of its pieces are packed at once. */
#include "token/bpe_block.h"

#include "kernels/split_masks_avx512.h"
#include "token/split_window.h"

#define TARGET CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,bmi2,lzcnt,popcnt")
#define INLINE __attribute__((always_inline)) static inline

static const uint8_t places[CY_SPLIT_WINDOW] __attribute__((aligned(64))) = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

/* Adds the pieces that 64 bytes are certain about; false when that is none. */
TARGET INLINE bool add_window(struct cy_pieces *pieces, struct cy_block *block)
{
    struct cy_split_masks masks;
    char tail[CY_SPLIT_WINDOW];
    const char *window = cy_pieces_window(pieces, tail);
    if (window == NULL)
        return false;
    cy_split_masks_avx512(_mm512_loadu_si512(window), &masks);
    const uint64_t starts = cy_scan_window_inline(pieces->scan, &masks, window) & ~(uint64_t)1;
    if (starts == 0)
        return false;
    const size_t count = (size_t)__builtin_popcountll(starts);
    const __m512i packed = _mm512_maskz_compress_epi8(starts, _mm512_load_si512(places)), base = _mm512_set1_epi32((int)pieces->at);
    uint32_t *ends = block->ends + block->count;
    _mm512_storeu_si512(ends, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed))));
    if (__builtin_expect(count > 16, 0)) {
        _mm512_storeu_si512(ends + 16, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 1))));
        _mm512_storeu_si512(ends + 32, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 2))));
        _mm512_storeu_si512(ends + 48, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 3))));
    }
    block->count += count;
    pieces->at += 63 - (size_t)__builtin_clzll(starts);
    return true;
}

TARGET size_t cy_bpe_blocks_avx512(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, const struct cy_pieces *given,
                                   struct cy_ids *ids)
{
    struct cy_pieces pieces = *given;
    struct cy_block block;
    const size_t before = ids != NULL ? ids->count : 0;
    size_t total = 0;
    while (pieces.at < pieces.text.size) {
        const size_t start = pieces.at;
        for (block.count = 0; pieces.at < pieces.text.size && block.count < CY_BLOCK;)
            if (pieces.at < pieces.piece_end || pieces.scan == NULL || !add_window(&pieces, &block))
                cy_block_add_piece(&pieces, &block);
        if (ids == NULL)
            total += cy_block_encode(bpe, memory, pieces.text, start, &block, true, &memory->ids);
        else
            cy_block_encode(bpe, memory, pieces.text, start, &block, false, ids);
    }
    return ids == NULL ? total : ids->count - before;
}
