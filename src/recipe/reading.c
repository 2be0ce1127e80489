#include "recipe/reading.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- errors with a place ---- */

enum cy_status cy_reading_wrong(const struct cy_reading *reading, int line, int column, const char *format, ...)
{
    char message[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return cy_error_set(reading->error, CY_BAD_RECIPE, "%s:%d:%d: %s", reading->file, line, column, message);
}

enum cy_status cy_reading_locate(const struct cy_reading *reading, int line, int column, enum cy_status status)
{
    char message[sizeof reading->error->message];
    snprintf(message, sizeof message, "%s:%d:%d: ", reading->file, line, column);
    size_t head = strlen(message);
    snprintf(message + head, sizeof message - head, "%s", reading->error->message);
    memcpy(reading->error->message, message, sizeof message);
    return status;
}

enum cy_status cy_reading_unknown(const struct cy_reading *reading, int line, int column, const char *what, struct cy_str found,
                                  const char *const *names)
{
    cy_reading_wrong(reading, line, column, "%s \"%.*s\"", what, (int)CY_MIN(found.size, 100), found.data);
    const char *nearest = cy_nearest_name(found, names);
    if (nearest != NULL)
        return cy_error_hint(reading->error, "did you mean \"%s\"?", nearest);
    struct cy_buffer list = {0};
    for (; *names != NULL; names++)
        cy_buffer_printf(&list, "%s%s", list.size > 0 ? ", " : "", *names);
    cy_error_hint(reading->error, "known here: %.*s", (int)CY_MIN(list.size, 400), list.data);
    cy_buffer_release(&list);
    return CY_BAD_RECIPE;
}

enum cy_status cy_reading_check_keys(const struct cy_reading *reading, const struct cy_yaml *map, const char *const *names)
{
    for (size_t i = 0; i < map->child_count; i++) {
        const struct cy_yaml *child = &map->children[i];
        const char *const *name = names;
        while (*name != NULL && !cy_str_is(child->key, *name))
            name++;
        if (*name == NULL)
            return cy_reading_unknown(reading, child->key_line, child->key_column, "unknown field", child->key, names);
    }
    return CY_OK;
}

enum cy_status cy_reading_scalar(const struct cy_reading *reading, const struct cy_yaml *map, const char *key, const char *fallback,
                                 const char **value)
{
    const struct cy_yaml *node = cy_yaml_get(map, key);
    *value = fallback;
    if (node == NULL)
        return fallback != NULL ? CY_OK : cy_reading_wrong(reading, map->line, map->column, "\"%s\" is missing", key);
    if (node->kind != CY_YAML_SCALAR)
        return cy_reading_wrong(reading, node->line, node->column, "%s must be one value", key);
    *value = node->scalar.data;
    return CY_OK;
}

/* ---- parameters ---- */

enum cy_status cy_reading_set_param(const struct cy_reading *reading, const struct cy_param *param, void *self, const struct cy_yaml *node)
{
    struct cy_arena *arena = &reading->plan->arena;
    enum cy_status status;
    if (node->kind == CY_YAML_MAP)
        return cy_reading_wrong(reading, node->line, node->column, "%s must be %s, found a map", param->name, param->unit);
    if (node->kind == CY_YAML_SCALAR) {
        status = cy_param_set(param, self, node->scalar, arena, reading->error);
    } else {
        struct cy_str *items = cy_arena_alloc(arena, node->child_count * sizeof *items);
        for (size_t i = 0; i < node->child_count; i++) {
            if (node->children[i].kind != CY_YAML_SCALAR)
                return cy_reading_wrong(reading, node->children[i].line, node->children[i].column, "%s is a list of single values",
                                        param->name);
            items[i] = node->children[i].scalar;
        }
        status = cy_param_set_list(param, self, items, node->child_count, arena, reading->error);
    }
    return status == CY_OK ? CY_OK : cy_reading_locate(reading, node->line, node->column, status);
}
enum cy_status cy_reading_set_params(const struct cy_reading *reading, const struct cy_param *params, void *self, const struct cy_yaml *map,
                                     const char *const *others, const char *owner)
{
    enum { NAMES_MAX = 128 };
    const char *names[NAMES_MAX] = {NULL};
    size_t name_count = 0;
    for (; *others != NULL; others++)
        names[name_count++] = *others;
    size_t other_count = name_count;
    for (const struct cy_param *param = params; param != NULL && param->name != NULL && name_count + 1 < NAMES_MAX; param++)
        names[name_count++] = param->name;
    for (size_t i = 0; map->kind == CY_YAML_MAP && i < map->child_count; i++) {
        const struct cy_yaml *child = &map->children[i];
        bool other = false;
        for (size_t j = 0; j < other_count; j++)
            other |= cy_str_is(child->key, names[j]);
        if (other)
            continue;
        const struct cy_param *param = cy_param_find(params, child->key);
        char what[128];
        snprintf(what, sizeof what, "%s has no parameter", owner);
        if (param == NULL)
            return cy_reading_unknown(reading, child->key_line, child->key_column, what, child->key, names);
        enum cy_status status = cy_reading_set_param(reading, param, self, child);
        if (status != CY_OK)
            return status;
    }
    for (const struct cy_param *param = params; param != NULL && param->name != NULL; param++)
        if (param->fallback == NULL && cy_yaml_get(map, param->name) == NULL)
            return cy_reading_wrong(reading, map->line, map->column, "%s needs the parameter \"%s\": %s", owner, param->name,
                                    param->meaning);
    return CY_OK;
}
