/* /healthz, /readyz and /metrics: what those who run the server ask. */
#include "server/app.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

cy_handler cy_health_live, cy_health_ready, cy_metrics_show;

static void answer_text(struct cy_request *request, struct cy_response *response, int status, struct cy_str text)
{
    response->status = status;
    response->content_type = "text/plain; charset=utf-8";
    response->bytes = text;
    cy_respond_header(request, response, "Cache-Control", "no-store");
}

void cy_health_live(struct cy_request *request, struct cy_response *response)
{
    answer_text(request, response, 200, CY_STR("ok\n"));
}

static enum cy_status ask_database(struct cy_request *request, struct cy_error *error)
{
    struct cy_database *database;
    struct cy_result result;
    enum cy_status status = cy_store_reader(request->app->store, &database, error);
    if (status != CY_OK)
        return status;
    status = cy_database_run(database, CY_SQL_server_ping, NULL, 0, request->arena, &result, error);
    cy_store_reader_back(request->app->store, database);
    return status;
}

static enum cy_status ask_objects(struct cy_request *request, struct cy_error *error)
{
    static const char nobody[] = "0000000000000000000000000000000000000000000000000000000000000000";
    bool exists;
    uint64_t size_bytes;
    return cy_objects_stat(request->app->objects, nobody, &exists, &size_bytes, error);
}

void cy_health_ready(struct cy_request *request, struct cy_response *response)
{
    struct cy_error error = {0};
    if (ask_database(request, &error) != CY_OK || ask_objects(request, &error) != CY_OK) {
        cy_respond_failure(request, response, &error); /* the words go to the log */
        response->status = 503;
        cy_respond_header(request, response, "Retry-After", "5");
        return;
    }
    answer_text(request, response, 200, CY_STR("ready\n"));
}

/* ---- metrics ---- */

static void add_value(struct cy_buffer *out, const char *kind, const char *name, const char *help, double value)
{
    cy_buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, kind, name, value);
}

/* Resident memory (statm's second number, in pages), and open descriptors. */
static void add_process(struct cy_buffer *out)
{
    long pages = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (statm != NULL) {
        if (fscanf(statm, "%ld %ld", &pages, &resident) != 2)
            resident = 0;
        fclose(statm);
    }
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    if (folder != NULL)
        closedir(folder);
    add_value(out, "gauge", "process_resident_memory_bytes", "Resident memory.", (double)resident * (double)sysconf(_SC_PAGESIZE));
    add_value(out, "gauge", "process_open_fds", "Open descriptors.", (double)(count > 0 ? count - 1 : 0)); /* without opendir's own */
}

static void add_store(struct cy_store *store, struct cy_buffer *out)
{
    struct cy_store_state state;
    cy_store_state(store, &state);
    add_value(out, "counter", "ciyuan_store_commits_total", "Commits: each makes a group of writes durable.", (double)state.commit_count);
    add_value(out, "counter", "ciyuan_store_writes_total", "Writes acknowledged or refused.", (double)state.work_count);
    add_value(out, "counter", "ciyuan_store_commit_seconds_total", "Time spent in commits.", (double)state.commit_ns_total / 1e9);
    add_value(out, "gauge", "ciyuan_store_queue_length", "Writes that wait.", (double)state.queue_length);
}

void cy_metrics_show(struct cy_request *request, struct cy_response *response)
{
    struct cy_buffer out = {0};
    cy_buffer_printf(&out, "# HELP ciyuan_info The program.\n# TYPE ciyuan_info gauge\nciyuan_info{version=\"%s\"} 1\n", CIYUAN_VERSION);
    if (request->app->server != NULL)
        cy_server_metrics(request->app->server, &out);
    if (request->app->store != NULL)
        add_store(request->app->store, &out);
    add_process(&out);
    answer_text(request, response, 200, cy_arena_str(request->arena, cy_buffer_str(&out)));
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    cy_buffer_release(&out);
}
