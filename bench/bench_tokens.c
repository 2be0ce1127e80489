/* How fast texts become tokens: MB/s of processor time of one thread. The first pass is over text that the cache has not seen.
 * CIYUAN_CPU=scalar|avx2 pins the kernels.
 *   bench_tokens VOCABULARY RECORDS [PASSES [FOLDER]]     each record is a little-endian uint32 size, then that many bytes; FOLDER: where
 *                                                         the vocabulary's compiled form is kept */
#include "base/files.h"
#include "base/hash.h"
#include "token/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* One pass over all records; ids NULL: only counts. */
static uint64_t pass(const struct cy_tokenizer *tokenizer, struct cy_token_cache *cache, struct cy_str records, struct cy_ids *ids)
{
    uint64_t count = 0;
    for (size_t at = 0; at + 4 <= records.size;) {
        struct cy_str text = {records.data + at + 4, cy_load_u32(records.data + at)};
        if (ids != NULL) {
            ids->count = 0;
            cy_tokenizer_encode(tokenizer, cache, text, NULL, ids);
            count += ids->count;
        } else {
            count += cy_tokenizer_count(tokenizer, cache, text, NULL);
        }
        at += 4 + text.size;
    }
    return count;
}

int main(int argc, char **argv)
{
    struct cy_error error;
    struct cy_tokenizer *tokenizer;
    struct cy_buffer records = {0};
    struct cy_ids ids = {0};
    if (argc < 3)
        return fprintf(stderr, "usage: bench_tokens VOCABULARY RECORDS [PASSES]\n"), 2;
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);
    enum cy_status status = argc > 4 ? cy_tokenizer_load_compiled(&tokenizer, argv[1], argv[4], &error)
                                     : cy_tokenizer_load(&tokenizer, argv[1], CY_VOCABULARY_ANY, &error);
    if (status != CY_OK)
        return fprintf(stderr, "%s\n%s\n", error.message, error.hint), 1;
    double loaded = seconds(CLOCK_THREAD_CPUTIME_ID);
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 0);
    cy_tokenizer_encode(tokenizer, cache, CY_STR("hello"), NULL, &ids);
    printf("%s: loaded in %.1f ms, first call %.1f ms\n", cy_tokenizer_name(tokenizer), (loaded - start) * 1e3,
           (seconds(CLOCK_THREAD_CPUTIME_ID) - loaded) * 1e3);
    if (cy_read_file(argv[2], &records, &error) != CY_OK)
        return fprintf(stderr, "%s\n", error.message), 1;
    int passes = argc > 3 ? atoi(argv[3]) : 3;
    for (int counting = 0; counting < 2; counting++) {
        cy_token_cache_free(cache);
        cache = cy_token_cache_new(tokenizer, 0);
        for (int i = 0; i < passes; i++) {
            double from = seconds(CLOCK_THREAD_CPUTIME_ID);
            uint64_t count = pass(tokenizer, cache, cy_buffer_str(&records), counting ? NULL : &ids);
            printf("%s %s pass %d: %7.1f MB/s, %llu tokens\n", argv[2], counting ? "count" : "encode", i + 1,
                   (double)records.size / 1e6 / (seconds(CLOCK_THREAD_CPUTIME_ID) - from), (unsigned long long)count);
        }
    }
    cy_ids_release(&ids);
    cy_buffer_release(&records);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
    return 0;
}
