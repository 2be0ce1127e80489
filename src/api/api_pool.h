/* Working memory that a handle lends to calls: each takes one, makes one when all are lent, and gives it back. Thread-safe. */
#ifndef CY_API_POOL_H
#define CY_API_POOL_H

#include "base/bytes.h"

#include <pthread.h>

struct cy_api_pool {
    pthread_mutex_t lock;
    void **idle; /* those that are not lent: the one given back last is taken first, as its memory is in cache */
    size_t idle_count, capacity;
    void *(*make)(const void *context);
    void (*free_item)(void *item);
    const void *context;
};

void cy_api_pool_init(struct cy_api_pool *pool, void *(*make)(const void *context), void (*free_item)(void *item), const void *context);
void cy_api_pool_release(struct cy_api_pool *pool); /* nothing may be lent */
void *cy_api_pool_take(struct cy_api_pool *pool);
void cy_api_pool_give(struct cy_api_pool *pool, void *item);

#endif
