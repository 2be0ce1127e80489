/* Where ids and texts are written to: a file that is there whole or not at all, or standard output. */
#ifndef CY_CLI_TOKENS_OUTPUT_H
#define CY_CLI_TOKENS_OUTPUT_H

#include "base/files.h"

struct cy_tokens_output {
    const char *path; /* "-": standard output; borrowed */
    char *partial;    /* what is written until it is whole; NULL on standard output */
    struct cy_writer writer;
    bool failed; /* standard output */
};

enum cy_status cy_tokens_output_open(struct cy_tokens_output *output, const char *path, struct cy_error *error);
void cy_tokens_output_add(struct cy_tokens_output *output, const void *data, size_t size_bytes); /* errors come with close */
/* Syncs and puts the file in place. `status` not CY_OK: drops what was written, and returns it. */
enum cy_status cy_tokens_output_close(struct cy_tokens_output *output, enum cy_status status, struct cy_error *error);

/* Appends ids as little-endian numbers of 2 or 4 bytes. */
void cy_tokens_add_ids(struct cy_buffer *out, const uint32_t *ids, size_t count, size_t id_bytes);

#endif
