#include "base/files.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_open(const char *path, int flags, int mode)
{
    return open(path, flags | O_CLOEXEC, mode);
}

static int system_exchange(const char *one, const char *other)
{
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

static int system_make_folder(const char *path)
{
    return mkdir(path, 0777);
}

static int system_sync_folder(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -1;
    int result = fsync(folder);
    close(folder);
    return result;
}

const struct cy_files cy_files_system = {
    .open = system_open,
    .write = write,
    .sync = fdatasync,
    .close = close,
    .rename = rename,
    .exchange = system_exchange,
    .link = link,
    .remove = remove,
    .make_folder = system_make_folder,
    .sync_folder = system_sync_folder,
};
const struct cy_files *cy_files = &cy_files_system;

enum { WRITER_BUFFER_BYTES = 1 << 20 };

enum cy_status cy_writer_open(struct cy_writer *writer, const char *path, struct cy_error *error)
{
    *writer = (struct cy_writer){.file = cy_files->open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666)};
    if (writer->file < 0)
        return cy_error_errno(error, "create", path);
    writer->path = strcpy(cy_alloc(strlen(path) + 1), path);
    return CY_OK;
}

static void write_all(struct cy_writer *writer, const char *data, size_t size_bytes)
{
    while (size_bytes > 0 && writer->status == CY_OK) {
        ssize_t written = cy_files->write(writer->file, data, size_bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            bool full = errno == ENOSPC || errno == EDQUOT;
            writer->status = cy_error_errno(&writer->error, "write", writer->path);
            if (full)
                cy_error_hint(&writer->error, "the disk is full: make room and run the same command again, it goes on where it stopped");
            return;
        }
        data += written;
        size_bytes -= (size_t)written;
    }
}

void cy_writer_add(struct cy_writer *writer, const void *data, size_t size_bytes)
{
    writer->size_bytes += size_bytes;
    if (writer->buffer.size + size_bytes <= WRITER_BUFFER_BYTES) {
        cy_buffer_add(&writer->buffer, data, size_bytes);
        return;
    }
    write_all(writer, writer->buffer.data, writer->buffer.size);
    cy_buffer_clear(&writer->buffer);
    if (size_bytes >= WRITER_BUFFER_BYTES)
        write_all(writer, data, size_bytes);
    else
        cy_buffer_add(&writer->buffer, data, size_bytes);
}

static void writer_release(struct cy_writer *writer)
{
    free(writer->path);
    cy_buffer_release(&writer->buffer);
    writer->path = NULL;
    writer->file = -1;
}

static enum cy_status close_writer(struct cy_writer *writer, bool synced, struct cy_error *error)
{
    write_all(writer, writer->buffer.data, writer->buffer.size);
    if (writer->status == CY_OK && synced && cy_files->sync(writer->file) != 0)
        writer->status = cy_error_errno(&writer->error, "sync", writer->path);
    if (cy_files->close(writer->file) != 0 && writer->status == CY_OK)
        writer->status = cy_error_errno(&writer->error, "close", writer->path);
    enum cy_status status = writer->status;
    if (status != CY_OK)
        *error = writer->error;
    writer_release(writer);
    return status;
}

enum cy_status cy_writer_close(struct cy_writer *writer, struct cy_error *error)
{
    return close_writer(writer, true, error);
}

enum cy_status cy_writer_close_unsynced(struct cy_writer *writer, struct cy_error *error)
{
    return close_writer(writer, false, error);
}

void cy_writer_abandon(struct cy_writer *writer)
{
    if (writer->path == NULL)
        return;
    cy_files->close(writer->file);
    cy_files->remove(writer->path);
    writer_release(writer);
}

enum cy_status cy_read_file(const char *path, struct cy_buffer *out, struct cy_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return cy_error_errno(error, "open", path);
    enum { STEP_BYTES = 64 * 1024 };
    ssize_t size;
    do {
        cy_buffer_reserve(out, STEP_BYTES);
        size = read(file, out->data + out->size, STEP_BYTES);
        if (size > 0)
            out->size += (size_t)size;
    } while (size > 0 || (size < 0 && errno == EINTR));
    enum cy_status status = size < 0 ? cy_error_errno(error, "read", path) : CY_OK;
    close(file);
    return status;
}

static void parent_of(const char *path, char parent[PATH_MAX])
{
    snprintf(parent, PATH_MAX, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash == NULL)
        strcpy(parent, ".");
    else if (slash == parent)
        parent[1] = '\0';
    else
        *slash = '\0';
}

enum cy_status cy_write_file(const char *path, struct cy_str content, struct cy_error *error)
{
    char temporary[PATH_MAX], parent[PATH_MAX];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    parent_of(path, parent);
    struct cy_writer writer;
    enum cy_status status = cy_writer_open(&writer, temporary, error);
    if (status != CY_OK)
        return status;
    cy_writer_add(&writer, content.data, content.size);
    status = cy_writer_close(&writer, error);
    if (status == CY_OK && cy_files->rename(temporary, path) != 0)
        status = cy_error_errno(error, "rename a new file to", path);
    if (status == CY_OK)
        status = cy_sync_folder(parent, error);
    if (status != CY_OK)
        cy_files->remove(temporary);
    return status;
}

enum cy_status cy_map_file(struct cy_map *map, const char *path, struct cy_error *error)
{
    *map = (struct cy_map){NULL, 0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return cy_error_errno(error, "open", path);
    struct stat about;
    enum cy_status status = CY_OK;
    if (fstat(file, &about) != 0) {
        status = cy_error_errno(error, "read", path);
    } else if (!S_ISREG(about.st_mode)) {
        status = cy_error_set(error, CY_IO, "could not read \"%s\": it is not a regular file", path);
    } else if (about.st_size > 0) {
        void *data = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (data == MAP_FAILED)
            status = cy_error_errno(error, "map", path);
        else
            *map = (struct cy_map){data, (size_t)about.st_size};
    }
    close(file);
    return status;
}

void cy_unmap(struct cy_map *map)
{
    if (map->data != NULL)
        munmap((void *)map->data, map->size);
    *map = (struct cy_map){NULL, 0};
}

bool cy_path_exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

bool cy_path_is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

enum cy_status cy_make_folders(const char *path, struct cy_error *error)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (cy_files->make_folder(part) != 0 && !(errno == EEXIST && cy_path_is_folder(part)))
            return cy_error_errno(error, "make the folder", part);
        *at = kept;
        if (kept == '\0')
            return CY_OK;
    }
}

enum cy_status cy_remove_tree(const char *path, struct cy_error *error)
{
    struct stat about;
    if (lstat(path, &about) != 0)
        return errno == ENOENT ? CY_OK : cy_error_errno(error, "remove", path);
    enum cy_status status = CY_OK;
    if (S_ISDIR(about.st_mode)) {
        struct cy_arena arena = {0};
        char **names;
        size_t name_count;
        status = cy_list_folder(path, &arena, &names, &name_count, error);
        for (size_t i = 0; status == CY_OK && i < name_count; i++)
            status = cy_remove_tree(cy_path_join(&arena, path, names[i]), error);
        cy_arena_release(&arena);
    }
    if (status == CY_OK && cy_files->remove(path) != 0 && errno != ENOENT)
        status = cy_error_errno(error, "remove", path);
    return status;
}

enum cy_status cy_sync_folder(const char *path, struct cy_error *error)
{
    return cy_files->sync_folder(path) == 0 ? CY_OK : cy_error_errno(error, "sync the folder", path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum cy_status cy_list_folder(const char *path, struct cy_arena *arena, char ***names, size_t *name_count, struct cy_error *error)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return cy_error_errno(error, "list the folder", path);
    struct cy_buffer list = {0};
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *name = cy_arena_text(arena, entry->d_name);
        cy_buffer_add(&list, &name, sizeof name);
    }
    closedir(folder);
    *name_count = list.size / sizeof(char *);
    *names = cy_arena_alloc(arena, list.size);
    if (list.size > 0)
        memcpy(*names, list.data, list.size);
    qsort(*names, *name_count, sizeof(char *), compare_names);
    cy_buffer_release(&list);
    return CY_OK;
}

char *cy_path_join(struct cy_arena *arena, const char *folder, const char *name)
{
    if (name[0] == '/' || folder == NULL || folder[0] == '\0' || strcmp(folder, ".") == 0)
        return cy_arena_text(arena, name);
    size_t size = strlen(folder);
    return cy_arena_printf(arena, "%s%s%s", folder, folder[size - 1] == '/' ? "" : "/", name);
}

/* The folder of the file that this code was loaded from, the program or the shared library; empty where the system does not say. */
static const char *code_folder(struct cy_arena *arena)
{
    Dl_info code;
    const char *slash = dladdr(&cy_files_system, &code) != 0 && code.dli_fname != NULL ? strrchr(code.dli_fname, '/') : NULL;
    return slash != NULL ? cy_arena_printf(arena, "%.*s", (int)(slash - code.dli_fname), code.dli_fname) : "";
}

enum cy_status cy_find_data(const char *name, struct cy_arena *arena, const char **path, struct cy_error *error)
{
    char program[PATH_MAX] = "";
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size > 0) {
        program[size] = '\0';
        char *slash = strrchr(program, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    const char *own = getenv("CIYUAN_DATA"), *code = code_folder(arena);
    const char *const places[] = {
        own != NULL ? cy_path_join(arena, own, name) : NULL,
        cy_arena_printf(arena, "%s/../share/ciyuan/%s", program, name),
        cy_arena_printf(arena, "%s/../lib/ciyuan/%s", program, name),
        cy_arena_printf(arena, "%s/../lib/x86_64-linux-gnu/ciyuan/%s", program, name),
        cy_arena_printf(arena, "%s/ciyuan/%s", code, name), /* beside libciyuan.so, which another program may have loaded */
        cy_arena_printf(arena, "%s/../share/ciyuan/%s", code, name),
        cy_arena_printf(arena, "%s/../../share/ciyuan/%s", code, name),
        cy_arena_printf(arena, CIYUAN_DEPS "/share/%s", name),
        cy_arena_printf(arena, CIYUAN_DEPS "/lib/%s", name),
    };
    for (size_t i = 0; i < CY_COUNT(places); i++) {
        if (places[i] != NULL && access(places[i], R_OK) == 0) {
            *path = places[i];
            return CY_OK;
        }
    }
    cy_error_set(error, CY_FAILED, "could not find \"%s\", which comes with ciyuan", name);
    return cy_error_hint(error, "run ./setup, or set CIYUAN_DATA to the folder that holds it");
}
