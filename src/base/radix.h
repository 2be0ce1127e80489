/* Radix sort in memory, the hot loop of dedup. */
#ifndef CY_BASE_RADIX_H
#define CY_BASE_RADIX_H

#include "base/bytes.h"

#include <stdatomic.h>

/* Sorts records[0, count) of record_size bytes each in the order of their bytes. `room` has the same size and is overwritten.
 * Most significant byte first: one scatter by the first byte in which records differ, on all threads, then each thread sorts buckets.
 * Source: McIlroy, Bostic, McIlroy, "Engineering Radix Sort", Computing Systems 6(1), 1993.
 * stop: once it is true the sort soon returns, and the records are in no order; NULL: never. */
void cy_radix_sort(uint8_t *records, uint8_t *room, size_t count, size_t record_size, size_t thread_count, const atomic_bool *stop);

#endif
