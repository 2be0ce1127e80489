/* Thresholds of the quality operators by language; docs/quality.md has them with their sources. */
#ifndef CY_OPERATORS_LANGUAGE_THRESHOLDS_H
#define CY_OPERATORS_LANGUAGE_THRESHOLDS_H

#include "base/bytes.h"

struct cy_language_thresholds {
    const char *language; /* ISO 639-1, as the operator `language` names it */
    /* gopher_repetition; its rules on paragraphs and on the characters of repeated lines are off */
    double dup_line_frac_max;
    double top_gram_max[3]; /* 2- to 4-grams */
    double dup_gram_max[6]; /* 5- to 10-grams */
    /* gopher_quality */
    double word_length_min, word_length_max;
    double alpha_words_min;
    const char *stop_words; /* separated by spaces; empty: the rule is off */
    /* fineweb_quality; its rule on short lines is off */
    double line_punct_min;
    double new_line_ratio_max;
    double char_dup_ratio_max;
};

/* The language's row, or NULL. */
const struct cy_language_thresholds *cy_language_thresholds_find(struct cy_str language);

#endif
