/* What a name says about a vocabulary: a rank file holds tokens and ranks alone, pattern and special tokens belong to its name. */
#ifndef CY_TOKEN_KNOWN_VOCABULARIES_H
#define CY_TOKEN_KNOWN_VOCABULARIES_H

#include "base/bytes.h"

struct cy_known_special {
    const char *text; /* NULL ends the list */
    uint32_t id;
};

struct cy_known_vocabulary {
    const char *name;    /* "o200k_base" */
    const char *pattern; /* as tiktoken 0.14 has it */
    const struct cy_known_special *specials;
    size_t rank_count; /* tokens of its rank file */
};

/* NULL when the name is not known. */
const struct cy_known_vocabulary *cy_known_vocabulary(struct cy_str name);

#endif
