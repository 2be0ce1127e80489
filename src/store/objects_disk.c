/* Objects as files: DATA/objects/ab/<sha256>. A spooled file is synced already; it is renamed into its place, and the folder synced. The
 * 256 folders are made, and their names synced, before the first object: two levels of folders would cost most objects two more syncs. */
#include "store/objects_backend.h"

#include "base/files.h"
#include "base/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_COUNT = 256 };

struct disk {
    struct cy_objects base;
    char *folder; /* owned */
};

/* "<folder>/ab/<sha256>", in a buffer of the caller's. */
struct object_path {
    char text[4096];
};

static const char *path_of(const struct disk *disk, const char *sha256, struct object_path *path)
{
    int size = snprintf(path->text, sizeof path->text, "%s/%.2s/%s", disk->folder, sha256, sha256);
    CY_ASSERT(size > 0 && (size_t)size < sizeof path->text); /* open has checked the folder's length */
    return path->text;
}

/* "<folder>/ab" */
static const char *folder_of(const struct disk *disk, const char *sha256, struct object_path *path)
{
    int size = snprintf(path->text, sizeof path->text, "%s/%.2s", disk->folder, sha256);
    CY_ASSERT(size > 0 && (size_t)size < sizeof path->text);
    return path->text;
}

/* Those that an earlier process made may not be synced yet. */
static enum cy_status make_folders(const char *folder, const char *data_folder, struct cy_error *error)
{
    enum cy_status status = cy_make_private_folder(folder, error);
    for (unsigned number = 0; status == CY_OK && number < FOLDER_COUNT; number++) {
        struct object_path path;
        snprintf(path.text, sizeof path.text, "%.4000s/%02x", folder, number);
        if (!cy_path_is_folder(path.text) && cy_files->make_folder(path.text) != 0)
            status = cy_error_errno(error, "make the folder", path.text);
    }
    if (status == CY_OK)
        status = cy_sync_folder(folder, error);
    if (status == CY_OK)
        status = cy_sync_folder(data_folder, error);
    return status;
}

static enum cy_status disk_open(struct cy_objects **objects, const struct cy_objects_options *options, struct cy_error *error)
{
    enum { NAME_BYTES = 128 }; /* what comes after the data folder */
    struct object_path path;
    if (strlen(options->data_folder) + NAME_BYTES > sizeof path.text)
        return cy_error_set(error, CY_BAD_RECIPE, "the path of the data folder is too long: %zu bytes", strlen(options->data_folder));
    struct cy_arena arena = {0};
    const char *folder = cy_path_join(&arena, options->data_folder, "objects");
    enum cy_status status = make_folders(folder, options->data_folder, error);
    if (status == CY_OK) {
        struct disk *disk = cy_alloc_zero(1, sizeof *disk);
        disk->folder = strcpy(cy_alloc(strlen(folder) + 1), folder);
        *objects = &disk->base;
    }
    cy_arena_release(&arena);
    return status;
}

static void disk_close(struct cy_objects *objects)
{
    struct disk *disk = (struct disk *)objects;
    free(disk->folder);
    free(disk);
}

/* Gives a synced file of the spool its name; the name is not synced yet. */
static enum cy_status place(const struct disk *disk, const char *spooled, uint64_t size_bytes, const char *sha256, struct cy_error *error)
{
    struct object_path path;
    struct stat about;
    path_of(disk, sha256, &path);
    /* One that is there is whole, for it was synced before it was renamed; a file of another size was damaged by other hands, and heals. */
    bool exists = lstat(path.text, &about) == 0 && S_ISREG(about.st_mode) && (uint64_t)about.st_size == size_bytes;
    if (!exists)
        return cy_files->rename(spooled, path.text) == 0 ? CY_OK : cy_error_errno(error, "store the object as", path.text);
    utimensat(AT_FDCWD, path.text, NULL, AT_SYMLINK_NOFOLLOW); /* as new: who collects garbage leaves it alone for a while */
    cy_files->remove(spooled);
    return CY_OK;
}

static enum cy_status disk_put(struct cy_objects *objects, const char *spooled, uint64_t size_bytes, const char *sha256,
                               struct cy_error *error)
{
    struct disk *disk = (struct disk *)objects;
    struct object_path folder;
    enum cy_status status = place(disk, spooled, size_bytes, sha256, error);
    if (status == CY_OK) /* of one that was there too: who renamed it may not have come to this line */
        status = cy_sync_folder(folder_of(disk, sha256, &folder), error);
    return status;
}

/* ---- many at once ---- */

/* A sync waits for the disk's own cache to be flushed, whatever others have just flushed; syncs that wait together share one. So many of
 * them wait at once, first for all files, then, when all are renamed, for all folders. */
enum { SYNC_THREADS = 16 };

struct syncing {
    const struct disk *disk;
    struct cy_spool *spools; /* NULL: of folders */
    size_t count;
    bool is_touched[FOLDER_COUNT];
    _Atomic size_t next;
    enum cy_status statuses[SYNC_THREADS];
    struct cy_error errors[SYNC_THREADS];
};

static enum cy_status sync_one(const struct syncing *syncing, size_t i, struct cy_error *error)
{
    char name[4];
    struct object_path folder;
    if (syncing->spools != NULL)
        return cy_spool_finish(&syncing->spools[i], error);
    if (!syncing->is_touched[i])
        return CY_OK;
    snprintf(name, sizeof name, "%02x", (unsigned)(i % FOLDER_COUNT));
    return cy_sync_folder(folder_of(syncing->disk, name, &folder), error);
}

static void sync_some(void *context, size_t thread)
{
    struct syncing *syncing = context;
    for (size_t i; syncing->statuses[thread] == CY_OK && (i = atomic_fetch_add(&syncing->next, 1)) < syncing->count;)
        syncing->statuses[thread] = sync_one(syncing, i, &syncing->errors[thread]);
}

static enum cy_status sync_all(struct syncing *syncing, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    syncing->next = 0;
    if (syncing->count > 0)
        cy_run_threads(CY_MIN(syncing->count, (size_t)SYNC_THREADS), sync_some, syncing);
    for (size_t i = 0; status == CY_OK && i < SYNC_THREADS; i++)
        if (syncing->statuses[i] != CY_OK) {
            *error = syncing->errors[i];
            status = syncing->statuses[i];
        }
    return status;
}

static enum cy_status disk_put_spools(struct cy_objects *objects, struct cy_spool *spools, size_t count, struct cy_error *error)
{
    struct syncing *syncing = cy_alloc_zero(1, sizeof *syncing);
    syncing->disk = (struct disk *)objects;
    syncing->spools = spools;
    syncing->count = count;
    for (size_t i = 0; i < count; i++)
        sync_file_range(spools[i].file, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint */
    enum cy_status status = sync_all(syncing, error);
    for (size_t i = 0; status == CY_OK && i < count; i++) {
        status = place(syncing->disk, spools[i].path, spools[i].size_bytes, spools[i].sha256, error);
        char digits[3] = {spools[i].sha256[0], spools[i].sha256[1], '\0'};
        syncing->is_touched[strtoul(digits, NULL, 16)] = true;
    }
    syncing->spools = NULL;
    syncing->count = FOLDER_COUNT;
    if (status == CY_OK)
        status = sync_all(syncing, error);
    free(syncing);
    return status;
}

static enum cy_status disk_stat(struct cy_objects *objects, const char *sha256, bool *exists, uint64_t *size_bytes, int64_t *modified_ms,
                                struct cy_error *error)
{
    struct object_path path;
    struct stat about;
    *exists = lstat(path_of((struct disk *)objects, sha256, &path), &about) == 0 && S_ISREG(about.st_mode);
    *size_bytes = *exists ? (uint64_t)about.st_size : 0;
    *modified_ms = *exists ? (int64_t)about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000 : 0;
    if (!*exists && errno != ENOENT && errno != ENOTDIR)
        return cy_error_errno(error, "look at the object", path.text);
    return CY_OK;
}

static enum cy_status disk_open_file(struct cy_objects *objects, const char *sha256, int *file, uint64_t *size_bytes,
                                     struct cy_error *error)
{
    struct object_path path;
    struct stat about;
    *file = open(path_of((struct disk *)objects, sha256, &path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (*file < 0)
        return errno == ENOENT ? CY_END : cy_error_errno(error, "open the object", path.text);
    if (fstat(*file, &about) != 0 || !S_ISREG(about.st_mode)) {
        enum cy_status status = cy_error_errno(error, "look at the object", path.text);
        close(*file);
        *file = -1;
        return status;
    }
    *size_bytes = (uint64_t)about.st_size;
    return CY_OK;
}

static enum cy_status disk_hold_path(struct cy_objects *objects, const char *sha256, struct cy_arena *arena, const char **path_out,
                                     struct cy_error *error)
{
    bool exists;
    uint64_t size_bytes;
    int64_t modified_ms;
    struct object_path path;
    enum cy_status status = disk_stat(objects, sha256, &exists, &size_bytes, &modified_ms, error);
    if (status == CY_OK && !exists)
        return CY_END;
    *path_out = cy_arena_text(arena, path_of((struct disk *)objects, sha256, &path));
    return status;
}

static void disk_release_path(struct cy_objects *objects, const char *sha256)
{
    (void)objects, (void)sha256; /* the object itself stays until it is removed */
}

static enum cy_status disk_read(struct cy_objects *objects, const char *sha256, uint64_t offset, void *data, size_t size_bytes,
                                size_t *read_bytes, struct cy_error *error)
{
    int file;
    uint64_t whole_bytes;
    *read_bytes = 0;
    enum cy_status status = disk_open_file(objects, sha256, &file, &whole_bytes, error);
    if (status != CY_OK)
        return status;
    while (*read_bytes < size_bytes) {
        ssize_t size = pread(file, (char *)data + *read_bytes, size_bytes - *read_bytes, (off_t)(offset + *read_bytes));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            status = cy_error_errno(error, "read the object", sha256);
        if (size <= 0)
            break;
        *read_bytes += (size_t)size;
    }
    close(file);
    return status;
}

static enum cy_status disk_remove(struct cy_objects *objects, const char *sha256, struct cy_error *error)
{
    struct object_path path;
    if (cy_files->remove(path_of((struct disk *)objects, sha256, &path)) != 0 && errno != ENOENT && errno != ENOTDIR)
        return cy_error_errno(error, "remove the object", path.text);
    return CY_OK;
}

/* Calls `each` for the objects of one folder. */
static enum cy_status each_of_folder(const char *folder, cy_objects_visit *each, void *context, struct cy_error *error)
{
    struct cy_arena arena = {0};
    char **names;
    size_t name_count;
    enum cy_status status = cy_list_folder(folder, &arena, &names, &name_count, error);
    for (size_t i = 0; status == CY_OK && i < name_count; i++) {
        struct stat about;
        if (!cy_is_sha256(names[i]) || lstat(cy_path_join(&arena, folder, names[i]), &about) != 0 || !S_ISREG(about.st_mode))
            continue; /* not ours, or just gone */
        int64_t modified_ms = (int64_t)about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000;
        status = each(context, names[i], (uint64_t)about.st_size, modified_ms, error);
    }
    cy_arena_release(&arena);
    return status;
}

static enum cy_status disk_each(struct cy_objects *objects, cy_objects_visit *each, void *context, struct cy_error *error)
{
    const struct disk *disk = (struct disk *)objects;
    enum cy_status status = CY_OK;
    for (unsigned number = 0; status == CY_OK && number < FOLDER_COUNT; number++) {
        char name[4];
        struct object_path folder;
        snprintf(name, sizeof name, "%02x", number % FOLDER_COUNT);
        status = each_of_folder(folder_of(disk, name, &folder), each, context, error);
    }
    return status;
}

const struct cy_objects_backend cy_objects_disk = {
    .open = disk_open,
    .close = disk_close,
    .put = disk_put,
    .put_spools = disk_put_spools,
    .stat = disk_stat,
    .open_file = disk_open_file,
    .hold_path = disk_hold_path,
    .release_path = disk_release_path,
    .read = disk_read,
    .remove = disk_remove,
    .each = disk_each,
};
