/* Text as the search sees it: terms. Pure.
 *
 *     "GPT-4 中文数据集"  ─▶  w:gpt  w:4  w:中文  w:文数  w:数据  w:据集         words by their lower case; Chinese, Japanese, Thai … as
 *                                                                        pairs of code points, and a lone code point as itself
 *
 * A term begins with a byte that says what it is: a word of the text, a tag, a namespace, "public", or "all". */
#ifndef CY_HUB_SEARCH_TERMS_H
#define CY_HUB_SEARCH_TERMS_H

#include "base/arena.h"

enum { CY_TERM_WORD = 'w', CY_TERM_TAG = 't', CY_TERM_NAMESPACE = 'n', CY_TERM_PUBLIC = 'p', CY_TERM_ALL = 'a' };
enum {
    CY_TERM_BYTES_MAX = 64, /* of a word; what is longer is cut */
    CY_TERMS_MAX = 2000,    /* a document; those of the name, title and tags come first */
    CY_TERM_WEIGHT_MAX = 15,
    CY_QUERY_CLAUSES_MAX = 32, /* words and pairs of a query; the rest is left out */
};

struct cy_term {
    struct cy_str text; /* kind byte and term */
    uint32_t weight;    /* 1 to CY_TERM_WEIGHT_MAX */
};

/* A growing set; release frees it. Texts are owned by its arena. */
struct cy_terms {
    struct cy_arena arena;
    struct cy_term *items;
    size_t count, capacity;
};

/* Adds the words of a text with this weight each. More than CY_TERMS_MAX are left out. */
void cy_terms_add_text(struct cy_terms *terms, struct cy_str text, uint32_t weight);
/* Adds one term as it is, in lower case. */
void cy_terms_add(struct cy_terms *terms, char kind, struct cy_str text, uint32_t weight);
/* Sorts by bytes and joins equal ones: the largest weight, and one more for each doubling of how often it stands there, up to three. */
void cy_terms_join(struct cy_terms *terms);
void cy_terms_release(struct cy_terms *terms);

/* A clause of a query: a document must hold the term, or, is_prefix, some term that begins so. */
struct cy_clause {
    struct cy_str term; /* kind byte and term, in the arena */
    bool is_prefix;
};
/* The clauses of what somebody typed: a word finds words that begin with it, a run of Chinese its pairs, a lone code point what begins with
 * it. */
size_t cy_query_clauses(struct cy_str text, struct cy_arena *arena, struct cy_clause clauses[CY_QUERY_CLAUSES_MAX]);

#endif
