#include "html/html_features.h"

#include <math.h>

static const double SURE = 0.7; /* a probability that is meant as yes */

static void sum_content(struct cy_html_second *second, struct cy_arena *arena)
{
    const struct cy_html_view *view = second->view;
    size_t count = view->tree->block_count;
    double kept_words[64] = {0};
    second->content_sums = cy_arena_alloc(arena, (count + 1) * sizeof *second->content_sums);
    second->content_sums[0] = 0;
    for (size_t i = 0; i < count; i++) {
        double words = view->texts[i].half_words, p = (double)second->probabilities[i];
        size_t step = CY_MIN((size_t)(p * 64), (size_t)63);
        second->content_sums[i + 1] = second->content_sums[i] + words * p;
        second->best = CY_MAX(second->best, words > 0 ? p : 0);
        second->content_above[step] += words * p;
        kept_words[step] += words;
    }
    double all = second->content_sums[count], content = 0, kept = 0;
    for (size_t step = 64; step-- > 0;) { /* the expected F1, as in extract.c */
        content += second->content_above[step];
        kept += kept_words[step];
        second->content_above[step] = all > 0 ? content / all : 0;
        if (kept > 0)
            second->score = CY_MAX(second->score, 2 * content / (kept + all));
    }
}

static void sum_kinds(struct cy_html_second *second, struct cy_arena *arena)
{
    const struct cy_html_tree *tree = second->view->tree;
    size_t count = tree->block_count, size = 64;
    while (size < count * 2)
        size *= 2;
    uint32_t *slots = cy_arena_zero(arena, size * sizeof *slots); /* a block of that kind, plus 1 */
    second->kinds = cy_arena_alloc(arena, count * sizeof *second->kinds);
    second->kind_content = cy_arena_zero(arena, count * sizeof *second->kind_content);
    second->kind_half_words = cy_arena_zero(arena, count * sizeof *second->kind_half_words);
    second->kind_blocks = cy_arena_zero(arena, count * sizeof *second->kind_blocks);
    for (size_t i = 0; i < count; i++) {
        const struct cy_html_node *node = &tree->nodes[tree->blocks[i].node], *parent = &tree->nodes[node->parent];
        uint64_t key = ((uint64_t)parent->kind << 32 | node->kind) * 0x9E3779B97F4A7C15u;
        size_t slot = (size_t)(key >> 32) & (size - 1);
        while (slots[slot] != 0) {
            const struct cy_html_node *other = &tree->nodes[tree->blocks[slots[slot] - 1].node];
            if (other->kind == node->kind && tree->nodes[other->parent].kind == parent->kind)
                break;
            slot = (slot + 1) & (size - 1);
        }
        if (slots[slot] == 0)
            slots[slot] = (uint32_t)i + 1;
        uint32_t kind = slots[slot] - 1;
        second->kinds[i] = kind;
        second->kind_content[kind] += (double)second->probabilities[i] * second->view->texts[i].half_words;
        second->kind_half_words[kind] += second->view->texts[i].half_words;
        second->kind_blocks[kind]++;
    }
}

static bool is_heading(const struct cy_html_tree *tree, size_t block)
{
    return (cy_tag_flags[tree->nodes[tree->blocks[block].node].tag] & CY_TAG_HEADING) != 0;
}

static void find_sections(struct cy_html_second *second, struct cy_arena *arena)
{
    enum { FAR = 50 };
    const struct cy_html_tree *tree = second->view->tree;
    size_t count = tree->block_count;
    second->section_first = cy_arena_alloc(arena, count * sizeof *second->section_first);
    second->section_end = cy_arena_alloc(arena, count * sizeof *second->section_end);
    second->since_sure = cy_arena_alloc(arena, count * sizeof *second->since_sure);
    second->until_sure = cy_arena_alloc(arena, count * sizeof *second->until_sure);
    uint32_t first = 0, end = (uint32_t)count;
    uint16_t since = FAR, until = FAR;
    for (size_t i = 0; i < count; i++) {
        if (is_heading(tree, i))
            first = (uint32_t)i;
        second->section_first[i] = first;
        second->since_sure[i] = since;
        since = (double)second->probabilities[i] > SURE ? 0 : (uint16_t)CY_MIN(since + 1, FAR);
    }
    for (size_t i = count; i-- > 0;) {
        second->section_end[i] = end;
        if (is_heading(tree, i))
            end = (uint32_t)i;
        second->until_sure[i] = until;
        until = (double)second->probabilities[i] > SURE ? 0 : (uint16_t)CY_MIN(until + 1, FAR);
    }
}

void cy_html_second_init(struct cy_html_second *second, const struct cy_html_view *view, const float *probabilities, struct cy_arena *arena)
{
    *second = (struct cy_html_second){.view = view, .probabilities = probabilities};
    sum_content(second, arena);
    sum_kinds(second, arena);
    find_sections(second, arena);
}

/* The mean probability of blocks [first, end), by words; -1 where there are none. */
static float mean_of(const struct cy_html_second *second, size_t first, size_t end)
{
    const struct cy_html_view *view = second->view;
    uint32_t words = view->sums[end].half_words - view->sums[first].half_words;
    return words == 0 ? -1 : (float)((second->content_sums[end] - second->content_sums[first]) / words);
}

static float mean_of_node(const struct cy_html_second *second, uint32_t node)
{
    const struct cy_html_node *element = &second->view->tree->nodes[node];
    return mean_of(second, element->block_first, element->block_end);
}

void cy_html_second_features(const struct cy_html_second *second, size_t block, float *out)
{
    const struct cy_html_view *view = second->view;
    const struct cy_html_tree *tree = view->tree;
    const float *p = second->probabilities;
    size_t count = tree->block_count;
    out[CY_FEATURE_p_own] = p[block];
    out[CY_FEATURE_p_prev] = block >= 1 ? p[block - 1] : -1;
    out[CY_FEATURE_p_prev2] = block >= 2 ? p[block - 2] : -1;
    out[CY_FEATURE_p_next] = block + 1 < count ? p[block + 1] : -1;
    out[CY_FEATURE_p_next2] = block + 2 < count ? p[block + 2] : -1;
    out[CY_FEATURE_p_near] = mean_of(second, block > 3 ? block - 3 : 0, CY_MIN(block + 4, count));
    out[CY_FEATURE_p_far] = mean_of(second, block > 12 ? block - 12 : 0, CY_MIN(block + 13, count));
    static const enum cy_html_feature ups[] = {CY_FEATURE_p_up1, CY_FEATURE_p_up2, CY_FEATURE_p_up3, CY_FEATURE_p_up4, CY_FEATURE_p_up5};
    uint32_t up = tree->blocks[block].node;
    for (size_t level = 0; level < CY_COUNT(ups); level++, up = tree->nodes[up].parent)
        out[ups[level]] = mean_of_node(second, up);
    uint32_t branch = tree->blocks[block].node;
    while (branch != 0 && !(view->core >= tree->nodes[branch].parent && view->core < tree->nodes[tree->nodes[branch].parent].end))
        branch = tree->nodes[branch].parent;
    out[CY_FEATURE_p_branch] = mean_of_node(second, branch);
    out[CY_FEATURE_p_section] = mean_of(second, second->section_first[block], second->section_end[block]);
    uint32_t kind = second->kinds[block];
    out[CY_FEATURE_p_kind] = second->kind_half_words[kind] > 0 ? (float)(second->kind_content[kind] / second->kind_half_words[kind]) : -1;
    out[CY_FEATURE_p_kind_count] = logf(1.0f + (float)second->kind_blocks[kind]);
    double all = second->content_sums[count];
    out[CY_FEATURE_p_page] = mean_of(second, 0, count);
    out[CY_FEATURE_p_page_best] = (float)second->best;
    out[CY_FEATURE_p_page_score] = (float)second->score;
    out[CY_FEATURE_p_before] = all > 0 ? (float)(second->content_sums[block] / all) : 0;
    out[CY_FEATURE_p_rank] = (float)second->content_above[CY_MIN((size_t)(p[block] * 64), (size_t)63)];
    out[CY_FEATURE_p_since_sure] = second->since_sure[block];
    out[CY_FEATURE_p_until_sure] = second->until_sure[block];
}
