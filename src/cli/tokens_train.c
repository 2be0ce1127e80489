#include "cli/tokens.h"

#include "base/files.h"
#include "token/train.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { IDS_MAX = 1 << 20, SPECIALS_MAX = 1024 };

/* One table of pieces a thread. */
struct counting {
    struct cy_piece_counts **counts;
    size_t thread_count;
};

static void count_text(void *context, size_t thread, struct cy_str text)
{
    struct counting *counting = context;
    cy_piece_counts_add(counting->counts[thread], text);
}

static enum cy_status counting_init(struct counting *counting, size_t thread_count, const struct cy_train_pattern *pattern,
                                    struct cy_error *error)
{
    enum cy_status status = CY_OK;
    counting->thread_count = thread_count;
    counting->counts = cy_alloc_zero(thread_count, sizeof(struct cy_piece_counts *));
    for (size_t i = 0; i < thread_count && status == CY_OK; i++)
        status = cy_piece_counts_new(&counting->counts[i], pattern, error);
    return status;
}

static void counting_release(struct counting *counting)
{
    for (size_t i = 0; i < counting->thread_count; i++)
        cy_piece_counts_free(counting->counts[i]);
    free(counting->counts);
}

/* "a,b" → its parts, which borrow it. */
static enum cy_status split_specials(const char *text, struct cy_str specials[SPECIALS_MAX], size_t *count, struct cy_error *error)
{
    struct cy_str rest = cy_str(text);
    *count = 0;
    while (rest.size > 0) {
        struct cy_str special = cy_str_split(rest, ',', &rest);
        if (special.size == 0 || *count == SPECIALS_MAX)
            return cy_error_set(error, CY_BAD_RECIPE, "--specials must be names parted by commas, at most %d, found \"%.200s\"",
                                SPECIALS_MAX, text);
        specials[(*count)++] = special;
    }
    return CY_OK;
}

/* What the command line asks for. */
struct request {
    struct cy_tokens_input input;
    const char *output, *pattern_name, *special_names;
    uint64_t id_count, frequency_min;
};

/* Counts the pieces of all documents into counting->counts[0]. */
static enum cy_status count_all(struct counting *counting, const struct request *request, struct cy_error *error)
{
    enum cy_status status =
        cy_tokens_run(&(struct cy_tokens_run){.input = &request->input, .context = counting, .take = count_text}, error);
    for (size_t i = 1; i < counting->thread_count && status == CY_OK; i++)
        cy_piece_counts_merge(counting->counts[0], counting->counts[i]);
    return status;
}

static enum cy_status train(const struct request *request, struct cy_error *error)
{
    const struct cy_train_pattern *pattern = cy_train_pattern_find(request->pattern_name);
    struct cy_str specials[SPECIALS_MAX];
    struct counting counting = {0};
    struct cy_buffer json = {0};
    size_t special_count = 0, token_count = 0;
    enum cy_status status = split_specials(request->special_names, specials, &special_count, error);
    if (status == CY_OK && request->output == NULL)
        status = cy_error_set(error, CY_BAD_RECIPE, "--output is missing: the tokenizer.json to write");
    if (status == CY_OK && (request->id_count < special_count + 256 || request->id_count > IDS_MAX))
        status = cy_error_set(error, CY_BAD_RECIPE, "--size must be from %zu, the bytes and special tokens, to %d", special_count + 256,
                              IDS_MAX);
    if (status != CY_OK)
        return status;
    status = counting_init(&counting, cy_tokens_thread_count(&request->input), pattern, error);
    if (status == CY_OK)
        status = count_all(&counting, request, error);
    if (status == CY_OK) {
        const struct cy_train_options options = {.vocabulary_size = request->id_count,
                                                 .frequency_min = (int64_t)CY_MIN(request->frequency_min, INT64_MAX),
                                                 .specials = specials,
                                                 .special_count = special_count};
        cy_bpe_train(counting.counts[0], pattern, &options, &json, &token_count);
        status = cy_write_file(request->output, cy_buffer_str(&json), error);
    }
    if (status == CY_OK)
        printf("%zu ids in %s\n", token_count, request->output);
    counting_release(&counting);
    cy_buffer_release(&json);
    return status;
}

int cy_cmd_tokens_train(int argc, char **argv)
{
    struct request request = {.pattern_name = "gpt2", .special_names = "", .frequency_min = 2};
    const struct cy_option options[] = {
        CY_OPT_COUNT("size", &request.id_count, "N", "ids of the vocabulary, special tokens and the 256 bytes included; must be given"),
        CY_OPT_TEXT("output", &request.output, "FILE", "the tokenizer.json to write; must be given"),
        CY_OPT_CHOICE("pattern", &request.pattern_name, "gpt2|o200k|llama3|qwen3|qwen3_5",
                      "how texts are split into pieces, which no token crosses"),
        CY_OPT_TEXT("specials", &request.special_names, "A,B", "special tokens, which get the first ids"),
        CY_OPT_COUNT("frequency-min", &request.frequency_min, "N", "merge no pair that comes less often (default 2)"),
        CY_TOKENS_INPUT_OPTIONS(&request.input),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan tokens train --size 32000 --specials '<|endoftext|>' --output mine/tokenizer.json out/web-en",
        "learn a vocabulary from a dataset's kept documents",
        NULL,
        NULL,
    };
    int exit_status = cy_tokens_parse(
        argc, argv, &request.input,
        &(struct cy_usage){
            .command = "tokens train",
            .arguments = "--size N --output FILE [<options>] FILE|DATASET...",
            .summary =
                "Learns a byte-level BPE vocabulary, the same as Hugging Face tokenizers' BpeTrainer learns from the same documents, and "
                "writes it as tokenizer.json.",
            .options = options,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    return train(&request, &error) == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
