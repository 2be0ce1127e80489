/* The files of a question as one table in DuckDB. Used by rows_query.c and rows_statistics.c alone. */
#ifndef CY_HUB_ROWS_SOURCE_H
#define CY_HUB_ROWS_SOURCE_H

#include "base/duck.h"
#include "hub/rows_feature.h"

struct cy_rows_file {
    const char *path;
    int64_t row_count; /* -1: not known */
};

struct cy_rows_column {
    struct cy_str name;
    struct cy_str type; /* as DESCRIBE prints it */
    enum cy_rows_kind kind;
    const char *sql; /* how SQL reaches it: "a", "signals"."words" */
};

struct yyjson_val;

struct cy_rows_source {
    struct cy_arena *arena;
    struct cy_duck *duck;
    struct cy_str format, compression;
    struct cy_rows_file *files;
    size_t file_count;
    struct cy_rows_column *columns;
    size_t column_count;
    bool has_row_numbers; /* Parquet tells a row's number in its file; else rows are counted as they come */
    int64_t first_row;    /* the number of the first row of the first file */
    struct cy_str where, search;
};

/* Reads "files", "where" and "search" of the question, opens a database that may read those files alone, and finds the columns. */
enum cy_status cy_rows_source_open(struct cy_rows_source *source, struct yyjson_val *question, int64_t memory_bytes, struct cy_arena *arena,
                                   struct cy_error *error);
void cy_rows_source_close(struct cy_rows_source *source);

/* Appends "FROM read_parquet([…], …)" of files [first, first + count). */
void cy_rows_add_from(const struct cy_rows_source *source, struct cy_buffer *sql, size_t first, size_t count);
/* Appends the number of a row over all files, files [first, …) being those of the FROM. */
void cy_rows_add_row_number(const struct cy_rows_source *source, struct cy_buffer *sql, size_t first, size_t count);
/* Appends " WHERE …" of the question's condition and search; nothing when there is neither. */
void cy_rows_add_where(const struct cy_rows_source *source, struct cy_buffer *sql);
/* Fills in the files' row counts that are not known. Only Parquet's footers are read; other formats are counted by reading them. */
enum cy_status cy_rows_count(struct cy_rows_source *source, int64_t *row_count, struct cy_error *error);
/* The column of that name (a member of a struct by its dotted name too: then made in the arena); NULL and an error that names the nearest.
 */
const struct cy_rows_column *cy_rows_find_column(struct cy_rows_source *source, struct cy_str name, struct cy_error *error);
/* The leaves: columns, and the members of structs in their place. */
void cy_rows_leaves(const struct cy_rows_source *source, struct cy_rows_column **leaves, size_t *count);
/* One row of numbers: runs the statement and reads `count` columns as doubles (NaN for NULL). */
enum cy_status cy_rows_numbers(const struct cy_rows_source *source, const char *sql, double *values, size_t count, struct cy_error *error);

/* rows_statistics.c */
enum cy_status cy_rows_statistics(struct cy_rows_source *source, struct yyjson_val *question, struct cy_buffer *out,
                                  struct cy_error *error);
enum cy_status cy_rows_histogram(struct cy_rows_source *source, struct yyjson_val *question, struct cy_buffer *out, struct cy_error *error);

#endif
