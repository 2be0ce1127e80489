/* The model's tokens by id, and the added ones. */
#include "token/hf.h"

#include <stdlib.h>

static enum cy_status bad_token(struct cy_str text, const char *why, struct cy_error *error)
{
    return cy_error_set(error, CY_BAD_INPUT, "the token \"%.*s\" %s", (int)CY_MIN(text.size, (size_t)60), text.data, why);
}

/* tokens[0..count) by id → hf->written. */
static enum cy_status write_down(struct cy_hf *hf, const struct cy_str *tokens, size_t count, struct cy_error *error)
{
    size_t size = 0;
    for (size_t id = 0; id < count; id++)
        size += tokens[id].size;
    char *bytes = cy_arena_alloc(&hf->tokenizer->arena, size + 1);
    uint32_t *ends = cy_arena_alloc(&hf->tokenizer->arena, (count + 1) * sizeof *ends), end = 0;
    for (size_t id = 0; id < count; id++) {
        if (tokens[id].size > CY_TOKEN_BYTES_MAX)
            return bad_token(tokens[id], "is too long", error);
        if (tokens[id].size > 0)
            memcpy(bytes + end, tokens[id].data, tokens[id].size);
        ends[id] = end += (uint32_t)tokens[id].size;
    }
    hf->written = (struct cy_vocabulary){bytes, ends, count};
    cy_token_table_init(&hf->names, &hf->written, &hf->tokenizer->arena);
    return CY_OK;
}

/* {"token": id, …} */
static enum cy_status read_map(struct cy_hf *hf, yyjson_val *map, struct cy_error *error)
{
    size_t index, entry_count, count = 0;
    yyjson_val *key, *value;
    yyjson_obj_foreach(map, index, entry_count, key, value)
    {
        if (!yyjson_is_uint(value) || yyjson_get_uint(value) > CY_TOKEN_ID_MAX)
            return bad_token(cy_hf_str(key), "has no id that can be used", error);
        count = CY_MAX(count, (size_t)yyjson_get_uint(value) + 1);
    }
    struct cy_str *tokens = cy_alloc_zero(count + 1, sizeof *tokens);
    enum cy_status status = CY_OK;
    yyjson_obj_foreach(map, index, entry_count, key, value)
    {
        struct cy_str *token = &tokens[yyjson_get_uint(value)];
        if (token->data != NULL && status == CY_OK)
            status = bad_token(cy_hf_str(key), "has the id of another token", error);
        *token = cy_hf_str(key);
    }
    if (status == CY_OK)
        status = write_down(hf, tokens, count, error);
    free(tokens);
    size_t named = 0;
    for (uint32_t id = 0; id < hf->written.count; id++)
        named += cy_vocabulary_token(&hf->written, id).size > 0;
    if (status == CY_OK && named != hf->names.count)
        status = cy_error_set(error, CY_BAD_INPUT, "%zu tokens of the vocabulary stand in it twice", named - hf->names.count);
    return status;
}

/* [["token", score], …] */
static enum cy_status read_list(struct cy_hf *hf, yyjson_val *list, struct cy_error *error)
{
    size_t index, count = yyjson_arr_size(list);
    yyjson_val *value;
    if (count > CY_TOKEN_ID_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the vocabulary has %zu tokens; at most %d can be used", count, CY_TOKEN_ID_MAX);
    struct cy_str *tokens = cy_alloc_zero(count + 1, sizeof *tokens);
    enum cy_status status = CY_OK;
    yyjson_arr_foreach(list, index, count, value)
    {
        yyjson_val *text = yyjson_arr_get_first(value);
        if (!yyjson_is_str(text) && status == CY_OK)
            status = cy_error_set(error, CY_BAD_INPUT, "entry %zu of the vocabulary is no [token, score]", index);
        tokens[index] = cy_hf_str(text);
    }
    if (status == CY_OK)
        status = write_down(hf, tokens, count, error);
    free(tokens);
    return status;
}

enum cy_status cy_hf_read_vocabulary(struct cy_hf *hf, yyjson_val *model, struct cy_error *error)
{
    yyjson_val *vocabulary = yyjson_obj_get(model, "vocab");
    if (cy_compiled_reads(hf->tokenizer->compiled))
        return cy_hf_vocabulary_from_compiled(hf, error);
    if (yyjson_is_obj(vocabulary))
        return read_map(hf, vocabulary, error);
    if (yyjson_is_arr(vocabulary))
        return read_list(hf, vocabulary, error);
    return cy_error_set(error, CY_BAD_INPUT, "the model has no \"vocab\"");
}

/* The id that Hugging Face gives a token added after those before it, whatever the file says: that of the model's token, else the next. */
static uint32_t given_id(const struct cy_hf *hf, struct cy_str text, uint32_t *next)
{
    uint32_t id = cy_token_table_find(&hf->names, text);
    return id != UINT32_MAX ? id : (*next)++;
}

static enum cy_status read_token(struct cy_hf *hf, yyjson_val *value, uint32_t *next, struct cy_error *error)
{
    static const char *const keys[] = {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special", NULL};
    struct cy_tokenizer *tokenizer = hf->tokenizer;
    yyjson_val *content = yyjson_obj_get(value, "content"), *id = yyjson_obj_get(value, "id");
    struct cy_str text = cy_hf_str(content);
    if (!yyjson_is_str(content) || !yyjson_is_uint(id) || yyjson_get_uint(id) > CY_TOKEN_ID_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "an added token has no content, or no id from 0 to %d", CY_TOKEN_ID_MAX);
    if (cy_hf_check_keys(value, "added token", keys, error) != CY_OK)
        return CY_BAD_INPUT;
    if (text.size == 0)
        return CY_OK;
    bool special = cy_hf_flag(value, "special", false);
    uint32_t given = given_id(hf, text, next);
    if (given != yyjson_get_uint(id))
        return cy_error_set(error, CY_BAD_INPUT, "the added token \"%.*s\" has the id %llu; Hugging Face's library would give it %u",
                            (int)CY_MIN(text.size, (size_t)60), text.data, (unsigned long long)yyjson_get_uint(id), given);
    tokenizer->added[tokenizer->added_count++] = (struct cy_added_token){
        .text = cy_arena_str(&tokenizer->arena, text),
        .id = given,
        .special = special,
        .left_strip = cy_hf_flag(value, "lstrip", false),
        .right_strip = cy_hf_flag(value, "rstrip", false),
        .single_word = cy_hf_flag(value, "single_word", false),
        .normalized = cy_hf_flag(value, "normalized", !special),
    };
    return CY_OK;
}

enum cy_status cy_hf_read_added(struct cy_hf *hf, yyjson_val *added_tokens, struct cy_error *error)
{
    size_t index, count, known = 0;
    yyjson_val *value;
    for (uint32_t id = 0; id < hf->written.count; id++)
        known += cy_vocabulary_token(&hf->written, id).size > 0;
    uint32_t next = (uint32_t)known;
    enum cy_status status = CY_OK;
    hf->tokenizer->added = cy_arena_zero(&hf->tokenizer->arena, (yyjson_arr_size(added_tokens) + 1) * sizeof *hf->tokenizer->added);
    yyjson_arr_foreach(added_tokens, index, count, value)
    {
        if (status == CY_OK)
            status = read_token(hf, value, &next, error);
    }
    return status;
}
