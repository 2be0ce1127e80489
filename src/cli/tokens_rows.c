#include "cli/tokens_rows.h"

#include "cli/tokens_output.h"
#include "dataset/parquet_file.h"
#include "token/pack_index.h"
#include "token/tokenizer.h"

#include <stdlib.h>

enum {
    GROUP_TOKENS = 1 << 21, /* of a Parquet row group: 8 MiB before compression, as the dataset's */
    ZSTD_LEVEL = 3,
};

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

/* Appends a row's ids; its pieces' lengths go to *lengths where that is not NULL. */
static void add_row(const struct cy_token_rows *rows, size_t row, struct cy_ids *ids, struct cy_ids *lengths)
{
    uint32_t bin = rows->order[row];
    for (uint64_t i = rows->starts[bin]; i < rows->starts[bin + 1]; i++) {
        const struct cy_pack_piece *piece = &rows->pieces[rows->members[i]];
        cy_ids_reserve(ids, piece->length);
        memcpy(ids->items + ids->count, rows->ids + piece->first, piece->length * sizeof *ids->items);
        ids->count += piece->length;
        if (lengths != NULL)
            cy_ids_add(lengths, piece->length);
    }
}

static void fill_row(struct cy_token_rows *rows, struct cy_ids *ids, size_t row_start)
{
    while (ids->count - row_start < rows->length) {
        cy_ids_add(ids, rows->fill);
        rows->filled_count++;
    }
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

static enum cy_status write_bin(struct cy_token_rows *rows, bool with_index, const char *stem, size_t id_bytes, struct cy_arena *arena,
                                struct cy_error *error)
{
    struct cy_writer writer;
    struct cy_ids ids = {0}, lengths = {0};
    struct cy_buffer bytes = {0};
    enum cy_status status = cy_writer_open(&writer, cy_arena_printf(arena, "%s.bin", stem), error);
    if (status != CY_OK)
        return status;
    for (size_t row = 0; row < rows->row_count; row++) {
        ids.count = 0;
        cy_buffer_clear(&bytes);
        add_row(rows, row, &ids, NULL);
        if (with_index)
            cy_ids_add(&lengths, (uint32_t)ids.count);
        else
            fill_row(rows, &ids, 0);
        cy_tokens_add_ids(&bytes, ids.items, ids.count, id_bytes);
        cy_writer_add(&writer, bytes.data, bytes.size);
    }
    status = cy_writer_close(&writer, error);
    if (status == CY_OK && with_index)
        status = write_index(cy_arena_printf(arena, "%s.idx", stem), &lengths, id_bytes, error);
    cy_ids_release(&ids);
    cy_ids_release(&lengths);
    cy_buffer_release(&bytes);
    return status;
}

/* ---- Parquet ---- */

static const struct cy_parquet_column columns[] = {
    {.path = {"input_ids"}, .depth = 1, .type = CY_PARQUET_LIST},
    {.path = {"document_lengths"}, .depth = 1, .type = CY_PARQUET_LIST}, /* of the documents' pieces in the row; the rest is filling */
};

/* A row group on its way. */
struct group {
    struct cy_ids items[CY_COUNT(columns)];
    struct cy_buffer ends[CY_COUNT(columns)]; /* uint64_t, [row] */
    size_t row_count;
};

static void write_group(struct group *group, struct cy_parquet_encoder *encoder, struct cy_parquet_footer *footer, struct cy_writer *writer)
{
    struct cy_parquet_group parquet;
    cy_parquet_group_init(&parquet, CY_COUNT(columns), group->row_count);
    for (size_t i = 0; i < CY_COUNT(columns); i++) {
        const struct cy_parquet_values values = {.items = (const int32_t *)(const void *)group->items[i].items,
                                                 .item_ends = (const uint64_t *)(const void *)group->ends[i].data};
        cy_parquet_group_add(&parquet, encoder, &columns[i], &values);
        group->items[i].count = 0;
        cy_buffer_clear(&group->ends[i]);
    }
    group->row_count = 0;
    uint64_t offset = writer->size_bytes;
    cy_writer_add(writer, parquet.bytes.data, parquet.bytes.size);
    cy_parquet_footer_add(footer, &parquet, offset);
    cy_parquet_group_release(&parquet);
}

static void write_groups(struct cy_token_rows *rows, struct cy_parquet_footer *footer, struct cy_writer *writer)
{
    struct cy_parquet_encoder *encoder = cy_parquet_encoder_new(ZSTD_LEVEL);
    struct group group = {0};
    for (size_t row = 0; row < rows->row_count; row++) {
        size_t start = group.items[0].count;
        add_row(rows, row, &group.items[0], &group.items[1]);
        fill_row(rows, &group.items[0], start);
        for (size_t i = 0; i < CY_COUNT(columns); i++)
            cy_buffer_add(&group.ends[i], &(uint64_t){group.items[i].count}, sizeof(uint64_t));
        group.row_count++;
        if (group.items[0].count >= GROUP_TOKENS || row + 1 == rows->row_count)
            write_group(&group, encoder, footer, writer);
    }
    for (size_t i = 0; i < CY_COUNT(columns); i++) {
        cy_ids_release(&group.items[i]);
        cy_buffer_release(&group.ends[i]);
    }
    cy_parquet_encoder_free(encoder);
}

static enum cy_status write_parquet(struct cy_token_rows *rows, const char *path, struct cy_error *error)
{
    const struct cy_parquet_schema schema = {columns, CY_COUNT(columns)};
    struct cy_parquet_footer footer = {0};
    struct cy_buffer end = {0};
    struct cy_writer writer;
    enum cy_status status = cy_writer_open(&writer, path, error);
    if (status != CY_OK)
        return status;
    cy_writer_add(&writer, cy_parquet_magic.data, cy_parquet_magic.size);
    write_groups(rows, &footer, &writer);
    cy_parquet_footer_print(&footer, &schema, &end);
    cy_writer_add(&writer, end.data, end.size);
    cy_parquet_footer_release(&footer);
    cy_buffer_release(&end);
    return cy_writer_close(&writer, error);
}

enum cy_status cy_token_rows_write(struct cy_token_rows *rows, enum cy_token_rows_format format, const char *folder, const char *name,
                                   size_t id_bytes, struct cy_error *error)
{
    struct cy_arena arena = {0};
    const char *stem = cy_path_join(&arena, folder, name);
    enum cy_status status = format == CY_ROWS_PARQUET ? write_parquet(rows, cy_arena_printf(&arena, "%s.parquet", stem), error)
                                                      : write_bin(rows, format == CY_ROWS_MEGATRON, stem, id_bytes, &arena, error);
    cy_arena_release(&arena);
    return status;
}
