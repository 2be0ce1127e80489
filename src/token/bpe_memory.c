/* What a thread remembers of the pieces that it has seen. */
#include "token/bpe_piece.h"

#include "base/cpu.h"

#include <stdlib.h>

#define LOW_BYTES(n) ((n) == 0 ? 0 : ~(uint64_t)0 >> (64 - 8 * (n)) % 64)
const uint64_t cy_bpe_key_masks[CY_BPE_SEEN_BYTES + 1][2] = {
    {LOW_BYTES(0), 0},
    {LOW_BYTES(1), 0},
    {LOW_BYTES(2), 0},
    {LOW_BYTES(3), 0},
    {LOW_BYTES(4), 0},
    {LOW_BYTES(5), 0},
    {LOW_BYTES(6), 0},
    {LOW_BYTES(7), 0},
    {LOW_BYTES(8), 0},
    {LOW_BYTES(8), LOW_BYTES(1)},
    {LOW_BYTES(8), LOW_BYTES(2)},
    {LOW_BYTES(8), LOW_BYTES(3)},
    {LOW_BYTES(8), LOW_BYTES(4)},
    {LOW_BYTES(8), LOW_BYTES(5)},
    {LOW_BYTES(8), LOW_BYTES(6)},
    {LOW_BYTES(8), LOW_BYTES(7)},
    {LOW_BYTES(8), LOW_BYTES(8)},
};

/* ---- a thread's memory ---- */

void *cy_bpe_memory_new(const struct cy_token_model *model, size_t size_bytes_max)
{
    struct cy_bpe_memory *memory = cy_alloc_zero(1, sizeof *memory);
    (void)model;
    memory->merge = cy_bpe_merge_parts();
    memory->masks = cy_split_masks();
    memory->features = cy_cpu_features();
    size_t count = CY_BPE_SEEN_MIN; /* half of the memory for long pieces, half for the others */
    while (4 * count * sizeof *memory->seen <= size_bytes_max && count < CY_BPE_SEEN_MAX)
        count *= 2;
    memory->seen_long = cy_bpe_table_new(count / 4 * sizeof *memory->seen_long);
    memory->seen_long_mask = count / 4 - 1;
    memory->seen = cy_bpe_table_new(count * sizeof *memory->seen);
    memory->seen_mask = count - 1;
    return memory;
}

void cy_bpe_memory_free(void *self)
{
    struct cy_bpe_memory *memory = self;
    cy_bpe_heap_release(&memory->heap);
    cy_ids_release(&memory->ids);
    free(memory->ends.items);
    cy_bpe_table_free(memory->seen_long, (memory->seen_long_mask + 1) * sizeof *memory->seen_long);
    cy_bpe_table_free(memory->seen, (memory->seen_mask + 1) * sizeof *memory->seen);
    free(memory);
}

/* One of the other places, if the piece is there; else NULL. */
static const struct cy_bpe_seen *recall(const struct cy_bpe_memory *memory, const uint64_t key[2], size_t size, uint64_t hash)
{
    for (unsigned number = 1; number < 4; number++)
        if (cy_bpe_is_seen(cy_bpe_seen_place(memory, hash, number), key, size))
            return cy_bpe_seen_place(memory, hash, number);
    return NULL;
}

/* Takes the first free place, or that of another piece. */
static void remember(struct cy_bpe_memory *memory, const uint64_t key[2], size_t size, uint64_t hash, const uint32_t *ids, size_t count)
{
    unsigned number = 0;
    while (number < 4 && cy_bpe_seen_place(memory, hash, number)->ids[0] != 0)
        number++;
    struct cy_bpe_seen *place = cy_bpe_seen_place(memory, hash, number < 4 ? number : memory->replaced++ % 4);
    uint64_t id[CY_BPE_SEEN_IDS] = {0};
    for (size_t i = 0; i < count; i++)
        id[i] = ids[i];
    place->low = key[0];
    place->high = key[1];
    place->ids[0] = id[0] | id[1] << 32 | (uint64_t)size << CY_SEEN_SIZE | (uint64_t)count << CY_SEEN_COUNT;
    place->ids[1] = id[2] | id[3] << 32;
}

/* Appends the ids of a piece of at most CY_BPE_LONG_BYTES bytes that is in one of `places`; false when it is in none. */
static bool recall_long(const struct cy_bpe_seen_long *places, struct cy_str piece, const uint64_t key[2], struct cy_ids *ids)
{
    for (const struct cy_bpe_seen_long *place = places; place < places + CY_BPE_LONG_PLACES; place++) {
        if (place->key[0] != key[0] || place->key[1] != key[1] || place->size != piece.size ||
            memcmp(place->key, piece.data, piece.size) != 0)
            continue;
        cy_ids_reserve(ids, CY_BPE_LONG_IDS);
        memcpy(ids->items + ids->count, place->ids, sizeof place->ids);
        ids->count += place->count;
        return true;
    }
    return false;
}

/* Takes the first free place, or that of another piece. */
static void remember_long(struct cy_bpe_memory *memory, struct cy_bpe_seen_long *places, struct cy_str piece, const uint32_t *ids,
                          size_t count)
{
    unsigned number = 0;
    while (number < CY_BPE_LONG_PLACES && places[number].size != 0)
        number++;
    struct cy_bpe_seen_long *place = &places[number < CY_BPE_LONG_PLACES ? number : memory->replaced++ % CY_BPE_LONG_PLACES];
    memset(place->key, 0, sizeof place->key);
    memcpy(place->key, piece.data, piece.size);
    memcpy(place->ids, ids, count * sizeof *ids);
    place->size = (uint16_t)piece.size;
    place->count = (uint16_t)count;
}

/* Merges a piece, cut into parts where that makes less of it. */
static void merge_cut(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, struct cy_ids *ids)
{
    if (!cy_bpe_has_chars(piece.data, 0, piece.size)) {
        cy_bpe_merge_piece(bpe, memory->merge, &memory->heap, piece, ids);
        return;
    }
    for (size_t at = 0, next; at < piece.size; at = next) {
        next = cy_bpe_part_end(bpe, piece.data, at, piece.size);
        cy_bpe_merge_piece(bpe, memory->merge, &memory->heap, (struct cy_str){piece.data + at, next - at}, ids);
    }
}

/* A piece that is not in its first place: in another one, a token, remembered as a long one, or to be merged. */
void cy_bpe_encode_far(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, const uint64_t key[2], uint64_t hash,
                       struct cy_ids *ids)
{
    const bool is_short = piece.size <= CY_BPE_SEEN_BYTES;
    const struct cy_bpe_seen *seen = is_short ? recall(memory, key, piece.size, hash) : NULL;
    if (seen != NULL) {
        cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
        cy_bpe_seen_ids(seen, ids->items + ids->count);
        ids->count += cy_bpe_seen_count(seen);
        return;
    }
    uint32_t id = is_short ? cy_bpe_find(bpe, piece) : UINT32_MAX;
    struct cy_bpe_seen_long *places = NULL;
    if (id == UINT32_MAX && piece.size > CY_BPE_SEEN_IDS && piece.size <= CY_BPE_LONG_BYTES) {
        places = cy_bpe_long_places(memory, hash);
        if (recall_long(places, piece, key, ids))
            return;
    }
    size_t before = ids->count;
    if (!is_short)
        id = cy_bpe_find(bpe, piece);
    if (id != UINT32_MAX)
        cy_ids_add(ids, id);
    else
        merge_cut(bpe, memory, piece, ids);
    size_t count = ids->count - before;
    if (is_short && count <= CY_BPE_SEEN_IDS)
        remember(memory, key, piece.size, hash, ids->items + before, count);
    else if (places != NULL && count <= CY_BPE_LONG_IDS)
        remember_long(memory, places, piece, ids->items + before, count);
}

void cy_bpe_encode(const struct cy_token_model *model, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    struct cy_bpe_memory *memory = cy_token_cache_memory(cache);
    uint64_t key[2];
    cy_bpe_piece_key(piece, 0, piece.size, key);
    uint64_t hash = cy_bpe_piece_hash(piece, 0, piece.size, key);
    const struct cy_bpe_seen *seen = cy_bpe_seen_place(memory, hash, 0);
    if (!cy_bpe_is_seen(seen, key, piece.size)) {
        cy_bpe_encode_far((const struct cy_bpe *)model, memory, piece, key, hash, ids);
        return;
    }
    cy_ids_reserve(ids, CY_BPE_SEEN_IDS);
    cy_bpe_seen_ids(seen, ids->items + ids->count);
    ids->count += cy_bpe_seen_count(seen);
}
