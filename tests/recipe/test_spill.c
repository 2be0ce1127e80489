#include "cy_test.h"

#include "recipe/spill.h"

#include <math.h>

static struct cy_batch *unpack(const struct cy_buffer *block, enum cy_status expected)
{
    struct cy_batch *batch = cy_test_batch(NULL, NULL);
    struct cy_spill_head head;
    memcpy(&head, block->data, sizeof head);
    struct cy_error error;
    assert_int_equal(cy_spill_unpack(&head, block->data + sizeof head, batch, &error), expected);
    return batch;
}

CY_TEST("a batch comes back from disk as it was, with its verdicts")
{
    struct cy_batch *batch = cy_test_batch("one", "", "three", NULL);
    batch->urls[2] = CY_STR("http://example.org/");
    batch->signals[5][2] = 1.5;
    batch->tokens[0][0] = 42;
    batch->origins[2].place = (struct cy_place){10, 20, 30};
    cy_batch_remove_hidden(batch, 1, "email", 3, 1, CY_STR("<e-mail>"));
    cy_batch_compact(batch);
    struct cy_spill_packer *packer = cy_spill_packer_new();
    struct cy_buffer block = {0};
    cy_spill_pack(packer, batch, SIZE_MAX, &block);
    struct cy_batch *back = unpack(&block, CY_OK);
    assert_int_equal(back->row_count, 2);
    assert_int_equal(back->total_count, 3);
    cy_expect_str(back->texts[0], "one");
    cy_expect_str(back->texts[1], "three");
    cy_expect_str(back->urls[1], "http://example.org/");
    cy_expect_str(back->ids[2], "1");
    assert_true(back->signals[5][1] == 1.5 && isnan(back->signals[5][0]));
    assert_int_equal(back->tokens[0][0], 42);
    assert_int_equal(back->origins[1].place.record, 30);
    assert_int_equal(back->verdicts[2].what, CY_REMOVED);
    cy_expect_str(back->verdicts[2].rule, "email");
    cy_expect_str(back->verdicts[2].excerpt, "<e-mail>");
    assert_true(back->verdicts[2].measured == 3 && isnan(back->verdicts[2].similarity));
    block.data[block.size - 1] ^= 1;
    unpack(&block, CY_FAILED);
    cy_buffer_release(&block);
    cy_spill_packer_free(packer);
}

CY_TEST("the texts of rows that are gone are cut on their way to disk, and their size is kept")
{
    struct cy_batch *batch = cy_test_batch("stays whole", "is cut short", NULL);
    cy_batch_remove(batch, 1, "rule", 1, 2);
    cy_batch_compact(batch);
    struct cy_spill_packer *packer = cy_spill_packer_new();
    struct cy_buffer block = {0}, again = {0};
    cy_spill_pack(packer, batch, 6, &block);
    struct cy_batch *back = unpack(&block, CY_OK);
    cy_expect_str(back->texts[0], "stays whole");
    cy_expect_str(back->texts[1], "is cut");
    assert_int_equal(cy_batch_text_bytes(back, 0), 11);
    assert_int_equal(cy_batch_text_bytes(back, 1), 12);
    cy_spill_pack(packer, back, 2, &again); /* in the next phase */
    back = unpack(&again, CY_OK);
    cy_expect_str(back->texts[1], "is");
    assert_int_equal(cy_batch_text_bytes(back, 1), 12);
    cy_buffer_release(&block);
    cy_buffer_release(&again);
    cy_spill_packer_free(packer);
}
