/* ciyuan's public C API: tokens as each model's own tokenizer makes them, and the steps of a recipe over Arrow record batches.
 *
 *     ciyuan_tokenizer_open("o200k_base") ─▶ tokenizer ─▶ ciyuan_tokenizer_encode(texts) ─▶ ids and ends
 *     ciyuan_steps_open("- gopher_quality") ─▶ steps ─▶ ciyuan_steps_run(record batch) ─▶ record batch: verdicts, signals
 *
 * Handles are opaque. Everything that crosses the boundary is a plain struct whose layout never changes within an API version; a struct
 * that may grow begins with its size. Texts are UTF-8; sizes are bytes; counts are of items.
 *
 * Threads: every function may be called from any thread, and any number of threads may use one handle at once, save for opening and
 * closing it. Nothing is kept by thread: a handle lends its working memory to the calls that are under way.
 *
 * Errors: a function that can fail returns CIYUAN_OK or why not, and fills *error (NULL: the caller does not ask). Outputs are then as they
 * were before the call, or empty. What a broken contract does (NULL where a pointer is asked for) is not defined; a lack of memory ends the
 * program with a message on standard error.
 *
 * docs/api.md is the guide; build with `pkg-config --cflags --libs ciyuan`. */
#ifndef CIYUAN_H
#define CIYUAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CIYUAN_EXPORT __attribute__((visibility("default")))
#else
#define CIYUAN_EXPORT
#endif

/* ---- versions and errors ---- */

/* Of this header. Within one version functions and fields are only added; the library's soname changes with it. */
#define CIYUAN_API_VERSION 0

CIYUAN_EXPORT int32_t ciyuan_api_version(void); /* of the library that runs */
CIYUAN_EXPORT const char *ciyuan_version(void); /* of ciyuan, "0.1.0"; static */

enum ciyuan_status {
    CIYUAN_OK = 0,
    CIYUAN_BAD_INPUT = 1,   /* data that cannot be used: a damaged vocabulary, an id that is no token, an Arrow type that is not taken */
    CIYUAN_BAD_REQUEST = 2, /* what was asked for is wrong: an unknown name, a parameter out of its range */
    CIYUAN_IO = 3,          /* reading failed; may work next time */
    CIYUAN_FAILED = 4,      /* anything else */
};

struct ciyuan_error {
    int32_t status;     /* enum ciyuan_status */
    char message[1024]; /* what was wrong, with the value, and where; terminated, UTF-8 */
    char hint[512];     /* what to do; empty when there is nothing to say */
};

/* ---- tokenizers ---- */

struct ciyuan_tokenizer;

/* Bytes that the caller owns; borrowed for the call. data may be NULL when size is 0. */
struct ciyuan_text {
    const char *data;
    size_t size; /* at most 2,147,483,647 */
};

/* Opens a vocabulary. Takes 20 to 500 ms by its size; a tokenizer never changes afterwards.
 *   name       a known name ("o200k_base", "qwen3"; `ciyuan tokens get` brings it), or a path: with '/', or ending with .json, .tiktoken or
 *              .model; a folder means the tokenizer.json or tokenizer.model in it
 *   tokenizer  out: owned by the caller, to be closed
 * Errors: CIYUAN_BAD_REQUEST: there is no such vocabulary; CIYUAN_BAD_INPUT: its file is damaged, or asks for something that is lacking,
 * which the message names; CIYUAN_IO. */
CIYUAN_EXPORT int32_t ciyuan_tokenizer_open(const char *name, struct ciyuan_tokenizer **tokenizer, struct ciyuan_error *error);
CIYUAN_EXPORT void ciyuan_tokenizer_close(struct ciyuan_tokenizer *tokenizer); /* NULL: nothing */

CIYUAN_EXPORT const char *ciyuan_tokenizer_name(const struct ciyuan_tokenizer *tokenizer);   /* lives as long as the tokenizer */
CIYUAN_EXPORT const char *ciyuan_tokenizer_sha256(const struct ciyuan_tokenizer *tokenizer); /* of its file, 64 hex digits */
/* One more than the largest id; some ids below may be no token. */
CIYUAN_EXPORT size_t ciyuan_tokenizer_size(const struct ciyuan_tokenizer *tokenizer);
/* The id of a special or added token ("<|endoftext|>"), else of the token with these bytes; -1 when there is none. */
CIYUAN_EXPORT int64_t ciyuan_tokenizer_find(const struct ciyuan_tokenizer *tokenizer, struct ciyuan_text token);
/* The bytes of a token, borrowed from the tokenizer; data NULL where the id is no token. */
CIYUAN_EXPORT struct ciyuan_text ciyuan_tokenizer_token(const struct ciyuan_tokenizer *tokenizer, uint32_t id);

enum ciyuan_specials {
    CIYUAN_SPECIALS_AS_TEXT = 0, /* "<|endoftext|>" in a text is the characters that it is made of: what data asks for */
    CIYUAN_SPECIALS_AS_IDS = 1,  /* it is the one id */
};

/* How to encode. NULL in its place, or zeros behind size_bytes: special tokens are text, nothing is put around it, the caller's thread. */
struct ciyuan_encoding {
    uint32_t size_bytes;               /* sizeof(struct ciyuan_encoding) */
    int32_t specials;                  /* enum ciyuan_specials */
    int32_t affixes;                   /* not 0: put around each text what the vocabulary's file says ("<s>" …, "[CLS]" … "[SEP]") */
    uint32_t thread_count;             /* 0 and 1: the caller's thread alone; more: that many, one of them the caller's; at most 256 */
    const struct ciyuan_text *allowed; /* with CIYUAN_SPECIALS_AS_IDS: only these tokens; NULL: all */
    size_t allowed_count;
};

/* Ids of a batch of texts. {0} is empty and valid; a call replaces what it holds and reuses its memory; release frees it. */
struct ciyuan_ids {
    uint32_t *items; /* of all texts end to end, `count` of them */
    size_t count;
    uint64_t *ends; /* text i has items[i > 0 ? ends[i - 1] : 0 … ends[i]); text_count of them */
    size_t text_count;
    size_t capacity, text_capacity; /* the library's */
};
CIYUAN_EXPORT void ciyuan_ids_release(struct ciyuan_ids *ids);

/* Encodes texts[0..text_count), in their order whatever the number of threads; the ids do not depend on it, nor on what was encoded before.
 * O(n log n) in the size of a text at worst. Bytes that are not UTF-8 are encoded as they are where the vocabulary has bytes.
 * A thread under way keeps a cache of at most 32 MiB, which the tokenizer lends to the next.
 * Errors: CIYUAN_BAD_REQUEST: a text is too large, or `encoding` is none. */
CIYUAN_EXPORT int32_t ciyuan_tokenizer_encode(struct ciyuan_tokenizer *tokenizer, const struct ciyuan_text *texts, size_t text_count,
                                              const struct ciyuan_encoding *encoding, struct ciyuan_ids *ids, struct ciyuan_error *error);
/* How many ids each text has: counts[0..text_count), the caller's. Makes no ids, and is faster for it. Errors as above. */
CIYUAN_EXPORT int32_t ciyuan_tokenizer_count(struct ciyuan_tokenizer *tokenizer, const struct ciyuan_text *texts, size_t text_count,
                                             const struct ciyuan_encoding *encoding, uint64_t *counts, struct ciyuan_error *error);

/* Bytes that the library allocates. {0} is empty and valid; a call replaces what it holds and reuses its memory; release frees it. */
struct ciyuan_bytes {
    char *data; /* not terminated; may be NULL when size is 0 */
    size_t size;
    size_t capacity; /* the library's */
};
CIYUAN_EXPORT void ciyuan_bytes_release(struct ciyuan_bytes *bytes);

/* The text of ids[0..count). It is the encoded text, byte for byte, where the vocabulary's normalizer loses nothing.
 *   skip_special  not 0: special tokens are left out
 * Errors: CIYUAN_BAD_INPUT: an id that is no token, which the message names; *text is then empty. */
CIYUAN_EXPORT int32_t ciyuan_tokenizer_decode(struct ciyuan_tokenizer *tokenizer, const uint32_t *ids, size_t count, int32_t skip_special,
                                              struct ciyuan_bytes *text, struct ciyuan_error *error);

/* ---- Arrow ---- */

/* The Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html): as the specification has it, and guarded as it
 * says, so that this header and others stand side by side. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

/* ---- tokens of a column ---- */

/* ciyuan_tokenizer_encode over a column of texts.
 *   schema, texts     an array of type utf8, large_utf8 or utf8_view; borrowed for the call, never released by it
 *   out_schema, out   large_list<uint32>, a list for each text, NULL for NULL; both owned by the caller, who calls their `release`
 * Errors: CIYUAN_BAD_INPUT: the array is none, or of a type that is not taken; else as ciyuan_tokenizer_encode. */
CIYUAN_EXPORT int32_t ciyuan_tokenizer_encode_arrow(struct ciyuan_tokenizer *tokenizer, const struct ArrowSchema *schema,
                                                    const struct ArrowArray *texts, const struct ciyuan_encoding *encoding,
                                                    struct ArrowSchema *out_schema, struct ArrowArray *out, struct ciyuan_error *error);
/* The same for ciyuan_tokenizer_count: int64, NULL for NULL. */
CIYUAN_EXPORT int32_t ciyuan_tokenizer_count_arrow(struct ciyuan_tokenizer *tokenizer, const struct ArrowSchema *schema,
                                                   const struct ArrowArray *texts, const struct ciyuan_encoding *encoding,
                                                   struct ArrowSchema *out_schema, struct ArrowArray *out, struct ciyuan_error *error);

/* ---- steps of a recipe over record batches ---- */

struct ciyuan_steps;

/* Makes steps ready, as a recipe's `steps:` holds them: all but those that compare documents with each other (dedup_*).
 *   yaml    a YAML (or JSON) list: "- gopher_quality\n- where: signals.gopher_quality.words >= 80"
 *   folder  where relative paths in it begin; NULL: the working folder
 *   steps   out: owned by the caller, to be closed
 * Errors: CIYUAN_BAD_REQUEST with line and column, what was expected, and the nearest known name as the hint; CIYUAN_BAD_INPUT, CIYUAN_IO:
 * what a step needs (a model, a vocabulary) could not be read. */
CIYUAN_EXPORT int32_t ciyuan_steps_open(const char *yaml, const char *folder, struct ciyuan_steps **steps, struct ciyuan_error *error);
CIYUAN_EXPORT void ciyuan_steps_close(struct ciyuan_steps *steps); /* NULL: nothing */

/* Runs the steps over the documents of a record batch, one after the other; a document that a step removes does not reach the next.
 *   schema, batch   a struct of columns, one row a document; borrowed for the call, never released by it. Columns are taken by name, and
 *                   other names are passed over:
 *                       text        required; a NULL, bytes that are not UTF-8, or more than 64 MiB make the row unreadable
 *                       id, url, media_type, language, metadata (a JSON object as text)     as the dataset has them; may be absent
 *                   each of Arrow's type utf8, large_utf8 or utf8_view
 *   out_schema, out a struct of columns, a row for each row of the batch, in its order; both owned by the caller, who calls their
 * `release`. id, url, language, metadata    utf8, NULL where the document has none text        utf8: as the steps left it; the masked match
 * where a rule hides what it found kept        bool verdict     struct, NULL where kept: what ("removed", "unreadable", "skipped"), step
 * ("read" before the first), rule: utf8; measured, threshold: float64, NULL where they do not apply tokens      struct of one int64 a
 * vocabulary, when a step counts; NULL where the document did not get that far signals     struct of a struct a step of one float64 a
 * signal, when a step measures; NULL likewise The schema follows from the steps alone. Nothing in `out` points into `batch`. A pure
 * function: same steps, same batch, same answer. Works on the caller's thread. A step sees no source, licence or party here: `where` finds
 * them empty. Errors: CIYUAN_BAD_INPUT: the arrays are none, or of a type that is not taken, and the message says which;
 * CIYUAN_BAD_REQUEST: a column of the answer would have more than 2 GiB: give fewer rows. */
CIYUAN_EXPORT int32_t ciyuan_steps_run(struct ciyuan_steps *steps, const struct ArrowSchema *schema, const struct ArrowArray *batch,
                                       struct ArrowSchema *out_schema, struct ArrowArray *out, struct ciyuan_error *error);

/* The same for one operator alone, opened and closed within the call: for many batches open it once, as a step.
 *   parameters  as a recipe writes them behind the operator's name, in YAML or JSON: "{words_min: 50}"; NULL or "": the defaults */
CIYUAN_EXPORT int32_t ciyuan_operator_run(const char *name, const char *parameters, const struct ArrowSchema *schema,
                                          const struct ArrowArray *batch, struct ArrowSchema *out_schema, struct ArrowArray *out,
                                          struct ciyuan_error *error);

/* The operators' names, in the order of `ciyuan operators`: static; NULL from their number on. */
CIYUAN_EXPORT const char *ciyuan_operator_name(size_t index);

#ifdef __cplusplus
}
#endif

#endif
