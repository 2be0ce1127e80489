#include "cli/account_ask.h"

#include "dataset/report_view.h"

#include <stdio.h>

#include <yyjson.h>

static int run_create(int argc, char **argv)
{
    struct cy_local local = {0};
    const char *full_name = NULL;
    const struct cy_option options[] = {
        CY_OPT_TEXT("full-name", &full_name, "TEXT", "as people know it"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan org create press && ciyuan org member press alice --role admin",
                                           "make an organisation, and its first member", NULL, NULL};
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "org create",
                                           .arguments = "NAME",
                                           .summary = "Makes an organisation. NAME is the beginning of its datasets' names.",
                                           .options = options,
                                           .argument_min = 1,
                                           .argument_max = 1,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    cy_buffer_add_text(&body, "{\"name\":");
    cy_buffer_add_json(&body, cy_str(argv[0]));
    cy_buffer_add_text(&body, ",\"full_name\":");
    cy_buffer_add_json(&body, cy_str(full_name));
    cy_buffer_add_byte(&body, '}');
    exit_status = cy_accounts_ask(&local, "POST", "/api/v1/organisations", &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK)
        printf("made the organisation %s\nmake its first member:  ciyuan org member %s USER --role admin%s%s\n", argv[0], argv[0],
               local.data_folder != NULL ? " --data " : "", local.data_folder != NULL ? local.data_folder : "");
    cy_arena_release(&arena);
    return exit_status;
}

static int run_member(int argc, char **argv)
{
    struct cy_local local = {0};
    const char *role = NULL;
    bool remove = false;
    static const char *const examples[] = {"ciyuan org member press bob --role write",
                                           "let bob publish in press",
                                           "ciyuan org member press bob --remove",
                                           "take bob out again",
                                           NULL,
                                           NULL};
    const struct cy_option options[] = {
        CY_OPT_CHOICE("role", &role, "read|see-removed|write|admin",
                      "what the user may do with its datasets; each may do what stands before it"),
        CY_OPT_FLAG("remove", &remove, "take the user out"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "org member",
                                           .arguments = "ORGANISATION USER",
                                           .summary = "Makes a user a member of an organisation, changes the role, or takes the user out.",
                                           .options = options,
                                           .argument_min = 2,
                                           .argument_max = 2,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    if ((role == NULL) != remove) {
        struct cy_error error;
        cy_error_set(&error, CY_BAD_RECIPE, "give --role, or --remove");
        return cy_report(&error);
    }
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    if (!remove)
        cy_buffer_printf(&body, "{\"role\":\"%s\"}", role);
    const char *target = cy_arena_printf(&arena, "/api/v1/organisations/%s/members/%s", cy_accounts_escape(&arena, argv[0]),
                                         cy_accounts_escape(&arena, argv[1]));
    exit_status = cy_accounts_ask(&local, remove ? "DELETE" : "PUT", target, &body, &arena, &answer);
    cy_arena_release(&arena);
    return exit_status;
}

static int run_members(int argc, char **argv)
{
    static const char *const examples[] = {"ciyuan org members press", "a line a member: role and name", NULL, NULL};
    struct cy_local local = {0};
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "org members",
                                           .arguments = "ORGANISATION",
                                           .summary = "Lists who belongs to an organisation, with their roles.",
                                           .options = options,
                                           .argument_min = 1,
                                           .argument_max = 1,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    const char *target = cy_arena_printf(&arena, "/api/v1/organisations/%s/members", cy_accounts_escape(&arena, argv[0]));
    exit_status = cy_accounts_ask(&local, "GET", target, &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK) {
        yyjson_doc *document = yyjson_read(answer.data, answer.size, YYJSON_READ_NOFLAG);
        yyjson_val *items = yyjson_obj_get(yyjson_doc_get_root(document), "items"), *item;
        size_t i, count;
        yyjson_arr_foreach(items, i, count, item)
            printf("%-11s  %s\n", yyjson_get_str(yyjson_obj_get(item, "role")), yyjson_get_str(yyjson_obj_get(item, "name")));
        yyjson_doc_free(document);
    }
    cy_arena_release(&arena);
    return exit_status;
}

static int run_quota(int argc, char **argv)
{
    struct cy_local local = {0};
    int64_t size_bytes = 0;
    bool no_limit = false;
    const struct cy_option options[] = {
        CY_OPT_SIZE("size", &size_bytes, "what its datasets may hold, all versions together"),
        CY_OPT_FLAG("no-limit", &no_limit, "whatever the disk takes"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan org quota press --size 2TiB", "limit what press may hold", NULL, NULL};
    int exit_status =
        cy_parse_options(&argc, argv,
                         &(struct cy_usage){
                             .command = "org quota",
                             .arguments = "ACCOUNT",
                             .summary = "Shows what an organisation or user holds and may hold, or sets it. What is there already stays.",
                             .options = options,
                             .argument_min = 1,
                             .argument_max = 1,
                             .examples = examples,
                         });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    const char *target = cy_arena_printf(&arena, "/api/v1/accounts/%s/quota", cy_accounts_escape(&arena, argv[0]));
    bool sets = size_bytes > 0 || no_limit;
    if (sets && no_limit)
        cy_buffer_add_text(&body, "{\"size_bytes_max\":null}");
    else if (sets)
        cy_buffer_printf(&body, "{\"size_bytes_max\":%lld}", (long long)size_bytes);
    exit_status = cy_accounts_ask(&local, sets ? "PUT" : "GET", target, &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK && !sets) {
        yyjson_doc *document = yyjson_read(answer.data, answer.size, YYJSON_READ_NOFLAG);
        yyjson_val *root = yyjson_doc_get_root(document), *max = yyjson_obj_get(root, "size_bytes_max");
        struct cy_buffer line = {0};
        cy_buffer_add_text(&line, "holds ");
        cy_buffer_add_bytes(&line, (uint64_t)yyjson_get_sint(yyjson_obj_get(root, "size_bytes")));
        if (yyjson_is_null(max)) {
            cy_buffer_add_text(&line, ", without a limit");
        } else {
            cy_buffer_add_text(&line, " of ");
            cy_buffer_add_bytes(&line, (uint64_t)yyjson_get_sint(max));
        }
        printf("%.*s\n", (int)line.size, line.data);
        cy_buffer_release(&line);
        yyjson_doc_free(document);
    }
    cy_arena_release(&arena);
    return exit_status;
}

int cy_cmd_org(int argc, char **argv)
{
    static const struct cy_command commands[] = {
        {"create", "make an organisation", run_create},
        {"member", "make a user a member, or take one out", run_member},
        {"quota", "show or set what an account may hold", run_quota},
        {"members", "list who belongs to it", run_members},
        {0},
    };
    return cy_run_command_of("org", "The organisations of a server, by its owner on the same machine; a server may run meanwhile.",
                             commands, argc, argv);
}
