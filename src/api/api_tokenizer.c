/* Tokenizers in the public API: the contracts stand in include/ciyuan.h. */
#include "api/api_error.h"
#include "api/api_pool.h"

#include "base/threads.h"
#include "token/store.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

enum {
    TEXT_BYTES_MAX = 0x7fffffff, /* what a splitter's offsets hold */
    THREADS_MAX = 256,
    CHUNK_BYTES = 64 << 10, /* texts that a thread takes at once: enough to pay for taking, few enough to end together */
};

struct ciyuan_tokenizer {
    struct cy_tokenizer *tokenizer;
    struct cy_api_pool caches;
};

static void *cache_new(const void *tokenizer)
{
    return cy_token_cache_new(tokenizer, 0);
}

static void cache_free(void *cache)
{
    cy_token_cache_free(cache);
}

int32_t ciyuan_tokenizer_open(const char *name, struct ciyuan_tokenizer **tokenizer, struct ciyuan_error *error)
{
    struct cy_arena arena = {0};
    struct cy_vocabulary_place place;
    struct cy_tokenizer *loaded = NULL;
    struct cy_error inner;
    *tokenizer = NULL;
    enum cy_status status = cy_vocabulary_find(cy_str(name), NULL, &arena, &place, &inner);
    if (status == CY_OK)
        status = cy_vocabulary_load(&place, &loaded, &inner);
    if (status == CY_OK) {
        *tokenizer = cy_alloc_zero(1, sizeof **tokenizer);
        (*tokenizer)->tokenizer = loaded;
        cy_api_pool_init(&(*tokenizer)->caches, cache_new, cache_free, loaded);
    }
    cy_arena_release(&arena);
    return cy_api_error(error, status, &inner);
}

void ciyuan_tokenizer_close(struct ciyuan_tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    cy_api_pool_release(&tokenizer->caches);
    cy_tokenizer_free(tokenizer->tokenizer);
    free(tokenizer);
}

const char *ciyuan_tokenizer_name(const struct ciyuan_tokenizer *tokenizer)
{
    return cy_tokenizer_name(tokenizer->tokenizer);
}

const char *ciyuan_tokenizer_sha256(const struct ciyuan_tokenizer *tokenizer)
{
    return cy_tokenizer_sha256(tokenizer->tokenizer);
}

size_t ciyuan_tokenizer_size(const struct ciyuan_tokenizer *tokenizer)
{
    return cy_tokenizer_vocabulary_size(tokenizer->tokenizer);
}

int64_t ciyuan_tokenizer_find(const struct ciyuan_tokenizer *tokenizer, struct ciyuan_text token)
{
    uint32_t id;
    return cy_tokenizer_find(tokenizer->tokenizer, (struct cy_str){token.data, token.size}, &id) ? (int64_t)id : -1;
}

struct ciyuan_text ciyuan_tokenizer_token(const struct ciyuan_tokenizer *tokenizer, uint32_t id)
{
    struct cy_str token = cy_tokenizer_token(tokenizer->tokenizer, id);
    return (struct ciyuan_text){token.data, token.size};
}

/* ---- encoding ---- */

/* One call's work. */
struct batch {
    struct ciyuan_tokenizer *tokenizer;
    const struct ciyuan_text *texts;
    size_t text_count;
    struct cy_encoding encoding;
    size_t thread_count;
    uint64_t *counts; /* [text] out */
    struct part *parts;
    struct chunk *chunks;
    size_t chunk_count;
    atomic_size_t next_chunk;
};

/* What one thread made: the ids of its chunks, one after the other. */
struct part {
    struct cy_ids ids;
};

/* Texts that one thread encodes in one go. */
struct chunk {
    size_t text_first, text_end;
    size_t part;     /* whose ids they are */
    size_t id_first; /* in them */
    size_t id_count;
};

/* The public encoding as the inside's. A caller built with an older header gives a smaller struct: what it lacks is 0. */
static enum cy_status read_encoding(struct batch *batch, const struct ciyuan_encoding *given, struct cy_str **allowed,
                                    struct cy_error *error)
{
    struct ciyuan_encoding encoding = {0};
    *allowed = NULL;
    if (given != NULL) {
        if (given->size_bytes < offsetof(struct ciyuan_encoding, specials) + sizeof given->specials ||
            given->size_bytes > sizeof(struct ciyuan_encoding))
            return cy_error_set(error, CY_BAD_RECIPE, "an encoding of %u bytes is not known: set size_bytes to its size",
                                given->size_bytes);
        memcpy(&encoding, given, given->size_bytes);
    }
    if (encoding.specials != CIYUAN_SPECIALS_AS_TEXT && encoding.specials != CIYUAN_SPECIALS_AS_IDS)
        return cy_error_set(error, CY_BAD_RECIPE, "specials must be CIYUAN_SPECIALS_AS_TEXT or _AS_IDS, found %d", encoding.specials);
    if (encoding.thread_count > THREADS_MAX)
        return cy_error_set(error, CY_BAD_RECIPE, "thread_count is at most %d, found %u", THREADS_MAX, encoding.thread_count);
    batch->thread_count = CY_MAX(encoding.thread_count, 1u);
    batch->encoding = (struct cy_encoding){
        .specials = encoding.specials == CIYUAN_SPECIALS_AS_IDS ? CY_SPECIALS_AS_IDS : CY_SPECIALS_AS_TEXT,
        .affixes = encoding.affixes != 0,
    };
    if (encoding.allowed == NULL)
        return CY_OK;
    *allowed = cy_alloc(CY_MAX(encoding.allowed_count, (size_t)1) * sizeof **allowed);
    for (size_t i = 0; i < encoding.allowed_count; i++)
        (*allowed)[i] = (struct cy_str){encoding.allowed[i].data, encoding.allowed[i].size};
    batch->encoding.allowed = *allowed;
    batch->encoding.allowed_count = encoding.allowed_count;
    return CY_OK;
}

static enum cy_status check_texts(const struct batch *batch, struct cy_error *error)
{
    for (size_t i = 0; i < batch->text_count; i++)
        if (batch->texts[i].size > TEXT_BYTES_MAX)
            return cy_error_set(error, CY_BAD_RECIPE, "text %zu has %zu bytes; one text has at most %d", i, batch->texts[i].size,
                                TEXT_BYTES_MAX);
    return CY_OK;
}

static struct cy_str text_of(const struct batch *batch, size_t i)
{
    return (struct cy_str){batch->texts[i].data, batch->texts[i].size};
}

static void cut_chunks(struct batch *batch)
{
    size_t bytes = 0;
    batch->chunks = cy_alloc((batch->text_count + 1) * sizeof *batch->chunks);
    for (size_t i = 0; i < batch->text_count; i++) {
        if (batch->chunk_count == 0 || bytes >= CHUNK_BYTES) {
            batch->chunks[batch->chunk_count++] = (struct chunk){.text_first = i};
            bytes = 0;
        }
        bytes += batch->texts[i].size;
        batch->chunks[batch->chunk_count - 1].text_end = i + 1;
    }
}

/* Encodes texts into ids, or counts them where ids is NULL; batch->counts gets the numbers. */
static void encode_texts(struct batch *batch, struct cy_token_cache *cache, size_t first, size_t end, struct cy_ids *ids)
{
    const struct cy_tokenizer *tokenizer = batch->tokenizer->tokenizer;
    for (size_t i = first; i < end; i++) {
        if (ids == NULL) {
            batch->counts[i] = cy_tokenizer_count(tokenizer, cache, text_of(batch, i), &batch->encoding);
            continue;
        }
        size_t before = ids->count;
        cy_tokenizer_encode(tokenizer, cache, text_of(batch, i), &batch->encoding, ids);
        batch->counts[i] = ids->count - before;
    }
}

static void work(void *context, size_t thread)
{
    struct batch *batch = context;
    struct cy_token_cache *cache = cy_api_pool_take(&batch->tokenizer->caches);
    struct cy_ids *ids = batch->parts != NULL ? &batch->parts[thread].ids : NULL;
    for (size_t i; (i = atomic_fetch_add(&batch->next_chunk, 1)) < batch->chunk_count;) {
        struct chunk *chunk = &batch->chunks[i];
        chunk->part = thread;
        chunk->id_first = ids != NULL ? ids->count : 0;
        encode_texts(batch, cache, chunk->text_first, chunk->text_end, ids);
        chunk->id_count = ids != NULL ? ids->count - chunk->id_first : 0;
    }
    cy_api_pool_give(&batch->tokenizer->caches, cache);
}

/* On several threads: each has ids of its own, which are put end to end in the order of the texts. ids NULL: only counts. */
static void run_threads(struct batch *batch, struct cy_ids *ids)
{
    cut_chunks(batch);
    batch->thread_count = CY_MIN(batch->thread_count, CY_MAX(batch->chunk_count, (size_t)1));
    if (ids != NULL)
        batch->parts = cy_alloc_zero(batch->thread_count, sizeof *batch->parts);
    cy_run_threads(batch->thread_count, work, batch);
    for (size_t i = 0; ids != NULL && i < batch->chunk_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        if (chunk->id_count == 0)
            continue;
        cy_ids_reserve(ids, chunk->id_count);
        memcpy(ids->items + ids->count, batch->parts[chunk->part].ids.items + chunk->id_first, chunk->id_count * sizeof *ids->items);
        ids->count += chunk->id_count;
    }
    for (size_t i = 0; ids != NULL && i < batch->thread_count; i++)
        cy_ids_release(&batch->parts[i].ids);
    free(batch->parts);
    free(batch->chunks);
}

static void run_batch(struct batch *batch, struct cy_ids *ids)
{
    if (batch->thread_count > 1) {
        run_threads(batch, ids);
        return;
    }
    struct cy_token_cache *cache = cy_api_pool_take(&batch->tokenizer->caches);
    encode_texts(batch, cache, 0, batch->text_count, ids);
    cy_api_pool_give(&batch->tokenizer->caches, cache);
}

int32_t ciyuan_tokenizer_encode(struct ciyuan_tokenizer *tokenizer, const struct ciyuan_text *texts, size_t text_count,
                                const struct ciyuan_encoding *encoding, struct ciyuan_ids *ids, struct ciyuan_error *error)
{
    struct batch batch = {.tokenizer = tokenizer, .texts = texts, .text_count = text_count};
    struct cy_error inner;
    struct cy_str *allowed;
    ids->count = ids->text_count = 0;
    enum cy_status status = read_encoding(&batch, encoding, &allowed, &inner);
    if (status == CY_OK)
        status = check_texts(&batch, &inner);
    if (status == CY_OK) {
        struct cy_ids made = {ids->items, 0, ids->capacity};
        if (ids->text_capacity < text_count) {
            ids->ends = cy_realloc(ids->ends, text_count * sizeof *ids->ends);
            ids->text_capacity = text_count;
        }
        batch.counts = ids->ends;
        run_batch(&batch, &made);
        for (size_t i = 1; i < text_count; i++)
            ids->ends[i] += ids->ends[i - 1];
        ids->items = made.items;
        ids->count = made.count;
        ids->capacity = made.capacity;
        ids->text_count = text_count;
    }
    free(allowed);
    return cy_api_error(error, status, &inner);
}

int32_t ciyuan_tokenizer_count(struct ciyuan_tokenizer *tokenizer, const struct ciyuan_text *texts, size_t text_count,
                               const struct ciyuan_encoding *encoding, uint64_t *counts, struct ciyuan_error *error)
{
    struct batch batch = {.tokenizer = tokenizer, .texts = texts, .text_count = text_count, .counts = counts};
    struct cy_error inner;
    struct cy_str *allowed;
    enum cy_status status = read_encoding(&batch, encoding, &allowed, &inner);
    if (status == CY_OK)
        status = check_texts(&batch, &inner);
    if (status == CY_OK)
        run_batch(&batch, NULL);
    free(allowed);
    return cy_api_error(error, status, &inner);
}

int32_t ciyuan_tokenizer_decode(struct ciyuan_tokenizer *tokenizer, const uint32_t *ids, size_t count, int32_t skip_special,
                                struct ciyuan_bytes *text, struct ciyuan_error *error)
{
    struct cy_buffer out = {text->data, 0, text->capacity};
    struct cy_error inner;
    enum cy_status status = cy_tokenizer_decode(tokenizer->tokenizer, ids, count, skip_special != 0, &out, &inner);
    *text = (struct ciyuan_bytes){out.data, status == CY_OK ? out.size : 0, out.capacity};
    return cy_api_error(error, status, &inner);
}

void ciyuan_ids_release(struct ciyuan_ids *ids)
{
    free(ids->items);
    free(ids->ends);
    *ids = (struct ciyuan_ids){0};
}

void ciyuan_bytes_release(struct ciyuan_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct ciyuan_bytes){0};
}
