/* Those who answer questions about rows (hub/rows_query.h): child processes, `ciyuan worker`, each in a sandbox, started when asked for and
 * kept. One that dies, or takes too long, is an error for its question alone; the next question gets another.
 *
 *     cy_rows_ask: an idle worker, or a new one (at most `worker_count_max`; else wait) ─ question ─▶ child ─ answer ─▶ idle again
 *
 * On the pipe a question is its size (4 bytes, little-endian) and its text; an answer is its size, a status (1 byte: enum cy_status), and
 * the answer's text or the error's message. A child says so first, before any question, whether it could enter the sandbox. */
#ifndef CY_HUB_ROWS_WORKER_H
#define CY_HUB_ROWS_WORKER_H

#include "base/bytes.h"
#include "base/error.h"

struct cy_rows_workers;

struct cy_rows_workers_options {
    const char *program;        /* NULL: this program (/proc/self/exe) */
    const char *const *folders; /* what they may read below; NULL-terminated, kept by the caller */
    size_t worker_count_max;    /* 0: one a processor */
    int64_t memory_bytes;       /* DuckDB's limit in each; 0: 512 MiB */
    unsigned cpu_seconds;       /* a question; 0: 30 */
    int64_t wait_ms;            /* for a free worker and its answer, together; 0: 60,000 */
};

enum { CY_ROWS_QUESTION_BYTES_MAX = 4 * 1024 * 1024, CY_ROWS_ANSWER_BYTES_MAX = 64 * 1024 * 1024 };

void cy_rows_workers_open(struct cy_rows_workers **workers, const struct cy_rows_workers_options *options);
void cy_rows_workers_close(struct cy_rows_workers *workers); /* ends the children; NULL is fine; nobody may be asking */
/* Appends the answer. Thread-safe; blocks. CY_BAD_INPUT: the question is wrong; CY_FAILED: no worker could answer it (the message says
 * why). */
enum cy_status cy_rows_ask(struct cy_rows_workers *workers, struct cy_str question, struct cy_buffer *answer, struct cy_error *error);
/* For /metrics: children alive, questions asked, children lost. */
void cy_rows_workers_state(struct cy_rows_workers *workers, uint64_t *alive, uint64_t *asked, uint64_t *lost);

/* The child's side. First it says whether it is ready (error->message when status is not CY_OK), then, in its sandbox, it answers questions
 * from `in` on `out` until `in` ends. */
bool cy_rows_worker_ready(int out, enum cy_status status, const struct cy_error *error);
int cy_rows_worker_run(int in, int out, int64_t memory_bytes, unsigned cpu_seconds);

#endif
