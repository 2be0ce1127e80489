#include "cy_test.h"

#include "operators/clusters.h"

CY_TEST("clusters are the connected components, and each is named by its smallest row")
{
    enum { ROWS = 500, PAIRS = 300 };
    uint64_t random = cy_test_seed();
    struct cy_clusters clusters;
    cy_clusters_init(&clusters, ROWS);
    uint64_t labels[ROWS]; /* by repeated relabelling: the slow way */
    for (uint64_t i = 0; i < ROWS; i++)
        labels[i] = i;
    for (size_t pair = 0; pair < PAIRS; pair++) {
        uint64_t a = cy_test_random(&random) % ROWS, b = cy_test_random(&random) % ROWS;
        cy_clusters_unite(&clusters, a, b);
        uint64_t low = CY_MIN(labels[a], labels[b]), high = CY_MAX(labels[a], labels[b]);
        for (size_t i = 0; i < ROWS; i++)
            if (labels[i] == high)
                labels[i] = low;
    }
    for (uint64_t i = 0; i < ROWS; i++)
        assert_int_equal(cy_clusters_find(&clusters, i), labels[i]);
    cy_clusters_release(&clusters);
}

CY_TEST("a row set counts and finds its members as a plain array of flags does")
{
    for (uint64_t rows = 0; rows < 1600; rows += 1 + rows / 3) {
        uint64_t random = cy_test_seed() + rows;
        struct cy_row_set set;
        bool flags[1600] = {false};
        cy_row_set_init(&set, rows);
        for (uint64_t i = 0; i < rows; i++)
            if (cy_test_random(&random) % 5 == 0) {
                flags[i] = true;
                cy_row_set_add(&set, i);
            }
        uint64_t total = cy_row_set_rank(&set), before = 0;
        for (uint64_t i = 0; i < rows; i++) {
            assert_int_equal(cy_row_set_has(&set, i), flags[i]);
            assert_int_equal(cy_row_set_index(&set, i), before);
            uint64_t next = i;
            while (next < rows && !flags[next])
                next++;
            assert_int_equal(cy_row_set_next(&set, i), next);
            before += flags[i];
        }
        assert_int_equal(total, before);
        assert_int_equal(cy_row_set_next(&set, rows), rows);
        cy_row_set_release(&set);
    }
}
