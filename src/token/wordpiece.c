#include "token/hf_model.h"

#include "base/unicode.h"

#include <stdlib.h>

struct wordpiece {
    struct cy_token_model base;
    struct cy_wordpiece_source source;
    size_t longest_bytes; /* of all tokens */
};

static void *memory_new(const struct cy_token_model *model, size_t size_bytes_max)
{
    (void)model;
    (void)size_bytes_max;
    return cy_alloc_zero(1, sizeof(struct cy_buffer));
}

static void memory_free(void *memory)
{
    cy_buffer_release(memory);
    free(memory);
}

/* The end of the longest token that begins at word[start], and its id; start when there is none. `space` holds the prefix's bytes and then
 * the word; what stands before start is done with, so that the prefix is written over it. */
static size_t longest_token(const struct wordpiece *model, char *space, size_t size, size_t start, uint32_t *id)
{
    struct cy_str prefix = start > 0 ? model->source.prefix : CY_STR("");
    char *word = space + model->source.prefix.size, *token = word + start - prefix.size;
    if (prefix.size > 0)
        memcpy(token, prefix.data, prefix.size);
    size_t end = size - start > model->longest_bytes ? start + model->longest_bytes : size;
    for (; end > start; end--) {
        if (end < size && ((uint8_t)word[end] & 0xC0) == 0x80)
            continue; /* within a character */
        *id = cy_token_table_find(model->source.names, (struct cy_str){token, prefix.size + end - start});
        if (*id != UINT32_MAX)
            return end;
    }
    return start;
}

static void encode(const struct cy_token_model *self, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    const struct wordpiece *model = (const struct wordpiece *)self;
    struct cy_buffer *space = cy_token_cache_memory(cache);
    size_t before = ids->count;
    if (model->source.whole) {
        uint32_t id = cy_token_table_find(model->source.names, piece);
        cy_ids_add(ids, id != UINT32_MAX ? id : model->source.unknown);
        return;
    }
    bool known = cy_utf8_count(piece.data, piece.size) <= model->source.chars_max;
    cy_buffer_clear(space);
    cy_buffer_add_str(space, model->source.prefix);
    cy_buffer_add_str(space, piece);
    for (size_t start = 0; start < piece.size && known;) {
        uint32_t id;
        size_t end = longest_token(model, space->data, piece.size, start, &id);
        known = end > start;
        if (known)
            cy_ids_add(ids, id);
        start = end;
    }
    if (!known) {
        ids->count = before;
        cy_ids_add(ids, model->source.unknown);
    }
}

struct cy_token_model *cy_wordpiece_new(const struct cy_wordpiece_source *source, struct cy_arena *arena)
{
    struct wordpiece *model = cy_arena_zero(arena, sizeof *model);
    model->base = (struct cy_token_model){.encode = encode, .memory_new = memory_new, .memory_free = memory_free};
    model->source = *source;
    for (uint32_t id = 0; id < source->vocabulary->count; id++)
        model->longest_bytes = CY_MAX(model->longest_bytes, cy_vocabulary_token(source->vocabulary, id).size);
    return &model->base;
}
