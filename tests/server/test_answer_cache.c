#include "cy_test.h"

#include "server/app.h"

/* A request of a route that is cached, as one of `path`. */
static struct cy_request make_request(struct cy_app *app, struct cy_arena *arena, const struct cy_route *route, const char *path)
{
    return (struct cy_request){
        .app = app, .arena = arena, .method = "GET", .route = route, .path = cy_str(path), .host = CY_STR("http://hub.test")};
}

static enum cy_status do_nothing(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)database, (void)context, (void)error;
    return CY_OK;
}

CY_TEST("an answer is found again by path, query and host, until the hub changes")
{
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_app app = {.answers = cy_answer_cache_new()};
    const struct cy_route cached = {"GET", "/a", NULL, CY_BODY_NONE, 0, CY_ROUTE_CACHED, ""},
                          plain = {"GET", "/a", NULL, CY_BODY_NONE, 0, 0, ""};
    const char *folder = cy_arena_printf(&arena, "%s/answers", cy_test_folder());
    cy_expect_ok(cy_store_open(&app.store, &(struct cy_store_options){.data_folder = folder}, &error), error);
    struct cy_request request = make_request(&app, &arena, &cached, "/a"), other = make_request(&app, &arena, &cached, "/b");
    struct cy_response response = {.file = -1}, found = {.file = -1};
    assert_false(cy_answer_cache_find(&request, &found));
    response.status = 200;
    response.bytes = CY_STR("body");
    response.content_type = "text/plain";
    cy_respond_header(&request, &response, "ETag", "\"x\"");
    request.principal.user_name = "alice";
    cy_answer_cache_keep(&request, &response);
    struct cy_request again = make_request(&app, &arena, &cached, "/a");
    assert_true(cy_answer_cache_find(&again, &found));
    assert_int_equal(found.status, 200);
    cy_expect_str(found.bytes, "body");
    assert_string_equal(found.content_type, "text/plain");
    assert_int_equal(found.header_count, 1);
    cy_expect_str(found.headers[0].value, "\"x\"");
    assert_string_equal(again.principal.user_name, "alice"); /* for the log */
    assert_false(cy_answer_cache_find(&other, &found));
    other = make_request(&app, &arena, &cached, "/a");
    other.query = CY_STR("x=1");
    assert_false(cy_answer_cache_find(&other, &found));
    other = make_request(&app, &arena, &cached, "/a");
    other.host = CY_STR("https://hub.test");
    assert_false(cy_answer_cache_find(&other, &found));
    other = make_request(&app, &arena, &plain, "/a");
    assert_false(cy_answer_cache_find(&other, &found));
    other = make_request(&app, &arena, &cached, "/a");
    other.principal.is_local = true; /* who may see more */
    assert_false(cy_answer_cache_find(&other, &found));
    cy_expect_ok(cy_store_write(app.store, CY_AREA_HUB, do_nothing, NULL, &error), error);
    assert_false(cy_answer_cache_find(&again, &found));
    cy_answer_cache_free(app.answers);
    cy_store_close(app.store);
    cy_arena_release(&arena);
}

CY_TEST("an answer that was begun before the hub changed is not kept, nor is an error, a file or a large one")
{
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_app app = {.answers = cy_answer_cache_new()};
    const struct cy_route cached = {"GET", "/a", NULL, CY_BODY_NONE, 0, CY_ROUTE_CACHED, ""};
    const char *folder = cy_arena_printf(&arena, "%s/answers-2", cy_test_folder());
    cy_expect_ok(cy_store_open(&app.store, &(struct cy_store_options){.data_folder = folder}, &error), error);
    struct cy_request request = make_request(&app, &arena, &cached, "/a");
    struct cy_response response = {.file = -1, .status = 404, .bytes = CY_STR("none")}, found = {.file = -1};
    assert_false(cy_answer_cache_find(&request, &found));
    cy_answer_cache_keep(&request, &response);
    assert_false(cy_answer_cache_find(&request, &found));
    response = (struct cy_response){.file = 0, .status = 200};
    cy_answer_cache_keep(&request, &response);
    assert_false(cy_answer_cache_find(&request, &found));
    response = (struct cy_response){.file = -1, .status = 200, .bytes = {cy_arena_zero(&arena, 1 << 20), 1 << 20}};
    cy_answer_cache_keep(&request, &response);
    assert_false(cy_answer_cache_find(&request, &found));
    cy_expect_ok(cy_store_write(app.store, CY_AREA_HUB, do_nothing, NULL, &error), error);
    response = (struct cy_response){.file = -1, .status = 200, .bytes = CY_STR("old")};
    cy_answer_cache_keep(&request, &response);
    assert_false(cy_answer_cache_find(&request, &found));
    cy_answer_cache_free(app.answers);
    cy_store_close(app.store);
    cy_arena_release(&arena);
}
