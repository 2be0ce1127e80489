/* Who am I: /api/whoami-v2. */
#include "hub/tokens.h"
#include "server/hf.h"

cy_handler cy_hf_whoami;

static void add_organisations(struct cy_json *json, const struct cy_membership *memberships, size_t count)
{
    cy_json_open(json, "orgs", '[');
    for (size_t i = 0; i < count; i++) {
        cy_json_open(json, NULL, '{');
        cy_json_text(json, "type", CY_STR("org"));
        cy_json_text(json, "id", memberships[i].id);
        cy_json_text(json, "name", memberships[i].name);
        cy_json_text(json, "fullname", memberships[i].full_name.size > 0 ? memberships[i].full_name : memberships[i].name);
        cy_json_text(json, "roleInOrg", cy_str(cy_role_name(memberships[i].role)));
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
}

static void add_token(struct cy_json *json, const struct cy_request *request, const struct cy_token *tokens, size_t token_count)
{
    const char *role = request->principal.scopes & CY_SCOPE_WRITE ? "write" : "read";
    cy_json_open(json, "auth", '{');
    cy_json_text(json, "type", CY_STR("access_token"));
    cy_json_open(json, "accessToken", '{');
    struct cy_str name = CY_STR("token");
    for (size_t i = 0; i < token_count; i++)
        if (request->principal.token_id != NULL && cy_str_is(tokens[i].id, request->principal.token_id)) {
            char created[CY_HF_TIME];
            name = tokens[i].name;
            cy_hf_time(tokens[i].created_ms, created);
            cy_json_text(json, "createdAt", cy_str(created));
        }
    cy_json_text(json, "displayName", name);
    cy_json_text(json, "role", cy_str(role));
    cy_json_close(json, '}');
    cy_json_close(json, '}');
}

void cy_hf_whoami(struct cy_request *request, struct cy_response *response)
{
    struct cy_viewer viewer = cy_viewer_of(request);
    struct cy_database *database;
    struct cy_outcome outcome = {0};
    struct cy_account account;
    struct cy_membership *memberships = NULL;
    struct cy_token *tokens = NULL;
    size_t membership_count = 0, token_count = 0;
    if (viewer.user_id.size == 0) {
        cy_respond_error(request, response, 401, NULL, "Invalid username or password.");
        return;
    }
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_account_find(database, viewer.user_name, request->arena, &account, &outcome);
        if (status == CY_OK)
            status = cy_memberships_of(database, viewer.user_id, request->arena, &memberships, &membership_count, &outcome.error);
        if (status == CY_OK)
            status = cy_tokens_of(database, viewer.user_id, request->arena, &tokens, &token_count, &outcome.error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_text(&json, "type", CY_STR("user"));
    cy_json_text(&json, "id", account.id);
    cy_json_text(&json, "name", account.name);
    cy_json_text(&json, "fullname", account.full_name.size > 0 ? account.full_name : account.name);
    if (account.email.size > 0)
        cy_json_text(&json, "email", account.email);
    cy_json_bool(&json, "isAdmin", account.is_admin);
    add_organisations(&json, memberships, membership_count);
    add_token(&json, request, tokens, token_count);
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}
