#include "operators/quality_lines.h"

#include "base/hash.h"
#include "base/unicode.h"

#include <stdlib.h>

#include <emmintrin.h>

/* The size of the line end at `at`, or 0. */
static size_t line_end_size(struct cy_str text, size_t at)
{
    const uint8_t *bytes = (const uint8_t *)text.data + at;
    size_t left = text.size - at;
    switch (bytes[0]) {
    case '\r':
        return left > 1 && bytes[1] == '\n' ? 2 : 1;
    case '\n':
    case '\v':
    case '\f':
    case 0x1C:
    case 0x1D:
    case 0x1E:
        return 1;
    case 0xC2:
        return left > 1 && bytes[1] == 0x85 ? 2 : 0;
    case 0xE2:
        return left > 2 && bytes[1] == 0x80 && (bytes[2] == 0xA8 || bytes[2] == 0xA9) ? 3 : 0;
    default:
        return 0;
    }
}

/* The first byte from `at` on that may begin a line end: 16 at a time, which every x86-64 has. */
static size_t find_line_end(struct cy_str text, size_t at)
{
    for (; text.size - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(text.data + at));
        /* \n…\r and U+001C…U+001E as ranges: bytes less the first, at most the last less the first, unsigned */
        __m128i low = _mm_sub_epi8(bytes, _mm_set1_epi8('\n')), high = _mm_sub_epi8(bytes, _mm_set1_epi8(0x1C));
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(low, _mm_set1_epi8(3)), low),
                                   _mm_cmpeq_epi8(_mm_min_epu8(high, _mm_set1_epi8(2)), high));
        hit = _mm_or_si128(
            hit, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)0xC2)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)0xE2))));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        for (; mask != 0; mask &= mask - 1) {
            size_t candidate = at + (size_t)__builtin_ctz(mask);
            if (line_end_size(text, candidate) > 0)
                return candidate;
        }
    }
    while (at < text.size && line_end_size(text, at) == 0)
        at++;
    return at;
}

bool cy_next_line(struct cy_str text, size_t *at, struct cy_str *line)
{
    if (*at >= text.size)
        return false;
    size_t end = find_line_end(text, *at);
    *line = (struct cy_str){text.data + *at, end - *at};
    *at = end < text.size ? end + line_end_size(text, end) : end;
    return true;
}

/* An ASCII byte that is no white space: what most lines begin and end with. */
static inline bool is_plain(char byte)
{
    return byte > ' ';
}

struct cy_str cy_strip_left(struct cy_str text)
{
    const char *at = text.data, *end = text.data + text.size;
    while (at < end && !is_plain(*at)) {
        const char *next = at;
        if (!cy_is_space_char(cy_utf8_decode(&next, end)))
            break;
        at = next;
    }
    return (struct cy_str){at, (size_t)(end - at)};
}

struct cy_str cy_strip_right(struct cy_str text)
{
    const char *end = text.data + text.size;
    while (end > text.data && !is_plain(end[-1])) {
        const char *before = end;
        if (!cy_is_space_char(cy_utf8_decode_back(text.data, &before)))
            break;
        end = before;
    }
    return (struct cy_str){text.data, (size_t)(end - text.data)};
}

static void clear_marks(struct cy_tally *tally)
{
    memset(tally->slots, 0, tally->capacity * sizeof *tally->slots);
    if (tally->spare_capacity > 0)
        memset(tally->spare, 0, tally->spare_capacity * sizeof *tally->spare);
    tally->round = 0;
}

void cy_tally_begin(struct cy_tally *tally, size_t count)
{
    enum { SLOTS_MIN = 64 };
    size_t capacity = SLOTS_MIN;
    while (capacity < 2 * count)
        capacity *= 2;
    if (capacity > tally->capacity) {
        free(tally->slots);
        tally->slots = cy_alloc_zero(capacity, sizeof *tally->slots);
        tally->capacity = capacity;
    }
    tally->mask = capacity - 1;
    tally->used = 0;
    if (tally->round == UINT32_MAX) /* the old marks would come back */
        clear_marks(tally);
    tally->round++;
}

/* Twice the slots in use: the keys move to the other array. */
void cy_tally_grow(struct cy_tally *tally)
{
    size_t capacity = 2 * (tally->mask + 1);
    struct cy_tally_slot *from = tally->slots;
    size_t from_count = tally->mask + 1, from_capacity = tally->capacity;
    uint32_t from_round = tally->round;
    if (tally->round == UINT32_MAX) { /* marks of both arrays begin anew; those of the keys to move are 1 */
        for (size_t i = 0; i < from_capacity; i++)
            from[i].round = i < from_count && from[i].round == UINT32_MAX;
        if (tally->spare_capacity > 0)
            memset(tally->spare, 0, tally->spare_capacity * sizeof *tally->spare);
        from_round = tally->round = 1;
    }
    if (capacity > tally->spare_capacity) {
        free(tally->spare);
        tally->spare = cy_alloc_zero(capacity, sizeof *tally->spare);
        tally->spare_capacity = capacity;
    }
    tally->slots = tally->spare;
    tally->capacity = tally->spare_capacity;
    tally->spare = from;
    tally->spare_capacity = from_capacity;
    tally->mask = capacity - 1;
    tally->used = 0;
    tally->round++;
    for (size_t i = 0; i < from_count; i++) {
        bool found;
        if (from[i].round == from_round)
            cy_tally_slot(tally, from[i].key, &found)->value = from[i].value;
    }
}

void cy_tally_release(struct cy_tally *tally)
{
    free(tally->slots);
    free(tally->spare);
    *tally = (struct cy_tally){0};
}

size_t cy_char_count(struct cy_str text, bool ascii)
{
    return ascii ? text.size : cy_utf8_count(text.data, text.size);
}

size_t cy_count_byte(struct cy_str text, char byte)
{
    enum { BLOCK = 128 }; /* counted in bytes, which the compiler turns into vector code */
    size_t count = 0, at = 0;
    for (; text.size - at >= BLOCK; at += BLOCK) {
        uint8_t in_block = 0;
        for (size_t i = 0; i < BLOCK; i++)
            in_block += text.data[at + i] == byte;
        count += in_block;
    }
    for (; at < text.size; at++)
        count += text.data[at] == byte;
    return count;
}

void cy_repeats_add(struct cy_repeats *repeats, struct cy_tally *seen, struct cy_str item, bool ascii)
{
    bool found;
    cy_tally_slot(seen, cy_hash64(item, 0), &found);
    if (found) {
        repeats->count++;
        repeats->chars += cy_char_count(item, ascii);
    }
}

static void *make_scratch(__attribute__((unused)) const void *context)
{
    return cy_alloc_zero(1, sizeof(struct cy_quality_scratch));
}

static void free_scratch(void *object)
{
    struct cy_quality_scratch *scratch = object;
    cy_tally_release(&scratch->tally);
    free(scratch->numbers);
    free(scratch);
}

struct cy_quality_scratch *cy_quality_scratch_of(struct cy_scratch *scratch)
{
    static const char owner;
    return cy_scratch_get(scratch, &owner, make_scratch, NULL, free_scratch);
}
