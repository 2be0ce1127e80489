/* The worker pool: threads that may block, so that the event threads need not.
 *
 *     handlers   what a request waits for; bounded: a full queue is answered 503
 *     transfers  pieces of bodies on their way to and from the disk; short, and at most one a connection, so never refused. Some
 *                threads are kept for them, so that uploads and streams flow while all handlers wait for a slow database */
#ifndef CY_SERVER_WORKERS_H
#define CY_SERVER_WORKERS_H

#include "base/error.h"

/* One piece of work. Lies in what it works on; the pool owns nothing. */
struct cy_job {
    struct cy_job *next;
    void (*run)(struct cy_job *job);
};

struct cy_workers;
struct cy_workers_state {
    size_t thread_count, busy_count, queue_length, queue_length_max;
    uint64_t refused_count;
};

/* thread_count 0: chosen by the machine. */
enum cy_status cy_workers_start(struct cy_workers **workers, size_t thread_count, size_t queue_length_max, struct cy_error *error);
/* Runs what is queued, then ends. NULL is fine. */
void cy_workers_stop(struct cy_workers *workers);
/* A place in the handlers' queue: false when it is full. Followed by cy_workers_handle, or given back by cy_workers_unreserve. */
bool cy_workers_reserve(struct cy_workers *workers);
void cy_workers_unreserve(struct cy_workers *workers);
void cy_workers_handle(struct cy_workers *workers, struct cy_job *job);
void cy_workers_transfer(struct cy_workers *workers, struct cy_job *job);
void cy_workers_state(struct cy_workers *workers, struct cy_workers_state *state);

#endif
