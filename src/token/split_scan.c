#include "token/split_scan.h"

#include "token/token_class.h"

struct text {
    const char *data;
    size_t size;
};

/* The classes of the character at `at`, 0 at the end with *bytes = 0. */
static inline unsigned class_at(const struct text *text, size_t at, size_t *bytes)
{
    if (at < text->size)
        return cy_token_class_at(text->data, text->size, at, bytes);
    *bytes = 0;
    return 0;
}

/* The end of the longest run from `at` on of characters that have one of `any` and none of `none`; at most count_max of them (0: all). */
static size_t run_of(const struct text *text, size_t at, unsigned any, unsigned none, unsigned count_max)
{
    size_t bytes;
    for (unsigned count = 0; at < text->size && (count_max == 0 || count < count_max); count++, at += bytes) {
        unsigned class = class_at(text, at, &bytes);
        if ((any != 0 && (class & any) == 0) || (class & none) != 0)
            break;
    }
    return at;
}

/* 's|'t|'re|'ve|'m|'ll|'d at `at`: its end, or `at`. Without regard to case, U+017F is an s too. */
static size_t contraction(const struct text *text, size_t at, bool any_case)
{
    if (text->size - at < 2 || text->data[at] != '\'')
        return at;
    const uint8_t *after = (const uint8_t *)text->data + at + 1;
    size_t left = text->size - at - 1;
    unsigned fold = any_case ? 0x20 : 0;
    unsigned first = after[0] | fold, second = left > 1 ? after[1] | fold : 0;
    if (first == 's' || first == 't' || first == 'm' || first == 'd')
        return at + 2;
    if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l'))
        return at + 3;
    if (any_case && left > 1 && after[0] == 0xC5 && after[1] == 0xBF)
        return at + 3;
    return at;
}

/* \s*[\r\n]+|\s+(?!\S)|\s+ at white space. */
static size_t space_piece(const struct cy_scan *scan, const struct text *text, size_t at)
{
    size_t end = at, last = at, behind_newline = 0, bytes;
    for (unsigned class; ((class = class_at(text, end, &bytes)) & CY_CLASS_SPACE) != 0; end += bytes) {
        last = end;
        if ((class & CY_CLASS_NEWLINE) != 0)
            behind_newline = end + bytes;
    }
    if (end == text->size && scan->last_space_whole)
        return end;
    if (behind_newline > 0 && scan->family != CY_SCAN_GPT2)
        return behind_newline;
    return end == text->size || last == at ? end : last;
}

static size_t gpt2_piece(const struct cy_scan *scan, const struct text *text, size_t at)
{
    size_t end = contraction(text, at, false), bytes;
    if (end > at)
        return end;
    size_t from = text->data[at] == ' ' ? at + 1 : at;
    unsigned class = class_at(text, from, &bytes);
    if (bytes == 0 || (class & CY_CLASS_SPACE) != 0)
        return space_piece(scan, text, at);
    if ((class & CY_CLASS_LETTER) != 0)
        return run_of(text, from, CY_CLASS_LETTER, 0, 0);
    if ((class & CY_CLASS_NUMBER) != 0)
        return run_of(text, from, CY_CLASS_NUMBER, 0, 0);
    return run_of(text, from, 0, CY_CLASS_SPACE | CY_CLASS_LETTER | CY_CLASS_NUMBER, 0);
}

/* ` ?[^\s\p{L}\p{N}]+[\r\n]*` at `at`, its end, or `at`. */
static size_t others_piece(const struct cy_scan *scan, const struct text *text, size_t at, unsigned letters)
{
    size_t from = text->data[at] == ' ' ? at + 1 : at;
    size_t end = run_of(text, from, 0, CY_CLASS_SPACE | letters | CY_CLASS_NUMBER, 0);
    if (end == from)
        return at;
    while (end < text->size &&
           (text->data[end] == '\r' || text->data[end] == '\n' || (text->data[end] == '/' && scan->family == CY_SCAN_O200K)))
        end++;
    return end;
}

static size_t cl100k_piece(const struct cy_scan *scan, const struct text *text, size_t at)
{
    const unsigned letters = scan->marks_are_letters ? CY_CLASS_LETTER | CY_CLASS_MARK : CY_CLASS_LETTER;
    size_t end = contraction(text, at, true), bytes, next_bytes;
    if (end > at)
        return end;
    unsigned class = class_at(text, at, &bytes);
    if ((class & (CY_CLASS_NEWLINE | CY_CLASS_LETTER | CY_CLASS_NUMBER)) == 0 && (class_at(text, at + bytes, &next_bytes) & letters) != 0)
        return run_of(text, at + bytes, letters, 0, 0);
    if ((class & letters) != 0)
        return run_of(text, at, letters, 0, 0);
    if ((class & CY_CLASS_NUMBER) != 0)
        return run_of(text, at, CY_CLASS_NUMBER, 0, scan->numbers_max);
    end = others_piece(scan, text, at, letters);
    return end > at ? end : space_piece(scan, text, at);
}

/* [UPPER]*[LOWER]+ at `at`, its end, or `at`: the capitals give back until a character that may end the piece is found. */
static size_t lower_word(const struct text *text, size_t at)
{
    size_t behind_lower = at, end = at, bytes;
    for (unsigned class; ((class = class_at(text, end, &bytes)) & CY_CLASS_UPPER) != 0; end += bytes)
        if ((class & CY_CLASS_LOWER) != 0)
            behind_lower = end + bytes;
    size_t lower_end = run_of(text, end, CY_CLASS_LOWER, 0, 0);
    return lower_end > end ? lower_end : behind_lower;
}

/* [UPPER]+[LOWER]* at `at`, its end, or `at`. */
static size_t upper_word(const struct text *text, size_t at)
{
    size_t end = run_of(text, at, CY_CLASS_UPPER, 0, 0);
    return end > at ? run_of(text, end, CY_CLASS_LOWER, 0, 0) : at;
}

/* The first two alternatives without their contraction, each first with the character before the word, then without: the end, or `at`.
 * behind: where the word begins if the character at `at` goes before it, else `at`. */
static size_t cased_word(const struct text *text, size_t at, size_t behind)
{
    size_t end = lower_word(text, behind);
    if (end > behind)
        return end;
    end = lower_word(text, at);
    if (end > at)
        return end;
    end = upper_word(text, behind);
    return end > behind ? end : upper_word(text, at);
}

static size_t o200k_piece(const struct cy_scan *scan, const struct text *text, size_t at)
{
    size_t bytes, end = at;
    unsigned class = class_at(text, at, &bytes);
    size_t behind = (class & (CY_CLASS_NEWLINE | CY_CLASS_LETTER | CY_CLASS_NUMBER)) == 0 ? at + bytes : at;
    if (behind == at || (class_at(text, behind, &bytes) & (CY_CLASS_UPPER | CY_CLASS_LOWER)) != 0 || (class & CY_CLASS_MARK) != 0)
        end = cased_word(text, at, behind);
    if (end > at)
        return contraction(text, end, true);
    if ((class & CY_CLASS_NUMBER) != 0)
        return run_of(text, at, CY_CLASS_NUMBER, 0, scan->numbers_max);
    end = others_piece(scan, text, at, CY_CLASS_LETTER);
    return end > at ? end : space_piece(scan, text, at);
}

size_t cy_scan_piece(const struct cy_scan *scan, const char *data, size_t size, size_t at)
{
    const struct text text = {data, size};
    switch (scan->family) {
    case CY_SCAN_GPT2:
        return gpt2_piece(scan, &text, at);
    case CY_SCAN_CL100K:
        return cl100k_piece(scan, &text, at);
    case CY_SCAN_O200K:
        break;
    }
    return o200k_piece(scan, &text, at);
}
