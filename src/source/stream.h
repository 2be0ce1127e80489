/* The bytes of a file, decompressed: plain, gzip (any number of members) or zstd (any number of frames), told apart by their first bytes.
 *
 *     file ─▶ [in: compressed] ─▶ [out: ……… | cursor … available | free] ─▶ peek, skip
 *
 * The cursor's place can be kept and opened again: the member or frame it lies in is decompressed anew, and what stands before the cursor
 * is dropped. Memory is bounded by what the caller peeks at, plus a few MiB.
 *
 * Damage. A member that ends early gives all that could be decompressed. A member that is corrupt (a code that cannot be, a wrong
 * checksum) gives nothing when it decompresses to at most 1 MiB, for none of it can be trusted; of a longer one the bytes before the damage
 * have been given by the time it is found. Behind the damage the next member that decompresses is looked for. */
#ifndef CY_SOURCE_STREAM_H
#define CY_SOURCE_STREAM_H

#include "source/source.h"

struct cy_stream;

/* Why peek gives less than was asked for. */
enum cy_stream_state {
    CY_STREAM_OPEN,    /* more may come */
    CY_STREAM_END,     /* the file's clean end */
    CY_STREAM_DAMAGED, /* cy_stream_damage says how; cy_stream_recover goes on behind it */
    CY_STREAM_FAILED,  /* the machine failed; cy_stream_error says how */
};

/* Errors: CY_IO when it cannot be opened, CY_FAILED when it does not reach as far as `from`. */
enum cy_status cy_stream_open(struct cy_stream **stream, const char *path, struct cy_place from, struct cy_error *error);
void cy_stream_close(struct cy_stream *stream);

/* The bytes at the cursor: all that are at hand, and at least `want` of them unless the end, damage or a failure comes first. Borrowed
 * until the next call. */
struct cy_str cy_stream_peek(struct cy_stream *stream, size_t want);
/* Moves the cursor over bytes that peek gave. */
void cy_stream_skip(struct cy_stream *stream, size_t size_bytes);
/* The cursor's place, record left 0. Exact once peek has given a byte here; else a place that leads to the same byte. */
struct cy_place cy_stream_place(const struct cy_stream *stream);

/* What comes behind the bytes at hand. */
enum cy_stream_state cy_stream_state(const struct cy_stream *stream);
const char *cy_stream_damage(const struct cy_stream *stream); /* "gzip_truncated", "gzip_corrupt", "zstd_truncated", …; a literal */
const struct cy_error *cy_stream_error(const struct cy_stream *stream);
/* Drops what is at hand and goes on behind the damage, at the next member or frame that can be decompressed, or at the end. */
void cy_stream_recover(struct cy_stream *stream);

#endif
