/* Every command, a row each, in the order in which a newcomer meets them: CY_COMMAND(name, summary) is
 * `int cy_cmd_<name>(int argc, char **argv)` in cmd_<name>.c. */
CY_COMMAND(init, "write a recipe for the files it is shown")
CY_COMMAND(build, "turn raw data into a dataset, by a recipe")
CY_COMMAND(summary, "show what was read, kept and removed, and why")
CY_COMMAND(operators, "list the operators, with their parameters")
CY_COMMAND(try, "run steps on a file's documents and print their signals and verdicts")
CY_COMMAND(tokens, "count, encode and pack a model's tokens; bring vocabularies")
CY_COMMAND(verdicts, "list and explain what was removed")
CY_COMMAND(sql, "ask a dataset by SQL")
CY_COMMAND(diff, "tell what changed between two datasets")
CY_COMMAND(verify, "check every hash of a dataset")
CY_COMMAND(serve, "serve datasets to people and to the clients they already use")
CY_COMMAND(worker, "answer questions about rows, in a sandbox (the server starts it)")
