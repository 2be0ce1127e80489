/* The driver for SQLite: WAL, so that readers see a snapshot while the one writer writes, and synchronous=FULL, so that a COMMIT that
 * returned is on the disk (https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous). */
#include "store/driver.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

enum {
    BUSY_MS_MAX = 10000, /* only another process's checkpoint or recovery can hold us up, and not for long */
    LOG_PAGES = 4096,    /* 16 MiB: the write-ahead log is moved into the database from here on, as far as its readers let it */
    LOG_PAGES_MAX =
        16384, /* 64 MiB: from here on readers are waited for, that the log begins anew; always overlapping ones would let it grow */
    RESTART_MS_MAX = 2000,    /* and no longer than this, */
    RESTART_PAUSE_MS = 30000, /* nor soon again when it was in vain: a reader that stays does not hold up every commit */
    PARAMETERS_MAX = 64,      /* of one statement */
    SLOTS = CY_SQL_COUNT + CY_STEP_COUNT,
};

struct statement {
    sqlite3_stmt *handle;
    size_t parameter_count;
    uint8_t places[PARAMETERS_MAX]; /* where SQLite has $1, $2, …: to it they are names, numbered as they first come */
};

struct sqlite {
    struct cy_database base;
    sqlite3 *handle;
    struct cy_buffer values;  /* of the result being read */
    uint64_t next_restart_ns; /* not before */
    struct statement statements[SLOTS];
};

static const char *const step_texts[CY_STEP_COUNT] = {
    [CY_STEP_BEGIN_READ] = "BEGIN",           [CY_STEP_BEGIN_WRITE] = "BEGIN IMMEDIATE", [CY_STEP_COMMIT] = "COMMIT",
    [CY_STEP_ROLLBACK] = "ROLLBACK",          [CY_STEP_MARK] = "SAVEPOINT work",         [CY_STEP_MARK_KEEP] = "RELEASE work",
    [CY_STEP_MARK_UNDO] = "ROLLBACK TO work",
};

/* ---- errors ---- */

static enum cy_status say(struct sqlite *sqlite, const char *name, struct cy_error *error)
{
    int code = sqlite3_errcode(sqlite->handle);
    const char *words = sqlite3_errmsg(sqlite->handle);
    switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
        return cy_error_set(error, CY_BAD_INPUT, "query %s: %s", name, words);
    case SQLITE_FULL:
        cy_error_set(error, CY_IO, "query %s: could not write to the database: the disk is full", name);
        return cy_error_hint(error, "make room on the disk that holds the data folder; nothing that was acknowledged is lost");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        return cy_error_set(error, CY_IO, "query %s: could not read or write the database: %s (%s, system error %d)", name, words,
                            sqlite3_errstr(code), sqlite3_system_errno(sqlite->handle));
    default:
        return cy_error_set(error, CY_FAILED, "query %s: %s", name, words);
    }
}

/* SQLite itself rolls a transaction back whole on some errors (full disk, failed reads and writes); a savepoint is then gone as well. */
static void note_loss(struct sqlite *sqlite)
{
    if (sqlite->base.transaction != CY_TRANSACTION_NONE && sqlite3_get_autocommit(sqlite->handle) != 0) {
        sqlite->base.transaction = CY_TRANSACTION_LOST;
        sqlite->base.is_worth_retry = false;
    }
}

/* ---- statements ---- */

static enum cy_status prepare(struct sqlite *sqlite, struct statement *statement, const struct cy_query *query, unsigned flags,
                              struct cy_error *error)
{
    if (sqlite3_prepare_v3(sqlite->handle, query->text, -1, flags, &statement->handle, NULL) != SQLITE_OK)
        return say(sqlite, query->name, error);
    CY_ASSERT(statement->handle != NULL); /* a query file without a statement */
    statement->parameter_count = (size_t)sqlite3_bind_parameter_count(statement->handle);
    CY_ASSERT(statement->parameter_count <= PARAMETERS_MAX);
    for (size_t i = 0; i < statement->parameter_count; i++) {
        const char *name = sqlite3_bind_parameter_name(statement->handle, (int)i + 1);
        CY_ASSERT(name != NULL && name[0] == '$');
        size_t number = strtoul(name + 1, NULL, 10);
        CY_ASSERT(number >= 1 && number <= statement->parameter_count); /* $1 … $n, none left out */
        statement->places[number - 1] = (uint8_t)(i + 1);
    }
    return CY_OK;
}

/* The parameters are borrowed until the statement is reset, and an empty one has an address too: NULL would mean SQL's NULL. */
static void bind(const struct statement *statement, const struct cy_value *parameters)
{
    for (size_t i = 0; i < statement->parameter_count; i++) {
        const struct cy_value *value = &parameters[i];
        const char *text = value->text.size > 0 ? value->text.data : "";
        int place = statement->places[i], code = SQLITE_OK;
        switch (value->kind) {
        case CY_VALUE_NULL:
            code = sqlite3_bind_null(statement->handle, place);
            break;
        case CY_VALUE_INTEGER:
            code = sqlite3_bind_int64(statement->handle, place, value->integer);
            break;
        case CY_VALUE_REAL:
            code = sqlite3_bind_double(statement->handle, place, value->real);
            break;
        case CY_VALUE_TEXT:
            code = sqlite3_bind_text64(statement->handle, place, text, value->text.size, SQLITE_STATIC, SQLITE_UTF8);
            break;
        case CY_VALUE_BYTES:
            code = sqlite3_bind_blob64(statement->handle, place, text, value->text.size, SQLITE_STATIC);
            break;
        }
        CY_ASSERT(code == SQLITE_OK || code == SQLITE_TOOBIG); /* too big: NULL stands there, and the step will say so or not: see run */
    }
}

static struct cy_value read_cell(sqlite3_stmt *handle, int column, struct cy_arena *arena)
{
    switch (sqlite3_column_type(handle, column)) {
    case SQLITE_INTEGER:
        return cy_value_integer(sqlite3_column_int64(handle, column));
    case SQLITE_FLOAT:
        return cy_value_real(sqlite3_column_double(handle, column));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(handle, column);
        return cy_value_text(cy_arena_str(arena, (struct cy_str){text, (size_t)sqlite3_column_bytes(handle, column)}));
    }
    case SQLITE_BLOB: {
        const char *bytes = sqlite3_column_blob(handle, column);
        return cy_value_bytes(cy_arena_str(arena, (struct cy_str){bytes, (size_t)sqlite3_column_bytes(handle, column)}));
    }
    default:
        return cy_value_null();
    }
}

/* Steps to the end. arena NULL: rows are counted and left. */
static int read_rows(struct sqlite *sqlite, sqlite3_stmt *handle, struct cy_arena *arena, struct cy_result *rows)
{
    int code, column_count = sqlite3_column_count(handle);
    rows->column_count = (size_t)column_count;
    cy_buffer_clear(&sqlite->values);
    while ((code = sqlite3_step(handle)) == SQLITE_ROW) {
        rows->row_count++;
        for (int column = 0; arena != NULL && column < column_count; column++) {
            struct cy_value value = read_cell(handle, column, arena);
            cy_buffer_add(&sqlite->values, &value, sizeof value);
        }
    }
    if (code != SQLITE_DONE)
        return code;
    if (arena != NULL && sqlite->values.size > 0)
        rows->values = memcpy(cy_arena_alloc(arena, sqlite->values.size), sqlite->values.data, sqlite->values.size);
    rows->changed_count = column_count == 0 && sqlite3_stmt_readonly(handle) == 0 ? sqlite3_changes64(sqlite->handle) : 0;
    return code;
}

enum { TEXT_BYTES_MAX = 1000000000 }; /* SQLite's own limit of one value (SQLITE_MAX_LENGTH) */

static enum cy_status sqlite_run(struct cy_database *database, const struct cy_query *query, const struct cy_value *parameters,
                                 size_t parameter_count, struct cy_arena *arena, struct cy_result *rows, struct cy_error *error)
{
    struct sqlite *sqlite = (struct sqlite *)database;
    struct statement once = {0};
    struct statement *statement = query->slot >= 0 ? &sqlite->statements[query->slot] : &once;
    for (size_t i = 0; i < parameter_count; i++)
        if (parameters[i].text.size > TEXT_BYTES_MAX && parameters[i].kind >= CY_VALUE_TEXT)
            return cy_error_set(error, CY_BAD_INPUT, "query %s: a value of %zu bytes is too long for the database", query->name,
                                parameters[i].text.size);
    if (statement->handle == NULL) {
        enum cy_status status = prepare(sqlite, statement, query, query->slot >= 0 ? SQLITE_PREPARE_PERSISTENT : 0, error);
        if (status != CY_OK)
            return status;
    }
    CY_ASSERT(statement->parameter_count == parameter_count);
    bind(statement, parameters);
    int code = read_rows(sqlite, statement->handle, arena, rows);
    enum cy_status status = code == SQLITE_DONE ? CY_OK : say(sqlite, query->name, error);
    sqlite3_reset(statement->handle);
    sqlite3_clear_bindings(statement->handle);
    if (query->slot < 0)
        sqlite3_finalize(statement->handle);
    if (status != CY_OK)
        note_loss(sqlite);
    return status;
}

static enum cy_status sqlite_script(struct cy_database *database, const char *name, const char *text, struct cy_error *error)
{
    struct sqlite *sqlite = (struct sqlite *)database;
    if (sqlite3_exec(sqlite->handle, text, NULL, NULL, NULL) == SQLITE_OK)
        return CY_OK;
    enum cy_status status = say(sqlite, name, error);
    note_loss(sqlite);
    return status;
}

static enum cy_status sqlite_step(struct cy_database *database, enum cy_step step, struct cy_error *error)
{
    const struct cy_query query = {step_texts[step], step_texts[step], (int)CY_SQL_COUNT + (int)step};
    struct sqlite *sqlite = (struct sqlite *)database;
    struct cy_result none = {0};
    if (step == CY_STEP_ROLLBACK && sqlite3_get_autocommit(sqlite->handle) != 0)
        return CY_OK; /* it is gone already */
    enum cy_status status = sqlite_run(database, &query, NULL, 0, NULL, &none, error);
    if (status == CY_OK && step == CY_STEP_MARK_UNDO) /* the savepoint itself stays after ROLLBACK TO */
        return sqlite_step(database, CY_STEP_MARK_KEEP, error);
    if (status != CY_OK)
        database->is_worth_retry = false;
    return status;
}

/* ---- connections ---- */

static pthread_once_t library_guard = PTHREAD_ONCE_INIT;

/* Once a process, before SQLite's first use: no counting of memory, for which every allocation would take one lock. */
static void prepare_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

static void sqlite_close(struct cy_database *database)
{
    struct sqlite *sqlite = (struct sqlite *)database;
    for (size_t i = 0; i < SLOTS; i++)
        sqlite3_finalize(sqlite->statements[i].handle);
    sqlite3_close(sqlite->handle);
    cy_buffer_release(&sqlite->values);
    free(sqlite);
}

/* After each commit: `pages` are in the log now. What cannot be moved stays in the log, and is safe there. */
static int move_log(void *context, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite *sqlite = context;
    if (pages < LOG_PAGES)
        return SQLITE_OK;
    bool restarts = pages >= LOG_PAGES_MAX && cy_clock_ns() >= sqlite->next_restart_ns;
    if (restarts)
        sqlite3_busy_timeout(handle, RESTART_MS_MAX);
    int code = sqlite3_wal_checkpoint_v2(handle, name, restarts ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (restarts)
        sqlite3_busy_timeout(handle, BUSY_MS_MAX);
    if (restarts && code != SQLITE_OK)
        sqlite->next_restart_ns = cy_clock_ns() + (uint64_t)RESTART_PAUSE_MS * 1000000u;
    return SQLITE_OK;
}

/* A log that readers let grow is cut to 64 MiB when it begins anew. The writer keeps 16 MiB of pages in memory, a reader 2 MiB: what both
 * lack is in the system's cache. */
static const char writer_settings[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
                                      "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16384";
static const char reader_settings[] = "PRAGMA query_only=ON; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2048";

static enum cy_status make_file(const char *path, struct cy_error *error)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); /* SQLite gives its log the same rights */
    if (file < 0)
        return cy_error_errno(error, "make the database", path);
    close(file);
    return CY_OK;
}

static enum cy_status sqlite_open(struct cy_database **database, const struct cy_driver_options *options, struct cy_error *error)
{
    pthread_once(&library_guard, prepare_library);
    struct cy_arena arena = {0};
    const char *path = cy_arena_printf(&arena, "%s/ciyuan.sqlite", options->data_folder);
    struct sqlite *sqlite = cy_alloc_zero(1, sizeof *sqlite);
    sqlite->base.driver = &cy_driver_sqlite;
    enum cy_status status = options->is_writer ? make_file(path, error) : CY_OK;
    if (status == CY_OK &&
        sqlite3_open_v2(path, &sqlite->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK) {
        status = cy_error_set(error, CY_IO, "could not open the database \"%s\": %s", path, sqlite3_errmsg(sqlite->handle));
        cy_error_hint(error, "is this the data folder of a hub?");
    }
    if (status == CY_OK) {
        sqlite3_busy_timeout(sqlite->handle, BUSY_MS_MAX);
        sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        status = sqlite_script(&sqlite->base, path, options->is_writer ? writer_settings : reader_settings, error);
        if (options->is_writer)
            sqlite3_wal_hook(sqlite->handle, move_log, sqlite); /* in place of SQLite's own */
    }
    cy_arena_release(&arena);
    if (status == CY_OK)
        *database = &sqlite->base;
    else
        sqlite_close(&sqlite->base);
    return status;
}

static enum cy_status sqlite_recover(struct cy_database *database, struct cy_error *error)
{
    (void)database, (void)error;
    return CY_OK; /* a file does not hang up */
}

const struct cy_driver cy_driver_sqlite = {
    .kind = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .run = sqlite_run,
    .script = sqlite_script,
    .step = sqlite_step,
    .recover = sqlite_recover,
};
