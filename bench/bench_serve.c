/* The HTTP core alone, for tools/bench_serve.py:
 *
 *     bench_serve FOLDER FILE [ADDR:PORT]      GET /file (FILE by sendfile), GET /small (JSON by a worker), GET /inline (JSON by the event
 *                                              thread), PUT /upload (spooled and hashed)
 *
 * Prints the port, and serves until SIGTERM. */
#include "server/app.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *file_path;
static uint64_t file_bytes;

static void tell(void *context, uint64_t body_bytes, bool is_end)
{
    (void)context, (void)body_bytes, (void)is_end;
}

static void send_file(struct cy_request *request, struct cy_response *response)
{
    response->status = 200;
    response->file = open(file_path, O_RDONLY | O_CLOEXEC);
    response->file_size_bytes = file_bytes;
    response->progress = tell;
    cy_respond_header(request, response, "ETag", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
}

static void send_small(struct cy_request *request, struct cy_response *response)
{
    struct cy_buffer json = {0};
    cy_buffer_printf(&json, "{\"id\":\"org/name\",\"request\":\"%s\",\"tags\":[", request->id);
    for (int i = 0; i < 40; i++)
        cy_buffer_printf(&json, "%s\"tag:%d\"", i > 0 ? "," : "", i);
    cy_buffer_add_text(&json, "]}");
    cy_respond_json(request, response, 200, &json);
}

static void take_upload(struct cy_request *request, struct cy_response *response)
{
    struct cy_buffer json = {0};
    cy_buffer_printf(&json, "{\"sha256\":\"%s\"}", request->spool.sha256);
    cy_respond_json(request, response, 200, &json);
}

static const struct cy_route routes[] = {
    {"GET", "/file", send_file, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/small", send_small, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/inline", send_small, CY_BODY_NONE, 0, CY_ROUTE_INLINE, ""},
    {"PUT", "/upload", take_upload, CY_BODY_SPOOL, (size_t)64 << 30, 0, ""},
    {0},
};

int main(int argc, char **argv)
{
    struct cy_app app = {0};
    struct cy_error error;
    struct stat info;
    uint16_t port;
    sigset_t signals;
    int number;
    if (argc < 3 || stat(argv[2], &info) != 0) {
        fprintf(stderr, "usage: bench_serve FOLDER FILE [ADDR:PORT]\n");
        return 2;
    }
    file_path = argv[2];
    file_bytes = (uint64_t)info.st_size;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct cy_server_options options = {.listen = argc > 3 ? argv[3] : "127.0.0.1:0", .log_file = -1};
    if (cy_objects_open(&app.objects, &(struct cy_objects_options){.data_folder = argv[1]}, &error) != CY_OK ||
        cy_server_start(&app.server, &options, routes, &app, &port, &error) != CY_OK) {
        fprintf(stderr, "bench_serve: %s\n", error.message);
        return 1;
    }
    printf("%u\n", port);
    fflush(stdout);
    sigwait(&signals, &number);
    cy_server_stop(app.server, 1000);
    cy_objects_close(app.objects);
    return 0;
}
