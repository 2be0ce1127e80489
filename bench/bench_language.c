/* How fast languages are identified: MB/s of processor time of one thread, best and median of rounds; every round starts with an empty
 * cache of words, as a worker does. CIYUAN_CPU=scalar|avx2 pins the kernels.
 *   bench_language RECORDS… [ROUNDS]     each record is a little-endian uint32 size, then that many bytes */
#include "base/files.h"
#include "model/language_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const struct cy_language_id *id, const char *path, int round_count)
{
    struct cy_buffer records = {0};
    struct cy_error error;
    double rates[100], score_sum = 0;
    uint64_t text_bytes = 0, text_count = 0;
    if (cy_read_file(path, &records, &error) != CY_OK) {
        fprintf(stderr, "%s\n", error.message);
        return;
    }
    for (int round = 0; round < round_count; round++) {
        double start = cpu_seconds();
        struct cy_word_cache *cache = cy_language_id_cache_new(id);
        score_sum = 0;
        text_bytes = text_count = 0;
        for (size_t place = 0; place + 4 <= records.size; text_count++) {
            size_t size = cy_load_u32(records.data + place);
            score_sum += cy_language_id_predict(id, cache, (struct cy_str){records.data + place + 4, size}).score;
            text_bytes += size;
            place += 4 + size;
        }
        cy_word_cache_free(cache);
        rates[round] = (double)text_bytes / 1e6 / (cpu_seconds() - start);
    }
    qsort(rates, (size_t)round_count, sizeof *rates, ascending);
    printf("%-40s %7.1f MB %8llu texts: best %7.1f MB/s, median %7.1f (mean score %.9f)\n", path, (double)text_bytes / 1e6,
           (unsigned long long)text_count, rates[round_count - 1], rates[round_count / 2], score_sum / (double)text_count);
    cy_buffer_release(&records);
}

int main(int argc, char **argv)
{
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_language_id *id;
    const char *path;
    double start = cpu_seconds();
    if (cy_find_data("lid.176.ftz", &arena, &path, &error) != CY_OK || cy_language_id_load(&id, path, &error) != CY_OK)
        return fprintf(stderr, "%s\n", error.message), 1;
    printf("model loaded in %.1f ms\n", (cpu_seconds() - start) * 1e3);
    int round_count = argc > 2 && atoi(argv[argc - 1]) > 0 ? CY_MIN(atoi(argv[argc - 1]), 100) : 5;
    for (int i = 1; i < argc; i++)
        if (atoi(argv[i]) == 0)
            measure(id, argv[i], round_count);
    cy_language_id_free(id);
    cy_arena_release(&arena);
    return 0;
}
