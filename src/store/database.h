/* The database: SQLite in a file, or PostgreSQL. What the hub, the meter and the exchange know lies here; the bytes of files lie
 * beside it as objects (store/objects.h).
 *
 *     readers  ── cy_store_reader ──▶ a connection of their own, a snapshot while they hold it
 *     writers  ── cy_store_write  ──▶ queue ──▶ the writer thread: BEGIN, one savepoint a piece of work, COMMIT ──▶ all acknowledged
 *
 * One process writes: the one that holds the lock (DATA/lock, or PostgreSQL's advisory lock). It commits in groups: work that comes while
 * a commit is on its way to the disk waits for the next, so that a hundred writers cost a few syncs. Work that fails is rolled back to its
 * savepoint, and the others of its group stay. cy_store_write returns when the commit is durable.
 *
 * A query is a file of its own, src/<folder>/sql/<name>.sql, one statement in the SQL that both databases understand, with parameters
 * $1, $2 …; the build makes `enum cy_sql` of their names, so that a query that is not there does not compile. Types in both:
 * BIGINT, DOUBLE PRECISION, TEXT, BYTEA. Times are milliseconds since 1970, UTC. Ids are UUIDv7 in text. A flag is 0 or 1. */
#ifndef CY_STORE_DATABASE_H
#define CY_STORE_DATABASE_H

#include "base/arena.h"
#include "base/error.h"

#include "store/sql.h" /* made by the build: enum cy_sql, CY_SQL_<name> */

enum cy_value_kind { CY_VALUE_NULL, CY_VALUE_INTEGER, CY_VALUE_REAL, CY_VALUE_TEXT, CY_VALUE_BYTES };

/* One parameter, or one cell of a result. */
struct cy_value {
    enum cy_value_kind kind;
    union {
        int64_t integer;
        double real;
    };
    struct cy_str text; /* of TEXT and BYTES */
};

static inline struct cy_value cy_value_null(void)
{
    return (struct cy_value){.kind = CY_VALUE_NULL};
}
static inline struct cy_value cy_value_integer(int64_t integer)
{
    return (struct cy_value){.kind = CY_VALUE_INTEGER, .integer = integer};
}
static inline struct cy_value cy_value_real(double real)
{
    return (struct cy_value){.kind = CY_VALUE_REAL, .real = real};
}
static inline struct cy_value cy_value_text(struct cy_str text)
{
    return (struct cy_value){.kind = CY_VALUE_TEXT, .text = text};
}
static inline struct cy_value cy_value_bytes(struct cy_str bytes)
{
    return (struct cy_value){.kind = CY_VALUE_BYTES, .text = bytes};
}
/* NULL where the text is empty. */
static inline struct cy_value cy_value_text_or_null(struct cy_str text)
{
    return text.size > 0 ? cy_value_text(text) : cy_value_null();
}

/* A whole result, in the arena that the caller gave. */
struct cy_result {
    size_t row_count, column_count;
    const struct cy_value *values; /* row by row */
    int64_t changed_count;         /* rows inserted, updated or deleted by a statement that returns none */
};
/* A cell; NULL reads as 0, 0.0 and the empty text. Text that the arena owns. */
int64_t cy_result_integer(const struct cy_result *rows, size_t row, size_t column);
double cy_result_real(const struct cy_result *rows, size_t row, size_t column);
struct cy_str cy_result_text(const struct cy_result *rows, size_t row, size_t column);
bool cy_result_is_null(const struct cy_result *rows, size_t row, size_t column);

struct cy_store;
/* A connection. Used by one thread at a time. */
struct cy_database;

struct cy_store_options {
    const char *data_folder;  /* holds ciyuan.sqlite, lock, spool/ and, without S3, objects/; made when absent */
    const char *database_url; /* NULL: SQLite in data_folder; or postgresql://… */
    size_t reader_count;      /* connections for reading; 0: one a processor and two more */
    bool read_only;           /* no lock, no writer: for looking at a store that another process serves */
};

/* Opens the database, takes the lock, runs the migrations that it lacks (each in one transaction, recorded with its sha256) and starts the
 * writer thread. CY_FAILED with a hint when another process holds the lock (it names the pid) or the schema is newer than the program. */
enum cy_status cy_store_open(struct cy_store **store, const struct cy_store_options *options, struct cy_error *error);
void cy_store_close(struct cy_store *store); /* waits for the writer; NULL is fine */

/* One statement. Parameters are borrowed for the call. rows may be NULL where nothing is read.
 * Errors: CY_FAILED with the name of the query and the database's own words; a broken constraint (unique, foreign key, check) is
 * CY_BAD_INPUT, so that callers can tell "exists already" from "the disk is full" (CY_IO). */
enum cy_status cy_database_run(struct cy_database *database, enum cy_sql query, const struct cy_value *parameters, size_t parameter_count,
                               struct cy_arena *arena, struct cy_result *rows, struct cy_error *error);
/* The same with the parameters written out: CY_RUN(db, CY_SQL_user_by_name, arena, &rows, error, cy_value_text(name)). */
#define CY_RUN(database, query, arena, rows, error, ...)                                                                                   \
    cy_database_run((database), (query), (const struct cy_value[]){__VA_ARGS__},                                                           \
                    sizeof((const struct cy_value[]){__VA_ARGS__}) / sizeof(struct cy_value), (arena), (rows), (error))

/* A connection for reading, with one snapshot from its first query to cy_store_reader_back. Blocks while all are out. Keep it short: a
 * snapshot that is held keeps SQLite's log from shrinking. */
enum cy_status cy_store_reader(struct cy_store *store, struct cy_database **database, struct cy_error *error);
void cy_store_reader_back(struct cy_store *store, struct cy_database *database);

/* Runs work(database, context, error) on the writer thread inside its own savepoint and returns when it is durable, or what `work` said
 * when that is not CY_OK (then nothing of it stays). Thread-safe. What work must know:
 *   - it runs on another thread and must not block on anything but the database; the caller waits, so its stack is there
 *   - it may run again from its beginning, when the transaction it ran in was lost: what it puts into its context it sets anew each time
 *   - after a query that failed, no other of this work is run, and the work counts as failed: what may well exist is asked for by
 *     ON CONFLICT … DO NOTHING, not by trying
 * bumps: what this work makes stale, any of enum cy_store_area (see cy_store_generation); bumped after the commit, before returning. */
typedef enum cy_status cy_store_work(struct cy_database *database, void *context, struct cy_error *error);
enum cy_store_area {
    CY_AREA_HUB = 1, /* accounts, repositories, versions, access: what answers of the hub are made of */
    CY_AREA_USE = 2, /* counters and usage, which change all the time */
    CY_AREA_JOBS = 4,
};
enum cy_status cy_store_write(struct cy_store *store, unsigned bumps, cy_store_work *work, void *context, struct cy_error *error);
/* Grows by one at least with each commit that bumps `area` (one bit): an answer made at generation g is fresh while it still is g. Atomic.
 */
uint64_t cy_store_generation(const struct cy_store *store, enum cy_store_area area);

/* What /metrics and /readyz tell. */
struct cy_store_state {
    uint64_t commit_count, work_count; /* their quotient is the size of a group */
    uint64_t queue_length;
    uint64_t commit_ns_total;
    const char *kind; /* "sqlite" or "postgresql" */
};
void cy_store_state(struct cy_store *store, struct cy_store_state *state);

/* A new id: UUIDv7 (RFC 9562 §5.7), 36 characters and a 0 byte; rises within a process. */
void cy_uuid(char text[37]);
int64_t cy_now_ms(void); /* since 1970, UTC */

#endif
