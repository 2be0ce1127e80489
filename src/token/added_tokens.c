#include "token/added_tokens.h"

#include "base/unicode.h"

#include <stdlib.h>

struct cy_added_index {
    const struct cy_added_token **tokens; /* by first byte, then the longest first */
    size_t count;
    size_t begins[257]; /* [byte]: the first token that begins with it */
    int only_byte;      /* the byte that all of them begin with, -1 when there are several */
    bool any[2][2];     /* [normalized][special]: whether there is one */
};

static int by_first_byte(const void *a, const void *b)
{
    const struct cy_added_token *x = *(const struct cy_added_token *const *)a, *y = *(const struct cy_added_token *const *)b;
    int first = (uint8_t)x->text.data[0] - (uint8_t)y->text.data[0];
    return first != 0 ? first : (x->text.size < y->text.size) - (x->text.size > y->text.size);
}

struct cy_added_index *cy_added_index_new(const struct cy_added_token *added, size_t count, struct cy_arena *arena)
{
    struct cy_added_index *index = cy_arena_zero(arena, sizeof *index);
    index->tokens = cy_arena_alloc(arena, (count + 1) * sizeof *index->tokens);
    for (size_t i = 0; i < count; i++)
        if (added[i].text.size > 0)
            index->tokens[index->count++] = &added[i];
    qsort(index->tokens, index->count, sizeof *index->tokens, by_first_byte);
    for (size_t i = 0; i < index->count; i++) {
        index->begins[(uint8_t)index->tokens[i]->text.data[0] + 1]++;
        index->any[index->tokens[i]->normalized][index->tokens[i]->special] = true;
    }
    for (size_t byte = 0; byte < 256; byte++)
        index->begins[byte + 1] += index->begins[byte];
    index->only_byte = -1;
    if (index->count > 0) {
        uint8_t first = (uint8_t)index->tokens[0]->text.data[0], last = (uint8_t)index->tokens[index->count - 1]->text.data[0];
        index->only_byte = first == last ? first : -1;
    }
    return index;
}

static bool is_wanted(const struct cy_added_token *token, const struct cy_encoding *encoding, bool normalized)
{
    if (token->normalized != normalized)
        return false;
    if (!token->special)
        return true;
    if (encoding == NULL || encoding->specials == CY_SPECIALS_AS_TEXT)
        return false;
    if (encoding->allowed == NULL)
        return true;
    for (size_t i = 0; i < encoding->allowed_count; i++)
        if (cy_str_equal(encoding->allowed[i], token->text))
            return true;
    return false;
}

bool cy_added_index_any(const struct cy_added_index *index, const struct cy_encoding *encoding, bool normalized)
{
    if (index->any[normalized][false])
        return true;
    if (!index->any[normalized][true] || encoding == NULL || encoding->specials == CY_SPECIALS_AS_TEXT)
        return false;
    for (size_t i = 0; i < index->count; i++)
        if (is_wanted(index->tokens[i], encoding, normalized))
            return true;
    return false;
}

/* Whether it is looked for at all: what `allowed` leaves out is not (tiktoken), a special token that is text is found and passed over. */
static bool is_looked_for(const struct cy_added_token *token, const struct cy_encoding *encoding, bool normalized)
{
    bool as_text = encoding == NULL || encoding->specials == CY_SPECIALS_AS_TEXT;
    return token->normalized == normalized && ((token->special && as_text) || is_wanted(token, encoding, normalized));
}

/* Hugging Face's single_word: no \w beside it. */
static bool is_word(uint32_t point)
{
    return cy_is_alphabetic(point) || cy_is_mark(point) || cy_is_digit(point) || cy_category(point) == CY_PC || point == 0x200C ||
           point == 0x200D; /* Join_Control */
}

static bool stands_alone(struct cy_str text, size_t start, size_t end)
{
    const char *at = text.data + start;
    if (start > 0 && is_word(cy_utf8_decode_back(text.data, &at)))
        return false;
    at = text.data + end;
    return end == text.size || !is_word(cy_utf8_decode(&at, text.data + text.size));
}

/* Takes the white space beside the token along where it asks for it; not what is taken already. */
static void strip(const struct cy_added_token *token, struct cy_str text, size_t taken, struct cy_added_match *match)
{
    while (token->left_strip && match->start > taken) {
        const char *at = text.data + match->start;
        if (!cy_is_white_space(cy_utf8_decode_back(text.data, &at)))
            break;
        match->start = (size_t)(at - text.data);
    }
    while (token->right_strip && match->end < text.size) {
        const char *at = text.data + match->end;
        if (!cy_is_white_space(cy_utf8_decode(&at, text.data + text.size)))
            break;
        match->end = (size_t)(at - text.data);
    }
}

bool cy_added_index_find(const struct cy_added_index *index, const struct cy_encoding *encoding, bool normalized, struct cy_str text,
                         size_t from, size_t taken, struct cy_added_match *match)
{
    for (size_t at = from; at < text.size; at++) {
        if (index->only_byte >= 0) {
            const char *next = memchr(text.data + at, index->only_byte, text.size - at);
            if (next == NULL)
                return false;
            at = (size_t)(next - text.data);
        }
        uint8_t first = (uint8_t)text.data[at];
        for (size_t i = index->begins[first]; i < index->begins[first + 1]; i++) {
            const struct cy_added_token *token = index->tokens[i];
            size_t size = token->text.size;
            if (size > text.size - at || memcmp(token->text.data, text.data + at, size) != 0 || !is_looked_for(token, encoding, normalized))
                continue;
            if (is_wanted(token, encoding, normalized) && (!token->single_word || stands_alone(text, at, at + size))) {
                *match = (struct cy_added_match){at, at + size, at + size, token->id};
                strip(token, text, taken, match);
                return true;
            }
            at += size - 1; /* passed over */
            break;
        }
    }
    return false;
}
