#include "hub/authenticate_cache.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOT_COUNT = 4096 }; /* 1.2 MB; more users at once only cost a query each */

struct slot {
    char hash[65];
    uint64_t generation;
    int64_t expires_ms;
    struct cy_identity identity;
};
struct cy_hub_tokens {
    pthread_mutex_t lock;
    struct slot slots[SLOT_COUNT];
};

struct cy_hub_tokens *cy_hub_tokens_make(void)
{
    struct cy_hub_tokens *tokens = cy_alloc_zero(1, sizeof *tokens);
    pthread_mutex_init(&tokens->lock, NULL);
    return tokens;
}

void cy_hub_tokens_free(struct cy_hub_tokens *tokens)
{
    pthread_mutex_destroy(&tokens->lock);
    free(tokens);
}

static struct slot *slot_of(struct cy_hub_tokens *tokens, const char hash[65])
{
    return &tokens->slots[cy_load_u64(hash) % 0xfffffffbU % SLOT_COUNT]; /* of eight hex digits, which lie in few bits of each byte */
}

bool cy_hub_tokens_get(struct cy_hub_tokens *tokens, const char hash[65], uint64_t generation, int64_t now_ms, struct cy_identity *identity)
{
    pthread_mutex_lock(&tokens->lock);
    const struct slot *slot = slot_of(tokens, hash);
    bool found =
        memcmp(slot->hash, hash, 65) == 0 && slot->generation == generation && (slot->expires_ms == 0 || slot->expires_ms > now_ms);
    if (found)
        *identity = slot->identity;
    pthread_mutex_unlock(&tokens->lock);
    return found;
}

void cy_hub_tokens_put(struct cy_hub_tokens *tokens, const char hash[65], uint64_t generation, int64_t expires_ms,
                       const struct cy_identity *identity)
{
    pthread_mutex_lock(&tokens->lock);
    struct slot *slot = slot_of(tokens, hash);
    memcpy(slot->hash, hash, 65);
    slot->generation = generation;
    slot->expires_ms = expires_ms;
    slot->identity = *identity;
    pthread_mutex_unlock(&tokens->lock);
}
