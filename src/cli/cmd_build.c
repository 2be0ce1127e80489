#include "cli/options.h"
#include "cli/build_report.h"
#include "cli/progress.h"
#include "cli/summary.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_bool stop;

/* The first Ctrl-C stops the run soon; the second ends the program at once, which loses no more than kill -9 does. */
static void on_signal(int number)
{
    if (atomic_exchange(&stop, true)) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* --dry-run: what would be done. */
static void print_plan(const struct cy_plan *plan)
{
    char bytes[32], count[32];
    printf("%s → %s\n", plan->name, plan->output);
    for (size_t i = 0; i < plan->source_count; i++) {
        const struct cy_plan_source *source = &plan->sources[i];
        uint64_t size = 0;
        for (uint32_t j = 0; j < source->file_count; j++)
            size += plan->file_sizes[source->file_first + j];
        printf("  source  %s: %s files, %s, as %s; licence %s, party %s\n", source->path, cy_format_count(source->file_count, count),
               cy_format_bytes(size, bytes), source->format->name, source->license[0] != '\0' ? source->license : "not stated",
               source->party[0] != '\0' ? source->party : "not stated");
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct cy_plan_step *step = &plan->steps[i];
        struct cy_buffer params = {0};
        for (const struct cy_param *param = step->operator->params; param != NULL && param->name != NULL; param++) {
            cy_buffer_printf(&params, "%s%s: ", params.size > 0 ? ", " : "", param->name);
            cy_param_print(param, step->self, &params);
        }
        printf("  step    %s%s {%.*s}\n", step->name, step->operator->barrier != NULL ? " (sees all documents)" : "", (int)params.size,
               params.data != NULL ? params.data : "");
        cy_buffer_release(&params);
    }
}

/* The path as a person would type it here: links and ".." resolved, relative where it lies below the working folder. */
static const char *shown_path(struct cy_arena *arena, const char *path)
{
    char resolved[PATH_MAX], here[PATH_MAX];
    if (realpath(path, resolved) == NULL || getcwd(here, sizeof here) == NULL)
        return path;
    size_t size = strlen(here);
    bool below = strncmp(resolved, here, size) == 0 && resolved[size] == '/';
    return cy_arena_text(arena, below ? resolved + size + 1 : resolved);
}

/* Who is told how far the build is: the screen and the log, and a hub. */
struct listeners {
    struct cy_progress_view view;
    struct cy_build_report *report; /* NULL: no hub */
};

static void show(void *context, const struct cy_progress *progress)
{
    struct listeners *listeners = context;
    cy_progress_show(&listeners->view, progress);
    if (listeners->report != NULL)
        cy_build_report_progress(listeners->report, progress);
}

static int build(const struct cy_plan *plan, struct cy_run_options *options, const char *report_target, bool quiet)
{
    struct cy_error error;
    struct cy_run_result result = {0};
    struct listeners listeners = {.report = NULL};
    struct cy_arena arena = {0};
    const char *log_path = cy_arena_printf(&arena, "%s.log", plan->output);
    char *slash = strrchr(log_path, '/');
    FILE *log = NULL;
    enum cy_status status = CY_OK;
    if (slash != NULL && slash != log_path)
        status = cy_make_folders(cy_arena_printf(&arena, "%.*s", (int)(slash - log_path), log_path), &error);
    const bool log_is_new = !cy_path_exists(log_path);
    if (status == CY_OK && report_target != NULL)
        status = cy_build_report_open(&listeners.report, report_target, &error);
    if (status == CY_OK && (log = fopen(log_path, "ae")) == NULL)
        status = cy_error_errno(&error, "write the log", log_path);
    if (status != CY_OK) {
        cy_build_report_close(listeners.report, status, &result, &error);
        cy_arena_release(&arena);
        return cy_report(&error);
    }
    catch_signals();
    cy_progress_begin(&listeners.view, log, quiet);
    options->progress = show;
    options->progress_context = &listeners;
    options->stop = &stop;
    status = cy_run(plan, options, &result, &error);
    cy_progress_end(&listeners.view);
    cy_build_report_close(listeners.report, status, &result, &error);
    if (status == CY_OK) {
        cy_progress_times(&listeners.view, &result, NULL);
        fprintf(log, "build id %s\n", result.build_id);
        if (result.card_stays)
            fprintf(log, "the text of README.md was changed by hand and is kept; its figures are of an earlier build\n");
        if (result.kept_count == 0)
            fprintf(stderr, "ciyuan: the dataset is empty: no document was kept; `ciyuan verdicts %s` says why\n", plan->output);
        if (!quiet) {
            printf("\n");
            status = cy_summary_print(stdout, plan->output, 30, &error);
            const char *output = shown_path(&arena, plan->output);
            printf("\n  dataset   %s\n  report    %s/build.html\n  log       %s\n  build id  %s\n", output, output,
                   shown_path(&arena, log_path), result.build_id);
            if (result.card_stays)
                printf("\n  the text of README.md was changed by hand and is kept; its figures are of an earlier build\n");
        }
    } else if (listeners.view.any) {
        fprintf(log, "%s\n", error.message);
    } else if (log_is_new) {
        cy_files->remove(log_path); /* refused before any work: nothing is left behind */
    }
    fclose(log);
    cy_run_result_release(&result);
    cy_arena_release(&arena);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}

int cy_cmd_build(int argc, char **argv)
{
    const char *output = NULL, *report = NULL;
    uint64_t threads = 0;
    bool dry_run = false, quiet = false;
    struct cy_run_options run = {0};
    const struct cy_option options[] = {
        CY_OPT_TEXT("output", &output, "DIR", "write the dataset here, whatever the recipe says"),
        CY_OPT_COUNT("threads", &threads, "N", "threads (one a processor); the dataset is the same for any number"),
        CY_OPT_SIZE("memory", &run.memory_bytes, "memory to use at most (a quarter of the machine's); what does not fit goes to disk"),
        CY_OPT_COUNT("limit", &run.record_limit, "N", "read only the first N records"),
        CY_OPT_FLAG("dry-run", &dry_run, "check the recipe and its sources, and show what would be done"),
        CY_OPT_FLAG("restart", &run.restart, "forget what an interrupted run has done"),
        CY_OPT_FLAG("replace", &run.replace, "replace the dataset that is there, when the new one is whole"),
        CY_OPT_SIZE("part", &run.part_bytes, "raw input between two checkpoints (64MiB, at most 256MiB)"),
        CY_OPT_TEXT("report", &report, "[HUB/]ORG/NAME", "tell a hub, in this repository, how far the build is"),
        CY_OPT_FLAG("quiet", &quiet, "no progress, no summary"),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan build recipe.yaml",
        "builds the dataset; run again after an interruption, it goes on where it stopped",
        "ciyuan build recipe.yaml --limit 1000 --output /tmp/try",
        "tries the recipe on the first thousand records",
        NULL,
    };
    int status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "build",
            .arguments = "[<options>] RECIPE",
            .summary =
                "Turns the recipe's sources into a dataset: documents, a verdict for every record that was not kept, and a report. An "
                "interrupted build goes on where it stopped; a dataset that is there stays untouched until the new one is whole.",
            .options = options,
            .argument_min = 1,
            .argument_max = 1,
            .examples = examples,
        });
    if (status >= 0)
        return status;
    enum { THREADS_MAX = 1024 };
    const int64_t part_bytes_max = 256 << 20;
    struct cy_error error;
    struct cy_plan plan;
    if (threads > THREADS_MAX || run.part_bytes > part_bytes_max) {
        cy_error_set(&error, CY_BAD_RECIPE, "--threads goes to 1024, --part to 256MiB");
        return cy_report(&error);
    }
    run.thread_count = (size_t)threads;
    if (cy_plan_open(&plan, argv[0], output, &error) != CY_OK)
        status = cy_report(&error);
    else if (dry_run)
        print_plan(&plan), status = CY_EXIT_OK;
    else
        status = build(&plan, &run, report, quiet);
    cy_plan_release(&plan);
    return status;
}
