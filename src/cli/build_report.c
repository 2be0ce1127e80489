#include "cli/build_report.h"

#include "cli/hub_options.h"
#include "cli/progress.h"
#include "store/database.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { EVERY_S = 2, ANSWER_S = 2 };

struct cy_build_report {
    struct cy_arena arena;
    struct cy_remote *remote;
    const char *repository; /* "press/web" */
    const char *target;     /* "/api/v1/runs/<id>" */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t ended;
    struct cy_progress progress;
    bool is_ended;
};

static void say(struct cy_build_report *report, const char *state, const struct cy_progress *progress, const char *build_id,
                const char *message)
{
    struct cy_buffer body = {0};
    struct cy_arena arena = {0};
    struct cy_remote_answer answer;
    struct cy_error ignored;
    cy_buffer_add_text(&body, "{\"repository\":");
    cy_buffer_add_json(&body, cy_str(report->repository));
    cy_buffer_printf(&body, ",\"state\":\"%s\",\"progress\":{\"stage\":\"%s\",\"step\":", state, cy_progress_stage_name(progress->stage));
    cy_buffer_add_json(&body, cy_str(progress->step != NULL ? progress->step : ""));
    cy_buffer_printf(&body, ",\"document_count\":%llu,\"kept_count\":%llu,\"done_bytes\":%llu,\"total_bytes\":%llu",
                     (unsigned long long)progress->document_count, (unsigned long long)progress->kept_count,
                     (unsigned long long)progress->done_bytes, (unsigned long long)progress->total_bytes);
    if (build_id != NULL)
        cy_buffer_printf(&body, ",\"build_id\":\"%s\"", build_id);
    if (message != NULL) {
        cy_buffer_add_text(&body, ",\"message\":");
        cy_buffer_add_json(&body, cy_str(message));
    }
    cy_buffer_add_text(&body, "}}");
    cy_remote_ask(report->remote, "PUT", report->target, NULL, cy_buffer_str(&body), &arena, &answer, &ignored); /* unheard is unheard */
    cy_buffer_release(&body);
    cy_arena_release(&arena);
}

static void *say_often(void *context)
{
    struct cy_build_report *report = context;
    pthread_mutex_lock(&report->lock);
    while (!report->is_ended) {
        struct cy_progress progress = report->progress;
        pthread_mutex_unlock(&report->lock);
        say(report, "running", &progress, NULL, NULL);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += EVERY_S;
        pthread_mutex_lock(&report->lock);
        while (!report->is_ended && pthread_cond_timedwait(&report->ended, &report->lock, &until) == 0)
            ;
    }
    pthread_mutex_unlock(&report->lock);
    return NULL;
}

enum cy_status cy_build_report_open(struct cy_build_report **report, const char *target, struct cy_error *error)
{
    struct cy_build_report *made = cy_alloc_zero(1, sizeof *made);
    struct cy_hub_name name;
    const char *hub = NULL, *repository = target;
    if (strstr(target, "://") != NULL) { /* the last two parts are the repository, what stands before them is the hub */
        const char *slash = strrchr(target, '/');
        while (slash > target && slash[-1] != '/')
            slash--;
        repository = slash;
        hub = cy_arena_printf(&made->arena, "%.*s", (int)(slash - target - 1), target);
    }
    enum cy_status status = cy_hub_name_read(repository, &made->arena, &name, error);
    if (status == CY_OK)
        status = cy_hub_connect(hub, &made->remote, error);
    if (status != CY_OK) {
        cy_arena_release(&made->arena);
        free(made);
        return status;
    }
    char id[37];
    cy_uuid(id);
    cy_remote_limit(made->remote, ANSWER_S);
    made->repository = cy_arena_text(&made->arena, repository);
    made->target = cy_arena_printf(&made->arena, "/api/v1/runs/%s", id);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->ended, NULL);
    CY_ASSERT(pthread_create(&made->thread, NULL, say_often, made) == 0);
    *report = made;
    return CY_OK;
}

void cy_build_report_progress(struct cy_build_report *report, const struct cy_progress *progress)
{
    pthread_mutex_lock(&report->lock);
    report->progress = *progress;
    pthread_mutex_unlock(&report->lock);
}

void cy_build_report_close(struct cy_build_report *report, enum cy_status status, const struct cy_run_result *result,
                           const struct cy_error *error)
{
    if (report == NULL)
        return;
    pthread_mutex_lock(&report->lock);
    report->is_ended = true;
    pthread_cond_signal(&report->ended);
    pthread_mutex_unlock(&report->lock);
    pthread_join(report->thread, NULL);
    if (status == CY_OK) {
        report->progress.document_count = result->read_count;
        report->progress.kept_count = result->kept_count;
    }
    say(report,
        status == CY_OK            ? "done"
        : status == CY_INTERRUPTED ? "interrupted"
                                   : "failed",
        &report->progress, status == CY_OK ? result->build_id : NULL, status == CY_OK ? NULL : error->message);
    cy_remote_close(report->remote);
    pthread_mutex_destroy(&report->lock);
    pthread_cond_destroy(&report->ended);
    cy_arena_release(&report->arena);
    free(report);
}
