/* What a post-processor puts around the ids of a text. Their pairs of texts, type ids and offsets are none of our business. */
#include "token/hf.h"

enum { AFFIX_COUNT_MAX = 64, DEPTH_MAX = 16 };

struct affixes {
    uint32_t prefix[AFFIX_COUNT_MAX], suffix[AFFIX_COUNT_MAX];
    size_t prefix_count, suffix_count;
};

static enum cy_status too_many(struct cy_error *error)
{
    return cy_error_set(error, CY_BAD_INPUT, "the post-processor puts more than %d tokens around a text", AFFIX_COUNT_MAX);
}

/* Ids before (or behind) what is there already. */
static enum cy_status put_around(struct affixes *affixes, const uint32_t *ids, size_t count, bool before, struct cy_error *error)
{
    size_t *have = before ? &affixes->prefix_count : &affixes->suffix_count;
    if (*have + count > AFFIX_COUNT_MAX)
        return too_many(error);
    if (before) {
        memmove(affixes->prefix + count, affixes->prefix, affixes->prefix_count * sizeof *ids);
        memcpy(affixes->prefix, ids, count * sizeof *ids);
    } else {
        memcpy(affixes->suffix + affixes->suffix_count, ids, count * sizeof *ids);
    }
    *have += count;
    return CY_OK;
}

/* The ids of {"SpecialToken": {"id": NAME}}, by the section's "special_tokens". */
static enum cy_status add_special(yyjson_val *section, yyjson_val *token, uint32_t *ids, size_t *count, struct cy_error *error)
{
    struct cy_str name = cy_hf_str(yyjson_obj_get(token, "id"));
    yyjson_val *list = yyjson_obj_get(yyjson_obj_getn(yyjson_obj_get(section, "special_tokens"), name.data, name.size), "ids"), *id;
    size_t index, id_count;
    if (!yyjson_is_arr(list))
        return cy_error_set(error, CY_BAD_INPUT, "the post-processor puts \"%.*s\" in, but does not say its ids",
                            (int)CY_MIN(name.size, (size_t)60), name.data);
    yyjson_arr_foreach(list, index, id_count, id)
    {
        if (!yyjson_is_uint(id) || yyjson_get_uint(id) > CY_TOKEN_ID_MAX)
            return cy_error_set(error, CY_BAD_INPUT, "the post-processor's \"%.*s\" has no id from 0 to %d",
                                (int)CY_MIN(name.size, (size_t)60), name.data, CY_TOKEN_ID_MAX);
        if (*count == AFFIX_COUNT_MAX)
            return too_many(error);
        ids[(*count)++] = (uint32_t)yyjson_get_uint(id);
    }
    return CY_OK;
}

static enum cy_status read_template(yyjson_val *section, struct affixes *affixes, struct cy_error *error)
{
    static const char *const keys[] = {"single", "pair", "special_tokens", NULL};
    uint32_t before[AFFIX_COUNT_MAX], behind[AFFIX_COUNT_MAX];
    size_t before_count = 0, behind_count = 0, index, count, text_count = 0;
    yyjson_val *part;
    enum cy_status status = cy_hf_check_keys(section, "post-processor", keys, error);
    yyjson_arr_foreach(yyjson_obj_get(section, "single"), index, count, part)
    {
        yyjson_val *token = yyjson_obj_get(part, "SpecialToken");
        if (status != CY_OK)
            return status;
        if (token == NULL)
            text_count++;
        else
            status = add_special(section, token, text_count > 0 ? behind : before, text_count > 0 ? &behind_count : &before_count, error);
    }
    if (status == CY_OK && text_count != 1)
        status = cy_error_set(error, CY_BAD_INPUT, "the post-processor's template has the text %zu times", text_count);
    if (status == CY_OK)
        status = put_around(affixes, before, before_count, true, error);
    return status == CY_OK ? put_around(affixes, behind, behind_count, false, error) : status;
}

/* RobertaProcessing and BertProcessing: "cls": [text, id] … "sep": [text, id]. */
static enum cy_status read_pair(yyjson_val *section, struct affixes *affixes, struct cy_error *error)
{
    static const char *const keys[] = {"sep", "cls", "trim_offsets", "add_prefix_space", NULL};
    yyjson_val *cls = yyjson_arr_get(yyjson_obj_get(section, "cls"), 1), *sep = yyjson_arr_get(yyjson_obj_get(section, "sep"), 1);
    enum cy_status status = cy_hf_check_keys(section, "post-processor", keys, error);
    if (status != CY_OK)
        return status;
    if (!yyjson_is_uint(cls) || !yyjson_is_uint(sep) || CY_MAX(yyjson_get_uint(cls), yyjson_get_uint(sep)) > CY_TOKEN_ID_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the post-processor does not say the ids of \"cls\" and \"sep\"");
    uint32_t first = (uint32_t)yyjson_get_uint(cls), last = (uint32_t)yyjson_get_uint(sep);
    status = put_around(affixes, &first, 1, true, error);
    return status == CY_OK ? put_around(affixes, &last, 1, false, error) : status;
}

static enum cy_status read_section(yyjson_val *section, struct affixes *affixes, unsigned depth, struct cy_error *error)
{
    struct cy_str type = cy_hf_type(section);
    if (cy_str_is(type, "ByteLevel")) /* offsets only */
        return CY_OK;
    if (cy_str_is(type, "TemplateProcessing"))
        return read_template(section, affixes, error);
    if (cy_str_is(type, "RobertaProcessing") || cy_str_is(type, "BertProcessing"))
        return read_pair(section, affixes, error);
    if (!cy_str_is(type, "Sequence") || depth > DEPTH_MAX)
        return cy_hf_unknown("post-processor", section, error);
    size_t index, count;
    yyjson_val *part;
    enum cy_status status = CY_OK;
    yyjson_arr_foreach(yyjson_obj_get(section, "processors"), index, count, part)
    {
        if (status == CY_OK)
            status = read_section(part, affixes, depth + 1, error);
    }
    return status;
}

enum cy_status cy_hf_read_affixes(struct cy_hf *hf, yyjson_val *post_processor, struct cy_error *error)
{
    struct affixes affixes = {.prefix_count = 0};
    struct cy_tokenizer *tokenizer = hf->tokenizer;
    if (post_processor == NULL || yyjson_is_null(post_processor))
        return CY_OK;
    enum cy_status status = read_section(post_processor, &affixes, 0, error);
    for (size_t i = 0; i < affixes.prefix_count + affixes.suffix_count && status == CY_OK; i++) {
        uint32_t id = i < affixes.prefix_count ? affixes.prefix[i] : affixes.suffix[i - affixes.prefix_count];
        if (id >= tokenizer->vocabulary.count || cy_vocabulary_token(&tokenizer->vocabulary, id).size == 0)
            status = cy_error_set(error, CY_BAD_INPUT, "the post-processor puts the id %u in, which is no token", id);
    }
    tokenizer->prefix = (const uint32_t *)cy_arena_str(
                            &tokenizer->arena, (struct cy_str){(const char *)affixes.prefix, affixes.prefix_count * sizeof *affixes.prefix})
                            .data;
    tokenizer->suffix = (const uint32_t *)cy_arena_str(
                            &tokenizer->arena, (struct cy_str){(const char *)affixes.suffix, affixes.suffix_count * sizeof *affixes.suffix})
                            .data;
    tokenizer->prefix_count = affixes.prefix_count;
    tokenizer->suffix_count = affixes.suffix_count;
    return status;
}
