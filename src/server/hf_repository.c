/* Repositories: make, delete, move, change, look at; may I? */
#include "server/hf.h"

#include <yyjson.h>

cy_handler cy_hf_create, cy_hf_delete, cy_hf_move, cy_hf_settings, cy_hf_info, cy_hf_auth_check, cy_hf_auth_check_write;

/* Only datasets are served. */
static bool check_type(struct cy_request *request, struct cy_response *response, struct cy_str type)
{
    if (cy_str_is(type, "dataset"))
        return true;
    cy_respond_error(request, response, 400, NULL, "this hub keeps datasets alone: the type must be \"dataset\", found \"%.*s\"",
                     (int)CY_MIN(type.size, 100), type.data);
    return false;
}

/* {"url", "name"}; the URL is the page's, which clients read the name from. */
static void add_url(struct cy_request *request, struct cy_json *json, struct cy_str namespace_name, struct cy_str name)
{
    cy_json_text(json, "url",
                 cy_str(cy_arena_printf(request->arena, "%.*s/datasets/%.*s/%.*s", (int)request->host.size, request->host.data,
                                        (int)namespace_name.size, namespace_name.data, (int)name.size, name.data)));
    cy_json_text(
        json, "name",
        cy_str(cy_arena_printf(request->arena, "%.*s/%.*s", (int)namespace_name.size, namespace_name.data, (int)name.size, name.data)));
}

static void answer_exists(struct cy_request *request, struct cy_response *response, const struct cy_outcome *outcome,
                          struct cy_str namespace_name, struct cy_str name)
{
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_respond_error(request, response, 409, NULL, "%s", outcome->error.message); /* for its headers */
    cy_json_open_line(&json, NULL, '{');
    cy_json_text(&json, "error", cy_str(outcome->error.message));
    add_url(request, &json, namespace_name, name);
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 409, &out);
}

/* The account in which something is to be made, or an answer and false. */
static bool find_namespace(struct cy_request *request, struct cy_response *response, struct cy_str name, struct cy_account *account)
{
    struct cy_viewer viewer = cy_viewer_of(request);
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    if (viewer.user_id.size == 0 && !viewer.is_local) {
        cy_respond_error(request, response, 401, NULL, "log in first");
        return false;
    }
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_namespace_check(database, &viewer, name, request->arena, account, &outcome);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    return status == CY_OK;
}

void cy_hf_create(struct cy_request *request, struct cy_response *response)
{
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !check_type(request, response, cy_hf_member(body, "type")))
        return;
    struct cy_str name = cy_hf_member(body, "name"), organisation = cy_hf_member(body, "organization"), id;
    struct cy_str visibility = cy_hf_member(body, "visibility"), rest;
    struct cy_str first = cy_str_split(name, '/', &rest);
    if (rest.size > 0) { /* "alice/x", as older clients send it */
        organisation = first;
        name = rest;
    }
    if (organisation.size == 0)
        organisation = cy_str(request->principal.user_name);
    bool is_private = cy_str_is(visibility, "private") || yyjson_is_true(yyjson_obj_get(body, "private"));
    struct cy_account account;
    if (!find_namespace(request, response, organisation, &account))
        return;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    enum cy_status status = cy_repository_create(request->app->hub, &actor, &account, name, is_private, request->arena, &id, &outcome);
    if (status != CY_OK && outcome.refusal == CY_REFUSAL_EXISTS) {
        answer_exists(request, response, &outcome, account.name, name);
    } else if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
    } else {
        struct cy_buffer out = {0};
        struct cy_json json = {.out = &out};
        cy_json_open_line(&json, NULL, '{');
        add_url(request, &json, account.name, name);
        cy_json_text(&json, "id", id);
        cy_json_close(&json, '}');
        cy_respond_json(request, response, 200, &out);
    }
}

/* "ns/name" as the two values of a path that it is not in. */
static void take_repository(struct cy_request *request, struct cy_str path)
{
    request->path_values[0] = cy_str_split(path, '/', &request->path_values[1]);
    request->path_value_count = 2;
}

void cy_hf_delete(struct cy_request *request, struct cy_response *response)
{
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !check_type(request, response, cy_hf_member(body, "type")))
        return;
    request->path_values[0] = cy_hf_member(body, "organization");
    request->path_values[1] = cy_hf_member(body, "name");
    if (request->path_values[0].size == 0)
        request->path_values[0] = cy_str(request->principal.user_name);
    if (memchr(request->path_values[1].data, '/', request->path_values[1].size) != NULL)
        take_repository(request, request->path_values[1]);
    struct cy_hf hf;
    struct cy_outcome outcome;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN)) {
        struct cy_actor actor = cy_actor_of(request);
        cy_hf_release_reader(&hf);
        if (cy_repository_delete(hf.hub, &actor, &hf.repository, &outcome) != CY_OK)
            cy_hf_refuse(request, response, &outcome);
        else
            response->status = 200;
    }
    cy_hf_close(&hf);
}

void cy_hf_move(struct cy_request *request, struct cy_response *response)
{
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !check_type(request, response, cy_hf_member(body, "type")))
        return;
    struct cy_str name, namespace_name = cy_str_split(cy_hf_member(body, "toRepo"), '/', &name);
    struct cy_account account;
    struct cy_hf hf;
    struct cy_outcome outcome;
    take_repository(request, cy_hf_member(body, "fromRepo"));
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN)) {
        struct cy_actor actor = cy_actor_of(request);
        cy_hf_release_reader(&hf);
        if (find_namespace(request, response, namespace_name, &account)) {
            if (cy_repository_move(hf.hub, &actor, &hf.repository, &account, name, &outcome) != CY_OK)
                cy_hf_refuse(request, response, &outcome);
            else
                response->status = 200;
        }
    }
    cy_hf_close(&hf);
}

/* "gated" of a settings body: false, "auto" or "manual". */
static bool read_gate(struct cy_request *request, struct cy_response *response, yyjson_val *value, enum cy_gate *gate)
{
    struct cy_str text = yyjson_is_str(value) ? (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)} : CY_STR("");
    if (yyjson_is_false(value))
        *gate = CY_GATE_NONE;
    else if (cy_str_is(text, "auto"))
        *gate = CY_GATE_AUTO;
    else if (cy_str_is(text, "manual"))
        *gate = CY_GATE_MANUAL;
    else
        cy_respond_error(request, response, 400, NULL, "gated must be false, \"auto\" or \"manual\"");
    return response->status == 0;
}

void cy_hf_settings(struct cy_request *request, struct cy_response *response)
{
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    struct cy_repository_settings settings = {0};
    enum cy_gate gate;
    yyjson_val *gated = yyjson_obj_get(body, "gated"), *private_flag = yyjson_obj_get(body, "private");
    struct cy_str visibility = cy_hf_member(body, "visibility");
    if (visibility.size > 0 && !cy_str_is(visibility, "public") && !cy_str_is(visibility, "private")) {
        cy_respond_error(request, response, 400, NULL, "visibility must be \"public\" or \"private\"");
        return;
    }
    bool is_private = cy_str_is(visibility, "private") || yyjson_is_true(private_flag);
    if (visibility.size > 0 || yyjson_is_bool(private_flag))
        settings.is_private = &is_private;
    if (gated != NULL && !read_gate(request, response, gated, &gate))
        return;
    if (gated != NULL)
        settings.gate = &gate;
    struct cy_hf hf;
    struct cy_outcome outcome;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN)) {
        struct cy_actor actor = cy_actor_of(request);
        cy_hf_release_reader(&hf);
        if (cy_repository_set(hf.hub, &actor, &hf.repository, &settings, &outcome) != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else {
            struct cy_buffer out = {0};
            bool stays_private = settings.is_private != NULL ? is_private : hf.repository.is_private;
            enum cy_gate stays_gated = settings.gate != NULL ? gate : hf.repository.gate;
            struct cy_json json = {.out = &out};
            cy_json_open_line(&json, NULL, '{');
            cy_json_bool(&json, "private", stays_private);
            if (stays_gated == CY_GATE_NONE)
                cy_json_bool(&json, "gated", false);
            else
                cy_json_text(&json, "gated", cy_str(cy_gate_name(stays_gated)));
            cy_json_close(&json, '}');
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_hf_close(&hf);
}

/* ---- info ---- */

struct siblings {
    struct cy_json *json;
    struct cy_hf_guard guard;
    bool with_blobs;
};

static bool add_sibling(void *context, struct cy_str path, const struct cy_entry *entry)
{
    struct siblings *siblings = context;
    if (entry->is_folder || !cy_hf_may_see(&siblings->guard, path))
        return true;
    cy_json_open(siblings->json, NULL, '{');
    cy_json_text(siblings->json, "rfilename", path);
    if (siblings->with_blobs)
        cy_hf_add_blob(siblings->json, "blobId", entry);
    cy_json_close(siblings->json, '}');
    return true;
}

static bool is_true(struct cy_request *request, const char *name)
{
    struct cy_str value;
    return cy_request_query(request, name, &value) && (cy_str_equal_nocase(value, CY_STR("true")) || cy_str_is(value, "1"));
}

static void answer_info(struct cy_hf *hf, const struct cy_version *version)
{
    struct cy_request *request = hf->request;
    struct cy_outcome outcome = {0};
    struct cy_str *tags;
    size_t tag_count;
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    struct cy_oid root;
    struct siblings siblings = {.json = &json, .with_blobs = is_true(request, "blobs")};
    if (!cy_hf_find_guard(hf, version, &siblings.guard))
        return;
    CY_ASSERT(cy_oid_parse(version->tree, &root));
    enum cy_status status = cy_repository_tags(hf->database, hf->repository.id, request->arena, &tags, &tag_count, &outcome.error);
    if (status == CY_OK) {
        cy_hf_add_dataset(&json, &hf->repository, tags, tag_count, version->sha, true);
        cy_json_integer(&json, "usedStorage", hf->repository.size_bytes);
        cy_json_open(&json, "siblings", '[');
        status = cy_version_walk(hf->database, hf->repository.id, &root, CY_STR(""), true, request->arena, add_sibling, &siblings,
                                 &outcome.error);
        cy_json_close(&json, ']');
        cy_json_close(&json, '}');
    }
    if (status == CY_OK) {
        cy_respond_json(request, hf->response, 200, &out);
        return;
    }
    cy_buffer_release(&out);
    cy_hf_refuse(request, hf->response, &outcome);
}

void cy_hf_info(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_version version;
    struct cy_str revision = request->path_value_count > 2 ? request->path_values[2] : CY_STR("refs/heads/main");
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE) && cy_hf_find_version(&hf, revision, &version))
        answer_info(&hf, &version);
    cy_hf_close(&hf);
}

/* ---- may I? ---- */

static void auth_check(struct cy_request *request, struct cy_response *response, unsigned needs)
{
    struct cy_hf hf;
    if (cy_hf_open(&hf, request, response, needs)) {
        response->status = 200;
        response->bytes = CY_STR("{}");
    }
    cy_hf_close(&hf);
}

void cy_hf_auth_check(struct cy_request *request, struct cy_response *response)
{
    auth_check(request, response, CY_ACCESS_SEE | CY_ACCESS_READ);
}

void cy_hf_auth_check_write(struct cy_request *request, struct cy_response *response)
{
    auth_check(request, response, CY_ACCESS_SEE | CY_ACCESS_READ | CY_ACCESS_WRITE);
}
