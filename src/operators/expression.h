/* Expressions over a document's fields and signals, as a recipe's `where` holds them: the condition of an SQL SELECT.
 *
 *     or          = and {"or" and}
 *     and         = not {"and" not}
 *     not         = "not" not | predicate
 *     predicate   = sum [ ("=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=") sum | "is" ["not"] "null"
 *                       | ["not"] ( "in" "(" sum {"," sum} ")" | ("like" | "ilike") sum ["escape" text] | "between" sum "and" sum ) ]
 *     sum         = product {("+" | "-") product}
 *     product     = unary {("*" | "/" | "%") unary}
 *     unary       = "-" unary | number | 'text' | "true" | "false" | "null" | name | function "(" … ")" | "(" or ")"
 *
 * The text is compiled once, in one pass, into a program for a stack of values: and/or jump over what no longer matters, so a cheap test
 * put first spares a dear one. A value is a number (double), a text, true or false, or NULL. Types are checked when compiling; a field of
 * `metadata` gets its type from what it is compared with. docs/where.md is the whole description. */
#ifndef CY_OPERATORS_EXPRESSION_H
#define CY_OPERATORS_EXPRESSION_H

#include "document/batch.h"
#include "operators/operator.h"

struct cy_expression; /* never changes once compiled: any number of threads use it */

enum cy_truth { CY_FALSE = 0, CY_TRUE, CY_UNKNOWN /* NULL */ };

/* What the columns before it are called: signal_names[i] is column i of batch->signals, "gopher_quality.words"; and the files that
 * batch->origins[…].file counts, borrowed for the expression's life. */
struct cy_expression_names {
    const char *const *signal_names;
    size_t signal_count;
    const struct cy_step_files *files; /* may be filled until the first test; NULL: none */
    const char *const *token_names;    /* token_names[i] is column i of batch->tokens, "o200k_base" */
    size_t token_count;
};

/* Compiles `text`; the expression owns what it needs, save the arena's memory. CY_BAD_RECIPE with the column (in characters, from 1),
 * what was expected and found, and the nearest known name as the hint. */
enum cy_status cy_expression_new(struct cy_expression **expression, struct cy_str text, const struct cy_expression_names *names,
                                 struct cy_arena *arena, struct cy_error *error);
void cy_expression_free(struct cy_expression *expression);

/* The expression's truth for a row.
 *   measured   out: where the whole expression compares a number with a constant, that number; else NaN */
enum cy_truth cy_expression_test(const struct cy_expression *expression, struct cy_batch *batch, size_t row, double *measured);
/* The constant of such a comparison; else NaN. */
double cy_expression_threshold(const struct cy_expression *expression);

#endif
