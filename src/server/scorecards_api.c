/* Scorecards: what an assessment found of a version, kept beside it and never inside it. Whoever may read the files sees the figures; the
 * evidence, which quotes what was removed, is for those who may see that. */
#include "hub/audit.h"
#include "server/hf.h"

#include <stdlib.h>

#include <yyjson.h>

cy_handler cy_api_scorecard_add, cy_api_scorecard_list, cy_api_scorecard_get;

enum { PROFILE_BYTES_MAX = 100, SCORECARD_BYTES_MAX = 16 * 1024 * 1024 };

static bool open_version(struct cy_hf *hf, struct cy_request *request, struct cy_response *response, unsigned needs,
                         struct cy_version *version)
{
    return cy_hf_open(hf, request, response, needs) && cy_hf_find_version(hf, request->path_values[2], version);
}

static void add_row(struct cy_json *json, const struct cy_result *rows, size_t row)
{
    char created[CY_HF_TIME];
    cy_hf_time(cy_result_integer(rows, row, 5), created);
    cy_json_text(json, "id", cy_result_text(rows, row, 0));
    cy_json_text(json, "profile", cy_result_text(rows, row, 1));
    cy_json_text(json, "sha256", cy_result_text(rows, row, 2));
    cy_json_integer(json, "size_bytes", cy_result_integer(rows, row, 3));
    cy_json_text(json, "created_by", cy_result_text(rows, row, 4));
    cy_json_text(json, "created", cy_str(created));
}

/* ---- adding ---- */

struct new_scorecard {
    struct cy_actor actor;
    struct cy_str repository_id, version, profile;
    char id[37], sha256[65];
    size_t size_bytes;
};

static enum cy_status add_scorecard(struct cy_database *database, void *context, struct cy_error *error)
{
    struct new_scorecard *new = context;
    struct cy_arena arena = {0};
    int64_t now_ms = cy_now_ms();
    struct cy_value size = cy_value_integer((int64_t) new->size_bytes), hash = cy_value_text(cy_str(new->sha256));
    enum cy_status status = CY_RUN(database, CY_SQL_object_commit, &arena, NULL, error, cy_value_text(new->repository_id), hash, size,
                                   cy_value_text(new->actor.id), cy_value_integer(now_ms), cy_value_integer(1));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_scorecard_add, &arena, NULL, error, cy_value_text(cy_str(new->id)),
                        cy_value_text(new->repository_id), cy_value_text(new->version), cy_value_text(new->profile), hash, size,
                        cy_value_text(new->actor.id), cy_value_integer(now_ms));
    const char *detail =
        cy_arena_printf(&arena, "{\"version\":\"%.*s\",\"scorecard\":\"%s\"}", (int)new->version.size, new->version.data, new->id);
    if (status == CY_OK)
        status = cy_audit_add(database, &new->actor, "scorecard.add", new->repository_id, cy_str(detail), error);
    cy_arena_release(&arena);
    return status;
}

void cy_api_scorecard_add(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf = {.database = NULL};
    struct cy_version version;
    struct cy_outcome outcome = {0};
    yyjson_val *body = cy_hf_body_object(request, response);
    struct new_scorecard new = {.actor = cy_actor_of(request), .profile = cy_hf_member(body, "profile"), .size_bytes = request->body.size};
    if (body == NULL)
        return;
    if (new.profile.size == 0 || new.profile.size > PROFILE_BYTES_MAX) {
        cy_respond_error(request, response, 400, NULL, "a scorecard names its \"profile\", in %d bytes at most: tc609, ai-ready, …",
                         PROFILE_BYTES_MAX);
        return;
    }
    if (open_version(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE, &version)) {
        new.repository_id = hf.repository.id;
        new.version = version.sha;
        cy_uuid(new.id);
        cy_hf_release_reader(&hf);
        enum cy_status status =
            new.actor.id.size > 0 ? CY_OK : cy_refuse(&outcome, CY_REFUSAL_NOT_ALLOWED, "a scorecard belongs to a user");
        struct cy_put put;
        cy_put_begin(&hf.hub->puts, &put);
        if (status == CY_OK)
            status = cy_objects_put_bytes(hf.hub->objects, request->body, new.sha256, &outcome.error);
        if (status == CY_OK)
            status = cy_store_write(hf.hub->store, CY_AREA_HUB, add_scorecard, &new, &outcome.error);
        cy_put_end(&hf.hub->puts, &put);
        if (status == CY_OK) {
            struct cy_buffer out = {0};
            cy_buffer_printf(&out, "{\"id\":\"%s\",\"sha256\":\"%s\"}", new.id, new.sha256);
            cy_respond_json(request, response, 201, &out);
        } else {
            cy_hf_refuse(request, response, &outcome);
        }
    }
    cy_hf_close(&hf);
}

/* ---- showing ---- */

void cy_api_scorecard_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf = {.database = NULL};
    struct cy_version version;
    struct cy_result rows;
    struct cy_outcome outcome = {0};
    if (open_version(&hf, request, response, CY_ACCESS_SEE, &version)) {
        if (CY_RUN(hf.database, CY_SQL_scorecards_of_version, request->arena, &rows, &outcome.error, cy_value_text(hf.repository.id),
                   cy_value_text(version.sha)) != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else {
            struct cy_buffer out = {0};
            struct cy_json json = {.out = &out};
            cy_json_open_line(&json, NULL, '{');
            cy_json_text(&json, "version", version.sha);
            cy_json_open(&json, "items", '[');
            for (size_t row = 0; row < rows.row_count; row++) {
                cy_json_open(&json, NULL, '{');
                add_row(&json, &rows, row);
                cy_json_close(&json, '}');
            }
            cy_json_close(&json, ']');
            cy_json_close(&json, '}');
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_hf_close(&hf);
}

enum { DEPTH_MAX = 64 };

/* Takes every member "evidence" out, at any depth; what nests deeper than DEPTH_MAX goes whole. */
static void hide_evidence(yyjson_mut_val *value, size_t depth)
{
    size_t index, size;
    yyjson_mut_val *key, *member;
    if (yyjson_mut_is_obj(value)) {
        if (depth == DEPTH_MAX)
            yyjson_mut_obj_clear(value);
        yyjson_mut_obj_remove_key(value, "evidence");
        yyjson_mut_obj_foreach(value, index, size, key, member) hide_evidence(member, depth + 1);
    } else if (yyjson_mut_is_arr(value)) {
        if (depth == DEPTH_MAX)
            yyjson_mut_arr_clear(value);
        yyjson_mut_arr_foreach(value, index, size, member) hide_evidence(member, depth + 1);
    }
}

static void respond_without_evidence(struct cy_request *request, struct cy_response *response, struct cy_str content)
{
    yyjson_doc *doc = yyjson_read(content.data, content.size, 0);
    yyjson_mut_doc *copy = yyjson_doc_mut_copy(doc, NULL);
    struct cy_buffer out = {0};
    size_t size = 0;
    hide_evidence(yyjson_mut_doc_get_root(copy), 0);
    char *text = yyjson_mut_write(copy, 0, &size);
    cy_buffer_add(&out, text != NULL ? text : "{}", text != NULL ? size : 2);
    cy_respond_json(request, response, 200, &out);
    free(text);
    yyjson_mut_doc_free(copy);
    yyjson_doc_free(doc);
}

void cy_api_scorecard_get(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf = {.database = NULL};
    struct cy_version version;
    struct cy_result rows;
    struct cy_str content;
    struct cy_outcome outcome = {0};
    if (open_version(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_READ, &version)) {
        enum cy_status status = CY_RUN(hf.database, CY_SQL_scorecard_get, request->arena, &rows, &outcome.error,
                                       cy_value_text(hf.repository.id), cy_value_text(version.sha), cy_value_text(request->path_values[3]));
        if (status == CY_OK && rows.row_count == 0)
            status = cy_refuse(&outcome, CY_REFUSAL_NO_ENTRY, "this version has no such scorecard");
        cy_hf_release_reader(&hf);
        if (status == CY_OK) {
            const char *sha256 = cy_arena_printf(request->arena, "%.64s", cy_result_text(&rows, 0, 2).data);
            status = cy_objects_read_all(hf.hub->objects, sha256, SCORECARD_BYTES_MAX, request->arena, &content, &outcome.error);
            if (status == CY_END)
                status = cy_error_set(&outcome.error, CY_FAILED, "the object %s of a scorecard is not in the store", sha256);
        }
        if (status != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else if ((hf.repository.access & CY_ACCESS_SEE_REMOVED) == 0) {
            respond_without_evidence(request, response, content);
        } else {
            response->status = 200;
            response->bytes = content;
        }
    }
    cy_hf_close(&hf);
}
