/* How far a text's first character reaches through normalization. Metaspace with prepend_scheme "first" puts its character before a text
 * only where that one is still there: Hugging Face compares the offset in the raw text with 0. What is replaced comes, for it, from the
 * last character of what it replaces. */
#include "token/normal_steps.h"

#include "base/unicode.h"
#include "token/splitter.h"

#include <stdlib.h>

static size_t size_after(const struct cy_normal_step *step, struct cy_str text)
{
    struct cy_buffer out = {0};
    cy_normal_run(step, text, &out);
    size_t size = out.size;
    cy_buffer_release(&out);
    return size;
}

static size_t first_character(struct cy_str text)
{
    const char *at = text.data;
    if (text.size > 0)
        cy_utf8_decode(&at, text.data + text.size);
    return text.size > 0 ? (size_t)(at - text.data) : 0;
}

static size_t start_replaced(const struct cy_normal_step *step, struct cy_str text, size_t start)
{
    size_t at = 0, made = 0;
    const char *found;
    while (at < start && (found = memmem(text.data + at, text.size - at, step->from.data, step->from.size)) != NULL) {
        size_t before = (size_t)(found - text.data), end = before + step->from.size;
        if (end > start)
            return made + CY_MIN(before, start) - at;
        made += before - at + step->to.size;
        at = end;
    }
    return at < start ? made + start - at : made;
}

static size_t start_replaced_regex(const struct cy_normal_step *step, struct cy_str text, size_t start)
{
    struct cy_piece_ends ends = {0};
    size_t at = 0, made = 0;
    step->pattern->run(step->pattern, text, &ends);
    for (size_t i = 0; i < ends.count && at < start; i++) {
        size_t end = ends.items[i] & ~CY_PIECE_MATCH;
        if ((ends.items[i] & CY_PIECE_MATCH) == 0)
            made += CY_MIN(end, start) - at;
        else if (end <= start)
            made += step->to.size;
        at = end;
    }
    free(ends.items);
    return made;
}

size_t cy_normal_start(const struct cy_normal_step *step, struct cy_str text, size_t start)
{
    if (start == 0 || text.size == 0)
        return 0;
    const struct cy_str head = {text.data, CY_MIN(start, text.size)};
    struct cy_buffer out = {0};
    switch (step->kind) {
    case CY_NORMAL_REPLACE:
        return start_replaced(step, text, head.size);
    case CY_NORMAL_REPLACE_REGEX:
        return start_replaced_regex(step, text, head.size);
    case CY_NORMAL_PREPEND:
        return step->to.size + head.size;
    case CY_NORMAL_STRIP: /* at its right end, the head's white space stays where something follows */
        return size_after(&(struct cy_normal_step){.kind = CY_NORMAL_STRIP, .left = step->left}, head);
    case CY_NORMAL_FORM_C:
    case CY_NORMAL_FORM_KC:
    case CY_NORMAL_FORM_D:
    case CY_NORMAL_FORM_KD:
    case CY_NORMAL_CHARSMAP: /* none of them takes the first character away */
        cy_normal_run(step, text, &out);
        start = first_character(cy_buffer_str(&out));
        cy_buffer_release(&out);
        return step->kind == CY_NORMAL_CHARSMAP ? start : CY_MAX(start, size_after(step, head));
    default:
        return size_after(step, head);
    }
}
