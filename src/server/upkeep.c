#include "server/upkeep.h"

#include "hub/garbage.h"
#include "server/api.h"
#include "server/rows.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <yyjson.h>

cy_handler cy_api_garbage, cy_api_erasure;

enum {
    EVERY_SECONDS = 3600,
    REASON_BYTES_MAX = 2000,
};
#define KEPT_MS (INT64_C(7) * 24 * 3600 * 1000) /* an answer about rows: then it is made anew, if anybody still asks */

/* Garbage, and what was kept of what is erased with it. */
static enum cy_status collect(struct cy_app *app, const struct cy_garbage_times *times, struct cy_garbage_report *report,
                              struct cy_error *error)
{
    enum cy_status status = cy_garbage_collect(app->hub, times, report, error);
    if (status == CY_OK)
        status = cy_rows_forget(app, report->repository_count > 0 ? INT64_MAX : cy_now_ms() - KEPT_MS, error);
    return status;
}

/* ---- by itself ---- */

struct cy_upkeep {
    struct cy_app *app;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stops;
};

/* Waits; false when it is to end. */
static bool sleep_on(struct cy_upkeep *upkeep)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += EVERY_SECONDS;
    pthread_mutex_lock(&upkeep->lock);
    int code = 0;
    while (!upkeep->stops && code == 0)
        code = pthread_cond_timedwait(&upkeep->wake, &upkeep->lock, &until);
    bool goes_on = !upkeep->stops;
    pthread_mutex_unlock(&upkeep->lock);
    return goes_on;
}

static void *run(void *context)
{
    struct cy_upkeep *upkeep = context;
    while (sleep_on(upkeep)) {
        struct cy_garbage_report report;
        struct cy_error error;
        collect(upkeep->app, &cy_garbage_times_default, &report, &error); /* what fails now is tried in an hour */
    }
    return NULL;
}

struct cy_upkeep *cy_upkeep_start(struct cy_app *app)
{
    struct cy_upkeep *upkeep = cy_alloc_zero(1, sizeof *upkeep);
    upkeep->app = app;
    pthread_mutex_init(&upkeep->lock, NULL);
    pthread_cond_init(&upkeep->wake, NULL);
    CY_ASSERT(pthread_create(&upkeep->thread, NULL, run, upkeep) == 0);
    return upkeep;
}

void cy_upkeep_stop(struct cy_upkeep *upkeep)
{
    if (upkeep == NULL)
        return;
    pthread_mutex_lock(&upkeep->lock);
    upkeep->stops = true;
    pthread_cond_signal(&upkeep->wake);
    pthread_mutex_unlock(&upkeep->lock);
    pthread_join(upkeep->thread, NULL);
    pthread_cond_destroy(&upkeep->wake);
    pthread_mutex_destroy(&upkeep->lock);
    free(upkeep);
}

/* ---- when an admin says so ---- */

/* A member in seconds takes the place of a default; false: the answer is there. */
static bool read_seconds(struct cy_request *request, struct cy_response *response, yyjson_val *body, const char *name, int64_t *time_ms)
{
    yyjson_val *value = yyjson_obj_get(body, name);
    if (value == NULL)
        return true;
    if (yyjson_is_uint(value) && yyjson_get_uint(value) <= INT32_MAX) {
        *time_ms = (int64_t)yyjson_get_uint(value) * 1000;
        return true;
    }
    cy_respond_error(request, response, 400, NULL, "%s must be a whole number of seconds", name);
    return false;
}

void cy_api_garbage(struct cy_request *request, struct cy_response *response)
{
    struct cy_garbage_times times = cy_garbage_times_default;
    struct cy_garbage_report report = {0};
    struct cy_error error;
    yyjson_val *body = NULL;
    if (!cy_api_check_admin(request, response))
        return;
    if (request->body.size > 0 && (body = cy_hf_body_object(request, response)) == NULL)
        return;
    if (!read_seconds(request, response, body, "grace_s", &times.grace_ms) ||
        !read_seconds(request, response, body, "upload_s", &times.upload_ms) ||
        !read_seconds(request, response, body, "xorb_s", &times.xorb_ms) ||
        !read_seconds(request, response, body, "retention_s", &times.retention_ms))
        return;
    if (collect(request->app, &times, &report, &error) != CY_OK) {
        cy_respond_failure(request, response, &error);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_count(&json, "object_count", report.object_count);
    cy_json_count(&json, "object_bytes", report.object_bytes);
    cy_json_count(&json, "row_count", report.row_count);
    cy_json_count(&json, "repository_count", report.repository_count);
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}

/* An erasure order; the repository is found whoever may see it, for only an admin of the server gives one. */
void cy_api_erasure(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_actor actor = cy_actor_of(request);
    struct cy_error error;
    if (!cy_api_check_admin(request, response))
        return;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    struct cy_str reason = cy_hf_member(body, "reason");
    if (reason.size == 0 || reason.size > REASON_BYTES_MAX) {
        cy_respond_error(request, response, 400, NULL, "reason says why, in 1 to %d bytes: it stays in place of the data",
                         REASON_BYTES_MAX);
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE)) {
        cy_hf_release_reader(&hf);
        if (cy_repository_erase(hf.hub, &actor, hf.repository.id, reason, &error) != CY_OK ||
            cy_rows_forget(request->app, INT64_MAX, &error) != CY_OK)
            cy_respond_failure(request, response, &error);
    }
    cy_hf_close(&hf);
}
