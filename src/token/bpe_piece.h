/* A piece's key and its parts, as both the hot loop and what it calls need them. */
#ifndef CY_TOKEN_BPE_PIECE_H
#define CY_TOKEN_BPE_PIECE_H

#include "token/bpe.h"

/* [size]: which bits of 16 bytes count */
extern const uint64_t cy_bpe_key_masks[CY_BPE_SEEN_BYTES + 1][2];

/* The key of the piece of so many bytes at `start`: its first 16, zeros behind. Nothing past the text is read. */
static inline void cy_bpe_piece_key(struct cy_str text, size_t start, size_t size, uint64_t key[2])
{
    const size_t counted = CY_MIN(size, (size_t)CY_BPE_SEEN_BYTES);
    if (text.size - start >= 16) {
        key[0] = cy_load_u64(text.data + start) & cy_bpe_key_masks[counted][0];
        key[1] = cy_load_u64(text.data + start + 8) & cy_bpe_key_masks[counted][1];
    } else {
        char bytes[16] = {0};
        memcpy(bytes, text.data + start, counted);
        key[0] = cy_load_u64(bytes);
        key[1] = cy_load_u64(bytes + 8);
    }
}

/* Of a piece that is longer than its key, the last 16 bytes count, too. */
static inline uint64_t cy_bpe_piece_hash(struct cy_str text, size_t start, size_t size, const uint64_t key[2])
{
    if (__builtin_expect(size <= CY_BPE_SEEN_BYTES, 1))
        return cy_bpe_hash(key[0], key[1]);
    const char *tail = text.data + start + size - CY_BPE_SEEN_BYTES;
    return cy_bpe_hash(key[0] ^ cy_load_u64(tail) * 0x9E3779B97F4A7C15u, key[1] ^ (cy_load_u64(tail + 8) + size) * 0xC2B2AE3D27D4EB4Fu);
}

/* ---- places ---- */

enum { CY_SEEN_SIZE = 21, CY_SEEN_COUNT = 53 }; /* bits of ids[0] */

/* Whether this is the place of the piece with this key and size. */
static inline bool cy_bpe_is_seen(const struct cy_bpe_seen *place, const uint64_t key[2], size_t size)
{
    return ((place->low ^ key[0]) | (place->high ^ key[1]) | ((place->ids[0] >> CY_SEEN_SIZE & 31) ^ size)) == 0;
}

static inline size_t cy_bpe_seen_count(const struct cy_bpe_seen *seen)
{
    return seen->ids[0] >> CY_SEEN_COUNT;
}

/* The first of the CY_BPE_LONG_PLACES places side by side that a longer piece has, or one with more ids. */
static inline struct cy_bpe_seen_long *cy_bpe_long_places(const struct cy_bpe_memory *memory, uint64_t hash)
{
    return &memory->seen_long[hash >> 32 & memory->seen_long_mask & ~(uint64_t)(CY_BPE_LONG_PLACES - 1)];
}

/* Writes all four places; cy_bpe_seen_count says how many are ids. */
static inline void cy_bpe_seen_ids(const struct cy_bpe_seen *seen, uint32_t out[CY_BPE_SEEN_IDS])
{
    const uint64_t both = (uint64_t)CY_TOKEN_ID_MAX << 32 | CY_TOKEN_ID_MAX;
    const uint64_t ids[2] = {seen->ids[0] & both, seen->ids[1] & both};
    memcpy(out, ids, sizeof ids);
}

/* A piece has four places, two in each of two cache lines. The first is looked at in the hot loop; what comes often comes early, and finds
 * it free. */
static inline struct cy_bpe_seen *cy_bpe_seen_place(const struct cy_bpe_memory *memory, uint64_t hash, unsigned number)
{
    uint64_t index = number < 2 ? hash ^ number : (hash >> 32 ^ hash << 8) ^ number;
    return &memory->seen[index & memory->seen_mask];
}

/* ---- parts ---- */

/* Where the part of a piece that begins at `at` ends, at most at `end`: between two characters of three bytes that no token holds side by
 * side, so that each side is what it would be alone. In Chinese most parts are one character or a word, and hardly anything is left to
 * merge. */
static inline size_t cy_bpe_part_end(const struct cy_bpe *bpe, const char *text, size_t at, size_t end)
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

/* Whether a piece with characters of three bytes may be cut into parts, each of which is looked up as if it were a piece: not where one of
 * them may be a token that is found whole only, and merges do not make. */
static inline bool cy_bpe_may_cut(const struct cy_bpe *bpe, const char *text, size_t at, size_t end)
{
    const uint8_t *bytes = (const uint8_t *)text;
    if (bpe->chars_made || !bpe->chars_told)
        return bpe->chars_made;
    for (; at < end; at++) { /* every byte: no character begins with one that is inside of another */
        if (bytes[at] < 0xE0 || (bpe->unmade_leads >> (bytes[at] & 0xF) & 1) == 0)
            continue;
        uint32_t point = cy_bpe_char_at(bytes + at, end - at);
        if (point > 0 && (bpe->chars[point - 0x800] >> CY_BPE_CHAR_UNMADE & 1) != 0)
            return false;
    }
    return true;
}

/* Whether one of the two bytes at `at`, at < end, begins a character of three or more bytes: then the piece is worth cutting. */
static inline bool cy_bpe_has_chars(const char *text, size_t at, size_t end)
{
    return end - at > 3 && ((uint8_t)text[at] >= 0xE0 || (uint8_t)text[at + 1] >= 0xE0);
}

#endif
