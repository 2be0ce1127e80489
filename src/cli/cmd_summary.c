#include "cli/options.h"
#include "cli/summary.h"

int cy_cmd_summary(int argc, char **argv)
{
    uint64_t row_limit = 30;
    const struct cy_option options[] = {CY_OPT_COUNT("rows", &row_limit, "N", "rows of each table (30)"), CY_OPT_END};
    int status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "summary",
            .arguments = "[<options>] DATASET",
            .summary = "Prints what was read, kept and removed and why, by step, rule, language and party. "
                       "build.html in the dataset shows the same "
                       "with histograms and samples.",
            .options = options,
            .argument_min = 1,
            .argument_max = 1,
            .examples = (const char *const[]){"ciyuan summary out/web-en", "what became of every record, and why", NULL, NULL},
        });
    if (status >= 0)
        return status;
    struct cy_error error;
    return cy_summary_print(stdout, argv[0], row_limit, &error) == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
