/* Any bytes as a text through normalize and pii: nothing may crash or hang; what is UTF-8 stays UTF-8, and normalizing it again changes
 * nothing. The first byte chooses the parameters. */
#include "base/unicode.h"
#include "operators/operator.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cy_str run_operator(const char *name, const char *param, const char *value, struct cy_str text, struct cy_arena *arena)
{
    const struct cy_operator *operator= cy_operator_find(cy_str(name));
    struct cy_scratch *scratch = cy_scratch_new();
    struct cy_batch batch;
    struct cy_error error;
    void *self = cy_arena_zero(arena, operator->self_size);
    struct cy_step_setup setup = {.arena = arena, .folder = ".", .step_name = name};
    cy_params_default(operator->params, self, arena);
    if (param != NULL)
        CY_ASSERT(cy_param_set(cy_param_find(operator->params, cy_str(param)), self, cy_str(value), arena, &error) == CY_OK);
    CY_ASSERT(operator->prepare(self, &setup, &error) == CY_OK);
    cy_batch_init(&batch, arena, scratch, 1, 8, 0, NULL, 0);
    batch.texts[cy_batch_append(&batch)] = text;
    batch.step = 0;
    CY_ASSERT(operator->run(self, &batch, &error) == CY_OK);
    cy_scratch_free(scratch);
    return batch.texts[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const params[][2] = {
        {NULL, NULL}, {"form", "nfkc"}, {"fix_mojibake", "true"}, {"collapse_spaces", "false"}, {"unify_spaces", "false"}};
    if (size == 0)
        return 0;
    struct cy_arena arena = {0};
    const char *const *param = params[data[0] % CY_COUNT(params)];
    char *copy = cy_alloc(size - 1); /* of its exact size, so that a read behind it is seen */
    memcpy(copy, data + 1, size - 1);
    struct cy_str text = {copy, size - 1};
    bool valid = cy_utf8_is_valid(text.data, text.size);
    struct cy_str once = run_operator("normalize", param[0], param[1], text, &arena);
    struct cy_str masked = run_operator("pii", NULL, NULL, text, &arena);
    if (valid) {
        struct cy_str twice = run_operator("normalize", param[0], param[1], once, &arena);
        CY_ASSERT(cy_utf8_is_valid(once.data, once.size) && cy_utf8_is_valid(masked.data, masked.size));
        CY_ASSERT(cy_str_equal(once, twice));
    }
    free(copy);
    cy_arena_release(&arena);
    return 0;
}
