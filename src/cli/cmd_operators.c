#include "cli/options.h"

#include "operators/operator.h"

#include <stdio.h>

static void print_operator(const struct cy_operator *operator)
{
    printf("%s: %s\n", operator->name, operator->summary);
    printf("  source: %s\n", operator->source);
    for (const struct cy_param *param = operator->params; param != NULL && param->name != NULL; param++)
        printf("  parameter %-24s %s  (%s; default %s)\n", param->name, param->meaning, param->unit,
               param->fallback != NULL ? param->fallback : "none, must be given");
    for (const struct cy_signal *signal = operator->signals; signal != NULL && signal->name != NULL; signal++)
        printf("  signal    %-24s %s  (%s)\n", signal->name, signal->meaning, signal->unit);
    for (const struct cy_rule *rule = operator->rules; rule != NULL && rule->name != NULL; rule++)
        printf("  rule      %-24s %s\n", rule->name, rule->meaning);
    printf("\n");
}

int cy_cmd_operators(int argc, char **argv)
{
    const struct cy_option options[] = {CY_OPT_END};
    int status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "operators",
            .arguments = "[OPERATOR]",
            .summary = "Lists every operator a recipe may use; with a name, that operator's parameters, signals and rules.",
            .options = options,
            .argument_max = 1,
            .examples = (const char *const[]){"ciyuan operators", "all of them, a line each", "ciyuan operators dedup_minhash",
                                              "one, with its parameters, signals and rules", NULL, NULL},
        });
    if (status >= 0)
        return status;
    if (argc == 1) {
        const char *names[256] = {NULL};
        size_t count = 0;
        for (const struct cy_operator *const *operator= cy_operators; *operator!= NULL; operator++)
            names[count++] = (*operator)->name;
        const struct cy_operator *operator= cy_operator_find(cy_str(argv[0]));
        if (operator== NULL) {
            struct cy_error error;
            cy_error_set(&error, CY_BAD_RECIPE, "there is no operator \"%.100s\"", argv[0]);
            const char *nearest = cy_nearest_name(cy_str(argv[0]), names);
            cy_error_hint(&error, nearest != NULL ? "did you mean \"%s\"?" : "`ciyuan operators` lists them", nearest);
            return cy_report(&error);
        }
        print_operator(operator);
        return CY_EXIT_OK;
    }
    for (const struct cy_operator *const *operator= cy_operators; *operator!= NULL; operator++)
        printf("%-20s %s\n", (*operator)->name, (*operator)->summary);
    printf("\n`ciyuan operators NAME` shows an operator's parameters, signals and rules.\n");
    return CY_EXIT_OK;
}
