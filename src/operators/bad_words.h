/* A list of words that a document must not hold, from a file of the user's. */
#ifndef CY_OPERATORS_BAD_WORDS_H
#define CY_OPERATORS_BAD_WORDS_H

#include "base/error.h"

struct cy_bad_words;

/* Reads the file: an entry a line, white space at its ends taken off, empty lines left out; an entry may hold spaces. */
enum cy_status cy_bad_words_open(struct cy_bad_words **list, const char *path, struct cy_error *error);
void cy_bad_words_free(struct cy_bad_words *list); /* NULL is allowed */
/* How many places of the lower-cased text hold an entry, flanked by the text's ends or by characters that are neither letter, number nor
 * underscore; in Japanese, Thai and Chinese ("ja", "th", "zh") anywhere. Of several entries at a place, one counts. */
size_t cy_bad_words_count(const struct cy_bad_words *list, struct cy_str text, struct cy_str language);

#endif
