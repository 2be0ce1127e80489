/* The vector of a text: the sum of the rows of its words and of their character n-grams, as fastText reads a line.
 *
 *     text ─ split at white space ─▶ word ─ seen before? ─▶ its sum from the cache ──┐
 *                                     └─ no: own row + rows of its n-grams ─ cached ─┴─▶ + ─▶ values, row_count
 *
 * Words come again and again, so most of a text is added up from the cache. Sums are whole numbers: what the cache holds never changes a
 * result. */
#ifndef CY_MODEL_TEXT_VECTOR_H
#define CY_MODEL_TEXT_VECTOR_H

#include "model/fasttext_model.h"

/* Words seen by one thread and their sums; of two words that want the same place the later one stays. 4 MiB, for models of up to 16
 * dimensions; words of more than 32 bytes are not kept. */
struct cy_word_cache;
/* model: lanes must be CY_FASTTEXT_LANES; borrowed for the cache's life. */
struct cy_word_cache *cy_word_cache_new(const struct cy_fasttext *model);
/* The same with the loops for a processor that has only these of our processor's features. */
struct cy_word_cache *cy_word_cache_new_for(const struct cy_fasttext *model, unsigned features);
void cy_word_cache_free(struct cy_word_cache *cache);

struct cy_text_vector {
    int64_t values[CY_FASTTEXT_LANES]; /* sums of rows, times model->row_unit */
    uint64_t row_count;                /* rows that were added; 0: nothing of the text is known to the model */
};

/* Adds up a text of any bytes. White space is as fastText has it: space, \t, \n, \v, \f, \r and the 0 byte; a line's end is white space
 * like any other, and the end-of-line word </s> is added once at the end. A word "</s>" in the text ends it, and words that begin with
 * "__label__" are left out, both as in fastText. One cache, one thread; the result depends on model and text alone. */
void cy_text_vector_sum(struct cy_word_cache *cache, struct cy_str text, struct cy_text_vector *sum);

#endif
