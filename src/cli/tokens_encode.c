#include "cli/tokens.h"
#include "cli/tokens_output.h"

#include <inttypes.h>
#include <stdio.h>

struct encoding_run {
    struct cy_tokens_output output;
    size_t id_bytes; /* 2, 4; 0: text */
    bool with_end;
    uint32_t end; /* put after every document */
    uint64_t token_count, document_count;
    struct cy_buffer bytes;
};

/* "15339 1917" */
static void add_text(struct cy_buffer *out, const uint32_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char digits[12];
        size_t at = sizeof digits;
        for (uint32_t id = ids[i]; id > 0 || at == sizeof digits; id /= 10)
            digits[--at] = (char)('0' + id % 10);
        if (out->size > 0)
            digits[--at] = ' ';
        cy_buffer_add(out, digits + at, sizeof digits - at);
    }
}

static enum cy_status put(void *context, const struct cy_tokens_document *document, struct cy_error *error)
{
    struct encoding_run *run = context;
    if (run->output.writer.status != CY_OK) {
        *error = run->output.writer.error;
        return run->output.writer.status;
    }
    cy_buffer_clear(&run->bytes);
    if (run->id_bytes > 0) {
        cy_tokens_add_ids(&run->bytes, document->ids, document->count, run->id_bytes);
        cy_tokens_add_ids(&run->bytes, &run->end, run->with_end, run->id_bytes);
    } else {
        add_text(&run->bytes, document->ids, document->count);
        add_text(&run->bytes, &run->end, run->with_end);
        cy_buffer_add_byte(&run->bytes, '\n');
    }
    cy_tokens_output_add(&run->output, run->bytes.data, run->bytes.size);
    run->token_count += document->count + run->with_end;
    run->document_count++;
    return CY_OK;
}

/* What the command line asks for. */
struct request {
    struct cy_tokens_input input;
    const char *tokenizer_name, *format, *path, *end;
    bool specials, affixes;
};

static enum cy_status encode(const struct request *request, const struct cy_tokenizer *tokenizer, struct encoding_run *run,
                             struct cy_error *error)
{
    enum cy_status status = cy_tokens_id_bytes(tokenizer, request->format, &run->id_bytes, error);
    run->with_end = request->end != NULL;
    if (status == CY_OK && run->with_end)
        status = cy_tokens_find(tokenizer, request->end, &run->end, error);
    if (status == CY_OK)
        status = cy_tokens_output_open(&run->output, request->path, error);
    if (status != CY_OK)
        return status;
    const struct cy_tokens_run documents = {
        .tokenizer = tokenizer,
        .encoding = {.specials = request->specials ? CY_SPECIALS_AS_IDS : CY_SPECIALS_AS_TEXT, .affixes = request->affixes},
        .with_ids = true,
        .input = &request->input,
        .context = run,
        .put = put,
    };
    status = cy_tokens_output_close(&run->output, cy_tokens_run(&documents, error), error);
    if (status == CY_OK && strcmp(request->path, "-") != 0)
        printf("%" PRIu64 " tokens of %" PRIu64 " document%s\n", run->token_count, run->document_count,
               run->document_count == 1 ? "" : "s");
    return status;
}

int cy_cmd_tokens_encode(int argc, char **argv)
{
    struct request request = {.format = "u32", .path = "-"};
    struct encoding_run run = {0};
    const struct cy_option options[] = {
        CY_TOKENS_VOCABULARY_OPTION(&request.tokenizer_name),
        CY_OPT_CHOICE("format", &request.format, "u32|u16|text", "little-endian numbers of 32 or 16 bits, or a line of numbers a document"),
        CY_OPT_TEXT("output", &request.path, "OUT", "the file to write (default: standard output)"),
        CY_OPT_TEXT("end", &request.end, "TOKEN", "put this token after every document: <|endoftext|>, </s>, …"),
        CY_OPT_FLAG("specials", &request.specials, "take the names of special tokens in a text as those tokens, not as text"),
        CY_OPT_FLAG("affixes", &request.affixes, "put around each document what the vocabulary's file says: <s>, [CLS], …"),
        CY_TOKENS_INPUT_OPTIONS(&request.input),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan tokens encode --tokenizer o200k_base --output book.u32 book.txt",
                                           "a text file, which is one document, as 32-bit ids", NULL, NULL};
    int exit_status = cy_tokens_parse(
        argc, argv, &request.input,
        &(struct cy_usage){
            .command = "tokens encode",
            .arguments = "--tokenizer NAME|PATH [<options>] FILE|DATASET...",
            .summary =
                "Writes the ids of texts, document after document. A text file is one document, byte for byte; of JSON Lines, Parquet and "
                "the like every record's text is one, of a dataset every kept document.",
            .options = options,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_tokenizer *tokenizer = NULL;
    struct cy_error error;
    enum cy_status status = cy_tokens_vocabulary(request.tokenizer_name, &tokenizer, &error);
    if (status == CY_OK)
        status = encode(&request, tokenizer, &run, &error);
    cy_buffer_release(&run.bytes);
    cy_tokenizer_free(tokenizer);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
