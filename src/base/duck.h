/* DuckDB: SQL over Parquet files, through its C library, which is loaded on first use (libduckdb.so, 50 ms, 34 MB), so that a build that
 * reads no Parquet never pays for it.
 *
 *     cy_duck_open ─▶ cy_duck_query ─▶ cy_duck_next, cy_duck_next, … CY_END ─▶ cy_duck_result_free ─▶ cy_duck_close
 *                                        └▶ cy_duck_text, cy_duck_int64, … of the chunk's rows
 *
 * Every database is in memory, on its own, with one connection; one thread at a time may use it. Results stream: a chunk holds at most
 * 2,048 rows and is gone with the next call. */
#ifndef CY_BASE_DUCK_H
#define CY_BASE_DUCK_H

#include "base/arena.h"
#include "base/error.h"

struct cy_duck;
struct cy_duck_result;

/* What a database may do. */
struct cy_duck_options {
    int64_t memory_bytes;       /* its limit; 0: 256 MiB */
    size_t thread_count;        /* 0: 1, which keeps rows in file order */
    const char *spill_folder;   /* where sorts and joins that outgrow memory_bytes may write; NULL: they fail */
    const char *const *allowed; /* files and folders that SQL may read, NULL-terminated; NULL: any. A folder ends with '/' */
};

/* Errors: CY_FAILED where the library is not to be found or does not load; the hint says what to do. */
enum cy_status cy_duck_open(struct cy_duck **duck, const struct cy_duck_options *options, struct cy_error *error);
void cy_duck_close(struct cy_duck *duck); /* NULL is allowed; its results must be freed before */

/* Runs one statement and drops what it returns. */
enum cy_status cy_duck_run(struct cy_duck *duck, const char *sql, struct cy_error *error);
/* Begins one statement whose rows then stream. A second query on the same database before the first is freed ends the first.
 * Errors: CY_BAD_INPUT with DuckDB's own words ("Parser Error: …", "Binder Error: …"), here and from cy_duck_next. */
enum cy_status cy_duck_query(struct cy_duck *duck, const char *sql, struct cy_duck_result **result, struct cy_error *error);
/* The next chunk: *row_count ≥ 1 rows. CY_END: no more. What the getters gave before is gone. */
enum cy_status cy_duck_next(struct cy_duck_result *result, size_t *row_count, struct cy_error *error);
void cy_duck_result_free(struct cy_duck_result *result); /* NULL is allowed */

/* The columns. `type` is DuckDB's own number (duckdb_type of duckdb.h). */
size_t cy_duck_column_count(const struct cy_duck_result *result);
const char *cy_duck_column_name(const struct cy_duck_result *result, size_t column);
int cy_duck_column_type(const struct cy_duck_result *result, size_t column);

/* The values of the chunk. A caller that wants all types as text asks SQL for it: SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (…). */
bool cy_duck_is_null(const struct cy_duck_result *result, size_t column, size_t row);
struct cy_str cy_duck_text(const struct cy_duck_result *result, size_t column, size_t row); /* VARCHAR, BLOB; empty for NULL */
int64_t cy_duck_int64(const struct cy_duck_result *result, size_t column, size_t row);      /* any integer, BOOLEAN; 0 for NULL */
double cy_duck_number(const struct cy_duck_result *result, size_t column, size_t row);      /* any integer, FLOAT, DOUBLE; NaN for NULL */

/* Appends `text` as SQL: 'it''s' and "a ""name""". */
void cy_duck_add_literal(struct cy_buffer *sql, struct cy_str text);
void cy_duck_add_name(struct cy_buffer *sql, struct cy_str name);

#endif
