#include "dataset/report.h"

#include "dataset/json_write.h"
#include "dataset/report_view.h"

#include <math.h>

/* ---- build.json ---- */

static void add_tally(struct cy_json *json, const struct cy_tally *tally, const struct cy_schema *schema)
{
    cy_json_count(json, "read", tally->read_count);
    cy_json_count(json, "kept", tally->kept_count);
    cy_json_count(json, "removed", tally->removed_count);
    cy_json_count(json, "unreadable", tally->unreadable_count);
    cy_json_count(json, "skipped", tally->skipped_count);
    cy_json_count(json, "read_bytes", tally->read_bytes);
    cy_json_count(json, "kept_bytes", tally->kept_bytes);
    cy_json_count(json, "text_bytes", tally->text_bytes);
    if (schema->vocabulary_count > 0) {
        cy_json_open_line(json, "tokens", '{');
        for (size_t i = 0; i < schema->vocabulary_count; i++)
            cy_json_integer(json, schema->vocabularies[i], tally->tokens[i]);
        cy_json_close(json, '}');
    }
}

static void add_table(struct cy_json *json, const char *key, const struct cy_tally_table *table, const struct cy_schema *schema)
{
    cy_json_open(json, key, '[');
    for (size_t i = 0; i < table->count; i++) {
        const struct cy_tally *tally = &table->rows[i].tally;
        cy_json_open(json, NULL, '{');
        cy_json_text(json, "name", table->rows[i].name);
        add_tally(json, tally, schema);
        cy_json_open_line(json, "gone_by_step", '[');
        for (size_t step = 0; step < schema->step_count; step++)
            cy_json_count(json, NULL, tally->step_gone[step]);
        cy_json_close(json, ']');
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
}

static void add_histogram(struct cy_json *json, const char *key, const struct cy_histogram *histogram)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p05", 0.05}, {"p25", 0.25}, {"p50", 0.5}, {"p75", 0.75}, {"p95", 0.95}};
    cy_json_open_line(json, key, '{');
    cy_json_count(json, "measured", histogram->count);
    cy_json_count(json, "missing", histogram->missing);
    cy_json_number(json, "min", histogram->count > 0 ? histogram->low : NAN);
    cy_json_number(json, "max", histogram->count > 0 ? histogram->high : NAN);
    cy_json_number(json, "mean", cy_histogram_mean(histogram));
    for (size_t i = 0; i < CY_COUNT(quantiles); i++)
        cy_json_number(json, quantiles[i].name, cy_histogram_quantile(histogram, quantiles[i].share));
    cy_json_close(json, '}');
}

static void add_signal(struct cy_json *json, const struct cy_build_counts *counts, uint32_t step_index, size_t index)
{
    const struct cy_schema_step *step = &counts->schema->steps[step_index];
    const struct cy_signal *signal = &step->operator->signals[index];
    const struct cy_signal_counts *measured = &counts->signals[step->signal_first + index];
    struct cy_threshold_view thresholds[CY_THRESHOLDS_MAX];
    size_t threshold_count = cy_threshold_views(counts, step_index, signal->name, thresholds);
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "name", cy_str(signal->name));
    cy_json_text(json, "unit", cy_str(signal->unit));
    cy_json_text(json, "meaning", cy_str(signal->meaning));
    cy_json_open(json, "thresholds", '[');
    for (size_t i = 0; i < threshold_count; i++) {
        cy_json_open_line(json, NULL, '{');
        cy_json_text(json, "rule", cy_str(thresholds[i].rule->name));
        cy_json_text(json, "keep", cy_str(cy_rule_sign(thresholds[i].rule)));
        cy_json_number(json, "low", thresholds[i].low);
        cy_json_number(json, "high", thresholds[i].high);
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
    add_histogram(json, "kept", &measured->kept);
    add_histogram(json, "gone", &measured->gone);
    struct cy_bars_view bars;
    cy_bars_view(measured, thresholds, threshold_count, &bars);
    cy_json_open(json, "histogram", '{');
    cy_json_bool(json, "logarithmic", bars.logarithmic);
    cy_json_open_line(json, "edges", '[');
    for (size_t i = 0; bars.bar_count > 0 && i <= bars.bar_count; i++)
        cy_json_number(json, NULL, bars.edges[i]);
    cy_json_close(json, ']');
    cy_json_open_line(json, "kept", '[');
    for (size_t i = 0; i < bars.bar_count; i++)
        cy_json_count(json, NULL, bars.kept[i]);
    cy_json_close(json, ']');
    cy_json_open_line(json, "gone", '[');
    for (size_t i = 0; i < bars.bar_count; i++)
        cy_json_count(json, NULL, bars.gone[i]);
    cy_json_close(json, ']');
    cy_json_close(json, '}');
    cy_json_close(json, '}');
}

static void add_rules(struct cy_json *json, const char *key, const struct cy_build_counts *counts, uint32_t step_index,
                      struct cy_arena *arena)
{
    struct cy_rule_view *rules;
    size_t rule_count = cy_rule_views(counts, step_index, arena, &rules);
    cy_json_open(json, key, '[');
    for (size_t i = 0; i < rule_count; i++) {
        const struct cy_rule *rule = rules[i].rule;
        const struct cy_rule_counts *fired = rules[i].counts;
        cy_json_open(json, NULL, '{');
        cy_json_text(json, "name", rules[i].name);
        cy_json_text(json, "what", cy_str(cy_fate_name(rules[i].what)));
        if (rules[i].meaning[0] != '\0')
            cy_json_text(json, "meaning", cy_str(rules[i].meaning));
        if (rule != NULL && rule->signal != NULL)
            cy_json_text(json, "signal", cy_str(rule->signal));
        if (rules[i].keep.size > 0)
            cy_json_text(json, "keep", rules[i].keep);
        cy_json_count(json, "count", fired != NULL ? fired->count : 0);
        cy_json_count(json, "read_bytes", fired != NULL ? fired->read_bytes : 0);
        cy_json_count(json, "text_bytes", fired != NULL ? fired->text_bytes : 0);
        if (fired != NULL && !isnan(fired->measured_low)) {
            cy_json_number(json, "measured_min", fired->measured_low);
            cy_json_number(json, "measured_max", fired->measured_high);
        }
        if (fired != NULL && !isnan(fired->threshold_low)) {
            cy_json_number(json, "threshold_min", fired->threshold_low);
            cy_json_number(json, "threshold_max", fired->threshold_high);
        }
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
}

static void add_clusters(struct cy_json *json, const struct cy_cluster_counts *clusters)
{
    if (clusters->removed_count == 0)
        return;
    cy_json_open(json, "duplicates", '{');
    cy_json_count(json, "removed", clusters->removed_count);
    cy_json_count(json, "clusters_counted", clusters->cluster_count);
    cy_json_count(json, "one_in", clusters->sampled);
    cy_json_count(json, "largest", clusters->size_max);
    cy_json_open_line(json, "sizes_by_power_of_2", '[');
    for (size_t i = 0; i < CY_CLUSTER_SIZES; i++)
        cy_json_count(json, NULL, clusters->sizes[i]);
    cy_json_close(json, ']');
    cy_json_close(json, '}');
}

static void add_step(struct cy_json *json, const struct cy_build_counts *counts, uint32_t index, struct cy_arena *arena)
{
    const struct cy_schema_step *step = &counts->schema->steps[index];
    const struct cy_step_counts *one = &counts->steps[index];
    uint64_t gone = one->removed_count + one->unreadable_count + one->skipped_count;
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "name", cy_str(step->name));
    cy_json_text(json, "operator", cy_str(step->operator->name));
    cy_json_text(json, "summary", cy_str(step->operator->summary));
    cy_json_text(json, "source", cy_str(step->operator->source));
    cy_json_open(json, "parameters", '{');
    struct cy_buffer value = {0};
    for (const struct cy_param *param = step->operator->params; param != NULL && param->name != NULL; param++) {
        cy_buffer_clear(&value);
        cy_param_print(param, step->self, &value);
        cy_json_text(json, param->name, cy_buffer_str(&value));
    }
    cy_buffer_release(&value);
    cy_json_close(json, '}');
    cy_json_count(json, "in", one->in_count);
    cy_json_count(json, "out", one->in_count - gone);
    cy_json_count(json, "removed", one->removed_count);
    cy_json_count(json, "unreadable", one->unreadable_count);
    cy_json_count(json, "skipped", one->skipped_count);
    cy_json_count(json, "in_bytes", one->in_bytes);
    cy_json_count(json, "out_bytes", one->in_bytes - one->gone_bytes);
    if (counts->schema->vocabulary_count > 0) {
        cy_json_open_line(json, "out_tokens", '{');
        for (size_t i = 0; i < counts->schema->vocabulary_count; i++)
            if (one->out_tokens[i] >= 0)
                cy_json_integer(json, counts->schema->vocabularies[i], one->out_tokens[i]);
        cy_json_close(json, '}');
    }
    add_rules(json, "rules", counts, index, arena);
    add_clusters(json, &one->clusters);
    cy_json_open(json, "signals", '[');
    for (size_t i = 0; step->operator->signals != NULL && step->operator->signals[i].name != NULL; i++)
        add_signal(json, counts, index, i);
    cy_json_close(json, ']');
    cy_json_close(json, '}');
}

void cy_report_json(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    const struct cy_schema *schema = counts->schema;
    struct cy_json json = {.out = out};
    struct cy_arena arena = {0};
    cy_json_open(&json, NULL, '{');
    cy_json_count(&json, "schema", 1);
    cy_json_text(&json, "ciyuan", cy_str(CIYUAN_VERSION));
    cy_json_text(&json, "name", cy_str(schema->name));
    cy_json_open(&json, "total", '{');
    add_tally(&json, &counts->total, schema);
    cy_json_close(&json, '}');
    cy_json_open_line(&json, "splits", '{');
    cy_json_count(&json, "train", counts->train_count);
    cy_json_count(&json, "validation", counts->validation_count);
    cy_json_close(&json, '}');
    add_histogram(&json, "text_bytes", &counts->text_bytes);
    add_rules(&json, "reading", counts, CY_STEP_READ, &arena);
    cy_json_open(&json, "steps", '[');
    for (uint32_t i = 0; i < schema->step_count; i++)
        add_step(&json, counts, i, &arena);
    cy_json_close(&json, ']');
    add_table(&json, "languages", &counts->languages, schema);
    add_table(&json, "parties", &counts->parties, schema);
    add_table(&json, "licenses", &counts->licenses, schema);
    add_table(&json, "sources", &counts->sources, schema);
    cy_json_open(&json, "files", '[');
    for (size_t i = 0; i < counts->shard_count; i++) {
        const struct cy_shard *shard = &counts->shards[i];
        cy_json_open_line(&json, NULL, '{');
        cy_json_text(&json, "name", cy_str(shard->name));
        cy_json_text(&json, "split", cy_str(shard->split));
        cy_json_count(&json, "rows", shard->row_count);
        cy_json_count(&json, "bytes", shard->size_bytes);
        cy_json_text(&json, "sha256", cy_str(shard->sha256));
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_arena_release(&arena);
}

/* ---- samples.json ---- */

static void add_text_if_any(struct cy_json *json, const char *key, struct cy_str text)
{
    if (text.size > 0)
        cy_json_text(json, key, text);
}

static void add_sample(struct cy_json *json, const struct cy_sample *sample)
{
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "id", sample->id);
    add_text_if_any(json, "url", sample->url);
    cy_json_text(json, "source", sample->source);
    cy_json_count(json, "offset", sample->place.offset);
    cy_json_count(json, "within", sample->place.within);
    cy_json_count(json, "record", sample->place.record);
    add_text_if_any(json, "party", sample->party);
    add_text_if_any(json, "license", sample->license);
    add_text_if_any(json, "language", sample->language);
    cy_json_number(json, "measured", sample->measured);
    cy_json_number(json, "threshold", sample->threshold);
    if (sample->duplicate_of.size > 0) {
        cy_json_text(json, "duplicate_of", sample->duplicate_of);
        cy_json_number(json, "similarity", sample->similarity);
    }
    cy_json_count(json, "text_bytes", sample->text_bytes);
    cy_json_text(json, "text", sample->excerpt);
    cy_json_close(json, '}');
}

static void add_sampled_rules(struct cy_json *json, const char *step, const char *operator, const struct cy_rule_table * rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct cy_rule_counts *rule = &rules->rules[i];
        cy_json_open(json, NULL, '{');
        cy_json_text(json, "step", cy_str(step));
        cy_json_text(json, "operator", cy_str(operator));
        cy_json_text(json, "what", cy_str(cy_fate_name(rule->what)));
        cy_json_text(json, "rule", rule->name);
        cy_json_count(json, "count", rule->count);
        cy_json_open(json, "samples", '[');
        for (size_t j = 0; j < rule->sample_count; j++)
            add_sample(json, &rule->samples[j]);
        cy_json_close(json, ']');
        cy_json_close(json, '}');
    }
}

void cy_report_samples(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    struct cy_json json = {.out = out};
    cy_json_open(&json, NULL, '{');
    cy_json_count(&json, "schema", 1);
    cy_json_open(&json, "rules", '[');
    add_sampled_rules(&json, "", "", &counts->reading);
    for (size_t i = 0; i < counts->schema->step_count; i++)
        add_sampled_rules(&json, counts->schema->steps[i].name, counts->schema->steps[i].operator->name, &counts->steps[i].rules);
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
}

/* ---- all of it ---- */

enum cy_status cy_report_write(const char *folder, const struct cy_schema *schema, const struct cy_build_counts *counts,
                               struct cy_error *error)
{
    static const struct {
        const char *name;
        void (*add)(struct cy_buffer *out, const struct cy_build_counts *counts);
    } files[] = {
        {"build.json", cy_report_json}, {"build.html", cy_report_html},   {"samples.json", cy_report_samples},
        {"README.md", cy_card},         {"croissant.json", cy_croissant},
    };
    CY_ASSERT(counts->schema == schema);
    struct cy_arena arena = {0};
    struct cy_buffer content = {0};
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < CY_COUNT(files) && status == CY_OK; i++) {
        cy_buffer_clear(&content);
        files[i].add(&content, counts);
        status = cy_write_file(cy_path_join(&arena, folder, files[i].name), cy_buffer_str(&content), error);
    }
    cy_buffer_release(&content);
    cy_arena_release(&arena);
    return status;
}
