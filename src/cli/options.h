/* Options of a command, from a table: `-h`, the man page and shell completion come from it too.
 *
 *     const struct cy_option options[] = {
 *         CY_OPT_TEXT("operator", &operator_name, "NAME", "only what this operator removed"),
 *         CY_OPT_COUNT("sample", &row_count_max, "N", "show this many, chosen at random"),
 *         CY_OPT_FLAG("replace", &replace, "replace a dataset that is there"),
 *         CY_OPT_END,
 *     };
 *     int status = cy_parse_options(&argc, argv, &(struct cy_usage){"verdicts", "[<options>] DATASET", summary, options, 1, 1});
 *     if (status >= 0)
 *         return status;                        argv[0 … argc) are now the arguments that are no options
 *
 * `--name value`, `--name=value`; `--` ends the options; an option may stand anywhere. */
#ifndef CY_CLI_OPTIONS_H
#define CY_CLI_OPTIONS_H

#include "cli/command.h"

enum cy_option_kind { CY_OPT_KIND_END, CY_OPT_KIND_FLAG, CY_OPT_KIND_TEXT, CY_OPT_KIND_COUNT, CY_OPT_KIND_SIZE, CY_OPT_KIND_CHOICE };

struct cy_option {
    enum cy_option_kind kind;
    const char *name;     /* without the dashes */
    void *value;          /* bool *, const char **, uint64_t *, int64_t * (bytes), const char ** */
    const char *argument; /* "DIR"; NULL for a flag; for a choice "text|json" */
    const char *meaning;  /* a line of help */
};

#define CY_OPT_FLAG(name, value, meaning)                                                                                                  \
    {                                                                                                                                      \
        CY_OPT_KIND_FLAG, name, value, NULL, meaning                                                                                       \
    }
#define CY_OPT_TEXT(name, value, argument, meaning)                                                                                        \
    {                                                                                                                                      \
        CY_OPT_KIND_TEXT, name, value, argument, meaning                                                                                   \
    }
#define CY_OPT_COUNT(name, value, argument, meaning)                                                                                       \
    {                                                                                                                                      \
        CY_OPT_KIND_COUNT, name, value, argument, meaning                                                                                  \
    }
#define CY_OPT_SIZE(name, value, meaning)                                                                                                  \
    {                                                                                                                                      \
        CY_OPT_KIND_SIZE, name, value, "SIZE", meaning                                                                                     \
    }
/* choices: "text|json", and the help shows just that */
#define CY_OPT_CHOICE(name, value, choices, meaning)                                                                                       \
    {                                                                                                                                      \
        CY_OPT_KIND_CHOICE, name, value, choices, meaning                                                                                  \
    }
#define CY_OPT_END                                                                                                                         \
    {                                                                                                                                      \
        CY_OPT_KIND_END, NULL, NULL, NULL, NULL                                                                                            \
    }

struct cy_usage {
    const char *command;   /* "verdicts" */
    const char *arguments; /* "[<options>] DATASET" */
    const char *summary;   /* what it does, one or more sentences: the help's and the man page's description */
    const struct cy_option *options;
    int argument_min, argument_max; /* how many arguments that are no options; max -1: any number */
    const char *const *examples;    /* NULL-terminated pairs: command line, what it does; NULL: none */
};

/* Takes the options out of argv (argv[0] is the command's name and is dropped too) and sets the values. Returns -1 to go on, or the exit
 * status to return: 0 after -h, 2 after a message about a wrong option. CIYUAN_HELP=man prints the man page in place of the help. */
int cy_parse_options(int *argc, char **argv, const struct cy_usage *usage);

/* A command that has commands of its own, a row each ({0} ends them): runs the one that argv[1] names ("tokens count": its usage.command is
 * both words), or prints the list after -h. Returns the exit status. */
int cy_run_command_of(const char *command, const char *summary, const struct cy_command *commands, int argc, char **argv);

#endif
