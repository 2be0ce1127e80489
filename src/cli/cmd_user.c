#include "cli/account_ask.h"

#include <stdio.h>
#include <unistd.h>

static int run_create(int argc, char **argv)
{
    struct cy_local local = {0};
    bool is_admin = false;
    const char *full_name = NULL, *email = NULL;
    const struct cy_option options[] = {
        CY_OPT_FLAG("admin", &is_admin, "he is an admin of the server"),
        CY_OPT_TEXT("full-name", &full_name, "TEXT", "as people know him"),
        CY_OPT_TEXT("email", &email, "ADDRESS", "where he is reached"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan user create alice --admin", "make the first user of a new server", NULL, NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "user create",
            .arguments = "NAME",
            .summary = "Makes a user. NAME has letters, digits, \"-\", \"_\" and \".\"; it is the beginning of his datasets' names.",
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
    cy_buffer_printf(&body, ",\"is_admin\":%s,\"full_name\":", is_admin ? "true" : "false");
    cy_buffer_add_json(&body, cy_str(full_name));
    cy_buffer_add_text(&body, ",\"email\":");
    cy_buffer_add_json(&body, cy_str(email));
    cy_buffer_add_byte(&body, '}');
    exit_status = cy_accounts_ask(&local, "POST", "/api/v1/users", &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK)
        printf("made the user %s\nmake a token for him:  ciyuan token create --user %s\n", argv[0], argv[0]);
    cy_arena_release(&arena);
    return exit_status;
}

static int set_disabled(int argc, char **argv, bool is_disabled)
{
    struct cy_local local = {0};
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    int exit_status =
        cy_parse_options(&argc, argv,
                         &(struct cy_usage){
                             .command = is_disabled ? "user disable" : "user enable",
                             .arguments = "NAME",
                             .summary = is_disabled ? "Switches a user off: his tokens let nobody in. What he published stays."
                                                    : "Switches a user on again, with the tokens that were not revoked.",
                             .options = options,
                             .argument_min = 1,
                             .argument_max = 1,
                         });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    cy_buffer_printf(&body, "{\"is_disabled\":%s}", is_disabled ? "true" : "false");
    const char *target = cy_arena_printf(&arena, "/api/v1/users/%s/disabled", cy_accounts_escape(&arena, argv[0]));
    exit_status = cy_accounts_ask(&local, "PUT", target, &body, &arena, &answer);
    cy_arena_release(&arena);
    return exit_status;
}

static int run_disable(int argc, char **argv)
{
    return set_disabled(argc, argv, true);
}

static int run_enable(int argc, char **argv)
{
    return set_disabled(argc, argv, false);
}

/* One line of standard input, without its end. */
static bool read_line(char *line, size_t size)
{
    if (fgets(line, (int)size, stdin) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static int run_password(int argc, char **argv)
{
    struct cy_local local = {0};
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    static const char *const examples[] = {"ciyuan user password alice < password.txt", "set the password that the file holds", NULL, NULL};
    int exit_status =
        cy_parse_options(&argc, argv,
                         &(struct cy_usage){
                             .command = "user password",
                             .arguments = "NAME",
                             .summary = "Sets a user's password, which is read from standard input, one line. His sessions end.",
                             .options = options,
                             .argument_min = 1,
                             .argument_max = 1,
                             .examples = examples,
                         });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    char line[1024];
    if (isatty(STDIN_FILENO))
        fputs("new password: ", stderr);
    if (!read_line(line, sizeof line)) {
        cy_error_set(&error, CY_BAD_RECIPE, "standard input holds no password");
        return cy_report(&error);
    }
    cy_buffer_add_text(&body, "{\"password\":");
    cy_buffer_add_json(&body, cy_str(line));
    cy_buffer_add_byte(&body, '}');
    const char *target = cy_arena_printf(&arena, "/api/v1/users/%s/password", cy_accounts_escape(&arena, argv[0]));
    exit_status = cy_accounts_ask(&local, "PUT", target, &body, &arena, &answer);
    cy_arena_release(&arena);
    return exit_status;
}

static int run_reset(int argc, char **argv)
{
    struct cy_local local = {0};
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    int exit_status =
        cy_parse_options(&argc, argv,
                         &(struct cy_usage){
                             .command = "user reset",
                             .arguments = "NAME",
                             .summary = "Prints the path of a page on which the user can set a new password, once, within 48 hours.",
                             .options = options,
                             .argument_min = 1,
                             .argument_max = 1,
                         });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    const char *target = cy_arena_printf(&arena, "/api/v1/users/%s/password-reset", cy_accounts_escape(&arena, argv[0]));
    exit_status = cy_accounts_ask(&local, "POST", target, &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK)
        printf("%s\n", cy_accounts_member(answer, "path", &arena).data);
    cy_arena_release(&arena);
    return exit_status;
}

int cy_cmd_user(int argc, char **argv)
{
    static const struct cy_command commands[] = {
        {"create", "make a user", run_create},
        {"password", "set a user's password", run_password},
        {"reset", "make a link for a new password", run_reset},
        {"disable", "switch a user off, with his tokens", run_disable},
        {"enable", "switch a user on again", run_enable},
        {0},
    };
    return cy_run_command_of("user", "The users of a server, by its owner on the same machine; a server may run meanwhile.", commands, argc,
                             argv);
}
