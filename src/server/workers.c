#include "server/workers.h"

#include "base/threads.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    THREADS_A_CPU = 8, /* they wait for disk and database: more of them make larger groups of commits */
    THREADS_MIN = 24,
    THREADS_MAX = 256,
    TRANSFER_THREADS_MIN = 4,  /* kept free of handlers */
    STACK_BYTES = 1024 * 1024, /* handlers recurse into JSON and trees at most; touched only as far as used */
};

struct queue {
    struct cy_job *first, **end;
};

struct cy_workers {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue handlers, transfers;
    size_t queue_length, queue_length_max; /* of handlers, the reserved ones included */
    size_t handler_busy_count, handler_busy_max;
    size_t busy_count, idle_count;
    bool is_waking; /* a thread was woken and has not come yet */
    uint64_t refused_count;
    bool is_stopping;
    size_t thread_count;
    pthread_t threads[];
};

static void queue_add(struct queue *queue, struct cy_job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct cy_job *queue_take(struct queue *queue)
{
    struct cy_job *job = queue->first;
    if (job == NULL)
        return NULL;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return job;
}

/* Wakes one thread, unless one is on its way: that one wakes the next before it sets to work. So a burst of jobs wakes as many threads as
 * it keeps busy, not one a job. Under lock. */
static void wake_one(struct cy_workers *workers)
{
    if (workers->idle_count == 0 || workers->is_waking)
        return;
    workers->is_waking = true;
    pthread_cond_signal(&workers->wake);
}

static bool can_handle(const struct cy_workers *workers)
{
    return workers->handlers.first != NULL && workers->handler_busy_count < workers->handler_busy_max;
}

static struct cy_job *take_job(struct cy_workers *workers, bool *is_handler)
{
    struct cy_job *job = queue_take(&workers->transfers);
    *is_handler = job == NULL && can_handle(workers);
    if (!*is_handler)
        return job;
    workers->queue_length--;
    workers->handler_busy_count++;
    return queue_take(&workers->handlers);
}

static void *work(void *context)
{
    struct cy_workers *workers = context;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        bool is_handler;
        struct cy_job *job = take_job(workers, &is_handler);
        if (job == NULL) {
            if (workers->is_stopping)
                break;
            workers->idle_count++;
            pthread_cond_wait(&workers->wake, &workers->lock);
            workers->idle_count--;
            workers->is_waking = false;
            continue;
        }
        workers->busy_count++;
        if (workers->transfers.first != NULL || can_handle(workers))
            wake_one(workers);
        pthread_mutex_unlock(&workers->lock);
        job->run(job); /* the job may be gone afterwards */
        pthread_mutex_lock(&workers->lock);
        workers->busy_count--;
        if (is_handler)
            workers->handler_busy_count--;
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

enum cy_status cy_workers_start(struct cy_workers **out, size_t thread_count, size_t queue_length_max, struct cy_error *error)
{
    if (thread_count == 0)
        thread_count = CY_MIN(CY_MAX(cy_cpu_count() * THREADS_A_CPU, THREADS_MIN), THREADS_MAX);
    thread_count = CY_MAX(thread_count, 2);
    struct cy_workers *workers = cy_alloc_zero(1, sizeof *workers + thread_count * sizeof workers->threads[0]);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->wake, NULL);
    workers->handlers.end = &workers->handlers.first;
    workers->transfers.end = &workers->transfers.first;
    workers->queue_length_max = queue_length_max;
    workers->handler_busy_max = thread_count > 2 * TRANSFER_THREADS_MIN ? thread_count - TRANSFER_THREADS_MIN : thread_count - 1;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int failure = 0;
    for (; workers->thread_count < thread_count && failure == 0; workers->thread_count++)
        failure = pthread_create(&workers->threads[workers->thread_count], &attributes, work, workers);
    pthread_attr_destroy(&attributes);
    if (failure != 0) {
        workers->thread_count--;
        cy_workers_stop(workers);
        return cy_error_set(error, CY_FAILED, "could not start %zu worker threads: %s", thread_count, strerror(failure));
    }
    *out = workers;
    return CY_OK;
}

void cy_workers_stop(struct cy_workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->is_stopping = true;
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->wake);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}

bool cy_workers_reserve(struct cy_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    bool has_room = workers->queue_length < workers->queue_length_max;
    if (has_room)
        workers->queue_length++;
    else
        workers->refused_count++;
    pthread_mutex_unlock(&workers->lock);
    return has_room;
}

void cy_workers_unreserve(struct cy_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->queue_length--;
    pthread_mutex_unlock(&workers->lock);
}

static void push(struct cy_workers *workers, struct queue *queue, struct cy_job *job)
{
    pthread_mutex_lock(&workers->lock);
    queue_add(queue, job);
    wake_one(workers);
    pthread_mutex_unlock(&workers->lock);
}

void cy_workers_handle(struct cy_workers *workers, struct cy_job *job)
{
    push(workers, &workers->handlers, job);
}

void cy_workers_transfer(struct cy_workers *workers, struct cy_job *job)
{
    push(workers, &workers->transfers, job);
}

void cy_workers_state(struct cy_workers *workers, struct cy_workers_state *state)
{
    pthread_mutex_lock(&workers->lock);
    *state = (struct cy_workers_state){
        .thread_count = workers->thread_count,
        .busy_count = workers->busy_count,
        .queue_length = workers->queue_length,
        .queue_length_max = workers->queue_length_max,
        .refused_count = workers->refused_count,
    };
    pthread_mutex_unlock(&workers->lock);
}
