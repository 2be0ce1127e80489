#include "recipe/pipeline.h"

#include "base/threads.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
    void *job;
    bool done; /* worked on, waiting to be put */
};

struct run {
    const struct cy_pipeline *pipeline;
    pthread_mutex_t take_lock; /* held while taking */
    pthread_mutex_t lock;      /* guards all below */
    pthread_cond_t room;       /* a job was put, or the run is over */
    struct slot *slots;        /* job n lies in slots[n % window] */
    uint64_t taken, put;
    bool putting; /* a thread is putting; the others leave their jobs to it */
    bool over;    /* nothing more to take */
    enum cy_status status;
    struct cy_error *error;
};

/* Keeps the first error; any is worse than an interruption, after which jobs are still put. Call with the lock held. */
static void fail(struct run *run, enum cy_status status, const struct cy_error *error)
{
    if (run->status == CY_OK || run->status == CY_INTERRUPTED) {
        run->status = status;
        *run->error = *error;
    }
    run->over = true;
    pthread_cond_broadcast(&run->room);
}

/* Takes the next job; false when there is none. */
static bool take(struct run *run, size_t thread, uint64_t *number)
{
    const struct cy_pipeline *pipeline = run->pipeline;
    pthread_mutex_lock(&run->take_lock);
    pthread_mutex_lock(&run->lock);
    while (!run->over && run->taken - run->put >= pipeline->window)
        pthread_cond_wait(&run->room, &run->lock);
    struct cy_error error = {0};
    if (!run->over && pipeline->stop != NULL && atomic_load(pipeline->stop)) {
        cy_error_set(&error, CY_INTERRUPTED, "interrupted");
        fail(run, CY_INTERRUPTED, &error);
    }
    bool over = run->over;
    struct slot *slot = &run->slots[run->taken % pipeline->window];
    pthread_mutex_unlock(&run->lock);
    if (!over) {
        memset(slot->job, 0, pipeline->job_bytes);
        enum cy_status status = pipeline->take(pipeline->context, thread, slot->job, &error);
        pthread_mutex_lock(&run->lock);
        if (status == CY_OK)
            *number = run->taken++;
        else if (status == CY_END)
            run->over = true;
        else
            fail(run, status, &error);
        over = status != CY_OK;
        pthread_cond_broadcast(&run->room);
        pthread_mutex_unlock(&run->lock);
    }
    pthread_mutex_unlock(&run->take_lock);
    return !over;
}

/* Puts every job whose turn has come. Call with the lock held. */
static void put_ready(struct run *run)
{
    const struct cy_pipeline *pipeline = run->pipeline;
    if (run->putting)
        return;
    run->putting = true;
    while (run->put < run->taken && run->slots[run->put % pipeline->window].done) {
        struct slot *slot = &run->slots[run->put % pipeline->window];
        struct cy_error error = {0};
        bool failed = run->status != CY_OK && run->status != CY_INTERRUPTED; /* an interrupted run puts what is under way */
        pthread_mutex_unlock(&run->lock);
        enum cy_status status = CY_OK;
        if (failed)
            pipeline->drop(slot->job);
        else
            status = pipeline->put(pipeline->context, slot->job, &error);
        pthread_mutex_lock(&run->lock);
        slot->done = false;
        run->put++;
        if (status != CY_OK)
            fail(run, status, &error);
        pthread_cond_broadcast(&run->room);
    }
    run->putting = false;
}

static void work(void *context, size_t thread)
{
    struct run *run = context;
    const struct cy_pipeline *pipeline = run->pipeline;
    uint64_t number;
    while (take(run, thread, &number)) {
        struct slot *slot = &run->slots[number % pipeline->window];
        struct cy_error error = {0};
        enum cy_status status = pipeline->work(pipeline->context, thread, slot->job, &error);
        pthread_mutex_lock(&run->lock);
        if (status != CY_OK)
            fail(run, status, &error);
        slot->done = true;
        put_ready(run);
        pthread_mutex_unlock(&run->lock);
    }
}

enum cy_status cy_pipeline_run(const struct cy_pipeline *pipeline, struct cy_error *error)
{
    CY_ASSERT(pipeline->window >= pipeline->thread_count && pipeline->thread_count > 0);
    struct run run = {.pipeline = pipeline, .error = error, .status = CY_OK};
    pthread_mutex_init(&run.take_lock, NULL);
    pthread_mutex_init(&run.lock, NULL);
    pthread_cond_init(&run.room, NULL);
    run.slots = cy_alloc_zero(pipeline->window, sizeof *run.slots);
    for (size_t i = 0; i < pipeline->window; i++)
        run.slots[i].job = cy_alloc_zero(1, pipeline->job_bytes);
    cy_run_threads(pipeline->thread_count, work, &run);
    CY_ASSERT(run.put == run.taken);
    for (size_t i = 0; i < pipeline->window; i++)
        free(run.slots[i].job);
    free(run.slots);
    pthread_cond_destroy(&run.room);
    pthread_mutex_destroy(&run.lock);
    pthread_mutex_destroy(&run.take_lock);
    return run.status;
}
