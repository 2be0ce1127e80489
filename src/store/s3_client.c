#include "store/s3_client.h"

#include "base/clock.h"
#include "base/hash.h"
#include "store/curl_library.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
    ATTEMPTS_MAX = 4,
    PAUSE_MS = 100, /* before the second attempt; doubled, and up to half as much again by chance */
    TIMEOUT_S = 20, /* without a byte in either direction */
    TIMEOUT_S_MAX = 600,
    CONNECT_MS_MAX = 5000,
    HANDLES_MAX = 16,            /* idle connections kept */
    ANSWER_BYTES_MAX = 16 << 20, /* of what is read into memory: a list of 1000 names has 300 kB */
};

struct cy_s3 {
    char *endpoint; /* "http://host:port", without a slash behind */
    char *host;     /* as the Host header has it */
    char *bucket, *prefix, *region;
    char *access_key, *secret_key, *session_token; /* the last may be NULL */
    long timeout_s;
    pthread_mutex_t lock;
    CURL *idle[HANDLES_MAX];
    size_t idle_count;
};

/* ---- opening ---- */

static char *copy(struct cy_str text)
{
    char *to = cy_alloc(text.size + 1);
    if (text.size > 0)
        memcpy(to, text.data, text.size);
    to[text.size] = '\0';
    return to;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A value of the URL's query, its %xx decoded. */
static char *copy_decoded(struct cy_str text)
{
    char *to = cy_alloc(text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool is_escape = text.data[i] == '%' && i + 2 < text.size && hex_digit(text.data[i + 1]) >= 0 && hex_digit(text.data[i + 2]) >= 0;
        to[size++] = is_escape ? (char)(hex_digit(text.data[i + 1]) * 16 + hex_digit(text.data[i + 2])) : text.data[i];
        i += is_escape ? 2 : 0;
    }
    to[size] = '\0';
    return to;
}

static enum cy_status refuse_url(struct cy_error *error, const char *why, struct cy_str what)
{
    cy_error_set(error, CY_BAD_RECIPE, "cannot use the address of the objects: %s \"%.*s\"", why, (int)CY_MIN(what.size, 200), what.data);
    return cy_error_hint(error, "s3://bucket/prefix?endpoint=https://host:port&region=us-east-1, the keys in AWS_ACCESS_KEY_ID and "
                                "AWS_SECRET_ACCESS_KEY");
}

static enum cy_status read_option(struct cy_s3 *s3, struct cy_str option, struct cy_error *error)
{
    struct cy_str value, name = cy_str_split(option, '=', &value);
    if (cy_str_is(name, "endpoint")) {
        free(s3->endpoint);
        s3->endpoint = copy_decoded(value);
        for (size_t size = strlen(s3->endpoint); size > 0 && s3->endpoint[size - 1] == '/'; size--)
            s3->endpoint[size - 1] = '\0';
    } else if (cy_str_is(name, "region")) {
        free(s3->region);
        s3->region = copy_decoded(value);
    } else if (cy_str_is(name, "timeout")) {
        char *text = copy(value), *end;
        s3->timeout_s = strtol(text, &end, 10);
        bool is_good = end != text && *end == '\0' && s3->timeout_s >= 1 && s3->timeout_s <= TIMEOUT_S_MAX;
        free(text);
        if (!is_good)
            return refuse_url(error, "timeout is 1 to 600 seconds, not", value);
    } else {
        return refuse_url(error, "there is no option", name);
    }
    return CY_OK;
}

/* "https://host:443" has the Host header "host". */
static enum cy_status find_host(struct cy_s3 *s3, struct cy_error *error)
{
    struct cy_str endpoint = cy_str(s3->endpoint), rest;
    bool is_https = cy_str_starts(endpoint, CY_STR("https://")), is_http = cy_str_starts(endpoint, CY_STR("http://"));
    if (!is_http && !is_https)
        return refuse_url(error, "the endpoint must begin with http:// or https://, not", endpoint);
    size_t scheme_bytes = is_https ? 8 : 7;
    struct cy_str host = {endpoint.data + scheme_bytes, endpoint.size - scheme_bytes};
    if (host.size == 0 || memchr(host.data, '/', host.size) != NULL || memchr(host.data, '@', host.size) != NULL)
        return refuse_url(error, "the endpoint is a host and a port, not", endpoint);
    struct cy_str own_port = is_https ? CY_STR(":443") : CY_STR(":80");
    rest = host;
    if (cy_str_ends(rest, own_port))
        rest.size -= own_port.size;
    s3->host = copy(rest);
    return CY_OK;
}

static enum cy_status read_keys(struct cy_s3 *s3, struct cy_error *error)
{
    const char *access = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY"), *token = getenv("AWS_SESSION_TOKEN");
    if (access == NULL || secret == NULL || access[0] == '\0' || secret[0] == '\0') {
        cy_error_set(error, CY_BAD_RECIPE, "cannot sign requests to S3: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set");
        return cy_error_hint(error, "set both in the environment of the server");
    }
    s3->access_key = copy(cy_str(access));
    s3->secret_key = copy(cy_str(secret));
    if (token != NULL && token[0] != '\0')
        s3->session_token = copy(cy_str(token));
    return CY_OK;
}

enum cy_status cy_s3_open(struct cy_s3 **out, const char *url, struct cy_error *error)
{
    enum cy_status status = cy_curl_load(error);
    if (status != CY_OK)
        return status;
    struct cy_s3 *s3 = cy_alloc_zero(1, sizeof *s3);
    struct cy_str options, place = cy_str_split(cy_str(url), '?', &options), prefix;
    pthread_mutex_init(&s3->lock, NULL);
    s3->timeout_s = TIMEOUT_S;
    s3->region = copy(CY_STR("us-east-1"));
    CY_ASSERT(cy_str_starts(place, CY_STR("s3://")));
    place = (struct cy_str){place.data + 5, place.size - 5};
    struct cy_str bucket = cy_str_split(place, '/', &prefix);
    while (cy_str_ends(prefix, CY_STR("/")))
        prefix.size--;
    s3->bucket = copy(bucket);
    s3->prefix = cy_alloc(prefix.size + 2);
    snprintf(s3->prefix, prefix.size + 2, "%.*s%s", (int)prefix.size, prefix.data != NULL ? prefix.data : "", prefix.size > 0 ? "/" : "");
    if (bucket.size == 0)
        status = refuse_url(error, "it names no bucket:", cy_str(url));
    while (status == CY_OK && options.size > 0)
        status = read_option(s3, cy_str_split(options, '&', &options), error);
    if (status == CY_OK && s3->endpoint == NULL) {
        struct cy_buffer aws = {0};
        cy_buffer_printf(&aws, "https://s3.%s.amazonaws.com", s3->region);
        s3->endpoint = copy(cy_buffer_str(&aws));
        cy_buffer_release(&aws);
    }
    if (status == CY_OK)
        status = find_host(s3, error);
    if (status == CY_OK)
        status = read_keys(s3, error);
    if (status == CY_OK)
        *out = s3;
    else
        cy_s3_close(s3);
    return status;
}

void cy_s3_close(struct cy_s3 *s3)
{
    if (s3 == NULL)
        return;
    for (size_t i = 0; i < s3->idle_count; i++)
        cy_curl.curl_easy_cleanup(s3->idle[i]);
    pthread_mutex_destroy(&s3->lock);
    free(s3->endpoint);
    free(s3->host);
    free(s3->bucket);
    free(s3->prefix);
    free(s3->region);
    free(s3->access_key);
    free(s3->secret_key);
    free(s3->session_token);
    free(s3);
}

const char *cy_s3_prefix(const struct cy_s3 *s3)
{
    return s3->prefix;
}

/* ---- one attempt ---- */

struct attempt {
    struct cy_s3_call *call;
    CURL *handle;
    uint64_t sent_bytes;
    enum cy_status status; /* of the sink, or of reading the file */
    struct cy_error *error;
};

static size_t send_body(char *data, size_t size, size_t count, void *context)
{
    struct attempt *attempt = context;
    const struct cy_s3_call *call = attempt->call;
    uint64_t whole = call->body_bytes > 0 ? call->body_bytes : call->body.size;
    size_t wanted = (size_t)CY_MIN((uint64_t)(size * count), whole - attempt->sent_bytes);
    if (call->body_bytes > 0) {
        ssize_t got = pread(call->body_file, data, wanted, (off_t)(call->body_offset + attempt->sent_bytes));
        if (got < 0 || (got == 0 && wanted > 0)) {
            attempt->status = cy_error_errno(attempt->error, "read the spooled file for", call->key);
            return CURL_READFUNC_ABORT;
        }
        wanted = (size_t)got;
    } else if (wanted > 0) {
        memcpy(data, call->body.data + attempt->sent_bytes, wanted);
    }
    attempt->sent_bytes += wanted;
    return wanted;
}

static int seek_body(void *context, curl_off_t offset, int origin)
{
    struct attempt *attempt = context;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    attempt->sent_bytes = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct attempt *attempt = context;
    struct cy_s3_call *call = attempt->call;
    long http_status = 0;
    cy_curl.curl_easy_getinfo(attempt->handle, CURLINFO_RESPONSE_CODE, &http_status);
    if (call->sink != NULL && http_status / 100 == 2) {
        attempt->status = call->sink(call->context, data, size * count, attempt->error);
        return attempt->status == CY_OK ? size * count : 0;
    }
    if (call->answer.size + size * count > ANSWER_BYTES_MAX)
        return 0;
    cy_buffer_add(&call->answer, data, size * count);
    return size * count;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct attempt *attempt = context;
    struct cy_str value, name = cy_str_split((struct cy_str){data, size * count}, ':', &value);
    value = cy_str_trim(value);
    if (cy_str_equal_nocase(name, CY_STR("etag")))
        snprintf(attempt->call->etag, sizeof attempt->call->etag, "%.*s", (int)CY_MIN(value.size, 127), value.data);
    return size * count;
}

/* A program that we start does not inherit the connection. */
static int close_on_exec(void *context, curl_socket_t file, curlsocktype purpose)
{
    (void)context, (void)purpose;
    return fcntl(file, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static CURL *take_handle(struct cy_s3 *s3)
{
    pthread_mutex_lock(&s3->lock);
    CURL *handle = s3->idle_count > 0 ? s3->idle[--s3->idle_count] : NULL;
    pthread_mutex_unlock(&s3->lock);
    if (handle == NULL)
        handle = cy_curl.curl_easy_init();
    CY_ASSERT(handle != NULL);
    return handle;
}

static void give_handle_back(struct cy_s3 *s3, CURL *handle)
{
    cy_curl.curl_easy_reset(handle); /* keeps its connection */
    pthread_mutex_lock(&s3->lock);
    bool is_kept = s3->idle_count < HANDLES_MAX;
    if (is_kept)
        s3->idle[s3->idle_count++] = handle;
    pthread_mutex_unlock(&s3->lock);
    if (!is_kept)
        cy_curl.curl_easy_cleanup(handle);
}

static void hash_text(struct cy_str text, char hex[65])
{
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, text.size > 0 ? text.data : "", text.size);
    cy_sha256_final(&hash, hex);
}

static struct curl_slist *add_header(struct curl_slist *list, struct cy_arena *arena, const char *name, const char *value)
{
    list = cy_curl.curl_slist_append(list, cy_arena_printf(arena, value[0] != '\0' ? "%s: %s" : "%s:", name, value));
    CY_ASSERT(list != NULL);
    return list;
}

/* Signs the request, as of now, and tells curl all about it. */
static struct curl_slist *prepare(const struct cy_s3 *s3, struct attempt *attempt, struct cy_arena *arena)
{
    const struct cy_s3_call *call = attempt->call;
    CURL *handle = attempt->handle;
    char body_sha256[65];
    hash_text(call->body, body_sha256);
    const char *payload = call->payload_sha256 != NULL ? call->payload_sha256 : body_sha256;
    const struct cy_s3_unsigned request = {
        .method = call->method,
        .host = cy_str(s3->host),
        .path = cy_str(cy_arena_printf(arena, "/%s%s%s", s3->bucket, call->key[0] != '\0' ? "/" : "", call->key)),
        .query = call->query,
        .query_count = call->query_count,
        .payload_sha256 = payload,
        .access_key = s3->access_key,
        .secret_key = s3->secret_key,
        .session_token = s3->session_token,
        .region = s3->region,
        .time_s = (int64_t)time(NULL),
    };
    struct cy_s3_signed sign;
    cy_s3_sign(&request, arena, &sign);
    struct curl_slist *headers = add_header(NULL, arena, "Host", s3->host);
    headers = add_header(headers, arena, "x-amz-date", sign.date);
    headers = add_header(headers, arena, "x-amz-content-sha256", payload);
    headers = add_header(headers, arena, "Authorization", sign.authorization);
    headers = add_header(headers, arena, "Expect", ""); /* no waiting for 100 */
    headers = add_header(headers, arena, "Content-Type", "");
    if (s3->session_token != NULL)
        headers = add_header(headers, arena, "x-amz-security-token", s3->session_token);
    if (call->range != NULL)
        headers = add_header(headers, arena, "Range", call->range);

    uint64_t body_bytes = call->body_bytes > 0 ? call->body_bytes : call->body.size;
    bool has_body = strcmp(call->method, "PUT") == 0 || strcmp(call->method, "POST") == 0;
    cy_curl.curl_easy_setopt(handle, CURLOPT_URL, cy_arena_printf(arena, "%s%s", s3->endpoint, sign.target));
    cy_curl.curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    cy_curl.curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    cy_curl.curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    cy_curl.curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    cy_curl.curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS_MAX);
    cy_curl.curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    cy_curl.curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, s3->timeout_s);
    cy_curl.curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, close_on_exec);
    cy_curl.curl_easy_setopt(handle, CURLOPT_FILETIME, 1L);
    cy_curl.curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    cy_curl.curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_answer);
    cy_curl.curl_easy_setopt(handle, CURLOPT_WRITEDATA, attempt);
    cy_curl.curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    cy_curl.curl_easy_setopt(handle, CURLOPT_HEADERDATA, attempt);
    if (has_body) {
        cy_curl.curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        cy_curl.curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body_bytes);
        cy_curl.curl_easy_setopt(handle, CURLOPT_READFUNCTION, send_body);
        cy_curl.curl_easy_setopt(handle, CURLOPT_READDATA, attempt);
        cy_curl.curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_body);
        cy_curl.curl_easy_setopt(handle, CURLOPT_SEEKDATA, attempt);
        cy_curl.curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    } else if (strcmp(call->method, "HEAD") == 0) {
        cy_curl.curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else {
        cy_curl.curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 512L * 1024);
    }
    cy_curl.curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, call->method);
    return headers;
}

bool cy_s3_tag(struct cy_str xml, size_t *at, const char *name, struct cy_str *text)
{
    char open[64], close[64];
    int open_bytes = snprintf(open, sizeof open, "<%s>", name), close_bytes = snprintf(close, sizeof close, "</%s>", name);
    *text = CY_STR("");
    const char *start = *at < xml.size ? memmem(xml.data + *at, xml.size - *at, open, (size_t)open_bytes) : NULL;
    if (start == NULL)
        return false;
    start += open_bytes;
    const char *end = memmem(start, (size_t)(xml.data + xml.size - start), close, (size_t)close_bytes);
    if (end == NULL)
        return false;
    *text = (struct cy_str){start, (size_t)(end - start)};
    *at = (size_t)(end - xml.data) + (size_t)close_bytes;
    return true;
}

/* What a refusal says: <Code> and <Message> of its body; a HEAD has none. */
static enum cy_status say_refused(const struct cy_s3 *s3, const struct cy_s3_call *call, enum cy_status status, struct cy_error *error)
{
    struct cy_str xml = cy_buffer_str(&call->answer), code, message;
    size_t at = 0;
    cy_s3_tag(xml, &at, "Code", &code);
    at = 0;
    cy_s3_tag(xml, &at, "Message", &message);
    cy_error_set(error, status, "S3 at %s answered %s \"%s/%s\" with %ld%s%.*s%s%.*s", s3->host, call->method, s3->bucket, call->key,
                 call->http_status, code.size > 0 ? " " : "", (int)CY_MIN(code.size, 100), code.data, message.size > 0 ? ": " : "",
                 (int)CY_MIN(message.size, 400), message.data);
    if (call->http_status == 401 || call->http_status == 403)
        return cy_error_hint(error,
                             "look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, the region, this machine's clock, and what the key may do "
                             "with the bucket");
    return status;
}

/* One attempt. *again: another may succeed. */
static enum cy_status run_once(struct cy_s3 *s3, struct cy_s3_call *call, bool *again, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct attempt attempt = {.call = call, .handle = take_handle(s3), .status = CY_OK, .error = error};
    if (call->restart != NULL)
        call->restart(call->context);
    cy_buffer_clear(&call->answer);
    struct curl_slist *headers = prepare(s3, &attempt, &arena);
    CURLcode code = cy_curl.curl_easy_perform(attempt.handle);
    curl_off_t content_bytes = 0, modified_s = -1;
    cy_curl.curl_easy_getinfo(attempt.handle, CURLINFO_RESPONSE_CODE, &call->http_status);
    cy_curl.curl_easy_getinfo(attempt.handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &content_bytes);
    cy_curl.curl_easy_getinfo(attempt.handle, CURLINFO_FILETIME_T, &modified_s);
    call->content_bytes = content_bytes > 0 ? (uint64_t)content_bytes : 0;
    call->modified_s = modified_s;
    give_handle_back(s3, attempt.handle);
    cy_curl.curl_slist_free_all(headers);
    cy_arena_release(&arena);
    *again = false;
    if (attempt.status != CY_OK)
        return attempt.status;
    if (code != CURLE_OK) {
        *again = true;
        cy_error_set(error, CY_IO, "could not %s \"%s/%s\" at S3 %s: %s", call->method, s3->bucket, call->key, s3->host,
                     cy_curl.curl_easy_strerror(code));
        return cy_error_hint(error, "is the S3 server running, and reachable from here?");
    }
    long kind = call->http_status / 100;
    *again = kind == 5 || call->http_status == 429 || call->http_status == 408;
    if (kind == 2 || call->http_status == 404 || call->http_status == 416)
        return CY_OK;
    return say_refused(s3, call, *again ? CY_IO : CY_FAILED, error);
}

enum cy_status cy_s3_run(struct cy_s3 *s3, struct cy_s3_call *call, struct cy_error *error)
{
    enum cy_status status;
    for (int attempt = 1;; attempt++) {
        bool again;
        status = run_once(s3, call, &again, error);
        if (status == CY_OK || !again || attempt == ATTEMPTS_MAX)
            break;
        uint16_t chance = 0;
        CY_ASSERT(getrandom(&chance, sizeof chance, 0) == sizeof chance);
        long pause_ms = ((long)PAUSE_MS << (attempt - 1)) * (65536 + chance / 2) / 65536;
        nanosleep(&(struct timespec){.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000}, NULL);
    }
    if (status != CY_OK || call->http_status != 404)
        return status;
    struct cy_str code;
    size_t at = 0;
    bool is_bucket = cy_s3_tag(cy_buffer_str(&call->answer), &at, "Code", &code) && cy_str_is(code, "NoSuchBucket");
    return is_bucket ? say_refused(s3, call, CY_FAILED, error) : CY_OK; /* an object may be missing; the bucket may not */
}
