#include "hub/search_terms.h"

#include "base/unicode.h"

#include <stdlib.h>

/* ---- splitting ---- */

struct piece {
    char text[CY_TERM_BYTES_MAX + 8]; /* in lower case */
    size_t size;
    bool is_unspaced; /* a pair of code points, or one that stands alone */
    bool is_alone;
};

/* Full-width forms of ASCII (U+FF01 … U+FF5E) are ASCII to a reader. */
static uint32_t fold(uint32_t point)
{
    return cy_lower(point >= 0xFF01 && point <= 0xFF5E ? point - 0xFEE0 : point);
}

static bool is_unspaced(uint32_t point)
{
    return cy_is_unspaced_script(cy_script(point)) && !cy_is_punctuation(point);
}

static bool is_word_part(uint32_t point)
{
    return cy_is_letter(point) || cy_is_mark(point) || cy_is_number(point) || point == '_';
}

/* Reads the next piece from *at on: false at the end. *pending is the code point before, of a run of unspaced script, or 0. */
static bool next_piece(const char **at, const char *end, uint32_t *pending, struct piece *piece)
{
    while (*at < end) {
        const char *start = *at;
        uint32_t point = fold(cy_utf8_decode(at, end));
        if (is_unspaced(point)) {
            uint32_t before = *pending;
            const char *ahead = *at;
            bool goes_on = ahead < end && is_unspaced(fold(cy_utf8_decode(&ahead, end)));
            *pending = point;
            if (before == 0 && goes_on)
                continue; /* its pair comes next */
            piece->size = before != 0 ? cy_utf8_encode(before, piece->text) : 0;
            piece->size += cy_utf8_encode(point, piece->text + piece->size);
            piece->is_unspaced = true;
            piece->is_alone = before == 0;
            if (!goes_on)
                *pending = 0;
            return true;
        }
        *pending = 0;
        if (!is_word_part(point))
            continue;
        *piece = (struct piece){.size = 0};
        *at = start;
        while (*at < end) {
            const char *next = *at;
            point = fold(cy_utf8_decode(&next, end));
            if (!is_word_part(point) || is_unspaced(point))
                break;
            if (piece->size + 4 <= CY_TERM_BYTES_MAX)
                piece->size += cy_utf8_encode(point, piece->text + piece->size);
            *at = next;
        }
        return true;
    }
    return false;
}

/* ---- a document's terms ---- */

static void add_term(struct cy_terms *terms, char kind, struct cy_str text, uint32_t weight)
{
    if (terms->count == terms->capacity) {
        terms->capacity = CY_MAX(2 * terms->capacity, 256);
        terms->items = cy_realloc(terms->items, terms->capacity * sizeof *terms->items);
    }
    char *copy = cy_arena_alloc(&terms->arena, text.size + 1);
    copy[0] = kind;
    memcpy(copy + 1, text.data, text.size);
    terms->items[terms->count++] = (struct cy_term){{copy, text.size + 1}, weight};
}

enum { PIECES_MAX = 20000 }; /* of a text: a card of 64 KiB has fewer words */

void cy_terms_add_text(struct cy_terms *terms, struct cy_str text, uint32_t weight)
{
    const char *at = text.data, *end = text.data + text.size;
    uint32_t pending = 0;
    struct piece piece = {.size = 0};
    for (size_t i = 0; i < PIECES_MAX && next_piece(&at, end, &pending, &piece); i++)
        add_term(terms, CY_TERM_WORD, (struct cy_str){piece.text, piece.size}, weight);
}

void cy_terms_add(struct cy_terms *terms, char kind, struct cy_str text, uint32_t weight)
{
    char lower[256];
    size_t size = 0;
    const char *at = text.data, *end = text.data + text.size;
    while (at < end && size + 4 <= sizeof lower)
        size += cy_utf8_encode(cy_lower(cy_utf8_decode(&at, end)), lower + size);
    add_term(terms, kind, (struct cy_str){lower, size}, weight);
}

static int by_text(const void *a, const void *b)
{
    return cy_str_compare(((const struct cy_term *)a)->text, ((const struct cy_term *)b)->text);
}

static int by_weight(const void *a, const void *b)
{
    const struct cy_term *left = a, *right = b;
    return left->weight != right->weight ? (left->weight < right->weight) - (left->weight > right->weight) : by_text(a, b);
}

void cy_terms_join(struct cy_terms *terms)
{
    if (terms->count > 0) /* qsort wants no NULL */
        qsort(terms->items, terms->count, sizeof *terms->items, by_text);
    size_t kept = 0;
    for (size_t first = 0, next; first < terms->count; first = next) {
        uint32_t weight = 0, bonus = 0;
        for (next = first; next < terms->count && cy_str_equal(terms->items[next].text, terms->items[first].text); next++)
            weight = CY_MAX(weight, terms->items[next].weight);
        for (size_t often = next - first; often > 1 && bonus < 3; often /= 2)
            bonus++;
        terms->items[kept++] = (struct cy_term){terms->items[first].text, CY_MIN(weight + bonus, CY_TERM_WEIGHT_MAX)};
    }
    terms->count = kept;
    if (kept > CY_TERMS_MAX) {
        qsort(terms->items, kept, sizeof *terms->items, by_weight);
        terms->count = CY_TERMS_MAX;
        qsort(terms->items, terms->count, sizeof *terms->items, by_text);
    }
}

void cy_terms_release(struct cy_terms *terms)
{
    free(terms->items);
    cy_arena_release(&terms->arena);
    *terms = (struct cy_terms){0};
}

/* ---- a query's clauses ---- */

size_t cy_query_clauses(struct cy_str text, struct cy_arena *arena, struct cy_clause clauses[CY_QUERY_CLAUSES_MAX])
{
    const char *at = text.data, *end = text.data + text.size;
    uint32_t pending = 0;
    struct piece piece = {.size = 0};
    size_t count = 0;
    while (count < CY_QUERY_CLAUSES_MAX && next_piece(&at, end, &pending, &piece)) {
        char *term = cy_arena_alloc(arena, piece.size + 1);
        term[0] = CY_TERM_WORD;
        memcpy(term + 1, piece.text, piece.size);
        clauses[count++] = (struct cy_clause){{term, piece.size + 1}, !piece.is_unspaced || piece.is_alone};
    }
    return count;
}
