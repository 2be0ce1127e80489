#include "cli/options.h"

#include "base/params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- help ---- */

enum { LEFT_COLUMNS = 26 }; /* of an option and its argument; a longer one has its meaning on the next line */
enum { SYNOPSIS_BYTES = 256 };

/* What follows the command's words: every command has options (-h at least), whether its arguments name them or not. */
static const char *synopsis(const struct cy_usage *usage, char text[static SYNOPSIS_BYTES])
{
    bool names_them = strstr(usage->arguments, "[<options>]") != NULL;
    snprintf(text, SYNOPSIS_BYTES, "%s%s%s", names_them ? "" : "[<options>]", names_them || usage->arguments[0] == '\0' ? "" : " ",
             usage->arguments);
    return text;
}

static void print_help(const struct cy_usage *usage)
{
    printf("usage: ciyuan %s %s\n\n%s\n\n", usage->command, synopsis(usage, (char[SYNOPSIS_BYTES]){0}), usage->summary);
    for (const struct cy_option *option = usage->options; option->kind != CY_OPT_KIND_END; option++) {
        char left[96];
        snprintf(left, sizeof left, "--%s%s%s", option->name, option->argument != NULL ? " " : "",
                 option->argument != NULL ? option->argument : "");
        if (strlen(left) <= LEFT_COLUMNS)
            printf("  %-*s %s\n", LEFT_COLUMNS, left, option->meaning);
        else
            printf("  %s\n  %*s %s\n", left, LEFT_COLUMNS, "", option->meaning);
    }
    printf("  %-*s %s\n", LEFT_COLUMNS, "-h, --help", "this help");
    for (const char *const *example = usage->examples; example != NULL && example[0] != NULL; example += 2)
        printf("%s  %s\n      %s\n", example == usage->examples ? "\nexamples:\n" : "", example[0], example[1]);
}

/* Text for roff: backslashes and leading dots escaped, dashes kept as dashes. */
static void print_roff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

/* The page's name is the command's words with dashes between them: ciyuan-tokens-count. */
static void print_man_head(const char *command, const char *arguments, const char *summary)
{
    printf(".TH CIYUAN");
    for (int i = 0; i < 2; i++) {
        printf(i == 0 ? "-" : "ciyuan\\-");
        for (const char *at = command; *at != '\0'; at++)
            fputs((char[]){*at != ' ' ? *at : '-', '\0'}, stdout);
        if (i == 0)
            printf(" 1 \"\" \"ciyuan " CIYUAN_VERSION "\"\n.SH NAME\n");
    }
    char line[256]; /* whatis(1) wants "name - what it is", in one line */
    size_t size = strcspn(summary, ".:;");
    while (summary[size] != '\0' && summary[size + 1] != ' ' && summary[size + 1] != '\0') /* within a name, like README.md */
        size += 1 + strcspn(summary + size + 1, ".:;");
    snprintf(line, sizeof line, "%.*s", (int)CY_MIN(size, sizeof line - 1), summary);
    line[0] = (char)(line[0] >= 'A' && line[0] <= 'Z' ? line[0] + 32 : line[0]);
    printf(" \\- ");
    print_roff(line);
    printf("\n.SH SYNOPSIS\n");
    printf(".B ciyuan %s\n", command);
    print_roff(arguments);
    printf("\n.SH DESCRIPTION\n");
    print_roff(summary);
    putchar('\n');
}

static bool man_is_asked(void)
{
    const char *kind = getenv("CIYUAN_HELP");
    return kind != NULL && strcmp(kind, "man") == 0;
}

static void print_man(const struct cy_usage *usage)
{
    print_man_head(usage->command, synopsis(usage, (char[SYNOPSIS_BYTES]){0}), usage->summary);
    printf(".SH OPTIONS\n");
    for (const struct cy_option *option = usage->options; option->kind != CY_OPT_KIND_END; option++) {
        printf(".TP\n.B \\-\\-%s", option->name);
        if (option->argument != NULL)
            printf(" \\fI%s\\fR", option->argument);
        putchar('\n');
        print_roff(option->meaning);
        putchar('\n');
    }
    for (const char *const *example = usage->examples; example != NULL && example[0] != NULL; example += 2) {
        printf("%s.TP\n.B ", example == usage->examples ? ".SH EXAMPLES\n" : "");
        print_roff(example[0]);
        putchar('\n');
        print_roff(example[1]);
        putchar('\n');
    }
}

/* ---- parsing ---- */

static int usage_error(const struct cy_usage *usage, struct cy_error *error)
{
    if (error->hint[0] == '\0')
        cy_error_hint(error, "`ciyuan %s -h` shows what it takes", usage->command);
    cy_report(error);
    return CY_EXIT_USAGE;
}

static bool is_choice(const char *choices, struct cy_str value)
{
    struct cy_str rest = cy_str(choices);
    while (rest.size > 0)
        if (cy_str_equal(cy_str_split(rest, '|', &rest), value))
            return true;
    return false;
}

static enum cy_status set_option(const struct cy_option *option, const char *value, struct cy_error *error)
{
    char *end;
    switch (option->kind) {
    case CY_OPT_KIND_TEXT:
        *(const char **)option->value = value;
        return CY_OK;
    case CY_OPT_KIND_CHOICE:
        if (!is_choice(option->argument, cy_str(value)))
            return cy_error_set(error, CY_BAD_RECIPE, "--%s must be one of %s, found \"%.100s\"", option->name, option->argument, value);
        *(const char **)option->value = value;
        return CY_OK;
    case CY_OPT_KIND_COUNT:
        errno = 0;
        *(uint64_t *)option->value = strtoull(value, &end, 10);
        if (*value < '0' || *value > '9' || *end != '\0' || errno != 0)
            return cy_error_set(error, CY_BAD_RECIPE, "--%s must be a whole number, found \"%.100s\"", option->name, value);
        return CY_OK;
    case CY_OPT_KIND_SIZE:
        if (cy_parse_size(cy_str(value), option->value, error) != CY_OK)
            return cy_error_set(error, CY_BAD_RECIPE, "--%s must be a size like 512MiB or 4GB, found \"%.100s\"", option->name, value);
        return CY_OK;
    case CY_OPT_KIND_FLAG:
    case CY_OPT_KIND_END:
        break;
    }
    CY_ASSERT(!"an option with a value");
    return CY_FAILED;
}

static const struct cy_option *find_option(const struct cy_usage *usage, struct cy_str name, struct cy_error *error)
{
    enum { NAMES_MAX = 64 }; /* more than any command has */
    const char *names[NAMES_MAX] = {NULL};
    size_t count = 0;
    for (const struct cy_option *option = usage->options; option->kind != CY_OPT_KIND_END; option++) {
        if (cy_str_is(name, option->name))
            return option;
        CY_ASSERT(count + 1 < NAMES_MAX);
        names[count++] = option->name;
    }
    cy_error_set(error, CY_BAD_RECIPE, "%s has no option \"--%.*s\"", usage->command, (int)CY_MIN(name.size, 100), name.data);
    const char *nearest = cy_nearest_name(name, names);
    if (nearest != NULL)
        cy_error_hint(error, "did you mean \"--%s\"?", nearest);
    return NULL;
}

/* One option at argv[*at]; *at moves past its value. */
static enum cy_status take_option(const struct cy_usage *usage, int argc, char **argv, int *at, struct cy_error *error)
{
    struct cy_str value, name = cy_str_split(cy_str(argv[*at] + 2), '=', &value);
    const struct cy_option *option = find_option(usage, name, error);
    if (option == NULL)
        return CY_BAD_RECIPE;
    if (option->kind == CY_OPT_KIND_FLAG) {
        if (value.data != NULL)
            return cy_error_set(error, CY_BAD_RECIPE, "--%s takes no value", option->name);
        *(bool *)option->value = true;
        return CY_OK;
    }
    if (value.data == NULL) {
        if (*at + 1 >= argc)
            return cy_error_set(error, CY_BAD_RECIPE, "--%s needs a value: %s", option->name, option->argument);
        value = cy_str(argv[++*at]);
    }
    return set_option(option, value.data, error);
}

int cy_parse_options(int *argc, char **argv, const struct cy_usage *usage)
{
    struct cy_error error;
    int count = 0;
    bool options_end = false;
    for (int i = 1; i < *argc; i++) {
        const char *word = argv[i];
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
        } else if (!options_end && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)) {
            (man_is_asked() ? print_man : print_help)(usage);
            return CY_EXIT_OK;
        } else if (!options_end && strncmp(word, "--", 2) == 0) {
            if (take_option(usage, *argc, argv, &i, &error) != CY_OK)
                return usage_error(usage, &error);
        } else if (!options_end && word[0] == '-' && word[1] != '\0') {
            cy_error_set(&error, CY_BAD_RECIPE, "%s has no option \"%.100s\"", usage->command, word);
            return usage_error(usage, &error);
        } else {
            argv[count++] = argv[i];
        }
    }
    if (count < usage->argument_min || (usage->argument_max >= 0 && count > usage->argument_max)) {
        cy_error_set(&error, CY_BAD_RECIPE, "%s takes %s, found %d argument%s", usage->command,
                     usage->arguments[0] != '\0' ? usage->arguments : "no arguments", count, count == 1 ? "" : "s");
        return usage_error(usage, &error);
    }
    *argc = count;
    return -1;
}

/* ---- commands of a command ---- */

static void print_commands(const char *command, const char *summary, const struct cy_command *commands, FILE *out)
{
    fprintf(out, "usage: ciyuan %s <command> [<options>]\n\n%s\n\n", command, summary);
    for (; commands->name != NULL; commands++)
        fprintf(out, "  %-12s %s\n", commands->name, commands->summary);
    fprintf(out, "\n`ciyuan %s <command> -h` tells a command's options.\n", command);
}

static void print_commands_man(const char *command, const char *summary, const struct cy_command *commands)
{
    print_man_head(command, "<command> [<options>]", summary);
    printf(".SH COMMANDS\n");
    for (; commands->name != NULL; commands++)
        printf(".TP\n.BR ciyuan\\-%s\\-%s (1)\n%s\n", command, commands->name, commands->summary);
}

int cy_run_command_of(const char *command, const char *summary, const struct cy_command *commands, int argc, char **argv)
{
    enum { NAMES_MAX = 32 }; /* more than any command has */
    const char *names[NAMES_MAX] = {NULL};
    size_t count = 0;
    struct cy_str name = cy_str(argc > 1 ? argv[1] : NULL);
    if (name.size == 0) {
        print_commands(command, summary, commands, stderr);
        return CY_EXIT_USAGE;
    }
    if (cy_str_is(name, "-h") || cy_str_is(name, "--help") || cy_str_is(name, "help")) {
        if (man_is_asked())
            print_commands_man(command, summary, commands);
        else
            print_commands(command, summary, commands, stdout);
        return CY_EXIT_OK;
    }
    for (const struct cy_command *each = commands; each->name != NULL; each++) {
        if (cy_str_is(name, each->name))
            return each->run(argc - 1, argv + 1);
        CY_ASSERT(count + 1 < NAMES_MAX);
        names[count++] = each->name;
    }
    struct cy_error error;
    cy_error_set(&error, CY_BAD_RECIPE, "%s has no command \"%.*s\"", command, (int)CY_MIN(name.size, 100), name.data);
    const char *nearest = cy_nearest_name(name, names);
    if (nearest != NULL)
        cy_error_hint(&error, "did you mean \"%s %s\"?", command, nearest);
    else
        cy_error_hint(&error, "`ciyuan %s -h` lists them", command);
    return cy_report(&error);
}
