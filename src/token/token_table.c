#include "token/token_table.h"

#include "base/hash.h"

/* The slot of the token, or the free one where it would stand. */
static size_t slot_of(const struct cy_token_table *table, struct cy_str token)
{
    size_t slot = cy_hash64(token, 0) & table->mask;
    while (table->slots[slot] != UINT32_MAX && !cy_str_equal(cy_vocabulary_token(table->vocabulary, table->slots[slot]), token))
        slot = (slot + 1) & table->mask;
    return slot;
}

void cy_token_table_init(struct cy_token_table *table, const struct cy_vocabulary *vocabulary, struct cy_arena *arena)
{
    size_t capacity = 16;
    while (capacity < 2 * vocabulary->count)
        capacity *= 2;
    *table = (struct cy_token_table){vocabulary, cy_arena_alloc(arena, capacity * sizeof *table->slots), capacity - 1, 0};
    memset(table->slots, 0xFF, capacity * sizeof *table->slots);
    for (uint32_t id = 0; id < vocabulary->count; id++) {
        struct cy_str token = cy_vocabulary_token(vocabulary, id);
        if (token.size == 0)
            continue;
        size_t slot = slot_of(table, token);
        table->count += table->slots[slot] == UINT32_MAX;
        table->slots[slot] = id;
    }
}

bool cy_token_table_restore(struct cy_token_table *table, const struct cy_vocabulary *vocabulary, const uint32_t *slots, size_t slot_count,
                            struct cy_arena *arena)
{
    size_t used = 0;
    if (slot_count < 16 || (slot_count & (slot_count - 1)) != 0)
        return false;
    for (size_t slot = 0; slot < slot_count; slot++) {
        used += slots[slot] != UINT32_MAX;
        if (slots[slot] != UINT32_MAX && slots[slot] >= vocabulary->count)
            return false;
    }
    if (used == slot_count) /* looking for what is not there would not end */
        return false;
    *table = (struct cy_token_table){vocabulary, cy_arena_alloc(arena, slot_count * sizeof *slots), slot_count - 1, used};
    memcpy(table->slots, slots, slot_count * sizeof *slots);
    return true;
}

uint32_t cy_token_table_find(const struct cy_token_table *table, struct cy_str token)
{
    return table->slots[slot_of(table, token)];
}
