/* Formats in which a file is one record: HTML pages, text. */
#ifndef CY_SOURCE_WHOLE_H
#define CY_SOURCE_WHOLE_H

#include "source/record.h"

/* A file that was or was not yet given. */
struct cy_whole {
    char *path; /* owned */
    uint32_t file;
    bool given;
};

void cy_whole_open(struct cy_whole *whole, const struct cy_input *input, struct cy_place from);
void cy_whole_close(struct cy_whole *whole);
/* Appends the file as one row; CY_END the second time. A plain file is read by one read; .gz and .zst are decompressed. A file that cannot
 * be opened or read is an unreadable row, for a tree of thousands of pages shall not stop at one of them. */
enum cy_status cy_whole_next(struct cy_whole *whole, struct cy_batch *batch, struct cy_error *error);
struct cy_place cy_whole_tell(const struct cy_whole *whole);

#endif
