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
    memory->seen = aligned_alloc(64, size_bytes);
    CY_ASSERT(memory->seen != NULL);
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

static inline uint64_t short_high(const uint64_t key[2], size_t size)
{
    return key[1] | (uint64_t)size << 32;
}

/* A part of a piece, cut where no token crosses: by its own characters alone. */
static void encode_part(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str part, struct cy_ids *ids)
{
    uint64_t key[2], hash;
    cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
    piece_key(part, 0, part.size, key);
    if (part.size <= CY_BPE_SHORT_BYTES) {
        uint32_t id = cy_bpe_find_short(bpe, key[0], short_high(key, part.size), hash = cy_bpe_hash(key[0], short_high(key, part.size)));
        if (id != UINT32_MAX && bpe->all_made) {
            ids->items[ids->count++] = id;
            return;
        }
    } else {
        hash = cy_bpe_hash(key[0], key[1]);
    }
    merged_piece(bpe, memory, part, key, hash, ids);
}

/* A piece with characters of three bytes: cut between those that no token holds side by side. In Chinese, most parts are one character
 * or a word, so that hardly anything is left to merge. */
static void encode_chars(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, struct cy_ids *ids)
{
    const uint8_t *bytes = (const uint8_t *)piece.data;
    size_t start = 0;
    uint32_t point = 0;
    uint64_t entry = 0;
    for (size_t at = 0; at < piece.size;) {
        uint32_t next = cy_bpe_char_at(bytes + at, piece.size - at);
        uint64_t next_entry = next > 0 ? bpe->chars[next - 0x800] : 0;
        if (point > 0 && next > 0 && !cy_bpe_crosses(bpe, point, entry, next, next_entry)) {
            unsigned count = (unsigned)(entry >> CY_BPE_CHAR_COUNT);
            if (at - start == 3 && count < 3) {
                cy_ids_reserve(ids, 2);
                ids->items[ids->count] = (uint32_t)entry & CY_TOKEN_ID_MAX;
                ids->items[ids->count + 1] = (uint32_t)(entry >> 21) & CY_TOKEN_ID_MAX;
                ids->count += count;
            } else {
                encode_part(bpe, memory, (struct cy_str){piece.data + start, at - start}, ids);
            }
            start = at;
        }
        point = next;
        entry = next_entry;
        at += next > 0 ? 3 : 1;
    }
    encode_part(bpe, memory, (struct cy_str){piece.data + start, piece.size - start}, ids);
}

/* Whether one of the first two bytes begins a character of three or more bytes. */
static inline bool has_chars(const uint64_t key[2])
{
    return (key[0] & 0xE0) == 0xE0 || (key[0] & 0xE000) == 0xE000;
}

/* A piece that is no short token. Appends to *ids, which has room for CY_BPE_SEEN_IDS, and returns the count. */
static size_t other_piece(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, const uint64_t key[2], uint64_t hash,
                          struct cy_ids *ids)
{
    size_t before = ids->count;
    uint32_t whole = bpe->all_made ? UINT32_MAX : cy_bpe_find(bpe, piece);
    if (whole != UINT32_MAX)
        cy_ids_add(ids, whole);
    else if (has_chars(key) && piece.size > 3)
        encode_chars(bpe, memory, piece, ids);
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

/* Fills the block with the ends of pieces from `at` on; returns where the next piece begins. */
static size_t scan_block(const struct cy_scan *scan, const struct cy_bpe_memory *memory, struct cy_str text, size_t at, struct block *block)
{
    struct cy_split_masks masks;
    char tail[CY_SPLIT_WINDOW];
    block->count = 0;
    while (at < text.size && block->count < BLOCK) {
        const char *window = text.data + at;
        if ((uint8_t)*window < 0x80) {
            if (text.size - at < CY_SPLIT_WINDOW) { /* what lies behind the text counts as not known */
                memset(tail, 0xFF, sizeof tail);
                memcpy(tail, window, text.size - at);
                window = tail;
            }
            memory->masks(window, &masks);
            uint64_t starts = cy_scan_window(scan, &masks, window) & ~(uint64_t)1;
            if (starts != 0) {
                size_t base = at;
                for (; starts != 0; starts &= starts - 1)
                    block->ends[block->count++] = (uint32_t)(base + (unsigned)__builtin_ctzll(starts));
                at = block->ends[block->count - 1];
                continue;
            }
        }
        at = cy_scan_piece(scan, text.data, text.size, at);
        block->ends[block->count++] = (uint32_t)at;
    }
    return at;
}

size_t cy_bpe_encode_text(const struct cy_token_model *model, const struct cy_splitter *splitter, struct cy_token_cache *cache,
                          struct cy_str text, struct cy_ids *ids)
{
    const struct cy_bpe *bpe = (const struct cy_bpe *)model;
    struct cy_bpe_memory *memory = cy_token_cache_memory(cache);
    const struct cy_scan *scan = cy_splitter_scan(splitter);
    size_t total = 0;
    struct block block;
    if (scan != NULL) {
        for (size_t at = 0, next; at < text.size; at = next) {
            next = scan_block(scan, memory, text, at, &block);
            total += encode_block(bpe, memory, text, at, &block, ids);
        }
        return total;
    }
    struct cy_piece_ends *ends = &memory->ends;
    ends->count = 0;
    if (splitter != NULL)
        splitter->run(splitter, text, ends);
    else
        cy_piece_ends_add(ends, (uint32_t)text.size);
    for (size_t first = 0, at = 0; first < ends->count; first += block.count) {
        block.count = CY_MIN(ends->count - first, (size_t)BLOCK);
        memcpy(block.ends, ends->items + first, block.count * sizeof *block.ends);
        total += encode_block(bpe, memory, text, at, &block, ids);
        at = block.ends[block.count - 1];
    }
    return total;
}
