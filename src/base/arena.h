/* An arena: memory with one life. A batch, a request and a command have one each, reset whole.
 *
 *     [chunk: used ....... | free ...] → [chunk: used] → …      a large object gets a chunk of its own
 *
 * reset keeps the chunks up to a limit, so that a worker's second batch allocates nothing. Not thread-safe: one arena, one thread. */
#ifndef CY_BASE_ARENA_H
#define CY_BASE_ARENA_H

#include "base/bytes.h"

struct cy_arena_chunk;

struct cy_arena {
    struct cy_arena_chunk *chunks; /* the one in use first */
    struct cy_arena_chunk *spare;  /* kept by reset */
    size_t size_bytes;             /* handed out since the last reset */
    size_t chunk_bytes;            /* how large the chunks are that it takes; 0: 256 KiB, which suits a batch */
};

/* {0} is a valid empty arena. Memory is aligned to 16 bytes, not zeroed, and never NULL (see cy_alloc). */
void *cy_arena_alloc(struct cy_arena *arena, size_t size_bytes);
void *cy_arena_zero(struct cy_arena *arena, size_t size_bytes);
/* A copy, with a 0 byte after it that does not count. */
struct cy_str cy_arena_str(struct cy_arena *arena, struct cy_str text);
char *cy_arena_text(struct cy_arena *arena, const char *terminated);
char *cy_arena_printf(struct cy_arena *arena, const char *format, ...) CY_PRINTF(2, 3);
/* Gives back the tail of the newest allocation: `kept_bytes` of it stay. For output whose size is known only afterwards. */
void cy_arena_shrink(struct cy_arena *arena, void *newest, size_t allocated_bytes, size_t kept_bytes);
void cy_arena_reset(struct cy_arena *arena);
void cy_arena_release(struct cy_arena *arena);

#endif
