/* Lines of a stream, as the readers of JSONL and text frame them. */
#ifndef CY_SOURCE_LINES_H
#define CY_SOURCE_LINES_H

#include "source/record.h"

struct cy_lines {
    struct cy_stream *stream;
    uint32_t file;
    bool paragraphs; /* a record ends at an empty line, not at each line end */
    uint64_t record; /* of the next line */
};

enum cy_status cy_lines_open(struct cy_lines *lines, const struct cy_input *input, struct cy_place from, struct cy_error *error);
void cy_lines_close(struct cy_lines *lines);
/* Appends the next line or paragraph, without the line end behind it (LF or CR LF), as a row; lines of white space alone are passed over,
 * they are no records. One above CY_RECORD_BYTES_MAX is unreadable, "too_large". */
enum cy_status cy_lines_next(struct cy_lines *lines, struct cy_batch *batch, struct cy_error *error);
struct cy_place cy_lines_tell(const struct cy_lines *lines);

#endif
