/* HTTP, on libmicrohttpd. Event threads only parse and send; a handler runs on a thread of the worker pool, where it may block.
 *
 *     event thread: head ─▶ route ─▶ body (memory, or a spooled object) ─▶ suspend ─▶ queue
 *     worker:                                     handler(request, response) ─▶ resume
 *     event thread: head, then bytes | a file by sendfile | a stream ─▶ done: log, count, release
 *
 * A resource is one file (src/server/<resource>.c) and its rows in routes.h. */
#ifndef CY_SERVER_HTTP_H
#define CY_SERVER_HTTP_H

#include "base/arena.h"
#include "base/error.h"
#include "store/objects.h"

struct cy_app; /* server/app.h: store, objects, hub, options: what handlers work with */

enum cy_body {
    CY_BODY_NONE,   /* a body is refused with 413 */
    CY_BODY_MEMORY, /* up to body_bytes_max in the request's arena */
    CY_BODY_SPOOL,  /* to a spooled file, hashed as it comes: request->spool */
};

/* Who asks. Found before the handler runs, from Bearer, Basic (the token as password), the session cookie, or a signed URL. */
struct cy_principal {
    const char *user_id; /* NULL: nobody */
    const char *user_name;
    const char *token_id;      /* NULL: a session, or the local socket */
    const char *session_id;    /* NULL: no session */
    const char *csrf;          /* of a session: what requests that change something send in X-CSRF-Token */
    const char *repository_id; /* of a Xet token: the one that it writes to */
    unsigned scopes;           /* enum cy_scope bits (hub/accounts.h) */
    bool is_admin;
    bool is_local;   /* came by DATA/ciyuan.sock from the owner of the folder: may do what an admin may */
    bool is_invalid; /* credentials were sent, and are wrong: 401 whatever is asked */
};

struct cy_request {
    struct cy_app *app;
    struct cy_arena *arena; /* lives until the answer is sent */
    const char *method;
    struct cy_str path;  /* as sent, not unescaped, without the query */
    struct cy_str query; /* as sent, without "?" */
    struct cy_str
        path_values[8]; /* what stood at {name} in the route's pattern, in order, unescaped; {name...} takes the rest with its "/" */
    size_t path_value_count;
    struct cy_str body;    /* CY_BODY_MEMORY */
    struct cy_spool spool; /* CY_BODY_SPOOL; finished (hash known). A handler that keeps it puts it; else it is dropped */
    struct cy_principal principal;
    struct cy_str host; /* scheme://host[:port] as the client knows it (X-Forwarded-Proto and -Host from a trusted proxy) */
    struct cy_str peer; /* address of the client */
    char id[37];        /* X-Request-Id */
    const struct cy_route *route;
    uint64_t generation; /* answer_cache.c's own */
    void *connection;    /* http.c's own */
};

/* Case-insensitive; empty when absent. */
struct cy_str cy_request_header(const struct cy_request *request, const char *name);
/* The first, unescaped, in the request's arena; false when absent. */
bool cy_request_query(struct cy_request *request, const char *name, struct cy_str *value);
/* All of a name that may repeat (filter=a&filter=b): *values in the arena; returns their number. */
size_t cy_request_query_all(struct cy_request *request, const char *name, struct cy_str **values);
/* A whole number between min and max, or `missing` when absent; answers 400 and returns false when it is none. */
struct cy_response;
bool cy_request_query_integer(struct cy_request *request, struct cy_response *response, const char *name, int64_t min, int64_t max,
                              int64_t missing, int64_t *value);
/* application/x-www-form-urlencoded body, the same way. */
size_t cy_request_form_all(struct cy_request *request, const char *name, struct cy_str **values);

/* The answer. Text and headers are owned by the request's arena. Nothing set: 204. */
struct cy_response_header {
    const char *name;
    struct cy_str value;
};
struct cy_response {
    int status;
    const char *content_type; /* NULL: application/json for bytes, application/octet-stream for a file */
    struct cy_response_header headers[24];
    size_t header_count;
    struct cy_str bytes; /* the body, when there is no file or stream */
    int file;            /* -1, or an open file that http.c closes: Range, If-None-Match (by ETag) and HEAD are served by http.c */
    uint64_t file_offset;
    uint64_t file_size_bytes;
    /* A stream of unknown length: called on a worker, fills up to size_bytes; 0 ends, a negative number breaks the connection off. */
    int64_t (*stream)(void *context, void *data, size_t size_bytes);
    void (*stream_end)(void *context); /* always called once */
    void *stream_context;
    /* Told how many body bytes have gone out (about each second while it runs, and at the end with is_end): from a timer or event thread;
     * must not block. */
    void (*progress)(void *context, uint64_t body_bytes, bool is_end);
    void *progress_context;
};
void cy_respond_header(struct cy_request *request, struct cy_response *response, const char *name, const char *format, ...) CY_PRINTF(4, 5);
void cy_respond_json(struct cy_request *request, struct cy_response *response, int status,
                     struct cy_buffer *json); /* takes the buffer's bytes, releases it */
/* RFC 9457: {"type","title","status","detail","hint"…}; under /api/ of the Hugging Face protocol {"error": …} with X-Error-Code and
 * X-Error-Message: which of the two, the route says. code may be NULL. */
void cy_respond_error(struct cy_request *request, struct cy_response *response, int status, const char *code, const char *format, ...)
    CY_PRINTF(5, 6);
/* The same from a cy_error: CY_BAD_INPUT 400, a full disk 507, else 500 (the words go to the log, the client gets the request's id). */
void cy_respond_failure(struct cy_request *request, struct cy_response *response, const struct cy_error *error);

typedef void cy_handler(struct cy_request *request, struct cy_response *response);

enum cy_route_flags {
    CY_ROUTE_HF = 1,        /* errors in the Hugging Face shape */
    CY_ROUTE_INLINE = 2,    /* never blocks: runs on the event thread (health, embedded files) */
    CY_ROUTE_LOCAL = 4,     /* answered on the local socket alone */
    CY_ROUTE_SIGNED = 8,    /* the URL itself carries the right (exp, signature): no other credentials are looked at */
    CY_ROUTE_QUIET = 16,    /* not in the access log, unless it fails */
    CY_ROUTE_XET = 64,      /* the bearer is a Xet token: of one user, for one repository, for an hour (hf_xet.c) */
    CY_ROUTE_CACHED = 128,  /* a GET whose answer depends on the hub's state and who asks alone: kept in memory (answer_cache.h) */
    CY_ROUTE_FALLBACK = 32, /* "/{path...}": takes every GET for which the table has nothing; one of the table at most */
};
struct cy_route {
    const char *method;  /* GET serves HEAD too */
    const char *pattern; /* "/api/datasets/{namespace}/{name}/tree/{revision}/{path...}" */
    cy_handler *handler;
    enum cy_body body;
    size_t body_bytes_max;
    unsigned flags;
    const char *summary; /* one line for the OpenAPI document */
};

/* What looks at every request of a route that is not inline. Each may be NULL.
 *     admit     on a worker, before the handler, and before a large body is read: finds out who asks (request->principal). A status that
 *               it sets is the answer: the handler does not run and the body is thrown away
 *     cached    on the event thread, for GET and HEAD; must not block. True when it answered (a fresh answer in memory)
 *     answered  on the worker, after the handler */
struct cy_server_hooks {
    cy_handler *admit;
    bool (*cached)(struct cy_request *request, struct cy_response *response);
    void (*answered)(struct cy_request *request, const struct cy_response *response);
};
struct cy_server_options {
    const char *listen;                      /* "127.0.0.1:7000", "[::]:7000" */
    const char *socket_path;                 /* local socket, or NULL */
    const char *certificate_path, *key_path; /* TLS, or NULL */
    size_t event_thread_count, worker_count; /* 0: chosen by the machine */
    size_t connection_count_max;             /* 0: 4096 */
    size_t queue_length_max;                 /* requests that wait for a worker; 0: 2048 */
    unsigned idle_seconds_max;               /* of a connection on which nothing moves; 0: 60. A head that trickles has a quarter more */
    unsigned body_grace_seconds;             /* then a body must have come at 1 KiB/s on average; 0: 30 */
    bool trust_proxy;                        /* X-Forwarded-* count when the peer is loopback */
    int log_file;                            /* one JSON line a request goes here; -1: nowhere. Stays the caller's */
    struct cy_server_hooks hooks;
};
struct cy_server;
/* Serves `routes` (ended by a NULL method) until cy_server_stop. *port: the one bound, for ":0". */
enum cy_status cy_server_start(struct cy_server **server, const struct cy_server_options *options, const struct cy_route *routes,
                               struct cy_app *app, uint16_t *port, struct cy_error *error);
/* No new connections; waits up to wait_ms for requests under way, then ends. */
void cy_server_stop(struct cy_server *server, int64_t wait_ms);
/* Prometheus text: requests, connections, queue. */
void cy_server_metrics(struct cy_server *server, struct cy_buffer *out);
/* Runs one request through the same routing and handlers without a socket, as the local owner: for commands when nothing serves. */
void cy_server_call(struct cy_app *app, const struct cy_route *routes, const char *method, const char *target, struct cy_str body,
                    struct cy_arena *arena, int *status, struct cy_str *answer);

#endif
