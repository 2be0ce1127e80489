/* ciyuan: raw data → AI-ready, high-quality datasets. */
#include "cli/command.h"
#include "cli/fetch_source.h"

#include <stdio.h>

/* The commands stand in groups; each heading is printed before its first. */
static const struct {
    const char *first, *title;
} headings[] = {
    {"init", "build a dataset:"},
    {"summary", "\nlook at it:"},
    {"operators", "\nsteps and tokens:"},
    {"publish", "\nshare it, and find others':"},
    {"serve", "\nrun a hub:"},
};

static void print_help(FILE *out)
{
    fputs("usage: ciyuan <command> [<options>]\n\nRaw data becomes an AI-ready dataset, and every removed document has a verdict.\n\n",
          out);
    for (const struct cy_command *command = cy_commands; command->name != NULL; command++) {
        for (size_t i = 0; i < CY_COUNT(headings); i++)
            if (strcmp(command->name, headings[i].first) == 0)
                fprintf(out, "%s\n", headings[i].title);
        fprintf(out, "  %-12s %s\n", command->name, command->summary);
    }
    fputs("\n`ciyuan <command> -h` tells a command's options.\n", out);
}

int main(int argc, char **argv)
{
    cy_source_fetch = cy_fetch_source;
    struct cy_str name = cy_str(argc > 1 ? argv[1] : NULL);
    if (name.size == 0 || cy_str_is(name, "-h") || cy_str_is(name, "--help") || cy_str_is(name, "help")) {
        print_help(name.size == 0 ? stderr : stdout);
        return name.size == 0 ? CY_EXIT_USAGE : CY_EXIT_OK;
    }
    if (cy_str_is(name, "--version") || cy_str_is(name, "-V")) {
        puts("ciyuan " CIYUAN_VERSION);
        return CY_EXIT_OK;
    }
    const char *names[64] = {NULL};
    size_t count = 0;
    for (const struct cy_command *command = cy_commands; command->name != NULL; command++) {
        if (cy_str_is(name, command->name))
            return command->run(argc - 1, argv + 1);
        CY_ASSERT(count + 1 < CY_COUNT(names));
        names[count++] = command->name;
    }
    struct cy_error error;
    cy_error_set(&error, CY_BAD_RECIPE, "there is no command \"%.*s\"", (int)CY_MIN(name.size, 100), name.data);
    const char *nearest = cy_nearest_name(name, names);
    cy_error_hint(&error, nearest != NULL ? "did you mean \"%s\"?" : "`ciyuan help` lists the commands", nearest);
    return cy_report(&error);
}
