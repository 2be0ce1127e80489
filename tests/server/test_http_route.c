#include "cy_test.h"

#include "server/http_route.h"

static void answer(struct cy_request *request, struct cy_response *response)
{
    (void)request, (void)response;
}

static const struct cy_route routes[] = {
    {"GET", "/api/datasets/{namespace}/{name}", answer, CY_BODY_NONE, 0, 0, "info"},
    {"GET", "/api/datasets/{namespace}/{name}/tree/{revision}/{path...}", answer, CY_BODY_NONE, 0, 0, "tree"},
    {"GET", "/api/datasets/{namespace}/{name}/tree/{revision}", answer, CY_BODY_NONE, 0, 0, "root"},
    {"GET", "/api/datasets/tags/all", answer, CY_BODY_NONE, 0, 0, "tags"},
    {"POST", "/api/datasets/{namespace}/new", answer, CY_BODY_NONE, 0, 0, "new"},
    {"POST", "/datasets/{namespace}/{name}.git/info/lfs/objects/batch", answer, CY_BODY_NONE, 0, 0, "lfs"},
    {"GET", "/datasets/{namespace}/{name}/info/x", answer, CY_BODY_NONE, 0, 0, "x"},
    {"GET", "/", answer, CY_BODY_NONE, 0, 0, "front"},
    {"DELETE", "/api/datasets/{namespace}/{name}", answer, CY_BODY_NONE, 0, 0, "delete"},
    {0},
};

CY_TEST("a path takes the route whose literals it has, and its values are cut first and decoded then")
{
    static const struct {
        const char *method, *path, *summary, *values; /* summary NULL: no route */
    } rows[] = {
        {"GET", "/", "front", ""},
        {"GET", "/api/datasets/a/b", "info", "[a][b]"},
        {"HEAD", "/api/datasets/a/b", "info", "[a][b]"},
        {"DELETE", "/api/datasets/a/b", "delete", "[a][b]"},
        {"GET", "/api/datasets/tags/all", "tags", ""},
        {"GET", "/api/datasets/tags/other", "info", "[tags][other]"}, /* the literal leads nowhere: walked back */
        {"GET", "/api/datasets/a/new", "info", "[a][new]"},           /* the literal has no GET */
        {"POST", "/api/datasets/a/new", "new", "[a]"},
        {"GET", "/api/datasets/a/b/tree/dev%2Fa", "root", "[a][b][dev/a]"},
        {"GET", "/api/datasets/a/b/tree/main/x/y%20z/%E6%95%B0", "tree", "[a][b][main][x/y z/\xe6\x95\xb0]"},
        {"GET", "/api/datasets/a/b/tree/main/..;/x", "tree", "[a][b][main][..;/x]"}, /* a name like any other */
        {"GET", "/api/datasets/a/b/tree/main/...", "tree", "[a][b][main][...]"},
        {"POST", "/datasets/a/b.git/info/lfs/objects/batch", "lfs", "[a][b]"},
        {"POST", "/datasets/a/b.git.git/info/lfs/objects/batch", "lfs", "[a][b.git]"},
        {"POST", "/datasets/a/.git/info/lfs/objects/batch", NULL, ""}, /* nothing before the end */
        {"GET", "/datasets/a/b.git/info/x", "x", "[a][b.git]"},
        {"GET", "/api/datasets/a/", NULL, ""},
        {"GET", "/api/datasets//b", NULL, ""},
        {"GET", "//api/datasets/a/b", NULL, ""},
        {"GET", "/api/datasets/a/b/tree/main/", NULL, ""},
        {"GET", "/api/datasets/a/b/tree/main/x//y", NULL, ""},
        {"GET", "/api%2Fdatasets/a/b", NULL, ""},
        {"GET", "/nosuch", NULL, ""},
    };
    struct cy_router *router = cy_router_new(routes);
    struct cy_arena arena = {0};
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_route_match match;
        struct cy_buffer values = {0};
        enum cy_route_result result = cy_router_find(router, rows[i].method, cy_str(rows[i].path), &arena, &match);
        if ((result == CY_ROUTE_FOUND) != (rows[i].summary != NULL))
            fail_msg("%s %s: result %d", rows[i].method, rows[i].path, result);
        for (size_t k = 0; k < match.value_count; k++)
            cy_buffer_printf(&values, "[%.*s]", (int)match.values[k].size, match.values[k].data);
        if (result == CY_ROUTE_FOUND) {
            assert_string_equal(match.route->summary, rows[i].summary);
            cy_expect_str(cy_buffer_str(&values), rows[i].values);
        }
        cy_buffer_release(&values);
    }
    cy_router_free(router);
    cy_arena_release(&arena);
}

CY_TEST("a way upwards, a broken escape, a 0 byte and overlong UTF-8 are refused wherever they stand, escaped or not")
{
    static const char *const paths[] = {
        "/..",
        "/api/datasets/../b",
        "/api/datasets/a/.",
        "/api/datasets/%2e%2e/b",
        "/api/datasets/%2E./b",
        "/api/datasets/a/b/tree/main/../../x",
        "/api/datasets/a/b/tree/main/x/%2e%2e%2fy",
        "/api/datasets/a/b/tree/..%2fmain",
        "/api/datasets/a/b/tree/x%2f..",
        "/api/datasets/a/b/tree/main/a%00.txt",
        "/api/datasets/a/b/tree/main/%c0%ae%c0%ae/x",
        "/api/datasets/a/b/tree/main/%",
        "/api/datasets/a/b/tree/main/\xff",
    };
    struct cy_router *router = cy_router_new(routes);
    struct cy_arena arena = {0};
    struct cy_route_match match;
    for (size_t i = 0; i < CY_COUNT(paths); i++) {
        if (cy_router_find(router, "GET", cy_str(paths[i]), &arena, &match) != CY_ROUTE_BROKEN_PATH)
            fail_msg("%s is not refused", paths[i]);
        assert_non_null(match.problem);
    }
    char deep[2 * CY_PATH_SEGMENTS_MAX + 3];
    for (size_t i = 0; i < sizeof deep - 1; i++)
        deep[i] = i % 2 == 0 ? '/' : 'a';
    deep[sizeof deep - 1] = '\0';
    assert_int_equal(cy_router_find(router, "GET", cy_str(deep), &arena, &match), CY_ROUTE_TOO_DEEP);
    cy_router_free(router);
    cy_arena_release(&arena);
}

CY_TEST("a path that is there by other methods says which")
{
    struct cy_router *router = cy_router_new(routes);
    struct cy_arena arena = {0};
    struct cy_route_match match;
    assert_int_equal(cy_router_find(router, "PUT", CY_STR("/api/datasets/a/b"), &arena, &match), CY_ROUTE_OTHER_METHOD);
    assert_string_equal(match.allow, "GET, HEAD, DELETE");
    assert_int_equal(cy_router_find(router, "PUT", CY_STR("/nosuch"), &arena, &match), CY_ROUTE_MISSING);
    cy_router_free(router);
    cy_arena_release(&arena);
}
