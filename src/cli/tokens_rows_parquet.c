/* Rows of ids as a Parquet file. */
#include "cli/tokens_rows.h"

#include "base/files.h"
#include "dataset/parquet_file.h"
#include "recipe/pipeline.h"

#include <stdlib.h>

enum {
    GROUP_TOKENS = 1 << 21, /* of a row group: 8 MiB before compression, as the dataset's */
    ZSTD_LEVEL = 1,         /* ids hardly gain by more: level 3 takes 9 % off the file, and a fifth more time off the whole */
};

static const struct cy_parquet_column columns[] = {
    {.path = {"input_ids"}, .depth = 1, .type = CY_PARQUET_LIST},
    {.path = {"document_lengths"}, .depth = 1, .type = CY_PARQUET_LIST}, /* of the documents' pieces in the row; the rest is filling */
};
enum { IDS, LENGTHS, COLUMNS };

/* A file on its way. */
struct writing {
    struct cy_token_rows *rows;
    size_t next, end; /* rows */
    size_t group_rows;
    struct cy_parquet_encoder **encoders; /* one a thread */
    struct cy_parquet_footer footer;
    struct cy_writer writer;
};

/* A row group: rows [first, end). */
struct job {
    size_t first, end;
    size_t filled;
    struct cy_parquet_group group;
};

static enum cy_status take(void *context, size_t thread, void *memory, struct cy_error *error)
{
    struct writing *writing = context;
    struct job *job = memory;
    (void)thread, (void)error;
    if (writing->next == writing->end)
        return CY_END;
    job->first = writing->next;
    job->end = writing->next = CY_MIN(writing->end, job->first + writing->group_rows);
    return CY_OK;
}

static enum cy_status work(void *context, size_t thread, void *memory, struct cy_error *error)
{
    struct writing *writing = context;
    struct job *job = memory;
    struct cy_ids items[COLUMNS] = {{0}};
    uint64_t *ends[COLUMNS];
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < COLUMNS; i++)
        ends[i] = cy_alloc((job->end - job->first) * sizeof *ends[i]);
    cy_ids_reserve(&items[IDS], (job->end - job->first) * writing->rows->length);
    for (size_t row = job->first; row < job->end && status == CY_OK; row++) {
        size_t start = items[IDS].count;
        status = cy_token_rows_add(writing->rows, row, &items[IDS], &items[LENGTHS], error);
        job->filled += cy_token_rows_fill(writing->rows, &items[IDS], start);
        for (size_t i = 0; i < COLUMNS; i++)
            ends[i][row - job->first] = items[i].count;
    }
    cy_parquet_group_init(&job->group, COLUMNS, job->end - job->first);
    for (size_t i = 0; i < COLUMNS; i++) {
        const struct cy_parquet_values values = {.items = (const int32_t *)(const void *)items[i].items, .item_ends = ends[i]};
        if (status == CY_OK)
            cy_parquet_group_add(&job->group, writing->encoders[thread], &columns[i], &values);
        cy_ids_release(&items[i]);
        free(ends[i]);
    }
    return status;
}

static void drop(void *memory)
{
    struct job *job = memory;
    cy_parquet_group_release(&job->group);
}

static enum cy_status put(void *context, void *memory, struct cy_error *error)
{
    struct writing *writing = context;
    struct job *job = memory;
    uint64_t offset = writing->writer.size_bytes;
    cy_writer_add(&writing->writer, job->group.bytes.data, job->group.bytes.size);
    cy_parquet_footer_add(&writing->footer, &job->group, offset);
    writing->rows->filled_count += job->filled;
    drop(job);
    if (writing->writer.status != CY_OK)
        *error = writing->writer.error;
    return writing->writer.status;
}

static enum cy_status write_groups(struct writing *writing, size_t thread_count, struct cy_error *error)
{
    writing->encoders = cy_alloc(thread_count * sizeof(struct cy_parquet_encoder *));
    for (size_t i = 0; i < thread_count; i++)
        writing->encoders[i] = cy_parquet_encoder_new(ZSTD_LEVEL);
    enum cy_status status = cy_pipeline_run(&(struct cy_pipeline){.context = writing,
                                                                  .thread_count = thread_count,
                                                                  .window = thread_count + 1, /* each group takes some 20 MB */
                                                                  .job_bytes = sizeof(struct job),
                                                                  .take = take,
                                                                  .work = work,
                                                                  .put = put,
                                                                  .drop = drop},
                                            error);
    for (size_t i = 0; i < thread_count; i++)
        cy_parquet_encoder_free(writing->encoders[i]);
    free(writing->encoders);
    return status;
}

enum cy_status cy_token_rows_write_parquet(struct cy_token_rows *rows, size_t first, size_t end, const char *path, size_t thread_count,
                                           struct cy_error *error)
{
    const struct cy_parquet_schema schema = {columns, COLUMNS};
    struct writing writing = {.rows = rows, .next = first, .end = end};
    struct cy_buffer footer = {0};
    writing.group_rows = (GROUP_TOKENS + rows->length - 1) / rows->length;
    enum cy_status status = cy_writer_open(&writing.writer, path, error);
    if (status != CY_OK)
        return status;
    cy_writer_add(&writing.writer, cy_parquet_magic.data, cy_parquet_magic.size);
    status = write_groups(&writing, thread_count, error);
    if (status == CY_OK) {
        cy_parquet_footer_print(&writing.footer, &schema, &footer);
        cy_writer_add(&writing.writer, footer.data, footer.size);
        status = cy_writer_close(&writing.writer, error);
    } else {
        cy_writer_abandon(&writing.writer);
    }
    cy_parquet_footer_release(&writing.footer);
    cy_buffer_release(&footer);
    return status;
}
