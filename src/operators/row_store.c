#include "operators/row_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void cy_row_store_open(struct cy_row_store *store, const char *path, size_t value_size, int64_t memory_bytes)
{
    *store = (struct cy_row_store){.value_size = value_size, .memory_max = (size_t)CY_MAX(memory_bytes, 0), .file = -1};
    store->path = strcpy(cy_alloc(strlen(path) + 1), path);
}

enum cy_status cy_row_store_add(struct cy_row_store *store, const void *values, size_t count, struct cy_error *error)
{
    const size_t size_bytes = count * store->value_size;
    store->count += count;
    if (store->writer.path == NULL) {
        if (store->memory.size + size_bytes <= store->memory_max) {
            if (store->memory.capacity == 0) /* reserved at once: growing would hold two copies; pages that are not reached cost nothing */
                cy_buffer_reserve(&store->memory, store->memory_max);
            cy_buffer_add(&store->memory, values, size_bytes);
            return CY_OK;
        }
        enum cy_status status = cy_writer_open(&store->writer, store->path, error);
        if (status != CY_OK)
            return status;
        cy_writer_add(&store->writer, store->memory.data, store->memory.size);
        cy_buffer_release(&store->memory);
    }
    cy_writer_add(&store->writer, values, size_bytes);
    return CY_OK; /* the writer's errors stick until finish */
}

enum cy_status cy_row_store_finish(struct cy_row_store *store, struct cy_error *error)
{
    if (store->writer.path == NULL)
        return CY_OK;
    enum cy_status status = cy_writer_close_unsynced(&store->writer, error);
    store->file = cy_files->open(store->path, O_RDONLY, 0);
    if (status == CY_OK && store->file < 0)
        status = cy_error_errno(error, "open", store->path);
    return status;
}

enum cy_status cy_row_store_get(const struct cy_row_store *store, uint64_t index, size_t count, void *room, const void **values,
                                struct cy_error *error)
{
    CY_ASSERT(index + count <= store->count);
    const size_t wanted = count * store->value_size;
    if (store->file < 0) {
        *values = store->memory.data + index * store->value_size;
        return CY_OK;
    }
    *values = room;
    for (size_t got = 0; got < wanted;) {
        ssize_t size = pread(store->file, (char *)room + got, wanted - got, (off_t)(index * store->value_size + got));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return cy_error_errno(error, "read", store->path);
        if (size == 0)
            return cy_error_set(error, CY_IO, "could not read \"%s\": it is shorter than what was written", store->path);
        got += (size_t)size;
    }
    return CY_OK;
}

void cy_row_store_close(struct cy_row_store *store)
{
    if (store->path == NULL)
        return;
    if (store->writer.path != NULL)
        cy_writer_abandon(&store->writer);
    if (store->file >= 0) {
        cy_files->close(store->file);
        cy_files->remove(store->path);
    }
    cy_buffer_release(&store->memory);
    free(store->path);
    *store = (struct cy_row_store){.file = -1};
}
