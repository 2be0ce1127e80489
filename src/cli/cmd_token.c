#include "cli/account_ask.h"

#include <stdio.h>

#include <yyjson.h>

static int need_user(const char *user)
{
    struct cy_error error;
    if (user != NULL)
        return CY_EXIT_OK;
    cy_error_set(&error, CY_BAD_RECIPE, "--user is missing: whose token?");
    return cy_report(&error);
}

static int run_create(int argc, char **argv)
{
    struct cy_local local = {0};
    const char *user = NULL, *scope = "write", *name = "token";
    const struct cy_option options[] = {
        CY_OPT_TEXT("user", &user, "NAME", "whose it is"),
        CY_OPT_CHOICE("scope", &scope, "read|write|admin", "what it may be used for, as far as its user may (write)"),
        CY_OPT_TEXT("name", &name, "TEXT", "by which its user knows it (token)"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    static const char *const examples[] = {"HF_TOKEN=$(ciyuan token create --user alice)", "a token for the Hugging Face clients", NULL,
                                           NULL};
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "token create",
                                           .arguments = "",
                                           .summary = "Makes an access token and prints it. It is shown this once: the server keeps "
                                                      "only its hash.",
                                           .options = options,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    if ((exit_status = need_user(user)) != CY_EXIT_OK)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    cy_buffer_printf(&body, "{\"scope\":\"%s\",\"name\":", scope);
    cy_buffer_add_json(&body, cy_str(name));
    cy_buffer_add_byte(&body, '}');
    const char *target = cy_arena_printf(&arena, "/api/v1/users/%s/tokens", cy_accounts_escape(&arena, user));
    exit_status = cy_accounts_ask(&local, "POST", target, &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK)
        printf("%s\n", cy_accounts_member(answer, "token", &arena).data);
    cy_arena_release(&arena);
    return exit_status;
}

static void print_tokens(struct cy_str answer)
{
    yyjson_doc *document = yyjson_read(answer.data, answer.size, YYJSON_READ_NOFLAG);
    yyjson_val *items = yyjson_obj_get(yyjson_doc_get_root(document), "items"), *item;
    size_t i, count;
    yyjson_arr_foreach(items, i, count, item)
        printf("%s  %-5s  %s\n", yyjson_get_str(yyjson_obj_get(item, "id")), yyjson_get_str(yyjson_obj_get(item, "scope")),
               yyjson_get_str(yyjson_obj_get(item, "name")));
    yyjson_doc_free(document);
}

static int run_list(int argc, char **argv)
{
    struct cy_local local = {0};
    const char *user = NULL;
    static const char *const examples[] = {"ciyuan token list --user alice", "the ids, by which `ciyuan token revoke` knows them", NULL,
                                           NULL};
    const struct cy_option options[] = {
        CY_OPT_TEXT("user", &user, "NAME", "whose they are"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "token list",
                                           .arguments = "",
                                           .summary = "Lists a user's tokens: id, scope, name. The tokens themselves are not known.",
                                           .options = options,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    if ((exit_status = need_user(user)) != CY_EXIT_OK)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    const char *target = cy_arena_printf(&arena, "/api/v1/users/%s/tokens", cy_accounts_escape(&arena, user));
    exit_status = cy_accounts_ask(&local, "GET", target, &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK)
        print_tokens(answer);
    cy_arena_release(&arena);
    return exit_status;
}

static int run_revoke(int argc, char **argv)
{
    static const char *const examples[] = {"ciyuan token revoke 01a20f84-267d-790f-9bf0-1858d403fbd6 --user alice",
                                           "end the token with this id", NULL, NULL};
    struct cy_local local = {0};
    const char *user = NULL;
    const struct cy_option options[] = {
        CY_OPT_TEXT("user", &user, "NAME", "whose it is"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "token revoke",
                                           .arguments = "ID",
                                           .summary = "Ends a token, whose id `ciyuan token list` shows. From then on it lets nobody in.",
                                           .options = options,
                                           .argument_min = 1,
                                           .argument_max = 1,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    if ((exit_status = need_user(user)) != CY_EXIT_OK)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    const char *target =
        cy_arena_printf(&arena, "/api/v1/users/%s/tokens/%s", cy_accounts_escape(&arena, user), cy_accounts_escape(&arena, argv[0]));
    exit_status = cy_accounts_ask(&local, "DELETE", target, &body, &arena, &answer);
    cy_arena_release(&arena);
    return exit_status;
}

int cy_cmd_token(int argc, char **argv)
{
    static const struct cy_command commands[] = {
        {"create", "make an access token and print it", run_create},
        {"list", "list a user's tokens", run_list},
        {"revoke", "end a token", run_revoke},
        {0},
    };
    return cy_run_command_of("token",
                             "The access tokens of a server's users, by its owner on the same machine; a server may run meanwhile.",
                             commands, argc, argv);
}
