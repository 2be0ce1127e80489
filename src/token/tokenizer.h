/* Tokens: a text as the ids of a model's own vocabulary, exactly as that model's tokenizer makes them.
 *
 *     text ─▶ added tokens cut out ─▶ normalizer ─▶ pieces (pattern) ─▶ model (BPE, …) ─▶ ids ─▶ affixes put around them
 *
 * A tokenizer never changes after it is loaded, so any number of threads share it; what a thread remembers between calls is its own
 * cy_token_cache. The parts, which a loader puts together, stand in tokenizer_parts.h. */
#ifndef CY_TOKEN_TOKENIZER_H
#define CY_TOKEN_TOKENIZER_H

#include "base/arena.h"
#include "base/error.h"

struct cy_tokenizer;
struct cy_token_cache;

/* ---- loading ---- */

enum cy_vocabulary_format {
    CY_VOCABULARY_ANY,        /* found out from the content */
    CY_VOCABULARY_RANKS,      /* `.tiktoken`: a line "base64 rank" a token; the name says which pattern and special tokens belong to it */
    CY_VOCABULARY_RANKS_JSON, /* {"pat_str", "special_tokens", "bpe_ranks"}: npm's tiktoken, encoders/NAME.json */
    CY_VOCABULARY_TOKENIZER,  /* Hugging Face tokenizer.json */
    CY_VOCABULARY_SENTENCEPIECE, /* SentencePiece .model */
};

/* Reads a vocabulary file. Its name is the file's without folder and ending. Beside the time of cy_tokenizer_parse, the file is hashed.
 * Errors: CY_IO; CY_BAD_INPUT: the file is damaged, or asks for something that we lack, which the message names. */
enum cy_status cy_tokenizer_load(struct cy_tokenizer **tokenizer, const char *path, enum cy_vocabulary_format format,
                                 struct cy_error *error);
/* The same, with what takes long kept in a folder that is made when absent (compiled.h): the next load takes a fifth of the time. */
enum cy_status cy_tokenizer_load_compiled(struct cy_tokenizer **tokenizer, const char *path, const char *compiled_folder,
                                          struct cy_error *error);
/* The same from memory; `file` is borrowed for the call. `name`: the vocabulary's name ("o200k_base"), which .tiktoken files need and
 * messages show. */
enum cy_status cy_tokenizer_parse(struct cy_tokenizer **tokenizer, struct cy_str file, const char *name, enum cy_vocabulary_format format,
                                  struct cy_error *error);
void cy_tokenizer_free(struct cy_tokenizer *tokenizer); /* NULL: nothing */

const char *cy_tokenizer_name(const struct cy_tokenizer *tokenizer);
const char *cy_tokenizer_sha256(const struct cy_tokenizer *tokenizer); /* of the vocabulary file, 64 hex digits */
/* One more than the largest id; some ids below may be no token. */
size_t cy_tokenizer_vocabulary_size(const struct cy_tokenizer *tokenizer);
/* The bytes that an id stands for (an added token's text), borrowed from the tokenizer; data NULL where the id is no token. */
struct cy_str cy_tokenizer_token(const struct cy_tokenizer *tokenizer, uint32_t id);
/* The id of an added or special token ("<|endoftext|>"), else of a token with these bytes; false when there is none. */
bool cy_tokenizer_find(const struct cy_tokenizer *tokenizer, struct cy_str token, uint32_t *id);
/* Whether the id is that of a special token. */
bool cy_tokenizer_is_special(const struct cy_tokenizer *tokenizer, uint32_t id);

/* ---- one thread's memory ---- */

/* About so many bytes a cache uses at most; 0 in cy_token_cache_new means this: room for half a million different pieces. */
enum { CY_TOKEN_CACHE_BYTES = 32 << 20 };

/* A cache for one thread and one tokenizer, which must outlive it. Ids do not depend on what it holds. */
struct cy_token_cache *cy_token_cache_new(const struct cy_tokenizer *tokenizer, size_t size_bytes_max);
void cy_token_cache_free(struct cy_token_cache *cache); /* NULL: nothing */

/* ---- encoding ---- */

/* A growing array of ids on the heap. Life cycle: {0} is empty and valid; release frees it. */
struct cy_ids {
    uint32_t *items;
    size_t count;
    size_t capacity;
};
void cy_ids_reserve(struct cy_ids *ids, size_t more_count); /* room for so many past count */
void cy_ids_add(struct cy_ids *ids, uint32_t id);
void cy_ids_release(struct cy_ids *ids);

/* How special tokens' names in a text are taken. Added tokens that are not special are always found in the text, as their file says. */
enum cy_specials {
    CY_SPECIALS_AS_TEXT, /* as the characters they are: what data asks for (tiktoken's encode_ordinary) */
    CY_SPECIALS_AS_IDS,  /* as the one id (tiktoken's allowed_special="all", Hugging Face's default) */
};

struct cy_encoding {
    enum cy_specials specials;
    const struct cy_str *allowed; /* with CY_SPECIALS_AS_IDS: only these names; NULL: all */
    size_t allowed_count;
    bool affixes; /* put around the ids what the file's post-processor puts there ("<s>" …, "[CLS]" … "[SEP]") */
};

/* Appends the ids of text to *ids.
 *   text      any bytes, borrowed for the call. Bytes that are not UTF-8 are encoded as they are by byte-level vocabularies; a pattern
 *             takes each as a character that is no letter, number or space
 *   encoding  NULL: everything is text, no affixes
 * O(n log n) in the size of the text at worst. Held equal to tiktoken and Hugging Face tokenizers by tests/parity/tokens*.py. */
void cy_tokenizer_encode(const struct cy_tokenizer *tokenizer, struct cy_token_cache *cache, struct cy_str text,
                         const struct cy_encoding *encoding, struct cy_ids *ids);
/* How many ids cy_tokenizer_encode would append; writes none. */
size_t cy_tokenizer_count(const struct cy_tokenizer *tokenizer, struct cy_token_cache *cache, struct cy_str text,
                          const struct cy_encoding *encoding);

/* Appends the text of ids[0..count) to *out: for a byte-level vocabulary, the tokens' bytes end to end; else as the file's decoder says.
 * skip_special: special tokens are left out. CY_BAD_INPUT names the first id that is no token; *out then holds what came before it. */
enum cy_status cy_tokenizer_decode(const struct cy_tokenizer *tokenizer, const uint32_t *ids, size_t count, bool skip_special,
                                   struct cy_buffer *out, struct cy_error *error);

#endif
