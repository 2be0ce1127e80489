#include "cy_test.h"

#include "base/files.h"
#include "server/app.h"
#include "server/openapi.h"

#include <yyjson.h>

CY_TEST("docs/openapi.json is the document that the routes and their schemas make: `make openapi` brings it up to date")
{
    struct cy_buffer text = {0};
    struct cy_error error;
    cy_expect_ok(cy_read_file(CIYUAN_SOURCE "/docs/openapi.json", &text, &error), error);
    assert_true(cy_str_equal(cy_buffer_str(&text), cy_openapi_document));
    cy_buffer_release(&text);
}

CY_TEST("the OpenAPI document has every route of the table with its method and summary")
{
    yyjson_doc *document = yyjson_read(cy_openapi_document.data, cy_openapi_document.size, 0);
    yyjson_val *root = yyjson_doc_get_root(document), *paths = yyjson_obj_get(root, "paths");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "openapi")), "3.1.0");
    size_t count = 0;
    for (const struct cy_route *route = cy_routes; route->method != NULL; route++) {
        char pattern[512], method[16];
        size_t size = 0;
        if ((route->flags & CY_ROUTE_LOCAL) != 0)
            continue;
        for (const char *at = route->pattern; *at != '\0'; at++) /* "{path...}" is "{path}" there */
            if (strncmp(at, "...}", 4) != 0)
                pattern[size++] = *at;
            else
                at += 2;
        pattern[size] = '\0';
        size = 0;
        for (const char *at = route->method; *at != '\0'; at++)
            method[size++] = (char)(*at | 0x20);
        method[size] = '\0';
        yyjson_val *operation = yyjson_obj_get(yyjson_obj_get(paths, pattern), method);
        if (operation == NULL)
            fail_msg("%s %s is not in the document", route->method, route->pattern);
        assert_string_equal(yyjson_get_str(yyjson_obj_get(operation, "summary")), route->summary);
        count++;
    }
    assert_true(count > 5);
    yyjson_doc_free(document);
}
