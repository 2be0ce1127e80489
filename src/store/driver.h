/* What a database must be able to do for us, and what a connection to it is. Known to src/store and its tests alone: all others see
 * store/database.h. A driver is a table of functions (sqlite.c, postgres.c). */
#ifndef CY_STORE_DRIVER_H
#define CY_STORE_DRIVER_H

#include "store/database.h"

/* A statement on its way to a driver. */
struct cy_query {
    const char *name; /* what errors call it */
    const char *text;
    int slot; /* 0 … CY_SQL_COUNT-1: prepared once a connection and kept; -1: prepared, run and forgotten */
};

/* The steps of a transaction. */
enum cy_step {
    CY_STEP_BEGIN_READ,
    CY_STEP_BEGIN_WRITE,
    CY_STEP_COMMIT,
    CY_STEP_ROLLBACK,
    CY_STEP_MARK,      /* a savepoint before a piece of work */
    CY_STEP_MARK_KEEP, /* the work stays */
    CY_STEP_MARK_UNDO, /* the work goes, the transaction stays */
    CY_STEP_COUNT
};

/* How a transaction stands. */
enum cy_transaction {
    CY_TRANSACTION_NONE,
    CY_TRANSACTION_OPEN,
    CY_TRANSACTION_FAILED, /* a statement failed: what follows it is refused, until the mark is undone or all is rolled back */
    CY_TRANSACTION_LOST,   /* the database dropped it whole (full disk, deadlock, cut connection): roll back, and begin again */
};

struct cy_database {
    const struct cy_driver *driver;
    enum cy_transaction transaction;
    bool is_worth_retry;     /* of a lost transaction: the same work may succeed when it is run again */
    bool is_unknown;         /* of a lost COMMIT: whether it took place cannot be found out */
    struct cy_error failure; /* of a failed or lost transaction: what failed first */
};

struct cy_driver_options {
    const char *data_folder;
    const char *url; /* NULL for SQLite */
    bool is_writer;  /* the one connection that writes; PostgreSQL: it takes the advisory lock */
};

struct cy_driver {
    const char *kind;
    enum cy_status (*open)(struct cy_database **database, const struct cy_driver_options *options, struct cy_error *error);
    void (*close)(struct cy_database *database);
    /* One statement. Sets database->transaction to LOST when the database dropped it; everything else about failures is the caller's. */
    enum cy_status (*run)(struct cy_database *database, const struct cy_query *query, const struct cy_value *parameters,
                          size_t parameter_count, struct cy_arena *arena, struct cy_result *rows, struct cy_error *error);
    /* Several statements without parameters or results: a migration. */
    enum cy_status (*script)(struct cy_database *database, const char *name, const char *text, struct cy_error *error);
    /* A COMMIT that fails leaves the transaction LOST: nothing of it is there, save where is_unknown says so. */
    enum cy_status (*step)(struct cy_database *database, enum cy_step step, struct cy_error *error);
    /* Makes the connection usable again after it was lost, with bounded retries. */
    enum cy_status (*recover)(struct cy_database *database, struct cy_error *error);
};
extern const struct cy_driver cy_driver_sqlite;
extern const struct cy_driver cy_driver_postgres;

/* As cy_database_run, for a statement that is no file: what the store itself and its tests need. */
enum cy_status cy_database_run_text(struct cy_database *database, const char *name, const char *text, const struct cy_value *parameters,
                                    size_t parameter_count, struct cy_arena *arena, struct cy_result *rows, struct cy_error *error);
enum cy_status cy_database_script(struct cy_database *database, const char *name, const char *text, struct cy_error *error);
/* Keeps database->transaction; a ROLLBACK never fails. */
enum cy_status cy_database_step(struct cy_database *database, enum cy_step step, struct cy_error *error);

/* Runs the migrations that the database lacks; may_write false: only looks whether it lacks any. */
enum cy_status cy_migrate(struct cy_database *database, bool may_write, struct cy_error *error);

/* DATA/lock: one process at a time. *file: the descriptor that holds it; closing it gives it back. */
enum cy_status cy_data_lock(const char *data_folder, int *file, struct cy_error *error);

#endif
