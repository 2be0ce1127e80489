/* A page measured once, before its blocks are looked at one by one: sums over blocks, what stands beside what, where the core lies. */
#ifndef CY_HTML_VIEW_H
#define CY_HTML_VIEW_H

#include "html/html_block_text.h"
#include "html/html_tree.h"

/* Sums over blocks [0, i), so that any run of blocks is a difference. */
struct cy_html_sums {
    uint32_t half_words, link_half_words, prose_half_words;
};

/* Blocks since the last …, in document order; capped, -1 before the first. */
struct cy_html_since {
    float h1, heading, prose, until_prose;
    uint8_t level; /* of the heading it stands under, 1 to 6; 0: none */
};

struct cy_html_view {
    const struct cy_html_tree *tree;
    struct cy_html_block_text *texts;
    struct cy_html_sums *sums;   /* block_count + 1 */
    struct cy_html_since *since; /* of each block */
    float *link_shares;          /* of each block */
    uint8_t *prose;              /* whether each block is prose: a dozen words in sentences, few of them links */
    uint8_t *repeated;           /* of each block: 0 stands once, 1 the first of several, 2 a later one */
    uint32_t *sibling_counts;    /* of each node: siblings of its kind, itself counted */
    uint32_t core, wide_core;    /* the smallest elements that hold half, and four fifths, of the prose */
};

/* A run of blocks; words counts a Chinese, Japanese or Korean character as half a word. */
struct cy_html_region {
    float words, link_share, blocks, prose_share;
};

/* Measures; all of the view lives in the arena. Linear in the page. */
void cy_html_view_init(struct cy_html_view *view, const struct cy_html_tree *tree, struct cy_arena *arena);
struct cy_html_region cy_html_region_of(const struct cy_html_view *view, size_t first, size_t end);
struct cy_html_region cy_html_region_of_node(const struct cy_html_view *view, uint32_t node);

#endif
