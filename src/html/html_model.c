#include "html/html_model.h"

#include <math.h>

/* A node of a tree. Going down from node n: to n + right where the feature is above the threshold, else to n + left. A leaf has left and
 * right 0, so it stays where it is, and every row takes the same number of steps: no branch to guess. */
struct model_node {
    float value; /* threshold, or a leaf's score */
    uint8_t feature;
    uint8_t left, right;
};

/* A table holds CY_MODEL_BIAS(value), then each tree: CY_TREE(steps to its deepest leaf) and its nodes from the root on,
 * N(threshold, feature, left, right) or L(score). Read here once for the nodes, and once for the trees. */
#define CY_MODEL_BIAS(value)
#define CY_TREE(depth)
#define N(threshold, feature, left, right) {threshold, CY_FEATURE_##feature, left, right},
#define L(score) {score, 0, 0, 0},
static const struct model_node first_nodes[] = {
#include "html/model_first.h"
};
static const struct model_node second_nodes[] = {
#include "html/model_second.h"
};
#undef CY_TREE
#undef N
#undef L

#define CY_TREE(depth) depth,
#define N(threshold, feature, left, right)
#define L(score)
static const uint8_t first_depths[] = {
#include "html/model_first.h"
};
static const uint8_t second_depths[] = {
#include "html/model_second.h"
};
#undef CY_MODEL_BIAS
#undef CY_TREE

#define CY_MODEL_BIAS(value) value
#define CY_TREE(depth)
static const float first_bias =
#include "html/model_first.h"
    ;
static const float second_bias =
#include "html/model_second.h"
    ;
#undef CY_MODEL_BIAS
#undef CY_TREE
#undef N
#undef L

static const struct {
    const struct model_node *nodes;
    const uint8_t *depths;
    size_t tree_count;
} models[] = {
    [CY_HTML_MODEL_FIRST] = {first_nodes, first_depths, CY_COUNT(first_depths)},
    [CY_HTML_MODEL_SECOND] = {second_nodes, second_depths, CY_COUNT(second_depths)},
};

/* Nodes of the tree that begins at `tree`: a full binary tree, so it ends when as many leaves as open ends have come. */
static size_t tree_size(const struct model_node *tree)
{
    size_t size = 0;
    for (long open_ends = 1; open_ends > 0; size++)
        open_ends += tree[size].left != 0 ? 1 : -1;
    return size;
}

void cy_html_predict(enum cy_html_model model, const float *rows, size_t row_count, float *probabilities)
{
    float bias = model == CY_HTML_MODEL_FIRST ? first_bias : second_bias;
    for (size_t row = 0; row < row_count; row++)
        probabilities[row] = bias;
    const struct model_node *tree = models[model].nodes;
    for (size_t i = 0; i < models[model].tree_count; i++) {
        uint8_t depth = models[model].depths[i];
        for (size_t row = 0; row < row_count; row++) {
            const float *features = rows + row * CY_FEATURE_COUNT;
            const struct model_node *node = tree;
            for (uint8_t step = 0; step < depth; step++)
                node += features[node->feature] > node->value ? node->right : node->left;
            probabilities[row] += node->value;
        }
        tree += tree_size(tree);
    }
    for (size_t row = 0; row < row_count; row++)
        probabilities[row] = 1.0f / (1.0f + expf(-probabilities[row]));
}

/* Rows are made some at a time: those of all blocks of a hostile page would not fit into memory. */
float *cy_html_probabilities(const struct cy_html_view *view, struct cy_arena *arena, float **first)
{
    enum { ROWS = 64 }; /* 38 KB: stays in the first-level cache while all trees go over it */
    size_t count = view->tree->block_count;
    float *probabilities[2] = {cy_arena_alloc(arena, count * sizeof(float)), cy_arena_alloc(arena, count * sizeof(float))};
    float *rows = cy_arena_alloc(arena, (size_t)ROWS * CY_FEATURE_COUNT * sizeof *rows), page_features[CY_FEATURE_COUNT] = {0};
    cy_html_page_features(view, page_features);
    struct cy_html_second second;
    for (enum cy_html_model model = CY_HTML_MODEL_FIRST; model <= CY_HTML_MODEL_SECOND; model++) {
        for (size_t block = 0; block < count; block += ROWS) {
            size_t row_count = CY_MIN((size_t)ROWS, count - block);
            for (size_t row = 0; row < row_count; row++) {
                cy_html_block_features(view, page_features, block + row, rows + row * CY_FEATURE_COUNT);
                if (model == CY_HTML_MODEL_SECOND)
                    cy_html_second_features(&second, block + row, rows + row * CY_FEATURE_COUNT);
            }
            cy_html_predict(model, rows, row_count, probabilities[model] + block);
        }
        if (model == CY_HTML_MODEL_FIRST)
            cy_html_second_init(&second, view, probabilities[0], arena);
    }
    if (first != NULL)
        *first = probabilities[0];
    return probabilities[1];
}
