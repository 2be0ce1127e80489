/* The parts of a tokenizer, for those who load one: a loader fills struct cy_tokenizer and calls cy_tokenizer_finish.
 *
 *     added tokens ─▶ normalizer ─▶ splitter ─▶ model          decoder
 *
 * Every part is a struct that begins with its functions; it lives in the tokenizer's arena, and `release` frees what else it holds. All
 * of them are read-only after loading: what changes while encoding stands in the cache. */
#ifndef CY_TOKEN_TOKENIZER_PARTS_H
#define CY_TOKEN_TOKENIZER_PARTS_H

#include "token/tokenizer.h"

/* No id is larger: a file that names a larger one is refused before anything is sized by it. The largest vocabularies have 262,144 ids; two
 * ids and a rank fit 64 bits so. */
enum { CY_TOKEN_ID_MAX = (1 << 21) - 1 };
/* A token's bytes; the longest of known vocabularies has 512 (o200k has 128). */
enum { CY_TOKEN_BYTES_MAX = 65535 };

/* A file's bytes; the largest known one, gemma3's, has 34 MB. */
enum { CY_TOKEN_FILE_BYTES_MAX = 512 << 20 };

/* ---- ids and bytes ---- */

/* id → bytes. `ends[id]`: offset in `bytes` behind the token; its beginning is where the one before ends. */
struct cy_vocabulary {
    const char *bytes;
    const uint32_t *ends;
    size_t count; /* ids */
};
static inline struct cy_str cy_vocabulary_token(const struct cy_vocabulary *vocabulary, uint32_t id)
{
    uint32_t start = id > 0 ? vocabulary->ends[id - 1] : 0;
    return (struct cy_str){vocabulary->bytes + start, vocabulary->ends[id] - start};
}

/* A token that is found in the text before anything else happens to it. */
struct cy_added_token {
    struct cy_str text;
    uint32_t id;
    bool special;
    bool left_strip, right_strip; /* it takes the white space beside it along */
    bool single_word;             /* only between characters that are no word characters */
    bool normalized;              /* looked for in the normalized text (Hugging Face), not in the raw one */
};

/* ---- normalizer ---- */

struct cy_token_normalizer {
    /* Appends the normalized text to *out, which is empty. first: the text begins the input (not: follows an added token). */
    void (*run)(const struct cy_token_normalizer *self, struct cy_str text, bool first, struct cy_buffer *out);
    /* Whether what the normalized text begins with does not come from the text's first character; NULL: nobody asks. */
    bool (*loses_start)(const struct cy_token_normalizer *self, struct cy_str text);
    void (*release)(struct cy_token_normalizer *self); /* NULL: nothing beyond the arena */
};

/* ---- splitter ---- */

/* Where pieces end: offsets into the text, rising; the last is the text's size. */
struct cy_piece_ends {
    uint32_t *items;
    size_t count;
    size_t capacity;
};
void cy_piece_ends_add(struct cy_piece_ends *ends, uint32_t end);

struct cy_splitter {
    /* Appends the ends of the pieces of `text` (not empty, at most CY_SPLIT_BYTES_MAX bytes). NULL: the whole text is one piece. */
    void (*run)(const struct cy_splitter *self, struct cy_str text, struct cy_piece_ends *ends);
    void (*release)(struct cy_splitter *self);
};
enum { CY_SPLIT_BYTES_MAX = 0x7fffffff };

/* The splitter of a pattern as tiktoken's pat_str and Hugging Face's Split (behaviour Isolated) and ByteLevel write it: a scanner of our
 * own where the pattern is known, else PCRE2 with our Unicode classes. Owned by arena, release to be called. CY_BAD_INPUT with PCRE2's
 * reason when it is no pattern. */
enum cy_status cy_splitter_new(struct cy_splitter **splitter, struct cy_str pattern, struct cy_arena *arena, struct cy_error *error);
/* Each splitter cuts the pieces of the one before (Hugging Face's Sequence). */
struct cy_splitter *cy_splitter_sequence(struct cy_splitter **splitters, size_t count, struct cy_arena *arena);

/* ---- cutter ---- */

/* What cuts a text and changes or drops some of the pieces, where a splitter, which only cuts, will not do. */
struct cy_token_cutter {
    /* Appends what the model is to see to *out and the ends of its pieces in *out to *ends; both are empty. first: as for a normalizer. */
    void (*run)(const struct cy_token_cutter *self, struct cy_str text, bool first, struct cy_buffer *out, struct cy_piece_ends *ends);
    void (*release)(struct cy_token_cutter *self);
};

/* ---- model ---- */

struct cy_token_model {
    /* Appends the ids of one piece (not empty). */
    void (*encode)(const struct cy_token_model *self, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids);
    /* The number of ids `encode` would append; NULL: encode and forget. */
    size_t (*count)(const struct cy_token_model *self, struct cy_token_cache *cache, struct cy_str piece);
    /* What this model keeps in a thread's cache; NULL: nothing. */
    void *(*memory_new)(const struct cy_token_model *self, size_t size_bytes_max);
    void (*memory_free)(void *memory);
    /* Splits and encodes a whole text at once; ids NULL: only counts. Returns the number of ids. NULL: piece by piece. */
    size_t (*encode_text)(const struct cy_token_model *self, const struct cy_splitter *splitter, struct cy_token_cache *cache,
                          struct cy_str text, struct cy_ids *ids);
    void (*release)(struct cy_token_model *self);
};
void *cy_token_cache_memory(struct cy_token_cache *cache); /* what memory_new returned */

/* Byte-level BPE: every byte is a token, pairs are merged, the lowest rank first, the leftmost of equal ones (Sennrich et al. 2016,
 * arXiv:1508.07909; bytes as in GPT-2). What a loader gives: */
struct cy_bpe_source {
    const struct cy_vocabulary *vocabulary; /* tokens' raw bytes (a byte-level file's letters already turned into bytes) */
    const uint32_t *ranks;             /* of each id, when pairs merge by the rank of their bytes (tiktoken); UINT32_MAX: not merged to */
    const struct cy_bpe_merge *merges; /* else the merges in their order (Hugging Face) */
    size_t merge_count;
    const bool *is_added;         /* [id]: an added token that the model itself does not know; NULL: none is */
    struct cy_compiled *compiled; /* where the tables come from or are noted; NULL: neither */
    bool whole_first;             /* a piece that is a token is that token, whatever the merges say (tiktoken; "ignore_merges": true) */
};
struct cy_bpe_merge {
    uint32_t left, right, merged; /* ids */
};
/* CY_BAD_INPUT when a byte has no token, or a merge names an id that is none. Owned by arena, release to be called. */
enum cy_status cy_bpe_new(struct cy_token_model **model, const struct cy_bpe_source *source, struct cy_arena *arena,
                          struct cy_error *error);

/* ---- decoder ---- */

struct cy_token_decoder {
    /* Appends the text of ids (all of them tokens, special ones to be skipped already left out). */
    void (*run)(const struct cy_token_decoder *self, const struct cy_tokenizer *tokenizer, const uint32_t *ids, size_t count,
                struct cy_buffer *out);
    void (*release)(struct cy_token_decoder *self);
};

/* ---- all together ---- */

struct cy_tokenizer {
    struct cy_arena arena; /* owns all that follows */
    const char *name;
    char sha256[65];
    struct cy_compiled *compiled;    /* while loading (compiled.h); NULL: the file is all there is */
    struct cy_vocabulary vocabulary; /* of the model's tokens and the added ones */
    struct cy_added_token *added;    /* those with `special` too */
    size_t added_count;
    struct cy_added_index *added_index;     /* made by cy_tokenizer_finish */
    struct cy_token_normalizer *normalizer; /* NULL: none */
    struct cy_splitter *splitter;           /* NULL: none */
    struct cy_token_cutter *cutter;         /* in place of the splitter; NULL: none */
    struct cy_token_model *model;
    struct cy_token_decoder *decoder; /* NULL: the tokens' bytes end to end */
    const uint32_t *prefix, *suffix;  /* the affixes */
    size_t prefix_count, suffix_count;
};

/* An empty tokenizer with its arena, name and hash, for a loader to fill; cy_tokenizer_free frees it in any state. */
struct cy_tokenizer *cy_tokenizer_new(const char *name, struct cy_str file);
/* Checks that the parts fit together and makes the index of added tokens. */
enum cy_status cy_tokenizer_finish(struct cy_tokenizer *tokenizer, struct cy_error *error);

/* Loaders: each fills a new tokenizer from the bytes of a file. */
enum cy_status cy_tokenizer_parse_ranks(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error);
enum cy_status cy_tokenizer_parse_ranks_json(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error);
enum cy_status cy_tokenizer_parse_tokenizer_json(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error);
enum cy_status cy_tokenizer_parse_sentencepiece(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error);

#endif
