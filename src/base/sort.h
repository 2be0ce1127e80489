/* External sort: records of one fixed size, in the order of their bytes (memcmp of the whole record; write integers big-endian).
 *
 *     add … add ─▶ memory ─▶ finish ─▶ next … next            everything fits: no file is touched
 *     add … add ─▶ memory ─▶ sorted run on disk  ┐
 *                  memory ─▶ sorted run on disk  ├─▶ finish ─▶ merged as it is read
 *                  memory ─▶ sorted run on disk  ┘
 *
 * Equal records are equal bytes, so the result does not depend on memory or threads. One sorter, one thread at a time; it starts threads
 * of its own to sort. Memory stays below memory_bytes plus some 100 KiB. */
#ifndef CY_BASE_SORT_H
#define CY_BASE_SORT_H

#include "base/error.h"

struct cy_sort;

enum { CY_SORT_RECORD_BYTES_MAX = 512 }; /* radix recursion goes one level a byte */

/* folder: exists; files are called `<name>-<number>.run` there, and are removed by close. At least a few records always fit: memory_bytes
 * under 64 KiB counts as 64 KiB. Errors: none now; the files are made when memory is full. */
void cy_sort_open(struct cy_sort **sort, const char *folder, const char *name, size_t record_size, int64_t memory_bytes,
                  size_t thread_count);
/* Once *stop is true, adding, finishing and reading give CY_INTERRUPTED as soon as they look; NULL: never. */
void cy_sort_set_stop(struct cy_sort *sort, const atomic_bool *stop);
/* Copies `count` records, end to end. Errors: CY_IO from spilling. */
enum cy_status cy_sort_add(struct cy_sort *sort, const void *records, size_t count, struct cy_error *error);
/* No more records come. */
enum cy_status cy_sort_finish(struct cy_sort *sort, struct cy_error *error);
/* The next records in order: *count of them end to end, at least 1, as many as are at hand; borrowed until the next call. CY_END: none. */
enum cy_status cy_sort_next_many(struct cy_sort *sort, const uint8_t **records, size_t *count, struct cy_error *error);
/* The next record alone. CY_END: none. */
enum cy_status cy_sort_next(struct cy_sort *sort, const uint8_t **record, struct cy_error *error);
uint64_t cy_sort_count(const struct cy_sort *sort); /* records added */
void cy_sort_close(struct cy_sort *sort);           /* NULL: nothing */

static inline void cy_store_big_u64(uint8_t *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, sizeof value);
}

static inline uint64_t cy_load_big_u64(const uint8_t *at)
{
    return __builtin_bswap64(cy_load_u64(at));
}

#endif
