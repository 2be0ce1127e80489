#include "hub/remote.h"

#include "store/curl_library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <yyjson.h>

enum { CONNECT_S = 20 };

struct cy_remote {
    CURL *curl;
    char *url;
    char *authorization; /* "Authorization: Bearer …", or NULL */
    bool (*moved)(void *context, uint64_t bytes);
    void *moved_context;
    long seconds_max; /* of one request; 0: no limit */
    char problem[CURL_ERROR_SIZE];
};

enum cy_status cy_remote_open(struct cy_remote **remote, const char *url, const char *token, struct cy_error *error)
{
    *remote = NULL;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        cy_error_set(error, CY_BAD_RECIPE, "\"%s\" is no address of a hub", url);
        return cy_error_hint(error, "it begins with http:// or https://");
    }
    if (cy_curl_load(error) != CY_OK)
        return error->status;
    struct cy_remote *made = cy_alloc_zero(1, sizeof *made);
    struct cy_buffer text = {0};
    cy_buffer_add_text(&text, url);
    while (text.size > 0 && text.data[text.size - 1] == '/')
        text.size--;
    cy_buffer_add_byte(&text, 0);
    made->url = text.data;
    if (token != NULL && token[0] != '\0') {
        struct cy_buffer header = {0};
        cy_buffer_printf(&header, "Authorization: Bearer %s", token);
        cy_buffer_add_byte(&header, 0);
        made->authorization = header.data;
    }
    made->curl = cy_curl.curl_easy_init();
    CY_ASSERT(made->curl != NULL);
    *remote = made;
    return CY_OK;
}

void cy_remote_close(struct cy_remote *remote)
{
    if (remote == NULL)
        return;
    cy_curl.curl_easy_cleanup(remote->curl);
    free(remote->url);
    free(remote->authorization);
    free(remote);
}

void cy_remote_watch(struct cy_remote *remote, bool (*moved)(void *context, uint64_t bytes), void *context)
{
    remote->moved = moved;
    remote->moved_context = context;
}

void cy_remote_limit(struct cy_remote *remote, long seconds)
{
    remote->seconds_max = seconds;
}

/* ---- one transfer ---- */

/* What a transfer takes in and gives out. */
struct transfer {
    struct cy_remote *remote;
    struct cy_str body; /* sent from memory */
    int file;           /* sent from or written to; -1: neither */
    bool is_upload;
    uint64_t offset, size_bytes; /* of the file, for an upload */
    uint64_t done_bytes;
    struct cy_buffer received; /* what does not go to the file */
    struct cy_buffer next, etag;
    long status;
    bool is_stopped, is_disk_failure;
    int disk_errno;
};

static size_t on_send(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t most = (size_t)CY_MIN((uint64_t)size * count, transfer->size_bytes - transfer->done_bytes);
    if (most == 0)
        return 0;
    ssize_t read_bytes = pread(transfer->file, data, most, (off_t)(transfer->offset + transfer->done_bytes));
    if (read_bytes <= 0) {
        transfer->is_disk_failure = true;
        transfer->disk_errno = read_bytes < 0 ? errno : 0;
        return CURL_READFUNC_ABORT;
    }
    transfer->done_bytes += (size_t)read_bytes;
    return (size_t)read_bytes;
}

static int on_seek(void *context, curl_off_t offset, int origin)
{
    struct transfer *transfer = context;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    transfer->done_bytes = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_receive(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t size_bytes = size * count;
    cy_curl.curl_easy_getinfo(transfer->remote->curl, CURLINFO_RESPONSE_CODE, &transfer->status);
    bool to_file = transfer->file >= 0 && !transfer->is_upload && (transfer->status == 200 || transfer->status == 206);
    if (!to_file) {
        if (transfer->received.size + size_bytes > CY_REMOTE_ANSWER_BYTES_MAX)
            return 0;
        cy_buffer_add(&transfer->received, data, size_bytes);
        return size_bytes;
    }
    if (transfer->status == 200 && transfer->offset > 0 && transfer->done_bytes == 0)
        transfer->offset = 0; /* the hub gives the whole file again */
    for (size_t done = 0; done < size_bytes;) {
        ssize_t written = pwrite(transfer->file, data + done, size_bytes - done, (off_t)(transfer->offset + transfer->done_bytes));
        if (written < 0 && errno != EINTR) {
            transfer->is_disk_failure = true;
            transfer->disk_errno = errno;
            return 0;
        }
        done += written > 0 ? (size_t)written : 0;
        transfer->done_bytes += written > 0 ? (uint64_t)written : 0;
    }
    return size_bytes;
}

/* Link: <https://…>; rel="next" */
static void read_link(struct cy_str value, struct cy_buffer *next)
{
    const char *open = memchr(value.data, '<', value.size);
    const char *close = open != NULL ? memchr(open, '>', (size_t)(value.data + value.size - open)) : NULL;
    if (close == NULL || memmem(close, (size_t)(value.data + value.size - close), "next", 4) == NULL)
        return;
    cy_buffer_clear(next);
    cy_buffer_add(next, open + 1, (size_t)(close - open - 1));
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct cy_str value, name = cy_str_split((struct cy_str){data, size * count}, ':', &value);
    value = cy_str_trim(value);
    if (cy_str_equal_nocase(name, CY_STR("link")))
        read_link(value, &transfer->next);
    if (cy_str_equal_nocase(name, CY_STR("etag"))) {
        bool quoted = value.size >= 2 && value.data[0] == '"';
        cy_buffer_clear(&transfer->etag);
        cy_buffer_add(&transfer->etag, value.data + quoted, value.size - 2 * quoted);
    }
    return size * count;
}

static int on_progress(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    (void)down_all, (void)down, (void)up_all, (void)up;
    struct transfer *transfer = context;
    struct cy_remote *remote = transfer->remote;
    if (remote->moved != NULL && !remote->moved(remote->moved_context, transfer->file >= 0 ? transfer->done_bytes : 0))
        transfer->is_stopped = true;
    return transfer->is_stopped;
}

/* The token goes to the hub itself and to no other host. */
static bool is_own(const struct cy_remote *remote, const char *url)
{
    size_t size = strlen(remote->url);
    return strncmp(url, remote->url, size) == 0 && (url[size] == '/' || url[size] == '\0' || url[size] == '?');
}

static CURLcode run(struct transfer *transfer, const char *method, const char *url, const char *content_type)
{
    struct cy_remote *remote = transfer->remote;
    CURL *curl = remote->curl;
    struct curl_slist *headers = cy_curl.curl_slist_append(NULL, "Expect:");
    if (remote->authorization != NULL && is_own(remote, url) && !transfer->is_upload)
        headers = cy_curl.curl_slist_append(headers, remote->authorization);
    char line[256];
    snprintf(line, sizeof line, "Content-Type: %s", content_type != NULL ? content_type : "application/octet-stream");
    if (content_type != NULL || transfer->is_upload)
        headers = cy_curl.curl_slist_append(headers, line);
    cy_curl.curl_easy_reset(curl);
    remote->problem[0] = '\0';
    cy_curl.curl_easy_setopt(curl, CURLOPT_URL, url);
    cy_curl.curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    cy_curl.curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    cy_curl.curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, remote->problem);
    cy_curl.curl_easy_setopt(curl, CURLOPT_USERAGENT, "ciyuan/" CIYUAN_VERSION);
    cy_curl.curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    cy_curl.curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    cy_curl.curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    cy_curl.curl_easy_setopt(curl, CURLOPT_TIMEOUT, remote->seconds_max);
    cy_curl.curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    cy_curl.curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)CY_REMOTE_QUIET_S);
    cy_curl.curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
    cy_curl.curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 1024L * 1024);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_receive);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    cy_curl.curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    cy_curl.curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    cy_curl.curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    cy_curl.curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    cy_curl.curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    if (transfer->is_upload) {
        cy_curl.curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        cy_curl.curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->size_bytes);
        cy_curl.curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_send);
        cy_curl.curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
        cy_curl.curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
        cy_curl.curl_easy_setopt(curl, CURLOPT_SEEKDATA, transfer);
    } else if (strcmp(method, "GET") != 0) {
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.size);
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDS, transfer->body.size > 0 ? transfer->body.data : "");
    }
    char range[32];
    if (!transfer->is_upload && transfer->file >= 0 && transfer->offset > 0) {
        snprintf(range, sizeof range, "%llu-", (unsigned long long)transfer->offset);
        cy_curl.curl_easy_setopt(curl, CURLOPT_RANGE, range);
    }
    CURLcode code = cy_curl.curl_easy_perform(curl);
    cy_curl.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &transfer->status);
    cy_curl.curl_slist_free_all(headers);
    return code;
}

/* ---- trying ---- */

static bool is_worth_a_retry(CURLcode code, long status)
{
    return code != CURLE_OK || status == 429 || status >= 500;
}

static void wait_before_retry(int attempt)
{
    struct timespec pause = {1 << CY_MIN(attempt, 3), 0};
    nanosleep(&pause, NULL);
}

static enum cy_status fail(const struct transfer *transfer, CURLcode code, const char *url, struct cy_error *error)
{
    const struct cy_remote *remote = transfer->remote;
    if (transfer->is_stopped)
        return cy_error_set(error, CY_INTERRUPTED, "stopped");
    if (transfer->is_disk_failure)
        return cy_error_set(error, CY_IO, "could not %s the file: %s", transfer->is_upload ? "read" : "write",
                            transfer->disk_errno != 0 ? strerror(transfer->disk_errno) : "it is shorter than it was");
    cy_error_set(error, CY_IO, "could not reach %s: %s", url,
                 remote->problem[0] != '\0' ? remote->problem : cy_curl.curl_easy_strerror(code));
    return cy_error_hint(error, "check the address (--hub) and the network; running the command again goes on where it stopped");
}

static void take_answer(struct transfer *transfer, struct cy_arena *arena, struct cy_remote_answer *answer)
{
    *answer =
        (struct cy_remote_answer){(int)transfer->status, cy_arena_str(arena, cy_buffer_str(&transfer->received)),
                                  cy_arena_str(arena, cy_buffer_str(&transfer->next)), cy_arena_str(arena, cy_buffer_str(&transfer->etag))};
}

static void release(struct transfer *transfer)
{
    cy_buffer_release(&transfer->received);
    cy_buffer_release(&transfer->next);
    cy_buffer_release(&transfer->etag);
}

/* Runs the transfer, up to `tries` times; what a download has written stays, and the next try goes on behind it. */
static enum cy_status try_transfer(struct transfer *transfer, const char *method, const char *target, const char *content_type, int tries,
                                   struct cy_arena *arena, struct cy_remote_answer *answer, struct cy_error *error)
{
    const char *url = target[0] == '/' ? cy_arena_printf(arena, "%s%s", transfer->remote->url, target) : target;
    CURLcode code = CURLE_OK;
    for (int attempt = 0; attempt < tries; attempt++) {
        if (attempt > 0)
            wait_before_retry(attempt);
        cy_buffer_clear(&transfer->received);
        cy_buffer_clear(&transfer->next);
        cy_buffer_clear(&transfer->etag);
        transfer->status = 0;
        if (transfer->is_upload) {
            transfer->done_bytes = 0;
        } else {
            if (transfer->done_bytes > 0)
                attempt = 0; /* it moved on: a long download may be cut often */
            transfer->offset += transfer->done_bytes;
            transfer->done_bytes = 0;
        }
        code = run(transfer, method, url, content_type);
        if (transfer->is_stopped || transfer->is_disk_failure || !is_worth_a_retry(code, transfer->status))
            break;
    }
    enum cy_status status = code == CURLE_OK ? CY_OK : fail(transfer, code, url, error);
    if (status == CY_OK)
        take_answer(transfer, arena, answer);
    release(transfer);
    return status;
}

enum cy_status cy_remote_ask(struct cy_remote *remote, const char *method, const char *target, const char *content_type, struct cy_str body,
                             struct cy_arena *arena, struct cy_remote_answer *answer, struct cy_error *error)
{
    struct transfer transfer = {.remote = remote, .body = body, .file = -1};
    bool is_get = strcmp(method, "GET") == 0;
    return try_transfer(&transfer, method, target,
                        is_get                 ? NULL
                        : content_type != NULL ? content_type
                                               : "application/json",
                        is_get ? CY_REMOTE_TRIES : 1, arena, answer, error);
}

enum cy_status cy_remote_put(struct cy_remote *remote, const char *url, int file, uint64_t offset, uint64_t size_bytes,
                             struct cy_arena *arena, struct cy_remote_answer *answer, struct cy_error *error)
{
    struct transfer transfer = {.remote = remote, .file = file, .is_upload = true, .offset = offset, .size_bytes = size_bytes};
    return try_transfer(&transfer, "PUT", url, NULL, CY_REMOTE_TRIES, arena, answer, error);
}

enum cy_status cy_remote_get(struct cy_remote *remote, const char *target, int file, uint64_t offset, struct cy_arena *arena,
                             struct cy_remote_answer *answer, struct cy_error *error)
{
    struct transfer transfer = {.remote = remote, .file = file, .offset = offset};
    return try_transfer(&transfer, "GET", target, NULL, CY_REMOTE_TRIES, arena, answer, error);
}

/* ---- words ---- */

/* {"error": "…"} of the hub's protocol, {"detail": "…"} of a problem document, or the text itself; in the arena. */
static struct cy_str words_of(struct cy_str body, struct cy_arena *arena)
{
    static const char *const keys[] = {"error", "detail", "title"};
    yyjson_doc *doc = yyjson_read(body.data, body.size, 0);
    struct cy_str words = {body.data, CY_MIN(body.size, 200)};
    for (size_t i = 0; i < CY_COUNT(keys); i++) {
        yyjson_val *value = yyjson_obj_get(yyjson_doc_get_root(doc), keys[i]);
        if (!yyjson_is_str(value))
            continue;
        words = cy_arena_str(arena, (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)});
        break;
    }
    yyjson_doc_free(doc);
    return words;
}

enum cy_status cy_remote_refused(const struct cy_remote_answer *answer, struct cy_error *error, const char *what, ...)
{
    char tried[300];
    va_list list;
    va_start(list, what);
    vsnprintf(tried, sizeof tried, what, list);
    va_end(list);
    struct cy_arena arena = {0};
    struct cy_str words = words_of(answer->body, &arena);
    cy_error_set(error, CY_FAILED, "could not %s: the hub answered %d: %.*s", tried, answer->status, (int)CY_MIN(words.size, 400),
                 words.data);
    cy_arena_release(&arena);
    if (answer->status == 401)
        cy_error_hint(error, "give an access token in CIYUAN_TOKEN, or log in with `hf auth login`; `ciyuan token create` makes one");
    if (answer->status == 403)
        cy_error_hint(error, "the token's user may not do that; an admin of the organisation can let them (`ciyuan org member`)");
    if (answer->status == 307)
        cy_error_hint(error, "call it by the name that it has now");
    return CY_FAILED;
}

void cy_buffer_add_escaped(struct cy_buffer *out, struct cy_str text, bool keep_slash)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' ||
                     byte == '.' || byte == '_' || byte == '~' || (byte == '/' && keep_slash);
        if (plain)
            cy_buffer_add_byte(out, byte);
        else
            cy_buffer_printf(out, "%%%02X", byte);
    }
}
