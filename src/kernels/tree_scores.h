/* Scores of rows by a forest of decision trees, many rows at once and without a branch to guess: QuickScorer (Lucchese et al. 2015,
 * "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression trees", section 3).
 *
 * A tree's leaves are numbered from left to right, a bit each. Every node whose test says "right" rules out the leaves under its left
 * branch; when all nodes have been asked, in any order, the lowest leaf that is left is where the row would have arrived. */
#ifndef CY_KERNELS_TREE_SCORES_H
#define CY_KERNELS_TREE_SCORES_H

#include "base/bytes.h"

#define CY_TREE_LEAVES 32 /* at most, a tree */
#define CY_TREE_ROWS 64   /* rows in a call */

struct cy_tree_node {
    float threshold; /* right where the feature is above it */
    uint32_t feature;
    uint32_t left; /* the leaves under the left branch */
};

struct cy_forest {
    const struct cy_tree_node *nodes; /* of all trees, end to end */
    const uint32_t *node_ends;        /* of each tree: index behind its last node */
    const float *leaves;              /* CY_TREE_LEAVES a tree; all are readable */
    size_t tree_count;
};

struct cy_tree_scores_variant {
    const char *name;
    unsigned needs;
    /* Adds each row's leaf of every tree, in the order of the trees, to scores[0..CY_TREE_ROWS). All variants give the same bits.
     *   columns  feature f of row r at columns[f * CY_TREE_ROWS + r], no NaN */
    void (*run)(const struct cy_forest *forest, const float *columns, float *scores);
};
extern const struct cy_tree_scores_variant cy_tree_scores_variants[];
/* The best variant for a processor with these features (cy_cpu_features()). */
const struct cy_tree_scores_variant *cy_tree_scores_best(unsigned features);

#endif
