/* Objects as files: DATA/objects/ab/cd/<sha256>. A spooled file is synced already; it is renamed into its place, and the folder synced. */
#include "store/objects_backend.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_COUNT = 256 * 256 };

struct disk {
    struct cy_objects base;
    char *folder; /* owned */
    /* The folders that this process has made sure of: they are there, and their names are synced. One that an earlier process made may
     * not be synced yet. */
    pthread_mutex_t lock;
    uint8_t is_sure[FOLDER_COUNT / 8];
};

/* "<folder>/ab/cd/<sha256>", in a buffer of the caller's. */
struct object_path {
    char text[4096];
};

static const char *path_of(const struct disk *disk, const char *sha256, struct object_path *path)
{
    int size = snprintf(path->text, sizeof path->text, "%s/%.2s/%.2s/%s", disk->folder, sha256, sha256 + 2, sha256);
    CY_ASSERT(size > 0 && (size_t)size < sizeof path->text); /* open has checked the folder's length */
    return path->text;
}

static enum cy_status disk_open(struct cy_objects **objects, const struct cy_objects_options *options, struct cy_error *error)
{
    enum { NAME_BYTES = 128 }; /* what comes after the data folder */
    struct object_path path;
    if (strlen(options->data_folder) + NAME_BYTES > sizeof path.text)
        return cy_error_set(error, CY_BAD_RECIPE, "the path of the data folder is too long: %zu bytes", strlen(options->data_folder));
    struct cy_arena arena = {0};
    const char *folder = cy_path_join(&arena, options->data_folder, "objects");
    enum cy_status status = cy_make_private_folder(folder, error);
    if (status == CY_OK)
        status = cy_sync_folder(options->data_folder, error);
    if (status == CY_OK) {
        struct disk *disk = cy_alloc_zero(1, sizeof *disk);
        disk->folder = strcpy(cy_alloc(strlen(folder) + 1), folder);
        pthread_mutex_init(&disk->lock, NULL);
        *objects = &disk->base;
    }
    cy_arena_release(&arena);
    return status;
}

static void disk_close(struct cy_objects *objects)
{
    struct disk *disk = (struct disk *)objects;
    pthread_mutex_destroy(&disk->lock);
    free(disk->folder);
    free(disk);
}

static unsigned folder_number(const char *sha256)
{
    unsigned number = 0;
    for (size_t i = 0; i < 4; i++)
        number = number << 4 | (unsigned)(sha256[i] <= '9' ? sha256[i] - '0' : sha256[i] - 'a' + 10);
    return number;
}

/* Makes "ab" and "ab/cd" and syncs the folders that hold their names. Under the lock: who finds a folder made by another thread finds it
 * synced as well. */
static enum cy_status make_sure_of_folder(struct disk *disk, const char *sha256, struct cy_error *error)
{
    unsigned number = folder_number(sha256);
    enum cy_status status = CY_OK;
    pthread_mutex_lock(&disk->lock);
    if ((disk->is_sure[number / 8] >> number % 8 & 1) == 0) {
        char outer[4096], inner[4096];
        snprintf(outer, sizeof outer, "%.4000s/%.2s", disk->folder, sha256);
        snprintf(inner, sizeof inner, "%.4000s/%.2s/%.2s", disk->folder, sha256, sha256 + 2);
        status = cy_make_folders(inner, error);
        if (status == CY_OK)
            status = cy_sync_folder(disk->folder, error);
        if (status == CY_OK)
            status = cy_sync_folder(outer, error);
        if (status == CY_OK)
            disk->is_sure[number / 8] |= (uint8_t)(1u << number % 8);
    }
    pthread_mutex_unlock(&disk->lock);
    return status;
}

static enum cy_status disk_put(struct cy_objects *objects, const char *spooled, uint64_t size_bytes, const char *sha256,
                               struct cy_error *error)
{
    struct disk *disk = (struct disk *)objects;
    struct object_path path, folder;
    struct stat about;
    path_of(disk, sha256, &path);
    snprintf(folder.text, sizeof folder.text, "%.*s", (int)(strlen(path.text) - 65), path.text);
    enum cy_status status = make_sure_of_folder(disk, sha256, error);
    if (status != CY_OK)
        return status;
    /* One that is there is whole, for it was synced before it was renamed; a file of another size was damaged by other hands, and heals. */
    bool exists = lstat(path.text, &about) == 0 && S_ISREG(about.st_mode) && (uint64_t)about.st_size == size_bytes;
    if (exists)
        utimensat(AT_FDCWD, path.text, NULL, AT_SYMLINK_NOFOLLOW); /* as new: who collects garbage leaves it alone for a while */
    if (!exists && cy_files->rename(spooled, path.text) != 0)
        return cy_error_errno(error, "store the object as", path.text);
    status = cy_sync_folder(folder.text, error); /* of one that is there too: who renamed it may not have come to this line */
    if (status == CY_OK && exists)
        cy_files->remove(spooled);
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

/* Calls `each` for the objects of one folder "ab/cd". */
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
    struct cy_arena arena = {0};
    char **outer, **inner;
    size_t outer_count, inner_count;
    enum cy_status status = cy_list_folder(disk->folder, &arena, &outer, &outer_count, error);
    for (size_t i = 0; status == CY_OK && i < outer_count; i++) {
        const char *folder = cy_path_join(&arena, disk->folder, outer[i]);
        if (!cy_path_is_folder(folder))
            continue;
        status = cy_list_folder(folder, &arena, &inner, &inner_count, error);
        for (size_t j = 0; status == CY_OK && j < inner_count; j++)
            status = each_of_folder(cy_path_join(&arena, folder, inner[j]), each, context, error);
    }
    cy_arena_release(&arena);
    return status;
}

const struct cy_objects_backend cy_objects_disk = {
    .open = disk_open,
    .close = disk_close,
    .put = disk_put,
    .stat = disk_stat,
    .open_file = disk_open_file,
    .hold_path = disk_hold_path,
    .release_path = disk_release_path,
    .read = disk_read,
    .remove = disk_remove,
    .each = disk_each,
};
