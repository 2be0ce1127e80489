/* What the public API costs over the inside: the same records through both, pass by pass in turn, one thread; MB/s of its processor time.
 *   bench_api VOCABULARY RECORDS [PASSES]     each record is a little-endian uint32 size, then that many bytes */
#include "base/files.h"
#include "token/store.h"
#include "ciyuan.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* All ids of a batch, kept, as the API keeps them. */
static size_t inside(const struct cy_tokenizer *tokenizer, struct cy_token_cache *cache, const struct ciyuan_text *texts, size_t count,
                     struct cy_ids *ids)
{
    ids->count = 0;
    for (size_t i = 0; i < count; i++)
        cy_tokenizer_encode(tokenizer, cache, (struct cy_str){texts[i].data, texts[i].size}, NULL, ids);
    return ids->count;
}

int main(int argc, char **argv)
{
    enum { BATCH = 256 };
    struct cy_error inner;
    struct ciyuan_error error;
    struct ciyuan_tokenizer *outside;
    struct cy_tokenizer *tokenizer;
    struct cy_arena arena = {0};
    struct cy_vocabulary_place place;
    struct cy_buffer records = {0};
    struct cy_ids ids = {0};
    struct ciyuan_ids outside_ids = {0};
    if (argc < 3)
        return fprintf(stderr, "usage: bench_api VOCABULARY RECORDS [PASSES]\n"), 2;
    if (ciyuan_tokenizer_open(argv[1], &outside, &error) != CIYUAN_OK)
        return fprintf(stderr, "%s\n%s\n", error.message, error.hint), 1;
    if (cy_vocabulary_find(cy_str(argv[1]), NULL, &arena, &place, &inner) != CY_OK ||
        cy_vocabulary_load(&place, &tokenizer, &inner) != CY_OK || cy_read_file(argv[2], &records, &inner) != CY_OK)
        return fprintf(stderr, "%s\n", inner.message), 1;
    size_t count = 0;
    struct ciyuan_text *texts = NULL;
    for (size_t at = 0; at + 4 <= records.size; at += 4 + texts[count++].size) {
        texts = cy_realloc(texts, (count + 1) * sizeof *texts);
        texts[count] = (struct ciyuan_text){records.data + at + 4, cy_load_u32(records.data + at)};
    }
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 0);
    for (int pass = 0; pass < (argc > 3 ? atoi(argv[3]) : 5); pass++) {
        size_t token_counts[2] = {0};
        double from = seconds();
        for (size_t i = 0; i < count; i += BATCH)
            token_counts[0] += inside(tokenizer, cache, texts + i, CY_MIN(BATCH, count - i), &ids);
        double between = seconds();
        for (size_t i = 0; i < count; i += BATCH) {
            ciyuan_tokenizer_encode(outside, texts + i, CY_MIN(BATCH, count - i), NULL, &outside_ids, NULL);
            token_counts[1] += outside_ids.count;
        }
        double end = seconds(), megabytes = (double)(records.size - 4 * count) / 1e6;
        printf("pass %d: inside %.1f MB/s, API %.1f MB/s%s\n", pass + 1, megabytes / (between - from), megabytes / (end - between),
               token_counts[0] == token_counts[1] ? "" : " (not the same ids)");
    }
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
    ciyuan_tokenizer_close(outside);
    ciyuan_ids_release(&outside_ids);
    cy_ids_release(&ids);
    cy_arena_release(&arena);
    cy_buffer_release(&records);
    free(texts);
    return 0;
}
