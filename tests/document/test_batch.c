#include "cy_test.h"

#include <math.h>

CY_TEST("compacting moves rows with a verdict behind those alive and keeps the order of those alive")
{
    struct cy_batch *batch = cy_test_batch("a", "b", "c", "d", "e", NULL);
    batch->signals[3][4] = 7;
    cy_batch_remove(batch, 1, "rule", 1, 2);
    cy_batch_remove(batch, 3, "rule", 3, 4);
    cy_batch_compact(batch);
    assert_int_equal(batch->row_count, 3);
    assert_int_equal(batch->total_count, 5);
    cy_expect_str(batch->texts[0], "a");
    cy_expect_str(batch->texts[1], "c");
    cy_expect_str(batch->texts[2], "e");
    assert_true(batch->signals[3][2] == 7);
    cy_expect_str(batch->texts[3], "b");
    cy_expect_str(batch->ids[4], "3");
    assert_true(batch->verdicts[4].measured == 3);
}

CY_TEST("the first verdict of a row counts")
{
    struct cy_batch *batch = cy_test_batch("a", NULL);
    cy_batch_remove(batch, 0, "first", 1, 2);
    cy_batch_remove(batch, 0, "second", 3, 4);
    cy_expect_verdict(batch, 0, "first", 1, 2);
}
