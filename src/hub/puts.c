#include "hub/puts.h"

#include "store/database.h"

/* A file's time is that of the kernel's last tick, 10 ms ago at most; a little more is taken. */
enum { FILE_TIME_LATE_MS = 50 };

void cy_puts_init(struct cy_puts *puts)
{
    *puts = (struct cy_puts){.newest = NULL};
    pthread_mutex_init(&puts->lock, NULL);
}

void cy_puts_free(struct cy_puts *puts)
{
    CY_ASSERT(puts->oldest == NULL);
    pthread_mutex_destroy(&puts->lock);
}

void cy_put_begin(struct cy_puts *puts, struct cy_put *put)
{
    pthread_mutex_lock(&puts->lock);
    *put = (struct cy_put){.since_ms = cy_now_ms(), .older = puts->newest}; /* under the lock: the list is in the order of time */
    *(puts->newest != NULL ? &puts->newest->newer : &puts->oldest) = put;
    puts->newest = put;
    pthread_mutex_unlock(&puts->lock);
}

void cy_put_end(struct cy_puts *puts, struct cy_put *put)
{
    pthread_mutex_lock(&puts->lock);
    *(put->newer != NULL ? &put->newer->older : &puts->newest) = put->older;
    *(put->older != NULL ? &put->older->newer : &puts->oldest) = put->newer;
    pthread_mutex_unlock(&puts->lock);
}

int64_t cy_puts_settled_ms(struct cy_puts *puts)
{
    pthread_mutex_lock(&puts->lock);
    int64_t settled_ms = puts->oldest != NULL ? CY_MIN(puts->oldest->since_ms, cy_now_ms()) : cy_now_ms();
    pthread_mutex_unlock(&puts->lock);
    return settled_ms - FILE_TIME_LATE_MS;
}
