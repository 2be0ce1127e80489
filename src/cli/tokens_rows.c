#include "cli/tokens_rows.h"

#include "cli/tokens_output.h"
#include "token/pack_index.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHARD_DIGITS = 5 }; /* of a file's number, as the dataset's shards have them */

/* ---- rows ---- */

void cy_token_rows_arrange(struct cy_token_rows *rows, size_t row_count)
{
    rows->row_count = row_count;
    rows->starts = cy_alloc_zero(row_count + 2, sizeof *rows->starts);
    rows->members = cy_alloc(CY_MAX(rows->piece_count, 1) * sizeof *rows->members);
    rows->order = cy_alloc(CY_MAX(row_count, 1) * sizeof *rows->order);
    for (size_t i = 0; i < rows->piece_count; i++)
        rows->starts[rows->pieces[i].bin + 2]++;
    for (size_t i = 2; i < row_count + 2; i++)
        rows->starts[i] += rows->starts[i - 1];
    for (size_t i = 0; i < rows->piece_count; i++)
        rows->members[rows->starts[rows->pieces[i].bin + 1]++] = (uint32_t)i;
    for (size_t i = 0; i < row_count; i++)
        rows->order[i] = (uint32_t)i;
}

void cy_token_rows_release(struct cy_token_rows *rows)
{
    free(rows->pieces);
    free(rows->members);
    free(rows->starts);
    free(rows->order);
    *rows = (struct cy_token_rows){0};
}

/* Appends ids[first … first + count) of the stream. */
static enum cy_status read_ids(int file, uint64_t first, size_t count, struct cy_ids *ids, struct cy_error *error)
{
    size_t wanted = count * sizeof *ids->items, got = 0;
    cy_ids_reserve(ids, count);
    while (got < wanted) {
        ssize_t size = pread(file, (char *)(ids->items + ids->count) + got, wanted - got, (off_t)(first * sizeof *ids->items + got));
        if (size > 0)
            got += (size_t)size;
        else if (size == 0)
            return cy_error_set(error, CY_IO, "the ids set aside end early: something else has written there");
        else if (errno != EINTR)
            return cy_error_errno(error, "read", "the ids set aside");
    }
    ids->count += count;
    return CY_OK;
}

enum cy_status cy_token_rows_add(const struct cy_token_rows *rows, size_t row, struct cy_ids *ids, struct cy_ids *lengths,
                                 struct cy_error *error)
{
    uint32_t bin = rows->order[row];
    for (uint64_t i = rows->starts[bin]; i < rows->starts[bin + 1]; i++) {
        const struct cy_pack_piece *piece = &rows->pieces[rows->members[i]];
        enum cy_status status = read_ids(rows->file, piece->first, piece->length, ids, error);
        if (status != CY_OK)
            return status;
        if (lengths != NULL)
            cy_ids_add(lengths, piece->length);
    }
    return CY_OK;
}

size_t cy_token_rows_fill(const struct cy_token_rows *rows, struct cy_ids *ids, size_t row_start)
{
    size_t filled = 0;
    for (; ids->count - row_start < rows->length; filled++)
        cy_ids_add(ids, rows->fill);
    return filled;
}

/* How many ids the row has in a file. */
static uint64_t row_length(const struct cy_token_rows *rows, enum cy_token_rows_format format, size_t row)
{
    uint64_t length = 0;
    if (rows->length > 0 && format != CY_ROWS_MEGATRON)
        return rows->length;
    for (uint64_t i = rows->starts[rows->order[row]]; i < rows->starts[rows->order[row] + 1]; i++)
        length += rows->pieces[rows->members[i]].length;
    return length;
}

/* ---- .bin and .idx ---- */

static enum cy_status write_index(const char *path, const struct cy_ids *lengths, size_t id_bytes, struct cy_error *error)
{
    struct cy_writer writer;
    enum cy_status status = cy_writer_open(&writer, path, error);
    if (status != CY_OK)
        return status;
    cy_megatron_index_write(&writer, lengths->items, lengths->count, id_bytes);
    return cy_writer_close(&writer, error);
}

static enum cy_status write_bin(struct cy_token_rows *rows, size_t first, size_t end, const char *path, const char *index_path,
                                size_t id_bytes, struct cy_error *error)
{
    struct cy_writer writer;
    struct cy_ids ids = {0}, lengths = {0};
    struct cy_buffer bytes = {0};
    enum cy_status status = cy_writer_open(&writer, path, error);
    if (status != CY_OK)
        return status;
    for (size_t row = first; row < end && status == CY_OK; row++) {
        ids.count = 0;
        cy_buffer_clear(&bytes);
        status = cy_token_rows_add(rows, row, &ids, NULL, error);
        if (index_path != NULL)
            cy_ids_add(&lengths, (uint32_t)ids.count);
        else
            rows->filled_count += cy_token_rows_fill(rows, &ids, 0);
        cy_tokens_add_ids(&bytes, ids.items, ids.count, id_bytes);
        cy_writer_add(&writer, bytes.data, bytes.size);
    }
    if (status == CY_OK)
        status = cy_writer_close(&writer, error);
    else
        cy_writer_abandon(&writer);
    if (status == CY_OK && index_path != NULL)
        status = write_index(index_path, &lengths, id_bytes, error);
    cy_ids_release(&ids);
    cy_ids_release(&lengths);
    cy_buffer_release(&bytes);
    return status;
}

/* ---- files ---- */

/* Writes rows [first, end) as folder/STEM.*. */
static enum cy_status write_file(struct cy_token_rows *rows, const struct cy_token_rows_target *target, size_t first, size_t end,
                                 const char *stem, struct cy_error *error)
{
    struct cy_arena arena = {0};
    const char *path = cy_path_join(&arena, target->folder, stem);
    const char *index = target->format == CY_ROWS_MEGATRON ? cy_arena_printf(&arena, "%s.idx", path) : NULL;
    enum cy_status status =
        target->format == CY_ROWS_PARQUET
            ? cy_token_rows_write_parquet(rows, first, end, cy_arena_printf(&arena, "%s.parquet", path), target->thread_count, error)
            : write_bin(rows, first, end, cy_arena_printf(&arena, "%s.bin", path), index, target->id_bytes, error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_token_rows_write(struct cy_token_rows *rows, const struct cy_token_rows_target *target, size_t *file_count,
                                   struct cy_error *error)
{
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    size_t first = 0;
    *file_count = 0;
    if (target->shard_bytes == 0) {
        *file_count = 1;
        return write_file(rows, target, 0, rows->row_count, target->name, error);
    }
    do { /* without rows there is one file, too */
        uint64_t bytes = 0;
        size_t end = first;
        while (end < rows->row_count) {
            bytes += row_length(rows, target->format, end) * target->id_bytes;
            if (end > first && bytes > target->shard_bytes)
                break;
            end++;
        }
        const char *stem = cy_arena_printf(&arena, "%s-%0*zu", target->name, SHARD_DIGITS, (*file_count)++);
        status = write_file(rows, target, first, end, stem, error);
        first = end;
    } while (status == CY_OK && first < rows->row_count);
    cy_arena_release(&arena);
    return status;
}
