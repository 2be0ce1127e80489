#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static enum cy_status say_who_holds(const char *path, int file, struct cy_error *error)
{
    char text[32] = "";
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    long pid = size > 0 ? strtol(text, NULL, 10) : 0;
    if (pid > 0)
        cy_error_set(error, CY_FAILED, "could not lock \"%s\": process %ld holds it", path, pid);
    else
        cy_error_set(error, CY_FAILED, "could not lock \"%s\": another process holds it", path);
    return cy_error_hint(error, "one ciyuan at a time writes to a data folder: stop the other one, or send it the command");
}

enum cy_status cy_data_lock(const char *data_folder, int *file, struct cy_error *error)
{
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    const char *path = cy_arena_printf(&arena, "%s/lock", data_folder);
    *file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*file < 0) {
        status = cy_error_errno(error, "open", path);
    } else if (flock(*file, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK ? say_who_holds(path, *file, error) : cy_error_errno(error, "lock", path);
    } else {
        char text[32];
        int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        if (ftruncate(*file, 0) != 0 || pwrite(*file, text, (size_t)size, 0) != size)
            status = cy_error_errno(error, "write", path);
    }
    if (status != CY_OK && *file >= 0) {
        close(*file);
        *file = -1;
    }
    cy_arena_release(&arena);
    return status;
}
