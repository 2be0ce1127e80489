/* How fast the operators on text are, on one core: bench_textops DOCUMENTS.jsonl (fields text, url). MB/s of processor time, the best of
 * rounds over the whole file, each round on a fresh batch of the same documents. CIYUAN_CPU=scalar|avx2 pins the kernels. */
#include "base/clock.h"
#include "base/files.h"
#include "base/unicode_nfc.h"
#include "operators/operator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

enum { ROUNDS = 7 };

struct documents {
    struct cy_str *texts, *urls;
    size_t count;
    double bytes;
};

static void read_documents(const char *path, struct documents *out)
{
    struct cy_buffer file = {0};
    struct cy_error error;
    if (cy_read_file(path, &file, &error) != CY_OK) {
        fprintf(stderr, "bench_textops: %s\n", error.message);
        exit(1);
    }
    struct cy_str lines = cy_buffer_str(&file);
    size_t capacity = 0;
    while (lines.size > 0) {
        struct cy_str line = cy_str_split(lines, '\n', &lines);
        yyjson_val *root = yyjson_doc_get_root(yyjson_read(line.data, line.size, 0)); /* kept until the end */
        yyjson_val *text = yyjson_obj_get(root, "text"), *url = yyjson_obj_get(root, "url");
        if (!yyjson_is_str(text))
            continue;
        if (out->count == capacity) {
            capacity = CY_MAX(capacity * 2, 1024);
            out->texts = cy_realloc(out->texts, capacity * sizeof *out->texts);
            out->urls = cy_realloc(out->urls, capacity * sizeof *out->urls);
        }
        out->texts[out->count] = (struct cy_str){yyjson_get_str(text), yyjson_get_len(text)};
        out->urls[out->count++] =
            yyjson_is_str(url) ? (struct cy_str){yyjson_get_str(url), yyjson_get_len(url)} : CY_STR("https://example.com/a/b");
        out->bytes += (double)yyjson_get_len(text);
    }
}

/* Runs one operator with one parameter set on all documents, and prints its speed. */
static void bench_operator(const struct documents *documents, const char *name, const char *param_name, const char *value)
{
    const struct cy_operator *operator= cy_operator_find(cy_str(name));
    struct cy_arena plan = {0}, arena = {0};
    struct cy_scratch *scratch = cy_scratch_new();
    struct cy_error error;
    void *self = cy_arena_zero(&plan, operator->self_size);
    cy_params_default(operator->params, self, &plan);
    if (param_name != NULL)
        CY_ASSERT(cy_param_set(cy_param_find(operator->params, cy_str(param_name)), self, cy_str(value), &plan, &error) == CY_OK);
    struct cy_step_setup setup = {.arena = &plan, .folder = ".", .step_name = name};
    CY_ASSERT(operator->prepare == NULL || operator->prepare(self, &setup, &error) == CY_OK);
    double best_ns = INFINITY;
    size_t gone = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct cy_batch batch;
        cy_batch_init(&batch, &arena, scratch, documents->count, 16, 0, NULL, 0);
        for (size_t i = 0; i < documents->count; i++) {
            size_t row = cy_batch_append(&batch);
            batch.texts[row] = documents->texts[i];
            batch.urls[row] = documents->urls[i];
        }
        batch.step = 0;
        uint64_t start = cy_clock_cpu_ns();
        CY_ASSERT(operator->run(self, &batch, &error) == CY_OK);
        best_ns = fmin(best_ns, (double)(cy_clock_cpu_ns() - start));
        cy_batch_compact(&batch);
        gone = batch.total_count - batch.row_count;
        cy_arena_reset(&arena);
    }
    printf("%-12s %-52s %8.0f MB/s %9.0f ns a document, %zu gone\n", name, value != NULL ? value : "", documents->bytes / best_ns * 1e3,
           best_ns / (double)documents->count, gone);
    if (operator->release != NULL)
        operator->release(self);
    cy_scratch_free(scratch);
    cy_arena_release(&arena);
    cy_arena_release(&plan);
}

static void bench_form(const struct documents *documents, const char *name, enum cy_form form)
{
    double best_ns = INFINITY;
    size_t doubtful = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        uint64_t start = cy_clock_cpu_ns();
        doubtful = 0;
        for (size_t i = 0; i < documents->count; i++)
            doubtful += !cy_is_normal(documents->texts[i], form);
        best_ns = fmin(best_ns, (double)(cy_clock_cpu_ns() - start));
    }
    printf("%-12s %-52s %8.0f MB/s, %zu of %zu in doubt\n", name, "the question alone", documents->bytes / best_ns * 1e3, doubtful,
           documents->count);
}

int main(int argc, char **argv)
{
    struct documents documents = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: bench_textops DOCUMENTS.jsonl\n");
        return 2;
    }
    read_documents(argv[1], &documents);
    printf("%s: %zu documents, %.1f MB\n", argv[1], documents.count, documents.bytes / 1e6);
    bench_form(&documents, "form C", CY_FORM_C);
    bench_form(&documents, "form KC", CY_FORM_KC);
    bench_operator(&documents, "normalize", NULL, NULL);
    bench_operator(&documents, "normalize", "form", "nfkc");
    bench_operator(&documents, "pii", NULL, NULL);
    bench_operator(&documents, "replace", "pattern", "https?://\\S+");
    bench_operator(&documents, "where", "expression", "bytes >= 80 and url not like '%/tag/%'");
    bench_operator(&documents, "where", "expression", "length(text) > 200");
    bench_operator(&documents, "where", "expression", "text like '%no such words%'");
    bench_operator(&documents, "url_filter", "banned_subwords", "casino");
    return 0;
}
