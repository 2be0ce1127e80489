/* From a token's bytes to its id. */
#ifndef CY_TOKEN_TOKEN_TABLE_H
#define CY_TOKEN_TOKEN_TABLE_H

#include "token/tokenizer_parts.h"

struct cy_token_table {
    const struct cy_vocabulary *vocabulary; /* borrowed */
    uint32_t *slots;                        /* ids, open addressing by cy_hash64; UINT32_MAX: free; owned by the arena */
    size_t mask;                            /* slots less one */
    size_t count;                           /* tokens in it */
};

/* Of all tokens that are not empty; of two with the same bytes the higher id is found. */
void cy_token_table_init(struct cy_token_table *table, const struct cy_vocabulary *vocabulary, struct cy_arena *arena);
/* The same from the slots of an earlier one, copied; false when they cannot be such a table's. */
bool cy_token_table_restore(struct cy_token_table *table, const struct cy_vocabulary *vocabulary, const uint32_t *slots, size_t slot_count,
                            struct cy_arena *arena);
/* UINT32_MAX when there is none. */
uint32_t cy_token_table_find(const struct cy_token_table *table, struct cy_str token);

#endif
