#include "html/html_model.h"

#include "base/cpu.h"

#include <math.h>

/* The trees of a model, each from its root on: a node, its left branch, its right branch. */
struct model_item {
    float value; /* a node's threshold, a leaf's score */
    int feature; /* enum cy_html_feature; LEAF */
};
enum { LEAF = -1 };

#define N(threshold, feature) {threshold, CY_FEATURE_##feature},
#define L(score) {score, LEAF},
static const struct model_item first_items[] = {
#include "html/model_first.h"
};
static const struct model_item second_items[] = {
#include "html/model_second.h"
};
#undef N
#undef L

/* ---- laying out ---- */

struct layout {
    const struct model_item *item; /* next */
    struct cy_tree_node *nodes;
    size_t node_count;
    float *leaves; /* of the tree at hand */
    uint32_t leaf_count;
};

/* Lays out a branch; returns the leaves in it, a bit each. Trees are some ten nodes deep at most (max_depth in the training). */
static uint32_t lay_branch(struct layout *layout)
{
    const struct model_item *item = layout->item++;
    if (item->feature == LEAF) {
        CY_ASSERT(layout->leaf_count < CY_TREE_LEAVES);
        layout->leaves[layout->leaf_count] = item->value;
        return (uint32_t)1 << layout->leaf_count++;
    }
    struct cy_tree_node *node = &layout->nodes[layout->node_count++];
    node->threshold = item->value;
    node->feature = (uint32_t)item->feature;
    node->left = lay_branch(layout);
    return node->left | lay_branch(layout);
}

static struct cy_forest lay_forest(const struct model_item *items, size_t count, struct cy_arena *arena)
{
    size_t leaf_count = 0;
    for (size_t i = 0; i < count; i++)
        leaf_count += items[i].feature == LEAF;
    size_t node_count = count - leaf_count, tree_count = leaf_count - node_count; /* a binary tree has a leaf more than nodes */
    uint32_t *node_ends = cy_arena_alloc(arena, tree_count * sizeof *node_ends);
    float *leaves = cy_arena_zero(arena, tree_count * CY_TREE_LEAVES * sizeof *leaves);
    struct layout layout = {.item = items, .nodes = cy_arena_alloc(arena, node_count * sizeof *layout.nodes)};
    for (size_t tree = 0; tree < tree_count; tree++) {
        layout.leaves = leaves + tree * CY_TREE_LEAVES;
        layout.leaf_count = 0;
        lay_branch(&layout);
        node_ends[tree] = (uint32_t)layout.node_count;
    }
    CY_ASSERT(layout.item == items + count);
    return (struct cy_forest){layout.nodes, node_ends, leaves, tree_count};
}

void cy_html_models_init(struct cy_html_models *models)
{
    *models = (struct cy_html_models){.variant = cy_tree_scores_best(cy_cpu_features())};
    models->forests[0] = lay_forest(first_items, CY_COUNT(first_items), &models->arena);
    models->forests[1] = lay_forest(second_items, CY_COUNT(second_items), &models->arena);
}

void cy_html_models_release(struct cy_html_models *models)
{
    cy_arena_release(&models->arena);
}

/* ---- predicting ---- */

/* row_count rows of CY_FEATURE_COUNT numbers → probabilities. `columns` is room for the kernel's order. */
static void predict(const struct cy_html_models *models, size_t model, const float *rows, size_t row_count, float *columns,
                    float *probabilities)
{
    float scores[CY_TREE_ROWS] = {0};
    for (size_t row = 0; row < row_count; row++)
        for (size_t feature = 0; feature < CY_FEATURE_COUNT; feature++)
            columns[feature * CY_TREE_ROWS + row] = rows[row * CY_FEATURE_COUNT + feature];
    models->variant->run(&models->forests[model], columns, scores);
    for (size_t row = 0; row < row_count; row++)
        probabilities[row] = 1.0f / (1.0f + expf(-scores[row]));
}

/* Rows are made some at a time: those of all blocks of a hostile page would not fit into memory. */
float *cy_html_probabilities(const struct cy_html_models *models, const struct cy_html_view *view, struct cy_arena *arena)
{
    size_t count = view->tree->block_count;
    float *first = cy_arena_alloc(arena, count * sizeof *first), *second = cy_arena_alloc(arena, count * sizeof *second);
    float *rows = cy_arena_zero(arena, (size_t)CY_TREE_ROWS * CY_FEATURE_COUNT * sizeof *rows);
    float *columns = cy_arena_zero(arena, (size_t)CY_TREE_ROWS * CY_FEATURE_COUNT * sizeof *columns);
    float page_features[CY_FEATURE_COUNT] = {0};
    struct cy_html_second around;
    cy_html_page_features(view, page_features);
    for (size_t model = 0; model < CY_COUNT(models->forests); model++) {
        if (model == 1)
            cy_html_second_init(&around, view, first, arena);
        for (size_t block = 0; block < count; block += CY_TREE_ROWS) {
            size_t row_count = CY_MIN((size_t)CY_TREE_ROWS, count - block);
            for (size_t row = 0; row < row_count; row++) {
                float *out = rows + row * CY_FEATURE_COUNT;
                cy_html_block_features(view, page_features, block + row, out);
                if (model == 1)
                    cy_html_second_features(&around, block + row, out);
            }
            predict(models, model, rows, row_count, columns, (model == 0 ? first : second) + block);
        }
    }
    return second;
}
