/* BPE over characters. Merging is that of bpe.h, over first ids that are characters' tokens.
 *
 * A text without a pre-tokenizer is one piece, however long. It is cut where no merge can join the two sides: between two characters that
 * stand side by side in no token that a merge makes. A merged token covers exactly the characters of its text, so a boundary that no
 * token spans stays one. What lies between such boundaries is mostly a word with the space before it, and is remembered. */
#include "token/bpe.h"
#include "token/hf_model.h"

#include "base/hash.h"
#include "base/unicode.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    JOINT_BITS = 19,                         /* log2 of the bits of `joints` */
    POINT_COUNT = 0x3000,                    /* characters whose ids stand in a table of their own */
    SEEN_BYTES = 22,                         /* the longest part that is remembered */
    SEEN_IDS = 6,                            /* the most ids of one */
    NAME_BYTES_MAX = CY_AFFIX_BYTES_MAX + 4, /* a character with prefix and suffix */
};

struct character_bpe {
    struct cy_token_model base;
    struct cy_character_bpe_source source;
    struct cy_bpe bpe; /* pairs and merged alone */
    uint32_t byte_ids[256];
    bool bytes_complete;
    bool cuts;                    /* joints may be asked */
    uint64_t *joints;             /* a set of pairs of characters, by hash: those that a merged token holds side by side */
    uint32_t points[POINT_COUNT]; /* [code point] → id, UINT32_MAX: none */
};

/* A part seen before. */
struct seen {
    uint8_t size; /* 0: free */
    uint8_t id_count;
    char bytes[SEEN_BYTES];
    uint32_t ids[SEEN_IDS];
};

struct memory {
    cy_bpe_merge_fn *merge;
    struct cy_bpe_heap heap;
    struct cy_ids first;
    struct seen *seen;
    size_t seen_mask;
};

static void *memory_new(const struct cy_token_model *model, size_t size_bytes_max)
{
    struct memory *memory = cy_alloc_zero(1, sizeof *memory);
    size_t count = 1 << 10;
    (void)model;
    while (2 * count * sizeof *memory->seen <= size_bytes_max)
        count *= 2;
    memory->merge = cy_bpe_merge_parts();
    memory->seen = cy_alloc_zero(count, sizeof *memory->seen);
    memory->seen_mask = count - 1;
    return memory;
}

static void memory_free(void *pointer)
{
    struct memory *memory = pointer;
    cy_bpe_heap_release(&memory->heap);
    cy_ids_release(&memory->first);
    free(memory->seen);
    free(memory);
}

/* ---- first ids ---- */

/* What is looked up for a character where it stands in the piece: with the prefix and suffix that belong there, in `space`. */
static struct cy_str character_name(const struct character_bpe *model, struct cy_str character, bool first, bool last,
                                    char space[NAME_BYTES_MAX])
{
    struct cy_str prefix = first ? CY_STR("") : model->source.prefix, suffix = last ? model->source.suffix : CY_STR("");
    if (prefix.size + suffix.size == 0)
        return character;
    size_t size = prefix.size + character.size + suffix.size;
    CY_ASSERT(size <= NAME_BYTES_MAX);
    if (prefix.size > 0)
        memcpy(space, prefix.data, prefix.size);
    memcpy(space + prefix.size, character.data, character.size);
    if (suffix.size > 0)
        memcpy(space + prefix.size + character.size, suffix.data, suffix.size);
    return (struct cy_str){space, size};
}

static bool bytes_have_tokens(const struct character_bpe *model, struct cy_str name)
{
    for (size_t i = 0; i < name.size && !model->bytes_complete; i++)
        if (model->byte_ids[(uint8_t)name.data[i]] == UINT32_MAX)
            return false;
    return true;
}

/* The first ids of a part of a piece. An unknown character's id waits for those behind it, as Hugging Face has it: bytes go before. */
static void first_ids(const struct character_bpe *model, struct cy_str part, bool opens, bool closes, struct cy_ids *ids)
{
    const struct cy_character_bpe_source *source = &model->source;
    const bool plain = source->prefix.size + source->suffix.size == 0;
    bool waits = false;
    char space[NAME_BYTES_MAX];
    for (const char *at = part.data, *end = part.data + part.size; at < end;) {
        const char *start = at;
        uint32_t point = cy_utf8_decode(&at, end), id = UINT32_MAX;
        bool damaged = point == CY_REPLACEMENT && at - start == 1;
        struct cy_str name =
            character_name(model, (struct cy_str){start, (size_t)(at - start)}, opens && start == part.data, closes && at == end, space);
        if (!damaged)
            id = plain && point < POINT_COUNT ? model->points[point] : cy_token_table_find(source->names, name);
        if (id != UINT32_MAX) {
            if (waits)
                cy_ids_add(ids, source->unknown);
            waits = false;
            cy_ids_add(ids, id);
        } else if (source->byte_fallback && bytes_have_tokens(model, name)) {
            for (size_t i = 0; i < name.size; i++)
                cy_ids_add(ids, model->byte_ids[(uint8_t)name.data[i]]);
        } else if (source->unknown != UINT32_MAX) {
            if (waits && !source->fuse_unknown)
                cy_ids_add(ids, source->unknown);
            waits = true;
        }
    }
    if (waits)
        cy_ids_add(ids, source->unknown);
}

/* ---- parts ---- */

static size_t joint_of(uint32_t left, uint32_t right)
{
    return (size_t)((left * UINT64_C(0x9E3779B97F4A7C15) ^ right * UINT64_C(0xC2B2AE3D27D4EB4F)) * UINT64_C(0x9E3779B97F4A7C15) >>
                    (64 - JOINT_BITS));
}

static bool are_joined(const struct character_bpe *model, uint32_t left, uint32_t right)
{
    size_t joint = joint_of(left, right);
    return model->joints[joint / 64] >> (joint % 64) & 1;
}

static void encode_part(const struct character_bpe *model, struct memory *memory, struct cy_str part, struct cy_ids *ids)
{
    struct seen *seen = NULL;
    if (part.size <= SEEN_BYTES) {
        seen = &memory->seen[cy_hash64(part, 0) & memory->seen_mask];
        if (seen->size == part.size && memcmp(seen->bytes, part.data, part.size) == 0) {
            cy_ids_reserve(ids, SEEN_IDS);
            memcpy(ids->items + ids->count, seen->ids, sizeof seen->ids);
            ids->count += seen->id_count;
            return;
        }
    }
    cy_ids_reserve(ids, SEEN_IDS); /* a part may have no id */
    size_t before = ids->count;
    memory->first.count = 0;
    first_ids(model, part, true, true, &memory->first);
    cy_bpe_merge_ids(&model->bpe, memory->merge, &memory->heap, memory->first.items, memory->first.count, ids);
    if (seen != NULL && ids->count - before <= SEEN_IDS) {
        seen->size = (uint8_t)part.size;
        seen->id_count = (uint8_t)(ids->count - before);
        memcpy(seen->bytes, part.data, part.size);
        memcpy(seen->ids, ids->items + before, (ids->count - before) * sizeof *seen->ids);
    }
}

static void encode(const struct cy_token_model *self, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    const struct character_bpe *model = (const struct character_bpe *)self;
    struct memory *memory = cy_token_cache_memory(cache);
    uint32_t whole = model->source.whole_first ? cy_token_table_find(model->source.names, piece) : UINT32_MAX;
    if (whole != UINT32_MAX) {
        cy_ids_add(ids, whole);
        return;
    }
    if (!model->cuts) {
        encode_part(model, memory, piece, ids);
        return;
    }
    const char *start = piece.data, *at = piece.data, *end = piece.data + piece.size;
    uint32_t previous = cy_utf8_decode(&at, end);
    while (at < end) {
        const char *here = at;
        uint32_t point = cy_utf8_decode(&at, end);
        if (!are_joined(model, previous, point)) {
            encode_part(model, memory, (struct cy_str){start, (size_t)(here - start)}, ids);
            start = here;
        }
        previous = point;
    }
    encode_part(model, memory, (struct cy_str){start, (size_t)(end - start)}, ids);
}

static void release(struct cy_token_model *self)
{
    struct character_bpe *model = (struct character_bpe *)self;
    cy_bpe_pairs_release(&model->bpe);
    free(model->joints);
}

/* ---- making ---- */

static void bytes_init(struct character_bpe *model)
{
    model->bytes_complete = true;
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[8];
        int size = snprintf(name, sizeof name, "<0x%02X>", byte);
        model->byte_ids[byte] = cy_token_table_find(model->source.names, (struct cy_str){name, (size_t)size});
        model->bytes_complete = model->bytes_complete && model->byte_ids[byte] != UINT32_MAX;
    }
}

/* The pairs of characters in what merges make. */
static void joints_init(struct character_bpe *model, const struct cy_bpe_merge *merges, size_t count)
{
    const struct cy_character_bpe_source *source = &model->source;
    model->joints = cy_alloc_zero((size_t)1 << (JOINT_BITS - 6), sizeof *model->joints);
    for (size_t i = 0; i < count; i++) {
        struct cy_str token = cy_vocabulary_token(source->vocabulary, merges[i].merged);
        const char *at = token.data, *end = token.data + token.size;
        uint32_t previous = cy_utf8_decode(&at, end);
        while (at < end) {
            uint32_t point = cy_utf8_decode(&at, end);
            size_t joint = joint_of(previous, point);
            model->joints[joint / 64] |= UINT64_C(1) << (joint % 64);
            previous = point;
        }
    }
}

/* Cutting is allowed where first ids do not depend on their neighbours, and merges join characters only: no bytes' or unknown tokens. */
static bool may_cut(const struct character_bpe *model, const struct cy_bpe_merge *merges, size_t count)
{
    const struct cy_character_bpe_source *source = &model->source;
    if (source->prefix.size + source->suffix.size > 0 ||
        (source->unknown != UINT32_MAX && !(source->byte_fallback && model->bytes_complete)))
        return false;
    bool *apart = cy_alloc_zero(source->vocabulary->count + 1, sizeof *apart);
    bool may = true;
    for (unsigned byte = 0; byte < 256; byte++)
        if (model->byte_ids[byte] != UINT32_MAX)
            apart[model->byte_ids[byte]] = true;
    for (size_t i = 0; i < count; i++)
        may = may && !apart[merges[i].left] && !apart[merges[i].right];
    free(apart);
    return may;
}

struct cy_token_model *cy_character_bpe_new(const struct cy_character_bpe_source *source, struct cy_arena *arena)
{
    struct character_bpe *model = cy_arena_zero(arena, sizeof *model);
    model->base = (struct cy_token_model){.encode = encode, .memory_new = memory_new, .memory_free = memory_free, .release = release};
    model->source = *source;
    model->source.merges = NULL; /* not ours */
    cy_bpe_pairs_of_merges(&model->bpe, source->merges, source->merge_count);
    bytes_init(model);
    memset(model->points, 0xFF, sizeof model->points);
    for (uint32_t point = 0; point < POINT_COUNT; point++) {
        char character[4];
        model->points[point] = cy_token_table_find(source->names, (struct cy_str){character, cy_utf8_encode(point, character)});
    }
    joints_init(model, source->merges, source->merge_count);
    model->cuts = may_cut(model, source->merges, source->merge_count);
    return &model->base;
}
