#include "cy_test.h"

#include "base/files.h"
#include "cy_test_fasttext.h"
#include "model/fasttext_model.h"

#include <math.h>

/* Two words, three labels, one dimension, no n-grams. */
static const struct cy_test_fasttext tiny = {
    .version = 12,
    .dim = 1,
    .word_ngrams = 1,
    .loss = CY_FASTTEXT_HIERARCHICAL,
    .kind = CY_FASTTEXT_SUPERVISED,
    .words = (const char *const[]){"</s>", "a", NULL},
    .labels = (const char *const[]){"__label__x", "__label__y", "__label__z", NULL},
    .label_counts = (const int64_t[]){5, 3, 1},
    .pruned_count = -1,
    .row_count = 2,
    .rows = (const float[]){0.25f, -2},
    .output = (const float[]){1.5f, -1, 0},
};

static enum cy_status parse(const struct cy_test_fasttext *model, struct cy_fasttext **parsed, struct cy_error *error)
{
    struct cy_buffer file = {0};
    cy_test_fasttext_write(model, &file);
    enum cy_status status = cy_fasttext_parse(parsed, cy_buffer_str(&file), "tiny.bin", error);
    cy_buffer_release(&file);
    return status;
}

static double value_of(const struct cy_fasttext *model, uint64_t row, uint32_t lane)
{
    return cy_fasttext_row(model, row)[lane] * model->row_unit;
}

static void expect_refused(const struct cy_test_fasttext *model, const char *reason)
{
    struct cy_fasttext *parsed;
    struct cy_error error;
    assert_int_equal(parse(model, &parsed, &error), CY_BAD_INPUT);
    assert_null(parsed);
    if (strstr(error.message, reason) == NULL || strstr(error.message, "tiny.bin") == NULL)
        fail_msg("refused with \"%s\", expected \"%s\"", error.message, reason);
}

CY_TEST("a plain fastText model is read: words, labels, rows, and the Huffman tree")
{
    struct cy_fasttext *model;
    struct cy_error error;
    cy_expect_ok(parse(&tiny, &model, &error), error);
    assert_int_equal(model->word_count, 2);
    assert_int_equal(model->label_count, 3);
    assert_int_equal(cy_fasttext_find(model, CY_STR("a")), 1);
    assert_int_equal(cy_fasttext_find(model, CY_STR("__label__z")), 4);
    assert_int_equal(cy_fasttext_find(model, CY_STR("b")), UINT32_MAX);
    cy_expect_str(cy_fasttext_name(model, 3), "__label__y");
    assert_true(value_of(model, 0, 0) == 0.25 && value_of(model, 1, 0) == -2 && value_of(model, 1, 1) == 0);
    /* counts 5, 3, 1: node 3 joins z and y (4), the root joins node 3 and x */
    assert_int_equal(model->nodes[3].left, 2);
    assert_int_equal(model->nodes[3].right, 1);
    assert_int_equal(model->nodes[4].left, 3);
    assert_int_equal(model->nodes[4].right, 0);
    cy_fasttext_free(model);
}

CY_TEST("a quantized fastText model is read: each row is its norm times its centroids, rows of kept buckets in the order of the buckets")
{
    struct cy_test_fasttext quantized = tiny;
    quantized.dim = 3;
    quantized.buckets = 100;
    quantized.n_min = 1, quantized.n_max = 2;
    quantized.pruned_count = 2;
    quantized.pruned = (const int32_t[]){70, 0, 30, 1}; /* bucket 70 has the first row after the words, bucket 30 the second */
    quantized.row_count = 4;
    quantized.codes = (const uint8_t[]){0, 1, 1, 0, 2, 2, 3, 3};
    quantized.centroids = (const float[]){1, 2, 3, 4, 5, 6, 7, 8, /* the second code stands for one value */ 0.5f, 1.5f, 2.5f, 3.5f};
    quantized.norm_codes = (const uint8_t[]){0, 1, 2, 3};
    quantized.norms = (const float[]){1, 2, -1, 0.5f};
    quantized.output = (const float[]){1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const double expected[4][3] = {{1, 2, 1.5}, {6, 8, 1}, {3.5, 4, 1.75}, {-5, -6, -2.5}}; /* the last two change places */
    struct cy_fasttext *model;
    struct cy_error error;
    cy_expect_ok(parse(&quantized, &model, &error), error);
    for (uint32_t row = 0; row < 4; row++)
        for (uint32_t lane = 0; lane < 3; lane++)
            cy_expect_near(value_of(model, row, lane), expected[row][lane], 8 * ldexp(1, -22));
    assert_int_equal(model->ngrams.row_first, 2);
    assert_int_equal(model->ngrams.bits[0], 1 << 30);
    assert_int_equal(model->ngrams.bits[2], 1 << 6);
    assert_int_equal(model->ngrams.before[2], 1);
    assert_true(model->output[2 * model->lanes + 1] == 8);
    cy_fasttext_free(model);
}

CY_TEST("a fastText model that was cut off anywhere is refused, with its name and the place")
{
    struct cy_buffer file = {0};
    struct cy_fasttext *model;
    struct cy_error error;
    cy_test_fasttext_write(&tiny, &file);
    for (size_t size = 0; size < file.size; size++) {
        char *cut = malloc(size + !size); /* of the exact size, for the sanitizer */
        memcpy(cut, file.data, size);
        assert_int_equal(cy_fasttext_parse(&model, (struct cy_str){cut, size}, "tiny.bin", &error), CY_BAD_INPUT);
        assert_non_null(strstr(error.message, "\"tiny.bin\" cannot be used as a fastText model: "));
        assert_non_null(strstr(error.message, ", at byte "));
        free(cut);
    }
    cy_buffer_add_byte(&file, 0);
    assert_int_equal(cy_fasttext_parse(&model, cy_buffer_str(&file), "tiny.bin", &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "something follows the second matrix"));
    cy_buffer_release(&file);
}

CY_TEST("a fastText model whose numbers do not fit together is refused, and the reason is told")
{
    struct cy_test_fasttext bad = tiny;
    bad.version = 13;
    expect_refused(&bad, "its version is neither 11 nor 12");
    bad = tiny, bad.dim = 0;
    expect_refused(&bad, "the number of dimensions is not in 1…1024");
    bad = tiny, bad.loss = 5;
    expect_refused(&bad, "its loss or kind is unknown");
    bad = tiny, bad.n_max = 3;
    expect_refused(&bad, "the number of buckets is not in 1…67108864");
    bad = tiny, bad.buckets = 10, bad.n_max = 16;
    expect_refused(&bad, "character n-grams are longer than 15");
    bad = tiny, bad.row_count = 1;
    expect_refused(&bad, "the first matrix has not as many rows as there are words and buckets");
    bad = tiny, bad.rows = (const float[]){1, NAN};
    expect_refused(&bad, "a value of the first matrix is not within ±1e6");
    bad = tiny, bad.rows = (const float[]){1, -1.1e6f};
    expect_refused(&bad, "a value of the first matrix is not within ±1e6");
    bad = tiny, bad.output = (const float[]){1, INFINITY, 0};
    expect_refused(&bad, "a value of the second matrix is not within ±1e6");
    bad = tiny, bad.label_counts = (const int64_t[]){INT64_MAX, 2, 1};
    expect_refused(&bad, "the labels' counts do not make a Huffman tree");
    bad = tiny, bad.label_counts = (const int64_t[]){3, 2, -1};
    expect_refused(&bad, "the labels' counts do not make a Huffman tree");
    bad = tiny, bad.buckets = 10, bad.pruned_count = 1, bad.pruned = (const int32_t[]){1, 0};
    expect_refused(&bad, "buckets were pruned and the matrix is not quantized");
    bad.codes = (const uint8_t[]){0, 1, 2}, bad.centroids = (const float[]){1, 2, 3, 4}, bad.row_count = 3;
    bad.pruned = (const int32_t[]){10, 0};
    expect_refused(&bad, "a kept bucket is out of range");
    bad.pruned = (const int32_t[]){1, 1};
    expect_refused(&bad, "a kept bucket is out of range");
    bad.pruned_count = 2, bad.row_count = 4, bad.codes = (const uint8_t[]){0, 1, 2, 3}, bad.pruned = (const int32_t[]){1, 0, 1, 1};
    expect_refused(&bad, "a bucket is kept twice");
    bad.pruned_count = 11, bad.pruned = (const int32_t[22]){0};
    expect_refused(&bad, "more buckets were kept than there are");
}

CY_TEST("lid.176.ftz with bytes changed at random is refused or read, and never does harm")
{
    struct cy_arena arena = {0};
    struct cy_buffer file = {0};
    struct cy_error error;
    const char *path;
    uint64_t random = cy_test_seed();
    cy_expect_ok(cy_find_data("lid.176.ftz", &arena, &path, &error), error);
    cy_expect_ok(cy_read_file(path, &file, &error), error);
    for (int round = 0; round < 40; round++) {
        struct cy_fasttext *model;
        size_t place = cy_test_random(&random) % (round % 2 == 0 ? 200 : file.size);
        char kept = file.data[place];
        file.data[place] = (char)cy_test_random(&random);
        if (cy_fasttext_parse(&model, cy_buffer_str(&file), path, &error) == CY_OK)
            cy_fasttext_free(model);
        file.data[place] = kept;
    }
    cy_buffer_release(&file);
    cy_arena_release(&arena);
}
