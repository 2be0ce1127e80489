/* A request without a socket: the same routes and handlers, called in this process as the local owner. */
#include "server/app.h"
#include "server/http_parse.h"
#include "server/http_route.h"

#include <errno.h>
#include <unistd.h>

static void answer_error(struct cy_request *request, struct cy_response *response, enum cy_route_result result, const char *allow)
{
    switch (result) {
    case CY_ROUTE_OTHER_METHOD:
        cy_respond_error(request, response, 405, NULL, "this path is for %s", allow);
        break;
    case CY_ROUTE_MISSING:
        cy_respond_error(request, response, 404, NULL, "there is nothing under this path");
        break;
    default:
        cy_respond_error(request, response, 400, NULL, "the path is not one that can be");
        break;
    }
}

static void spool_body(struct cy_request *request, struct cy_response *response, struct cy_str body)
{
    struct cy_error error;
    enum cy_status status = cy_spool_open(cy_app_objects(request->app), &request->spool, &error);
    if (status == CY_OK)
        status = cy_spool_add(&request->spool, body.data, body.size, &error);
    if (status == CY_OK)
        status = cy_spool_finish(&request->spool, &error);
    if (status != CY_OK)
        cy_respond_failure(request, response, &error);
}

static void read_file(struct cy_response *response, struct cy_buffer *out)
{
    char piece[65536];
    uint64_t at = 0;
    while (at < response->file_size_bytes) {
        size_t wanted = (size_t)CY_MIN(sizeof piece, response->file_size_bytes - at);
        ssize_t size = pread(response->file, piece, wanted, (off_t)(response->file_offset + at));
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            break;
        cy_buffer_add(out, piece, (size_t)size);
        at += (uint64_t)size;
    }
    close(response->file);
}

static void read_stream(struct cy_response *response, struct cy_buffer *out)
{
    char piece[65536];
    int64_t size;
    while ((size = response->stream(response->stream_context, piece, sizeof piece)) > 0)
        cy_buffer_add(out, piece, (size_t)size);
}

static void take_answer(struct cy_response *response, struct cy_arena *arena, struct cy_str *answer)
{
    struct cy_buffer read = {0};
    if (response->stream != NULL)
        read_stream(response, &read);
    else if (response->file >= 0)
        read_file(response, &read);
    else
        cy_buffer_add_str(&read, response->bytes);
    *answer = cy_arena_str(arena, cy_buffer_str(&read));
    if (response->progress != NULL)
        response->progress(response->progress_context, read.size, true);
    if (response->stream_end != NULL)
        response->stream_end(response->stream_context);
    cy_buffer_release(&read);
}

void cy_server_call(struct cy_app *app, const struct cy_route *routes, const char *method, const char *target, struct cy_str body,
                    struct cy_arena *arena, int *status, struct cy_str *answer)
{
    struct cy_request request = {
        .app = app,
        .arena = arena,
        .method = method,
        .spool.file = -1,
        .principal = {.is_admin = true, .is_local = true},
        .host = CY_STR("http://localhost"),
        .peer = CY_STR("local"),
    };
    struct cy_response response = {.file = -1};
    struct cy_router *router = cy_router_new(routes);
    struct cy_route_match match = {0};
    cy_uuid(request.id);
    enum cy_route_result result = CY_ROUTE_BROKEN_PATH;
    if (cy_target_split(cy_arena_str(arena, cy_str(target)), &request.path, &request.query))
        result = cy_router_find(router, method, request.path, arena, &match);
    request.route = match.route;
    memcpy(request.path_values, match.values, sizeof match.values);
    request.path_value_count = match.value_count;
    if (result != CY_ROUTE_FOUND)
        answer_error(&request, &response, result, match.allow);
    else if (match.route->body == CY_BODY_SPOOL)
        spool_body(&request, &response, body);
    else
        request.body = body;
    if (response.status == 0)
        match.route->handler(&request, &response);
    *status = response.status != 0 ? response.status : 204;
    take_answer(&response, arena, answer);
    cy_spool_drop(&request.spool);
    cy_router_free(router);
}
