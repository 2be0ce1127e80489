#include "cli/fetch_source.h"

#include "base/files.h"
#include "cli/hub_pull.h"
#include "hub/dataset_files.h"

#include <stdlib.h>

/* "hub://a/b@v1/data/x" as the repository "a/b@v1" and the pattern "data/x"; the revision's own "/" must be escaped, as in a URL. */
static struct cy_str split_url(const char *url, struct cy_arena *arena, char **repository)
{
    struct cy_str rest = cy_str(url + strlen("hub://")), name, pattern;
    struct cy_str namespace_name = cy_str_split(rest, '/', &rest);
    name = cy_str_split(rest, '/', &pattern);
    *repository = cy_arena_printf(arena, "%.*s/%.*s", (int)namespace_name.size, namespace_name.data, (int)name.size, name.data);
    return pattern;
}

static const char *cache_folder(struct cy_arena *arena)
{
    const char *own = getenv("CIYUAN_CACHE"), *home = getenv("HOME");
    return own != NULL && own[0] != '\0' ? own : cy_path_join(arena, home != NULL && home[0] != '\0' ? home : ".", ".cache/ciyuan");
}

/* Keeps of the version's files those that are data, or that the pattern matches. */
static enum cy_status choose_files(struct cy_pull *job, struct cy_str pattern)
{
    struct cy_data_file *files = cy_arena_alloc(job->arena, CY_MAX(job->file_count, 1) * sizeof *files);
    struct cy_data_view view;
    for (size_t i = 0; i < job->file_count; i++)
        files[i] = (struct cy_data_file){.path = cy_str(job->files[i].path)};
    enum cy_status status = cy_data_view_make(CY_STR(""), files, job->file_count, job->arena, &view, job->error);
    size_t kept = 0;
    job->all_bytes = 0;
    for (size_t i = 0; i < job->file_count && status == CY_OK; i++) {
        struct cy_str path = cy_str(job->files[i].path);
        bool is_chosen = pattern.size > 0 && cy_path_matches(pattern, path);
        for (size_t k = 0; pattern.size == 0 && k < job->file_count && !is_chosen; k++)
            is_chosen = files[k].format != NULL && cy_str_equal(files[k].path, path);
        if (!is_chosen)
            continue;
        job->all_bytes += job->files[i].size_bytes;
        job->files[kept++] = job->files[i];
    }
    job->file_count = kept;
    if (status == CY_OK && kept == 0)
        status = cy_error_set(job->error, CY_BAD_RECIPE, "%s@%.12s has no file that %s", job->name.path, job->sha,
                              pattern.size > 0 ? "the pattern matches" : "is data: Parquet, JSON Lines, CSV or text");
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct cy_source_file *)a)->name, ((const struct cy_source_file *)b)->name);
}

static void list_sources(const struct cy_pull *job, struct cy_source_file **files, size_t *file_count)
{
    *files = cy_arena_alloc(job->arena, CY_MAX(job->file_count, 1) * sizeof **files);
    *file_count = job->file_count;
    for (size_t i = 0; i < job->file_count; i++)
        (*files)[i] =
            (struct cy_source_file){.path = cy_path_join(job->arena, job->work, job->files[i].path),
                                    .name = cy_arena_printf(job->arena, "hub://%s@%s/%s", job->name.path, job->sha, job->files[i].path),
                                    .format = cy_format_of_path(job->files[i].path),
                                    .size_bytes = job->files[i].size_bytes};
    qsort(*files, *file_count, sizeof **files, by_name);
}

enum cy_status cy_fetch_source(const char *url, struct cy_arena *arena, struct cy_source_file **files, size_t *file_count,
                               struct cy_error *error)
{
    if (strncmp(url, "hub://", 6) != 0) {
        cy_error_set(error, CY_BAD_RECIPE, "\"%s\": sources are files, or lie on a hub", url);
        return cy_error_hint(error, "write hub://ORGANISATION/NAME, or hub://ORGANISATION/NAME@REVISION/data/*.parquet");
    }
    struct cy_pull job = {.arena = arena, .error = error};
    char *repository;
    struct cy_str pattern = split_url(url, arena, &repository);
    enum cy_status status = cy_hub_name_read(repository, arena, &job.name, error);
    if (status == CY_OK)
        status = cy_hub_connect(NULL, &job.remote, error);
    if (status == CY_OK)
        status = cy_pull_find_version(&job);
    if (status == CY_OK)
        status = cy_pull_list_files(&job);
    if (status == CY_OK)
        status = choose_files(&job, pattern);
    if (status == CY_OK) {
        job.work = cy_arena_printf(arena, "%s/hub/%s/%s", cache_folder(arena), job.name.path, job.sha);
        status = cy_pull_bring_all(&job);
    }
    if (status == CY_OK)
        list_sources(&job, files, file_count);
    cy_remote_close(job.remote);
    free(job.files);
    return status;
}
