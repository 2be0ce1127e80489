/* What the model knows about a block: its text, its place in the tree and on the page, its neighbours, and the page. */
#ifndef CY_HTML_FEATURES_H
#define CY_HTML_FEATURES_H

#include "html/html_view.h"

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
    X(in_comment) X(in_noscript) \
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

/* What the first model's probabilities say around a block; the second model reads them too. */
/* clang-format off */
#define CY_HTML_SECOND_FEATURES(X) \
    X(p_own) X(p_prev) X(p_next) X(p_prev2) X(p_next2) X(p_near) X(p_far) X(p_up1) X(p_up2) X(p_up3) X(p_up4) X(p_up5) X(p_section) \
    X(p_kind) X(p_kind_count) X(p_page) X(p_page_best) X(p_page_score) X(p_before) X(p_rank) X(p_since_sure) X(p_until_sure) X(p_branch)
/* clang-format on */

enum cy_html_feature {
#define CY_FEATURE_ENUM(name) CY_FEATURE_##name,
    CY_HTML_FEATURES(CY_FEATURE_ENUM) CY_HTML_SECOND_FEATURES(CY_FEATURE_ENUM)
#undef CY_FEATURE_ENUM
        CY_FEATURE_COUNT,
};

/* The page's features, CY_FEATURE_COUNT numbers of which only those are set. */
void cy_html_page_features(const struct cy_html_view *view, float *out);
/* All features of a block but the second ones: CY_FEATURE_COUNT numbers. */
void cy_html_block_features(const struct cy_html_view *view, const float *page_features, size_t block, float *out);

/* What is measured once for the second features; lives in the arena. */
struct cy_html_second {
    const struct cy_html_view *view;
    const float *probabilities;
    double *content_sums; /* block_count + 1: expected content half words of blocks [0, i) */
    uint32_t *kinds;      /* of each block: index into the next two */
    double *kind_content; /* by kind of element (its tag and class, and its parent's): expected content half words */
    uint32_t *kind_half_words;
    uint32_t *kind_blocks;
    uint16_t *since_sure, *until_sure;     /* blocks to the nearest that is surely content */
    uint32_t *section_first, *section_end; /* of each block: the blocks between two headings */
    double best, score, content_above[64]; /* content_above[s]: expected content of blocks whose probability is at least s/64, as a share */
};

/* probabilities: the first model's, one a block; borrowed as long as *second is used. */
void cy_html_second_init(struct cy_html_second *second, const struct cy_html_view *view, const float *probabilities,
                         struct cy_arena *arena);
/* Sets the second features of a row that has the others. */
void cy_html_second_features(const struct cy_html_second *second, size_t block, float *out);

#endif
