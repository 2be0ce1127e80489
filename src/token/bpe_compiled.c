/* The tables of a byte-level BPE as parts of a compiled form: the entries of each hash table in the order of its slots, so that filling it
 * again goes through memory from one end to the other. */
#include "token/bpe.h"

#include <stdlib.h>

struct head {
    uint32_t byte_ids[256];
    uint32_t chars_made;  /* bit 0; bit 1: chars_told */
    uint32_t short_count; /* of CY_COMPILED_TOKENS: the first so many have CY_BPE_SHORT_BYTES bytes at most */
};
enum { CROSSING_WORDS = 1 << (CY_BPE_CROSSING_BITS - 6) };

/* ---- out of the tables ---- */

static void compile_pairs(const struct cy_bpe *bpe, struct cy_compiled *compiled)
{
    const size_t slot_count = (size_t)CY_BPE_BUCKET << bpe->pair_bits;
    uint64_t *pairs = cy_alloc(slot_count * sizeof *pairs);
    size_t count = 0;
    for (size_t slot = 0; slot < slot_count; slot++)
        if (bpe->pairs[slot] != UINT64_MAX)
            pairs[count++] = bpe->pairs[slot];
    cy_compiled_add(compiled, CY_COMPILED_PAIRS, pairs, count * sizeof *pairs);
    free(pairs);
}

static size_t compile_tokens(const struct cy_bpe *bpe, struct cy_compiled *compiled)
{
    const size_t short_slots = (size_t)1 << bpe->short_bits, long_slots = (size_t)1 << bpe->long_bits;
    uint32_t *tokens = cy_alloc((short_slots + long_slots) * sizeof *tokens);
    size_t count = 0, short_count;
    for (size_t slot = 0; slot < short_slots; slot++)
        if (bpe->short_tokens[slot].high != 0)
            tokens[count++] = (uint32_t)(bpe->short_tokens[slot].high >> 36);
    short_count = count;
    for (size_t slot = 0; slot < long_slots; slot++)
        if (bpe->long_tokens[slot] != UINT32_MAX)
            tokens[count++] = bpe->long_tokens[slot];
    cy_compiled_add(compiled, CY_COMPILED_TOKENS, tokens, count * sizeof *tokens);
    free(tokens);
    return short_count;
}

void cy_bpe_compile(const struct cy_bpe *bpe, struct cy_compiled *compiled)
{
    struct head head = {.chars_made = bpe->chars_made | (uint32_t)bpe->chars_told << 1};
    if (compiled == NULL || compiled->reads)
        return;
    compile_pairs(bpe, compiled);
    head.short_count = (uint32_t)compile_tokens(bpe, compiled);
    memcpy(head.byte_ids, bpe->byte_ids, sizeof head.byte_ids);
    cy_compiled_add(compiled, CY_COMPILED_BPE_HEAD, &head, sizeof head);
    if (bpe->merged != NULL)
        cy_compiled_add(compiled, CY_COMPILED_MERGED, bpe->merged, bpe->merged_count * sizeof *bpe->merged);
    cy_compiled_add(compiled, CY_COMPILED_CHARS, bpe->chars, CY_BPE_CHARS * sizeof *bpe->chars);
    cy_compiled_add(compiled, CY_COMPILED_CROSSING, bpe->crossing, CROSSING_WORDS * sizeof *bpe->crossing);
    compiled->complete = true;
}

/* ---- into the tables ---- */

static bool are_ids(const uint32_t *ids, size_t count, size_t id_count)
{
    uint32_t highest = 0;
    for (size_t i = 0; i < count; i++)
        highest = CY_MAX(highest, ids[i]);
    return highest < id_count;
}

static enum cy_status read_head(struct cy_bpe *bpe, const struct cy_compiled *compiled, struct head *head, struct cy_error *error)
{
    const void *data;
    size_t count;
    enum cy_status status = cy_compiled_get(compiled, CY_COMPILED_BPE_HEAD, sizeof *head, &data, &count, error);
    if (status != CY_OK)
        return status;
    memcpy(head, data, sizeof *head);
    if (count != 1 || head->chars_made > 3 || !are_ids(head->byte_ids, 256, bpe->vocabulary->count))
        return cy_compiled_damaged("a head", error);
    bpe->chars_made = (head->chars_made & 1) != 0;
    bpe->chars_told = head->chars_made >> 1 != 0;
    memcpy(bpe->byte_ids, head->byte_ids, sizeof bpe->byte_ids);
    return CY_OK;
}

static enum cy_status read_tokens(struct cy_bpe *bpe, const struct cy_compiled *compiled, size_t short_count, struct cy_error *error)
{
    const void *data;
    size_t count;
    enum cy_status status = cy_compiled_get(compiled, CY_COMPILED_TOKENS, sizeof(uint32_t), &data, &count, error);
    if (status != CY_OK)
        return status;
    const uint32_t *ids = data;
    if (short_count > count || !are_ids(ids, count, bpe->vocabulary->count))
        return cy_compiled_damaged("tokens", error);
    cy_bpe_tokens_init(bpe, short_count, count - short_count);
    for (size_t i = 0; i < count; i++) {
        size_t size = cy_vocabulary_token(bpe->vocabulary, ids[i]).size;
        if (size == 0 || (size <= CY_BPE_SHORT_BYTES) != (i < short_count) || !cy_bpe_add_token(bpe, ids[i]))
            return cy_compiled_damaged("tokens", error);
    }
    return CY_OK;
}

static enum cy_status read_pairs(struct cy_bpe *bpe, const struct cy_compiled *compiled, struct cy_error *error)
{
    const void *data;
    size_t count, rank_count = bpe->vocabulary->count;
    if (compiled->parts[CY_COMPILED_MERGED].size > 0) {
        enum cy_status status = cy_compiled_get(compiled, CY_COMPILED_MERGED, sizeof *bpe->merged, &data, &rank_count, error);
        if (status != CY_OK || !are_ids(data, rank_count, bpe->vocabulary->count))
            return cy_compiled_damaged("merges", error);
        bpe->merged = cy_alloc(rank_count * sizeof *bpe->merged);
        bpe->merged_count = rank_count;
        memcpy(bpe->merged, data, rank_count * sizeof *bpe->merged);
    }
    enum cy_status status = cy_compiled_get(compiled, CY_COMPILED_PAIRS, sizeof *bpe->pairs, &data, &count, error);
    if (status != CY_OK)
        return status;
    const uint64_t *pairs = data;
    cy_bpe_pairs_init(bpe, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t rank = (uint32_t)pairs[i] & CY_BPE_NONE;
        if (rank >= rank_count)
            return cy_compiled_damaged("merges", error);
        cy_bpe_add_pair(bpe, (uint32_t)(pairs[i] >> 43), (uint32_t)(pairs[i] >> 22) & CY_TOKEN_ID_MAX, rank);
    }
    cy_bpe_byte_pairs_init(bpe);
    return CY_OK;
}

static enum cy_status read_chars(struct cy_bpe *bpe, const struct cy_compiled *compiled, struct cy_error *error)
{
    const void *chars, *crossing;
    size_t chars_count, crossing_count;
    uint64_t highest = 0;
    if (cy_compiled_get(compiled, CY_COMPILED_CHARS, sizeof *bpe->chars, &chars, &chars_count, error) != CY_OK ||
        cy_compiled_get(compiled, CY_COMPILED_CROSSING, sizeof *bpe->crossing, &crossing, &crossing_count, error) != CY_OK)
        return CY_BAD_INPUT;
    if (chars_count != CY_BPE_CHARS || crossing_count != CROSSING_WORDS)
        return cy_compiled_damaged("characters", error);
    bpe->chars = cy_alloc(CY_BPE_CHARS * sizeof *bpe->chars);
    bpe->crossing = cy_alloc(CROSSING_WORDS * sizeof *bpe->crossing);
    memcpy(bpe->chars, chars, CY_BPE_CHARS * sizeof *bpe->chars);
    memcpy(bpe->crossing, crossing, CROSSING_WORDS * sizeof *bpe->crossing);
    for (size_t i = 0; i < CY_BPE_CHARS; i++) {
        uint64_t entry = bpe->chars[i];
        if (entry >> CY_BPE_CHAR_COUNT == 0) /* no first id: the character would be lost */
            return cy_compiled_damaged("characters", error);
        if (entry >> CY_BPE_CHAR_COUNT < 3)
            highest = CY_MAX(highest, CY_MAX(entry & CY_TOKEN_ID_MAX, entry >> 21 & CY_TOKEN_ID_MAX));
    }
    cy_bpe_unmade_leads_init(bpe);
    return highest < bpe->vocabulary->count ? CY_OK : cy_compiled_damaged("characters", error);
}

enum cy_status cy_bpe_from_compiled(struct cy_bpe *bpe, const struct cy_compiled *compiled, struct cy_error *error)
{
    struct head head;
    enum cy_status status = read_head(bpe, compiled, &head, error);
    if (status == CY_OK)
        status = read_tokens(bpe, compiled, head.short_count, error);
    if (status == CY_OK)
        status = read_pairs(bpe, compiled, error);
    return status == CY_OK ? read_chars(bpe, compiled, error) : status;
}
