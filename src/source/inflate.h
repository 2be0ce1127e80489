/* Decompression of a file, member by member (gzip, RFC 1952) or frame by frame (zstd, RFC 8878). The stream's inner half. */
#ifndef CY_SOURCE_INFLATE_H
#define CY_SOURCE_INFLATE_H

#include "base/error.h"

struct cy_inflate;

enum cy_inflate_state {
    CY_INFLATE_MORE,       /* `room` is full, and the member goes on */
    CY_INFLATE_MEMBER_END, /* the member is whole and its checksum right */
    CY_INFLATE_END,        /* no member begins here: the file ends, or only zero bytes follow, as tapes leave them */
    CY_INFLATE_TRUNCATED,  /* the file ends within the member; what could be decompressed was given */
    CY_INFLATE_CORRUPT,    /* what stands here is no member, or has an impossible code or a wrong checksum */
    CY_INFLATE_FAILED,     /* reading failed: errno */
};

/* NULL for a plain file: its first bytes are those of neither format, and either are text or its name does not end in .gz or .zst. `file`
 * stays the caller's; it is read with pread. */
struct cy_inflate *cy_inflate_new(int file, const char *path, uint64_t offset, uint64_t file_bytes);
void cy_inflate_free(struct cy_inflate *inflate); /* NULL is allowed */
/* Decompresses up to room_bytes bytes; `begins` says that a member begins here. */
enum cy_inflate_state cy_inflate_run(struct cy_inflate *inflate, bool begins, char *room, size_t room_bytes, size_t *size_bytes);
const char *cy_inflate_reason(const struct cy_inflate *inflate); /* after TRUNCATED and CORRUPT: a literal */
uint64_t cy_inflate_tell(const struct cy_inflate *inflate);      /* the first byte of the file that was not consumed */
/* Goes to the first member at or behind `offset` that decompresses without error for trial_bytes bytes or to its end; to the file's end
 * where there is none. false: reading failed. */
bool cy_inflate_find(struct cy_inflate *inflate, uint64_t offset, size_t trial_bytes);

#endif
