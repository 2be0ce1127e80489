/* How much of a text its repeated word n-grams make up, for n from 2 to 10 in one go. */
#ifndef CY_OPERATORS_NGRAM_REPEATS_H
#define CY_OPERATORS_NGRAM_REPEATS_H

#include "operators/quality_lines.h"

enum { CY_NGRAM_MIN = 2, CY_NGRAM_TOP_MAX = 4, CY_NGRAM_MAX = 10 };

struct cy_ngram_repeats {
    /* top[n], n 2 to 4: code points of the most frequent n-gram, its words joined by single spaces, times its occurrences; of several
     * equally frequent the first. 0 when there are fewer than n words. */
    double top[CY_NGRAM_TOP_MAX + 1];
    /* repeated[n], n 5 to 10: code points of the n-grams that stood in the text before, their words end to end. The text is walked from
     * the left; behind such an n-gram the walk goes on, so that no character counts twice. */
    double repeated[CY_NGRAM_MAX + 1];
};

void cy_ngram_repeats(const struct cy_words *words, struct cy_quality_scratch *scratch, struct cy_ngram_repeats *out);

#endif
