/* How likely a block is content: gradient-boosted trees over the features (html_features.h), trained by tools/train_extract.py. The first
 * model sees the page; the second sees also what the first said about the blocks around. */
#ifndef CY_HTML_MODEL_H
#define CY_HTML_MODEL_H

#include "html/html_features.h"

enum cy_html_model { CY_HTML_MODEL_FIRST, CY_HTML_MODEL_SECOND };

/* Probabilities 0…1 of row_count blocks. rows: row_count times CY_FEATURE_COUNT numbers. Thread-safe. */
void cy_html_predict(enum cy_html_model model, const float *rows, size_t row_count, float *probabilities);

/* Both models over all blocks of a page, block_count numbers in the arena; `first` gets what the first one said, where it is not NULL. */
float *cy_html_probabilities(const struct cy_html_view *view, struct cy_arena *arena, float **first);

#endif
