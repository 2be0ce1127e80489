/* Lines and their repetition, as the quality operators count them. */
#ifndef CY_OPERATORS_QUALITY_LINES_H
#define CY_OPERATORS_QUALITY_LINES_H

#include "document/words.h"

/* The next line of text from *at on, as Python's str.splitlines() cuts them: at \n, \r, \r\n, \v, \f, U+001C…U+001E, U+0085, U+2028 and
 * U+2029, which belong to no line; no empty line at the end. *at moves behind the line's end. False: no line is left. */
bool cy_next_line(struct cy_str text, size_t *at, struct cy_str *line);

/* White space at the beginning or the end taken off, as Python's str.lstrip() and str.rstrip() have it. */
struct cy_str cy_strip_left(struct cy_str text);
struct cy_str cy_strip_right(struct cy_str text);
static inline struct cy_str cy_strip(struct cy_str text)
{
    return cy_strip_left(cy_strip_right(text));
}

/* ---- a set that is emptied in no time ---- */

/* Hashes that came before, compared in all their 64 bits. {0} is a set to begin with. */
struct cy_seen {
    uint64_t *slots; /* 0: empty */
    size_t capacity; /* slots allocated */
    size_t mask;     /* of those in use, a power of two: small inputs stay in the nearest cache */
};

/* Empties it. At most `count` hashes will be added. */
void cy_seen_begin(struct cy_seen *seen, size_t count);
void cy_seen_release(struct cy_seen *seen);

/* Adds a well-mixed hash; says whether it was there. */
static inline bool cy_seen_add(struct cy_seen *seen, uint64_t hash)
{
    uint64_t key = hash != 0 ? hash : 1;
    size_t at = key & seen->mask;
    while (seen->slots[at] != 0 && seen->slots[at] != key)
        at = (at + 1) & seen->mask;
    bool found = seen->slots[at] != 0;
    seen->slots[at] = key;
    return found;
}

/* How many of a list's items stand in it before, and the code points of those. */
struct cy_repeats {
    size_t count, chars;
};
/* Counts one item more. */
void cy_repeats_add(struct cy_repeats *repeats, struct cy_seen *seen, struct cy_str item, bool ascii);

/* Code points of text; its bytes when it is known to be ASCII. */
size_t cy_char_count(struct cy_str text, bool ascii);

/* Which of the CY_NEWLINES_BYTES bytes from `at` on, a multiple of that, are newlines, a bit each; behind the text there is none. */
enum { CY_NEWLINES_BYTES = 64 };
uint64_t cy_newlines(struct cy_str text, size_t at);

size_t cy_count_byte(struct cy_str text, char byte);

/* The worker's tables, shared by the quality operators. */
struct cy_quality_scratch {
    struct cy_seen lines, paragraphs;
    /* for n-grams; see ngram_repeats.c */
    uint64_t *numbers;
    size_t number_capacity;
};
struct cy_quality_scratch *cy_quality_scratch_of(struct cy_scratch *scratch);

#endif
