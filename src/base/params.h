/* Parameters of operators and formats: a table from which help, recipe checking and docs derive.
 *
 *     static const struct cy_param params[] = {
 *         CY_PARAM_NUMBER(word_length, chars_min, 3.0, "code points per word", "keep at or above this"),
 *         {0},
 *     };                                                                                                         */
#ifndef CY_BASE_PARAMS_H
#define CY_BASE_PARAMS_H

#include "base/arena.h"
#include "base/error.h"

struct cy_strs {
    struct cy_str *items;
    size_t count;
};

enum cy_param_kind {
    CY_PARAM_KIND_NUMBER = 1, /* double */
    CY_PARAM_KIND_INTEGER,    /* int64_t */
    CY_PARAM_KIND_BOOL,       /* bool */
    CY_PARAM_KIND_TEXT,       /* struct cy_str */
    CY_PARAM_KIND_LIST,       /* struct cy_strs; a recipe may give one scalar for a list of one */
    CY_PARAM_KIND_SIZE,       /* int64_t bytes; "256MiB", "10 GB", 4096 */
    CY_PARAM_KIND_CHOICE,     /* struct cy_str, one of `choices` */
};

struct cy_param {
    const char *name;
    enum cy_param_kind kind;
    size_t offset;              /* in the operator's own struct */
    const char *fallback;       /* the default as a recipe would write it: "3.0", "[a, b]", "256MiB"; NULL: must be given */
    const char *unit;           /* "code points per word"; for a choice "a | b | c" */
    const char *meaning;        /* "keep at or above this" */
    const char *const *choices; /* NULL-terminated, for CY_PARAM_KIND_CHOICE */
};

#define CY_PARAM_NUMBER(type, field, fallback, unit, meaning)                                                                              \
    {                                                                                                                                      \
#field, CY_PARAM_KIND_NUMBER, offsetof(struct type, field), #fallback, unit, meaning, NULL                                         \
    }
#define CY_PARAM_INTEGER(type, field, fallback, unit, meaning)                                                                             \
    {                                                                                                                                      \
#field, CY_PARAM_KIND_INTEGER, offsetof(struct type, field), #fallback, unit, meaning, NULL                                        \
    }
#define CY_PARAM_BOOL(type, field, fallback, meaning)                                                                                      \
    {                                                                                                                                      \
#field, CY_PARAM_KIND_BOOL, offsetof(struct type, field), #fallback, "true | false", meaning, NULL                                 \
    }
/* fallback: a string literal, or NULL when the recipe must give it */
#define CY_PARAM_TEXT(type, field, fallback, unit, meaning)                                                                                \
    {                                                                                                                                      \
#field, CY_PARAM_KIND_TEXT, offsetof(struct type, field), fallback, unit, meaning, NULL                                            \
    }
#define CY_PARAM_LIST(type, field, fallback, unit, meaning)                                                                                \
    {                                                                                                                                      \
#field, CY_PARAM_KIND_LIST, offsetof(struct type, field), fallback, unit, meaning, NULL                                            \
    }
#define CY_PARAM_SIZE(type, field, fallback, meaning)                                                                                      \
    {                                                                                                                                      \
#field, CY_PARAM_KIND_SIZE, offsetof(struct type, field), fallback, "bytes", meaning, NULL                                         \
    }
#define CY_PARAM_CHOICE(type, field, fallback, names, unit, meaning)                                                                       \
    {                                                                                                                                      \
#field, CY_PARAM_KIND_CHOICE, offsetof(struct type, field), fallback, unit, meaning, names                                         \
    }

/* Sets one parameter of `self` from scalar text; lists take `items`. Strings are copied into arena. The error says what was
 * expected and what was found; the caller adds where. */
enum cy_status cy_param_set(const struct cy_param *param, void *self, struct cy_str scalar, struct cy_arena *arena, struct cy_error *error);
enum cy_status cy_param_set_list(const struct cy_param *param, void *self, const struct cy_str *items, size_t item_count,
                                 struct cy_arena *arena, struct cy_error *error);
/* Every parameter that has a default gets it. */
void cy_params_default(const struct cy_param *params, void *self, struct cy_arena *arena);
/* The parameter called `name`, or NULL. */
const struct cy_param *cy_param_find(const struct cy_param *params, struct cy_str name);
/* The parameter's value as a recipe would write it ("3", "[a, b]", "268435456"), appended to `out`. */
void cy_param_print(const struct cy_param *param, const void *self, struct cy_buffer *out);

/* "256MiB", "1.5 GB", "4096" → bytes. Powers of 1024 are KiB, MiB, GiB, TiB; of 1000 KB, MB, GB, TB; a bare K, M, G, T is 1024's. */
enum cy_status cy_parse_size(struct cy_str text, int64_t *bytes, struct cy_error *error);

#endif
