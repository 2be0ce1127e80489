#include "store/object_cache.h"

#include "base/files.h"
#include "store/objects_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 1 << 14 }; /* of the hash table; a cache of a million copies has lists of 61 */

struct copy {
    char sha256[65];
    char *path; /* owned */
    uint64_t size_bytes;
    unsigned hold_count; /* who waits for its fetch holds it as well */
    enum { FETCHING, THERE, FAILED } state;
    bool is_doomed;           /* removed, as soon as nobody holds it */
    struct cy_error *failure; /* of FAILED; owned */
    struct copy *next_of_slot;
    struct copy *newer, *older; /* by last use; fetching and failed ones are in no list */
};

struct cy_object_cache {
    char *folder; /* owned */
    uint64_t bytes_max, bytes;
    unsigned fetch_number;
    pthread_mutex_t lock;
    pthread_cond_t is_changed;
    struct copy *newest, *oldest;
    struct copy *slots[SLOTS];
};

/* ---- the table and the list; under the lock ---- */

static struct copy **slot_of(struct cy_object_cache *cache, const char *sha256)
{
    char digits[9];
    snprintf(digits, sizeof digits, "%.8s", sha256);
    return &cache->slots[strtoul(digits, NULL, 16) % SLOTS];
}

static struct copy *find(struct cy_object_cache *cache, const char *sha256)
{
    struct copy *copy = *slot_of(cache, sha256);
    while (copy != NULL && strcmp(copy->sha256, sha256) != 0)
        copy = copy->next_of_slot;
    return copy;
}

static struct copy *add(struct cy_object_cache *cache, const char *sha256)
{
    struct copy *copy = cy_alloc_zero(1, sizeof *copy), **slot = slot_of(cache, sha256);
    size_t path_bytes = strlen(cache->folder) + sizeof "/ab/" + 64;
    memcpy(copy->sha256, sha256, 65);
    copy->path = cy_alloc(path_bytes);
    snprintf(copy->path, path_bytes, "%s/%.2s/%s", cache->folder, sha256, sha256);
    copy->next_of_slot = *slot;
    *slot = copy;
    return copy;
}

static void unlist(struct cy_object_cache *cache, struct copy *copy)
{
    *(copy->newer != NULL ? &copy->newer->older : &cache->newest) = copy->older;
    *(copy->older != NULL ? &copy->older->newer : &cache->oldest) = copy->newer;
    copy->newer = copy->older = NULL;
}

static void list_as_newest(struct cy_object_cache *cache, struct copy *copy)
{
    copy->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = copy;
    cache->newest = copy;
}

static void forget(struct cy_object_cache *cache, struct copy *copy)
{
    struct copy **link = slot_of(cache, copy->sha256);
    while (*link != copy)
        link = &(*link)->next_of_slot;
    *link = copy->next_of_slot;
    cache->bytes -= copy->size_bytes;
    free(copy->failure);
    free(copy->path);
    free(copy);
}

static void drop(struct cy_object_cache *cache, struct copy *copy)
{
    unlink(copy->path); /* who has it open reads on */
    unlist(cache, copy);
    forget(cache, copy);
}

/* Evicts from the oldest on until `size_bytes` more fit. */
static bool make_room(struct cy_object_cache *cache, uint64_t size_bytes)
{
    for (struct copy *copy = cache->oldest, *newer; copy != NULL && cache->bytes + size_bytes > cache->bytes_max; copy = newer) {
        newer = copy->newer;
        if (copy->hold_count == 0)
            drop(cache, copy);
    }
    return cache->bytes + size_bytes <= cache->bytes_max;
}

static void let_go(struct cy_object_cache *cache, struct copy *copy)
{
    CY_ASSERT(copy->hold_count > 0);
    if (--copy->hold_count > 0)
        return;
    if (copy->state == FAILED)
        forget(cache, copy);
    else if (copy->is_doomed)
        drop(cache, copy);
}

/* ---- opening ---- */

struct found {
    char sha256[65];
    uint64_t size_bytes;
    struct timespec used;
};

static int compare_found(const void *a, const void *b)
{
    const struct found *one = a, *other = b;
    if (one->used.tv_sec != other->used.tv_sec)
        return one->used.tv_sec < other->used.tv_sec ? -1 : 1;
    return (one->used.tv_nsec > other->used.tv_nsec) - (one->used.tv_nsec < other->used.tv_nsec);
}

/* Copies of an earlier process, the ones used last as the newest; what is no copy is removed. */
static enum cy_status read_folder(struct cy_object_cache *cache, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer all = {0};
    char **folders, **names;
    size_t folder_count, name_count;
    enum cy_status status = cy_list_folder(cache->folder, &arena, &folders, &folder_count, error);
    for (size_t i = 0; status == CY_OK && i < folder_count; i++) {
        const char *folder = cy_path_join(&arena, cache->folder, folders[i]);
        if (!cy_path_is_folder(folder))
            continue;
        status = cy_list_folder(folder, &arena, &names, &name_count, error);
        for (size_t j = 0; status == CY_OK && j < name_count; j++) {
            struct found found;
            struct stat about;
            const char *path = cy_path_join(&arena, folder, names[j]);
            if (!cy_is_sha256(names[j])) {
                unlink(path); /* a fetch that a crash cut short */
            } else if (lstat(path, &about) == 0 && S_ISREG(about.st_mode)) {
                memcpy(found.sha256, names[j], 65);
                found.size_bytes = (uint64_t)about.st_size;
                found.used = about.st_mtim;
                cy_buffer_add(&all, &found, sizeof found);
            }
        }
    }
    struct found *list = (struct found *)all.data;
    size_t count = all.size / sizeof *list;
    if (count > 0)
        qsort(list, count, sizeof *list, compare_found);
    for (size_t i = 0; i < count; i++) {
        struct copy *copy = add(cache, list[i].sha256);
        copy->size_bytes = list[i].size_bytes;
        copy->state = THERE;
        cache->bytes += copy->size_bytes;
        list_as_newest(cache, copy);
    }
    make_room(cache, 0);
    cy_buffer_release(&all);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_object_cache_open(struct cy_object_cache **out, const char *folder, uint64_t bytes_max, struct cy_error *error)
{
    struct cy_object_cache *cache = cy_alloc_zero(1, sizeof *cache);
    cache->folder = strcpy(cy_alloc(strlen(folder) + 1), folder);
    cache->bytes_max = bytes_max;
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->is_changed, NULL);
    enum cy_status status = cy_make_private_folder(folder, error);
    if (status == CY_OK)
        status = read_folder(cache, error);
    if (status == CY_OK)
        *out = cache;
    else
        cy_object_cache_close(cache);
    return status;
}

void cy_object_cache_close(struct cy_object_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->newest != NULL) {
        struct copy *copy = cache->newest;
        CY_ASSERT(copy->hold_count == 0);
        unlist(cache, copy);
        forget(cache, copy);
    }
    pthread_mutex_destroy(&cache->lock);
    pthread_cond_destroy(&cache->is_changed);
    free(cache->folder);
    free(cache);
}

/* ---- holding ---- */

/* The first who asks: reserves room, fetches outside the lock, and tells all who wait. Called and returns under the lock. */
static enum cy_status fetch_copy(struct cy_object_cache *cache, struct copy *copy, const struct cy_object_fetch *fetch,
                                 struct cy_error *error)
{
    struct cy_arena arena = {0};
    uint64_t size_bytes = 0;
    char *temporary = cy_arena_printf(&arena, "%s/%.2s/fetch-%u", cache->folder, copy->sha256, cache->fetch_number++);
    pthread_mutex_unlock(&cache->lock);
    enum cy_status status = fetch->size(fetch->context, copy->sha256, &size_bytes, error);
    pthread_mutex_lock(&cache->lock);
    if (status == CY_OK && !make_room(cache, size_bytes)) {
        cy_error_set(error, CY_FAILED, "object %s has %llu bytes and does not fit into the cache of %llu bytes", copy->sha256,
                     (unsigned long long)size_bytes, (unsigned long long)cache->bytes_max);
        status = cy_error_hint(error, "make the cache larger, or try again when other files are no longer read");
    }
    if (status == CY_OK) {
        copy->size_bytes = size_bytes;
        cache->bytes += size_bytes;
        pthread_mutex_unlock(&cache->lock);
        char *folder = cy_arena_printf(&arena, "%s/%.2s", cache->folder, copy->sha256);
        status = cy_make_folders(folder, error);
        if (status == CY_OK)
            status = fetch->fetch(fetch->context, copy->sha256, size_bytes, temporary, error);
        if (status == CY_OK && rename(temporary, copy->path) != 0)
            status = cy_error_errno(error, "store the copy", copy->path);
        if (status != CY_OK)
            unlink(temporary);
        pthread_mutex_lock(&cache->lock);
    }
    copy->state = status == CY_OK ? THERE : FAILED;
    if (status == CY_OK) {
        list_as_newest(cache, copy);
    } else {
        cache->bytes -= copy->size_bytes;
        copy->size_bytes = 0;
        copy->failure = cy_alloc(sizeof *copy->failure);
        *copy->failure = *error;
        copy->failure->status = status;
    }
    pthread_cond_broadcast(&cache->is_changed);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_object_cache_hold(struct cy_object_cache *cache, const char *sha256, const struct cy_object_fetch *fetch,
                                    const char **path, uint64_t *size_bytes, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    pthread_mutex_lock(&cache->lock);
    struct copy *copy = find(cache, sha256);
    while (copy != NULL && copy->state == FAILED) { /* those who waited have not all gone yet: then it is tried anew */
        pthread_cond_wait(&cache->is_changed, &cache->lock);
        copy = find(cache, sha256);
    }
    if (copy == NULL) {
        copy = add(cache, sha256);
        copy->hold_count = 1;
        status = fetch_copy(cache, copy, fetch, error);
    } else {
        copy->hold_count++;
        while (copy->state == FETCHING)
            pthread_cond_wait(&cache->is_changed, &cache->lock);
        if (copy->state == FAILED) {
            *error = *copy->failure;
            status = copy->failure->status;
        } else {
            unlist(cache, copy);
            list_as_newest(cache, copy);
            utimensat(AT_FDCWD, copy->path, NULL, AT_SYMLINK_NOFOLLOW); /* the order outlives the process */
        }
    }
    if (status == CY_OK) {
        *path = copy->path;
        *size_bytes = copy->size_bytes;
    } else {
        let_go(cache, copy);
        pthread_cond_broadcast(&cache->is_changed);
    }
    pthread_mutex_unlock(&cache->lock);
    return status;
}

void cy_object_cache_release(struct cy_object_cache *cache, const char *sha256)
{
    pthread_mutex_lock(&cache->lock);
    struct copy *copy = find(cache, sha256);
    CY_ASSERT(copy != NULL);
    let_go(cache, copy);
    pthread_mutex_unlock(&cache->lock);
}

void cy_object_cache_adopt(struct cy_object_cache *cache, const char *sha256, const char *path, uint64_t size_bytes)
{
    struct cy_error unheard;
    struct cy_arena arena = {0};
    char *folder = cy_arena_printf(&arena, "%s/%.2s", cache->folder, sha256);
    pthread_mutex_lock(&cache->lock);
    bool is_taken = false;
    if (find(cache, sha256) == NULL && size_bytes <= cache->bytes_max / 4 && make_room(cache, size_bytes) &&
        cy_make_folders(folder, &unheard) == CY_OK) { /* one upload does not sweep the cache */
        struct copy *copy = add(cache, sha256);
        is_taken = rename(path, copy->path) == 0;
        copy->size_bytes = size_bytes;
        copy->state = THERE;
        cache->bytes += size_bytes;
        list_as_newest(cache, copy);
        if (!is_taken)
            drop(cache, copy);
    }
    pthread_mutex_unlock(&cache->lock);
    if (!is_taken)
        unlink(path);
    cy_arena_release(&arena);
}

void cy_object_cache_remove(struct cy_object_cache *cache, const char *sha256)
{
    pthread_mutex_lock(&cache->lock);
    struct copy *copy = find(cache, sha256);
    if (copy != NULL && copy->state == THERE && copy->hold_count == 0)
        drop(cache, copy);
    else if (copy != NULL && copy->state != FAILED)
        copy->is_doomed = true;
    pthread_mutex_unlock(&cache->lock);
}

uint64_t cy_object_cache_bytes(struct cy_object_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    uint64_t bytes = cache->bytes;
    pthread_mutex_unlock(&cache->lock);
    return bytes;
}
