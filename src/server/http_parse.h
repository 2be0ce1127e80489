/* The small parsers of HTTP: pure functions over bytes that a stranger sent. */
#ifndef CY_SERVER_HTTP_PARSE_H
#define CY_SERVER_HTTP_PARSE_H

#include "base/arena.h"

enum {
    CY_QUERY_PAIRS_MAX = 1000, /* names and values in a query or form; what stands behind them is not looked at */
    CY_JSON_DEPTH_MAX = 64,    /* objects and arrays within each other */
};

/* %XX decoded (and + as a space in queries and forms), owned by arena. False when an escape is broken, or when the text then holds a 0 byte
 * or is not UTF-8: no name of ours is so. */
bool cy_percent_decode(struct cy_str text, bool plus_is_space, struct cy_arena *arena, struct cy_str *decoded);
/* Everything but A-Z a-z 0-9 - . _ ~ (RFC 3986 §2.3) and the bytes of `keep` as %XX. */
void cy_percent_encode(struct cy_buffer *out, struct cy_str text, const char *keep);

/* What is wrong with JSON of a stranger before it is parsed, or NULL: nested too deep, or a string with a 0 byte (\u0000), which neither
 * names nor databases can hold. Looks at brackets and escapes alone; text that is no JSON may pass. */
const char *cy_json_problem(struct cy_str text);

/* Values of `name` in "a=1&b=2" (application/x-www-form-urlencoded), decoded, in order; a pair that cannot be decoded is left out.
 * *values: owned by arena; NULL to count only. Returns how many, value_max at most. */
size_t cy_pairs_find(struct cy_str pairs, struct cy_str name, size_t value_max, struct cy_arena *arena, struct cy_str *values);
size_t cy_pairs_count(struct cy_str pairs);

/* RFC 9110 §14.1.2 and §14.2. */
enum cy_range {
    CY_RANGE_NONE,        /* no range, one that is not in bytes, several, or malformed: the whole is sent, as the RFC allows */
    CY_RANGE_PART,        /* [*first, *first + *size_bytes) */
    CY_RANGE_UNSATISFIED, /* 416 */
};
enum cy_range cy_range_parse(struct cy_str header, uint64_t total_bytes, uint64_t *first, uint64_t *size_bytes);

/* Whether `etag` (with its quotes) is in an If-None-Match list, compared weakly, or the list is "*" (RFC 9110 §13.1.2). */
bool cy_etag_matches(struct cy_str list, struct cy_str etag);

/* A host with an optional port, as it may stand in a URL: letters, digits, "-", ".", "_", or an IPv6 address in brackets. */
bool cy_host_is_valid(struct cy_str host);
/* The last element of a comma-separated header: what the nearest proxy added. */
struct cy_str cy_list_last(struct cy_str list);
/* A field name (RFC 9110 §5.1) and a field value without control characters. */
bool cy_field_name_is_valid(struct cy_str name);
bool cy_field_value_is_valid(struct cy_str value);

/* What an HTTP request names: "/path?query", or "http://host/path?query", which proxies send. False for anything else: "*", "host:port". */
bool cy_target_split(struct cy_str target, struct cy_str *path, struct cy_str *query);

#endif
