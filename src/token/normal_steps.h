/* The steps that normalizers of tokenizer files are made of. Each takes valid UTF-8 or any other bytes, which pass through as they are. */
#ifndef CY_TOKEN_NORMAL_STEPS_H
#define CY_TOKEN_NORMAL_STEPS_H

#include "base/unicode_nfc.h"
#include "token/tokenizer_parts.h"

enum cy_normal_kind {
    CY_NORMAL_FORM_C,
    CY_NORMAL_FORM_KC,
    CY_NORMAL_FORM_D,
    CY_NORMAL_FORM_KD,
    CY_NORMAL_LOWER,         /* Unicode's lower case, a character at a time */
    CY_NORMAL_REPLACE,       /* `from`, each time, by `to` */
    CY_NORMAL_REPLACE_REGEX, /* what the pattern matches */
    CY_NORMAL_PREPEND,       /* `to` before a text that is not empty */
    CY_NORMAL_STRIP,         /* white space at the ends */
    CY_NORMAL_STRIP_MARKS,   /* combining marks (M*) */
    CY_NORMAL_BERT,
    CY_NORMAL_NMT,
    CY_NORMAL_CHARSMAP, /* SentencePiece's precompiled rules */
};

struct cy_charsmap;

struct cy_normal_step {
    enum cy_normal_kind kind;
    struct cy_str from, to;
    struct cy_splitter *pattern;         /* with marked matches (splitter.h) */
    bool left, right;                    /* strip: at which ends */
    bool clean, chinese, accents, lower; /* BERT: which of its parts */
    const struct cy_charsmap *charsmap;
};

/* Appends the text after the step to *out. */
void cy_normal_run(const struct cy_normal_step *step, struct cy_str text, struct cy_buffer *out);
/* Of text, the first `start` bytes come from the first character of what the file's normalizer was given; how many of the bytes after the
 * step do, by Hugging Face's alignments. */
size_t cy_normal_start(const struct cy_normal_step *step, struct cy_str text, size_t start);
/* The canonical (compatible: compatibility) decomposition, in canonical order (UAX #15, forms D and KD). */
void cy_decompose(struct cy_str text, bool compatible, struct cy_buffer *out);
/* Nmt: SentencePiece's rules for white space and controls, as Hugging Face has them. */
void cy_normal_nmt(struct cy_str text, struct cy_buffer *out);
/* BertNormalizer (google-research/bert, tokenization.py, BasicTokenizer; as Hugging Face has it). */
void cy_normal_bert(const struct cy_normal_step *step, struct cy_str text, struct cy_buffer *out);

#endif
