/* SentencePiece's BPE (bpe_model.cc). Merges have no list of their own: neighbours merge when they are a piece together, the highest score
 * first, the leftmost of equal ones.
 *
 * The text, which is one piece however long, is cut where no merge can join the two sides: at user-defined pieces, which never merge, and
 * between two characters that stand side by side in no piece. What lies between is mostly a word, and is remembered. */
#include "token/sentencepiece.h"

#include "base/hash.h"
#include "base/unicode.h"

#include <stdlib.h>

enum {
    JOINT_BITS = 19,      /* log2 of the bits of `joints` */
    SEEN_BYTES = 22,      /* the longest part that is remembered */
    SEEN_IDS = 6,         /* the most ids of one */
    PARTS_KEPT = 1 << 14, /* symbols: a thread keeps 512 KB at most between texts */
};

static const uint32_t no_key = UINT32_MAX; /* of neighbours that are no piece */

struct sp_bpe {
    struct cy_token_model base;
    const struct cy_sentencepiece *source;
    uint32_t *keys;   /* [id]: the lower, the earlier it is made; no_key: never */
    uint64_t *joints; /* a set of pairs of characters, by hash: those that a piece holds side by side */
};

/* A part seen before. */
struct seen {
    uint8_t size; /* 0: free */
    uint8_t id_count;
    char bytes[SEEN_BYTES];
    uint32_t ids[SEEN_IDS];
};

/* A character, and what it has become: it lies between its start and the next one's. */
struct symbol {
    uint32_t start, next, previous;
    uint32_t key; /* of it and the next one together */
};

struct memory {
    struct symbol *symbols;
    uint64_t *heap; /* key << 32 | symbol: the lowest key, then the leftmost, on top */
    size_t capacity;
    struct seen *seen;
    size_t seen_mask;
    struct cy_ids part; /* the ids of one part */
};

static void *memory_new(const struct cy_token_model *model, size_t size_bytes_max)
{
    struct memory *memory = cy_alloc_zero(1, sizeof *memory);
    size_t count = 1 << 10;
    (void)model;
    while (2 * count * sizeof *memory->seen <= size_bytes_max)
        count *= 2;
    memory->seen = cy_alloc_zero(count, sizeof *memory->seen);
    memory->seen_mask = count - 1;
    return memory;
}

static void memory_free(void *pointer)
{
    struct memory *memory = pointer;
    free(memory->symbols);
    free(memory->heap);
    free(memory->seen);
    cy_ids_release(&memory->part);
    free(memory);
}

/* ---- merging ---- */

static uint32_t key_of(const struct sp_bpe *model, const struct symbol *symbols, size_t left, struct cy_str part)
{
    uint32_t right = symbols[left].next;
    if (symbols[right].start == part.size)
        return no_key;
    uint32_t start = symbols[left].start, end = symbols[symbols[right].next].start;
    uint32_t id = cy_token_table_find(&model->source->names, (struct cy_str){part.data + start, end - start});
    return id != UINT32_MAX ? model->keys[id] : no_key;
}

static void sift_down(uint64_t *heap, size_t count, size_t at)
{
    uint64_t moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && heap[child + 1] < heap[child];
        if (moved <= heap[child])
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void push(uint64_t *heap, size_t *count, uint64_t entry)
{
    size_t at = (*count)++;
    for (size_t parent; at > 0 && entry < heap[parent = (at - 1) / 2]; at = parent)
        heap[at] = heap[parent];
    heap[at] = entry;
}

/* Looks up the pair that begins with the symbol. */
static void refresh(const struct sp_bpe *model, struct memory *memory, size_t left, struct cy_str part, size_t *heap_count)
{
    memory->symbols[left].key = key_of(model, memory->symbols, left, part);
    if (memory->symbols[left].key != no_key)
        push(memory->heap, heap_count, (uint64_t)memory->symbols[left].key << 32 | left);
}

/* One symbol a character, and one behind them all. */
static size_t split(struct memory *memory, struct cy_str part)
{
    size_t count = 0;
    if (memory->capacity < part.size + 1) {
        memory->capacity = part.size + 1;
        memory->symbols = cy_realloc(memory->symbols, memory->capacity * sizeof *memory->symbols);
        memory->heap = cy_realloc(memory->heap, 3 * memory->capacity * sizeof *memory->heap); /* a merge takes one away and adds two */
    }
    for (const char *at = part.data, *end = part.data + part.size; at < end; count++) {
        memory->symbols[count] = (struct symbol){(uint32_t)(at - part.data), (uint32_t)count + 1, (uint32_t)count - 1, no_key};
        cy_utf8_decode(&at, end);
    }
    memory->symbols[count] = (struct symbol){.start = (uint32_t)part.size, .key = no_key};
    return count;
}

static void merge(const struct sp_bpe *model, struct memory *memory, struct cy_str part, struct cy_ids *ids)
{
    size_t count = split(memory, part), heap_count = 0;
    struct symbol *symbols = memory->symbols;
    uint64_t *heap = memory->heap;
    for (size_t i = 0; i < count; i++)
        refresh(model, memory, i, part, &heap_count);
    while (heap_count > 0) {
        const uint64_t entry = heap[0];
        const uint32_t left = (uint32_t)entry, right = symbols[left].next;
        heap[0] = heap[--heap_count];
        if (heap_count > 0)
            sift_down(heap, heap_count, 0);
        if (symbols[left].key != (uint32_t)(entry >> 32)) /* the pair was changed meanwhile */
            continue;
        symbols[right].key = no_key;
        symbols[left].next = symbols[right].next;
        if (symbols[left].next < count)
            symbols[symbols[left].next].previous = left;
        refresh(model, memory, left, part, &heap_count);
        if (left > 0)
            refresh(model, memory, symbols[left].previous, part, &heap_count);
    }
    const size_t before = ids->count;
    for (size_t i = 0; i < count; i = symbols[i].next) {
        uint32_t start = symbols[i].start, end = symbols[symbols[i].next].start;
        cy_sp_add(model->source, (struct cy_str){part.data + start, end - start}, before, ids);
    }
    if (memory->capacity > PARTS_KEPT) {
        free(memory->symbols);
        free(memory->heap);
        memory->symbols = NULL;
        memory->heap = NULL;
        memory->capacity = 0;
    }
}

/* ---- parts ---- */

static size_t joint_of(uint32_t left, uint32_t right)
{
    return (size_t)((left * UINT64_C(0x9E3779B97F4A7C15) ^ right * UINT64_C(0xC2B2AE3D27D4EB4F)) * UINT64_C(0x9E3779B97F4A7C15) >>
                    (64 - JOINT_BITS));
}

static bool are_joined(const struct sp_bpe *model, uint32_t left, uint32_t right)
{
    size_t joint = joint_of(left, right);
    return model->joints[joint / 64] >> (joint % 64) & 1;
}

/* Appends ids of a part; of unknown ones in a row, one is left. */
static void add_ids(const struct sp_bpe *model, const uint32_t *part, size_t count, size_t before, struct cy_ids *ids)
{
    size_t skip = count > 0 && part[0] == model->source->unknown && ids->count > before && ids->items[ids->count - 1] == part[0];
    cy_ids_reserve(ids, count);
    memcpy(ids->items + ids->count, part + skip, (count - skip) * sizeof *part);
    ids->count += count - skip;
}

static void encode_part(const struct sp_bpe *model, struct memory *memory, struct cy_str part, size_t before, struct cy_ids *ids)
{
    struct seen *seen = NULL;
    if (part.size == 0)
        return;
    if (part.size <= SEEN_BYTES) {
        seen = &memory->seen[cy_hash64(part, 0) & memory->seen_mask];
        if (seen->size == part.size && memcmp(seen->bytes, part.data, part.size) == 0) {
            add_ids(model, seen->ids, seen->id_count, before, ids);
            return;
        }
    }
    memory->part.count = 0;
    merge(model, memory, part, &memory->part);
    add_ids(model, memory->part.items, memory->part.count, before, ids);
    if (seen != NULL && memory->part.count <= SEEN_IDS) {
        seen->size = (uint8_t)part.size;
        seen->id_count = (uint8_t)memory->part.count;
        memcpy(seen->bytes, part.data, part.size);
        memcpy(seen->ids, memory->part.items, memory->part.count * sizeof *seen->ids);
    }
}

static void encode(const struct cy_token_model *self, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    const struct sp_bpe *model = (const struct sp_bpe *)self;
    struct memory *memory = cy_token_cache_memory(cache);
    const size_t before = ids->count;
    size_t start = 0, at = 0, user_defined;
    for (uint32_t previous = 0; at < piece.size;) {
        const char *next = piece.data + at;
        uint32_t point = cy_utf8_decode(&next, piece.data + piece.size);
        user_defined = cy_sp_match(model->source->matcher, piece, at);
        if (user_defined > 0 || (at > start && !are_joined(model, previous, point))) {
            encode_part(model, memory, (struct cy_str){piece.data + start, at - start}, before, ids);
            start = at;
        }
        if (user_defined > 0)
            cy_sp_add(model->source, (struct cy_str){piece.data + at, user_defined}, before, ids);
        at = user_defined > 0 ? at + user_defined : (size_t)(next - piece.data);
        start = user_defined > 0 ? at : start;
        previous = point;
    }
    encode_part(model, memory, (struct cy_str){piece.data + start, piece.size - start}, before, ids);
}

static void release(struct cy_token_model *self)
{
    free(((struct sp_bpe *)self)->joints);
}

/* ---- making ---- */

static void add_joints(struct sp_bpe *model, struct cy_str piece)
{
    const char *at = piece.data, *end = piece.data + piece.size;
    uint32_t previous = cy_utf8_decode(&at, end);
    while (at < end) {
        uint32_t point = cy_utf8_decode(&at, end);
        size_t joint = joint_of(previous, point);
        model->joints[joint / 64] |= UINT64_C(1) << (joint % 64);
        previous = point;
    }
}

/* Floats in descending order (-0 below 0) as rising integers. */
static uint32_t descending(float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits >> 31 ? bits : bits ^ 0x7FFFFFFF;
}

struct cy_token_model *cy_sp_bpe_new(const struct cy_sentencepiece *source, struct cy_arena *arena)
{
    struct sp_bpe *model = cy_arena_zero(arena, sizeof *model);
    model->base = (struct cy_token_model){.encode = encode, .memory_new = memory_new, .memory_free = memory_free, .release = release};
    model->source = source;
    model->keys = cy_arena_alloc(arena, source->pieces.count * sizeof *model->keys);
    model->joints = cy_alloc_zero((size_t)1 << (JOINT_BITS - 6), sizeof *model->joints);
    for (uint32_t id = 0; id < source->pieces.count; id++) {
        bool made = source->kinds[id] == CY_SP_NORMAL || source->kinds[id] == CY_SP_USER_DEFINED;
        model->keys[id] = made ? descending(source->scores[id]) : no_key;
        if (made)
            add_joints(model, cy_vocabulary_token(&source->pieces, id));
    }
    return &model->base;
}
