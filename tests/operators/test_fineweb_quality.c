#include "cy_test.h"

CY_TEST("fineweb_quality measures lines that are not blank")
{
    struct cy_batch *batch = cy_test_batch(
        "A line that ends well and is longer than thirty.\nshort\n \t\nshort\nNo end here, but it is also a longer line\n", NULL);
    cy_test_run("fineweb_quality", "", batch);
    cy_expect_signal(batch, 0, "line_punct_ratio", 1.0 / 4);
    cy_expect_signal(batch, 0, "short_line_ratio", 2.0 / 4);
    cy_expect_signal(batch, 0, "char_dup_ratio", 5.0 / (49 + 5 + 2 + 5 + 40));
    cy_expect_signal(batch, 0, "new_line_ratio", 5.0 / 24);
    cy_expect_verdict(batch, 0, "char_dup_ratio", 5.0 / 101, 0.01);
}

CY_TEST("a line ends like a sentence in any script, and white space behind the mark hides it")
{
    struct cy_batch *batch = cy_test_batch("你好。\nनमस्ते।\nHello! \nالسلام؟", NULL);
    cy_test_run("fineweb_quality", "short_line_max: 1, new_line_max: 9", batch);
    cy_expect_signal(batch, 0, "line_punct_ratio", 3.0 / 4);
    struct cy_batch *own = cy_test_batch("a;\nb.\nc\u3002", NULL);
    cy_test_run("fineweb_quality", "stop_chars: \";\u3002\"", own);
    (void)own;
}

CY_TEST("each rule of fineweb_quality removes by its own measure, in the reference's order")
{
    struct cy_batch *batch = cy_test_batch(
        " \n\t", "no end\nno end", "It is short.\nIt ends.",
        "It has more than thirty characters, yes.\nIt has more than thirty characters, yes.",
        "Interminablelongwordofmorethanthirty.\nAndanotherlongwordofmorethanthirty.\nYetanotherlongwordofmorethanthirty.", NULL);
    cy_test_run("fineweb_quality", "", batch);
    cy_expect_verdict(batch, 0, "empty", 0, 0);
    cy_expect_verdict(batch, 1, "line_punct_ratio", 0, 0.12);
    cy_expect_verdict(batch, 2, "short_line_ratio", 1, 0.67);
    cy_expect_verdict(batch, 3, "char_dup_ratio", 0.5, 0.01);
    cy_expect_verdict(batch, 4, "list_ratio", 2.0 / 6, 0.3);
    struct cy_batch *zero = cy_test_batch("This line has no end at all, and is quite long", NULL);
    cy_test_run("fineweb_quality", "line_punct_exclude_zero: true", zero);
    cy_expect_kept(zero, 0);
}

CY_TEST("by_language takes the language's thresholds, and short lines are no reason then")
{
    struct cy_batch *batch = cy_test_batch("kurz\nkürzer\nam kürzesten", NULL);
    batch->languages[0] = cy_str("de");
    cy_test_run("fineweb_quality", "by_language: true", batch);
    cy_expect_verdict(batch, 0, "list_ratio", 2.0 / 4, 0.152);
}
