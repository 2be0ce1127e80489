#include "dataset/report_html.h"

#include <math.h>
#include <stdio.h>

/* ---- bars ---- */

static double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

void cy_html_bar(struct cy_buffer *out, uint64_t kept, uint64_t removed, uint64_t whole)
{
    cy_buffer_add_text(out, "<svg class=bar aria-hidden=true>");
    cy_buffer_printf(out, "<rect class=track width=100%% height=100%% />");
    if (kept > 0)
        cy_buffer_printf(out, "<rect class=kept width=%.3f%% height=100%% />", percent(kept, whole));
    if (removed > 0)
        cy_buffer_printf(out, "<rect class=gone x=%.3f%% width=%.3f%% height=100%% />", percent(kept, whole), percent(removed, whole));
    cy_buffer_add_text(out, "</svg>");
}

/* ---- histogram ---- */

/* The drawing's own units; the style scales it to its column. */
enum { WIDTH = 360, LEFT = 2, RIGHT = 358, TOP = 18, BASE = 92, HEIGHT = 110 };
/* A bar this many times higher than the next is cut, and said to be. */
enum { CUT_RATIO = 6 };

struct scale {
    const struct cy_bars_view *bars;
    double low, high;   /* edges */
    uint64_t count_max; /* at the top */
    size_t cut;         /* the bar that is cut; bar_count: none */
};

static double place(const struct scale *scale, double value)
{
    double share = scale->bars->logarithmic ? log2(fmax(value, 1e-300) / scale->low) / log2(scale->high / scale->low)
                                            : (value - scale->low) / (scale->high - scale->low);
    return LEFT + (RIGHT - LEFT) * fmin(fmax(share, 0), 1);
}

static struct scale make_scale(const struct cy_bars_view *bars)
{
    struct scale scale = {.bars = bars, .low = bars->edges[0], .high = bars->edges[bars->bar_count], .cut = bars->bar_count};
    uint64_t first = 0, second = 0;
    size_t highest = 0;
    for (size_t i = 0; i < bars->bar_count; i++) {
        uint64_t count = bars->kept[i] + bars->gone[i];
        if (count > first) {
            second = first;
            first = count;
            highest = i;
        } else if (count > second) {
            second = count;
        }
    }
    scale.count_max = CY_MAX(first, 1);
    if (second > 0 && first / CUT_RATIO > second) {
        scale.count_max = second + second / 2 + 1;
        scale.cut = highest;
    }
    return scale;
}

static double height(const struct scale *scale, uint64_t count)
{
    if (count == 0)
        return 0;
    return fmin(fmax((double)(BASE - TOP) * (double)count / (double)scale->count_max, 1), BASE - TOP);
}

/* One path a colour: what was kept stands on the axis, what was removed on top of it. */
static void add_bars(struct cy_buffer *out, const struct scale *scale)
{
    const struct cy_bars_view *bars = scale->bars;
    for (int gone = 0; gone < 2; gone++) {
        cy_buffer_printf(out, "<path class=%s d=\"", gone ? "gone" : "kept");
        for (size_t i = 0; i < bars->bar_count; i++) {
            double full = height(scale, bars->kept[i] + bars->gone[i]);
            double removed = bars->gone[i] == 0 ? 0 : fmax(full * (double)bars->gone[i] / (double)(bars->kept[i] + bars->gone[i]), 1);
            double kept = fmax(full - removed, bars->kept[i] > 0 ? 1 : 0);
            double from = gone ? kept : 0, size = gone ? removed : kept;
            if ((gone ? bars->gone[i] : bars->kept[i]) == 0)
                continue;
            double left = place(scale, bars->edges[i]), right = fmax(place(scale, bars->edges[i + 1]) - 0.75, left + 0.5);
            cy_buffer_printf(out, "M%.1f %.1fV%.1fH%.1fV%.1fz", left, BASE - from, BASE - from - size, right, BASE - from);
        }
        cy_buffer_add_text(out, "\" />");
    }
    if (scale->cut < bars->bar_count) {
        double left = place(scale, bars->edges[scale->cut]), right = place(scale, bars->edges[scale->cut + 1]);
        cy_buffer_printf(out, "<path class=break d=\"M%.1f %d L%.1f %d\" />", left - 2, TOP + 10, right + 2, TOP + 6);
    }
}

/* Ticks at powers of ten, or at a step of 1, 2 or 5 times one: three to six of them. */
static void add_ticks(struct cy_buffer *out, const struct scale *scale)
{
    double values[16];
    size_t count = 0;
    if (scale->bars->logarithmic) {
        double first = ceil(log10(scale->low) - 1e-9), last = floor(log10(scale->high) + 1e-9);
        double step = fmax(1, ceil((last - first + 1) / 6));
        for (double power = first; power <= last && count < CY_COUNT(values); power += step)
            values[count++] = pow(10, power);
    } else {
        double raw = (scale->high - scale->low) / 4, unit = pow(10, floor(log10(raw))), ratio = raw / unit;
        double step = unit * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
        double first = ceil(scale->low / step - 1e-9), last = floor(scale->high / step + 1e-9);
        for (double at = first; at <= last && count < CY_COUNT(values); at++)
            values[count++] = at == 0 ? 0 : at * step;
    }
    cy_buffer_printf(out, "<path class=axis d=\"M%d %dH%d", LEFT, BASE, RIGHT);
    for (size_t i = 0; i < count; i++)
        cy_buffer_printf(out, "M%.1f %dv3", place(scale, values[i]), BASE);
    cy_buffer_add_text(out, "\" />");
    for (size_t i = 0; i < count; i++) {
        double x = place(scale, values[i]);
        const char *anchor = x < LEFT + 12 ? "start" : x > RIGHT - 16 ? "end" : "middle";
        cy_buffer_printf(out, "<text x=%.1f y=%d text-anchor=%s>", x, BASE + 14, anchor);
        cy_buffer_add_value(out, values[i]);
        cy_buffer_add_text(out, "</text>");
    }
}

static bool keeps_above(const struct cy_rule *rule)
{
    return rule->keep == CY_KEEP_AT_LEAST || rule->keep == CY_KEEP_ABOVE;
}

static bool keeps_below(const struct cy_rule *rule)
{
    return rule->keep == CY_KEEP_AT_MOST || rule->keep == CY_KEEP_BELOW;
}

/* The side that is removed, shaded; drawn below the bars. */
static void add_zones(struct cy_buffer *out, const struct scale *scale, const struct cy_threshold_view *thresholds, size_t threshold_count)
{
    for (size_t i = 0; i < threshold_count; i++) {
        double from = LEFT, until = RIGHT;
        if (keeps_above(thresholds[i].rule))
            until = place(scale, thresholds[i].low);
        else if (keeps_below(thresholds[i].rule))
            from = place(scale, thresholds[i].high);
        else
            continue;
        if (until - from > 0.5)
            cy_buffer_printf(out, "<rect class=zone x=%.1f y=%d width=%.1f height=%d />", from, TOP, until - from, BASE - TOP);
    }
}

/* A threshold's label stands on the side that is kept, unless it would leave the drawing or run into another threshold's. */
static bool stands_left(const struct scale *scale, const struct cy_threshold_view *thresholds, size_t threshold_count, size_t index,
                        double x)
{
    enum { LABEL = 70 }; /* as wide as a label gets */
    bool left = keeps_below(thresholds[index].rule);
    for (size_t i = 0; i < threshold_count; i++) {
        double gap = place(scale, thresholds[i].low) - x;
        if (i != index && (left ? gap <= 0 && gap > -2 * LABEL : gap >= 0 && gap < 2 * LABEL) && keeps_below(thresholds[i].rule) != left) {
            left = !left;
            break;
        }
    }
    return left ? x > LEFT + LABEL : x > RIGHT - LABEL;
}

static void add_thresholds(struct cy_buffer *out, const struct scale *scale, const struct cy_threshold_view *thresholds,
                           size_t threshold_count)
{
    for (size_t i = 0; i < threshold_count; i++) {
        const struct cy_threshold_view *threshold = &thresholds[i];
        double low = place(scale, threshold->low), high = place(scale, threshold->high);
        if (high - low > 0.5)
            cy_buffer_printf(out, "<path class=\"limit range\" d=\"M%.1f %dV%dM%.1f %dV%dM%.1f %dH%.1f\" />", low, TOP, BASE, high, TOP,
                             BASE, low, TOP, high);
        else
            cy_buffer_printf(out, "<path class=limit d=\"M%.1f %dV%d\" />", low, TOP - 4, BASE + 3);
        double x = keeps_below(threshold->rule) ? high : low;
        bool to_the_left = stands_left(scale, thresholds, threshold_count, i, x);
        cy_buffer_printf(out, "<text class=limit x=%.1f y=%d text-anchor=%s>%s ", to_the_left ? x - 3 : x + 3, TOP - 6,
                         to_the_left ? "end" : "start", cy_rule_sign(threshold->rule)[0] == '<' ? "&lt;" : cy_rule_sign(threshold->rule));
        cy_buffer_add_value(out, threshold->low);
        if (threshold->low != threshold->high) {
            cy_buffer_add_text(out, "…");
            cy_buffer_add_value(out, threshold->high);
        }
        cy_buffer_add_text(out, "</text>");
    }
}

void cy_html_histogram(struct cy_buffer *out, const struct cy_bars_view *bars, const struct cy_threshold_view *thresholds,
                       size_t threshold_count, const char *label)
{
    if (bars->bar_count == 0) {
        cy_buffer_add_text(out, "<p class=none>");
        cy_html_word(out, "not measured", "未测量");
        cy_buffer_add_text(out, "</p>");
        return;
    }
    struct scale scale = make_scale(bars);
    cy_buffer_printf(out, "<svg class=histogram viewBox=\"0 0 %d %d\" role=img aria-label=\"", WIDTH, HEIGHT);
    cy_html_text(out, cy_str(label));
    cy_buffer_add_text(out, "\">");
    add_zones(out, &scale, thresholds, threshold_count);
    add_bars(out, &scale);
    add_ticks(out, &scale);
    add_thresholds(out, &scale, thresholds, threshold_count);
    cy_buffer_add_text(out, "</svg>");
    if (scale.cut < bars->bar_count) {
        cy_buffer_add_text(out, "<p class=note>");
        cy_html_word(out, "the highest bar is cut; it holds ", "最高柱已截断：");
        cy_buffer_add_count(out, bars->kept[scale.cut] + bars->gone[scale.cut]);
        cy_buffer_add_text(out, "</p>");
    }
}
