#include "token/normal_steps.h"

#include "base/unicode.h"

#include <stdlib.h>

enum { /* Hangul syllables, The Unicode Standard 16.0, section 3.12.2 */
       HANGUL_SYLLABLES = 0xAC00,
       HANGUL_SYLLABLE_COUNT = 11172,
       HANGUL_LEADS = 0x1100,
       HANGUL_VOWELS = 0x1161,
       HANGUL_TRAILS = 0x11A7,
       HANGUL_VOWEL_COUNT = 21,
       HANGUL_TRAIL_COUNT = 28,
       CLASS_COUNT = 256,
};

static const struct cy_nfc_record *record_of(uint32_t point)
{
    return &cy_nfc_records[cy_nfc_index[cy_nfc_block[point / CY_UNICODE_BLOCK] * CY_UNICODE_BLOCK + point % CY_UNICODE_BLOCK]];
}

/* A run of combining marks, waiting to be put in order: code points with their class in the upper bits. */
struct marks {
    uint32_t *items;
    size_t count, capacity;
};

/* Writes the marks, the lowest class first, those of one class in their order: a counting sort, linear in their number. */
static void write_marks(struct marks *marks, struct cy_buffer *out)
{
    char bytes[4];
    size_t starts[CLASS_COUNT + 1] = {0};
    for (size_t i = 0; i < marks->count; i++)
        starts[(marks->items[i] >> 24) + 1]++;
    for (size_t class = 0; class < CLASS_COUNT; class ++)
        starts[class + 1] += starts[class];
    uint32_t *sorted = cy_alloc((marks->count + 1) * sizeof *sorted);
    for (size_t i = 0; i < marks->count; i++)
        sorted[starts[marks->items[i] >> 24]++] = marks->items[i] & 0xFFFFFF;
    for (size_t i = 0; i < marks->count; i++)
        cy_buffer_add(out, bytes, cy_utf8_encode(sorted[i], bytes));
    marks->count = 0;
    free(sorted);
}

static void add(struct marks *marks, uint32_t point, struct cy_buffer *out)
{
    char bytes[4];
    uint32_t class = record_of(point)->combining_class;
    if (class == 0) {
        if (marks->count > 0)
            write_marks(marks, out);
        cy_buffer_add(out, bytes, cy_utf8_encode(point, bytes));
        return;
    }
    if (marks->count == marks->capacity) {
        marks->capacity = CY_MAX(2 * marks->capacity, (size_t)16);
        marks->items = cy_realloc(marks->items, marks->capacity * sizeof *marks->items);
    }
    marks->items[marks->count++] = class << 24 | point;
}

static void add_syllable(struct marks *marks, uint32_t index, struct cy_buffer *out)
{
    uint32_t trail = index % HANGUL_TRAIL_COUNT;
    add(marks, HANGUL_LEADS + index / (HANGUL_VOWEL_COUNT * HANGUL_TRAIL_COUNT), out);
    add(marks, HANGUL_VOWELS + index / HANGUL_TRAIL_COUNT % HANGUL_VOWEL_COUNT, out);
    if (trail > 0)
        add(marks, HANGUL_TRAILS + trail, out);
}

void cy_decompose(struct cy_str text, bool compatible, struct cy_buffer *out)
{
    struct marks marks = {0};
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        uint32_t point = cy_utf8_decode(&at, end);
        const struct cy_nfc_record *record = record_of(point);
        const uint32_t *parts = cy_nfc_pool + (compatible ? record->compatible : record->canonical);
        unsigned count = compatible ? record->compatible_count : record->canonical_count;
        if (point - HANGUL_SYLLABLES < HANGUL_SYLLABLE_COUNT)
            add_syllable(&marks, point - HANGUL_SYLLABLES, out);
        else if (count == 0)
            add(&marks, point, out);
        for (unsigned i = 0; i < count; i++)
            add(&marks, parts[i], out);
    }
    if (marks.count > 0)
        write_marks(&marks, out);
    free(marks.items);
}
