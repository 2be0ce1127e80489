#include "hub/turnstile.h"

#include <errno.h>
#include <time.h>

void cy_turnstile_init(struct cy_turnstile *turnstile, unsigned inside_max, unsigned waiting_max, int64_t wait_ms_max)
{
    *turnstile = (struct cy_turnstile){.inside_max = inside_max, .waiting_max = waiting_max, .wait_ms_max = wait_ms_max};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&turnstile->lock, NULL);
    pthread_cond_init(&turnstile->is_free, &attributes);
    pthread_condattr_destroy(&attributes);
}

void cy_turnstile_free(struct cy_turnstile *turnstile)
{
    pthread_cond_destroy(&turnstile->is_free);
    pthread_mutex_destroy(&turnstile->lock);
}

bool cy_turnstile_enter(struct cy_turnstile *turnstile)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += turnstile->wait_ms_max / 1000;
    until.tv_nsec += turnstile->wait_ms_max % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&turnstile->lock);
    bool may_wait = turnstile->waiting_count < turnstile->waiting_max;
    turnstile->waiting_count += may_wait;
    while (may_wait && turnstile->inside_count >= turnstile->inside_max &&
           pthread_cond_timedwait(&turnstile->is_free, &turnstile->lock, &until) != ETIMEDOUT)
        ;
    turnstile->waiting_count -= may_wait;
    bool is_inside = turnstile->inside_count < turnstile->inside_max;
    turnstile->inside_count += is_inside;
    pthread_mutex_unlock(&turnstile->lock);
    return is_inside;
}

void cy_turnstile_leave(struct cy_turnstile *turnstile)
{
    pthread_mutex_lock(&turnstile->lock);
    turnstile->inside_count--;
    pthread_cond_signal(&turnstile->is_free);
    pthread_mutex_unlock(&turnstile->lock);
}
