/* CSV: commas or tabs, the encoding found or given. */
#include "fuzz_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cy_format *format = cy_format_find(CY_STR("csv"));
    struct cy_arena arena = {0};
    struct cy_error error;
    if (size < 1)
        return 0;
    void *self = cy_arena_zero(&arena, format->self_size);
    cy_params_default(format->params, self, &arena);
    if (data[0] % 4 >= 2)
        CY_ASSERT(cy_param_set(cy_param_find(format->params, CY_STR("encoding")), self, CY_STR("gbk"), &arena, &error) == CY_OK);
    fuzz_source("csv", self, data[0] % 2 == 0 ? ".csv" : ".tsv", data + 1, size - 1, data[0] / 4);
    cy_arena_release(&arena);
    return 0;
}
