/* How likely a block is content: gradient-boosted trees over the features (html_features.h), trained by tools/train_extract.py. */
#ifndef CY_HTML_MODEL_H
#define CY_HTML_MODEL_H

#include "html/html_features.h"

/* Probabilities 0…1 of row_count blocks. rows: row_count times CY_FEATURE_COUNT numbers. Thread-safe. */
void cy_html_predict(const float *rows, size_t row_count, float *probabilities);

#endif
