#include "cli/hub_pull.h"

#include "base/files.h"
#include "base/hash.h"
#include "hub/git_objects.h"
#include "hub/listings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yyjson.h>

enum { FILES_MAX = 1000000 };

static bool is_good(const struct cy_remote_answer *answer)
{
    return answer->status >= 200 && answer->status < 300;
}

enum cy_status cy_pull_find_version(struct cy_pull *job)
{
    struct cy_buffer target = {0};
    struct cy_remote_answer answer;
    cy_buffer_printf(&target, "/api/datasets/%s/revision/", job->name.path);
    cy_buffer_add_escaped(&target, job->name.revision.size > 0 ? job->name.revision : CY_STR("main"), false);
    cy_buffer_add_byte(&target, 0);
    enum cy_status status = cy_remote_ask(job->remote, "GET", target.data, NULL, CY_STR(""), job->arena, &answer, job->error);
    cy_buffer_release(&target);
    if (status != CY_OK)
        return status;
    if (!is_good(&answer))
        return cy_remote_refused(&answer, job->error, "find %s", job->name.path);
    yyjson_doc *doc = yyjson_read(answer.body.data, answer.body.size, 0);
    yyjson_val *sha = yyjson_obj_get(yyjson_doc_get_root(doc), "sha");
    bool is_there = yyjson_get_len(sha) == 40;
    if (is_there)
        memcpy(job->sha, yyjson_get_str(sha), 41);
    yyjson_doc_free(doc);
    return is_there ? CY_OK : cy_error_set(job->error, CY_FAILED, "%s has no version yet", job->name.path);
}

/* Keeps an entry of the tree. Paths come from outside: none may leave the folder. */
static enum cy_status add_entry(struct cy_pull *job, yyjson_val *item)
{
    if (!yyjson_equals_str(yyjson_obj_get(item, "type"), "file"))
        return CY_OK;
    yyjson_val *path = yyjson_obj_get(item, "path"), *lfs = yyjson_obj_get(item, "lfs");
    const char *oid = yyjson_get_str(yyjson_obj_get(yyjson_is_obj(lfs) ? lfs : item, "oid"));
    struct cy_str name = {yyjson_get_str(path), yyjson_get_len(path)};
    enum cy_status status =
        name.data != NULL ? cy_path_check(name, job->error) : cy_error_set(job->error, CY_BAD_INPUT, "the hub lists a file without a path");
    if (status != CY_OK)
        return status;
    if (oid == NULL || (strlen(oid) != 40 && strlen(oid) != 64))
        return cy_error_set(job->error, CY_BAD_INPUT, "the hub names no hash of \"%.*s\"", (int)name.size, name.data);
    if (job->file_count == FILES_MAX)
        return cy_error_set(job->error, CY_BAD_INPUT, "%s has more than %d files", job->name.path, FILES_MAX);
    if (job->file_count == job->capacity) {
        job->capacity = CY_MAX(2 * job->capacity, 64);
        job->files = cy_realloc(job->files, job->capacity * sizeof *job->files);
    }
    struct cy_pulled_file *file = &job->files[job->file_count++];
    *file = (struct cy_pulled_file){.path = cy_arena_printf(job->arena, "%.*s", (int)name.size, name.data),
                                    .size_bytes = yyjson_get_uint(yyjson_obj_get(item, "size"))};
    memcpy(file->oid, oid, strlen(oid) + 1);
    job->all_bytes += file->size_bytes;
    return CY_OK;
}

enum cy_status cy_pull_list_files(struct cy_pull *job)
{
    const char *target = cy_arena_printf(job->arena, "/api/datasets/%s/tree/%s?recursive=true", job->name.path, job->sha);
    enum cy_status status = CY_OK;
    while (target != NULL && status == CY_OK) {
        struct cy_remote_answer answer;
        status = cy_remote_ask(job->remote, "GET", target, NULL, CY_STR(""), job->arena, &answer, job->error);
        if (status == CY_OK && !is_good(&answer))
            status = cy_remote_refused(&answer, job->error, "list the files of %s", job->name.path);
        if (status != CY_OK)
            return status;
        yyjson_doc *doc = yyjson_read(answer.body.data, answer.body.size, 0);
        yyjson_val *item;
        size_t index, size;
        yyjson_arr_foreach(yyjson_doc_get_root(doc), index, size, item)
        {
            if (status == CY_OK)
                status = add_entry(job, item);
        }
        yyjson_doc_free(doc);
        target = answer.next.size > 0 ? cy_arena_printf(job->arena, "%.*s", (int)answer.next.size, answer.next.data) : NULL;
    }
    return status;
}

/* Is the file on disk the one that the version names? */
static enum cy_status check_file(struct cy_pull *job, const struct cy_pulled_file *file, const char *path, bool *is_right)
{
    char sha256[65], hex[CY_OID_HEX];
    uint64_t size_bytes;
    *is_right = false;
    if (strlen(file->oid) == 64) {
        enum cy_status status = cy_sha256_file(path, NULL, sha256, &size_bytes, job->error);
        *is_right = status == CY_OK && strcmp(sha256, file->oid) == 0;
        return status;
    }
    struct cy_buffer content = {0};
    struct cy_oid oid;
    enum cy_status status = cy_read_file(path, &content, job->error);
    if (status == CY_OK) {
        cy_git_oid("blob", cy_buffer_str(&content), &oid);
        cy_oid_hex(&oid, hex);
        *is_right = strcmp(hex, file->oid) == 0;
    }
    cy_buffer_release(&content);
    return status;
}

static enum cy_status fetch(struct cy_pull *job, const struct cy_pulled_file *file, const char *path)
{
    struct stat there;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0 || fstat(descriptor, &there) != 0) {
        if (descriptor >= 0)
            close(descriptor);
        return cy_error_errno(job->error, "write", path);
    }
    uint64_t have = (uint64_t)there.st_size < file->size_bytes ? (uint64_t)there.st_size : 0;
    struct cy_buffer target = {0};
    struct cy_remote_answer answer;
    cy_buffer_printf(&target, "/datasets/%s/resolve/%s/", job->name.path, job->sha);
    cy_buffer_add_escaped(&target, cy_str(file->path), true);
    cy_buffer_add_byte(&target, 0);
    enum cy_status status = cy_remote_get(job->remote, target.data, descriptor, have, job->arena, &answer, job->error);
    cy_buffer_release(&target);
    if (status == CY_OK && answer.status != 200 && answer.status != 206)
        status = cy_remote_refused(&answer, job->error, "download \"%s\"", file->path);
    if (status == CY_OK && (ftruncate(descriptor, (off_t)file->size_bytes) != 0 || fsync(descriptor) != 0))
        status = cy_error_errno(job->error, "write", path);
    close(descriptor);
    return status;
}

/* Brings one file, from what an earlier run left of it; bytes that turn out wrong are fetched once more, whole. */
static enum cy_status bring(struct cy_pull *job, const struct cy_pulled_file *file)
{
    const char *path = cy_path_join(job->arena, job->work, file->path);
    char *folder = cy_arena_text(job->arena, path);
    *strrchr(folder, '/') = '\0';
    enum cy_status status = cy_make_folders(folder, job->error);
    struct stat there;
    bool is_right = false;
    if (status == CY_OK && stat(path, &there) == 0 && (uint64_t)there.st_size == file->size_bytes)
        status = check_file(job, file, path, &is_right);
    for (int attempt = 0; status == CY_OK && !is_right && attempt < 2; attempt++) {
        if (attempt > 0)
            unlink(path);
        status = fetch(job, file, path);
        if (status == CY_OK)
            status = check_file(job, file, path, &is_right);
    }
    if (status == CY_OK && !is_right)
        status = cy_error_set(job->error, CY_FAILED, "\"%s\" came with other bytes than its version names, twice", file->path);
    return status;
}

enum cy_status cy_pull_bring_all(struct cy_pull *job)
{
    struct cy_transfer_line line;
    cy_transfer_line_begin(&line, "downloading", job->file_count, job->all_bytes);
    cy_remote_watch(job->remote, cy_transfer_line_moved, &line);
    enum cy_status status = cy_make_folders(job->work, job->error);
    for (size_t i = 0; i < job->file_count && status == CY_OK; i++) {
        line.file_index = i;
        status = bring(job, &job->files[i]);
        line.done_bytes += job->files[i].size_bytes;
    }
    cy_transfer_line_end(&line);
    return status;
}
