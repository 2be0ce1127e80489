/* The pieces of build.html: its style, its charts, and escaped text. */
#ifndef CY_DATASET_REPORT_HTML_H
#define CY_DATASET_REPORT_HTML_H

#include "dataset/report_view.h"

extern const char cy_report_style[];

/* The page being written. */
struct cy_page {
    struct cy_buffer *out;
    const struct cy_build_counts *counts;
    const struct cy_schema *schema;
    struct cy_arena arena;
};

/* Markup as it is written here. */
void cy_page_add(struct cy_page *page, const char *html);
/* The heading that begins a section; `id` is where links lead. */
void cy_page_add_section(struct cy_page *page, const char *id, const char *english, const char *chinese);
/* Cells with a number; `label` stands before it where the table is stacked, on narrow screens. */
void cy_page_add_count(struct cy_page *page, const char *label, uint64_t count);
void cy_page_add_share(struct cy_page *page, const char *label, uint64_t part, uint64_t whole);
/* The sections about what was not kept. */
void cy_page_add_reading(struct cy_page *page);
void cy_page_add_samples(struct cy_page *page);

/* A word in both languages: Kept <span lang="zh">保留</span>. Both are literals. */
void cy_html_word(struct cy_buffer *out, const char *english, const char *chinese);
/* Text from data: escaped, control bytes as their pictures (␀), bytes that are not UTF-8 as U+FFFD. */
void cy_html_text(struct cy_buffer *out, struct cy_str text);

/* A bar as wide as its cell: what was kept, then what was removed, then the rest, as shares of `whole`. */
void cy_html_bar(struct cy_buffer *out, uint64_t kept, uint64_t removed, uint64_t whole);
/* A signal's histogram with its thresholds. `label` is read out in its place. */
void cy_html_histogram(struct cy_buffer *out, const struct cy_bars_view *bars, const struct cy_threshold_view *thresholds,
                       size_t threshold_count, const char *label);

#endif
