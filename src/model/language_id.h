/* Which language a text is in, by fastText's lid.176 (Joulin et al. 2017; 176 languages, ISO 639-1 codes, or 639-3 where there is none).
 * The probability is the one that fastText prints: held equal to fastText's own library by tests/parity/language.py. */
#ifndef CY_MODEL_LANGUAGE_ID_H
#define CY_MODEL_LANGUAGE_ID_H

#include "model/text_vector.h"

/* A loaded model; never changes, shared by threads. */
struct cy_language_id;
/* Reads a supervised fastText model with hierarchical softmax, at most 16 dimensions and no word n-grams, as lid.176.ftz and lid.176.bin
 * are. Errors: CY_IO, CY_BAD_INPUT (what is wrong with the file). */
enum cy_status cy_language_id_load(struct cy_language_id **id, const char *path, struct cy_error *error);
enum cy_status cy_language_id_parse(struct cy_language_id **id, struct cy_str file, const char *name, struct cy_error *error);
void cy_language_id_free(struct cy_language_id *id); /* NULL is allowed */

/* The labels, the most frequent in training first; "en", without fastText's "__label__". They live as long as `id`. */
size_t cy_language_id_count(const struct cy_language_id *id);
struct cy_str cy_language_id_label(const struct cy_language_id *id, size_t index);

/* What one thread needs beside the model: its cache of words (4 MiB). */
struct cy_word_cache *cy_language_id_cache_new(const struct cy_language_id *id);

struct cy_language_guess {
    struct cy_str label; /* lives as long as the model; empty when the text holds nothing the model knows */
    size_t index;        /* of the label */
    double score;        /* probability; fastText adds 1e-5 at each branch, so it can pass 1 by up to 1e-5 a branch */
};

/* The most probable language of a text of any bytes, which is read as one line (see text_vector.h). The same text always gives the same
 * guess, whatever the cache holds. One cache, one thread. */
struct cy_language_guess cy_language_id_predict(const struct cy_language_id *id, struct cy_word_cache *cache, struct cy_str text);
/* scores[0, count): the probability of every label. Returns false, and zeros, when the text holds nothing the model knows. */
bool cy_language_id_scores(const struct cy_language_id *id, struct cy_word_cache *cache, struct cy_str text, double *scores);
/* The `guess_max` most probable languages, the first the most probable; returns how many. */
size_t cy_language_id_predict_top(const struct cy_language_id *id, struct cy_word_cache *cache, struct cy_str text,
                                  struct cy_language_guess *guesses, size_t guess_max);

#endif
