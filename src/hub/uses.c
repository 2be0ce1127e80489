#include "hub/uses.h"

#include "base/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    BUCKETS = 4096,
    WRITE_EVERY_S = 1,
    CLOSE_AFTER_MS = 60000, /* of the hour's end: one that begins in its last moment has its row, and is not in memory yet */
};

struct cy_use {
    struct cy_use *next; /* in its bucket */
    char id[37];
    struct cy_str key; /* owned: everything that makes it this use */
    int64_t hour_ms;
    size_t flowing;                /* transfers under way; under the lock */
    _Atomic uint64_t bytes, files; /* not written yet */
};

struct cy_uses {
    struct cy_store *store;
    pthread_mutex_t lock;
    pthread_cond_t ending;
    bool is_ending;
    struct cy_use *buckets[BUCKETS];
    pthread_t thread;
};

/* ---- beginning ---- */

static void make_key(const struct cy_use_key *key, int64_t hour_ms, struct cy_buffer *out)
{
    const struct cy_str parts[] = {key->principal_id, key->repository_id, key->version, key->contract_id, cy_str(key->purpose)};
    for (size_t i = 0; i < CY_COUNT(parts); i++)
        cy_buffer_printf(out, "%zu:%.*s", parts[i].size, (int)parts[i].size, parts[i].data);
    cy_buffer_printf(out, "%lld", (long long)hour_ms);
}

static struct cy_use **find(struct cy_uses *uses, struct cy_str key)
{
    struct cy_use **at = &uses->buckets[cy_hash64(key, 0) % BUCKETS];
    while (*at != NULL && !cy_str_equal((*at)->key, key))
        at = &(*at)->next;
    return at;
}

struct new_use {
    const struct cy_use_key *key;
    int64_t hour_ms;
    char id[37]; /* out */
};

/* The row of this hour, made or found. One that is closed already (the clock was set back) is left alone: the next hour's is taken. */
static enum cy_status add_row(struct cy_database *database, void *context, struct cy_error *error)
{
    struct new_use *new = context;
    const struct cy_use_key *key = new->key;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = CY_OK;
    for (bool is_done = false; !is_done && status == CY_OK; new->hour_ms += is_done ? 0 : CY_USE_HOUR_MS) {
        cy_uuid(new->id);
        status = CY_RUN(database, CY_SQL_use_add, &arena, &rows, error, cy_value_text(cy_str(new->id)), cy_value_text(key->principal_id),
                        cy_value_text(key->repository_id), cy_value_text(key->version), cy_value_text(key->contract_id),
                        cy_value_text(cy_str(key->purpose)), cy_value_integer(new->hour_ms), cy_value_integer(cy_now_ms()));
        bool is_new = status == CY_OK && rows.changed_count > 0;
        if (is_new && strcmp(key->purpose, "download") == 0)
            status = CY_RUN(database, CY_SQL_repository_downloaded, &arena, NULL, error, cy_value_text(key->repository_id));
        if (status != CY_OK || is_new)
            break;
        status = CY_RUN(database, CY_SQL_use_find, &arena, &rows, error, cy_value_text(key->principal_id),
                        cy_value_text(key->repository_id), cy_value_text(key->version), cy_value_text(key->contract_id),
                        cy_value_text(cy_str(key->purpose)), cy_value_integer(new->hour_ms));
        is_done = status == CY_OK && rows.row_count > 0 && cy_result_integer(&rows, 0, 1) != 0;
        if (is_done)
            snprintf(new->id, sizeof new->id, "%.36s", cy_result_text(&rows, 0, 0).data);
    }
    cy_arena_release(&arena);
    return status;
}

static struct cy_use *keep(struct cy_uses *uses, struct cy_str key, const struct new_use *new)
{
    struct cy_use **at = find(uses, key); /* another thread may have been as quick: the row is the same */
    if (*at == NULL) {
        struct cy_use *use = cy_alloc_zero(1, sizeof *use + key.size);
        memcpy(use + 1, key.data, key.size);
        memcpy(use->id, new->id, sizeof use->id);
        use->key = (struct cy_str){(char *)(use + 1), key.size};
        use->hour_ms = new->hour_ms;
        *at = use;
    }
    return *at;
}

enum cy_status cy_use_begin(struct cy_uses *uses, const struct cy_use_key *key, struct cy_use **use, struct cy_error *error)
{
    struct cy_buffer text = {0};
    struct new_use new = {.key = key, .hour_ms = cy_now_ms() / CY_USE_HOUR_MS * CY_USE_HOUR_MS};
    enum cy_status status = CY_OK;
    make_key(key, new.hour_ms, &text);
    pthread_mutex_lock(&uses->lock);
    *use = *find(uses, cy_buffer_str(&text));
    if (*use == NULL) {
        pthread_mutex_unlock(&uses->lock);
        status = cy_store_write(uses->store, CY_AREA_HUB | CY_AREA_USE, add_row, &new, error);
        pthread_mutex_lock(&uses->lock);
        if (status == CY_OK)
            *use = keep(uses, cy_buffer_str(&text), &new);
    }
    if (status == CY_OK) {
        (*use)->flowing++;
        (*use)->files++;
    }
    pthread_mutex_unlock(&uses->lock);
    cy_buffer_release(&text);
    return status;
}

void cy_use_add(struct cy_use *use, uint64_t body_bytes)
{
    use->bytes += body_bytes;
}

void cy_use_end(struct cy_uses *uses, struct cy_use *use)
{
    pthread_mutex_lock(&uses->lock);
    CY_ASSERT(use->flowing > 0);
    use->flowing--;
    pthread_mutex_unlock(&uses->lock);
}

/* ---- writing ---- */

struct growth {
    char id[37];
    struct cy_use *use;
    uint64_t bytes, files;
};

/* What has flowed, taken out of the uses: given back when it cannot be written. */
struct growths {
    struct growth *items;
    size_t count, capacity;
};

static void take_growths(struct cy_uses *uses, struct growths *growths)
{
    pthread_mutex_lock(&uses->lock);
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        for (struct cy_use *use = uses->buckets[bucket]; use != NULL; use = use->next) {
            if (use->bytes == 0 && use->files == 0)
                continue;
            if (growths->count == growths->capacity) {
                growths->capacity = CY_MAX(2 * growths->capacity, 64);
                growths->items = cy_realloc(growths->items, growths->capacity * sizeof *growths->items);
            }
            struct growth *growth = &growths->items[growths->count++];
            *growth = (struct growth){.use = use, .bytes = atomic_exchange(&use->bytes, 0), .files = atomic_exchange(&use->files, 0)};
            memcpy(growth->id, use->id, sizeof growth->id);
        }
    }
    pthread_mutex_unlock(&uses->lock);
}

static enum cy_status write_growths(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct growths *growths = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < growths->count && status == CY_OK; i++)
        status = CY_RUN(database, CY_SQL_use_grow, &arena, NULL, error, cy_value_text(cy_str(growths->items[i].id)),
                        cy_value_integer((int64_t)growths->items[i].files), cy_value_integer((int64_t)growths->items[i].bytes));
    cy_arena_release(&arena);
    return status;
}

static enum cy_status close_use(struct cy_database *database, void *context, struct cy_error *error)
{
    struct cy_str id = cy_str(context);
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_buffer content = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_use_close, &arena, &rows, error, cy_value_text(id));
    if (status == CY_OK && rows.row_count > 0) {
        static const char *const names[] = {"principal", "repository", "version", "contract", "purpose"};
        cy_buffer_add_text(&content, "{\"id\":");
        cy_buffer_add_json(&content, id);
        for (size_t i = 0; i < CY_COUNT(names); i++) {
            cy_buffer_printf(&content, ",\"%s\":", names[i]);
            cy_buffer_add_json(&content, cy_result_text(&rows, 0, i));
        }
        cy_buffer_printf(&content, ",\"hour\":%lld,\"files\":%lld,\"bytes\":%lld}", (long long)cy_result_integer(&rows, 0, 5),
                         (long long)cy_result_integer(&rows, 0, 6), (long long)cy_result_integer(&rows, 0, 7));
        status = CY_RUN(database, CY_SQL_outbox_add, &arena, NULL, error, cy_value_text(id), cy_value_text(CY_STR(CY_OUTBOX_USES)),
                        cy_value_text(cy_buffer_str(&content)), cy_value_integer(cy_now_ms()));
    }
    cy_buffer_release(&content);
    cy_arena_release(&arena);
    return status;
}

/* Takes the use of that id out of memory when its hour is over; false when bytes still flow, or wait to be written. */
static bool let_go(struct cy_uses *uses, struct cy_str id)
{
    bool may_close = true;
    pthread_mutex_lock(&uses->lock);
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        for (struct cy_use **at = &uses->buckets[bucket]; *at != NULL; at = &(*at)->next) {
            struct cy_use *use = *at;
            if (!cy_str_is(id, use->id))
                continue;
            may_close = use->flowing == 0 && use->bytes == 0 && use->files == 0;
            if (may_close) {
                *at = use->next;
                free(use);
            }
            bucket = BUCKETS - 1;
            break;
        }
    }
    pthread_mutex_unlock(&uses->lock);
    return may_close;
}

static enum cy_status close_over(struct cy_uses *uses, int64_t now_ms, struct cy_error *error)
{
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = cy_store_reader(uses->store, &database, error);
    if (status != CY_OK)
        return status;
    status = CY_RUN(database, CY_SQL_use_over, &arena, &rows, error,
                    cy_value_integer((now_ms - CLOSE_AFTER_MS) / CY_USE_HOUR_MS * CY_USE_HOUR_MS));
    cy_store_reader_back(uses->store, database);
    for (size_t row = 0; status == CY_OK && row < rows.row_count; row++) {
        struct cy_str id = cy_result_text(&rows, row, 0);
        if (let_go(uses, id))
            status = cy_store_write(uses->store, CY_AREA_USE, close_use, cy_arena_printf(&arena, "%.*s", (int)id.size, id.data), error);
    }
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_uses_write(struct cy_uses *uses, int64_t now_ms, struct cy_error *error)
{
    struct growths growths = {0};
    enum cy_status status = CY_OK;
    take_growths(uses, &growths);
    if (growths.count > 0)
        status = cy_store_write(uses->store, CY_AREA_USE, write_growths, &growths, error);
    for (size_t i = 0; status != CY_OK && i < growths.count; i++) { /* no use goes away while it waits: let_go looks */
        growths.items[i].use->bytes += growths.items[i].bytes;
        growths.items[i].use->files += growths.items[i].files;
    }
    free(growths.items);
    return status == CY_OK ? close_over(uses, now_ms, error) : status;
}

/* ---- the thread ---- */

static void *write_often(void *context)
{
    struct cy_uses *uses = context;
    struct cy_error ignored; /* what could not be written waits for the next second */
    pthread_mutex_lock(&uses->lock);
    while (!uses->is_ending) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += WRITE_EVERY_S;
        pthread_cond_timedwait(&uses->ending, &uses->lock, &until);
        if (uses->is_ending)
            break;
        pthread_mutex_unlock(&uses->lock);
        cy_uses_write(uses, cy_now_ms(), &ignored);
        pthread_mutex_lock(&uses->lock);
    }
    pthread_mutex_unlock(&uses->lock);
    return NULL;
}

struct cy_uses *cy_uses_open(struct cy_store *store)
{
    struct cy_uses *uses = cy_alloc_zero(1, sizeof *uses);
    pthread_condattr_t monotonic;
    uses->store = store;
    pthread_mutex_init(&uses->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&uses->ending, &monotonic);
    pthread_condattr_destroy(&monotonic);
    CY_ASSERT(pthread_create(&uses->thread, NULL, write_often, uses) == 0);
    return uses;
}

void cy_uses_close(struct cy_uses *uses)
{
    struct cy_error ignored;
    if (uses == NULL)
        return;
    pthread_mutex_lock(&uses->lock);
    uses->is_ending = true;
    pthread_cond_signal(&uses->ending);
    pthread_mutex_unlock(&uses->lock);
    pthread_join(uses->thread, NULL);
    cy_uses_write(uses, cy_now_ms(), &ignored);
    for (size_t bucket = 0; bucket < BUCKETS; bucket++)
        for (struct cy_use *use = uses->buckets[bucket], *next; use != NULL; use = next) {
            next = use->next;
            free(use);
        }
    pthread_mutex_destroy(&uses->lock);
    pthread_cond_destroy(&uses->ending);
    free(uses);
}
