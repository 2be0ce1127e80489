/* CPU time of the quality operators, each by itself and in a row, on the texts of a JSON Lines file.
 *
 *     bench_quality docs.jsonl [ROUNDS]      prints nanoseconds a byte and MB/s of one core: the best of the rounds, by thread CPU time */
#include "base/clock.h"
#include "base/files.h"
#include "document/words.h"
#include "operators/operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

enum { STEPS = 4, BATCH_BYTES = 1 << 20 };
static const char *const names[STEPS] = {"gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality"};

struct bench {
    struct cy_str *texts;
    size_t count;
    uint64_t bytes;
    const struct cy_operator *operators[STEPS];
    void *selves[STEPS];
    size_t signal_first[STEPS], signal_count;
    uint64_t words_ns, step_ns[STEPS];
    uint64_t words, kept;
};

static void load(struct bench *bench, const char *path)
{
    struct cy_buffer file = {0};
    struct cy_error error;
    CY_ASSERT(cy_read_file(path, &file, &error) == CY_OK);
    struct cy_str rest = cy_buffer_str(&file);
    while (rest.size > 0) {
        struct cy_str line = cy_str_split(rest, '\n', &rest);
        yyjson_doc *json = yyjson_read(line.data, line.size, 0);
        yyjson_val *text = yyjson_obj_get(yyjson_doc_get_root(json), "text");
        bench->texts = cy_realloc(bench->texts, (bench->count + 1) * sizeof *bench->texts);
        char *copy = cy_alloc(yyjson_get_len(text) + 1);
        memcpy(copy, yyjson_get_str(text), yyjson_get_len(text));
        bench->texts[bench->count++] = (struct cy_str){copy, yyjson_get_len(text)};
        bench->bytes += yyjson_get_len(text);
        yyjson_doc_free(json);
    }
    cy_buffer_release(&file);
}

static void run_batch(struct bench *bench, struct cy_batch *batch)
{
    uint64_t start = cy_clock_cpu_ns(), end;
    for (size_t row = 0; row < batch->row_count; row++)
        bench->words += cy_words_of(batch, row)->count;
    end = cy_clock_cpu_ns();
    bench->words_ns += end - start;
    for (size_t step = 0; step < STEPS; step++) {
        struct cy_error error;
        start = end;
        batch->step = (uint32_t)step;
        batch->step_signal_first = bench->signal_first[step];
        CY_ASSERT(bench->operators[step]->run(bench->selves[step], batch, &error) == CY_OK);
        for (size_t row = 0; row < batch->row_count;
             row++) /* all texts go through all steps: the time of each is that of the whole input */
            batch->verdicts[row].what = CY_KEPT;
        end = cy_clock_cpu_ns();
        bench->step_ns[step] += end - start;
    }
}

static void run(struct bench *bench)
{
    struct cy_arena arena = {0};
    struct cy_scratch *scratch = cy_scratch_new();
    bench->words = bench->words_ns = 0;
    memset(bench->step_ns, 0, sizeof bench->step_ns);
    for (size_t next = 0; next < bench->count;) {
        struct cy_batch batch;
        cy_batch_init(&batch, &arena, scratch, 256, bench->signal_count, 0, NULL, 0);
        for (uint64_t bytes = 0; next < bench->count && bytes < BATCH_BYTES && batch.row_count < 256; next++) {
            size_t row = cy_batch_append(&batch);
            batch.texts[row] = bench->texts[next];
            bytes += bench->texts[next].size;
        }
        run_batch(bench, &batch);
        cy_arena_reset(&arena);
    }
    cy_scratch_free(scratch);
    cy_arena_release(&arena);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "usage: bench_quality docs.jsonl [ROUNDS]\n"), 2;
    struct bench bench = {0};
    struct cy_arena plan = {0};
    load(&bench, argv[1]);
    for (size_t step = 0; step < STEPS; step++) {
        struct cy_step_setup setup = {.arena = &plan, .folder = ".", .step_name = names[step]};
        struct cy_error error;
        bench.operators[step] = cy_operator_find(cy_str(names[step]));
        bench.selves[step] = cy_arena_zero(&plan, bench.operators[step]->self_size);
        cy_params_default(bench.operators[step]->params, bench.selves[step], &plan);
        bench.signal_first[step] = bench.signal_count;
        for (const struct cy_signal *signal = bench.operators[step]->signals; signal->name != NULL; signal++)
            bench.signal_count++;
        if (bench.operators[step]->prepare != NULL)
            CY_ASSERT(bench.operators[step]->prepare(bench.selves[step], &setup, &error) == CY_OK);
    }
    uint64_t best_words = UINT64_MAX, best[STEPS], rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 5;
    memset(best, 0xFF, sizeof best);
    for (uint64_t round = 0; round < rounds; round++) {
        run(&bench);
        best_words = CY_MIN(best_words, bench.words_ns);
        for (size_t step = 0; step < STEPS; step++)
            best[step] = CY_MIN(best[step], bench.step_ns[step]);
    }
    uint64_t sum = best_words;
    printf("%zu texts, %.1f MB, %.2f million words\n", bench.count, (double)bench.bytes / 1e6, (double)bench.words / 1e6);
    printf("%-20s %6.2f ns a byte\n", "words", (double)best_words / (double)bench.bytes);
    for (size_t step = 0; step < STEPS; step++) {
        printf("%-20s %6.2f ns a byte\n", names[step], (double)best[step] / (double)bench.bytes);
        sum += best[step];
    }
    printf("%-20s %6.2f ns a byte: %.0f MB/s a core\n", "all", (double)sum / (double)bench.bytes, (double)bench.bytes * 1e3 / (double)sum);
    return 0;
}
