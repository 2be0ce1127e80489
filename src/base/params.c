#include "base/params.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static enum cy_status expected(struct cy_error *error, const struct cy_param *param, const char *what, struct cy_str found)
{
    return cy_error_set(error, CY_BAD_RECIPE, "%s must be %s, found \"%.*s\"", param->name, what, (int)CY_MIN(found.size, 100), found.data);
}

/* A copy with a terminator for strtod; long numbers are no numbers. */
static bool number_text(struct cy_str text, char copy[64])
{
    text = cy_str_trim(text);
    if (text.size == 0 || text.size >= 64)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return true;
}

static bool parse_number(struct cy_str text, double *value)
{
    char copy[64], *end;
    if (!number_text(text, copy))
        return false;
    *value = strtod(copy, &end);
    return *end == '\0' && isfinite(*value);
}

static bool parse_integer(struct cy_str text, int64_t *value)
{
    char copy[64], *end;
    if (!number_text(text, copy))
        return false;
    errno = 0;
    *value = strtoll(copy, &end, 10);
    return *end == '\0' && errno == 0;
}

enum cy_status cy_parse_size(struct cy_str text, int64_t *bytes, struct cy_error *error)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"K", 1024.0},
                 {"KiB", 1024.0},
                 {"KB", 1e3},
                 {"M", 1048576.0},
                 {"MiB", 1048576.0},
                 {"MB", 1e6},
                 {"G", 1073741824.0},
                 {"GiB", 1073741824.0},
                 {"GB", 1e9},
                 {"T", 1099511627776.0},
                 {"TiB", 1099511627776.0},
                 {"TB", 1e12}};
    char copy[64], *end;
    if (number_text(text, copy)) {
        double value = strtod(copy, &end);
        struct cy_str unit = cy_str_trim(cy_str(end));
        for (size_t i = 0; end != copy && i < CY_COUNT(units); i++) {
            if (!cy_str_equal_nocase(unit, cy_str(units[i].name)) || !(value >= 0) || value * units[i].bytes > 9e18)
                continue;
            *bytes = (int64_t)(value * units[i].bytes);
            return CY_OK;
        }
    }
    return cy_error_set(error, CY_BAD_RECIPE, "expected a size like 256MiB or 10GB, found \"%.*s\"", (int)CY_MIN(text.size, 100),
                        text.data);
}

enum cy_status cy_param_set(const struct cy_param *param, void *self, struct cy_str scalar, struct cy_arena *arena, struct cy_error *error)
{
    void *field = (char *)self + param->offset;
    switch (param->kind) {
    case CY_PARAM_KIND_NUMBER:
        return parse_number(scalar, field) ? CY_OK : expected(error, param, "a number", scalar);
    case CY_PARAM_KIND_INTEGER:
        return parse_integer(scalar, field) ? CY_OK : expected(error, param, "a whole number", scalar);
    case CY_PARAM_KIND_BOOL:
        if (!cy_str_is(scalar, "true") && !cy_str_is(scalar, "false"))
            return expected(error, param, "true or false", scalar);
        *(bool *)field = cy_str_is(scalar, "true");
        return CY_OK;
    case CY_PARAM_KIND_TEXT:
        *(struct cy_str *)field = cy_arena_str(arena, scalar);
        return CY_OK;
    case CY_PARAM_KIND_LIST:
        return cy_param_set_list(param, self, &scalar, 1, arena, error);
    case CY_PARAM_KIND_SIZE:
        if (cy_parse_size(scalar, field, error) != CY_OK)
            return expected(error, param, "a size like 256MiB", scalar);
        return CY_OK;
    case CY_PARAM_KIND_CHOICE:
        for (const char *const *choice = param->choices; *choice != NULL; choice++) {
            if (!cy_str_is(scalar, *choice))
                continue;
            *(struct cy_str *)field = cy_str(*choice);
            return CY_OK;
        }
        expected(error, param, param->unit, scalar);
        const char *nearest = cy_nearest_name(scalar, param->choices);
        return nearest != NULL ? cy_error_hint(error, "did you mean \"%s\"?", nearest) : CY_BAD_RECIPE;
    }
    CY_ASSERT(!"a known kind of parameter");
    return CY_FAILED;
}

enum cy_status cy_param_set_list(const struct cy_param *param, void *self, const struct cy_str *items, size_t item_count,
                                 struct cy_arena *arena, struct cy_error *error)
{
    if (param->kind != CY_PARAM_KIND_LIST)
        return cy_error_set(error, CY_BAD_RECIPE, "%s takes one value, found a list of %zu", param->name, item_count);
    struct cy_strs *list = (struct cy_strs *)((char *)self + param->offset);
    list->items = cy_arena_alloc(arena, item_count * sizeof *list->items);
    list->count = item_count;
    for (size_t i = 0; i < item_count; i++)
        list->items[i] = cy_arena_str(arena, items[i]);
    return CY_OK;
}

/* "[a, b]" → its items. */
static void set_list_literal(const struct cy_param *param, void *self, struct cy_str literal, struct cy_arena *arena)
{
    enum { ITEMS_MAX = 64 }; /* in a default */
    struct cy_str items[ITEMS_MAX], rest = {literal.data + 1, literal.size - 2};
    size_t item_count = 0;
    CY_ASSERT(literal.size >= 2 && literal.data[0] == '[' && literal.data[literal.size - 1] == ']');
    while (cy_str_trim(rest).size > 0) {
        CY_ASSERT(item_count < ITEMS_MAX);
        items[item_count++] = cy_str_trim(cy_str_split(rest, ',', &rest));
    }
    struct cy_error error;
    CY_ASSERT(cy_param_set_list(param, self, items, item_count, arena, &error) == CY_OK);
}

void cy_params_default(const struct cy_param *params, void *self, struct cy_arena *arena)
{
    struct cy_error error;
    for (const struct cy_param *param = params; param != NULL && param->name != NULL; param++) {
        if (param->fallback == NULL)
            continue;
        if (param->kind == CY_PARAM_KIND_LIST)
            set_list_literal(param, self, cy_str(param->fallback), arena);
        else
            CY_ASSERT(cy_param_set(param, self, cy_str(param->fallback), arena, &error) == CY_OK);
    }
}

const struct cy_param *cy_param_find(const struct cy_param *params, struct cy_str name)
{
    for (const struct cy_param *param = params; param != NULL && param->name != NULL; param++)
        if (cy_str_is(name, param->name))
            return param;
    return NULL;
}

/* The fewest digits that read back as the same number: 0.65, not 0.65000000000000002. */
static void print_shortest(struct cy_buffer *out, double value)
{
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    cy_buffer_add_text(out, text);
}

void cy_param_print(const struct cy_param *param, const void *self, struct cy_buffer *out)
{
    const void *field = (const char *)self + param->offset;
    switch (param->kind) {
    case CY_PARAM_KIND_NUMBER:
        print_shortest(out, *(const double *)field);
        break;
    case CY_PARAM_KIND_INTEGER:
    case CY_PARAM_KIND_SIZE:
        cy_buffer_printf(out, "%lld", (long long)*(const int64_t *)field);
        break;
    case CY_PARAM_KIND_BOOL:
        cy_buffer_add_text(out, *(const bool *)field ? "true" : "false");
        break;
    case CY_PARAM_KIND_TEXT:
    case CY_PARAM_KIND_CHOICE:
        cy_buffer_add_json(out, *(const struct cy_str *)field);
        break;
    case CY_PARAM_KIND_LIST: {
        const struct cy_strs *list = field;
        cy_buffer_add_byte(out, '[');
        for (size_t i = 0; i < list->count; i++) {
            if (i > 0)
                cy_buffer_add_text(out, ", ");
            cy_buffer_add_json(out, list->items[i]);
        }
        cy_buffer_add_byte(out, ']');
        break;
    }
    }
}
