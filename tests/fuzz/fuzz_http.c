/* The parsers of src/server: what a stranger writes into a request line and headers. The first byte chooses nothing: every parser sees
 * every input, and what they give must hold what their contracts say. */
#include "server/http_parse.h"
#include "server/http_route.h"

#include <stdlib.h>

static void answer(struct cy_request *request, struct cy_response *response)
{
    (void)request, (void)response;
}

static const struct cy_route routes[] = {
    {"GET", "/a/{one}/b/{two}.git/{rest...}", answer, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/a/{one}/b", answer, CY_BODY_NONE, 0, 0, ""},
    {"POST", "/a/{one}/{two}", answer, CY_BODY_NONE, 0, 0, ""},
    {"GET", "/{rest...}", answer, CY_BODY_NONE, 0, 0, ""},
    {0},
};

static void check_no_way_up(struct cy_str value)
{
    CY_ASSERT(memchr(value.data, '\0', value.size) == NULL);
    while (value.size > 0) {
        struct cy_str part = cy_str_split(value, '/', &value);
        CY_ASSERT(!cy_str_is(part, "..") && !cy_str_is(part, "."));
    }
}

static void fuzz_path(struct cy_router *router, struct cy_str text, struct cy_arena *arena)
{
    struct cy_str path, query;
    struct cy_route_match match;
    if (!cy_target_split(text, &path, &query))
        return;
    CY_ASSERT(path.size > 0 && path.data[0] == '/');
    if (cy_router_find(router, "GET", path, arena, &match) != CY_ROUTE_FOUND)
        return;
    for (size_t i = 0; i < match.value_count; i++)
        check_no_way_up(match.values[i]);
}

static void fuzz_pairs(struct cy_str text, struct cy_arena *arena)
{
    struct cy_str values[16], decoded, again;
    size_t count = cy_pairs_find(text, CY_STR("a"), CY_COUNT(values), arena, values);
    CY_ASSERT(count <= CY_COUNT(values) && count <= cy_pairs_count(text));
    if (!cy_percent_decode(text, false, arena, &decoded))
        return;
    struct cy_buffer encoded = {0};
    cy_percent_encode(&encoded, decoded, "");
    CY_ASSERT(cy_percent_decode(cy_buffer_str(&encoded), true, arena, &again) && cy_str_equal(decoded, again));
    cy_buffer_release(&encoded);
}

static void fuzz_headers(struct cy_str text)
{
    static const uint64_t totals[] = {0, 1, 1000, UINT64_MAX};
    for (size_t i = 0; i < CY_COUNT(totals); i++) {
        uint64_t first, size;
        if (cy_range_parse(text, totals[i], &first, &size) == CY_RANGE_PART)
            CY_ASSERT(size > 0 && first < totals[i] && size <= totals[i] - first);
    }
    cy_etag_matches(text, CY_STR("\"abc\""));
    if (cy_host_is_valid(text))
        CY_ASSERT(memchr(text.data, '/', text.size) == NULL && memchr(text.data, '"', text.size) == NULL);
    struct cy_str last = cy_list_last(text);
    CY_ASSERT(memchr(last.data != NULL ? last.data : "", ',', last.size) == NULL);
    cy_json_problem(text);
    cy_field_name_is_valid(text);
    cy_field_value_is_valid(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cy_router *router;
    struct cy_arena arena = {0};
    if (router == NULL)
        router = cy_router_new(routes);
    struct cy_str text = {(const char *)data, size};
    fuzz_path(router, text, &arena);
    fuzz_pairs(text, &arena);
    fuzz_headers(text);
    cy_arena_release(&arena);
    return 0;
}
