/* Models that a tokenizer file may ask for beside byte-level BPE. Each is owned by the arena, its release to be called. */
#ifndef CY_TOKEN_HF_MODEL_H
#define CY_TOKEN_HF_MODEL_H

#include "token/token_table.h"

/* Prefix and suffix of a subword together: "##", "</w>", "<w>". */
enum { CY_AFFIX_BYTES_MAX = 252 };

/* BPE over characters (Sennrich et al. 2016, arXiv:1508.07909; as in Llama 2 and Gemma): a character without a token becomes the tokens
 * <0x00> to <0xFF> of its bytes, or `unknown`. Merging is that of byte-level BPE. */
struct cy_character_bpe_source {
    const struct cy_vocabulary *vocabulary;
    const struct cy_token_table *names;
    const struct cy_bpe_merge *merges; /* checked: every id is a token's */
    size_t merge_count;
    bool byte_fallback;
    uint32_t unknown;             /* UINT32_MAX: such characters are left out */
    bool fuse_unknown;            /* one id for several of them in a row */
    bool whole_first;             /* "ignore_merges" */
    struct cy_str prefix, suffix; /* of a character that does not begin the piece, and of the one that ends it ("</w>") */
};
struct cy_token_model *cy_character_bpe_new(const struct cy_character_bpe_source *source, struct cy_arena *arena);

/* The trie's nodes are numbered in 24 bits; XLM-R's 250,000 tokens have 2 MB. */
enum { CY_UNIGRAM_BYTES_MAX = (1 << 24) - 2 };

/* The most probable segmentation (Kudo 2018, arXiv:1804.10959): T5, XLM-R. */
struct cy_unigram_source {
    const struct cy_vocabulary *vocabulary;
    const struct cy_token_table *names;
    const double *scores; /* of each id */
    uint32_t unknown;     /* UINT32_MAX: there is none, and what is unknown is left out */
    bool byte_fallback;
    bool sentencepiece;   /* as SentencePiece adds up and takes what is unknown; then: */
    double lowest;        /* the lowest score of a normal piece */
    const bool *left_out; /* [id]: no text gives it */
};
struct cy_token_model *cy_unigram_new(const struct cy_unigram_source *source, struct cy_arena *arena);

/* The longest token first, again and again (BERT); a word that cannot be covered is `unknown`. */
struct cy_wordpiece_source {
    const struct cy_vocabulary *vocabulary;
    const struct cy_token_table *names;
    struct cy_str prefix; /* of a token that does not begin the word: "##" */
    size_t chars_max;     /* a longer word is unknown */
    uint32_t unknown;
    bool whole; /* WordLevel: a word is a token, or unknown */
};
struct cy_token_model *cy_wordpiece_new(const struct cy_wordpiece_source *source, struct cy_arena *arena);

#endif
