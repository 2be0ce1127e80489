#include "token/normal_steps.h"

#include "token/normal_charsmap.h"
#include "token/peer_unicode.h"
#include "token/splitter.h"

#include <stdlib.h>

/* The size of the beginning of text that is normalized (plain: true), or that stays: bytes that are no UTF-8, and what is newer than the
 * peer's tables. */
static size_t run_of(struct cy_str text, bool plain)
{
    const char *at = text.data, *end = text.data + text.size;
    while (at < end) {
        const char *next = at;
        uint32_t point = cy_utf8_decode(&next, end);
        bool stays = (point == CY_REPLACEMENT && next - at == 1) || (cy_peer_class(point) & CY_PEER_NEWER) != 0;
        if (stays == plain)
            break;
        at = next;
    }
    return (size_t)(at - text.data);
}

typedef void form_fn(struct cy_str text, bool compatible, struct cy_buffer *out);

static void compose(struct cy_str text, bool compatible, struct cy_buffer *out)
{
    cy_normalize(text, compatible ? CY_FORM_KC : CY_FORM_C, out);
}

/* What does not stay is normalized, stretch by stretch. */
static void form(form_fn *run, bool compatible, struct cy_str text, struct cy_buffer *out)
{
    bool is_done = run == compose ? cy_is_normal(text, compatible ? CY_FORM_KC : CY_FORM_C) : cy_is_ascii(text.data, text.size);
    if (is_done) { /* to older tables, which know fewer characters that move or join, too */
        cy_buffer_add_str(out, text);
        return;
    }
    for (bool plain = true; text.size > 0; plain = !plain) {
        size_t size = run_of(text, plain);
        if (plain)
            run((struct cy_str){text.data, size}, compatible, out);
        else
            cy_buffer_add(out, text.data, size);
        text = (struct cy_str){text.data + size, text.size - size};
    }
}

static void add_point(struct cy_buffer *out, uint32_t point)
{
    char bytes[4];
    cy_buffer_add(out, bytes, cy_utf8_encode(point, bytes));
}

static void lower(struct cy_str text, struct cy_buffer *out)
{
    cy_buffer_reserve(out, text.size);
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        const char *start = at;
        uint32_t point = cy_utf8_decode(&at, end), small = cy_peer_lower(point);
        if (point == 0x130) /* the one letter whose lower case is two: i and a dot above (SpecialCasing.txt) */
            cy_buffer_add_text(out, "i\xCC\x87");
        else if (small == point)
            cy_buffer_add(out, start, (size_t)(at - start));
        else
            add_point(out, small);
    }
}

static void replace(struct cy_str text, struct cy_str from, struct cy_str to, struct cy_buffer *out)
{
    const char *found;
    cy_buffer_reserve(out, text.size);
    while (text.size > 0 && (found = from.size == 1 ? memchr(text.data, from.data[0], text.size)
                                                    : memmem(text.data, text.size, from.data, from.size)) != NULL) {
        size_t before = (size_t)(found - text.data);
        cy_buffer_add(out, text.data, before);
        cy_buffer_add_str(out, to);
        text = (struct cy_str){found + from.size, text.size - before - from.size};
    }
    cy_buffer_add_str(out, text);
}

static void replace_regex(const struct cy_normal_step *step, struct cy_str text, struct cy_buffer *out)
{
    struct cy_piece_ends ends = {0};
    uint32_t start = 0;
    step->pattern->run(step->pattern, text, &ends);
    for (size_t i = 0; i < ends.count; i++) {
        uint32_t end = ends.items[i] & ~CY_PIECE_MATCH;
        cy_buffer_add_str(out, (ends.items[i] & CY_PIECE_MATCH) != 0 ? step->to : (struct cy_str){text.data + start, end - start});
        start = end;
    }
    free(ends.items);
}

static struct cy_str strip(struct cy_str text, bool left, bool right)
{
    while (left && text.size > 0) {
        const char *at = text.data;
        if (!cy_is_white_space(cy_utf8_decode(&at, text.data + text.size)))
            break;
        text.size -= (size_t)(at - text.data);
        text.data = at;
    }
    while (right && text.size > 0) {
        const char *at = text.data + text.size;
        if (!cy_is_white_space(cy_utf8_decode_back(text.data, &at)))
            break;
        text.size = (size_t)(at - text.data);
    }
    return text;
}

static void strip_marks(struct cy_str text, struct cy_buffer *out)
{
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        const char *start = at;
        if ((cy_peer_class(cy_utf8_decode(&at, end)) & CY_PEER_MARK) == 0)
            cy_buffer_add(out, start, (size_t)(at - start));
    }
}

void cy_normal_run(const struct cy_normal_step *step, struct cy_str text, struct cy_buffer *out)
{
    if (text.size == 0)
        return;
    switch (step->kind) {
    case CY_NORMAL_FORM_C:
    case CY_NORMAL_FORM_KC:
        form(compose, step->kind == CY_NORMAL_FORM_KC, text, out);
        break;
    case CY_NORMAL_FORM_D:
    case CY_NORMAL_FORM_KD:
        form(cy_decompose, step->kind == CY_NORMAL_FORM_KD, text, out);
        break;
    case CY_NORMAL_LOWER:
        lower(text, out);
        break;
    case CY_NORMAL_REPLACE:
        replace(text, step->from, step->to, out);
        break;
    case CY_NORMAL_REPLACE_REGEX:
        replace_regex(step, text, out);
        break;
    case CY_NORMAL_PREPEND:
        cy_buffer_add_str(out, step->to);
        cy_buffer_add_str(out, text);
        break;
    case CY_NORMAL_STRIP:
        cy_buffer_add_str(out, strip(text, step->left, step->right));
        break;
    case CY_NORMAL_STRIP_MARKS:
        strip_marks(text, out);
        break;
    case CY_NORMAL_BERT:
        cy_normal_bert(step, text, out);
        break;
    case CY_NORMAL_NMT:
        cy_normal_nmt(text, out);
        break;
    case CY_NORMAL_CHARSMAP:
        cy_charsmap_run(step->charsmap, text, out);
        break;
    }
}
