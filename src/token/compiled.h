/* A vocabulary's compiled form: what loading its file takes long to find out, kept in the cache, so that the next program has it at once.
 *
 *     <cache>/compiled/<sha256 of the vocabulary's file>-<its name>.tokens
 *
 * It is no source of truth. It is used when it is a file of this user that nobody else may write, of this format and program version, made
 * from a vocabulary file with this sha256, and with the XXH3 128 that it says; even then tables are built from it entry by entry with every
 * id, offset and size checked. Whatever is wrong, the vocabulary is read as if there were no such file, and a new one is written in its
 * place (a temporary name, then a rename). Little-endian. */
#ifndef CY_TOKEN_COMPILED_H
#define CY_TOKEN_COMPILED_H

#include "token/tokenizer_parts.h"

enum {
    CY_COMPILED_FORMAT = 2,            /* counts up whenever a part means something else, or loading derives other tables */
    CY_COMPILED_BYTES_MAX = 256 << 20, /* the largest file that is read; gemma3's has 20 MB */
    CY_COMPILED_TOKENS_MIN = 2000,     /* a smaller vocabulary is read from its own file as fast */
};

enum cy_compiled_part {
    CY_COMPILED_BYTES,    /* the vocabulary (of tokenizer.json: as written): the tokens' bytes */
    CY_COMPILED_ENDS,     /* and u32 ends */
    CY_COMPILED_JSON,     /* tokenizer.json without model.vocab and model.merges */
    CY_COMPILED_NAMES,    /* u32 slots of its cy_token_table */
    CY_COMPILED_MERGES,   /* struct cy_bpe_merge: merges of a BPE over characters */
    CY_COMPILED_BPE_HEAD, /* the others: byte-level BPE, as bpe_compiled.c says */
    CY_COMPILED_PAIRS,
    CY_COMPILED_MERGED,
    CY_COMPILED_TOKENS,
    CY_COMPILED_CHARS,
    CY_COMPILED_CROSSING,
    CY_COMPILED_PARTS
};

/* While a vocabulary is loaded: either read from (`reads`) or filled by the loaders, to be written when one of them says that it is
 * complete. */
struct cy_compiled {
    bool reads;
    bool complete; /* filled: the parts are all that is needed */
    enum cy_vocabulary_format format;
    char *content; /* of the file that is read; the parts point into it, 8-byte aligned */
    struct {
        char *data; /* when filled: owned */
        size_t size;
    } parts[CY_COMPILED_PARTS];
};

/* The compiled form in `folder`, or, when there is none that can be used, an empty one to be filled. */
struct cy_compiled *cy_compiled_open(const char *folder, const char *sha256, const char *name);
void cy_compiled_free(struct cy_compiled *compiled); /* NULL: nothing */

/* Filling; compiled NULL or reading: nothing. */
void cy_compiled_add(struct cy_compiled *compiled, enum cy_compiled_part part, const void *data, size_t size_bytes);
void cy_compiled_add_vocabulary(struct cy_compiled *compiled, const struct cy_vocabulary *vocabulary);

/* Reading: the part's bytes; its elements of element_bytes each; CY_BAD_INPUT when it is absent or its size no multiple. */
static inline bool cy_compiled_reads(const struct cy_compiled *compiled)
{
    return compiled != NULL && compiled->reads;
}
static inline struct cy_str cy_compiled_str(const struct cy_compiled *compiled, enum cy_compiled_part part)
{
    return (struct cy_str){compiled->parts[part].data, compiled->parts[part].size};
}
enum cy_status cy_compiled_get(const struct cy_compiled *compiled, enum cy_compiled_part part, size_t element_bytes, const void **data,
                               size_t *count, struct cy_error *error);
/* The vocabulary, copied into the arena. */
enum cy_status cy_compiled_get_vocabulary(const struct cy_compiled *compiled, struct cy_arena *arena, struct cy_vocabulary *vocabulary,
                                          struct cy_error *error);
enum cy_status cy_compiled_damaged(const char *what, struct cy_error *error);

/* Writes what was filled in to `folder`, which is made. That it cannot be written is nobody's error: the next load takes longer. */
void cy_compiled_write(const struct cy_compiled *compiled, const char *folder, const char *sha256, const char *name);

#endif
