#include "source/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void cy_whole_open(struct cy_whole *whole, const struct cy_input *input, struct cy_place from)
{
    whole->path = strcpy(cy_alloc(strlen(input->path) + 1), input->path);
    whole->file = input->file;
    whole->given = from.record > 0;
}

void cy_whole_close(struct cy_whole *whole)
{
    free(whole->path);
}

struct cy_place cy_whole_tell(const struct cy_whole *whole)
{
    return (struct cy_place){.record = whole->given};
}

static void lost(struct cy_whole *whole, struct cy_batch *batch, const char *what)
{
    const char *why = errno != 0 ? strerror(errno) : "it is not a regular file"; /* no path: the reason goes into the dataset */
    const char *reason = cy_arena_printf(batch->arena, "could not %s: %s", what, why);
    cy_record_lost(batch, whole->file, (struct cy_place){0}, 0, reason);
}

/* Reads the rest of a compressed file. */
static void read_stream(struct cy_whole *whole, struct cy_batch *batch)
{
    struct cy_stream *stream;
    struct cy_error error;
    errno = 0;
    if (cy_stream_open(&stream, whole->path, (struct cy_place){0}, &error) != CY_OK) {
        lost(whole, batch, "open");
        return;
    }
    struct cy_str text = cy_stream_peek(stream, CY_RECORD_BYTES_MAX + 1);
    if (text.size > CY_RECORD_BYTES_MAX)
        cy_record_lost(batch, whole->file, (struct cy_place){0}, text.size, "too_large");
    else if (cy_stream_state(stream) == CY_STREAM_DAMAGED)
        cy_record_lost(batch, whole->file, (struct cy_place){0}, text.size, cy_stream_damage(stream));
    else if (cy_stream_state(stream) == CY_STREAM_FAILED)
        lost(whole, batch, "read");
    else
        cy_record_append(batch, whole->file, (struct cy_place){0}, text);
    cy_stream_close(stream);
}

static bool is_compressed(const char *path)
{
    return cy_str_ends(cy_str(path), CY_STR(".gz")) || cy_str_ends(cy_str(path), CY_STR(".zst"));
}

/* Reads a plain file to the arena. */
static void read_plain(struct cy_whole *whole, struct cy_batch *batch, int file)
{
    struct stat about;
    if (fstat(file, &about) != 0 || (!S_ISREG(about.st_mode) && (errno = EINVAL) != 0)) {
        lost(whole, batch, "read");
        return;
    }
    if (about.st_size > CY_RECORD_BYTES_MAX) {
        cy_record_lost(batch, whole->file, (struct cy_place){0}, (uint64_t)about.st_size, "too_large");
        return;
    }
    size_t capacity = (size_t)about.st_size + CY_RECORD_PADDING, size = 0;
    char *text = cy_arena_alloc(batch->arena, capacity);
    ssize_t got;
    while (size < (size_t)about.st_size &&
           ((got = read(file, text + size, (size_t)about.st_size - size)) > 0 || (got < 0 && errno == EINTR)))
        size += got > 0 ? (size_t)got : 0;
    if (size < (size_t)about.st_size) {
        errno = errno != 0 ? errno : EIO;
        lost(whole, batch, "read");
        return;
    }
    memset(text + size, 0, CY_RECORD_PADDING);
    size_t row = cy_batch_append(batch);
    batch->texts[row] = (struct cy_str){text, size};
    batch->origins[row].file = whole->file;
    batch->read_bytes[row] = size;
    batch->text_bytes += size;
}

enum cy_status cy_whole_next(struct cy_whole *whole, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    if (whole->given)
        return CY_END;
    whole->given = true;
    if (is_compressed(whole->path)) {
        read_stream(whole, batch);
        return CY_OK;
    }
    int file = open(whole->path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        lost(whole, batch, "open");
        return CY_OK;
    }
    errno = 0;
    read_plain(whole, batch, file);
    close(file);
    return CY_OK;
}
