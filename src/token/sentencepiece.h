/* SentencePiece's .model (google/sentencepiece, sentencepiece_model.proto): pieces with scores, how text is normalized, and which model
 * cuts it.
 *
 *     text ─▶ normalizer (charsmap, white space as ▁) ─▶ Unigram │ BPE │ words │ characters ─▶ ids
 *
 * Definition: sentencepiece 0.2.3, held equal to it by tests/parity/tokens_sentencepiece.py. */
#ifndef CY_TOKEN_SENTENCEPIECE_H
#define CY_TOKEN_SENTENCEPIECE_H

#include "token/token_table.h"

/* What stands for a space in pieces: U+2581. */
#define CY_SP_SPACE "\xE2\x96\x81"

enum cy_sp_kind { /* ModelProto.SentencePiece.Type */
                  CY_SP_NORMAL = 1,
                  CY_SP_UNKNOWN = 2,
                  CY_SP_CONTROL = 3,
                  CY_SP_USER_DEFINED = 4,
                  CY_SP_UNUSED = 5,
                  CY_SP_BYTE = 6,
};

enum cy_sp_type { /* TrainerSpec.ModelType */
                  CY_SP_UNIGRAM = 1,
                  CY_SP_BPE = 2,
                  CY_SP_WORD = 3,
                  CY_SP_CHAR = 4,
};

struct cy_sp_normalizing { /* NormalizerSpec */
    struct cy_str charsmap;
    bool dummy_prefix; /* a space before the text (or behind it) … */
    bool suffix;       /* … TrainerSpec.treat_whitespace_as_suffix */
    bool remove_extra; /* of several spaces one is left, at the ends none */
    bool escape;       /* spaces become ▁ */
};

/* User-defined pieces, looked for at a place in the text. */
struct cy_sp_matcher;

/* A file on its way to a tokenizer; lives in the tokenizer's arena. */
struct cy_sentencepiece {
    struct cy_tokenizer *tokenizer;
    struct cy_vocabulary pieces;
    struct cy_token_table names;
    uint8_t *kinds; /* [id]: enum cy_sp_kind */
    float *scores;
    uint64_t type; /* enum cy_sp_type, or what the file says instead */
    bool byte_fallback;
    uint32_t unknown; /* UINT32_MAX: none, with byte_fallback */
    uint32_t byte_ids[256];
    struct cy_str unknown_surface; /* what an unknown piece decodes to */
    struct cy_sp_normalizing normalizing, denormalizing;
    const struct cy_sp_matcher *matcher; /* NULL: no user-defined pieces */
};

/* Reads the file's messages; strings are copied into the arena. CY_BAD_INPUT when it is damaged, or when a piece is one that SentencePiece
 * refuses. */
enum cy_status cy_sp_read(struct cy_sentencepiece *model, struct cy_str file, struct cy_error *error);

/* The size of the longest user-defined piece that stands at text[at], 0 when there is none. matcher NULL: 0. */
size_t cy_sp_match(const struct cy_sp_matcher *matcher, struct cy_str text, size_t at);
const struct cy_sp_matcher *cy_sp_matcher_new(const struct cy_sentencepiece *model, struct cy_arena *arena);

/* *normalizer: owned by the arena. */
enum cy_status cy_sp_normalizer_new(struct cy_token_normalizer **normalizer, const struct cy_sp_normalizing *normalizing,
                                    const struct cy_sp_matcher *matcher, struct cy_arena *arena, struct cy_error *error);

/* BPE by scores: of all neighbours that are a piece together the ones with the highest score become it, the leftmost of equal ones. */
struct cy_token_model *cy_sp_bpe_new(const struct cy_sentencepiece *model, struct cy_arena *arena);
/* Words between ▁, and characters: pieces or unknown. */
struct cy_token_model *cy_sp_words_new(const struct cy_sentencepiece *model, struct cy_arena *arena);

/* Appends a piece's id, or what stands for it when it is unknown: its bytes, or the unknown id once for all in a row. `before`: how many
 * ids there were when the text began. */
void cy_sp_add(const struct cy_sentencepiece *model, struct cy_str piece, size_t before, struct cy_ids *ids);

struct cy_token_decoder *cy_sp_decoder_new(const struct cy_sentencepiece *model, struct cy_token_normalizer *denormalizer,
                                           struct cy_arena *arena);

#endif
