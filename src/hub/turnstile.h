/* A turnstile before work that is heavy: some may be inside at once, some more may wait for a while, the rest is sent away. So that logins
 * cannot eat the machine, and a provider that hangs cannot hold every worker. Thread-safe. */
#ifndef CY_HUB_TURNSTILE_H
#define CY_HUB_TURNSTILE_H

#include "base/bytes.h"

#include <pthread.h>

struct cy_turnstile {
    pthread_mutex_t lock;
    pthread_cond_t is_free;
    unsigned inside_count, waiting_count;
    unsigned inside_max, waiting_max;
    int64_t wait_ms_max;
};
void cy_turnstile_init(struct cy_turnstile *turnstile, unsigned inside_max, unsigned waiting_max, int64_t wait_ms_max);
void cy_turnstile_free(struct cy_turnstile *turnstile); /* nobody is inside any more */
/* True: inside, to be followed by leave. False: too many wait, or it took too long. */
bool cy_turnstile_enter(struct cy_turnstile *turnstile);
void cy_turnstile_leave(struct cy_turnstile *turnstile);

#endif
