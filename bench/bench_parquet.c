/* How fast rows become a dataset: CPU time of one core for encoding, by format.
 *
 *     bench_parquet TEXT [ROUNDS [REMOVED [FORMAT]]]      TEXT: any UTF-8 text; it is cut into documents of some 4 KB at line ends
 *
 * Each document has an id, a url, metadata, a language, a token count and 24 signals in four steps; REMOVED per cent (0) are removed. */
#include "base/clock.h"
#include "base/files.h"
#include "dataset/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 4, SIGNALS_STEP = 6, SIGNALS = STEPS * SIGNALS_STEP, DOCUMENT_BYTES = 4096, BATCH_ROWS = 100, CHUNK_BYTES = 8 << 20 };

static const struct cy_signal signals[] = {
    {"words", "", ""}, {"mean_chars", "", ""}, {"symbols", "", ""}, {"lines", "", ""}, {"stop_words", "", ""}, {"repeated", "", ""}, {0}};
static const struct cy_operator operators[STEPS] = {{.name = "one", .signals = signals},
                                                    {.name = "two", .signals = signals},
                                                    {.name = "three", .signals = signals},
                                                    {.name = "four", .signals = signals}};

static uint64_t removed_percent;

static uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Half of the signals are whole numbers, half shares of the document's size, as real ones are. */
static double make_signal(size_t index, size_t size, uint64_t *state)
{
    uint64_t value = random_next(state) % 997;
    return index % 2 == 0 ? (double)value : (double)value / (double)(size + 1);
}

static void add_document(struct cy_batch *batch, struct cy_str text, uint64_t ordinal, uint64_t *state)
{
    size_t row = cy_batch_append(batch);
    batch->texts[row] = text;
    batch->ids[row] = cy_str(cy_arena_printf(batch->arena, "<urn:uuid:%016llx%016llx>", (unsigned long long)random_next(state),
                                             (unsigned long long)random_next(state)));
    batch->urls[row] = cy_str(cy_arena_printf(batch->arena, "https://example.org/articles/%llu/page.html", (unsigned long long)ordinal));
    batch->metadata[row] = cy_str(cy_arena_printf(batch->arena, "{\"date\": \"2026-11-%02llu\"}", (unsigned long long)(ordinal % 28 + 1)));
    batch->languages[row] = CY_STR("en");
    batch->read_bytes[row] = text.size * 10;
    batch->origins[row] = (struct cy_origin){.ordinal = ordinal, .place = {.offset = ordinal * 9000}};
    batch->tokens[0][row] = (int64_t)(text.size / 4 + random_next(state) % 100);
    bool gone = random_next(state) % 100 < removed_percent;
    size_t step = gone ? random_next(state) % STEPS : STEPS;
    for (size_t i = 0; i < SIGNALS; i++)
        if (i / SIGNALS_STEP <= step)
            batch->signals[i][row] = make_signal(i, text.size, state);
    if (gone)
        batch->verdicts[row] = (struct cy_verdict){
            .what = CY_REMOVED, .step = (uint32_t)step, .rule = CY_STR("words"), .measured = 12, .threshold = 50, .similarity = NAN};
}

/* Cuts the text into documents of DOCUMENT_BYTES or somewhat more, and batches of BATCH_ROWS. */
static size_t make_batches(struct cy_str text, struct cy_batch ***batches)
{
    size_t count = 0, capacity = 0;
    uint64_t state = 1, ordinal = 0;
    for (size_t at = 0; at < text.size;) {
        if (count == capacity) {
            capacity = 2 * capacity + 64;
            *batches = cy_realloc(*batches, capacity * sizeof **batches);
        }
        struct cy_batch *batch = (*batches)[count++] = cy_alloc_zero(1, sizeof *batch);
        cy_batch_init(batch, cy_alloc_zero(1, sizeof(struct cy_arena)), NULL, BATCH_ROWS, SIGNALS, 1, NULL, 0);
        for (size_t i = 0; i < BATCH_ROWS && at < text.size; i++) {
            size_t from = CY_MIN(at + DOCUMENT_BYTES, text.size);
            const char *end = memchr(text.data + from, '\n', text.size - from);
            size_t size = end == NULL ? text.size - at : (size_t)(end + 1 - text.data) - at;
            add_document(batch, (struct cy_str){text.data + at, size}, ordinal++, &state);
            batch->text_bytes += size;
            at += size;
        }
        cy_batch_compact(batch);
    }
    return count;
}

static void run(struct cy_batch **batches, size_t batch_count, enum cy_dataset_format format, const char *name, size_t rounds)
{
    struct cy_schema_source source = {.path = "crawl/*.warc.gz", .license = "CC-BY-4.0", .party = "example-press", .format = "warc"};
    struct cy_schema_file file = {.name = "crawl/part-00000.warc.gz"};
    struct cy_schema_step steps[STEPS];
    for (size_t i = 0; i < STEPS; i++)
        steps[i] = (struct cy_schema_step){.name = operators[i].name, .operator= & operators[i], .signal_first = i * SIGNALS_STEP};
    const char *vocabulary = "o200k_base";
    struct cy_schema schema = {.name = "bench",
                               .recipe_text = CY_STR(""),
                               .sources = &source,
                               .source_count = 1,
                               .files = &file,
                               .file_count = 1,
                               .steps = steps,
                               .step_count = STEPS,
                               .vocabularies = &vocabulary,
                               .vocabulary_count = 1};
    struct cy_dataset_options options = {.format = format, .shard_bytes = 256 << 20, .validation_share = 0.01};
    char folder[] = "/tmp/bench_parquet.XXXXXX", build_id[65];
    struct cy_error error;
    if (mkdtemp(folder) == NULL)
        exit(1);
    double best_encode = INFINITY, best_append = INFINITY;
    uint64_t text_bytes = 0, row_count = 0;
    for (size_t round = 0; round < rounds; round++) {
        struct cy_dataset_writer *writer;
        uint64_t encode_ns = 0, append_ns = 0;
        text_bytes = row_count = 0;
        if (cy_dataset_open(&writer, folder, &schema, &options, &error) != CY_OK)
            exit(1);
        for (size_t first = 0, end; first < batch_count; first = end) {
            uint64_t bytes = 0;
            for (end = first; end < batch_count && bytes < CHUNK_BYTES; end++) {
                bytes += batches[end]->text_bytes;
                row_count += batches[end]->total_count;
            }
            struct cy_dataset_chunk *chunk;
            uint64_t start = cy_clock_cpu_ns();
            cy_dataset_encode(writer, batches + first, end - first, &chunk, &error);
            uint64_t encoded = cy_clock_cpu_ns();
            cy_dataset_append(writer, chunk, &error);
            encode_ns += encoded - start;
            append_ns += cy_clock_cpu_ns() - encoded;
            text_bytes += bytes;
        }
        if (cy_dataset_finish(writer, row_count, build_id, &error) != CY_OK) {
            fprintf(stderr, "%s\n", error.message);
            exit(1);
        }
        best_encode = fmin(best_encode, (double)encode_ns);
        best_append = fmin(best_append, (double)append_ns);
    }
    char command[128];
    printf("%-10s %8.0f MB/s encode  %8.0f MB/s append   %zu documents, %.1f MB\n", name, (double)text_bytes * 1e3 / best_encode,
           (double)text_bytes * 1e3 / best_append, (size_t)row_count, (double)text_bytes / 1e6);
    fflush(stdout);
    snprintf(command, sizeof command, "du -bc %s/data/* %s/verdicts/* | sed 's/^/    /'", folder, folder);
    if (system(command) != 0)
        exit(1);
    if (getenv("KEEP") == NULL)
        cy_remove_tree(folder, &error);
}

int main(int argc, char **argv)
{
    struct cy_buffer text = {0};
    struct cy_error error;
    if (argc < 2 || cy_read_file(argv[1], &text, &error) != CY_OK) {
        fprintf(stderr, "usage: bench_parquet TEXT [ROUNDS [REMOVED [FORMAT]]]\n");
        return 2;
    }
    size_t rounds = argc > 2 ? (size_t)atoi(argv[2]) : 5;
    removed_percent = argc > 3 ? (uint64_t)atoi(argv[3]) : 0;
    struct cy_batch **batches = NULL;
    size_t batch_count = make_batches(cy_buffer_str(&text), &batches);
    static const struct {
        const char *name;
        enum cy_dataset_format format;
    } formats[] = {{"parquet", CY_DATASET_PARQUET},
                   {"jsonl", CY_DATASET_JSONL},
                   {"jsonl.gz", CY_DATASET_JSONL_GZ},
                   {"jsonl.zst", CY_DATASET_JSONL_ZST}};
    for (size_t i = 0; i < CY_COUNT(formats); i++)
        if (argc <= 4 || strcmp(argv[4], formats[i].name) == 0)
            run(batches, batch_count, formats[i].format, formats[i].name, rounds);
    return 0;
}
