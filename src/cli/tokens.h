/* The commands of `ciyuan tokens`, and what they share: the documents of files and datasets, tokenized on every thread, one after the other
 * in the order of the arguments. */
#ifndef CY_CLI_TOKENS_H
#define CY_CLI_TOKENS_H

#include "cli/command.h"
#include "token/tokenizer.h"

#define CY_TOKENS_COMMAND(name, summary) int cy_cmd_tokens_##name(int argc, char **argv);
#include "cli/tokens_commands.h"
#undef CY_TOKENS_COMMAND

/* Loads what --tokenizer names. CY_BAD_RECIPE when `text` is NULL (the option is missing) or there is no such vocabulary. */
enum cy_status cy_tokens_vocabulary(const char *text, struct cy_tokenizer **tokenizer, struct cy_error *error);

/* How many bytes an id has in a format: u16, u32; 0: text. CY_BAD_RECIPE when the vocabulary has ids that do not fit. */
enum cy_status cy_tokens_id_bytes(const struct cy_tokenizer *tokenizer, const char *format, size_t *id_bytes, struct cy_error *error);
/* The id of the token that is called so; CY_BAD_RECIPE when there is none. */
enum cy_status cy_tokens_find(const struct cy_tokenizer *tokenizer, const char *name, uint32_t *id, struct cy_error *error);

/* A document with its tokens; borrowed for the call. */
struct cy_tokens_document {
    size_t argument; /* which of the arguments it comes from */
    struct cy_str id;
    struct cy_str party; /* in a dataset; empty: not stated */
    struct cy_str text;
    const uint32_t *ids; /* NULL: only counted */
    size_t count;
};

struct cy_tokens_run {
    const struct cy_tokenizer *tokenizer; /* NULL with take */
    struct cy_encoding encoding;
    bool with_ids; /* else they are only counted */
    char *const *arguments;
    size_t argument_count;
    const char *format;  /* of the files; NULL: by their names. A text file, or one of no known format, is one document, byte for byte */
    size_t thread_count; /* 0: all processors */
    void *context;
    /* Set: texts are given to it, from any thread, in any order, and are not tokenized. */
    void (*take)(void *context, size_t thread, struct cy_str text);
    enum cy_status (*put)(void *context, const struct cy_tokens_document *document, struct cy_error *error);
};

/* Calls put for every document, from one thread at a time. *bad_count: records that could not be read or are no documents. An argument is a
 * file, a folder of files, or a dataset, of which the kept documents are taken. */
enum cy_status cy_tokens_run(const struct cy_tokens_run *run, uint64_t *bad_count, struct cy_error *error);
/* Says on stderr that records were left out; nothing when there were none. */
void cy_tokens_warn(uint64_t bad_count);

#endif
