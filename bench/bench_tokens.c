/* How fast texts become tokens. CIYUAN_CPU=scalar|avx2 pins the kernels.
 *   bench_tokens VOCABULARY RECORDS [PASSES [THREADS [FOLDER]]]
 *       MB/s of processor time; of several threads the sum of what each has. The first pass is over text that the cache has not seen.
 *       Each record is a little-endian uint32 size, then that many bytes. FOLDER: where the vocabulary's compiled form is kept.
 *   bench_tokens VOCABULARY runs
 *       ms for long runs of one kind, whose sizes double: what could take quadratic time does not.                                     */
#include "base/files.h"
#include "base/hash.h"
#include "base/threads.h"
#include "token/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double resident_mb(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* ---- passes over records ---- */

enum { THREADS_MAX = 64 };

struct run {
    const struct cy_tokenizer *tokenizer;
    struct cy_token_cache *caches[THREADS_MAX];
    struct cy_ids ids[THREADS_MAX];
    uint64_t counts[THREADS_MAX];
    double rates[THREADS_MAX]; /* MB/s of the thread's processor time */
    struct cy_str records;
    size_t threads;
    bool counting;
};

/* A thread's share of the records: every so many-th. */
static void pass(void *context, size_t thread)
{
    struct run *run = context;
    struct cy_str records = run->records;
    const double from = seconds(CLOCK_THREAD_CPUTIME_ID);
    size_t size = 0;
    run->counts[thread] = 0;
    for (size_t at = 0, index = 0; at + 4 <= records.size; index++) {
        struct cy_str text = {records.data + at + 4, cy_load_u32(records.data + at)};
        at += 4 + text.size;
        if (index % run->threads != thread)
            continue;
        size += text.size;
        if (run->counting) {
            run->counts[thread] += cy_tokenizer_count(run->tokenizer, run->caches[thread], text, NULL);
            continue;
        }
        run->ids[thread].count = 0;
        cy_tokenizer_encode(run->tokenizer, run->caches[thread], text, NULL, &run->ids[thread]);
        run->counts[thread] += run->ids[thread].count;
    }
    run->rates[thread] = (double)size / 1e6 / (seconds(CLOCK_THREAD_CPUTIME_ID) - from);
}

static void passes(struct run *run, const char *name, int pass_count)
{
    for (size_t thread = 0; thread < run->threads; thread++) {
        cy_token_cache_free(run->caches[thread]);
        run->caches[thread] = cy_token_cache_new(run->tokenizer, 0);
    }
    for (int i = 0; i < pass_count; i++) {
        double rate = 0;
        uint64_t count = 0;
        cy_run_threads(run->threads, pass, run);
        for (size_t thread = 0; thread < run->threads; thread++) {
            count += run->counts[thread];
            rate += run->rates[thread];
        }
        printf("%s %s pass %d: %7.1f MB/s, %llu tokens\n", name, run->counting ? "count" : "encode", i + 1, rate,
               (unsigned long long)count);
    }
}

/* ---- long runs ---- */

static void long_runs(const struct cy_tokenizer *tokenizer)
{
    static const struct {
        const char *what, *unit;
    } runs[] = {{"a", "a"},        {"ab", "ab"},       {"spaces", " "},     {"newlines", "\n"},    {"tabs", "\t"},
                {"digits", "0"},   {"=", "="},         {"emoji", "🙂"},   {"family", "👩‍"}, {"marks", "\u0301"},
                {"Chinese", "中"}, {"data", "数据集"}, {"no UTF-8", "\xFF"}};
    enum { SIZE_MAX_KB = 1024, SIZES = 4 };
    char *text = cy_alloc(SIZE_MAX_KB << 10);
    for (size_t i = 0; i < CY_COUNT(runs); i++) {
        const size_t unit = strlen(runs[i].unit);
        for (size_t at = 0; at < SIZE_MAX_KB << 10; at++)
            text[at] = runs[i].unit[at % unit];
        printf("%-10s", runs[i].what);
        for (size_t kb = SIZE_MAX_KB >> (SIZES - 1); kb <= SIZE_MAX_KB; kb *= 2) {
            struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 0);
            const size_t size = (kb << 10) / unit * unit;
            const double from = seconds(CLOCK_THREAD_CPUTIME_ID);
            const size_t count = cy_tokenizer_count(tokenizer, cache, (struct cy_str){text, size}, NULL);
            printf("  %4zu KB %7.2f ms (%7zu ids)", kb, (seconds(CLOCK_THREAD_CPUTIME_ID) - from) * 1e3, count);
            cy_token_cache_free(cache);
        }
        putchar('\n');
    }
    free(text);
}

int main(int argc, char **argv)
{
    struct cy_error error;
    struct cy_tokenizer *tokenizer;
    struct cy_buffer records = {0};
    if (argc < 3)
        return fprintf(stderr, "usage: bench_tokens VOCABULARY RECORDS|runs [PASSES [THREADS [FOLDER]]]\n"), 2;
    const char *folder = argc > 5 ? argv[5] : NULL;
    const double resident = resident_mb(), start = seconds(CLOCK_THREAD_CPUTIME_ID);
    if ((folder != NULL ? cy_tokenizer_load_compiled(&tokenizer, argv[1], folder, &error)
                        : cy_tokenizer_load(&tokenizer, argv[1], CY_VOCABULARY_ANY, &error)) != CY_OK)
        return fprintf(stderr, "%s\n%s\n", error.message, error.hint), 1;
    const double loaded = seconds(CLOCK_THREAD_CPUTIME_ID), resident_loaded = resident_mb();
    static struct run run;
    run = (struct run){.tokenizer = tokenizer, .threads = argc > 4 ? CY_MIN((size_t)atoi(argv[4]), (size_t)THREADS_MAX) : 1};
    run.caches[0] = cy_token_cache_new(tokenizer, 0);
    cy_tokenizer_encode(tokenizer, run.caches[0], CY_STR("hello"), NULL, &run.ids[0]);
    printf("%s: loaded in %.1f ms, first call %.1f ms, %.1f MB resident\n", cy_tokenizer_name(tokenizer), (loaded - start) * 1e3,
           (seconds(CLOCK_THREAD_CPUTIME_ID) - loaded) * 1e3, resident_loaded - resident);
    if (strcmp(argv[2], "runs") == 0) {
        long_runs(tokenizer);
    } else if (cy_read_file(argv[2], &records, &error) != CY_OK) {
        return fprintf(stderr, "%s\n", error.message), 1;
    } else {
        run.records = cy_buffer_str(&records);
        for (int counting = 0; counting < 2; counting++) {
            run.counting = counting != 0;
            passes(&run, argv[2], argc > 3 ? atoi(argv[3]) : 3);
        }
    }
    for (size_t thread = 0; thread < run.threads; thread++) {
        cy_token_cache_free(run.caches[thread]);
        cy_ids_release(&run.ids[thread]);
    }
    cy_buffer_release(&records);
    cy_tokenizer_free(tokenizer);
    return 0;
}
