#include "token/normal_charsmap.h"

#include "token/peer_unicode.h"

enum { BLOB_BYTES_MAX = 64 << 20, GRAPHEME_BYTES = 6, KEYS_MAX = 32 };

struct cy_charsmap {
    const uint32_t *units;
    size_t unit_count;
    struct cy_str replacements;
};

/* ---- reading ---- */

enum cy_status cy_charsmap_read(const struct cy_charsmap **map, struct cy_str blob, struct cy_arena *arena, struct cy_error *error)
{
    uint32_t trie_bytes = blob.size >= 4 ? cy_load_u32(blob.data) : 0;
    *map = NULL;
    if (blob.size < 8 || blob.size > BLOB_BYTES_MAX || trie_bytes < 4 || trie_bytes % 4 != 0 || trie_bytes > blob.size - 4)
        return cy_error_set(error, CY_BAD_INPUT, "the precompiled normalization rules are damaged: %zu bytes, of which a trie has %u",
                            blob.size, trie_bytes);
    struct cy_charsmap *made = cy_arena_zero(arena, sizeof *made);
    uint32_t *units = cy_arena_alloc(arena, trie_bytes);
    memcpy(units, blob.data + 4, trie_bytes);
    made->units = units;
    made->unit_count = trie_bytes / 4;
    if (!cy_utf8_is_valid(blob.data + 4 + trie_bytes, blob.size - 4 - trie_bytes))
        return cy_error_set(error, CY_BAD_INPUT, "the precompiled normalization rules are damaged: what they put in is not UTF-8");
    made->replacements = cy_arena_str(arena, (struct cy_str){blob.data + 4 + trie_bytes, blob.size - 4 - trie_bytes});
    *map = made;
    return CY_OK;
}

static int base64_bits(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

enum cy_status cy_charsmap_read_base64(const struct cy_charsmap **map, struct cy_str base64, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_buffer blob = {0};
    uint32_t bits = 0;
    *map = NULL;
    while (base64.size > 0 && base64.data[base64.size - 1] == '=')
        base64.size--;
    for (size_t i = 0; i < base64.size; i++) {
        int six = base64_bits(base64.data[i]);
        if (six < 0) {
            cy_buffer_release(&blob);
            return cy_error_set(error, CY_BAD_INPUT, "\"precompiled_charsmap\" is not base64, at byte %zu of it", i);
        }
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 != 0)
            cy_buffer_add_byte(&blob, (uint8_t)(bits >> (6 - 2 * (i % 4))));
    }
    enum cy_status status = cy_charsmap_read(map, cy_buffer_str(&blob), arena, error);
    cy_buffer_release(&blob);
    return status;
}

/* ---- applying ---- */

static uint32_t offset_of(uint32_t unit)
{
    return (unit >> 10) << ((unit & 1u << 9) >> 6);
}

/* A walk through the trie along a text. */
struct walk {
    size_t at;
    size_t size; /* of the key found */
    struct cy_str replacement;
};

/* Goes on to the next key that `text` begins with; false when there is none. */
static bool next_key(const struct cy_charsmap *map, struct cy_str text, struct walk *walk)
{
    while (walk->size < text.size) {
        uint8_t byte = (uint8_t)text.data[walk->size];
        size_t at = walk->at ^ byte;
        if (byte == 0 || at >= map->unit_count || (map->units[at] & (1u << 31 | 0xFF)) != byte) /* no key has a zero byte */
            return false;
        uint32_t unit = map->units[at];
        walk->at = at ^ offset_of(unit);
        walk->size++;
        if ((unit >> 8 & 1) == 0)
            continue;
        size_t place = walk->at < map->unit_count ? map->units[walk->at] & 0x7FFFFFFF : SIZE_MAX;
        if (place >= map->replacements.size)
            return false;
        const char *start = map->replacements.data + place, *end = memchr(start, 0, map->replacements.size - place);
        walk->replacement = (struct cy_str){start, end != NULL ? (size_t)(end - start) : map->replacements.size - place};
        return true;
    }
    return false;
}

/* The replacement of the shortest key that `text` begins with; false when it begins with none. */
static bool find(const struct cy_charsmap *map, struct cy_str text, struct cy_str *replacement)
{
    struct walk walk = {.at = offset_of(map->units[0])};
    bool found = next_key(map, text, &walk);
    *replacement = walk.replacement;
    return found;
}

size_t cy_charsmap_longest(const struct cy_charsmap *map, struct cy_str text, struct cy_str *replacement)
{
    struct walk walk = {.at = offset_of(map->units[0])};
    size_t size = 0;
    for (unsigned keys = 0; keys < KEYS_MAX && next_key(map, text, &walk); keys++) {
        *replacement = walk.replacement;
        size = walk.size;
    }
    return size;
}

void cy_charsmap_run(const struct cy_charsmap *map, struct cy_str text, struct cy_buffer *out)
{
    struct cy_str replacement;
    cy_buffer_reserve(out, text.size);
    for (size_t at = 0; at < text.size;) {
        size_t size = cy_peer_grapheme_size((struct cy_str){text.data + at, text.size - at}), end = at + size;
        if (size < GRAPHEME_BYTES && find(map, (struct cy_str){text.data + at, size}, &replacement)) {
            cy_buffer_add_str(out, replacement);
            at = end;
        }
        while (at < end) {
            const char *next = text.data + at;
            cy_utf8_decode(&next, text.data + end);
            struct cy_str character = {text.data + at, (size_t)(next - text.data) - at};
            cy_buffer_add_str(out, find(map, character, &replacement) ? replacement : character);
            at += character.size;
        }
    }
}
