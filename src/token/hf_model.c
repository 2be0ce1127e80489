/* The file's model: BPE, Unigram, WordPiece or WordLevel. */
#include "token/hf.h"
#include "token/hf_model.h"

#include <math.h>
#include <stdlib.h>

static bool is_empty(yyjson_val *value)
{
    return value == NULL || yyjson_is_null(value) || (yyjson_is_str(value) && yyjson_get_len(value) == 0);
}

/* ---- BPE ---- */

/* The two tokens of a merge: "left right", or ["left", "right"]. */
static bool merge_parts(yyjson_val *value, struct cy_str *left, struct cy_str *right)
{
    if (yyjson_is_str(value)) {
        struct cy_str text = cy_hf_str(value);
        *left = cy_str_split(text, ' ', right);
        return left->size < text.size && memchr(right->data, ' ', right->size) == NULL;
    }
    *left = cy_hf_str(yyjson_arr_get(value, 0));
    *right = cy_hf_str(yyjson_arr_get(value, 1));
    return yyjson_arr_size(value) == 2 && left->data != NULL && right->data != NULL;
}

static enum cy_status bad_merge(size_t index, struct cy_str left, struct cy_str right, const char *why, struct cy_error *error)
{
    return cy_error_set(error, CY_BAD_INPUT, "merge %zu, \"%.*s\" and \"%.*s\", %s", index, (int)CY_MIN(left.size, (size_t)60), left.data,
                        (int)CY_MIN(right.size, (size_t)60), right.data, why);
}

/* The merges' ids. prefix_size: what of a right part is left out when put behind the left one. */
static enum cy_status read_merges(struct cy_hf *hf, yyjson_val *list, size_t prefix_size, struct cy_bpe_merge *merges,
                                  struct cy_error *error)
{
    size_t index, count;
    yyjson_val *value;
    struct cy_buffer whole = {0};
    enum cy_status status = CY_OK;
    yyjson_arr_foreach(list, index, count, value)
    {
        struct cy_str left, right;
        if (status != CY_OK)
            break;
        if (!merge_parts(value, &left, &right)) {
            status = cy_error_set(error, CY_BAD_INPUT, "merge %zu is not two tokens", index);
            continue;
        }
        cy_buffer_clear(&whole);
        cy_buffer_add_str(&whole, left);
        size_t cut = CY_MIN(prefix_size, right.size);
        cy_buffer_add_str(&whole, (struct cy_str){right.data + cut, right.size - cut});
        merges[index] = (struct cy_bpe_merge){cy_token_table_find(&hf->names, left), cy_token_table_find(&hf->names, right),
                                              cy_token_table_find(&hf->names, cy_buffer_str(&whole))};
        if (merges[index].left == UINT32_MAX || merges[index].right == UINT32_MAX)
            status = bad_merge(index, left, right, "names what is no token", error);
        else if (merges[index].merged == UINT32_MAX)
            status = bad_merge(index, left, right, "makes what is no token", error);
    }
    cy_buffer_release(&whole);
    return status;
}

/* The vocabulary of the model alone: tokens that are not written in ByteLevel's letters, which no text gives, are empty in it. Merges with
 * one of them are left out. */
static const struct cy_vocabulary *byte_vocabulary(struct cy_hf *hf, struct cy_bpe_merge *merges, size_t *merge_count)
{
    struct cy_arena *arena = &hf->tokenizer->arena;
    size_t count = hf->written.count, kept = 0;
    struct cy_vocabulary *made = cy_arena_zero(arena, sizeof *made);
    uint32_t *ends = cy_arena_alloc(arena, (count + 1) * sizeof *ends);
    struct cy_buffer bytes = {0};
    cy_buffer_reserve(&bytes, count > 0 ? hf->written.ends[count - 1] : 0);
    for (uint32_t id = 0; id < count; id++) {
        cy_hf_bytes_of_letters(cy_vocabulary_token(&hf->written, id), &bytes);
        ends[id] = (uint32_t)bytes.size;
    }
    *made = (struct cy_vocabulary){cy_arena_str(arena, cy_buffer_str(&bytes)).data, ends, count};
    cy_buffer_release(&bytes);
    for (size_t i = 0; i < *merge_count; i++)
        if (cy_vocabulary_token(made, merges[i].left).size > 0 && cy_vocabulary_token(made, merges[i].right).size > 0)
            merges[kept++] = merges[i];
    *merge_count = kept;
    return made;
}

static enum cy_status read_byte_bpe(struct cy_hf *hf, yyjson_val *model, struct cy_bpe_merge *merges, size_t merge_count,
                                    struct cy_error *error)
{
    struct cy_bpe_source source = {
        .merges = merges, .compiled = hf->tokenizer->compiled, .whole_first = cy_hf_flag(model, "ignore_merges", false)};
    if (!is_empty(yyjson_obj_get(model, "continuing_subword_prefix")) || !is_empty(yyjson_obj_get(model, "end_of_word_suffix")))
        return cy_error_set(error, CY_BAD_INPUT, "the file asks for a subword prefix or suffix beside ByteLevel, which we do not have");
    source.vocabulary = byte_vocabulary(hf, merges, &merge_count);
    source.merge_count = merge_count;
    return cy_bpe_new(&hf->tokenizer->model, &source, &hf->tokenizer->arena, error);
}

static enum cy_status read_character_bpe(struct cy_hf *hf, yyjson_val *model, const struct cy_bpe_merge *merges, size_t merge_count,
                                         struct cy_error *error)
{
    struct cy_arena *arena = &hf->tokenizer->arena;
    yyjson_val *unknown = yyjson_obj_get(model, "unk_token");
    struct cy_character_bpe_source source = {
        .vocabulary = &hf->written,
        .names = &hf->names,
        .merges = merges,
        .merge_count = merge_count,
        .byte_fallback = cy_hf_flag(model, "byte_fallback", false),
        .unknown = UINT32_MAX,
        .fuse_unknown = cy_hf_flag(model, "fuse_unk", false),
        .whole_first = cy_hf_flag(model, "ignore_merges", false),
        .prefix = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(model, "continuing_subword_prefix"))),
        .suffix = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(model, "end_of_word_suffix"))),
    };
    if (source.prefix.size + source.suffix.size > CY_AFFIX_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the subword prefix and suffix have %zu bytes; at most %d can be used",
                            source.prefix.size + source.suffix.size, CY_AFFIX_BYTES_MAX);
    if (!is_empty(unknown)) {
        source.unknown = cy_token_table_find(&hf->names, cy_hf_str(unknown));
        if (source.unknown == UINT32_MAX)
            return cy_error_set(error, CY_BAD_INPUT, "the unknown token \"%.60s\" is not in the vocabulary", yyjson_get_str(unknown));
    }
    hf->tokenizer->model = cy_character_bpe_new(&source, arena);
    return CY_OK;
}

static enum cy_status read_bpe(struct cy_hf *hf, yyjson_val *model, struct cy_error *error)
{
    static const char *const keys[] = {
        "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab",
        "merges",  NULL};
    yyjson_val *list = yyjson_obj_get(model, "merges"), *dropout = yyjson_obj_get(model, "dropout");
    enum cy_status status = cy_hf_check_keys(model, "model", keys, error);
    if (status != CY_OK)
        return status;
    if (!yyjson_is_arr(list))
        return cy_error_set(error, CY_BAD_INPUT, "the model BPE has no \"merges\"");
    if (dropout != NULL && !yyjson_is_null(dropout) && yyjson_get_num(dropout) > 0)
        return cy_error_set(error, CY_BAD_INPUT, "the file asks for BPE with dropout, whose ids are random");
    size_t count = yyjson_arr_size(list);
    struct cy_bpe_merge *merges;
    if (cy_compiled_reads(hf->tokenizer->compiled)) {
        status = cy_hf_merges_from_compiled(hf, &merges, &count, error);
    } else {
        merges = cy_alloc((count + 1) * sizeof *merges);
        status = read_merges(hf, list, yyjson_get_len(yyjson_obj_get(model, "continuing_subword_prefix")), merges, error);
        if (status == CY_OK && !hf->byte_level)
            cy_compiled_add(hf->tokenizer->compiled, CY_COMPILED_MERGES, merges, count * sizeof *merges);
    }
    if (status == CY_OK)
        status = hf->byte_level ? read_byte_bpe(hf, model, merges, count, error) : read_character_bpe(hf, model, merges, count, error);
    free(merges);
    return status;
}

/* ---- the others ---- */

/* The scores of "vocab". The file is read once more, with its numbers as they are written: they are rounded as the peer does. */
static enum cy_status read_scores(struct cy_hf *hf, double *scores, size_t count, struct cy_error *error)
{
    yyjson_doc *json = yyjson_read_opts((char *)hf->file.data, hf->file.size, YYJSON_READ_NUMBER_AS_RAW, NULL, NULL);
    yyjson_val *list = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(json), "model"), "vocab"), *value;
    size_t index, written_count;
    enum cy_status status = CY_OK;
    yyjson_arr_foreach(list, index, written_count, value)
    {
        yyjson_val *score = yyjson_arr_get(value, 1);
        double number = yyjson_is_raw(score) ? cy_hf_number((struct cy_str){yyjson_get_raw(score), yyjson_get_len(score)}) : NAN;
        if (!isfinite(number) && status == CY_OK)
            status = cy_error_set(error, CY_BAD_INPUT, "the token %zu has no score", index);
        if (index < count)
            scores[index] = number;
    }
    yyjson_doc_free(json);
    return status;
}

static enum cy_status read_unigram(struct cy_hf *hf, yyjson_val *model, struct cy_error *error)
{
    static const char *const keys[] = {"unk_id", "vocab", "byte_fallback", NULL};
    yyjson_val *list = yyjson_obj_get(model, "vocab"), *unknown = yyjson_obj_get(model, "unk_id");
    size_t count = yyjson_arr_size(list);
    enum cy_status status = cy_hf_check_keys(model, "model", keys, error);
    if (status != CY_OK)
        return status;
    double *scores = cy_arena_alloc(&hf->tokenizer->arena, (count + 1) * sizeof *scores);
    if (!yyjson_is_arr(list))
        return cy_error_set(error, CY_BAD_INPUT, "the model Unigram has no list of tokens and scores");
    if (hf->written.count > 0 && hf->written.ends[hf->written.count - 1] > CY_UNIGRAM_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the tokens have more than %d bytes together", CY_UNIGRAM_BYTES_MAX);
    if (read_scores(hf, scores, count, error) != CY_OK)
        return CY_BAD_INPUT;
    if (!is_empty(unknown) && (!yyjson_is_uint(unknown) || yyjson_get_uint(unknown) >= count))
        return cy_error_set(error, CY_BAD_INPUT, "the unknown token's id is outside the vocabulary of %zu tokens", count);
    if (!is_empty(unknown) && cy_vocabulary_token(&hf->written, (uint32_t)yyjson_get_uint(unknown)).size == 0)
        return cy_error_set(error, CY_BAD_INPUT, "the unknown token is empty"); /* an id that could not be decoded */
    struct cy_unigram_source source = {.vocabulary = &hf->written,
                                       .names = &hf->names,
                                       .scores = scores,
                                       .unknown = is_empty(unknown) ? UINT32_MAX : (uint32_t)yyjson_get_uint(unknown),
                                       .byte_fallback = cy_hf_flag(model, "byte_fallback", false)};
    hf->tokenizer->model = cy_unigram_new(&source, &hf->tokenizer->arena);
    return CY_OK;
}

static enum cy_status read_wordpiece(struct cy_hf *hf, yyjson_val *model, bool whole, struct cy_error *error)
{
    static const char *const keys[] = {"unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab", NULL};
    struct cy_arena *arena = &hf->tokenizer->arena;
    yyjson_val *prefix = yyjson_obj_get(model, "continuing_subword_prefix"), *chars = yyjson_obj_get(model, "max_input_chars_per_word");
    struct cy_str unknown = cy_hf_str(yyjson_obj_get(model, "unk_token"));
    struct cy_wordpiece_source source = {.vocabulary = &hf->written,
                                         .names = &hf->names,
                                         .prefix = cy_arena_str(arena, yyjson_is_str(prefix) ? cy_hf_str(prefix) : CY_STR("##")),
                                         .chars_max = yyjson_is_uint(chars) ? yyjson_get_uint(chars) : 100,
                                         .unknown = cy_token_table_find(&hf->names, unknown),
                                         .whole = whole};
    enum cy_status status = cy_hf_check_keys(model, "model", keys, error);
    if (status != CY_OK)
        return status;
    if (source.unknown == UINT32_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the unknown token \"%.*s\" is not in the vocabulary",
                            (int)CY_MIN(unknown.size, (size_t)60), unknown.data);
    hf->tokenizer->model = cy_wordpiece_new(&source, arena);
    return CY_OK;
}

/* Older files do not say the type. */
static struct cy_str type_of(yyjson_val *model)
{
    if (yyjson_obj_get(model, "type") != NULL)
        return cy_hf_type(model);
    if (yyjson_obj_get(model, "merges") != NULL)
        return CY_STR("BPE");
    if (yyjson_is_arr(yyjson_obj_get(model, "vocab")))
        return CY_STR("Unigram");
    return yyjson_obj_get(model, "max_input_chars_per_word") != NULL ? CY_STR("WordPiece") : CY_STR("WordLevel");
}

enum cy_status cy_hf_read_model(struct cy_hf *hf, yyjson_val *model, struct cy_error *error)
{
    struct cy_str type = type_of(model);
    if (cy_str_is(type, "BPE"))
        return read_bpe(hf, model, error);
    if (hf->byte_level)
        return cy_error_set(error, CY_BAD_INPUT, "the file asks for the model \"%.*s\" behind ByteLevel, which we do not have",
                            (int)CY_MIN(type.size, (size_t)80), type.data);
    if (cy_str_is(type, "Unigram"))
        return read_unigram(hf, model, error);
    if (cy_str_is(type, "WordPiece") || cy_str_is(type, "WordLevel"))
        return read_wordpiece(hf, model, cy_str_is(type, "WordLevel"), error);
    return cy_hf_unknown("model", model, error);
}
