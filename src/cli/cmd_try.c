#include "cli/options.h"

#include "recipe/intake.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct trial {
    struct cy_plan plan;
    bool with_text;
    struct cy_buffer out;
};

/* A recipe of the steps as they were written, over one file. "name:{…}" gets the space that YAML wants after the colon. */
static void write_recipe(struct cy_buffer *recipe, char **steps, size_t step_count, const char *path, const char *format)
{
    cy_buffer_add_text(recipe, "name: try\nsources:\n  - path: ");
    cy_buffer_add_json(recipe, cy_str(path));
    if (format != NULL)
        cy_buffer_printf(recipe, "\n    format: %s", format);
    cy_buffer_add_text(recipe, "\nsteps:\n");
    for (size_t i = 0; i < step_count; i++) {
        struct cy_str params, name = cy_str_trim(cy_str_split(cy_str(steps[i]), ':', &params));
        cy_buffer_printf(recipe, params.size > 0 ? "  - %.*s: %.*s\n" : "  - %.*s%.*s\n", (int)name.size, name.data, (int)params.size,
                         params.data);
    }
}

/* A finite number as JSON, anything else as null. */
static void add_number(struct cy_buffer *out, double number)
{
    if (isfinite(number))
        cy_buffer_printf(out, "%.17g", number);
    else
        cy_buffer_add_text(out, "null");
}

/* ,"tokens":{"o200k_base":12}, those counted. */
static void add_tokens(struct trial *trial, const struct cy_batch *batch, size_t row)
{
    bool any = false;
    cy_buffer_add_text(&trial->out, ",\"tokens\":{");
    for (size_t i = 0; i < trial->plan.token_count; i++) {
        if (batch->tokens[i][row] < 0)
            continue;
        cy_buffer_add_text(&trial->out, any ? "," : "");
        cy_buffer_add_json(&trial->out, cy_str(trial->plan.vocabularies[i]));
        cy_buffer_printf(&trial->out, ":%lld", (long long)batch->tokens[i][row]);
        any = true;
    }
    cy_buffer_add_byte(&trial->out, '}');
}

static void print_row(struct trial *trial, const struct cy_batch *batch, size_t row)
{
    static const char *const fates[] = {
        [CY_KEPT] = "kept", [CY_REMOVED] = "removed", [CY_UNREADABLE] = "unreadable", [CY_SKIPPED] = "skipped"};
    const struct cy_verdict *verdict = &batch->verdicts[row];
    struct cy_buffer *out = &trial->out;
    cy_buffer_clear(out);
    cy_buffer_add_text(out, "{\"id\":");
    cy_buffer_add_json(out, batch->ids[row]);
    cy_buffer_printf(out, ",\"what\":\"%s\"", fates[verdict->what]);
    if (verdict->what != CY_KEPT) {
        cy_buffer_printf(out, ",\"step\":\"%s\",\"rule\":", verdict->step == CY_STEP_READ ? "read" : trial->plan.steps[verdict->step].name);
        cy_buffer_add_json(out, verdict->rule);
        cy_buffer_add_text(out, ",\"measured\":");
        add_number(out, verdict->measured);
        cy_buffer_add_text(out, ",\"threshold\":");
        add_number(out, verdict->threshold);
    }
    cy_buffer_add_text(out, ",\"language\":");
    cy_buffer_add_json(out, batch->languages[row]);
    cy_buffer_add_text(out, ",\"signals\":{");
    bool any = false;
    for (size_t i = 0; i < trial->plan.signal_count; i++) {
        if (isnan(batch->signals[i][row]))
            continue;
        cy_buffer_printf(out, "%s\"%s\":", any ? "," : "", trial->plan.signal_names[i]);
        add_number(out, batch->signals[i][row]);
        any = true;
    }
    cy_buffer_add_byte(out, '}');
    if (trial->plan.token_count > 0)
        add_tokens(trial, batch, row);
    if (trial->with_text) {
        cy_buffer_add_text(out, ",\"text\":");
        cy_buffer_add_json(out, verdict->excerpt.size > 0 ? verdict->excerpt : batch->texts[row]);
    }
    cy_buffer_add_text(out, "}\n");
    fwrite(out->data, 1, out->size, stdout);
}

/* Runs every step on the rows that the steps before it kept, then prints all rows as they were read. */
static enum cy_status run_batch(struct trial *trial, struct cy_batch *batch, const struct cy_plan_source *source, struct cy_error *error)
{
    enum cy_status status = cy_intake_decode(&trial->plan, source, batch, error);
    cy_batch_compact(batch);
    for (size_t i = 0; status == CY_OK && i < trial->plan.step_count; i++) {
        const struct cy_plan_step *step = &trial->plan.steps[i];
        batch->step = (uint32_t)i;
        batch->step_signal_first = step->signal_first;
        batch->step_token_first = step->token_first;
        status = step->operator->run(step->self, batch, error);
        cy_batch_compact(batch);
    }
    if (status != CY_OK)
        return status;
    size_t *rows = cy_arena_alloc(batch->arena, batch->total_count * sizeof *rows);
    uint64_t first = UINT64_MAX; /* a batch's rows are numbered without a gap */
    for (size_t row = 0; row < batch->total_count; row++)
        first = CY_MIN(first, batch->origins[row].ordinal);
    for (size_t row = 0; row < batch->total_count; row++)
        rows[batch->origins[row].ordinal - first] = row;
    for (size_t i = 0; i < batch->total_count; i++)
        print_row(trial, batch, rows[i]);
    return CY_OK;
}

static enum cy_status run_all(struct trial *trial, struct cy_error *error)
{
    struct cy_intake intake;
    struct cy_arena arena = {0};
    struct cy_scratch *scratch = cy_scratch_new();
    enum cy_status status = CY_OK;
    cy_intake_open(&intake, &trial->plan, (struct cy_cursor){0}, UINT64_MAX);
    while (status == CY_OK) {
        struct cy_batch batch;
        const struct cy_plan_source *source;
        cy_batch_init(&batch, &arena, scratch, CY_BATCH_ROWS_MAX, trial->plan.signal_count, trial->plan.token_count, NULL, 0);
        status = cy_intake_fill(&intake, &batch, &source, error);
        if (status == CY_OK)
            status = run_batch(trial, &batch, source, error);
        cy_arena_reset(&arena);
    }
    cy_intake_close(&intake);
    cy_scratch_free(scratch);
    cy_arena_release(&arena);
    return status == CY_END ? CY_OK : status;
}

static enum cy_status check_steps(const struct cy_plan *plan, struct cy_error *error)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].operator->barrier != NULL) {
            cy_error_set(error, CY_BAD_RECIPE, "%s compares all documents with each other, so it cannot be tried on each alone",
                         plan->steps[i].name);
            return cy_error_hint(error, "run it in a recipe, by `ciyuan build`");
        }
    return CY_OK;
}

/* Copies standard input to a file, for sources are files. The path must be unlinked. */
static enum cy_status spool_input(char *path, struct cy_error *error)
{
    int file = mkostemps(path, (int)strlen(".jsonl"), O_CLOEXEC);
    char block[1 << 16];
    ssize_t size = 0;
    bool good = file >= 0;
    while (good && (size = read(STDIN_FILENO, block, sizeof block)) > 0)
        for (ssize_t done = 0, written; good && done < size; done += written) {
            written = write(file, block + done, (size_t)(size - done));
            good = written > 0;
        }
    enum cy_status status = good && size == 0 ? CY_OK : cy_error_errno(error, "copy standard input to", path);
    if (file >= 0)
        close(file);
    return status;
}

int cy_cmd_try(int argc, char **argv)
{
    struct trial trial = {0};
    const char *format = NULL;
    const struct cy_option options[] = {
        CY_OPT_FLAG("text", &trial.with_text, "print the text too, as the steps left it"),
        CY_OPT_TEXT("format", &format, "NAME", "the file's format, where its name does not tell (- is taken for jsonl)"),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan try gopher_quality:'{words_min: 20}' docs.jsonl",
                                           "measure every document of docs.jsonl, and say which would be removed", NULL};
    int status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "try",
            .arguments = "[<options>] STEP... FILE",
            .summary =
                "Runs steps on every document of a file and prints each one's verdict and signals, a JSON object a line. A step is an "
                "operator's name, or name:'{parameter: value}' as in a recipe. FILE may be - for JSON lines on standard input.",
            .options = options,
            .argument_min = 2,
            .argument_max = -1,
            .examples = examples,
        });
    if (status >= 0)
        return status;
    char spool[] = "/tmp/ciyuan-try.XXXXXX.jsonl";
    bool from_stdin = strcmp(argv[argc - 1], "-") == 0;
    struct cy_buffer recipe = {0};
    struct cy_error error;
    enum cy_status result = from_stdin ? spool_input(spool, &error) : CY_OK;
    write_recipe(&recipe, argv, (size_t)argc - 1, from_stdin ? spool : argv[argc - 1], format);
    if (result == CY_OK)
        result = cy_plan_parse(&trial.plan, cy_buffer_str(&recipe), "try", ".", "try", &error);
    if (result == CY_OK)
        result = check_steps(&trial.plan, &error);
    if (result == CY_OK)
        result = run_all(&trial, &error);
    if (from_stdin)
        unlink(spool);
    cy_plan_release(&trial.plan);
    cy_buffer_release(&recipe);
    cy_buffer_release(&trial.out);
    if (result == CY_OK && fflush(stdout) != 0)
        result = cy_error_errno(&error, "write to", "standard output");
    return result == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
