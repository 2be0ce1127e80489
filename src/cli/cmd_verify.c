#include "cli/options.h"

#include "base/hash.h"
#include "base/threads.h"
#include "cli/verdict_explain.h"
#include "dataset/read.h"
#include "dataset/report_view.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    THREADS_MAX = 16, /* more would wait for the disk */
    NAME_CHARS_MAX = 1024,
};

/* What a file turned out to be. */
struct finding {
    const struct cy_manifest_file *file;
    char problem[1200]; /* empty: it is as MANIFEST says */
};

struct check {
    const struct cy_dataset *dataset;
    struct finding *findings; /* one a file of MANIFEST, the largest first */
    atomic_size_t next;       /* of findings, for the threads */
    atomic_uint_fast64_t hashed_bytes;
};

static int compare_sizes(const void *a, const void *b)
{
    const struct finding *one = a, *other = b;
    if (one->file->size_bytes != other->file->size_bytes)
        return one->file->size_bytes < other->file->size_bytes ? 1 : -1;
    return strcmp(one->file->name, other->file->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct finding *)a)->file->name, ((const struct finding *)b)->file->name);
}

static void check_file(struct check *check, struct finding *finding)
{
    const struct cy_manifest_file *file = finding->file;
    struct cy_arena arena = {0};
    const char *path = cy_path_join(&arena, check->dataset->folder, file->name);
    struct stat status;
    struct cy_error error;
    char hex[65];
    uint64_t size_bytes;
    if (lstat(path, &status) != 0)
        snprintf(finding->problem, sizeof finding->problem, "%s", errno == ENOENT ? "missing" : strerror(errno));
    else if (!S_ISREG(status.st_mode))
        snprintf(finding->problem, sizeof finding->problem, "not a plain file");
    else if ((uint64_t)status.st_size != file->size_bytes)
        snprintf(finding->problem, sizeof finding->problem, "%llu bytes, MANIFEST says %llu", (unsigned long long)status.st_size,
                 (unsigned long long)file->size_bytes);
    else if (cy_sha256_file(path, hex, &size_bytes, &error) != CY_OK)
        snprintf(finding->problem, sizeof finding->problem, "%s", error.message);
    else if (strcmp(hex, file->sha256) != 0)
        snprintf(finding->problem, sizeof finding->problem, "sha256 %s, MANIFEST says %s", hex, file->sha256);
    if (finding->problem[0] == '\0')
        atomic_fetch_add(&check->hashed_bytes, file->size_bytes);
    cy_arena_release(&arena);
}

static void check_files(void *context, size_t thread)
{
    struct check *check = context;
    (void)thread;
    for (;;) {
        size_t index = atomic_fetch_add(&check->next, 1);
        if (index >= check->dataset->file_count)
            return;
        check_file(check, &check->findings[index]);
    }
}

/* "data/train-00000.parquet: missing"; a name is printed without the control characters that a terminal would obey. */
static void print_problem(const char *name, const char *problem)
{
    struct cy_buffer line = {0};
    cy_verdict_add_excerpt(&line, cy_str(name), NAME_CHARS_MAX);
    printf("%.*s: %s\n", (int)line.size, line.data, problem);
    cy_buffer_release(&line);
}

static bool in_manifest(const struct cy_dataset *dataset, const char *name)
{
    for (size_t i = 0; i < dataset->file_count; i++)
        if (strcmp(dataset->files[i].name, name) == 0)
            return true;
    return false;
}

/* Files of data/ and verdicts/ that MANIFEST does not name: who loads the folder by a pattern would read them too. */
static enum cy_status print_extra(const struct cy_dataset *dataset, struct cy_arena *arena, size_t *problem_count, struct cy_error *error)
{
    static const char *const folders[] = {"data", "verdicts"};
    for (size_t i = 0; i < CY_COUNT(folders); i++) {
        const char *folder = cy_path_join(arena, dataset->folder, folders[i]);
        char **names;
        size_t name_count;
        if (!cy_path_is_folder(folder))
            continue;
        enum cy_status status = cy_list_folder(folder, arena, &names, &name_count, error);
        if (status != CY_OK)
            return status;
        for (size_t j = 0; j < name_count; j++) {
            const char *name = cy_path_join(arena, folders[i], names[j]);
            if (in_manifest(dataset, name))
                continue;
            print_problem(name, "not in MANIFEST");
            (*problem_count)++;
        }
    }
    return CY_OK;
}

static enum cy_status verify(const char *folder, bool *good, struct cy_error *error)
{
    struct cy_dataset dataset = {0};
    struct cy_arena arena = {0};
    struct cy_buffer line = {0};
    struct check check = {.dataset = &dataset};
    size_t problem_count = 0;
    enum cy_status status = cy_dataset_read_manifest(&dataset, folder, error);
    if (status != CY_OK)
        goto out;
    check.findings = cy_alloc_zero(CY_MAX(dataset.file_count, 1), sizeof *check.findings);
    for (size_t i = 0; i < dataset.file_count; i++)
        check.findings[i].file = &dataset.files[i];
    qsort(check.findings, dataset.file_count, sizeof *check.findings, compare_sizes); /* the longest work begins first */
    cy_run_threads(CY_MIN(CY_MIN(cy_cpu_count(), THREADS_MAX), CY_MAX(dataset.file_count, 1)), check_files, &check);
    qsort(check.findings, dataset.file_count, sizeof *check.findings, compare_names);
    for (size_t i = 0; i < dataset.file_count; i++) {
        if (check.findings[i].problem[0] == '\0')
            continue;
        print_problem(check.findings[i].file->name, check.findings[i].problem);
        problem_count++;
    }
    status = print_extra(&dataset, &arena, &problem_count, error);
    if (status != CY_OK)
        goto out;
    *good = problem_count == 0;
    if (*good) {
        cy_buffer_add_text(&line, "good: ");
        cy_buffer_add_count(&line, dataset.file_count);
        cy_buffer_add_text(&line, " files, ");
        cy_buffer_add_bytes(&line, atomic_load(&check.hashed_bytes));
        cy_buffer_add_text(&line, ", all as MANIFEST says");
    } else {
        cy_buffer_printf(&line, "broken: %zu %s, of %zu files in MANIFEST", problem_count,
                         problem_count == 1 ? "difference" : "differences", dataset.file_count);
    }
    printf("%.*s\nbuild id %s\n", (int)line.size, line.data, dataset.build_id);
out:
    free(check.findings);
    cy_buffer_release(&line);
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
