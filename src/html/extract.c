#include "html/extract.h"
#include "html/html_model.h"

#include <stdlib.h>

struct cy_html_extractor {
    struct cy_html_tree tree;
    struct cy_html_models models;
    struct cy_arena scratch; /* features and the like, reset with every page */
};

struct cy_html_extractor *cy_html_extractor_new(void)
{
    struct cy_html_extractor *extractor = cy_alloc_zero(1, sizeof *extractor);
    cy_html_tree_init(&extractor->tree);
    cy_html_models_init(&extractor->models);
    return extractor;
}

void cy_html_extractor_free(struct cy_html_extractor *extractor)
{
    if (extractor == NULL)
        return;
    cy_html_tree_release(&extractor->tree);
    cy_html_models_release(&extractor->models);
    cy_arena_release(&extractor->scratch);
    free(extractor);
}

bool cy_html_sniff(struct cy_str text)
{
    enum { HEAD_BYTES = 4096 };
    static const char *const tags[] = {"<html", "<body", "<head", "<div", "<p>", "<table", "<!doctype html"};
    struct cy_str head = cy_str_trim((struct cy_str){text.data, CY_MIN(text.size, (size_t)HEAD_BYTES)});
    if (head.size > 1 && head.data[0] == '<' && (head.data[1] == '!' || ((head.data[1] | 32) >= 'a' && (head.data[1] | 32) <= 'z')))
        return true;
    for (const char *at = head.data, *end = head.data + head.size; at != NULL && at < end; at++) {
        at = memchr(at, '<', (size_t)(end - at));
        if (at == NULL)
            break;
        for (size_t i = 0; i < CY_COUNT(tags); i++) {
            struct cy_str tag = cy_str(tags[i]);
            if ((size_t)(end - at) >= tag.size && cy_str_equal_nocase((struct cy_str){at, tag.size}, tag))
                return true;
        }
    }
    return false;
}

/* ---- choosing ---- */

static const float CONTENT_MIN = 0.2f;            /* a page none of whose blocks is as likely content as this has none … */
static const double CONTENT_MIN_HALF_WORDS = 100; /* … unless it is so short that it has nothing else: the model has learned from none */

/* The blocks kept are those at or above the threshold that maximises the expected F measure of the page's words: with S the expected
 * content words among those kept, W all words kept and T the expected content words of the page, F = (1 + b²) S / (W + b² T). Where the
 * model is sure this is a threshold near one half; where it is not, it falls, and more of the page is kept.
 * Source: Ye, Chai, Lee, Chieu 2012, "Optimizing F-measures: a tale of two approaches", arXiv:1206.4625. */
static double choose_threshold(const struct cy_html_view *view, const float *probabilities, double favour, double *expected)
{
    enum { STEPS = 1024 };
    double word_sums[STEPS] = {0}, content_sums[STEPS] = {0}, content_all = 0;
    float likeliest = 0;
    for (size_t i = 0; i < view->tree->block_count; i++) {
        size_t step = CY_MIN((size_t)(probabilities[i] * STEPS), (size_t)STEPS - 1);
        likeliest = view->texts[i].words > 0 ? CY_MAX(likeliest, probabilities[i]) : likeliest;
        word_sums[step] += view->texts[i].half_words;
        content_sums[step] += (double)view->texts[i].half_words * (double)probabilities[i];
        content_all += (double)view->texts[i].half_words * (double)probabilities[i];
    }
    const double half_words = view->sums[view->tree->block_count].half_words;
    double content = 0, kept = 0, best = 0, threshold = 0.5, square = favour * favour;
    for (size_t step = STEPS; step-- > 0;) {
        if (word_sums[step] == 0)
            continue;
        content += content_sums[step];
        kept += word_sums[step];
        double measure = (1 + square) * content / (kept + square * content_all);
        if (measure > best) {
            best = measure;
            threshold = (double)step / STEPS;
        }
    }
    *expected = best;
    return likeliest < CONTENT_MIN && half_words >= CONTENT_MIN_HALF_WORDS ? 2 : threshold; /* 2: no block reaches it */
}

/* ---- writing ---- */

struct writer {
    const struct cy_html_tree *tree;
    char *out;
    size_t size;
    uint32_t last_item; /* li of the block before; 0: none */
    uint32_t last_cell, last_row;
};

/* The nearest ancestor (or itself) with this tag, at most to the next table cell; 0: none. */
static uint32_t nearest(const struct cy_html_tree *tree, uint32_t node, enum cy_tag tag)
{
    for (; node != 0; node = tree->nodes[node].parent) {
        if (tree->nodes[node].tag == tag)
            return node;
        if (tree->nodes[node].tag == CY_TAG_table)
            return 0;
    }
    return 0;
}

static void put(struct writer *writer, const char *bytes, size_t size)
{
    memcpy(writer->out + writer->size, bytes, size);
    writer->size += size;
}

static void write_block(struct writer *writer, const struct cy_html_block *block)
{
    const struct cy_html_tree *tree = writer->tree;
    uint32_t item = (block->context & CY_IN_ITEM) != 0 ? nearest(tree, block->node, CY_TAG_li) : 0;
    uint32_t cell = 0, row = 0;
    if ((block->context & CY_IN_CELL) != 0) {
        cell = nearest(tree, block->node, CY_TAG_td);
        cell = cell != 0 ? cell : nearest(tree, block->node, CY_TAG_th);
        row = nearest(tree, cell, CY_TAG_tr);
    }
    if (writer->size > 0) {
        uint32_t table = row != 0 ? tree->nodes[row].parent : 0;
        if (row != 0 && row == writer->last_row && cell != writer->last_cell)
            put(writer, " | ", 3);
        else if ((row != 0 && writer->last_row != 0 && table == tree->nodes[writer->last_row].parent && row != writer->last_row) ||
                 (item != 0 && writer->last_item != 0 && tree->nodes[item].parent == tree->nodes[writer->last_item].parent &&
                  item != writer->last_item))
            put(writer, "\n", 1);
        else
            put(writer, "\n\n", 2);
    }
    if (item != 0 && item != writer->last_item)
        put(writer, "- ", 2);
    put(writer, tree->text.data + block->text_offset, block->text_size);
    writer->last_item = item;
    writer->last_cell = cell;
    writer->last_row = row;
}

static size_t count_chars(struct cy_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((uint8_t)text.data[i] & 0xC0) != 0x80;
    return count;
}

static bool may_keep(const struct cy_html_block *block, const struct cy_html_options *options)
{
    return options->include_tables || (block->context & CY_IN_CELL) == 0;
}

static void write_page(const struct cy_html_view *view, const struct cy_html_options *options, const float *probabilities,
                       struct cy_arena *arena, struct cy_html_page *out)
{
    const struct cy_html_tree *tree = view->tree;
    double threshold = choose_threshold(view, probabilities, options->favour, &out->score);
    size_t size_max = 0, link_bytes = 0, text_bytes = 0;
    double words_all = 0, words_kept = 0;
    for (size_t i = 0; i < tree->block_count; i++)
        if ((double)probabilities[i] >= threshold)
            size_max += tree->blocks[i].text_size + 5; /* the gap before it and "- " */
    struct writer writer = {.tree = tree, .out = cy_arena_alloc(arena, size_max + 1)};
    for (size_t i = 0; i < tree->block_count; i++) {
        const struct cy_html_block *block = &tree->blocks[i];
        words_all += view->texts[i].half_words;
        if ((double)probabilities[i] < threshold || !may_keep(block, options))
            continue;
        write_block(&writer, block);
        words_kept += view->texts[i].half_words;
        link_bytes += block->link_bytes;
        text_bytes += block->text_size;
    }
    cy_arena_shrink(arena, writer.out, size_max + 1, writer.size);
    out->text = (struct cy_str){writer.out, writer.size};
    out->chars = count_chars(out->text);
    out->link_share = text_bytes > 0 ? CY_MIN(1.0, (double)link_bytes / (double)text_bytes) : 0;
    out->page_share = words_all > 0 ? words_kept / words_all : 0;
}

static struct cy_str head_text(struct cy_arena *arena, struct cy_str raw)
{
    return raw.size > 0 ? cy_html_decode_text(arena, raw) : (struct cy_str){"", 0};
}

enum cy_status cy_html_extract(struct cy_html_extractor *extractor, const struct cy_html_options *options, struct cy_str html,
                               struct cy_arena *arena, struct cy_html_page *out, struct cy_error *error)
{
    struct cy_html_tree *tree = &extractor->tree;
    *out = (struct cy_html_page){.text = {"", 0}, .title = {"", 0}};
    cy_arena_reset(&extractor->scratch);
    enum cy_status status = cy_html_parse(tree, html, &extractor->scratch, error);
    if (status != CY_OK)
        return status;
    const struct cy_html_head *head = &tree->head;
    out->title = head->title.size > 0 ? cy_arena_str(arena, head->title) : head_text(arena, head->og_title);
    out->language = head_text(arena, head->language);
    out->date = head_text(arena, head->date);
    struct cy_html_view view;
    cy_html_view_init(&view, tree, &extractor->scratch);
    write_page(&view, options, cy_html_probabilities(&extractor->models, &view, &extractor->scratch), arena, out);
    return CY_OK;
}
