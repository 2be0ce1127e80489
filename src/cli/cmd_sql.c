#include "cli/options.h"

#include "base/params.h"
#include "cli/table_print.h"
#include "dataset/read.h"

#include <stdio.h>

enum {
    CELL_CHARS_MAX = 60,      /* of a table on a terminal; csv and json are never cut */
    ROWS_BEFORE_PRINT = 1000, /* that decide how wide the columns are */
};

static const int64_t memory_default = INT64_C(1) << 30;

/* The query without white space and semicolons at its end, so that it can stand in parentheses. */
static struct cy_str trim_query(const char *text)
{
    struct cy_str query = cy_str_trim(cy_str(text));
    while (query.size > 0 && query.data[query.size - 1] == ';')
        query = cy_str_trim((struct cy_str){query.data, query.size - 1});
    return query;
}

/* SELECT <what> FROM (<query>) AS result; the line break ends a comment. */
static char *wrap(const char *what, struct cy_str query, struct cy_arena *arena)
{
    return cy_arena_printf(arena, "SELECT %s FROM (%.*s\n) AS result", what, (int)query.size, query.data);
}

static bool is_number_type(struct cy_str type)
{
    static const char *const names[] = {"TINYINT",   "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                                        "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",  "DOUBLE",  "UHUGEINT"};
    for (size_t i = 0; i < CY_COUNT(names); i++)
        if (cy_str_is(type, names[i]))
            return true;
    return cy_str_starts(type, CY_STR("DECIMAL")) && !cy_str_ends(type, CY_STR("]"));
}

/* Names and types of the query's columns. */
static enum cy_status describe(struct cy_duck *duck, struct cy_str query, struct cy_arena *arena, struct cy_strs *names, bool **numbers,
                               struct cy_error *error)
{
    struct cy_duck_result *result;
    char *sql =
        cy_arena_printf(arena, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM (%.*s\n))", (int)query.size, query.data);
    enum cy_status status = cy_duck_query(duck, sql, &result, error);
    if (status != CY_OK)
        return status;
    size_t row_count, capacity = 0;
    *names = (struct cy_strs){0};
    *numbers = NULL;
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            if (names->count == capacity) {
                capacity = CY_MAX(2 * capacity, 32);
                struct cy_str *grown = cy_arena_alloc(arena, capacity * sizeof *grown);
                bool *grown_numbers = cy_arena_alloc(arena, capacity * sizeof *grown_numbers);
                for (size_t i = 0; i < names->count; i++)
                    grown[i] = names->items[i], grown_numbers[i] = (*numbers)[i];
                names->items = grown;
                *numbers = grown_numbers;
            }
            (*numbers)[names->count] = is_number_type(cy_duck_text(result, 1, row));
            names->items[names->count++] = cy_arena_str(arena, cy_duck_text(result, 0, row));
        }
    }
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

/* ---- formats ---- */

static enum cy_status print_table(struct cy_duck *duck, struct cy_str query, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_strs names;
    bool *numbers;
    struct cy_duck_result *result;
    enum cy_status status = describe(duck, query, arena, &names, &numbers, error);
    if (status != CY_OK || names.count == 0)
        return status;
    status = cy_duck_query(duck, wrap("CAST(COLUMNS(*) AS VARCHAR)", query, arena), &result, error);
    if (status != CY_OK)
        return status;
    struct cy_print_table table;
    cy_print_table_init(&table, names.count, numbers, CELL_CHARS_MAX);
    for (size_t i = 0; i < names.count; i++)
        cy_print_table_add(&table, names.items[i]);
    size_t row_count, held = 0;
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            for (size_t column = 0; column < names.count; column++)
                cy_print_table_add(&table, cy_duck_is_null(result, column, row) ? CY_STR("NULL") : cy_duck_text(result, column, row));
            if (++held % ROWS_BEFORE_PRINT == 0)
                cy_print_table_flush(&table, stdout);
        }
    }
    if (status == CY_END) {
        cy_print_table_flush(&table, stdout);
        status = CY_OK;
    }
    cy_print_table_release(&table);
    cy_duck_result_free(result);
    return status;
}

/* RFC 4180; NULL is an empty field, an empty text is "". */
static void print_csv_field(struct cy_str text, bool is_null)
{
    bool quote = !is_null && text.size == 0;
    for (size_t i = 0; i < text.size && !quote; i++)
        quote = strchr(",\"\r\n", text.data[i]) != NULL;
    if (!quote) {
        fwrite(text.data, 1, text.size, stdout);
        return;
    }
    putchar('"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            putchar('"');
        putchar(text.data[i]);
    }
    putchar('"');
}

static enum cy_status print_csv(struct cy_duck *duck, struct cy_str query, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_duck_result *result;
    enum cy_status status = cy_duck_query(duck, wrap("CAST(COLUMNS(*) AS VARCHAR)", query, arena), &result, error);
    if (status != CY_OK)
        return status;
    size_t row_count, column_count = cy_duck_column_count(result);
    for (size_t column = 0; column < column_count; column++) {
        print_csv_field(cy_str(cy_duck_column_name(result, column)), false);
        fputs(column + 1 < column_count ? "," : "\r\n", stdout);
    }
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            for (size_t column = 0; column < column_count; column++) {
                print_csv_field(cy_duck_text(result, column, row), cy_duck_is_null(result, column, row));
                fputs(column + 1 < column_count ? "," : "\r\n", stdout);
            }
        }
    }
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

/* One object a line, with DuckDB's types kept: numbers, structs, lists. */
static enum cy_status print_json(struct cy_duck *duck, struct cy_str query, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_duck_result *result;
    enum cy_status status = cy_duck_query(duck, wrap("CAST(to_json(result) AS VARCHAR)", query, arena), &result, error);
    if (status != CY_OK)
        return status;
    size_t row_count;
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            struct cy_str line = cy_duck_text(result, 0, row);
            fwrite(line.data, 1, line.size, stdout);
            putchar('\n');
        }
    }
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

/* The words for a query that failed: DuckDB's about the query as it was written, not as it was wrapped; its advice, which does not fit
 * here, becomes ours. */
static void explain(struct cy_duck *duck, struct cy_str query, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_duck_result *result = NULL;
    struct cy_error plain;
    bool early = strncmp(error->message, "Parser Error", 12) == 0 || strncmp(error->message, "Binder Error", 12) == 0 ||
                 strncmp(error->message, "Catalog Error", 13) == 0; /* before anything ran: to try again costs nothing */
    if (early && cy_duck_query(duck, cy_arena_printf(arena, "%.*s", (int)query.size, query.data), &result, &plain) != CY_OK)
        *error = plain;
    cy_duck_result_free(result);
    bool memory = strncmp(error->message, "Out of Memory", 13) == 0;
    char *advice = strstr(error->message, "\n\nPossible solutions");
    if (advice != NULL)
        *advice = '\0';
    cy_error_hint(error, memory ? "give the query more by --memory"
                                : "the tables are data and verdicts; `ciyuan sql DATASET \"DESCRIBE data\"` lists the columns");
}

static enum cy_status run_query(const char *folder, const char *text, const char *format, int64_t memory_bytes, struct cy_error *error)
{
    struct cy_dataset dataset = {0};
    struct cy_dataset_tables tables = {0};
    struct cy_arena arena = {0};
    struct cy_str query = trim_query(text);
    enum cy_status status = cy_dataset_open_tables(&dataset, &tables, folder, memory_bytes, error);
    if (status == CY_OK) {
        if (strcmp(format, "csv") == 0)
            status = print_csv(tables.duck, query, &arena, error);
        else if (strcmp(format, "json") == 0)
            status = print_json(tables.duck, query, &arena, error);
        else
            status = print_table(tables.duck, query, &arena, error);
        if (status == CY_BAD_INPUT)
            explain(tables.duck, query, &arena, error);
    }
    cy_dataset_close_tables(&tables);
    cy_dataset_release(&dataset);
    cy_arena_release(&arena);
    return status;
}

int cy_cmd_sql(int argc, char **argv)
{
    const char *format = "table";
    int64_t memory_bytes = memory_default;
    const struct cy_option options[] = {
        CY_OPT_CHOICE("format", &format, "table|csv|json", "how to print: a table (cells are cut), CSV, or one JSON object a line"),
        CY_OPT_SIZE("memory", &memory_bytes, "what the query may use; more is spilled to disk (default 1GiB)"),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan sql out/web-en \"SELECT language, count(*) FROM data GROUP BY ALL ORDER BY 2 DESC\"",
        "documents by language",
        "ciyuan sql out/web-en \"SELECT id, signals.gopher_quality.words FROM verdicts WHERE rule = 'words_min'\" --format csv",
        "who was too short, and by how much",
        NULL,
        NULL,
    };
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "sql",
            .arguments = "[<options>] DATASET \"SELECT …\"",
            .summary = "Runs a query (DuckDB's SQL) over the tables data, the documents that were kept, and verdicts, one row for "
                       "each record that was not. Reads the dataset's files and nothing else.",
            .options = options,
            .argument_min = 2,
            .argument_max = 2,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    return run_query(argv[0], argv[1], format, memory_bytes, &error) == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
