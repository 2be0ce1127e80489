/* The driver for PostgreSQL, by libpq.
 *
 * The writer's connection holds an advisory lock for its life, so that one server writes to a database. It also writes, in each transaction
 * that it commits, the transaction's id into the one row of ciyuan_writer: when the connection is cut while a COMMIT is on its way, the
 * next connection looks whether that id is there. The lock makes the answer final: it is had only after the old connection's backend ended.
 */
#include "store/pq.h"
#include "store/postgres_values.h"

#include "store/driver.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    WAIT_MS_MAX = 120000,          /* for an answer: longer than our statements take, and than a server's pause of a minute */
    WRITER_RECOVER_MS_MAX = 30000, /* how long a writer tries to connect again; what waits meanwhile is not acknowledged */
    READER_RECOVER_MS_MAX = 3000,
    OPEN_LOCK_MS_MAX = 1500, /* at the start: the backend of a server that was just killed needs a moment to end */
    LOCK_PATIENCE_MS = 500,  /* after which a writer ends the backend of its own earlier connection, if that still holds the lock */
    PARAMETERS_MAX = 64,
};
#define ADVISORY_LOCK "7165074424131387758" /* "ciyuan" and a version: any number that nobody else takes */

struct statement {
    bool is_prepared;
    int parameter_count;
    Oid types[PARAMETERS_MAX];
};

struct postgres {
    struct cy_database base;
    struct cy_driver_options options; /* borrowed: the store outlives its connections */
    PGconn *connection;               /* NULL: lost */
    char name[64];                    /* application_name, different for each connection's owner */
    char group[37];                   /* of the transaction under way, or the last */
    bool is_release_due;              /* of the last mark, which goes with the next one, or with the COMMIT: a round trip less */
    struct cy_buffer values;
    struct statement statements[CY_SQL_COUNT + 1]; /* the last: of statements that are not kept */
};

/* ---- waiting for answers, and what they say ---- */

static bool is_lost(const struct postgres *postgres)
{
    return postgres->connection == NULL || cy_pq.PQstatus(postgres->connection) != CONNECTION_OK;
}

static void hang_up(struct postgres *postgres)
{
    if (postgres->connection != NULL)
        cy_pq.PQfinish(postgres->connection);
    postgres->connection = NULL;
    for (size_t i = 0; i < CY_COUNT(postgres->statements); i++)
        postgres->statements[i].is_prepared = false;
}

/* The connection is gone, and the transaction with it. */
static enum cy_status say_lost(struct postgres *postgres, const char *name, const char *words, struct cy_error *error)
{
    cy_error_set(error, CY_IO, "query %s: the connection to PostgreSQL was lost: %.600s", name, words);
    size_t size = strlen(error->message);
    while (size > 0 && error->message[size - 1] == '\n')
        error->message[--size] = '\0';
    cy_error_hint(error, "is the server running? ciyuan connects again by itself");
    hang_up(postgres);
    if (postgres->base.transaction != CY_TRANSACTION_NONE) {
        postgres->base.transaction = CY_TRANSACTION_LOST;
        postgres->base.is_worth_retry = true;
    }
    return CY_IO;
}

/* Waits for the answer to what was sent: the last result, or the first that failed. NULL when the connection is lost. */
static PGresult *await(struct postgres *postgres)
{
    PGconn *connection = postgres->connection;
    uint64_t end = cy_clock_ns() + (uint64_t)WAIT_MS_MAX * 1000000u;
    PGresult *kept = NULL;
    for (;;) {
        while (cy_pq.PQisBusy(connection)) {
            uint64_t now = cy_clock_ns();
            struct pollfd poll_for = {.fd = cy_pq.PQsocket(connection), .events = POLLIN};
            bool is_late = now >= end || poll(&poll_for, 1, (int)((end - now) / 1000000u) + 1) == 0;
            if (is_late || cy_pq.PQconsumeInput(connection) == 0) {
                cy_pq.PQclear(kept);
                return NULL;
            }
        }
        PGresult *result = cy_pq.PQgetResult(connection);
        if (result == NULL)
            return kept;
        bool has_failed = kept != NULL && cy_pq.PQresultStatus(kept) == PGRES_FATAL_ERROR;
        cy_pq.PQclear(has_failed ? result : kept);
        if (!has_failed)
            kept = result;
    }
}

static bool state_is(const char *state, const char *prefix)
{
    return strncmp(state, prefix, strlen(prefix)) == 0;
}

/* What a failed result says, by its SQLSTATE (PostgreSQL's appendix A). */
static enum cy_status say(struct postgres *postgres, const char *name, const PGresult *result, struct cy_error *error)
{
    const char *state = cy_pq.PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *words = cy_pq.PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = cy_pq.PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    if (state == NULL || words == NULL || is_lost(postgres) || state_is(state, "57P") || state_is(state, "08"))
        return say_lost(postgres, name, words != NULL ? words : cy_pq.PQerrorMessage(postgres->connection), error);
    enum cy_status status = CY_FAILED;
    if (state_is(state, "23") || state_is(state, "22")) /* integrity constraint; a value that its type cannot hold */
        status = CY_BAD_INPUT;
    if (state_is(state, "53") || state_is(state, "58")) /* resources, the server's system */
        status = CY_IO;
    cy_error_set(error, status, "query %s: %.500s%s%.300s", name, words, detail != NULL ? ": " : "", detail != NULL ? detail : "");
    if (state_is(state, "53100"))
        cy_error_hint(error, "make room on the database server's disk; nothing that was acknowledged is lost");
    bool is_conflict = state_is(state, "40"); /* serialization, deadlock */
    if (is_conflict && postgres->base.transaction != CY_TRANSACTION_NONE) {
        postgres->base.transaction = CY_TRANSACTION_LOST;
        postgres->base.is_worth_retry = true;
    }
    return status;
}

/* Takes the answer to a query that was sent (sent: what libpq said to the sending). *result is to be cleared when this is CY_OK. */
static enum cy_status take(struct postgres *postgres, const char *name, int sent, PGresult **result, struct cy_error *error)
{
    *result = sent != 0 ? await(postgres) : NULL;
    if (*result == NULL)
        return say_lost(postgres, name, is_lost(postgres) || sent == 0 ? cy_pq.PQerrorMessage(postgres->connection) : "no answer in time",
                        error);
    ExecStatusType kind = cy_pq.PQresultStatus(*result);
    if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK)
        return CY_OK;
    enum cy_status status = say(postgres, name, *result, error);
    cy_pq.PQclear(*result);
    return status;
}

/* Statements without parameters, by the simple protocol. result may be NULL. */
static enum cy_status simple(struct postgres *postgres, const char *name, const char *text, PGresult **result_out, struct cy_error *error)
{
    PGresult *result;
    if (is_lost(postgres))
        return say_lost(postgres, name, "not connected", error);
    enum cy_status status = take(postgres, name, cy_pq.PQsendQuery(postgres->connection, text), &result, error);
    if (status == CY_OK && result_out != NULL)
        *result_out = result;
    else if (status == CY_OK)
        cy_pq.PQclear(result);
    return status;
}

/* ---- statements ---- */

/* Prepares under the query's own name, or without one, and asks which types the server gave the parameters. */
static enum cy_status prepare(struct postgres *postgres, const struct cy_query *query, struct statement *statement, struct cy_error *error)
{
    PGresult *result;
    const char *name = query->slot >= 0 ? query->name : "";
    enum cy_status status =
        take(postgres, query->name, cy_pq.PQsendPrepare(postgres->connection, name, query->text, 0, NULL), &result, error);
    if (status != CY_OK)
        return status;
    cy_pq.PQclear(result);
    status = take(postgres, query->name, cy_pq.PQsendDescribePrepared(postgres->connection, name), &result, error);
    if (status != CY_OK)
        return status;
    statement->parameter_count = cy_pq.PQnparams(result);
    CY_ASSERT(statement->parameter_count <= PARAMETERS_MAX);
    for (int i = 0; i < statement->parameter_count; i++)
        statement->types[i] = cy_pq.PQparamtype(result, i);
    cy_pq.PQclear(result);
    statement->is_prepared = true;
    return CY_OK;
}

static enum cy_status read_rows(const struct cy_query *query, const PGresult *answer, struct cy_arena *arena, struct cy_result *rows,
                                struct cy_error *error)
{
    int row_count = cy_pq.PQntuples(answer), column_count = cy_pq.PQnfields(answer);
    rows->row_count = (size_t)row_count;
    rows->column_count = (size_t)column_count;
    if (column_count == 0)
        rows->changed_count = strtoll(cy_pq.PQcmdTuples((PGresult *)answer), NULL, 10);
    if (arena == NULL || row_count == 0)
        return CY_OK;
    struct cy_value *values = cy_arena_alloc(arena, (size_t)row_count * (size_t)column_count * sizeof *values);
    rows->values = values;
    for (int row = 0; row < row_count; row++)
        for (int column = 0; column < column_count; column++, values++) {
            *values = cy_value_null();
            if (cy_pq.PQgetisnull(answer, row, column))
                continue;
            unsigned type = cy_pq.PQftype(answer, column);
            if (!cy_pq_decode(type, cy_pq.PQgetvalue(answer, row, column), (size_t)cy_pq.PQgetlength(answer, row, column), arena, values))
                return cy_error_set(error, CY_FAILED, "query %s: column %d has PostgreSQL's type %u, which ciyuan does not read",
                                    query->name, column + 1, type);
        }
    return CY_OK;
}

static enum cy_status postgres_run(struct cy_database *database, const struct cy_query *query, const struct cy_value *parameters,
                                   size_t parameter_count, struct cy_arena *arena, struct cy_result *rows, struct cy_error *error)
{
    struct postgres *postgres = (struct postgres *)database;
    struct statement *statement = &postgres->statements[query->slot >= 0 ? query->slot : (int)CY_SQL_COUNT];
    struct cy_pq_parameter encoded[PARAMETERS_MAX];
    const char *data[PARAMETERS_MAX];
    int sizes[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    if (is_lost(postgres))
        return say_lost(postgres, query->name, "not connected", error);
    enum cy_status status = CY_OK;
    if (!statement->is_prepared || query->slot < 0)
        status = prepare(postgres, query, statement, error);
    if (status != CY_OK)
        return status;
    CY_ASSERT((size_t)statement->parameter_count == parameter_count);
    for (size_t i = 0; i < parameter_count; i++) {
        if (!cy_pq_encode(&parameters[i], statement->types[i], &encoded[i]))
            return cy_error_set(error, CY_BAD_INPUT, "query %s: parameter $%zu does not fit PostgreSQL's type %u", query->name, i + 1,
                                statement->types[i]);
        data[i] = encoded[i].data;
        sizes[i] = encoded[i].size_bytes;
        formats[i] = encoded[i].is_binary;
    }
    PGresult *answer;
    int sent =
        cy_pq.PQsendQueryPrepared(postgres->connection, query->slot >= 0 ? query->name : "", (int)parameter_count, data, sizes, formats, 1);
    status = take(postgres, query->name, sent, &answer, error);
    if (status != CY_OK)
        return status;
    status = read_rows(query, answer, arena, rows, error);
    cy_pq.PQclear(answer);
    return status;
}

static enum cy_status postgres_script(struct cy_database *database, const char *name, const char *text, struct cy_error *error)
{
    return simple((struct postgres *)database, name, text, NULL, error);
}

/* ---- connecting ---- */

static void ignore_notice(void *context, const char *words)
{
    (void)context, (void)words;
}

static enum cy_status connect_once(struct postgres *postgres, struct cy_error *error)
{
    /* What stands before dbname (the URL) may be set otherwise by it; what stands behind may not. */
    const char *const names[] = {
        "connect_timeout", "keepalives_idle", "tcp_user_timeout", "dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {"10", "30", "60000", postgres->options.url, postgres->name, "UTF8", NULL};
    hang_up(postgres);
    postgres->connection = cy_pq.PQconnectdbParams(names, values, 1);
    CY_ASSERT(postgres->connection != NULL); /* NULL: out of memory */
    if (cy_pq.PQstatus(postgres->connection) != CONNECTION_OK)
        return say_lost(postgres, "connect", cy_pq.PQerrorMessage(postgres->connection), error);
    cy_pq.PQsetNoticeProcessor(postgres->connection, ignore_notice, NULL);
    /* A commit is on the disk when it is acknowledged, whatever the server's default; a stricter setting stays. */
    return simple(postgres, "settings",
                  "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')",
                  NULL, error);
}

/* Another server holds the lock: says who. */
static enum cy_status say_who_holds(struct postgres *postgres, struct cy_error *error)
{
    PGresult *result = NULL;
    char who[256] = "";
    enum cy_status status = simple(postgres, "lock_holder",
                                   "SELECT a.pid, coalesce(host(a.client_addr), 'the same machine'), a.application_name"
                                   " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted"
                                   " AND (l.classid::bigint << 32 | l.objid::bigint) = " ADVISORY_LOCK
                                   " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                                   &result, error);
    if (status == CY_OK && cy_pq.PQntuples(result) > 0)
        snprintf(who, sizeof who, " (backend %s, from %s, \"%s\")", cy_pq.PQgetvalue(result, 0, 0), cy_pq.PQgetvalue(result, 0, 1),
                 cy_pq.PQgetvalue(result, 0, 2));
    if (status == CY_OK)
        cy_pq.PQclear(result);
    cy_error_set(error, CY_FAILED, "cannot write to this PostgreSQL database: another ciyuan server does%s", who);
    return cy_error_hint(error, "one server a database: stop the other one, or give this one a database of its own");
}

/* Takes the advisory lock. An earlier connection of this very process may still hold it, until the server notices that it is cut: that
 * backend is ended after a while. */
static enum cy_status take_lock(struct postgres *postgres, int patience_ms, struct cy_error *error)
{
    uint64_t start = cy_clock_ns();
    for (;;) {
        PGresult *result = NULL;
        enum cy_status status = simple(postgres, "lock", "SELECT pg_try_advisory_lock(" ADVISORY_LOCK ")", &result, error);
        if (status != CY_OK)
            return status;
        bool is_held = cy_pq.PQgetvalue(result, 0, 0)[0] == 't';
        cy_pq.PQclear(result);
        if (is_held)
            return CY_OK;
        uint64_t waited_ms = (cy_clock_ns() - start) / 1000000u;
        if (waited_ms >= (uint64_t)patience_ms)
            return say_who_holds(postgres, error);
        char text[256];
        snprintf(text, sizeof text,
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '%s' AND pid <> pg_backend_pid()",
                 postgres->name);
        if (waited_ms >= LOCK_PATIENCE_MS && (status = simple(postgres, "lock_end", text, NULL, error)) != CY_OK)
            return status;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
}

static const char writer_table[] =
    "CREATE TABLE IF NOT EXISTS ciyuan_writer (one BIGINT PRIMARY KEY CHECK (one = 1), group_id TEXT NOT NULL);"
    "INSERT INTO ciyuan_writer (one, group_id) VALUES (1, '') ON CONFLICT (one) DO NOTHING";

static void postgres_close(struct cy_database *database)
{
    struct postgres *postgres = (struct postgres *)database;
    hang_up(postgres);
    cy_buffer_release(&postgres->values);
    free(postgres);
}

static enum cy_status postgres_open(struct cy_database **database, const struct cy_driver_options *options, struct cy_error *error)
{
    enum cy_status status = cy_pq_load(error);
    if (status != CY_OK)
        return status;
    struct postgres *postgres = cy_alloc_zero(1, sizeof *postgres);
    char id[37];
    cy_uuid(id);
    postgres->base.driver = &cy_driver_postgres;
    postgres->options = *options;
    snprintf(postgres->name, sizeof postgres->name, "ciyuan %s %.12s", options->is_writer ? "writer" : "reader", id + 24);
    status = connect_once(postgres, error);
    if (status == CY_OK && options->is_writer)
        status = take_lock(postgres, OPEN_LOCK_MS_MAX, error);
    if (status == CY_OK && options->is_writer)
        status = simple(postgres, "writer_table", writer_table, NULL, error);
    if (status == CY_OK)
        *database = &postgres->base;
    else
        postgres_close(&postgres->base);
    return status;
}

static enum cy_status postgres_recover(struct cy_database *database, struct cy_error *error)
{
    struct postgres *postgres = (struct postgres *)database;
    int patience_ms = postgres->options.is_writer ? WRITER_RECOVER_MS_MAX : READER_RECOVER_MS_MAX;
    uint64_t end = cy_clock_ns() + (uint64_t)patience_ms * 1000000u;
    if (!is_lost(postgres))
        return CY_OK;
    for (long pause_ms = 20;; pause_ms = CY_MIN(pause_ms * 2, 1000)) {
        enum cy_status status = connect_once(postgres, error);
        if (status == CY_OK && postgres->options.is_writer)
            status = take_lock(postgres, patience_ms, error);
        if (status == CY_OK)
            return CY_OK;
        if (status == CY_FAILED || cy_clock_ns() >= end) { /* failed: another server took the lock meanwhile */
            hang_up(postgres);
            return status;
        }
        nanosleep(&(struct timespec){.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000}, NULL);
    }
}

/* ---- transactions ---- */

static const char *const step_texts[CY_STEP_COUNT] = {
    [CY_STEP_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [CY_STEP_BEGIN_WRITE] = "BEGIN ISOLATION LEVEL REPEATABLE READ",
    [CY_STEP_ROLLBACK] = "ROLLBACK",
    [CY_STEP_MARK] = "SAVEPOINT work",
    [CY_STEP_MARK_UNDO] = "ROLLBACK TO work; RELEASE work",
};

/* After a COMMIT whose answer did not come: connects again and looks whether its id is there. */
static enum cy_status look_up_commit(struct postgres *postgres, struct cy_error *error)
{
    PGresult *result = NULL;
    struct cy_error why;
    enum cy_status status = postgres_recover(&postgres->base, &why);
    if (status == CY_OK)
        status = simple(postgres, "writer_group", "SELECT group_id FROM ciyuan_writer", &result, &why);
    if (status != CY_OK) {
        postgres->base.is_worth_retry = false;
        postgres->base.is_unknown = true;
        cy_error_set(error, CY_IO, "it is not known whether the last changes were stored: the connection to PostgreSQL was cut, and %.700s",
                     why.message);
        return cy_error_hint(error, "look whether they are there before you make them again");
    }
    bool is_there = strcmp(cy_pq.PQgetvalue(result, 0, 0), postgres->group) == 0;
    cy_pq.PQclear(result);
    postgres->base.is_worth_retry = true;
    return is_there ? CY_OK : error->status;
}

static enum cy_status commit(struct postgres *postgres, struct cy_error *error)
{
    char text[160];
    snprintf(text, sizeof text, "UPDATE ciyuan_writer SET group_id = '%s'; COMMIT", postgres->group);
    PGresult *result = NULL;
    enum cy_status status = simple(postgres, "commit", text, &result, error);
    if (status != CY_OK)
        return is_lost(postgres) ? look_up_commit(postgres, error) : status;
    bool is_committed = strcmp(cy_pq.PQcmdStatus(result), "COMMIT") == 0; /* ROLLBACK, when a statement had failed */
    cy_pq.PQclear(result);
    if (!is_committed) {
        postgres->base.is_worth_retry = false;
        return cy_error_set(error, CY_FAILED, "query commit: PostgreSQL rolled the transaction back");
    }
    return CY_OK;
}

static enum cy_status postgres_step(struct cy_database *database, enum cy_step step, struct cy_error *error)
{
    struct postgres *postgres = (struct postgres *)database;
    const char *text = step_texts[step];
    if (step == CY_STEP_MARK && postgres->is_release_due)
        text = "RELEASE work; SAVEPOINT work";
    postgres->is_release_due = step == CY_STEP_MARK_KEEP;
    if (step == CY_STEP_MARK_KEEP)
        return CY_OK;
    if (step == CY_STEP_COMMIT)
        return commit(postgres, error);
    if (step == CY_STEP_BEGIN_WRITE)
        cy_uuid(postgres->group);
    if (step == CY_STEP_ROLLBACK && is_lost(postgres))
        return CY_OK; /* it is gone already */
    return simple(postgres, step_texts[step], text, NULL, error);
}

const struct cy_driver cy_driver_postgres = {
    .kind = "postgresql",
    .open = postgres_open,
    .close = postgres_close,
    .run = postgres_run,
    .script = postgres_script,
    .step = postgres_step,
    .recover = postgres_recover,
};
