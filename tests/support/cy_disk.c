#include "cy_disk.h"

#include "cy_test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is not yet safe, in the order in which it was done. */
struct change {
    enum { WROTE, NAMED, FOLDER, RENAMED, EXCHANGED } kind;
    char path[PATH_MAX];  /* of the file; for a rename the new name */
    char other[PATH_MAX]; /* the old name */
    int file;             /* of WROTE: the descriptor while it is open, else -1 */
    int64_t synced_bytes;
    char *replaced; /* of RENAMED: the content that stood at the new name, or NULL */
    size_t replaced_bytes;
    bool safe;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct change *changes;
static size_t change_count;
static uint64_t state, calls, calls_limit, call_failing;
static int failing_errno;

static bool is_off(void)
{
    bool off = ++calls > calls_limit;
    errno = calls == call_failing ? failing_errno : EIO;
    return off || calls == call_failing;
}

static struct change *add_change(int kind, const char *path, const char *other)
{
    changes = cy_realloc(changes, (change_count + 1) * sizeof *changes);
    struct change *change = &changes[change_count++];
    *change = (struct change){.file = -1};
    change->kind = kind;
    snprintf(change->path, PATH_MAX, "%s", path);
    snprintf(change->other, PATH_MAX, "%s", other);
    return change;
}

static struct change *writing(int file)
{
    for (size_t i = change_count; i > 0; i--)
        if (changes[i - 1].kind == WROTE && changes[i - 1].file == file)
            return &changes[i - 1];
    return NULL;
}

static int disk_open(const char *path, int flags, int mode)
{
    pthread_mutex_lock(&lock);
    int file = -1;
    if (!is_off()) {
        bool existed = access(path, F_OK) == 0;
        file = cy_files_system.open(path, flags, mode);
        if (file >= 0 && (flags & (O_WRONLY | O_RDWR)) != 0) {
            if (!existed)
                add_change(NAMED, path, "");
            add_change(WROTE, path, "")->file = file;
        }
    }
    pthread_mutex_unlock(&lock);
    return file;
}

static ssize_t disk_write(int file, const void *data, size_t size_bytes)
{
    pthread_mutex_lock(&lock);
    ssize_t written = is_off() ? -1 : cy_files_system.write(file, data, size_bytes);
    struct change *change = writing(file);
    if (written > 0 && change != NULL)
        change->safe = false;
    pthread_mutex_unlock(&lock);
    return written;
}

static int disk_sync(int file)
{
    pthread_mutex_lock(&lock);
    int result = is_off() ? -1 : 0; /* the real sync is left out: nobody pulls the real plug */
    struct change *change = writing(file);
    struct stat about;
    if (result == 0 && change != NULL && fstat(file, &about) == 0) {
        change->synced_bytes = about.st_size;
        change->safe = true;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static int disk_close(int file)
{
    pthread_mutex_lock(&lock);
    bool off = is_off();
    struct change *change = writing(file);
    if (change != NULL)
        change->file = -1;
    int result = cy_files_system.close(file);
    pthread_mutex_unlock(&lock);
    return off ? -1 : result;
}

static int disk_rename(const char *from, const char *to)
{
    pthread_mutex_lock(&lock);
    int result = -1;
    if (!is_off()) {
        struct cy_buffer old = {0};
        struct cy_error error;
        bool replaces = access(to, F_OK) == 0 && cy_read_file(to, &old, &error) == CY_OK;
        result = cy_files_system.rename(from, to);
        if (result == 0) {
            struct change *change = add_change(RENAMED, to, from);
            change->replaced = replaces ? old.data : NULL;
            change->replaced_bytes = old.size;
            for (size_t i = 0; i + 1 < change_count; i++) /* what was written under the old name lies under the new one */
                if ((changes[i].kind == WROTE || changes[i].kind == NAMED) && strcmp(changes[i].path, from) == 0)
                    snprintf(changes[i].path, PATH_MAX, "%s", to);
        }
        if (!replaces || result != 0)
            cy_buffer_release(&old);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static int disk_exchange(const char *one, const char *other)
{
    pthread_mutex_lock(&lock);
    int result = is_off() ? -1 : cy_files_system.exchange(one, other);
    if (result == 0)
        add_change(EXCHANGED, one, other);
    pthread_mutex_unlock(&lock);
    return result;
}

static int disk_link(const char *from, const char *to)
{
    pthread_mutex_lock(&lock);
    int result = is_off() ? -1 : cy_files_system.link(from, to);
    if (result == 0)
        add_change(NAMED, to, "");
    pthread_mutex_unlock(&lock);
    return result;
}

static int disk_remove(const char *path)
{
    pthread_mutex_lock(&lock);
    int result = is_off() ? -1 : cy_files_system.remove(path);
    for (size_t i = 0; result == 0 && i < change_count; i++)
        if (strcmp(changes[i].path, path) == 0 && changes[i].kind != EXCHANGED)
            changes[i].safe = true; /* gone, whatever was not synced of it */
    pthread_mutex_unlock(&lock);
    return result;
}

static int disk_make_folder(const char *path)
{
    pthread_mutex_lock(&lock);
    int result = is_off() ? -1 : cy_files_system.make_folder(path);
    if (result == 0)
        add_change(FOLDER, path, "");
    pthread_mutex_unlock(&lock);
    return result;
}

static bool lies_in(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    if (strcmp(folder, ".") == 0)
        return strchr(path, '/') == NULL;
    return strncmp(path, folder, size) == 0 && path[size] == '/' && strchr(path + size + 1, '/') == NULL;
}

static int disk_sync_folder(const char *path)
{
    pthread_mutex_lock(&lock);
    int result = is_off() ? -1 : 0;
    for (size_t i = 0; result == 0 && i < change_count; i++)
        if (changes[i].kind != WROTE &&
            (lies_in(changes[i].path, path) || (changes[i].kind == EXCHANGED && lies_in(changes[i].other, path))))
            changes[i].safe = true;
    pthread_mutex_unlock(&lock);
    return result;
}

static const struct cy_files disk = {
    .open = disk_open,
    .write = disk_write,
    .sync = disk_sync,
    .close = disk_close,
    .rename = disk_rename,
    .exchange = disk_exchange,
    .link = disk_link,
    .remove = disk_remove,
    .make_folder = disk_make_folder,
    .sync_folder = disk_sync_folder,
};

void cy_disk_begin(uint64_t seed, uint64_t calls_max)
{
    state = seed;
    calls = 0;
    calls_limit = calls_max;
    call_failing = 0;
    cy_files = &disk;
}

void cy_disk_fail(uint64_t call, int error_number)
{
    call_failing = call;
    failing_errno = error_number;
}

uint64_t cy_disk_calls(void)
{
    return calls;
}

const char *cy_disk_unsynced(void)
{
    for (size_t i = 0; i < change_count; i++)
        if (!changes[i].safe)
            return changes[i].path;
    return NULL;
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about, (void)type, (void)place;
    return remove(path);
}

void cy_disk_lose_power(void)
{
    for (size_t i = change_count; i > 0; i--) { /* the newest first */
        struct change *change = &changes[i - 1];
        bool lost = !change->safe && cy_test_random(&state) % 2 == 0;
        if (!lost)
            continue;
        if (change->kind == WROTE) {
            if (truncate(change->path, change->synced_bytes) != 0) /* it may have been removed or moved since */
                errno = 0;
        } else if (change->kind == NAMED) {
            unlink(change->path);
        } else if (change->kind == FOLDER) {
            nftw(change->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        } else if (change->kind == EXCHANGED) {
            cy_files_system.exchange(change->path, change->other);
        } else {
            cy_files_system.rename(change->path, change->other);
            FILE *old = change->replaced != NULL ? fopen(change->path, "wb") : NULL;
            if (old != NULL) {
                fwrite(change->replaced, 1, change->replaced_bytes, old);
                fclose(old);
            }
        }
    }
}

void cy_disk_end(void)
{
    for (size_t i = 0; i < change_count; i++)
        free(changes[i].replaced);
    free(changes);
    changes = NULL;
    change_count = 0;
    cy_files = &cy_files_system;
}
