/* The history of a repository: commits, branches, tags. */
#include "hub/refs.h"
#include "server/hf.h"

#include <yyjson.h>

cy_handler cy_hf_commits, cy_hf_refs, cy_hf_tag_create, cy_hf_tag_delete, cy_hf_branch_create, cy_hf_branch_delete;

enum {
    COMMITS_LIMIT = 100, /* of one answer, when nothing is said */
    COMMITS_LIMIT_MAX = 1000,
};

/* ---- commits ---- */

static void add_commit(struct cy_json *json, const struct cy_version *version)
{
    char date[CY_HF_TIME];
    cy_hf_time(version->created_ms, date);
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "id", version->sha);
    cy_json_text(json, "title", version->title);
    cy_json_text(json, "message", version->message);
    cy_json_text(json, "date", cy_str(date));
    cy_json_open(json, "authors", '[');
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "user", version->author_name);
    cy_json_close(json, '}');
    cy_json_close(json, ']');
    cy_json_open(json, "parents", '[');
    if (version->parent.size > 0)
        cy_json_text(json, NULL, version->parent);
    cy_json_close(json, ']');
    cy_json_close(json, '}');
}

static void answer_commits(struct cy_hf *hf, const struct cy_version *tip)
{
    struct cy_request *request = hf->request;
    struct cy_outcome outcome = {0};
    struct cy_version *history, start = *tip;
    struct cy_str cursor;
    size_t count;
    int64_t limit;
    if (!cy_request_query_integer(request, hf->response, "limit", 1, INT32_MAX, COMMITS_LIMIT, &limit))
        return;
    limit = CY_MIN(limit, COMMITS_LIMIT_MAX);
    if (cy_request_query(request, "cursor", &cursor) && !cy_hf_find_version(hf, cursor, &start))
        return;
    if (cy_version_history(hf->database, hf->repository.id, start.sha, (size_t)limit + 1, request->arena, &history, &count,
                           &outcome.error) != CY_OK) {
        cy_hf_refuse(request, hf->response, &outcome);
        return;
    }
    if (count > (size_t)limit)
        cy_respond_header(request, hf->response, "Link", "<%.*s%.*s?limit=%d&cursor=%.*s>; rel=\"next\"", (int)request->host.size,
                          request->host.data, (int)request->path.size, request->path.data, (int)limit, (int)history[limit].sha.size,
                          history[limit].sha.data);
    cy_respond_header(request, hf->response, "X-Total-Count", "%lld", (long long)tip->depth + 1);
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '[');
    for (size_t i = 0; i < CY_MIN(count, (size_t)limit); i++)
        add_commit(&json, &history[i]);
    cy_json_close(&json, ']');
    cy_respond_json(request, hf->response, 200, &out);
}

void cy_hf_commits(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_version version;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE) && cy_hf_find_version(&hf, request->path_values[2], &version))
        answer_commits(&hf, &version);
    cy_hf_close(&hf);
}

/* ---- branches and tags ---- */

static void add_refs(struct cy_json *json, const char *key, struct cy_str prefix, const struct cy_ref *refs, size_t count)
{
    cy_json_open(json, key, '[');
    for (size_t i = 0; i < count; i++) {
        if (!cy_str_starts(refs[i].name, prefix))
            continue;
        cy_json_open(json, NULL, '{');
        cy_json_text(json, "name", (struct cy_str){refs[i].name.data + prefix.size, refs[i].name.size - prefix.size});
        cy_json_text(json, "ref", refs[i].name);
        cy_json_text(json, "targetCommit", refs[i].target);
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
}

void cy_hf_refs(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_outcome outcome = {0};
    struct cy_ref *refs;
    size_t count;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE)) {
        if (cy_refs_of(hf.database, hf.repository.id, request->arena, &refs, &count, &outcome.error) != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else {
            struct cy_buffer out = {0};
            struct cy_json json = {.out = &out};
            cy_json_open_line(&json, NULL, '{');
            add_refs(&json, "branches", CY_STR("refs/heads/"), refs, count);
            add_refs(&json, "tags", CY_STR("refs/tags/"), refs, count);
            add_refs(&json, "converts", CY_STR("refs/convert/"), refs, count);
            add_refs(&json, "pullRequests", CY_STR("refs/pr/"), refs, count);
            cy_json_close(&json, '}');
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_hf_close(&hf);
}

static void create_ref(struct cy_request *request, struct cy_response *response, enum cy_ref_kind kind, struct cy_str name,
                       struct cy_str revision, struct cy_str message)
{
    struct cy_hf hf;
    struct cy_outcome outcome;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE)) {
        struct cy_actor actor = cy_actor_of(request);
        cy_hf_release_reader(&hf);
        if (cy_ref_create(hf.hub, &actor, hf.repository.id, kind, name, revision, message, &outcome) != CY_OK)
            cy_hf_refuse(request, response, &outcome);
        else
            response->status = 200;
    }
    cy_hf_close(&hf);
}

static void delete_ref(struct cy_request *request, struct cy_response *response, enum cy_ref_kind kind)
{
    struct cy_hf hf;
    struct cy_outcome outcome;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE)) {
        struct cy_actor actor = cy_actor_of(request);
        cy_hf_release_reader(&hf);
        if (cy_ref_delete(hf.hub, &actor, hf.repository.id, kind, request->path_values[2], &outcome) != CY_OK)
            cy_hf_refuse(request, response, &outcome);
        else
            response->status = 200;
    }
    cy_hf_close(&hf);
}

void cy_hf_tag_create(struct cy_request *request, struct cy_response *response)
{
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body != NULL)
        create_ref(request, response, CY_REF_TAG, cy_hf_member(body, "tag"), request->path_values[2], cy_hf_member(body, "message"));
}

void cy_hf_tag_delete(struct cy_request *request, struct cy_response *response)
{
    delete_ref(request, response, CY_REF_TAG);
}

void cy_hf_branch_create(struct cy_request *request, struct cy_response *response)
{
    struct cy_str revision = {0};
    if (request->body.size > 0) {
        yyjson_val *body = cy_hf_body_object(request, response);
        if (body == NULL)
            return;
        revision = cy_hf_member(body, "startingPoint");
    }
    create_ref(request, response, CY_REF_BRANCH, request->path_values[2], revision, CY_STR(""));
}

void cy_hf_branch_delete(struct cy_request *request, struct cy_response *response)
{
    delete_ref(request, response, CY_REF_BRANCH);
}
