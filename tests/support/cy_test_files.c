#include "cy_test_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATHS_MAX = 512, FILES_MAX = 1024 };

static struct {
    size_t calls, fail_at;
    int error_number;
    char *open_paths[FILES_MAX]; /* by descriptor */
    char *unsynced[PATHS_MAX];   /* files and folders; NULL: free */
} state;

static bool fails(void)
{
    if (++state.calls != state.fail_at)
        return false;
    errno = state.error_number;
    return true;
}

static void mark(const char *path)
{
    size_t free_place = PATHS_MAX;
    for (size_t i = 0; i < PATHS_MAX; i++) {
        if (state.unsynced[i] != NULL && strcmp(state.unsynced[i], path) == 0)
            return;
        if (state.unsynced[i] == NULL && free_place == PATHS_MAX)
            free_place = i;
    }
    CY_ASSERT(free_place < PATHS_MAX);
    state.unsynced[free_place] = strdup(path);
}

static void unmark(const char *path)
{
    for (size_t i = 0; i < PATHS_MAX; i++)
        if (state.unsynced[i] != NULL && strcmp(state.unsynced[i], path) == 0) {
            free(state.unsynced[i]);
            state.unsynced[i] = NULL;
        }
}

/* The folder that holds the path has new entries. */
static void mark_parent(const char *path)
{
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash == NULL || slash == parent)
        return;
    *slash = '\0';
    mark(parent);
}

static int test_open(const char *path, int flags, int mode)
{
    if (fails())
        return -1;
    int file = cy_files_system.open(path, flags, mode);
    if (file >= 0) {
        CY_ASSERT(file < FILES_MAX);
        state.open_paths[file] = strdup(path);
        if (flags & O_CREAT) {
            mark(path);
            mark_parent(path);
        }
    }
    return file;
}

static ssize_t test_write(int file, const void *data, size_t size_bytes)
{
    if (fails())
        return -1;
    mark(state.open_paths[file]);
    return cy_files_system.write(file, data, size_bytes);
}

static int test_sync(int file)
{
    if (fails())
        return -1;
    unmark(state.open_paths[file]);
    return cy_files_system.sync(file);
}

static int test_close(int file)
{
    bool failed = fails();
    free(state.open_paths[file]);
    state.open_paths[file] = NULL;
    cy_files_system.close(file); /* a failed close closes all the same, as on Linux */
    return failed ? -1 : 0;
}

static int test_rename(const char *from, const char *to)
{
    if (fails())
        return -1;
    for (size_t i = 0; i < PATHS_MAX; i++)
        if (state.unsynced[i] != NULL && strcmp(state.unsynced[i], from) == 0) {
            free(state.unsynced[i]);
            state.unsynced[i] = strdup(to);
        }
    mark_parent(to);
    return cy_files_system.rename(from, to);
}

static int test_exchange(const char *one, const char *other)
{
    return fails() ? -1 : cy_files_system.exchange(one, other);
}

static int test_remove(const char *path)
{
    if (fails())
        return -1;
    unmark(path);
    return cy_files_system.remove(path);
}

static int test_make_folder(const char *path)
{
    return fails() ? -1 : cy_files_system.make_folder(path);
}

static int test_sync_folder(const char *path)
{
    if (fails())
        return -1;
    unmark(path);
    return cy_files_system.sync_folder(path);
}

static const struct cy_files files_test = {
    .open = test_open,
    .write = test_write,
    .sync = test_sync,
    .close = test_close,
    .rename = test_rename,
    .exchange = test_exchange,
    .remove = test_remove,
    .make_folder = test_make_folder,
    .sync_folder = test_sync_folder,
};

void cy_test_files_install(size_t fail_at, int error_number)
{
    cy_test_files_restore();
    state.fail_at = fail_at;
    state.error_number = error_number;
    cy_files = &files_test;
}

void cy_test_files_restore(void)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        free(state.open_paths[i]);
    for (size_t i = 0; i < PATHS_MAX; i++)
        free(state.unsynced[i]);
    memset(&state, 0, sizeof state);
    cy_files = &cy_files_system;
}

size_t cy_test_files_calls(void)
{
    return state.calls;
}

const char *cy_test_files_unsynced(void)
{
    for (size_t i = 0; i < PATHS_MAX; i++)
        if (state.unsynced[i] != NULL)
            return state.unsynced[i];
    return NULL;
}
