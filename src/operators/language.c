/* Finds out which language a document is in, and keeps the languages asked for. */
#include "base/files.h"
#include "model/language_id.h"
#include "operators/operator.h"

#include <math.h>
#include <stdlib.h>

struct language { /* the meaning of the parameters: params */
    struct cy_strs keep;
    double score_min;
    int64_t bytes_max;

    struct cy_language_id *id;
    struct cy_str *labels; /* copies that outlive the model */
    bool *kept;            /* one a label; NULL: all are, and nothing is removed */
};

static const struct cy_param params[] = {
    CY_PARAM_LIST(language, keep, "[]", "languages, as lid.176 names them: ISO 639-1, or 639-3 where there is none",
                  "keep documents in one of these; []: keep all and only find out"),
    CY_PARAM_NUMBER(language, score_min, 0.65, "probability", "keep at or above this"),
    CY_PARAM_SIZE(language, bytes_max, "0", "read only the beginning of a document; 0: all of it"),
    {0},
};

static const struct cy_signal signals[] = {
    {"score", "probability", "of the most probable language"},
    {0},
};

static const struct cy_rule rules[] = {
    {"keep", NULL, NULL, CY_KEEP_OTHER, "the most probable language is not among those to keep; measured is its probability"},
    {"score_min", "score", "score_min", CY_KEEP_AT_LEAST, "no language to keep is probable enough"},
    {0},
};

/* keep: [] keeps every document, whatever its score. */
static bool rule_is_off(const void *self, const char *rule)
{
    const struct language *op = self;
    (void)rule;
    return op->keep.count == 0;
}

/* Copies the labels and marks those that `keep` names. */
static enum cy_status choose_labels(struct language *op, const struct cy_step_setup *setup, struct cy_error *error)
{
    size_t label_count = cy_language_id_count(op->id);
    op->labels = cy_arena_alloc(setup->arena, label_count * sizeof *op->labels);
    for (size_t label = 0; label < label_count; label++)
        op->labels[label] = cy_arena_str(setup->arena, cy_language_id_label(op->id, label));
    if (op->keep.count == 0)
        return CY_OK;
    op->kept = cy_arena_zero(setup->arena, label_count * sizeof *op->kept);
    const char **names = cy_arena_zero(setup->arena, (label_count + 1) * sizeof *names);
    for (size_t label = 0; label < label_count; label++)
        names[label] = op->labels[label].data;
    for (size_t i = 0; i < op->keep.count; i++) {
        size_t label = 0;
        while (label < label_count && !cy_str_is(op->keep.items[i], names[label]))
            label++;
        if (label < label_count) {
            op->kept[label] = true;
            continue;
        }
        cy_error_set(error, CY_BAD_RECIPE, "keep: there is no language \"%.*s\" among the %zu of lid.176",
                     (int)CY_MIN(op->keep.items[i].size, 100), op->keep.items[i].data, label_count);
        const char *nearest = cy_nearest_name(op->keep.items[i], names);
        return cy_error_hint(error, "codes are like en, zh, de%s%s%s", nearest != NULL ? "; did you mean \"" : "",
                             nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    }
    return CY_OK;
}

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct language *op = self;
    const char *path;
    if (op->score_min < 0 || op->score_min > 1)
        return cy_error_set(error, CY_BAD_RECIPE, "score_min is a probability, 0 to 1, found %g", op->score_min);
    enum cy_status status = cy_find_data("lid.176.ftz", setup->arena, &path, error);
    if (status == CY_OK)
        status = cy_language_id_load(&op->id, path, error);
    if (status == CY_OK)
        status = choose_labels(op, setup, error);
    if (status != CY_OK) {
        cy_language_id_free(op->id);
        op->id = NULL;
    }
    return status;
}

static void release(void *self)
{
    struct language *op = self;
    cy_language_id_free(op->id);
    op->id = NULL;
}

static void *make_cache(const void *context)
{
    return cy_language_id_cache_new(context);
}

static void free_cache(void *cache)
{
    cy_word_cache_free(cache);
}

/* The beginning of a text, cut before a character that would not fit. */
static struct cy_str beginning(struct cy_str text, int64_t bytes_max)
{
    if (bytes_max <= 0 || text.size <= (uint64_t)bytes_max)
        return text;
    size_t size = (size_t)bytes_max;
    while (size > 0 && ((uint8_t)text.data[size] & 0xC0) == 0x80)
        size--;
    return (struct cy_str){text.data, size};
}

/* The probability of the most probable among the languages to keep. */
static double best_kept_score(const struct language *op, struct cy_word_cache *cache, struct cy_str text)
{
    size_t label_count = cy_language_id_count(op->id);
    double best = 0, *scores = cy_alloc(label_count * sizeof *scores);
    cy_language_id_scores(op->id, cache, text, scores);
    for (size_t label = 0; label < label_count; label++)
        if (op->kept[label])
            best = CY_MAX(best, scores[label]);
    free(scores);
    return best;
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    const struct language *op = self;
    (void)error;
    struct cy_word_cache *cache = cy_scratch_get(batch->scratch, op, make_cache, op->id, free_cache);
    double *scores = cy_batch_signal(batch, 0);
    for (size_t row = 0; row < batch->row_count; row++) {
        struct cy_str text = beginning(batch->texts[row], op->bytes_max);
        struct cy_language_guess guess = cy_language_id_predict(op->id, cache, text);
        scores[row] = guess.score;
        if (guess.label.size > 0)
            batch->languages[row] = op->labels[guess.index];
        if (op->kept == NULL)
            continue;
        if (guess.label.size > 0 && op->kept[guess.index]) {
            if (guess.score < op->score_min)
                cy_batch_remove(batch, row, "score_min", guess.score, op->score_min);
            continue;
        }
        /* Another language cannot reach more than the first, nor more than the first leaves of 1. */
        bool possible = CY_MIN(guess.score, 1.001 - guess.score) >= op->score_min;
        if (!possible || best_kept_score(op, cache, text) < op->score_min)
            cy_batch_remove(batch, row, "keep", guess.score, NAN);
    }
    return CY_OK;
}

const struct cy_operator cy_operator_language = {
    .name = "language",
    .summary = "find out the language, and keep the languages asked for",
    .source = "lid.176: Joulin et al. 2017, arXiv:1607.01759 and 1612.03651; the decision as datatrove's LanguageFilter takes it",
    .params = params,
    .signals = signals,
    .rules = rules,
    .rule_is_off = rule_is_off,
    .self_size = sizeof(struct language),
    .prepare = prepare,
    .release = release,
    .run = run,
};
