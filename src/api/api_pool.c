#include "api/api_pool.h"

#include <stdlib.h>

void cy_api_pool_init(struct cy_api_pool *pool, void *(*make)(const void *context), void (*free_item)(void *item), const void *context)
{
    *pool = (struct cy_api_pool){.make = make, .free_item = free_item, .context = context};
    pthread_mutex_init(&pool->lock, NULL);
}

void cy_api_pool_release(struct cy_api_pool *pool)
{
    for (size_t i = 0; i < pool->idle_count; i++)
        pool->free_item(pool->idle[i]);
    free(pool->idle);
    pthread_mutex_destroy(&pool->lock);
}

void *cy_api_pool_take(struct cy_api_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    void *item = pool->idle_count > 0 ? pool->idle[--pool->idle_count] : NULL;
    pthread_mutex_unlock(&pool->lock);
    return item != NULL ? item : pool->make(pool->context);
}

void cy_api_pool_give(struct cy_api_pool *pool, void *item)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count == pool->capacity) {
        pool->capacity = CY_MAX(2 * pool->capacity, 4);
        pool->idle = cy_realloc(pool->idle, pool->capacity * sizeof *pool->idle);
    }
    pool->idle[pool->idle_count++] = item;
    pthread_mutex_unlock(&pool->lock);
}
