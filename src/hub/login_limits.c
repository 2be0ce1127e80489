#include "hub/login_limits.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    SET_COUNT = 2048, /* 8,192 purses, 196 kB */
    SET_SIZE = 4,
};

/* full_ms: when the purse is full again; it has a coin while that is near enough. 0: free. */
struct purse {
    struct cy_hash128 key;
    int64_t full_ms;
};
struct cy_login_limits {
    pthread_mutex_t lock;
    uint64_t seed; /* so that nobody can choose names that share a set */
    struct purse purses[SET_COUNT][SET_SIZE];
};
struct rate {
    int64_t coins, every_ms;
};
static const struct rate account_rate = {CY_LOGIN_ACCOUNT_TRIES, CY_LOGIN_ACCOUNT_EVERY_MS};
static const struct rate address_rate = {CY_LOGIN_ADDRESS_TRIES, CY_LOGIN_ADDRESS_EVERY_MS};

struct cy_login_limits *cy_login_limits_make(void)
{
    struct cy_login_limits *limits = cy_alloc_zero(1, sizeof *limits);
    pthread_mutex_init(&limits->lock, NULL);
    CY_ASSERT(getrandom(&limits->seed, sizeof limits->seed, 0) == sizeof limits->seed);
    return limits;
}

void cy_login_limits_free(struct cy_login_limits *limits)
{
    pthread_mutex_destroy(&limits->lock);
    free(limits);
}

/* The purse of a key; a free one, or the one that is full soonest, becomes it. */
static struct purse *purse_of(struct cy_login_limits *limits, char kind, struct cy_str text)
{
    struct cy_buffer bytes = {0};
    cy_buffer_add(&bytes, &limits->seed, sizeof limits->seed);
    cy_buffer_add_byte(&bytes, (uint8_t)kind);
    cy_buffer_add_str(&bytes, text);
    struct cy_hash128 key = cy_hash128(cy_buffer_str(&bytes));
    cy_buffer_release(&bytes);
    struct purse *set = limits->purses[key.low % SET_COUNT], *oldest = &set[0];
    for (size_t i = 0; i < SET_SIZE; i++) {
        if (set[i].key.high == key.high && set[i].key.low == key.low)
            return &set[i];
        if (set[i].full_ms < oldest->full_ms)
            oldest = &set[i];
    }
    *oldest = (struct purse){.key = key};
    return oldest;
}

static struct purse *purse_of_address(struct cy_login_limits *limits, struct cy_str address)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct in6_addr bytes;
    if (address.size < sizeof text) {
        memcpy(text, address.data != NULL ? address.data : "", address.size);
        if (inet_pton(AF_INET6, text, &bytes) == 1 && !IN6_IS_ADDR_V4MAPPED(&bytes))
            return purse_of(limits, '6', (struct cy_str){(const char *)&bytes, 8});
    }
    return purse_of(limits, '4', address);
}

static int64_t wait_of(const struct purse *purse, struct rate rate, int64_t now_ms)
{
    return CY_MAX(purse->full_ms - now_ms - (rate.coins - 1) * rate.every_ms, 0);
}

static void take(struct purse *purse, struct rate rate, int64_t now_ms)
{
    purse->full_ms = CY_MAX(purse->full_ms, now_ms) + rate.every_ms;
}

enum cy_login_limit cy_login_limits_take(struct cy_login_limits *limits, const struct cy_login_try *of, int64_t now_ms, int64_t *wait_ms)
{
    enum cy_login_limit limit = CY_LOGIN_LIMIT_NONE;
    pthread_mutex_lock(&limits->lock);
    struct purse *address = purse_of_address(limits, of->address);
    if ((*wait_ms = wait_of(address, address_rate, now_ms)) > 0)
        limit = CY_LOGIN_LIMIT_ADDRESS;
    else
        take(address, address_rate, now_ms); /* before the other is looked for, which may take a free place */
    if (limit == CY_LOGIN_LIMIT_NONE && of->account.size > 0) {
        struct purse *account = purse_of(limits, 'a', of->account);
        if ((*wait_ms = wait_of(account, account_rate, now_ms)) > 0)
            limit = CY_LOGIN_LIMIT_ACCOUNT;
        else
            take(account, account_rate, now_ms);
    }
    pthread_mutex_unlock(&limits->lock);
    return limit;
}

void cy_login_limits_give_back(struct cy_login_limits *limits, const struct cy_login_try *of)
{
    pthread_mutex_lock(&limits->lock);
    struct purse *address = purse_of_address(limits, of->address);
    address->full_ms = CY_MAX(address->full_ms - address_rate.every_ms, 0);
    if (of->account.size > 0) {
        struct purse *account = purse_of(limits, 'a', of->account);
        account->full_ms = CY_MAX(account->full_ms - account_rate.every_ms, 0);
    }
    pthread_mutex_unlock(&limits->lock);
}
