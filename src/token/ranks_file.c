/* tiktoken's vocabularies: a token a rank, which is its id.
 *   .tiktoken    lines "base64 rank"                                                        openai/tiktoken, tiktoken/load.py
 *   JSON         "bpe_ranks": lines "! first base64 base64 …", ranks counted from first on  npm tiktoken, encoders/NAME.json        */
#include "token/compiled.h"
#include "token/known_vocabularies.h"
#include "token/tokenizer_parts.h"

#include <stdlib.h>
#include <yyjson.h>

/* Tokens in the order of the file. */
struct rank_list {
    struct cy_buffer bytes;
    struct cy_ids ranks, ends; /* ends: offsets in bytes */
    uint8_t base64[256];
};

static void rank_list_release(struct rank_list *list)
{
    cy_buffer_release(&list->bytes);
    cy_ids_release(&list->ranks);
    cy_ids_release(&list->ends);
}

/* Fills the table: the six bits of every base64 letter (RFC 4648, table 1), 64 for another byte. */
static void base64_init(uint8_t bits[256])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    memset(bits, 64, 256);
    for (uint8_t i = 0; i < 64; i++)
        bits[(uint8_t)letters[i]] = i;
}

/* Appends the bytes that `text` stands for; false when it is not base64 with its padding, or empty. */
static bool add_base64(struct cy_buffer *out, const uint8_t bits[256], struct cy_str text)
{
    const uint8_t *from = (const uint8_t *)text.data;
    size_t size = text.size;
    if (size == 0 || size % 4 != 0)
        return false;
    size -= from[size - 1] == '=';
    size -= from[size - 1] == '=' && from[text.size - 1] == '=';
    cy_buffer_reserve(out, text.size);
    unsigned all = 0;
    size_t i = 0;
    char *to = out->data + out->size;
    for (; i + 4 <= size; i += 4) {
        uint32_t a = bits[from[i]], b = bits[from[i + 1]], c = bits[from[i + 2]], d = bits[from[i + 3]];
        all |= a | b | c | d;
        *to++ = (char)(a << 2 | b >> 4);
        *to++ = (char)(b << 4 | c >> 2);
        *to++ = (char)(c << 6 | d);
    }
    if (size - i >= 2) {
        uint32_t a = bits[from[i]], b = bits[from[i + 1]], c = size - i == 3 ? bits[from[i + 2]] : 0;
        all |= a | b | c;
        *to++ = (char)(a << 2 | b >> 4);
        if (size - i == 3)
            *to++ = (char)(b << 4 | c >> 2);
    }
    out->size = (size_t)(to - out->data);
    return (all & 64) == 0;
}

static bool parse_rank(struct cy_str text, uint32_t *rank)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i >= 10)
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *rank = (uint32_t)value;
    return text.size > 0 && value <= CY_TOKEN_ID_MAX;
}

static enum cy_status add_token(struct rank_list *list, struct cy_str base64, uint64_t rank, size_t line, struct cy_error *error)
{
    size_t start = list->bytes.size;
    if (!add_base64(&list->bytes, list->base64, base64))
        return cy_error_set(error, CY_BAD_INPUT, "line %zu: \"%.*s\" is not base64", line, (int)CY_MIN(base64.size, (size_t)60),
                            base64.data);
    if (rank > CY_TOKEN_ID_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "line %zu: the rank %llu is above %d", line, (unsigned long long)rank, CY_TOKEN_ID_MAX);
    if (list->bytes.size - start > CY_TOKEN_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "line %zu: the token has %zu bytes; at most %d can be used", line,
                            list->bytes.size - start, CY_TOKEN_BYTES_MAX);
    cy_ids_add(&list->ranks, (uint32_t)rank);
    cy_ids_add(&list->ends, (uint32_t)list->bytes.size);
    return CY_OK;
}

/* ---- from a list to a tokenizer ---- */

/* The vocabulary by ids, and the ranks (which are the ids; UINT32_MAX where there is none). The specials stand in it with their text. */
static enum cy_status make_vocabulary(struct cy_tokenizer *tokenizer, const struct rank_list *list, uint32_t **ranks,
                                      struct cy_error *error)
{
    size_t count = 0, special_bytes = 0;
    for (size_t i = 0; i < list->ranks.count; i++)
        count = CY_MAX(count, (size_t)list->ranks.items[i] + 1);
    for (size_t i = 0; i < tokenizer->added_count; i++) {
        count = CY_MAX(count, (size_t)tokenizer->added[i].id + 1);
        special_bytes += tokenizer->added[i].text.size;
    }
    struct cy_str *tokens = cy_alloc_zero(count + 1, sizeof *tokens);
    enum cy_status status = CY_OK;
    *ranks = cy_arena_alloc(&tokenizer->arena, (count + 1) * sizeof **ranks);
    memset(*ranks, 0xFF, (count + 1) * sizeof **ranks);
    for (size_t i = 0; i < list->ranks.count && status == CY_OK; i++) {
        uint32_t rank = list->ranks.items[i], start = i > 0 ? list->ends.items[i - 1] : 0;
        if (tokens[rank].size > 0)
            status = cy_error_set(error, CY_BAD_INPUT, "the rank %u stands twice", rank);
        tokens[rank] = (struct cy_str){list->bytes.data + start, list->ends.items[i] - start};
        (*ranks)[rank] = rank;
    }
    for (size_t i = 0; i < tokenizer->added_count && status == CY_OK; i++) {
        const struct cy_added_token *added = &tokenizer->added[i];
        if (tokens[added->id].size > 0)
            status = cy_error_set(error, CY_BAD_INPUT, "the special token \"%.*s\" has the id %u, which is that of another token",
                                  (int)CY_MIN(added->text.size, (size_t)60), added->text.data, added->id);
        tokens[added->id] = added->text;
    }
    char *bytes = cy_arena_alloc(&tokenizer->arena, list->bytes.size + special_bytes + 1);
    uint32_t *ends = cy_arena_alloc(&tokenizer->arena, (count + 1) * sizeof *ends), end = 0;
    for (size_t id = 0; id < count; id++) {
        if (tokens[id].size > 0)
            memcpy(bytes + end, tokens[id].data, tokens[id].size);
        ends[id] = end += (uint32_t)tokens[id].size;
    }
    free(tokens);
    tokenizer->vocabulary = (struct cy_vocabulary){bytes, ends, count};
    return status;
}

static enum cy_status assemble(struct cy_tokenizer *tokenizer, const struct rank_list *list, struct cy_str pattern, struct cy_error *error)
{
    struct cy_bpe_source source = {.vocabulary = &tokenizer->vocabulary, .compiled = tokenizer->compiled, .whole_first = true};
    uint32_t *ranks = NULL;
    enum cy_status status;
    if (cy_compiled_reads(tokenizer->compiled)) {
        status = cy_compiled_get_vocabulary(tokenizer->compiled, &tokenizer->arena, &tokenizer->vocabulary, error);
    } else {
        status = make_vocabulary(tokenizer, list, &ranks, error);
        cy_compiled_add_vocabulary(tokenizer->compiled, &tokenizer->vocabulary);
    }
    source.ranks = ranks;
    if (status == CY_OK)
        status = cy_splitter_new(&tokenizer->splitter, pattern, &tokenizer->arena, error);
    return status == CY_OK ? cy_bpe_new(&tokenizer->model, &source, &tokenizer->arena, error) : status;
}

static void use_specials(struct cy_tokenizer *tokenizer, const struct cy_known_special *specials)
{
    size_t count = 0;
    while (specials[count].text != NULL)
        count++;
    tokenizer->added = cy_arena_zero(&tokenizer->arena, (count + 1) * sizeof *tokenizer->added);
    tokenizer->added_count = count;
    for (size_t i = 0; i < count; i++)
        tokenizer->added[i] = (struct cy_added_token){.text = cy_str(specials[i].text), .id = specials[i].id, .special = true};
}

/* ---- .tiktoken ---- */

enum cy_status cy_tokenizer_parse_ranks(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error)
{
    const struct cy_known_vocabulary *known = cy_known_vocabulary(cy_str(tokenizer->name));
    if (known == NULL) {
        cy_error_set(error, CY_BAD_INPUT, "\"%s\": a rank file does not say how text is split, and the name is not known", tokenizer->name);
        return cy_error_hint(error, "name it as the vocabulary it is (o200k_base.tiktoken), or give the JSON or tokenizer.json of it");
    }
    struct rank_list list = {0};
    base64_init(list.base64);
    enum cy_status status = CY_OK;
    struct cy_str rest = cy_compiled_reads(tokenizer->compiled) ? CY_STR("") : file;
    for (size_t line = 1; rest.size > 0 && status == CY_OK; line++) {
        struct cy_str text = cy_str_trim(cy_str_split(rest, '\n', &rest)), number, base64 = cy_str_split(text, ' ', &number);
        uint32_t rank;
        if (text.size == 0)
            continue;
        if (!parse_rank(number, &rank))
            status = cy_error_set(error, CY_BAD_INPUT, "line %zu: \"%.*s\" is not a token in base64 and its rank", line,
                                  (int)CY_MIN(text.size, (size_t)80), text.data);
        else
            status = add_token(&list, base64, rank, line, error);
    }
    use_specials(tokenizer, known->specials);
    if (status == CY_OK)
        status = assemble(tokenizer, &list, cy_str(known->pattern), error);
    rank_list_release(&list);
    return status;
}

/* ---- JSON ---- */

static enum cy_status parse_bpe_ranks(struct rank_list *list, struct cy_str text, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    for (size_t line = 1; text.size > 0 && status == CY_OK; line++) {
        struct cy_str rest = cy_str_split(text, '\n', &text), mark = cy_str_split(rest, ' ', &rest),
                      number = cy_str_split(rest, ' ', &rest);
        uint32_t rank;
        if (mark.size == 0)
            continue;
        if (!cy_str_is(mark, "!") || !parse_rank(number, &rank))
            return cy_error_set(error, CY_BAD_INPUT, "bpe_ranks, line %zu does not begin with \"! RANK\"", line);
        for (uint64_t next = rank; rest.size > 0 && status == CY_OK; next++)
            status = add_token(list, cy_str_split(rest, ' ', &rest), next, line, error);
    }
    return status;
}

static enum cy_status read_specials(struct cy_tokenizer *tokenizer, yyjson_val *specials, struct cy_error *error)
{
    size_t index, count;
    yyjson_val *key, *value;
    if (specials == NULL)
        return CY_OK;
    tokenizer->added = cy_arena_zero(&tokenizer->arena, (yyjson_obj_size(specials) + 1) * sizeof *tokenizer->added);
    yyjson_obj_foreach(specials, index, count, key, value)
    {
        struct cy_str text = {yyjson_get_str(key), yyjson_get_len(key)};
        if (!yyjson_is_uint(value) || yyjson_get_uint(value) > CY_TOKEN_ID_MAX || text.size == 0)
            return cy_error_set(error, CY_BAD_INPUT, "the special token \"%.*s\" has no id from 0 to %d",
                                (int)CY_MIN(text.size, (size_t)60), text.data, CY_TOKEN_ID_MAX);
        tokenizer->added[tokenizer->added_count++] =
            (struct cy_added_token){.text = cy_arena_str(&tokenizer->arena, text), .id = (uint32_t)yyjson_get_uint(value), .special = true};
    }
    return CY_OK;
}

enum cy_status cy_tokenizer_parse_ranks_json(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error)
{
    yyjson_read_err failure;
    yyjson_doc *json = yyjson_read_opts((char *)file.data, file.size, 0, NULL, &failure); /* not in situ: the file is only read */
    if (json == NULL)
        return cy_error_set(error, CY_BAD_INPUT, "\"%s\" is not JSON: %s, at byte %zu", tokenizer->name, failure.msg, failure.pos);
    yyjson_val *root = yyjson_doc_get_root(json), *pattern = yyjson_obj_get(root, "pat_str"), *ranks = yyjson_obj_get(root, "bpe_ranks");
    struct rank_list list = {0};
    enum cy_status status;
    base64_init(list.base64);
    if (!yyjson_is_str(pattern) || !yyjson_is_str(ranks))
        status = cy_error_set(error, CY_BAD_INPUT, "\"%s\" has no \"pat_str\" and \"bpe_ranks\"", tokenizer->name);
    else
        status = read_specials(tokenizer, yyjson_obj_get(root, "special_tokens"), error);
    if (status == CY_OK && !cy_compiled_reads(tokenizer->compiled))
        status = parse_bpe_ranks(&list, (struct cy_str){yyjson_get_str(ranks), yyjson_get_len(ranks)}, error);
    if (status == CY_OK) {
        /* Under a known name, the pattern that tiktoken has today: cl100k_base's takes white space at the end as one piece. */
        const struct cy_known_vocabulary *known = cy_known_vocabulary(cy_str(tokenizer->name));
        struct cy_str used = known != NULL ? cy_str(known->pattern) : (struct cy_str){yyjson_get_str(pattern), yyjson_get_len(pattern)};
        status = assemble(tokenizer, &list, used, error);
    }
    rank_list_release(&list);
    yyjson_doc_free(json);
    return status;
}
