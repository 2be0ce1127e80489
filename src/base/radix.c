#include "base/radix.h"

#include "base/threads.h"

#include <stdlib.h>

enum {
    INSERTION_MAX = 24,      /* records; below that, insertion is faster than counting 256 buckets */
    THREADS_MIN = 16 * 1024, /* records; below that, starting threads costs more than it saves */
};

/* The functions below are inlined with a constant record size where one is common (sort_range), so that copies are moves. */
#define INLINE static inline __attribute__((always_inline))

/* The order of two records whose bytes before `depth` are equal. */
INLINE int compare(const uint8_t *a, const uint8_t *b, size_t depth, size_t size)
{
    if (size == 16) {
        uint64_t x = __builtin_bswap64(cy_load_u64(a)), y = __builtin_bswap64(cy_load_u64(b));
        if (x != y)
            return x < y ? -1 : 1;
        x = __builtin_bswap64(cy_load_u64(a + 8)), y = __builtin_bswap64(cy_load_u64(b + 8));
        return x < y ? -1 : x > y;
    }
    return memcmp(a + depth, b + depth, size - depth);
}

/* Sorts `from` by insertion into `to`, which is another place or the same. */
INLINE void insert_all(const uint8_t *from, uint8_t *to, size_t count, size_t depth, size_t size)
{
    uint8_t moving[512]; /* CY_SORT_RECORD_BYTES_MAX */
    for (size_t i = 0; i < count; i++) {
        memcpy(moving, from + i * size, size);
        size_t place = i;
        for (; place > 0 && compare(moving, to + (place - 1) * size, depth, size) < 0; place--)
            memcpy(to + place * size, to + (place - 1) * size, size);
        memcpy(to + place * size, moving, size);
    }
}

/* Sorts from[0, count), whose bytes before `depth` are equal; the result is in `to` when into_to, else in `from`. The other is room. */
INLINE void sort_bytes(uint8_t *from, uint8_t *to, size_t count, size_t depth, size_t size, bool into_to,
                       void (*recurse)(uint8_t *, uint8_t *, size_t, size_t, size_t, bool))
{
    if (count <= INSERTION_MAX) {
        insert_all(from, into_to ? to : from, count, depth, size);
        return;
    }
    size_t ends[256];
    for (;; depth++) {
        if (depth == size) { /* all equal */
            if (into_to)
                memcpy(to, from, count * size);
            return;
        }
        memset(ends, 0, sizeof ends);
        for (size_t i = 0; i < count; i++)
            ends[from[i * size + depth]]++;
        if (ends[from[depth]] != count)
            break; /* they differ in this byte */
    }
    size_t total = 0;
    for (size_t byte = 0; byte < 256; byte++) {
        size_t bucket = ends[byte];
        ends[byte] = total;
        total += bucket;
    }
    for (size_t i = 0; i < count; i++)
        memcpy(to + ends[from[i * size + depth]]++ * size, from + i * size, size);
    for (size_t byte = 0, start = 0; byte < 256; start = ends[byte++])
        if (ends[byte] > start)
            recurse(to + start * size, from + start * size, ends[byte] - start, depth + 1, size, !into_to);
}

static void sort_16(uint8_t *from, uint8_t *to, size_t count, size_t depth, size_t size, bool into_to)
{
    (void)size;
    sort_bytes(from, to, count, depth, 16, into_to, sort_16);
}

static void sort_24(uint8_t *from, uint8_t *to, size_t count, size_t depth, size_t size, bool into_to)
{
    (void)size;
    sort_bytes(from, to, count, depth, 24, into_to, sort_24);
}

static void sort_any(uint8_t *from, uint8_t *to, size_t count, size_t depth, size_t size, bool into_to)
{
    sort_bytes(from, to, count, depth, size, into_to, sort_any);
}

static void sort_range(uint8_t *from, uint8_t *to, size_t count, size_t depth, size_t size, bool into_to)
{
    if (size == 16)
        sort_16(from, to, count, depth, size, into_to);
    else if (size == 24)
        sort_24(from, to, count, depth, size, into_to);
    else
        sort_any(from, to, count, depth, size, into_to);
}

/* ---- on several threads ---- */

struct parallel {
    uint8_t *records, *room;
    size_t count, size, thread_count;
    size_t depth;        /* the first byte in which records differ */
    size_t (*ends)[256]; /* [thread][byte]: counts, then where the thread's next record of that byte goes */
    size_t *differing;   /* [thread]: the first byte that differs within the thread's share, or from the first record */
    size_t starts[257];  /* of the buckets */
    _Atomic unsigned next_bucket;
    const atomic_bool *stop;
};

static void share_of(const struct parallel *job, size_t thread, size_t *first, size_t *end)
{
    *first = job->count / job->thread_count * thread;
    *end = thread + 1 == job->thread_count ? job->count : job->count / job->thread_count * (thread + 1);
}

static void find_depth(void *context, size_t thread)
{
    struct parallel *job = context;
    size_t first, end, depth = job->size;
    share_of(job, thread, &first, &end);
    for (size_t i = first; i < end && depth > 0; i++) {
        const uint8_t *record = job->records + i * job->size;
        for (size_t at = 0; at < depth; at++)
            if (record[at] != job->records[at])
                depth = at;
    }
    job->differing[thread] = depth;
}

static void count_bytes(void *context, size_t thread)
{
    struct parallel *job = context;
    size_t first, end, *counts = job->ends[thread];
    share_of(job, thread, &first, &end);
    for (size_t i = first; i < end; i++)
        counts[job->records[i * job->size + job->depth]]++;
}

static void scatter(void *context, size_t thread)
{
    struct parallel *job = context;
    size_t first, end, size = job->size, *places = job->ends[thread];
    share_of(job, thread, &first, &end);
    if (size == 16) {
        for (size_t i = first; i < end; i++)
            memcpy(job->room + places[job->records[i * 16 + job->depth]]++ * 16, job->records + i * 16, 16);
        return;
    }
    for (size_t i = first; i < end; i++)
        memcpy(job->room + places[job->records[i * size + job->depth]]++ * size, job->records + i * size, size);
}

static void sort_buckets(void *context, __attribute__((unused)) size_t thread)
{
    struct parallel *job = context;
    unsigned byte;
    while ((byte = atomic_fetch_add(&job->next_bucket, 1)) < 256 && (job->stop == NULL || !atomic_load(job->stop))) {
        size_t start = job->starts[byte], count = job->starts[byte + 1] - start;
        if (count > 0)
            sort_range(job->room + start * job->size, job->records + start * job->size, count, job->depth + 1, job->size, true);
    }
}

void cy_radix_sort(uint8_t *records, uint8_t *room, size_t count, size_t record_size, size_t thread_count, const atomic_bool *stop)
{
    if (count < THREADS_MIN) {
        sort_range(records, room, count, 0, record_size, false);
        return;
    }
    struct parallel job = {
        .records = records, .room = room, .count = count, .size = record_size, .thread_count = thread_count, .stop = stop};
    job.ends = cy_alloc_zero(thread_count, sizeof *job.ends);
    job.differing = cy_alloc_zero(thread_count, sizeof *job.differing);
    cy_run_threads(thread_count, find_depth, &job);
    job.depth = record_size;
    for (size_t thread = 0; thread < thread_count; thread++)
        job.depth = CY_MIN(job.depth, job.differing[thread]);
    if (job.depth < record_size) { /* else all are equal */
        cy_run_threads(thread_count, count_bytes, &job);
        size_t total = 0;
        for (size_t byte = 0; byte < 256; byte++) {
            job.starts[byte] = total;
            for (size_t thread = 0; thread < thread_count; thread++) {
                size_t bucket = job.ends[thread][byte];
                job.ends[thread][byte] = total;
                total += bucket;
            }
        }
        job.starts[256] = total;
        cy_run_threads(thread_count, scatter, &job);
        cy_run_threads(thread_count, sort_buckets, &job);
    }
    free(job.ends);
    free(job.differing);
}
