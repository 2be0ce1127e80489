#include "operators/clusters.h"

#include <stdlib.h>

void cy_clusters_init(struct cy_clusters *clusters, uint64_t row_count)
{
    *clusters = (struct cy_clusters){cy_alloc(row_count * sizeof(uint64_t)), row_count};
    for (uint64_t row = 0; row < row_count; row++)
        clusters->parents[row] = row;
}

void cy_clusters_release(struct cy_clusters *clusters)
{
    free(clusters->parents);
    *clusters = (struct cy_clusters){0};
}

enum { RANK_ROWS = 512, RANK_WORDS = RANK_ROWS / 64 };

void cy_row_set_init(struct cy_row_set *set, uint64_t row_count)
{
    *set = (struct cy_row_set){.bits = cy_alloc_zero(row_count / 64 + 1, sizeof(uint64_t)), .row_count = row_count};
}

void cy_row_set_release(struct cy_row_set *set)
{
    free(set->bits);
    free(set->ranks);
    *set = (struct cy_row_set){0};
}

uint64_t cy_row_set_rank(struct cy_row_set *set)
{
    uint64_t total = 0;
    set->ranks = cy_alloc((set->row_count / RANK_ROWS + 1) * sizeof(uint64_t));
    for (uint64_t word = 0; word <= set->row_count / 64; word++) {
        if (word % RANK_WORDS == 0)
            set->ranks[word / RANK_WORDS] = total;
        total += (uint64_t)__builtin_popcountll(set->bits[word]);
    }
    return total;
}

uint64_t cy_row_set_index(const struct cy_row_set *set, uint64_t row)
{
    uint64_t index = set->ranks[row / RANK_ROWS];
    for (uint64_t word = row / RANK_ROWS * RANK_WORDS; word < row / 64; word++)
        index += (uint64_t)__builtin_popcountll(set->bits[word]);
    return index + (uint64_t)__builtin_popcountll(set->bits[row / 64] & (((uint64_t)1 << row % 64) - 1));
}

uint64_t cy_row_set_next(const struct cy_row_set *set, uint64_t row)
{
    if (row >= set->row_count)
        return set->row_count;
    uint64_t word = row / 64, bits = set->bits[word] & ~(uint64_t)0 << row % 64;
    while (bits == 0 && ++word <= set->row_count / 64)
        bits = set->bits[word];
    return bits == 0 ? set->row_count : word * 64 + (uint64_t)__builtin_ctzll(bits);
}
