#include "token/hf.h"

#include "base/unicode.h"

#include <stdlib.h>

/* ---- JSON ---- */

struct cy_str cy_hf_type(yyjson_val *section)
{
    return cy_hf_str(yyjson_obj_get(section, "type"));
}

bool cy_hf_flag(yyjson_val *section, const char *key, bool when_absent)
{
    yyjson_val *value = yyjson_obj_get(section, key);
    return yyjson_is_bool(value) ? yyjson_get_bool(value) : when_absent;
}

enum cy_status cy_hf_check_keys(yyjson_val *section, const char *what, const char *const *keys, struct cy_error *error)
{
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(section, index, count, key, value)
    {
        bool known = yyjson_equals_str(key, "type");
        for (size_t i = 0; !known && keys[i] != NULL; i++)
            known = yyjson_equals_str(key, keys[i]);
        if (!known)
            return cy_error_set(error, CY_BAD_INPUT, "the %s %s has the setting \"%.80s\", which is not known", what,
                                yyjson_get_str(yyjson_obj_get(section, "type")), yyjson_get_str(key));
    }
    return CY_OK;
}

enum cy_status cy_hf_unknown(const char *what, yyjson_val *section, struct cy_error *error)
{
    struct cy_str type = cy_hf_type(section);
    if (type.data == NULL)
        return cy_error_set(error, CY_BAD_INPUT, "the file's %s has no \"type\"", what);
    return cy_error_set(error, CY_BAD_INPUT, "the file asks for the %s \"%.*s\", which we do not have", what,
                        (int)CY_MIN(type.size, (size_t)80), type.data);
}

static bool is_ascii_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (uint8_t)byte >= 0x80;
}

enum cy_status cy_hf_pattern(yyjson_val *section, struct cy_arena *arena, struct cy_str *pattern, struct cy_str *literal,
                             struct cy_error *error)
{
    yyjson_val *value = yyjson_obj_get(section, "pattern"), *regex = yyjson_obj_get(value, "Regex"),
               *text = yyjson_obj_get(value, "String");
    *literal = (struct cy_str){0};
    if (yyjson_is_str(value)) /* as older files write a string */
        text = value;
    if (yyjson_is_str(regex)) {
        *pattern = cy_arena_str(arena, cy_hf_str(regex));
        return CY_OK;
    }
    if (!yyjson_is_str(text) || yyjson_get_len(text) == 0)
        return cy_error_set(error, CY_BAD_INPUT, "\"%s\" has no pattern with a String or a Regex",
                            yyjson_get_str(yyjson_obj_get(section, "type")));
    *literal = cy_arena_str(arena, cy_hf_str(text));
    char *escaped = cy_arena_alloc(arena, 2 * literal->size);
    size_t size = 0;
    for (size_t i = 0; i < literal->size; i++) {
        if (!is_ascii_word(literal->data[i]))
            escaped[size++] = '\\';
        escaped[size++] = literal->data[i];
    }
    *pattern = (struct cy_str){escaped, size};
    return CY_OK;
}

/* ---- ByteLevel's letters ---- */

/* The bytes that are letters of their own: printable ones of Latin-1. The others are U+0100, U+0101, … in their order. */
static bool is_own_letter(unsigned byte)
{
    return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/* -1 when the code point is no letter of a byte. */
static int byte_of_letter(uint32_t point)
{
    if (point < 256)
        return is_own_letter(point) ? (int)point : -1;
    if (point < 256 + 33)
        return (int)(point - 256); /* 0x00 to 0x20 */
    if (point < 256 + 33 + 34)
        return (int)(0x7F + (point - 256 - 33)); /* 0x7F to 0xA0 */
    return point == 256 + 33 + 34 ? 0xAD : -1;
}

/* All letters are ASCII or two bytes of UTF-8. */
bool cy_hf_bytes_of_letters(struct cy_str letters, struct cy_buffer *out)
{
    cy_buffer_reserve(out, letters.size);
    char *to = out->data + out->size;
    for (size_t i = 0; i < letters.size; i++) {
        uint32_t point = (uint8_t)letters.data[i];
        if (point >= 0x80) {
            if (point >= 0xE0 || i + 1 == letters.size)
                return false;
            point = (point & 0x1F) << 6 | ((uint8_t)letters.data[++i] & 0x3F);
        }
        int byte = byte_of_letter(point);
        if (byte < 0)
            return false;
        *to++ = (char)byte;
    }
    out->size = (size_t)(to - out->data);
    return true;
}

/* ---- the file ---- */

/* The tokenizer's vocabulary: the model's tokens and the added ones, in bytes where the file writes letters. */
static void make_vocabulary(struct cy_hf *hf)
{
    struct cy_tokenizer *tokenizer = hf->tokenizer;
    size_t count = hf->written.count;
    for (size_t i = 0; i < tokenizer->added_count; i++)
        count = CY_MAX(count, (size_t)tokenizer->added[i].id + 1);
    struct cy_str *added = cy_alloc_zero(count + 1, sizeof *added);
    for (size_t i = 0; i < tokenizer->added_count; i++)
        added[tokenizer->added[i].id] = tokenizer->added[i].text;
    uint32_t *ends = cy_arena_alloc(&tokenizer->arena, (count + 1) * sizeof *ends);
    struct cy_buffer bytes = {0};
    if (hf->written.count > 0)
        cy_buffer_reserve(&bytes, hf->written.ends[hf->written.count - 1]);
    for (uint32_t id = 0; id < count; id++) {
        struct cy_str token = id < hf->written.count ? cy_vocabulary_token(&hf->written, id) : (struct cy_str){0};
        if (token.size == 0)
            token = added[id];
        if (!hf->byte_level || !cy_hf_bytes_of_letters(token, &bytes))
            cy_buffer_add_str(&bytes, token);
        ends[id] = (uint32_t)bytes.size;
    }
    tokenizer->vocabulary = (struct cy_vocabulary){cy_arena_str(&tokenizer->arena, cy_buffer_str(&bytes)).data, ends, count};
    cy_buffer_release(&bytes);
    free(added);
}

uint32_t cy_hf_find(const struct cy_hf *hf, struct cy_str text)
{
    uint32_t id = cy_token_table_find(&hf->names, text);
    for (size_t i = 0; id == UINT32_MAX && i < hf->tokenizer->added_count; i++)
        if (cy_str_equal(hf->tokenizer->added[i].text, text))
            id = hf->tokenizer->added[i].id;
    return id;
}

/* Truncation and padding would change the ids of a text. */
static enum cy_status check_shape(yyjson_val *root, struct cy_error *error)
{
    static const char *const refused[] = {"truncation", "padding"};
    if (!yyjson_is_obj(root) || !yyjson_is_obj(yyjson_obj_get(root, "model")))
        return cy_error_set(error, CY_BAD_INPUT, "the JSON has no \"model\", so it is no tokenizer.json");
    for (size_t i = 0; i < CY_COUNT(refused); i++) {
        yyjson_val *value = yyjson_obj_get(root, refused[i]);
        if (value != NULL && !yyjson_is_null(value)) {
            cy_error_set(error, CY_BAD_INPUT, "the file asks for %s, which would cut or fill up every text", refused[i]);
            return cy_error_hint(error, "set \"%s\": null in the file to have each text whole", refused[i]);
        }
    }
    return CY_OK;
}

/* Makes ready what text is looked through for: added tokens that are looked for in normalized text are normalized themselves. */
static void normalize_added(struct cy_tokenizer *tokenizer)
{
    struct cy_buffer out = {0};
    for (size_t i = 0; i < tokenizer->added_count && tokenizer->normalizer != NULL; i++) {
        struct cy_added_token *added = &tokenizer->added[i];
        if (!added->normalized)
            continue;
        cy_buffer_clear(&out);
        tokenizer->normalizer->run(tokenizer->normalizer, added->text, true, &out);
        if (!cy_str_equal(cy_buffer_str(&out), added->text))
            added->text = cy_arena_str(&tokenizer->arena, cy_buffer_str(&out));
    }
    cy_buffer_release(&out);
}

static enum cy_status read_sections(struct cy_hf *hf, yyjson_val *root, struct cy_error *error)
{
    yyjson_val *model = yyjson_obj_get(root, "model");
    enum cy_status status = check_shape(root, error);
    if (status == CY_OK)
        status = cy_hf_read_vocabulary(hf, model, error);
    if (status == CY_OK)
        status = cy_hf_read_added(hf, yyjson_obj_get(root, "added_tokens"), error);
    if (status == CY_OK)
        status = cy_hf_read_normalizer(hf, yyjson_obj_get(root, "normalizer"), error);
    if (status == CY_OK)
        status = cy_hf_read_pretokenizer(hf, yyjson_obj_get(root, "pre_tokenizer"), error);
    if (status != CY_OK)
        return status;
    make_vocabulary(hf);
    status = cy_hf_read_model(hf, model, error);
    if (status == CY_OK)
        status = cy_hf_read_affixes(hf, yyjson_obj_get(root, "post_processor"), error);
    if (status == CY_OK)
        status = cy_hf_read_decoder(hf, yyjson_obj_get(root, "decoder"), error);
    if (status == CY_OK)
        normalize_added(hf->tokenizer);
    return status;
}

enum cy_status cy_tokenizer_parse_tokenizer_json(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error)
{
    yyjson_read_err failure;
    if (file.size > CY_HF_FILE_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the file has %zu bytes; at most %d can be used", file.size, CY_HF_FILE_BYTES_MAX);
    if (cy_compiled_reads(tokenizer->compiled))
        file = cy_compiled_str(tokenizer->compiled, CY_COMPILED_JSON);
    yyjson_doc *json = yyjson_read_opts((char *)file.data, file.size, 0, NULL, &failure); /* not in situ: the file is only read */
    if (json == NULL)
        return cy_error_set(error, CY_BAD_INPUT, "it is not JSON: %s, at byte %zu", failure.msg, failure.pos);
    struct cy_hf *hf = cy_arena_zero(&tokenizer->arena, sizeof *hf); /* models keep its tables */
    hf->tokenizer = tokenizer;
    hf->file = file;
    enum cy_status status = read_sections(hf, yyjson_doc_get_root(json), error);
    if (status == CY_OK && tokenizer->compiled != NULL)
        cy_hf_compile(hf, yyjson_doc_get_root(json), tokenizer->compiled);
    yyjson_doc_free(json);
    return status;
}
