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

/* ---- a table that is emptied in no time ---- */

struct cy_tally_slot {
    uint64_t key;
    uint32_t round; /* the slot is in use when this is the tally's round */
    uint32_t value;
};

/* Keys to numbers, open addressing, at most half full. Keys are well-mixed hashes, compared in all their 64 bits. */
struct cy_tally {
    struct cy_tally_slot *slots;
    size_t capacity; /* slots allocated, a power of two */
    size_t mask;     /* of the part in use: small inputs stay in the nearest cache */
    size_t used;     /* keys */
    uint32_t round;
    struct cy_tally_slot *spare; /* where the keys go when the table grows */
    size_t spare_capacity;
};

/* Empties it. It grows as it fills; `count` is how many keys there may be at first. */
void cy_tally_begin(struct cy_tally *tally, size_t count);
void cy_tally_grow(struct cy_tally *tally);
void cy_tally_release(struct cy_tally *tally);

/* The key's slot, until the next call; *found says whether it was there. A new one has value 0. */
static inline struct cy_tally_slot *cy_tally_slot(struct cy_tally *tally, uint64_t key, bool *found)
{
    for (;;) {
        size_t at = key & tally->mask;
        while (tally->slots[at].round == tally->round && tally->slots[at].key != key)
            at = (at + 1) & tally->mask;
        struct cy_tally_slot *slot = &tally->slots[at];
        *found = slot->round == tally->round;
        if (*found)
            return slot;
        if (2 * tally->used <= tally->mask) {
            *slot = (struct cy_tally_slot){key, tally->round, 0};
            tally->used++;
            return slot;
        }
        cy_tally_grow(tally);
    }
}

/* Brings a key's place into the cache, for a call some keys later. */
static inline void cy_tally_prefetch(const struct cy_tally *tally, uint64_t key)
{
    __builtin_prefetch(&tally->slots[key & tally->mask], 1);
}

/* How many of a list's items stand in it before, and the code points of those. */
struct cy_repeats {
    size_t count, chars;
};
/* Counts one item more. */
void cy_repeats_add(struct cy_repeats *repeats, struct cy_tally *seen, struct cy_str item, bool ascii);

/* Code points of text; its bytes when it is known to be ASCII. */
size_t cy_char_count(struct cy_str text, bool ascii);

size_t cy_count_byte(struct cy_str text, char byte);

/* The worker's tables, shared by the quality operators. */
struct cy_quality_scratch {
    struct cy_tally tally;
    /* for n-grams; see ngram_repeats.c */
    uint64_t *numbers;
    size_t number_capacity;
};
struct cy_quality_scratch *cy_quality_scratch_of(struct cy_scratch *scratch);

#endif
