/* Inside the HTTP core: the server, a connection, and one request with its answer on their way. Only src/server/http*.c uses this.
 *
 * Who touches a call: its event thread, save while the connection is suspended: then the worker. The one exception is a piece of body that
 * a worker writes while the event thread receives the next: what both touch stands under `lock`. */
#ifndef CY_SERVER_HTTP_CALL_H
#define CY_SERVER_HTTP_CALL_H

#include "server/http.h"
#include "server/http_counts.h"
#include "server/http_log.h"
#include "server/http_route.h"
#include "server/workers.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    CY_HEAD_BYTES_MAX = 24 * 1024,       /* request line and headers; signed URLs and cookies are far smaller */
    CY_HEADER_COUNT_MAX = 100,           /* as nginx and Apache have it */
    CY_CONNECTION_BYTES_MAX = 48 * 1024, /* a connection's memory: twice the head; zeroed whole for each request, so no more */
    CY_BODY_PIECE_BYTES = 512 * 1024,    /* what is handed to a worker at once: large enough to make its wake-up cheap */
    CY_ADMIT_BYTES_MIN = 64 * 1024,      /* a body that is larger waits until it is known who sends it */
    CY_UPLOADS_MAX = 128,                /* spooled bodies at once: two pieces each, 128 MiB in all */
    CY_STREAM_BYTES = 256 * 1024,        /* a stream's buffer */
};
#define CY_BODIES_BYTES_MAX ((int64_t)512 * 1024 * 1024) /* bodies held in memory, all together */
#define CY_DRAIN_BYTES_MAX ((uint64_t)64 * 1024 * 1024)  /* of a refused body that are thrown away, so that the client hears why */

/* The life of a call, from top to bottom. */
enum cy_call_phase {
    CY_CALL_HEAD,    /* the request line is there; headers come */
    CY_CALL_ADMIT,   /* suspended: a worker finds out who asks, before the body */
    CY_CALL_BODY,    /* the body comes, or there is none */
    CY_CALL_REFUSED, /* the answer is there; what is left of the body is thrown away first */
    CY_CALL_HANDLE,  /* suspended: the handler runs */
    CY_CALL_SEND,    /* the answer goes out */
};

struct cy_link;

struct cy_call {
    struct cy_job job; /* first: a job is its call */
    struct cy_request request;
    struct cy_response response;
    struct cy_arena arena;
    struct cy_server *server;
    struct MHD_Connection *connection;
    struct cy_link *link;
    _Atomic int phase; /* enum cy_call_phase; the ticker looks at it */
    bool is_admitted;
    bool is_head;    /* HEAD */
    bool must_close; /* the connection cannot be used again */
    bool expects_100;
    struct cy_str target; /* as sent */
    uint64_t started_ns;
    uint64_t handled_ns; /* when the answer was ready */

    /* the body */
    uint64_t body_length; /* MHD_SIZE_UNKNOWN: chunked */
    _Atomic uint64_t body_received;
    _Atomic uint64_t body_started_ns;
    int64_t body_held; /* of CY_BODIES_BYTES_MAX */
    struct cy_buffer body;
    struct cy_job piece_job;
    pthread_mutex_t lock;
    char *fill, *write; /* CY_BODY_PIECE_BYTES each */
    size_t fill_size, write_size;
    bool is_spooling;  /* counted among CY_UPLOADS_MAX */
    bool is_writing;   /* under lock: a worker writes `write` */
    bool is_waiting;   /* under lock: suspended until it has */
    bool is_abandoned; /* under lock: the connection is gone; the worker releases the call */
    enum cy_status spool_status;
    struct cy_error spool_error;

    /* the answer */
    int status;
    uint64_t answer_bytes;        /* length of the body that is to go out; MHD_SIZE_UNKNOWN for a stream */
    uint64_t answer_offset;       /* in the file or bytes */
    _Atomic uint64_t given_bytes; /* by readers of ours: streams, TLS */
    uint64_t header_bytes;        /* about */
    bool is_sendfile;             /* under the server's links_lock, with the next */
    bool is_telling;              /* response.progress is to be called */
    uint64_t socket_base;         /* bytes written to the socket before this answer */
    char *stream_data;
    size_t stream_at, stream_size;
    bool stream_ends, stream_fails;
    struct cy_job stream_job;
};

/* One connection. */
struct cy_link {
    struct cy_link *previous, *next; /* under links_lock */
    struct cy_call *call;            /* under links_lock */
    uint64_t idle_since_ns;          /* under links_lock: no request since then */
    uint64_t end_seen_at;            /* under links_lock: bytes received + 1 when the client was seen to have ended; 0: it was not */
    int socket;
    bool is_local;       /* by the local socket */
    bool is_local_owner; /* and from the owner of the folder, or root */
    bool is_loopback;
    char peer[64];
};

struct cy_server {
    struct cy_app *app;
    struct cy_server_options options;
    struct cy_router *router;
    struct cy_workers *workers;
    struct cy_http_counts *counts;
    struct cy_http_log *log;
    struct MHD_Daemon *daemon, *local_daemon;
    char *certificate, *key;
    int listen_socket, local_socket;
    pthread_mutex_t links_lock;
    struct cy_link *links;
    pthread_t ticker;
    bool has_ticker;
    pthread_mutex_t tick_lock;
    pthread_cond_t tick_wake;
    bool tick_stops;
    _Atomic bool is_stopping; /* answers say "Connection: close" */
    _Atomic bool is_ending;   /* and no connection is suspended any more */
    _Atomic int64_t suspended_count;
    _Atomic int64_t call_count, link_count, upload_count, body_bytes;
};

/* ---- http_head.c: what stands before the body ---- */

/* Reads and checks the head; finds the route. False: the response holds the refusal, and must_close says whether the connection ends. */
bool cy_call_take_head(struct cy_call *call, const char *method, const char *version);

/* ---- http_body.c ---- */

/* Memory, or pieces to the spool; consumes *size bytes of data, or suspends. */
void cy_call_take_body(struct cy_call *call, const char *data, size_t *size);
/* True when all of it is where it belongs, but for the last piece; false: suspended until then. */
bool cy_call_body_is_there(struct cy_call *call);
/* On a worker: the last piece, and the end of the spool. False: the response holds the error. */
bool cy_call_finish_body(struct cy_call *call);
void cy_call_release_body(struct cy_call *call);

/* ---- http_send.c ---- */

/* Queues the answer, on the event thread. */
enum MHD_Result cy_call_send(struct cy_call *call);
/* Body bytes that went out so far, as far as can be told; exact at a clean end. Under links_lock. */
uint64_t cy_call_sent_bytes(struct cy_call *call, bool is_clean_end);

/* ---- http_ticker.c ---- */

enum cy_status cy_ticker_start(struct cy_server *server, struct cy_error *error);
void cy_ticker_stop(struct cy_server *server);

/* ---- http.c ---- */

/* Suspends the connection: false when the server ends, for it cannot while one is suspended. Event thread. */
bool cy_call_suspend(struct cy_call *call);
/* Any thread; the call is the event thread's from here on. */
void cy_call_resume(struct cy_call *call);

/* The answer is there, but the body is not: refuse. Event thread. */
void cy_call_refuse(struct cy_call *call);
void cy_call_release(struct cy_call *call); /* any thread; may block */

#endif
