/* Writes small fastText model files for tests, byte by byte as the format says (docs/language.md). */
#ifndef CY_TEST_FASTTEXT_H
#define CY_TEST_FASTTEXT_H

#include "base/bytes.h"

struct cy_test_fasttext {
    int32_t version, dim, word_ngrams, loss, kind, buckets, n_min, n_max;
    const char *const *words; /* NULL ends them */
    const char *const *labels;
    const int64_t *label_counts;
    int64_t pruned_count;  /* -1: none pruned */
    const int32_t *pruned; /* pairs: bucket, row after the words */
    int32_t row_count;
    const float *rows;         /* row_count * dim; quantized: made of codes */
    const uint8_t *codes;      /* NULL: rows are plain; else one code for every two values, the last for one where dim is odd */
    const float *centroids;    /* [code][256][values of the code], of which the first four are given: [code][4][…] */
    const uint8_t *norm_codes; /* NULL: no norms */
    const float *norms;        /* the first four */
    const float *output;       /* label count * dim */
};

void cy_test_fasttext_write(const struct cy_test_fasttext *model, struct cy_buffer *out);

#endif
