#include "server/answer_cache.h"

#include "base/clock.h"
#include "base/hash.h"
#include "server/app.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    SLOT_COUNT = 4096,            /* a power of two; an answer takes the place of the one that has its slot */
    LOCK_COUNT = 64,              /* a power of two: so that event threads seldom meet */
    ANSWER_BYTES_MAX = 32 * 1024, /* with all slots full: 128 MiB at the very most, and a few MiB of what hubs answer */
    KEY_BYTES_MAX = 4096,
};
#define FRESH_NS 1000000000ull

/* One answer, in one piece of memory: the key, then everything that the response points to. */
struct answer {
    uint64_t generation;
    uint64_t until_ns;
    struct cy_str key;
    struct cy_str user_id, user_name; /* of who asked, for the log; empty when nobody */
    const char *content_type;
    struct cy_response_header headers[CY_COUNT(((struct cy_response *)0)->headers)];
    size_t header_count;
    struct cy_str bytes;
    struct cy_arena arena;
};

struct cy_answer_cache {
    pthread_mutex_t locks[LOCK_COUNT];
    struct answer *slots[SLOT_COUNT];
};

struct cy_answer_cache *cy_answer_cache_new(void)
{
    struct cy_answer_cache *cache = cy_alloc_zero(1, sizeof *cache);
    for (size_t i = 0; i < LOCK_COUNT; i++)
        pthread_mutex_init(&cache->locks[i], NULL);
    return cache;
}

static void free_answer(struct answer *answer)
{
    if (answer == NULL)
        return;
    cy_arena_release(&answer->arena);
    free(answer);
}

void cy_answer_cache_free(struct cy_answer_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        free_answer(cache->slots[i]);
    for (size_t i = 0; i < LOCK_COUNT; i++)
        pthread_mutex_destroy(&cache->locks[i]);
    free(cache);
}

/* path, query, host, Authorization and Cookie with 0 bytes between, which none of them can hold; false when it is too long to be kept. */
static bool make_key(struct cy_request *request, struct cy_str *key)
{
    struct cy_str parts[] = {request->path, request->query, request->host, cy_request_header(request, "Authorization"),
                             cy_request_header(request, "Cookie")};
    size_t size = 0;
    for (size_t i = 0; i < CY_COUNT(parts); i++)
        size += parts[i].size + 1;
    if (size > KEY_BYTES_MAX)
        return false;
    char *text = cy_arena_alloc(request->arena, size), *at = text;
    for (size_t i = 0; i < CY_COUNT(parts); i++) {
        if (parts[i].size > 0)
            memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
        *at++ = '\0';
    }
    *key = (struct cy_str){text, size};
    return true;
}

static bool may_be_cached(const struct cy_request *request)
{
    return (request->route->flags & CY_ROUTE_CACHED) != 0 && request->app->answers != NULL && !request->principal.is_local;
}

static void take_answer(struct cy_request *request, struct cy_response *response, const struct answer *answer)
{
    struct cy_arena *arena = request->arena;
    response->status = 200;
    response->content_type = answer->content_type != NULL ? cy_arena_text(arena, answer->content_type) : NULL;
    response->bytes = cy_arena_str(arena, answer->bytes);
    response->header_count = answer->header_count;
    for (size_t i = 0; i < answer->header_count; i++)
        response->headers[i] =
            (struct cy_response_header){cy_arena_text(arena, answer->headers[i].name), cy_arena_str(arena, answer->headers[i].value)};
    if (answer->user_id.size > 0)
        request->principal.user_id = cy_arena_str(arena, answer->user_id).data;
    if (answer->user_name.size > 0)
        request->principal.user_name = cy_arena_str(arena, answer->user_name).data;
}

bool cy_answer_cache_find(struct cy_request *request, struct cy_response *response)
{
    struct cy_str key;
    if (!may_be_cached(request) || !make_key(request, &key))
        return false;
    request->generation = cy_store_generation(request->app->store, CY_AREA_HUB); /* before anything is read */
    struct cy_answer_cache *cache = request->app->answers;
    size_t slot = cy_hash64(key, 0) % SLOT_COUNT;
    pthread_mutex_t *lock = &cache->locks[slot % LOCK_COUNT];
    pthread_mutex_lock(lock);
    const struct answer *answer = cache->slots[slot];
    bool is_fresh =
        answer != NULL && answer->generation == request->generation && cy_clock_ns() < answer->until_ns && cy_str_equal(answer->key, key);
    if (is_fresh)
        take_answer(request, response, answer);
    pthread_mutex_unlock(lock);
    return is_fresh;
}

static struct answer *make_answer(const struct cy_request *request, const struct cy_response *response, struct cy_str key)
{
    struct answer *answer = cy_alloc_zero(1, sizeof *answer);
    answer->arena.chunk_bytes = response->bytes.size + key.size + 1024; /* one chunk */
    answer->generation = request->generation;
    answer->until_ns = cy_clock_ns() + FRESH_NS;
    answer->key = cy_arena_str(&answer->arena, key);
    answer->user_id = cy_arena_str(&answer->arena, cy_str(request->principal.user_id));
    answer->user_name = cy_arena_str(&answer->arena, cy_str(request->principal.user_name));
    answer->content_type = response->content_type != NULL ? cy_arena_text(&answer->arena, response->content_type) : NULL;
    answer->bytes = cy_arena_str(&answer->arena, response->bytes);
    answer->header_count = response->header_count;
    for (size_t i = 0; i < response->header_count; i++)
        answer->headers[i] = (struct cy_response_header){cy_arena_text(&answer->arena, response->headers[i].name),
                                                         cy_arena_str(&answer->arena, response->headers[i].value)};
    return answer;
}

void cy_answer_cache_keep(struct cy_request *request, const struct cy_response *response)
{
    struct cy_str key;
    bool is_small = response->file < 0 && response->stream == NULL && response->bytes.size <= ANSWER_BYTES_MAX;
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, "Set-Cookie") == 0)
            return; /* for one browser, once */
    if (!may_be_cached(request) || response->status != 200 || !is_small || !make_key(request, &key))
        return;
    if (cy_store_generation(request->app->store, CY_AREA_HUB) != request->generation)
        return; /* stale already */
    struct cy_answer_cache *cache = request->app->answers;
    struct answer *answer = make_answer(request, response, key);
    size_t slot = cy_hash64(key, 0) % SLOT_COUNT;
    pthread_mutex_t *lock = &cache->locks[slot % LOCK_COUNT];
    pthread_mutex_lock(lock);
    struct answer *old = cache->slots[slot];
    cache->slots[slot] = answer;
    pthread_mutex_unlock(lock);
    free_answer(old);
}
