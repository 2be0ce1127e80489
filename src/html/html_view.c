#include "html/html_view.h"

struct cy_html_region cy_html_region_of(const struct cy_html_view *view, size_t first, size_t end)
{
    const struct cy_html_sums *a = &view->sums[first], *b = &view->sums[end];
    float half_words = (float)(b->half_words - a->half_words);
    if (half_words <= 0)
        return (struct cy_html_region){.blocks = (float)(end - first)};
    return (struct cy_html_region){.words = half_words / 2,
                                   .link_share = (float)(b->link_half_words - a->link_half_words) / half_words,
                                   .blocks = (float)(end - first),
                                   .prose_share = (float)(b->prose_half_words - a->prose_half_words) / half_words};
}

struct cy_html_region cy_html_region_of_node(const struct cy_html_view *view, uint32_t node)
{
    return cy_html_region_of(view, view->tree->nodes[node].block_first, view->tree->nodes[node].block_end);
}

static void measure_texts(struct cy_html_view *view, struct cy_arena *arena)
{
    const struct cy_html_tree *tree = view->tree;
    struct cy_html_title_words title = {{0}};
    cy_html_title_words_add(&title, tree->head.title);
    cy_html_title_words_add(&title, tree->head.og_title);
    view->texts = cy_arena_alloc(arena, tree->block_count * sizeof *view->texts);
    view->sums = cy_arena_alloc(arena, (tree->block_count + 1) * sizeof *view->sums);
    view->link_shares = cy_arena_alloc(arena, tree->block_count * sizeof *view->link_shares);
    view->prose = cy_arena_alloc(arena, tree->block_count);
    view->sums[0] = (struct cy_html_sums){0};
    for (size_t i = 0; i < tree->block_count; i++) {
        const struct cy_html_block *block = &tree->blocks[i];
        struct cy_html_block_text *text = &view->texts[i];
        *text = cy_html_block_text_of(cy_html_block_text(tree, block), &title);
        float link_share = CY_MIN(1.0f, (float)block->link_bytes / (float)CY_MAX(block->text_size, 1u));
        view->link_shares[i] = link_share;
        view->prose[i] = text->half_words >= 24 && link_share < 0.4f && text->sentences > 0;
        view->sums[i + 1] = view->sums[i];
        view->sums[i + 1].half_words += text->half_words;
        view->sums[i + 1].link_half_words += (uint32_t)((float)text->half_words * link_share);
        view->sums[i + 1].prose_half_words += view->prose[i] ? text->half_words : 0;
    }
}

static size_t table_size(size_t count)
{
    size_t size = 64;
    while (size < count * 2)
        size *= 2;
    return size;
}

static void find_repeated(struct cy_html_view *view, struct cy_arena *arena)
{
    size_t count = view->tree->block_count, size = table_size(count);
    uint32_t *slots = cy_arena_zero(arena, size * sizeof *slots); /* index of the first with that text, plus 1 */
    view->repeated = cy_arena_zero(arena, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t hash = view->texts[i].hash;
        size_t slot = (hash * 0x9E3779B1u) & (size - 1);
        while (slots[slot] != 0 && view->texts[slots[slot] - 1].hash != hash)
            slot = (slot + 1) & (size - 1);
        if (slots[slot] == 0) {
            slots[slot] = (uint32_t)i + 1;
        } else {
            view->repeated[slots[slot] - 1] = 1;
            view->repeated[i] = 2;
        }
    }
}

static void count_siblings(struct cy_html_view *view, struct cy_arena *arena)
{
    const struct cy_html_tree *tree = view->tree;
    size_t count = tree->node_count, size = table_size(count);
    uint32_t *slots = cy_arena_zero(arena, size * sizeof *slots); /* a node of that parent and kind, plus 1 */
    uint32_t *first = cy_arena_alloc(arena, count * sizeof *first);
    view->sibling_counts = cy_arena_zero(arena, count * sizeof *view->sibling_counts);
    for (size_t i = 0; i < count; i++) {
        const struct cy_html_node *node = &tree->nodes[i];
        uint64_t key = ((uint64_t)node->parent << 32 | node->kind) * 0x9E3779B97F4A7C15u;
        size_t slot = (size_t)(key >> 32) & (size - 1);
        while (slots[slot] != 0 && (tree->nodes[slots[slot] - 1].parent != node->parent || tree->nodes[slots[slot] - 1].kind != node->kind))
            slot = (slot + 1) & (size - 1);
        if (slots[slot] == 0)
            slots[slot] = (uint32_t)i + 1;
        first[i] = slots[slot] - 1;
        view->sibling_counts[first[i]]++;
    }
    for (size_t i = 0; i < count; i++)
        view->sibling_counts[i] = view->sibling_counts[first[i]];
}

/* The deepest element under which at least `share` of the page's prose stands (of all words, where there is no prose). */
static uint32_t find_core(const struct cy_html_view *view, double share)
{
    const struct cy_html_tree *tree = view->tree;
    const struct cy_html_sums *all = &view->sums[tree->block_count];
    bool prose = all->prose_half_words > 0;
    double wanted = share * (prose ? all->prose_half_words : all->half_words);
    uint32_t core = 0;
    for (uint32_t child = 1; child < tree->node_count;) {
        const struct cy_html_node *node = &tree->nodes[child];
        const struct cy_html_sums *a = &view->sums[node->block_first], *b = &view->sums[node->block_end];
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

/* What carries on from block to block. */
static void measure_since(struct cy_html_view *view, struct cy_arena *arena)
{
    enum { FAR = 60, H1_FAR = 200 };
    const struct cy_html_tree *tree = view->tree;
    view->since = cy_arena_alloc(arena, tree->block_count * sizeof *view->since);
    struct cy_html_since now = {.h1 = -1, .heading = -1, .prose = FAR};
    for (size_t i = 0; i < tree->block_count; i++) {
        uint8_t tag = tree->nodes[tree->blocks[i].node].tag;
        if (tag == CY_TAG_h1)
            now.h1 = 0;
        if ((cy_tag_flags[tag] & CY_TAG_HEADING) != 0) {
            now.heading = 0;
            now.level = (uint8_t)(tag - CY_TAG_h1 + 1);
        }
        view->since[i] = now;
        now.prose = view->prose[i] ? 0 : CY_MIN(now.prose + 1, FAR);
        now.h1 = now.h1 < 0 ? now.h1 : CY_MIN(now.h1 + 1, H1_FAR);
        now.heading = now.heading < 0 ? now.heading : CY_MIN(now.heading + 1, FAR);
    }
    float until_prose = FAR;
    for (size_t i = tree->block_count; i-- > 0;) {
        view->since[i].until_prose = until_prose;
        until_prose = view->prose[i] ? 0 : CY_MIN(until_prose + 1, FAR);
    }
}

void cy_html_view_init(struct cy_html_view *view, const struct cy_html_tree *tree, struct cy_arena *arena)
{
    *view = (struct cy_html_view){.tree = tree};
    measure_texts(view, arena);
    find_repeated(view, arena);
    count_siblings(view, arena);
    measure_since(view, arena);
    view->core = find_core(view, 0.5);
    view->wide_core = find_core(view, 0.8);
}
