#include "operators/operator.h"

#define CY_OPERATOR(name) extern const struct cy_operator cy_operator_##name;
#include "operators/table.h"
#undef CY_OPERATOR

const struct cy_operator *const cy_operators[] = {
#define CY_OPERATOR(name) &cy_operator_##name,
#include "operators/table.h"
#undef CY_OPERATOR
    NULL,
};

const struct cy_operator *cy_operator_find(struct cy_str name)
{
    for (const struct cy_operator *const *operator= cy_operators; *operator!= NULL; operator++)
        if (cy_str_is(name, (*operator)->name))
            return *operator;
    return NULL;
}

void cy_step_note_input(const struct cy_step_setup *setup, struct cy_str name, const char *sha256)
{
    struct cy_step_inputs *inputs = setup->inputs;
    if (inputs == NULL)
        return;
    for (size_t i = 0; i < inputs->count; i++)
        if (cy_str_is(name, inputs->items[i].name))
            return;
    struct cy_step_input *items = cy_arena_alloc(setup->arena, (inputs->count + 1) * sizeof *items);
    if (inputs->count > 0)
        memcpy(items, inputs->items, inputs->count * sizeof *items);
    struct cy_step_input *input = &items[inputs->count++];
    *input = (struct cy_step_input){.name = cy_arena_str(setup->arena, name).data};
    memcpy(input->sha256, sha256, sizeof input->sha256);
    inputs->items = items;
}
