/* Requests to S3: signed, with timeouts, tried again when the server or the line fails. Blocking; any number of threads. */
#ifndef CY_STORE_S3_CLIENT_H
#define CY_STORE_S3_CLIENT_H

#include "base/arena.h"
#include "base/error.h"
#include "store/s3_sign.h"

struct cy_s3;

/* url: s3://bucket[/prefix]?endpoint=URL[&region=R][&timeout=SECONDS]; the keys come from the environment (AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN). Nothing is sent yet. */
enum cy_status cy_s3_open(struct cy_s3 **s3, const char *url, struct cy_error *error);
void cy_s3_close(struct cy_s3 *s3);
const char *cy_s3_prefix(const struct cy_s3 *s3); /* "" or "prefix/" */

struct cy_s3_call {
    const char *method;
    const char *key; /* below the bucket, the prefix included; "" is the bucket itself */
    const struct cy_s3_pair *query;
    size_t query_count;
    const char *range; /* "bytes=0-9", or NULL */

    /* What is sent: text in memory, or a part of an open file; nothing when both are empty. */
    struct cy_str body;
    int body_file; /* used when body_bytes > 0 */
    uint64_t body_offset, body_bytes;
    const char *payload_sha256; /* of a file's part; NULL: of `body`, calculated */

    /* Where the body of a good answer goes; NULL: into `answer`. restart is called before each attempt: what came before is void. */
    enum cy_status (*sink)(void *context, const void *data, size_t size_bytes, struct cy_error *error);
    void (*restart)(void *context);
    void *context;

    /* out */
    long http_status;        /* 404 and 416 are answers; other failures are errors */
    struct cy_buffer answer; /* released by the caller */
    char etag[128];
    uint64_t content_bytes; /* Content-Length of the answer */
    int64_t modified_s;     /* Last-Modified, or -1 */
};

/* CY_OK with http_status 2xx, 404 or 416. CY_IO: no answer, or 5xx, after several attempts; CY_FAILED: refused, in S3's words. */
enum cy_status cy_s3_run(struct cy_s3 *s3, struct cy_s3_call *call, struct cy_error *error);

/* The text between <name> and </name> after *at, which moves behind it; empty and false when there is none. S3's answers hold neither
 * attributes nor comments within what we look for. */
bool cy_s3_tag(struct cy_str xml, size_t *at, const char *name, struct cy_str *text);

#endif
