/* SentencePiece's normalizer (normalizer.cc): rules of the charsmap, the longest first; user-defined pieces stay as they are; spaces. */
#include "token/sentencepiece.h"

#include "base/unicode.h"
#include "token/normal_charsmap.h"

#include <stdlib.h>

/* ---- user-defined pieces ---- */

enum { MATCH_COUNT_MAX = 64 }; /* PrefixMatch looks at so many pieces that stand at one place, the shortest first */

struct cy_sp_matcher {
    struct cy_str *pieces; /* by first byte, then the shortest first */
    uint32_t begins[257];  /* [byte]: the first piece that begins with it */
};

static int by_first_byte(const void *a, const void *b)
{
    const struct cy_str *x = a, *y = b;
    int first = (uint8_t)x->data[0] - (uint8_t)y->data[0];
    return first != 0 ? first : (x->size > y->size) - (x->size < y->size);
}

const struct cy_sp_matcher *cy_sp_matcher_new(const struct cy_sentencepiece *model, struct cy_arena *arena)
{
    struct cy_sp_matcher *matcher = cy_arena_zero(arena, sizeof *matcher);
    size_t count = 0;
    matcher->pieces = cy_arena_alloc(arena, (model->pieces.count + 1) * sizeof *matcher->pieces);
    for (uint32_t id = 0; id < model->pieces.count; id++)
        if (model->kinds[id] == CY_SP_USER_DEFINED)
            matcher->pieces[count++] = cy_vocabulary_token(&model->pieces, id);
    qsort(matcher->pieces, count, sizeof *matcher->pieces, by_first_byte);
    for (size_t i = 0; i < count; i++)
        matcher->begins[(uint8_t)matcher->pieces[i].data[0] + 1]++;
    for (size_t byte = 0; byte < 256; byte++)
        matcher->begins[byte + 1] += matcher->begins[byte];
    return count > 0 ? matcher : NULL;
}

size_t cy_sp_match(const struct cy_sp_matcher *matcher, struct cy_str text, size_t at)
{
    size_t size = 0;
    if (matcher == NULL)
        return 0;
    const uint8_t first = (uint8_t)text.data[at];
    unsigned count = 0;
    for (uint32_t i = matcher->begins[first]; i < matcher->begins[first + 1] && count < MATCH_COUNT_MAX; i++) {
        struct cy_str piece = matcher->pieces[i];
        if (piece.size > text.size - at)
            break;
        if (memcmp(piece.data, text.data + at, piece.size) == 0) {
            size = piece.size;
            count++;
        }
    }
    return size;
}

/* ---- text ---- */

struct normalizer {
    struct cy_token_normalizer base;
    struct cy_sp_normalizing normalizing;
    const struct cy_sp_matcher *matcher;
    const struct cy_charsmap *charsmap; /* NULL: none */
};

/* What becomes of the beginning of text[at …), and its size. */
static struct cy_str next_part(const struct normalizer *normalizer, struct cy_str text, size_t at, size_t *size)
{
    struct cy_str rest = {text.data + at, text.size - at}, part;
    *size = cy_sp_match(normalizer->matcher, text, at);
    if (*size > 0)
        return (struct cy_str){rest.data, *size};
    if (normalizer->charsmap != NULL && (*size = cy_charsmap_longest(normalizer->charsmap, rest, &part)) > 0)
        return part;
    const char *end = rest.data;
    uint32_t point = cy_utf8_decode(&end, rest.data + rest.size);
    *size = (size_t)(end - rest.data);
    return point == CY_REPLACEMENT && *size == 1 ? CY_STR("\xEF\xBF\xBD") : (struct cy_str){rest.data, *size};
}

static struct cy_str without_spaces(struct cy_str part)
{
    while (cy_str_starts(part, CY_STR(" ")))
        part = (struct cy_str){part.data + 1, part.size - 1};
    return part;
}

static void run(const struct cy_token_normalizer *self, struct cy_str text, bool first, struct cy_buffer *out)
{
    const struct normalizer *normalizer = (const struct normalizer *)self;
    const struct cy_sp_normalizing *normalizing = &normalizer->normalizing;
    const struct cy_str space = normalizing->escape ? CY_STR(CY_SP_SPACE) : CY_STR(" ");
    const size_t start = out->size;
    size_t at = 0, size;
    bool after_space = normalizing->remove_extra;
    (void)first;
    while (normalizing->remove_extra && at < text.size && cy_str_is(next_part(normalizer, text, at, &size), " "))
        at += size;
    if (at == text.size)
        return;
    cy_buffer_reserve(out, text.size + text.size / 2);
    if (normalizing->dummy_prefix && !normalizing->suffix)
        cy_buffer_add_str(out, space);
    for (; at < text.size; at += size) {
        struct cy_str part = next_part(normalizer, text, at, &size);
        if (after_space)
            part = without_spaces(part);
        for (size_t i = 0; i < part.size; i++) {
            if (part.data[i] == ' ')
                cy_buffer_add_str(out, space);
            else
                cy_buffer_add_byte(out, (uint8_t)part.data[i]);
        }
        if (part.size > 0)
            after_space = normalizing->remove_extra && cy_str_ends(part, CY_STR(" "));
    }
    while (normalizing->remove_extra && out->size - start >= space.size &&
           memcmp(out->data + out->size - space.size, space.data, space.size) == 0)
        out->size -= space.size;
    if (normalizing->dummy_prefix && normalizing->suffix)
        cy_buffer_add_str(out, space);
}

enum cy_status cy_sp_normalizer_new(struct cy_token_normalizer **normalizer, const struct cy_sp_normalizing *normalizing,
                                    const struct cy_sp_matcher *matcher, struct cy_arena *arena, struct cy_error *error)
{
    struct normalizer *made = cy_arena_zero(arena, sizeof *made);
    made->base.run = run;
    made->normalizing = *normalizing;
    made->normalizing.charsmap = (struct cy_str){0}; /* the file's */
    made->matcher = matcher;
    *normalizer = &made->base;
    return normalizing->charsmap.size > 0 ? cy_charsmap_read(&made->charsmap, normalizing->charsmap, arena, error) : CY_OK;
}
