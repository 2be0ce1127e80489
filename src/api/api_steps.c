/* A recipe's steps over Arrow record batches in the public API: the contracts stand in include/ciyuan.h. */
#include "api/api_error.h"
#include "api/api_pool.h"

#include "document/arrow.h"
#include "recipe/intake.h"

#include <stdlib.h>

struct ciyuan_steps {
    struct cy_plan plan;
    struct cy_arrow_names names;
    struct cy_api_pool scratches;
};

static void *scratch_new(const void *context)
{
    (void)context;
    return cy_scratch_new();
}

static void scratch_free(void *scratch)
{
    cy_scratch_free(scratch);
}

static enum cy_status check_steps(const struct cy_plan *plan, struct cy_error *error)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].operator->barrier != NULL)
            return cy_error_set(error, CY_BAD_RECIPE, "%s compares all documents with each other, so it cannot run over one batch",
                                plan->steps[i].name);
    return CY_OK;
}

static void name_columns(struct ciyuan_steps *steps)
{
    const struct cy_plan *plan = &steps->plan;
    const char **names = cy_arena_alloc(&steps->plan.arena, CY_MAX(plan->step_count, (size_t)1) * sizeof *names);
    for (size_t i = 0; i < plan->step_count; i++)
        names[i] = plan->steps[i].name;
    steps->names = (struct cy_arrow_names){names, plan->signal_names, plan->signal_count, plan->vocabularies, plan->token_count};
}

/* `name` stands in messages. */
static enum cy_status open_steps(struct cy_str yaml, const char *name, const char *folder, struct ciyuan_steps **steps,
                                 struct cy_error *error)
{
    struct ciyuan_steps *made = cy_alloc_zero(1, sizeof *made);
    cy_api_pool_init(&made->scratches, scratch_new, scratch_free, NULL);
    enum cy_status status = cy_plan_parse_steps(&made->plan, yaml, name, folder != NULL ? folder : ".", error);
    if (status == CY_OK)
        status = check_steps(&made->plan, error);
    if (status != CY_OK) {
        ciyuan_steps_close(made);
        made = NULL;
    } else {
        name_columns(made);
    }
    *steps = made;
    return status;
}

int32_t ciyuan_steps_open(const char *yaml, const char *folder, struct ciyuan_steps **steps, struct ciyuan_error *error)
{
    struct cy_error inner;
    return cy_api_error(error, open_steps(cy_str(yaml), "steps", folder, steps, &inner), &inner);
}

void ciyuan_steps_close(struct ciyuan_steps *steps)
{
    if (steps == NULL)
        return;
    cy_api_pool_release(&steps->scratches);
    cy_plan_release(&steps->plan);
    free(steps);
}

/* Every step on the rows that the steps before it kept. */
static enum cy_status run_rows(const struct cy_plan *plan, struct cy_batch *batch, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    cy_batch_compact(batch);
    for (size_t i = 0; status == CY_OK && i < plan->step_count; i++) {
        const struct cy_plan_step *step = &plan->steps[i];
        batch->step = (uint32_t)i;
        batch->step_signal_first = step->signal_first;
        batch->step_token_first = step->token_first;
        status = step->operator->run(step->self, batch, error);
        cy_batch_compact(batch);
    }
    return status;
}

static enum cy_status run_steps(struct ciyuan_steps *steps, const struct ArrowSchema *schema, const struct ArrowArray *array,
                                struct ArrowSchema *out_schema, struct ArrowArray *out, struct cy_error *error)
{
    const struct cy_plan *plan = &steps->plan;
    struct cy_arrow_input input;
    struct cy_arena arena = {0};
    enum cy_status status = cy_arrow_open(&input, schema, array, error);
    if (status != CY_OK)
        return status;
    struct cy_scratch *scratch = cy_api_pool_take(&steps->scratches);
    struct cy_arrow_output *output = cy_arrow_output_new(&steps->names);
    for (size_t first = 0; status == CY_OK && first < input.row_count;) {
        struct cy_batch batch;
        cy_batch_init(&batch, &arena, scratch, CY_BATCH_ROWS_MAX, plan->signal_count, plan->token_count, NULL, 0);
        first += cy_arrow_take(&input, first, CY_BATCH_ROWS_MAX, CY_BATCH_BYTES_MAX, &batch);
        status = run_rows(plan, &batch, error);
        if (status == CY_OK)
            cy_arrow_output_add(output, &input, &batch);
        cy_arena_reset(&arena);
    }
    if (status == CY_OK)
        status = cy_arrow_output_finish(output, out_schema, out, error);
    cy_arrow_output_free(output);
    cy_api_pool_give(&steps->scratches, scratch);
    cy_arena_release(&arena);
    return status;
}

int32_t ciyuan_steps_run(struct ciyuan_steps *steps, const struct ArrowSchema *schema, const struct ArrowArray *batch,
                         struct ArrowSchema *out_schema, struct ArrowArray *out, struct ciyuan_error *error)
{
    struct cy_error inner;
    return cy_api_error(error, run_steps(steps, schema, batch, out_schema, out, &inner), &inner);
}

/* A list of one step: the parameters, of any YAML style, stand on lines of their own. */
static void write_step(struct cy_buffer *yaml, const char *name, const char *parameters)
{
    struct cy_str rest = cy_str(parameters);
    bool any = cy_str_trim(rest).size > 0;
    cy_buffer_add_text(yaml, "- ");
    cy_buffer_add_json(yaml, cy_str(name));
    if (any)
        cy_buffer_add_byte(yaml, ':');
    cy_buffer_add_byte(yaml, '\n');
    while (any && rest.size > 0) {
        cy_buffer_add_text(yaml, "    ");
        cy_buffer_add_str(yaml, cy_str_split(rest, '\n', &rest));
        cy_buffer_add_byte(yaml, '\n');
    }
}

int32_t ciyuan_operator_run(const char *name, const char *parameters, const struct ArrowSchema *schema, const struct ArrowArray *batch,
                            struct ArrowSchema *out_schema, struct ArrowArray *out, struct ciyuan_error *error)
{
    struct ciyuan_steps *steps = NULL;
    struct cy_buffer yaml = {0};
    struct cy_error inner;
    write_step(&yaml, name, parameters);
    enum cy_status status = open_steps(cy_buffer_str(&yaml), "operator", NULL, &steps, &inner);
    if (status == CY_OK)
        status = run_steps(steps, schema, batch, out_schema, out, &inner);
    ciyuan_steps_close(steps);
    cy_buffer_release(&yaml);
    return cy_api_error(error, status, &inner);
}

const char *ciyuan_operator_name(size_t index)
{
    for (size_t i = 0; cy_operators[i] != NULL; i++)
        if (i == index)
            return cy_operators[i]->name;
    return NULL;
}
