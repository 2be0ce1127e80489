/* What the database said of a token, kept in memory while the hub's generation stays the same: so it ends with any revocation. A table of a
 * fixed size; a new entry takes the place of the one that has its slot. Thread-safe. */
#ifndef CY_HUB_AUTHENTICATE_CACHE_H
#define CY_HUB_AUTHENTICATE_CACHE_H

#include "hub/tokens.h"

struct cy_hub_tokens *cy_hub_tokens_make(void);
void cy_hub_tokens_free(struct cy_hub_tokens *tokens);
/* hash: of the token's text. expires_ms 0: never. */
bool cy_hub_tokens_get(struct cy_hub_tokens *tokens, const char hash[65], uint64_t generation, int64_t now_ms,
                       struct cy_identity *identity);
void cy_hub_tokens_put(struct cy_hub_tokens *tokens, const char hash[65], uint64_t generation, int64_t expires_ms,
                       const struct cy_identity *identity);

#endif
