#include "hub/rows_source.h"

#include "hub/rows_query.h"

#include <stdlib.h>
#include <yyjson.h>

enum { LEAF_DEPTH_MAX = 8, JSON_OBJECT_BYTES_MAX = 64 * 1024 * 1024 };

static struct cy_str text_of(yyjson_val *object, const char *key)
{
    yyjson_val *value = yyjson_obj_get(object, key);
    return yyjson_is_str(value) ? (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)} : (struct cy_str){"", 0};
}

/* ---- SQL ---- */

void cy_rows_add_from(const struct cy_rows_source *source, struct cy_buffer *sql, size_t first, size_t count)
{
    bool parquet = cy_str_is(source->format, "parquet"), text = cy_str_is(source->format, "text");
    const char *function = parquet ? "read_parquet" : cy_str_is(source->format, "jsonl") ? "read_json" : "read_csv";
    cy_buffer_printf(sql, " FROM %s([", function);
    for (size_t i = first; i < first + count; i++) {
        if (i > first)
            cy_buffer_add_byte(sql, ',');
        cy_duck_add_literal(sql, cy_str(source->files[i].path));
    }
    cy_buffer_add_byte(sql, ']');
    if (parquet) {
        cy_buffer_add_text(sql,
                           source->has_row_numbers ? ", union_by_name=true, file_row_number=true, filename=true" : ", union_by_name=true");
    } else {
        cy_buffer_add_text(sql, ", compression=");
        cy_duck_add_literal(sql, cy_str_is(source->compression, "none") ? CY_STR("uncompressed") : source->compression);
        if (cy_str_is(source->format, "jsonl"))
            cy_buffer_printf(sql, ", format='auto', union_by_name=true, maximum_object_size=%d", JSON_OBJECT_BYTES_MAX);
        else if (text) /* a line is a row: a delimiter that no text holds */
            cy_buffer_add_text(
                sql,
                ", columns={'text': 'VARCHAR'}, header=false, auto_detect=false, delim='\x1f', quote='', escape='', strict_mode=false");
        else
            cy_buffer_printf(sql, ", union_by_name=true%s", cy_str_is(source->format, "tsv") ? ", delim='\t'" : "");
    }
    cy_buffer_add_byte(sql, ')');
}

void cy_rows_add_row_number(const struct cy_rows_source *source, struct cy_buffer *sql, size_t first, size_t count)
{
    if (!source->has_row_numbers) {
        cy_buffer_printf(sql, "row_number() OVER () - 1 + %lld", (long long)source->first_row);
        return;
    }
    int64_t before = source->first_row;
    for (size_t i = 0; i < first; i++)
        before += source->files[i].row_count;
    if (count == 1) {
        cy_buffer_printf(sql, "file_row_number + %lld", (long long)before);
        return;
    }
    cy_buffer_add_text(sql, "file_row_number + CASE filename");
    for (size_t i = first; i < first + count; i++) {
        cy_buffer_add_text(sql, " WHEN ");
        cy_duck_add_literal(sql, cy_str(source->files[i].path));
        cy_buffer_printf(sql, " THEN %lld", (long long)before);
        before += source->files[i].row_count;
    }
    cy_buffer_add_text(sql, " END");
}

/* Every word stands in some text column, whatever its case. */
static void add_search(const struct cy_rows_source *source, struct cy_buffer *sql)
{
    struct cy_str rest = cy_str_trim(source->search);
    for (size_t term = 0; rest.size > 0 && term < CY_ROWS_TERMS_MAX; term++) {
        struct cy_str word = cy_str_split(rest, ' ', &rest);
        rest = cy_str_trim(rest);
        cy_buffer_add_text(sql, term == 0 ? "(" : " AND (");
        bool any = false;
        for (size_t i = 0; i < source->column_count; i++) {
            if (source->columns[i].kind != CY_ROWS_TEXT)
                continue;
            cy_buffer_printf(sql, "%scontains(lower(%s), lower(", any ? " OR " : "", source->columns[i].sql);
            cy_duck_add_literal(sql, word);
            cy_buffer_add_text(sql, "))");
            any = true;
        }
        cy_buffer_add_text(sql, any ? ")" : "false)");
    }
}

void cy_rows_add_where(const struct cy_rows_source *source, struct cy_buffer *sql)
{
    if (source->where.size > 0)
        cy_buffer_printf(sql, " WHERE (%.*s\n)", (int)source->where.size, source->where.data); /* the line break ends a comment */
    if (cy_str_trim(source->search).size > 0) {
        cy_buffer_add_text(sql, source->where.size > 0 ? " AND " : " WHERE ");
        add_search(source, sql);
    }
}

/* ---- columns ---- */

static enum cy_status find_columns(struct cy_rows_source *source, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    cy_buffer_add_text(&sql, "SELECT column_name, column_type FROM (DESCRIBE SELECT *");
    cy_rows_add_from(source, &sql, 0, source->file_count);
    cy_buffer_add(&sql, ")", 2);
    struct cy_duck_result *result;
    enum cy_status status = cy_duck_query(source->duck, sql.data, &result, error);
    cy_buffer_release(&sql);
    if (status != CY_OK)
        return status;
    source->columns = cy_arena_alloc(source->arena, CY_ROWS_COLUMNS_MAX * sizeof *source->columns);
    source->column_count = 0;
    size_t row_count;
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            struct cy_rows_column *column = &source->columns[source->column_count];
            if (source->column_count == CY_ROWS_COLUMNS_MAX) {
                cy_duck_result_free(result);
                return cy_error_set(error, CY_BAD_INPUT, "the files have more than %d columns", CY_ROWS_COLUMNS_MAX);
            }
            column->name = cy_arena_str(source->arena, cy_duck_text(result, 0, row));
            column->type = cy_arena_str(source->arena, cy_duck_text(result, 1, row));
            column->kind = cy_rows_kind_of(column->type);
            struct cy_buffer name = {0};
            cy_duck_add_name(&name, column->name);
            column->sql = cy_arena_printf(source->arena, "%.*s", (int)name.size, name.data);
            cy_buffer_release(&name);
            source->column_count++;
        }
    }
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

/* Parquet's own row numbers, unless a column of the file has the name that DuckDB gives them. */
static enum cy_status choose_row_numbers(struct cy_rows_source *source, struct cy_error *error)
{
    enum cy_status status = find_columns(source, error);
    if (status != CY_OK || !cy_str_is(source->format, "parquet"))
        return status;
    source->has_row_numbers = true;
    for (size_t i = 0; i < source->column_count; i++)
        if (cy_str_equal_nocase(source->columns[i].name, CY_STR("filename")) ||
            cy_str_equal_nocase(source->columns[i].name, CY_STR("file_row_number")))
            source->has_row_numbers = false;
    return CY_OK;
}

const struct cy_rows_column *cy_rows_find_column(struct cy_rows_source *source, struct cy_str name, struct cy_error *error)
{
    struct cy_rows_column *leaves;
    size_t count;
    for (size_t i = 0; i < source->column_count; i++)
        if (cy_str_equal(source->columns[i].name, name))
            return &source->columns[i];
    cy_rows_leaves(source, &leaves, &count);
    const char **names = cy_arena_alloc(source->arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        if (cy_str_equal(leaves[i].name, name))
            return &leaves[i];
        names[i] = cy_arena_printf(source->arena, "%.*s", (int)leaves[i].name.size, leaves[i].name.data);
    }
    names[count] = NULL;
    const char *near = cy_nearest_name(name, names);
    if (memchr(name.data, ',', name.size) != NULL)
        cy_error_set(error, CY_BAD_INPUT, "there is no column \"%.*s\": name one at a time, like select=id&select=text",
                     (int)CY_MIN(name.size, 200), name.data);
    else
        cy_error_set(error, CY_BAD_INPUT, "there is no column \"%.*s\"%s%s%s", (int)CY_MIN(name.size, 200), name.data,
                     near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return NULL;
}

struct leaves {
    struct cy_arena *arena;
    struct cy_rows_column *items;
    size_t count;
};

static void add_leaves(struct leaves *leaves, struct cy_str name, const char *sql, struct cy_str type, size_t depth)
{
    static const struct cy_str structure = CY_STR("STRUCT(");
    if (!cy_str_starts(type, structure) || !cy_str_ends(type, CY_STR(")")) || depth == LEAF_DEPTH_MAX) {
        if (leaves->count < CY_ROWS_COLUMNS_MAX)
            leaves->items[leaves->count++] = (struct cy_rows_column){name, type, cy_rows_kind_of(type), sql};
        return;
    }
    struct cy_str rest = {type.data + structure.size, type.size - structure.size - 1};
    while (rest.size > 0) {
        size_t end = cy_rows_member_end(rest);
        struct cy_str member = cy_str_trim((struct cy_str){rest.data, end}), of, quoted;
        if (member.size > 1 && member.data[0] == '"') {
            cy_str_split((struct cy_str){member.data + 1, member.size - 1}, '"', &of); /* names with quotes in them stay unreached */
            quoted = (struct cy_str){member.data + 1, (size_t)(of.data - member.data) - 2};
        } else {
            quoted = cy_str_split(member, ' ', &of);
        }
        const char *full = cy_arena_printf(leaves->arena, "%.*s.%.*s", (int)name.size, name.data, (int)quoted.size, quoted.data);
        const char *reach = cy_arena_printf(leaves->arena, "%s.\"%.*s\"", sql, (int)quoted.size, quoted.data);
        add_leaves(leaves, cy_str(full), reach, cy_str_trim(of), depth + 1);
        rest = end < rest.size ? cy_str_trim((struct cy_str){rest.data + end + 1, rest.size - end - 1}) : (struct cy_str){"", 0};
    }
}

void cy_rows_leaves(const struct cy_rows_source *source, struct cy_rows_column **items, size_t *count)
{
    struct leaves leaves = {source->arena, cy_arena_alloc(source->arena, CY_ROWS_COLUMNS_MAX * sizeof *leaves.items), 0};
    for (size_t i = 0; i < source->column_count; i++)
        add_leaves(&leaves, source->columns[i].name, source->columns[i].sql, source->columns[i].type, 0);
    *items = leaves.items;
    *count = leaves.count;
}

/* ---- counting ---- */

enum cy_status cy_rows_numbers(const struct cy_rows_source *source, const char *sql, double *values, size_t count, struct cy_error *error)
{
    struct cy_duck_result *result;
    enum cy_status status = cy_duck_query(source->duck, sql, &result, error);
    if (status != CY_OK)
        return status;
    size_t row_count;
    status = cy_duck_next(result, &row_count, error);
    for (size_t i = 0; status == CY_OK && i < count; i++)
        values[i] = cy_duck_number(result, i, 0);
    cy_duck_result_free(result);
    return status == CY_END ? cy_error_set(error, CY_FAILED, "DuckDB gave no row where one was due") : status;
}

static enum cy_status count_file(struct cy_rows_source *source, size_t file, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    if (cy_str_is(source->format, "parquet")) {
        cy_buffer_add_text(&sql, "SELECT CAST(sum(num_rows) AS DOUBLE) FROM parquet_file_metadata([");
        cy_duck_add_literal(&sql, cy_str(source->files[file].path));
        cy_buffer_add_text(&sql, "])");
    } else {
        cy_buffer_add_text(&sql, "SELECT CAST(count(*) AS DOUBLE)");
        cy_rows_add_from(source, &sql, file, 1);
    }
    cy_buffer_add(&sql, "", 1);
    double count = 0;
    enum cy_status status = cy_rows_numbers(source, sql.data, &count, 1, error);
    cy_buffer_release(&sql);
    source->files[file].row_count = count > 0 ? (int64_t)count : 0;
    return status;
}

enum cy_status cy_rows_count(struct cy_rows_source *source, int64_t *row_count, struct cy_error *error)
{
    *row_count = 0;
    for (size_t i = 0; i < source->file_count; i++) {
        enum cy_status status = source->files[i].row_count < 0 ? count_file(source, i, error) : CY_OK;
        if (status != CY_OK)
            return status;
        *row_count += source->files[i].row_count;
    }
    return CY_OK;
}

/* ---- opening ---- */

static enum cy_status read_files(struct cy_rows_source *source, yyjson_val *question, struct cy_error *error)
{
    static const char *const formats[] = {"parquet", "jsonl", "csv", "tsv", "text", NULL};
    static const char *const compressions[] = {"none", "gzip", "zstd", NULL};
    yyjson_val *files = yyjson_obj_get(question, "files"), *file;
    size_t index, count = yyjson_arr_size(files);
    if (count == 0 || count > CY_ROWS_FILES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the question names %zu files; 1 to %d are possible", count, CY_ROWS_FILES_MAX);
    source->files = cy_arena_alloc(source->arena, count * sizeof *source->files);
    source->file_count = count;
    yyjson_arr_foreach(files, index, count, file)
    {
        struct cy_str path = text_of(file, "path"), format = text_of(file, "format"), compression = text_of(file, "compression");
        if (compression.size == 0)
            compression = CY_STR("none");
        bool known = false, packed = false;
        for (size_t i = 0; formats[i] != NULL; i++)
            known |= cy_str_is(format, formats[i]);
        for (size_t i = 0; compressions[i] != NULL; i++)
            packed |= cy_str_is(compression, compressions[i]);
        if (path.size == 0 || path.data[0] != '/' || !known || !packed)
            return cy_error_set(error, CY_BAD_INPUT, "file %zu has no absolute path, or a format or compression that is not known", index);
        if (index > 0 && (!cy_str_equal(format, source->format) || !cy_str_equal(compression, source->compression)))
            return cy_error_set(error, CY_BAD_INPUT, "the files of one question have one format and compression, and file %zu has another",
                                index);
        source->format = cy_arena_str(source->arena, format);
        source->compression = cy_arena_str(source->arena, compression);
        yyjson_val *rows = yyjson_obj_get(file, "rows");
        source->files[index] = (struct cy_rows_file){cy_arena_printf(source->arena, "%.*s", (int)path.size, path.data),
                                                     yyjson_is_int(rows) ? yyjson_get_sint(rows) : -1};
    }
    return CY_OK;
}

enum cy_status cy_rows_source_open(struct cy_rows_source *source, yyjson_val *question, int64_t memory_bytes, struct cy_arena *arena,
                                   struct cy_error *error)
{
    *source = (struct cy_rows_source){.arena = arena};
    enum cy_status status = read_files(source, question, error);
    if (status != CY_OK)
        return status;
    yyjson_val *first_row = yyjson_obj_get(question, "first_row");
    source->first_row = yyjson_is_int(first_row) ? CY_MAX(yyjson_get_sint(first_row), 0) : 0;
    source->where = text_of(question, "where");
    source->search = text_of(question, "search");
    const char **allowed = cy_arena_alloc(arena, (source->file_count + 1) * sizeof *allowed);
    for (size_t i = 0; i < source->file_count; i++)
        allowed[i] = source->files[i].path;
    allowed[source->file_count] = NULL;
    status = cy_duck_open(&source->duck, &(struct cy_duck_options){.memory_bytes = memory_bytes, .allowed = allowed}, error);
    if (status == CY_OK)
        status = choose_row_numbers(source, error);
    if (status != CY_OK)
        cy_rows_source_close(source);
    return status;
}

void cy_rows_source_close(struct cy_rows_source *source)
{
    cy_duck_close(source->duck);
    source->duck = NULL;
}
