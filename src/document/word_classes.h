/* What a character means to word splitting: a table of bits a code point, filled once. */
#ifndef CY_DOCUMENT_WORD_CLASSES_H
#define CY_DOCUMENT_WORD_CLASSES_H

#include "base/bytes.h"

enum cy_char_class {
    CY_CHAR_SPACE = 1 << 0,    /* Python's str.isspace() */
    CY_CHAR_UNSPACED = 1 << 1, /* of a script that is written without spaces: a word by itself */
    CY_CHAR_MARK = 1 << 2,     /* M*, the joiners, variation selectors: stay with the character before */
    CY_CHAR_LETTER = 1 << 3,   /* L* */
    CY_CHAR_LOWER = 1 << 4,    /* a letter that is not upper case; uncased letters are both */
    CY_CHAR_UPPER = 1 << 5,
    CY_CHAR_DIGIT = 1 << 6,  /* 0…9 */
    CY_CHAR_PREFIX = 1 << 7, /* a word of its own at the beginning of a piece */
    CY_CHAR_SUFFIX = 1 << 8, /* … and at its end */
    CY_CHAR_QUOTE = 1 << 9,
    CY_CHAR_INFIX = 1 << 10,       /* a word of its own anywhere: pictures and the ellipsis */
    CY_CHAR_BEFORE_STOP = 1 << 11, /* a full stop after it is a word of its own */
    CY_CHAR_CURRENCY = 1 << 12,
    CY_CHAR_SYMBOL = 1 << 13,   /* cy_is_symbol_char */
    CY_CHAR_PUNCT = 1 << 14,    /* P* */
    CY_CHAR_STOP = 1 << 15,     /* ends a sentence */
    CY_CHAR_TERMINAL = 1 << 16, /* cy_is_terminal */
    CY_CHAR_HYPHEN = 1 << 17,   /* - – — ~ */
};

enum { CY_CLASSES_TABLE = 0x10000 }; /* the table's size: the basic plane; above it the bits are computed each time */

/* The table; thread-safe, filled at the first call. */
const uint32_t *cy_char_classes(void);
/* The bits of a code point above the table. */
uint32_t cy_char_class_of(uint32_t point);

static inline uint32_t cy_char_class(const uint32_t *classes, uint32_t point)
{
    return point < CY_CLASSES_TABLE ? classes[point] : cy_char_class_of(point);
}

#endif
