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
};

/* NULL when the name is not known. */
const struct cy_known_vocabulary *cy_known_vocabulary(struct cy_str name);

/* Where npm's ordinary client brings a vocabulary from. */
struct cy_vocabulary_source {
    const char *name;           /* "o200k_base" */
    const char *package;        /* "tiktoken@1.0.22" */
    const char *package_sha256; /* of the package's file (.tgz) */
    const char *path;           /* in the package */
    const char *sha256;         /* of the file at that path */
};
extern const struct cy_vocabulary_source cy_vocabulary_sources[]; /* name NULL ends the list */

#endif
