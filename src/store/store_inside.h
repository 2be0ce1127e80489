/* The inside of a store: the pool of readers (store_pool.c) and the writer thread (store_writer.c). */
#ifndef CY_STORE_STORE_INSIDE_H
#define CY_STORE_STORE_INSIDE_H

#include "store/driver.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CY_AREA_COUNT = 3 };

/* A piece of work that waits; it lies on the stack of the thread that waits for it. */
struct cy_work {
    cy_store_work *run;
    void *context;
    struct cy_error *error;
    unsigned bumps;
    enum cy_status status;
    bool is_done;
    pthread_cond_t done;
    struct cy_work *next;
};

struct cy_store {
    struct cy_driver_options connection; /* data_folder and url are owned */
    const struct cy_driver *driver;
    int lock_file; /* -1: read only */

    /* readers: those that are out are known to their holders alone */
    pthread_mutex_t reader_lock;
    pthread_cond_t reader_is_back;
    struct cy_database **idle_readers;
    size_t idle_count, reader_count, reader_count_max;

    /* the writer */
    struct cy_database *writer;
    pthread_t writer_thread;
    bool has_writer_thread;
    pthread_mutex_t work_lock;
    pthread_cond_t has_work;
    struct cy_work *first_work, *last_work;
    bool is_closing;

    _Atomic uint64_t generations[CY_AREA_COUNT];
    _Atomic uint64_t queue_length, commit_count, work_count, commit_ns_total;
};

enum cy_status cy_writer_start(struct cy_store *store, struct cy_error *error);
void cy_writer_stop(struct cy_store *store); /* after all that waits is done */

#endif
