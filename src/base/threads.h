/* Threads: how many, and a loop that runs on all of them. */
#ifndef CY_BASE_THREADS_H
#define CY_BASE_THREADS_H

#include "base/bytes.h"

size_t cy_cpu_count(void); /* processors this process may use, at least 1 */
/* Runs work(context, thread) for thread = 0 … thread_count-1, each on a thread of its own (the last on the caller's), and waits. */
void cy_run_threads(size_t thread_count, void (*work)(void *context, size_t thread), void *context);

#endif
