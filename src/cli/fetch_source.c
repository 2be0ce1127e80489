#include "cli/fetch_source.h"

#include "base/files.h"
#include "base/hash.h"
#include "cli/hub_pull.h"
#include "hub/dataset_files.h"
#include "store/s3_list.h"

#include <stdlib.h>
#include <unistd.h>

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

/* ---- hub:// ---- */

static enum cy_status fetch_from_hub(const char *url, struct cy_arena *arena, struct cy_source_file **files, size_t *file_count,
                                     struct cy_error *error)
{
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

/* ---- s3:// ---- */

/* s3://bucket/key or pattern[?endpoint=URL…] */
struct s3_source {
    struct cy_arena *arena;
    struct cy_s3 *s3;
    struct cy_str bucket, pattern, query;
    struct cy_source_file *files;
    const char **etags;
    size_t count, capacity;
};

static enum cy_status keep_object(void *context, const struct cy_s3_entry *entry, struct cy_error *error)
{
    struct s3_source *source = context;
    (void)error;
    bool is_folder = cy_str_ends(source->pattern, CY_STR("/")) || source->pattern.size == 0;
    if (!(is_folder ? cy_format_of_path(cy_arena_printf(source->arena, "%.*s", (int)entry->key.size, entry->key.data)) != NULL
                    : cy_path_matches(source->pattern, entry->key)))
        return CY_OK;
    if (source->count == source->capacity) {
        source->capacity = CY_MAX(2 * source->capacity, 64);
        source->files = cy_realloc(source->files, source->capacity * sizeof *source->files);
        source->etags = cy_realloc(source->etags, source->capacity * sizeof *source->etags);
    }
    const char *key = cy_arena_printf(source->arena, "%.*s", (int)entry->key.size, entry->key.data);
    source->etags[source->count] = cy_arena_printf(source->arena, "%.*s", (int)entry->etag.size, entry->etag.data);
    source->files[source->count++] =
        (struct cy_source_file){.name = cy_arena_printf(source->arena, "s3://%.*s/%s", (int)source->bucket.size, source->bucket.data, key),
                                .format = cy_format_of_path(key),
                                .size_bytes = entry->size_bytes};
    return CY_OK;
}

/* What stands before the first character that is special in a pattern: the prefix to list. */
static const char *fixed_part(const struct s3_source *source)
{
    size_t size = 0;
    while (size < source->pattern.size && strchr("*?[{", source->pattern.data[size]) == NULL)
        size++;
    return cy_arena_printf(source->arena, "%.*s", (int)size, source->pattern.data);
}

static enum cy_status write_part(void *context, const void *data, size_t size_bytes, struct cy_error *error)
{
    struct cy_writer *writer = context;
    cy_writer_add(writer, data, size_bytes);
    if (writer->status != CY_OK)
        *error = writer->error;
    return writer->status;
}

static void begin_again(void *context)
{
    struct cy_writer *writer = context;
    cy_buffer_clear(&writer->buffer);
    if (writer->status == CY_OK && (ftruncate(writer->file, 0) != 0 || lseek(writer->file, 0, SEEK_SET) != 0))
        writer->status = cy_error_errno(&writer->error, "begin again", writer->path);
    writer->size_bytes = 0;
}

/* An object into its place in the cache, whole or not at all. */
static enum cy_status fetch_object(struct s3_source *source, struct cy_source_file *file, const char *etag, struct cy_error *error)
{
    const char *key = file->name + strlen("s3://") + source->bucket.size + 1;
    struct cy_hash128 hash =
        cy_hash128(cy_str(cy_arena_printf(source->arena, "%.*s %s %s %llu", (int)source->query.size, source->query.data, file->name, etag,
                                          (unsigned long long)file->size_bytes)));
    const char *folder = cy_arena_printf(source->arena, "%s/s3/%016llx%016llx", cache_folder(source->arena), (unsigned long long)hash.high,
                                         (unsigned long long)hash.low);
    const char *slash = strrchr(key, '/');
    file->path = cy_path_join(source->arena, folder, slash != NULL ? slash + 1 : key);
    if (cy_path_exists(file->path))
        return CY_OK;
    struct cy_writer writer;
    const char *temporary = cy_arena_printf(source->arena, "%s.part", file->path);
    enum cy_status status = cy_make_folders(folder, error);
    if (status == CY_OK)
        status = cy_writer_open(&writer, temporary, error);
    if (status != CY_OK)
        return status;
    struct cy_s3_call call = {.method = "GET", .key = key, .sink = write_part, .restart = begin_again, .context = &writer};
    status = cy_s3_run(source->s3, &call, error);
    cy_buffer_release(&call.answer);
    if (status == CY_OK && call.http_status == 404)
        status = cy_error_set(error, CY_FAILED, "\"%s\" went away while it was being read", file->name);
    if (status == CY_OK && writer.size_bytes != file->size_bytes)
        status = cy_error_set(error, CY_FAILED, "\"%s\" came with %llu bytes and was listed with %llu", file->name,
                              (unsigned long long)writer.size_bytes, (unsigned long long)file->size_bytes);
    if (status != CY_OK) {
        cy_writer_abandon(&writer);
        return status;
    }
    status = cy_writer_close(&writer, error);
    if (status == CY_OK && cy_files->rename(temporary, file->path) != 0)
        status = cy_error_errno(error, "write", file->path);
    return status;
}

static enum cy_status fetch_from_s3(const char *url, struct cy_arena *arena, struct cy_source_file **files, size_t *file_count,
                                    struct cy_error *error)
{
    struct s3_source source = {.arena = arena};
    struct cy_str rest = cy_str_split(cy_str(url + strlen("s3://")), '?', &source.query);
    source.bucket = cy_str_split(rest, '/', &source.pattern);
    const char *bucket_url = cy_arena_printf(arena, "s3://%.*s%s%.*s", (int)source.bucket.size, source.bucket.data,
                                             source.query.size > 0 ? "?" : "", (int)source.query.size, source.query.data);
    enum cy_status status = cy_s3_open(&source.s3, bucket_url, error);
    if (status == CY_OK)
        status = cy_s3_list(source.s3, fixed_part(&source), keep_object, &source, error);
    if (status == CY_OK && source.count == 0)
        status = cy_error_set(error, CY_BAD_RECIPE, "no object of the bucket %.*s matches \"%.*s\"", (int)source.bucket.size,
                              source.bucket.data, (int)source.pattern.size, source.pattern.data);
    for (size_t i = 0; i < source.count && status == CY_OK; i++)
        status = fetch_object(&source, &source.files[i], source.etags[i], error);
    if (status == CY_OK) {
        *files = cy_arena_alloc(arena, source.count * sizeof **files);
        memcpy(*files, source.files, source.count * sizeof **files);
        *file_count = source.count;
        qsort(*files, *file_count, sizeof **files, by_name);
    }
    cy_s3_close(source.s3);
    free(source.files);
    free(source.etags);
    return status;
}

enum cy_status cy_fetch_source(const char *url, struct cy_arena *arena, struct cy_source_file **files, size_t *file_count,
                               struct cy_error *error)
{
    if (strncmp(url, "hub://", 6) == 0)
        return fetch_from_hub(url, arena, files, file_count, error);
    if (strncmp(url, "s3://", 5) == 0)
        return fetch_from_s3(url, arena, files, file_count, error);
    cy_error_set(error, CY_BAD_RECIPE, "\"%s\": sources are files, or lie on a hub or in S3", url);
    return cy_error_hint(error, "write hub://ORGANISATION/NAME[@REVISION][/data/*.parquet], or s3://BUCKET/prefix/*.jsonl.gz?endpoint=URL");
}
