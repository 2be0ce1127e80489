/* What the report, the card and the samples show, taken from the counts: rules with those that never fired, thresholds beside their
 * signals, histograms with few bins, numbers as people read them. All of it is a pure function of the counts. */
#ifndef CY_DATASET_REPORT_VIEW_H
#define CY_DATASET_REPORT_VIEW_H

#include "dataset/counts.h"
#include "dataset/rows.h"

/* A rule of a step, or a reason why a record could not be read, or a type that was skipped. */
struct cy_rule_view {
    struct cy_str name;
    enum cy_fate what;
    const struct cy_rule *rule;          /* from the operator's table; NULL: it names the rule itself at run time */
    const struct cy_rule_counts *counts; /* NULL: it never fired */
    const char *meaning;                 /* a sentence on what it removes, or on the reason; "" where there is none */
    struct cy_str keep;                  /* "≥ 0.65", "0.2 – 0.35, by language"; empty: no threshold */
};
/* The step's rules, those of its operator's table first, in the table's order, without those that its parameters rule out; step_index
 * CY_STEP_READ: the verdicts of reading. */
size_t cy_rule_views(const struct cy_build_counts *counts, uint32_t step_index, struct cy_arena *arena, struct cy_rule_view **views);
/* "≥" and the like: what is kept, in terms of the threshold; "" for CY_KEEP_OTHER. */
const char *cy_rule_sign(const struct cy_rule *rule);

/* A threshold in a signal's histogram. */
struct cy_threshold_view {
    double low, high; /* they differ where thresholds go by language */
    const struct cy_rule *rule;
};
enum { CY_THRESHOLDS_MAX = 8 };
size_t cy_threshold_views(const struct cy_build_counts *counts, uint32_t step_index, const char *signal,
                          struct cy_threshold_view views[CY_THRESHOLDS_MAX]);

/* A histogram of few bins: bars[i] covers [edges[i], edges[i + 1]). What lies outside the edges counts in the first or last bar. */
enum { CY_BARS_MAX = 48 };
struct cy_bars_view {
    bool logarithmic; /* equal bars are equal ratios */
    size_t bar_count; /* 0: nothing was measured */
    double edges[CY_BARS_MAX + 1];
    uint64_t kept[CY_BARS_MAX];
    uint64_t gone[CY_BARS_MAX];
    double low, high; /* least and greatest value */
};
/* The edges hold 99 % of what was measured, and every threshold. */
void cy_bars_view(const struct cy_signal_counts *signal, const struct cy_threshold_view *thresholds, size_t threshold_count,
                  struct cy_bars_view *bars);

/* Numbers as people read them, appended: "1,234,567"; "12.3 MB" (powers of 1000); "12.3 %", "< 0.1 %"; "0.65", "1,234", "1.2e-05" (four
 * digits). */
void cy_buffer_add_count(struct cy_buffer *out, uint64_t count);
void cy_buffer_add_bytes(struct cy_buffer *out, uint64_t size_bytes);
void cy_buffer_add_share(struct cy_buffer *out, uint64_t part, uint64_t whole);
void cy_buffer_add_value(struct cy_buffer *out, double value);
void cy_buffer_add_short(struct cy_buffer *out, double value); /* the same with three digits, for narrow columns */
/* Where a record lies: "a.jsonl.gz, byte 12 + 3"; "b.parquet, row 12". */
void cy_buffer_add_place(struct cy_buffer *out, struct cy_str source, uint64_t offset, uint64_t within);
/* Similarity 0…1 in words, to the whole per cent: "97 % alike"; what rounds to 100 without being so is "over 99 % alike". */
void cy_buffer_add_alike(struct cy_buffer *out, double similarity);
/* The text up to `size_bytes_max`, cut at a code point. */
struct cy_str cy_text_beginning(struct cy_str text, size_t size_bytes_max);

#endif
