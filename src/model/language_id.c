#include "model/language_id.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = CY_FASTTEXT_LANES };

struct cy_language_id {
    struct cy_fasttext *model;
    struct cy_str *labels; /* views into the model's names */
};

static enum cy_status refuse(const char *name, const char *why, struct cy_error *error)
{
    cy_error_set(error, CY_BAD_INPUT, "\"%s\" cannot identify languages: %s", name, why);
    return cy_error_hint(error, "give a model like lid.176.ftz, which ./setup brings");
}

/* Takes the model over, also when it is refused. */
static enum cy_status adopt(struct cy_language_id **id, struct cy_fasttext *model, const char *name, struct cy_error *error)
{
    const char *why = model->kind != CY_FASTTEXT_SUPERVISED     ? "it is not a classifier"
                      : model->loss != CY_FASTTEXT_HIERARCHICAL ? "its loss is not hierarchical softmax"
                      : model->lanes != LANES                   ? "it has more than 16 dimensions"
                      : model->word_ngrams != 1                 ? "it uses n-grams of words"
                                                                : NULL;
    *id = NULL;
    if (why != NULL) {
        cy_fasttext_free(model);
        return refuse(name, why, error);
    }
    struct cy_language_id *made = cy_alloc_zero(1, sizeof *made);
    made->model = model;
    made->labels = cy_alloc_zero(model->label_count, sizeof *made->labels);
    for (uint32_t i = 0; i < model->label_count; i++) {
        const struct cy_str prefix = CY_STR("__label__");
        struct cy_str label = cy_fasttext_name(model, model->word_count + i);
        if (cy_str_starts(label, prefix))
            label = (struct cy_str){label.data + prefix.size, label.size - prefix.size};
        made->labels[i] = label;
    }
    *id = made;
    return CY_OK;
}

enum cy_status cy_language_id_parse(struct cy_language_id **id, struct cy_str file, const char *name, struct cy_error *error)
{
    struct cy_fasttext *model;
    *id = NULL;
    enum cy_status status = cy_fasttext_parse(&model, file, name, error);
    return status == CY_OK ? adopt(id, model, name, error) : status;
}

enum cy_status cy_language_id_load(struct cy_language_id **id, const char *path, struct cy_error *error)
{
    struct cy_fasttext *model;
    *id = NULL;
    enum cy_status status = cy_fasttext_load(&model, path, error);
    return status == CY_OK ? adopt(id, model, path, error) : status;
}

void cy_language_id_free(struct cy_language_id *id)
{
    if (id == NULL)
        return;
    cy_fasttext_free(id->model);
    free(id->labels);
    free(id);
}

size_t cy_language_id_count(const struct cy_language_id *id)
{
    return id->model->label_count;
}

struct cy_str cy_language_id_label(const struct cy_language_id *id, size_t index)
{
    return id->labels[index];
}

struct cy_word_cache *cy_language_id_cache_new(const struct cy_language_id *id)
{
    return cy_word_cache_new(id->model);
}

/* ---- hierarchical softmax ---- */

/* The mean of the text's rows, in floats as fastText's hidden layer is; false when there is no row. */
static bool mean_row(const struct cy_language_id *id, struct cy_word_cache *cache, struct cy_str text, float hidden[LANES])
{
    struct cy_text_vector sum;
    cy_text_vector_sum(cache, text, &sum);
    double scale = sum.row_count > 0 ? id->model->row_unit / (double)sum.row_count : 0;
    for (int i = 0; i < LANES; i++)
        hidden[i] = (float)((double)sum.values[i] * scale);
    return sum.row_count > 0;
}

typedef float four __attribute__((vector_size(16)));

/* The probability of a node's right child, given the node. The products are added as a tree (i to i + 8, + 4, + 2, + 1), in the same order
 * on every processor. */
static inline double right_share(const struct cy_fasttext *model, uint32_t node, const float hidden[LANES])
{
    const float *weights = model->output + (size_t)(node - model->label_count) * LANES;
    four products[LANES / 4], h, w;
    for (int i = 0; i < LANES / 4; i++) {
        memcpy(&h, hidden + 4 * i, sizeof h);
        memcpy(&w, weights + 4 * i, sizeof w);
        products[i] = h * w;
    }
    four sums = (products[0] + products[2]) + (products[1] + products[3]);
    return 1 / (1 + exp(-(double)((sums[0] + sums[2]) + (sums[1] + sums[3]))));
}

/* fastText's score of a branch: it takes the logarithm of share + 1e-5, lest it be that of 0. */
static const double share_floor = 1e-5;

/* What the added 1e-5 can make of a score on the way down: (1 + 1e-5)^CY_FASTTEXT_DEPTH_MAX < 1.002. */
static const double growth_max = 1.002;

/* Depth first, the likelier child first; what cannot become as likely as the best label found is left out. Of two equal labels the first.
 */
static uint32_t best_label(const struct cy_fasttext *model, const float hidden[LANES], double *best_score)
{
    struct {
        uint32_t node;
        double score;
    } stack[CY_FASTTEXT_DEPTH_MAX + 2];
    size_t depth = 0;
    uint32_t best = 0;
    *best_score = -1;
    stack[depth].node = 2 * model->label_count - 2;
    stack[depth++].score = 1;
    while (depth > 0) {
        uint32_t node = stack[--depth].node;
        double score = stack[depth].score;
        if (score * growth_max < *best_score)
            continue;
        if (node < model->label_count) {
            if (score > *best_score || (score == *best_score && node < best)) {
                best = node;
                *best_score = score;
            }
            continue;
        }
        double right = right_share(model, node, hidden);
        double left_score = score * (1 - right + share_floor), right_score = score * (right + share_floor);
        bool right_first = right_score > left_score;
        stack[depth].node = right_first ? model->nodes[node].left : model->nodes[node].right;
        stack[depth++].score = right_first ? left_score : right_score;
        stack[depth].node = right_first ? model->nodes[node].right : model->nodes[node].left;
        stack[depth++].score = right_first ? right_score : left_score;
    }
    return best;
}

struct cy_language_guess cy_language_id_predict(const struct cy_language_id *id, struct cy_word_cache *cache, struct cy_str text)
{
    float hidden[LANES];
    if (!mean_row(id, cache, text, hidden))
        return (struct cy_language_guess){{"", 0}, 0, 0};
    double score;
    uint32_t label = best_label(id->model, hidden, &score);
    return (struct cy_language_guess){id->labels[label], label, score};
}

bool cy_language_id_scores(const struct cy_language_id *id, struct cy_word_cache *cache, struct cy_str text, double *scores)
{
    const struct cy_fasttext *model = id->model;
    float hidden[LANES];
    bool known = mean_row(id, cache, text, hidden);
    memset(scores, 0, model->label_count * sizeof *scores);
    if (!known)
        return false;
    uint32_t node_count = 2 * model->label_count - 1;
    double *node_scores = cy_alloc(node_count * sizeof *node_scores);
    node_scores[node_count - 1] = 1;
    for (uint32_t node = node_count - 1; node >= model->label_count; node--) { /* children have smaller indices */
        double right = right_share(model, node, hidden);
        node_scores[model->nodes[node].left] = node_scores[node] * (1 - right + share_floor);
        node_scores[model->nodes[node].right] = node_scores[node] * (right + share_floor);
    }
    memcpy(scores, node_scores, model->label_count * sizeof *scores);
    free(node_scores);
    return true;
}

size_t cy_language_id_predict_top(const struct cy_language_id *id, struct cy_word_cache *cache, struct cy_str text,
                                  struct cy_language_guess *guesses, size_t guess_max)
{
    size_t label_count = id->model->label_count, guess_count = 0;
    double *scores = cy_alloc(label_count * sizeof *scores);
    bool known = cy_language_id_scores(id, cache, text, scores);
    for (size_t label = 0; known && label < label_count; label++) {
        if (guess_count == guess_max && (guess_max == 0 || scores[label] <= guesses[guess_count - 1].score))
            continue;
        size_t place = guess_count < guess_max ? guess_count++ : guess_count - 1;
        for (; place > 0 && guesses[place - 1].score < scores[label]; place--)
            guesses[place] = guesses[place - 1];
        guesses[place] = (struct cy_language_guess){id->labels[label], label, scores[label]};
    }
    free(scores);
    return guess_count;
}
