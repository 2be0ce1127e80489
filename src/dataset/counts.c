#include "dataset/counts.h"

#include "base/hash.h"
#include "dataset/rows.h"

#include <math.h>
#include <stdlib.h>

/* ---- histograms ---- */

/* The bits of a double are its exponent (from bit 52) and its fraction: as an integer they count through the bins of an octave and then
 * through the octaves. 47 = 52 - log2(CY_BINS_OCTAVE). */
enum { BIN_SHIFT = 47, EXPONENT_BIAS = 1023, FIRST_BIN = (EXPONENT_BIAS + CY_BIN_EXPONENT_MIN) * CY_BINS_OCTAVE };

size_t cy_bin_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int64_t bin = (int64_t)((bits & INT64_MAX) >> BIN_SHIFT) - FIRST_BIN; /* of the magnitude; negative: near zero */
    if (bin < 0)
        return CY_BINS_SIGN;
    bin = CY_MIN(bin, CY_BINS_SIGN - 1);
    return bits >> 63 ? CY_BINS_SIGN - 1 - (size_t)bin : CY_BINS_SIGN + 1 + (size_t)bin;
}

/* The least magnitude of the bin: 2^exponent · (1 + part / CY_BINS_OCTAVE). */
static double magnitude_of(size_t bin)
{
    int exponent = CY_BIN_EXPONENT_MIN + (int)(bin / CY_BINS_OCTAVE);
    return ldexp(1.0 + (double)(bin % CY_BINS_OCTAVE) / CY_BINS_OCTAVE, exponent);
}

double cy_bin_low(size_t bin)
{
    if (bin <= CY_BINS_SIGN)
        return -magnitude_of(CY_BINS_SIGN - bin);
    return magnitude_of(bin - CY_BINS_SIGN - 1);
}

static void histogram_init(struct cy_histogram *histogram, struct cy_arena *arena)
{
    *histogram = (struct cy_histogram){.low = NAN, .high = NAN};
    histogram->bins = cy_arena_zero(arena, CY_BIN_COUNT * sizeof *histogram->bins);
}

/* Magnitudes above 2^62 count as that: a sum of 2^32 of them still fits into 128 bits. */
static __int128 fixed_point(double value)
{
    const double magnitude_max = 4611686018427387904.0, unit = 4294967296.0;
    double held = value > magnitude_max ? magnitude_max : value < -magnitude_max ? -magnitude_max : value;
    return (__int128)nearbyint(held * unit);
}

static void histogram_add(struct cy_histogram *histogram, double value)
{
    if (isnan(value)) {
        histogram->missing++;
        return;
    }
    histogram->low = histogram->count == 0 || value < histogram->low ? value : histogram->low;
    histogram->high = histogram->count == 0 || value > histogram->high ? value : histogram->high;
    histogram->count++;
    histogram->sum += fixed_point(value);
    histogram->bins[cy_bin_of(value)]++;
}

static void histogram_merge(struct cy_histogram *into, const struct cy_histogram *from)
{
    into->missing += from->missing;
    if (from->count == 0)
        return;
    into->low = into->count == 0 || from->low < into->low ? from->low : into->low;
    into->high = into->count == 0 || from->high > into->high ? from->high : into->high;
    into->count += from->count;
    into->sum += from->sum;
    for (size_t bin = 0; bin < CY_BIN_COUNT; bin++)
        into->bins[bin] += from->bins[bin];
}

double cy_histogram_mean(const struct cy_histogram *histogram)
{
    if (histogram->count == 0)
        return NAN;
    return ldexp((double)histogram->sum, -32) / (double)histogram->count;
}

double cy_histogram_quantile(const struct cy_histogram *histogram, double share)
{
    if (histogram->count == 0)
        return NAN;
    uint64_t wanted = (uint64_t)ceil(share * (double)histogram->count), seen = 0;
    wanted = CY_MIN(CY_MAX(wanted, 1), histogram->count);
    for (size_t bin = 0; bin < CY_BIN_COUNT; bin++) {
        seen += histogram->bins[bin];
        if (seen >= wanted) {
            double middle = bin == CY_BINS_SIGN ? 0 : (cy_bin_low(bin) + cy_bin_low(bin + 1)) / 2;
            return CY_MIN(CY_MAX(middle, histogram->low), histogram->high);
        }
    }
    return histogram->high;
}

/* ---- tallies ---- */

static void tally_init(struct cy_build_counts *counts, struct cy_tally *tally)
{
    *tally = (struct cy_tally){0};
    tally->step_gone = cy_arena_zero(&counts->arena, counts->schema->step_count * sizeof *tally->step_gone);
    tally->tokens = cy_arena_zero(&counts->arena, counts->schema->vocabulary_count * sizeof *tally->tokens);
}

static void tally_merge(const struct cy_schema *schema, struct cy_tally *into, const struct cy_tally *from)
{
    into->read_count += from->read_count;
    into->kept_count += from->kept_count;
    into->removed_count += from->removed_count;
    into->unreadable_count += from->unreadable_count;
    into->skipped_count += from->skipped_count;
    into->read_bytes += from->read_bytes;
    into->kept_bytes += from->kept_bytes;
    into->text_bytes += from->text_bytes;
    for (size_t i = 0; i < schema->step_count; i++)
        into->step_gone[i] += from->step_gone[i];
    for (size_t i = 0; i < schema->vocabulary_count; i++)
        into->tokens[i] += from->tokens[i];
}

static void tally_row(const struct cy_schema *schema, struct cy_tally *tally, const struct cy_batch *batch, size_t row)
{
    const struct cy_verdict *verdict = &batch->verdicts[row];
    tally->read_count++;
    tally->read_bytes += batch->read_bytes[row];
    if (verdict->what != CY_KEPT) {
        tally->removed_count += verdict->what == CY_REMOVED;
        tally->unreadable_count += verdict->what == CY_UNREADABLE;
        tally->skipped_count += verdict->what == CY_SKIPPED;
        if (verdict->step != CY_STEP_READ)
            tally->step_gone[verdict->step]++;
        return;
    }
    tally->kept_count++;
    tally->kept_bytes += batch->read_bytes[row];
    tally->text_bytes += batch->texts[row].size;
    for (size_t i = 0; i < schema->vocabulary_count; i++)
        tally->tokens[i] += CY_MAX(batch->tokens[i][row], 0);
}

static const struct cy_str other = {"(other)", 7};

/* The slot that holds `name`, or the free one where it belongs. */
static size_t find_slot(const struct cy_tally_table *table, struct cy_str name)
{
    size_t slot = cy_hash64(name, 0) & (table->slot_count - 1);
    while (table->slots[slot] != 0 && !cy_str_equal(table->rows[table->slots[slot] - 1].name, name))
        slot = (slot + 1) & (table->slot_count - 1);
    return slot;
}

static void grow_slots(struct cy_tally_table *table)
{
    table->slot_count = CY_MAX(2 * table->slot_count, 64);
    free(table->slots);
    table->slots = cy_alloc_zero(table->slot_count, sizeof *table->slots);
    for (size_t i = 0; i < table->count; i++)
        table->slots[find_slot(table, table->rows[i].name)] = (uint32_t)i + 1;
}

static struct cy_tally *table_tally(struct cy_build_counts *counts, struct cy_tally_table *table, struct cy_str name)
{
    if (2 * (table->count + 1) > table->slot_count)
        grow_slots(table);
    size_t slot = find_slot(table, name);
    if (table->slots[slot] != 0)
        return &table->rows[table->slots[slot] - 1].tally;
    if (table->count >= CY_COUNTS_NAMES_MAX && !cy_str_equal(name, other))
        return table_tally(counts, table, other);
    if (table->count == table->capacity) {
        table->capacity = CY_MAX(2 * table->capacity, 16);
        table->rows = cy_realloc(table->rows, table->capacity * sizeof *table->rows);
    }
    table->slots[slot] = (uint32_t)table->count + 1;
    struct cy_tally_row *row = &table->rows[table->count++];
    row->name = cy_arena_str(&counts->arena, name);
    tally_init(counts, &row->tally);
    return &row->tally;
}

static void table_merge(struct cy_build_counts *counts, struct cy_tally_table *into, const struct cy_tally_table *from)
{
    for (size_t i = 0; i < from->count; i++)
        tally_merge(counts->schema, table_tally(counts, into, from->rows[i].name), &from->rows[i].tally);
}

static int compare_tally_rows(const void *a, const void *b)
{
    const struct cy_tally_row *one = a, *two = b;
    if (one->tally.read_count != two->tally.read_count)
        return one->tally.read_count < two->tally.read_count ? 1 : -1;
    return cy_str_compare(one->name, two->name);
}

static void table_sort(struct cy_tally_table *table)
{
    if (table->count > 1)
        qsort(table->rows, table->count, sizeof *table->rows, compare_tally_rows);
    free(table->slots);
    table->slots = NULL;
    table->slot_count = 0;
}

static void table_free(struct cy_tally_table *table)
{
    free(table->rows);
    free(table->slots);
}

/* ---- rules and their samples ---- */

static struct cy_rule_counts *find_rule(struct cy_build_counts *counts, struct cy_rule_table *table, struct cy_str name, enum cy_fate what)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rules[i].what == what && cy_str_equal(table->rules[i].name, name))
            return &table->rules[i];
    if (table->count >= CY_COUNTS_NAMES_MAX && !cy_str_equal(name, other))
        return find_rule(counts, table, other, what);
    if (table->count == table->capacity) {
        table->capacity = CY_MAX(2 * table->capacity, 8);
        table->rules = cy_realloc(table->rules, table->capacity * sizeof *table->rules);
    }
    struct cy_rule_counts *rule = &table->rules[table->count++];
    *rule = (struct cy_rule_counts){.name = cy_arena_str(&counts->arena, name),
                                    .what = what,
                                    .threshold_low = NAN,
                                    .threshold_high = NAN,
                                    .measured_low = NAN,
                                    .measured_high = NAN};
    return rule;
}

static void widen(double *low, double *high, double value_low, double value_high)
{
    if (isnan(value_low))
        return;
    *low = isnan(*low) || value_low < *low ? value_low : *low;
    *high = isnan(*high) || value_high > *high ? value_high : *high;
}

/* Where a sample of this hash belongs; CY_SAMPLES_MAX: nowhere. Of equal hashes the first that came stays first. */
static size_t sample_place(const struct cy_rule_counts *rule, uint64_t hash)
{
    size_t place = rule->sample_count;
    while (place > 0 && hash < rule->samples[place - 1].hash)
        place--;
    return place;
}

/* Puts a copy of the sample there. */
static void insert_sample(struct cy_build_counts *counts, struct cy_rule_counts *rule, size_t place, const struct cy_sample *sample)
{
    rule->sample_count = CY_MIN(rule->sample_count + 1, CY_SAMPLES_MAX);
    memmove(&rule->samples[place + 1], &rule->samples[place], (rule->sample_count - 1 - place) * sizeof *sample);
    struct cy_sample *copy = &rule->samples[place];
    *copy = *sample;
    struct cy_str *const texts[] = {&copy->id,      &copy->url,    &copy->language, &copy->party,
                                    &copy->license, &copy->source, &copy->excerpt,  &copy->duplicate_of};
    for (size_t i = 0; i < CY_COUNT(texts); i++)
        *texts[i] = cy_arena_str(&counts->arena, *texts[i]);
}

static void rule_row(struct cy_build_counts *counts, struct cy_rule_counts *rule, const struct cy_batch *batch, size_t row)
{
    const struct cy_verdict *verdict = &batch->verdicts[row];
    rule->count++;
    rule->read_bytes += batch->read_bytes[row];
    rule->text_bytes += cy_batch_text_bytes(batch, row);
    widen(&rule->threshold_low, &rule->threshold_high, verdict->threshold, verdict->threshold);
    widen(&rule->measured_low, &rule->measured_high, verdict->measured, verdict->measured);
    uint64_t hash = cy_hash64(batch->ids[row], 0);
    size_t place = sample_place(rule, hash);
    if (place == CY_SAMPLES_MAX)
        return;
    const struct cy_schema_file *file = &counts->schema->files[batch->origins[row].file];
    const struct cy_schema_source *source = &counts->schema->sources[file->source];
    insert_sample(counts, rule, place,
                  &(struct cy_sample){.hash = hash,
                                      .id = batch->ids[row],
                                      .url = batch->urls[row],
                                      .language = batch->languages[row],
                                      .party = cy_str(source->party),
                                      .license = cy_str(source->license),
                                      .source = cy_str(file->name),
                                      .place = batch->origins[row].place,
                                      .excerpt = cy_row_excerpt(counts->options, batch, row, CY_EXCERPT_BYTES),
                                      .text_bytes = cy_batch_text_bytes(batch, row),
                                      .measured = verdict->measured,
                                      .threshold = verdict->threshold,
                                      .similarity = verdict->similarity,
                                      .duplicate_of = verdict->duplicate_of});
}

static void rules_merge(struct cy_build_counts *counts, struct cy_rule_table *into, const struct cy_rule_table *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct cy_rule_counts *rule = &from->rules[i];
        struct cy_rule_counts *sum = find_rule(counts, into, rule->name, rule->what);
        sum->count += rule->count;
        sum->read_bytes += rule->read_bytes;
        sum->text_bytes += rule->text_bytes;
        widen(&sum->threshold_low, &sum->threshold_high, rule->threshold_low, rule->threshold_high);
        widen(&sum->measured_low, &sum->measured_high, rule->measured_low, rule->measured_high);
        for (size_t k = 0; k < rule->sample_count; k++) {
            size_t place = sample_place(sum, rule->samples[k].hash);
            if (place < CY_SAMPLES_MAX)
                insert_sample(counts, sum, place, &rule->samples[k]);
        }
    }
}

static int compare_rules(const void *a, const void *b)
{
    const struct cy_rule_counts *one = a, *two = b;
    if (one->count != two->count)
        return one->count < two->count ? 1 : -1;
    int order = cy_str_compare(one->name, two->name);
    return order != 0 ? order : (int)one->what - (int)two->what;
}

static void rules_sort(struct cy_rule_table *table)
{
    if (table->count > 1)
        qsort(table->rules, table->count, sizeof *table->rules, compare_rules);
}

/* ---- clusters ---- */

static size_t cluster_slot(const struct cy_cluster_counts *clusters, uint64_t key)
{
    size_t slot = (key >> 20) & (clusters->slot_count - 1); /* the lowest bits are those that sampling looks at */
    while (clusters->keys[slot] != 0 && clusters->keys[slot] != key)
        slot = (slot + 1) & (clusters->slot_count - 1);
    return slot;
}

/* Moves what the present share still takes into a table of `slot_count` slots. */
static void clusters_rebuild(struct cy_cluster_counts *clusters, size_t slot_count)
{
    struct cy_cluster_counts old = *clusters;
    clusters->slot_count = slot_count;
    clusters->keys = cy_alloc_zero(slot_count, sizeof *clusters->keys);
    clusters->members = cy_alloc_zero(slot_count, sizeof *clusters->members);
    clusters->cluster_count = 0;
    for (size_t i = 0; i < old.slot_count; i++) {
        if (old.keys[i] == 0 || (old.keys[i] & (clusters->sampled - 1)) != 0)
            continue;
        size_t slot = cluster_slot(clusters, old.keys[i]);
        clusters->keys[slot] = old.keys[i];
        clusters->members[slot] = old.members[i];
        clusters->cluster_count++;
    }
    free(old.keys);
    free(old.members);
}

/* Adds `count` duplicates of the document whose id has this hash. The share halves whenever the table is full, so what is left depends on
 * the set of ids alone. */
static void clusters_add(struct cy_cluster_counts *clusters, uint64_t hash, uint32_t count)
{
    uint64_t key = hash | (uint64_t)1 << 63; /* 0 is a free slot */
    if ((key & (clusters->sampled - 1)) != 0)
        return;
    if (2 * (clusters->cluster_count + 1) > clusters->slot_count)
        clusters_rebuild(clusters, CY_MAX(2 * clusters->slot_count, 64));
    size_t slot = cluster_slot(clusters, key);
    clusters->cluster_count += clusters->keys[slot] == 0;
    clusters->keys[slot] = key;
    clusters->members[slot] += count;
    while (clusters->cluster_count > CY_CLUSTERS_MAX) {
        clusters->sampled *= 2;
        clusters_rebuild(clusters, clusters->slot_count);
    }
}

static void clusters_merge(struct cy_cluster_counts *into, const struct cy_cluster_counts *from)
{
    into->removed_count += from->removed_count;
    if (from->sampled > into->sampled) {
        into->sampled = from->sampled;
        clusters_rebuild(into, into->slot_count);
    }
    for (size_t i = 0; i < from->slot_count; i++)
        if (from->keys[i] != 0)
            clusters_add(into, from->keys[i], from->members[i]);
}

static void clusters_sort(struct cy_cluster_counts *clusters)
{
    for (size_t i = 0; i < clusters->slot_count; i++) {
        if (clusters->keys[i] == 0)
            continue;
        uint64_t size = (uint64_t)clusters->members[i] + 1;
        clusters->size_max = CY_MAX(clusters->size_max, size);
        clusters->sizes[CY_MIN(63 - __builtin_clzll(size), CY_CLUSTER_SIZES - 1)]++;
    }
}

/* ---- all of it ---- */

static size_t signals_of(const struct cy_schema_step *step)
{
    size_t count = 0;
    for (const struct cy_signal *signal = step->operator->signals; signal != NULL && signal->name != NULL; signal++)
        count++;
    return count;
}

struct cy_build_counts *cy_counts_new(const struct cy_schema *schema, const struct cy_dataset_options *options)
{
    struct cy_build_counts *counts = cy_alloc_zero(1, sizeof *counts);
    counts->schema = schema;
    counts->options = options;
    tally_init(counts, &counts->total);
    counts->steps = cy_arena_zero(&counts->arena, schema->step_count * sizeof *counts->steps);
    for (size_t i = 0; i < schema->step_count; i++) {
        counts->steps[i].clusters.sampled = 1;
        counts->signal_count = CY_MAX(counts->signal_count, schema->steps[i].signal_first + signals_of(&schema->steps[i]));
    }
    for (size_t i = 0; i < schema->step_count; i++) {
        counts->steps[i].gone_tokens = cy_arena_zero(&counts->arena, schema->vocabulary_count * sizeof(int64_t));
        counts->steps[i].out_tokens = cy_arena_zero(&counts->arena, schema->vocabulary_count * sizeof(int64_t));
    }
    counts->signals = cy_arena_alloc(&counts->arena, counts->signal_count * sizeof *counts->signals);
    for (size_t i = 0; i < counts->signal_count; i++) {
        histogram_init(&counts->signals[i].kept, &counts->arena);
        histogram_init(&counts->signals[i].gone, &counts->arena);
    }
    histogram_init(&counts->text_bytes, &counts->arena);
    return counts;
}

static void add_gone(struct cy_build_counts *counts, const struct cy_batch *batch, size_t row)
{
    const struct cy_verdict *verdict = &batch->verdicts[row];
    CY_ASSERT(verdict->what != CY_KEPT);
    if (verdict->step == CY_STEP_READ) {
        rule_row(counts, find_rule(counts, &counts->reading, verdict->rule, verdict->what), batch, row);
        return;
    }
    CY_ASSERT(verdict->step < counts->schema->step_count);
    struct cy_step_counts *step = &counts->steps[verdict->step];
    step->removed_count += verdict->what == CY_REMOVED;
    step->unreadable_count += verdict->what == CY_UNREADABLE;
    step->skipped_count += verdict->what == CY_SKIPPED;
    step->gone_bytes += batch->read_bytes[row];
    for (size_t i = 0; i < counts->schema->vocabulary_count; i++)
        step->gone_tokens[i] += CY_MAX(batch->tokens[i][row], 0);
    rule_row(counts, find_rule(counts, &step->rules, verdict->rule, verdict->what), batch, row);
    if (verdict->duplicate_of.size > 0) {
        step->clusters.removed_count++;
        clusters_add(&step->clusters, cy_hash64(verdict->duplicate_of, 0), 1);
    }
}

void cy_counts_add_batch(struct cy_build_counts *counts, const struct cy_batch *batch)
{
    const struct cy_schema *schema = counts->schema;
    for (size_t row = 0; row < batch->total_count; row++) {
        const struct cy_schema_source *source = &schema->sources[schema->files[batch->origins[row].file].source];
        tally_row(schema, &counts->total, batch, row);
        tally_row(schema, table_tally(counts, &counts->languages, batch->languages[row]), batch, row);
        tally_row(schema, table_tally(counts, &counts->parties, cy_str(source->party)), batch, row);
        tally_row(schema, table_tally(counts, &counts->licenses, cy_str(source->license)), batch, row);
        tally_row(schema, table_tally(counts, &counts->sources, cy_str(source->path)), batch, row);
        if (row >= batch->row_count) {
            add_gone(counts, batch, row);
            continue;
        }
        CY_ASSERT(batch->verdicts[row].what == CY_KEPT);
        histogram_add(&counts->text_bytes, (double)batch->texts[row].size);
        if (cy_row_is_validation(counts->options, batch, row))
            counts->validation_count++;
        else
            counts->train_count++;
    }
    for (size_t i = 0; i < counts->signal_count; i++) {
        for (size_t row = 0; row < batch->row_count; row++)
            histogram_add(&counts->signals[i].kept, batch->signals[i][row]);
        for (size_t row = batch->row_count; row < batch->total_count; row++)
            histogram_add(&counts->signals[i].gone, batch->signals[i][row]);
    }
}

void cy_counts_merge(struct cy_build_counts *into, const struct cy_build_counts *from)
{
    tally_merge(into->schema, &into->total, &from->total);
    for (size_t i = 0; i < into->schema->step_count; i++) {
        struct cy_step_counts *step = &into->steps[i];
        step->removed_count += from->steps[i].removed_count;
        step->unreadable_count += from->steps[i].unreadable_count;
        step->skipped_count += from->steps[i].skipped_count;
        step->gone_bytes += from->steps[i].gone_bytes;
        for (size_t k = 0; k < into->schema->vocabulary_count; k++)
            step->gone_tokens[k] += from->steps[i].gone_tokens[k];
        rules_merge(into, &step->rules, &from->steps[i].rules);
        clusters_merge(&step->clusters, &from->steps[i].clusters);
    }
    rules_merge(into, &into->reading, &from->reading);
    table_merge(into, &into->languages, &from->languages);
    table_merge(into, &into->parties, &from->parties);
    table_merge(into, &into->licenses, &from->licenses);
    table_merge(into, &into->sources, &from->sources);
    for (size_t i = 0; i < into->signal_count; i++) {
        histogram_merge(&into->signals[i].kept, &from->signals[i].kept);
        histogram_merge(&into->signals[i].gone, &from->signals[i].gone);
    }
    histogram_merge(&into->text_bytes, &from->text_bytes);
    into->train_count += from->train_count;
    into->validation_count += from->validation_count;
}

/* From the last step back: what left a step is what is kept and what later steps took. */
static void sum_tokens(struct cy_build_counts *counts, size_t vocabulary)
{
    const struct cy_schema *schema = counts->schema;
    int64_t left = counts->total.tokens[vocabulary];
    for (size_t i = schema->step_count; i-- > 0;) {
        bool counted = schema->vocabulary_steps != NULL && i >= schema->vocabulary_steps[vocabulary];
        counts->steps[i].out_tokens[vocabulary] = counted ? left : -1;
        left += counts->steps[i].gone_tokens[vocabulary];
    }
}

void cy_counts_sort(struct cy_build_counts *counts)
{
    uint64_t left_count = counts->total.read_count, left_bytes = counts->total.read_bytes;
    for (size_t i = 0; i < counts->reading.count; i++) {
        left_count -= counts->reading.rules[i].count;
        left_bytes -= counts->reading.rules[i].read_bytes;
    }
    for (size_t i = 0; i < counts->schema->step_count; i++) {
        struct cy_step_counts *step = &counts->steps[i];
        step->in_count = left_count;
        step->in_bytes = left_bytes;
        left_count -= step->removed_count + step->unreadable_count + step->skipped_count;
        left_bytes -= step->gone_bytes;
        rules_sort(&step->rules);
        clusters_sort(&step->clusters);
    }
    for (size_t i = 0; i < counts->schema->vocabulary_count; i++)
        sum_tokens(counts, i);
    rules_sort(&counts->reading);
    table_sort(&counts->languages);
    table_sort(&counts->parties);
    table_sort(&counts->licenses);
    table_sort(&counts->sources);
}

void cy_counts_free(struct cy_build_counts *counts)
{
    if (counts == NULL)
        return;
    for (size_t i = 0; i < counts->schema->step_count; i++) {
        free(counts->steps[i].rules.rules);
        free(counts->steps[i].clusters.keys);
        free(counts->steps[i].clusters.members);
    }
    free(counts->reading.rules);
    table_free(&counts->languages);
    table_free(&counts->parties);
    table_free(&counts->licenses);
    table_free(&counts->sources);
    cy_arena_release(&counts->arena);
    free(counts);
}
