#include "dataset/report_html.h"

#include "base/unicode.h"
#include "dataset/report.h"

enum {
    ROWS_SHOWN = 12,       /* of a table by name; the rest is folded */
    ROWS_FOLDED_MAX = 200, /* further ones are in build.json only */
    NAME_SHOWN = 200,      /* bytes of a name that comes from data */
};

/* ---- text ---- */

void cy_html_word(struct cy_buffer *out, const char *english, const char *chinese)
{
    cy_buffer_printf(out, "%s <span lang=zh>%s</span>", english, chinese);
}

void cy_html_text(struct cy_buffer *out, struct cy_str text)
{
    const char *at = text.data, *end = text.data + text.size, *plain = at; /* the run that cy_buffer_add_html takes begins at plain */
    while (at < end) {
        const char *here = at;
        uint32_t point = cy_utf8_decode(&at, end);
        bool control = (point < 0x20 && point != '\n' && point != '\t') || point == 0x7F;
        bool broken = point == CY_REPLACEMENT && at - here == 1;
        if (!control && !broken)
            continue;
        cy_buffer_add_html(out, (struct cy_str){plain, (size_t)(here - plain)});
        char bytes[4]; /* the pictures of control characters begin at U+2400; that of delete is U+2421 */
        cy_buffer_add(out, bytes, cy_utf8_encode(broken ? CY_REPLACEMENT : point == 0x7F ? 0x2421 : 0x2400 + point, bytes));
        plain = at;
    }
    cy_buffer_add_html(out, (struct cy_str){plain, (size_t)(end - plain)});
}

void cy_page_add(struct cy_page *page, const char *html)
{
    cy_buffer_add_text(page->out, html);
}

void cy_page_add_count(struct cy_page *page, const char *label, uint64_t count)
{
    cy_buffer_printf(page->out, "<td class=n data-l=\"%s\">", label);
    cy_buffer_add_count(page->out, count);
    cy_page_add(page, "</td>");
}

void cy_page_add_share(struct cy_page *page, const char *label, uint64_t part, uint64_t whole)
{
    cy_buffer_printf(page->out, "<td class=n data-l=\"%s\">", label);
    cy_buffer_add_share(page->out, part, whole);
    cy_page_add(page, "</td>");
}

void cy_page_add_section(struct cy_page *page, const char *id, const char *english, const char *chinese)
{
    cy_buffer_printf(page->out, "<h2 id=%s>", id);
    cy_html_word(page->out, english, chinese);
    cy_page_add(page, "</h2>\n");
}

/* ---- head ---- */

static void add_total(struct cy_page *page, const char *style, const char *english, const char *chinese, uint64_t count, bool with_share)
{
    cy_buffer_printf(page->out, "<div class=\"%s\"><dt>", style);
    cy_html_word(page->out, english, chinese);
    cy_page_add(page, "</dt><dd>");
    cy_buffer_add_count(page->out, count);
    cy_page_add(page, "<small>");
    if (with_share) {
        cy_buffer_add_share(page->out, count, page->counts->total.read_count);
        cy_page_add(page, " of all");
    } else {
        cy_buffer_add_bytes(page->out, page->counts->total.read_bytes);
    }
    cy_page_add(page, "</small></dd></div>\n");
}

static void add_head(struct cy_page *page)
{
    const struct cy_tally *total = &page->counts->total;
    cy_page_add(
        page,
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n<meta name=viewport "
        "content=\"width=device-width,initial-scale=1\">\n"
        "<meta name=color-scheme content=\"light dark\">\n<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<meta name=referrer content=no-referrer>\n<title>");
    cy_html_text(page->out, cy_str(page->schema->name));
    cy_page_add(page, " · build report</title>\n<style>");
    cy_page_add(page, cy_report_style);
    cy_page_add(page,
                "</style>\n</head>\n<body>\n<svg width=0 height=0 style=\"position:absolute\" aria-hidden=true><defs><pattern id=hatch "
                "width=4 height=4 "
                "patternUnits=userSpaceOnUse patternTransform=\"rotate(45)\"><rect width=4 height=4 /><path d=\"M0 0V4\" "
                "/></pattern></defs></svg>\n"
                "<header>\n<p class=kicker>ciyuan · ");
    cy_html_word(page->out, "build report", "构建报告");
    cy_page_add(page, "</p>\n<h1>");
    cy_html_text(page->out, cy_str(page->schema->name));
    cy_page_add(page, "</h1>\n<p class=lead>");
    cy_buffer_add_count(page->out, total->read_count);
    cy_page_add(page, " records read, ");
    cy_buffer_add_count(page->out, total->kept_count);
    cy_page_add(page, " kept: ");
    cy_buffer_add_bytes(page->out, total->text_bytes);
    cy_page_add(page, " of text");
    for (size_t i = 0; i < page->schema->vocabulary_count; i++) {
        cy_page_add(page, ", ");
        cy_buffer_add_count(page->out, (uint64_t)total->tokens[i]);
        cy_page_add(page, " tokens of <code>");
        cy_html_text(page->out, cy_str(page->schema->vocabularies[i]));
        cy_page_add(page, "</code>");
    }
    cy_page_add(page, "</p>\n<dl class=totals>\n");
    add_total(page, "", "Read", "读入", total->read_count, false);
    add_total(page, "is-kept", "<i class=key></i>Kept", "保留", total->kept_count, true);
    add_total(page, "is-gone", "<i class=\"key x\"></i>Removed", "剔除", total->removed_count, true);
    add_total(page, "", "<i class=\"key u\"></i>Unreadable", "无法读取", total->unreadable_count, true);
    add_total(page, "", "<i class=\"key u\"></i>Skipped", "跳过", total->skipped_count, true);
    cy_page_add(page, "</dl>\n");
    cy_html_bar(page->out, total->kept_count, total->removed_count, total->read_count);
    cy_page_add(
        page,
        "<p class=note>read = kept + removed + unreadable + skipped, checked by the build. <span lang=zh>读入 = 保留 + 剔除 + 无法读取 + "
        "跳过，构建时已核对。</span></p>\n<nav>");
    static const char *const links[][3] = {{"funnel", "Funnel", "漏斗"},   {"shares", "Shares", "构成"},   {"steps", "Steps", "步骤"},
                                           {"reading", "Reading", "读取"}, {"samples", "Samples", "样例"}, {"files", "Files", "文件"}};
    for (size_t i = 0; i < CY_COUNT(links); i++) {
        cy_buffer_printf(page->out, "<a href=\"#%s\">", links[i][0]);
        cy_html_word(page->out, links[i][1], links[i][2]);
        cy_page_add(page, "</a>\n");
    }
    cy_page_add(page, "</nav>\n</header>\n<main>\n");
}

/* ---- funnel ---- */

/* A cell with tokens of the first vocabulary, empty where they were not counted (-1). Further ones are in build.json. */
static void add_tokens(struct cy_page *page, const char *label, int64_t count)
{
    if (page->schema->vocabulary_count == 0)
        return;
    cy_buffer_printf(page->out, "<td class=n data-l=\"%s\">", label);
    if (count >= 0)
        cy_buffer_add_count(page->out, (uint64_t)count);
    cy_page_add(page, "</td>");
}

static void add_tokens_head(struct cy_page *page, const char *english, const char *chinese)
{
    if (page->schema->vocabulary_count == 0)
        return;
    cy_page_add(page, "<th class=n>");
    cy_html_word(page->out, english, chinese);
    cy_page_add(page, "</th>");
}

static void add_funnel_row(struct cy_page *page, struct cy_str name, const char *operator, uint64_t in_count, uint64_t gone_count,
                           uint64_t in_bytes, uint64_t gone_bytes, int64_t out_tokens)
{
    cy_page_add(page, gone_count > 0 ? "<tr><td class=w>" : "<tr class=zero><td class=w>");
    cy_html_text(page->out, name);
    if (!cy_str_is(name, operator)) {
        cy_page_add(page, "<small>");
        cy_html_text(page->out, cy_str(operator));
        cy_page_add(page, "</small>");
    }
    cy_page_add(page, "</td><td class=b>");
    cy_html_bar(page->out, in_count - gone_count, gone_count, page->counts->total.read_count);
    cy_page_add(page, "</td>");
    cy_page_add_count(page, "In 进", in_count);
    cy_page_add_count(page, "Removed 剔除", gone_count);
    cy_page_add_share(page, "Share 占比", gone_count, in_count);
    cy_page_add_count(page, "Out 出", in_count - gone_count);
    cy_page_add(page, "<td class=n data-l=\"Bytes out 出字节\">");
    cy_buffer_add_bytes(page->out, in_bytes - gone_bytes);
    cy_page_add(page, "</td>");
    add_tokens(page, "Tokens out 出词元", out_tokens);
    cy_page_add(page, "</tr>\n");
}

static void add_funnel(struct cy_page *page)
{
    const struct cy_build_counts *counts = page->counts;
    const struct cy_tally *total = &counts->total;
    cy_page_add_section(page, "funnel", "Funnel by step", "逐步漏斗");
    cy_page_add(page,
                "<table class=\"funnel stack\"><thead><tr><th>Step <span lang=zh>步骤</span></th><th></th><th class=n>In <span "
                "lang=zh>进</span></th>"
                "<th class=n>Removed <span lang=zh>剔除</span></th><th class=n>Share <span lang=zh>占比</span></th><th class=n>Out <span "
                "lang=zh>出</span></th>"
                "<th class=n>Bytes out <span lang=zh>出字节</span></th>");
    add_tokens_head(page, "Tokens out", "出词元");
    cy_page_add(page, "</tr></thead><tbody>\n");
    uint64_t reading_count = 0, reading_bytes = 0;
    for (size_t i = 0; i < counts->reading.count; i++) {
        reading_count += counts->reading.rules[i].count;
        reading_bytes += counts->reading.rules[i].read_bytes;
    }
    add_funnel_row(page, CY_STR("read"), "read", total->read_count, reading_count, total->read_bytes, reading_bytes, -1);
    for (size_t i = 0; i < page->schema->step_count; i++) {
        const struct cy_step_counts *step = &counts->steps[i];
        add_funnel_row(page, cy_str(page->schema->steps[i].name), page->schema->steps[i].operator->name, step->in_count,
                       step->removed_count + step->unreadable_count + step->skipped_count, step->in_bytes, step->gone_bytes,
                       page->schema->vocabulary_count > 0 ? step->out_tokens[0] : -1);
    }
    cy_page_add(page,
                "</tbody></table>\n<p class=note>A bar is as long as all that was read. Bytes are those of the records as they were read. "
                "<span lang=zh>"
                "整条宽度为全部读入；字节按读入的原始记录计。</span></p>\n");
}

/* ---- shares ---- */

static void add_share_rows(struct cy_page *page, const struct cy_tally_table *table, size_t first, size_t last, const char *none)
{
    for (size_t i = first; i < last; i++) {
        const struct cy_tally_row *row = &table->rows[i];
        cy_page_add(page, "<tr><td class=w>");
        if (row->name.size == 0)
            cy_page_add(page, none);
        else
            cy_html_text(page->out, cy_text_beginning(row->name, NAME_SHOWN));
        cy_page_add(page, "</td><td class=b>");
        cy_html_bar(page->out, row->tally.kept_count, row->tally.read_count - row->tally.kept_count, table->rows[0].tally.read_count);
        cy_page_add(page, "</td>");
        cy_page_add_count(page, "Read 读入", row->tally.read_count);
        cy_page_add_count(page, "Kept 保留", row->tally.kept_count);
        cy_page_add_share(page, "Of kept 占保留", row->tally.kept_count, page->counts->total.kept_count);
        add_tokens(page, "Tokens 词元", page->schema->vocabulary_count > 0 ? row->tally.tokens[0] : -1);
        cy_page_add(page, "</tr>\n");
    }
}

static void add_share_head(struct cy_page *page)
{
    cy_page_add(page, "<thead><tr><th></th><th></th><th class=n>Read <span lang=zh>读入</span></th><th class=n>Kept <span "
                      "lang=zh>保留</span></th><th class=n>Of kept <span lang=zh>占保留</span></th>");
    add_tokens_head(page, "Tokens", "词元");
    cy_page_add(page, "</tr></thead><tbody>\n");
}

static void add_share_table(struct cy_page *page, const struct cy_tally_table *table, const char *english, const char *chinese,
                            const char *none)
{
    cy_page_add(page, "<section><h3>");
    cy_html_word(page->out, english, chinese);
    cy_page_add(page, "</h3>\n<table class=stack>");
    add_share_head(page);
    size_t shown = CY_MIN(table->count, ROWS_SHOWN), folded = CY_MIN(table->count, ROWS_FOLDED_MAX);
    add_share_rows(page, table, 0, shown, none);
    cy_page_add(page, "</tbody></table>\n");
    if (folded > shown) {
        cy_page_add(page, "<details><summary>");
        cy_buffer_add_count(page->out, table->count - shown);
        cy_page_add(page, " more <span lang=zh>更多</span></summary><table class=stack>");
        add_share_head(page);
        add_share_rows(page, table, shown, folded, none);
        cy_page_add(page, "</tbody></table>\n");
        if (table->count > folded)
            cy_buffer_printf(page->out, "<p class=note>%zu further ones are in build.json.</p>", table->count - folded);
        cy_page_add(page, "</details>\n");
    }
    cy_page_add(page, "</section>\n");
}

static void add_shares(struct cy_page *page)
{
    cy_page_add_section(page, "shares", "Shares", "构成");
    cy_page_add(page, "<div class=columns>\n");
    add_share_table(page, &page->counts->languages, "By language", "语言", "<i>not measured</i> <span lang=zh>未测量</span>");
    add_share_table(page, &page->counts->parties, "By party", "来源方", "<i>not stated</i> <span lang=zh>未说明</span>");
    add_share_table(page, &page->counts->licenses, "By licence", "许可", "<i>not stated</i> <span lang=zh>未说明</span>");
    add_share_table(page, &page->counts->sources, "By source", "来源", "<i>not stated</i> <span lang=zh>未说明</span>");
    cy_page_add(page, "</div>\n");
}

/* ---- steps ---- */

static void add_rule_name(struct cy_page *page, const struct cy_rule_view *view, const char *unreadable, const char *skipped)
{
    cy_page_add(page, view->what == CY_UNREADABLE ? unreadable : view->what == CY_SKIPPED ? skipped : "");
    cy_page_add(page, "<code>");
    cy_html_text(page->out, view->name);
    cy_page_add(page, "</code>");
}

static void add_rules(struct cy_page *page, uint32_t step_index)
{
    struct cy_rule_view *views;
    size_t count = cy_rule_views(page->counts, step_index, &page->arena, &views);
    if (count == 0) {
        cy_page_add(page, "<p class=none>removes nothing <span lang=zh>不剔除</span></p>\n");
        return;
    }
    uint64_t in_count = page->counts->steps[step_index].in_count;
    cy_page_add(page,
                "<table class=stack><thead><tr><th>Rule <span lang=zh>规则</span></th><th>Keep <span lang=zh>保留条件</span></th><th></th>"
                "<th class=n>Removed <span lang=zh>剔除</span></th><th class=n>Share <span lang=zh>占比</span></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        uint64_t fired = views[i].counts != NULL ? views[i].counts->count : 0;
        cy_page_add(page, fired > 0 ? "<tr><td class=w>" : "<tr class=zero><td class=w>");
        add_rule_name(page, &views[i], "unreadable: ", "skipped: ");
        if (views[i].meaning[0] != '\0') {
            cy_page_add(page, "<small>");
            cy_html_text(page->out, cy_str(views[i].meaning));
            cy_page_add(page, "</small>");
        }
        cy_page_add(page, "</td><td class=w>");
        cy_html_text(page->out, views[i].keep);
        cy_page_add(page, "</td><td class=b>");
        cy_html_bar(page->out, 0, fired, in_count);
        cy_page_add(page, "</td>");
        cy_page_add_count(page, "Removed 剔除", fired);
        cy_page_add_share(page, "Share 占比", fired, in_count);
        cy_page_add(page, "</tr>\n");
    }
    cy_page_add(page, "</tbody></table>\n");
}

static void add_measures(struct cy_page *page, const char *key, const char *english, const char *chinese,
                         const struct cy_histogram *histogram)
{
    cy_buffer_printf(page->out, "<tr><td><i class=\"%s\"></i>", key);
    cy_html_word(page->out, english, chinese);
    cy_page_add(page, "</td><td class=n>");
    cy_buffer_add_count(page->out, histogram->count);
    const double values[] = {histogram->low, cy_histogram_quantile(histogram, 0.5), cy_histogram_mean(histogram), histogram->high};
    for (size_t i = 0; i < CY_COUNT(values); i++) {
        cy_page_add(page, "</td><td class=n>");
        if (histogram->count > 0)
            cy_buffer_add_short(page->out, values[i]);
    }
    cy_page_add(page, "</td></tr>\n");
}

static void add_signal(struct cy_page *page, uint32_t step_index, size_t index)
{
    const struct cy_schema_step *step = &page->schema->steps[step_index];
    const struct cy_signal *signal = &step->operator->signals[index];
    const struct cy_signal_counts *measured = &page->counts->signals[step->signal_first + index];
    struct cy_threshold_view thresholds[CY_THRESHOLDS_MAX];
    size_t threshold_count = cy_threshold_views(page->counts, step_index, signal->name, thresholds);
    struct cy_bars_view bars;
    cy_bars_view(measured, thresholds, threshold_count, &bars);
    cy_page_add(page, "<figure><figcaption><b>");
    cy_html_text(page->out, cy_str(signal->name));
    cy_page_add(page, "</b> <span>");
    cy_html_text(page->out, cy_str(signal->unit));
    if (bars.logarithmic)
        cy_page_add(page, ", logarithmic <span lang=zh>对数</span>");
    cy_page_add(page, "<br>");
    cy_html_text(page->out, cy_str(signal->meaning));
    cy_page_add(page, "</span></figcaption>\n");
    cy_html_histogram(page->out, &bars, thresholds, threshold_count, signal->name);
    if (bars.bar_count == 0) {
        cy_page_add(page, "</figure>\n");
        return;
    }
    cy_page_add(page,
                "<table><thead><tr><th></th><th class=n>count</th><th class=n>min</th><th class=n>median</th><th class=n>mean</th><th "
                "class=n>max</th></tr></thead><tbody>");
    add_measures(page, "key", "Kept", "保留", &measured->kept);
    add_measures(page, "key x", "Removed", "剔除", &measured->gone);
    cy_page_add(page, "</tbody></table></figure>\n");
}

/* Signals that a rule decides by are shown, the others folded. */
static void add_signals(struct cy_page *page, uint32_t step_index)
{
    const struct cy_signal *signals = page->schema->steps[step_index].operator->signals;
    struct cy_threshold_view thresholds[CY_THRESHOLDS_MAX];
    size_t counts[2] = {0}; /* without and with a threshold */
    for (size_t i = 0; signals != NULL && signals[i].name != NULL; i++)
        counts[cy_threshold_views(page->counts, step_index, signals[i].name, thresholds) > 0]++;
    for (int decides = 1; decides >= 0; decides--) {
        if (counts[decides] == 0)
            continue;
        if (!decides)
            cy_buffer_printf(page->out, "<details><summary>%zu %s that no rule decides by <span lang=zh>不作判据的指标</span></summary>\n",
                             counts[0], counts[0] == 1 ? "signal" : "signals");
        cy_page_add(page, "<div class=signals>\n");
        for (size_t i = 0; signals[i].name != NULL; i++)
            if ((cy_threshold_views(page->counts, step_index, signals[i].name, thresholds) > 0) == decides)
                add_signal(page, step_index, i);
        cy_page_add(page, decides ? "</div>\n" : "</div></details>\n");
    }
}

static void add_clusters(struct cy_page *page, const struct cy_cluster_counts *clusters)
{
    if (clusters->removed_count == 0)
        return;
    cy_page_add(page, "<h4>Clusters of duplicates <span lang=zh>重复簇</span></h4><p>");
    cy_buffer_add_count(page->out, clusters->removed_count);
    cy_page_add(page, " duplicates of ");
    cy_buffer_add_count(page->out, clusters->cluster_count * clusters->sampled);
    cy_page_add(page, " kept documents; the largest cluster has ");
    cy_buffer_add_count(page->out, clusters->size_max);
    cy_page_add(page,
                clusters->sampled > 1 ? " documents (estimated from a share of the clusters, chosen by hash).</p>" : " documents.</p>");
    uint64_t most = 1;
    for (size_t i = 0; i < CY_CLUSTER_SIZES; i++)
        most = CY_MAX(most, clusters->sizes[i]);
    cy_page_add(
        page,
        "<table class=stack><thead><tr><th>Documents in a cluster <span lang=zh>簇大小</span></th><th></th><th class=n>Clusters <span "
        "lang=zh>簇数</span></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < CY_CLUSTER_SIZES; i++) {
        if (clusters->sizes[i] == 0)
            continue;
        uint64_t low = UINT64_C(1) << i, high = (UINT64_C(2) << i) - 1;
        cy_page_add(page, "<tr><td class=w>");
        cy_buffer_add_count(page->out, low);
        if (i + 1 == CY_CLUSTER_SIZES) {
            cy_page_add(page, " or more");
        } else if (high > low) {
            cy_page_add(page, " – ");
            cy_buffer_add_count(page->out, high);
        }
        cy_page_add(page, "</td><td class=b>");
        cy_html_bar(page->out, 0, clusters->sizes[i], most);
        cy_page_add(page, "</td>");
        cy_page_add_count(page, "Clusters 簇数", clusters->sizes[i] * clusters->sampled);
        cy_page_add(page, "</tr>\n");
    }
    cy_page_add(page, "</tbody></table>\n");
}

static void add_step(struct cy_page *page, uint32_t index)
{
    const struct cy_schema_step *step = &page->schema->steps[index];
    cy_buffer_printf(page->out, "<section><h3>%u. ", index + 1);
    cy_html_text(page->out, cy_str(step->name));
    cy_page_add(page, "</h3>\n<p class=about>");
    struct cy_str summary = cy_str(step->operator->summary); /* a sentence here, a line of a list elsewhere */
    if (summary.size > 0 && summary.data[0] >= 'a' && summary.data[0] <= 'z') {
        cy_buffer_add_byte(page->out, (uint8_t)(*summary.data - 'a' + 'A'));
        summary = (struct cy_str){summary.data + 1, summary.size - 1};
    }
    cy_html_text(page->out, summary);
    if (step->operator->source != NULL && step->operator->source[0] != '\0') {
        cy_page_add(page, ". Source: ");
        cy_html_text(page->out, cy_str(step->operator->source));
    }
    cy_page_add(page, "</p>\n");
    if (step->operator->params != NULL && step->operator->params[0].name != NULL) {
        cy_page_add(page, "<details><summary>Parameters <span lang=zh>参数</span></summary><table>");
        struct cy_buffer value = {0};
        for (const struct cy_param *param = step->operator->params; param->name != NULL; param++) {
            cy_buffer_clear(&value);
            cy_param_print(param, step->self, &value);
            cy_page_add(page, "<tr><td><code>");
            cy_html_text(page->out, cy_str(param->name));
            cy_page_add(page, "</code></td><td class=mono>");
            cy_html_text(page->out, cy_buffer_str(&value));
            cy_page_add(page, "</td><td>");
            cy_html_text(page->out, cy_str(param->meaning));
            cy_page_add(page, "</td></tr>\n");
        }
        cy_buffer_release(&value);
        cy_page_add(page, "</table></details>\n");
    }
    add_rules(page, index);
    add_clusters(page, &page->counts->steps[index].clusters);
    add_signals(page, index);
    cy_page_add(page, "</section>\n");
}

static void add_steps(struct cy_page *page)
{
    cy_page_add_section(page, "steps", "Steps, rules, signals", "步骤、规则与指标");
    cy_page_add(
        page,
        "<p class=note><i class=key></i>kept <span lang=zh>保留</span> &nbsp; <i class=\"key x\"></i>removed, by whatever step "
        "<span lang=zh>剔除（不论哪一步）</span>. A line is a threshold; the shaded side is removed. A histogram shows what lies between "
        "the 0.5 % and the 99.5 % quantile; the outermost bars hold the rest.</p>\n");
    for (uint32_t i = 0; i < page->schema->step_count; i++)
        add_step(page, i);
    if (page->schema->step_count == 0)
        cy_page_add(page, "<p class=none>The recipe has no steps. <span lang=zh>配方没有步骤。</span></p>\n");
}

/* ---- files ---- */

static void add_files(struct cy_page *page)
{
    cy_page_add_section(page, "files", "Files", "文件");
    cy_page_add(
        page,
        "<table class=stack><thead><tr><th>File <span lang=zh>文件</span></th><th>SHA-256</th><th class=n>Rows <span lang=zh>行</span></th>"
        "<th class=n>Bytes <span lang=zh>字节</span></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < page->counts->shard_count && i < ROWS_FOLDED_MAX; i++) {
        const struct cy_shard *shard = &page->counts->shards[i];
        cy_page_add(page, "<tr><td class=w><code>");
        cy_html_text(page->out, cy_str(shard->name));
        cy_buffer_printf(page->out, "</code></td><td class=\"w mono\">%.16s…</td>", shard->sha256);
        cy_page_add_count(page, "Rows 行", shard->row_count);
        cy_page_add(page, "<td class=n data-l=\"Bytes 字节\">");
        cy_buffer_add_bytes(page->out, shard->size_bytes);
        cy_page_add(page, "</td></tr>\n");
    }
    cy_page_add(page, "</tbody></table>\n");
    if (page->counts->shard_count > ROWS_FOLDED_MAX)
        cy_buffer_printf(page->out, "<p class=note>%zu further files are in build.json and MANIFEST.</p>\n",
                         page->counts->shard_count - ROWS_FOLDED_MAX);
    cy_page_add(page,
                "<p class=note>MANIFEST names every file with size and SHA-256; <code>ciyuan verify DATASET</code> checks them.</p>\n");
}

void cy_report_html(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    struct cy_page page = {.out = out, .counts = counts, .schema = counts->schema};
    add_head(&page);
    add_funnel(&page);
    add_shares(&page);
    add_steps(&page);
    cy_page_add_reading(&page);
    cy_page_add_samples(&page);
    add_files(&page);
    cy_page_add(&page, "</main>\n<footer><p>Counted by ciyuan " CIYUAN_VERSION
                       " while it built: counts are exact; medians are exact to the width of a bin (3 %); "
                       "what was not measured says so. The same recipe and input give the same page, byte for byte. "
                       "<span lang=zh>同样的配方与输入，逐字节得到同样的页面。</span></p></footer>\n</body>\n</html>\n");
    cy_arena_release(&page.arena);
}
