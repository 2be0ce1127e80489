/* The tables of a byte-level BPE, and how entries come into them (bpe.h says what they are). */
#include "token/bpe.h"

#include "base/hash.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    LARGE_PAGE = 2 << 20, /* bytes */
    AHEAD = 16            /* merges: so far ahead, a pair's place is asked of memory */
};

/* ---- tokens by their bytes ---- */

static unsigned bits_for(size_t count)
{
    unsigned bits = 4;
    while ((size_t)1 << bits < count)
        bits++;
    return bits;
}

uint32_t cy_bpe_find_long(const struct cy_bpe *bpe, struct cy_str piece)
{
    const size_t mask = ((size_t)1 << bpe->long_bits) - 1;
    for (size_t slot = cy_hash64(piece, 0) & mask;; slot = (slot + 1) & mask) {
        uint32_t id = bpe->long_tokens[slot];
        if (id == UINT32_MAX || cy_str_equal(cy_vocabulary_token(bpe->vocabulary, id), piece))
            return id;
    }
}

/* The key of a piece of at most CY_BPE_SHORT_BYTES bytes. */
static void short_key(struct cy_str piece, uint64_t *low, uint64_t *high)
{
    char bytes[16] = {0};
    memcpy(bytes, piece.data, piece.size);
    *low = cy_load_u64(bytes);
    *high = cy_load_u32(bytes + 8) | (uint64_t)piece.size << 32;
}

uint32_t cy_bpe_find(const struct cy_bpe *bpe, struct cy_str piece)
{
    uint64_t low, high;
    if (piece.size == 0)
        return UINT32_MAX;
    if (piece.size > CY_BPE_SHORT_BYTES)
        return cy_bpe_find_long(bpe, piece);
    short_key(piece, &low, &high);
    return cy_bpe_find_short(bpe, low, high, cy_bpe_hash(low, high));
}

bool cy_bpe_add_token(struct cy_bpe *bpe, uint32_t id)
{
    struct cy_str token = cy_vocabulary_token(bpe->vocabulary, id);
    uint64_t low, high;
    if (token.size > CY_BPE_SHORT_BYTES) {
        const size_t mask = ((size_t)1 << bpe->long_bits) - 1;
        size_t slot = cy_hash64(token, 0) & mask;
        for (; bpe->long_tokens[slot] != UINT32_MAX; slot = (slot + 1) & mask)
            if (cy_str_equal(cy_vocabulary_token(bpe->vocabulary, bpe->long_tokens[slot]), token))
                return false;
        bpe->long_tokens[slot] = id;
        return true;
    }
    short_key(token, &low, &high);
    const size_t mask = ((size_t)1 << bpe->short_bits) - 1;
    size_t slot = (size_t)(cy_bpe_hash(low, high) >> (64 - bpe->short_bits));
    for (; bpe->short_tokens[slot].high != 0; slot = (slot + 1) & mask)
        if (bpe->short_tokens[slot].low == low && ((bpe->short_tokens[slot].high ^ high) & 0xFFFFFFFFFu) == 0)
            return false;
    bpe->short_tokens[slot] = (struct cy_bpe_short){low, high | (uint64_t)id << 36};
    return true;
}

/* Room for so many tokens of each kind, half full at most. */
void cy_bpe_tokens_init(struct cy_bpe *bpe, size_t short_count, size_t long_count)
{
    bpe->short_bits = bits_for(2 * short_count);
    bpe->long_bits = bits_for(2 * long_count);
    bpe->short_tokens = cy_bpe_table_new(sizeof *bpe->short_tokens << bpe->short_bits);
    bpe->long_tokens = cy_alloc(sizeof *bpe->long_tokens << bpe->long_bits);
    memset(bpe->long_tokens, 0xFF, sizeof *bpe->long_tokens << bpe->long_bits);
}

/* ---- pairs ---- */

/* A table that is read all over the place: in large pages where the system has them, which saves most walks through page tables. */
void *cy_bpe_table_new(size_t size_bytes)
{
    void *made = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CY_ASSERT(made != MAP_FAILED);
    if (size_bytes >= LARGE_PAGE)
        madvise(made, size_bytes, MADV_HUGEPAGE); /* a wish: nothing depends on it */
    return made;
}

void cy_bpe_table_free(void *table, size_t size_bytes)
{
    if (table != NULL)
        munmap(table, size_bytes);
}

size_t cy_bpe_pairs_bytes(const struct cy_bpe *bpe)
{
    return ((size_t)CY_BPE_BUCKET << bpe->pair_bits) * sizeof *bpe->pairs;
}

void cy_bpe_pairs_init(struct cy_bpe *bpe, size_t count)
{
    bpe->pair_bits = bits_for(count / 4); /* half full at most */
    bpe->pairs = cy_bpe_table_new(cy_bpe_pairs_bytes(bpe));
    memset(bpe->pairs, 0xFF, cy_bpe_pairs_bytes(bpe));
}

/* A pair that is there already keeps the lower rank. */
void cy_bpe_add_pair(struct cy_bpe *bpe, uint32_t left, uint32_t right, uint32_t rank)
{
    const uint64_t pair = (uint64_t)left << 21 | right, mask = ((size_t)CY_BPE_BUCKET << bpe->pair_bits) - 1;
    size_t slot = cy_bpe_bucket(bpe, pair);
    while (bpe->pairs[slot] != UINT64_MAX && bpe->pairs[slot] >> 22 != pair)
        slot = (slot + 1) & mask;
    bpe->pairs[slot] = CY_MIN(bpe->pairs[slot], pair << 22 | rank);
}

/* The ranks of all pairs of bytes that are in the table now. */
void cy_bpe_byte_pairs_init(struct cy_bpe *bpe)
{
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++)
            bpe->byte_pairs[first << 8 | second] = cy_bpe_rank(bpe, bpe->byte_ids[first], bpe->byte_ids[second]);
}

/* ---- characters ---- */

void cy_bpe_unmade_leads_init(struct cy_bpe *bpe)
{
    for (uint32_t point = 0x800; point < 0x10000; point++)
        bpe->unmade_leads |= (uint32_t)(bpe->chars[point - 0x800] >> CY_BPE_CHAR_UNMADE & 1) << (point >> 12);
}

/* ---- pairs alone ---- */

/* A merge of two ids that stands twice counts where it stands last, as in Hugging Face's map. */
void cy_bpe_pairs_of_merges(struct cy_bpe *bpe, const struct cy_bpe_merge *merges, size_t count)
{
    cy_bpe_pairs_init(bpe, count);
    bpe->merged = cy_alloc((count + 1) * sizeof *bpe->merged);
    bpe->merged_count = count;
    for (size_t rank = count; rank-- > 0;) {
        if (rank >= AHEAD)
            __builtin_prefetch(&bpe->pairs[cy_bpe_bucket(bpe, (uint64_t)merges[rank - AHEAD].left << 21 | merges[rank - AHEAD].right)]);
        bpe->merged[rank] = merges[rank].merged;
        if (cy_bpe_rank(bpe, merges[rank].left, merges[rank].right) == CY_BPE_NONE)
            cy_bpe_add_pair(bpe, merges[rank].left, merges[rank].right, (uint32_t)rank);
    }
}

void cy_bpe_pairs_release(struct cy_bpe *bpe)
{
    cy_bpe_table_free(bpe->pairs, cy_bpe_pairs_bytes(bpe));
    free(bpe->merged);
}
