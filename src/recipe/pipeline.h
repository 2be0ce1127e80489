/* Work in parallel, results in order.
 *
 *     take ─▶ job 7 ─▶ work (any thread) ─▶┐
 *     take ─▶ job 8 ─▶ work               ─┼▶ put: 7, 8, 9 … as they were taken
 *     (one at a time)                      │  (one at a time)
 *
 * The order comes from the order of taking, never from timing. At most `window` jobs are under way: when the oldest is slow, taking waits.
 */
#ifndef CY_RECIPE_PIPELINE_H
#define CY_RECIPE_PIPELINE_H

#include "base/error.h"

#include <stdatomic.h>

struct cy_pipeline {
    void *context;
    size_t thread_count;
    size_t window;    /* jobs taken and not yet put, at least thread_count */
    size_t job_bytes; /* size of a job; zeroed before take */
    /* Fills the next job. CY_END: there is none. One thread at a time. */
    enum cy_status (*take)(void *context, size_t thread, void *job, struct cy_error *error);
    enum cy_status (*work)(void *context, size_t thread, void *job, struct cy_error *error);
    /* Uses the job's result and frees what it holds. One thread at a time, in the order of taking. */
    enum cy_status (*put)(void *context, void *job, struct cy_error *error);
    void (*drop)(void *job); /* frees a job that will not be put, after an error */
    const atomic_bool *stop; /* when it becomes true no more jobs are taken; those under way are put; the result is CY_INTERRUPTED */
};

enum cy_status cy_pipeline_run(const struct cy_pipeline *pipeline, struct cy_error *error);

#endif
