#include "operators/string_set.h"

#include "base/hash.h"

#include <stdlib.h>

enum { SLOTS_MIN = 16 };

static size_t slot_of(const struct cy_string_set *set, struct cy_str text)
{
    size_t slot = (size_t)cy_hash64(text, 0) & (set->slot_count - 1);
    while (set->slots[slot].data != NULL && !cy_str_equal(set->slots[slot], text))
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

static void grow(struct cy_string_set *set)
{
    struct cy_string_set old = *set;
    set->slot_count = CY_MAX(old.slot_count * 2, SLOTS_MIN);
    set->slots = cy_alloc_zero(set->slot_count, sizeof *set->slots);
    for (size_t i = 0; i < old.slot_count; i++)
        if (old.slots[i].data != NULL)
            set->slots[slot_of(set, old.slots[i])] = old.slots[i];
    free(old.slots);
}

void cy_string_set_add(struct cy_string_set *set, struct cy_str text)
{
    if (text.size == 0)
        return;
    if ((set->count + 1) * 2 > set->slot_count)
        grow(set);
    size_t slot = slot_of(set, text);
    set->count += set->slots[slot].data == NULL;
    set->slots[slot] = text;
}

bool cy_string_set_has(const struct cy_string_set *set, struct cy_str text)
{
    return set->count > 0 && text.size > 0 && set->slots[slot_of(set, text)].data != NULL;
}

void cy_string_set_release(struct cy_string_set *set)
{
    free(set->slots);
    *set = (struct cy_string_set){0};
}
