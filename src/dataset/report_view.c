#include "dataset/report_view.h"

#include "source/reasons.h"
#include "source/source.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- rules ---- */

const char *cy_rule_sign(const struct cy_rule *rule)
{
    switch (rule->keep) {
    case CY_KEEP_AT_LEAST:
        return "≥";
    case CY_KEEP_AT_MOST:
        return "≤";
    case CY_KEEP_ABOVE:
        return ">";
    case CY_KEEP_BELOW:
        return "<";
    default:
        return "";
    }
}

/* The rule's parameter, and its value where it is a number; NaN where it is none, or goes by language. */
static double threshold_param(const struct cy_schema_step *step, const struct cy_rule *rule, const struct cy_param **param)
{
    *param = rule != NULL && rule->param != NULL ? cy_param_find(step->operator->params, cy_str(rule->param)) : NULL;
    if (*param == NULL)
        return NAN;
    const void *value = (const char *)step->self + (*param)->offset;
    if ((*param)->kind == CY_PARAM_KIND_NUMBER)
        return *(const double *)value;
    return (*param)->kind == CY_PARAM_KIND_INTEGER ? (double)*(const int64_t *)value : NAN;
}

static void add_keep(struct cy_buffer *out, const char *sign, double low, double high)
{
    cy_buffer_printf(out, "%s%s", sign, sign[0] != '\0' ? " " : "");
    cy_buffer_add_value(out, low);
    if (low == high)
        return;
    cy_buffer_add_text(out, " … ");
    cy_buffer_add_value(out, high);
}

static struct cy_str keep_text(const struct cy_schema_step *step, const struct cy_rule *rule, const struct cy_rule_counts *counts,
                               struct cy_arena *arena)
{
    struct cy_buffer text = {0};
    const struct cy_param *param;
    const char *sign = rule != NULL ? cy_rule_sign(rule) : "";
    double threshold = threshold_param(step, rule, &param);
    if (threshold == 0 && rule->keep == CY_KEEP_BELOW && param->kind == CY_PARAM_KIND_NUMBER)
        return (struct cy_str){"", 0}; /* no share or similarity lies below 0: the rule asks for no value */
    if (counts != NULL && !isnan(counts->threshold_low))
        add_keep(&text, sign, counts->threshold_low, counts->threshold_high);
    else if (isfinite(threshold))
        add_keep(&text, sign, threshold, threshold);
    else if (param != NULL && param->kind == CY_PARAM_KIND_NUMBER)
        cy_buffer_add_text(&text, "by language");
    else if (param != NULL)
        cy_param_print(param, step->self, &text);
    else if (rule != NULL && step->operator->scalar_param != NULL && strcmp(rule->name, step->operator->name) == 0)
        cy_param_print(cy_param_find(step->operator->params, cy_str(step->operator->scalar_param)), step->self, &text); /* where: "…" */
    struct cy_str kept = cy_arena_str(arena, cy_buffer_str(&text));
    cy_buffer_release(&text);
    return kept;
}

static const struct cy_rule_counts *find_fired(const struct cy_rule_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rules[i].what == CY_REMOVED && cy_str_is(table->rules[i].name, name))
            return &table->rules[i];
    return NULL;
}

static const struct cy_rule *find_rule(const struct cy_rule *rules, struct cy_str name)
{
    for (; rules != NULL && rules->name != NULL; rules++)
        if (cy_str_is(name, rules->name))
            return rules;
    return NULL;
}

static bool is_off(const struct cy_schema_step *step, const struct cy_rule *rule)
{
    return step->operator->rule_is_off != NULL && step->operator->rule_is_off(step->self, rule->name);
}

size_t cy_rule_views(const struct cy_build_counts *counts, uint32_t step_index, struct cy_arena *arena, struct cy_rule_view **views)
{
    const struct cy_schema_step *step = step_index == CY_STEP_READ ? NULL : &counts->schema->steps[step_index];
    const struct cy_rule_table *fired = step == NULL ? &counts->reading : &counts->steps[step_index].rules;
    const struct cy_rule *rules = step == NULL ? NULL : step->operator->rules;
    size_t rule_count = 0, count = 0;
    while (rules != NULL && rules[rule_count].name != NULL)
        rule_count++;
    *views = cy_arena_zero(arena, (rule_count + fired->count) * sizeof **views);
    for (size_t i = 0; i < rule_count; i++) {
        if (is_off(step, &rules[i]))
            continue;
        struct cy_rule_view *view = &(*views)[count++];
        *view =
            (struct cy_rule_view){cy_str(rules[i].name), CY_REMOVED, &rules[i], find_fired(fired, rules[i].name), rules[i].meaning, {0}};
        view->keep = keep_text(step, view->rule, view->counts, arena);
    }
    for (size_t i = 0; i < fired->count; i++) {
        const struct cy_rule_counts *one = &fired->rules[i];
        if (one->what == CY_REMOVED && find_rule(rules, one->name) != NULL)
            continue;
        struct cy_rule_view *view = &(*views)[count++];
        *view = (struct cy_rule_view){one->name, one->what, NULL, one, cy_reason_meaning(one->what, one->name), {0}};
        if (step != NULL)
            view->keep = keep_text(step, NULL, one, arena);
    }
    return count;
}

size_t cy_threshold_views(const struct cy_build_counts *counts, uint32_t step_index, const char *signal,
                          struct cy_threshold_view views[CY_THRESHOLDS_MAX])
{
    const struct cy_schema_step *step = &counts->schema->steps[step_index];
    size_t count = 0;
    for (const struct cy_rule *rule = step->operator->rules; rule != NULL && rule->name != NULL && count < CY_THRESHOLDS_MAX; rule++) {
        if (rule->signal == NULL || strcmp(rule->signal, signal) != 0 || is_off(step, rule))
            continue;
        const struct cy_rule_counts *fired = find_fired(&counts->steps[step_index].rules, rule->name);
        const struct cy_param *param;
        double threshold = threshold_param(step, rule, &param);
        if (fired != NULL && !isnan(fired->threshold_low))
            views[count++] = (struct cy_threshold_view){fired->threshold_low, fired->threshold_high, rule};
        else if (isfinite(threshold))
            views[count++] = (struct cy_threshold_view){threshold, threshold, rule};
    }
    return count;
}

/* ---- histograms ---- */

/* The bin around zero stands at 0 itself. */
static double bin_at(size_t bin)
{
    return bin == CY_BINS_SIGN ? 0 : bin < CY_BINS_SIGN ? cy_bin_low(bin + 1) : cy_bin_low(bin);
}

/* How far a histogram was walked: `below` lie in the bins before `bin`. */
struct bin_walk {
    size_t bin;
    double below;
};

/* How many lie below `edge`; a bin that the edge cuts counts in proportion. Edges come in ascending order. */
static double count_below(const struct cy_histogram *histogram, struct bin_walk *walk, double edge)
{
    if (histogram->count == 0)
        return 0;
    size_t cut = cy_bin_of(edge);
    for (; walk->bin < cut; walk->bin++)
        walk->below += (double)histogram->bins[walk->bin];
    double low = cy_bin_low(cut), high = cut + 1 < CY_BIN_COUNT ? cy_bin_low(cut + 1) : edge;
    if (cut != CY_BINS_SIGN && high > low && edge > low)
        return walk->below + (double)histogram->bins[cut] * (edge - low) / (high - low);
    return walk->below + (cut == CY_BINS_SIGN && edge > 0 ? (double)histogram->bins[cut] : 0);
}

/* Integers only, as far as the bins can tell. */
static bool looks_integral(const struct cy_histogram *histogram)
{
    for (size_t bin = 0; histogram->count > 0 && bin < CY_BIN_COUNT; bin++)
        if (histogram->bins[bin] > 0 && fabs(bin_at(bin)) < 64 && bin_at(bin) != floor(bin_at(bin)))
            return false;
    return true;
}

static void fill_bars(const struct cy_histogram *histogram, const struct cy_bars_view *bars, uint64_t counts[CY_BARS_MAX])
{
    /* Rounding the running sum keeps the total. */
    double before = 0;
    struct bin_walk walk = {0, 0};
    for (size_t i = 0; i < bars->bar_count; i++) {
        bool last = i + 1 == bars->bar_count;
        double until = last ? (double)histogram->count : floor(count_below(histogram, &walk, bars->edges[i + 1]) + 0.5);
        until = CY_MAX(until, before);
        counts[i] = (uint64_t)(until - before);
        before = until;
    }
}

void cy_bars_view(const struct cy_signal_counts *signal, const struct cy_threshold_view *thresholds, size_t threshold_count,
                  struct cy_bars_view *bars)
{
    *bars = (struct cy_bars_view){.low = NAN, .high = NAN};
    const struct cy_histogram *parts[2] = {&signal->kept, &signal->gone};
    double low = NAN, high = NAN, small = NAN;
    for (size_t i = 0; i < 2; i++) {
        if (parts[i]->count == 0)
            continue;
        bars->low = fmin(bars->low, parts[i]->low); /* fmin of a NaN and a number is the number */
        bars->high = fmax(bars->high, parts[i]->high);
        low = fmin(low, cy_histogram_quantile(parts[i], 0.005));
        high = fmax(high, cy_histogram_quantile(parts[i], 0.995));
        small = fmin(small, cy_histogram_quantile(parts[i], 0.25));
    }
    if (isnan(low))
        return;
    double lowest = NAN; /* of the thresholds that a logarithmic axis can hold */
    for (size_t i = 0; i < threshold_count; i++) {
        low = fmin(low, thresholds[i].low);
        high = fmax(high, thresholds[i].high);
        if (thresholds[i].low > 0)
            lowest = fmin(lowest, thresholds[i].low);
    }
    if (low > 0 && low < high / 4 && high <= 1)
        low = 0; /* a share begins at 0 */
    bool integral = looks_integral(&signal->kept) && looks_integral(&signal->gone);
    bars->logarithmic = low >= 0 && small > 0 && high / small > 30 && high > 4;
    if (bars->logarithmic) {
        low = fmin(fmax(low, integral ? 1 : fmin(small / 16, high / 1024)), lowest);
        low = exp2(floor(log2(fmax(low, high / exp2(CY_BARS_MAX - 2))))); /* an octave has one bar at least */
        double octaves = CY_MAX(ceil(log2(high / low)), 1);
        double bars_an_octave = CY_MAX(floor(CY_BARS_MAX / octaves), 1);
        bars->bar_count = (size_t)CY_MIN(octaves * bars_an_octave, CY_BARS_MAX);
        for (size_t i = 0; i <= bars->bar_count; i++)
            bars->edges[i] = low * exp2((double)i / bars_an_octave);
    } else {
        double width = integral ? CY_MAX(ceil((floor(high) + 1 - low) / CY_BARS_MAX), 1) : (high - low) / CY_BARS_MAX;
        if (!(width > 0))
            width = high != 0 ? fabs(high) / 16 : 1; /* one value alone */
        if (integral)
            low = floor(low);
        /* A few values alone stand as narrow bars too, with room to their right. */
        double bar_count = integral ? fmax(ceil((floor(high) + 1 - low) / width), 12) : high > low ? CY_BARS_MAX : 12;
        bars->bar_count = (size_t)CY_MIN(bar_count, CY_BARS_MAX);
        for (size_t i = 0; i <= bars->bar_count; i++)
            bars->edges[i] = low + (double)i * width;
        if (!integral)
            bars->edges[bars->bar_count] = fmax(bars->edges[bars->bar_count], high); /* the sum above is rounded */
    }
    fill_bars(&signal->kept, bars, bars->kept);
    fill_bars(&signal->gone, bars, bars->gone);
}

/* ---- numbers ---- */

void cy_buffer_add_count(struct cy_buffer *out, uint64_t count)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, count);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            cy_buffer_add_byte(out, ',');
        cy_buffer_add_byte(out, (uint8_t)digits[i]);
    }
}

void cy_buffer_add_bytes(struct cy_buffer *out, uint64_t size_bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)size_bytes;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < CY_COUNT(units)) {
        value /= 1000;
        unit++;
    }
    cy_buffer_printf(out, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

void cy_buffer_add_share(struct cy_buffer *out, uint64_t part, uint64_t whole)
{
    double share = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
    if (part > 0 && share < 0.1)
        cy_buffer_add_text(out, "< 0.1 %");
    else if (part < whole && share > 99.9)
        cy_buffer_add_text(out, "> 99.9 %");
    else
        cy_buffer_printf(out, "%.1f %%", share);
}

void cy_buffer_add_value(struct cy_buffer *out, double value)
{
    if (isnan(value)) {
        cy_buffer_add_text(out, "not measured");
        return;
    }
    double size = fabs(value);
    if (size >= 1000 && size < 1e15) {
        if (value < 0)
            cy_buffer_add_text(out, "−");
        cy_buffer_add_count(out, (uint64_t)(size + 0.5));
        return;
    }
    char text[40];
    snprintf(text, sizeof text, "%.4g", value == 0 ? 0 : size);
    cy_buffer_printf(out, "%s%s", value < 0 ? "−" : "", text);
}

void cy_buffer_add_short(struct cy_buffer *out, double value)
{
    double size = fabs(value);
    if (isnan(value) || size >= 1000 || size == 0) {
        cy_buffer_add_value(out, value);
        return;
    }
    cy_buffer_printf(out, size < 1e-3 ? "%s%.1e" : "%s%.3g", value < 0 ? "−" : "", size);
}

void cy_buffer_add_place(struct cy_buffer *out, struct cy_str source, uint64_t offset, uint64_t within)
{
    struct cy_arena arena = {0};
    const struct cy_format *format = cy_format_of_path(cy_arena_str(&arena, source).data);
    const char *unit = format != NULL && strcmp(format->name, "parquet") == 0 ? "row" : "byte";
    cy_arena_release(&arena);
    cy_buffer_add_str(out, source);
    cy_buffer_printf(out, ", %s %" PRIu64, unit, offset);
    if (within > 0)
        cy_buffer_printf(out, " + %" PRIu64, within);
}

void cy_buffer_add_alike(struct cy_buffer *out, double similarity)
{
    double percent = floor(similarity * 100 + 0.5);
    if (percent >= 100 && similarity < 1)
        cy_buffer_add_text(out, "over 99 % alike");
    else
        cy_buffer_printf(out, "%.0f %% alike", percent);
}

struct cy_str cy_text_beginning(struct cy_str text, size_t size_bytes_max)
{
    if (text.size <= size_bytes_max)
        return text;
    size_t size = size_bytes_max;
    while (size > 0 && ((uint8_t)text.data[size] & 0xC0) == 0x80)
        size--;
    return (struct cy_str){text.data, size};
}
