/* Compiles any bytes as an expression, and when it is one, tests it on two documents: nothing may crash, leak or hang. */
#include "base/arena.h"
#include "operators/expression.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const signal_names[] = {"gopher_quality.words", "language.score"};
    static const char *const token_names[] = {"o200k_base"};
    const struct cy_expression_names names = {
        .signal_names = signal_names, .signal_count = 2, .token_names = token_names, .token_count = 1};
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_expression *expression;
    if (cy_expression_new(&expression, (struct cy_str){(const char *)data, size}, &names, &arena, &error) == CY_OK) {
        struct cy_scratch *scratch = cy_scratch_new();
        struct cy_batch batch;
        cy_batch_init(&batch, &arena, scratch, 2, 2, 1, NULL, 0);
        for (int i = 0; i < 2; i++) {
            size_t row = cy_batch_append(&batch);
            batch.texts[row] = i == 0 ? CY_STR("The quick brown fox; 数据集") : CY_STR("");
            batch.metadata[row] = i == 0 ? CY_STR("{\"a\":{\"b\":1.5},\"c\":\"x\",\"d\":[true]}") : CY_STR("");
            batch.urls[row] = i == 0 ? CY_STR("https://example.com/") : CY_STR("");
            batch.signals[0][row] = i == 0 ? 42 : NAN;
            batch.tokens[0][row] = i == 0 ? 12 : -1;
            double measured;
            cy_expression_test(expression, &batch, row, &measured);
        }
        cy_scratch_free(scratch);
        cy_expression_free(expression);
    }
    cy_arena_release(&arena);
    return 0;
}
