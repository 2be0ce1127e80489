/* Keeps the documents for which an expression over their fields and signals is true. */
#include "operators/expression.h"
#include "operators/operator.h"

struct where {
    struct cy_str expression;
    struct cy_expression *compiled;
};

static const struct cy_param params[] = {
    CY_PARAM_TEXT(where, expression, NULL, "SQL condition", "keep documents for which it is true, not false or NULL"),
    {0},
};

static const struct cy_rule rules[] = {
    {.name = "where", .keep = CY_KEEP_OTHER, .meaning = "the expression is false or NULL"},
    {0},
};

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct where *op = self;
    const struct cy_expression_names names = {setup->signal_names, setup->signal_count, setup->files, setup->token_names,
                                              setup->token_count};
    return cy_expression_new(&op->compiled, op->expression, &names, setup->arena, error);
}

static void release(void *self)
{
    cy_expression_free(((struct where *)self)->compiled);
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    const struct where *op = self;
    double threshold = cy_expression_threshold(op->compiled), measured;
    for (size_t row = 0; row < batch->row_count; row++)
        if (cy_expression_test(op->compiled, batch, row, &measured) != CY_TRUE)
            cy_batch_remove(batch, row, "where", measured, threshold);
    return CY_OK;
}

const struct cy_operator cy_operator_where = {
    .name = "where",
    .summary = "keep documents for which an expression over fields and signals is true",
    .source = "the condition of an SQL SELECT (ISO/IEC 9075), with its treatment of NULL",
    .params = params,
    .rules = rules,
    .self_size = sizeof(struct where),
    .scalar_param = "expression",
    .prepare = prepare,
    .release = release,
    .run = run,
};
