#include "hub/rows_query.h"

#include "hub/rows_source.h"

#include <stdlib.h>
#include <yyjson.h>

/* ---- columns ---- */

static void add_columns(const struct cy_rows_source *source, struct cy_buffer *out)
{
    cy_buffer_add_text(out, "\"columns\":[");
    for (size_t i = 0; i < source->column_count; i++) {
        cy_buffer_add_text(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        cy_buffer_add_json(out, source->columns[i].name);
        cy_buffer_add_text(out, ",\"type\":");
        cy_buffer_add_json(out, source->columns[i].type);
        cy_buffer_add_text(out, ",\"feature\":");
        cy_rows_add_feature(out, source->columns[i].type);
        cy_buffer_add_byte(out, '}');
    }
    cy_buffer_add_byte(out, ']');
}

static enum cy_status answer_columns(struct cy_rows_source *source, yyjson_val *question, struct cy_buffer *out, struct cy_error *error)
{
    (void)question;
    int64_t row_count;
    enum cy_status status = cy_rows_count(source, &row_count, error);
    if (status != CY_OK)
        return status;
    cy_buffer_add_byte(out, '{');
    add_columns(source, out);
    cy_buffer_printf(out, ",\"row_count\":%lld,\"file_rows\":[", (long long)row_count);
    for (size_t i = 0; i < source->file_count; i++)
        cy_buffer_printf(out, i > 0 ? ",%lld" : "%lld", (long long)source->files[i].row_count);
    cy_buffer_add_text(out, "]}");
    return CY_OK;
}

/* ---- a page ---- */

struct page {
    int64_t offset, length;
    size_t cell_bytes;
    struct cy_str order;
    const struct cy_rows_column **columns; /* those asked for */
    size_t column_count;
    size_t first, count;  /* the files it lies in */
    int64_t skipped_rows; /* in the files before `first` */
    int64_t total;        /* rows that match */
};

static int64_t integer_of(yyjson_val *question, const char *key, int64_t missing)
{
    yyjson_val *value = yyjson_obj_get(question, key);
    return yyjson_is_int(value) ? yyjson_get_sint(value) : missing;
}

static enum cy_status select_columns(struct cy_rows_source *source, yyjson_val *question, struct page *page, struct cy_error *error)
{
    yyjson_val *names = yyjson_obj_get(question, "select"), *name;
    size_t index, count = yyjson_arr_size(names);
    page->columns = cy_arena_alloc(source->arena, CY_MAX(CY_MAX(count, source->column_count), 1) * sizeof *page->columns);
    if (names == NULL) {
        page->column_count = source->column_count;
        for (size_t i = 0; i < source->column_count; i++)
            page->columns[i] = &source->columns[i];
        return CY_OK;
    }
    yyjson_arr_foreach(names, index, count, name)
    {
        page->columns[index] = cy_rows_find_column(source, (struct cy_str){yyjson_get_str(name), yyjson_get_len(name)}, error);
        if (page->columns[index] == NULL)
            return CY_BAD_INPUT;
    }
    page->column_count = count;
    return CY_OK;
}

/* "name", "name DESC", "\"a name\" asc": the column and the direction, and nothing else. */
static enum cy_status add_order(struct cy_rows_source *source, struct cy_str order, struct cy_buffer *sql, struct cy_error *error)
{
    struct cy_str name = cy_str_trim(order);
    bool descending = name.size > 5 && cy_str_equal_nocase((struct cy_str){name.data + name.size - 5, 5}, CY_STR(" desc"));
    bool ascending = name.size > 4 && cy_str_equal_nocase((struct cy_str){name.data + name.size - 4, 4}, CY_STR(" asc"));
    name.size -= descending ? 5 : ascending ? 4 : 0;
    name = cy_str_trim(name);
    if (name.size >= 2 && name.data[0] == '"' && name.data[name.size - 1] == '"')
        name = (struct cy_str){name.data + 1, name.size - 2};
    const struct cy_rows_column *column = cy_rows_find_column(source, name, error);
    if (column == NULL)
        return CY_BAD_INPUT;
    cy_buffer_printf(sql, " ORDER BY %s %s NULLS LAST, row_index", column->sql, descending ? "DESC" : "ASC");
    return CY_OK;
}

/* Where nothing filters or orders, a page of Parquet lies in few files, and in few row groups of them. */
static void find_files(struct cy_rows_source *source, struct page *page)
{
    page->first = 0;
    page->count = source->file_count;
    page->skipped_rows = 0;
    bool plain = source->where.size == 0 && cy_str_trim(source->search).size == 0 && page->order.size == 0;
    if (!source->has_row_numbers || !plain)
        return;
    while (page->count > 1 && page->skipped_rows + source->files[page->first].row_count <= page->offset) {
        page->skipped_rows += source->files[page->first].row_count;
        page->first++;
        page->count--;
    }
    int64_t end = page->skipped_rows;
    for (size_t i = 0; i < page->count; i++) {
        end += source->files[page->first + i].row_count;
        if (end >= page->offset + page->length)
            page->count = i + 1;
    }
}

/* SELECT row_index, to_json(cells) FROM (SELECT <number> AS row_index, struct_pack(…) AS cells FROM … WHERE … ORDER BY … LIMIT …): long
 * text is cut by SQL already, one character beyond the limit, so that the cut is seen; of bytes only short ones are sent. */
static enum cy_status add_page_sql(struct cy_rows_source *source, const struct page *page, struct cy_buffer *sql, struct cy_error *error)
{
    cy_buffer_add_text(sql, "SELECT row_index, CAST(to_json(cells) AS VARCHAR) FROM (SELECT CAST(");
    cy_rows_add_row_number(source, sql, page->first, page->count);
    cy_buffer_add_text(sql, " AS BIGINT) AS row_index, struct_pack(");
    for (size_t i = 0; i < page->column_count; i++) {
        const struct cy_rows_column *column = page->columns[i];
        cy_buffer_add_text(sql, i > 0 ? ", " : "");
        cy_duck_add_name(sql, column->name);
        if (column->kind == CY_ROWS_TEXT)
            cy_buffer_printf(sql, " := left(%s, %zu)", column->sql, page->cell_bytes + 1);
        else if (column->kind == CY_ROWS_BYTES)
            cy_buffer_printf(sql, " := CASE WHEN octet_length(%s) * 4 / 3 <= %zu THEN base64(%s) END", column->sql, page->cell_bytes,
                             column->sql);
        else
            cy_buffer_printf(sql, " := %s", column->sql);
    }
    cy_buffer_add_text(sql, ") AS cells");
    /* The order may ask for a column that is not selected, so it stands inside. */
    cy_rows_add_from(source, sql, page->first, page->count);
    cy_rows_add_where(source, sql);
    if (page->order.size > 0) {
        enum cy_status status = add_order(source, page->order, sql, error);
        if (status != CY_OK)
            return status;
    }
    bool plain = source->where.size == 0 && cy_str_trim(source->search).size == 0 && page->order.size == 0;
    int64_t offset = page->offset - page->skipped_rows;
    if (plain && source->has_row_numbers && page->count == 1) /* row groups that hold none of it are not read */
        cy_buffer_printf(sql, " WHERE file_row_number >= %lld AND file_row_number < %lld", (long long)offset,
                         (long long)(offset + page->length));
    else
        cy_buffer_printf(sql, " LIMIT %lld OFFSET %lld", (long long)page->length, (long long)offset);
    cy_buffer_add(sql, ")", 2);
    return CY_OK;
}

/* Appends a cell, cut at `bytes_max` when its JSON is longer (a text is cut as text, anything else as the text of its JSON); true when it
 * was. */
static bool add_cell(struct cy_buffer *out, yyjson_val *cell, size_t bytes_max)
{
    size_t size;
    char *json = yyjson_val_write(cell, YYJSON_WRITE_ALLOW_INVALID_UNICODE | YYJSON_WRITE_INF_AND_NAN_AS_NULL, &size);
    if (json == NULL) {
        cy_buffer_add_text(out, "null");
        return true;
    }
    bool text = yyjson_is_str(cell), cut = text ? yyjson_get_len(cell) > bytes_max : size > bytes_max;
    if (!cut) {
        cy_buffer_add(out, json, size);
    } else {
        const char *whole = text ? yyjson_get_str(cell) : json;
        size_t end = bytes_max;
        while (end > 0 && ((uint8_t)whole[end] & 0xc0) == 0x80)
            end--; /* not within a character */
        cy_buffer_add_json(out, (struct cy_str){whole, end});
    }
    free(json);
    return cut;
}

static enum cy_status add_row(const struct page *page, struct cy_buffer *out, int64_t row_index, struct cy_str json, size_t page_start,
                              struct cy_error *error)
{
    yyjson_doc *doc = yyjson_read(json.data, json.size, YYJSON_READ_ALLOW_INF_AND_NAN | YYJSON_READ_ALLOW_INVALID_UNICODE);
    if (doc == NULL)
        return cy_error_set(error, CY_FAILED, "row %lld does not come as JSON", (long long)row_index);
    struct cy_buffer truncated = {0};
    cy_buffer_printf(out, "{\"row_idx\":%lld,\"row\":{", (long long)row_index);
    yyjson_val *key, *cell;
    size_t index, count, cell_index = 0;
    yyjson_obj_foreach(yyjson_doc_get_root(doc), index, count, key, cell)
    {
        const struct cy_rows_column *column = page->columns[CY_MIN(cell_index, page->column_count - 1)];
        struct cy_str name = {yyjson_get_str(key), yyjson_get_len(key)};
        if (cell_index++ > 0)
            cy_buffer_add_byte(out, ',');
        cy_buffer_add_json(out, name);
        cy_buffer_add_byte(out, ':');
        size_t bytes_max = out->size - page_start > CY_ROWS_PAGE_BYTES ? CY_ROWS_CELL_BYTES_LATE : page->cell_bytes;
        bool cut = add_cell(out, cell, CY_MIN(bytes_max, page->cell_bytes));
        if (cut || (column->kind == CY_ROWS_BYTES && yyjson_is_null(cell))) {
            cy_buffer_add_text(&truncated, truncated.size > 0 ? "," : "");
            cy_buffer_add_json(&truncated, name);
        }
    }
    cy_buffer_printf(out, "},\"truncated_cells\":[%.*s]}", (int)truncated.size, truncated.size > 0 ? truncated.data : "");
    cy_buffer_release(&truncated);
    yyjson_doc_free(doc);
    return CY_OK;
}

static enum cy_status add_rows(struct cy_rows_source *source, const struct page *page, struct cy_buffer *out, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    struct cy_duck_result *result = NULL;
    enum cy_status status = add_page_sql(source, page, &sql, error);
    if (status == CY_OK)
        status = cy_duck_query(source->duck, sql.data, &result, error);
    cy_buffer_release(&sql);
    size_t row_count, page_start = out->size;
    bool first = true;
    while (status == CY_OK && (status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count && status == CY_OK; row++) {
            if (!first)
                cy_buffer_add_byte(out, ',');
            first = false;
            status = add_row(page, out, cy_duck_int64(result, 0, row), cy_duck_text(result, 1, row), page_start, error);
        }
    }
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

static enum cy_status count_matching(struct cy_rows_source *source, int64_t *total, struct cy_error *error)
{
    if (source->where.size == 0 && cy_str_trim(source->search).size == 0)
        return cy_rows_count(source, total, error);
    struct cy_buffer sql = {0};
    cy_buffer_add_text(&sql, "SELECT CAST(count(*) AS DOUBLE)");
    cy_rows_add_from(source, &sql, 0, source->file_count);
    cy_rows_add_where(source, &sql);
    cy_buffer_add(&sql, "", 1);
    double count = 0;
    enum cy_status status = cy_rows_numbers(source, sql.data, &count, 1, error);
    cy_buffer_release(&sql);
    *total = (int64_t)count;
    return status;
}

static enum cy_status answer_rows(struct cy_rows_source *source, yyjson_val *question, struct cy_buffer *out, struct cy_error *error)
{
    yyjson_val *order = yyjson_obj_get(question, "order");
    struct page page = {.offset = integer_of(question, "offset", 0),
                        .length = integer_of(question, "length", 100),
                        .cell_bytes = (size_t)CY_MAX(integer_of(question, "cell_bytes", CY_ROWS_CELL_BYTES), 1),
                        .order = {yyjson_get_str(order), yyjson_get_len(order)}};
    if (page.offset < 0 || page.length < 0 || page.length > CY_ROWS_LENGTH_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "offset %lld and length %lld: an offset of 0 or more and a length of 0 to %d are possible",
                            (long long)page.offset, (long long)page.length, CY_ROWS_LENGTH_MAX);
    enum cy_status status = select_columns(source, question, &page, error);
    int64_t all;
    if (status == CY_OK && source->has_row_numbers)
        status = cy_rows_count(source, &all, error);
    if (status == CY_OK)
        status = count_matching(source, &page.total, error);
    if (status != CY_OK)
        return status;
    find_files(source, &page);
    cy_buffer_add_byte(out, '{');
    add_columns(source, out);
    cy_buffer_add_text(out, ",\"rows\":[");
    if (page.length > 0 && page.column_count > 0 && page.offset < page.total)
        status = add_rows(source, &page, out, error);
    cy_buffer_printf(out, "],\"row_count\":%lld}", (long long)page.total);
    return status;
}

/* ---- questions ---- */

static const struct {
    const char *name;
    enum cy_status (*answer)(struct cy_rows_source *source, yyjson_val *question, struct cy_buffer *out, struct cy_error *error);
} questions[] = {
    {"rows", answer_rows},
    {"columns", answer_columns},
    {"statistics", cy_rows_statistics},
    {"histogram", cy_rows_histogram},
};

enum cy_status cy_rows_answer(struct cy_str question, int64_t memory_bytes, struct cy_buffer *out, struct cy_error *error)
{
    yyjson_doc *doc = yyjson_read(question.data, question.size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *op = yyjson_obj_get(root, "op");
    size_t before = out->size, which = 0;
    while (which < CY_COUNT(questions) && !yyjson_equals_str(op, questions[which].name))
        which++;
    enum cy_status status;
    if (which == CY_COUNT(questions)) {
        status = cy_error_set(error, CY_BAD_INPUT, "the question is no JSON object with an \"op\" that is known");
    } else {
        struct cy_arena arena = {0};
        struct cy_rows_source source;
        status = cy_rows_source_open(&source, root, memory_bytes, &arena, error);
        if (status == CY_OK) {
            status = questions[which].answer(&source, root, out, error);
            cy_rows_source_close(&source);
        }
        cy_arena_release(&arena);
    }
    yyjson_doc_free(doc);
    if (status != CY_OK)
        out->size = before;
    /* DuckDB shows the place in our own SQL, which is none of the asker's. */
    char *place = status == CY_BAD_INPUT ? strstr(error->message, "\n\nLINE ") : NULL;
    if (place != NULL)
        *place = '\0';
    return status;
}
