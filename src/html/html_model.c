#include "html/html_model.h"

#include <math.h>

/* A node of a tree. Going down from node n: to n + right where the feature is above the threshold, else to n + left. A leaf has left and
 * right 0, so it stays where it is, and every row takes the same number of steps: no branch to guess. */
struct model_node {
    float value; /* threshold, or a leaf's score */
    uint8_t feature;
    uint8_t left, right;
};

static const struct model_node nodes[] = {
#define CY_MODEL_BIAS(value)
#define CY_TREE(depth)
#define N(threshold, feature, left, right) {threshold, feature, left, right},
#define L(score) {score, 0, 0, 0},
#include "html/model_table.h"
#undef CY_MODEL_BIAS
#undef CY_TREE
#undef N
#undef L
};

/* Steps to the deepest leaf of each tree. */
static const uint8_t depths[] = {
#define CY_MODEL_BIAS(value)
#define CY_TREE(depth) depth,
#define N(threshold, feature, left, right)
#define L(score)
#include "html/model_table.h"
#undef CY_MODEL_BIAS
#undef CY_TREE
#undef N
#undef L
};

static const float bias =
#define CY_MODEL_BIAS(value) value
#define CY_TREE(depth)
#define N(threshold, feature, left, right)
#define L(score)
#include "html/model_table.h"
#undef CY_MODEL_BIAS
#undef CY_TREE
#undef N
#undef L
    ;

/* Nodes of the tree that begins at `tree`: a full binary tree, so it ends when as many leaves as open ends have come. */
static size_t tree_size(const struct model_node *tree)
{
    size_t size = 0;
    for (long open_ends = 1; open_ends > 0; size++)
        open_ends += tree[size].left != 0 ? 1 : -1;
    return size;
}

void cy_html_predict(const float *rows, size_t row_count, float *probabilities)
{
    for (size_t row = 0; row < row_count; row++)
        probabilities[row] = bias;
    const struct model_node *tree = nodes;
    for (size_t i = 0; i < CY_COUNT(depths); i++) {
        for (size_t row = 0; row < row_count; row++) {
            const float *features = rows + row * CY_FEATURE_COUNT;
            const struct model_node *node = tree;
            for (uint8_t step = 0; step < depths[i]; step++)
                node += features[node->feature] > node->value ? node->right : node->left;
            probabilities[row] += node->value;
        }
        tree += tree_size(tree);
    }
    for (size_t row = 0; row < row_count; row++)
        probabilities[row] = 1.0f / (1.0f + expf(-probabilities[row]));
}
