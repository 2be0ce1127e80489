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

void cy_seen_begin(struct cy_seen *seen, size_t count)
{
    enum { SLOTS_MIN = 64 };
    size_t capacity = SLOTS_MIN;
    while (capacity < 2 * count)
        capacity *= 2;
    if (capacity > seen->capacity) {
        free(seen->slots);
        seen->slots = cy_alloc(capacity * sizeof *seen->slots);
        seen->capacity = capacity;
    }
    seen->mask = capacity - 1;
    memset(seen->slots, 0, capacity * sizeof *seen->slots);
}

void cy_seen_release(struct cy_seen *seen)
{
    free(seen->slots);
    *seen = (struct cy_seen){0};
}

size_t cy_char_count(struct cy_str text, bool ascii)
{
    return ascii ? text.size : cy_utf8_count(text.data, text.size);
}

uint64_t cy_newlines(struct cy_str text, size_t at)
{
    char last[CY_NEWLINES_BYTES] = {0};
    const char *from = text.data + at;
    if (text.size - at < CY_NEWLINES_BYTES)
        from = memcpy(last, from, text.size - at);
    uint64_t newlines = 0;
    for (unsigned i = 0; i < CY_NEWLINES_BYTES; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + i));
        newlines |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'))) << i;
    }
    return newlines;
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

void cy_repeats_add(struct cy_repeats *repeats, struct cy_seen *seen, struct cy_str item, bool ascii)
{
    if (cy_seen_add(seen, cy_hash64(item, 0))) {
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
    cy_seen_release(&scratch->lines);
    cy_seen_release(&scratch->paragraphs);
    free(scratch->numbers);
    free(scratch);
}

struct cy_quality_scratch *cy_quality_scratch_of(struct cy_scratch *scratch)
{
    static const char owner;
    return cy_scratch_get(scratch, &owner, make_scratch, NULL, free_scratch);
}
