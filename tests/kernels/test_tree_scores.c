#include "cy_test.h"

#include "kernels/tree_scores.h"

enum { FEATURES = 20, TREES = 30, NODES_MAX = TREES * CY_TREE_LEAVES };

/* A random tree as a person would draw it, and the same tree as the kernel wants it. */
struct drawn {
    struct cy_tree_node nodes[NODES_MAX];
    uint32_t children[NODES_MAX][2]; /* index of a node, or a leaf's number with the highest bit set */
    uint32_t node_ends[TREES], roots[TREES];
    float leaves[TREES * CY_TREE_LEAVES];
    size_t node_count;
};
#define LEAF 0x80000000u

/* Draws a tree of `leaf_count` leaves, the first of which has the number `leaf_first`. */
static uint32_t draw(struct drawn *drawn, uint32_t leaf_first, uint32_t leaf_count, uint64_t *random)
{
    if (leaf_count == 1)
        return LEAF | leaf_first;
    uint32_t node = (uint32_t)drawn->node_count++, left_count = 1 + (uint32_t)(cy_test_random(random) % (leaf_count - 1));
    drawn->nodes[node] = (struct cy_tree_node){.threshold = (float)(cy_test_random(random) % 8),
                                               .feature = cy_test_random(random) % FEATURES,
                                               .left = (uint32_t)((((uint64_t)1 << left_count) - 1) << leaf_first)};
    uint32_t left = draw(drawn, leaf_first, left_count, random),
             right = draw(drawn, leaf_first + left_count, leaf_count - left_count, random);
    drawn->children[node][0] = left;
    drawn->children[node][1] = right;
    return node;
}

CY_TEST("every variant of tree_scores arrives at the leaves that walking down each tree arrives at, to the bit")
{
    static struct drawn drawn;
    static float columns[FEATURES * CY_TREE_ROWS];
    uint64_t random = cy_test_seed();
    for (size_t round = 0; round < 50; round++) {
        drawn.node_count = 0;
        for (size_t tree = 0; tree < TREES; tree++) {
            uint32_t leaf_count = 1 + (uint32_t)(cy_test_random(&random) % CY_TREE_LEAVES);
            drawn.roots[tree] = draw(&drawn, 0, leaf_count, &random);
            drawn.node_ends[tree] = (uint32_t)drawn.node_count;
        }
        for (size_t i = 0; i < CY_COUNT(drawn.leaves); i++)
            drawn.leaves[i] = (float)(int64_t)cy_test_random(&random) * 1e-18f;
        for (size_t i = 0; i < CY_COUNT(columns); i++)
            columns[i] = (float)(cy_test_random(&random) % 17) / 2; /* equal to a threshold now and then */
        float walked[CY_TREE_ROWS];
        for (size_t row = 0; row < CY_TREE_ROWS; row++) {
            walked[row] = 1;
            for (size_t tree = 0; tree < TREES; tree++) {
                uint32_t at = drawn.roots[tree];
                while ((at & LEAF) == 0)
                    at = drawn.children[at][columns[drawn.nodes[at].feature * CY_TREE_ROWS + row] > drawn.nodes[at].threshold];
                walked[row] += drawn.leaves[tree * CY_TREE_LEAVES + (at & ~LEAF)];
            }
        }
        const struct cy_forest forest = {drawn.nodes, drawn.node_ends, drawn.leaves, TREES};
        for (const struct cy_tree_scores_variant *variant = cy_tree_scores_variants;; variant++) {
            float scores[CY_TREE_ROWS];
            for (size_t row = 0; row < CY_TREE_ROWS; row++)
                scores[row] = 1;
            if ((variant->needs & ~cy_cpu_features()) == 0) {
                variant->run(&forest, columns, scores);
                if (memcmp(scores, walked, sizeof walked) != 0)
                    fail_msg("%s differs", variant->name);
            }
            if (variant->needs == 0)
                break;
        }
    }
}
