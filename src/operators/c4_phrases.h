/* The phrases that C4 looks for in lines, in any case of ASCII letters. */
#ifndef CY_OPERATORS_C4_PHRASES_H
#define CY_OPERATORS_C4_PHRASES_H

#include "document/batch.h"

enum cy_phrase {
    CY_PHRASE_LOREM = 1 << 0,      /* lorem ipsum */
    CY_PHRASE_JAVASCRIPT = 1 << 1, /* javascript */
    CY_PHRASE_POLICY = 1 << 2,     /* terms of use, privacy policy, cookie policy, uses cookies, use of cookies, use cookies */
};

/* Where they stand in a text, in order. */
struct cy_phrase_places {
    const uint32_t *offsets;
    const uint8_t *phrases; /* enum cy_phrase */
    size_t count;
};

/* All of a text; borrowed until the next call with the same scratch. */
struct cy_phrase_places cy_phrase_places_of(struct cy_scratch *scratch, struct cy_str text);
/* Those that text holds anywhere, as bits. */
unsigned cy_phrases_in(struct cy_scratch *scratch, struct cy_str text);

#endif
