/* The sandbox of `ciyuan worker`: what an answer about rows does not need is taken from the process, for good.
 *
 *     files      may be read below the folders named and nowhere else (Landlock, Linux 5.13), and DuckDB itself opens only the files of
 *                its question
 *     the rest   system calls that are not on a short list fail with EPERM (seccomp): no socket, no new process or thread, no file
 *                opened for writing, no memory made executable, no signal to another process
 *     limits     memory (RLIMIT_AS), open files, no core; CPU time a question (cy_sandbox_cpu)
 *     its end    the process dies with the one that started it
 *
 * A file that makes DuckDB misbehave then costs its own question an error and nothing else. */
#ifndef CY_HUB_ROWS_SANDBOX_H
#define CY_HUB_ROWS_SANDBOX_H

#include "base/error.h"

struct cy_sandbox {
    const char *const *folders; /* NULL-terminated */
    uint64_t memory_bytes;      /* of address space; 0: no limit */
    uint64_t file_count_max;
};

/* Libraries must be loaded before. *has_landlock: whether the kernel guards the files too (then only seccomp and DuckDB do).
 * CY_FAILED where seccomp does not work: then no question may be answered. */
enum cy_status cy_sandbox_enter(const struct cy_sandbox *sandbox, bool *has_landlock, struct cy_error *error);
/* The process may use this much CPU time from now on; then it is ended by SIGXCPU. */
void cy_sandbox_cpu(unsigned seconds);

#endif
