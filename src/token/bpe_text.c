/* A whole text at once: pieces are cut, looked up and merged in blocks, so that memory is asked for long before it is needed. */
#include "token/bpe.h"

#include "base/cpu.h"
#include "token/split_scan.h"
#include "token/splitter.h"

#include <stdlib.h>

#define INLINE __attribute__((always_inline)) /* into each of the variants */

/* ---- a thread's memory ---- */

void *cy_bpe_memory_new(const struct cy_token_model *model, size_t size_bytes_max)
{
    struct cy_bpe_memory *memory = cy_alloc_zero(1, sizeof *memory);
    (void)model;
    memory->merge = cy_bpe_merge_parts();
    memory->masks = cy_split_masks();
    memory->has_avx2 = (cy_cpu_features() & CY_CPU_AVX2) != 0;
    size_t count = CY_BPE_SEEN_MIN; /* a quarter of the memory for long pieces, half for the others */
    while (4 * count * sizeof *memory->seen <= size_bytes_max && count < CY_BPE_SEEN_MAX)
        count *= 2;
    memory->seen_long = cy_bpe_table_new(count / 8 * sizeof *memory->seen_long);
    memory->seen_long_mask = count / 8 - 1;
    memory->seen = cy_bpe_table_new(count * sizeof *memory->seen);
    memory->seen_mask = count - 1;
    return memory;
}

void cy_bpe_memory_free(void *self)
{
    struct cy_bpe_memory *memory = self;
    cy_bpe_heap_release(&memory->heap);
    cy_ids_release(&memory->ids);
    free(memory->ends.items);
    cy_bpe_table_free(memory->seen_long, (memory->seen_long_mask + 1) * sizeof *memory->seen_long);
    cy_bpe_table_free(memory->seen, (memory->seen_mask + 1) * sizeof *memory->seen);
    free(memory);
}

enum { SEEN_SIZE = 21, SEEN_COUNT = 53 }; /* bits of ids[0] */

/* Whether this is the place of the piece with this key and size. */
static inline bool is_seen(const struct cy_bpe_seen *place, const uint64_t key[2], size_t size)
{
    return ((place->low ^ key[0]) | (place->high ^ key[1]) | ((place->ids[0] >> SEEN_SIZE & 31) ^ size)) == 0;
}

static inline size_t seen_count(const struct cy_bpe_seen *seen)
{
    return seen->ids[0] >> SEEN_COUNT;
}

/* Writes all four places; seen_count says how many are ids. */
static inline void seen_ids(const struct cy_bpe_seen *seen, uint32_t out[CY_BPE_SEEN_IDS])
{
    const uint64_t both = (uint64_t)CY_TOKEN_ID_MAX << 32 | CY_TOKEN_ID_MAX;
    const uint64_t ids[2] = {seen->ids[0] & both, seen->ids[1] & both};
    memcpy(out, ids, sizeof ids);
}

/* A piece has four places, two in each of two cache lines. The first is looked at in the hot loop; what comes often comes early, and finds
 * it free. */
static inline struct cy_bpe_seen *place_of(const struct cy_bpe_memory *memory, uint64_t hash, unsigned number)
{
    uint64_t index = number < 2 ? hash ^ number : (hash >> 32 ^ hash << 8) ^ number;
    return &memory->seen[index & memory->seen_mask];
}

/* One of the other places, if the piece is there; else NULL. */
static const struct cy_bpe_seen *recall(const struct cy_bpe_memory *memory, const uint64_t key[2], size_t size, uint64_t hash)
{
    for (unsigned number = 1; number < 4; number++)
        if (is_seen(place_of(memory, hash, number), key, size))
            return place_of(memory, hash, number);
    return NULL;
}

/* Takes the first free place, or that of another piece. */
static void remember(struct cy_bpe_memory *memory, const uint64_t key[2], size_t size, uint64_t hash, const uint32_t *ids, size_t count)
{
    unsigned number = 0;
    while (number < 4 && place_of(memory, hash, number)->ids[0] != 0)
        number++;
    struct cy_bpe_seen *place = place_of(memory, hash, number < 4 ? number : memory->replaced++ % 4);
    uint64_t id[CY_BPE_SEEN_IDS] = {0};
    for (size_t i = 0; i < count; i++)
        id[i] = ids[i];
    place->low = key[0];
    place->high = key[1];
    place->ids[0] = id[0] | id[1] << 32 | (uint64_t)size << SEEN_SIZE | (uint64_t)count << SEEN_COUNT;
    place->ids[1] = id[2] | id[3] << 32;
}

/* ---- one piece ---- */

/* [size]: which bits of 16 bytes count */
#define LOW_BYTES(n) ((n) == 0 ? 0 : ~(uint64_t)0 >> (64 - 8 * (n)) % 64)
static const uint64_t key_masks[CY_BPE_SEEN_BYTES + 1][2] = {
    {LOW_BYTES(0), 0},
    {LOW_BYTES(1), 0},
    {LOW_BYTES(2), 0},
    {LOW_BYTES(3), 0},
    {LOW_BYTES(4), 0},
    {LOW_BYTES(5), 0},
    {LOW_BYTES(6), 0},
    {LOW_BYTES(7), 0},
    {LOW_BYTES(8), 0},
    {LOW_BYTES(8), LOW_BYTES(1)},
    {LOW_BYTES(8), LOW_BYTES(2)},
    {LOW_BYTES(8), LOW_BYTES(3)},
    {LOW_BYTES(8), LOW_BYTES(4)},
    {LOW_BYTES(8), LOW_BYTES(5)},
    {LOW_BYTES(8), LOW_BYTES(6)},
    {LOW_BYTES(8), LOW_BYTES(7)},
    {LOW_BYTES(8), LOW_BYTES(8)},
};

/* The key of the piece of so many bytes at `start`: its first 16, zeros behind. Nothing past the text is read. */
static inline void piece_key(struct cy_str text, size_t start, size_t size, uint64_t key[2])
{
    const size_t counted = CY_MIN(size, (size_t)CY_BPE_SEEN_BYTES);
    if (text.size - start >= 16) {
        key[0] = cy_load_u64(text.data + start) & key_masks[counted][0];
        key[1] = cy_load_u64(text.data + start + 8) & key_masks[counted][1];
    } else {
        char bytes[16] = {0};
        memcpy(bytes, text.data + start, counted);
        key[0] = cy_load_u64(bytes);
        key[1] = cy_load_u64(bytes + 8);
    }
}

static inline uint64_t piece_hash(const uint64_t key[2], size_t size)
{
    return cy_bpe_hash(key[0], size <= CY_BPE_SHORT_BYTES ? key[1] | (uint64_t)size << 32 : key[1]);
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

/* ---- pieces that the hot loop does not find ---- */

/* The place of a piece of at most CY_BPE_LONG_BYTES bytes in the memory of long ones, and its key. */
static struct cy_bpe_seen_long *long_place(const struct cy_bpe_memory *memory, struct cy_str piece, uint64_t key[8])
{
    uint64_t hash = piece.size;
    memset(key, 0, CY_BPE_LONG_BYTES);
    memcpy(key, piece.data, piece.size);
    for (size_t i = 0; 8 * i < piece.size; i += 2)
        hash = cy_bpe_hash(key[i] ^ hash, key[i + 1] + hash);
    return &memory->seen_long[hash & memory->seen_long_mask];
}

/* Appends the ids of a piece that is where it would be if it was seen; false when it is not there. */
static bool recall_long(const struct cy_bpe_seen_long *place, struct cy_str piece, const uint64_t key[8], struct cy_ids *ids)
{
    if (place->size != piece.size || memcmp(place->key, key, CY_BPE_LONG_BYTES) != 0)
        return false;
    cy_ids_reserve(ids, CY_BPE_LONG_IDS);
    memcpy(ids->items + ids->count, place->ids, sizeof place->ids);
    ids->count += place->count;
    return true;
}

static void remember_long(struct cy_bpe_seen_long *place, struct cy_str piece, const uint64_t key[8], const uint32_t *ids, size_t count)
{
    memcpy(place->key, key, CY_BPE_LONG_BYTES);
    memcpy(place->ids, ids, count * sizeof *ids);
    place->size = (uint16_t)piece.size;
    place->count = (uint16_t)count;
}

/* Merges a piece, cut into parts where that makes less of it. */
static void merge_cut(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, struct cy_ids *ids)
{
    if (!has_chars(piece.data, 0, piece.size)) {
        cy_bpe_merge_piece(bpe, memory->merge, &memory->heap, piece, ids);
        return;
    }
    for (size_t at = 0, next; at < piece.size; at = next) {
        next = part_end(bpe, piece.data, at, piece.size);
        cy_bpe_merge_piece(bpe, memory->merge, &memory->heap, (struct cy_str){piece.data + at, next - at}, ids);
    }
}

/* A piece that is not in its first place: in another one, a token, remembered as a long one, or to be merged. */
static void encode_other(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, const uint64_t key[2], uint64_t hash,
                         struct cy_ids *ids)
{
    const bool is_short = piece.size <= CY_BPE_SEEN_BYTES;
    const struct cy_bpe_seen *seen = is_short ? recall(memory, key, piece.size, hash) : NULL;
    if (seen != NULL) {
        cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
        seen_ids(seen, ids->items + ids->count);
        ids->count += seen_count(seen);
        return;
    }
    uint64_t whole[CY_BPE_LONG_BYTES / 8];
    uint32_t id = is_short ? cy_bpe_find(bpe, piece) : UINT32_MAX;
    struct cy_bpe_seen_long *place = NULL;
    if (id == UINT32_MAX && piece.size > CY_BPE_SEEN_IDS && piece.size <= CY_BPE_LONG_BYTES) {
        place = long_place(memory, piece, whole);
        if (recall_long(place, piece, whole, ids))
            return;
    }
    size_t before = ids->count;
    if (!is_short)
        id = cy_bpe_find(bpe, piece);
    if (id != UINT32_MAX)
        cy_ids_add(ids, id);
    else
        merge_cut(bpe, memory, piece, ids);
    size_t count = ids->count - before;
    if (is_short && count <= CY_BPE_SEEN_IDS)
        remember(memory, key, piece.size, hash, ids->items + before, count);
    else if (place != NULL && count <= CY_BPE_LONG_IDS)
        remember_long(place, piece, whole, ids->items + before, count);
}

void cy_bpe_encode(const struct cy_token_model *model, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    struct cy_bpe_memory *memory = cy_token_cache_memory(cache);
    uint64_t key[2];
    piece_key(piece, 0, piece.size, key);
    uint64_t hash = piece_hash(key, piece.size);
    const struct cy_bpe_seen *seen = place_of(memory, hash, 0);
    if (!is_seen(seen, key, piece.size)) {
        encode_other((const struct cy_bpe *)model, memory, piece, key, hash, ids);
        return;
    }
    cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
    seen_ids(seen, ids->items + ids->count);
    ids->count += seen_count(seen);
}

/* ---- a block of pieces ---- */

enum { BLOCK = 256, STRIDE = 8, BLOCK_ROOM = BLOCK + CY_SPLIT_WINDOW + STRIDE }; /* pieces; a window adds 64 at most */

struct block {
    size_t count;
    uint32_t ends[BLOCK_ROOM];
    uint64_t hashes[BLOCK_ROOM];
    uint64_t keys[BLOCK_ROOM][2];
};

/* The ids of the block's pieces, the first of which begins at `start`; `counting`: only their number, and *ids is scratch. All keys are
 * made and their places asked of memory before the first is looked up. */
INLINE static inline size_t encode_block(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str text, size_t start,
                                         struct block *block, bool counting, struct cy_ids *ids)
{
    size_t at = start, total = 0;
    for (size_t i = 0; i < block->count; at = block->ends[i++]) {
        size_t size = block->ends[i] - at;
        piece_key(text, at, size, block->keys[i]);
        block->hashes[i] = piece_hash(block->keys[i], size);
        __builtin_prefetch(place_of(memory, block->hashes[i], 0));
    }
    if (!counting)
        cy_ids_reserve(ids, block->count * CY_BPE_SEEN_IDS);
    at = start;
    for (size_t i = 0; i < block->count; at = block->ends[i++]) {
        size_t size = block->ends[i] - at;
        const struct cy_bpe_seen *seen = place_of(memory, block->hashes[i], 0);
        if (__builtin_expect(is_seen(seen, block->keys[i], size), 1)) {
            total += seen_count(seen);
            if (!counting) {
                seen_ids(seen, ids->items + ids->count);
                ids->count += seen_count(seen);
            }
            continue;
        }
        size_t before = counting ? (ids->count = 0) : ids->count;
        encode_other(bpe, memory, (struct cy_str){text.data + at, size}, block->keys[i], block->hashes[i], ids);
        total += ids->count - before;
        if (!counting)
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
INLINE static inline bool add_window(struct pieces *pieces, struct block *block)
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
    /* eight at a time, those beyond the last of no account: how many there are is hard to guess for the processor */
    const size_t count = (size_t)__builtin_popcountll(starts);
    for (size_t first = 0; first < count; first += STRIDE)
        for (size_t i = 0; i < STRIDE; i++, starts &= starts - 1)
            block->ends[block->count + first + i] = (uint32_t)(pieces->at + (unsigned)__builtin_ctzll(starts | (uint64_t)1 << 63));
    block->count += count;
    pieces->at = block->ends[block->count - 1];
    return true;
}

/* Fills the block. Pieces with characters of three bytes come in parts, where looking the piece up first would change nothing. */
INLINE static inline void next_block(struct pieces *pieces, struct block *block)
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
        if (pieces->bpe->chars_made && has_chars(text.data, pieces->at, end)) {
            pieces->piece_end = end;
        } else {
            block->ends[block->count++] = (uint32_t)end;
            pieces->at = end;
        }
    }
}

INLINE static inline size_t encode_blocks(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct pieces pieces, struct cy_ids *ids)
{
    struct block block;
    size_t total = 0;
    while (pieces.at < pieces.text.size) {
        size_t start = pieces.at;
        next_block(&pieces, &block);
        total += ids == NULL ? encode_block(bpe, memory, pieces.text, start, &block, true, &memory->ids)
                             : encode_block(bpe, memory, pieces.text, start, &block, false, ids);
    }
    return total;
}

static size_t encode_scalar(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, const struct pieces *pieces, struct cy_ids *ids)
{
    return encode_blocks(bpe, memory, *pieces, ids);
}

CY_TARGET("avx2,bmi,bmi2,lzcnt,popcnt") /* the same code: bits are found and counted in one instruction each */
static size_t encode_avx2(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, const struct pieces *pieces, struct cy_ids *ids)
{
    return encode_blocks(bpe, memory, *pieces, ids);
}

size_t cy_bpe_encode_text(const struct cy_token_model *model, const struct cy_splitter *splitter, struct cy_token_cache *cache,
                          struct cy_str text, struct cy_ids *ids)
{
    const struct cy_bpe *bpe = (const struct cy_bpe *)model;
    struct cy_bpe_memory *memory = cy_token_cache_memory(cache);
    const struct pieces pieces = {
        .bpe = bpe, .scan = cy_splitter_scan(splitter), .masks = memory->masks, .ends = &memory->ends, .text = text};
    memory->ends.count = 0;
    if (splitter == NULL)
        cy_piece_ends_add(&memory->ends, (uint32_t)text.size);
    else if (pieces.scan == NULL)
        splitter->run(splitter, text, &memory->ends);
    return memory->has_avx2 ? encode_avx2(bpe, memory, &pieces, ids) : encode_scalar(bpe, memory, &pieces, ids);
}
