/* The commands of `ciyuan tokens`, a row each: CY_TOKENS_COMMAND(name, summary) is `int cy_cmd_tokens_<name>(int argc, char **argv)` in
 * tokens_<name>.c. */
CY_TOKENS_COMMAND(get, "bring a vocabulary by name, or list the names")
CY_TOKENS_COMMAND(count, "count the tokens of files and datasets")
CY_TOKENS_COMMAND(encode, "write the ids of texts")
CY_TOKENS_COMMAND(decode, "write the text of ids")
CY_TOKENS_COMMAND(pack, "write ids for trainers: Megatron, flat files, Parquet")
CY_TOKENS_COMMAND(train, "learn a vocabulary from texts")
