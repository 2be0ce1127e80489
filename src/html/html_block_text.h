/* What a block's text says about itself, found in one pass over it. */
#ifndef CY_HTML_BLOCK_TEXT_H
#define CY_HTML_BLOCK_TEXT_H

#include "base/bytes.h"

struct cy_html_block_text {
    uint32_t half_words;  /* words times two; a Chinese, Japanese or Korean character counts one */
    uint32_t words;       /* runs of letters and digits, and such characters */
    uint32_t letters;     /* characters in words */
    uint32_t title_words; /* words that begin with an upper-case letter (ASCII) */
    uint32_t upper;       /* upper-case letters (ASCII) */
    uint32_t digits;
    uint32_t commas;
    uint32_t sentences; /* . ! ? before white space or the end, and their full-width forms */
    uint32_t symbols;   /* | › » © • / and the like */
    uint32_t in_title;  /* words that stand in the page's title too */
    uint32_t hash;      /* of the text, for finding repetitions */
    uint8_t terminal;   /* its end: 2 sentence end, 1 colon, comma, semicolon, 0 other */
    uint8_t first;      /* its beginning: 1 lower case, 2 upper case, 3 digit, 4 other letter, 0 other */
};

/* The words of a title, for looking up; hash 0 is an empty slot. */
struct cy_html_title_words {
    uint32_t slots[256];
};

void cy_html_title_words_add(struct cy_html_title_words *words, struct cy_str title);
struct cy_html_block_text cy_html_block_text_of(struct cy_str text, const struct cy_html_title_words *title);

#endif
