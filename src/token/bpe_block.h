/* A text goes through the loop in blocks of pieces: where they end, then all their places are asked of memory, then they are looked up. */
#ifndef CY_TOKEN_BPE_BLOCK_H
#define CY_TOKEN_BPE_BLOCK_H

#include "token/bpe_piece.h"
#include "token/split_scan.h"

enum {
    CY_BLOCK = 256, /* pieces; a window adds 64 at most, and what is written behind them is of no account */
    CY_BLOCK_ROOM = CY_BLOCK + 2 * CY_SPLIT_WINDOW,
    CY_PIECES_AHEAD = 1536 /* bytes: more than a block of pieces has, which are cut much faster than the text comes by itself */
};

struct cy_block {
    size_t count;
    uint32_t ends[CY_BLOCK_ROOM];
    uint64_t hashes[CY_BLOCK_ROOM];
    uint64_t keys[CY_BLOCK_ROOM][2];
};

/* The pieces of a text, one block after the other. */
struct cy_pieces {
    const struct cy_bpe *bpe;
    const struct cy_scan *scan; /* NULL: `ends` says where they end */
    cy_split_masks_fn *masks;
    const struct cy_piece_ends *ends;
    size_t end_index; /* in ends: the piece that comes next */
    struct cy_str text;
    size_t at;        /* where the next piece, or part of one, begins */
    size_t piece_end; /* > at: the piece that is being cut into parts */
};

/* Adds a piece by the definition of the pattern, or what the block has room for of the parts of one with characters of three bytes, where
 * looking the piece up first would change nothing. */
void cy_block_add_piece(struct cy_pieces *pieces, struct cy_block *block);

/* The 64 bytes at pieces->at, or, at the text's end, what is left of it in `tail`, with bytes behind that count as not known. NULL: the
 * first is not ASCII, about which a window knows nothing. */
static inline const char *cy_pieces_window(const struct cy_pieces *pieces, char tail[CY_SPLIT_WINDOW])
{
    const char *window = pieces->text.data + pieces->at;
    const size_t left = pieces->text.size - pieces->at;
    __builtin_prefetch(window + CY_MIN(left, (size_t)CY_PIECES_AHEAD));
    if ((uint8_t)*window >= 0x80)
        return NULL;
    if (left >= CY_SPLIT_WINDOW)
        return window;
    memset(tail, 0xFF, CY_SPLIT_WINDOW);
    memcpy(tail, window, left);
    return tail;
}

/* The ids of the block's pieces, the first of which begins at `start`, or, when `counting`, only their number, and *ids is scratch. All
 * keys are made and their places asked of memory before the first is looked up. Compiled into every variant. */
__attribute__((always_inline)) static inline size_t cy_block_encode(const struct cy_bpe *bpe, struct cy_bpe_memory *memory,
                                                                    struct cy_str text, size_t start, struct cy_block *block, bool counting,
                                                                    struct cy_ids *ids)
{
    size_t at = start, total = 0;
    for (size_t i = 0; i < block->count; at = block->ends[i++]) {
        const size_t size = block->ends[i] - at;
        cy_bpe_piece_key(text, at, size, block->keys[i]);
        block->hashes[i] = cy_bpe_piece_hash(text, at, size, block->keys[i]);
        __builtin_prefetch(cy_bpe_seen_place(memory, block->hashes[i], 0));
        if (__builtin_expect(size > CY_BPE_SEEN_BYTES, 0)) {
            __builtin_prefetch(cy_bpe_long_places(memory, block->hashes[i])->key);
            __builtin_prefetch(cy_bpe_long_places(memory, block->hashes[i])->ids);
        }
    }
    if (!counting)
        cy_ids_reserve(ids, block->count * CY_BPE_SEEN_IDS);
    uint32_t *out = counting ? NULL : ids->items + ids->count;
    at = start;
    for (size_t i = 0; i < block->count; at = block->ends[i++]) {
        const size_t size = block->ends[i] - at;
        const struct cy_bpe_seen *seen = cy_bpe_seen_place(memory, block->hashes[i], 0);
        if (__builtin_expect(cy_bpe_is_seen(seen, block->keys[i], size), 1)) {
            if (counting) {
                total += cy_bpe_seen_count(seen);
            } else {
                cy_bpe_seen_ids(seen, out);
                out += cy_bpe_seen_count(seen);
            }
            continue;
        }
        const size_t before = ids->count = counting ? 0 : (size_t)(out - ids->items);
        cy_bpe_encode_far(bpe, memory, (struct cy_str){text.data + at, size}, block->keys[i], block->hashes[i], ids);
        total += ids->count - before;
        if (!counting)
            cy_ids_reserve(ids, (block->count - i) * CY_BPE_SEEN_IDS);
        out = counting ? NULL : ids->items + ids->count;
    }
    if (!counting)
        ids->count = (size_t)(out - ids->items);
    return total; /* of no account when not counting */
}

/* The number of ids of the whole text, which are appended to *ids where that is not NULL. Needs AVX-512 with VBMI2. */
size_t cy_bpe_blocks_avx512(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, const struct cy_pieces *pieces, struct cy_ids *ids);

#endif
