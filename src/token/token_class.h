/* What a pattern asks of a character: a bit a class, by the tables of base/unicode.h (Unicode 16, that of tiktoken 0.14 and Hugging Face
 * tokenizers 0.23). */
#ifndef CY_TOKEN_TOKEN_CLASS_H
#define CY_TOKEN_TOKEN_CLASS_H

#include "base/unicode.h"

enum cy_token_class {
    CY_CLASS_LETTER = 1 << 0,  /* \p{L} */
    CY_CLASS_UPPER = 1 << 1,   /* [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] */
    CY_CLASS_LOWER = 1 << 2,   /* [\p{Ll}\p{Lm}\p{Lo}\p{M}] */
    CY_CLASS_NUMBER = 1 << 3,  /* \p{N} */
    CY_CLASS_SPACE = 1 << 4,   /* \s, the property White_Space */
    CY_CLASS_NEWLINE = 1 << 5, /* [\r\n] */
    CY_CLASS_MARK = 1 << 6,    /* \p{M} */
};

extern const uint8_t cy_token_class_of_category[32];

/* The classes of a code point; what is no code point, and a byte that is not UTF-8, is in none. */
static inline unsigned cy_token_class(uint32_t point)
{
    unsigned property = cy_unicode_property(point);
    unsigned classes = cy_token_class_of_category[property & 31] | (property >> 10 & 1) * CY_CLASS_SPACE;
    return point == '\n' || point == '\r' ? classes | CY_CLASS_NEWLINE : classes;
}

/* The same of ASCII. */
extern const uint8_t cy_token_class_of_ascii[128];

/* The classes of the character at text[at], at < size, and its size in bytes. A byte that is not UTF-8 stands alone, in no class. */
static inline unsigned cy_token_class_at(const char *text, size_t size, size_t at, size_t *bytes)
{
    const uint8_t *from = (const uint8_t *)text + at;
    if (*from < 0x80) {
        *bytes = 1;
        return cy_token_class_of_ascii[*from];
    }
    /* U+4E00…U+9FFF are all Han: \p{Lo} */
    if (*from >= 0xE4 && *from <= 0xE9 && size - at >= 3 && (from[1] & 0xC0) == 0x80 && (from[2] & 0xC0) == 0x80 &&
        (*from > 0xE4 || from[1] >= 0xB8)) {
        *bytes = 3;
        return CY_CLASS_LETTER | CY_CLASS_UPPER | CY_CLASS_LOWER;
    }
    const char *end = text + at;
    uint32_t point = cy_utf8_decode(&end, text + size);
    *bytes = (size_t)(end - (text + at));
    return *bytes == 1 ? 0 : cy_token_class(point); /* U+FFFD written out has three bytes and is a symbol */
}

#endif
