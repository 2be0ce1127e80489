#include "server/use.h"

#include "hub/uses.h"
#include "server/http_parse.h"

#include <strings.h>
#include <unistd.h>

/* What is known of a use while its answer goes out; in the request's arena. */
struct telling {
    struct cy_uses *uses;
    struct cy_use *use;
    uint64_t told_bytes;
};

static void tell(void *context, uint64_t body_bytes, bool is_end)
{
    struct telling *telling = context;
    if (body_bytes > telling->told_bytes) {
        cy_use_add(telling->use, body_bytes - telling->told_bytes);
        telling->told_bytes = body_bytes;
    }
    if (is_end)
        cy_use_end(telling->uses, telling->use);
}

/* Will the answer be 304? By the very rule that sends it, or a header made for it would fetch bytes that nobody counts. */
static bool is_fresh_there(const struct cy_request *request, const struct cy_response *response)
{
    struct cy_str known = cy_request_header(request, "If-None-Match");
    for (size_t i = 0; known.size > 0 && i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, "ETag") == 0)
            return cy_etag_matches(known, response->headers[i].value);
    return false;
}

bool cy_use_answer(struct cy_request *request, struct cy_response *response, struct cy_str repository_id, struct cy_str version,
                   const char *purpose)
{
    struct cy_error error;
    if (strcmp(request->method, "GET") != 0 || is_fresh_there(request, response))
        return true;
    const struct cy_use_key key = {
        .principal_id = cy_str(request->principal.user_id), .repository_id = repository_id, .version = version, .purpose = purpose};
    struct telling *telling = cy_arena_zero(request->arena, sizeof *telling);
    telling->uses = request->app->hub->uses;
    if (cy_use_begin(telling->uses, &key, &telling->use, &error) != CY_OK) {
        if (response->file >= 0)
            close(response->file);
        response->file = -1;
        response->header_count = 0;
        cy_respond_failure(request, response, &error);
        return false;
    }
    response->progress = tell;
    response->progress_context = telling;
    return true;
}
