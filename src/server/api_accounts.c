/* Users, tokens, organisations and members: what an admin does, by the page or by the commands `ciyuan user`, `token` and `org`. */
#include "hub/tokens.h"
#include "server/api.h"

#include <yyjson.h>

cy_handler cy_api_user_create, cy_api_user_disable, cy_api_token_create, cy_api_token_list, cy_api_token_revoke, cy_api_my_token_create,
    cy_api_my_token_list, cy_api_my_token_revoke, cy_api_organisation_create, cy_api_member_set, cy_api_member_list;

static void create(struct cy_request *request, struct cy_response *response, enum cy_account_kind kind)
{
    yyjson_val *body = cy_hf_body_object(request, response);
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    if (body == NULL)
        return;
    struct cy_account_new new = {
        .kind = kind,
        .name = cy_hf_member(body, "name"),
        .full_name = cy_hf_member(body, "full_name"),
        .email = cy_hf_member(body, "email"),
        .is_admin = kind == CY_ACCOUNT_USER && yyjson_is_true(yyjson_obj_get(body, "is_admin")),
        .made_by = kind == CY_ACCOUNT_ORGANISATION ? actor.id : CY_STR(""),
    };
    if (cy_account_create(request->app->hub, &actor, &new, request->arena, &account, &outcome) != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_text(&json, "id", account.id);
    cy_json_text(&json, "name", account.name);
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 201, &out);
}

void cy_api_user_create(struct cy_request *request, struct cy_response *response)
{
    if (cy_api_check_admin(request, response))
        create(request, response, CY_ACCOUNT_USER);
}

void cy_api_organisation_create(struct cy_request *request, struct cy_response *response)
{
    bool is_user = request->principal.user_id != NULL && (request->principal.scopes & CY_SCOPE_WRITE);
    if (is_user || cy_api_check_admin(request, response))
        create(request, response, CY_ACCOUNT_ORGANISATION);
}

void cy_api_user_disable(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    if (!cy_api_check_admin(request, response))
        return;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !cy_api_find_account(request, response, request->path_values[0], &account))
        return;
    if (cy_account_disable(request->app->hub, &actor, account.id, yyjson_is_true(yyjson_obj_get(body, "is_disabled")), &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
}

/* ---- tokens: of oneself, or of anybody for an admin ---- */

void cy_api_token_create(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    char id[37], text[CY_TOKEN_RANDOM + 4];
    unsigned scopes;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !cy_api_find_own(request, response, request->path_values[0], &account))
        return;
    struct cy_str name = cy_hf_member(body, "name"), scope = cy_hf_member(body, "scope");
    yyjson_val *expires = yyjson_obj_get(body, "expires_ms");
    int64_t expires_ms = yyjson_get_sint(expires);
    if (expires != NULL && (!yyjson_is_int(expires) || expires_ms < 0 || (expires_ms > 0 && expires_ms <= cy_now_ms()))) {
        cy_respond_error(request, response, 400, NULL, "expires_ms must be a time to come, in milliseconds since 1970, or 0 for never");
        return;
    }
    if (!cy_scopes_parse(scope.size > 0 ? scope : CY_STR("write"), &scopes)) {
        cy_respond_error(request, response, 400, NULL, "scope must be \"read\", \"write\" or \"admin\", found \"%.*s\"",
                         (int)CY_MIN(scope.size, 100), scope.data);
        return;
    }
    if (!cy_api_is_admin(request) && (scopes & ~request->principal.scopes) != 0) {
        cy_hf_forbid(request, response, "a token cannot make one that may do more than itself");
        return;
    }
    if (cy_token_create(request->app->hub, &actor, account.id, name.size > 0 ? name : CY_STR("token"), scopes, expires_ms, id, text,
                        &outcome) != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_text(&json, "id", cy_str(id));
    cy_json_text(&json, "token", cy_str(text));
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 201, &out);
    cy_respond_header(request, response, "Cache-Control", "no-store");
}

void cy_api_token_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_token *tokens = NULL;
    size_t count = 0;
    if (!cy_api_find_own(request, response, request->path_values[0], &account))
        return;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_tokens_of(database, account.id, request->arena, &tokens, &count, &outcome.error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_open(&json, "items", '[');
    for (size_t i = 0; i < count; i++) {
        const char *scope = tokens[i].scopes & CY_SCOPE_ADMIN ? "admin" : tokens[i].scopes & CY_SCOPE_WRITE ? "write" : "read";
        cy_json_open(&json, NULL, '{');
        cy_json_text(&json, "id", tokens[i].id);
        cy_json_text(&json, "name", tokens[i].name);
        cy_json_text(&json, "scope", cy_str(scope));
        cy_json_integer(&json, "created_ms", tokens[i].created_ms);
        cy_json_integer(&json, "used_ms", tokens[i].used_ms);
        cy_json_integer(&json, "expires_ms", tokens[i].expires_ms);
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}

void cy_api_token_revoke(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    if (!cy_api_find_own(request, response, request->path_values[0], &account))
        return;
    if (cy_token_revoke(request->app->hub, &actor, account.id, request->path_values[1], &outcome) == CY_OK)
        return;
    if (outcome.refusal == CY_REFUSAL_INPUT)
        cy_respond_error(request, response, 404, NULL, "%s", outcome.error.message);
    else
        cy_hf_refuse(request, response, &outcome);
}

/* ---- the same of whoever asks, who need not say his own name ---- */

static bool name_myself(struct cy_request *request, struct cy_response *response, const char *why)
{
    if (!cy_api_check_user(request, response, CY_SCOPE_WRITE, why))
        return false;
    request->path_values[1] = request->path_values[0]; /* as if it were /users/{user}/tokens/{token} */
    request->path_values[0] = cy_str(request->principal.user_name);
    request->path_value_count++;
    return true;
}

void cy_api_my_token_create(struct cy_request *request, struct cy_response *response)
{
    if (name_myself(request, response, "make a token"))
        cy_api_token_create(request, response);
}

void cy_api_my_token_list(struct cy_request *request, struct cy_response *response)
{
    if (name_myself(request, response, "see your tokens"))
        cy_api_token_list(request, response);
}

void cy_api_my_token_revoke(struct cy_request *request, struct cy_response *response)
{
    if (name_myself(request, response, "revoke a token"))
        cy_api_token_revoke(request, response);
}

/* ---- members ---- */

void cy_api_member_set(struct cy_request *request, struct cy_response *response)
{
    struct cy_account organisation, user;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    enum cy_role role;
    if (!cy_api_find_account(request, response, request->path_values[0], &organisation) ||
        !cy_api_check_organisation_admin(request, response, &organisation))
        return;
    if (!cy_api_body_role(request, response, &role))
        return;
    if (!cy_api_find_account(request, response, request->path_values[1], &user))
        return;
    if (cy_member_set(request->app->hub, &actor, &organisation, &user, role, &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
}

void cy_api_member_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_account organisation;
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_membership *members = NULL;
    size_t count = 0;
    if (request->principal.user_id == NULL && !request->principal.is_local) {
        cy_hf_forbid(request, response, "log in to see who belongs to an organisation");
        return;
    }
    if (!cy_api_find_account(request, response, request->path_values[0], &organisation))
        return;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_members_of(database, organisation.id, request->arena, &members, &count, &outcome.error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    cy_api_respond_members(request, response, members, count);
}
