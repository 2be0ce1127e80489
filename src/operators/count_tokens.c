/* Counts each document's tokens, as a model's own tokenizer makes them. The numbers stand in the dataset's `tokens`, a column a vocabulary;
 * a recipe may count with several. Special tokens' names in a text are text; nothing is put around it. */
#include "operators/operator.h"
#include "token/store.h"

struct count_tokens {
    struct cy_str tokenizer, column;
    /* set by prepare */
    struct cy_tokenizer *vocabulary;
    const char *name; /* of the column */
};

static const struct cy_param params[] = {
    CY_PARAM_TEXT(count_tokens, tokenizer, NULL, "a vocabulary's name, or the path of its file", "count the tokens of this vocabulary"),
    CY_PARAM_TEXT(count_tokens, column, "", "a name", "call the column so, not as the vocabulary"),
    {0},
};

static const struct cy_signal signals[] = {
    {"tokens_per_byte", "tokens per byte of UTF-8", "how densely the vocabulary packs the text; high for noise and rare scripts"},
    {0},
};

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct count_tokens *op = self;
    struct cy_vocabulary_place place;
    enum cy_status status = cy_vocabulary_find(op->tokenizer, setup->folder, setup->arena, &place, error);
    if (status == CY_OK)
        status = cy_vocabulary_load(&place, &op->vocabulary, error);
    if (status != CY_OK)
        return status;
    op->name = op->column.size > 0 ? op->column.data : place.name;
    cy_step_note_input(setup, place.known != NULL ? cy_str(place.name) : op->tokenizer, cy_tokenizer_sha256(op->vocabulary));
    return CY_OK;
}

static void release(void *self)
{
    struct count_tokens *op = self;
    cy_tokenizer_free(op->vocabulary);
}

static const char *token_column(const void *self)
{
    const struct count_tokens *op = self;
    return op->name;
}

/* ---- the work ---- */

static void *cache_new(const void *vocabulary)
{
    return cy_token_cache_new(vocabulary, 0);
}

static void cache_free(void *cache)
{
    cy_token_cache_free(cache);
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    const struct count_tokens *op = self;
    struct cy_token_cache *cache = cy_scratch_get(batch->scratch, op, cache_new, op->vocabulary, cache_free);
    double *tokens_per_byte = cy_batch_signal(batch, 0);
    int64_t *tokens = cy_batch_tokens(batch);
    (void)error;
    for (size_t row = 0; row < batch->row_count; row++) {
        struct cy_str text = batch->texts[row];
        tokens[row] = (int64_t)cy_tokenizer_count(op->vocabulary, cache, text, NULL);
        tokens_per_byte[row] = text.size > 0 ? (double)tokens[row] / (double)text.size : 0.0;
    }
    return CY_OK;
}

const struct cy_operator cy_operator_count_tokens = {
    .name = "count_tokens",
    .summary = "count tokens, exactly as a model's tokenizer makes them",
    .source = "the vocabulary's own program: tiktoken 0.14, Hugging Face tokenizers 0.23",
    .params = params,
    .signals = signals,
    .self_size = sizeof(struct count_tokens),
    .scalar_param = "tokenizer",
    .prepare = prepare,
    .release = release,
    .run = run,
    .token_column = token_column,
};
