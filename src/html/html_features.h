/* What the model knows about a block: its text, its place in the tree and on the page, its neighbours, and the page. */
#ifndef CY_HTML_FEATURES_H
#define CY_HTML_FEATURES_H

#include "html/html_tree.h"

/* X(name): one number a block. The order is the model's: tools/train_extract.py reads it from here. */
/* clang-format off */
#define CY_HTML_FEATURES(X) \
    /* the text */ \
    X(words) X(chars_per_word) X(link_share) X(bold_share) X(terminal) X(sentences) X(commas) X(digit_share) X(upper_share) X(title_share) \
    X(symbols) X(breaks) X(links) X(images) X(repeated) X(in_title) X(first_char) \
    /* the element */ \
    X(tag) X(inner_tag) X(parent_tag) X(heading) X(hint_own) X(hint_inner) X(hint_lowest) X(hint_highest) X(hint_nearest) X(hint_sum) \
    X(depth) X(context_good) X(context_bad) X(in_nav) X(in_header) X(in_footer) X(in_aside) X(in_main) X(in_article) X(in_form) X(in_table) \
    X(in_list) X(in_figure) X(in_hidden) X(in_button) X(in_item) X(in_dialog) X(in_details) X(in_itemprop) X(in_heading) X(in_address) X(in_pre) \
    X(in_comment) \
    /* the place on the page */ \
    X(position) X(words_before) X(after_h1) X(after_heading) X(heading_level) X(words_after) X(since_prose) X(until_prose) \
    /* the neighbours */ \
    X(prev_words) X(prev_link_share) X(prev_terminal) X(prev_tag) X(next_words) X(next_link_share) X(next_terminal) X(next_tag) \
    X(prev2_words) X(prev2_link_share) X(next2_words) X(next2_link_share) \
    X(near_words) X(near_link_share) X(near_prose) X(far_words) X(far_link_share) X(far_prose) \
    /* the elements around it, from the block's own outwards */ \
    X(up1_words) X(up1_link_share) X(up1_blocks) X(up1_prose) \
    X(up2_words) X(up2_link_share) X(up2_blocks) X(up2_prose) \
    X(up3_words) X(up3_link_share) X(up3_blocks) X(up3_prose) \
    X(up4_page_share) X(up4_link_share) X(up4_prose) \
    X(item_siblings) X(item_words) X(item_link_share) X(item_level) \
    X(core_levels) X(core_inside) X(core_words) X(core_wide_inside) X(branch_prose_share) X(branch_link_share) X(branch_position) \
    /* the page */ \
    X(page_words) X(page_blocks) X(page_link_share) X(page_prose_share) X(page_articles) X(page_main) X(page_core_share) X(page_lists) \
    X(page_h1) X(page_headings) X(page_og_article) X(page_og_product) X(page_schema_article) X(page_schema_product) X(page_schema_list) \
    X(page_schema_forum) X(page_schema_other) X(page_item_share) X(page_comments)
/* clang-format on */

enum cy_html_feature {
#define CY_FEATURE_ENUM(name) CY_FEATURE_##name,
    CY_HTML_FEATURES(CY_FEATURE_ENUM)
#undef CY_FEATURE_ENUM
        CY_FEATURE_COUNT,
};

/* The features of all blocks, block_count rows of CY_FEATURE_COUNT numbers, in the arena; *words gets each block's words, in units of half
 * a word (a Chinese, Japanese or Korean character counts one unit, any other run of letters and digits two). Time is linear in the page,
 * but for the elements around a block, which is at most CY_HTML_DEPTH_MAX steps a block. */
float *cy_html_features(const struct cy_html_tree *tree, struct cy_arena *arena, uint32_t **words);

#endif
