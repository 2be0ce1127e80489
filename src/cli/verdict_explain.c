#include "cli/verdict_explain.h"

#include "base/unicode.h"
#include "cli/table_print.h"
#include "dataset/json_write.h"
#include "dataset/report_view.h"
#include "source/reasons.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

enum {
    TEXT_CHARS_MAX = 600,  /* of each text shown */
    TEXT_BYTES_MAX = 2048, /* asked of the database */
    ROWS_MAX = 16,         /* that one url may name */
};

/* ---- rows as JSON ---- */

struct cy_str cy_verdict_text(yyjson_val *row, const char *key)
{
    yyjson_val *value = yyjson_obj_get(row, key);
    return yyjson_is_str(value) ? (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)} : (struct cy_str){"", 0};
}

static double number_of(yyjson_val *row, const char *key)
{
    yyjson_val *value = yyjson_obj_get(row, key);
    return yyjson_is_num(value) ? yyjson_get_num(value) : NAN;
}

/* The rows that a query of one VARCHAR column gives, as JSON documents; owned by the caller. */
static enum cy_status read_rows(struct cy_duck *duck, const char *sql, yyjson_doc *docs[ROWS_MAX], size_t *doc_count,
                                struct cy_error *error)
{
    struct cy_duck_result *result;
    *doc_count = 0;
    enum cy_status status = cy_duck_query(duck, sql, &result, error);
    if (status != CY_OK)
        return status;
    size_t row_count;
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count && *doc_count < ROWS_MAX; row++) {
            struct cy_str line = cy_duck_text(result, 0, row);
            yyjson_doc *doc = yyjson_read(line.data, line.size, 0);
            if (doc != NULL)
                docs[(*doc_count)++] = doc;
        }
    }
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

static void free_docs(yyjson_doc **docs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        yyjson_doc_free(docs[i]);
}

/* ---- words ---- */

void cy_verdict_add_excerpt(struct cy_buffer *out, struct cy_str text, size_t chars_max)
{
    size_t chars = 0;
    bool space = false;
    for (const char *at = text.data, *end = text.data + text.size; at < end; chars++) {
        uint32_t point = cy_utf8_decode(&at, end);
        char bytes[4];
        if (chars == chars_max) {
            cy_buffer_add_text(out, "…");
            return;
        }
        bool blank = cy_is_white_space(point) || cy_category(point) == CY_CC;
        if (blank && space)
            continue;
        space = blank;
        cy_buffer_add(out, bytes, cy_utf8_encode(blank ? ' ' : point, bytes));
    }
}

/* How the rule that removed keeps: its sign, from the build report; "" when it is not known. */
static const char *sign_of_rule(const struct cy_dataset *dataset, struct cy_str step, struct cy_str rule)
{
    size_t i, j, k, count;
    yyjson_val *one_step, *signal, *threshold;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(dataset->build), "steps"), i, count, one_step)
    {
        if (!cy_str_equal(cy_verdict_text(one_step, "name"), step))
            continue;
        size_t signal_count, threshold_count;
        yyjson_arr_foreach(yyjson_obj_get(one_step, "signals"), j, signal_count, signal)
        {
            yyjson_arr_foreach(yyjson_obj_get(signal, "thresholds"), k, threshold_count, threshold)
            {
                if (cy_str_equal(cy_verdict_text(threshold, "rule"), rule))
                    return cy_verdict_text(threshold, "keep").data;
            }
        }
    }
    return "";
}

void cy_verdict_add_reason(struct cy_buffer *out, const struct cy_dataset *dataset, yyjson_val *row)
{
    double measured = number_of(row, "measured"), threshold = number_of(row, "threshold"), similarity = number_of(row, "similarity");
    struct cy_str duplicate_of = cy_verdict_text(row, "duplicate_of");
    if (duplicate_of.size > 0) {
        cy_buffer_add_text(out, similarity < 1 ? "near-duplicate of " : "duplicate of ");
        cy_verdict_add_excerpt(out, duplicate_of, TEXT_CHARS_MAX);
        if (!isnan(similarity)) {
            cy_buffer_add_text(out, ", ");
            cy_buffer_add_alike(out, similarity);
            cy_buffer_printf(out, " (similarity %.2f)", similarity);
        }
        return;
    }
    if (!isnan(measured)) {
        cy_buffer_add_text(out, "measured ");
        cy_buffer_add_value(out, measured);
    }
    if (!isnan(threshold)) {
        const char *sign = sign_of_rule(dataset, cy_verdict_text(row, "step"), cy_verdict_text(row, "rule"));
        cy_buffer_printf(out, "%s%s%s ", isnan(measured) ? "" : ", ", sign[0] != '\0' ? "kept when " : "threshold", sign);
        cy_buffer_add_value(out, threshold);
    }
}

/* ---- the signals of one document ---- */

static bool meets(double value, const char *keep, double threshold)
{
    if (strcmp(keep, "≥") == 0)
        return value >= threshold;
    if (strcmp(keep, "≤") == 0)
        return value <= threshold;
    if (strcmp(keep, ">") == 0)
        return value > threshold;
    return strcmp(keep, "<") != 0 || value < threshold;
}

/* "≥ 50 met (words_min); ≤ 100,000 met (words_max)"; where a threshold goes by language and the value lies between, no judgement. */
static void add_thresholds(struct cy_buffer *out, const struct cy_read_threshold *thresholds, size_t count, double value)
{
    for (size_t i = 0; i < count; i++) {
        const struct cy_read_threshold *one = &thresholds[i];
        bool low = meets(value, one->keep, one->low), high = meets(value, one->keep, one->high);
        cy_buffer_printf(out, "%s%s ", i > 0 ? "; " : "", one->keep);
        cy_buffer_add_value(out, one->low);
        if (one->low != one->high) {
            cy_buffer_add_text(out, " … ");
            cy_buffer_add_value(out, one->high);
        }
        cy_buffer_printf(out, " %s (%s)", isnan(value) ? "not measured" : low != high ? "by language" : low ? "met" : "NOT met", one->rule);
    }
}

static void print_signals(const struct cy_dataset *dataset, yyjson_val *row)
{
    static const bool right[] = {false, true, false};
    struct cy_print_table table;
    struct cy_buffer text = {0};
    cy_print_table_init(&table, CY_COUNT(right), right, 100);
    cy_print_table_add(&table, CY_STR("signal"));
    cy_print_table_add(&table, CY_STR("measured"));
    cy_print_table_add(&table, CY_STR("kept when"));
    size_t i, j, step_count, signal_count, shown = 0;
    yyjson_val *step, *measures, *signal, *value;
    yyjson_obj_foreach(yyjson_obj_get(row, "signals"), i, step_count, step, measures)
    {
        yyjson_obj_foreach(measures, j, signal_count, signal, value)
        {
            struct cy_read_threshold thresholds[CY_READ_THRESHOLDS_MAX];
            double number = yyjson_is_num(value) ? yyjson_get_num(value) : NAN;
            if (isnan(number))
                continue;
            cy_buffer_clear(&text);
            cy_buffer_printf(&text, "%s.%s", yyjson_get_str(step), yyjson_get_str(signal));
            cy_print_table_add(&table, cy_buffer_str(&text));
            cy_buffer_clear(&text);
            cy_buffer_add_value(&text, number);
            cy_print_table_add(&table, cy_buffer_str(&text));
            cy_buffer_clear(&text);
            size_t count = cy_dataset_thresholds(dataset, yyjson_get_str(step), yyjson_get_str(signal), thresholds);
            add_thresholds(&text, thresholds, count, number);
            cy_print_table_add(&table, cy_buffer_str(&text));
            shown++;
        }
    }
    if (shown > 0) {
        putchar('\n');
        cy_print_table_flush(&table, stdout);
    }
    cy_print_table_release(&table);
    cy_buffer_release(&text);
}

/* ---- one document ---- */

/* The id, without the control characters that a terminal would obey, then what became of it. */
static void print_head(struct cy_str id, struct cy_str what)
{
    struct cy_buffer text = {0};
    cy_verdict_add_excerpt(&text, id, TEXT_CHARS_MAX);
    printf("%.*s\n  %-12.*s ", (int)text.size, text.data, (int)what.size, what.data);
    cy_buffer_release(&text);
}

static void print_field(const char *name, struct cy_str value)
{
    struct cy_buffer text = {0};
    if (value.size == 0)
        return;
    cy_verdict_add_excerpt(&text, value, TEXT_CHARS_MAX);
    printf("  %-12s %.*s\n", name, (int)text.size, text.data);
    cy_buffer_release(&text);
}

static void print_text(const char *title, struct cy_str text, const char *none)
{
    struct cy_buffer excerpt = {0};
    cy_verdict_add_excerpt(&excerpt, text, TEXT_CHARS_MAX);
    printf("\n%s\n  %.*s\n", title, (int)(text.size > 0 ? excerpt.size : strlen(none)), text.size > 0 ? excerpt.data : none);
    cy_buffer_release(&excerpt);
}

static void print_place(yyjson_val *row)
{
    struct cy_buffer place = {0};
    cy_buffer_add_place(&place, cy_verdict_text(row, "source"), yyjson_get_uint(yyjson_obj_get(row, "offset")),
                        yyjson_get_uint(yyjson_obj_get(row, "offset_within")));
    print_field("source", cy_buffer_str(&place));
    print_field("url", cy_verdict_text(row, "url"));
    print_field("party", cy_verdict_text(row, "party"));
    print_field("licence", cy_verdict_text(row, "license"));
    print_field("language", cy_verdict_text(row, "language"));
    yyjson_val *bytes = yyjson_obj_get(row, "bytes");
    cy_buffer_clear(&place);
    if (yyjson_is_num(bytes)) {
        cy_buffer_add_bytes(&place, yyjson_get_uint(bytes));
        print_field("read", cy_buffer_str(&place));
    }
    cy_buffer_clear(&place);
    size_t i, count;
    yyjson_val *vocabulary, *tokens;
    yyjson_obj_foreach(yyjson_obj_get(row, "tokens"), i, count, vocabulary, tokens)
    {
        if (yyjson_is_null(tokens))
            continue;
        cy_buffer_add_text(&place, place.size > 0 ? ", " : "");
        cy_buffer_add_count(&place, yyjson_get_uint(tokens));
        cy_buffer_printf(&place, " of %s", yyjson_get_str(vocabulary));
    }
    print_field("tokens", cy_buffer_str(&place));
    cy_buffer_release(&place);
}

/* The kept documents of that id, their text cut, with the file they lie in. */
static enum cy_status find_kept(const struct cy_dataset *dataset, struct cy_duck *duck, const char *column, struct cy_str value,
                                yyjson_doc *docs[ROWS_MAX], size_t *count, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    cy_buffer_printf(&sql,
                     "SELECT CAST(to_json(d) AS VARCHAR) FROM (SELECT * REPLACE (left(text, %d) AS text), (SELECT any_value(replace(file, ",
                     TEXT_BYTES_MAX);
    struct cy_buffer folder = {0};
    cy_buffer_printf(&folder, "%s/", dataset->folder);
    cy_duck_add_literal(&sql, cy_buffer_str(&folder));
    cy_buffer_printf(&sql, ", '')) FROM data_files f WHERE f.id = data.id) AS file FROM data WHERE %s = ", column);
    cy_duck_add_literal(&sql, value);
    cy_buffer_printf(&sql, " LIMIT %d) d", ROWS_MAX);
    cy_buffer_add_byte(&sql, 0);
    enum cy_status status = read_rows(duck, sql.data, docs, count, error);
    cy_buffer_release(&folder);
    cy_buffer_release(&sql);
    return status;
}

static enum cy_status find_verdicts(struct cy_duck *duck, const char *column, struct cy_str value, yyjson_doc *docs[ROWS_MAX],
                                    size_t *count, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    cy_buffer_printf(&sql, "SELECT CAST(to_json(v) AS VARCHAR) FROM verdicts v WHERE %s = ", column);
    cy_duck_add_literal(&sql, value);
    cy_buffer_printf(&sql, " LIMIT %d", ROWS_MAX);
    cy_buffer_add_byte(&sql, 0);
    enum cy_status status = read_rows(duck, sql.data, docs, count, error);
    cy_buffer_release(&sql);
    return status;
}

/* What the removed document duplicates: its place and text, or what became of it. */
static enum cy_status print_original(const struct cy_dataset *dataset, struct cy_duck *duck, struct cy_str id, struct cy_error *error)
{
    yyjson_doc *docs[ROWS_MAX];
    size_t count;
    enum cy_status status = find_kept(dataset, duck, "id", id, docs, &count, error);
    if (status != CY_OK)
        return status;
    if (count > 0) {
        yyjson_val *row = yyjson_doc_get_root(docs[0]);
        struct cy_buffer title = {0};
        cy_buffer_add_text(&title, "the kept document, in ");
        cy_buffer_add_str(&title, cy_verdict_text(row, "file"));
        cy_buffer_add_byte(&title, 0);
        print_text(title.data, cy_verdict_text(row, "text"), "(empty)");
        cy_buffer_release(&title);
        free_docs(docs, count);
        return CY_OK;
    }
    status = find_verdicts(duck, "id", id, docs, &count, error);
    if (status != CY_OK)
        return status;
    if (count > 0) {
        yyjson_val *row = yyjson_doc_get_root(docs[0]);
        struct cy_str step = cy_verdict_text(row, "step"), rule = cy_verdict_text(row, "rule");
        printf("\nThe document that it duplicates was removed later itself, by step %.*s, rule %.*s.\n", (int)step.size, step.data,
               (int)rule.size, rule.data);
        print_text("its text", cy_verdict_text(row, "text"), "(not kept)");
    } else {
        printf("\nThe document that it duplicates is not in this dataset: it belongs to an earlier one (against:).\n");
    }
    free_docs(docs, count);
    return CY_OK;
}

static enum cy_status print_gone(const struct cy_dataset *dataset, struct cy_duck *duck, yyjson_val *row, struct cy_error *error)
{
    struct cy_str step = cy_verdict_text(row, "step"), operator= cy_verdict_text(row, "operator"), rule = cy_verdict_text(row, "rule");
    struct cy_str duplicate_of = cy_verdict_text(row, "duplicate_of");
    struct cy_buffer reason = {0};
    print_head(cy_verdict_text(row, "id"), cy_verdict_text(row, "what"));
    cy_buffer_add_text(&reason, step.size > 0 ? "by step " : "while it was read: ");
    cy_verdict_add_excerpt(&reason, step, TEXT_CHARS_MAX);
    if (step.size > 0 && !cy_str_equal(step, operator))
        cy_buffer_printf(&reason, " (operator %.*s)", (int)operator.size, operator.data);
    cy_buffer_add_text(&reason, step.size > 0 ? ", rule " : "");
    cy_verdict_add_excerpt(&reason, rule, TEXT_CHARS_MAX);
    printf("%.*s\n", (int)reason.size, reason.data);
    cy_buffer_clear(&reason);
    cy_verdict_add_reason(&reason, dataset, row);
    for (enum cy_fate what = CY_UNREADABLE; what <= CY_SKIPPED; what++)
        if (cy_str_is(cy_verdict_text(row, "what"), cy_fate_name(what)))
            cy_buffer_add_text(&reason, cy_reason_meaning(what, rule));
    print_field("why", cy_buffer_str(&reason));
    cy_buffer_release(&reason);
    print_place(row);
    print_signals(dataset, row);
    print_text("its text", cy_verdict_text(row, "text"), "(the ledger holds none)");
    return duplicate_of.size > 0 ? print_original(dataset, duck, duplicate_of, error) : CY_OK;
}

static void print_kept(const struct cy_dataset *dataset, yyjson_val *row)
{
    struct cy_str file = cy_verdict_text(row, "file");
    print_head(cy_verdict_text(row, "id"), CY_STR("kept"));
    printf("in %.*s\n", (int)file.size, file.data);
    print_place(row);
    print_signals(dataset, row);
    print_text("its text", cy_verdict_text(row, "text"), "(empty)");
}

/* ---- as JSON ---- */

static void add_doc(struct cy_json *json, const char *key, yyjson_doc *doc)
{
    size_t size;
    char *text = yyjson_write(doc, 0, &size);
    if (text != NULL)
        cy_json_raw(json, key, (struct cy_str){text, size});
    free(text);
}

static void add_threshold_list(struct cy_json *json, const struct cy_dataset *dataset, yyjson_val *row)
{
    size_t i, j, step_count, signal_count;
    yyjson_val *step, *measures, *signal, *value;
    cy_json_open(json, "thresholds", '[');
    yyjson_obj_foreach(yyjson_obj_get(row, "signals"), i, step_count, step, measures)
    {
        yyjson_obj_foreach(measures, j, signal_count, signal, value)
        {
            struct cy_read_threshold thresholds[CY_READ_THRESHOLDS_MAX];
            size_t count = cy_dataset_thresholds(dataset, yyjson_get_str(step), yyjson_get_str(signal), thresholds);
            for (size_t k = 0; k < count && yyjson_is_num(value); k++) {
                bool low = meets(yyjson_get_num(value), thresholds[k].keep, thresholds[k].low);
                cy_json_open_line(json, NULL, '{');
                cy_json_text(json, "step", cy_str(yyjson_get_str(step)));
                cy_json_text(json, "signal", cy_str(yyjson_get_str(signal)));
                cy_json_text(json, "rule", cy_str(thresholds[k].rule));
                cy_json_number(json, "measured", yyjson_get_num(value));
                cy_json_text(json, "keep", cy_str(thresholds[k].keep));
                cy_json_number(json, "low", thresholds[k].low);
                cy_json_number(json, "high", thresholds[k].high);
                if (low == meets(yyjson_get_num(value), thresholds[k].keep, thresholds[k].high))
                    cy_json_bool(json, "met", low);
                else
                    cy_json_null(json, "met");
                cy_json_close(json, '}');
            }
        }
    }
    cy_json_close(json, ']');
}

static enum cy_status print_json(const struct cy_dataset *dataset, struct cy_duck *duck, yyjson_doc *verdict, yyjson_doc *kept,
                                 struct cy_error *error)
{
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    yyjson_doc *originals[ROWS_MAX];
    size_t original_count = 0;
    yyjson_val *row = yyjson_doc_get_root(verdict != NULL ? verdict : kept);
    struct cy_str duplicate_of = cy_verdict_text(row, "duplicate_of");
    enum cy_status status = CY_OK;
    cy_json_open(&json, NULL, '{');
    cy_json_text(&json, "what", verdict != NULL ? cy_verdict_text(row, "what") : CY_STR("kept"));
    add_doc(&json, verdict != NULL ? "verdict" : "document", verdict != NULL ? verdict : kept);
    add_threshold_list(&json, dataset, row);
    if (duplicate_of.size > 0)
        status = find_kept(dataset, duck, "id", duplicate_of, originals, &original_count, error);
    if (original_count > 0)
        add_doc(&json, "duplicate_of", originals[0]);
    cy_json_close(&json, '}');
    if (status == CY_OK)
        fwrite(out.data, 1, out.size, stdout);
    free_docs(originals, original_count);
    cy_buffer_release(&out);
    return status;
}

/* ---- by id, or by url ---- */

static enum cy_status explain_by(const struct cy_dataset *dataset, struct cy_duck *duck, const char *column, const char *value, bool json,
                                 size_t *found, struct cy_error *error)
{
    yyjson_doc *gone[ROWS_MAX], *kept[ROWS_MAX];
    size_t gone_count = 0, kept_count = 0;
    enum cy_status status = find_verdicts(duck, column, cy_str(value), gone, &gone_count, error);
    if (status == CY_OK)
        status = find_kept(dataset, duck, column, cy_str(value), kept, &kept_count, error);
    for (size_t i = 0; i < gone_count && status == CY_OK; i++) {
        if (json)
            status = print_json(dataset, duck, gone[i], NULL, error);
        else
            status = print_gone(dataset, duck, yyjson_doc_get_root(gone[i]), error);
        if (!json && i + 1 < gone_count + kept_count)
            putchar('\n');
    }
    for (size_t i = 0; i < kept_count && status == CY_OK; i++) {
        if (json)
            status = print_json(dataset, duck, NULL, kept[i], error);
        else
            print_kept(dataset, yyjson_doc_get_root(kept[i]));
        if (!json && i + 1 < kept_count)
            putchar('\n');
    }
    *found = gone_count + kept_count;
    free_docs(gone, gone_count);
    free_docs(kept, kept_count);
    return status;
}

enum cy_status cy_verdict_explain(const struct cy_dataset *dataset, struct cy_duck *duck, const char *id, bool json, struct cy_error *error)
{
    size_t found = 0;
    enum cy_status status = explain_by(dataset, duck, "id", id, json, &found, error);
    if (status == CY_OK && found == 0)
        status = explain_by(dataset, duck, "url", id, json, &found, error);
    if (status != CY_OK || found > 0)
        return status;
    cy_error_set(error, CY_FAILED, "no record has the id or url \"%.200s\", neither in data nor in verdicts", id);
    return cy_error_hint(error, "`ciyuan sql DATASET \"SELECT id FROM verdicts WHERE url LIKE '%%…%%'\"` looks for one");
}
