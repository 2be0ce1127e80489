/* The commands of `ciyuan tokens`, and what they share. */
#ifndef CY_CLI_TOKENS_H
#define CY_CLI_TOKENS_H

#include "cli/command.h"

#define CY_TOKENS_COMMAND(name, summary) int cy_cmd_tokens_##name(int argc, char **argv);
#include "cli/tokens_commands.h"
#undef CY_TOKENS_COMMAND

#endif
