/* Bytes on their way in: a file in DATA/spool, hashed as it is written. */
#include "store/objects_backend.h"

#include "base/files.h"
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Written back to the disk from here on while more comes, so that the sync at the end is short. */
enum { WRITE_BACK_BYTES = 8 << 20 };

static enum cy_status say_full(struct cy_error *error)
{
    return cy_error_hint(error, "make room on the disk that holds the data folder; nothing that was acknowledged is lost");
}

enum cy_status cy_spool_open(struct cy_objects *objects, struct cy_spool *spool, struct cy_error *error)
{
    uint64_t name[2];
    CY_ASSERT(getrandom(name, sizeof name, 0) == sizeof name);
    *spool = (struct cy_spool){.objects = objects, .file = -1};
    size_t path_bytes = strlen(objects->spool_folder) + sizeof "/0123456789abcdef0123456789abcdef";
    spool->path = cy_alloc(path_bytes);
    snprintf(spool->path, path_bytes, "%s/%016llx%016llx", objects->spool_folder, (unsigned long long)name[0], (unsigned long long)name[1]);
    spool->file = cy_files->open(spool->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (spool->file < 0) {
        bool is_full = errno == ENOSPC || errno == EDQUOT;
        enum cy_status status = cy_error_errno(error, "create", spool->path);
        free(spool->path);
        spool->path = NULL;
        return is_full ? say_full(error) : status;
    }
    cy_sha256_init(&spool->hash);
    return CY_OK;
}

enum cy_status cy_spool_add(struct cy_spool *spool, const void *data, size_t size_bytes, struct cy_error *error)
{
    const char *at = data;
    uint64_t block = spool->size_bytes / WRITE_BACK_BYTES;
    for (size_t left = size_bytes; left > 0;) {
        ssize_t written = cy_files->write(spool->file, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            bool is_full = errno == ENOSPC || errno == EDQUOT;
            enum cy_status status = cy_error_errno(error, "write", spool->path);
            return is_full ? say_full(error) : status;
        }
        at += written;
        left -= (size_t)written;
    }
    cy_sha256_add(&spool->hash, data, size_bytes);
    spool->size_bytes += size_bytes;
    if (spool->size_bytes / WRITE_BACK_BYTES != block) /* a hint: what it says does not matter */
        sync_file_range(spool->file, (off_t)(block * WRITE_BACK_BYTES), 0, SYNC_FILE_RANGE_WRITE);
    return CY_OK;
}

enum cy_status cy_spool_finish(struct cy_spool *spool, struct cy_error *error)
{
    cy_sha256_final(&spool->hash, spool->sha256);
    if (cy_files->sync(spool->file) == 0)
        return CY_OK;
    bool is_full = errno == ENOSPC || errno == EDQUOT;
    enum cy_status status = cy_error_errno(error, "sync", spool->path);
    spool->sha256[0] = '\0'; /* not finished: put refuses it */
    return is_full ? say_full(error) : status;
}

void cy_spool_drop(struct cy_spool *spool)
{
    if (spool->file < 0)
        return;
    char hex[65];
    if (spool->hash.context != NULL)
        cy_sha256_final(&spool->hash, hex);
    cy_files->close(spool->file);
    cy_files->remove(spool->path);
    free(spool->path);
    spool->file = -1;
    spool->path = NULL;
}

enum cy_status cy_objects_sweep_spool(struct cy_objects *objects, int64_t older_than_ms, struct cy_error *error)
{
    struct cy_arena arena = {0};
    char **names;
    size_t name_count;
    int64_t now_ms = cy_now_ms();
    enum cy_status status = cy_list_folder(objects->spool_folder, &arena, &names, &name_count, error);
    for (size_t i = 0; status == CY_OK && i < name_count; i++) {
        struct stat about;
        const char *path = cy_path_join(&arena, objects->spool_folder, names[i]);
        if (lstat(path, &about) != 0 || !S_ISREG(about.st_mode))
            continue; /* just gone, or not ours */
        int64_t modified_ms = (int64_t)about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000;
        if (now_ms - modified_ms >= older_than_ms && cy_files->remove(path) != 0 && errno != ENOENT)
            status = cy_error_errno(error, "remove", path);
    }
    cy_arena_release(&arena);
    return status;
}
