#include "dataset/shards.h"

#include <limits.h>
#include <stdio.h>

static void add_bytes(struct cy_shards *shards, struct cy_str bytes)
{
    cy_writer_add(&shards->writer, bytes.data, bytes.size);
    cy_sha256_add(&shards->hash, bytes.data, bytes.size);
}

static const char *next_name(struct cy_shards *shards)
{
    return cy_arena_printf(shards->arena, "%s/%s-%05zu%s", shards->place, shards->split, shards->done.size / sizeof(struct cy_shard),
                           shards->suffix);
}

static enum cy_status open_file(struct cy_shards *shards, struct cy_error *error)
{
    if (shards->writer.path != NULL)
        return CY_OK;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", shards->folder, next_name(shards));
    enum cy_status status = cy_writer_open(&shards->writer, path, error);
    if (status != CY_OK)
        return status;
    cy_sha256_init(&shards->hash);
    shards->row_count = 0;
    if (shards->table != NULL)
        add_bytes(shards, cy_parquet_magic);
    return CY_OK;
}

static enum cy_status close_file(struct cy_shards *shards, struct cy_error *error)
{
    if (shards->table != NULL) {
        struct cy_buffer end = {0};
        cy_parquet_footer_print(&shards->footer, &shards->table->parquet, &end);
        add_bytes(shards, cy_buffer_str(&end));
        cy_buffer_release(&end);
        cy_parquet_footer_release(&shards->footer);
    }
    struct cy_shard shard = {
        .name = next_name(shards), .split = shards->split, .row_count = shards->row_count, .size_bytes = shards->writer.size_bytes};
    cy_sha256_final(&shards->hash, shard.sha256);
    cy_buffer_add(&shards->done, &shard, sizeof shard);
    return cy_writer_close(&shards->writer, error);
}

/* After a chunk: the error that writing met, or the file's end when it has its size. */
static enum cy_status end_chunk(struct cy_shards *shards, uint64_t row_count, struct cy_error *error)
{
    shards->row_count += row_count;
    if (shards->writer.status != CY_OK) {
        *error = shards->writer.error;
        return shards->writer.status;
    }
    if ((int64_t)shards->writer.size_bytes >= shards->shard_bytes)
        return close_file(shards, error);
    return CY_OK;
}

enum cy_status cy_shards_add_group(struct cy_shards *shards, struct cy_parquet_group *group, struct cy_error *error)
{
    uint64_t row_count = group->row_count;
    if (row_count == 0)
        return CY_OK;
    enum cy_status status = open_file(shards, error);
    if (status != CY_OK)
        return status;
    uint64_t offset = shards->writer.size_bytes;
    add_bytes(shards, cy_buffer_str(&group->bytes));
    cy_parquet_footer_add(&shards->footer, group, offset);
    return end_chunk(shards, row_count, error);
}

enum cy_status cy_shards_add_lines(struct cy_shards *shards, struct cy_str bytes, uint64_t row_count, struct cy_error *error)
{
    if (row_count == 0)
        return CY_OK;
    enum cy_status status = open_file(shards, error);
    if (status != CY_OK)
        return status;
    add_bytes(shards, bytes);
    return end_chunk(shards, row_count, error);
}

enum cy_status cy_shards_close(struct cy_shards *shards, bool at_least_one, struct cy_error *error)
{
    if (at_least_one && shards->done.size == 0) {
        enum cy_status status = open_file(shards, error);
        if (status != CY_OK)
            return status;
    }
    return shards->writer.path != NULL ? close_file(shards, error) : CY_OK;
}

void cy_shards_release(struct cy_shards *shards)
{
    if (shards->writer.path != NULL) {
        char unused[65];
        cy_sha256_final(&shards->hash, unused);
        cy_writer_abandon(&shards->writer);
    }
    cy_parquet_footer_release(&shards->footer);
    cy_buffer_release(&shards->done);
}
