/* Reading a Hugging Face tokenizer.json: one file a section of it.
 *
 *     added_tokens ─▶ hf_vocabulary.c    normalizer ─▶ hf_normalizer.c      pre_tokenizer ─▶ hf_pretokenizer.c
 *     model ─▶ hf_model.c                post_processor ─▶ hf_affixes.c     decoder ─▶ hf_decoder.c
 *
 * What a section asks for and we lack is an error that names it. Definition: huggingface/tokenizers 0.23, held equal to it by
 * tests/parity/tokens_hf.py. */
#ifndef CY_TOKEN_HF_H
#define CY_TOKEN_HF_H

#include "token/compiled.h"
#include "token/token_table.h"

#include <yyjson.h>

/* The largest file that is read: the largest known one has 34 MB. */
enum { CY_HF_FILE_BYTES_MAX = 512 << 20 };

/* A file on its way to a tokenizer; lives in the tokenizer's arena. */
struct cy_hf {
    struct cy_tokenizer *tokenizer;
    struct cy_str file;           /* borrowed while reading */
    struct cy_vocabulary written; /* the model's tokens as the file writes them, by id */
    struct cy_token_table names;  /* of `written` */
    bool byte_level;              /* tokens are written in ByteLevel's letters, one a byte */
};

/* ---- JSON ---- */

static inline struct cy_str cy_hf_str(yyjson_val *value)
{
    return (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)};
}
/* "type" of a section; empty when it has none. */
struct cy_str cy_hf_type(yyjson_val *section);
bool cy_hf_flag(yyjson_val *section, const char *key, bool when_absent);
/* CY_BAD_INPUT when the section has a key that is not among `keys` (NULL-terminated; "type" always is): a setting that would be passed
 * over. */
enum cy_status cy_hf_check_keys(yyjson_val *section, const char *what, const char *const *keys, struct cy_error *error);
/* "the normalizer \"Nmt\" is not known". */
enum cy_status cy_hf_unknown(const char *what, yyjson_val *section, struct cy_error *error);
/* The pattern {"String": …} or {"Regex": …} of a section as a pattern for cy_splitter_new; owned by arena. literal: it was a string. */
enum cy_status cy_hf_pattern(yyjson_val *section, struct cy_arena *arena, struct cy_str *pattern, struct cy_str *literal,
                             struct cy_error *error);

/* ---- the compiled form (hf_compiled.c) ---- */

/* Adds what the file's sections beside the model need: JSON without vocabulary and merges, the tokens as written, and their table. */
void cy_hf_compile(const struct cy_hf *hf, yyjson_val *root, struct cy_compiled *compiled);
/* hf->written and hf->names from it. */
enum cy_status cy_hf_vocabulary_from_compiled(struct cy_hf *hf, struct cy_error *error);

/* The merges of a BPE over characters (none of a byte-level one, whose tables are parts of their own); *merges is on the heap, set in any
 * case. */
enum cy_status cy_hf_merges_from_compiled(const struct cy_hf *hf, struct cy_bpe_merge **merges, size_t *count, struct cy_error *error);

/* A JSON number as the peer rounds it (hf_number.c). */
double cy_hf_number(struct cy_str text);

/* ---- ByteLevel's letters (openai/gpt-2, encoder.py, bytes_to_unicode) ---- */

/* Appends the bytes that the letters stand for; false, with nothing appended, when one of them stands for none. */
bool cy_hf_bytes_of_letters(struct cy_str letters, struct cy_buffer *out);

/* ---- sections: each takes the value, NULL or null where there is none, and fills the tokenizer ---- */

enum cy_status cy_hf_read_vocabulary(struct cy_hf *hf, yyjson_val *model, struct cy_error *error); /* hf->written and hf->names */
enum cy_status cy_hf_read_added(struct cy_hf *hf, yyjson_val *added_tokens, struct cy_error *error);
enum cy_status cy_hf_read_normalizer(struct cy_hf *hf, yyjson_val *normalizer, struct cy_error *error);
/* Says of a normalizer that it is asked whether a text's start is lost (Metaspace's prepend_scheme "first"). */
void cy_hf_watch_start(struct cy_token_normalizer *normalizer);
enum cy_status cy_hf_read_pretokenizer(struct cy_hf *hf, yyjson_val *pretokenizer, struct cy_error *error);
enum cy_status cy_hf_read_model(struct cy_hf *hf, yyjson_val *model, struct cy_error *error);
enum cy_status cy_hf_read_affixes(struct cy_hf *hf, yyjson_val *post_processor, struct cy_error *error);
enum cy_status cy_hf_read_decoder(struct cy_hf *hf, yyjson_val *decoder, struct cy_error *error);
/* The id of an added token or a token of the model by its text as the file writes it; UINT32_MAX when there is none. */
uint32_t cy_hf_find(const struct cy_hf *hf, struct cy_str text);

#endif
