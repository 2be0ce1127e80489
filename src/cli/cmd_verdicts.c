#include "cli/options.h"

#include "cli/table_print.h"
#include "cli/verdict_explain.h"
#include "dataset/json_write.h"
#include "dataset/report_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <yyjson.h>

enum {
    SAMPLES_DEFAULT = 5,
    EXCERPT_CHARS = 240,  /* of a sample's text on a terminal */
    EXCERPT_BYTES = 2048, /* of a sample's text as JSON */
};

/* What the command line asks for; NULL: any. */
struct request {
    const char *operator, * rule, *step, *what;
    uint64_t sample_count;
    bool json;
};

/* " WHERE step = '…' AND …", or nothing. */
static void add_where(struct cy_buffer *sql, const struct request *request)
{
    const struct {
        const char *column, *value;
    } filters[] = {{"operator", request->operator}, {"rule", request->rule}, {"step", request->step}, {"what", request->what}};
    bool any = false;
    for (size_t i = 0; i < CY_COUNT(filters); i++) {
        if (filters[i].value == NULL)
            continue;
        cy_buffer_printf(sql, "%s%s = ", any ? " AND " : " WHERE ", filters[i].column);
        cy_duck_add_literal(sql, cy_str(filters[i].value));
        any = true;
    }
}

/* The recipe's steps in order, as an SQL list, from the build report. */
static void add_step_list(struct cy_buffer *sql, const struct cy_dataset *dataset)
{
    size_t i, count;
    yyjson_val *step;
    cy_buffer_add_byte(sql, '[');
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(dataset->build), "steps"), i, count, step)
    {
        cy_buffer_add_text(sql, i > 0 ? ", " : "");
        cy_duck_add_literal(sql, cy_str(yyjson_get_str(yyjson_obj_get(step, "name"))));
    }
    cy_buffer_add_text(sql, "]::VARCHAR[]");
}

/* ---- summary ---- */

static void add_range(struct cy_buffer *out, double low, double high)
{
    cy_buffer_clear(out);
    if (isnan(low))
        return;
    cy_buffer_add_value(out, low);
    if (low == high)
        return;
    cy_buffer_add_text(out, " … ");
    cy_buffer_add_value(out, high);
}

static void add_summary_row(struct cy_print_table *table, struct cy_duck_result *result, size_t row, uint64_t total)
{
    struct cy_buffer text = {0};
    struct cy_str step = cy_duck_text(result, 1, row), operator= cy_duck_text(result, 2, row);
    uint64_t count = (uint64_t)cy_duck_int64(result, 4, row);
    cy_print_table_add(table, cy_duck_text(result, 0, row));
    cy_buffer_add_str(&text, step.size > 0 ? step : CY_STR("(reading)"));
    if (!cy_str_equal(step, operator))
        cy_buffer_printf(&text, " (%.*s)", (int)operator.size, operator.data);
    cy_print_table_add(table, cy_buffer_str(&text));
    cy_print_table_add(table, cy_duck_text(result, 3, row));
    cy_buffer_clear(&text);
    cy_buffer_add_count(&text, count);
    cy_print_table_add(table, cy_buffer_str(&text));
    cy_buffer_clear(&text);
    cy_buffer_add_share(&text, count, total);
    cy_print_table_add(table, cy_buffer_str(&text));
    cy_buffer_clear(&text);
    cy_buffer_add_bytes(&text, (uint64_t)cy_duck_int64(result, 5, row));
    cy_print_table_add(table, cy_buffer_str(&text));
    add_range(&text, cy_duck_number(result, 6, row), cy_duck_number(result, 7, row));
    cy_print_table_add(table, cy_buffer_str(&text));
    add_range(&text, cy_duck_number(result, 8, row), cy_duck_number(result, 9, row));
    cy_print_table_add(table, cy_buffer_str(&text));
    cy_buffer_release(&text);
}

static void add_summary_json(struct cy_json *json, struct cy_duck_result *result, size_t row)
{
    static const char *const names[] = {"what", "step", "operator", "rule"};
    static const char *const numbers[] = {"measured_min", "measured_max", "threshold_min", "threshold_max"};
    cy_json_open_line(json, NULL, '{');
    for (size_t i = 0; i < CY_COUNT(names); i++)
        cy_json_text(json, names[i], cy_duck_text(result, i, row));
    cy_json_integer(json, "count", cy_duck_int64(result, 4, row));
    cy_json_integer(json, "bytes", cy_duck_int64(result, 5, row));
    for (size_t i = 0; i < CY_COUNT(numbers); i++)
        cy_json_number(json, numbers[i], cy_duck_number(result, 6 + i, row));
    cy_json_close(json, '}');
}

static enum cy_status print_summary(const struct cy_dataset *dataset, struct cy_duck *duck, const struct request *request,
                                    struct cy_json *json, uint64_t *count, struct cy_error *error)
{
    static const bool right[] = {false, false, false, true, true, true, true, true};
    static const char *const head[] = {"what", "step", "rule", "documents", "of all read", "bytes read", "measured", "threshold"};
    yyjson_val *read = yyjson_ptr_get(yyjson_doc_get_root(dataset->build), "/total/read");
    struct cy_print_table table;
    struct cy_duck_result *result;
    struct cy_buffer sql = {0};
    size_t row_count;
    cy_buffer_add_text(
        &sql, "SELECT what, coalesce(step, ''), coalesce(operator, ''), rule, count(*), CAST(sum(bytes) AS BIGINT), min(measured), "
              "max(measured), min(threshold), max(threshold) FROM verdicts");
    add_where(&sql, request);
    cy_buffer_add_text(&sql, " GROUP BY what, step, operator, rule ORDER BY coalesce(list_position(");
    add_step_list(&sql, dataset);
    cy_buffer_add_text(&sql, ", step), 0), what, count(*) DESC, rule");
    cy_buffer_add_byte(&sql, 0);
    enum cy_status status = cy_duck_query(duck, sql.data, &result, error);
    cy_buffer_release(&sql);
    if (status != CY_OK)
        return status;
    cy_print_table_init(&table, CY_COUNT(right), right, 48);
    for (size_t i = 0; i < CY_COUNT(head); i++)
        cy_print_table_add(&table, cy_str(head[i]));
    if (json != NULL)
        cy_json_open(json, "summary", '[');
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            if (json != NULL)
                add_summary_json(json, result, row);
            else
                add_summary_row(&table, result, row, yyjson_get_uint(read));
            *count += (uint64_t)cy_duck_int64(result, 4, row);
        }
    }
    if (json != NULL)
        cy_json_close(json, ']');
    else if (*count > 0)
        cy_print_table_flush(&table, stdout);
    cy_print_table_release(&table);
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

/* ---- samples ---- */

static void print_sample(const struct cy_dataset *dataset, yyjson_val *row)
{
    struct cy_buffer out = {0};
    struct cy_str url = cy_verdict_text(row, "url"), text = cy_verdict_text(row, "text");
    cy_buffer_add_byte(&out, '\n');
    cy_verdict_add_excerpt(&out, cy_verdict_text(row, "id"), EXCERPT_CHARS);
    cy_buffer_add_text(&out, "\n  ");
    cy_verdict_add_excerpt(&out, cy_verdict_text(row, "step").size > 0 ? cy_verdict_text(row, "step") : cy_verdict_text(row, "what"),
                           EXCERPT_CHARS);
    cy_buffer_add_text(&out, ": ");
    cy_verdict_add_excerpt(&out, cy_verdict_text(row, "rule"), EXCERPT_CHARS);
    size_t before = out.size;
    cy_buffer_add_text(&out, ", ");
    cy_verdict_add_reason(&out, dataset, row);
    if (out.size == before + 2)
        out.size = before;
    cy_buffer_add_text(&out, "\n  ");
    struct cy_buffer place = {0};
    cy_buffer_add_place(&place, cy_verdict_text(row, "source"), yyjson_get_uint(yyjson_obj_get(row, "offset")),
                        yyjson_get_uint(yyjson_obj_get(row, "offset_within")));
    cy_verdict_add_excerpt(&out, cy_buffer_str(&place), EXCERPT_CHARS);
    cy_buffer_release(&place);
    if (url.size > 0) {
        cy_buffer_add_text(&out, "  ");
        cy_verdict_add_excerpt(&out, url, EXCERPT_CHARS);
    }
    if (text.size > 0) {
        cy_buffer_add_text(&out, "\n  “");
        cy_verdict_add_excerpt(&out, text, EXCERPT_CHARS);
        cy_buffer_add_text(&out, "”");
    }
    cy_buffer_add_byte(&out, '\n');
    fwrite(out.data, 1, out.size, stdout);
    cy_buffer_release(&out);
}

static enum cy_status print_samples(const struct cy_dataset *dataset, struct cy_duck *duck, const struct request *request,
                                    struct cy_json *json, struct cy_error *error)
{
    struct cy_duck_result *result;
    struct cy_buffer sql = {0};
    size_t row_count;
    /* By hash of the id: chance, but the same each time. */
    cy_buffer_printf(&sql, "SELECT CAST(to_json(v) AS VARCHAR) FROM (SELECT * REPLACE (left(text, %d) AS text) FROM verdicts",
                     EXCERPT_BYTES);
    add_where(&sql, request);
    cy_buffer_printf(&sql, " ORDER BY hash(id), id LIMIT %" PRIu64 ") v", request->sample_count);
    cy_buffer_add_byte(&sql, 0);
    enum cy_status status = cy_duck_query(duck, sql.data, &result, error);
    cy_buffer_release(&sql);
    if (status != CY_OK)
        return status;
    if (json != NULL)
        cy_json_open(json, "samples", '[');
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            struct cy_str line = cy_duck_text(result, 0, row);
            yyjson_doc *doc = json == NULL ? yyjson_read(line.data, line.size, 0) : NULL;
            if (json != NULL)
                cy_json_raw(json, NULL, line);
            else if (doc != NULL)
                print_sample(dataset, yyjson_doc_get_root(doc));
            yyjson_doc_free(doc);
        }
    }
    if (json != NULL)
        cy_json_close(json, ']');
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

/* ---- the command ---- */

static enum cy_status print_all(const struct cy_dataset *dataset, struct cy_duck *duck, const struct request *request,
                                struct cy_error *error)
{
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    uint64_t count = 0;
    if (request->json)
        cy_json_open(&json, NULL, '{');
    enum cy_status status = print_summary(dataset, duck, request, request->json ? &json : NULL, &count, error);
    if (status == CY_OK && !request->json && count == 0)
        puts("no such verdict");
    if (status == CY_OK)
        status = print_samples(dataset, duck, request, request->json ? &json : NULL, error);
    if (request->json) {
        cy_json_close(&json, '}');
        if (status == CY_OK)
            fwrite(out.data, 1, out.size, stdout);
    }
    cy_buffer_release(&out);
    return status;
}

static enum cy_status run(const char *folder, const struct request *request, const char *id, struct cy_error *error)
{
    struct cy_dataset dataset = {0};
    struct cy_dataset_tables tables = {0};
    enum cy_status status = cy_dataset_open_tables(&dataset, &tables, folder, INT64_C(1) << 30, error);
    if (status == CY_OK) {
        if (id != NULL)
            status = cy_verdict_explain(&dataset, tables.duck, id, request->json, error);
        else
            status = print_all(&dataset, tables.duck, request, error);
    }
    cy_dataset_close_tables(&tables);
    cy_dataset_release(&dataset);
    return status;
}

int cy_cmd_verdicts(int argc, char **argv)
{
    struct request request = {.sample_count = SAMPLES_DEFAULT};
    const char *id = NULL, *format = "text";
    const struct cy_option options[] = {
        CY_OPT_TEXT("id", &id, "ID", "explain this record (its id, or its url): why it is gone, or where it lies"),
        CY_OPT_TEXT("step", &request.step, "NAME", "only what this step of the recipe removed"),
        CY_OPT_TEXT("operator", &request.operator, "NAME", "only what this operator removed"),
        CY_OPT_TEXT("rule", &request.rule, "NAME", "only what this rule removed"),
        CY_OPT_CHOICE("what", &request.what, "removed|unreadable|skipped", "only these verdicts"),
        CY_OPT_COUNT("sample", &request.sample_count, "N", "show this many, chosen by hash (default 5)"),
        CY_OPT_CHOICE("format", &format, "text|json", "how to print"),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan verdicts out/web-en",
        "how many each rule removed, and a few of them",
        "ciyuan verdicts out/web-en --step gopher_quality --rule words_min --sample 20",
        "twenty that were too short",
        "ciyuan verdicts out/web-en --id 'crawl/a.jsonl#17'",
        "why that record is gone: every signal with the threshold it met or did not",
        NULL,
        NULL,
    };
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "verdicts",
            .arguments = "[<options>] DATASET",
            .summary = "Lists and explains what was not kept: by step and rule, with samples; for one record why it is gone, with "
                       "its numbers, and for a duplicate which document it duplicates and how alike they are.",
            .options = options,
            .argument_min = 1,
            .argument_max = 1,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    request.json = strcmp(format, "json") == 0;
    struct cy_error error;
    return run(argv[0], &request, id, &error) == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
