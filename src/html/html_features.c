#include "html/html_features.h"
#include "html/html_block_text.h"

#include <math.h>

/* Sums over blocks [0, i), so that any run of blocks is a difference. */
struct sums {
    uint32_t half_words, link_half_words, prose_half_words;
};

struct page {
    const struct cy_html_tree *tree;
    struct cy_html_block_text *texts;
    struct sums *sums;              /* block_count + 1 */
    float *link_shares;             /* of each block */
    uint8_t *prose;                 /* whether each block is prose: a dozen words in sentences, few of them links */
    uint32_t *sibling_counts;       /* of each node: siblings of its kind, itself counted */
    uint8_t *repeated;              /* of each block: 0 stands once, 1 the first of several, 2 a later one */
    uint32_t core, wide_core;       /* the smallest elements that hold half, and four fifths, of the prose */
    float values[CY_FEATURE_COUNT]; /* the page's own features, the same in every row */
};

struct region {
    float words, link_share, blocks, prose_share;
};

static float log_of(double value)
{
    return logf(1.0f + (float)value);
}

static struct region region_of(const struct page *page, size_t first, size_t end)
{
    const struct sums *a = &page->sums[first], *b = &page->sums[end];
    float half_words = (float)(b->half_words - a->half_words);
    if (half_words <= 0)
        return (struct region){.blocks = (float)(end - first)};
    return (struct region){.words = half_words / 2,
                           .link_share = (float)(b->link_half_words - a->link_half_words) / half_words,
                           .blocks = (float)(end - first),
                           .prose_share = (float)(b->prose_half_words - a->prose_half_words) / half_words};
}

static struct region region_of_node(const struct page *page, uint32_t node)
{
    return region_of(page, page->tree->nodes[node].block_first, page->tree->nodes[node].block_end);
}

/* ---- the page ---- */

static void measure_texts(struct page *page, struct cy_arena *arena)
{
    const struct cy_html_tree *tree = page->tree;
    struct cy_html_title_words title = {{0}};
    cy_html_title_words_add(&title, tree->head.title);
    cy_html_title_words_add(&title, tree->head.og_title);
    page->texts = cy_arena_alloc(arena, tree->block_count * sizeof *page->texts);
    page->sums = cy_arena_alloc(arena, (tree->block_count + 1) * sizeof *page->sums);
    page->link_shares = cy_arena_alloc(arena, tree->block_count * sizeof *page->link_shares);
    page->prose = cy_arena_alloc(arena, tree->block_count);
    page->sums[0] = (struct sums){0};
    for (size_t i = 0; i < tree->block_count; i++) {
        const struct cy_html_block *block = &tree->blocks[i];
        struct cy_html_block_text *text = &page->texts[i];
        *text = cy_html_block_text_of(cy_html_block_text(tree, block), &title);
        float link_share = CY_MIN(1.0f, (float)block->link_bytes / (float)CY_MAX(block->text_size, 1u));
        page->link_shares[i] = link_share;
        page->prose[i] = text->half_words >= 24 && link_share < 0.4f && text->sentences > 0;
        page->sums[i + 1] = page->sums[i];
        page->sums[i + 1].half_words += text->half_words;
        page->sums[i + 1].link_half_words += (uint32_t)((float)text->half_words * link_share);
        page->sums[i + 1].prose_half_words += page->prose[i] ? text->half_words : 0;
    }
}

static size_t table_size(size_t count)
{
    size_t size = 64;
    while (size < count * 2)
        size *= 2;
    return size;
}

static void find_repeated(struct page *page, struct cy_arena *arena)
{
    size_t count = page->tree->block_count, size = table_size(count);
    uint32_t *slots = cy_arena_zero(arena, size * sizeof *slots); /* index of the first with that text, plus 1 */
    page->repeated = cy_arena_zero(arena, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t hash = page->texts[i].hash;
        size_t slot = (hash * 0x9E3779B1u) & (size - 1);
        while (slots[slot] != 0 && page->texts[slots[slot] - 1].hash != hash)
            slot = (slot + 1) & (size - 1);
        if (slots[slot] == 0) {
            slots[slot] = (uint32_t)i + 1;
        } else {
            page->repeated[slots[slot] - 1] = 1;
            page->repeated[i] = 2;
        }
    }
}

static void count_siblings(struct page *page, struct cy_arena *arena)
{
    const struct cy_html_tree *tree = page->tree;
    size_t count = tree->node_count, size = table_size(count);
    uint32_t *slots = cy_arena_zero(arena, size * sizeof *slots); /* a node of that parent and kind, plus 1 */
    uint32_t *first = cy_arena_alloc(arena, count * sizeof *first);
    page->sibling_counts = cy_arena_zero(arena, count * sizeof *page->sibling_counts);
    for (size_t i = 0; i < count; i++) {
        const struct cy_html_node *node = &tree->nodes[i];
        uint64_t key = ((uint64_t)node->parent << 32 | node->kind) * 0x9E3779B97F4A7C15u;
        size_t slot = (size_t)(key >> 32) & (size - 1);
        while (slots[slot] != 0 && (tree->nodes[slots[slot] - 1].parent != node->parent || tree->nodes[slots[slot] - 1].kind != node->kind))
            slot = (slot + 1) & (size - 1);
        if (slots[slot] == 0)
            slots[slot] = (uint32_t)i + 1;
        first[i] = slots[slot] - 1;
        page->sibling_counts[first[i]]++;
    }
    for (size_t i = 0; i < count; i++)
        page->sibling_counts[i] = page->sibling_counts[first[i]];
}

/* The deepest element under which at least `share` of the page's prose stands (of all words, where there is no prose). */
static uint32_t find_core(const struct page *page, double share)
{
    const struct cy_html_tree *tree = page->tree;
    const struct sums *all = &page->sums[tree->block_count];
    bool prose = all->prose_half_words > 0;
    double wanted = share * (prose ? all->prose_half_words : all->half_words);
    uint32_t core = 0;
    for (uint32_t child = 1; child < tree->node_count;) {
        const struct cy_html_node *node = &tree->nodes[child];
        const struct sums *a = &page->sums[node->block_first], *b = &page->sums[node->block_end];
        double has = prose ? b->prose_half_words - a->prose_half_words : b->half_words - a->half_words;
        if (has >= wanted && has > 0) {
            core = child;
            child++;
        } else {
            child = node->end;
        }
        if (child >= tree->nodes[core].end)
            break;
    }
    return core;
}

static void measure_page(struct page *page)
{
    const struct cy_html_tree *tree = page->tree;
    struct region all = region_of(page, 0, tree->block_count);
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
        if (page->sibling_counts[tree->nodes[block->node].parent] >= 3)
            item_words += (float)page->texts[i].half_words / 2;
    }
    float *out = page->values;
    uint32_t schema = tree->head.schema_types;
    struct cy_str og_type = tree->head.og_type;
    out[CY_FEATURE_page_words] = log_of(all.words);
    out[CY_FEATURE_page_blocks] = log_of(all.blocks);
    out[CY_FEATURE_page_link_share] = all.link_share;
    out[CY_FEATURE_page_prose_share] = all.prose_share;
    out[CY_FEATURE_page_articles] = log_of(articles);
    out[CY_FEATURE_page_main] = mains > 0;
    out[CY_FEATURE_page_core_share] = all.words > 0 ? region_of_node(page, page->core).words / all.words : 0;
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

static void put_text(const struct page *page, size_t i, float *out)
{
    const struct cy_html_block *block = &page->tree->blocks[i];
    const struct cy_html_block_text *text = &page->texts[i];
    float words = (float)CY_MAX(text->words, 1u), letters = (float)CY_MAX(text->letters, 1u);
    out[CY_FEATURE_words] = log_of(text->half_words / 2.0);
    out[CY_FEATURE_chars_per_word] = (float)text->letters / words;
    out[CY_FEATURE_link_share] = page->link_shares[i];
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
    out[CY_FEATURE_repeated] = page->repeated[i];
    out[CY_FEATURE_in_title] = (float)text->in_title / words;
    out[CY_FEATURE_first_char] = text->first;
}

static void put_element(const struct page *page, size_t i, float *out)
{
    const struct cy_html_block *block = &page->tree->blocks[i];
    const struct cy_html_node *node = &page->tree->nodes[block->node], *inner = &page->tree->nodes[block->inner];
    uint32_t context = block->context;
    out[CY_FEATURE_tag] = node->tag;
    out[CY_FEATURE_inner_tag] = block->inner_tag;
    out[CY_FEATURE_parent_tag] = page->tree->nodes[node->parent].tag;
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
    };
    for (size_t j = 0; j < CY_COUNT(flags); j++)
        out[flags[j].feature] = (float)__builtin_popcount(context & flags[j].context);
}

static void put_neighbour(const struct page *page, size_t i, long offset, enum cy_html_feature first, size_t count, float *out)
{
    long j = (long)i + offset;
    if (j < 0 || j >= (long)page->tree->block_count) {
        for (size_t k = 0; k < count; k++)
            out[first + k] = -1;
        return;
    }
    out[first] = log_of(page->texts[j].half_words / 2.0);
    out[first + 1] = page->link_shares[j];
    if (count > 2) {
        out[first + 2] = page->texts[j].terminal;
        out[first + 3] = page->tree->nodes[page->tree->blocks[j].node].tag;
    }
}

static void put_neighbours(const struct page *page, size_t i, float *out)
{
    put_neighbour(page, i, -1, CY_FEATURE_prev_words, 4, out);
    put_neighbour(page, i, 1, CY_FEATURE_next_words, 4, out);
    put_neighbour(page, i, -2, CY_FEATURE_prev2_words, 2, out);
    put_neighbour(page, i, 2, CY_FEATURE_next2_words, 2, out);
    static const struct {
        size_t reach;
        enum cy_html_feature first;
    } windows[] = {{3, CY_FEATURE_near_words}, {10, CY_FEATURE_far_words}};
    for (size_t j = 0; j < CY_COUNT(windows); j++) {
        size_t reach = windows[j].reach, end = CY_MIN(i + reach + 1, page->tree->block_count);
        struct region region = region_of(page, i > reach ? i - reach : 0, end);
        out[windows[j].first] = log_of(region.words / region.blocks);
        out[windows[j].first + 1] = region.link_share;
        out[windows[j].first + 2] = region.prose_share;
    }
}

static bool inside(const struct page *page, uint32_t node, uint32_t ancestor)
{
    return node >= ancestor && node < page->tree->nodes[ancestor].end;
}

static void put_surroundings(const struct page *page, size_t i, float *out)
{
    const struct cy_html_tree *tree = page->tree;
    uint32_t node = tree->blocks[i].node;
    float page_words = CY_MAX(page->sums[tree->block_count].half_words / 2.0f, 1.0f);
    static const enum cy_html_feature ups[] = {CY_FEATURE_up1_words, CY_FEATURE_up2_words, CY_FEATURE_up3_words};
    uint32_t up = node;
    for (size_t level = 0; level < CY_COUNT(ups); level++) {
        struct region region = region_of_node(page, up);
        out[ups[level]] = log_of(region.words);
        out[ups[level] + 1] = region.link_share;
        out[ups[level] + 2] = log_of(region.blocks);
        out[ups[level] + 3] = region.prose_share;
        up = tree->nodes[up].parent;
    }
    up = tree->nodes[up].parent;
    struct region far_up = region_of_node(page, up);
    out[CY_FEATURE_up4_page_share] = far_up.words / page_words;
    out[CY_FEATURE_up4_link_share] = far_up.link_share;
    out[CY_FEATURE_up4_prose] = far_up.prose_share;

    enum { ITEM_LEVELS = 8 };
    out[CY_FEATURE_item_level] = -1;
    up = node;
    for (size_t level = 0; level < ITEM_LEVELS && up != 0; level++, up = tree->nodes[up].parent) {
        uint8_t tag = tree->nodes[up].tag;
        if (page->sibling_counts[up] < 3 || tag == CY_TAG_p || (cy_tag_flags[tag] & CY_TAG_HEADING) != 0 || tag == CY_TAG_a ||
            tag == CY_TAG_span)
            continue;
        struct region item = region_of_node(page, up);
        out[CY_FEATURE_item_siblings] = log_of(page->sibling_counts[up]);
        out[CY_FEATURE_item_words] = log_of(item.words);
        out[CY_FEATURE_item_link_share] = item.link_share;
        out[CY_FEATURE_item_level] = (float)level;
        break;
    }

    /* Its branch: the highest element around it that does not hold the whole core. */
    uint32_t branch = node;
    size_t levels = 0;
    while (branch != 0 && !inside(page, page->core, tree->nodes[branch].parent)) {
        branch = tree->nodes[branch].parent;
        levels++;
    }
    bool in_core = inside(page, node, page->core);
    struct region of_branch = region_of_node(page, branch), core = region_of_node(page, page->core);
    out[CY_FEATURE_core_inside] = in_core;
    out[CY_FEATURE_core_levels] =
        in_core ? (float)CY_MIN(levels, (size_t)20)
                : -1.0f - (float)CY_MIN(tree->nodes[page->core].depth -
                                            CY_MIN(tree->nodes[tree->nodes[branch].parent].depth, tree->nodes[page->core].depth),
                                        20);
    out[CY_FEATURE_core_words] = log_of(core.words);
    out[CY_FEATURE_core_wide_inside] = inside(page, node, page->wide_core);
    out[CY_FEATURE_branch_prose_share] = of_branch.prose_share;
    out[CY_FEATURE_branch_link_share] = of_branch.link_share;
    long core_middle = ((long)tree->nodes[page->core].block_first + (long)tree->nodes[page->core].block_end) / 2;
    out[CY_FEATURE_branch_position] = ((float)i - (float)core_middle) / (float)tree->block_count;
}

/* Features that carry on from block to block. */
static void put_places(const struct page *page, float *rows)
{
    const struct cy_html_tree *tree = page->tree;
    enum { FAR = 60 };
    float since_h1 = -1, since_heading = -1, level = 0, since_prose = FAR;
    float all_words = CY_MAX(page->sums[tree->block_count].half_words / 2.0f, 1.0f);
    for (size_t i = 0; i < tree->block_count; i++) {
        float *out = rows + i * CY_FEATURE_COUNT;
        uint8_t tag = tree->nodes[tree->blocks[i].node].tag;
        if (tag == CY_TAG_h1)
            since_h1 = 0;
        if ((cy_tag_flags[tag] & CY_TAG_HEADING) != 0) {
            since_heading = 0;
            level = (float)(tag - CY_TAG_h1 + 1);
        }
        float before = page->sums[i].half_words / 2.0f;
        out[CY_FEATURE_position] = (float)i / (float)tree->block_count;
        out[CY_FEATURE_words_before] = before / all_words;
        out[CY_FEATURE_words_after] = log_of(all_words - before);
        out[CY_FEATURE_after_h1] = since_h1;
        out[CY_FEATURE_after_heading] = since_heading;
        out[CY_FEATURE_heading_level] = level;
        out[CY_FEATURE_since_prose] = since_prose;
        since_prose = page->prose[i] ? 0 : CY_MIN(since_prose + 1, FAR);
        since_h1 = since_h1 < 0 ? since_h1 : CY_MIN(since_h1 + 1, 200);
        since_heading = since_heading < 0 ? since_heading : CY_MIN(since_heading + 1, FAR);
    }
    float until_prose = FAR;
    for (size_t i = tree->block_count; i-- > 0;) {
        rows[i * CY_FEATURE_COUNT + CY_FEATURE_until_prose] = until_prose;
        until_prose = page->prose[i] ? 0 : CY_MIN(until_prose + 1, FAR);
    }
}

float *cy_html_features(const struct cy_html_tree *tree, struct cy_arena *arena, uint32_t **words)
{
    struct page page = {.tree = tree};
    measure_texts(&page, arena);
    find_repeated(&page, arena);
    count_siblings(&page, arena);
    page.core = find_core(&page, 0.5);
    page.wide_core = find_core(&page, 0.8);
    measure_page(&page);
    float *rows = cy_arena_alloc(arena, tree->block_count * CY_FEATURE_COUNT * sizeof *rows);
    *words = cy_arena_alloc(arena, tree->block_count * sizeof **words);
    for (size_t i = 0; i < tree->block_count; i++) {
        float *out = rows + i * CY_FEATURE_COUNT;
        memcpy(out, page.values, sizeof page.values);
        put_text(&page, i, out);
        put_element(&page, i, out);
        put_neighbours(&page, i, out);
        put_surroundings(&page, i, out);
        (*words)[i] = page.texts[i].half_words;
    }
    put_places(&page, rows);
    return rows;
}
