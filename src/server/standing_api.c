/* Likes, grants, confirmations of parties, quotas; and the audit log. */
#include "hub/standing.h"

#include "hub/hub_names.h"
#include "hub/parties.h"
#include "server/api.h"

#include <yyjson.h>

cy_handler cy_hf_like, cy_hf_likes_of_user, cy_api_grant_set, cy_api_grant_list, cy_api_party_confirm, cy_api_party_list, cy_api_quota_get,
    cy_api_quota_set, cy_api_audit_list, cy_api_audit_verify;

enum { AUDIT_LIMIT_MAX = 1000, PARTY_BYTES_MAX = 200 };

/* ---- likes ---- */

void cy_hf_like(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome;
    if (request->principal.user_id == NULL || !(request->principal.scopes & CY_SCOPE_WRITE)) {
        cy_hf_forbid(request, response, "log in to like a dataset, with a token that may write");
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE)) {
        cy_hf_release_reader(&hf);
        if (cy_like_set(hf.hub, hf.viewer.user_id, hf.repository.id, strcmp(request->method, "DELETE") != 0, &outcome) != CY_OK)
            cy_hf_refuse(request, response, &outcome);
        else
            response->status = 200;
    }
    cy_hf_close(&hf);
}

void cy_hf_likes_of_user(struct cy_request *request, struct cy_response *response)
{
    struct cy_account user;
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_result rows = {0};
    if (!cy_api_find_user(request, response, request->path_values[0], &user))
        return;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = CY_RUN(database, CY_SQL_like_list_of_user, request->arena, &rows, &outcome.error, cy_value_text(user.id),
                        cy_value_text(cy_str(request->principal.user_id)));
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '[');
    for (size_t i = 0; i < rows.row_count; i++) {
        char created[CY_HF_TIME];
        struct cy_str namespace_name = cy_result_text(&rows, i, 0), name = cy_result_text(&rows, i, 1);
        cy_hf_time(cy_result_integer(&rows, i, 2), created);
        cy_json_open(&json, NULL, '{');
        cy_json_text(&json, "createdAt", cy_str(created));
        cy_json_open(&json, "repo", '{');
        cy_json_text(
            &json, "name",
            cy_str(cy_arena_printf(request->arena, "%.*s/%.*s", (int)namespace_name.size, namespace_name.data, (int)name.size, name.data)));
        cy_json_text(&json, "type", CY_STR("dataset"));
        cy_json_close(&json, '}');
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_respond_json(request, response, 200, &out);
}

/* ---- grants ---- */

void cy_api_grant_set(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome;
    struct cy_account user;
    struct cy_actor actor = cy_actor_of(request);
    enum cy_role role;
    if (!cy_api_body_role(request, response, &role))
        return;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN)) {
        cy_hf_release_reader(&hf);
        if (cy_api_find_user(request, response, request->path_values[2], &user) &&
            cy_grant_set(hf.hub, &actor, &hf.repository, &user, role, &outcome) != CY_OK)
            cy_hf_refuse(request, response, &outcome);
    }
    cy_hf_close(&hf);
}

void cy_api_grant_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome = {0};
    struct cy_membership *grants;
    size_t count;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN)) {
        if (cy_grants_of(hf.database, hf.repository.id, request->arena, &grants, &count, &outcome.error) != CY_OK)
            cy_hf_refuse(request, response, &outcome);
        else
            cy_api_respond_members(request, response, grants, count);
    }
    cy_hf_close(&hf);
}

/* ---- parties ---- */

/* The organisation of the party's name confirms, by one of its admins. */
void cy_api_party_confirm(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome;
    struct cy_account organisation;
    struct cy_actor actor = cy_actor_of(request);
    struct cy_str party = request->path_values[2];
    bool confirms = strcmp(request->method, "DELETE") != 0;
    if (party.size > PARTY_BYTES_MAX) {
        cy_respond_error(request, response, 400, NULL, "a party's name has at most %d bytes", PARTY_BYTES_MAX);
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE)) {
        cy_hf_release_reader(&hf);
        if (cy_api_find_account(request, response, party, &organisation) &&
            cy_api_check_organisation_admin(request, response, &organisation)) {
            if (organisation.kind != CY_ACCOUNT_ORGANISATION)
                cy_respond_error(request, response, 400, NULL, "\"%.*s\" is a user; a party is an organisation", (int)party.size,
                                 party.data);
            else if (cy_confirmation_set(hf.hub, &actor, &hf.repository, cy_name_key(request->arena, party), &organisation, confirms,
                                         &outcome) != CY_OK)
                cy_hf_refuse(request, response, &outcome);
        }
    }
    cy_hf_close(&hf);
}

static void answer_parties(struct cy_hf *hf, struct cy_str report, const struct cy_confirmation *confirmations, size_t confirmation_count)
{
    struct cy_party *parties;
    size_t count;
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_parties_merge(report, confirmations, confirmation_count, hf->request->arena, &parties, &count);
    cy_json_open_line(&json, NULL, '{');
    cy_json_open(&json, "items", '[');
    for (size_t i = 0; i < count; i++) {
        cy_json_open(&json, NULL, '{');
        cy_json_text(&json, "party", parties[i].name);
        cy_json_count(&json, "kept", parties[i].kept_count);
        cy_json_bool(&json, "is_confirmed", parties[i].confirmation != NULL);
        if (parties[i].confirmation != NULL) {
            cy_json_text(&json, "organisation", parties[i].confirmation->organisation_name);
            cy_json_integer(&json, "confirmed_ms", parties[i].confirmation->created_ms);
        }
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_respond_json(hf->request, hf->response, 200, &out);
}

void cy_api_party_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome = {0};
    struct cy_version version;
    struct cy_confirmation *rows;
    struct cy_str revision = CY_STR("refs/heads/main"), report = CY_STR("");
    size_t count;
    bool found = false;
    char sha256[65];
    cy_request_query(request, "revision", &revision);
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE) && cy_hf_find_version(&hf, revision, &version)) {
        enum cy_status status = cy_confirmations_of(hf.database, hf.repository.id, request->arena, &rows, &count, &outcome.error);
        if (status == CY_OK)
            status = cy_parties_find_report(hf.database, hf.repository.id, version.tree, request->arena, &found, sha256, &outcome.error);
        cy_hf_release_reader(&hf);
        if (status == CY_OK && found)
            status = cy_objects_read_all(hf.hub->objects, sha256, CY_PARTIES_REPORT_BYTES_MAX, request->arena, &report, &outcome.error);
        if (status != CY_OK)
            cy_hf_refuse(request, response, &outcome);
        else
            answer_parties(&hf, report, rows, count);
    }
    cy_hf_close(&hf);
}

/* ---- quotas ---- */

void cy_api_quota_get(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_quota quota;
    if (!cy_api_find_account(request, response, request->path_values[0], &account))
        return;
    bool is_own = request->principal.user_id != NULL && cy_str_is(account.id, request->principal.user_id);
    if (!is_own && !cy_api_check_organisation_admin(request, response, &account))
        return;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_quota_get(database, account.id, &quota, &outcome.error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_integer(&json, "size_bytes", quota.size_bytes);
    if (quota.size_bytes_max >= 0)
        cy_json_integer(&json, "size_bytes_max", quota.size_bytes_max);
    else
        cy_json_null(&json, "size_bytes_max");
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}

void cy_api_quota_set(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    if (!cy_api_check_admin(request, response))
        return;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !cy_api_find_account(request, response, request->path_values[0], &account))
        return;
    yyjson_val *max = yyjson_obj_get(body, "size_bytes_max");
    if (!yyjson_is_null(max) && (!yyjson_is_uint(max) || yyjson_get_uint(max) > INT64_MAX)) {
        cy_respond_error(request, response, 400, NULL, "size_bytes_max must be a whole number of bytes, or null for no limit");
        return;
    }
    int64_t size_bytes_max = yyjson_is_null(max) ? -1 : (int64_t)yyjson_get_uint(max);
    if (cy_quota_set(request->app->hub, &actor, &account, size_bytes_max, &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
}

/* ---- the audit log ---- */

void cy_api_audit_list(struct cy_request *request, struct cy_response *response)
{
    static const char *const names[] = {"sequence",   "created_ms", "actor_id",      "actor", "action",
                                        "subject_id", "detail",     "previous_hash", "hash"};
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_result rows = {0};
    int64_t after, limit;
    if (!cy_api_check_admin(request, response) || !cy_request_query_integer(request, response, "after", 0, INT64_MAX, 0, &after) ||
        !cy_request_query_integer(request, response, "limit", 1, AUDIT_LIMIT_MAX, 100, &limit))
        return;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status =
            CY_RUN(database, CY_SQL_audit_from, request->arena, &rows, &outcome.error, cy_value_integer(after), cy_value_integer(limit));
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
    for (size_t i = 0; i < rows.row_count; i++) {
        cy_json_open(&json, NULL, '{');
        for (size_t j = 0; j < CY_COUNT(names); j++)
            if (j < 2)
                cy_json_integer(&json, names[j], cy_result_integer(&rows, i, j));
            else if (j == 6)
                cy_json_raw(&json, names[j], cy_result_text(&rows, i, j));
            else
                cy_json_text(&json, names[j], cy_result_text(&rows, i, j));
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}

void cy_api_audit_verify(struct cy_request *request, struct cy_response *response)
{
    struct cy_error error = {0};
    struct cy_database *database;
    uint64_t entry_count = 0;
    if (!cy_api_check_admin(request, response))
        return;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &error);
    if (status == CY_OK) {
        status = cy_audit_verify(database, &entry_count, &error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK && status != CY_BAD_INPUT) {
        cy_respond_failure(request, response, &error);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_bool(&json, "is_good", status == CY_OK);
    cy_json_count(&json, "entry_count", entry_count);
    if (status != CY_OK)
        cy_json_text(&json, "problem", cy_str(error.message));
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}
