/* Answers on their way out: bytes of the arena, a file by sendfile, or a stream that workers fill. Ranges and conditions (RFC 9110 §13,
 * §14) are decided here, so that no handler needs to. */
#include "server/http_call.h"
#include "server/http_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TLS_BLOCK_BYTES = 64 * 1024,     /* read at once where sendfile cannot be used */
    OWN_HEADER_BYTES = 17 + 37 + 24, /* "HTTP/1.1 200 OK", Date, Content-Length: what the library adds, about */
};

/* ---- conditions and ranges ---- */

static const struct cy_str *find_header(const struct cy_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return &response->headers[i].value;
    return NULL;
}

static uint64_t whole_size(const struct cy_response *response)
{
    return response->file >= 0 ? response->file_size_bytes : response->bytes.size;
}

static void drop_file(struct cy_response *response)
{
    if (response->file >= 0)
        close(response->file);
    response->file = -1;
}

/* 304 when the client has it already; 206 or 416 when it asks for a part. */
static void apply_conditions(struct cy_call *call)
{
    struct cy_response *response = &call->response;
    struct cy_request *request = &call->request;
    bool is_get = call->is_head || strcmp(request->method, "GET") == 0;
    call->answer_offset = 0;
    call->answer_bytes = response->stream != NULL ? MHD_SIZE_UNKNOWN : whole_size(response);
    const struct cy_str *etag = find_header(response, "ETag");
    if (call->status != 200 || !is_get || response->stream != NULL)
        return;
    struct cy_str wanted = cy_request_header(request, "If-None-Match");
    if (etag != NULL && wanted.size > 0 && cy_etag_matches(wanted, *etag)) {
        call->status = 304;
        call->answer_bytes = 0;
        drop_file(response);
        return;
    }
    if (response->file < 0 && etag == NULL)
        return; /* small answers that are made anew each time */
    cy_respond_header(request, response, "Accept-Ranges", "bytes");
    struct cy_str range = cy_request_header(request, "Range"), only_if = cy_request_header(request, "If-Range");
    if (range.size == 0 || (only_if.size > 0 && (etag == NULL || !cy_str_equal(only_if, *etag))))
        return;
    uint64_t total = call->answer_bytes;
    switch (cy_range_parse(range, total, &call->answer_offset, &call->answer_bytes)) {
    case CY_RANGE_NONE:
        break;
    case CY_RANGE_PART:
        call->status = 206;
        cy_respond_header(request, response, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)call->answer_offset,
                          (unsigned long long)(call->answer_offset + call->answer_bytes - 1), (unsigned long long)total);
        break;
    case CY_RANGE_UNSATISFIED:
        drop_file(response);
        cy_respond_header(request, response, "Content-Range", "bytes */%llu", (unsigned long long)total);
        cy_respond_error(request, response, 416, NULL, "the range \"%.*s\" lies outside of the %llu bytes that there are",
                         (int)CY_MIN(range.size, 100), range.data, (unsigned long long)total);
        call->status = 416;
        call->answer_offset = 0;
        call->answer_bytes = response->bytes.size;
        break;
    }
}

/* ---- streams ---- */

static void fill_stream(struct cy_job *job)
{
    struct cy_call *call = (struct cy_call *)((char *)job - offsetof(struct cy_call, stream_job));
    int64_t size = call->response.stream(call->response.stream_context, call->stream_data, CY_STREAM_BYTES);
    CY_ASSERT(size <= CY_STREAM_BYTES);
    call->stream_at = 0;
    call->stream_size = size > 0 ? (size_t)size : 0;
    call->stream_ends = size == 0;
    call->stream_fails = size < 0;
    cy_call_resume(call);
}

/* What a worker has filled; when that is used up the connection is suspended until there is more: a reader that has nothing never spins. */
static ssize_t read_stream(void *context, uint64_t position, char *out, size_t size_max)
{
    struct cy_call *call = context;
    (void)position;
    if (call->stream_at == call->stream_size) {
        if (call->stream_ends)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (call->stream_fails || !cy_call_suspend(call))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (call->stream_data == NULL)
            call->stream_data = cy_alloc(CY_STREAM_BYTES);
        call->stream_job.run = fill_stream;
        cy_workers_transfer(call->server->workers, &call->stream_job);
        return 0;
    }
    size_t size = CY_MIN(size_max, call->stream_size - call->stream_at);
    memcpy(out, call->stream_data + call->stream_at, size);
    call->stream_at += size;
    call->given_bytes += size;
    return (ssize_t)size;
}

/* ---- files where sendfile cannot be used: TLS ---- */

static ssize_t read_file(void *context, uint64_t position, char *out, size_t size_max)
{
    struct cy_call *call = context;
    ssize_t size;
    do
        size = pread(call->response.file, out, size_max, (off_t)(call->response.file_offset + call->answer_offset + position));
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    call->given_bytes += (uint64_t)size;
    return size;
}

/* ---- how much has gone out ---- */

/* Bytes written to a TCP socket since it was opened; 0 when it cannot be told. acked: of those, what the other side has. */
static uint64_t socket_bytes(int socket, uint64_t *acked)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int queued = 0;
    *acked = 0;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    ioctl(socket, SIOCOUTQ, &queued);
    *acked = info.tcpi_bytes_acked;
    return *acked + (uint64_t)CY_MAX(queued, 0);
}

uint64_t cy_call_sent_bytes(struct cy_call *call, bool is_clean_end)
{
    if (call->is_head || call->status == 304)
        return 0;
    if (is_clean_end)
        return call->answer_bytes == MHD_SIZE_UNKNOWN ? call->given_bytes : call->answer_bytes;
    if (!call->is_sendfile)
        return call->given_bytes;
    uint64_t acked;
    socket_bytes(call->link->socket, &acked);
    uint64_t before = call->socket_base + call->header_bytes;
    return acked > before ? CY_MIN(acked - before, call->answer_bytes) : 0;
}

/* ---- the answer ---- */

static struct MHD_Response *make_response(struct cy_call *call)
{
    struct cy_response *response = &call->response;
    bool has_tls = call->server->options.certificate_path != NULL && !call->link->is_local;
    if (response->stream != NULL)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CY_STREAM_BYTES / 4, read_stream, call, NULL);
    if (response->file >= 0 && has_tls)
        return MHD_create_response_from_callback(call->answer_bytes, TLS_BLOCK_BYTES, read_file, call, NULL);
    if (response->file >= 0) {
        struct MHD_Response *made =
            MHD_create_response_from_fd_at_offset64(call->answer_bytes, response->file, response->file_offset + call->answer_offset);
        if (made != NULL) {
            response->file = -1; /* the library closes it */
            call->is_sendfile = !call->is_head;
        }
        return made;
    }
    const char *bytes = response->bytes.size > 0 ? response->bytes.data + call->answer_offset : "";
    return MHD_create_response_from_buffer((size_t)call->answer_bytes, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
}

static void add_header(struct cy_call *call, struct MHD_Response *made, const char *name, const char *value)
{
    if (MHD_add_response_header(made, name, value) == MHD_YES)
        call->header_bytes += strlen(name) + strlen(value) + sizeof ": \r\n" - 1;
}

static void add_headers(struct cy_call *call, struct MHD_Response *made, bool is_file)
{
    struct cy_response *response = &call->response;
    bool has_body = call->answer_bytes > 0;
    call->header_bytes = OWN_HEADER_BYTES;
    const char *type = response->content_type;
    if (type == NULL)
        type = is_file ? "application/octet-stream" : "application/json";
    if (has_body && find_header(response, "Content-Type") == NULL)
        add_header(call, made, "Content-Type", type);
    add_header(call, made, "X-Request-Id", call->request.id);
    add_header(call, made, "X-Content-Type-Options", "nosniff");
    if (find_header(response, "Content-Security-Policy") == NULL) /* no file of a dataset, and no answer, runs on our origin */
        add_header(call, made, "Content-Security-Policy",
                   is_file ? "sandbox; default-src 'none'" : "default-src 'none'; frame-ancestors 'none'");
    if (find_header(response, "Cache-Control") == NULL) /* what one may see another may not */
        add_header(call, made, "Cache-Control", is_file ? "private, no-cache" : "no-store");
    for (size_t i = 0; i < response->header_count; i++)
        add_header(call, made, response->headers[i].name, response->headers[i].value.data);
    if (call->must_close || call->server->is_stopping)
        add_header(call, made, "Connection", "close");
}

static void begin_telling(struct cy_call *call)
{
    uint64_t acked;
    pthread_mutex_lock(&call->server->links_lock);
    call->socket_base = call->is_sendfile ? socket_bytes(call->link->socket, &acked) : 0;
    call->is_telling = true;
    pthread_mutex_unlock(&call->server->links_lock);
}

enum MHD_Result cy_call_send(struct cy_call *call)
{
    struct cy_response *response = &call->response;
    if (response->status == 0)
        response->status = 204;
    call->status = response->status;
    bool is_file = response->file >= 0;
    apply_conditions(call);
    struct MHD_Response *made = make_response(call);
    if (made == NULL)
        return MHD_NO;
    add_headers(call, made, is_file);
    if (response->progress != NULL)
        begin_telling(call);
    call->phase = CY_CALL_SEND;
    enum MHD_Result result = MHD_queue_response(call->connection, (unsigned)call->status, made);
    MHD_destroy_response(made);
    return result;
}
