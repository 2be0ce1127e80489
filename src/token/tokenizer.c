#include "token/added_tokens.h"
#include "token/compiled.h"
#include "token/known_vocabularies.h"
#include "token/tokenizer_parts.h"

#include "base/files.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- arrays of ids ---- */

void cy_ids_reserve(struct cy_ids *ids, size_t more_count)
{
    if (ids->capacity - ids->count >= more_count)
        return;
    ids->capacity = CY_MAX(ids->count + more_count, 2 * ids->capacity);
    ids->items = cy_realloc(ids->items, ids->capacity * sizeof *ids->items);
}

void cy_ids_add(struct cy_ids *ids, uint32_t id)
{
    cy_ids_reserve(ids, 1);
    ids->items[ids->count++] = id;
}

void cy_ids_release(struct cy_ids *ids)
{
    free(ids->items);
    *ids = (struct cy_ids){0};
}

/* ---- life ---- */

struct cy_tokenizer *cy_tokenizer_new(const char *name, struct cy_str file)
{
    struct cy_tokenizer *tokenizer = cy_alloc_zero(1, sizeof *tokenizer);
    struct cy_sha256 hash;
    tokenizer->name = cy_arena_text(&tokenizer->arena, name);
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, file.data, file.size);
    cy_sha256_final(&hash, tokenizer->sha256);
    return tokenizer;
}

void cy_tokenizer_free(struct cy_tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    if (tokenizer->normalizer != NULL && tokenizer->normalizer->release != NULL)
        tokenizer->normalizer->release(tokenizer->normalizer);
    if (tokenizer->splitter != NULL && tokenizer->splitter->release != NULL)
        tokenizer->splitter->release(tokenizer->splitter);
    if (tokenizer->cutter != NULL && tokenizer->cutter->release != NULL)
        tokenizer->cutter->release(tokenizer->cutter);
    if (tokenizer->model != NULL && tokenizer->model->release != NULL)
        tokenizer->model->release(tokenizer->model);
    if (tokenizer->decoder != NULL && tokenizer->decoder->release != NULL)
        tokenizer->decoder->release(tokenizer->decoder);
    cy_arena_release(&tokenizer->arena);
    free(tokenizer);
}

enum cy_status cy_tokenizer_finish(struct cy_tokenizer *tokenizer, struct cy_error *error)
{
    if (tokenizer->model == NULL || tokenizer->vocabulary.count == 0)
        return cy_error_set(error, CY_BAD_INPUT, "\"%s\" has no tokens", tokenizer->name);
    for (size_t i = 0; i < tokenizer->added_count; i++)
        if (tokenizer->added[i].id >= tokenizer->vocabulary.count)
            return cy_error_set(error, CY_BAD_INPUT, "the added token \"%.*s\" has the id %u, which is outside the vocabulary",
                                (int)CY_MIN(tokenizer->added[i].text.size, (size_t)60), tokenizer->added[i].text.data,
                                tokenizer->added[i].id);
    tokenizer->added_index = cy_added_index_new(tokenizer->added, tokenizer->added_count, &tokenizer->arena);
    return CY_OK;
}

static enum cy_vocabulary_format sniff(struct cy_str file)
{
    struct cy_str head = cy_str_trim((struct cy_str){file.data, CY_MIN(file.size, (size_t)4096)});
    if (head.size > 0 && head.data[0] == '{')
        return memmem(file.data, file.size, "\"bpe_ranks\"", 11) != NULL ? CY_VOCABULARY_RANKS_JSON : CY_VOCABULARY_TOKENIZER;
    return head.size > 0 && (uint8_t)file.data[0] == 0x0A ? CY_VOCABULARY_SENTENCEPIECE : CY_VOCABULARY_RANKS; /* field 1 of a protobuf */
}

static enum cy_status parse_as(struct cy_tokenizer *tokenizer, struct cy_str file, enum cy_vocabulary_format format, struct cy_error *error)
{
    switch (format) {
    case CY_VOCABULARY_ANY:
    case CY_VOCABULARY_RANKS:
        return cy_tokenizer_parse_ranks(tokenizer, file, error);
    case CY_VOCABULARY_RANKS_JSON:
        return cy_tokenizer_parse_ranks_json(tokenizer, file, error);
    case CY_VOCABULARY_TOKENIZER:
        return cy_tokenizer_parse_tokenizer_json(tokenizer, file, error);
    case CY_VOCABULARY_SENTENCEPIECE:
        break;
    }
    return cy_tokenizer_parse_sentencepiece(tokenizer, file, error);
}

/* A rank file ends anywhere; of a known vocabulary it is known how many tokens it has. */
static enum cy_status check_whole(const struct cy_tokenizer *tokenizer, enum cy_vocabulary_format format, struct cy_error *error)
{
    const struct cy_known_vocabulary *known = cy_known_vocabulary(cy_str(tokenizer->name));
    size_t count = 0;
    if (format != CY_VOCABULARY_RANKS || known == NULL)
        return CY_OK;
    for (uint32_t id = 0; id < tokenizer->vocabulary.count; id++)
        count += cy_vocabulary_token(&tokenizer->vocabulary, id).size > 0;
    count -= tokenizer->added_count;
    if (count == known->rank_count)
        return CY_OK;
    cy_error_set(error, CY_BAD_INPUT, "it has %zu tokens, and %s has %zu", count, known->name, known->rank_count);
    return cy_error_hint(error, "the file was cut short, or is another vocabulary than its name says");
}

/* of_file: the whole of it is expected. compiled_folder: NULL, or where a compiled form is looked for; `reads`: whether one was used. */
static enum cy_status parse(struct cy_tokenizer **tokenizer, struct cy_str file, const char *name, enum cy_vocabulary_format format,
                            bool of_file, const char *compiled_folder, bool *reads, struct cy_error *error)
{
    struct cy_tokenizer *made = cy_tokenizer_new(name, file);
    struct cy_compiled *compiled = compiled_folder != NULL ? cy_compiled_open(compiled_folder, made->sha256, name) : NULL;
    *reads = cy_compiled_reads(compiled);
    if (format == CY_VOCABULARY_ANY)
        format = *reads ? compiled->format : sniff(file);
    made->compiled = compiled;
    enum cy_status status = parse_as(made, file, format, error);
    if (status == CY_OK)
        status = cy_tokenizer_finish(made, error);
    made->compiled = NULL;
    if (status == CY_OK && of_file)
        status = check_whole(made, format, error);
    if (status == CY_OK && compiled != NULL && compiled->complete && made->vocabulary.count >= CY_COMPILED_TOKENS_MIN) {
        compiled->format = format;
        cy_compiled_write(compiled, compiled_folder, made->sha256, name);
    }
    cy_compiled_free(compiled);
    *tokenizer = made;
    if (status != CY_OK) {
        cy_tokenizer_free(made);
        *tokenizer = NULL;
    }
    return status;
}

enum cy_status cy_tokenizer_parse(struct cy_tokenizer **tokenizer, struct cy_str file, const char *name, enum cy_vocabulary_format format,
                                  struct cy_error *error)
{
    bool reads;
    return parse(tokenizer, file, name, format, false, NULL, &reads, error);
}

static enum cy_status load(struct cy_tokenizer **tokenizer, const char *path, enum cy_vocabulary_format format, const char *compiled_folder,
                           struct cy_error *error)
{
    struct cy_map file;
    char name[256];
    *tokenizer = NULL;
    enum cy_status status = cy_map_file(&file, path, error);
    if (status != CY_OK)
        return status;
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path, *dot = strrchr(base, '.');
    size_t size = dot != NULL && dot > base ? (size_t)(dot - base) : strlen(base);
    size = CY_MIN(size, sizeof name - 1);
    memcpy(name, base, size);
    name[size] = 0;
    struct cy_str content = {file.data, file.size};
    if (file.size > CY_TOKEN_FILE_BYTES_MAX) { /* before it is hashed, which reads all of it */
        cy_error_set(error, CY_BAD_INPUT, "cannot use the vocabulary \"%.300s\": it has %zu bytes, and at most %d can be used", path,
                     file.size, CY_TOKEN_FILE_BYTES_MAX);
        cy_unmap(&file);
        return CY_BAD_INPUT;
    }
    bool reads;
    status = parse(tokenizer, content, name, format, true, compiled_folder, &reads, error);
    if (status != CY_OK && reads) /* whatever is wrong with the compiled form: the file itself counts */
        status = parse(tokenizer, content, name, format, true, NULL, &reads, error);
    cy_unmap(&file);
    if (status == CY_BAD_INPUT) { /* say which file */
        char message[sizeof error->message];
        memcpy(message, error->message, sizeof message);
        snprintf(error->message, sizeof error->message, "cannot use the vocabulary \"%.300s\": %.600s", path, message);
    }
    return status;
}

enum cy_status cy_tokenizer_load_compiled(struct cy_tokenizer **tokenizer, const char *path, const char *compiled_folder,
                                          struct cy_error *error)
{
    return load(tokenizer, path, CY_VOCABULARY_ANY, compiled_folder, error);
}

enum cy_status cy_tokenizer_load(struct cy_tokenizer **tokenizer, const char *path, enum cy_vocabulary_format format,
                                 struct cy_error *error)
{
    return load(tokenizer, path, format, NULL, error);
}

/* ---- what it is ---- */

const char *cy_tokenizer_name(const struct cy_tokenizer *tokenizer)
{
    return tokenizer->name;
}

const char *cy_tokenizer_sha256(const struct cy_tokenizer *tokenizer)
{
    return tokenizer->sha256;
}

size_t cy_tokenizer_vocabulary_size(const struct cy_tokenizer *tokenizer)
{
    return tokenizer->vocabulary.count;
}

struct cy_str cy_tokenizer_token(const struct cy_tokenizer *tokenizer, uint32_t id)
{
    if (id >= tokenizer->vocabulary.count)
        return (struct cy_str){0};
    struct cy_str token = cy_vocabulary_token(&tokenizer->vocabulary, id);
    return token.size > 0 ? token : (struct cy_str){0};
}

bool cy_tokenizer_find(const struct cy_tokenizer *tokenizer, struct cy_str token, uint32_t *id)
{
    for (size_t i = 0; i < tokenizer->added_count; i++)
        if (cy_str_equal(tokenizer->added[i].text, token))
            return *id = tokenizer->added[i].id, true;
    for (size_t i = 0; i < tokenizer->vocabulary.count && token.size > 0; i++)
        if (cy_str_equal(cy_vocabulary_token(&tokenizer->vocabulary, (uint32_t)i), token))
            return *id = (uint32_t)i, true;
    return false;
}

bool cy_tokenizer_is_special(const struct cy_tokenizer *tokenizer, uint32_t id)
{
    for (size_t i = 0; i < tokenizer->added_count; i++)
        if (tokenizer->added[i].id == id)
            return tokenizer->added[i].special;
    return false;
}

/* ---- a thread's memory ---- */

struct cy_token_cache {
    const struct cy_tokenizer *tokenizer;
    void *memory; /* the model's */
    struct cy_buffer normalized;
    struct cy_buffer cut; /* the cutter's */
    struct cy_ids ids;
    struct cy_piece_ends ends;
};

struct cy_token_cache *cy_token_cache_new(const struct cy_tokenizer *tokenizer, size_t size_bytes_max)
{
    struct cy_token_cache *cache = cy_alloc_zero(1, sizeof *cache);
    cache->tokenizer = tokenizer;
    if (tokenizer->model->memory_new != NULL)
        cache->memory = tokenizer->model->memory_new(tokenizer->model, size_bytes_max > 0 ? size_bytes_max : CY_TOKEN_CACHE_BYTES);
    return cache;
}

void cy_token_cache_free(struct cy_token_cache *cache)
{
    if (cache == NULL)
        return;
    if (cache->memory != NULL)
        cache->tokenizer->model->memory_free(cache->memory);
    cy_buffer_release(&cache->normalized);
    cy_buffer_release(&cache->cut);
    cy_ids_release(&cache->ids);
    free(cache->ends.items);
    free(cache);
}

void *cy_token_cache_memory(struct cy_token_cache *cache)
{
    return cache->memory;
}

/* ---- encoding ---- */

/* One call's work; ids NULL: only counted. */
struct encoder {
    const struct cy_tokenizer *tokenizer;
    struct cy_token_cache *cache;
    const struct cy_encoding *encoding;
    struct cy_ids *ids;
    size_t count;
};

static void add_id(struct encoder *encoder, uint32_t id)
{
    encoder->count++;
    if (encoder->ids != NULL)
        cy_ids_add(encoder->ids, id);
}

/* Text without added tokens, normalized, at most CY_SPLIT_BYTES_MAX bytes. */
static void encode_plain(struct encoder *encoder, struct cy_str text, bool first)
{
    const struct cy_token_model *model = encoder->tokenizer->model;
    const struct cy_splitter *splitter = encoder->tokenizer->splitter;
    const struct cy_token_cutter *cutter = encoder->tokenizer->cutter;
    struct cy_token_cache *cache = encoder->cache;
    if (text.size == 0)
        return;
    if (model->encode_text != NULL && cutter == NULL) {
        encoder->count += model->encode_text(model, splitter, cache, text, encoder->ids);
        return;
    }
    cache->ends.count = 0;
    if (cutter != NULL) {
        cy_buffer_clear(&cache->cut);
        cutter->run(cutter, text, first, &cache->cut, &cache->ends);
        text = cy_buffer_str(&cache->cut);
        CY_ASSERT(text.size <= CY_SPLIT_BYTES_MAX);
    } else if (splitter != NULL) {
        splitter->run(splitter, text, &cache->ends);
    } else {
        cy_piece_ends_add(&cache->ends, (uint32_t)text.size);
    }
    struct cy_ids *ids = encoder->ids != NULL ? encoder->ids : &cache->ids;
    uint32_t start = 0;
    for (size_t i = 0; i < cache->ends.count; start = cache->ends.items[i++]) {
        struct cy_str piece = {text.data + start, cache->ends.items[i] - start};
        if (encoder->ids == NULL && model->count != NULL) {
            encoder->count += model->count(model, cache, piece);
            continue;
        }
        size_t before = encoder->ids != NULL ? ids->count : (cache->ids.count = 0);
        model->encode(model, cache, piece, ids);
        encoder->count += ids->count - before;
    }
}

typedef void encode_fn(struct encoder *encoder, struct cy_str text, bool first);

/* Hands what lies between the added tokens of one kind to `rest`. first: the text begins the input. */
static void encode_between(struct encoder *encoder, struct cy_str text, bool normalized, bool first, encode_fn *rest)
{
    const struct cy_added_index *index = encoder->tokenizer->added_index;
    struct cy_added_match match = {0};
    size_t at = 0;
    if (cy_added_index_any(index, encoder->encoding, normalized)) {
        while (cy_added_index_find(index, encoder->encoding, normalized, text, match.next, at, &match)) {
            if (match.start > at)
                rest(encoder, (struct cy_str){text.data + at, match.start - at}, first && at == 0);
            add_id(encoder, match.id);
            at = match.end;
        }
    }
    if (at < text.size)
        rest(encoder, (struct cy_str){text.data + at, text.size - at}, first && at == 0);
}

static void encode_normalized(struct encoder *encoder, struct cy_str text, bool first)
{
    encode_plain(encoder, text, first);
}

static void encode_raw(struct encoder *encoder, struct cy_str text, bool first)
{
    const struct cy_token_normalizer *normalizer = encoder->tokenizer->normalizer;
    if (normalizer != NULL) {
        struct cy_buffer *out = &encoder->cache->normalized;
        cy_buffer_clear(out);
        normalizer->run(normalizer, text, first, out);
        first = first && !(normalizer->loses_start != NULL && normalizer->loses_start(normalizer, text));
        text = cy_buffer_str(out);
    }
    encode_between(encoder, text, true, first, encode_normalized);
}

static size_t encode(struct encoder *encoder, struct cy_str text)
{
    const struct cy_tokenizer *tokenizer = encoder->tokenizer;
    bool affixes = encoder->encoding != NULL && encoder->encoding->affixes;
    CY_ASSERT(encoder->cache->tokenizer == tokenizer);
    CY_ASSERT(text.size <= CY_SPLIT_BYTES_MAX);
    for (size_t i = 0; affixes && i < tokenizer->prefix_count; i++)
        add_id(encoder, tokenizer->prefix[i]);
    encode_between(encoder, text, false, true, encode_raw);
    for (size_t i = 0; affixes && i < tokenizer->suffix_count; i++)
        add_id(encoder, tokenizer->suffix[i]);
    return encoder->count;
}

void cy_tokenizer_encode(const struct cy_tokenizer *tokenizer, struct cy_token_cache *cache, struct cy_str text,
                         const struct cy_encoding *encoding, struct cy_ids *ids)
{
    struct encoder encoder = {.tokenizer = tokenizer, .cache = cache, .encoding = encoding, .ids = ids};
    encode(&encoder, text);
}

size_t cy_tokenizer_count(const struct cy_tokenizer *tokenizer, struct cy_token_cache *cache, struct cy_str text,
                          const struct cy_encoding *encoding)
{
    struct encoder encoder = {.tokenizer = tokenizer, .cache = cache, .encoding = encoding};
    return encode(&encoder, text);
}

/* ---- decoding ---- */

enum cy_status cy_tokenizer_decode(const struct cy_tokenizer *tokenizer, const uint32_t *ids, size_t count, bool skip_special,
                                   struct cy_buffer *out, struct cy_error *error)
{
    struct cy_ids kept = {0};
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < count && status == CY_OK; i++) {
        struct cy_str token = cy_tokenizer_token(tokenizer, ids[i]);
        if (token.size == 0)
            status = cy_error_set(error, CY_BAD_INPUT, "the id %u, the %zu. of %zu, is no token of \"%s\"", ids[i], i + 1, count,
                                  tokenizer->name);
        else if (skip_special && cy_tokenizer_is_special(tokenizer, ids[i]))
            continue;
        else if (tokenizer->decoder == NULL)
            cy_buffer_add_str(out, token);
        else
            cy_ids_add(&kept, ids[i]);
    }
    if (tokenizer->decoder != NULL)
        tokenizer->decoder->run(tokenizer->decoder, tokenizer, kept.items, kept.count, out);
    cy_ids_release(&kept);
    return status;
}
