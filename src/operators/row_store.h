/* Values of one fixed size, numbered from 0, written in order and then read at random: in memory while they fit, else in a file. */
#ifndef CY_OPERATORS_ROW_STORE_H
#define CY_OPERATORS_ROW_STORE_H

#include "base/files.h"

struct cy_row_store {
    size_t value_size;
    size_t memory_max; /* bytes; beyond that everything goes to the file */
    uint64_t count;
    struct cy_buffer memory; /* all values, or none */
    char *path;              /* owned */
    struct cy_writer writer; /* open while path exists and values are added */
    int file;                /* open for reading; -1 before */
};

/* path is copied; the file is made when memory is full. */
void cy_row_store_open(struct cy_row_store *store, const char *path, size_t value_size, int64_t memory_bytes);
/* Appends `count` values. Errors: CY_IO. */
enum cy_status cy_row_store_add(struct cy_row_store *store, const void *values, size_t count, struct cy_error *error);
/* No more values come; reading begins. Errors: CY_IO. */
enum cy_status cy_row_store_finish(struct cy_row_store *store, struct cy_error *error);
/* Values [index, index + count), end to end: *values points into the store's memory, or to `room` (count · value_size bytes), into which
 * they were read. Thread-safe. Errors: CY_IO. */
enum cy_status cy_row_store_get(const struct cy_row_store *store, uint64_t index, size_t count, void *room, const void **values,
                                struct cy_error *error);
/* Removes the file. A zeroed store is allowed. */
void cy_row_store_close(struct cy_row_store *store);

#endif
