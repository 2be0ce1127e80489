/* AWS Signature Version 4 for S3 (AWS's "Authenticating Requests: Using the Authorization Header"). The library's own signing in curl 7.88
 * neither sorts nor encodes the query, which S3 needs. Held equal to botocore's by tests/parity/s3_sign.py. */
#ifndef CY_STORE_S3_SIGN_H
#define CY_STORE_S3_SIGN_H

#include "base/arena.h"

struct cy_s3_pair {
    struct cy_str name, value; /* as they are meant, not encoded */
};

struct cy_s3_unsigned {
    const char *method;
    struct cy_str host; /* as the Host header has it: with the port, unless it is the scheme's own */
    struct cy_str path; /* begins with "/"; as it is meant, not encoded */
    const struct cy_s3_pair *query;
    size_t query_count;
    const char *payload_sha256; /* 64 hex digits, or "UNSIGNED-PAYLOAD" */
    const char *access_key, *secret_key;
    const char *session_token; /* NULL: none */
    const char *region;
    int64_t time_s; /* since 1970 */
};

/* Owned by the arena. */
struct cy_s3_signed {
    char *target;        /* the path and the query, encoded as they were signed: what is to be sent */
    char *date;          /* value of x-amz-date */
    char *authorization; /* value of Authorization */
};

void cy_s3_sign(const struct cy_s3_unsigned *request, struct cy_arena *arena, struct cy_s3_signed *out);

#endif
