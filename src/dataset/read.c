#include "dataset/read.h"

#include "dataset/columns.h"
#include "dataset/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yyjson.h>

/* ---- MANIFEST ---- */

/* No name leads out of the folder. */
static bool name_is_safe(struct cy_str name)
{
    if (name.size == 0 || name.data[0] == '/' || name.data[name.size - 1] == '/' || memchr(name.data, 0, name.size) != NULL)
        return false;
    while (name.size > 0) {
        struct cy_str part = cy_str_split(name, '/', &name);
        if (part.size == 0 || cy_str_is(part, ".") || cy_str_is(part, ".."))
            return false;
    }
    return true;
}

/* "<64 hex digits> <size> <name>"; one or more spaces between them, none ends the name. */
static bool parse_line(struct cy_str line, struct cy_manifest_file *file, struct cy_arena *arena)
{
    struct cy_str rest, digest = cy_str_split(line, ' ', &rest);
    if (digest.size != 64)
        return false;
    for (size_t i = 0; i < 64; i++)
        if (strchr("0123456789abcdef", digest.data[i]) == NULL || digest.data[i] == '\0')
            return false;
    memcpy(file->sha256, digest.data, 64);
    file->sha256[64] = '\0';
    while (rest.size > 0 && rest.data[0] == ' ')
        rest.data++, rest.size--;
    struct cy_str name, size = cy_str_split(rest, ' ', &name);
    if (size.size == 0 || size.size > 19)
        return false;
    file->size_bytes = 0;
    for (size_t i = 0; i < size.size; i++) {
        if (size.data[i] < '0' || size.data[i] > '9')
            return false;
        file->size_bytes = file->size_bytes * 10 + (uint64_t)(size.data[i] - '0');
    }
    while (name.size > 0 && name.data[0] == ' ')
        name.data++, name.size--;
    if (!name_is_safe(name))
        return false;
    file->name = cy_arena_str(arena, name).data;
    return true;
}

#define PLACE_HINT "name the folder that `ciyuan build` wrote; one that was interrupted has its files in <folder>.work"

static enum cy_status read_manifest(struct cy_dataset *dataset, struct cy_error *error)
{
    const char *path = cy_path_join(&dataset->arena, dataset->folder, "MANIFEST");
    struct cy_buffer content = {0};
    if (!cy_path_exists(path)) {
        cy_error_set(error, CY_BAD_INPUT, "\"%s\" is no dataset: it has no MANIFEST", dataset->folder);
        return cy_error_hint(error, PLACE_HINT);
    }
    enum cy_status status = cy_read_file(path, &content, error);
    if (status != CY_OK)
        return status;
    cy_manifest_build_id(cy_buffer_str(&content), dataset->build_id);
    struct cy_str rest = cy_buffer_str(&content), first = cy_str_split(rest, '\n', &rest);
    if (!cy_str_is(first, "schema: 1")) {
        cy_error_set(error, CY_BAD_INPUT, "\"%s\" begins with \"%.*s\", and this program reads \"schema: 1\"", path,
                     (int)CY_MIN(first.size, 60), first.data);
        status = cy_error_hint(error, "a newer ciyuan may have written it");
    }
    size_t line_number = 1, capacity = 0;
    while (status == CY_OK && rest.size > 0) {
        struct cy_str line = cy_str_split(rest, '\n', &rest);
        line_number++;
        if (dataset->file_count == capacity) {
            capacity = CY_MAX(capacity * 2, 16);
            struct cy_manifest_file *grown = cy_arena_alloc(&dataset->arena, capacity * sizeof *grown);
            if (dataset->file_count > 0)
                memcpy(grown, dataset->files, dataset->file_count * sizeof *grown);
            dataset->files = grown;
        }
        if (!parse_line(line, &dataset->files[dataset->file_count++], &dataset->arena))
            status = cy_error_set(error, CY_BAD_INPUT, "\"%s\", line %zu, is not \"<sha256> <size> <name>\": \"%.*s\"", path, line_number,
                                  (int)CY_MIN(line.size, 120), line.data);
    }
    cy_buffer_release(&content);
    return status;
}

enum cy_status cy_dataset_read_manifest(struct cy_dataset *dataset, const char *folder, struct cy_error *error)
{
    char *absolute = realpath(folder, NULL);
    if (absolute == NULL) {
        cy_error_errno(error, "open", folder);
        return cy_error_hint(error, PLACE_HINT);
    }
    dataset->folder = cy_arena_text(&dataset->arena, absolute);
    free(absolute);
    return read_manifest(dataset, error);
}

enum cy_status cy_dataset_read(struct cy_dataset *dataset, const char *folder, struct cy_error *error)
{
    enum cy_status status = cy_dataset_read_manifest(dataset, folder, error);
    if (status != CY_OK)
        return status;
    const char *path = cy_path_join(&dataset->arena, dataset->folder, "build.json");
    if (!cy_path_exists(path))
        return CY_OK;
    struct cy_buffer content = {0};
    status = cy_read_file(path, &content, error);
    if (status == CY_OK) {
        yyjson_read_err failure;
        dataset->build = yyjson_read_opts(content.data, content.size, 0, NULL, &failure);
        if (dataset->build == NULL) {
            cy_error_set(error, CY_BAD_INPUT, "\"%s\" is not JSON: %s at byte %zu", path, failure.msg, failure.pos);
            status = cy_error_hint(error, "`ciyuan verify` tells whether it is as it was built");
        }
    }
    cy_buffer_release(&content);
    return status;
}

void cy_dataset_release(struct cy_dataset *dataset)
{
    yyjson_doc_free(dataset->build);
    cy_arena_release(&dataset->arena);
    *dataset = (struct cy_dataset){0};
}

/* ---- what the build report says ---- */

static yyjson_val *find_named(yyjson_val *array, const char *name)
{
    size_t i, count;
    yyjson_val *item;
    yyjson_arr_foreach(array, i, count, item)
    {
        if (yyjson_equals_str(yyjson_obj_get(item, "name"), name))
            return item;
    }
    return NULL;
}

static double number_or(yyjson_val *value, double fallback)
{
    return yyjson_is_num(value) ? yyjson_get_num(value) : fallback;
}

size_t cy_dataset_thresholds(const struct cy_dataset *dataset, const char *step, const char *signal,
                             struct cy_read_threshold thresholds[CY_READ_THRESHOLDS_MAX])
{
    yyjson_val *root = yyjson_doc_get_root(dataset->build);
    yyjson_val *one_step = find_named(yyjson_obj_get(root, "steps"), step);
    yyjson_val *one_signal = find_named(yyjson_obj_get(one_step, "signals"), signal);
    size_t i, total, count = 0;
    yyjson_val *item;
    yyjson_arr_foreach(yyjson_obj_get(one_signal, "thresholds"), i, total, item)
    {
        const char *rule = yyjson_get_str(yyjson_obj_get(item, "rule")), *keep = yyjson_get_str(yyjson_obj_get(item, "keep"));
        yyjson_val *low = yyjson_obj_get(item, "low"), *high = yyjson_obj_get(item, "high");
        if (rule != NULL && keep != NULL && yyjson_is_num(low) && count < CY_READ_THRESHOLDS_MAX)
            thresholds[count++] = (struct cy_read_threshold){rule, keep, yyjson_get_num(low), number_or(high, yyjson_get_num(low))};
    }
    return count;
}

/* ---- tables ---- */

/* How long a line of JSON may be: DuckDB takes twice that much for each thread at once, so it follows the longest text, with room for
 * escapes and what else a line holds. */
static int64_t json_bytes_max(const struct cy_dataset *dataset)
{
    enum { ROOM = 16 * 1024 * 1024 };
    yyjson_val *longest = yyjson_ptr_get(yyjson_doc_get_root(dataset->build), "/text_bytes/max");
    return ROOM + 2 * (int64_t)number_or(longest, 0);
}

/* The SQL type of a struct column, from the build report; empty when it has no members. */
static void add_tokens_type(struct cy_buffer *sql, yyjson_val *build)
{
    yyjson_val *tokens = yyjson_obj_get(yyjson_obj_get(build, "total"), "tokens");
    size_t i, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(tokens, i, count, key, value)
    {
        (void)value;
        cy_buffer_add_text(sql, i == 0 ? "STRUCT(" : ", ");
        cy_duck_add_name(sql, cy_str(yyjson_get_str(key)));
        cy_buffer_add_text(sql, i + 1 == count ? " BIGINT)" : " BIGINT");
    }
}

static void add_signals_type(struct cy_buffer *sql, yyjson_val *build)
{
    size_t i, j, step_count, signal_count;
    yyjson_val *step, *signal;
    bool any = false;
    yyjson_arr_foreach(yyjson_obj_get(build, "steps"), i, step_count, step)
    {
        yyjson_val *signals = yyjson_obj_get(step, "signals");
        if (yyjson_arr_size(signals) == 0)
            continue;
        cy_buffer_add_text(sql, any ? ", " : "STRUCT(");
        any = true;
        cy_duck_add_name(sql, cy_str(yyjson_get_str(yyjson_obj_get(step, "name"))));
        yyjson_arr_foreach(signals, j, signal_count, signal)
        {
            cy_buffer_add_text(sql, j == 0 ? " STRUCT(" : ", ");
            cy_duck_add_name(sql, cy_str(yyjson_get_str(yyjson_obj_get(signal, "name"))));
            cy_buffer_add_text(sql, " DOUBLE");
        }
        cy_buffer_add_byte(sql, ')');
    }
    if (any)
        cy_buffer_add_byte(sql, ')');
}

/* Calls add for each column of the table that the dataset has, with its SQL type. */
static void add_columns(struct cy_buffer *sql, const struct cy_dataset *dataset, unsigned table,
                        void (*add)(struct cy_buffer *sql, const char *name, struct cy_str type, bool first))
{
    yyjson_val *build = yyjson_doc_get_root(dataset->build);
    struct cy_buffer type = {0};
    bool first = true;
    for (const struct cy_column *column = cy_columns; column->name != NULL; column++) {
        if ((column->tables & table) == 0)
            continue;
        cy_buffer_clear(&type);
        if (column->type == CY_COLUMN_TEXT)
            cy_buffer_add_text(&type, "VARCHAR");
        else if (column->type == CY_COLUMN_INTEGER)
            cy_buffer_add_text(&type, "BIGINT");
        else if (column->type == CY_COLUMN_NUMBER)
            cy_buffer_add_text(&type, "DOUBLE");
        else if (column->type == CY_COLUMN_TOKENS)
            add_tokens_type(&type, build);
        else
            add_signals_type(&type, build);
        if (type.size == 0)
            continue;
        add(sql, column->name, cy_buffer_str(&type), first);
        first = false;
    }
    cy_buffer_release(&type);
}

static void add_json_column(struct cy_buffer *sql, const char *name, struct cy_str type, bool first)
{
    cy_buffer_add_text(sql, first ? "" : ", ");
    cy_duck_add_name(sql, cy_str(name));
    cy_buffer_add_text(sql, ": ");
    cy_duck_add_literal(sql, type);
}

static void add_null_column(struct cy_buffer *sql, const char *name, struct cy_str type, bool first)
{
    cy_buffer_add_text(sql, first ? "" : ", ");
    cy_buffer_add_text(sql, "CAST(NULL AS ");
    cy_buffer_add_str(sql, type);
    cy_buffer_add_text(sql, ") AS ");
    cy_duck_add_name(sql, cy_str(name));
}

/* The files of a table: `folder` is "data/" or "verdicts/". */
static bool in_table(const struct cy_manifest_file *file, const char *folder)
{
    return strncmp(file->name, folder, strlen(folder)) == 0;
}

enum view { VIEW_DATA, VIEW_VERDICTS, VIEW_FILES, VIEW_COUNT };

/* CREATE VIEW over the files that MANIFEST names; over no rows when there is none. */
static void add_view(struct cy_buffer *sql, const struct cy_dataset *dataset, const char *prefix, enum view view)
{
    static const char *const names[] = {"data", "verdicts", "data_files"};
    const char *folder = view == VIEW_VERDICTS ? "verdicts/" : "data/";
    unsigned table = view == VIEW_VERDICTS ? CY_IN_VERDICTS : CY_IN_DATA;
    struct cy_buffer files = {0};
    bool parquet = false;
    for (size_t i = 0; i < dataset->file_count; i++) {
        if (!in_table(&dataset->files[i], folder))
            continue;
        struct cy_buffer path = {0};
        cy_buffer_printf(&path, "%s/%s", dataset->folder, dataset->files[i].name);
        cy_buffer_add_text(&files, files.size > 0 ? ", " : "");
        cy_duck_add_literal(&files, cy_buffer_str(&path));
        parquet = cy_str_ends(cy_buffer_str(&path), CY_STR(".parquet"));
        cy_buffer_release(&path);
    }
    const char *columns = "*";
    if (view == VIEW_FILES)
        columns = parquet ? "id, filename AS file, file_row_number AS row" : "id, filename AS file, CAST(NULL AS BIGINT) AS row";
    cy_buffer_printf(sql, "CREATE VIEW %s%s AS SELECT ", prefix, names[view]);
    if (files.size == 0 && view == VIEW_FILES) {
        cy_buffer_add_text(sql, "CAST(NULL AS VARCHAR) AS id, CAST(NULL AS VARCHAR) AS file, CAST(NULL AS BIGINT) AS row WHERE false");
    } else if (files.size == 0) {
        add_columns(sql, dataset, table, add_null_column);
        cy_buffer_add_text(sql, " WHERE false");
    } else if (parquet) {
        cy_buffer_printf(sql, "%s FROM read_parquet([", columns);
        cy_buffer_add_str(sql, cy_buffer_str(&files));
        cy_buffer_printf(sql, "], hive_partitioning = false%s)", view == VIEW_FILES ? ", filename = true, file_row_number = true" : "");
    } else {
        /* Types are stated, not guessed: an id that looks like a date stays text. */
        cy_buffer_printf(sql, "%s FROM read_json([", columns);
        cy_buffer_add_str(sql, cy_buffer_str(&files));
        cy_buffer_printf(sql, "], format = 'newline_delimited', hive_partitioning = false, maximum_object_size = %lld%s, columns = {",
                         (long long)json_bytes_max(dataset), view == VIEW_FILES ? ", filename = true" : "");
        add_columns(sql, dataset, table, add_json_column);
        cy_buffer_add_text(sql, "})");
    }
    cy_buffer_release(&files);
}

static const char **allowed_files(const struct cy_dataset *const *datasets, size_t dataset_count, struct cy_arena *arena)
{
    size_t count = 0, used = 0;
    for (size_t i = 0; i < dataset_count; i++)
        count += datasets[i]->file_count;
    const char **allowed = cy_arena_zero(arena, (count + 1) * sizeof *allowed);
    for (size_t i = 0; i < dataset_count; i++) {
        for (size_t j = 0; j < datasets[i]->file_count; j++) {
            const struct cy_manifest_file *file = &datasets[i]->files[j];
            if (in_table(file, "data/") || in_table(file, "verdicts/"))
                allowed[used++] = cy_path_join(arena, datasets[i]->folder, file->name);
        }
    }
    return allowed;
}

static enum cy_status make_spill_folder(char **folder, struct cy_error *error)
{
    const char *parent = getenv("TMPDIR");
    struct cy_buffer path = {0};
    cy_buffer_printf(&path, "%s/ciyuan-sql.XXXXXX", parent != NULL && parent[0] == '/' ? parent : "/tmp");
    cy_buffer_add_byte(&path, 0);
    if (mkdtemp(path.data) == NULL) {
        enum cy_status status = cy_error_errno(error, "make the folder", path.data);
        cy_buffer_release(&path);
        return status;
    }
    *folder = path.data;
    return CY_OK;
}

enum cy_status cy_dataset_tables(struct cy_dataset_tables *tables, const struct cy_dataset *const *datasets, const char *const *prefixes,
                                 size_t dataset_count, int64_t memory_bytes, struct cy_error *error)
{
    *tables = (struct cy_dataset_tables){0};
    struct cy_arena arena = {0};
    enum cy_status status = make_spill_folder(&tables->spill_folder, error);
    if (status == CY_OK)
        status = cy_duck_open(&tables->duck,
                              &(struct cy_duck_options){.memory_bytes = memory_bytes,
                                                        .thread_count = 2,
                                                        .spill_folder = tables->spill_folder,
                                                        .allowed = allowed_files(datasets, dataset_count, &arena)},
                              error);
    struct cy_buffer sql = {0};
    for (size_t i = 0; i < dataset_count && status == CY_OK; i++) {
        for (enum view view = 0; view < VIEW_COUNT && status == CY_OK; view++) {
            cy_buffer_clear(&sql);
            add_view(&sql, datasets[i], prefixes[i], view);
            cy_buffer_add_byte(&sql, 0);
            status = cy_duck_run(tables->duck, sql.data, error);
        }
    }
    cy_buffer_release(&sql);
    cy_arena_release(&arena);
    if (status != CY_OK)
        cy_dataset_close_tables(tables);
    return status;
}

enum cy_status cy_dataset_open_tables(struct cy_dataset *dataset, struct cy_dataset_tables *tables, const char *folder,
                                      int64_t memory_bytes, struct cy_error *error)
{
    const struct cy_dataset *const datasets[] = {dataset};
    *tables = (struct cy_dataset_tables){0};
    enum cy_status status = cy_dataset_read(dataset, folder, error);
    return status == CY_OK ? cy_dataset_tables(tables, datasets, (const char *const[]){""}, 1, memory_bytes, error) : status;
}

void cy_dataset_close_tables(struct cy_dataset_tables *tables)
{
    struct cy_error ignored;
    cy_duck_close(tables->duck);
    if (tables->spill_folder != NULL)
        cy_remove_tree(tables->spill_folder, &ignored);
    free(tables->spill_folder);
    *tables = (struct cy_dataset_tables){0};
}
