/* A whole text at once: pieces are cut, looked up and merged in blocks, so that memory is asked for long before it is needed. */
#include "token/bpe.h"

#include "token/split_scan.h"
#include "token/splitter.h"

#include <stdlib.h>

/* ---- a thread's memory ---- */

void *cy_bpe_memory_new(const struct cy_token_model *model, size_t size_bytes_max)
{
    struct cy_bpe_memory *memory = cy_alloc_zero(1, sizeof *memory);
    (void)model;
    memory->merge = cy_bpe_merge_parts();
    memory->masks = cy_split_masks();
    memory->seen_bits = 10;
    while (sizeof *memory->seen << (memory->seen_bits + 1) <= size_bytes_max && memory->seen_bits < 20)
        memory->seen_bits++;
    size_t size_bytes = sizeof *memory->seen << memory->seen_bits;
    memory->seen = cy_bpe_table(size_bytes);
    memset(memory->seen, 0, size_bytes);
    return memory;
}

void cy_bpe_memory_free(void *self)
{
    struct cy_bpe_memory *memory = self;
    cy_bpe_heap_release(&memory->heap);
    cy_ids_release(&memory->ids);
    free(memory->ends.items);
    free(memory->seen);
    free(memory);
}

/* Writes the ids seen for a piece and returns their number; 0: not seen. `out` has room for CY_BPE_SEEN_IDS. */
static inline size_t recall(const struct cy_bpe_memory *memory, uint64_t low, uint64_t high, size_t size, uint64_t hash, uint32_t *out)
{
    const struct cy_bpe_seen *seen = &memory->seen[(size_t)(hash & (((uint64_t)1 << memory->seen_bits) - 1))];
    for (unsigned way = 0; way < 2; way++) {
        if (seen->low == low && seen->high == high && seen->ids[1] >> 48 == size) {
            out[0] = (uint32_t)seen->ids[0] & CY_TOKEN_ID_MAX;
            out[1] = (uint32_t)(seen->ids[0] >> 21) & CY_TOKEN_ID_MAX;
            out[2] = (uint32_t)(seen->ids[0] >> 42) & CY_TOKEN_ID_MAX;
            out[3] = (uint32_t)seen->ids[1] & CY_TOKEN_ID_MAX;
            out[4] = (uint32_t)(seen->ids[1] >> 21) & CY_TOKEN_ID_MAX;
            return seen->ids[1] >> 42 & 63;
        }
        seen = (const struct cy_bpe_seen *)((uintptr_t)seen ^ sizeof *seen); /* the other of the cache line */
    }
    return 0;
}

/* The newer of a line stands first, the one before it second, what was there is forgotten. */
static void remember(struct cy_bpe_memory *memory, uint64_t low, uint64_t high, size_t size, uint64_t hash, const uint32_t *ids,
                     size_t count)
{
    struct cy_bpe_seen *seen = &memory->seen[(size_t)(hash & (((uint64_t)1 << memory->seen_bits) - 1))];
    uint64_t id[CY_BPE_SEEN_IDS] = {0};
    for (size_t i = 0; i < count; i++)
        id[i] = ids[i];
    *(struct cy_bpe_seen *)((uintptr_t)seen ^ sizeof *seen) = *seen;
    *seen = (struct cy_bpe_seen){low, high, {id[0] | id[1] << 21 | id[2] << 42, id[3] | id[4] << 21 | count << 42 | (uint64_t)size << 48}};
}

/* ---- one piece ---- */

/* The key of piece text[start, end): bytes past the text are not read. */
static inline void piece_key(struct cy_str text, size_t start, size_t size, uint64_t key[2])
{
    if (text.size - start >= 16) {
        cy_bpe_key(text.data + start, size, key);
    } else {
        char bytes[16] = {0};
        memcpy(bytes, text.data + start, CY_MIN(size, (size_t)16));
        key[0] = cy_load_u64(bytes);
        key[1] = cy_load_u64(bytes + 8);
    }
}

/* A piece that is no short token: seen, or merged. Appends to *ids, which has room for CY_BPE_SEEN_IDS, and returns the count. */
static size_t merged_piece(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, const uint64_t key[2],
                           uint64_t hash, struct cy_ids *ids)
{
    size_t before = ids->count;
    if (piece.size <= CY_BPE_SEEN_BYTES) {
        ids->count += recall(memory, key[0], key[1], piece.size, hash, ids->items + ids->count);
        if (ids->count > before)
            return ids->count - before;
    }
    cy_bpe_merge_piece(bpe, memory->merge, &memory->heap, piece, ids);
    size_t count = ids->count - before;
    if (piece.size <= CY_BPE_SEEN_BYTES && count <= CY_BPE_SEEN_IDS)
        remember(memory, key[0], key[1], piece.size, hash, ids->items + before, count);
    cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
    return count;
}

/* Where the part of a piece that begins at `at` ends, at most at `end`: between two characters of three bytes that no token holds side by
 * side, so that each side is what it would be alone. In Chinese most parts are one character or a word, and hardly anything is left to
 * merge. */
static inline size_t part_end(const struct cy_bpe *bpe, const char *text, size_t at, size_t end)
{
    const uint8_t *bytes = (const uint8_t *)text;
    uint32_t point = cy_bpe_char_at(bytes + at, end - at);
    uint64_t entry = point > 0 ? bpe->chars[point - 0x800] : 0;
    for (at += point > 0 ? 3 : 1; at < end;) {
        uint32_t next = cy_bpe_char_at(bytes + at, end - at);
        uint64_t next_entry = next > 0 ? bpe->chars[next - 0x800] : 0;
        if (point > 0 && next > 0 && !cy_bpe_crosses(bpe, point, entry, next, next_entry))
            return at;
        point = next;
        entry = next_entry;
        at += next > 0 ? 3 : 1;
    }
    return end;
}

/* Whether one of the two bytes at `at`, at < end, begins a character of three or more bytes: then the piece is worth cutting. */
static inline bool has_chars(const char *text, size_t at, size_t end)
{
    return end - at > 3 && ((uint8_t)text[at] >= 0xE0 || (uint8_t)text[at + 1] >= 0xE0);
}

static void encode_part(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str part, struct cy_ids *ids)
{
    uint64_t key[2];
    uint32_t id = bpe->all_made ? cy_bpe_find(bpe, part) : UINT32_MAX;
    if (id != UINT32_MAX) {
        cy_ids_add(ids, id);
        return;
    }
    cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
    piece_key(part, 0, part.size, key);
    merged_piece(bpe, memory, part, key, cy_bpe_hash(key[0], key[1]), ids);
}

/* A piece that is no short token. Appends to *ids, which has room for CY_BPE_SEEN_IDS, and returns the count. */
static size_t other_piece(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, const uint64_t key[2], uint64_t hash,
                          struct cy_ids *ids)
{
    size_t before = ids->count;
    uint32_t whole = bpe->all_made ? UINT32_MAX : cy_bpe_find(bpe, piece);
    if (whole != UINT32_MAX)
        cy_ids_add(ids, whole);
    else if (has_chars(piece.data, 0, piece.size))
        for (size_t at = 0, next; at < piece.size; at = next) {
            next = part_end(bpe, piece.data, at, piece.size);
            encode_part(bpe, memory, (struct cy_str){piece.data + at, next - at}, ids);
        }
    else
        return merged_piece(bpe, memory, piece, key, hash, ids);
    cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
    return ids->count - before;
}

void cy_bpe_encode(const struct cy_token_model *model, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    const struct cy_bpe *bpe = (const struct cy_bpe *)model;
    uint32_t id = cy_bpe_find(bpe, piece);
    uint64_t key[2];
    if (id != UINT32_MAX) {
        cy_ids_add(ids, id);
        return;
    }
    cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
    piece_key(piece, 0, piece.size, key);
    other_piece(bpe, cy_token_cache_memory(cache), piece, key, cy_bpe_hash(key[0], key[1]), ids);
}

/* ---- a block of pieces ---- */

enum { BLOCK = 256 }; /* pieces; a window adds 64 at most */

struct block {
    size_t count;
    uint32_t ends[BLOCK + CY_SPLIT_WINDOW];
    uint64_t hashes[BLOCK + CY_SPLIT_WINDOW];
    uint64_t keys[BLOCK + CY_SPLIT_WINDOW][2];
};

/* The ids of the block's pieces, the first of which begins at `start`. */
static size_t encode_block(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str text, size_t start, struct block *block,
                           struct cy_ids *ids)
{
    size_t at = start, total = 0;
    for (size_t i = 0; i < block->count; at = block->ends[i++]) {
        size_t size = block->ends[i] - at;
        piece_key(text, at, size, block->keys[i]);
        uint64_t high = size <= CY_BPE_SHORT_BYTES ? block->keys[i][1] | (uint64_t)size << 32 : block->keys[i][1];
        block->hashes[i] = cy_bpe_hash(block->keys[i][0], high);
        if (size <= CY_BPE_SHORT_BYTES)
            __builtin_prefetch(&bpe->short_tokens[block->hashes[i] >> (64 - bpe->short_bits)]);
    }
    if (ids != NULL)
        cy_ids_reserve(ids, block->count * CY_BPE_SEEN_IDS + CY_BPE_SEEN_IDS);
    at = start;
    for (size_t i = 0; i < block->count; at = block->ends[i++]) {
        size_t size = block->ends[i] - at;
        if (size <= CY_BPE_SHORT_BYTES) {
            uint32_t id = cy_bpe_find_short(bpe, block->keys[i][0], block->keys[i][1] | (uint64_t)size << 32, block->hashes[i]);
            if (id != UINT32_MAX) {
                total++;
                if (ids != NULL)
                    ids->items[ids->count++] = id;
                continue;
            }
        }
        if (size == 3) { /* one character of three bytes that is two tokens */
            uint32_t point = cy_bpe_char_at((const uint8_t *)text.data + at, 3);
            uint64_t entry = point > 0 && bpe->all_made ? bpe->chars[point - 0x800] : 0;
            if (entry >> CY_BPE_CHAR_COUNT == 2) {
                total += 2;
                if (ids != NULL) {
                    ids->items[ids->count++] = (uint32_t)entry & CY_TOKEN_ID_MAX;
                    ids->items[ids->count++] = (uint32_t)(entry >> 21) & CY_TOKEN_ID_MAX;
                }
                continue;
            }
        }
        struct cy_ids *out = ids != NULL ? ids : &memory->ids;
        if (ids == NULL) {
            out->count = 0;
            cy_ids_reserve(out, CY_BPE_SEEN_IDS);
        }
        total += other_piece(bpe, memory, (struct cy_str){text.data + at, size}, block->keys[i], block->hashes[i], out);
        if (ids != NULL)
            cy_ids_reserve(ids, (block->count - i) * CY_BPE_SEEN_IDS);
    }
    return total;
}

/* The pieces of a text, one block after the other. */
struct pieces {
    const struct cy_bpe *bpe;
    const struct cy_scan *scan; /* NULL: `ends` says where they end */
    cy_split_masks_fn *masks;
    const struct cy_piece_ends *ends;
    size_t end_index; /* in ends: the piece that comes next */
    struct cy_str text;
    size_t at;        /* where the next piece, or part of one, begins */
    size_t piece_end; /* > at: the piece that is being cut into parts */
};

/* Adds the pieces that 64 bytes of ASCII are certain about; false when that is none. */
static bool add_window(struct pieces *pieces, struct block *block)
{
    struct cy_split_masks masks;
    char tail[CY_SPLIT_WINDOW];
    const char *window = pieces->text.data + pieces->at;
    size_t left = pieces->text.size - pieces->at;
    if ((uint8_t)*window >= 0x80)
        return false;
    if (left < CY_SPLIT_WINDOW) { /* what lies behind the text counts as not known */
        memset(tail, 0xFF, sizeof tail);
        memcpy(tail, window, left);
        window = tail;
    }
    pieces->masks(window, &masks);
    uint64_t starts = cy_scan_window(pieces->scan, &masks, window) & ~(uint64_t)1;
    if (starts == 0)
        return false;
    for (; starts != 0; starts &= starts - 1)
        block->ends[block->count++] = (uint32_t)(pieces->at + (unsigned)__builtin_ctzll(starts));
    pieces->at = block->ends[block->count - 1];
    return true;
}

/* Fills the block. Where looking pieces up changes nothing, those with characters of three bytes come in parts. */
static void next_block(struct pieces *pieces, struct block *block)
{
    const struct cy_str text = pieces->text;
    block->count = 0;
    while (pieces->at < text.size && block->count < BLOCK) {
        if (pieces->at < pieces->piece_end) {
            pieces->at = part_end(pieces->bpe, text.data, pieces->at, pieces->piece_end);
            block->ends[block->count++] = (uint32_t)pieces->at;
            continue;
        }
        if (pieces->scan != NULL && add_window(pieces, block))
            continue;
        size_t end =
            pieces->scan != NULL ? cy_scan_piece(pieces->scan, text.data, text.size, pieces->at) : pieces->ends->items[pieces->end_index++];
        if (pieces->bpe->all_made && has_chars(text.data, pieces->at, end)) {
            pieces->piece_end = end;
        } else {
            block->ends[block->count++] = (uint32_t)end;
            pieces->at = end;
        }
    }
}

size_t cy_bpe_encode_text(const struct cy_token_model *model, const struct cy_splitter *splitter, struct cy_token_cache *cache,
                          struct cy_str text, struct cy_ids *ids)
{
    const struct cy_bpe *bpe = (const struct cy_bpe *)model;
    struct cy_bpe_memory *memory = cy_token_cache_memory(cache);
    struct pieces pieces = {.bpe = bpe, .scan = cy_splitter_scan(splitter), .masks = memory->masks, .ends = &memory->ends, .text = text};
    struct block block;
    size_t total = 0;
    memory->ends.count = 0;
    if (splitter == NULL)
        cy_piece_ends_add(&memory->ends, (uint32_t)text.size);
    else if (pieces.scan == NULL)
        splitter->run(splitter, text, &memory->ends);
    while (pieces.at < text.size) {
        size_t start = pieces.at;
        next_block(&pieces, &block);
        total += encode_block(bpe, memory, text, start, &block, ids);
    }
    return total;
}
