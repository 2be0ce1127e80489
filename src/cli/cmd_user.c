#include "cli/account_ask.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { SECRET_BYTES_MAX = 4096 }; /* more than any password; the server says what it takes */

static int run_create(int argc, char **argv)
{
    struct cy_local local = {0};
    bool is_admin = false;
    const char *full_name = NULL, *email = NULL;
    const struct cy_option options[] = {
        CY_OPT_FLAG("admin", &is_admin, "an admin of the server"),
        CY_OPT_TEXT("full-name", &full_name, "TEXT", "as people know this user"),
        CY_OPT_TEXT("email", &email, "ADDRESS", "for letters to this user"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan user create alice --admin", "make the first user of a new server", NULL, NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "user create",
            .arguments = "NAME",
            .summary = "Makes a user. NAME has letters, digits, \"-\", \"_\" and \".\"; the names of the user's datasets begin with it.",
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
        printf("made the user %s\nmake an access token:  ciyuan token create --user %s%s%s\n", argv[0], argv[0],
               local.data_folder != NULL ? " --data " : "", local.data_folder != NULL ? local.data_folder : "");
    cy_arena_release(&arena);
    return exit_status;
}

static int set_disabled(int argc, char **argv, bool is_disabled)
{
    struct cy_local local = {0};
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    static const char *const disable_examples[] = {"ciyuan user disable alice", "let nobody in as alice any more", NULL, NULL};
    static const char *const enable_examples[] = {"ciyuan user enable alice", "let alice in again", NULL, NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = is_disabled ? "user disable" : "user enable",
            .arguments = "NAME",
            .summary = is_disabled ? "Switches a user off: the tokens let nobody in any more, and what was published stays."
                                   : "Switches a user on again, with the tokens that were not revoked.",
            .options = options,
            .argument_min = 1,
            .argument_max = 1,
            .examples = is_disabled ? disable_examples : enable_examples,
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

/* ---- passwords ---- */

/* A line of standard input without its end; what is typed at a terminal is not shown. */
static enum cy_status read_secret(const char *prompt, struct cy_buffer *secret, struct cy_error *error)
{
    struct termios shown, hidden;
    bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    if (is_terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fprintf(stderr, "%s: ", prompt);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    int c;
    cy_buffer_clear(secret);
    while ((c = getchar()) != EOF && c != '\n' && secret->size <= SECRET_BYTES_MAX)
        cy_buffer_add_byte(secret, (uint8_t)c);
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    return secret->size > 0 ? CY_OK : cy_error_set(error, CY_FAILED, "no password was given");
}

static enum cy_status read_password(struct cy_buffer *password, struct cy_error *error)
{
    struct cy_buffer again = {0};
    enum cy_status status = read_secret("new password", password, error);
    if (status == CY_OK && isatty(STDIN_FILENO)) {
        status = read_secret("the same again", &again, error);
        if (status == CY_OK && !cy_str_equal(cy_buffer_str(password), cy_buffer_str(&again)))
            status = cy_error_set(error, CY_FAILED, "the two are not the same");
    }
    cy_buffer_release(&again);
    return status;
}

static int run_password(int argc, char **argv)
{
    struct cy_local local = {0};
    struct cy_error error;
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    static const char *const examples[] = {"ciyuan user password alice", "asked for at the terminal, and not shown", NULL, NULL};
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "user password",
                                           .arguments = "NAME",
                                           .summary = "Sets a user's password, which is asked for at the terminal or read from standard "
                                                      "input. The user's sessions end.",
                                           .options = options,
                                           .argument_min = 1,
                                           .argument_max = 1,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    struct cy_buffer password = {0}, body = {0};
    struct cy_arena arena = {0};
    struct cy_str answer;
    if (read_password(&password, &error) == CY_OK) {
        cy_buffer_add_text(&body, "{\"password\":");
        cy_buffer_add_json(&body, cy_buffer_str(&password));
        cy_buffer_add_byte(&body, '}');
        const char *target = cy_arena_printf(&arena, "/api/v1/users/%s/password", cy_accounts_escape(&arena, argv[0]));
        exit_status = cy_accounts_ask(&local, "PUT", target, &body, &arena, &answer);
    } else {
        exit_status = cy_report(&error);
    }
    cy_buffer_release(&password);
    cy_arena_release(&arena);
    return exit_status;
}

static int run_reset(int argc, char **argv)
{
    static const char *const examples[] = {"echo https://hub.example.org$(ciyuan user reset alice)", "a link to hand to alice", NULL, NULL};
    struct cy_local local = {0};
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "user reset",
                                           .arguments = "NAME",
                                           .summary = "Prints a link by which the user sets a new password: once, within 24 hours. It "
                                                      "follows the address at which the server is reached.",
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
    const char *target = cy_arena_printf(&arena, "/api/v1/users/%s/reset", cy_accounts_escape(&arena, argv[0]));
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
        {"reset", "make a link by which a user sets a new password", run_reset},
        {"disable", "switch a user off, with all tokens", run_disable},
        {"enable", "switch a user on again", run_enable},
        {0},
    };
    return cy_run_command_of("user", "The users of a server, by its owner on the same machine; a server may run meanwhile.", commands, argc,
                             argv);
}
