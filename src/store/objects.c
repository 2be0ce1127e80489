#include "store/objects_backend.h"

#include "base/files.h"
#include "base/threads.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

bool cy_is_sha256(const char *text)
{
    for (size_t i = 0; i < 64; i++) {
        bool is_digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (!is_digit)
            return false;
    }
    return text[64] == '\0';
}

enum cy_status cy_make_private_folder(const char *path, struct cy_error *error)
{
    enum cy_status status = cy_make_folders(path, error);
    if (status == CY_OK && chmod(path, 0700) != 0)
        status = cy_error_errno(error, "set the rights of", path);
    return status;
}

/* ---- who puts and who removes ---- */

/* Another flight of the other kind with the same object. */
static bool is_met(const struct cy_objects *objects, const struct cy_object_flight *flight)
{
    for (const struct cy_object_flight *other = objects->flights; other != NULL; other = other->next)
        if (other->is_removal != flight->is_removal &&
            (other->sha256 == NULL || flight->sha256 == NULL || strcmp(other->sha256, flight->sha256) == 0))
            return true;
    return false;
}

/* A put waits until the removals that it meets have ended; a removal that meets a put is off (false). */
static bool begin_flight(struct cy_objects *objects, struct cy_object_flight *flight)
{
    pthread_mutex_lock(&objects->flight_lock);
    while (!flight->is_removal && is_met(objects, flight))
        pthread_cond_wait(&objects->flight_ended, &objects->flight_lock);
    bool begins = !is_met(objects, flight);
    if (begins) {
        flight->next = objects->flights;
        objects->flights = flight;
    }
    pthread_mutex_unlock(&objects->flight_lock);
    return begins;
}

static void end_flight(struct cy_objects *objects, const struct cy_object_flight *flight)
{
    pthread_mutex_lock(&objects->flight_lock);
    struct cy_object_flight **link = &objects->flights;
    while (*link != flight)
        link = &(*link)->next;
    *link = flight->next;
    pthread_cond_broadcast(&objects->flight_ended);
    pthread_mutex_unlock(&objects->flight_lock);
}

/* ---- putting many ---- */

enum {
    SPOOLS_MAX = 128, /* open at once */
    PUT_THREADS = 8,  /* requests to S3 at once */
};

/* At most SPOOLS_MAX of them. */
static enum cy_status put_group(struct cy_objects *objects, const struct cy_str *contents, size_t count, char (*sha256)[65],
                                struct cy_error *error)
{
    struct cy_spool *spools = cy_alloc(count * sizeof *spools);
    enum cy_status status = CY_OK;
    size_t opened = 0;
    while (status == CY_OK && opened < count) {
        status = cy_spool_open(objects, &spools[opened], error);
        if (status == CY_OK) {
            status = cy_spool_add(&spools[opened], contents[opened].data, contents[opened].size, error);
            opened++;
        }
    }
    struct cy_object_flight flight = {.sha256 = NULL};
    begin_flight(objects, &flight);
    if (status == CY_OK)
        status = objects->backend->put_spools(objects, spools, count, error);
    end_flight(objects, &flight);
    for (size_t i = 0; i < opened; i++) {
        memcpy(sha256[i], spools[i].sha256, 65);
        cy_spool_drop(&spools[i]); /* one that was put has left its name there */
    }
    free(spools);
    return status;
}

struct put_all {
    struct cy_objects *objects;
    const struct cy_str *contents;
    size_t count;
    char (*sha256)[65];
    _Atomic size_t next;
    enum cy_status statuses[PUT_THREADS];
    struct cy_error errors[PUT_THREADS];
};

static void put_some(void *context, size_t thread)
{
    struct put_all *all = context;
    for (size_t i; all->statuses[thread] == CY_OK && (i = atomic_fetch_add(&all->next, 1)) < all->count;)
        all->statuses[thread] = cy_objects_put_bytes(all->objects, all->contents[i], all->sha256[i], &all->errors[thread]);
}

enum cy_status cy_objects_put_all(struct cy_objects *objects, const struct cy_str *contents, size_t count, char (*sha256)[65],
                                  struct cy_error *error)
{
    enum cy_status status = CY_OK;
    if (objects->backend->put_spools != NULL) {
        for (size_t at = 0; status == CY_OK && at < count; at += SPOOLS_MAX)
            status = put_group(objects, contents + at, CY_MIN(count - at, (size_t)SPOOLS_MAX), sha256 + at, error);
        return status;
    }
    struct put_all *all = cy_alloc_zero(1, sizeof *all);
    all->objects = objects;
    all->contents = contents;
    all->count = count;
    all->sha256 = sha256;
    if (count > 0)
        cy_run_threads(CY_MIN(count, (size_t)PUT_THREADS), put_some, all);
    for (size_t i = 0; status == CY_OK && i < PUT_THREADS; i++)
        if (all->statuses[i] != CY_OK) {
            *error = all->errors[i];
            status = all->statuses[i];
        }
    free(all);
    return status;
}

static enum cy_status check_name(const char *sha256, struct cy_error *error)
{
    if (cy_is_sha256(sha256))
        return CY_OK;
    return cy_error_set(error, CY_BAD_INPUT, "\"%.80s\" is not the sha256 of an object: 64 lower-case hex digits", sha256);
}

enum cy_status cy_objects_open(struct cy_objects **objects, const struct cy_objects_options *options, struct cy_error *error)
{
    const struct cy_objects_backend *backend = options->url == NULL ? &cy_objects_disk : &cy_objects_s3;
    if (options->url != NULL && !cy_str_starts(cy_str(options->url), CY_STR("s3://"))) {
        cy_error_set(error, CY_BAD_RECIPE, "cannot keep objects in \"%.200s\"", options->url);
        return cy_error_hint(error, "s3://bucket/prefix?endpoint=URL, or nothing for files in the data folder");
    }
    struct cy_arena arena = {0};
    char *spool = cy_path_join(&arena, options->data_folder, "spool");
    enum cy_status status = cy_path_exists(options->data_folder) ? CY_OK : cy_make_private_folder(options->data_folder, error);
    if (status == CY_OK)
        status = cy_make_private_folder(spool, error);
    if (status == CY_OK)
        status = backend->open(objects, options, error);
    if (status == CY_OK) {
        (*objects)->backend = backend;
        pthread_mutex_init(&(*objects)->flight_lock, NULL);
        pthread_cond_init(&(*objects)->flight_ended, NULL);
        (*objects)->spool_folder = strcpy(cy_alloc(strlen(spool) + 1), spool);
    }
    cy_arena_release(&arena);
    return status;
}

void cy_objects_close(struct cy_objects *objects)
{
    if (objects == NULL)
        return;
    free(objects->spool_folder);
    pthread_mutex_destroy(&objects->flight_lock);
    pthread_cond_destroy(&objects->flight_ended);
    objects->backend->close(objects);
}

enum cy_status cy_objects_put(struct cy_objects *objects, struct cy_spool *spool, struct cy_error *error)
{
    CY_ASSERT(spool->file >= 0 && spool->sha256[0] != '\0' && spool->objects == objects); /* finished */
    struct cy_object_flight flight = {.sha256 = spool->sha256};
    begin_flight(objects, &flight);
    enum cy_status status = objects->backend->put(objects, spool->path, spool->size_bytes, spool->sha256, error);
    end_flight(objects, &flight);
    if (status == CY_OK) {
        cy_files->close(spool->file);
        free(spool->path);
        spool->file = -1;
        spool->path = NULL;
    }
    return status;
}

enum cy_status cy_objects_put_bytes(struct cy_objects *objects, struct cy_str content, char sha256[65], struct cy_error *error)
{
    struct cy_spool spool;
    enum cy_status status = cy_spool_open(objects, &spool, error);
    if (status == CY_OK)
        status = cy_spool_add(&spool, content.data, content.size, error);
    if (status == CY_OK)
        status = cy_spool_finish(&spool, error);
    if (status == CY_OK)
        status = cy_objects_put(objects, &spool, error);
    if (status == CY_OK)
        memcpy(sha256, spool.sha256, 65);
    cy_spool_drop(&spool);
    return status;
}

enum cy_status cy_objects_stat(struct cy_objects *objects, const char *sha256, bool *exists, uint64_t *size_bytes, struct cy_error *error)
{
    enum cy_status status = check_name(sha256, error);
    int64_t modified_ms;
    return status == CY_OK ? objects->backend->stat(objects, sha256, exists, size_bytes, &modified_ms, error) : status;
}

enum cy_status cy_objects_open_file(struct cy_objects *objects, const char *sha256, int *file, uint64_t *size_bytes, struct cy_error *error)
{
    enum cy_status status = check_name(sha256, error);
    return status == CY_OK ? objects->backend->open_file(objects, sha256, file, size_bytes, error) : status;
}

enum cy_status cy_objects_hold_path(struct cy_objects *objects, const char *sha256, struct cy_arena *arena, const char **path,
                                    struct cy_error *error)
{
    enum cy_status status = check_name(sha256, error);
    return status == CY_OK ? objects->backend->hold_path(objects, sha256, arena, path, error) : status;
}

void cy_objects_release_path(struct cy_objects *objects, const char *sha256)
{
    objects->backend->release_path(objects, sha256);
}

enum cy_status cy_objects_read(struct cy_objects *objects, const char *sha256, uint64_t offset, void *data, size_t size_bytes,
                               size_t *read_bytes, struct cy_error *error)
{
    enum cy_status status = check_name(sha256, error);
    return status == CY_OK ? objects->backend->read(objects, sha256, offset, data, size_bytes, read_bytes, error) : status;
}

enum cy_status cy_objects_read_all(struct cy_objects *objects, const char *sha256, size_t size_max, struct cy_arena *arena,
                                   struct cy_str *content, struct cy_error *error)
{
    bool exists;
    uint64_t size_bytes;
    enum cy_status status = cy_objects_stat(objects, sha256, &exists, &size_bytes, error);
    if (status != CY_OK)
        return status;
    if (!exists)
        return CY_END;
    if (size_bytes > size_max)
        return cy_error_set(error, CY_BAD_INPUT, "object %s has %llu bytes, at most %zu are read at once", sha256,
                            (unsigned long long)size_bytes, size_max);
    char *data = cy_arena_alloc(arena, size_bytes + 1);
    size_t read_bytes = 0;
    if (size_bytes > 0)
        status = cy_objects_read(objects, sha256, 0, data, size_bytes, &read_bytes, error);
    if (status == CY_OK && read_bytes != size_bytes)
        status = cy_error_set(error, CY_IO, "object %s ends after %zu of %llu bytes", sha256, read_bytes, (unsigned long long)size_bytes);
    data[read_bytes] = '\0';
    *content = (struct cy_str){data, read_bytes};
    return status;
}

enum cy_status cy_objects_remove_old(struct cy_objects *objects, const char *sha256, int64_t before_ms, bool *removed,
                                     struct cy_error *error)
{
    bool exists = false;
    uint64_t size_bytes;
    int64_t modified_ms = 0;
    *removed = false;
    enum cy_status status = check_name(sha256, error);
    if (status != CY_OK)
        return status;
    struct cy_object_flight flight = {.sha256 = sha256, .is_removal = true};
    if (!begin_flight(objects, &flight))
        return CY_OK;
    status = objects->backend->stat(objects, sha256, &exists, &size_bytes, &modified_ms, error);
    if (status == CY_OK && exists && modified_ms < before_ms) {
        status = objects->backend->remove(objects, sha256, error);
        *removed = status == CY_OK;
    }
    end_flight(objects, &flight);
    return status;
}

enum cy_status cy_objects_remove(struct cy_objects *objects, const char *sha256, struct cy_error *error)
{
    enum cy_status status = check_name(sha256, error);
    return status == CY_OK ? objects->backend->remove(objects, sha256, error) : status;
}

enum cy_status cy_objects_each(struct cy_objects *objects, cy_objects_visit *each, void *context, struct cy_error *error)
{
    return objects->backend->each(objects, each, context, error);
}
