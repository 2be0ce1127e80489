#include "cli/tokens.h"
#include "cli/tokens_output.h"

/* The numbers in a text, parted by white space. */
static enum cy_status parse_text(struct cy_str text, struct cy_ids *ids, struct cy_error *error)
{
    for (size_t at = 0; at < text.size;) {
        if (strchr(" \t\r\n", text.data[at]) != NULL && text.data[at] != '\0') {
            at++;
            continue;
        }
        uint64_t id = 0;
        size_t start = at;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9' && id <= UINT32_MAX; at++)
            id = id * 10 + (uint64_t)(text.data[at] - '0');
        bool ends = at == text.size || (text.data[at] != '\0' && strchr(" \t\r\n", text.data[at]) != NULL);
        if (start == at || !ends || id > UINT32_MAX)
            return cy_error_set(error, CY_BAD_INPUT, "what stands at byte %zu is no id", start);
        cy_ids_add(ids, (uint32_t)id);
    }
    return CY_OK;
}

static enum cy_status parse_ids(struct cy_str file, size_t id_bytes, struct cy_ids *ids, struct cy_error *error)
{
    if (id_bytes == 0)
        return parse_text(file, ids, error);
    if (file.size % id_bytes != 0)
        return cy_error_set(error, CY_BAD_INPUT, "%zu bytes are no whole number of ids of %zu bytes", file.size, id_bytes);
    cy_ids_reserve(ids, file.size / id_bytes);
    for (size_t at = 0; at < file.size; at += id_bytes) {
        uint16_t half;
        memcpy(&half, file.data + at, sizeof half);
        ids->items[ids->count++] = id_bytes == sizeof half ? half : cy_load_u32(file.data + at);
    }
    return CY_OK;
}

static enum cy_status decode(const struct cy_tokenizer *tokenizer, const char *path, size_t id_bytes, bool skip_special, const char *to,
                             struct cy_error *error)
{
    struct cy_map map = {0};
    struct cy_ids ids = {0};
    struct cy_buffer text = {0};
    struct cy_tokens_output output;
    enum cy_status status = cy_map_file(&map, path, error);
    if (status == CY_OK)
        status = parse_ids((struct cy_str){map.data, map.size}, id_bytes, &ids, error);
    if (status == CY_OK)
        status = cy_tokenizer_decode(tokenizer, ids.items, ids.count, skip_special, &text, error);
    if (status == CY_OK)
        status = cy_tokens_output_open(&output, to, error);
    if (status == CY_OK) {
        cy_tokens_output_add(&output, text.data, text.size);
        status = cy_tokens_output_close(&output, CY_OK, error);
    }
    cy_unmap(&map);
    cy_ids_release(&ids);
    cy_buffer_release(&text);
    return status;
}

int cy_cmd_tokens_decode(int argc, char **argv)
{
    const char *tokenizer_name = NULL, *format = "u32", *path = "-";
    bool skip_special = false;
    size_t id_bytes = 0;
    const struct cy_option options[] = {
        CY_TOKENS_VOCABULARY_OPTION(&tokenizer_name),
        CY_OPT_CHOICE("format", &format, "u32|u16|text", "what the file holds, as `tokens encode` writes it"),
        CY_OPT_TEXT("output", &path, "OUT", "the file to write (default: standard output)"),
        CY_OPT_FLAG("skip-special", &skip_special, "leave special tokens out"),
        CY_OPT_END,
    };
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "tokens decode",
                                           .arguments = "--tokenizer NAME|PATH [<options>] FILE",
                                           .summary = "Writes the text that a file of ids stands for.",
                                           .options = options,
                                           .argument_min = 1,
                                           .argument_max = 1,
                                           .examples = (const char *const[]){"ciyuan tokens decode --tokenizer o200k_base notes.u32",
                                                                             "the text of what `ciyuan tokens encode` wrote", NULL, NULL},
                                       });
    if (exit_status >= 0)
        return exit_status;
    struct cy_tokenizer *tokenizer = NULL;
    struct cy_error error;
    enum cy_status status = cy_tokens_vocabulary(tokenizer_name, &tokenizer, &error);
    if (status == CY_OK)
        status = cy_tokens_id_bytes(tokenizer, format, &id_bytes, &error);
    if (status == CY_OK)
        status = decode(tokenizer, argv[0], id_bytes, skip_special, path, &error);
    cy_tokenizer_free(tokenizer);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
