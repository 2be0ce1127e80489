#include "server/api.h"

bool cy_api_is_admin(const struct cy_request *request)
{
    return request->principal.is_local || (request->principal.is_admin && (request->principal.scopes & CY_SCOPE_ADMIN));
}

bool cy_api_check_admin(struct cy_request *request, struct cy_response *response)
{
    if (cy_api_is_admin(request))
        return true;
    cy_hf_forbid(request, response, "this is for admins of the server, with a token of the scope \"admin\"");
    return false;
}

bool cy_api_find_account(struct cy_request *request, struct cy_response *response, struct cy_str name, struct cy_account *account)
{
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_account_find(database, name, request->arena, account, &outcome);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    return status == CY_OK;
}

bool cy_api_find_user(struct cy_request *request, struct cy_response *response, struct cy_str name, struct cy_account *user)
{
    if (!cy_api_find_account(request, response, name, user))
        return false;
    if (user->kind == CY_ACCOUNT_USER)
        return true;
    cy_respond_error(request, response, 400, NULL, "\"%.*s\" is an organisation, not a user", (int)name.size, name.data);
    return false;
}

bool cy_api_check_organisation_admin(struct cy_request *request, struct cy_response *response, const struct cy_account *organisation)
{
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_result rows = {0};
    if (cy_api_is_admin(request))
        return true;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = CY_RUN(database, CY_SQL_member_role, request->arena, &rows, &outcome.error, cy_value_text(organisation->id),
                        cy_value_text(cy_str(request->principal.user_id)));
        cy_store_reader_back(request->app->hub->store, database);
    }
    bool is_allowed =
        rows.row_count == 1 && cy_result_integer(&rows, 0, 0) == CY_ROLE_ADMIN && (request->principal.scopes & CY_SCOPE_WRITE);
    if (status != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    else if (!is_allowed)
        cy_hf_forbid(request, response, "you are no admin of this organisation");
    return status == CY_OK && is_allowed;
}

bool cy_api_find_own(struct cy_request *request, struct cy_response *response, struct cy_str name, struct cy_account *user)
{
    bool is_own = request->principal.user_name != NULL && cy_str_equal_nocase(cy_str(request->principal.user_name), name) &&
                  (request->principal.scopes & CY_SCOPE_WRITE);
    return (is_own || cy_api_check_admin(request, response)) && cy_api_find_user(request, response, name, user);
}

bool cy_api_check_user(struct cy_request *request, struct cy_response *response, unsigned needs, const char *why)
{
    if (request->principal.user_id == NULL)
        cy_respond_error(request, response, request->principal.is_local ? 403 : 401, NULL, "log in to %s", why);
    else if ((needs & ~request->principal.scopes) != 0)
        cy_respond_error(request, response, 403, NULL, "the token may not %s: it has not the scope \"%s\"", why,
                         needs & CY_SCOPE_ADMIN   ? "admin"
                         : needs & CY_SCOPE_WRITE ? "write"
                                                  : "read");
    else
        return true;
    return false;
}

bool cy_api_body_role(struct cy_request *request, struct cy_response *response, enum cy_role *role)
{
    *role = CY_ROLE_NONE;
    if (strcmp(request->method, "DELETE") == 0)
        return true;
    struct yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return false;
    struct cy_str name = cy_hf_member(body, "role");
    if (cy_role_parse(name, role))
        return true;
    cy_respond_error(request, response, 400, NULL, "role must be read, see-removed, write or admin, found \"%.*s\"",
                     (int)CY_MIN(name.size, 100), name.data);
    return false;
}

void cy_api_respond_members(struct cy_request *request, struct cy_response *response, const struct cy_membership *members, size_t count)
{
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_open(&json, "items", '[');
    for (size_t i = 0; i < count; i++) {
        cy_json_open(&json, NULL, '{');
        cy_json_text(&json, "name", members[i].name);
        cy_json_text(&json, "role", cy_str(cy_role_name(members[i].role)));
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}
