/* Commands: the table, and the exit statuses. */
#ifndef CY_CLI_COMMAND_H
#define CY_CLI_COMMAND_H

#include "base/error.h"

enum { CY_EXIT_OK = 0, CY_EXIT_FAILED = 1, CY_EXIT_USAGE = 2, CY_EXIT_INTERRUPTED = 130 };

struct cy_command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};
extern const struct cy_command cy_commands[]; /* ends with {0} */

#define CY_COMMAND(name, summary) int cy_cmd_##name(int argc, char **argv);
#include "cli/commands.h"
#undef CY_COMMAND

/* Prints "ciyuan: message" and "hint: …" to stderr; returns the exit status that goes with the error's. */
int cy_report(const struct cy_error *error);

#endif
