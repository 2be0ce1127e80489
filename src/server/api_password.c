/* Passwords: set by oneself or by the owner of the data folder, or by a link that an admin made. */
#include "hub/passwords.h"
#include "server/api.h"

#include <yyjson.h>

cy_handler cy_api_password_set, cy_api_reset_make, cy_api_reset_use;

/* Who is logged in may have left his screen alone: he says the old one too. */
static bool check_current(struct cy_request *request, struct cy_response *response, yyjson_val *body)
{
    struct cy_account account;
    struct cy_outcome outcome;
    if (cy_login(request->app->hub, cy_str(request->principal.user_name), cy_hf_member(body, "current"), request->peer, request->arena,
                 &account, &outcome) == CY_OK)
        return true;
    if (outcome.refusal == CY_REFUSAL_LOGIN)
        cy_respond_error(request, response, 403, NULL, "\"current\" is not your password of today");
    else
        cy_hf_refuse(request, response, &outcome);
    return false;
}

void cy_api_password_set(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !cy_api_find_own(request, response, request->path_values[0], &account))
        return;
    bool is_self = request->principal.user_id != NULL && cy_str_is(account.id, request->principal.user_id);
    if (!is_self && !request->principal.is_local) {
        cy_hf_forbid(request, response, "an admin sets nobody's password: make a link by which the user sets it (POST …/reset)");
        return;
    }
    if (is_self && !check_current(request, response, body))
        return;
    if (cy_password_set(request->app->hub, &actor, account.id, cy_hf_member(body, "password"), cy_str(request->principal.session_id),
                        &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
}

void cy_api_reset_make(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    char secret[CY_TOKEN_RANDOM + 1];
    int64_t expires_ms;
    if (!cy_api_check_admin(request, response) || !cy_api_find_own(request, response, request->path_values[0], &account))
        return;
    if (cy_reset_make(request->app->hub, &actor, account.id, secret, &expires_ms, &outcome) != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    const char *path = cy_arena_printf(request->arena, "/login#reset=%s", secret); /* what stands behind "#" is sent to no server, no log */
    cy_json_open_line(&json, NULL, '{');
    cy_json_text(&json, "secret", cy_str(secret));
    cy_json_text(&json, "path", cy_str(path));
    cy_json_text(&json, "url", cy_str(cy_arena_printf(request->arena, "%.*s%s", (int)request->host.size, request->host.data, path)));
    cy_json_integer(&json, "expires_ms", expires_ms);
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 201, &out);
    cy_respond_header(request, response, "Cache-Control", "no-store");
}

void cy_api_reset_use(struct cy_request *request, struct cy_response *response)
{
    struct cy_outcome outcome;
    if (!cy_check_same_origin(request, response))
        return;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body != NULL &&
        cy_reset_use(request->app->hub, cy_hf_member(body, "secret"), cy_hf_member(body, "password"), request->peer, &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
}
