/* A .model file becomes a tokenizer. Its control pieces and the unknown one are special tokens: in a text they are text, as for
 * SentencePiece, unless special tokens are asked for as ids. */
#include "token/hf_model.h"
#include "token/sentencepiece.h"

#include "base/unicode.h"

#include <float.h>

void cy_sp_add(const struct cy_sentencepiece *model, struct cy_str piece, size_t before, struct cy_ids *ids)
{
    uint32_t id = cy_token_table_find(&model->names, piece);
    if (id != UINT32_MAX && (model->kinds[id] == CY_SP_NORMAL || model->kinds[id] == CY_SP_USER_DEFINED)) {
        cy_ids_add(ids, id);
    } else if (model->byte_fallback) {
        for (size_t i = 0; i < piece.size; i++)
            cy_ids_add(ids, model->byte_ids[(uint8_t)piece.data[i]]);
    } else if (ids->count == before || ids->items[ids->count - 1] != model->unknown) {
        cy_ids_add(ids, model->unknown);
    }
}

/* ---- words and characters ---- */

struct words {
    struct cy_token_model base;
    const struct cy_sentencepiece *source;
};

/* The size of the word at text[at]: the ▁ that begins it, and what follows to the next one. */
static size_t word_size(struct cy_str text, size_t at)
{
    size_t from = CY_MIN(at + 1, text.size);
    const char *next = memmem(text.data + from, text.size - from, CY_SP_SPACE, strlen(CY_SP_SPACE));
    return next != NULL ? (size_t)(next - text.data) - at : text.size - at;
}

static size_t character_size(const struct cy_sentencepiece *model, struct cy_str text, size_t at)
{
    size_t user_defined = cy_sp_match(model->matcher, text, at);
    const char *next = text.data + at;
    cy_utf8_decode(&next, text.data + text.size);
    return user_defined > 0 ? user_defined : (size_t)(next - text.data) - at;
}

static void encode_words(const struct cy_token_model *self, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    const struct cy_sentencepiece *model = ((const struct words *)self)->source;
    const size_t before = ids->count;
    (void)cache;
    for (size_t at = 0, size; at < piece.size; at += size) {
        size = model->type == CY_SP_WORD ? word_size(piece, at) : character_size(model, piece, at);
        cy_sp_add(model, (struct cy_str){piece.data + at, size}, before, ids);
    }
}

struct cy_token_model *cy_sp_words_new(const struct cy_sentencepiece *model, struct cy_arena *arena)
{
    struct words *words = cy_arena_zero(arena, sizeof *words);
    words->base.encode = encode_words;
    words->source = model;
    return &words->base;
}

/* ---- Unigram ---- */

/* unigram_model.cc: a user-defined piece scores by its size, so that it wins over any others. */
static double score_of(const struct cy_sentencepiece *model, uint32_t id)
{
    size_t size = cy_vocabulary_token(&model->pieces, id).size;
    return model->kinds[id] == CY_SP_USER_DEFINED ? (double)(float)(0.1 * ((double)size - 1)) : (double)model->scores[id];
}

static struct cy_token_model *unigram_new(const struct cy_sentencepiece *model, struct cy_arena *arena)
{
    double *scores = cy_arena_alloc(arena, model->pieces.count * sizeof *scores);
    bool *left_out = cy_arena_alloc(arena, model->pieces.count);
    float lowest = FLT_MAX;
    for (uint32_t id = 0; id < model->pieces.count; id++) {
        scores[id] = score_of(model, id);
        left_out[id] = model->kinds[id] != CY_SP_NORMAL && model->kinds[id] != CY_SP_USER_DEFINED;
        if (model->kinds[id] == CY_SP_NORMAL)
            lowest = CY_MIN(lowest, model->scores[id]);
    }
    struct cy_unigram_source source = {.vocabulary = &model->pieces,
                                       .names = &model->names,
                                       .scores = scores,
                                       .unknown = model->unknown,
                                       .byte_fallback = model->byte_fallback,
                                       .sentencepiece = true,
                                       .lowest = (double)lowest,
                                       .left_out = left_out};
    return cy_unigram_new(&source, arena);
}

/* ---- all together ---- */

static enum cy_status make_model(struct cy_sentencepiece *model, struct cy_error *error)
{
    struct cy_arena *arena = &model->tokenizer->arena;
    switch (model->type) {
    case CY_SP_UNIGRAM:
        if (model->pieces.ends[model->pieces.count - 1] > CY_UNIGRAM_BYTES_MAX)
            return cy_error_set(error, CY_BAD_INPUT, "the pieces have more than %d bytes together", CY_UNIGRAM_BYTES_MAX);
        model->tokenizer->model = unigram_new(model, arena);
        return CY_OK;
    case CY_SP_BPE:
        model->tokenizer->model = cy_sp_bpe_new(model, arena);
        return CY_OK;
    case CY_SP_WORD:
    case CY_SP_CHAR:
        model->tokenizer->model = cy_sp_words_new(model, arena);
        return CY_OK;
    default:
        return cy_error_set(error, CY_BAD_INPUT, "the file asks for the model type %llu, which SentencePiece does not have",
                            (unsigned long long)model->type);
    }
}

static void make_specials(struct cy_sentencepiece *model)
{
    struct cy_tokenizer *tokenizer = model->tokenizer;
    tokenizer->added = cy_arena_alloc(&tokenizer->arena, (model->pieces.count + 1) * sizeof *tokenizer->added);
    for (uint32_t id = 0; id < model->pieces.count; id++)
        if (model->kinds[id] == CY_SP_CONTROL || model->kinds[id] == CY_SP_UNKNOWN)
            tokenizer->added[tokenizer->added_count++] =
                (struct cy_added_token){.text = cy_vocabulary_token(&model->pieces, id), .id = id, .special = true};
}

enum cy_status cy_tokenizer_parse_sentencepiece(struct cy_tokenizer *tokenizer, struct cy_str file, struct cy_error *error)
{
    struct cy_arena *arena = &tokenizer->arena;
    struct cy_sentencepiece *model = cy_arena_zero(arena, sizeof *model); /* the parts keep it */
    struct cy_token_normalizer *denormalizer = NULL;
    model->tokenizer = tokenizer;
    enum cy_status status = cy_sp_read(model, file, error);
    if (status == CY_OK)
        status = cy_sp_normalizer_new(&tokenizer->normalizer, &model->normalizing, model->matcher, arena, error);
    if (status == CY_OK && model->denormalizing.charsmap.size > 0)
        status = cy_sp_normalizer_new(&denormalizer, &model->denormalizing, NULL, arena, error);
    if (status == CY_OK)
        status = make_model(model, error);
    if (status != CY_OK)
        return status;
    tokenizer->vocabulary = model->pieces;
    tokenizer->decoder = cy_sp_decoder_new(model, denormalizer, arena);
    model->normalizing.charsmap = model->denormalizing.charsmap = (struct cy_str){0}; /* the file's */
    make_specials(model);
    return CY_OK;
}
