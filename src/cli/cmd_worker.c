#include "cli/options.h"

#include "base/duck.h"
#include "hub/rows_sandbox.h"
#include "hub/rows_worker.h"

#include <unistd.h>

enum { FILES_BESIDE = 64 }; /* descriptors beyond those of a question's files */

int cy_cmd_worker(int argc, char **argv)
{
    int64_t memory_bytes = INT64_C(512) << 20;
    uint64_t cpu_seconds = 30;
    const struct cy_option options[] = {
        CY_OPT_SIZE("memory", &memory_bytes, "what DuckDB may use; default 512MiB"),
        CY_OPT_COUNT("cpu", &cpu_seconds, "SECONDS", "CPU time a question; default 30"),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan worker /srv/ciyuan/objects",
                                           "what the server starts, one process a few questions at a time", NULL, NULL};
    const struct cy_usage usage = {
        .command = "worker",
        .arguments = "[<options>] FOLDER…",
        .summary = "Answers questions about rows from standard input, in a sandbox that can read the folders named and do nothing else. "
                   "The server starts it; people ask by `ciyuan sql`.",
        .options = options,
        .argument_min = 1,
        .argument_max = 16,
        .examples = examples,
    };
    int exit_status = cy_parse_options(&argc, argv, &usage);
    if (exit_status >= 0)
        return exit_status;
    argv[argc] = NULL; /* options were taken out before it */
    struct cy_error error;
    /* The library is loaded, and has made what it makes once, before the doors close. */
    struct cy_duck *duck;
    enum cy_status status = cy_duck_open(&duck, &(struct cy_duck_options){0}, &error);
    if (status == CY_OK) {
        status = cy_duck_run(duck, "SELECT strftime(now(), '%Y'), to_json({'a': lower('Ä')})", &error);
        cy_duck_close(duck);
    }
    bool has_landlock = false;
    if (status == CY_OK) {
        const struct cy_sandbox sandbox = {
            .folders = (const char *const *)argv,
            .memory_bytes =
                (uint64_t)memory_bytes * 2 + (UINT64_C(2) << 30), /* DuckDB's limit is its own count; libraries and stacks come on top */
            .file_count_max = 10000 + FILES_BESIDE,
        };
        status = cy_sandbox_enter(&sandbox, &has_landlock, &error);
    }
    if (!cy_rows_worker_ready(1, status, &error) || status != CY_OK)
        return cy_report(&error);
    _exit(cy_rows_worker_run(0, 1, memory_bytes, (unsigned)cpu_seconds)); /* nothing is left to clean up, and little could be */
}
