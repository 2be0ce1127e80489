/* Reading a recipe's values: errors with their place, and parameters into structs. Private to src/recipe. */
#ifndef CY_RECIPE_READING_H
#define CY_RECIPE_READING_H

#include "recipe/plan.h"
#include "recipe/yaml.h"

/* What reading a recipe needs everywhere. */
struct cy_reading {
    struct cy_plan *plan;
    const char *file; /* the recipe's name in messages */
    struct cy_error *error;
    struct cy_step_files *step_files; /* what steps may ask of files; filled when the sources are read */
};

/* CY_BAD_RECIPE with "file:line:column: " before the message. */
enum cy_status cy_reading_wrong(const struct cy_reading *reading, int line, int column, const char *format, ...) CY_PRINTF(4, 5);
/* Puts "file:line:column: " before a message that a leaf wrote; returns `status`. */
enum cy_status cy_reading_locate(const struct cy_reading *reading, int line, int column, enum cy_status status);
/* "<what> "<found>"" with the nearest of `names` (NULL-terminated) as a hint, or all of them. */
enum cy_status cy_reading_unknown(const struct cy_reading *reading, int line, int column, const char *what, struct cy_str found,
                                  const char *const *names);
/* Every key of the map is one of `names`. */
enum cy_status cy_reading_check_keys(const struct cy_reading *reading, const struct cy_yaml *map, const char *const *names);
/* The single value of a key; fallback where it is absent, NULL: then that is an error. */
enum cy_status cy_reading_scalar(const struct cy_reading *reading, const struct cy_yaml *map, const char *key, const char *fallback,
                                 const char **value);
enum cy_status cy_reading_set_param(const struct cy_reading *reading, const struct cy_param *param, void *self, const struct cy_yaml *node);
/* Every child of `map` that is a parameter sets it; the names in `others` (NULL-terminated) are left to the caller. Then: none is missing.
 */
enum cy_status cy_reading_set_params(const struct cy_reading *reading, const struct cy_param *params, void *self, const struct cy_yaml *map,
                                     const char *const *others, const char *owner);

#endif
