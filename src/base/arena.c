#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CHUNK_BYTES = 256 * 1024,
    ALIGNMENT = 16,
    SPARE_BYTES_MAX = 32 * 1024 * 1024, /* what reset keeps: more than a full batch, less than a thread's share of --memory */
};

struct cy_arena_chunk {
    struct cy_arena_chunk *next;
    size_t size; /* bytes of memory[] */
    size_t used;
    size_t unused; /* keeps memory[] aligned */
    char memory[];
};

static struct cy_arena_chunk *take_chunk(struct cy_arena *arena, size_t size_bytes)
{
    struct cy_arena_chunk **link = &arena->spare;
    for (; *link != NULL; link = &(*link)->next) {
        struct cy_arena_chunk *chunk = *link;
        if (chunk->size >= size_bytes) {
            *link = chunk->next;
            return chunk;
        }
    }
    struct cy_arena_chunk *chunk = cy_alloc(sizeof *chunk + size_bytes);
    chunk->size = size_bytes;
    return chunk;
}

void *cy_arena_alloc(struct cy_arena *arena, size_t size_bytes)
{
    size_t size = (size_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct cy_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t chunk_bytes = arena->chunk_bytes != 0 ? arena->chunk_bytes : CHUNK_BYTES;
        chunk = take_chunk(arena, CY_MAX(size, chunk_bytes));
        chunk->used = 0;
        bool keep_current = arena->chunks != NULL && size > chunk_bytes; /* a large object does not waste the current chunk's rest */
        chunk->next = keep_current ? arena->chunks->next : arena->chunks;
        if (keep_current)
            arena->chunks->next = chunk;
        else
            arena->chunks = chunk;
    }
    void *memory = chunk->memory + chunk->used;
    chunk->used += size;
    arena->size_bytes += size;
    return memory;
}

void *cy_arena_zero(struct cy_arena *arena, size_t size_bytes)
{
    return memset(cy_arena_alloc(arena, size_bytes), 0, size_bytes);
}

struct cy_str cy_arena_str(struct cy_arena *arena, struct cy_str text)
{
    char *copy = cy_arena_alloc(arena, text.size + 1);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return (struct cy_str){copy, text.size};
}

char *cy_arena_text(struct cy_arena *arena, const char *terminated)
{
    return (char *)cy_arena_str(arena, cy_str(terminated)).data;
}

char *cy_arena_printf(struct cy_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CY_ASSERT(size >= 0);
    char *text = cy_arena_alloc(arena, (size_t)size + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

void cy_arena_shrink(struct cy_arena *arena, void *newest, size_t allocated_bytes, size_t kept_bytes)
{
    size_t allocated = (allocated_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    size_t kept = (kept_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct cy_arena_chunk *chunk = arena->chunks;
    CY_ASSERT(kept <= allocated);
    if ((char *)newest + allocated != chunk->memory + chunk->used) { /* a large object: its chunk stands second */
        chunk = chunk->next;
        CY_ASSERT(chunk != NULL && (char *)newest + allocated == chunk->memory + chunk->used);
    }
    chunk->used -= allocated - kept;
    arena->size_bytes -= allocated - kept;
}

static void free_chunks(struct cy_arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct cy_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void cy_arena_reset(struct cy_arena *arena)
{
    size_t spare_bytes = 0;
    for (struct cy_arena_chunk *chunk = arena->spare; chunk != NULL; chunk = chunk->next)
        spare_bytes += chunk->size;
    for (struct cy_arena_chunk *chunk = arena->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (spare_bytes + chunk->size > SPARE_BYTES_MAX) {
            free(chunk);
            continue;
        }
        spare_bytes += chunk->size;
        chunk->next = arena->spare;
        arena->spare = chunk;
    }
    arena->chunks = NULL;
    arena->size_bytes = 0;
}

void cy_arena_release(struct cy_arena *arena)
{
    free_chunks(arena->chunks);
    free_chunks(arena->spare);
    *arena = (struct cy_arena){0};
}
