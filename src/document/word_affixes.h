/* Where a piece of text between white space is cut: what stands apart at its ends and inside, by the rule of docs/words.md. */
#ifndef CY_DOCUMENT_WORD_AFFIXES_H
#define CY_DOCUMENT_WORD_AFFIXES_H

#include "document/word_classes.h"

/* A piece, a code point an item; the item behind the last holds its end. The functions look at points [low, high) alone. */
struct cy_points {
    const char *text;
    uint32_t *ats;   /* offset in text */
    uint32_t *kinds; /* enum cy_char_class */
    uint32_t *points;
};

/* How many points at the beginning, at the end, or at `at` inside are a word of their own; 0: none. */
size_t cy_prefix_size(const struct cy_points *piece, size_t low, size_t high);
size_t cy_suffix_size(const struct cy_points *piece, size_t low, size_t high);
size_t cy_infix_size(const struct cy_points *piece, size_t at, size_t low, size_t high);
/* Whether all of it is a web or mail address: [scheme://][user@]host[:port][/path]. */
bool cy_is_address(const struct cy_points *piece, size_t low, size_t high);

#endif
