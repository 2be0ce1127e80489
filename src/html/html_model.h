/* How likely a block is content: gradient-boosted trees over the features (html_features.h), trained by tools/train_extract.py. The first
 * model sees the page; the second sees also what the first said about the blocks around. */
#ifndef CY_HTML_MODEL_H
#define CY_HTML_MODEL_H

#include "html/html_features.h"
#include "kernels/tree_scores.h"

/* Both models, laid out for the kernel. Read-only after init. */
struct cy_html_models {
    struct cy_forest forests[2];
    const struct cy_tree_scores_variant *variant;
    struct cy_arena arena; /* owns what the forests point to */
};
void cy_html_models_init(struct cy_html_models *models);
void cy_html_models_release(struct cy_html_models *models);

/* The probability 0…1 that each block of a page is content: block_count numbers in the arena. */
float *cy_html_probabilities(const struct cy_html_models *models, const struct cy_html_view *view, struct cy_arena *arena);

#endif
