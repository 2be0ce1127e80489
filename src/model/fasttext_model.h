/* A fastText model file, plain (.bin) or quantized (.ftz), as tables to compute with (Joulin et al. 2017, arXiv:1607.01759 and
 * arXiv:1612.03651; the layout of the file is in docs/language.md).
 *
 *     words ──▶ rows ◀── buckets of hashed n-grams          labels ──▶ output rows, Huffman tree
 *
 * The rows are kept in fixed point: a whole number of 23 bits with the sign, times row_unit. Whole numbers add up to the same sum in any
 * order, so a text's vector does not depend on what was cached, on the processor or on the number of threads; the rounding, 2^-23 of the
 * largest value, is that of a float. A loaded model never changes and is shared by threads. */
#ifndef CY_MODEL_FASTTEXT_MODEL_H
#define CY_MODEL_FASTTEXT_MODEL_H

#include "base/error.h"
#include "kernels/ngram_rows.h"

enum cy_fasttext_loss { CY_FASTTEXT_HIERARCHICAL = 1, CY_FASTTEXT_NEGATIVE = 2, CY_FASTTEXT_SOFTMAX = 3, CY_FASTTEXT_ONE_VS_ALL = 4 };
enum cy_fasttext_kind { CY_FASTTEXT_CBOW = 1, CY_FASTTEXT_SKIPGRAM = 2, CY_FASTTEXT_SUPERVISED = 3 };

/* Whole numbers of a row lie within ±2^22, so up to 511 rows add up in 32 bits. */
#define CY_FASTTEXT_ROW_BITS 22
#define CY_FASTTEXT_SUM_ROWS_MAX 511
/* Values a row: rows are padded with zeros to a multiple of this, a 64-byte cache line. */
#define CY_FASTTEXT_LANES 16

/* Limits on what a file may ask for. Real models: 16…300 dimensions, 2 million buckets, up to some 2 million words. */
#define CY_FASTTEXT_DIM_MAX 1024
#define CY_FASTTEXT_WORDS_MAX 16777216
#define CY_FASTTEXT_LABELS_MAX 65536
#define CY_FASTTEXT_BUCKETS_MAX 67108864
#define CY_FASTTEXT_VALUE_MAX 1e6f  /* of a matrix, so that no sum or product overflows; 30 in lid.176 */
#define CY_FASTTEXT_CODE_DIM_MAX 16 /* values a byte of a quantized row may stand for (2 in practice): a file grows 64 times at most */
#define CY_FASTTEXT_DEPTH_MAX 128   /* of the Huffman tree; counts below 2^63 give at most 91 */

/* A node of the Huffman tree over the labels: [0, label_count) are the labels, the rest have two children of smaller index; the last is
 * the root. Inner node i has output row i - label_count. */
struct cy_fasttext_node {
    uint32_t left, right;
};

struct cy_fasttext {
    enum cy_fasttext_kind kind;
    enum cy_fasttext_loss loss;
    uint32_t dim;         /* values a row that mean something */
    uint32_t lanes;       /* values a row in memory: dim rounded up to CY_FASTTEXT_LANES */
    uint32_t word_ngrams; /* 1: single words only */
    uint32_t word_count;
    uint32_t label_count;
    uint64_t row_count;

    const char *text;        /* words, then labels, each with a 0 byte; owned */
    uint32_t *text_offsets;  /* word_count + label_count + 1 of them */
    int64_t *label_counts;   /* how often each label was seen in training */
    uint64_t *word_slots;    /* open addressing by cy_word_key_hash: its low half above the index of the word or label; ~0: none */
    unsigned word_slot_bits; /* there are 2^word_slot_bits */
    size_t word_size_max;    /* bytes of the longest */
    struct cy_ngram_table ngrams;
    uint32_t *bucket_bits;   /* what ngrams.bits points to */
    uint32_t *bucket_before; /* what ngrams.before points to */

    int32_t *rows;   /* [row_count][lanes], 64-byte aligned; rows of words first */
    double row_unit; /* value of 1 in rows; a power of two */
    float *output;   /* [label_count][lanes], 64-byte aligned */
    uint64_t output_count;
    struct cy_fasttext_node *nodes; /* 2 * label_count - 1; NULL unless the loss is hierarchical */
};

/* Reads a model. Errors: CY_IO; CY_BAD_INPUT when the file is damaged, goes past a limit, or is no fastText model. */
enum cy_status cy_fasttext_load(struct cy_fasttext **model, const char *path, struct cy_error *error);
/* The same from memory, which is not needed afterwards. `name` stands in messages. */
enum cy_status cy_fasttext_parse(struct cy_fasttext **model, struct cy_str file, const char *name, struct cy_error *error);
void cy_fasttext_free(struct cy_fasttext *model); /* NULL is allowed */

/* The beginning of a word with zeros after it: a word holds no 0 byte, so up to this size the key is the word. */
#define CY_WORD_KEY_BYTES 32
static inline uint64_t cy_word_key_hash(const uint8_t key[CY_WORD_KEY_BYTES]) /* its upper bits are good */
{
    return cy_load_u64(key) * 0x9E3779B97F4A7C15u + cy_load_u64(key + 8) * 0xC2B2AE3D27D4EB4Fu +
           cy_load_u64(key + 16) * 0x165667B19E3779F9u + cy_load_u64(key + 24) * 0xD6E8FEB86659FD93u;
}

/* The word or label (index - word_count) with these bytes, or UINT32_MAX. */
uint32_t cy_fasttext_find(const struct cy_fasttext *model, struct cy_str word);
/* The same for who has the hash of the word's key already. */
uint32_t cy_fasttext_find_hashed(const struct cy_fasttext *model, struct cy_str word, uint64_t key_hash);
/* A word, or with index - word_count a label: static in the model, a 0 byte after it. */
struct cy_str cy_fasttext_name(const struct cy_fasttext *model, uint32_t index);

static inline const int32_t *cy_fasttext_row(const struct cy_fasttext *model, uint64_t row)
{
    return model->rows + row * model->lanes;
}

#endif
