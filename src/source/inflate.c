#include "source/inflate.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

enum {
    IN_BYTES = 256 * 1024,
    MAGIC_BYTES = 4,
    ZSTD_WINDOW_LOG_MAX = 27, /* 128 MiB, what zstd itself accepts without --long; more is a frame that cannot be read */
};

struct cy_inflate {
    int file;
    bool zstd;
    const char *reason;
    uint8_t *in; /* [in_at, in_end) is read and not consumed */
    size_t in_at, in_end, in_capacity;
    uint64_t in_offset; /* in the file, of in[0] */
    bool in_last;       /* the file ends at in_end */
    bool over;          /* find has found nothing more */
    struct inflate_state *gzip;
    ZSTD_DStream *frames;
};

/* ---- input ---- */

/* Reads more behind what is left of the input. false: reading failed. */
static bool read_more(struct cy_inflate *inflate)
{
    size_t left = inflate->in_end - inflate->in_at;
    memmove(inflate->in, inflate->in + inflate->in_at, left);
    inflate->in_offset += inflate->in_at;
    inflate->in_at = 0;
    inflate->in_end = left;
    ssize_t size;
    do
        size = pread(inflate->file, inflate->in + left, inflate->in_capacity - left, (off_t)(inflate->in_offset + left));
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return false;
    inflate->in_end += (size_t)size;
    inflate->in_last = size == 0;
    return true;
}

/* At least `want` bytes in `in`, unless the file ends. */
static bool need(struct cy_inflate *inflate, size_t want)
{
    while (inflate->in_end - inflate->in_at < want && !inflate->in_last)
        if (!read_more(inflate))
            return false;
    return true;
}

static void seek(struct cy_inflate *inflate, uint64_t offset)
{
    inflate->in_offset = offset;
    inflate->in_at = inflate->in_end = 0;
    inflate->in_last = false;
}

uint64_t cy_inflate_tell(const struct cy_inflate *inflate)
{
    return inflate->in_offset + inflate->in_at;
}

const char *cy_inflate_reason(const struct cy_inflate *inflate)
{
    return inflate->reason;
}

/* ---- what stands at the input ---- */

static bool gzip_begins(const uint8_t *at, size_t size)
{
    static const uint8_t magic[3] = {0x1F, 0x8B, 8};
    return size > 0 && memcmp(at, magic, CY_MIN(size, sizeof magic)) == 0 && (size <= 3 || (at[3] & 0xE0) == 0);
}

static bool zstd_begins(const uint8_t *at, size_t size)
{
    static const uint8_t magic[4] = {0x28, 0xB5, 0x2F, 0xFD}, skippable[3] = {0x2A, 0x4D, 0x18};
    if (size == 0)
        return false;
    if (memcmp(at, magic, CY_MIN(size, sizeof magic)) == 0)
        return true;
    return (at[0] & 0xF0) == 0x50 && memcmp(at + 1, skippable, CY_MIN(size - 1, sizeof skippable)) == 0;
}

static bool member_begins(const struct cy_inflate *inflate)
{
    const uint8_t *at = inflate->in + inflate->in_at;
    size_t size = inflate->in_end - inflate->in_at;
    return inflate->zstd ? zstd_begins(at, size) : gzip_begins(at, size);
}

/* Whether only zero bytes follow to the end of the file; where others do, the input stays where it was. */
static bool only_padding(struct cy_inflate *inflate)
{
    uint64_t begin = cy_inflate_tell(inflate);
    for (;;) {
        while (inflate->in_at < inflate->in_end && inflate->in[inflate->in_at] == 0)
            inflate->in_at++;
        if (inflate->in_at < inflate->in_end) {
            seek(inflate, begin);
            return false;
        }
        if (inflate->in_last)
            return true;
        if (!read_more(inflate))
            return false;
    }
}

/* ---- decompressing ---- */

static enum cy_inflate_state spoiled(struct cy_inflate *inflate, enum cy_inflate_state state)
{
    if (state == CY_INFLATE_TRUNCATED)
        inflate->reason = inflate->zstd ? "zstd_truncated" : "gzip_truncated";
    else
        inflate->reason = inflate->zstd ? "zstd_corrupt" : "gzip_corrupt";
    return state;
}

/* Sees that packed bytes are at hand; false, and in which state the member then is, when there are none. */
static bool has_input(struct cy_inflate *inflate, enum cy_inflate_state *state)
{
    if (inflate->in_at < inflate->in_end)
        return true;
    *state = inflate->in_last ? spoiled(inflate, CY_INFLATE_TRUNCATED) : CY_INFLATE_FAILED;
    return !inflate->in_last && read_more(inflate);
}

static enum cy_inflate_state run_gzip(struct cy_inflate *inflate, char *room, size_t room_bytes, size_t *size_bytes)
{
    struct inflate_state *gzip = inflate->gzip;
    gzip->next_out = (uint8_t *)room;
    gzip->avail_out = (uint32_t)room_bytes;
    enum cy_inflate_state state;
    for (;;) {
        gzip->next_in = inflate->in + inflate->in_at;
        gzip->avail_in = (uint32_t)(inflate->in_end - inflate->in_at);
        int status = isal_inflate(gzip);
        inflate->in_at = inflate->in_end - gzip->avail_in;
        if (status < 0 || status == ISAL_NEED_DICT) {
            state = spoiled(inflate, CY_INFLATE_CORRUPT);
            break;
        }
        if (gzip->block_state == ISAL_BLOCK_FINISH) {
            inflate->in_at -= (size_t)gzip->read_in_length / 8; /* whole bytes that the decoder took and did not need */
            state = CY_INFLATE_MEMBER_END;
            break;
        }
        if (gzip->avail_out == 0) {
            state = CY_INFLATE_MORE;
            break;
        }
        if (!has_input(inflate, &state))
            break;
    }
    *size_bytes = room_bytes - gzip->avail_out;
    return state;
}

static enum cy_inflate_state run_zstd(struct cy_inflate *inflate, char *room, size_t room_bytes, size_t *size_bytes)
{
    ZSTD_outBuffer out = {room, room_bytes, 0};
    enum cy_inflate_state state;
    for (;;) {
        ZSTD_inBuffer in = {inflate->in, inflate->in_end, inflate->in_at};
        size_t hint = ZSTD_decompressStream(inflate->frames, &out, &in);
        inflate->in_at = in.pos;
        if (ZSTD_isError(hint)) {
            state = spoiled(inflate, CY_INFLATE_CORRUPT);
            break;
        }
        if (hint == 0) {
            state = CY_INFLATE_MEMBER_END;
            break;
        }
        if (out.pos == out.size) {
            state = CY_INFLATE_MORE;
            break;
        }
        if (!has_input(inflate, &state))
            break;
    }
    *size_bytes = out.pos;
    return state;
}

/* A decoder for each frame: one that is used again keeps the largest buffers it ever had, and with them reads more of a damaged frame than
 * a new one does; what a frame gives may not depend on the frames before it, which a resumed build has not read. */
static void new_frame(struct cy_inflate *inflate)
{
    ZSTD_freeDStream(inflate->frames);
    inflate->frames = ZSTD_createDStream();
    CY_ASSERT(inflate->frames != NULL);
    ZSTD_DCtx_setParameter(inflate->frames, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
}

static void begin(struct cy_inflate *inflate)
{
    if (inflate->zstd) {
        new_frame(inflate);
    } else {
        isal_inflate_init(inflate->gzip);
        inflate->gzip->crc_flag = ISAL_GZIP;
    }
}

enum cy_inflate_state cy_inflate_run(struct cy_inflate *inflate, bool begins, char *room, size_t room_bytes, size_t *size_bytes)
{
    *size_bytes = 0;
    if (begins && inflate->over)
        return CY_INFLATE_END;
    if (begins) {
        if (!need(inflate, MAGIC_BYTES))
            return CY_INFLATE_FAILED;
        if (!member_begins(inflate)) {
            bool empty_file = inflate->in_last && inflate->in_offset + inflate->in_end == 0; /* not even the shortest member */
            if (!empty_file && only_padding(inflate))
                return CY_INFLATE_END;
            if (empty_file)
                return spoiled(inflate, CY_INFLATE_TRUNCATED);
            return spoiled(inflate, CY_INFLATE_CORRUPT);
        }
        begin(inflate);
    }
    return inflate->zstd ? run_zstd(inflate, room, room_bytes, size_bytes) : run_gzip(inflate, room, room_bytes, size_bytes);
}

bool cy_inflate_find(struct cy_inflate *inflate, uint64_t offset, size_t trial_bytes)
{
    char *trial = cy_alloc(trial_bytes);
    bool fine = true;
    seek(inflate, offset);
    for (;;) {
        if (!(fine = need(inflate, MAGIC_BYTES)))
            break;
        if (inflate->in_end - inflate->in_at < MAGIC_BYTES) { /* too little for a member */
            inflate->in_at = inflate->in_end;
            inflate->over = true;
            break;
        }
        if (member_begins(inflate)) {
            uint64_t candidate = cy_inflate_tell(inflate);
            size_t size;
            enum cy_inflate_state state = cy_inflate_run(inflate, true, trial, trial_bytes, &size);
            seek(inflate, candidate);
            fine = state != CY_INFLATE_FAILED;
            if (state == CY_INFLATE_MORE || state == CY_INFLATE_MEMBER_END || (state == CY_INFLATE_TRUNCATED && size > 0) || !fine)
                break;
            if (!(fine = need(inflate, 1)))
                break;
        }
        inflate->in_at++;
        const uint8_t first = inflate->zstd ? 0x28 : 0x1F;
        const uint8_t *next = memchr(inflate->in + inflate->in_at, first, inflate->in_end - inflate->in_at);
        inflate->in_at = next != NULL ? (size_t)(next - inflate->in) : inflate->in_end;
    }
    free(trial);
    return fine;
}

/* ---- its life ---- */

/* Text, and so no compressed file, whatever its name: some clients unpack what they download and keep the name. */
static bool is_text(const uint8_t *head, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (head[i] < 0x20 && head[i] != '\t' && head[i] != '\n' && head[i] != '\r')
            return false;
    return size > MAGIC_BYTES;
}

struct cy_inflate *cy_inflate_new(int file, const char *path, uint64_t offset, uint64_t file_bytes)
{
    enum { HEAD_BYTES = 64 };
    uint8_t head[HEAD_BYTES];
    ssize_t got = pread(file, head, sizeof head, 0);
    size_t size = got > 0 ? (size_t)got : 0;
    bool gzip = size >= MAGIC_BYTES && gzip_begins(head, size), zstd = size >= MAGIC_BYTES && zstd_begins(head, size);
    if (!gzip && !zstd && !is_text(head, size)) { /* damaged, or too short to tell: the name says what it should be */
        gzip = cy_str_ends(cy_str(path), CY_STR(".gz"));
        zstd = cy_str_ends(cy_str(path), CY_STR(".zst"));
    }
    if (!gzip && !zstd)
        return NULL;
    struct cy_inflate *inflate = cy_alloc_zero(1, sizeof *inflate);
    inflate->file = file;
    inflate->zstd = zstd;
    inflate->in_capacity = (size_t)CY_MIN(file_bytes + MAGIC_BYTES, IN_BYTES); /* small files in small buffers */
    inflate->in = cy_alloc(inflate->in_capacity);
    seek(inflate, offset);
    if (!zstd)
        inflate->gzip = cy_alloc_zero(1, sizeof *inflate->gzip);
    return inflate;
}

void cy_inflate_free(struct cy_inflate *inflate)
{
    if (inflate == NULL)
        return;
    ZSTD_freeDStream(inflate->frames);
    free(inflate->gzip);
    free(inflate->in);
    free(inflate);
}
