#include "cy_test.h"

#include "operators/quality_lines.h"

CY_TEST("lines end at all that Python's splitlines knows, \\r\\n is one end, and the last end makes no line")
{
    static const struct {
        const char *text;
        const char *lines; /* joined by | */
    } cases[] = {{"", ""},
                 {"a", "a|"},
                 {"a\n", "a|"},
                 {"a\n\nb", "a||b|"},
                 {"a\r\nb\rc\n\r", "a|b|c||"},
                 {"a\vb\fc", "a|b|c|"},
                 {"a\x1c"
                  "b\x1d"
                  "c\x1e"
                  "d\x1f",
                  "a|b|c|d\x1f|"},
                 {"a\xC2\x85"
                  "b\u2028c\u2029d",
                  "a|b|c|d|"},
                 {"\u00e2\u2027\u00c2", "\u00e2\u2027\u00c2|"},
                 {"0123456789abcdefg\n0123456789abcdef\u2028x", "0123456789abcdefg|0123456789abcdef|x|"}};
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        char joined[256] = "";
        struct cy_str line;
        for (size_t at = 0; cy_next_line(cy_str(cases[i].text), &at, &line);)
            snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%.*s|", (int)line.size, line.data);
        assert_string_equal(joined, cases[i].lines);
    }
}

CY_TEST("stripping takes white space as Python has it, at one end or both")
{
    cy_expect_str(cy_strip(cy_str(" \u3000\x1f a b\u00a0\n")), "a b");
    cy_expect_str(cy_strip_left(cy_str("\ta ")), "a ");
    cy_expect_str(cy_strip_right(cy_str("\ta\u2003")), "\ta");
    cy_expect_str(cy_strip(cy_str(" \n")), "");
}

CY_TEST("a set of hashes forgets them when it begins anew, and keeps every one apart, 0 too")
{
    struct cy_seen seen = {0};
    uint64_t random = cy_test_seed();
    for (size_t round = 0; round < 50; round++) {
        size_t count = cy_test_random(&random) % 3000, stride = 1 + cy_test_random(&random) % 1000;
        cy_seen_begin(&seen, count);
        for (size_t pass = 0; pass < 2; pass++)
            for (size_t i = 0; i < count; i++)
                assert_int_equal(cy_seen_add(&seen, i * stride << 20), pass);
    }
    cy_seen_release(&seen);
}
