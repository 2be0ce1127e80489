#include "server/http_parse.h"

#include "server/http_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what was asked ---- */

struct cy_str cy_request_header(const struct cy_request *request, const char *name)
{
    const struct cy_call *call = request->connection;
    const char *value = NULL;
    size_t size = 0;
    if (call == NULL || call->connection == NULL ||
        MHD_lookup_connection_value_n(call->connection, MHD_HEADER_KIND, name, strlen(name), &value, &size) != MHD_YES)
        return (struct cy_str){0};
    return (struct cy_str){value, size};
}

bool cy_request_query(struct cy_request *request, const char *name, struct cy_str *value)
{
    return cy_pairs_find(request->query, cy_str(name), 1, request->arena, value) > 0;
}

static size_t find_all(struct cy_request *request, struct cy_str pairs, const char *name, struct cy_str **values)
{
    size_t count = cy_pairs_find(pairs, cy_str(name), CY_QUERY_PAIRS_MAX, request->arena, NULL);
    *values = cy_arena_alloc(request->arena, (count + 1) * sizeof **values);
    return cy_pairs_find(pairs, cy_str(name), count, request->arena, *values);
}

size_t cy_request_query_all(struct cy_request *request, const char *name, struct cy_str **values)
{
    return find_all(request, request->query, name, values);
}

size_t cy_request_form_all(struct cy_request *request, const char *name, struct cy_str **values)
{
    return find_all(request, request->body, name, values);
}

bool cy_request_query_integer(struct cy_request *request, struct cy_response *response, const char *name, int64_t min, int64_t max,
                              int64_t missing, int64_t *value)
{
    struct cy_str text;
    *value = missing;
    if (!cy_request_query(request, name, &text) || text.size == 0)
        return true;
    char *end;
    errno = 0;
    long long number = strtoll(text.data, &end, 10); /* decoded text ends with a 0 byte */
    bool is_number = (text.data[0] == '-' || (text.data[0] >= '0' && text.data[0] <= '9')) && *end == '\0' && errno == 0;
    if (!is_number || number < min || number > max) {
        cy_respond_error(request, response, 400, NULL, "%s must be a whole number from %lld to %lld, found \"%.*s\"", name, (long long)min,
                         (long long)max, (int)CY_MIN(text.size, 100), text.data);
        return false;
    }
    *value = number;
    return true;
}

/* ---- what is answered ---- */

static struct cy_str format_text(struct cy_arena *arena, const char *format, va_list arguments)
{
    va_list copy;
    va_copy(copy, arguments);
    int size = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    CY_ASSERT(size >= 0);
    char *text = cy_arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    return (struct cy_str){text, (size_t)size};
}

/* No header of ours ends a line: what came from outside may try. */
static struct cy_str as_field_value(struct cy_arena *arena, struct cy_str text)
{
    if (cy_field_value_is_valid(text))
        return text;
    struct cy_str copy = cy_arena_str(arena, text);
    char *at = (char *)(uintptr_t)copy.data;
    for (size_t i = 0; i < copy.size; i++)
        if ((uint8_t)at[i] < ' ' || at[i] == 0x7F)
            at[i] = ' ';
    return copy;
}

void cy_respond_header(struct cy_request *request, struct cy_response *response, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct cy_str value = as_field_value(request->arena, format_text(request->arena, format, arguments));
    va_end(arguments);
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0 && strcasecmp(name, "Set-Cookie") != 0) {
            response->headers[i].value = value;
            return;
        }
    CY_ASSERT(response->header_count < CY_COUNT(response->headers));
    response->headers[response->header_count++] = (struct cy_response_header){name, value};
}

void cy_respond_json(struct cy_request *request, struct cy_response *response, int status, struct cy_buffer *json)
{
    response->status = status;
    response->bytes = cy_arena_str(request->arena, cy_buffer_str(json));
    cy_buffer_release(json);
}

void cy_respond_error(struct cy_request *request, struct cy_response *response, int status, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct cy_str text = format_text(request->arena, format, arguments);
    va_end(arguments);
    bool is_hf = request->route != NULL && (request->route->flags & CY_ROUTE_HF) != 0;
    struct cy_buffer json = {0};
    if (is_hf) {
        cy_buffer_add_text(&json, "{\"error\":");
        cy_buffer_add_json(&json, text);
        cy_respond_header(request, response, "X-Error-Message", "%.*s", (int)text.size, text.data);
    } else {
        cy_buffer_printf(&json, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":",
                         MHD_get_reason_phrase_for((unsigned)status), status);
        cy_buffer_add_json(&json, text);
        if (code != NULL) {
            cy_buffer_add_text(&json, ",\"code\":");
            cy_buffer_add_json(&json, cy_str(code));
        }
        cy_buffer_printf(&json, ",\"request_id\":\"%s\"", request->id);
        response->content_type = "application/problem+json";
    }
    cy_buffer_add_byte(&json, '}');
    if (code != NULL)
        cy_respond_header(request, response, "X-Error-Code", "%s", code);
    cy_respond_json(request, response, status, &json);
}

void cy_respond_failure(struct cy_request *request, struct cy_response *response, const struct cy_error *error)
{
    const struct cy_call *call = request->connection;
    if (error->status == CY_BAD_INPUT) {
        cy_respond_error(request, response, 400, NULL, "%s%s%s", error->message, error->hint[0] != '\0' ? "; " : "", error->hint);
        return;
    }
    if (call != NULL && cy_http_log_is_on(call->server->log)) {
        struct cy_buffer line = {0};
        cy_buffer_printf(&line, "{\"level\":\"error\",\"id\":\"%s\",\"message\":", request->id);
        cy_buffer_add_json(&line, cy_str(error->message));
        cy_buffer_add_text(&line, "}\n");
        cy_http_log_add(call->server->log, cy_buffer_str(&line));
        cy_buffer_release(&line);
    }
    if (error->status == CY_IO && (strstr(error->message, strerror(ENOSPC)) != NULL || strstr(error->message, strerror(EDQUOT)) != NULL)) {
        cy_respond_error(request, response, 507, NULL, "the server's disk is full; what was acknowledged before is safe");
        return;
    }
    cy_respond_error(request, response, 500, NULL, "the server could not do this; its log tells why, under the request id %s", request->id);
}
