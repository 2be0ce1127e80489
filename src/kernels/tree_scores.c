#include "kernels/tree_scores.h"

#include "base/cpu.h"

#include <immintrin.h>

/* The definition. */
static void run_scalar(const struct cy_forest *forest, const float *columns, float *scores)
{
    uint32_t first = 0;
    for (size_t tree = 0; tree < forest->tree_count; tree++) {
        for (size_t row = 0; row < CY_TREE_ROWS; row++) {
            uint32_t leaves = UINT32_MAX;
            for (uint32_t i = first; i < forest->node_ends[tree]; i++) {
                const struct cy_tree_node *node = &forest->nodes[i];
                if (columns[node->feature * CY_TREE_ROWS + row] > node->threshold)
                    leaves &= ~node->left;
            }
            scores[row] += forest->leaves[tree * CY_TREE_LEAVES + (size_t)__builtin_ctz(leaves)];
        }
        first = forest->node_ends[tree];
    }
}

#if defined(__x86_64__)
CY_TARGET("avx2") /* 8 rows a vector, 4 vectors at a time: a node is loaded once for 32 rows */
static void run_avx2(const struct cy_forest *forest, const float *columns, float *scores)
{
    enum { LANES = 8, VECTORS = 4 };
    for (size_t row = 0; row < CY_TREE_ROWS; row += (size_t)LANES * VECTORS) {
        __m256 sums[VECTORS];
        for (size_t v = 0; v < VECTORS; v++)
            sums[v] = _mm256_loadu_ps(scores + row + v * LANES);
        uint32_t first = 0;
        for (size_t tree = 0; tree < forest->tree_count; tree++) {
            __m256i leaves[VECTORS];
            for (size_t v = 0; v < VECTORS; v++)
                leaves[v] = _mm256_set1_epi32(-1);
            for (uint32_t i = first; i < forest->node_ends[tree]; i++) {
                const struct cy_tree_node *node = &forest->nodes[i];
                const float *values = columns + node->feature * CY_TREE_ROWS + row;
                const __m256 threshold = _mm256_set1_ps(node->threshold);
                const __m256i left = _mm256_set1_epi32((int)node->left);
                for (size_t v = 0; v < VECTORS; v++) {
                    __m256i right = _mm256_castps_si256(_mm256_cmp_ps(_mm256_loadu_ps(values + v * LANES), threshold, _CMP_GT_OQ));
                    leaves[v] = _mm256_andnot_si256(_mm256_and_si256(right, left), leaves[v]);
                }
            }
            first = forest->node_ends[tree];
            for (size_t v = 0; v < VECTORS; v++) { /* the lowest bit's number is the exponent of its value as a float */
                __m256i lowest = _mm256_and_si256(leaves[v], _mm256_sub_epi32(_mm256_setzero_si256(), leaves[v]));
                __m256i bits = _mm256_castps_si256(_mm256_cvtepi32_ps(lowest));
                __m256i leaf =
                    _mm256_sub_epi32(_mm256_and_si256(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(255)), _mm256_set1_epi32(127));
                sums[v] = _mm256_add_ps(sums[v], _mm256_i32gather_ps(forest->leaves + tree * CY_TREE_LEAVES, leaf, 4));
            }
        }
        for (size_t v = 0; v < VECTORS; v++)
            _mm256_storeu_ps(scores + row + v * LANES, sums[v]);
    }
}

CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512cd") /* all 64 rows at a time, in 4 vectors; the leaves lie in two registers */
static void run_avx512(const struct cy_forest *forest, const float *columns, float *scores)
{
    enum { LANES = 16, VECTORS = CY_TREE_ROWS / LANES };
    __m512 sums[VECTORS];
    for (size_t v = 0; v < VECTORS; v++)
        sums[v] = _mm512_loadu_ps(scores + v * LANES);
    uint32_t first = 0;
    for (size_t tree = 0; tree < forest->tree_count; tree++) {
        __m512i leaves[VECTORS];
        for (size_t v = 0; v < VECTORS; v++)
            leaves[v] = _mm512_set1_epi32(-1);
        for (uint32_t i = first; i < forest->node_ends[tree]; i++) {
            const struct cy_tree_node *node = &forest->nodes[i];
            const float *values = columns + node->feature * CY_TREE_ROWS;
            const __m512 threshold = _mm512_set1_ps(node->threshold);
            const __m512i left = _mm512_set1_epi32((int)node->left);
            for (size_t v = 0; v < VECTORS; v++) {
                __mmask16 right = _mm512_cmp_ps_mask(_mm512_loadu_ps(values + v * LANES), threshold, _CMP_GT_OQ);
                leaves[v] = _mm512_mask_andnot_epi32(leaves[v], right, left, leaves[v]);
            }
        }
        first = forest->node_ends[tree];
        const float *values = forest->leaves + tree * CY_TREE_LEAVES;
        const __m512 low = _mm512_loadu_ps(values), high = _mm512_loadu_ps(values + LANES);
        for (size_t v = 0; v < VECTORS; v++) {
            __m512i lowest = _mm512_and_si512(leaves[v], _mm512_sub_epi32(_mm512_setzero_si512(), leaves[v]));
            __m512i leaf = _mm512_sub_epi32(_mm512_set1_epi32(31), _mm512_lzcnt_epi32(lowest));
            sums[v] = _mm512_add_ps(sums[v], _mm512_permutex2var_ps(low, leaf, high));
        }
    }
    for (size_t v = 0; v < VECTORS; v++)
        _mm512_storeu_ps(scores + v * LANES, sums[v]);
}
#endif

const struct cy_tree_scores_variant cy_tree_scores_variants[] = {
#if defined(__x86_64__)
    {"avx512", CY_CPU_AVX2 | CY_CPU_AVX512, run_avx512},
    {"avx2", CY_CPU_AVX2, run_avx2},
#endif
    {"scalar", 0, run_scalar},
};

const struct cy_tree_scores_variant *cy_tree_scores_best(unsigned features)
{
    const struct cy_tree_scores_variant *variant = cy_tree_scores_variants;
    while ((variant->needs & ~features) != 0)
        variant++;
    return variant;
}
