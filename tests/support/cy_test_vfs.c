#include "cy_test_vfs.h"

#include "cy_test.h"

#include "base/files.h"

#include <pthread.h>
#include <unistd.h>

#include <sqlite3.h>

enum { SECTOR_BYTES = 512, FILES_MAX = 16 };

/* A write or a truncation that no sync has covered yet. */
struct change {
    bool is_truncation;
    int64_t offset; /* of a truncation: the new size */
    char *data;
    size_t size_bytes;
};

/* A path, and what the disk under it holds for sure. */
struct image {
    char *path;
    struct cy_buffer synced;
    struct change *changes;
    size_t change_count;
};

struct file {
    sqlite3_file base;
    struct image *image; /* NULL: a file whose loss does not matter */
    sqlite3_file *real;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *system_vfs, vfs;
static struct image images[FILES_MAX];
static size_t image_count;
static uint64_t calls, calls_limit, bytes_limit;

static bool is_off(void)
{
    return ++calls > calls_limit;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)file)->real;
}

static void add_change(struct image *image, struct change change)
{
    image->changes = cy_realloc(image->changes, (image->change_count + 1) * sizeof *image->changes);
    image->changes[image->change_count++] = change;
}

static void put_bytes(struct cy_buffer *buffer, size_t offset, const char *data, size_t size_bytes)
{
    if (offset + size_bytes > buffer->size) {
        size_t more = offset + size_bytes - buffer->size;
        cy_buffer_reserve(buffer, more);
        memset(buffer->data + buffer->size, 0, more);
        buffer->size += more;
    }
    memcpy(buffer->data + offset, data, size_bytes);
}

/* kept: of each sector, by chance; seed NULL keeps all. */
static void apply(struct cy_buffer *buffer, const struct change *change, uint64_t *seed)
{
    if (change->is_truncation) {
        if ((seed == NULL || cy_test_random(seed) % 2 == 0) && (size_t)change->offset < buffer->size)
            buffer->size = (size_t)change->offset;
        return;
    }
    for (size_t at = 0; at < change->size_bytes;) {
        size_t size = CY_MIN(SECTOR_BYTES - ((size_t)change->offset + at) % SECTOR_BYTES, change->size_bytes - at);
        if (seed == NULL || cy_test_random(seed) % 2 == 0)
            put_bytes(buffer, (size_t)change->offset + at, change->data + at, size);
        at += size;
    }
}

static void forget_changes(struct image *image)
{
    for (size_t i = 0; i < image->change_count; i++)
        free(image->changes[i].data);
    image->change_count = 0;
}

/* ---- a file's methods ---- */

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *data, int size_bytes, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), data, size_bytes, offset);
}

/* Whether the file can grow to this size. */
static bool has_room(sqlite3_file *real, int64_t end)
{
    sqlite3_int64 size = 0;
    real->pMethods->xFileSize(real, &size);
    if (end <= size)
        return true;
    if ((uint64_t)(end - size) > bytes_limit)
        return false;
    bytes_limit -= (uint64_t)(end - size);
    return true;
}

static int file_write(sqlite3_file *file, const void *data, int size_bytes, sqlite3_int64 offset)
{
    struct image *image = ((struct file *)file)->image;
    sqlite3_file *real = real_of(file);
    pthread_mutex_lock(&lock);
    int code = is_off() ? SQLITE_IOERR_WRITE : !has_room(real, offset + size_bytes) ? SQLITE_FULL : SQLITE_OK;
    if (code == SQLITE_OK)
        code = real->pMethods->xWrite(real, data, size_bytes, offset);
    if (code == SQLITE_OK && image != NULL)
        add_change(image, (struct change){.offset = offset,
                                          .data = memcpy(cy_alloc((size_t)size_bytes), data, (size_t)size_bytes),
                                          .size_bytes = (size_t)size_bytes});
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size_bytes)
{
    struct image *image = ((struct file *)file)->image;
    pthread_mutex_lock(&lock);
    int code = is_off() ? SQLITE_IOERR_TRUNCATE : real_of(file)->pMethods->xTruncate(real_of(file), size_bytes);
    if (code == SQLITE_OK && image != NULL)
        add_change(image, (struct change){.is_truncation = true, .offset = size_bytes});
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)flags; /* the real sync is left out: nobody pulls the real plug */
    struct image *image = ((struct file *)file)->image;
    pthread_mutex_lock(&lock);
    int code = is_off() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && image != NULL && i < image->change_count; i++)
        apply(&image->synced, &image->changes[i], NULL);
    if (code == SQLITE_OK && image != NULL)
        forget_changes(image);
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size_bytes)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size_bytes);
}
static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}
static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int file_check_lock(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}
static int file_control(sqlite3_file *file, int operation, void *argument)
{
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_NOTFOUND; /* they would write behind our back */
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}
static int file_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR_BYTES;
}
static int file_traits(sqlite3_file *file)
{
    (void)file;
    return 0; /* nothing is promised: no atomic sectors, no order of writes */
}
static int file_shm_map(sqlite3_file *file, int page, int size_bytes, int extend, void volatile **at)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size_bytes, extend, at);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}
static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no memory-mapped reads */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the VFS ---- */

static struct image *image_of(const char *path)
{
    for (size_t i = 0; i < image_count; i++)
        if (strcmp(images[i].path, path) == 0)
            return &images[i];
    CY_ASSERT(image_count < FILES_MAX);
    struct image *image = &images[image_count++];
    *image = (struct image){.path = strcpy(cy_alloc(strlen(path) + 1), path)};
    struct cy_error error;
    if (cy_path_exists(path)) /* what stood there before is on the disk */
        cy_expect_ok(cy_read_file(path, &image->synced, &error), error);
    return image;
}

static int vfs_open(sqlite3_vfs *self, const char *path, sqlite3_file *out, int flags, int *flags_out)
{
    (void)self;
    struct file *file = (struct file *)out;
    bool is_kept = path != NULL && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    *file = (struct file){.real = (sqlite3_file *)(file + 1)};
    pthread_mutex_lock(&lock);
    if (is_kept)
        file->image = image_of(path);
    int code = calls > calls_limit && (flags & SQLITE_OPEN_CREATE) != 0 ? SQLITE_CANTOPEN
                                                                        : system_vfs->xOpen(system_vfs, path, file->real, flags, flags_out);
    pthread_mutex_unlock(&lock);
    if (code == SQLITE_OK)
        file->base.pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *self, const char *path, int sync_folder)
{
    (void)self, (void)sync_folder;
    pthread_mutex_lock(&lock);
    int code = is_off() ? SQLITE_IOERR_DELETE : system_vfs->xDelete(system_vfs, path, 0);
    if (code == SQLITE_OK) {
        struct image *image = image_of(path);
        forget_changes(image);
        image->synced.size = 0;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

void cy_test_vfs_begin(uint64_t calls_max, uint64_t bytes_max)
{
    calls = 0;
    calls_limit = calls_max;
    bytes_limit = bytes_max;
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.zName = "ciyuan-test";
    vfs.szOsFile = (int)sizeof(struct file) + system_vfs->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

uint64_t cy_test_vfs_calls(void)
{
    return calls;
}

void cy_test_vfs_make_room(void)
{
    pthread_mutex_lock(&lock);
    bytes_limit = UINT64_MAX;
    pthread_mutex_unlock(&lock);
}

void cy_test_vfs_lose_power(uint64_t seed)
{
    for (size_t i = 0; i < image_count; i++) {
        struct image *image = &images[i];
        if (!cy_path_exists(image->path))
            continue;
        for (size_t j = 0; j < image->change_count; j++)
            apply(&image->synced, &image->changes[j], &seed);
        FILE *file = fopen(image->path, "wb");
        assert_non_null(file);
        if (image->synced.size > 0)
            assert_int_equal(fwrite(image->synced.data, 1, image->synced.size, file), image->synced.size);
        assert_int_equal(fclose(file), 0);
    }
}

void cy_test_vfs_end(void)
{
    sqlite3_vfs_unregister(&vfs);
    sqlite3_vfs_register(system_vfs, 1);
    for (size_t i = 0; i < image_count; i++) {
        forget_changes(&images[i]);
        free(images[i].changes);
        free(images[i].path);
        cy_buffer_release(&images[i].synced);
    }
    image_count = 0;
}
