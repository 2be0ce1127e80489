#include "cli/options.h"
#include "cli/tokens.h"

static const struct cy_command commands[] = {
#define CY_TOKENS_COMMAND(name, summary) {#name, summary, cy_cmd_tokens_##name},
#include "cli/tokens_commands.h"
#undef CY_TOKENS_COMMAND
    {0},
};

int cy_cmd_tokens(int argc, char **argv)
{
    return cy_run_command_of("tokens",
                             "Tokens as each model's own tokenizer makes them. A vocabulary is named (o200k_base, qwen3, …; `ciyuan tokens "
                             "get` lists the names), or is the path of a tokenizer.json, .tiktoken or SentencePiece .model file.",
                             commands, argc, argv);
}
