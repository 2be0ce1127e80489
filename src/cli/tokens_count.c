#include "cli/tokens.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What is counted of a file, a document or a party. */
struct sum {
    struct cy_str name;
    uint64_t token_count, text_bytes, document_count;
};

struct counting {
    char *const *arguments;
    bool by_document, by_party, json;
    struct sum file; /* the argument that is being counted */
    size_t argument; /* which it is */
    struct sum total;
    struct sum *parties; /* in order of appearance; few */
    size_t party_count;
    struct cy_arena arena; /* parties' names */
    struct cy_buffer line;
};

static void add(struct sum *sum, const struct cy_tokens_document *document)
{
    sum->token_count += document->count;
    sum->text_bytes += document->text.size;
    sum->document_count++;
}

/* "tokens bytes name", or a JSON object. */
static void print_sum(struct counting *counting, const struct sum *sum, const char *key)
{
    struct cy_buffer *line = &counting->line;
    cy_buffer_clear(line);
    if (counting->json) {
        cy_buffer_printf(line, "{\"%s\":", key);
        cy_buffer_add_json(line, sum->name);
        cy_buffer_printf(line, ",\"tokens\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"documents\":%" PRIu64 "}\n", sum->token_count,
                         sum->text_bytes, sum->document_count);
    } else {
        cy_buffer_printf(line, "%12" PRIu64 " %14" PRIu64 " ", sum->token_count, sum->text_bytes);
        cy_buffer_add_str(line, sum->name);
        cy_buffer_add_byte(line, '\n');
    }
    fwrite(line->data, 1, line->size, stdout);
}

/* Prints the files before `argument`, those without documents too. */
static void print_files(struct counting *counting, size_t argument)
{
    for (; counting->argument < argument; counting->argument++) {
        counting->file.name = cy_str(counting->arguments[counting->argument]);
        if (!counting->by_document && !counting->by_party)
            print_sum(counting, &counting->file, "file");
        counting->file = (struct sum){0};
    }
}

static struct sum *party_of(struct counting *counting, struct cy_str name)
{
    for (size_t i = 0; i < counting->party_count; i++)
        if (cy_str_equal(counting->parties[i].name, name))
            return &counting->parties[i];
    counting->parties = cy_realloc(counting->parties, (counting->party_count + 1) * sizeof *counting->parties);
    struct sum *party = &counting->parties[counting->party_count++];
    *party = (struct sum){.name = cy_arena_str(&counting->arena, name)};
    return party;
}

static enum cy_status put(void *context, const struct cy_tokens_document *document, struct cy_error *error)
{
    struct counting *counting = context;
    (void)error;
    print_files(counting, document->argument);
    add(&counting->file, document);
    add(&counting->total, document);
    if (counting->by_party)
        add(party_of(counting, document->party), document);
    if (counting->by_document)
        print_sum(counting, &(struct sum){document->id, document->count, document->text.size, 1}, "document");
    return CY_OK;
}

static void print_end(struct counting *counting, size_t argument_count)
{
    print_files(counting, argument_count);
    for (size_t i = 0; i < counting->party_count; i++) {
        if (counting->parties[i].name.size == 0 && !counting->json)
            counting->parties[i].name = CY_STR("(not stated)");
        print_sum(counting, &counting->parties[i], "party");
    }
    counting->total.name = CY_STR("total");
    if (argument_count > 1 || counting->by_document || counting->by_party)
        print_sum(counting, &counting->total, "sum");
}

/* What the command line asks for. */
struct request {
    struct cy_tokens_input input;
    const char *tokenizer_name, *by, *format;
};

static enum cy_status count(const struct request *request, struct cy_error *error)
{
    struct counting counting = {.arguments = request->input.arguments,
                                .by_document = strcmp(request->by, "document") == 0,
                                .by_party = strcmp(request->by, "party") == 0,
                                .json = strcmp(request->format, "json") == 0};
    struct cy_tokenizer *tokenizer = NULL;
    enum cy_status status = cy_tokens_vocabulary(request->tokenizer_name, &tokenizer, error);
    if (status == CY_OK) {
        const struct cy_tokens_run run = {.tokenizer = tokenizer, .input = &request->input, .context = &counting, .put = put};
        status = cy_tokens_run(&run, error);
    }
    if (status == CY_OK)
        print_end(&counting, request->input.argument_count);
    if (fflush(stdout) != 0 && status == CY_OK)
        status = cy_error_errno(error, "write to", "standard output");
    cy_tokenizer_free(tokenizer);
    cy_arena_release(&counting.arena);
    cy_buffer_release(&counting.line);
    free(counting.parties);
    return status;
}

int cy_cmd_tokens_count(int argc, char **argv)
{
    struct request request = {.by = "file", .format = "text"};
    const struct cy_option options[] = {
        CY_TOKENS_VOCABULARY_OPTION(&request.tokenizer_name),
        CY_OPT_CHOICE("by", &request.by, "file|document|party", "what a line is for"),
        CY_OPT_CHOICE("format", &request.format, "text|json", "how to print"),
        CY_TOKENS_INPUT_OPTIONS(&request.input),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan tokens count --tokenizer o200k_base book.txt docs.jsonl",
        "tokens and bytes of each file, and of both",
        "ciyuan tokens count --tokenizer qwen3 --by party out/web-en",
        "how many tokens each party contributed to a dataset",
        NULL,
        NULL,
    };
    int exit_status = cy_tokens_parse(
        argc, argv, &request.input,
        &(struct cy_usage){
            .command = "tokens count",
            .arguments = "--tokenizer NAME|PATH [<options>] FILE|DATASET...",
            .summary =
                "Counts tokens: a line \"tokens bytes name\" each, and a total. A text file is one document, byte for byte; of JSON Lines, "
                "Parquet and the like every record's text is counted, of a dataset every kept document.",
            .options = options,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    return count(&request, &error) == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
