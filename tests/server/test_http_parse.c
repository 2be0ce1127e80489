#include "cy_test.h"

#include "server/http_parse.h"

CY_TEST("a percent escape is decoded once, and what is broken, holds a 0 byte or is not UTF-8 is refused")
{
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } rows[] = {
        {"", ""},
        {"abc", "abc"},
        {"a%20b", "a b"},
        {"%2525", "%25"},
        {"%e6%95%B0", "\xe6\x95\xb0"},
        {"a+b", "a+b"},
        {"%", NULL},
        {"%4", NULL},
        {"%zz", NULL},
        {"a%00b", NULL},
        {"%c0%ae", NULL},    /* "." in two bytes: overlong */
        {"%ff", NULL},       /* no character */
        {"%ed%a0%80", NULL}, /* a surrogate */
    };
    struct cy_arena arena = {0};
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_str decoded;
        bool is_good = cy_percent_decode(cy_str(rows[i].text), false, &arena, &decoded);
        assert_int_equal(is_good, rows[i].expected != NULL);
        if (is_good)
            cy_expect_str(decoded, rows[i].expected);
    }
    cy_arena_release(&arena);
}

CY_TEST("percent encoding keeps the unreserved characters, and decodes to what it was")
{
    struct cy_buffer out = {0};
    struct cy_arena arena = {0};
    struct cy_str decoded;
    cy_percent_encode(&out, CY_STR("a b/\xe6\x95\xb0~1+%"), "/");
    cy_expect_str(cy_buffer_str(&out), "a%20b/%E6%95%B0~1%2B%25");
    assert_true(cy_percent_decode(cy_buffer_str(&out), true, &arena, &decoded));
    cy_expect_str(decoded, "a b/\xe6\x95\xb0~1+%");
    cy_buffer_release(&out);
    cy_arena_release(&arena);
}

CY_TEST("the values of a name in a query come in order, decoded, with plus as a space")
{
    struct cy_arena arena = {0};
    struct cy_str values[8], query = CY_STR("a=1&b=x&a=two+words&%61=3&a&a=%zz&&a=&c=a=5");
    size_t count = cy_pairs_find(query, CY_STR("a"), 8, &arena, values);
    assert_int_equal(count, 5); /* "%zz" cannot be decoded and is left out */
    cy_expect_str(values[0], "1");
    cy_expect_str(values[1], "two words");
    cy_expect_str(values[2], "3");
    cy_expect_str(values[3], "");
    cy_expect_str(values[4], "");
    assert_int_equal(cy_pairs_find(query, CY_STR("c"), 8, &arena, values), 1);
    cy_expect_str(values[0], "a=5");
    assert_int_equal(cy_pairs_find(query, CY_STR("d"), 8, &arena, values), 0);
    assert_int_equal(cy_pairs_find(CY_STR(""), CY_STR("a"), 8, &arena, values), 0);
    cy_arena_release(&arena);
}

/* RFC 9110 §14.1.2 and §14.2: an invalid range is ignored, one that begins behind the end is 416. */
CY_TEST("a range is the part that RFC 9110 says it is, none, or not to be satisfied")
{
    static const struct {
        const char *header;
        uint64_t total;
        enum cy_range kind;
        uint64_t first, size;
    } rows[] = {
        {"bytes=0-0", 10, CY_RANGE_PART, 0, 1},
        {"bytes=2-5", 10, CY_RANGE_PART, 2, 4},
        {"bytes=2-", 10, CY_RANGE_PART, 2, 8},
        {"bytes=-3", 10, CY_RANGE_PART, 7, 3},
        {"bytes=-30", 10, CY_RANGE_PART, 0, 10},
        {"bytes=9-100", 10, CY_RANGE_PART, 9, 1},
        {"bytes=0-18446744073709551615", 10, CY_RANGE_PART, 0, 10},
        {"bytes=0-99999999999999999999999", 10, CY_RANGE_PART, 0, 10},
        {"Bytes = 2-5", 10, CY_RANGE_PART, 2, 4},
        {"bytes=10-", 10, CY_RANGE_UNSATISFIED, 0, 0},
        {"bytes=99999999999999999999999-", 10, CY_RANGE_UNSATISFIED, 0, 0},
        {"bytes=18446744073709551616-", 10, CY_RANGE_UNSATISFIED, 0, 0},
        {"bytes=-0", 10, CY_RANGE_UNSATISFIED, 0, 0},
        {"bytes=0-", 0, CY_RANGE_UNSATISFIED, 0, 0},
        {"bytes=-5", 0, CY_RANGE_UNSATISFIED, 0, 0},
        {"bytes=5-2", 10, CY_RANGE_NONE, 0, 0},
        {"bytes=-", 10, CY_RANGE_NONE, 0, 0},
        {"bytes=", 10, CY_RANGE_NONE, 0, 0},
        {"bytes", 10, CY_RANGE_NONE, 0, 0},
        {"bytes=1", 10, CY_RANGE_NONE, 0, 0},
        {"bytes=a-b", 10, CY_RANGE_NONE, 0, 0},
        {"bytes=+1-2", 10, CY_RANGE_NONE, 0, 0},
        {"bytes=1-2x", 10, CY_RANGE_NONE, 0, 0},
        {"bytes=1-2,4-5", 10, CY_RANGE_NONE, 0, 0}, /* several: the whole, as §14.2 allows */
        {"lines=1-2", 10, CY_RANGE_NONE, 0, 0},
        {"", 10, CY_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        uint64_t first = 0, size = 0;
        enum cy_range kind = cy_range_parse(cy_str(rows[i].header), rows[i].total, &first, &size);
        if (kind != rows[i].kind || (kind == CY_RANGE_PART && (first != rows[i].first || size != rows[i].size)))
            fail_msg("\"%s\" of %llu: kind %d, first %llu, size %llu", rows[i].header, (unsigned long long)rows[i].total, kind,
                     (unsigned long long)first, (unsigned long long)size);
    }
}

CY_TEST("an ETag is found in a list, weakly compared, even when one holds a comma")
{
    assert_true(cy_etag_matches(CY_STR("*"), CY_STR("\"a\"")));
    assert_true(cy_etag_matches(CY_STR("\"a\""), CY_STR("\"a\"")));
    assert_true(cy_etag_matches(CY_STR("\"b\", \"a\""), CY_STR("\"a\"")));
    assert_true(cy_etag_matches(CY_STR("\"x,y\",W/\"a\""), CY_STR("\"a\"")));
    assert_false(cy_etag_matches(CY_STR("\"aa\""), CY_STR("\"a\"")));
    assert_false(cy_etag_matches(CY_STR("a"), CY_STR("\"a\"")));
    assert_false(cy_etag_matches(CY_STR("\"a"), CY_STR("\"a\"")));
    assert_false(cy_etag_matches(CY_STR("\"x\" junk \"a\""), CY_STR("\"a\"")));
    assert_false(cy_etag_matches(CY_STR(""), CY_STR("\"a\"")));
}

CY_TEST("a host is a name or an address with an optional port, and nothing else gets into our URLs")
{
    static const char *const good[] = {"a", "a.example:7000", "127.0.0.1", "[::1]:7000", "[2001:db8::1]", "xn--fiq_x.test"};
    static const char *const bad[] = {"",     "a b", "a/b",    "a@b",     "a:",   "a:1x", "a:123456",     ":80",
                                      "[::1", "[]",  "[::1]x", "a\r\nX:", "a\"b", "a<b",  "\xe6\x95\xb0", "[::1]:"};
    for (size_t i = 0; i < CY_COUNT(good); i++)
        if (!cy_host_is_valid(cy_str(good[i])))
            fail_msg("\"%s\" is a host", good[i]);
    for (size_t i = 0; i < CY_COUNT(bad); i++)
        if (cy_host_is_valid(cy_str(bad[i])))
            fail_msg("\"%s\" is no host", bad[i]);
}

CY_TEST("a request names a path, or a URL with a path, and no fragment, space or control character")
{
    struct cy_str path, query;
    assert_true(cy_target_split(CY_STR("/a/b?c=d?e"), &path, &query));
    cy_expect_str(path, "/a/b");
    cy_expect_str(query, "c=d?e");
    assert_true(cy_target_split(CY_STR("http://host:1/a"), &path, &query));
    cy_expect_str(path, "/a");
    static const char *const bad[] = {"", "*", "a", "host:443", "http://host", "/a#b", "/a b", "/a\tb", "?a"};
    for (size_t i = 0; i < CY_COUNT(bad); i++)
        if (cy_target_split(cy_str(bad[i]), &path, &query))
            fail_msg("\"%s\" names no path", bad[i]);
}

CY_TEST("of a list that proxies made, the last element counts: the nearest proxy added it")
{
    cy_expect_str(cy_list_last(CY_STR("203.0.113.9, 198.51.100.2")), "198.51.100.2");
    cy_expect_str(cy_list_last(CY_STR("one")), "one");
    cy_expect_str(cy_list_last(CY_STR("")), "");
    cy_expect_str(cy_list_last(CY_STR("a,")), "a");
}

CY_TEST("JSON that nests too deep or holds a 0 byte is told of before it is parsed, and brackets in strings do not count")
{
    struct cy_buffer deep = {0};
    for (int i = 0; i < CY_JSON_DEPTH_MAX; i++)
        cy_buffer_add_text(&deep, i % 2 == 0 ? "[" : "{\"a\":");
    assert_null(cy_json_problem(cy_buffer_str(&deep)));
    cy_buffer_add_text(&deep, "[");
    assert_non_null(strstr(cy_json_problem(cy_buffer_str(&deep)), "64 deep"));
    cy_buffer_clear(&deep);
    for (int i = 0; i < 1000; i++)
        cy_buffer_add_text(&deep, "[[],{}],\"[[[[[\\\"[[[\\\\\",");
    assert_null(cy_json_problem(cy_buffer_str(&deep)));
    cy_buffer_release(&deep);
    assert_null(cy_json_problem(CY_STR("")));
    assert_null(cy_json_problem(CY_STR("{\"a\": \"u0000\"}")));
    assert_null(cy_json_problem(CY_STR("{\"a\": \"\\\\u0000\"}"))); /* a backslash, then u0000 */
    assert_non_null(cy_json_problem(CY_STR("{\"a\": \"\\u0000\"}")));
    assert_non_null(cy_json_problem(CY_STR("{\"a\": \"\\\\\\u0000\"}")));
    assert_null(cy_json_problem(CY_STR("{\"never ends")));
    assert_null(cy_json_problem(CY_STR("\"\\\"")));
}
