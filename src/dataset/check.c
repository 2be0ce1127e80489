/* A dataset's files are held against its MANIFEST. */
#include "dataset/dataset.h"

#include "base/hash.h"
#include "base/threads.h"
#include "dataset/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What a file of MANIFEST turned out to be. */
struct look {
    const struct cy_manifest_file *file;
    char problem[1200]; /* empty: it is as MANIFEST says */
};

struct checking {
    const char *folder;
    struct look *looks; /* the largest file first */
    size_t look_count;
    atomic_size_t next; /* of looks, for the threads */
    const atomic_bool *stop;
};

static int compare_sizes(const void *a, const void *b)
{
    const struct look *one = a, *other = b;
    if (one->file->size_bytes != other->file->size_bytes)
        return one->file->size_bytes < other->file->size_bytes ? 1 : -1;
    return strcmp(one->file->name, other->file->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct cy_difference *)a)->name, ((const struct cy_difference *)b)->name);
}

static void look_at(const char *folder, const atomic_bool *stop, struct look *look)
{
    const struct cy_manifest_file *file = look->file;
    struct cy_arena arena = {0};
    const char *path = cy_path_join(&arena, folder, file->name);
    struct stat status;
    struct cy_error error;
    char hex[65];
    uint64_t size_bytes;
    if (lstat(path, &status) != 0)
        snprintf(look->problem, sizeof look->problem, "%s", errno == ENOENT ? "missing" : strerror(errno));
    else if (!S_ISREG(status.st_mode))
        snprintf(look->problem, sizeof look->problem, "not a plain file");
    else if ((uint64_t)status.st_size != file->size_bytes)
        snprintf(look->problem, sizeof look->problem, "%llu bytes, MANIFEST says %llu", (unsigned long long)status.st_size,
                 (unsigned long long)file->size_bytes);
    else if (cy_sha256_file(path, stop, hex, &size_bytes, &error) != CY_OK)
        snprintf(look->problem, sizeof look->problem, "%s", error.message);
    else if (strcmp(hex, file->sha256) != 0)
        snprintf(look->problem, sizeof look->problem, "sha256 %s, MANIFEST says %s", hex, file->sha256);
    cy_arena_release(&arena);
}

static void look_at_files(void *context, size_t thread)
{
    struct checking *checking = context;
    size_t index;
    (void)thread;
    while ((index = atomic_fetch_add(&checking->next, 1)) < checking->look_count)
        look_at(checking->folder, checking->stop, &checking->looks[index]);
}

/* ---- files that MANIFEST does not name ---- */

struct differences {
    struct cy_difference *items;
    size_t count, capacity;
    struct cy_arena *arena;
};

static void add_difference(struct differences *differences, const char *name, const char *problem)
{
    if (differences->count == differences->capacity) {
        size_t capacity = CY_MAX(2 * differences->capacity, 16);
        struct cy_difference *grown = cy_arena_alloc(differences->arena, capacity * sizeof *grown);
        if (differences->count > 0)
            memcpy(grown, differences->items, differences->count * sizeof *grown);
        differences->items = grown;
        differences->capacity = capacity;
    }
    differences->items[differences->count++] =
        (struct cy_difference){cy_arena_text(differences->arena, name), cy_arena_text(differences->arena, problem)};
}

static bool is_named(const struct cy_dataset *dataset, const char *name)
{
    for (size_t i = 0; i < dataset->file_count; i++)
        if (strcmp(dataset->files[i].name, name) == 0)
            return true;
    return false;
}

/* In data/ and verdicts/ alone: who loads the folder by a pattern would read them too. */
static enum cy_status add_extra(const struct cy_dataset *dataset, struct differences *differences, struct cy_error *error)
{
    static const char *const folders[] = {"data", "verdicts"};
    for (size_t i = 0; i < CY_COUNT(folders); i++) {
        const char *folder = cy_path_join(differences->arena, dataset->folder, folders[i]);
        char **names;
        size_t name_count;
        if (!cy_path_is_folder(folder))
            continue;
        enum cy_status status = cy_list_folder(folder, differences->arena, &names, &name_count, error);
        if (status != CY_OK)
            return status;
        for (size_t j = 0; j < name_count; j++) {
            const char *name = cy_path_join(differences->arena, folders[i], names[j]);
            if (!is_named(dataset, name))
                add_difference(differences, name, "not in MANIFEST");
        }
    }
    return CY_OK;
}

enum cy_status cy_dataset_differences(const struct cy_dataset *dataset, size_t thread_count, const atomic_bool *stop,
                                      struct cy_arena *arena, struct cy_difference **items, size_t *count, struct cy_error *error)
{
    struct checking checking = {.folder = dataset->folder, .look_count = dataset->file_count, .stop = stop};
    struct differences differences = {.arena = arena};
    checking.looks = cy_alloc_zero(CY_MAX(dataset->file_count, 1), sizeof *checking.looks);
    for (size_t i = 0; i < dataset->file_count; i++)
        checking.looks[i].file = &dataset->files[i];
    qsort(checking.looks, checking.look_count, sizeof *checking.looks, compare_sizes); /* the longest work begins first */
    cy_run_threads(CY_MIN(thread_count, CY_MAX(checking.look_count, 1)), look_at_files, &checking);
    for (size_t i = 0; i < checking.look_count; i++)
        if (checking.looks[i].problem[0] != '\0')
            add_difference(&differences, checking.looks[i].file->name, checking.looks[i].problem);
    free(checking.looks);
    enum cy_status status = cy_check_stop(stop, error);
    if (status == CY_OK)
        status = add_extra(dataset, &differences, error);
    if (differences.count > 1)
        qsort(differences.items, differences.count, sizeof *differences.items, compare_names);
    *items = differences.items;
    *count = differences.count;
    return status;
}

enum cy_status cy_dataset_check(const char *folder, size_t thread_count, const atomic_bool *stop, char build_id[65], struct cy_error *error)
{
    struct cy_dataset dataset = {0};
    struct cy_arena arena = {0};
    struct cy_difference *differences;
    size_t count;
    enum cy_status status = cy_dataset_read_manifest(&dataset, folder, error);
    if (status == CY_OK)
        status = cy_dataset_differences(&dataset, thread_count, stop, &arena, &differences, &count, error);
    if (status == CY_OK && count > 0)
        status = cy_error_set(error, CY_FAILED, "\"%s/%s\": %s", folder, differences[0].name, differences[0].problem);
    memcpy(build_id, dataset.build_id, sizeof dataset.build_id);
    cy_arena_release(&arena);
    cy_dataset_release(&dataset);
    return status;
}
