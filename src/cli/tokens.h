/* The commands of `ciyuan tokens`, and what they share: the documents of files and datasets, tokenized on every thread, one after the other
 * in the order of the arguments. */
#ifndef CY_CLI_TOKENS_H
#define CY_CLI_TOKENS_H

#include "cli/options.h"
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

/* The files and datasets that a command reads, and how. */
struct cy_tokens_input {
    char *const *arguments; /* a file, a folder of files, or a dataset, of which the kept documents are taken */
    size_t argument_count;
    const char *format;    /* of the files; NULL: by their names. A text file, or one of no known format, is one document, byte for byte */
    uint64_t thread_count; /* 0: all processors */
};

/* Rows of a command's options: how its input is read (a struct cy_tokens_input *), and its vocabulary (a const char **). */
#define CY_TOKENS_INPUT_OPTIONS(input)                                                                                                     \
    CY_OPT_TEXT("read-as", &(input)->format, "FORMAT", "the files' format, where their names do not tell: text, jsonl, parquet, csv, …"),  \
        CY_OPT_COUNT("threads", &(input)->thread_count, "N", "threads (default: all processors)")
#define CY_TOKENS_VOCABULARY_OPTION(name) CY_OPT_TEXT("tokenizer", name, "NAME|PATH", "the vocabulary; must be given")

/* cy_parse_options for a command whose arguments, one or more, are its input: they become input->arguments. usage->argument_min and
 * argument_max are not looked at. */
int cy_tokens_parse(int argc, char **argv, struct cy_tokens_input *input, const struct cy_usage *usage);
size_t cy_tokens_thread_count(const struct cy_tokens_input *input);

struct cy_tokens_run {
    const struct cy_tokenizer *tokenizer; /* NULL with take */
    struct cy_encoding encoding;
    bool with_ids; /* else they are only counted */
    const struct cy_tokens_input *input;
    void *context;
    /* Set: texts are given to it, from any thread, in any order, and are not tokenized. */
    void (*take)(void *context, size_t thread, struct cy_str text);
    enum cy_status (*put)(void *context, const struct cy_tokens_document *document, struct cy_error *error);
};

/* Calls put for every document, from one thread at a time. Says on stderr how many records could not be read or are no documents. */
enum cy_status cy_tokens_run(const struct cy_tokens_run *run, struct cy_error *error);

#endif
