/* Learning a byte-level BPE: the pair of neighbours that is most frequent becomes a token, again and again (Sennrich et al. 2016,
 * arXiv:1508.07909).
 *
 *     texts ─▶ pieces, counted (any thread, tables of their own) ─▶ merged ─▶ cy_bpe_train ─▶ tokenizer.json
 *
 * The result is Hugging Face tokenizers' for the same settings (BpeTrainer with ByteLevel's alphabet): of equally frequent pairs the one
 * with the smaller ids comes first, counts are brought up to date only when a pair is next in line, and a merge that spells a token
 * which is there already makes no new one. tests/parity/tokens_train.py holds them equal. */
#ifndef CY_TOKEN_TRAIN_H
#define CY_TOKEN_TRAIN_H

#include "base/arena.h"
#include "base/error.h"

/* How texts are split; the pattern is written into the file. */
struct cy_train_pattern {
    const char *name;    /* "gpt2" */
    const char *pattern; /* NULL ends the table */
    bool byte_level;     /* it is the one that Hugging Face's ByteLevel has built in */
};
extern const struct cy_train_pattern cy_train_patterns[];
const struct cy_train_pattern *cy_train_pattern_find(const char *name); /* NULL: not known */

/* Pieces and how often they come; one thread at a time. */
struct cy_piece_counts;
enum cy_status cy_piece_counts_new(struct cy_piece_counts **counts, const struct cy_train_pattern *pattern, struct cy_error *error);
void cy_piece_counts_add(struct cy_piece_counts *counts, struct cy_str text);
void cy_piece_counts_merge(struct cy_piece_counts *into, const struct cy_piece_counts *from);
void cy_piece_counts_free(struct cy_piece_counts *counts); /* NULL: nothing */

struct cy_train_options {
    size_t vocabulary_size; /* ids, the specials and the 256 bytes included */
    int64_t frequency_min;  /* a pair that comes less often is not merged */
    const struct cy_str *specials;
    size_t special_count;
};
/* Fewer tokens than asked for come where no pair is frequent enough; *token_count says how many. `out`: tokenizer.json. */
void cy_bpe_train(const struct cy_piece_counts *counts, const struct cy_train_pattern *pattern, const struct cy_train_options *options,
                  struct cy_buffer *out, size_t *token_count);

#endif
