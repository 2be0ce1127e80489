#include "cli/options.h"

#include "base/threads.h"
#include "cli/verdict_explain.h"
#include "dataset/read.h"
#include "dataset/report_view.h"

#include <stdio.h>

enum {
    THREADS_MAX = 16, /* more would wait for the disk */
    NAME_CHARS_MAX = 1024,
};

/* "data/train-00000.parquet: missing"; without the control characters that a terminal would obey. */
static void print_difference(const struct cy_difference *difference)
{
    struct cy_buffer line = {0};
    cy_verdict_add_excerpt(&line, cy_str(difference->name), NAME_CHARS_MAX);
    printf("%.*s: %s\n", (int)line.size, line.data, difference->problem);
    cy_buffer_release(&line);
}

static void print_result(const struct cy_dataset *dataset, size_t difference_count)
{
    struct cy_buffer line = {0};
    uint64_t size_bytes = 0;
    for (size_t i = 0; i < dataset->file_count; i++)
        size_bytes += dataset->files[i].size_bytes;
    if (difference_count == 0) {
        cy_buffer_add_text(&line, "good: ");
        cy_buffer_add_count(&line, dataset->file_count);
        cy_buffer_add_text(&line, " files, ");
        cy_buffer_add_bytes(&line, size_bytes);
        cy_buffer_add_text(&line, ", all as MANIFEST says");
    } else {
        cy_buffer_printf(&line, "broken: %zu %s, of %zu files in MANIFEST", difference_count,
                         difference_count == 1 ? "difference" : "differences", dataset->file_count);
    }
    printf("%.*s\nbuild id %s\n", (int)line.size, line.data, dataset->build_id);
    cy_buffer_release(&line);
}

static enum cy_status verify(const char *folder, bool *good, struct cy_error *error)
{
    struct cy_dataset dataset = {0};
    struct cy_arena arena = {0};
    struct cy_difference *differences;
    size_t count = 0;
    enum cy_status status = cy_dataset_read_manifest(&dataset, folder, error);
    if (status == CY_OK)
        status = cy_dataset_differences(&dataset, CY_MIN(cy_cpu_count(), THREADS_MAX), NULL, &arena, &differences, &count, error);
    if (status == CY_OK) {
        for (size_t i = 0; i < count; i++)
            print_difference(&differences[i]);
        print_result(&dataset, count);
        *good = count == 0;
    }
    cy_arena_release(&arena);
    cy_dataset_release(&dataset);
    return status;
}

int cy_cmd_verify(int argc, char **argv)
{
    const struct cy_option options[] = {CY_OPT_END};
    static const char *const examples[] = {"ciyuan verify out/web-en", "check every file, and print the build id", NULL, NULL};
    int exit_status =
        cy_parse_options(&argc, argv,
                         &(struct cy_usage){
                             .command = "verify",
                             .arguments = "DATASET",
                             .summary = "Checks size and SHA-256 of every file that MANIFEST names, and that data/ and verdicts/ hold "
                                        "no other. Prints what differs and the build id, which is the SHA-256 of MANIFEST. "
                                        "Exit status 1 when anything differs.",
                             .options = options,
                             .argument_min = 1,
                             .argument_max = 1,
                             .examples = examples,
                         });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    bool good = false;
    if (verify(argv[0], &good, &error) != CY_OK)
        return cy_report(&error);
    return good ? CY_EXIT_OK : CY_EXIT_FAILED;
}
