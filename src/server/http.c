#include "server/http_call.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/threads.h"
#include "server/app.h"
#include "server/http_listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENT_THREADS_MAX = 4, /* they parse and copy to sockets: more wait for the memory bus */
    CONNECTION_COUNT_MAX = 4096,
    LOCAL_CONNECTION_COUNT_MAX = 64,
    QUEUE_LENGTH_MAX = 2048,       /* requests that wait for a worker: seconds of work, not minutes */
    IDLE_SECONDS_MAX = 60,         /* longer than a client's pause between two requests */
    BODY_GRACE_SECONDS = 30,       /* a slow start is no attack */
    ARENA_CHUNK_BYTES = 16 * 1024, /* most requests need one */
    STOP_POLL_MS = 5,
};

/* ---- connections ---- */

static void link_open(struct cy_server *server, struct MHD_Connection *connection, void **context, bool is_local)
{
    struct cy_link *link = cy_alloc_zero(1, sizeof *link);
    link->socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    link->is_local = is_local;
    link->idle_since_ns = cy_clock_ns();
    if (is_local)
        link->is_local_owner = cy_socket_is_owner(link->socket);
    else
        cy_socket_peer(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, link->peer, sizeof link->peer,
                       &link->is_loopback);
    if (is_local)
        snprintf(link->peer, sizeof link->peer, "local");
    pthread_mutex_lock(&server->links_lock);
    link->next = server->links;
    if (link->next != NULL)
        link->next->previous = link;
    server->links = link;
    pthread_mutex_unlock(&server->links_lock);
    atomic_fetch_add(&server->link_count, 1);
    *context = link;
}

static void link_close(struct cy_server *server, struct cy_link *link)
{
    pthread_mutex_lock(&server->links_lock);
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        server->links = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    pthread_mutex_unlock(&server->links_lock);
    atomic_fetch_sub(&server->link_count, 1);
    free(link);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    struct cy_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        link_open(server, connection, socket_context, false);
    else if (*socket_context != NULL)
        link_close(server, *socket_context);
}

static void on_local_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                                enum MHD_ConnectionNotificationCode code)
{
    struct cy_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        link_open(server, connection, socket_context, true);
    else if (*socket_context != NULL)
        link_close(server, *socket_context);
}

/* ---- the life of a call ---- */

/* The request line is there: the library hands it over before it unescapes it. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct cy_server *server = context;
    struct cy_call *call = cy_alloc_zero(1, sizeof *call);
    call->server = server;
    call->connection = connection;
    call->link = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    call->request.app = server->app;
    call->arena.chunk_bytes = ARENA_CHUNK_BYTES;
    call->request.arena = &call->arena;
    call->request.connection = call;
    call->request.spool.file = -1;
    call->response.file = -1;
    call->target = cy_arena_str(&call->arena, cy_str(target));
    call->started_ns = cy_clock_ns();
    pthread_mutex_init(&call->lock, NULL);
    atomic_fetch_add(&server->call_count, 1);
    pthread_mutex_lock(&server->links_lock);
    call->link->call = call;
    pthread_mutex_unlock(&server->links_lock);
    return call;
}

void cy_call_release(struct cy_call *call)
{
    struct cy_server *server = call->server;
    if (call->response.stream_end != NULL)
        call->response.stream_end(call->response.stream_context);
    if (call->response.file >= 0)
        close(call->response.file);
    cy_call_release_body(call);
    free(call->stream_data);
    pthread_mutex_destroy(&call->lock);
    cy_arena_release(&call->arena);
    free(call);
    atomic_fetch_sub(&server->call_count, 1);
}

static void release_on_worker(struct cy_job *job)
{
    cy_call_release((struct cy_call *)job);
}

bool cy_call_suspend(struct cy_call *call)
{
    struct cy_server *server = call->server;
    atomic_fetch_add(&server->suspended_count, 1); /* first: whoever ends the server looks at it after is_ending is set */
    if (server->is_ending) {
        atomic_fetch_sub(&server->suspended_count, 1);
        return false;
    }
    MHD_suspend_connection(call->connection);
    return true;
}

void cy_call_resume(struct cy_call *call)
{
    struct cy_server *server = call->server;
    MHD_resume_connection(call->connection);
    atomic_fetch_sub(&server->suspended_count, 1);
}

static bool answers_inline(const struct cy_call *call)
{
    return (call->request.route->flags & CY_ROUTE_INLINE) != 0;
}

static void admit(struct cy_call *call)
{
    call->is_admitted = true;
    cy_handler *hook = call->server->options.hooks.admit;
    if (hook != NULL)
        hook(&call->request, &call->response);
}

static void admit_on_worker(struct cy_job *job)
{
    struct cy_call *call = (struct cy_call *)job;
    admit(call);
    cy_call_resume(call);
}

static void handle_on_worker(struct cy_job *job)
{
    struct cy_call *call = (struct cy_call *)job;
    if (!call->is_admitted)
        admit(call);
    if (call->response.status == 0 && cy_call_finish_body(call)) {
        call->request.route->handler(&call->request, &call->response);
        if (call->server->options.hooks.answered != NULL)
            call->server->options.hooks.answered(&call->request, &call->response);
    }
    cy_call_resume(call);
}

/* Suspends the connection and queues the work; false, with the answer 503, when the queue is full. */
static bool give_to_worker(struct cy_call *call, void (*run)(struct cy_job *job), enum cy_call_phase phase)
{
    if (!cy_workers_reserve(call->server->workers)) {
        cy_respond_header(&call->request, &call->response, "Retry-After", "1");
        cy_respond_error(&call->request, &call->response, 503, NULL, "%zu requests are waiting already; try again",
                         call->server->options.queue_length_max);
        return false;
    }
    if (!cy_call_suspend(call)) {
        cy_workers_unreserve(call->server->workers);
        cy_respond_error(&call->request, &call->response, 503, NULL, "the server is stopping");
        return false;
    }
    call->phase = phase;
    call->job.run = run;
    cy_workers_handle(call->server->workers, &call->job);
    return true;
}

void cy_call_refuse(struct cy_call *call)
{
    call->phase = CY_CALL_REFUSED;
}

/* Nothing of the body was taken yet. What is short is thrown away, and the connection goes on; who waits for "100 Continue", or sends much,
 * hears at once and the connection ends. */
static enum MHD_Result refuse_before_body(struct cy_call *call)
{
    bool is_long = call->body_length != MHD_SIZE_UNKNOWN && call->body_length > CY_DRAIN_BYTES_MAX;
    if (call->must_close || is_long || (call->expects_100 && call->body_length > 0)) {
        call->must_close = true;
        return cy_call_send(call);
    }
    cy_call_refuse(call);
    return MHD_YES;
}

static bool wants_admission_first(const struct cy_call *call)
{
    bool is_large = call->body_length == MHD_SIZE_UNKNOWN || call->body_length > CY_ADMIT_BYTES_MIN;
    return call->body_length > 0 && (is_large || call->request.route->body == CY_BODY_SPOOL) && !answers_inline(call);
}

static enum MHD_Result take_head(struct cy_call *call, const char *method, const char *version)
{
    if (!cy_call_take_head(call, method, version))
        return refuse_before_body(call);
    if (wants_admission_first(call)) {
        if (!give_to_worker(call, admit_on_worker, CY_CALL_ADMIT))
            return refuse_before_body(call);
        return MHD_YES;
    }
    call->body_started_ns = cy_clock_ns();
    call->phase = CY_CALL_BODY;
    return MHD_YES;
}

static enum MHD_Result take_admission(struct cy_call *call)
{
    if (call->response.status != 0)
        return refuse_before_body(call);
    call->body_started_ns = cy_clock_ns();
    call->phase = CY_CALL_BODY;
    return MHD_YES;
}

static enum MHD_Result throw_away(struct cy_call *call, size_t *size)
{
    call->body_received += *size;
    *size = 0;
    return call->body_received > CY_DRAIN_BYTES_MAX + call->request.spool.size_bytes + call->body.size ? MHD_NO : MHD_YES;
}

/* The request is whole. */
static enum MHD_Result handle(struct cy_call *call)
{
    struct cy_request *request = &call->request;
    cy_handler *handler = request->route->handler;
    bool (*cached)(struct cy_request *, struct cy_response *) = call->server->options.hooks.cached;
    call->body_started_ns = 0;
    if (answers_inline(call)) {
        request->body = cy_buffer_str(&call->body);
        handler(request, &call->response);
    } else if (cached != NULL && strcmp(request->route->method, "GET") == 0 && cached(request, &call->response)) {
        ;
    } else if (!cy_call_body_is_there(call)) {
        return call->phase == CY_CALL_REFUSED ? cy_call_send(call) : MHD_YES; /* called again when the piece is written */
    } else if (give_to_worker(call, handle_on_worker, CY_CALL_HANDLE)) {
        return MHD_YES; /* called again when the handler is done */
    }
    call->handled_ns = cy_clock_ns();
    return cy_call_send(call);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **call_context)
{
    struct cy_call *call = *call_context;
    (void)context, (void)connection, (void)url;
    switch ((enum cy_call_phase)call->phase) {
    case CY_CALL_HEAD:
        return take_head(call, method, version);
    case CY_CALL_ADMIT:
        return take_admission(call);
    case CY_CALL_BODY:
        if (*size == 0)
            return handle(call);
        cy_call_take_body(call, data, size);
        return MHD_YES;
    case CY_CALL_REFUSED:
        return *size > 0 ? throw_away(call, size) : cy_call_send(call);
    case CY_CALL_HANDLE:
        call->handled_ns = cy_clock_ns();
        return cy_call_send(call);
    case CY_CALL_SEND:
        break;
    }
    return MHD_NO;
}

/* ---- the end of a call ---- */

static void add_log_line(struct cy_call *call, uint64_t sent_bytes, bool is_clean_end)
{
    struct cy_server *server = call->server;
    const struct cy_route *route = call->request.route;
    if (!cy_http_log_is_on(server->log) || (route != NULL && (route->flags & CY_ROUTE_QUIET) != 0 && call->status < 400))
        return;
    char now[21];
    cy_clock_utc(now);
    struct cy_buffer line = {0};
    cy_buffer_printf(&line, "{\"time\":\"%s\",\"id\":\"%s\",\"peer\":\"%.*s\",\"method\":", now, call->request.id,
                     (int)call->request.peer.size, call->request.peer.data != NULL ? call->request.peer.data : "");
    cy_buffer_add_json(&line, cy_str(call->request.method));
    cy_buffer_add_text(&line, ",\"path\":"); /* without the query: signed URLs carry their right in it */
    cy_buffer_add_json(&line, call->request.path);
    if (route != NULL)
        cy_buffer_printf(&line, ",\"route\":\"%s\"", route->pattern);
    if (call->request.principal.user_name != NULL) {
        cy_buffer_add_text(&line, ",\"user\":");
        cy_buffer_add_json(&line, cy_str(call->request.principal.user_name));
    }
    cy_buffer_printf(&line, ",\"status\":%d,\"ms\":%.3f,\"bytes_in\":%llu,\"bytes_out\":%llu", call->status,
                     (double)(cy_clock_ns() - call->started_ns) / 1e6, (unsigned long long)call->body_received,
                     (unsigned long long)sent_bytes);
    cy_buffer_add_text(&line, is_clean_end ? "}\n" : ",\"broken_off\":true}\n");
    cy_http_log_add(server->log, cy_buffer_str(&line));
    cy_buffer_release(&line);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **call_context, enum MHD_RequestTerminationCode code)
{
    struct cy_server *server = context;
    struct cy_call *call = *call_context;
    if (call == NULL)
        return;
    *call_context = NULL;
    bool is_clean_end = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (call->status == 0) { /* the library answered by itself, or the client left */
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
        call->status = info != NULL ? (int)info->http_status : 499;
    }
    pthread_mutex_lock(&server->links_lock);
    call->link->call = NULL;
    call->link->idle_since_ns = cy_clock_ns();
    uint64_t sent_bytes = cy_call_sent_bytes(call, is_clean_end);
    if (call->response.progress != NULL) /* told its end also when nothing went out */
        call->response.progress(call->response.progress_context, call->is_telling ? sent_bytes : 0, true);
    call->is_telling = false;
    pthread_mutex_unlock(&server->links_lock);
    const struct cy_route *route = call->request.route;
    uint64_t ready_ns = call->handled_ns != 0 ? call->handled_ns : cy_clock_ns();
    cy_http_counts_add(server->counts, route != NULL ? cy_router_index(server->router, route) : SIZE_MAX, call->status,
                       ready_ns - call->started_ns, call->body_received, sent_bytes);
    add_log_line(call, sent_bytes, is_clean_end);
    pthread_mutex_lock(&call->lock);
    call->is_abandoned = call->is_writing;
    bool is_abandoned = call->is_abandoned;
    pthread_mutex_unlock(&call->lock);
    if (is_abandoned)
        return; /* the worker releases it when the piece is written */
    if (call->request.spool.file >= 0 || call->response.stream_end != NULL || call->response.file >= 0) {
        call->job.run = release_on_worker; /* removing a large file takes its time */
        cy_workers_transfer(server->workers, &call->job);
    } else {
        cy_call_release(call);
    }
}

/* ---- start and stop ---- */

static void drop_message(void *context, const char *format, va_list arguments)
{
    (void)context, (void)format, (void)arguments; /* the library's words about broken requests: the access log has their status */
}

static enum cy_status start_daemon(struct cy_server *server, bool is_local, struct cy_error *error)
{
    const struct cy_server_options *options = &server->options;
    bool has_tls = options->certificate_path != NULL && !is_local;
    size_t threads = is_local ? 1 : options->event_thread_count;
    struct MHD_OptionItem extra[8];
    size_t count = 0;
    if (threads > 1)
        extra[count++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL};
    if (has_tls) {
        extra[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate};
        extra[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, server->key};
        extra[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"};
    }
    extra[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | (has_tls ? MHD_USE_TLS : 0);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, drop_message, NULL, MHD_OPTION_LISTEN_SOCKET,
        is_local ? server->local_socket : server->listen_socket, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(is_local ? LOCAL_CONNECTION_COUNT_MAX : options->connection_count_max), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CY_CONNECTION_BYTES_MAX, MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)(CY_CONNECTION_BYTES_MAX / 4),
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds_max, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target,
        server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        is_local ? on_local_connection : on_connection, server, MHD_OPTION_ARRAY, extra, MHD_OPTION_END);
    if (daemon == NULL) {
        cy_error_set(error, CY_FAILED, "could not start the server%s", has_tls ? " with this certificate and key" : "");
        return has_tls ? cy_error_hint(error, "both are PEM files, and the key belongs to the certificate") : error->status;
    }
    if (is_local) {
        server->local_daemon = daemon;
        server->local_socket = -1; /* the library closes it */
    } else {
        server->daemon = daemon;
        server->listen_socket = -1;
    }
    return CY_OK;
}

static enum cy_status read_pem(const char *path, char **text, struct cy_error *error)
{
    struct cy_buffer content = {0};
    enum cy_status status = cy_read_file(path, &content, error);
    if (status == CY_OK)
        cy_buffer_add_byte(&content, '\0');
    *text = content.data;
    return status;
}

static enum cy_status prepare(struct cy_server *server, uint16_t *port, struct cy_error *error)
{
    struct cy_server_options *options = &server->options;
    enum cy_status status = CY_OK;
    if (options->certificate_path != NULL) {
        status = read_pem(options->certificate_path, &server->certificate, error);
        if (status == CY_OK)
            status = read_pem(options->key_path, &server->key, error);
    }
    if (status == CY_OK)
        status = cy_http_log_start(&server->log, options->log_file, error);
    if (status == CY_OK)
        status = cy_workers_start(&server->workers, options->worker_count, options->queue_length_max, error);
    if (status == CY_OK)
        status = cy_listen_tcp(options->listen, &server->listen_socket, port, error);
    if (status == CY_OK && options->socket_path != NULL)
        status = cy_listen_local(options->socket_path, &server->local_socket, error);
    return status;
}

static void set_defaults(struct cy_server_options *options)
{
    if (options->event_thread_count == 0)
        options->event_thread_count = CY_MIN(cy_cpu_count(), EVENT_THREADS_MAX);
    if (options->connection_count_max == 0)
        options->connection_count_max = CONNECTION_COUNT_MAX;
    if (options->queue_length_max == 0)
        options->queue_length_max = QUEUE_LENGTH_MAX;
    if (options->idle_seconds_max == 0)
        options->idle_seconds_max = IDLE_SECONDS_MAX;
    if (options->body_grace_seconds == 0)
        options->body_grace_seconds = BODY_GRACE_SECONDS;
}

enum cy_status cy_server_start(struct cy_server **out, const struct cy_server_options *options, const struct cy_route *routes,
                               struct cy_app *app, uint16_t *port, struct cy_error *error)
{
    struct cy_server *server = cy_alloc_zero(1, sizeof *server);
    server->app = app;
    server->options = *options;
    set_defaults(&server->options);
    server->listen_socket = server->local_socket = -1;
    pthread_mutex_init(&server->links_lock, NULL);
    pthread_mutex_init(&server->tick_lock, NULL);
    pthread_cond_init(&server->tick_wake, NULL);
    server->router = cy_router_new(routes);
    server->counts = cy_http_counts_new(cy_router_count(server->router));
    enum cy_status status = prepare(server, port, error);
    if (status == CY_OK)
        status = start_daemon(server, false, error);
    if (status == CY_OK && options->socket_path != NULL)
        status = start_daemon(server, true, error);
    if (status == CY_OK)
        status = cy_ticker_start(server, error);
    if (status != CY_OK) {
        cy_server_stop(server, 0);
        return status;
    }
    *out = server;
    return CY_OK;
}

static void sleep_ms(int64_t ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

void cy_server_stop(struct cy_server *server, int64_t wait_ms)
{
    if (server == NULL)
        return;
    int sockets[2] = {server->listen_socket, server->local_socket};
    struct MHD_Daemon *daemons[2] = {server->daemon, server->local_daemon};
    for (int i = 0; i < 2; i++)
        if (daemons[i] != NULL)
            sockets[i] = MHD_quiesce_daemon(daemons[i]);
    server->is_stopping = true;
    for (int64_t waited_ms = 0; waited_ms < wait_ms && server->call_count > 0; waited_ms += STOP_POLL_MS)
        sleep_ms(STOP_POLL_MS);
    server->is_ending = true;
    while (server->suspended_count > 0) /* their handlers are at work: the library cannot be stopped before they are back */
        sleep_ms(STOP_POLL_MS);
    for (int i = 0; i < 2; i++) {
        if (daemons[i] != NULL)
            MHD_stop_daemon(daemons[i]);
        if (sockets[i] >= 0)
            close(sockets[i]);
    }
    if (server->options.socket_path != NULL)
        unlink(server->options.socket_path);
    cy_ticker_stop(server);
    cy_workers_stop(server->workers);
    cy_http_log_stop(server->log);
    cy_router_free(server->router);
    cy_http_counts_free(server->counts);
    free(server->certificate);
    free(server->key);
    pthread_mutex_destroy(&server->links_lock);
    pthread_mutex_destroy(&server->tick_lock);
    pthread_cond_destroy(&server->tick_wake);
    free(server);
}

static void add_gauge(struct cy_buffer *out, const char *name, const char *help, uint64_t value)
{
    cy_buffer_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %llu\n", name, help, name, name, (unsigned long long)value);
}

void cy_server_metrics(struct cy_server *server, struct cy_buffer *out)
{
    struct cy_workers_state workers;
    cy_workers_state(server->workers, &workers);
    cy_http_counts_print(server->counts, cy_router_routes(server->router), out);
    add_gauge(out, "ciyuan_http_connections", "Open connections.", (uint64_t)server->link_count);
    add_gauge(out, "ciyuan_http_requests_active", "Requests under way.", (uint64_t)server->call_count);
    add_gauge(out, "ciyuan_http_uploads_active", "Bodies on their way to the spool.", (uint64_t)server->upload_count);
    add_gauge(out, "ciyuan_http_body_bytes", "Bodies held in memory.", (uint64_t)server->body_bytes);
    add_gauge(out, "ciyuan_workers", "Worker threads.", workers.thread_count);
    add_gauge(out, "ciyuan_workers_busy", "Worker threads at work.", workers.busy_count);
    add_gauge(out, "ciyuan_queue_length", "Requests that wait for a worker.", workers.queue_length);
    cy_buffer_printf(out,
                     "# HELP ciyuan_queue_refused_total Requests answered 503 because the queue was full.\n"
                     "# TYPE ciyuan_queue_refused_total counter\nciyuan_queue_refused_total %llu\n",
                     (unsigned long long)workers.refused_count);
}
