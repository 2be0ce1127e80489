#include "source/stream.h"

#include "source/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WINDOW_BYTES = 256 * 1024,   /* a plain file is read in steps that stay in the second-level cache */
    CHECKED_BYTES = 1024 * 1024, /* a member up to this size is given only when its checksum is right */
    STEP_BYTES = 64 * 1024, /* what is given at once of a longer one; counted from its beginning, so that a resumed run sees the same */
    LARGE_BYTES = 32 * 1024 * 1024, /* a window beyond this is given back when the record that needed it is past */
    TRIAL_BYTES = 4096,             /* a member found behind damage must decompress this far, or to its end */
};

/* Where a member's or frame's first decompressed byte stands. */
struct member {
    uint64_t position; /* bytes since the stream was opened */
    uint64_t offset;   /* of the member in the file */
};

struct cy_stream {
    struct cy_inflate *inflate; /* NULL: a plain file */
    char *path;
    int file;
    enum cy_stream_state state;
    const char *damage;
    struct cy_error error;
    uint64_t file_bytes;

    uint64_t in_offset; /* the next byte of the file to be decompressed, or in a plain file to be read */
    bool in_member;
    uint64_t member_offset; /* of the member that in_member is about, or the last one */

    char *out; /* [out_at, out_end) is at hand */
    size_t out_at, out_end, out_capacity;
    uint64_t out_position; /* of out[0], since the stream was opened */

    struct member *members; /* [member_first, member_end): those that bytes at hand may come from, and the newest */
    size_t member_first, member_end, member_capacity;
};

/* ---- the window ---- */

/* Moves what is at hand to the front of `to`, which may be out itself where the two do not overlap. */
static void move_front(struct cy_stream *stream, char *to)
{
    stream->out_end -= stream->out_at;
    if (stream->out_end > 0)
        memcpy(to, stream->out + stream->out_at, stream->out_end);
    stream->out_position += stream->out_at;
    stream->out_at = 0;
}

/* Room for size_bytes bytes behind what is at hand. */
static char *room(struct cy_stream *stream, size_t size_bytes)
{
    size_t left = stream->out_end - stream->out_at;
    if (stream->out_capacity > LARGE_BYTES && left + size_bytes <= LARGE_BYTES / 2) { /* a large record is past: give its room back */
        char *smaller = cy_alloc(LARGE_BYTES / 2);
        move_front(stream, smaller);
        free(stream->out);
        stream->out = smaller;
        stream->out_capacity = LARGE_BYTES / 2;
    } else if (left == 0 || (stream->out_capacity - stream->out_end < size_bytes && stream->out_at >= left)) {
        move_front(stream, stream->out);
    }
    if (stream->out_capacity - stream->out_end < size_bytes) {
        stream->out_capacity = CY_MAX(stream->out_capacity * 2, stream->out_end + size_bytes);
        stream->out = cy_realloc(stream->out, stream->out_capacity);
    }
    return stream->out + stream->out_end;
}

static void add_member(struct cy_stream *stream, uint64_t offset)
{
    uint64_t position = stream->out_position + stream->out_end, cursor = stream->out_position + stream->out_at;
    while (stream->member_end - stream->member_first > 1 && stream->members[stream->member_first + 1].position <= cursor)
        stream->member_first++;
    if (stream->member_first > stream->member_end / 2) {
        stream->member_end -= stream->member_first;
        memmove(stream->members, stream->members + stream->member_first, stream->member_end * sizeof *stream->members);
        stream->member_first = 0;
    }
    if (stream->member_end == stream->member_capacity) {
        stream->member_capacity = CY_MAX(stream->member_capacity * 2, 16);
        stream->members = cy_realloc(stream->members, stream->member_capacity * sizeof *stream->members);
    }
    stream->members[stream->member_end++] = (struct member){position, offset};
}

/* ---- filling it ---- */

static void fail(struct cy_stream *stream)
{
    stream->state = CY_STREAM_FAILED;
    cy_error_errno(&stream->error, "read", stream->path);
}

static void fill_plain(struct cy_stream *stream)
{
    size_t step = (size_t)CY_MIN(stream->file_bytes + 1, WINDOW_BYTES); /* small files in small buffers */
    char *at = room(stream, step);
    ssize_t size = pread(stream->file, at, step, (off_t)stream->in_offset);
    if (size < 0 && errno != EINTR)
        fail(stream);
    if (size == 0)
        stream->state = CY_STREAM_END;
    if (size > 0) {
        stream->in_offset += (uint64_t)size;
        stream->out_end += (size_t)size;
    }
}

static void damage(struct cy_stream *stream, const char *reason)
{
    stream->state = CY_STREAM_DAMAGED;
    stream->damage = reason;
    stream->in_member = false;
}

/* Decompresses the next step: at a member's beginning all of it or CHECKED_BYTES, in pieces that grow, so that a small member costs little
 * memory; else STEP_BYTES. What a member gives is cut at places counted from its own beginning, so that it does not depend on where the
 * stream was opened. */
static void fill_compressed(struct cy_stream *stream)
{
    bool begins = !stream->in_member;
    if (begins) {
        stream->member_offset = cy_inflate_tell(stream->inflate);
        add_member(stream, stream->member_offset);
    }
    size_t given = 0, limit = begins ? CHECKED_BYTES : STEP_BYTES;
    enum cy_inflate_state state;
    do {
        size_t size, step = CY_MIN(CY_MAX(given, STEP_BYTES), limit - given);
        char *at = room(stream, step);
        state = cy_inflate_run(stream->inflate, begins && given == 0, at, step, &size);
        stream->out_end += size;
        given += size;
    } while (state == CY_INFLATE_MORE && given < limit);
    stream->in_member = state == CY_INFLATE_MORE;
    if (state == CY_INFLATE_CORRUPT || state == CY_INFLATE_FAILED)
        stream->out_end -= given;
    if (state == CY_INFLATE_END)
        stream->state = CY_STREAM_END;
    else if (state == CY_INFLATE_FAILED)
        fail(stream);
    else if (state == CY_INFLATE_CORRUPT || state == CY_INFLATE_TRUNCATED)
        damage(stream, cy_inflate_reason(stream->inflate));
}

struct cy_str cy_stream_peek(struct cy_stream *stream, size_t want)
{
    while (stream->out_end - stream->out_at < want && stream->state == CY_STREAM_OPEN) {
        if (stream->inflate == NULL)
            fill_plain(stream);
        else
            fill_compressed(stream);
    }
    return (struct cy_str){stream->out + stream->out_at, stream->out_end - stream->out_at};
}

void cy_stream_skip(struct cy_stream *stream, size_t size_bytes)
{
    CY_ASSERT(size_bytes <= stream->out_end - stream->out_at);
    stream->out_at += size_bytes;
}

struct cy_place cy_stream_place(const struct cy_stream *stream)
{
    uint64_t cursor = stream->out_position + stream->out_at;
    if (stream->inflate == NULL)
        return (struct cy_place){.offset = stream->in_offset - (stream->out_end - stream->out_at)};
    for (size_t i = stream->member_end; i > stream->member_first; i--) {
        const struct member *member = &stream->members[i - 1];
        if (member->position <= cursor)
            return (struct cy_place){.offset = member->offset, .within = cursor - member->position};
    }
    return (struct cy_place){.offset = cy_inflate_tell(stream->inflate)};
}

enum cy_stream_state cy_stream_state(const struct cy_stream *stream)
{
    return stream->state;
}

const char *cy_stream_damage(const struct cy_stream *stream)
{
    return stream->damage;
}

const struct cy_error *cy_stream_error(const struct cy_stream *stream)
{
    return &stream->error;
}

void cy_stream_recover(struct cy_stream *stream)
{
    CY_ASSERT(stream->state == CY_STREAM_DAMAGED);
    stream->out_position += stream->out_end;
    stream->out_at = stream->out_end = 0;
    stream->damage = NULL;
    stream->member_first = stream->member_end = 0;
    stream->state = CY_STREAM_OPEN;
    if (!cy_inflate_find(stream->inflate, CY_MIN(stream->member_offset + 1, stream->file_bytes), TRIAL_BYTES))
        fail(stream);
}

/* ---- its life ---- */

enum cy_status cy_stream_open(struct cy_stream **stream, const char *path, struct cy_place from, struct cy_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return cy_error_errno(error, "open", path);
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(file);
        return cy_error_set(error, CY_IO, "could not read \"%s\": it is not a regular file", path);
    }
    struct cy_stream *made = *stream = cy_alloc_zero(1, sizeof *made);
    made->file = file;
    made->path = strcpy(cy_alloc(strlen(path) + 1), path);
    made->file_bytes = (uint64_t)about.st_size;
    made->in_offset = from.offset;
    room(made, 1); /* peek always has a place to point at */
    made->inflate = cy_inflate_new(file, path, from.offset, made->file_bytes);
    if (from.offset > made->file_bytes)
        goto out_too_short;
    if (from.offset == made->file_bytes && from.record > 0) /* all was given before, and what an empty file lacks was said */
        made->state = CY_STREAM_END;
    for (uint64_t left = from.within; left > 0;) {
        size_t size = cy_stream_peek(made, 1).size;
        if (size == 0)
            goto out_too_short;
        size = (size_t)CY_MIN(size, left);
        cy_stream_skip(made, size);
        left -= size;
    }
    return CY_OK;

out_too_short:
    cy_stream_close(made);
    *stream = NULL;
    cy_error_set(error, CY_FAILED, "could not go on in \"%s\" at byte %llu, %llu within: the file is shorter", path,
                 (unsigned long long)from.offset, (unsigned long long)from.within);
    return cy_error_hint(error, "the file has changed since the run began; start again with --restart");
}

void cy_stream_close(struct cy_stream *stream)
{
    if (stream == NULL)
        return;
    cy_inflate_free(stream->inflate);
    close(stream->file);
    free(stream->path);
    free(stream->out);
    free(stream->members);
    free(stream);
}
