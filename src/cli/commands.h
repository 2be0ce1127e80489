/* Every command, a row each: CY_COMMAND(name, summary) is `int cy_cmd_<name>(int argc, char **argv)` in cmd_<name>.c. */
