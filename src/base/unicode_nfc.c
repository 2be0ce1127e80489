#include "base/unicode_nfc.h"

#include "base/cpu.h"
#include "base/unicode.h"

#include <immintrin.h>
#include <stdlib.h>

enum {
    BLOCK = 64, /* bytes of text that one mask describes */
    PAIR_SLOTS = 2048,
    HANGUL_SYLLABLE = 0xAC00, /* The Unicode Standard, section 3.12 */
    HANGUL_LEAD = 0x1100,
    HANGUL_VOWEL = 0x1161,
    HANGUL_TAIL = 0x11A7, /* one before the first: 0 means no tail */
    HANGUL_LEADS = 19,
    HANGUL_VOWELS = 21,
    HANGUL_TAILS = 28,
    HANGUL_SYLLABLES = HANGUL_LEADS * HANGUL_VOWELS * HANGUL_TAILS,
    INSERTION_MAX = 16, /* marks sorted by insertion; longer runs by counting */
};

static const struct cy_nfc_record *record_of(uint32_t point)
{
    return &cy_nfc_records[cy_nfc_index[cy_nfc_block[point / CY_UNICODE_BLOCK] * CY_UNICODE_BLOCK + point % CY_UNICODE_BLOCK]];
}

/* ---- the kernel ---- */

/* The definition. */
static uint64_t mask_scalar(const char block[64], enum cy_form form)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < BLOCK; i++)
        mask |= (uint64_t)((cy_nfc_lead_doubt[(uint8_t)block[i]] & form) != 0) << i;
    return mask;
}

/* The vector variants mark more: every lead byte from `first` on (0xCC for C, 0xC2 for KC) save 0xC3, 0xD0, 0xD1 (Cyrillic) and 0xE4…0xE9
 * (U+4000…U+9FFF, the Han characters). What they mark too much is looked up and found sure. */
CY_TARGET("avx2")
static uint64_t mask_avx2(const char block[64], enum cy_form form)
{
    uint64_t mask = 0;
    __m256i first = _mm256_set1_epi8((char)(form == CY_FORM_C ? 0xCC : 0xC2));
    for (int half = 0; half < 2; half++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(block + 32 * half));
        __m256i high = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, first), bytes);
        __m256i from_han = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)0xE4));
        __m256i han = _mm256_cmpeq_epi8(_mm256_min_epu8(from_han, _mm256_set1_epi8(5)), from_han);
        __m256i latin = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)0xC3));
        __m256i cyrillic = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, _mm256_set1_epi8((char)0xFE)), _mm256_set1_epi8((char)0xD0));
        __m256i sure = _mm256_or_si256(_mm256_or_si256(han, latin), cyrillic);
        mask |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_andnot_si256(sure, high)) << (32 * half);
    }
    return mask;
}

CY_TARGET("avx512bw,avx512f")
static uint64_t mask_avx512(const char block[64], enum cy_form form)
{
    __m512i bytes = _mm512_loadu_si512(block);
    uint64_t high = _mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8((char)(form == CY_FORM_C ? 0xCC : 0xC2)));
    if (high == 0)
        return 0;
    uint64_t han = _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8((char)0xE4)), _mm512_set1_epi8(5));
    uint64_t latin = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)0xC3));
    uint64_t cyrillic = _mm512_cmpeq_epi8_mask(_mm512_and_si512(bytes, _mm512_set1_epi8((char)0xFE)), _mm512_set1_epi8((char)0xD0));
    return high & ~(han | latin | cyrillic);
}

const struct cy_form_mask_variant cy_form_mask_variants[] = {
    {"avx512", CY_CPU_AVX512, mask_avx512}, {"avx2", CY_CPU_AVX2, mask_avx2}, {"scalar", 0, mask_scalar}, {0}};

static const struct cy_form_mask_variant *best_variant(void)
{
    const struct cy_form_mask_variant *variant = cy_form_mask_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant;
}

/* ---- the question ---- */

/* Where the segment begins that the character at `at` belongs to: at the last character before it that is a boundary. */
static size_t segment_start(struct cy_str text, size_t from, size_t at, enum cy_form form)
{
    const char *place = text.data + at;
    while (place > text.data + from) {
        const struct cy_nfc_record *record = record_of(cy_utf8_decode_back(text.data + from, &place));
        if (record->combining_class == 0 && (record->doubt & form) == 0)
            break;
    }
    return (size_t)(place - text.data);
}

/* What the scan remembers of the last marked character: a later mark right behind it must not have a lower class (UAX #15, section 9). */
struct scan {
    size_t end; /* of the character */
    uint8_t combining_class;
};

/* Whether the character at `at` leaves the text in doubt. */
static bool doubtful(struct cy_str text, size_t at, enum cy_form form, struct scan *scan)
{
    const char *place = text.data + at;
    const struct cy_nfc_record *record = record_of(cy_utf8_decode(&place, text.data + text.size));
    uint8_t before = scan->end == at ? scan->combining_class : 0;
    if ((record->doubt & form) != 0 || (record->combining_class != 0 && record->combining_class < before))
        return true;
    scan->end = (size_t)(place - text.data);
    scan->combining_class = record->combining_class;
    return false;
}

size_t cy_normal_prefix(struct cy_str text, size_t from, enum cy_form form)
{
    const struct cy_form_mask_variant *variant = best_variant();
    struct scan scan = {.end = SIZE_MAX};
    for (size_t at = from; at < text.size; at += BLOCK) {
        char tail[BLOCK] = {0};
        const char *block = text.data + at;
        if (text.size - at < BLOCK)
            block = memcpy(tail, block, text.size - at);
        for (uint64_t mask = variant->mask(block, form); mask != 0; mask &= mask - 1) {
            size_t marked = at + (size_t)__builtin_ctzll(mask);
            if (doubtful(text, marked, form, &scan))
                return segment_start(text, from, marked, form);
        }
    }
    return text.size;
}

/* ---- the work ---- */

/* One segment, decomposed: a code point with its combining class above it, `class << 24 | point`. */
struct segment {
    uint32_t *items;
    size_t count, capacity;
    uint32_t *sorted; /* room for sorting, of the same capacity */
};

static void segment_add(struct segment *segment, uint32_t point, uint8_t combining_class)
{
    if (segment->count == segment->capacity) {
        segment->capacity = CY_MAX(segment->capacity * 2, 64);
        segment->items = cy_realloc(segment->items, segment->capacity * sizeof *segment->items);
        segment->sorted = cy_realloc(segment->sorted, segment->capacity * sizeof *segment->sorted);
    }
    segment->items[segment->count++] = (uint32_t)combining_class << 24 | point;
}

static uint32_t point_of(uint32_t item)
{
    return item & 0xFFFFFF;
}

static uint8_t class_of(uint32_t item)
{
    return (uint8_t)(item >> 24);
}

static void decompose(struct segment *segment, uint32_t point, const struct cy_nfc_record *record, enum cy_form form)
{
    uint32_t syllable = point - HANGUL_SYLLABLE;
    if (syllable < HANGUL_SYLLABLES) {
        segment_add(segment, HANGUL_LEAD + syllable / (HANGUL_VOWELS * HANGUL_TAILS), 0);
        segment_add(segment, HANGUL_VOWEL + syllable / HANGUL_TAILS % HANGUL_VOWELS, 0);
        if (syllable % HANGUL_TAILS != 0)
            segment_add(segment, HANGUL_TAIL + syllable % HANGUL_TAILS, 0);
        return;
    }
    size_t count = form == CY_FORM_C ? record->canonical_count : record->compatible_count;
    const uint32_t *points = &cy_nfc_pool[form == CY_FORM_C ? record->canonical : record->compatible];
    for (size_t i = 0; i < count; i++)
        segment_add(segment, points[i], record_of(points[i])->combining_class);
    if (count == 0)
        segment_add(segment, point, record->combining_class);
}

/* Sorts a run of marks by class, keeping the order of equal ones (The Unicode Standard, D109). */
static void sort_marks(uint32_t *items, size_t count, uint32_t *sorted)
{
    if (count <= INSERTION_MAX) {
        for (size_t i = 1; i < count; i++) {
            uint32_t item = items[i];
            size_t at = i;
            for (; at > 0 && class_of(items[at - 1]) > class_of(item); at--)
                items[at] = items[at - 1];
            items[at] = item;
        }
        return;
    }
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++)
        starts[class_of(items[i]) + 1]++;
    for (size_t i = 1; i <= 256; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < count; i++)
        sorted[starts[class_of(items[i])]++] = items[i];
    memcpy(items, sorted, count * sizeof *items);
}

static void order(struct segment *segment)
{
    for (size_t at = 0; at < segment->count;) {
        size_t end = at;
        while (end < segment->count && class_of(segment->items[end]) != 0)
            end++;
        sort_marks(segment->items + at, end - at, segment->sorted);
        at = end + 1;
    }
}

/* The primary composite of a pair, or 0. The slot is that of make_unicode_nfc.py. */
static uint32_t composite_of(uint32_t first, uint32_t second)
{
    uint32_t lead = first - HANGUL_LEAD, vowel = second - HANGUL_VOWEL, syllable = first - HANGUL_SYLLABLE, tail = second - HANGUL_TAIL;
    if (lead < HANGUL_LEADS && vowel < HANGUL_VOWELS)
        return HANGUL_SYLLABLE + (lead * HANGUL_VOWELS + vowel) * HANGUL_TAILS;
    if (syllable < HANGUL_SYLLABLES && syllable % HANGUL_TAILS == 0 && tail - 1 < HANGUL_TAILS - 1)
        return first + tail;
    uint32_t slot = (first * 0x9E3779B1u ^ second * 0x85EBCA77u) >> 21;
    for (;; slot = (slot + 1) % PAIR_SLOTS) {
        const uint32_t *pair = &cy_nfc_pairs[slot * 3];
        if (pair[0] == first && pair[1] == second)
            return pair[2];
        if (pair[2] == 0)
            return 0;
    }
}

/* The Unicode Standard, D117: each character joins the last starter if they are a pair and nothing between them blocks it. */
static void compose(struct segment *segment)
{
    uint32_t *items = segment->items;
    size_t kept = 0, starter = SIZE_MAX;
    uint8_t last_class = 0; /* of what was kept last */
    for (size_t i = 0; i < segment->count; i++) {
        uint8_t combining_class = class_of(items[i]);
        bool blocked = starter == SIZE_MAX || (kept != starter + 1 && last_class >= combining_class);
        uint32_t composite = blocked ? 0 : composite_of(point_of(items[starter]), point_of(items[i]));
        if (composite != 0) {
            items[starter] = composite;
            continue;
        }
        if (combining_class == 0)
            starter = kept;
        last_class = combining_class;
        items[kept++] = items[i];
    }
    segment->count = kept;
}

static void write_out(const struct segment *segment, struct cy_buffer *out)
{
    enum { UTF8_BYTES_MAX = 4 };
    cy_buffer_reserve(out, segment->count * UTF8_BYTES_MAX);
    for (size_t i = 0; i < segment->count; i++)
        out->size += cy_utf8_encode(point_of(segment->items[i]), out->data + out->size);
}

void cy_normalize(struct cy_str text, enum cy_form form, struct cy_buffer *out)
{
    struct segment segment = {0};
    cy_buffer_reserve(out, text.size);
    for (size_t at = 0; at < text.size;) {
        size_t sure = cy_normal_prefix(text, at, form);
        cy_buffer_add(out, text.data + at, sure - at);
        const char *place = text.data + sure, *end = text.data + text.size;
        segment.count = 0;
        while (place < end) { /* up to the next boundary; the first character belongs to the segment in any case */
            const char *next = place;
            uint32_t point = cy_utf8_decode(&next, end);
            const struct cy_nfc_record *record = record_of(point);
            if (place > text.data + sure && record->combining_class == 0 && (record->doubt & form) == 0)
                break;
            decompose(&segment, point, record, form);
            place = next;
        }
        order(&segment);
        compose(&segment);
        write_out(&segment, out);
        at = (size_t)(place - text.data);
    }
    free(segment.items);
    free(segment.sorted);
}
