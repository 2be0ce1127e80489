#include "hub/rate_limit.h"

#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOT_COUNT = 4096 };

/* A bucket as one number: when it will be full (the "generic cell rate algorithm" of ATM, ITU-T I.371). 0: full. */
struct cy_rate_limit {
    pthread_mutex_t lock;
    int64_t burst, every_ms;
    uint64_t seed; /* so that nobody can choose keys that share a slot */
    int64_t full_at_ms[SLOT_COUNT];
};

struct cy_rate_limit *cy_rate_limit_new(unsigned burst, int64_t every_ms)
{
    struct cy_rate_limit *limit = cy_alloc_zero(1, sizeof *limit);
    pthread_mutex_init(&limit->lock, NULL);
    limit->burst = burst;
    limit->every_ms = every_ms;
    limit->seed = (uint64_t)(uintptr_t)limit;
    return limit;
}

void cy_rate_limit_free(struct cy_rate_limit *limit)
{
    if (limit == NULL)
        return;
    pthread_mutex_destroy(&limit->lock);
    free(limit);
}

bool cy_rate_limit_take(struct cy_rate_limit *limit, struct cy_str key, int64_t now_ms, int64_t *wait_ms)
{
    int64_t *full_at_ms = &limit->full_at_ms[cy_hash64(key, limit->seed) % SLOT_COUNT];
    pthread_mutex_lock(&limit->lock);
    int64_t after = CY_MAX(*full_at_ms, now_ms) + limit->every_ms;
    *wait_ms = after - now_ms - limit->burst * limit->every_ms;
    bool may = *wait_ms <= 0;
    if (may)
        *full_at_ms = after;
    pthread_mutex_unlock(&limit->lock);
    return may;
}
