#include "html/html_features.h"

#include <math.h>

static float log_of(double value)
{
    return logf(1.0f + (float)value);
}

/* The features of the page, the same in every row. */
void cy_html_page_features(const struct cy_html_view *view, float *out)
{
    const struct cy_html_tree *tree = view->tree;
    struct cy_html_region all = cy_html_region_of(view, 0, tree->block_count);
    float articles = 0, mains = 0, lists = 0, h1 = 0, headings = 0, comments = 0, item_words = 0;
    for (size_t i = 0; i < tree->node_count; i++) {
        uint8_t tag = tree->nodes[i].tag;
        articles += tag == CY_TAG_article;
        mains += tag == CY_TAG_main;
        lists += tag == CY_TAG_li;
        h1 += tag == CY_TAG_h1;
        headings += (cy_tag_flags[tag] & CY_TAG_HEADING) != 0;
    }
    for (size_t i = 0; i < tree->block_count; i++) {
        const struct cy_html_block *block = &tree->blocks[i];
        comments += (block->context & CY_IN_COMMENT) != 0;
        if (view->sibling_counts[tree->nodes[block->node].parent] >= 3)
            item_words += (float)view->texts[i].half_words / 2;
    }
    uint32_t schema = tree->head.schema_types;
    struct cy_str og_type = tree->head.og_type;
    out[CY_FEATURE_page_words] = log_of(all.words);
    out[CY_FEATURE_page_blocks] = log_of(all.blocks);
    out[CY_FEATURE_page_link_share] = all.link_share;
    out[CY_FEATURE_page_prose_share] = all.prose_share;
    out[CY_FEATURE_page_articles] = log_of(articles);
    out[CY_FEATURE_page_main] = mains > 0;
    out[CY_FEATURE_page_core_share] = all.words > 0 ? cy_html_region_of_node(view, view->core).words / all.words : 0;
    out[CY_FEATURE_page_lists] = log_of(lists);
    out[CY_FEATURE_page_h1] = CY_MIN(h1, 3.0f);
    out[CY_FEATURE_page_headings] = log_of(headings);
    out[CY_FEATURE_page_og_article] = cy_str_is(og_type, "article");
    out[CY_FEATURE_page_og_product] = cy_str_starts(og_type, CY_STR("product")) || cy_str_is(og_type, "og:product");
    out[CY_FEATURE_page_schema_article] = (schema & CY_SCHEMA_ARTICLE) != 0;
    out[CY_FEATURE_page_schema_product] = (schema & CY_SCHEMA_PRODUCT) != 0;
    out[CY_FEATURE_page_schema_list] = (schema & CY_SCHEMA_LIST) != 0;
    out[CY_FEATURE_page_schema_forum] = (schema & CY_SCHEMA_FORUM) != 0;
    out[CY_FEATURE_page_schema_other] = (schema & (CY_SCHEMA_SERVICE | CY_SCHEMA_FAQ)) != 0   ? 1
                                        : (schema & (CY_SCHEMA_TECH | CY_SCHEMA_RECIPE)) != 0 ? 2
                                                                                              : 0;
    out[CY_FEATURE_page_item_share] = all.words > 0 ? item_words / all.words : 0;
    out[CY_FEATURE_page_comments] = log_of(comments);
}

/* ---- a block ---- */

static void put_text(const struct cy_html_view *view, size_t i, float *out)
{
    const struct cy_html_block *block = &view->tree->blocks[i];
    const struct cy_html_block_text *text = &view->texts[i];
    float words = (float)CY_MAX(text->words, 1u), letters = (float)CY_MAX(text->letters, 1u);
    out[CY_FEATURE_words] = log_of(text->half_words / 2.0);
    out[CY_FEATURE_chars_per_word] = (float)text->letters / words;
    out[CY_FEATURE_link_share] = view->link_shares[i];
    out[CY_FEATURE_bold_share] = CY_MIN(1.0f, (float)block->bold_bytes / (float)CY_MAX(block->text_size, 1u));
    out[CY_FEATURE_terminal] = text->terminal;
    out[CY_FEATURE_sentences] = (float)text->sentences / words;
    out[CY_FEATURE_commas] = (float)text->commas / words;
    out[CY_FEATURE_digit_share] = (float)text->digits / letters;
    out[CY_FEATURE_upper_share] = (float)text->upper / letters;
    out[CY_FEATURE_title_share] = (float)text->title_words / words;
    out[CY_FEATURE_symbols] = (float)text->symbols / words;
    out[CY_FEATURE_breaks] = log_of(block->break_count);
    out[CY_FEATURE_links] = log_of(block->link_count);
    out[CY_FEATURE_images] = CY_MIN((float)block->image_count, 8.0f);
    out[CY_FEATURE_repeated] = view->repeated[i];
    out[CY_FEATURE_in_title] = (float)text->in_title / words;
    out[CY_FEATURE_first_char] = text->first;
}

static void put_element(const struct cy_html_view *view, size_t i, float *out)
{
    const struct cy_html_block *block = &view->tree->blocks[i];
    const struct cy_html_node *node = &view->tree->nodes[block->node], *inner = &view->tree->nodes[block->inner];
    uint32_t context = block->context;
    out[CY_FEATURE_tag] = node->tag;
    out[CY_FEATURE_inner_tag] = block->inner_tag;
    out[CY_FEATURE_parent_tag] = view->tree->nodes[node->parent].tag;
    out[CY_FEATURE_heading] = (cy_tag_flags[node->tag] & CY_TAG_HEADING) != 0 ? (float)(node->tag - CY_TAG_h1 + 1) : 0;
    out[CY_FEATURE_hint_own] = node->hint.own;
    out[CY_FEATURE_hint_inner] = inner->hint.own;
    out[CY_FEATURE_hint_lowest] = inner->hint.lowest;
    out[CY_FEATURE_hint_highest] = inner->hint.highest;
    out[CY_FEATURE_hint_nearest] = inner->hint.nearest;
    out[CY_FEATURE_hint_sum] = inner->hint.sum;
    out[CY_FEATURE_depth] = CY_MIN(node->depth, 40);
    const uint32_t good = CY_IN_MAIN | CY_IN_ARTICLE | CY_IN_ITEMPROP_TEXT;
    const uint32_t bad =
        CY_IN_NAV | CY_IN_FOOTER | CY_IN_ASIDE | CY_IN_COMPLEMENTARY | CY_IN_HIDDEN | CY_IN_DIALOG | CY_IN_BUTTON | CY_IN_TEMPLATE;
    out[CY_FEATURE_context_good] = (float)__builtin_popcount(context & good);
    out[CY_FEATURE_context_bad] = (float)__builtin_popcount(context & bad);
    static const struct {
        enum cy_html_feature feature;
        uint32_t context;
    } flags[] = {
        {CY_FEATURE_in_nav, CY_IN_NAV},
        {CY_FEATURE_in_header, CY_IN_HEADER},
        {CY_FEATURE_in_footer, CY_IN_FOOTER},
        {CY_FEATURE_in_aside, CY_IN_ASIDE | CY_IN_COMPLEMENTARY},
        {CY_FEATURE_in_main, CY_IN_MAIN},
        {CY_FEATURE_in_article, CY_IN_ARTICLE},
        {CY_FEATURE_in_form, CY_IN_FORM},
        {CY_FEATURE_in_table, CY_IN_TABLE},
        {CY_FEATURE_in_list, CY_IN_LIST},
        {CY_FEATURE_in_figure, CY_IN_FIGURE},
        {CY_FEATURE_in_hidden, CY_IN_HIDDEN | CY_IN_ARIA_HIDDEN | CY_IN_TEMPLATE},
        {CY_FEATURE_in_button, CY_IN_BUTTON},
        {CY_FEATURE_in_item, CY_IN_ITEM},
        {CY_FEATURE_in_dialog, CY_IN_DIALOG | CY_IN_ARIA_MODAL},
        {CY_FEATURE_in_details, CY_IN_DETAILS},
        {CY_FEATURE_in_itemprop, CY_IN_ITEMPROP_TEXT},
        {CY_FEATURE_in_heading, CY_IN_HEADING},
        {CY_FEATURE_in_address, CY_IN_ADDRESS},
        {CY_FEATURE_in_pre, CY_IN_PRE | CY_IN_QUOTE},
        {CY_FEATURE_in_comment, CY_IN_COMMENT},
        {CY_FEATURE_in_noscript, CY_IN_NOSCRIPT},
    };
    for (size_t j = 0; j < CY_COUNT(flags); j++)
        out[flags[j].feature] = (float)__builtin_popcount(context & flags[j].context);
}

static void put_neighbour(const struct cy_html_view *view, size_t i, long offset, enum cy_html_feature first, size_t count, float *out)
{
    long j = (long)i + offset;
    if (j < 0 || j >= (long)view->tree->block_count) {
        for (size_t k = 0; k < count; k++)
            out[first + k] = -1;
        return;
    }
    out[first] = log_of(view->texts[j].half_words / 2.0);
    out[first + 1] = view->link_shares[j];
    if (count > 2) {
        out[first + 2] = view->texts[j].terminal;
        out[first + 3] = view->tree->nodes[view->tree->blocks[j].node].tag;
    }
}

static void put_neighbours(const struct cy_html_view *view, size_t i, float *out)
{
    put_neighbour(view, i, -1, CY_FEATURE_prev_words, 4, out);
    put_neighbour(view, i, 1, CY_FEATURE_next_words, 4, out);
    put_neighbour(view, i, -2, CY_FEATURE_prev2_words, 2, out);
    put_neighbour(view, i, 2, CY_FEATURE_next2_words, 2, out);
    static const struct {
        size_t reach;
        enum cy_html_feature first;
    } windows[] = {{3, CY_FEATURE_near_words}, {10, CY_FEATURE_far_words}};
    for (size_t j = 0; j < CY_COUNT(windows); j++) {
        size_t reach = windows[j].reach, end = CY_MIN(i + reach + 1, view->tree->block_count);
        struct cy_html_region region = cy_html_region_of(view, i > reach ? i - reach : 0, end);
        out[windows[j].first] = log_of(region.words / region.blocks);
        out[windows[j].first + 1] = region.link_share;
        out[windows[j].first + 2] = region.prose_share;
    }
}

static bool inside(const struct cy_html_view *view, uint32_t node, uint32_t ancestor)
{
    return node >= ancestor && node < view->tree->nodes[ancestor].end;
}

static void put_surroundings(const struct cy_html_view *view, size_t i, float *out)
{
    const struct cy_html_tree *tree = view->tree;
    uint32_t node = tree->blocks[i].node;
    float page_words = CY_MAX(view->sums[tree->block_count].half_words / 2.0f, 1.0f);
    static const enum cy_html_feature ups[] = {CY_FEATURE_up1_words, CY_FEATURE_up2_words, CY_FEATURE_up3_words};
    uint32_t up = node;
    for (size_t level = 0; level < CY_COUNT(ups); level++) {
        struct cy_html_region region = cy_html_region_of_node(view, up);
        out[ups[level]] = log_of(region.words);
        out[ups[level] + 1] = region.link_share;
        out[ups[level] + 2] = log_of(region.blocks);
        out[ups[level] + 3] = region.prose_share;
        up = tree->nodes[up].parent;
    }
    up = tree->nodes[up].parent;
    struct cy_html_region far_up = cy_html_region_of_node(view, up);
    out[CY_FEATURE_up4_page_share] = far_up.words / page_words;
    out[CY_FEATURE_up4_link_share] = far_up.link_share;
    out[CY_FEATURE_up4_prose] = far_up.prose_share;

    enum { ITEM_LEVELS = 8 };
    out[CY_FEATURE_item_level] = -1;
    up = node;
    for (size_t level = 0; level < ITEM_LEVELS && up != 0; level++, up = tree->nodes[up].parent) {
        uint8_t tag = tree->nodes[up].tag;
        if (view->sibling_counts[up] < 3 || tag == CY_TAG_p || (cy_tag_flags[tag] & CY_TAG_HEADING) != 0 || tag == CY_TAG_a ||
            tag == CY_TAG_span)
            continue;
        struct cy_html_region item = cy_html_region_of_node(view, up);
        out[CY_FEATURE_item_siblings] = log_of(view->sibling_counts[up]);
        out[CY_FEATURE_item_words] = log_of(item.words);
        out[CY_FEATURE_item_link_share] = item.link_share;
        out[CY_FEATURE_item_level] = (float)level;
        break;
    }

    /* Its branch: the highest element around it that does not hold the whole core. */
    uint32_t branch = node;
    size_t levels = 0;
    while (branch != 0 && !inside(view, view->core, tree->nodes[branch].parent)) {
        branch = tree->nodes[branch].parent;
        levels++;
    }
    bool in_core = inside(view, node, view->core);
    struct cy_html_region of_branch = cy_html_region_of_node(view, branch), core = cy_html_region_of_node(view, view->core);
    out[CY_FEATURE_core_inside] = in_core;
    out[CY_FEATURE_core_levels] =
        in_core ? (float)CY_MIN(levels, (size_t)20)
                : -1.0f - (float)CY_MIN(tree->nodes[view->core].depth -
                                            CY_MIN(tree->nodes[tree->nodes[branch].parent].depth, tree->nodes[view->core].depth),
                                        20);
    out[CY_FEATURE_core_words] = log_of(core.words);
    out[CY_FEATURE_core_wide_inside] = inside(view, node, view->wide_core);
    out[CY_FEATURE_branch_prose_share] = of_branch.prose_share;
    out[CY_FEATURE_branch_link_share] = of_branch.link_share;
    long core_middle = ((long)tree->nodes[view->core].block_first + (long)tree->nodes[view->core].block_end) / 2;
    out[CY_FEATURE_branch_position] = ((float)i - (float)core_middle) / (float)tree->block_count;
}

static void put_place(const struct cy_html_view *view, size_t i, float *out)
{
    float all_words = CY_MAX((float)view->sums[view->tree->block_count].half_words / 2, 1.0f), before = (float)view->sums[i].half_words / 2;
    const struct cy_html_since *since = &view->since[i];
    out[CY_FEATURE_position] = (float)i / (float)view->tree->block_count;
    out[CY_FEATURE_words_before] = before / all_words;
    out[CY_FEATURE_words_after] = log_of(all_words - before);
    out[CY_FEATURE_after_h1] = since->h1;
    out[CY_FEATURE_after_heading] = since->heading;
    out[CY_FEATURE_heading_level] = since->level;
    out[CY_FEATURE_since_prose] = since->prose;
    out[CY_FEATURE_until_prose] = since->until_prose;
}

void cy_html_block_features(const struct cy_html_view *view, const float *page_features, size_t block, float *out)
{
    memcpy(out, page_features, CY_FEATURE_COUNT * sizeof *out);
    put_text(view, block, out);
    put_element(view, block, out);
    put_place(view, block, out);
    put_neighbours(view, block, out);
    put_surroundings(view, block, out);
}
