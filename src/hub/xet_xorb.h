/* Xorbs: how Hugging Face's clients send the chunks of large files (Xet Protocol Specification 1.1, "Xorb format"). Pure.
 *
 *     xorb  = chunk, chunk, …                     up to CY_XORB_BYTES_MAX, no end mark
 *     chunk = version 0 · stored size (3 bytes, little-endian) · scheme · plain size (3 bytes) · stored bytes
 *     scheme: 0 as they are, 1 an LZ4 frame, 2 an LZ4 frame of the bytes in four groups (first all bytes 0, 4, 8 …, then 1, 5, 9 …)
 *
 * Names of xorbs in URLs are 64 hex digits, each 8 bytes of the hash reversed: four little-endian integers. */
#ifndef CY_HUB_XET_XORB_H
#define CY_HUB_XET_XORB_H

#include "base/bytes.h"
#include "base/error.h"

enum {
    CY_XORB_BYTES_MAX = 80 << 20, /* 64 MiB of chunks, their heads, and what LZ4 adds to bytes that do not compress */
    CY_XORB_CHUNKS_MAX = 64 * 1024, /* the specification has 8,192; a chunk has 8 KiB at least, save the last of a file */
    CY_XORB_CHUNK_HEAD = 8,
    CY_XORB_CHUNK_PLAIN_MAX = 4 << 20, /* the specification has 128 KiB */
    CY_XORB_NAME = 65,                 /* with the 0 byte */
};

/* Where a chunk lies in its xorb. Kept in the database as they are: little-endian. */
struct cy_xorb_chunk {
    uint32_t offset;      /* of its head */
    uint32_t stored_size; /* without the head */
    uint32_t plain_size;
};

/* Reads all heads; appends a cy_xorb_chunk each to *chunks. CY_BAD_INPUT with the chunk's number and what is wrong. */
enum cy_status cy_xorb_chunks(struct cy_str xorb, struct cy_buffer *chunks, struct cy_error *error);
/* Appends the plain bytes of one chunk (its head and stored bytes). CY_BAD_INPUT when it is damaged. */
enum cy_status cy_xorb_decode(struct cy_str chunk, struct cy_buffer *plain, struct cy_error *error);

/* A hash of 32 bytes as its name. */
void cy_xet_name(const uint8_t hash[32], char name[CY_XORB_NAME]);
bool cy_xet_name_is_valid(struct cy_str name);

#endif
