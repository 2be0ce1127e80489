/* Finding added tokens in a text. */
#ifndef CY_TOKEN_ADDED_TOKENS_H
#define CY_TOKEN_ADDED_TOKENS_H

#include "token/tokenizer_parts.h"

/* Where an added token was found: text[start, end) with the white space that it takes along. */
struct cy_added_match {
    size_t start, end;
    size_t next; /* where the search goes on: behind the token itself, as Hugging Face's does */
    uint32_t id;
};

/* The index of a tokenizer's added tokens; owned by arena. */
struct cy_added_index *cy_added_index_new(const struct cy_added_token *added, size_t count, struct cy_arena *arena);
/* Whether any token would be looked for with this encoding in raw (normalized = false) or normalized text. */
bool cy_added_index_any(const struct cy_added_index *index, const struct cy_encoding *encoding, bool normalized);
/* The first token in text at or after `from`, of several the longest; false when there is none. One that is not to be found here (a special
 * one that is text, a single word that does not stand alone) hides those that begin in it. taken: white space before it is another's. */
bool cy_added_index_find(const struct cy_added_index *index, const struct cy_encoding *encoding, bool normalized, struct cy_str text,
                         size_t from, size_t taken, struct cy_added_match *match);

#endif
