#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

size_t cy_cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (size_t)count : 1;
}

struct job {
    void (*work)(void *context, size_t thread);
    void *context;
    size_t thread;
    pthread_t id;
};

static void *start(void *argument)
{
    const struct job *job = argument;
    job->work(job->context, job->thread);
    return NULL;
}

void cy_run_threads(size_t thread_count, void (*work)(void *context, size_t thread), void *context)
{
    struct job *jobs = cy_alloc_zero(thread_count, sizeof *jobs);
    size_t started = 0;
    for (size_t i = 0; i + 1 < thread_count; i++, started++) {
        jobs[i] = (struct job){work, context, i, 0};
        CY_ASSERT(pthread_create(&jobs[i].id, NULL, start, &jobs[i]) == 0);
    }
    work(context, thread_count - 1);
    for (size_t i = 0; i < started; i++)
        pthread_join(jobs[i].id, NULL);
    free(jobs);
}
