#include "cli/options.h"

#include "cli/table_print.h"
#include "cli/verdict_explain.h"
#include "dataset/json_write.h"
#include "dataset/read.h"
#include "dataset/report_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <yyjson.h>

enum {
    SAMPLES_DEFAULT = 3,
    ROWS_SHOWN = 25, /* of a section, those that differ most; JSON has all */
    NAMES_MAX = 8192 /* of a section: twice what a build report counts by name */
};
static const int64_t memory_default = INT64_C(1) << 30;
/* A mean that differs by less moved only by rounding. */
static const double mean_share_min = 1e-9;

/* One figure in both datasets; NaN: it is not there. */
struct pair {
    struct cy_str name;
    double a, b;
};
struct section {
    const char *key;   /* in JSON */
    const char *title; /* on the terminal */
    struct pair *pairs;
    size_t count;
};
enum section_index { TOTALS, TOKENS, PARTIES, LICENSES, LANGUAGES, RULES, SIGNALS, SECTION_COUNT };

struct difference {
    struct cy_arena arena;
    struct cy_dataset datasets[2];
    struct cy_dataset_tables tables;
    struct section sections[SECTION_COUNT];
    int64_t kept[2], came, went, changed, same;
};

/* ---- figures, from the build reports ---- */

static void set_figure(struct difference *difference, enum section_index index, struct cy_str name, int which, double value)
{
    struct section *section = &difference->sections[index];
    for (size_t i = 0; i < section->count; i++) {
        if (!cy_str_equal(section->pairs[i].name, name))
            continue;
        *(which == 0 ? &section->pairs[i].a : &section->pairs[i].b) = value;
        return;
    }
    if (section->count == NAMES_MAX)
        return;
    if (section->pairs == NULL)
        section->pairs = cy_arena_alloc(&difference->arena, NAMES_MAX * sizeof *section->pairs);
    section->pairs[section->count++] =
        (struct pair){cy_arena_str(&difference->arena, name), which == 0 ? value : NAN, which == 0 ? NAN : value};
}

static struct cy_str name_of(yyjson_val *value)
{
    struct cy_str name = {yyjson_get_str(value), yyjson_get_len(value)};
    return name.size > 0 ? name : CY_STR("not stated");
}

static void add_table(struct difference *difference, enum section_index index, yyjson_val *table, int which)
{
    size_t i, count;
    yyjson_val *row;
    yyjson_arr_foreach(table, i, count, row)
    {
        set_figure(difference, index, name_of(yyjson_obj_get(row, "name")), which, yyjson_get_num(yyjson_obj_get(row, "kept")));
    }
}

static void add_totals(struct difference *difference, yyjson_val *total, int which)
{
    static const char *const names[] = {"read", "kept", "removed", "unreadable", "skipped", "text_bytes"};
    for (size_t i = 0; i < CY_COUNT(names); i++)
        set_figure(difference, TOTALS, cy_str(names[i]), which, yyjson_get_num(yyjson_obj_get(total, names[i])));
    size_t i, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(yyjson_obj_get(total, "tokens"), i, count, key, value)
    {
        set_figure(difference, TOKENS, name_of(key), which, yyjson_get_num(value));
    }
}

/* "quality: words_min", owned by the arena. */
static struct cy_str joined(struct cy_arena *arena, struct cy_str step, const char *between, struct cy_str name)
{
    return cy_str(cy_arena_printf(arena, "%.*s%s%.*s", (int)step.size, step.data, between, (int)name.size, name.data));
}

static void add_rules(struct difference *difference, struct cy_str step, yyjson_val *rules, int which)
{
    size_t i, count;
    yyjson_val *rule;
    yyjson_arr_foreach(rules, i, count, rule)
    {
        struct cy_str name = joined(&difference->arena, step, ": ", name_of(yyjson_obj_get(rule, "name")));
        set_figure(difference, RULES, name, which, yyjson_get_num(yyjson_obj_get(rule, "count")));
    }
}

static void add_steps(struct difference *difference, yyjson_val *steps, int which)
{
    size_t i, j, step_count, signal_count;
    yyjson_val *step, *signal;
    yyjson_arr_foreach(steps, i, step_count, step)
    {
        struct cy_str step_name = name_of(yyjson_obj_get(step, "name"));
        add_rules(difference, step_name, yyjson_obj_get(step, "rules"), which);
        yyjson_arr_foreach(yyjson_obj_get(step, "signals"), j, signal_count, signal)
        {
            yyjson_val *mean = yyjson_obj_get(yyjson_obj_get(signal, "kept"), "mean");
            struct cy_str name = joined(&difference->arena, step_name, ".", name_of(yyjson_obj_get(signal, "name")));
            if (yyjson_is_num(mean))
                set_figure(difference, SIGNALS, name, which, yyjson_get_num(mean));
        }
    }
}

static void add_figures(struct difference *difference, int which)
{
    static const struct section heads[SECTION_COUNT] = {
        [TOTALS] = {.key = "totals", .title = "all of it"},
        [TOKENS] = {.key = "tokens", .title = "tokens of the documents kept"},
        [PARTIES] = {.key = "parties", .title = "documents kept, by party"},
        [LICENSES] = {.key = "licenses", .title = "documents kept, by licence"},
        [LANGUAGES] = {.key = "languages", .title = "documents kept, by language"},
        [RULES] = {.key = "rules", .title = "documents that a rule removed"},
        [SIGNALS] = {.key = "signals", .title = "mean of a signal, over the documents kept"},
    };
    yyjson_val *build = yyjson_doc_get_root(difference->datasets[which].build);
    for (size_t i = 0; which == 0 && i < SECTION_COUNT; i++)
        difference->sections[i] = heads[i];
    add_totals(difference, yyjson_obj_get(build, "total"), which);
    add_table(difference, PARTIES, yyjson_obj_get(build, "parties"), which);
    add_table(difference, LICENSES, yyjson_obj_get(build, "licenses"), which);
    add_table(difference, LANGUAGES, yyjson_obj_get(build, "languages"), which);
    add_rules(difference, CY_STR("reading"), yyjson_obj_get(build, "reading"), which);
    add_steps(difference, yyjson_obj_get(build, "steps"), which);
}

/* Counts that one of the two lacks are 0 there; a mean that it lacks stays NaN. */
static void fill_gaps(struct difference *difference)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        for (size_t j = 0; j < difference->sections[i].count && i != SIGNALS; j++) {
            struct pair *pair = &difference->sections[i].pairs[j];
            pair->a = isnan(pair->a) ? 0 : pair->a;
            pair->b = isnan(pair->b) ? 0 : pair->b;
        }
    }
}

static bool differs(const struct pair *pair)
{
    if (isnan(pair->a) || isnan(pair->b))
        return isnan(pair->a) != isnan(pair->b);
    return fabs(pair->b - pair->a) > mean_share_min * fmax(fabs(pair->a), fabs(pair->b));
}

/* ---- documents, by SQL ---- */

static enum cy_status count_documents(struct difference *difference, struct cy_error *error)
{
    static const char sql[] =
        "SELECT count(a.id), count(b.id), count(*) FILTER (a.id IS NULL), count(*) FILTER (b.id IS NULL), count(*) FILTER (a.h <> b.h), "
        "count(*) FILTER (a.h = b.h) FROM (SELECT id, hash(text) AS h FROM a_data) a FULL JOIN (SELECT id, hash(text) AS h FROM b_data) b "
        "ON "
        "a.id = b.id";
    struct cy_duck_result *result;
    size_t row_count;
    enum cy_status status = cy_duck_query(difference->tables.duck, sql, &result, error);
    if (status != CY_OK)
        return status;
    status = cy_duck_next(result, &row_count, error);
    if (status == CY_OK) {
        int64_t *const counts[] = {&difference->kept[0], &difference->kept[1], &difference->came,
                                   &difference->went,    &difference->changed, &difference->same};
        for (size_t i = 0; i < CY_COUNT(counts); i++)
            *counts[i] = cy_duck_int64(result, i, 0);
    }
    cy_duck_result_free(result);
    return status;
}

/* Documents of `from` that `to` lacks, by what `to` says of them. */
static char *fates_sql(struct cy_arena *arena, char from, char to)
{
    return cy_arena_printf(
        arena,
        "SELECT coalesce(v.what, 'not read'), coalesce(v.step, ''), coalesce(v.rule, ''), count(*) FROM (SELECT id FROM %c_data "
        "ANTI JOIN %c_data USING (id)) d LEFT JOIN %c_verdicts v USING (id) GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3",
        from, to, to);
}

static enum cy_status print_fates(struct difference *difference, const char *key, const char *title, char from, char to,
                                  struct cy_json *json, struct cy_error *error)
{
    static const bool right[] = {true, false};
    struct cy_duck_result *result;
    struct cy_print_table table;
    struct cy_buffer text = {0};
    size_t row_count, shown = 0;
    enum cy_status status = cy_duck_query(difference->tables.duck, fates_sql(&difference->arena, from, to), &result, error);
    if (status != CY_OK)
        return status;
    cy_print_table_init(&table, CY_COUNT(right), right, 100);
    cy_print_table_add(&table, CY_STR("documents"));
    cy_print_table_add(&table, cy_str(title));
    if (json != NULL)
        cy_json_open(json, key, '[');
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            struct cy_str what = cy_duck_text(result, 0, row), step = cy_duck_text(result, 1, row), rule = cy_duck_text(result, 2, row);
            if (json != NULL) {
                cy_json_open_line(json, NULL, '{');
                cy_json_text(json, "what", what);
                cy_json_text(json, "step", step);
                cy_json_text(json, "rule", rule);
                cy_json_integer(json, "count", cy_duck_int64(result, 3, row));
                cy_json_close(json, '}');
                continue;
            }
            cy_buffer_clear(&text);
            cy_buffer_add_count(&text, (uint64_t)cy_duck_int64(result, 3, row));
            cy_print_table_add(&table, cy_buffer_str(&text));
            cy_buffer_clear(&text);
            cy_buffer_printf(&text, "%.*s%s%.*s%s%.*s", (int)what.size, what.data, step.size > 0 ? " by " : "", (int)step.size, step.data,
                             rule.size > 0 ? ": " : "", (int)rule.size, rule.data);
            cy_print_table_add(&table, cy_buffer_str(&text));
            shown++;
        }
    }
    if (json != NULL)
        cy_json_close(json, ']');
    if (shown > 0) {
        putchar('\n');
        cy_print_table_flush(&table, stdout);
    }
    cy_print_table_release(&table);
    cy_buffer_release(&text);
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

static enum cy_status print_ids(struct difference *difference, const char *key, const char *title, const char *from, uint64_t count,
                                struct cy_json *json, struct cy_error *error)
{
    struct cy_duck_result *result;
    struct cy_buffer text = {0};
    size_t row_count, shown = 0;
    char *sql = cy_arena_printf(&difference->arena, "SELECT id FROM (%s) ORDER BY hash(id), id LIMIT %" PRIu64, from, count);
    enum cy_status status = cy_duck_query(difference->tables.duck, sql, &result, error);
    if (status != CY_OK)
        return status;
    if (json != NULL)
        cy_json_open(json, key, '[');
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            cy_buffer_clear(&text);
            cy_verdict_add_excerpt(&text, cy_duck_text(result, 0, row), 200);
            if (json != NULL)
                cy_json_text(json, NULL, cy_duck_text(result, 0, row));
            else
                printf("%s%s  %.*s\n", shown == 0 ? title : "", shown == 0 ? "\n" : "", (int)text.size, text.data);
            shown++;
        }
    }
    if (json != NULL)
        cy_json_close(json, ']');
    cy_buffer_release(&text);
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

static enum cy_status print_samples(struct difference *difference, uint64_t count, struct cy_json *json, struct cy_error *error)
{
    static const struct {
        const char *key, *title, *sql;
    } kinds[] = {
        {"came", "\ncame, for example", "SELECT id FROM b_data ANTI JOIN a_data USING (id)"},
        {"went", "\nwent, for example", "SELECT id FROM a_data ANTI JOIN b_data USING (id)"},
        {"changed", "\nchanged, for example", "SELECT a.id FROM a_data a JOIN b_data b ON a.id = b.id AND hash(a.text) <> hash(b.text)"},
    };
    enum cy_status status = CY_OK;
    if (json != NULL)
        cy_json_open(json, "samples", '{');
    for (size_t i = 0; i < CY_COUNT(kinds) && status == CY_OK; i++)
        status = print_ids(difference, kinds[i].key, kinds[i].title, kinds[i].sql, count, json, error);
    if (json != NULL)
        cy_json_close(json, '}');
    return status;
}

/* ---- printing figures ---- */

static void add_figure(struct cy_print_table *table, struct cy_buffer *text, double value)
{
    cy_buffer_clear(text);
    if (isnan(value))
        cy_buffer_add_text(text, "–");
    else
        cy_buffer_add_value(text, value);
    cy_print_table_add(table, cy_buffer_str(text));
}

static void add_change(struct cy_print_table *table, struct cy_buffer *text, const struct pair *pair)
{
    double change = pair->b - pair->a;
    cy_buffer_clear(text);
    if (!isnan(change)) {
        cy_buffer_add_text(text, change > 0 ? "+" : "");
        cy_buffer_add_value(text, change);
    }
    cy_print_table_add(table, cy_buffer_str(text));
    cy_buffer_clear(text);
    if (!isnan(change) && pair->a != 0)
        cy_buffer_printf(text, "%s%.1f %%", change < 0 ? "−" : "+", 100 * fabs(change / pair->a));
    cy_print_table_add(table, cy_buffer_str(text));
}

static void print_section(const struct section *section)
{
    static const bool right[] = {false, true, true, true, true};
    struct cy_print_table table;
    struct cy_buffer text = {0};
    size_t shown = 0, different = 0;
    cy_print_table_init(&table, CY_COUNT(right), right, 60);
    const char *const head[] = {section->title, "A", "B", "change", ""};
    for (size_t i = 0; i < CY_COUNT(head); i++)
        cy_print_table_add(&table, cy_str(head[i]));
    for (size_t i = 0; i < section->count; i++) {
        const struct pair *pair = &section->pairs[i];
        if (!differs(pair))
            continue;
        if (different++ >= ROWS_SHOWN)
            continue;
        cy_print_table_add(&table, pair->name);
        add_figure(&table, &text, pair->a);
        add_figure(&table, &text, pair->b);
        add_change(&table, &text, pair);
        shown++;
    }
    if (shown > 0) {
        putchar('\n');
        cy_print_table_flush(&table, stdout);
    }
    if (different > shown)
        printf("%zu more differ; --format json has them all\n", different - shown);
    cy_print_table_release(&table);
    cy_buffer_release(&text);
}

static void add_section_json(struct cy_json *json, const struct section *section)
{
    cy_json_open(json, section->key, '[');
    for (size_t i = 0; i < section->count; i++) {
        if (!differs(&section->pairs[i]))
            continue;
        cy_json_open_line(json, NULL, '{');
        cy_json_text(json, "name", section->pairs[i].name);
        cy_json_number(json, "a", section->pairs[i].a);
        cy_json_number(json, "b", section->pairs[i].b);
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
}

/* ---- the command ---- */

static void print_documents(const struct difference *difference, struct cy_json *json)
{
    const struct {
        const char *name, *meaning;
        int64_t count;
    } rows[] = {{"came", "only in B", difference->came},
                {"went", "only in A", difference->went},
                {"changed", "in both, with another text", difference->changed},
                {"same", "in both, with the same text", difference->same}};
    struct cy_buffer text = {0};
    if (json != NULL)
        cy_json_open_line(json, "documents", '{');
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        cy_buffer_clear(&text);
        cy_buffer_add_count(&text, (uint64_t)rows[i].count);
        if (json != NULL)
            cy_json_integer(json, rows[i].name, rows[i].count);
        else
            printf("%-8s %12.*s  %s\n", rows[i].name, (int)text.size, text.data, rows[i].meaning);
    }
    if (json != NULL)
        cy_json_close(json, '}');
    cy_buffer_release(&text);
}

static enum cy_status print_difference(struct difference *difference, uint64_t sample_count, struct cy_json *json, struct cy_error *error)
{
    bool same = strcmp(difference->datasets[0].build_id, difference->datasets[1].build_id) == 0;
    if (json != NULL) {
        cy_json_text(json, "a", cy_str(difference->datasets[0].build_id));
        cy_json_text(json, "b", cy_str(difference->datasets[1].build_id));
        cy_json_bool(json, "same_build", same);
    } else {
        printf("A  build id %s\nB  build id %s\n%s\n", difference->datasets[0].build_id, difference->datasets[1].build_id,
               same ? "A and B are the same build\n" : "");
    }
    print_documents(difference, json);
    enum cy_status status = print_fates(difference, "went", "that went: what B says of them", 'a', 'b', json, error);
    if (status == CY_OK)
        status = print_fates(difference, "came", "that came: what A says of them", 'b', 'a', json, error);
    for (size_t i = 0; i < SECTION_COUNT && status == CY_OK; i++) {
        if (json != NULL)
            add_section_json(json, &difference->sections[i]);
        else
            print_section(&difference->sections[i]);
    }
    return status == CY_OK ? print_samples(difference, sample_count, json, error) : status;
}

static enum cy_status run(const char *const folders[2], uint64_t sample_count, bool as_json, int64_t memory_bytes, struct cy_error *error)
{
    struct difference difference = {0};
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    const struct cy_dataset *const datasets[] = {&difference.datasets[0], &difference.datasets[1]};
    enum cy_status status = CY_OK;
    for (int which = 0; which < 2 && status == CY_OK; which++) {
        status = cy_dataset_read(&difference.datasets[which], folders[which], error);
        if (status == CY_OK)
            add_figures(&difference, which);
    }
    fill_gaps(&difference);
    if (status == CY_OK)
        status = cy_dataset_tables(&difference.tables, datasets, (const char *const[]){"a_", "b_"}, 2, memory_bytes, error);
    if (status == CY_OK)
        status = count_documents(&difference, error);
    if (as_json)
        cy_json_open(&json, NULL, '{');
    if (status == CY_OK)
        status = print_difference(&difference, sample_count, as_json ? &json : NULL, error);
    if (as_json) {
        cy_json_close(&json, '}');
        if (status == CY_OK)
            fwrite(out.data, 1, out.size, stdout);
    }
    cy_buffer_release(&out);
    cy_dataset_close_tables(&difference.tables);
    for (int which = 0; which < 2; which++)
        cy_dataset_release(&difference.datasets[which]);
    cy_arena_release(&difference.arena);
    return status;
}

int cy_cmd_diff(int argc, char **argv)
{
    uint64_t sample_count = SAMPLES_DEFAULT;
    const char *format = "text";
    int64_t memory_bytes = memory_default;
    const struct cy_option options[] = {
        CY_OPT_COUNT("sample", &sample_count, "N", "name this many documents of each kind (default 3)"),
        CY_OPT_CHOICE("format", &format, "text|json", "how to print"),
        CY_OPT_SIZE("memory", &memory_bytes, "what the comparison may use; more is spilled to disk (default 1GiB)"),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan diff out/web-en-2026-10 out/web-en-2026-11", "what a month changed", NULL, NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "diff",
            .arguments = "[<options>] A B",
            .summary = "Compares two datasets: documents (by id) that came, went and changed, and what the other dataset says "
                       "of them; tokens, parties, licences, languages, rules; signals whose mean moved.",
            .options = options,
            .argument_min = 2,
            .argument_max = 2,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    const char *const folders[] = {argv[0], argv[1]};
    if (run(folders, sample_count, strcmp(format, "json") == 0, memory_bytes, &error) != CY_OK)
        return cy_report(&error);
    return CY_EXIT_OK;
}
