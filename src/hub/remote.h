/* A hub somewhere, asked over HTTP by the protocol that every client of it speaks (docs/hub.md): what `ciyuan publish` and `ciyuan pull`
 * use. One handle, one thread. Nothing is retried that might be done twice; reading and uploading bytes is. */
#ifndef CY_HUB_REMOTE_H
#define CY_HUB_REMOTE_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CY_REMOTE_ANSWER_BYTES_MAX = 256 * 1024 * 1024, /* of an answer in memory: the tree of a large dataset */
    CY_REMOTE_TRIES = 5,
    CY_REMOTE_QUIET_S = 60, /* a transfer that moves nothing for so long is cut and tried again */
};

struct cy_remote;

/* url: "https://hub.example", without a "/" at the end. token may be NULL. Nothing is asked yet. */
enum cy_status cy_remote_open(struct cy_remote **remote, const char *url, const char *token, struct cy_error *error);
void cy_remote_close(struct cy_remote *remote); /* NULL is fine */
/* Told how many bytes of the file under way have moved; returning false stops with CY_INTERRUPTED. */
void cy_remote_watch(struct cy_remote *remote, bool (*moved)(void *context, uint64_t bytes), void *context);

/* Every request ends after so long, whatever it does; 0: as long as it moves. */
void cy_remote_limit(struct cy_remote *remote, long seconds);

struct cy_remote_answer {
    int status;         /* of HTTP */
    struct cy_str body; /* in the arena, with a 0 byte behind it */
    struct cy_str next; /* the URL of the next page, of header Link; empty: none */
    struct cy_str etag; /* without its quotes */
};
/* target: a path from the hub's root, escaped, or a whole URL (then without the token when it is another host's).
 * CY_OK whenever there is an answer; CY_IO when there is none: the message says what happened on the way. GET is tried again after a
 * failure of the network, 429 and 5xx; others are not. */
enum cy_status cy_remote_ask(struct cy_remote *remote, const char *method, const char *target, const char *content_type, struct cy_str body,
                             struct cy_arena *arena, struct cy_remote_answer *answer, struct cy_error *error);
/* An answer that is not 2xx as an error: what was tried, the status, and the hub's own words. */
enum cy_status cy_remote_refused(const struct cy_remote_answer *answer, struct cy_error *error, const char *what, ...) CY_PRINTF(3, 4);

/* PUTs size_bytes of the file from offset on. The URL itself carries the right. Tried again after failures. */
enum cy_status cy_remote_put(struct cy_remote *remote, const char *url, int file, uint64_t offset, uint64_t size_bytes,
                             struct cy_arena *arena, struct cy_remote_answer *answer, struct cy_error *error);
/* GETs to the file, from `offset` of both on; goes on where a cut left off. *status out: 200, 206 or what was refused. */
enum cy_status cy_remote_get(struct cy_remote *remote, const char *target, int file, uint64_t offset, struct cy_arena *arena,
                             struct cy_remote_answer *answer, struct cy_error *error);

/* Appends a path with what is not unreserved (RFC 3986 §2.3) escaped; "/" stays when keep_slash. */
void cy_buffer_add_escaped(struct cy_buffer *out, struct cy_str text, bool keep_slash);

#endif
