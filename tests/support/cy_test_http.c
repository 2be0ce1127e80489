#include "cy_test_http.h"

#include "base/files.h"
#include "server/http_parse.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* ---- the client ---- */

int cy_test_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(connection >= 0);
    assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 20}, sizeof(struct timeval));
    return connection;
}

void cy_test_send(int connection, struct cy_str bytes)
{
    while (bytes.size > 0) {
        ssize_t size = send(connection, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (size <= 0)
            return;
        bytes = (struct cy_str){bytes.data + size, bytes.size - (size_t)size};
    }
}

static void send_format(int connection, const char *format, va_list arguments)
{
    char text[65536];
    int size = vsnprintf(text, sizeof text, format, arguments);
    assert_true(size >= 0 && (size_t)size < sizeof text);
    cy_test_send(connection, (struct cy_str){text, (size_t)size});
}

void cy_test_printf(int connection, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    send_format(connection, format, arguments);
    va_end(arguments);
}

/* More bytes into `in`; false at the end. */
static bool read_more(int connection, struct cy_buffer *in)
{
    char piece[65536];
    ssize_t size = recv(connection, piece, sizeof piece, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("no answer within 20 seconds; so far: \"%.*s\"", (int)CY_MIN(in->size, 200), in->data);
    if (size <= 0)
        return false;
    cy_buffer_add(in, piece, (size_t)size);
    return true;
}

static void drop_front(struct cy_buffer *buffer, size_t size)
{
    memmove(buffer->data, buffer->data + size, buffer->size - size);
    buffer->size -= size;
}

struct cy_str cy_test_header(struct cy_test_answer answer, const char *name)
{
    struct cy_str rest = answer.head;
    while (rest.size > 0) {
        struct cy_str value, line = cy_str_trim(cy_str_split(rest, '\n', &rest));
        if (cy_str_equal_nocase(cy_str_split(line, ':', &value), cy_str(name)))
            return cy_str_trim(value);
    }
    return CY_STR("");
}

static bool read_exactly(int connection, size_t size, struct cy_buffer *kept, struct cy_buffer *body)
{
    while (kept->size < size)
        if (!read_more(connection, kept)) {
            cy_buffer_add(body, kept->data, kept->size);
            return false;
        }
    cy_buffer_add(body, kept->data, size);
    drop_front(kept, size);
    return true;
}

static bool read_chunks(int connection, struct cy_buffer *kept, struct cy_buffer *body)
{
    for (;;) {
        char *end;
        while ((end = kept->size > 0 ? memmem(kept->data, kept->size, "\r\n", 2) : NULL) == NULL)
            if (!read_more(connection, kept))
                return false;
        size_t size = strtoull(kept->data, NULL, 16), before = body->size;
        drop_front(kept, (size_t)(end - kept->data) + 2);
        if (!read_exactly(connection, size + 2, kept, body))
            return false;
        body->size = before + size;
        if (size == 0)
            return true;
    }
}

struct cy_test_answer cy_test_next_answer(int connection, bool is_head, struct cy_buffer *kept, struct cy_arena *arena)
{
    struct cy_test_answer answer = {0};
    char *end;
    do {
        while ((end = kept->size > 0 ? memmem(kept->data, kept->size, "\r\n\r\n", 4) : NULL) == NULL)
            if (!read_more(connection, kept))
                return answer;
        answer.head = cy_arena_str(arena, (struct cy_str){kept->data, (size_t)(end - kept->data) + 4});
        drop_front(kept, answer.head.size);
        answer.status = atoi(answer.head.data + sizeof "HTTP/1.1 " - 1);
    } while (answer.status == 100);
    struct cy_buffer body = {0};
    struct cy_str length = cy_test_header(answer, "Content-Length");
    if (is_head || answer.status == 304 || answer.status == 204) {
        ;
    } else if (cy_str_equal_nocase(cy_test_header(answer, "Transfer-Encoding"), CY_STR("chunked"))) {
        answer.is_cut = !read_chunks(connection, kept, &body);
    } else if (length.size > 0) {
        answer.is_cut = !read_exactly(connection, strtoull(length.data, NULL, 10), kept, &body);
    } else {
        while (read_more(connection, kept))
            ;
        cy_buffer_add(&body, kept->data, kept->size);
        kept->size = 0;
    }
    answer.body = cy_arena_str(arena, cy_buffer_str(&body));
    cy_buffer_release(&body);
    return answer;
}

struct cy_test_answer cy_test_ask(uint16_t port, struct cy_arena *arena, const char *format, ...)
{
    int connection = cy_test_connect(port);
    struct cy_buffer kept = {0};
    va_list arguments;
    va_start(arguments, format);
    send_format(connection, format, arguments);
    va_end(arguments);
    struct cy_test_answer answer = cy_test_next_answer(connection, strncmp(format, "HEAD ", 5) == 0, &kept, arena);
    cy_buffer_release(&kept);
    close(connection);
    return answer;
}

bool cy_test_is_closed(int connection)
{
    char byte;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 5}, sizeof(struct timeval));
    ssize_t size = recv(connection, &byte, 1, 0);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

/* ---- the server's routes ---- */

static struct cy_test_server *running;

static void show_values(struct cy_request *request, struct cy_response *response)
{
    struct cy_buffer out = {0};
    for (size_t i = 0; i < request->path_value_count; i++) {
        cy_buffer_add_byte(&out, '[');
        cy_buffer_add_str(&out, request->path_values[i]);
        cy_buffer_add_byte(&out, ']');
    }
    cy_respond_json(request, response, 200, &out);
}

static void show_query(struct cy_request *request, struct cy_response *response)
{
    struct cy_str *values, first;
    struct cy_buffer out = {0};
    int64_t limit;
    if (!cy_request_query_integer(request, response, "limit", 1, 100, 10, &limit))
        return;
    size_t count = cy_request_query_all(request, "a", &values);
    for (size_t i = 0; i < count; i++)
        cy_buffer_printf(&out, "[%.*s]", (int)values[i].size, values[i].data);
    cy_buffer_printf(&out, "%s limit %lld host %.*s peer %.*s", cy_request_query(request, "b", &first) ? " b" : "", (long long)limit,
                     (int)request->host.size, request->host.data, (int)request->peer.size, request->peer.data);
    cy_respond_json(request, response, 200, &out);
}

static void echo_body(struct cy_request *request, struct cy_response *response)
{
    running->handled_count++;
    response->status = 200;
    response->bytes = request->body;
}

static void show_form(struct cy_request *request, struct cy_response *response)
{
    struct cy_str *values;
    struct cy_buffer out = {0};
    size_t count = cy_request_form_all(request, "paths", &values);
    for (size_t i = 0; i < count; i++)
        cy_buffer_printf(&out, "[%.*s]", (int)values[i].size, values[i].data);
    cy_respond_json(request, response, 200, &out);
}

static void show_spool(struct cy_request *request, struct cy_response *response)
{
    struct cy_buffer out = {0};
    struct cy_error error;
    running->handled_count++;
    cy_buffer_printf(&out, "%s %llu", request->spool.sha256, (unsigned long long)request->spool.size_bytes);
    if (cy_str_is(request->path_values[0], "keep") && cy_objects_put(request->app->objects, &request->spool, &error) != CY_OK)
        cy_respond_failure(request, response, &error);
    cy_respond_json(request, response, 201, &out);
}

static void tell_progress(void *context, uint64_t body_bytes, bool is_end)
{
    struct cy_test_server *server = context;
    server->told_back_count += body_bytes < server->told_while_running;
    if (!is_end) {
        server->told_while_running = body_bytes;
    } else {
        server->told_bytes = body_bytes;
        server->told_end_count++;
    }
}

static void send_file(struct cy_request *request, struct cy_response *response)
{
    bool is_large = strcmp(request->route->pattern, "/large") == 0;
    response->status = 200;
    response->file = open(is_large ? running->large_path : running->file_path, O_RDONLY | O_CLOEXEC);
    response->file_size_bytes = is_large ? CY_TEST_LARGE_BYTES : running->file_bytes;
    response->progress = tell_progress;
    response->progress_context = running;
    cy_respond_header(request, response, "ETag", "\"abc\"");
}

static void send_bytes(struct cy_request *request, struct cy_response *response)
{
    response->status = 200;
    response->bytes = CY_STR("0123456789");
    if (cy_str_is(request->path_values[0], "etag"))
        cy_respond_header(request, response, "ETag", "\"digits\"");
}

struct counter {
    int at, count;
    bool breaks;
};

static int64_t count_up(void *context, void *data, size_t size_bytes)
{
    struct counter *counter = context;
    if (counter->at == counter->count)
        return counter->breaks ? -1 : 0;
    return snprintf(data, size_bytes, "%d\n", counter->at++);
}

static void end_count(void *context)
{
    free(context);
    running->stream_end_count++;
}

static void send_stream(struct cy_request *request, struct cy_response *response)
{
    struct counter *counter = cy_alloc_zero(1, sizeof *counter);
    counter->count = atoi(request->path_values[1].data);
    counter->breaks = cy_str_is(request->path_values[0], "breaks");
    response->status = 200;
    response->content_type = "text/plain";
    response->stream = count_up;
    response->stream_end = end_count;
    response->stream_context = counter;
    response->progress = tell_progress;
    response->progress_context = running;
}

static void be_slow(struct cy_request *request, struct cy_response *response)
{
    int ms = atoi(request->path_values[0].data);
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
    response->status = 200;
    response->bytes = CY_STR("slow");
}

static void fail_as_hf(struct cy_request *request, struct cy_response *response)
{
    cy_respond_error(request, response, 404, "RepoNotFound", "no repository \"%.*s\"", (int)request->path_values[0].size,
                     request->path_values[0].data);
}

static void fail_inside(struct cy_request *request, struct cy_response *response)
{
    struct cy_error error;
    cy_error_set(&error, CY_IO, "could not read the secret place");
    cy_respond_failure(request, response, &error);
}

static void fail_full(struct cy_request *request, struct cy_response *response)
{
    struct cy_error error;
    errno = ENOSPC;
    cy_error_errno(&error, "write", "/secret/place");
    cy_respond_failure(request, response, &error);
}

static void say_nothing(struct cy_request *request, struct cy_response *response)
{
    (void)request, (void)response;
}

static void answer_inline(struct cy_request *request, struct cy_response *response)
{
    (void)request;
    response->status = 200;
    response->bytes = CY_STR("{\"inline\":true}");
}

static const struct cy_route routes[] = {
    {"GET", "/values/{a}/x/{b...}", show_values, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/values/{a}/{b}", show_values, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/values/{a}.git/info", show_values, CY_BODY_NONE, 0, 0, ""},
    {"POST", "/values/{a}/literal", show_values, CY_BODY_MEMORY, 100, 0, ""},
    {"GET", "/query", show_query, CY_BODY_NONE, 0, 0, ""},
    {"POST", "/memory", echo_body, CY_BODY_MEMORY, 200000, 0, ""},
    {"POST", "/form", show_form, CY_BODY_MEMORY, 10000, 0, ""},
    {"PUT", "/spool/{keep}", show_spool, CY_BODY_SPOOL, 64 << 20, 0, ""},
    {"GET", "/file", send_file, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/large", send_file, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/bytes/{etag}", send_bytes, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/stream/{how}/{count}", send_stream, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/slow/{ms}", be_slow, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/hf/{name}", fail_as_hf, CY_BODY_NONE, 0, CY_ROUTE_HF, ""},
    {"GET", "/fails", fail_inside, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/full", fail_full, CY_BODY_NONE, 0, 0, ""},
    {"DELETE", "/nothing", say_nothing, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/inline", answer_inline, CY_BODY_NONE, 0, CY_ROUTE_INLINE, ""},
    {"GET", "/local", answer_inline, CY_BODY_NONE, 0, CY_ROUTE_LOCAL, ""},
    {0},
};

static void admit(struct cy_request *request, struct cy_response *response)
{
    running->admit_count++;
    if (cy_str_is(cy_request_header(request, "Authorization"), "Bearer wrong"))
        cy_respond_error(request, response, 401, NULL, "this token is not valid");
}

struct cy_test_server *cy_test_server(const struct cy_server_options *given)
{
    static int count;
    struct cy_error error;
    struct cy_test_server *server = cy_alloc_zero(1, sizeof *server);
    struct cy_server_options options = given != NULL ? *given : (struct cy_server_options){.log_file = -1};
    char path[512];
    snprintf(path, sizeof path, "%s/serve-%d", cy_test_folder(), count++);
    server->folder = strdup(path);
    cy_expect_ok(cy_make_folders(path, &error), error);
    cy_expect_ok(cy_objects_open(&server->app.objects, &(struct cy_objects_options){.data_folder = server->folder}, &error), error);
    server->file_bytes = 3 << 20;
    snprintf(path, sizeof path, "%s/sent", server->folder);
    server->file_path = strdup(path);
    char *content = cy_alloc(server->file_bytes);
    for (size_t i = 0; i < server->file_bytes; i++)
        content[i] = (char)('a' + i % 23);
    cy_expect_ok(cy_write_file(path, (struct cy_str){content, server->file_bytes}, &error), error);
    free(content);
    snprintf(path, sizeof path, "%s/large", server->folder);
    server->large_path = strdup(path);
    int large = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(large >= 0 && ftruncate(large, CY_TEST_LARGE_BYTES) == 0);
    close(large);
    running = server;
    if (options.listen == NULL)
        options.listen = "127.0.0.1:0";
    options.hooks.admit = admit;
    cy_expect_ok(cy_server_start(&server->server, &options, routes, &server->app, &server->port, &error), error);
    server->app.server = server->server;
    return server;
}

void cy_test_server_stop(struct cy_test_server *server)
{
    cy_server_stop(server->server, 5000);
    cy_objects_close(server->app.objects);
    free((void *)(uintptr_t)server->folder);
    free((void *)(uintptr_t)server->file_path);
    free((void *)(uintptr_t)server->large_path);
    free(server);
}

const struct cy_route *cy_test_routes(void)
{
    return routes;
}

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    if (folder != NULL)
        closedir(folder);
    return count;
}

size_t cy_test_spooled_count(const struct cy_test_server *server)
{
    char path[512];
    snprintf(path, sizeof path, "%s/spool", server->folder);
    return count_entries(path);
}

size_t cy_test_open_files(void)
{
    return count_entries("/proc/self/fd");
}
