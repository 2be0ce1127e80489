/* What the names in class and id say about an element: "entry-content" holds the text, "related-posts" does not. The names and their
 * scores are learned (tools/train_extract.py) and hold for web pages at large: only names that many domains share are in the table. */
#ifndef CY_HTML_HINTS_H
#define CY_HTML_HINTS_H

#include "base/bytes.h"

enum {
    CY_HINT_NAMES_MAX = 24,        /* names read of one element; frameworks stack up to a hundred, the telling ones stand in front */
    CY_HINT_ATTRIBUTE_BYTES = 200, /* read of one attribute */
};

/* Cuts `attribute` into names: each name between white space whole, and its parts between - _ and humps ("postMeta" is postMeta, post,
 * meta), in lower case, digits left out. Writes their hashes (FNV-1a, 32 bits) and returns how many (at most CY_HINT_NAMES_MAX). */
size_t cy_html_hint_hashes(struct cy_str attribute, uint32_t hashes[CY_HINT_NAMES_MAX]);
/* Finds scores by hash. Filled once by cy_html_hint_index_init, then read-only. */
struct cy_html_hint_index {
    uint32_t hashes[8192]; /* an open-addressing table; 0 is an empty slot */
    int16_t scores[8192];
};
void cy_html_hint_index_init(struct cy_html_hint_index *index);
/* The mean score of the names that the table knows, in 1/16 nat (above 0: content); *known says how many it knows. */
int cy_html_hint_score(const struct cy_html_hint_index *index, struct cy_str class_names, struct cy_str id, int *known);

#endif
