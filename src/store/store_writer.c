/* The one writer: a thread that takes all the work that waits, runs it in one transaction with a savepoint each, and commits once.
 *
 *     wait ─▶ take the queue ─▶ BEGIN ─▶ { mark ─ work ─ keep | undo } … ─▶ COMMIT ─▶ tell all of them
 *                                  └── the database dropped the transaction: each piece again, in a transaction of its own
 */
#include "store/store_inside.h"

#include "base/clock.h"

enum {
    GROUP_WORK_MAX = 1000, /* so that the first of a group does not wait for ever more work behind it */
    RETRIES_MAX = 5,       /* of a single piece whose transaction the database dropped (deadlock, cut connection) */
};

/* Runs one piece. false: the whole transaction is gone. */
static bool run_piece(struct cy_database *database, struct cy_work *work)
{
    work->status = work->run(database, work->context, work->error);
    if (work->status == CY_OK && database->transaction == CY_TRANSACTION_FAILED) { /* it kept silent about a query that failed */
        *work->error = database->failure;
        work->status = work->error->status;
    }
    if (database->transaction == CY_TRANSACTION_LOST) {
        *work->error = database->failure;
        work->status = work->error->status;
    }
    return database->transaction != CY_TRANSACTION_LOST;
}

static void fail(struct cy_work *work, const struct cy_error *error)
{
    *work->error = *error;
    work->status = error->status;
}

static enum cy_status commit(struct cy_store *store, struct cy_error *error)
{
    uint64_t start = cy_clock_ns();
    enum cy_status status = cy_database_step(store->writer, CY_STEP_COMMIT, error);
    atomic_fetch_add(&store->commit_ns_total, cy_clock_ns() - start);
    atomic_fetch_add(&store->commit_count, 1);
    return status;
}

/* One piece in a transaction of its own. */
static void run_alone(struct cy_store *store, struct cy_work *work)
{
    struct cy_database *database = store->writer;
    for (int attempt = 0;; attempt++) {
        struct cy_error error;
        if (cy_database_step(database, CY_STEP_BEGIN_WRITE, &error) != CY_OK)
            fail(work, &error);
        else if (run_piece(database, work) && work->status == CY_OK && commit(store, &error) != CY_OK)
            fail(work, &error);
        bool is_lost = database->transaction == CY_TRANSACTION_LOST, retry = is_lost && database->is_worth_retry;
        cy_database_step(database, CY_STEP_ROLLBACK, &error); /* nothing to do after a COMMIT */
        if (is_lost && store->driver->recover(database, &error) != CY_OK) {
            fail(work, &error);
            return;
        }
        if (!retry || attempt == RETRIES_MAX)
            return;
    }
}

/* All in one transaction. false: it is gone, and nothing of it stays. */
static bool run_together(struct cy_store *store, struct cy_work *first)
{
    struct cy_database *database = store->writer;
    struct cy_error error;
    bool keeps = cy_database_step(database, CY_STEP_BEGIN_WRITE, &error) == CY_OK, has_good = false;
    for (struct cy_work *work = first; keeps && work != NULL; work = work->next) {
        keeps = cy_database_step(database, CY_STEP_MARK, &error) == CY_OK && run_piece(database, work) &&
                cy_database_step(database, work->status == CY_OK ? CY_STEP_MARK_KEEP : CY_STEP_MARK_UNDO, &error) == CY_OK;
        has_good |= work->status == CY_OK;
    }
    if (keeps && has_good)
        keeps = commit(store, &error) == CY_OK;
    return keeps;
}

static void run_group(struct cy_store *store, struct cy_work *first)
{
    if (first->next == NULL) {
        run_alone(store, first);
        return;
    }
    bool keeps = run_together(store, first);
    struct cy_error error = store->writer->failure, unheard;
    cy_database_step(store->writer, CY_STEP_ROLLBACK, &unheard);
    if (keeps)
        return;
    if (store->writer->is_unknown || store->driver->recover(store->writer, &error) != CY_OK) {
        for (struct cy_work *work = first; work != NULL; work = work->next)
            fail(work, &error);
        return;
    }
    for (struct cy_work *work = first; work != NULL; work = work->next)
        run_alone(store, work);
}

static void bump(struct cy_store *store, const struct cy_work *first)
{
    unsigned bumps = 0;
    for (const struct cy_work *work = first; work != NULL; work = work->next)
        if (work->status == CY_OK)
            bumps |= work->bumps;
    for (unsigned area = 0; area < CY_AREA_COUNT; area++)
        if ((bumps >> area & 1) != 0)
            atomic_fetch_add(&store->generations[area], 1);
}

/* Waits for work and takes up to GROUP_WORK_MAX of it; NULL when the store closes and none is left. */
static struct cy_work *take_group(struct cy_store *store)
{
    pthread_mutex_lock(&store->work_lock);
    while (store->first_work == NULL && !store->is_closing)
        pthread_cond_wait(&store->has_work, &store->work_lock);
    struct cy_work *first = store->first_work, *last = first;
    for (size_t count = 1; last != NULL && last->next != NULL && count < GROUP_WORK_MAX; count++)
        last = last->next;
    if (last != NULL) {
        store->first_work = last->next;
        last->next = NULL;
    }
    pthread_mutex_unlock(&store->work_lock);
    return first;
}

static void tell(struct cy_store *store, struct cy_work *first)
{
    pthread_mutex_lock(&store->work_lock);
    for (struct cy_work *work = first, *next; work != NULL; work = next) {
        next = work->next; /* once it is told, its memory may be gone */
        work->is_done = true;
        pthread_cond_signal(&work->done);
        atomic_fetch_sub(&store->queue_length, 1);
        atomic_fetch_add(&store->work_count, 1);
    }
    pthread_mutex_unlock(&store->work_lock);
}

static void *write_on(void *argument)
{
    struct cy_store *store = argument;
    struct cy_work *first;
    while ((first = take_group(store)) != NULL) {
        run_group(store, first);
        bump(store, first);
        tell(store, first);
    }
    return NULL;
}

enum cy_status cy_writer_start(struct cy_store *store, struct cy_error *error)
{
    struct cy_driver_options options = store->connection;
    options.is_writer = true;
    enum cy_status status = store->driver->open(&store->writer, &options, error);
    if (status == CY_OK)
        status = cy_migrate(store->writer, true, error);
    if (status != CY_OK)
        return status;
    CY_ASSERT(pthread_create(&store->writer_thread, NULL, write_on, store) == 0);
    store->has_writer_thread = true;
    return CY_OK;
}

void cy_writer_stop(struct cy_store *store)
{
    if (store->has_writer_thread) {
        pthread_mutex_lock(&store->work_lock);
        store->is_closing = true;
        pthread_cond_signal(&store->has_work);
        pthread_mutex_unlock(&store->work_lock);
        pthread_join(store->writer_thread, NULL);
    }
    if (store->writer != NULL)
        store->driver->close(store->writer);
}

enum cy_status cy_store_write(struct cy_store *store, unsigned bumps, cy_store_work *run, void *context, struct cy_error *error)
{
    if (!store->has_writer_thread)
        return cy_error_set(error, CY_FAILED, "cannot write: the store was opened for reading only");
    CY_ASSERT(!pthread_equal(pthread_self(), store->writer_thread)); /* work that waits for other work would wait for ever */
    struct cy_work work = {.run = run, .context = context, .error = error, .bumps = bumps};
    pthread_cond_init(&work.done, NULL);
    pthread_mutex_lock(&store->work_lock);
    if (store->first_work == NULL)
        store->first_work = &work;
    else
        store->last_work->next = &work;
    store->last_work = &work;
    atomic_fetch_add(&store->queue_length, 1);
    pthread_cond_signal(&store->has_work);
    while (!work.is_done)
        pthread_cond_wait(&work.done, &store->work_lock);
    pthread_mutex_unlock(&store->work_lock);
    pthread_cond_destroy(&work.done);
    return work.status;
}
