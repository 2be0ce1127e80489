#include "dataset/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void cy_buffer_add_number(struct cy_buffer *out, double value)
{
    if (!isfinite(value)) {
        cy_buffer_add_text(out, "null");
        return;
    }
    if (value == 0)
        value = 0; /* no negative zero */
    char text[40];
    /* 15 digits always survive decimal → double → decimal, 17 always survive double → decimal → double. */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    cy_buffer_add_text(out, text);
}

static void begin_member(struct cy_json *json, const char *key)
{
    if (json->filled)
        cy_buffer_add_byte(json->out, ',');
    if (json->line_depth > 0) {
        if (json->filled)
            cy_buffer_add_byte(json->out, ' ');
    } else if (json->depth > 0) {
        cy_buffer_printf(json->out, "\n%*s", (int)(2 * json->depth), "");
    }
    json->filled = true;
    if (key != NULL) {
        cy_buffer_add_json(json->out, cy_str(key));
        cy_buffer_add_text(json->out, ": ");
    }
}

void cy_json_open(struct cy_json *json, const char *key, char bracket)
{
    begin_member(json, key);
    cy_buffer_add_byte(json->out, (uint8_t)bracket);
    json->depth++;
    json->filled = false;
}

void cy_json_open_line(struct cy_json *json, const char *key, char bracket)
{
    cy_json_open(json, key, bracket);
    if (json->line_depth == 0)
        json->line_depth = json->depth;
}

void cy_json_close(struct cy_json *json, char bracket)
{
    CY_ASSERT(json->depth > 0);
    if (json->line_depth == 0 && json->filled)
        cy_buffer_printf(json->out, "\n%*s", (int)(2 * (json->depth - 1)), "");
    cy_buffer_add_byte(json->out, (uint8_t)bracket);
    if (json->line_depth == json->depth)
        json->line_depth = 0;
    json->depth--;
    json->filled = true;
    if (json->depth == 0)
        cy_buffer_add_byte(json->out, '\n');
}

void cy_json_text(struct cy_json *json, const char *key, struct cy_str text)
{
    begin_member(json, key);
    cy_buffer_add_json(json->out, text);
}

void cy_json_count(struct cy_json *json, const char *key, uint64_t count)
{
    begin_member(json, key);
    cy_buffer_printf(json->out, "%" PRIu64, count);
}

void cy_json_integer(struct cy_json *json, const char *key, int64_t value)
{
    begin_member(json, key);
    cy_buffer_printf(json->out, "%" PRId64, value);
}

void cy_json_number(struct cy_json *json, const char *key, double value)
{
    begin_member(json, key);
    cy_buffer_add_number(json->out, value);
}

void cy_json_bool(struct cy_json *json, const char *key, bool value)
{
    begin_member(json, key);
    cy_buffer_add_text(json->out, value ? "true" : "false");
}

void cy_json_null(struct cy_json *json, const char *key)
{
    begin_member(json, key);
    cy_buffer_add_text(json->out, "null");
}

void cy_json_raw(struct cy_json *json, const char *key, struct cy_str value)
{
    begin_member(json, key);
    cy_buffer_add_str(json->out, value);
}
