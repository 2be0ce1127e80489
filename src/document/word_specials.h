/* Pieces of text that the general rule would cut otherwise: contractions (don't → do n't), abbreviations (Mr.), times (9am → 9 am) and
 * faces made of punctuation. */
#ifndef CY_DOCUMENT_WORD_SPECIALS_H
#define CY_DOCUMENT_WORD_SPECIALS_H

#include "document/words.h"

enum {
    CY_SPECIAL_BYTES_MAX = 24, /* the longest is shouldn’t’ve, 15 bytes */
    CY_SPECIAL_PIECES_MAX = 3,
    CY_SPECIAL_FILTER_BITS = 1 << 15, /* some 1,300 entries: one other word in 25 asks the table in vain */
};

struct cy_special {
    char text[CY_SPECIAL_BYTES_MAX];
    uint8_t size;                        /* bytes; 0: an empty slot */
    uint8_t ends[CY_SPECIAL_PIECES_MAX]; /* where its words end, in bytes; 0 after the last */
    bool joins;                          /* the general rule would cut it, so words that spell it become it */
};

struct cy_specials {
    uint64_t filter[CY_SPECIAL_FILTER_BITS / 64];
    uint32_t sizes[256];         /* of those that begin with a byte, a bit for each size there is */
    uint32_t joining_sizes[256]; /* the same of those that join words */
    struct cy_special slots[4096];
};

/* The table; thread-safe, filled at the first call. */
const struct cy_specials *cy_specials(void);
/* The entry that equals text[0..size), whose cy_word_hash is `hash`, or NULL. */
const struct cy_special *cy_special_find_slow(const struct cy_specials *specials, const char *text, size_t size, uint64_t hash);

_Static_assert(CY_SPECIAL_BYTES_MAX < 32, "a bit a size");

static inline bool cy_special_maybe(const struct cy_specials *specials, uint64_t hash)
{
    size_t bit = hash % CY_SPECIAL_FILTER_BITS;
    return specials->filter[bit / 64] >> (bit % 64) & 1;
}

static inline const struct cy_special *cy_special_find(const struct cy_specials *specials, const char *text, size_t size, uint64_t hash)
{
    return cy_special_maybe(specials, hash) ? cy_special_find_slow(specials, text, size, hash) : NULL;
}

#endif
