/* A YAML document as a tree that remembers where each node stands, so that every error can say line and column. libfyaml reads it. */
#ifndef CY_RECIPE_YAML_H
#define CY_RECIPE_YAML_H

#include "base/arena.h"
#include "base/error.h"

enum cy_yaml_kind { CY_YAML_SCALAR, CY_YAML_LIST, CY_YAML_MAP };

struct cy_yaml {
    enum cy_yaml_kind kind;
    int line, column;     /* from 1 */
    struct cy_str scalar; /* of a scalar */
    bool is_plain;        /* of a scalar: without quotes, so that it may be a number, true, null */
    struct cy_str key;    /* of a map's child */
    int key_line, key_column;
    struct cy_yaml *children; /* of a list or map, in the order of the file */
    size_t child_count;
};

/* Parses one document; nodes live in arena. Errors (CY_BAD_RECIPE) say `name`, line, column: bad syntax, a key that stands twice, a map
 * key that is no scalar, nesting deeper than 32, more than 100,000 nodes. */
enum cy_status cy_yaml_parse(struct cy_str text, const char *name, struct cy_arena *arena, struct cy_yaml **root, struct cy_error *error);
/* The child called `key` of a map, or NULL. */
const struct cy_yaml *cy_yaml_get(const struct cy_yaml *map, const char *key);

#endif
