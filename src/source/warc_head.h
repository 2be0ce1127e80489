/* The heads of WARC records (ISO 28500:2017, WARC 1.0 and 1.1) and of HTTP responses (RFC 9112), and what hides an HTTP body: chunks and
 * compression. */
#ifndef CY_SOURCE_WARC_HEAD_H
#define CY_SOURCE_WARC_HEAD_H

#include "base/arena.h"

enum {
    CY_WARC_HEAD_BYTES_MAX = 64 * 1024, /* real heads have 300 to 2,000 bytes */
};

/* A WARC record's head. Views into the bytes it was read from; empty where a field is missing. */
struct cy_warc_head {
    size_t size;             /* bytes, the empty line that ends it included */
    uint64_t content_length; /* of the block behind it */
    struct cy_str type;
    struct cy_str id;
    struct cy_str uri;
    struct cy_str date;
    struct cy_str content_type;
    struct cy_str payload_type; /* WARC-Identified-Payload-Type */
};

/* Whether a record begins here: "WARC/1.0" or "WARC/1.1" and a line end (any 1.x is read). */
bool cy_warc_begins(struct cy_str text);
/* The first place at or behind `from`, at a line's start, where a record begins; text.size when there is none. */
size_t cy_warc_find(struct cy_str text, size_t from);
/* NULL, or what is wrong with the head ("warc_head", "content_length"): a literal. `text` holds the whole head (see cy_warc_head_size). */
const char *cy_warc_head_read(struct cy_str text, struct cy_warc_head *head);
/* Bytes up to and with the empty line; 0 when there is none in `text`. */
size_t cy_warc_head_size(struct cy_str text);

struct cy_http_head {
    size_t size; /* bytes, the empty line included; all of it when there is none */
    int status;  /* 0: not an HTTP response */
    struct cy_str content_type;
    struct cy_str content_encoding;
    bool chunked;
};
void cy_http_head_read(struct cy_str response, struct cy_http_head *head);

/* The body without chunks and compression. A body that is cut short gives what can be had of it; one that only claims to be chunked or
 * compressed (crawlers often store it unpacked, with its old head) is taken as it is.
 *   body  out: borrowed from `packed`, or in the arena
 * Returns NULL, or why it cannot be had: "content_encoding: br", "too_large", "content_encoding: gzip". */
const char *cy_http_body(const struct cy_http_head *head, struct cy_str packed, struct cy_arena *arena, struct cy_str *body);

#endif
