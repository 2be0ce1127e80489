/* Xet, as far as uploads need it (hub/xet.h): a token for one user and one repository, xorbs, shards. */
#include "server/hf.h"

#include "hub/xet.h"

#include <stdio.h>
#include <stdlib.h>

cy_handler cy_xet_token, cy_xet_xorb, cy_xet_shard;

enum { TOKEN_SECONDS = 3600 }; /* clients ask for a new one when it is over */

/* ---- the token: xet_USER.REPOSITORY.EXPIRES.SIGNATURE ---- */

static void sign(const struct cy_hub *hub, struct cy_str user_id, struct cy_str repository_id, struct cy_str expires, char signature[65])
{
    const struct cy_str parts[] = {CY_STR("xet"), user_id, repository_id, expires};
    cy_sign(hub->sign_key, parts, CY_COUNT(parts), signature);
}

void cy_xet_token(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE)) {
        char expires[24], signature[65];
        snprintf(expires, sizeof expires, "%lld", (long long)(cy_now_ms() / 1000 + TOKEN_SECONDS));
        sign(hf.hub, hf.viewer.user_id, hf.repository.id, cy_str(expires), signature);
        const char *token = cy_arena_printf(request->arena, "xet_%.*s.%.*s.%s.%s", (int)hf.viewer.user_id.size, hf.viewer.user_id.data,
                                            (int)hf.repository.id.size, hf.repository.id.data, expires, signature);
        const char *url = cy_arena_printf(request->arena, "%.*s/cas", (int)request->host.size, request->host.data);
        struct cy_buffer out = {0};
        cy_buffer_add_text(&out, "{\"casUrl\":");
        cy_buffer_add_json(&out, cy_str(url));
        cy_buffer_printf(&out, ",\"accessToken\":\"%s\",\"exp\":%s}", token, expires);
        cy_respond_json(request, response, 200, &out);
        cy_respond_header(request, response, "X-Xet-Cas-Url", "%s", url);
        cy_respond_header(request, response, "X-Xet-Access-Token", "%s", token);
        cy_respond_header(request, response, "X-Xet-Token-Expiration", "%s", expires);
    }
    cy_hf_close(&hf);
}

void cy_xet_authenticate(struct cy_request *request, struct cy_response *response)
{
    static const struct cy_str bearer = CY_STR("Bearer xet_");
    struct cy_str header = cy_request_header(request, "Authorization"), rest;
    char own[65];
    if (cy_str_starts(header, bearer)) {
        struct cy_str text = {header.data + bearer.size, header.size - bearer.size};
        struct cy_str user_id = cy_str_split(text, '.', &rest), repository_id = cy_str_split(rest, '.', &rest);
        struct cy_str expires = cy_str_split(rest, '.', &rest);
        sign(request->app->hub, user_id, repository_id, expires, own);
        const char *until = cy_arena_printf(request->arena, "%.*s", (int)CY_MIN(expires.size, 20), expires.data);
        if (cy_secret_equal(rest, cy_str(own)) && strtoll(until, NULL, 10) > cy_now_ms() / 1000) {
            request->principal.user_id = cy_arena_printf(request->arena, "%.*s", (int)user_id.size, user_id.data);
            request->principal.repository_id = cy_arena_printf(request->arena, "%.*s", (int)repository_id.size, repository_id.data);
            request->principal.scopes = CY_SCOPE_WRITE;
            return;
        }
    }
    request->principal.is_invalid = true;
    cy_respond_error(request, response, 401, NULL, "this Xet token is not right, or its time is over: ask for a new one");
}

/* ---- xorbs and shards ---- */

void cy_xet_xorb(struct cy_request *request, struct cy_response *response)
{
    struct cy_outcome outcome = {0};
    struct cy_buffer out = {0};
    if (cy_xet_put_xorb(request->app->hub, cy_str(request->principal.user_id), request->path_values[0], &request->spool, &outcome) !=
        CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    cy_buffer_add_text(&out, "{\"was_inserted\":true}");
    cy_respond_json(request, response, 200, &out);
}

void cy_xet_shard(struct cy_request *request, struct cy_response *response)
{
    struct cy_outcome outcome = {0};
    struct cy_buffer out = {0};
    if (cy_xet_put_shard(request->app->hub, cy_str(request->principal.user_id), cy_str(request->principal.repository_id), request->body,
                         &outcome) != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    cy_buffer_add_text(&out, "{\"result\":1}");
    cy_respond_json(request, response, 200, &out);
}
