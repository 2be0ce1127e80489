/* Parquet, read by DuckDB: rows in file order, a chunk of 2,048 at a time. */
#include "base/duck.h"
#include "kernels/utf8.h"
#include "source/columns.h"
#include "source/record.h"

#include <duckdb.h>
#include <stdlib.h>

static const char *const suffixes[] = {".parquet", NULL};

static const struct cy_param params[] = {
    CY_COLUMNS_PARAMS(cy_columns, "column"),
    {0},
};

enum { MEMORY_BYTES = 512 * 1024 * 1024 }; /* DuckDB's limit: some column chunks of a row group, compressed, and their pages */

/* The query's columns. */
enum { COLUMN_TEXT, COLUMN_ID, COLUMN_URL, COLUMN_METADATA };

struct cy_reader {
    struct cy_duck *duck;
    struct cy_duck_result *rows;
    size_t row, row_count; /* of the chunk at hand */
    struct cy_input input;
    uint64_t record;
    char *refused; /* owned; why nothing more can be read: given as one row */
};

/* ---- what the file holds ---- */

/* Which of the wanted columns are there, and the SQL for the others as one JSON object. */
struct shape {
    bool text, id, url;
    bool text_is_text;
    struct cy_buffer members; /* 'name', "name", … */
    struct cy_buffer names;   /* for the message */
};

static void add_column(const struct cy_columns *columns, struct shape *shape, struct cy_str name, int type)
{
    cy_buffer_printf(&shape->names, "%s%.*s", shape->names.size > 0 ? ", " : "", (int)CY_MIN(name.size, 64), name.data);
    if (cy_str_equal(name, columns->text)) {
        shape->text = true;
        shape->text_is_text = type == DUCKDB_TYPE_VARCHAR || type == DUCKDB_TYPE_BLOB;
    } else if (cy_str_equal(name, columns->id)) {
        shape->id = true;
    } else if (cy_str_equal(name, columns->url)) {
        shape->url = true;
    } else {
        if (shape->members.size > 0)
            cy_buffer_add_text(&shape->members, ", ");
        cy_duck_add_literal(&shape->members, name);
        cy_buffer_add_text(&shape->members, ", ");
        cy_duck_add_name(&shape->members, name);
    }
}

static void add_from(struct cy_buffer *sql, const char *path)
{
    cy_buffer_add_text(sql, " FROM read_parquet(");
    cy_duck_add_literal(sql, cy_str(path));
    cy_buffer_add_text(sql, ", file_row_number=true)");
}

static enum cy_status find_shape(struct cy_reader *reader, const struct cy_columns *columns, struct shape *shape, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    struct cy_duck_result *result;
    cy_buffer_add_text(&sql, "SELECT * EXCLUDE (file_row_number)");
    add_from(&sql, reader->input.path);
    cy_buffer_add(&sql, " LIMIT 0", 9);
    enum cy_status status = cy_duck_query(reader->duck, sql.data, &result, error);
    for (size_t i = 0; status == CY_OK && i < cy_duck_column_count(result); i++)
        add_column(columns, shape, cy_str(cy_duck_column_name(result, i)), cy_duck_column_type(result, i));
    if (status == CY_OK)
        cy_duck_result_free(result);
    cy_buffer_release(&sql);
    return status;
}

static void add_name_column(struct cy_buffer *sql, bool there, struct cy_str name)
{
    cy_buffer_add_text(sql, there ? ", CAST(" : ", CAST(NULL");
    if (there)
        cy_duck_add_name(sql, name);
    cy_buffer_add_text(sql, " AS VARCHAR)");
}

static enum cy_status begin_rows(struct cy_reader *reader, const struct cy_columns *columns, const struct shape *shape,
                                 struct cy_error *error)
{
    struct cy_buffer sql = {0};
    cy_buffer_add_text(&sql, "SELECT ");
    cy_duck_add_name(&sql, columns->text);
    add_name_column(&sql, shape->id, columns->id);
    add_name_column(&sql, shape->url, columns->url);
    if (shape->members.size > 0)
        cy_buffer_printf(&sql, ", CAST(json_object(%.*s) AS VARCHAR)", (int)shape->members.size, shape->members.data);
    else
        cy_buffer_add_text(&sql, ", CAST(NULL AS VARCHAR)");
    add_from(&sql, reader->input.path);
    if (reader->record > 0)
        cy_buffer_printf(&sql, " WHERE file_row_number >= %llu", (unsigned long long)reader->record);
    cy_buffer_add_byte(&sql, '\0');
    enum cy_status status = cy_duck_query(reader->duck, sql.data, &reader->rows, error);
    cy_buffer_release(&sql);
    return status;
}

/* ---- the reader ---- */

/* DuckDB's message as a reason: its first line, with the file's name in place of its path, for the reason goes into the dataset. */
static void refuse(struct cy_reader *reader, const char *message)
{
    enum { REASON_BYTES_MAX = 200 };
    struct cy_str rest, line = cy_str_split(cy_str(message), '\n', &rest);
    struct cy_buffer reason = {0};
    cy_buffer_add_text(&reason, "parquet: ");
    size_t path_size = strlen(reader->input.path);
    for (size_t i = 0; i < line.size && reason.size < REASON_BYTES_MAX;) {
        if (line.size - i >= path_size && memcmp(line.data + i, reader->input.path, path_size) == 0) {
            cy_buffer_add_text(&reason, reader->input.name);
            i += path_size;
        } else {
            cy_buffer_add_byte(&reason, (uint8_t)line.data[i++]);
        }
    }
    cy_buffer_add_byte(&reason, '\0');
    reader->refused = reason.data;
}

static void close_reader(struct cy_reader *reader)
{
    cy_duck_result_free(reader->rows);
    cy_duck_close(reader->duck);
    free((char *)reader->input.path);
    free((char *)reader->input.name);
    free(reader->refused);
    free(reader);
}

static void begin(struct cy_reader *reader, const struct cy_columns *columns, struct cy_error *error)
{
    struct shape shape = {0};
    enum cy_status status = find_shape(reader, columns, &shape, error);
    if (status == CY_OK && !shape.text) {
        cy_buffer_add_byte(&shape.names, '\0');
        cy_error_set(error, CY_BAD_INPUT, "no column \"%.*s\" among %s", (int)columns->text.size, columns->text.data, shape.names.data);
        status = CY_BAD_INPUT;
    } else if (status == CY_OK && !shape.text_is_text) {
        status = cy_error_set(error, CY_BAD_INPUT, "the column \"%.*s\" holds no text", (int)columns->text.size, columns->text.data);
    } else if (status == CY_OK) {
        status = begin_rows(reader, columns, &shape, error);
    }
    if (status != CY_OK && reader->record == 0)
        refuse(reader, error->message);
    cy_buffer_release(&shape.members);
    cy_buffer_release(&shape.names);
}

static enum cy_status open_reader(const void *self, const struct cy_input *input, struct cy_place from, struct cy_reader **reader,
                                  struct cy_error *error)
{
    const char *const allowed[] = {input->path, NULL};
    struct cy_reader *made = cy_alloc_zero(1, sizeof *made);
    made->input = *input;
    made->input.path = strcpy(cy_alloc(strlen(input->path) + 1), input->path);
    made->input.name = strcpy(cy_alloc(strlen(input->name) + 1), input->name);
    made->record = from.record;
    enum cy_status status = cy_duck_open(&made->duck, &(struct cy_duck_options){.memory_bytes = MEMORY_BYTES, .allowed = allowed}, error);
    if (status != CY_OK) {
        close_reader(made);
        return status;
    }
    begin(made, self, error);
    *reader = made;
    return CY_OK;
}

static struct cy_place tell(const struct cy_reader *reader)
{
    return (struct cy_place){.offset = reader->record, .record = reader->record}; /* a row of Parquet has no byte of its own */
}

static struct cy_str copied(struct cy_batch *batch, struct cy_str text)
{
    return text.size > 0 ? cy_arena_str(batch->arena, text) : CY_STR("");
}

static void take_row(struct cy_reader *reader, struct cy_batch *batch)
{
    const struct cy_duck_result *rows = reader->rows;
    struct cy_place place = tell(reader);
    struct cy_str text = cy_duck_text(rows, COLUMN_TEXT, reader->row), metadata = cy_duck_text(rows, COLUMN_METADATA, reader->row);
    bool usable = !cy_duck_is_null(rows, COLUMN_TEXT, reader->row) && text.size <= CY_RECORD_BYTES_MAX;
    size_t row = cy_record_append(batch, reader->input.file, place, usable ? text : CY_STR(""));
    batch->ids[row] = copied(batch, cy_duck_text(rows, COLUMN_ID, reader->row));
    batch->urls[row] = copied(batch, cy_duck_text(rows, COLUMN_URL, reader->row));
    batch->metadata[row] = copied(batch, metadata);
    batch->read_bytes[row] = text.size + batch->ids[row].size + batch->urls[row].size + metadata.size;
    if (!usable)
        cy_batch_unreadable(batch, row, text.size > CY_RECORD_BYTES_MAX ? "too_large" : "no_text_field");
    reader->row++;
}

static enum cy_status next(struct cy_reader *reader, struct cy_batch *batch, struct cy_error *error)
{
    if (reader->row == reader->row_count && reader->rows != NULL) {
        enum cy_status status = cy_duck_next(reader->rows, &reader->row_count, error);
        reader->row = 0;
        if (status != CY_OK) {
            cy_duck_result_free(reader->rows);
            reader->rows = NULL;
            reader->row_count = 0;
        }
        if (status != CY_OK && status != CY_END)
            refuse(reader, error->message);
    }
    if (reader->row < reader->row_count) {
        take_row(reader, batch);
    } else if (reader->refused != NULL) {
        cy_record_lost(batch, reader->input.file, tell(reader), 0, cy_arena_text(batch->arena, reader->refused));
        free(reader->refused);
        reader->refused = NULL;
    } else {
        return CY_END;
    }
    reader->record++;
    return CY_OK;
}

/* DuckDB has checked the columns of text; a column of bytes may hold anything. */
static enum cy_status decode(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)self, (void)error;
    for (size_t row = 0; row < batch->row_count; row++) {
        if (batch->verdicts[row].what != CY_KEPT)
            continue;
        size_t valid = cy_utf8_valid_bytes(batch->texts[row]);
        if (valid < batch->texts[row].size)
            cy_record_refuse(batch, row, "encoding: invalid UTF-8", (double)valid);
    }
    return CY_OK;
}

const struct cy_format cy_format_parquet = {
    .name = "parquet",
    .summary = "Parquet",
    .suffixes = suffixes,
    .params = params,
    .self_size = sizeof(struct cy_columns),
    .open = open_reader,
    .next = next,
    .tell = tell,
    .close = close_reader,
    .decode = decode,
};
