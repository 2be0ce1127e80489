/* Clusters of rows: union-find in 8 bytes a row, all in memory (the one thing of dedup that is not on disk). The root of a cluster is its
 * smallest row, so the first in input order is the one kept. Source: Tarjan and van Leeuwen, "Worst-case analysis of set union
 * algorithms", JACM 31(2), 1984 (path halving). */
#ifndef CY_OPERATORS_CLUSTERS_H
#define CY_OPERATORS_CLUSTERS_H

#include "base/bytes.h"

struct cy_clusters {
    uint64_t *parents; /* a row's own number: a root */
    uint64_t row_count;
};
/* Every row is a cluster of its own. row_count 0 is allowed. */
void cy_clusters_init(struct cy_clusters *clusters, uint64_t row_count);
void cy_clusters_release(struct cy_clusters *clusters);

/* The smallest row of the row's cluster. */
static inline uint64_t cy_clusters_find(struct cy_clusters *clusters, uint64_t row)
{
    uint64_t *parents = clusters->parents;
    while (parents[row] != row) {
        parents[row] = parents[parents[row]];
        row = parents[row];
    }
    return row;
}

static inline void cy_clusters_unite(struct cy_clusters *clusters, uint64_t a, uint64_t b)
{
    a = cy_clusters_find(clusters, a);
    b = cy_clusters_find(clusters, b);
    if (a < b)
        clusters->parents[b] = a;
    else
        clusters->parents[a] = b;
}

/* A set of rows, a bit each, that can say how many of its members stand before one. */
struct cy_row_set {
    uint64_t *bits;
    uint64_t *ranks; /* members before every 512 rows; made by cy_row_set_rank */
    uint64_t row_count;
};
void cy_row_set_init(struct cy_row_set *set, uint64_t row_count);
void cy_row_set_release(struct cy_row_set *set);
static inline void cy_row_set_add(struct cy_row_set *set, uint64_t row)
{
    set->bits[row / 64] |= (uint64_t)1 << row % 64;
}
static inline bool cy_row_set_has(const struct cy_row_set *set, uint64_t row)
{
    return set->bits[row / 64] >> row % 64 & 1;
}
/* No more rows are added. Returns how many there are. */
uint64_t cy_row_set_rank(struct cy_row_set *set);
/* How many members are smaller than row, row ≤ row_count. */
uint64_t cy_row_set_index(const struct cy_row_set *set, uint64_t row);
/* The first member at or after row, or row_count when there is none. */
uint64_t cy_row_set_next(const struct cy_row_set *set, uint64_t row);

#endif
