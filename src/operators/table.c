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
    for (const struct cy_operator *const *operator = cy_operators; *operator != NULL; operator++)
        if (cy_str_is(name, (*operator)->name))
            return *operator;
    return NULL;
}
