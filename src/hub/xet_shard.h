/* Shards: what files are made of (Xet Protocol Specification 1.1, "Shard format"). Pure.
 *
 *     head (48 bytes: a mark of 32, a version, the size of a footer) · files · 48 bytes that begin with 32 × FF · xorbs · …
 *     file = record (hash, flags, n) · n segments (xorb, flags, plain bytes, first chunk, end chunk)
 *            · n records of verification when flags has bit 31 · one record with the file's sha256 when it has bit 30
 *
 * Every record has 48 bytes, integers are little-endian. The xorbs' part repeats what the xorbs themselves say and is not read. */
#ifndef CY_HUB_XET_SHARD_H
#define CY_HUB_XET_SHARD_H

#include "base/arena.h"
#include "base/error.h"
#include "hub/xet_xorb.h"

enum {
    CY_SHARD_BYTES_MAX = 64 << 20,
    CY_SHARD_FILES_MAX = 20000, /* each is put and synced on its own: half a million empty ones would hold a thread for hours */
};

/* Chunks [first_chunk, end_chunk) of a xorb. */
struct cy_shard_segment {
    char xorb[CY_XORB_NAME];
    uint32_t plain_size;
    uint32_t first_chunk, end_chunk;
};
struct cy_shard_file {
    char sha256[65];
    uint64_t size_bytes;
    struct cy_shard_segment *segments; /* in the file's order */
    size_t segment_count;
};
struct cy_shard {
    struct cy_shard_file *files;
    size_t file_count;
};

/* All of *shard lives in arena. CY_BAD_INPUT: what is wrong, and at which byte; a file without its sha256 is wrong too. */
enum cy_status cy_shard_read(struct cy_str content, struct cy_arena *arena, struct cy_shard *shard, struct cy_error *error);

#endif
