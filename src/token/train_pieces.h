/* The counted pieces, as the trainer reads them. Private to src/token/train*.c. */
#ifndef CY_TOKEN_TRAIN_PIECES_H
#define CY_TOKEN_TRAIN_PIECES_H

#include "token/train.h"

struct cy_piece_count {
    uint64_t hash;
    uint64_t first; /* in the table's bytes */
    uint32_t size;
    int64_t times;
};

/* All pieces, in the order in which they came first. */
const struct cy_piece_count *cy_piece_counts_all(const struct cy_piece_counts *counts, size_t *count);
struct cy_str cy_piece_text(const struct cy_piece_counts *counts, const struct cy_piece_count *piece);

/* What was learned. Tokens' texts are bytes; those of specials are theirs as written. */
struct cy_trained_token {
    uint64_t first; /* in bytes */
    uint32_t size;
    bool special;
};
struct cy_trained {
    struct cy_buffer bytes;
    struct cy_trained_token *tokens; /* by id */
    size_t token_count;
    uint32_t (*merges)[2]; /* pairs of ids in their order */
    size_t merge_count;
};
static inline struct cy_str cy_trained_text(const struct cy_trained *trained, uint32_t id)
{
    return (struct cy_str){trained->bytes.data + trained->tokens[id].first, trained->tokens[id].size};
}
void cy_trained_release(struct cy_trained *trained);

/* Appends tokenizer.json as Hugging Face writes it, pretty. */
void cy_trained_print(const struct cy_trained *trained, const struct cy_train_pattern *pattern, struct cy_buffer *out);

#endif
