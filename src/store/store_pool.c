#include "store/store_inside.h"

#include "base/files.h"
#include "base/threads.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening and closing ---- */

static enum cy_status make_data_folder(const char *path, struct cy_error *error)
{
    if (cy_path_is_folder(path))
        return CY_OK;
    enum cy_status status = cy_make_folders(path, error);
    if (status == CY_OK && chmod(path, 0700) != 0) /* what lies in it is for its owner alone */
        status = cy_error_errno(error, "set the rights of", path);
    return status;
}

static enum cy_status choose_driver(struct cy_store *store, struct cy_error *error)
{
    const char *url = store->connection.url;
    store->driver = &cy_driver_sqlite;
    if (url == NULL)
        return CY_OK;
    store->driver = &cy_driver_postgres;
    if (cy_str_starts(cy_str(url), CY_STR("postgresql://")) || cy_str_starts(cy_str(url), CY_STR("postgres://")))
        return CY_OK;
    cy_error_set(error, CY_BAD_RECIPE, "cannot use the database \"%.12s…\": it is no postgresql:// URL", url); /* no more: passwords */
    return cy_error_hint(error, "postgresql://user:password@host:5432/name, or nothing for SQLite in the data folder");
}

enum cy_status cy_store_open(struct cy_store **store_out, const struct cy_store_options *options, struct cy_error *error)
{
    struct cy_store *store = cy_alloc_zero(1, sizeof *store);
    store->lock_file = -1;
    store->connection.data_folder = strcpy(cy_alloc(strlen(options->data_folder) + 1), options->data_folder);
    if (options->database_url != NULL)
        store->connection.url = strcpy(cy_alloc(strlen(options->database_url) + 1), options->database_url);
    store->reader_count_max = options->reader_count > 0 ? options->reader_count : cy_cpu_count() + 2;
    store->idle_readers = cy_alloc_zero(store->reader_count_max, sizeof *store->idle_readers);
    pthread_mutex_init(&store->reader_lock, NULL);
    pthread_cond_init(&store->reader_is_back, NULL);
    pthread_mutex_init(&store->work_lock, NULL);
    pthread_cond_init(&store->has_work, NULL);
    enum cy_status status = choose_driver(store, error);
    if (status == CY_OK && !options->read_only) {
        status = make_data_folder(options->data_folder, error);
        if (status == CY_OK)
            status = cy_data_lock(options->data_folder, &store->lock_file, error);
        if (status == CY_OK)
            status = cy_writer_start(store, error);
    } else if (status == CY_OK) {
        struct cy_database *reader;
        status = store->driver->open(&reader, &store->connection, error);
        if (status == CY_OK) {
            store->idle_readers[store->idle_count++] = reader;
            store->reader_count = 1;
            status = cy_migrate(reader, false, error);
        }
    }
    if (status == CY_OK)
        *store_out = store;
    else
        cy_store_close(store);
    return status;
}

void cy_store_close(struct cy_store *store)
{
    if (store == NULL)
        return;
    CY_ASSERT(store->idle_count == store->reader_count); /* a reader that is still out would lose its connection */
    for (size_t i = 0; i < store->idle_count; i++)
        store->driver->close(store->idle_readers[i]);
    cy_writer_stop(store); /* after the readers: the last connection to a SQLite file moves the log into it */
    if (store->lock_file >= 0)
        close(store->lock_file);
    pthread_mutex_destroy(&store->reader_lock);
    pthread_cond_destroy(&store->reader_is_back);
    pthread_mutex_destroy(&store->work_lock);
    pthread_cond_destroy(&store->has_work);
    free(store->idle_readers);
    free((char *)store->connection.data_folder);
    free((char *)store->connection.url);
    free(store);
}

/* ---- readers ---- */

/* An idle connection, or NULL when a new one may be opened (it is counted already). */
static struct cy_database *take_reader(struct cy_store *store)
{
    pthread_mutex_lock(&store->reader_lock);
    while (store->idle_count == 0 && store->reader_count == store->reader_count_max)
        pthread_cond_wait(&store->reader_is_back, &store->reader_lock);
    struct cy_database *reader = NULL;
    if (store->idle_count > 0)
        reader = store->idle_readers[--store->idle_count];
    else
        store->reader_count++;
    pthread_mutex_unlock(&store->reader_lock);
    return reader;
}

static void forget_reader(struct cy_store *store, struct cy_database *reader)
{
    if (reader != NULL)
        store->driver->close(reader);
    pthread_mutex_lock(&store->reader_lock);
    store->reader_count--;
    pthread_cond_signal(&store->reader_is_back);
    pthread_mutex_unlock(&store->reader_lock);
}

enum cy_status cy_store_reader(struct cy_store *store, struct cy_database **database, struct cy_error *error)
{
    struct cy_database *reader = take_reader(store);
    enum cy_status status = CY_OK;
    if (reader == NULL)
        status = store->driver->open(&reader, &store->connection, error);
    if (status == CY_OK) {
        status = cy_database_step(reader, CY_STEP_BEGIN_READ, error);
        if (status != CY_OK) { /* the connection died while it lay idle: once more, on a new one */
            cy_database_step(reader, CY_STEP_ROLLBACK, error);
            status = store->driver->recover(reader, error);
            if (status == CY_OK)
                status = cy_database_step(reader, CY_STEP_BEGIN_READ, error);
        }
    }
    if (status == CY_OK)
        *database = reader;
    else
        forget_reader(store, reader);
    return status;
}

void cy_store_reader_back(struct cy_store *store, struct cy_database *reader)
{
    bool is_lost = reader->transaction == CY_TRANSACTION_LOST;
    cy_database_step(reader, CY_STEP_ROLLBACK, NULL);
    if (is_lost) {
        forget_reader(store, reader);
        return;
    }
    pthread_mutex_lock(&store->reader_lock);
    store->idle_readers[store->idle_count++] = reader;
    pthread_cond_signal(&store->reader_is_back);
    pthread_mutex_unlock(&store->reader_lock);
}

/* ---- what others may ask ---- */

uint64_t cy_store_generation(const struct cy_store *store, enum cy_store_area area)
{
    CY_ASSERT(area > 0 && area < 1 << CY_AREA_COUNT && (area & (area - 1)) == 0);
    return atomic_load(&store->generations[__builtin_ctz(area)]);
}

void cy_store_state(struct cy_store *store, struct cy_store_state *state)
{
    *state = (struct cy_store_state){
        .commit_count = atomic_load(&store->commit_count),
        .work_count = atomic_load(&store->work_count),
        .queue_length = atomic_load(&store->queue_length),
        .commit_ns_total = atomic_load(&store->commit_ns_total),
        .kind = store->driver->kind,
    };
}
