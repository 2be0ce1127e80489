/* cy_sort on records of 16 bytes as dedup sorts them (hash, row): bench_sort FOLDER RECORDS MEMORY_BYTES THREADS. */
#include "base/clock.h"
#include "base/sort.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORD_BYTES = 16, AT_ONCE = 1024 };

static double seconds(uint64_t from, uint64_t to)
{
    return (double)(to - from) / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bench_sort FOLDER RECORDS MEMORY_BYTES THREADS\n");
        return 2;
    }
    const uint64_t record_count = strtoull(argv[2], NULL, 10);
    struct cy_sort *sort;
    struct cy_error error;
    cy_sort_open(&sort, argv[1], "bench", RECORD_BYTES, atoll(argv[3]), strtoull(argv[4], NULL, 10));
    uint8_t records[AT_ONCE * RECORD_BYTES];
    uint64_t random = 1, row = 0, start = cy_clock_ns();
    enum cy_status status = CY_OK;
    while (status == CY_OK && row < record_count) {
        for (size_t i = 0; i < AT_ONCE; i++, row++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            cy_store_big_u64(records + i * RECORD_BYTES, random ^ random >> 29);
            cy_store_big_u64(records + i * RECORD_BYTES + 8, row);
        }
        status = cy_sort_add(sort, records, AT_ONCE, &error);
    }
    uint64_t added = cy_clock_ns();
    status = status == CY_OK ? cy_sort_finish(sort, &error) : status;
    uint64_t finished = cy_clock_ns();
    const uint8_t *next;
    size_t count;
    uint64_t check = 0;
    while (status == CY_OK && (status = cy_sort_next_many(sort, &next, &count, &error)) == CY_OK)
        for (size_t i = 0; i < count; i++)
            check += next[i * RECORD_BYTES];
    uint64_t end = cy_clock_ns();
    cy_sort_close(sort);
    if (status != CY_END) {
        fprintf(stderr, "bench_sort: %s\n", error.message);
        return 1;
    }
    printf("%llu records: add %.3f s, finish %.3f s, next %.3f s; %.0f ns a record (check %llu)\n", (unsigned long long)row,
           seconds(start, added), seconds(added, finished), seconds(finished, end), seconds(start, end) / (double)row * 1e9,
           (unsigned long long)check);
    return 0;
}
