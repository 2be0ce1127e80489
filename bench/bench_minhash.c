/* MinHash signatures, by variant, on one core: bench_minhash TEXT [ROUNDS]. TEXT: a JSONL-free text file, cut into documents of 3 KB. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/files.h"
#include "kernels/minhash.h"
#include "kernels/word_hash.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_BYTES = 3000, PERMUTATIONS = 112, NGRAM = 5 };

static double megabytes_a_second(size_t bytes, uint64_t ns)
{
    return (double)bytes / 1e6 / ((double)ns / 1e9);
}

static void bench_words(const struct cy_map *map, int rounds)
{
    static uint64_t words[1 << 16];
    size_t nothing = 0;
    cy_word_hashes(CY_STR("warm up"), &nothing, words, CY_COUNT(words)); /* makes the tables */
    for (const struct cy_word_hash_variant *variant = cy_word_hash_variants; variant->name != NULL; variant++) {
        if ((variant->needs & ~cy_cpu_features()) != 0)
            continue;
        uint64_t best = UINT64_MAX;
        size_t count = 0;
        for (int round = 0; round < rounds; round++) {
            uint64_t start = cy_clock_cpu_ns();
            count = 0;
            for (size_t at = 0; at < map->size;)
                count += variant->hashes((struct cy_str){map->data, map->size}, &at, words, CY_COUNT(words));
            uint64_t took = cy_clock_cpu_ns() - start;
            best = CY_MIN(best, took);
        }
        printf("words      %-8s %8.0f MB/s  %zu words\n", variant->name, megabytes_a_second(map->size, best), count);
    }
}

static void bench_minima(int rounds)
{
    enum { SHINGLES = 1 << 20 };
    static uint32_t shingles[SHINGLES];
    uint32_t minima[PERMUTATIONS];
    struct cy_minhash minhash;
    cy_minhash_init(&minhash, PERMUTATIONS, NGRAM);
    for (size_t i = 0; i < SHINGLES; i++)
        shingles[i] = (uint32_t)i * 2654435769u;
    for (const struct cy_minhash_variant *variant = cy_minhash_variants; variant->name != NULL; variant++) {
        if ((variant->needs & ~cy_cpu_features()) != 0)
            continue;
        uint64_t best = UINT64_MAX;
        for (int round = 0; round < rounds; round++) {
            uint64_t start = cy_clock_cpu_ns();
            for (size_t at = 0; at < SHINGLES; at += 512)
                variant->lower(shingles + at, 512, minhash.factors, minhash.offsets, minima, PERMUTATIONS);
            uint64_t took = cy_clock_cpu_ns() - start;
            best = CY_MIN(best, took);
        }
        printf("minima     %-8s %8.2f ns a shingle of %d permutations\n", variant->name, (double)best / SHINGLES, PERMUTATIONS);
    }
}

static void bench_signatures(const struct cy_map *map, int rounds)
{
    struct cy_minhash minhash;
    uint16_t signature[PERMUTATIONS];
    cy_minhash_init(&minhash, PERMUTATIONS, NGRAM);
    uint64_t best = UINT64_MAX;
    unsigned sum = 0;
    for (int round = 0; round < rounds; round++) {
        uint64_t start = cy_clock_cpu_ns();
        for (size_t at = 0; at < map->size; at += DOCUMENT_BYTES) {
            size_t size = CY_MIN(map->size - at, (size_t)DOCUMENT_BYTES);
            cy_minhash_signature(&minhash, (struct cy_str){map->data + at, size}, signature);
            sum += signature[0];
        }
        uint64_t took = cy_clock_cpu_ns() - start;
        best = CY_MIN(best, took);
    }
    printf("signatures best     %8.0f MB/s  (CIYUAN_CPU pins a variant; check %u)\n", megabytes_a_second(map->size, best), sum);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_minhash TEXT [ROUNDS]\n");
        return 2;
    }
    struct cy_error error;
    struct cy_map map;
    if (cy_map_file(&map, argv[1], &error) != CY_OK) {
        fprintf(stderr, "bench_minhash: %s\n", error.message);
        return 1;
    }
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    bench_words(&map, rounds);
    bench_minima(rounds);
    bench_signatures(&map, rounds);
    cy_unmap(&map);
    return 0;
}
