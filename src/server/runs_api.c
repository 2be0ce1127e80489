/* Builds that report here: each says every two seconds how far it is (`ciyuan build --report`), and one that falls silent is shown as lost.
 */
#include "server/hf.h"

#include <stdlib.h>
#include <yyjson.h>

cy_handler cy_api_run_put, cy_api_run_get, cy_api_run_list;

enum { SILENT_MS = 60000, LIMIT_MAX = 100, LIMIT_MISSING = 20 };

/* ---- showing ---- */

static void add_run(struct cy_json *json, const struct cy_result *rows, size_t row)
{
    char started[CY_HF_TIME], seen[CY_HF_TIME];
    struct cy_str state = cy_result_text(rows, row, 3);
    cy_hf_time(cy_result_integer(rows, row, 5), started);
    cy_hf_time(cy_result_integer(rows, row, 6), seen);
    bool is_lost = cy_str_is(state, "running") && cy_now_ms() - cy_result_integer(rows, row, 6) > SILENT_MS;
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "id", cy_result_text(rows, row, 0));
    cy_json_text(json, "user", cy_result_text(rows, row, 2));
    cy_json_text(json, "state", is_lost ? CY_STR("lost") : state);
    cy_json_text(json, "started", cy_str(started));
    cy_json_text(json, "seen", cy_str(seen));
    cy_json_raw(json, "progress", cy_result_text(rows, row, 4));
    cy_json_close(json, '}');
}

void cy_api_run_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_result rows;
    struct cy_outcome outcome = {0};
    int64_t limit;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE) &&
        cy_request_query_integer(request, response, "limit", 1, LIMIT_MAX, LIMIT_MISSING, &limit)) {
        if (CY_RUN(hf.database, CY_SQL_runs_of_repository, request->arena, &rows, &outcome.error, cy_value_text(hf.repository.id),
                   cy_value_integer(limit)) != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else {
            struct cy_buffer out = {0};
            struct cy_json json = {.out = &out};
            cy_json_open_line(&json, NULL, '{');
            cy_json_open(&json, "items", '[');
            for (size_t row = 0; row < rows.row_count; row++)
                add_run(&json, &rows, row);
            cy_json_close(&json, ']');
            cy_json_close(&json, '}');
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_hf_close(&hf);
}

void cy_api_run_get(struct cy_request *request, struct cy_response *response)
{
    struct cy_viewer viewer = cy_viewer_of(request);
    struct cy_repository repository;
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_result rows;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = CY_RUN(database, CY_SQL_run_get, request->arena, &rows, &outcome.error, cy_value_text(request->path_values[0]));
        if (status == CY_OK && rows.row_count == 0)
            status = cy_refuse(&outcome, CY_REFUSAL_NO_ENTRY, "there is no such run");
        if (status == CY_OK) /* whoever may not see the repository does not see its runs */
            status = cy_repository_find_by_id(database, &viewer, cy_result_text(&rows, 0, 1), request->arena, &repository, &outcome);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    add_run(&json, &rows, 0);
    cy_respond_json(request, response, 200, &out);
}

/* ---- hearing ---- */

struct run_put {
    struct cy_str id, repository_id, user_id, state, progress;
    int64_t changed_count;
};

static enum cy_status put_run(struct cy_database *database, void *context, struct cy_error *error)
{
    struct run_put *run = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status =
        CY_RUN(database, CY_SQL_run_put, &arena, &rows, error, cy_value_text(run->id), cy_value_text(run->repository_id),
               cy_value_text(run->user_id), cy_value_text(run->state), cy_value_text(run->progress), cy_value_integer(cy_now_ms()));
    run->changed_count = status == CY_OK ? rows.changed_count : 0;
    cy_arena_release(&arena);
    return status;
}

static bool is_state(struct cy_str state)
{
    static const char *const states[] = {"running", "done", "failed", "interrupted"};
    for (size_t i = 0; i < CY_COUNT(states); i++)
        if (cy_str_is(state, states[i]))
            return true;
    return false;
}

static bool is_uuid(struct cy_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23,
             is_hex = (text.data[i] >= '0' && text.data[i] <= '9') || (text.data[i] >= 'a' && text.data[i] <= 'f');
        if (is_dash ? text.data[i] != '-' : !is_hex)
            return false;
    }
    return text.size == 36;
}

/* {"repository": "namespace/name", "state": …, "progress": {…}} */
void cy_api_run_put(struct cy_request *request, struct cy_response *response)
{
    yyjson_val *body = cy_hf_body_object(request, response), *progress = yyjson_obj_get(body, "progress");
    struct run_put run = {.id = request->path_values[0], .state = cy_hf_member(body, "state")};
    struct cy_str name, namespace_name = cy_str_split(cy_hf_member(body, "repository"), '/', &name);
    struct cy_hf hf;
    struct cy_outcome outcome = {0};
    size_t size = 0;
    if (body == NULL)
        return;
    if (!is_uuid(run.id) || !is_state(run.state) || !yyjson_is_obj(progress)) {
        cy_respond_error(request, response, 400, NULL,
                         "a run has a UUID in its path, a state (running, done, failed, interrupted), and an object \"progress\"");
        return;
    }
    request->path_values[0] = namespace_name;
    request->path_values[1] = name;
    request->path_value_count = 2;
    char *text = yyjson_val_write(progress, 0, &size);
    run.progress = (struct cy_str){text, size};
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE)) {
        run.repository_id = hf.repository.id;
        run.user_id = hf.viewer.user_id;
        cy_hf_release_reader(&hf);
        enum cy_status status = run.user_id.size > 0 ? cy_store_write(hf.hub->store, CY_AREA_JOBS, put_run, &run, &outcome.error)
                                                     : cy_refuse(&outcome, CY_REFUSAL_NOT_ALLOWED, "a run belongs to a user");
        if (status == CY_OK && run.changed_count == 0)
            status = cy_refuse(&outcome, CY_REFUSAL_EXISTS, "this run belongs to another repository or user");
        if (status == CY_OK)
            response->status = 204;
        else
            cy_hf_refuse(request, response, &outcome);
    }
    cy_hf_close(&hf);
    free(text);
}
