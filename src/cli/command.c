#include "cli/command.h"

#include <stdio.h>

const struct cy_command cy_commands[] = {
#define CY_COMMAND(name, summary) {#name, summary, cy_cmd_##name},
#include "cli/commands.h"
#undef CY_COMMAND
    {0},
};

int cy_report(const struct cy_error *error)
{
    fprintf(stderr, "ciyuan: %s\n", error->message);
    if (error->hint[0] != '\0')
        fprintf(stderr, "hint: %s\n", error->hint);
    switch (error->status) {
    case CY_OK:
    case CY_END:
        return CY_EXIT_OK;
    case CY_BAD_RECIPE:
        return CY_EXIT_USAGE;
    case CY_INTERRUPTED:
        return CY_EXIT_INTERRUPTED;
    default:
        return CY_EXIT_FAILED;
    }
}
