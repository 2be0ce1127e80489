#include "cli/tokens.h"
#include "cli/tokens_output.h"
#include "cli/tokens_rows.h"

#include "base/hash.h"
#include "dataset/json_write.h"
#include "token/pack_index.h"
#include "token/shuffle.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRAIN, VALIDATION, SPLITS };
static const char *const split_names[SPLITS] = {"train", "validation"};

/* What ends a document where --end does not say: the first of these that the vocabulary has. */
static const char *const ends[] = {"<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<eos>", "</s>"};

/* ids[first … first + length) of the stream */
struct span {
    uint64_t first;
    uint32_t length;
};
struct spans {
    struct span *items;
    size_t count, capacity;
};

/* What the command line asks for. */
struct request {
    struct cy_tokens_input input;
    const char *tokenizer_name, *output, *format_name, *end_name;
    enum cy_token_rows_format format;
    uint64_t length, seed; /* length 0: not packed; seed UINT64_MAX: not shuffled */
    int64_t shard_bytes;   /* 0: one file a split */
    double validation_share;
};

struct packing {
    const struct request *request;
    const struct cy_tokenizer *tokenizer;
    char *folder;      /* what is made, until it is whole */
    const char *spill; /* in it: all ids, in the order of the documents; removed at the end */
    struct cy_writer writer;
    uint64_t token_count;
    struct spans documents[SPLITS];
    uint64_t empty_count; /* documents without a token, which are left out */
    uint32_t end;
    size_t id_bytes;
    struct cy_buffer report; /* pack.json */
    struct cy_json json;
};

static enum cy_status put(void *context, const struct cy_tokens_document *document, struct cy_error *error)
{
    struct packing *packing = context;
    bool validation = (double)cy_hash64(document->id, 0) < packing->request->validation_share * 18446744073709551616.0; /* 2^64 */
    struct spans *spans = &packing->documents[validation ? VALIDATION : TRAIN];
    if (packing->writer.status != CY_OK) {
        *error = packing->writer.error;
        return packing->writer.status;
    }
    if (document->count == 0) {
        packing->empty_count++;
        return CY_OK;
    }
    if (spans->count == spans->capacity) {
        spans->capacity = CY_MAX(2 * spans->capacity, 1024);
        spans->items = cy_realloc(spans->items, spans->capacity * sizeof *spans->items);
    }
    spans->items[spans->count++] = (struct span){packing->token_count, (uint32_t)document->count + 1};
    cy_writer_add(&packing->writer, document->ids, document->count * sizeof *document->ids);
    cy_writer_add(&packing->writer, &packing->end, sizeof packing->end);
    packing->token_count += document->count + 1;
    return CY_OK;
}

/* ---- rows ---- */

/* Documents become pieces: whole, or cut where they are longer than a row. */
static void cut(const struct spans *documents, uint32_t length, struct cy_token_rows *rows)
{
    for (size_t i = 0; i < documents->count; i++)
        rows->piece_count += length == 0 ? 1 : (documents->items[i].length + (uint64_t)length - 1) / length;
    rows->pieces = cy_alloc(CY_MAX(rows->piece_count, 1) * sizeof *rows->pieces);
    size_t count = 0;
    for (size_t i = 0; i < documents->count; i++) {
        struct span rest = documents->items[i];
        while (rest.length > 0) {
            uint32_t taken = length == 0 ? rest.length : CY_MIN(rest.length, length);
            rows->pieces[count] = (struct cy_pack_piece){rest.first, taken, (uint32_t)count};
            rest = (struct span){rest.first + taken, rest.length - taken};
            count++;
        }
    }
}

/* file: the spill. */
static enum cy_status write_split(struct packing *packing, int split, int file, struct cy_error *error)
{
    const struct request *request = packing->request;
    struct spans *documents = &packing->documents[split];
    struct cy_token_rows rows = {.file = file, .length = (uint32_t)request->length, .fill = packing->end};
    uint64_t token_count = 0;
    cut(documents, rows.length, &rows);
    for (size_t i = 0; i < rows.piece_count; i++)
        token_count += rows.pieces[i].length;
    if (rows.piece_count >= UINT32_MAX) {
        cy_token_rows_release(&rows);
        return cy_error_set(error, CY_FAILED, "more than 4,294,967,294 pieces cannot be packed at once");
    }
    cy_token_rows_arrange(&rows, rows.length > 0 ? cy_pack_best_fit(rows.pieces, rows.piece_count, rows.length) : rows.piece_count);
    if (request->seed != UINT64_MAX)
        cy_shuffle(rows.order, rows.row_count, request->seed);
    const struct cy_token_rows_target target = {.format = request->format,
                                                .folder = packing->folder,
                                                .name = split_names[split],
                                                .id_bytes = packing->id_bytes,
                                                .shard_bytes = (uint64_t)request->shard_bytes,
                                                .thread_count = cy_tokens_thread_count(&request->input)};
    size_t file_count;
    enum cy_status status = cy_token_rows_write(&rows, &target, &file_count, error);
    struct cy_json *json = &packing->json;
    cy_json_open_line(json, split_names[split], '{');
    cy_json_count(json, "documents", documents->count);
    cy_json_count(json, "tokens", token_count);
    cy_json_count(json, "rows", rows.row_count);
    cy_json_count(json, "filled", rows.filled_count);
    cy_json_count(json, "files", file_count);
    cy_json_close(json, '}');
    if (status == CY_OK)
        printf("  %-12s %12zu documents %14" PRIu64 " tokens %12zu rows, %" PRIu64 " filled in\n", split_names[split], documents->count,
               token_count, rows.row_count, rows.filled_count);
    cy_token_rows_release(&rows);
    return status;
}

/* ---- all together ---- */

static void begin_report(struct packing *packing, struct cy_str end)
{
    const struct request *request = packing->request;
    struct cy_json *json = &packing->json;
    json->out = &packing->report;
    cy_json_open(json, NULL, '{');
    cy_json_count(json, "schema", 1);
    cy_json_text(json, "ciyuan", cy_str(CIYUAN_VERSION));
    cy_json_open_line(json, "tokenizer", '{');
    cy_json_text(json, "name", cy_str(cy_tokenizer_name(packing->tokenizer)));
    cy_json_text(json, "sha256", cy_str(cy_tokenizer_sha256(packing->tokenizer)));
    cy_json_count(json, "ids", cy_tokenizer_vocabulary_size(packing->tokenizer));
    cy_json_close(json, '}');
    cy_json_text(json, "format", cy_str(request->format_name));
    cy_json_text(json, "type", cy_str(packing->id_bytes == 2 ? "uint16" : request->format == CY_ROWS_BIN ? "uint32" : "int32"));
    cy_json_open_line(json, "end", '{');
    cy_json_text(json, "token", end);
    cy_json_count(json, "id", packing->end);
    cy_json_close(json, '}');
    if (request->length > 0)
        cy_json_count(json, "length", request->length);
    else
        cy_json_null(json, "length");
    if (request->seed != UINT64_MAX)
        cy_json_count(json, "seed", request->seed);
    else
        cy_json_null(json, "seed");
    if (request->shard_bytes > 0)
        cy_json_count(json, "shard_size", (uint64_t)request->shard_bytes);
    else
        cy_json_null(json, "shard_size");
    cy_json_number(json, "validation", request->validation_share);
    cy_json_count(json, "empty_documents", packing->empty_count);
}

static enum cy_status find_end(struct packing *packing, struct cy_str *name, struct cy_error *error)
{
    if (packing->request->end_name != NULL) {
        *name = cy_str(packing->request->end_name);
        return cy_tokens_find(packing->tokenizer, packing->request->end_name, &packing->end, error);
    }
    for (size_t i = 0; i < CY_COUNT(ends); i++) {
        *name = cy_str(ends[i]);
        if (cy_tokenizer_find(packing->tokenizer, *name, &packing->end))
            return CY_OK;
    }
    cy_error_set(error, CY_BAD_RECIPE, "which token of %s ends a document is not known", cy_tokenizer_name(packing->tokenizer));
    return cy_error_hint(error, "name it: --end TOKEN");
}

/* Tokenizes all documents into the spill, then writes the splits from it. */
static enum cy_status fill_folder(struct packing *packing, struct cy_str end, struct cy_error *error)
{
    const struct request *request = packing->request;
    int file = -1;
    enum cy_status status = cy_writer_open(&packing->writer, packing->spill, error);
    if (status != CY_OK)
        return status;
    const struct cy_tokens_run run = {
        .tokenizer = packing->tokenizer, .with_ids = true, .input = &request->input, .context = packing, .put = put};
    status = cy_tokens_run(&run, error);
    if (status != CY_OK) {
        cy_writer_abandon(&packing->writer);
        return status;
    }
    status = cy_writer_close_unsynced(&packing->writer, error);
    if (status == CY_OK && (file = cy_files->open(packing->spill, O_RDONLY, 0)) < 0)
        status = cy_error_errno(error, "open", packing->spill);
    begin_report(packing, end);
    cy_json_open(&packing->json, "splits", '{');
    for (int split = 0; split < SPLITS && status == CY_OK; split++)
        if (split == TRAIN || request->validation_share > 0)
            status = write_split(packing, split, file, error);
    cy_json_close(&packing->json, '}');
    cy_json_close(&packing->json, '}');
    if (file >= 0)
        cy_files->close(file);
    cy_files->remove(packing->spill);
    return status;
}

/* Gives the folder, whole, its name, so that it also lasts a loss of power. */
static enum cy_status put_in_place(const char *folder, const char *output, struct cy_arena *arena, struct cy_error *error)
{
    const char *slash = strrchr(output, '/');
    const char *parent = slash == NULL ? "." : slash == output ? "/" : cy_arena_printf(arena, "%.*s", (int)(slash - output), output);
    enum cy_status status = cy_sync_folder(folder, error);
    if (status == CY_OK && cy_files->rename(folder, output) != 0)
        status = cy_error_errno(error, "put in place", output);
    return status == CY_OK ? cy_sync_folder(parent, error) : status;
}

static enum cy_status pack(const struct request *request, struct cy_error *error)
{
    struct cy_tokenizer *tokenizer = NULL;
    struct cy_arena arena = {0};
    struct cy_str end;
    size_t size = strlen(request->output);
    while (size > 1 && request->output[size - 1] == '/')
        size--;
    const char *output = cy_arena_printf(&arena, "%.*s", (int)size, request->output);
    struct packing packing = {.request = request, .folder = cy_arena_printf(&arena, "%s.partial", output)};
    packing.spill = cy_path_join(&arena, packing.folder, "ids");
    struct cy_error ignored;
    enum cy_status status = cy_tokens_vocabulary(request->tokenizer_name, &tokenizer, error);
    packing.tokenizer = tokenizer;
    if (status == CY_OK)
        status = find_end(&packing, &end, error);
    if (status == CY_OK)
        status = cy_remove_tree(packing.folder, error);
    if (status == CY_OK)
        status = cy_make_folders(packing.folder, error);
    if (status == CY_OK) {
        size_t id_count = cy_tokenizer_vocabulary_size(tokenizer);
        packing.id_bytes = id_count < CY_MEGATRON_UINT16_IDS && request->format != CY_ROWS_PARQUET ? sizeof(uint16_t) : sizeof(uint32_t);
        status = fill_folder(&packing, end, error);
    }
    if (status == CY_OK)
        status = cy_write_file(cy_path_join(&arena, packing.folder, "pack.json"), cy_buffer_str(&packing.report), error);
    if (status == CY_OK)
        status = put_in_place(packing.folder, output, &arena, error);
    if (status != CY_OK)
        cy_remove_tree(packing.folder, &ignored);
    for (int split = 0; split < SPLITS; split++)
        free(packing.documents[split].items);
    cy_buffer_release(&packing.report);
    cy_tokenizer_free(tokenizer);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status check(struct request *request, const char *share, struct cy_error *error)
{
    static const char *const names[] = {[CY_ROWS_MEGATRON] = "megatron", [CY_ROWS_BIN] = "bin", [CY_ROWS_PARQUET] = "parquet"};
    char *rest = NULL;
    for (size_t i = 0; i < CY_COUNT(names); i++)
        if (strcmp(request->format_name, names[i]) == 0)
            request->format = (enum cy_token_rows_format)i;
    request->validation_share = strtod(share, &rest);
    if (*share == '\0' || *rest != '\0' || !(request->validation_share >= 0 && request->validation_share < 1))
        return cy_error_set(error, CY_BAD_RECIPE, "--validation must be a share from 0 to below 1, found \"%.100s\"", share);
    if (request->output == NULL)
        return cy_error_set(error, CY_BAD_RECIPE, "--output is missing: the folder to make");
    if (cy_path_exists(request->output))
        return cy_error_set(error, CY_BAD_RECIPE, "\"%.300s\" is there already", request->output);
    if (request->format == CY_ROWS_PARQUET && request->length == 0)
        return cy_error_set(error, CY_BAD_RECIPE, "--length is missing: Parquet has rows of one length");
    if (request->length > CY_PACK_LENGTH_MAX)
        return cy_error_set(error, CY_BAD_RECIPE, "--length is at most %d, found %" PRIu64, CY_PACK_LENGTH_MAX, request->length);
    return CY_OK;
}

int cy_cmd_tokens_pack(int argc, char **argv)
{
    struct request request = {.format_name = "megatron", .seed = UINT64_MAX};
    const char *share = "0";
    const struct cy_option options[] = {
        CY_TOKENS_VOCABULARY_OPTION(&request.tokenizer_name),
        CY_OPT_TEXT("output", &request.output, "DIR", "the folder to make; must be given"),
        CY_OPT_CHOICE("format", &request.format_name, "megatron|bin|parquet", "train.bin and .idx, train.bin alone, or train.parquet"),
        CY_OPT_COUNT("length", &request.length, "N", "pack documents into rows of N tokens, best fit"),
        CY_OPT_TEXT("end", &request.end_name, "TOKEN", "ends every document (default: the vocabulary's <|endoftext|>, </s>, …)"),
        CY_OPT_COUNT("seed", &request.seed, "N", "shuffle the rows by this seed (default: they stay in order)"),
        CY_OPT_TEXT("validation", &share, "SHARE", "put this share of the documents, by hash of their id, into validation"),
        CY_OPT_SIZE("shard-size", &request.shard_bytes,
                    "begin a new file, train-00000 and so on, where a file's ids would have more bytes"),
        CY_TOKENS_INPUT_OPTIONS(&request.input),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan tokens pack --tokenizer qwen3 --seed 1 --validation 0.01 --output packed out/web-en",
        "a dataset as Megatron reads it: packed/train.bin, train.idx, validation.bin, validation.idx",
        "ciyuan tokens pack --tokenizer llama3 --format parquet --length 4096 --output packed out/web-en",
        "rows of 4,096 tokens for trainers that read Parquet",
        NULL,
        NULL,
    };
    int exit_status = cy_tokens_parse(
        argc, argv, &request.input,
        &(struct cy_usage){
            .command = "tokens pack",
            .arguments = "--tokenizer NAME|PATH --output DIR [<options>] FILE|DATASET...",
            .summary =
                "Writes documents as ids that trainers read. A token ends every document. With --length, rows of that many tokens are "
                "filled with whole documents as well as can be; only longer ones are cut. The same input and seed give the same files.",
            .options = options,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    enum cy_status status = check(&request, share, &error);
    if (status == CY_OK)
        status = pack(&request, &error);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
