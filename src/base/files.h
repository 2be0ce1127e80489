/* Files and folders, as the parts that must not lose data use them. Everything goes through one table of functions, so that a test
 * can put a double in its place: one that fails the n-th call, or forgets what was written and not synced (power loss). */
#ifndef CY_BASE_FILES_H
#define CY_BASE_FILES_H

#include "base/arena.h"
#include "base/error.h"

#include <sys/types.h>

/* The table. Every function returns as the system call does: -1 and errno on failure. */
struct cy_files {
    int (*open)(const char *path, int flags, int mode);
    ssize_t (*write)(int file, const void *data, size_t size_bytes);
    int (*sync)(int file);
    int (*close)(int file);
    int (*rename)(const char *from, const char *to);
    int (*exchange)(const char *one, const char *other); /* renameat2(RENAME_EXCHANGE) */
    int (*link)(const char *from, const char *to);       /* a second name for a file */
    int (*remove)(const char *path);                     /* a file or an empty folder */
    int (*make_folder)(const char *path);
    int (*sync_folder)(const char *path);
};
extern const struct cy_files cy_files_system;
extern const struct cy_files *cy_files; /* &cy_files_system, save in tests */

/* A file being written, with a buffer. Errors stick: check the one that close returns. */
struct cy_writer {
    int file;
    char *path; /* owned */
    struct cy_buffer buffer;
    uint64_t size_bytes; /* written so far, the buffer included */
    enum cy_status status;
    struct cy_error error;
};
enum cy_status cy_writer_open(struct cy_writer *writer, const char *path, struct cy_error *error); /* creates or truncates */
void cy_writer_add(struct cy_writer *writer, const void *data, size_t size_bytes);
/* Flushes, syncs to disk and closes; the folder is not synced. */
enum cy_status cy_writer_close(struct cy_writer *writer, struct cy_error *error);
/* Flushes and closes without syncing: for temporary files, which nobody reads after a crash. */
enum cy_status cy_writer_close_unsynced(struct cy_writer *writer, struct cy_error *error);
/* Closes and removes the file; for the way out after an error. */
void cy_writer_abandon(struct cy_writer *writer);

/* Whole small files. write_file is atomic and durable: a temporary name, sync, rename, sync of the folder. */
enum cy_status cy_read_file(const char *path, struct cy_buffer *out, struct cy_error *error);
enum cy_status cy_write_file(const char *path, struct cy_str content, struct cy_error *error);

/* A file mapped for reading. An empty file maps to data NULL, size 0. */
struct cy_map {
    const char *data;
    size_t size;
};
enum cy_status cy_map_file(struct cy_map *map, const char *path, struct cy_error *error);
void cy_unmap(struct cy_map *map);

bool cy_path_exists(const char *path);
bool cy_path_is_folder(const char *path);
enum cy_status cy_make_folders(const char *path, struct cy_error *error); /* with its parents */
enum cy_status cy_remove_tree(const char *path, struct cy_error *error);  /* no error when absent */
enum cy_status cy_sync_folder(const char *path, struct cy_error *error);
/* Names in a folder ("." and ".." left out), in byte order, owned by arena. */
enum cy_status cy_list_folder(const char *path, struct cy_arena *arena, char ***names, size_t *name_count, struct cy_error *error);
/* folder + "/" + name, owned by arena; name alone when it is absolute or folder is empty or ".". */
char *cy_path_join(struct cy_arena *arena, const char *folder, const char *name);

/* Where a file that comes with the program lies (lid.176.ftz, libduckdb.so, vocabularies): $CIYUAN_DATA, then beside the program
 * (../share/ciyuan, ../lib/ciyuan), then where ./setup put it. CY_FAILED with a hint when it is nowhere. */
enum cy_status cy_find_data(const char *name, struct cy_arena *arena, const char **path, struct cy_error *error);

#endif
