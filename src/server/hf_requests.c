/* Access requests of gated repositories: asked by users, listed and answered by the owner. */
#include "hub/access_requests.h"
#include "server/hf.h"

#include <yyjson.h>

cy_handler cy_hf_ask_access, cy_hf_requests, cy_hf_requests_handle, cy_hf_requests_grant;

enum { REQUESTS_LIMIT = 100 };

/* ---- the form ---- */

/* Is `value` an answer to a field of the card's form? `kind`: "text", "checkbox", …, or {"type": "select", "options": […]}. */
static bool fits_field(yyjson_val *kind, yyjson_val *value)
{
    yyjson_val *type = yyjson_is_obj(kind) ? yyjson_obj_get(kind, "type") : kind, *options = yyjson_obj_get(kind, "options"), *option;
    size_t i, count;
    if (yyjson_equals_str(type, "checkbox"))
        return yyjson_is_true(value);
    if (!yyjson_is_str(value) || yyjson_get_len(value) == 0)
        return false;
    if (!yyjson_equals_str(type, "select") || !yyjson_is_arr(options))
        return true;
    yyjson_arr_foreach(options, i, count, option)
    {
        yyjson_val *meant = yyjson_is_obj(option) ? yyjson_obj_get(option, "value") : option;
        if (yyjson_is_str(meant) && yyjson_equals_strn(value, yyjson_get_str(meant), yyjson_get_len(meant)))
            return true;
    }
    return false;
}

/* What the card's extra_gated_fields ask for must be filled in. False: the answer is there. */
static bool check_form(struct cy_hf *hf, yyjson_val *body)
{
    yyjson_doc *card = yyjson_read(hf->repository.card.data, hf->repository.card.size, YYJSON_READ_NOFLAG);
    yyjson_val *fields = yyjson_obj_get(yyjson_doc_get_root(card), "extra_gated_fields"), *name, *kind;
    size_t i, count;
    yyjson_obj_foreach(fields, i, count, name, kind)
    {
        if (hf->response->status == 0 && !fits_field(kind, yyjson_obj_getn(body, yyjson_get_str(name), yyjson_get_len(name))))
            cy_respond_error(hf->request, hf->response, 400, NULL, "the form asks for \"%s\", and it is not filled in as it asks",
                             yyjson_get_str(name));
    }
    yyjson_doc_free(card);
    return hf->response->status == 0;
}

void cy_hf_ask_access(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome;
    struct cy_str status_now, fields = CY_STR("{}");
    struct cy_actor actor = cy_actor_of(request);
    yyjson_val *body = NULL;
    if (request->body.size > 0 && request->body.data[0] == '{') { /* what the form asked for, kept as it is */
        body = cy_hf_body_object(request, response);
        if (body == NULL)
            return;
        fields = request->body;
    }
    if (request->principal.user_id == NULL) {
        cy_hf_forbid(request, response, "log in to ask for access");
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE) && check_form(&hf, body)) {
        cy_hf_release_reader(&hf);
        if (cy_access_ask(hf.hub, &actor, &hf.repository, fields, request->arena, &status_now, &outcome) != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else {
            struct cy_buffer out = {0};
            cy_buffer_printf(&out, "{\"status\":\"%.*s\"}", (int)status_now.size, status_now.data);
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_hf_close(&hf);
}

/* ---- the owner's side ---- */

static bool is_status(struct cy_str text)
{
    return cy_str_is(text, "pending") || cy_str_is(text, "accepted") || cy_str_is(text, "rejected");
}

static void add_request(struct cy_json *json, const struct cy_access_request *row)
{
    char time[CY_HF_TIME];
    cy_hf_time(row->created_ms, time);
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "requestId", row->id);
    cy_json_open(json, "user", '{');
    cy_json_text(json, "_id", row->user_id);
    cy_json_text(json, "user", row->user_name);
    cy_json_text(json, "fullname", row->full_name.size > 0 ? row->full_name : row->user_name);
    if (row->email.size > 0)
        cy_json_text(json, "email", row->email);
    cy_json_close(json, '}');
    cy_json_text(json, "status", row->status);
    cy_json_text(json, "timestamp", cy_str(time));
    cy_json_raw(json, "fields", row->fields);
    if (row->reason.size > 0)
        cy_json_text(json, "rejectionReason", row->reason);
    cy_json_close(json, '}');
}

void cy_hf_requests(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome = {0};
    struct cy_access_request *rows;
    struct cy_str after = {0};
    size_t count;
    cy_request_query(request, "cursor", &after);
    if (!is_status(request->path_values[2])) {
        cy_respond_error(request, response, 404, "EntryNotFound", "requests are pending, accepted or rejected");
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN)) {
        if (hf.repository.gate == CY_GATE_NONE) {
            cy_respond_error(request, response, 400, NULL, "the repository is not gated");
        } else if (cy_access_requests_of(hf.database, hf.repository.id, request->path_values[2], after, REQUESTS_LIMIT + 1, request->arena,
                                         &rows, &count, &outcome.error) != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else {
            struct cy_buffer out = {0};
            struct cy_json json = {.out = &out};
            cy_json_open_line(&json, NULL, '[');
            for (size_t i = 0; i < CY_MIN(count, (size_t)REQUESTS_LIMIT); i++)
                add_request(&json, &rows[i]);
            cy_json_close(&json, ']');
            if (count > REQUESTS_LIMIT)
                cy_respond_header(request, response, "Link", "<%.*s%.*s?cursor=%.*s>; rel=\"next\"", (int)request->host.size,
                                  request->host.data, (int)request->path.size, request->path.data, (int)rows[REQUESTS_LIMIT - 1].id.size,
                                  rows[REQUESTS_LIMIT - 1].id.data);
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_hf_close(&hf);
}

/* The user of a body: by name, or by the id of his request. False: the answer is there. */
static bool find_user(struct cy_hf *hf, yyjson_val *body, struct cy_str *user_id)
{
    struct cy_request *request = hf->request;
    struct cy_outcome outcome = {0};
    struct cy_account account;
    struct cy_result rows;
    struct cy_str name = cy_hf_member(body, "user"), id = cy_hf_member(body, "requestId");
    enum cy_status status;
    if (id.size > 0) {
        status = CY_RUN(hf->database, CY_SQL_access_request_user, request->arena, &rows, &outcome.error, cy_value_text(hf->repository.id),
                        cy_value_text(id));
        if (status == CY_OK && rows.row_count == 0)
            status = cy_refuse(&outcome, CY_REFUSAL_NO_ACCOUNT, "there is no such request");
        if (status == CY_OK)
            *user_id = cy_result_text(&rows, 0, 0);
    } else {
        status = cy_account_find(hf->database, name, request->arena, &account, &outcome);
        if (status == CY_OK && account.kind != CY_ACCOUNT_USER)
            status = cy_refuse(&outcome, CY_REFUSAL_NO_ACCOUNT, "\"%.*s\" is no user", (int)name.size, name.data);
        if (status == CY_OK)
            *user_id = account.id;
    }
    if (status != CY_OK)
        cy_hf_refuse(request, hf->response, &outcome);
    return status == CY_OK;
}

/* One body, two actions. */
static void decide(struct cy_request *request, struct cy_response *response, bool is_grant)
{
    struct cy_hf hf;
    struct cy_outcome outcome;
    struct cy_str user_id;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    struct cy_str status_name = cy_hf_member(body, "status");
    if (!is_grant && !is_status(status_name)) {
        cy_respond_error(request, response, 400, NULL, "status must be \"pending\", \"accepted\" or \"rejected\"");
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN)) {
        if (hf.repository.gate == CY_GATE_NONE) {
            cy_respond_error(request, response, 400, NULL, "the repository is not gated");
        } else if (find_user(&hf, body, &user_id)) {
            struct cy_actor actor = cy_actor_of(request);
            cy_hf_release_reader(&hf);
            enum cy_status status = is_grant ? cy_access_grant(hf.hub, &actor, &hf.repository, user_id, &outcome)
                                             : cy_access_answer(hf.hub, &actor, &hf.repository, user_id, status_name,
                                                                cy_hf_member(body, "rejectionReason"), &outcome);
            if (status != CY_OK)
                cy_hf_refuse(request, response, &outcome);
            else {
                response->status = 200;
                response->bytes = CY_STR("{\"success\":true}");
            }
        }
    }
    cy_hf_close(&hf);
}

void cy_hf_requests_handle(struct cy_request *request, struct cy_response *response)
{
    decide(request, response, false);
}

void cy_hf_requests_grant(struct cy_request *request, struct cy_response *response)
{
    decide(request, response, true);
}
