/* Byte-level BPE inside: the tables that loading makes, and merging over them.
 *
 *     piece ─▶ is it a token? (short_tokens, long_tokens) ─▶ was it seen? (the thread's memory) ─▶ first ids (bytes, characters) ─▶ merges
 *
 * Pairs are pairs of ids, never strings. tiktoken merges by the rank of the two tokens' bytes put together; where every token is what
 * merging its own bytes gives, each token arises from one pair alone: its bytes lie between the same two boundaries as in the token alone,
 * so the same merges have happened there. Where a vocabulary has a token for which that is not so, every split of every token into two
 * tokens is a pair, which is tiktoken's rule by definition. */
#ifndef CY_TOKEN_BPE_H
#define CY_TOKEN_BPE_H

#include "kernels/split_masks.h"
#include "token/compiled.h"
#include "token/tokenizer_parts.h"

enum {
    CY_BPE_NONE = (1 << 22) - 1,   /* no rank: the pair does not merge */
    CY_BPE_BUCKET = 8,             /* pairs a bucket: one cache line */
    CY_BPE_SHORT_BYTES = 12,       /* the longest token in short_tokens */
    CY_BPE_PARTS_MAX = 64,         /* first ids that merge in registers; more go to the heap */
    CY_BPE_HEAP_KEPT = 1 << 14,    /* parts: a thread keeps 640 KB of heap at most between pieces */
    CY_BPE_CROSSING_BITS = 19,     /* log2 of the bits of `crossing`: 64 KB; o200k_base sets 3 % of them */
    CY_BPE_CHARS = 0x10000 - 0x800 /* code points of three bytes */
};

/* A token of at most CY_BPE_SHORT_BYTES bytes: low holds the first eight (zeros behind), high the next four, then the size in bits 32 to 35
 * and the id from bit 36 on. Size 0: free. */
struct cy_bpe_short {
    uint64_t low, high;
};

struct cy_bpe {
    struct cy_token_model model;
    const struct cy_vocabulary *vocabulary;
    bool whole_first;
    bool chars_made; /* merges make every token that holds a character of three bytes, or pieces are not looked up whole */
    bool chars_told; /* where not: those tokens' characters have CY_BPE_CHAR_UNMADE, and a piece without one may be cut */
    uint32_t byte_ids[256];
    uint32_t *byte_pairs; /* [first << 8 | second] → rank of that pair of bytes */
    uint64_t *pairs;      /* buckets: left << 43 | right << 22 | rank; UINT64_MAX: free */
    unsigned pair_bits;   /* log2 of the number of buckets */
    uint32_t *merged;     /* rank → the id that the pair becomes; NULL: the rank itself */
    size_t merged_count;
    struct cy_bpe_short *short_tokens;
    unsigned short_bits;
    uint32_t *long_tokens; /* ids of longer tokens, open addressing by cy_hash64; UINT32_MAX: free */
    unsigned long_bits;
    uint64_t
        *chars; /* [code point - 0x800] → first ids of a character of three bytes: one or two of 21 bits, enum cy_bpe_char above them */
    uint64_t *crossing;    /* a set of pairs of such characters, by hash: those that a token may hold side by side */
    uint32_t unmade_leads; /* bit b: a character that begins with the byte 0xE0 + b has CY_BPE_CHAR_UNMADE */
};

enum cy_bpe_char {
    CY_BPE_CHAR_COUNT = 62,  /* two bits: how many first ids; 3: its bytes */
    CY_BPE_CHAR_OPEN = 61,   /* a token holds it and then a part of a character */
    CY_BPE_CHAR_UNMADE = 59, /* it stands in a token that merges do not make (llama3 has 48, Vietnamese) */
    CY_BPE_CHAR_JOINS = 60,  /* a token holds a part of a character and then it, or a part of it */
};

static inline size_t cy_bpe_crossing_bit(uint32_t left, uint32_t right)
{
    return (left << 16 | right) * 0x9E3779B1u >> (32 - CY_BPE_CROSSING_BITS);
}

/* The code point of the character of three bytes at `at`, whose entry in bpe->chars exists; 0 when there is none, or when what stands
 * behind it is no beginning of a character. */
static inline uint32_t cy_bpe_char_at(const uint8_t *at, size_t left)
{
    if (left < 3 || at[0] < 0xE0 || at[0] > 0xEF || (at[1] & 0xC0) != 0x80 || (at[2] & 0xC0) != 0x80 ||
        (left > 3 && (at[3] & 0xC0) == 0x80))
        return 0;
    uint32_t point = (at[0] & 0xFu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    return point >= 0x800 ? point : 0;
}

/* Whether some token may lie across the boundary between two characters of three bytes, whose entries are given. If none does, no merge
 * does, and the two sides have nothing to do with each other. May say yes where the answer is no. */
static inline bool cy_bpe_crosses(const struct cy_bpe *bpe, uint32_t left, uint64_t left_entry, uint32_t right, uint64_t right_entry)
{
    size_t bit = cy_bpe_crossing_bit(left, right);
    return ((bpe->crossing[bit / 64] >> (bit % 64)) | (left_entry >> CY_BPE_CHAR_OPEN) | (right_entry >> CY_BPE_CHAR_JOINS)) & 1;
}

static inline uint32_t cy_bpe_merged(const struct cy_bpe *bpe, uint32_t rank)
{
    return bpe->merged != NULL ? bpe->merged[rank] : rank;
}

static inline size_t cy_bpe_bucket(const struct cy_bpe *bpe, uint64_t pair)
{
    return (size_t)(pair * 0x9E3779B97F4A7C15u >> (64 - bpe->pair_bits)) * CY_BPE_BUCKET;
}

/* The rank of the pair, CY_BPE_NONE when it does not merge. */
static inline uint32_t cy_bpe_rank(const struct cy_bpe *bpe, uint32_t left, uint32_t right)
{
    const uint64_t pair = (uint64_t)left << 21 | right, mask = ((size_t)CY_BPE_BUCKET << bpe->pair_bits) - 1;
    for (size_t slot = cy_bpe_bucket(bpe, pair);; slot = (slot + 1) & mask) {
        uint64_t entry = bpe->pairs[slot];
        if (entry >> 22 == pair)
            return (uint32_t)entry & CY_BPE_NONE;
        if (entry == UINT64_MAX)
            return CY_BPE_NONE;
    }
}

/* Memory for a large table, all zeros, at a cache line at least. */
void *cy_bpe_table_new(size_t size_bytes);
void cy_bpe_table_free(void *table, size_t size_bytes); /* NULL: nothing */

/* ---- filling the tables ---- */

void cy_bpe_tokens_init(struct cy_bpe *bpe, size_t short_count, size_t long_count); /* room for so many tokens of each kind */
bool cy_bpe_add_token(struct cy_bpe *bpe, uint32_t id);   /* false, and nothing added: its bytes are there already */
void cy_bpe_pairs_init(struct cy_bpe *bpe, size_t count); /* room for so many pairs */
void cy_bpe_add_pair(struct cy_bpe *bpe, uint32_t left, uint32_t right, uint32_t rank);
void cy_bpe_unmade_leads_init(struct cy_bpe *bpe); /* from `chars` */
void cy_bpe_byte_pairs_init(struct cy_bpe *bpe);   /* from all pairs that are in the table now */
size_t cy_bpe_pairs_bytes(const struct cy_bpe *bpe);

/* ---- the compiled form (compiled.h): CY_COMPILED_BPE_HEAD and what follows it ---- */

void cy_bpe_compile(const struct cy_bpe *bpe, struct cy_compiled *compiled);
/* Fills the tables; bpe->vocabulary is set. CY_BAD_INPUT when anything in the parts is impossible; bpe is to be released then as well. */
enum cy_status cy_bpe_from_compiled(struct cy_bpe *bpe, const struct cy_compiled *compiled, struct cy_error *error);

/* ---- tokens by their bytes ---- */

static inline uint64_t cy_bpe_hash(uint64_t low, uint64_t high)
{
    __uint128_t product = (__uint128_t)(low ^ 0x9E3779B97F4A7C15u) * (high ^ 0xC2B2AE3D27D4EB4Fu);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The id of the token with this key (high: four bytes and the size), UINT32_MAX when it is none. */
static inline uint32_t cy_bpe_find_short(const struct cy_bpe *bpe, uint64_t low, uint64_t high, uint64_t hash)
{
    const size_t mask = ((size_t)1 << bpe->short_bits) - 1;
    for (size_t slot = (size_t)(hash >> (64 - bpe->short_bits));; slot = (slot + 1) & mask) {
        const struct cy_bpe_short *token = &bpe->short_tokens[slot];
        if (token->low == low && ((token->high ^ high) & 0xFFFFFFFFFu) == 0)
            return (uint32_t)(token->high >> 36);
        if (token->high == 0)
            return UINT32_MAX;
    }
}
uint32_t cy_bpe_find_long(const struct cy_bpe *bpe, struct cy_str piece);
/* The id of the token with these bytes, of any size; UINT32_MAX when it is none or merges do not make it (unless whole_first). */
uint32_t cy_bpe_find(const struct cy_bpe *bpe, struct cy_str piece);

/* ---- merging ---- */

/* Memory of the heap, grown as needed. */
struct cy_bpe_heap {
    uint64_t *entries;
    uint32_t *ids, *ranks, *next, *previous;
    size_t capacity; /* parts */
};
void cy_bpe_heap_release(struct cy_bpe_heap *heap);

/* Merges ids[0..count), count ≤ CY_BPE_PARTS_MAX, in place and returns how many are left. bytes: where the ids are those of so many bytes,
 * the bytes; else NULL. The variants' definition is the scalar one. */
typedef size_t cy_bpe_merge_fn(const struct cy_bpe *bpe, const char *bytes, uint32_t *ids, size_t count);
struct cy_bpe_merge_variant {
    const char *name;
    unsigned needs;
    cy_bpe_merge_fn *run;
};
enum { CY_BPE_MERGE_VARIANTS = 2 };
extern const struct cy_bpe_merge_variant cy_bpe_merge_variants[CY_BPE_MERGE_VARIANTS]; /* best first, the definition last */
cy_bpe_merge_fn *cy_bpe_merge_parts(void);

/* The ids of a piece by merges alone, appended to *ids. O(n log n). */
void cy_bpe_merge_piece(const struct cy_bpe *bpe, cy_bpe_merge_fn *merge, struct cy_bpe_heap *heap, struct cy_str piece,
                        struct cy_ids *ids);

/* The same from given first ids. */
void cy_bpe_merge_ids(const struct cy_bpe *bpe, cy_bpe_merge_fn *merge, struct cy_bpe_heap *heap, const uint32_t *first, size_t count,
                      struct cy_ids *ids);

/* ---- pairs alone, for a model whose first ids are not bytes ---- */

/* Fills bpe->pairs and bpe->merged with checked merges; of two of one pair the last counts. */
void cy_bpe_pairs_of_merges(struct cy_bpe *bpe, const struct cy_bpe_merge *merges, size_t count);
void cy_bpe_pairs_release(struct cy_bpe *bpe);

/* ---- a thread's memory ---- */

/* A piece seen before: at most 16 bytes and four ids. */
struct cy_bpe_seen {
    uint64_t low, high; /* the bytes, zeros behind */
    uint64_t ids[2];    /* two ids each, of 21 bits at bit 0 and bit 32; in ids[0] the size in bytes from bit 21 on (0: free) and the number
                           of ids from bit 53 on */
};
enum { CY_BPE_SEEN_IDS = 4, CY_BPE_SEEN_BYTES = 16, CY_BPE_SEEN_MIN = 1 << 10, CY_BPE_SEEN_MAX = 1 << 20 };

/* A piece seen before that is longer or has more ids: 5 to 64 bytes, at most 15 ids; two cache lines. */
struct cy_bpe_seen_long {
    uint64_t key[8]; /* the bytes, zeros behind */
    uint16_t size;   /* in bytes; 0: free */
    uint16_t count;
    uint32_t ids[15];
};
enum { CY_BPE_LONG_IDS = 15, CY_BPE_LONG_BYTES = 64, CY_BPE_LONG_PLACES = 4 };

struct cy_bpe_memory {
    cy_bpe_merge_fn *merge;
    cy_split_masks_fn *masks;
    unsigned features; /* enum cy_cpu_feature */
    struct cy_bpe_heap heap;
    struct cy_bpe_seen *seen;
    uint64_t seen_mask; /* their number less one */
    struct cy_bpe_seen_long *seen_long;
    uint64_t seen_long_mask; /* their number less one */
    unsigned replaced;       /* counts up: which of a piece's places is the next to be taken from another one */
    struct cy_ids ids;       /* of one piece, when only counting */
    struct cy_piece_ends ends;
};
void *cy_bpe_memory_new(const struct cy_token_model *model, size_t size_bytes_max);
void cy_bpe_memory_free(void *memory);

/* Appends the ids of a piece that is not in its first place, and remembers them. */
void cy_bpe_encode_far(const struct cy_bpe *bpe, struct cy_bpe_memory *memory, struct cy_str piece, const uint64_t key[2], uint64_t hash,
                       struct cy_ids *ids);
void cy_bpe_encode(const struct cy_token_model *model, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids);
size_t cy_bpe_encode_text(const struct cy_token_model *model, const struct cy_splitter *splitter, struct cy_token_cache *cache,
                          struct cy_str text, struct cy_ids *ids);

#endif
