#include "cli/account_ask.h"

#include <inttypes.h>
#include <stdio.h>

#include <yyjson.h>

enum { DAY_SECONDS = 24 * 3600 };

int cy_cmd_garbage(int argc, char **argv)
{
    struct cy_local local = {0};
    uint64_t grace = 1, uploads = 7, xorbs = 28, retention = 30;
    const struct cy_option options[] = {
        CY_OPT_COUNT("grace", &grace, "DAYS", "keep bytes that nothing names so long (1)"),
        CY_OPT_COUNT("uploads", &uploads, "DAYS", "keep what was uploaded and never committed (7)"),
        CY_OPT_COUNT("xorbs", &xorbs, "DAYS", "keep what clients of Xet remember that they sent (28)"),
        CY_OPT_COUNT("retention", &retention, "DAYS", "keep deleted datasets (30)"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan garbage --retention 7", "also take datasets that were deleted a week ago", NULL, NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "garbage",
            .arguments = "[<options>]",
            .summary = "Collects what no version of a dataset names any more. A server does so every hour by itself, with the "
                       "days that stand here; a server may run meanwhile, and uploads too.",
            .options = options,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    cy_buffer_printf(&body, "{\"grace_s\":%" PRIu64 ",\"upload_s\":%" PRIu64 ",\"xorb_s\":%" PRIu64 ",\"retention_s\":%" PRIu64 "}",
                     grace * DAY_SECONDS, uploads * DAY_SECONDS, xorbs * DAY_SECONDS, retention * DAY_SECONDS);
    exit_status = cy_accounts_ask(&local, "POST", "/api/v1/garbage", &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK) {
        yyjson_doc *document = yyjson_read(answer.data, answer.size, YYJSON_READ_NOFLAG);
        yyjson_val *root = yyjson_doc_get_root(document);
        printf("removed %" PRIu64 " objects of %" PRIu64 " bytes, %" PRIu64 " uploads and xorbs, %" PRIu64 " deleted datasets\n",
               yyjson_get_uint(yyjson_obj_get(root, "object_count")), yyjson_get_uint(yyjson_obj_get(root, "object_bytes")),
               yyjson_get_uint(yyjson_obj_get(root, "row_count")), yyjson_get_uint(yyjson_obj_get(root, "repository_count")));
        yyjson_doc_free(document);
    }
    cy_arena_release(&arena);
    return exit_status;
}
