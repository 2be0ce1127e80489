/* Writing JSON that people read too: two spaces a level, one member a line; what fits on a line may be kept on it. The same values give the
 * same bytes. The caller opens and closes in pairs; nothing is checked beyond that. */
#ifndef CY_DATASET_JSON_WRITE_H
#define CY_DATASET_JSON_WRITE_H

#include "base/bytes.h"

struct cy_json {
    struct cy_buffer *out;
    size_t depth;      /* open objects and arrays */
    size_t line_depth; /* the depth at which a line began that holds all below it; 0: none */
    bool filled;       /* the innermost one has a member */
};

/* `key` is NULL in an array and at the top. open: '{' or '['; open_line keeps all until its close on one line. */
void cy_json_open(struct cy_json *json, const char *key, char bracket);
void cy_json_open_line(struct cy_json *json, const char *key, char bracket);
void cy_json_close(struct cy_json *json, char bracket);
void cy_json_text(struct cy_json *json, const char *key, struct cy_str text);
void cy_json_count(struct cy_json *json, const char *key, uint64_t count);
void cy_json_integer(struct cy_json *json, const char *key, int64_t value);
void cy_json_number(struct cy_json *json, const char *key, double value); /* null when it is not finite */
void cy_json_bool(struct cy_json *json, const char *key, bool value);
void cy_json_null(struct cy_json *json, const char *key);
void cy_json_raw(struct cy_json *json, const char *key, struct cy_str value); /* JSON already */

/* The shortest decimal that reads back as `value`: "0.1", "50", "1e+300"; "null" when it is not finite. */
void cy_buffer_add_number(struct cy_buffer *out, double value);

#endif
