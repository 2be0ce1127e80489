#include "token/bpe_block.h"

#include "base/cpu.h"
#include "token/split_window.h"
#include "token/splitter.h"

#define INLINE __attribute__((always_inline)) /* into each of the variants */

/* ---- what every variant calls ---- */

void cy_block_add_piece(struct cy_pieces *pieces, struct cy_block *block)
{
    const struct cy_str text = pieces->text;
    if (pieces->at >= pieces->piece_end) {
        size_t end =
            pieces->scan != NULL ? cy_scan_piece(pieces->scan, text.data, text.size, pieces->at) : pieces->ends->items[pieces->end_index++];
        if (!cy_bpe_has_chars(text.data, pieces->at, end) || !cy_bpe_may_cut(pieces->bpe, text.data, pieces->at, end)) {
            block->ends[block->count++] = (uint32_t)end;
            pieces->at = end;
            return;
        }
        pieces->piece_end = end;
    }
    while (pieces->at < pieces->piece_end && block->count < CY_BLOCK) {
        pieces->at = cy_bpe_part_end(pieces->bpe, text.data, pieces->at, pieces->piece_end);
        block->ends[block->count++] = (uint32_t)pieces->at;
    }
}

/* ---- the definition, and the same code for AVX2 ---- */

/* Adds the pieces that 64 bytes are certain about; false when that is none. */
INLINE static inline bool add_window(struct cy_pieces *pieces, struct cy_block *block)
{
    enum { STRIDE = 8 };
    struct cy_split_masks masks;
    char tail[CY_SPLIT_WINDOW];
    const char *window = cy_pieces_window(pieces, tail);
    if (window == NULL)
        return false;
    pieces->masks(window, &masks);
    uint64_t starts = cy_scan_window_inline(pieces->scan, &masks, window) & ~(uint64_t)1;
    if (starts == 0)
        return false;
    /* eight at a time, those beyond the last of no account: how many there are is hard to guess for the processor */
    const size_t count = (size_t)__builtin_popcountll(starts);
    for (size_t first = 0; first < count; first += STRIDE)
        for (size_t i = 0; i < STRIDE; i++, starts &= starts - 1)
            block->ends[block->count + first + i] = (uint32_t)(pieces->at + (unsigned)__builtin_ctzll(starts | (uint64_t)1 << 63));
    block->count += count;
    pieces->at = block->ends[block->count - 1];
    return true;
}

INLINE static inline size_t encode_blocks(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_pieces pieces,
                                          struct cy_ids *ids)
{
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

static size_t encode_scalar(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, const struct cy_pieces *pieces, struct cy_ids *ids)
{
    return encode_blocks(bpe, memory, *pieces, ids);
}

CY_TARGET("avx2,bmi,bmi2,lzcnt,popcnt") /* bits are found and counted in one instruction each */
static size_t encode_avx2(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, const struct cy_pieces *pieces, struct cy_ids *ids)
{
    return encode_blocks(bpe, memory, *pieces, ids);
}

size_t cy_bpe_encode_text(const struct cy_token_model *model, const struct cy_splitter *splitter, struct cy_token_cache *cache,
                          struct cy_str text, struct cy_ids *ids)
{
    const struct cy_bpe *bpe = (const struct cy_bpe *)model;
    struct cy_bpe_memory *memory = cy_token_cache_memory(cache);
    const struct cy_pieces pieces = {
        .bpe = bpe, .scan = cy_splitter_scan(splitter), .masks = memory->masks, .ends = &memory->ends, .text = text};
    memory->ends.count = 0;
    if (splitter == NULL)
        cy_piece_ends_add(&memory->ends, (uint32_t)text.size);
    else if (pieces.scan == NULL)
        splitter->run(splitter, text, &memory->ends);
    if ((memory->features & CY_CPU_VBMI2) != 0)
        return cy_bpe_blocks_avx512(bpe, memory, &pieces, ids);
    return (memory->features & CY_CPU_AVX2) != 0 ? encode_avx2(bpe, memory, &pieces, ids) : encode_scalar(bpe, memory, &pieces, ids);
}
