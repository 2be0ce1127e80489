/* Making the tables of a byte-level BPE (bpe.h says what they are). */
#include "token/bpe.h"

#include <stdlib.h>

/* What merging a token's bytes comes to: the ids, at most 64 of them written, and their number. */
static size_t merge_token(const struct cy_bpe *bpe, cy_bpe_merge_fn *merge, struct cy_bpe_heap *heap, struct cy_str token, uint32_t *ids,
                          struct cy_ids *many)
{
    if (token.size <= CY_BPE_PARTS_MAX) {
        for (size_t i = 0; i < token.size; i++)
            ids[i] = bpe->byte_ids[(uint8_t)token.data[i]];
        return merge(bpe, token.data, ids, token.size);
    }
    many->count = 0;
    cy_bpe_merge_piece(bpe, merge, heap, token, many);
    memcpy(ids, many->items, CY_MIN(many->count, (size_t)CY_BPE_PARTS_MAX) * sizeof *ids);
    return many->count;
}

/* Every split of a token into two tokens is a pair of its rank. */
static void add_splits(struct cy_bpe *bpe, struct cy_str token, uint32_t rank)
{
    for (size_t cut = 1; cut < token.size; cut++) {
        uint32_t left = cy_bpe_find(bpe, (struct cy_str){token.data, cut});
        uint32_t right = left == UINT32_MAX ? left : cy_bpe_find(bpe, (struct cy_str){token.data + cut, token.size - cut});
        if (right != UINT32_MAX)
            cy_bpe_add_pair(bpe, left, right, rank);
    }
}

/* order[0..count): the ids by rank; the rank in the tables is the place in it. Each token's pair is what the merges before it leave of its
 * bytes. Returns whether that was a pair for every token; if not, the table is not complete. */
static bool pairs_of_ranks(struct cy_bpe *bpe, const uint32_t *order, size_t count)
{
    cy_bpe_merge_fn *merge = cy_bpe_merge_parts();
    struct cy_bpe_heap heap = {0};
    struct cy_ids many = {0};
    uint32_t ids[CY_BPE_PARTS_MAX];
    bool all = true;
    cy_bpe_pairs_init(bpe, count);
    cy_bpe_byte_pairs_init(bpe);
    for (size_t rank = 0; rank < count && all; rank++) {
        struct cy_str token = cy_vocabulary_token(bpe->vocabulary, order[rank]);
        if (token.size < 2)
            continue;
        all = merge_token(bpe, merge, &heap, token, ids, &many) == 2;
        if (!all)
            break;
        cy_bpe_add_pair(bpe, ids[0], ids[1], (uint32_t)rank);
        if (token.size == 2)
            bpe->byte_pairs[(uint8_t)token.data[0] << 8 | (uint8_t)token.data[1]] = (uint32_t)rank;
    }
    cy_bpe_heap_release(&heap);
    cy_ids_release(&many);
    return all;
}

static void pairs_of_splits(struct cy_bpe *bpe, const uint32_t *order, size_t count)
{
    size_t split_count = 0;
    for (size_t rank = 0; rank < count; rank++)
        split_count += cy_vocabulary_token(bpe->vocabulary, order[rank]).size; /* more than there are: only half of them are pairs */
    cy_bpe_table_free(bpe->pairs, cy_bpe_pairs_bytes(bpe));
    cy_bpe_pairs_init(bpe, split_count);
    for (size_t rank = 0; rank < count; rank++)
        add_splits(bpe, cy_vocabulary_token(bpe->vocabulary, order[rank]), (uint32_t)rank);
    cy_bpe_byte_pairs_init(bpe);
}

static bool holds_chars(struct cy_str token)
{
    for (size_t i = 0; i < token.size; i++)
        if ((uint8_t)token.data[i] >= 0xE0)
            return true;
    return false;
}

/* Whether merges make every token that holds a character of three bytes. */
static bool makes_chars(const struct cy_bpe *bpe, const uint32_t *order, size_t count)
{
    cy_bpe_merge_fn *merge = cy_bpe_merge_parts();
    struct cy_bpe_heap heap = {0};
    struct cy_ids many = {0};
    uint32_t ids[CY_BPE_PARTS_MAX];
    bool all = true;
    for (size_t rank = 0; rank < count && all; rank++) {
        struct cy_str token = cy_vocabulary_token(bpe->vocabulary, order[rank]);
        all = !holds_chars(token) || (merge_token(bpe, merge, &heap, token, ids, &many) == 1 && ids[0] == order[rank]);
    }
    cy_bpe_heap_release(&heap);
    cy_ids_release(&many);
    return all;
}

/* ---- characters of three bytes ---- */

/* The lowest rank of a token that holds a part of a character and something beside it, by that part. */
struct crossing {
    uint32_t first[256], last[256];
    uint32_t *first_two, *last_two; /* [byte << 8 | byte] */
};

static void note(uint32_t *lowest, uint32_t rank)
{
    *lowest = CY_MIN(*lowest, rank);
}

static bool is_continuation(char byte)
{
    return ((uint8_t)byte & 0xC0) == 0x80;
}

static void note_token(struct crossing *crossing, struct cy_str token, uint32_t rank)
{
    const uint8_t *bytes = (const uint8_t *)token.data;
    size_t size = token.size;
    if (size >= 2 && is_continuation(token.data[0])) {
        if (!is_continuation(token.data[1]))
            note(&crossing->last[bytes[0]], rank);
        else if (size >= 3 && !is_continuation(token.data[2]))
            note(&crossing->last_two[bytes[0] << 8 | bytes[1]], rank);
    }
    if (size >= 2 && bytes[size - 1] >= 0xE0)
        note(&crossing->first[bytes[size - 1]], rank);
    if (size >= 3 && bytes[size - 2] >= 0xE0 && is_continuation(token.data[size - 1]))
        note(&crossing->first_two[bytes[size - 2] << 8 | bytes[size - 1]], rank);
}

/* The first ids of one character: its own merges, where all of them come before every merge of a part of it with something beside it. */
static uint64_t char_entry(const struct cy_bpe *bpe, const struct crossing *crossing, const uint8_t bytes[3])
{
    const uint64_t raw = (uint64_t)3 << CY_BPE_CHAR_COUNT;
    const uint32_t *id = bpe->byte_ids;
    uint32_t lowest = CY_MIN(crossing->first[bytes[0]], crossing->last[bytes[2]]);
    lowest = CY_MIN(lowest, crossing->first_two[bytes[0] << 8 | bytes[1]]);
    lowest = CY_MIN(lowest, crossing->last_two[bytes[1] << 8 | bytes[2]]);
    uint32_t front = bpe->byte_pairs[bytes[0] << 8 | bytes[1]], back = bpe->byte_pairs[bytes[1] << 8 | bytes[2]];
    uint32_t rank = CY_MIN(front, back);
    if (rank == CY_BPE_NONE || rank >= lowest)
        return raw;
    uint32_t left = front <= back ? cy_bpe_merged(bpe, front) : id[bytes[0]];
    uint32_t right = front <= back ? id[bytes[2]] : cy_bpe_merged(bpe, back);
    rank = cy_bpe_rank(bpe, left, right);
    if (rank == CY_BPE_NONE)
        return (uint64_t)2 << CY_BPE_CHAR_COUNT | (uint64_t)right << 21 | left;
    return rank < lowest ? (uint64_t)1 << CY_BPE_CHAR_COUNT | cy_bpe_merged(bpe, rank) : raw;
}

/* Notes which characters of three bytes a token may hold side by side. Of a boundary inside the token, three bytes on either side
 * count, or what the token has of them. */
static void note_crossing(struct cy_bpe *bpe, struct cy_str token)
{
    const uint8_t *bytes = (const uint8_t *)token.data;
    for (size_t cut = 1; cut < token.size; cut++) {
        if (bytes[cut] < 0xE0 || bytes[cut] > 0xEF || !is_continuation((char)bytes[cut - 1]))
            continue;
        size_t right_size = CY_MIN(token.size - cut, (size_t)3);
        bool left_part = cut < 3 && is_continuation((char)bytes[0]);
        uint32_t left = cut >= 3 ? cy_bpe_char_at(bytes + cut - 3, 3) : 0;
        uint32_t right = right_size == 3 ? cy_bpe_char_at(bytes + cut, 3) : 0;
        if ((left == 0 && !left_part) || (right_size == 3 && right == 0))
            continue; /* beside other characters */
        if (left > 0 && right > 0) {
            size_t bit = cy_bpe_crossing_bit(left, right);
            bpe->crossing[bit / 64] |= (uint64_t)1 << (bit % 64);
        } else if (left > 0) {
            bpe->chars[left - 0x800] |= (uint64_t)1 << CY_BPE_CHAR_OPEN;
        } else if (right > 0) {
            bpe->chars[right - 0x800] |= (uint64_t)1 << CY_BPE_CHAR_JOINS;
        } else { /* a part on either side: every character that begins so */
            uint32_t first = (bytes[cut] & 0xFu) << 12 | (right_size > 1 ? (bytes[cut + 1] & 0x3Fu) << 6 : 0);
            for (uint32_t point = CY_MAX(first, 0x800u); point < first + (right_size > 1 ? 64 : 4096); point++)
                bpe->chars[point - 0x800] |= (uint64_t)1 << CY_BPE_CHAR_JOINS;
        }
    }
}

/* The tokens that merges make, in the order of their ranks. Merging happens in that order where every pair has a higher rank than those
 * that its two tokens arise from; then the merges of lower rank inside a character come before those across its ends. `ordered`: so. */
static void chars_init(struct cy_bpe *bpe, const uint32_t *order, size_t count, bool ordered)
{
    struct crossing crossing;
    bpe->chars = cy_alloc(CY_BPE_CHARS * sizeof *bpe->chars);
    bpe->crossing = cy_alloc_zero((size_t)1 << (CY_BPE_CROSSING_BITS - 6), sizeof *bpe->crossing);
    crossing.first_two = cy_alloc(2 * 65536 * sizeof *crossing.first_two);
    crossing.last_two = crossing.first_two + 65536;
    memset(crossing.first, 0xFF, sizeof crossing.first);
    memset(crossing.last, 0xFF, sizeof crossing.last);
    memset(crossing.first_two, 0xFF, 2 * 65536 * sizeof *crossing.first_two);
    for (size_t rank = 0; rank < count; rank++)
        note_token(&crossing, cy_vocabulary_token(bpe->vocabulary, order[rank]), (uint32_t)rank);
    for (uint32_t point = 0x800; point < 0x10000; point++) {
        const uint8_t bytes[3] = {(uint8_t)(0xE0 | point >> 12), (uint8_t)(0x80 | (point >> 6 & 0x3F)), (uint8_t)(0x80 | (point & 0x3F))};
        bpe->chars[point - 0x800] = ordered ? char_entry(bpe, &crossing, bytes) : (uint64_t)3 << CY_BPE_CHAR_COUNT;
    }
    for (size_t rank = 0; rank < count; rank++)
        note_crossing(bpe, cy_vocabulary_token(bpe->vocabulary, order[rank]));
    free(crossing.first_two);
}

/* ---- all together ---- */

static void bpe_release(struct cy_token_model *model)
{
    struct cy_bpe *bpe = (struct cy_bpe *)model;
    free(bpe->byte_pairs);
    cy_bpe_table_free(bpe->pairs, cy_bpe_pairs_bytes(bpe));
    free(bpe->merged);
    cy_bpe_table_free(bpe->short_tokens, sizeof *bpe->short_tokens << bpe->short_bits);
    free(bpe->long_tokens);
    free(bpe->chars);
    free(bpe->crossing);
}

/* Every byte must be a token: what else would stand for it? */
static enum cy_status bytes_init(struct cy_bpe *bpe, const struct cy_bpe_source *source, struct cy_error *error)
{
    memset(bpe->byte_ids, 0xFF, sizeof bpe->byte_ids);
    for (uint32_t id = 0; id < source->vocabulary->count; id++) {
        struct cy_str token = cy_vocabulary_token(source->vocabulary, id);
        bool known = source->ranks != NULL ? source->ranks[id] != UINT32_MAX : source->is_added == NULL || !source->is_added[id];
        if (token.size == 1 && known && bpe->byte_ids[(uint8_t)token.data[0]] == UINT32_MAX)
            bpe->byte_ids[(uint8_t)token.data[0]] = id;
    }
    for (unsigned byte = 0; byte < 256; byte++)
        if (bpe->byte_ids[byte] == UINT32_MAX)
            return cy_error_set(error, CY_BAD_INPUT, "the vocabulary has no token for the byte 0x%02X", byte);
    return CY_OK;
}

struct ranked {
    uint32_t rank, id;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) : (x->id > y->id) - (x->id < y->id);
}

/* The ids that have a rank, in its order. */
static uint32_t *order_by_rank(const struct cy_bpe_source *source, size_t *count)
{
    size_t n = 0;
    struct ranked *ranked = cy_alloc((source->vocabulary->count + 1) * sizeof *ranked);
    bool sorted = true;
    for (uint32_t id = 0; id < source->vocabulary->count; id++) {
        if (source->ranks[id] == UINT32_MAX || cy_vocabulary_token(source->vocabulary, id).size == 0)
            continue;
        ranked[n] = (struct ranked){source->ranks[id], id};
        sorted = sorted && (n == 0 || ranked[n - 1].rank < ranked[n].rank);
        n++;
    }
    if (!sorted)
        qsort(ranked, n, sizeof *ranked, by_rank);
    uint32_t *order = cy_alloc((n + 1) * sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = ranked[i].id;
    free(ranked);
    *count = n;
    return order;
}

static enum cy_status ranks_init(struct cy_bpe *bpe, const struct cy_bpe_source *source, struct cy_error *error)
{
    size_t count, short_count = 0;
    uint32_t *order = order_by_rank(source, &count);
    for (size_t rank = 0; rank < count; rank++)
        short_count += cy_vocabulary_token(bpe->vocabulary, order[rank]).size <= CY_BPE_SHORT_BYTES;
    cy_bpe_tokens_init(bpe, short_count, count - short_count);
    bool identity = true;
    enum cy_status status = CY_OK;
    for (size_t rank = 0; rank < count; rank++) {
        if (!cy_bpe_add_token(bpe, order[rank])) {
            status = cy_error_set(error, CY_BAD_INPUT, "the bytes of token %u are those of token %u, too", order[rank],
                                  cy_bpe_find(bpe, cy_vocabulary_token(bpe->vocabulary, order[rank])));
            free(order);
            return status;
        }
        identity = identity && order[rank] == rank;
    }
    if (!identity) {
        bpe->merged = cy_alloc((count + 1) * sizeof *bpe->merged);
        bpe->merged_count = count;
        memcpy(bpe->merged, order, count * sizeof *order);
    }
    bool all_made = pairs_of_ranks(bpe, order, count);
    bpe->chars_made = true;
    if (!all_made) {
        pairs_of_splits(bpe, order, count);
        bpe->chars_made = makes_chars(bpe, order, count);
    }
    chars_init(bpe, order, count, all_made);
    free(order);
    return status;
}

/* ---- merges in their order ---- */

static enum cy_status check_merges(const struct cy_bpe_source *source, struct cy_error *error)
{
    if (source->merge_count >= CY_BPE_NONE)
        return cy_error_set(error, CY_BAD_INPUT, "the vocabulary has %zu merges; at most %d can be used", source->merge_count,
                            CY_BPE_NONE - 1);
    for (size_t i = 0; i < source->merge_count; i++) {
        const struct cy_bpe_merge *merge = &source->merges[i];
        size_t count = source->vocabulary->count;
        if (merge->left >= count || merge->right >= count || merge->merged >= count)
            return cy_error_set(error, CY_BAD_INPUT, "merge %zu names an id that is no token: %u and %u to %u of %zu", i, merge->left,
                                merge->right, merge->merged, count);
        struct cy_str left = cy_vocabulary_token(source->vocabulary, merge->left),
                      right = cy_vocabulary_token(source->vocabulary, merge->right);
        struct cy_str made = cy_vocabulary_token(source->vocabulary, merge->merged);
        if (made.size != left.size + right.size || !cy_str_starts(made, left) || !cy_str_ends(made, right))
            return cy_error_set(error, CY_BAD_INPUT, "merge %zu makes of %u and %u the token %u, which is not the two put together", i,
                                merge->left, merge->right, merge->merged);
    }
    return CY_OK;
}

/* The rank of the last merge that makes the token of its own bytes, CY_BPE_NONE when merges do not make it. */
static uint32_t last_merge(const struct cy_bpe *bpe, uint32_t id)
{
    struct cy_str token = cy_vocabulary_token(bpe->vocabulary, id);
    uint32_t ids[CY_BPE_PARTS_MAX], last = CY_BPE_NONE;
    size_t count = token.size;
    if (count > CY_BPE_PARTS_MAX)
        return CY_BPE_NONE;
    for (size_t i = 0; i < count; i++)
        ids[i] = bpe->byte_ids[(uint8_t)token.data[i]];
    while (count > 1) {
        size_t best = 0;
        last = CY_BPE_NONE;
        for (size_t i = 0; i + 1 < count; i++) {
            uint32_t rank = cy_bpe_rank(bpe, ids[i], ids[i + 1]);
            best = rank < last ? i : best;
            last = CY_MIN(rank, last);
        }
        if (last == CY_BPE_NONE)
            return CY_BPE_NONE;
        ids[best] = cy_bpe_merged(bpe, last);
        memmove(ids + best + 1, ids + best + 2, (count - best - 2) * sizeof *ids);
        count--;
    }
    return ids[0] == id ? last : CY_BPE_NONE;
}

static void all_merges_init(struct cy_bpe *bpe, const struct cy_bpe_source *source)
{
    cy_bpe_pairs_of_merges(bpe, source->merges, source->merge_count);
    cy_bpe_byte_pairs_init(bpe);
}

/* Only the pair that a token arises from when alone ever makes it (bpe.h says why), so that the others need not be in the table. Tokens of
 * more than CY_BPE_PARTS_MAX bytes keep all theirs. used[rank]: whether the merge is needed. */
static void used_merges_init(struct cy_bpe *bpe, const struct cy_bpe_source *source, const bool *used)
{
    cy_bpe_table_free(bpe->pairs, cy_bpe_pairs_bytes(bpe));
    cy_bpe_pairs_init(bpe, source->merge_count);
    for (size_t rank = source->merge_count; rank-- > 0;)
        if (used[rank] && cy_bpe_rank(bpe, source->merges[rank].left, source->merges[rank].right) == CY_BPE_NONE)
            cy_bpe_add_pair(bpe, source->merges[rank].left, source->merges[rank].right, (uint32_t)rank);
    cy_bpe_byte_pairs_init(bpe);
}

/* Whether no merge needed ranks below one that its tokens arise from. */
static bool is_ordered(const struct cy_bpe_source *source, const bool *used)
{
    uint32_t *made_at = cy_alloc_zero(source->vocabulary->count + 1, sizeof *made_at);
    bool ordered = true;
    for (size_t rank = 0; rank < source->merge_count; rank++)
        if (used[rank])
            made_at[source->merges[rank].merged] = (uint32_t)rank + 1;
    for (size_t rank = 0; rank < source->merge_count; rank++)
        ordered = ordered && (!used[rank] || (made_at[source->merges[rank].left] <= rank && made_at[source->merges[rank].right] <= rank));
    free(made_at);
    return ordered;
}

/* Marks the characters of a token that merges do not make; false when the token holds a part of one. */
static bool note_unmade(struct cy_bpe *bpe, struct cy_str token)
{
    const uint8_t *bytes = (const uint8_t *)token.data;
    for (size_t at = 0; at < token.size;) {
        uint32_t point = cy_bpe_char_at(bytes + at, token.size - at);
        if (point == 0 && bytes[at] >= 0xE0)
            return false;
        if (point > 0)
            bpe->chars[point - 0x800] |= (uint64_t)1 << CY_BPE_CHAR_UNMADE;
        at += point > 0 ? 3 : 1;
    }
    return true;
}

static void merges_init(struct cy_bpe *bpe, const struct cy_bpe_source *source)
{
    struct cy_ids unmade = {0};
    const struct cy_vocabulary *vocabulary = source->vocabulary;
    size_t short_count = 0, long_count = 0;
    bool *used = cy_alloc_zero(source->merge_count + 1, sizeof *used);
    all_merges_init(bpe, source);
    for (uint32_t id = 0; id < vocabulary->count; id++)
        *(cy_vocabulary_token(vocabulary, id).size <= CY_BPE_SHORT_BYTES ? &short_count : &long_count) += 1;
    cy_bpe_tokens_init(bpe, short_count, long_count);
    for (uint32_t id = 0; id < vocabulary->count; id++) {
        struct cy_str token = cy_vocabulary_token(vocabulary, id);
        if (token.size == 0 || (source->is_added != NULL && source->is_added[id]))
            continue;
        uint32_t rank = token.size > 1 ? last_merge(bpe, id) : CY_BPE_NONE;
        bool made = rank != CY_BPE_NONE || (token.size == 1 && bpe->byte_ids[(uint8_t)token.data[0]] == id);
        if (rank != CY_BPE_NONE)
            used[rank] = true;
        if ((made || source->whole_first) && cy_bpe_find(bpe, token) == UINT32_MAX)
            cy_bpe_add_token(bpe, id);
        if (!made && source->whole_first && holds_chars(token))
            cy_ids_add(&unmade, id);
    }
    uint32_t *order = cy_alloc((source->merge_count + 1) * sizeof *order);
    size_t order_count = 0;
    for (size_t rank = 0; rank < source->merge_count; rank++) {
        used[rank] = used[rank] || cy_vocabulary_token(vocabulary, source->merges[rank].merged).size > CY_BPE_PARTS_MAX;
        order[rank] = source->merges[rank].merged; /* those not used too, which only makes chars_init more careful */
        order_count++;
    }
    used_merges_init(bpe, source, used);
    chars_init(bpe, order, order_count, is_ordered(source, used));
    bpe->chars_made = unmade.count == 0;
    bpe->chars_told = true;
    for (size_t i = 0; i < unmade.count; i++)
        bpe->chars_told = note_unmade(bpe, cy_vocabulary_token(vocabulary, unmade.items[i])) && bpe->chars_told;
    cy_bpe_unmade_leads_init(bpe);
    cy_ids_release(&unmade);
    free(order);
    free(used);
}

enum cy_status cy_bpe_new(struct cy_token_model **model, const struct cy_bpe_source *source, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_bpe *bpe = cy_arena_zero(arena, sizeof *bpe);
    bpe->model = (struct cy_token_model){
        .encode = cy_bpe_encode,
        .encode_text = cy_bpe_encode_text,
        .memory_new = cy_bpe_memory_new,
        .memory_free = cy_bpe_memory_free,
        .release = bpe_release,
    };
    *model = NULL;
    bpe->vocabulary = source->vocabulary;
    bpe->whole_first = source->whole_first;
    bpe->byte_pairs = cy_alloc(65536 * sizeof *bpe->byte_pairs);
    enum cy_status status;
    if (cy_compiled_reads(source->compiled)) {
        status = cy_bpe_from_compiled(bpe, source->compiled, error);
    } else {
        status = bytes_init(bpe, source, error);
        if (status == CY_OK && source->ranks == NULL)
            status = check_merges(source, error);
        if (status == CY_OK && source->ranks != NULL)
            status = ranks_init(bpe, source, error);
        else if (status == CY_OK)
            merges_init(bpe, source);
    }
    if (status != CY_OK) {
        bpe_release(&bpe->model);
        return status;
    }
    cy_bpe_compile(bpe, source->compiled);
    *model = &bpe->model;
    return CY_OK;
}
