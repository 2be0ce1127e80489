#include "hub/passwords.h"

#include "base/threads.h"
#include "kernels/utf8.h"

#include <argon2.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    MEMORY_KIB = 19456,
    PASSES = 2,
    LANES = 1,
    SALT_BYTES = 16,
    HASH_BYTES = 32,
    WAITING_MAX = 64, /* a second or two of work on a small machine */
};

struct cy_password_pool {
    pthread_mutex_t lock;
    pthread_cond_t is_free;
    size_t running, running_max, waiting;
};

struct cy_password_pool *cy_password_pool_new(void)
{
    struct cy_password_pool *pool = cy_alloc_zero(1, sizeof *pool);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->is_free, NULL);
    pool->running_max = cy_cpu_count();
    return pool;
}

void cy_password_pool_free(struct cy_password_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_cond_destroy(&pool->is_free);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static bool begin(struct cy_password_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool may = pool->waiting < WAITING_MAX;
    if (may) {
        pool->waiting++;
        while (pool->running == pool->running_max)
            pthread_cond_wait(&pool->is_free, &pool->lock);
        pool->waiting--;
        pool->running++;
    }
    pthread_mutex_unlock(&pool->lock);
    return may;
}

static void end(struct cy_password_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->running--;
    pthread_cond_signal(&pool->is_free);
    pthread_mutex_unlock(&pool->lock);
}

enum cy_status cy_password_check(struct cy_str password, struct cy_error *error)
{
    if (password.size < CY_PASSWORD_BYTES_MIN || password.size > CY_PASSWORD_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "a password needs %d to %d bytes; this one has %zu", CY_PASSWORD_BYTES_MIN,
                            CY_PASSWORD_BYTES_MAX, password.size);
    if (cy_utf8_valid_bytes(password) != password.size)
        return cy_error_set(error, CY_BAD_INPUT, "a password must be UTF-8");
    return CY_OK;
}

bool cy_password_hash(struct cy_password_pool *pool, struct cy_str password, char hash[CY_PASSWORD_HASH])
{
    uint8_t salt[SALT_BYTES];
    ssize_t got;
    do
        got = getrandom(salt, sizeof salt, 0);
    while (got < 0 && errno == EINTR);
    CY_ASSERT(got == sizeof salt);
    if (!begin(pool))
        return false;
    int code = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.data, password.size, salt, sizeof salt, HASH_BYTES, hash,
                                     CY_PASSWORD_HASH);
    end(pool);
    CY_ASSERT(code == ARGON2_OK);
    return true;
}

bool cy_password_verify(struct cy_password_pool *pool, struct cy_str password, struct cy_str hash, bool *fits)
{
    /* Of no password: what an account without one is compared with, for the time it takes. */
    static const char none[] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    char text[CY_PASSWORD_HASH];
    bool is_there = hash.size > 0 && hash.size < sizeof text;
    memcpy(text, is_there ? hash.data : none, is_there ? hash.size : sizeof none - 1);
    text[is_there ? hash.size : sizeof none - 1] = '\0';
    *fits = false;
    if (password.size > CY_PASSWORD_BYTES_MAX)
        return true;
    if (!begin(pool))
        return false;
    *fits = argon2id_verify(text, password.data, password.size) == ARGON2_OK && is_there;
    end(pool);
    return true;
}
