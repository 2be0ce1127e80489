#include "cy_test.h"

#include "base/params.h"

CY_TEST("sizes are read in powers of 1024 and of 1000")
{
    int64_t bytes;
    struct cy_error error;
    static const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {{"4096", 4096}, {"256MiB", 256 << 20}, {"1.5 GB", 1500000000}, {"1G", 1 << 30}, {"2kb", 2000}};
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        cy_expect_ok(cy_parse_size(cy_str(cases[i].text), &bytes, &error), error);
        assert_int_equal(bytes, cases[i].bytes);
    }
    assert_int_equal(cy_parse_size(cy_str("many"), &bytes, &error), CY_BAD_RECIPE);
    assert_string_equal(error.message, "expected a size like 256MiB or 10GB, found \"many\"");
}

CY_TEST("the nearest name is found by edits, and none when nothing is near")
{
    static const char *const names[] = {"gopher_quality", "c4_quality", "language", NULL};
    assert_string_equal(cy_nearest_name(cy_str("gopher_qualty"), names), "gopher_quality");
    assert_string_equal(cy_nearest_name(cy_str("langauge"), names), "language");
    assert_null(cy_nearest_name(cy_str("xyz"), names));
}
