#include "cy_test_fasttext.h"

static void add_i32(struct cy_buffer *out, int32_t value)
{
    cy_buffer_add(out, &value, sizeof value);
}

static void add_i64(struct cy_buffer *out, int64_t value)
{
    cy_buffer_add(out, &value, sizeof value);
}

static int32_t count_names(const char *const *names)
{
    int32_t count = 0;
    while (names[count] != NULL)
        count++;
    return count;
}

static void add_names(struct cy_buffer *out, const char *const *names, const int64_t *counts, uint8_t kind)
{
    for (int32_t i = 0; names[i] != NULL; i++) {
        cy_buffer_add(out, names[i], strlen(names[i]) + 1);
        add_i64(out, counts != NULL ? counts[i] : 1);
        cy_buffer_add_byte(out, kind);
    }
}

/* 256 centroids of `width` values, of which the first four are given and the others 0. */
static void add_centroids(struct cy_buffer *out, const float *four, int32_t width)
{
    static const float zeros[256];
    cy_buffer_add(out, four, 4 * (size_t)width * sizeof *four);
    for (int32_t i = 0; i < width; i++)
        cy_buffer_add(out, zeros, 252 * sizeof *zeros);
}

static void add_quantized(struct cy_buffer *out, const struct cy_test_fasttext *model)
{
    int32_t codes_per_row = (model->dim + 1) / 2, last = model->dim % 2 == 0 ? 2 : 1;
    cy_buffer_add_byte(out, model->norm_codes != NULL);
    add_i64(out, model->row_count);
    add_i64(out, model->dim);
    add_i32(out, codes_per_row * model->row_count);
    cy_buffer_add(out, model->codes, (size_t)(codes_per_row * model->row_count));
    add_i32(out, model->dim);
    add_i32(out, codes_per_row);
    add_i32(out, model->dim == 1 ? 1 : 2);
    add_i32(out, last);
    for (int32_t code = 0; code < codes_per_row; code++)
        add_centroids(out, model->centroids + code * 8, code + 1 == codes_per_row ? last : 2);
    if (model->norm_codes == NULL)
        return;
    cy_buffer_add(out, model->norm_codes, (size_t)model->row_count);
    for (int i = 0; i < 4; i++)
        add_i32(out, 1);
    add_centroids(out, model->norms, 1);
}

static void add_plain(struct cy_buffer *out, const float *values, int64_t row_count, int64_t dim)
{
    add_i64(out, row_count);
    add_i64(out, dim);
    cy_buffer_add(out, values, (size_t)(row_count * dim) * sizeof *values);
}

void cy_test_fasttext_write(const struct cy_test_fasttext *model, struct cy_buffer *out)
{
    int32_t word_count = count_names(model->words), label_count = count_names(model->labels);
    const double threshold = 1e-4;
    cy_buffer_clear(out);
    add_i32(out, 793712314);
    add_i32(out, model->version);
    add_i32(out, model->dim);
    for (int i = 0; i < 4; i++)
        add_i32(out, 5);
    add_i32(out, model->word_ngrams);
    add_i32(out, model->loss);
    add_i32(out, model->kind);
    add_i32(out, model->buckets);
    add_i32(out, model->n_min);
    add_i32(out, model->n_max);
    add_i32(out, 100);
    cy_buffer_add(out, &threshold, sizeof threshold);
    add_i32(out, word_count + label_count);
    add_i32(out, word_count);
    add_i32(out, label_count);
    add_i64(out, 1000);
    add_i64(out, model->pruned_count);
    add_names(out, model->words, NULL, 0);
    add_names(out, model->labels, model->label_counts, 1);
    if (model->pruned_count > 0)
        cy_buffer_add(out, model->pruned, (size_t)model->pruned_count * 2 * sizeof *model->pruned);
    cy_buffer_add_byte(out, model->codes != NULL);
    if (model->codes != NULL)
        add_quantized(out, model);
    else
        add_plain(out, model->rows, model->row_count, model->dim);
    cy_buffer_add_byte(out, 0);
    add_plain(out, model->output, label_count, model->dim);
}
