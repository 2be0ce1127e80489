#include "dataset/report_html.h"

#include "source/reasons.h"

#include <inttypes.h>
#include <math.h>

enum { EXCERPT_SHOWN = 320 }; /* bytes of a removed text before it is folded */

/* ---- reading ---- */

/* source_named: it stands before, in an id that was made of it. */
static void add_place(struct cy_page *page, const struct cy_sample *sample, bool source_named)
{
    struct cy_buffer place = {0};
    cy_buffer_add_place(&place, sample->source, sample->place.offset, sample->place.within);
    cy_buffer_printf(&place, ", record %" PRIu64, sample->place.record);
    const size_t cut = source_named ? sample->source.size + 2 : 0; /* "source, byte 1" */
    cy_html_text(page->out, (struct cy_str){place.data + cut, place.size - cut});
    cy_buffer_release(&place);
}

static void add_reading_table(struct cy_page *page, enum cy_fate what, const char *english, const char *chinese)
{
    cy_page_add(page, "<h3>");
    cy_html_word(page->out, english, chinese);
    cy_page_add(page, "</h3>\n");
    bool any = false;
    for (size_t step = 0; step <= page->schema->step_count; step++) {
        const struct cy_rule_table *table = step == 0 ? &page->counts->reading : &page->counts->steps[step - 1].rules;
        for (size_t i = 0; i < table->count; i++) {
            const struct cy_rule_counts *rule = &table->rules[i];
            if (rule->what != what)
                continue;
            if (!any)
                cy_buffer_printf(page->out,
                                 "<table class=stack><thead><tr><th>%s</th><th>%s</th><th class=n>Count <span lang=zh>数量</span></th>"
                                 "<th class=n>Bytes <span lang=zh>字节</span></th></tr></thead><tbody>\n",
                                 what == CY_UNREADABLE ? "Reason <span lang=zh>原因</span>" : "Type <span lang=zh>类型</span>",
                                 "For example <span lang=zh>例如</span>");
            any = true;
            cy_page_add(page, "<tr><td class=w><code>");
            cy_html_text(page->out, rule->name);
            cy_page_add(page, "</code>");
            const char *meaning = cy_reason_meaning(what, rule->name);
            if (meaning[0] != '\0') {
                cy_page_add(page, "<small>");
                cy_html_text(page->out, cy_str(meaning));
                cy_page_add(page, "</small>");
            }
            if (step > 0) {
                cy_page_add(page, "<small>");
                cy_html_text(page->out, cy_str(page->schema->steps[step - 1].name));
                cy_page_add(page, "</small>");
            }
            cy_page_add(page, "</td><td class=w>");
            for (size_t j = 0; j < rule->sample_count; j++) {
                cy_page_add(page, "<small>");
                add_place(page, &rule->samples[j], false);
                cy_page_add(page, "</small>");
            }
            cy_page_add(page, "</td>");
            cy_page_add_count(page, "Count 数量", rule->count);
            cy_page_add(page, "<td class=n data-l=\"Bytes 字节\">");
            cy_buffer_add_bytes(page->out, rule->read_bytes);
            cy_page_add(page, "</td></tr>\n");
        }
    }
    cy_page_add(page, any ? "</tbody></table>\n" : "<p class=none>none <span lang=zh>无</span></p>\n");
}

void cy_page_add_reading(struct cy_page *page)
{
    cy_page_add_section(page, "reading", "Reading", "读取");
    add_reading_table(page, CY_UNREADABLE, "Unreadable", "无法读取");
    add_reading_table(page, CY_SKIPPED, "Skipped", "跳过");
}

/* ---- samples ---- */

static void add_reason(struct cy_page *page, const struct cy_rule_view *view, const struct cy_sample *sample)
{
    struct cy_buffer *out = page->out;
    cy_page_add(page, "<p class=why>");
    if (sample->duplicate_of.size > 0) {
        cy_page_add(page, sample->similarity < 1 ? "near-duplicate of " : "duplicate of ");
        cy_page_add(page, "<code>");
        cy_html_text(out, sample->duplicate_of);
        cy_page_add(page, "</code>");
        if (!isnan(sample->similarity)) {
            cy_buffer_printf(out, ", similarity %.2f (", sample->similarity);
            cy_buffer_add_alike(out, sample->similarity);
            cy_page_add(page, ")");
        }
        cy_page_add(page, "</p>");
        return;
    }
    cy_html_text(out, view->name);
    if (!isnan(sample->measured)) {
        cy_page_add(page, ": measured ");
        cy_buffer_add_value(out, sample->measured);
    }
    if (!isnan(sample->threshold)) {
        cy_page_add(page, ", kept ");
        if (view->rule != NULL)
            cy_html_text(out, cy_str(cy_rule_sign(view->rule)));
        cy_page_add(page, view->rule != NULL ? " " : "against ");
        cy_buffer_add_value(out, sample->threshold);
    }
    cy_page_add(page, "</p>");
}

static void add_sample_text(struct cy_page *page, const struct cy_sample *sample)
{
    struct cy_str shown = cy_text_beginning(sample->excerpt, EXCERPT_SHOWN);
    if (sample->excerpt.size == 0) {
        cy_page_add(page, "<p class=none>no text kept <span lang=zh>未保留文本</span></p>");
        return;
    }
    cy_page_add(page, "<p class=text dir=auto lang=\"");
    cy_html_text(page->out, sample->language);
    cy_page_add(page, "\">");
    cy_html_text(page->out, shown);
    if (shown.size < sample->excerpt.size)
        cy_page_add(page, "…");
    cy_page_add(page, "</p>");
    if (shown.size < sample->excerpt.size) {
        cy_page_add(page, "<details><summary>");
        cy_buffer_add_bytes(page->out, sample->excerpt.size);
        cy_page_add(page, " of ");
        cy_buffer_add_bytes(page->out, CY_MAX(sample->text_bytes, sample->excerpt.size));
        cy_page_add(page, " <span lang=zh>展开</span></summary><p class=text dir=auto lang=\"");
        cy_html_text(page->out, sample->language);
        cy_page_add(page, "\">");
        cy_html_text(page->out, sample->excerpt);
        cy_page_add(page, "</p></details>");
    }
}

static void add_sample(struct cy_page *page, const struct cy_rule_view *view, const struct cy_sample *sample)
{
    cy_page_add(page, "<article>");
    add_reason(page, view, sample);
    cy_page_add(page, "<p class=where><code>");
    cy_html_text(page->out, cy_text_beginning(sample->id, EXCERPT_SHOWN));
    cy_page_add(page, "</code> · ");
    const size_t size = sample->source.size;
    add_place(page, sample,
              size > 0 && cy_str_starts(sample->id, sample->source) && sample->id.size > size && sample->id.data[size] == '#');
    const struct cy_str more[] = {sample->url, sample->language, sample->party, sample->license};
    for (size_t i = 0; i < CY_COUNT(more); i++) {
        if (more[i].size == 0)
            continue;
        cy_page_add(page, " · <bdi>");
        cy_html_text(page->out, cy_text_beginning(more[i], EXCERPT_SHOWN));
        cy_page_add(page, "</bdi>");
    }
    cy_page_add(page, "</p>");
    add_sample_text(page, sample);
    cy_page_add(page, "</article>\n");
}

void cy_page_add_samples(struct cy_page *page)
{
    cy_page_add_section(page, "samples", "Samples of what was removed", "剔除样例");
    cy_page_add(
        page, "<p class=note>For each rule the documents whose ids have the smallest hashes: chance, but the same at each build. All of it "
              "is in <code>verdicts/</code>; <code>ciyuan verdicts DATASET --id ID</code> explains one. "
              "<span lang=zh>按标识哈希取最小者，随机而可重现。</span></p>\n");
    bool any = false;
    for (uint32_t step = 0; step < page->schema->step_count; step++) {
        struct cy_rule_view *views;
        size_t count = cy_rule_views(page->counts, step, &page->arena, &views);
        for (size_t i = 0; i < count; i++) {
            const struct cy_rule_counts *fired = views[i].counts;
            if (fired == NULL || fired->sample_count == 0 || fired->what != CY_REMOVED)
                continue;
            cy_page_add(page, any ? "<details class=rule><summary>" : "<details class=rule open><summary>");
            any = true;
            cy_page_add(page, "<span>");
            cy_html_text(page->out, cy_str(page->schema->steps[step].name));
            cy_page_add(page, "</span><code>");
            cy_html_text(page->out, views[i].name);
            cy_page_add(page, "</code><span class=about>");
            cy_html_text(page->out, views[i].keep);
            cy_page_add(page, "</span><span class=n>");
            cy_buffer_add_count(page->out, fired->count);
            cy_page_add(page, "</span></summary>\n");
            for (size_t j = 0; j < fired->sample_count; j++)
                add_sample(page, &views[i], &fired->samples[j]);
            cy_page_add(page, "</details>\n");
        }
    }
    if (!any)
        cy_page_add(page, "<p class=none>Nothing was removed. <span lang=zh>没有剔除。</span></p>\n");
}
