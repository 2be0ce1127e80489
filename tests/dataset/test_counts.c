#include "cy_test.h"
#include "dataset_rows.h"

#include "base/hash.h"
#include "dataset/counts.h"

#include <math.h>

static const struct cy_dataset_options options = {.format = CY_DATASET_PARQUET, .validation_share = 0.2};

CY_TEST("a bin holds what lies between its edges, and bins are ordered as values are")
{
    uint64_t seed = cy_test_seed();
    for (size_t i = 0; i < 200000; i++) {
        double value = ldexp((double)(int64_t)cy_test_random(&seed), (int)(cy_test_random(&seed) % 80) - 90); /* 2^-90 … 2^53 */
        if (fabs(value) >= ldexp(1, CY_BIN_EXPONENT_MAX))
            continue;
        size_t bin = cy_bin_of(value);
        double low = cy_bin_low(bin), high = cy_bin_low(bin + 1);
        assert_true(low < high);
        if (value >= 0)
            assert_true(low <= value && value < high);
        else
            assert_true(low < value || bin == CY_BINS_SIGN ? value <= high : value == low);
    }
    assert_int_equal(cy_bin_of(0.0), CY_BINS_SIGN);
    assert_int_equal(cy_bin_of(-0.0), CY_BINS_SIGN);
    assert_int_equal(cy_bin_of(1e300), CY_BIN_COUNT - 1);
    assert_int_equal(cy_bin_of(-INFINITY), 0);
}

CY_TEST("whole numbers up to 64 have a bin of their own, and a bin is at most 1/32 of its value wide")
{
    for (int value = 1; value <= 64; value++) {
        assert_int_not_equal(cy_bin_of(value), cy_bin_of(value - 1));
        assert_true(cy_bin_low(cy_bin_of(value)) == value);
    }
    for (size_t bin = CY_BINS_SIGN + 1; bin < CY_BIN_COUNT; bin++)
        assert_true(cy_bin_low(bin + 1) - cy_bin_low(bin) <= cy_bin_low(bin) / CY_BINS_OCTAVE);
}

/* Row `ordinal` of a made-up run; the same for the same seed and ordinal. */
static void add_row(struct cy_batch *batch, uint64_t seed, uint64_t ordinal)
{
    static const char *const languages[] = {"", "en", "zh"}, *const rules[] = {"share_max", "duplicate", "too_long"};
    uint64_t random = seed + ordinal * 0x1234567;
    size_t row = cy_batch_append(batch);
    batch->ids[row] = cy_str(cy_arena_printf(batch->arena, "id-%llu", (unsigned long long)ordinal));
    batch->texts[row] = cy_str(cy_arena_printf(batch->arena, "text %llu", (unsigned long long)cy_test_random(&random)));
    batch->languages[row] = cy_str(languages[cy_test_random(&random) % 3]);
    batch->read_bytes[row] = cy_test_random(&random) % 10000;
    batch->origins[row] = (struct cy_origin){.ordinal = ordinal, .file = (uint32_t)(cy_test_random(&random) % 2)};
    batch->tokens[0][row] = (int64_t)(cy_test_random(&random) % 100);
    for (size_t i = 0; i < CY_TEST_SIGNALS; i++)
        if (cy_test_random(&random) % 4 != 0)
            batch->signals[i][row] = (double)(int64_t)cy_test_random(&random) * 1e-15;
    if (cy_test_random(&random) % 2 == 0)
        return;
    struct cy_verdict *verdict = &batch->verdicts[row];
    verdict->what = cy_test_random(&random) % 5 == 0 ? CY_UNREADABLE : CY_REMOVED;
    verdict->step = verdict->what == CY_UNREADABLE ? CY_STEP_READ : (uint32_t)(cy_test_random(&random) % 3);
    verdict->rule = cy_str(rules[cy_test_random(&random) % 3]);
    verdict->measured = (double)(cy_test_random(&random) % 1000) / 7;
    if (verdict->step == 1)
        verdict->duplicate_of = cy_str(cy_arena_printf(batch->arena, "id-%llu", (unsigned long long)(cy_test_random(&random) % 50)));
}

/* Rows [0, row_count), in batches and chunks whose sizes the second seed decides. */
static struct cy_build_counts *count_rows(uint64_t seed, uint64_t row_count, uint64_t cut_seed)
{
    struct cy_build_counts *counts = cy_counts_new(&cy_test_schema, &options);
    for (uint64_t ordinal = 0; ordinal < row_count;) {
        struct cy_build_counts *chunk = cy_counts_new(&cy_test_schema, &options);
        for (uint64_t batches = 1 + cy_test_random(&cut_seed) % 3; batches > 0; batches--) {
            struct cy_batch *batch = cy_test_dataset_batch();
            for (uint64_t rows = cy_test_random(&cut_seed) % 60; rows > 0 && ordinal < row_count; rows--)
                add_row(batch, seed, ordinal++);
            cy_batch_compact(batch);
            cy_counts_add_batch(chunk, batch);
            cy_test_batch_free(batch);
        }
        cy_counts_merge(counts, chunk);
        cy_counts_free(chunk);
    }
    cy_counts_sort(counts);
    return counts;
}

static void expect_same_tally(const struct cy_tally *a, const struct cy_tally *b)
{
    assert_memory_equal(a, b, offsetof(struct cy_tally, step_gone));
    assert_memory_equal(a->step_gone, b->step_gone, cy_test_schema.step_count * sizeof *a->step_gone);
    assert_memory_equal(a->tokens, b->tokens, cy_test_schema.vocabulary_count * sizeof *a->tokens);
}

static void expect_same_table(const struct cy_tally_table *a, const struct cy_tally_table *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(cy_str_equal(a->rows[i].name, b->rows[i].name));
        expect_same_tally(&a->rows[i].tally, &b->rows[i].tally);
    }
}

static void expect_same_histogram(const struct cy_histogram *a, const struct cy_histogram *b)
{
    assert_memory_equal(a, b, offsetof(struct cy_histogram, bins));
    assert_memory_equal(a->bins, b->bins, CY_BIN_COUNT * sizeof *a->bins);
}

static void expect_same_rules(const struct cy_rule_table *a, const struct cy_rule_table *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct cy_rule_counts *one = &a->rules[i], *two = &b->rules[i];
        assert_true(cy_str_equal(one->name, two->name) && one->what == two->what && one->count == two->count);
        assert_true(one->measured_low == two->measured_low && one->measured_high == two->measured_high);
        assert_int_equal(one->sample_count, two->sample_count);
        for (size_t k = 0; k < one->sample_count; k++) {
            assert_true(cy_str_equal(one->samples[k].id, two->samples[k].id));
            assert_true(cy_str_equal(one->samples[k].excerpt, two->samples[k].excerpt));
        }
    }
}

CY_TEST("counts are the same however the rows were cut into batches and chunks")
{
    enum { ROWS = 2000 };
    uint64_t seed = cy_test_seed();
    struct cy_build_counts *one = count_rows(seed, ROWS, seed + 1), *two = count_rows(seed, ROWS, seed + 2);
    assert_int_equal(one->total.read_count, ROWS);
    expect_same_tally(&one->total, &two->total);
    expect_same_table(&one->languages, &two->languages);
    expect_same_table(&one->parties, &two->parties);
    expect_same_table(&one->licenses, &two->licenses);
    expect_same_table(&one->sources, &two->sources);
    expect_same_rules(&one->reading, &two->reading);
    expect_same_histogram(&one->text_bytes, &two->text_bytes);
    assert_int_equal(one->train_count, two->train_count);
    assert_int_equal(one->validation_count, two->validation_count);
    assert_int_equal(one->train_count + one->validation_count, one->total.kept_count);
    for (size_t i = 0; i < one->signal_count; i++) {
        expect_same_histogram(&one->signals[i].kept, &two->signals[i].kept);
        expect_same_histogram(&one->signals[i].gone, &two->signals[i].gone);
    }
    for (size_t i = 0; i < cy_test_schema.step_count; i++) {
        assert_int_equal(one->steps[i].in_count, two->steps[i].in_count);
        assert_int_equal(one->steps[i].in_bytes, two->steps[i].in_bytes);
        expect_same_rules(&one->steps[i].rules, &two->steps[i].rules);
        assert_int_equal(one->steps[i].clusters.cluster_count, two->steps[i].clusters.cluster_count);
        assert_memory_equal(one->steps[i].clusters.sizes, two->steps[i].clusters.sizes, sizeof one->steps[i].clusters.sizes);
    }
    cy_counts_free(one);
    cy_counts_free(two);
}

CY_TEST("what a step got is what those before it left, down to the documents kept")
{
    struct cy_build_counts *counts = count_rows(cy_test_seed(), 1000, 1);
    uint64_t left = counts->total.read_count - counts->total.unreadable_count;
    for (size_t i = 0; i < cy_test_schema.step_count; i++) {
        assert_int_equal(counts->steps[i].in_count, left);
        left -= counts->steps[i].removed_count;
        assert_int_equal(counts->total.step_gone[i], counts->steps[i].removed_count);
    }
    assert_int_equal(left, counts->total.kept_count);
    cy_counts_free(counts);
}

CY_TEST("a histogram's mean and quantiles are those of the values, to a bin's width")
{
    enum { ROWS = 2001 };
    uint64_t seed = cy_test_seed();
    struct cy_batch *batch = cy_test_dataset_batch();
    double values[ROWS], sum = 0;
    for (size_t i = 0; i < ROWS; i++) {
        add_row(batch, seed, i);
        values[i] = batch->signals[0][i] = ldexp((double)(cy_test_random(&seed) % 1000 + 1), (int)(cy_test_random(&seed) % 10));
        batch->verdicts[i].what = CY_KEPT;
        sum += values[i];
    }
    struct cy_build_counts *counts = cy_counts_new(&cy_test_schema, &options);
    cy_counts_add_batch(counts, batch);
    const struct cy_histogram *histogram = &counts->signals[0].kept;
    for (size_t i = 0; i < ROWS; i++) /* insertion sort: simple, and fast enough */
        for (size_t k = i; k > 0 && values[k - 1] > values[k]; k--) {
            double swapped = values[k];
            values[k] = values[k - 1];
            values[k - 1] = swapped;
        }
    cy_expect_near(cy_histogram_mean(histogram), sum / ROWS, 1e-6);
    assert_true(histogram->low == values[0] && histogram->high == values[ROWS - 1]);
    static const double shares[] = {0.01, 0.25, 0.5, 0.75, 0.99};
    for (size_t i = 0; i < CY_COUNT(shares); i++) {
        double exact = values[(size_t)ceil(shares[i] * ROWS) - 1];
        cy_expect_near(cy_histogram_quantile(histogram, shares[i]), exact, exact / CY_BINS_OCTAVE);
    }
    cy_counts_free(counts);
    cy_test_batch_free(batch);
}

CY_TEST("samples of a rule are the documents whose ids have the smallest hashes, whole at their code points")
{
    enum { ROWS = 100 };
    struct cy_batch *batch = cy_test_dataset_batch();
    char *text = cy_arena_alloc(batch->arena, 4000);
    for (size_t i = 0; i < 4000; i++) /* three bytes a character: 2048 is no multiple of 3 */
        text[i] = "数"[i % 3];
    for (size_t row = 0; row < ROWS; row++) {
        add_row(batch, 1, row);
        batch->texts[row] = (struct cy_str){text, 3999};
        batch->verdicts[row] = (struct cy_verdict){
            .what = CY_REMOVED, .step = 0, .rule = CY_STR("share_max"), .measured = (double)row, .threshold = NAN, .similarity = NAN};
    }
    batch->row_count = 0;
    struct cy_build_counts *counts = cy_counts_new(&cy_test_schema, &options);
    cy_counts_add_batch(counts, batch);
    const struct cy_rule_counts *rule = &counts->steps[0].rules.rules[0];
    assert_int_equal(rule->count, ROWS);
    assert_int_equal(rule->sample_count, CY_SAMPLES_MAX);
    assert_true(rule->measured_low == 0 && rule->measured_high == ROWS - 1 && isnan(rule->threshold_low));
    size_t smaller = 0; /* ids with a smaller hash than the last sample's */
    for (size_t row = 0; row < ROWS; row++)
        smaller += cy_hash64(batch->ids[row], 0) < rule->samples[CY_SAMPLES_MAX - 1].hash;
    assert_int_equal(smaller, CY_SAMPLES_MAX - 1);
    assert_int_equal(rule->samples[0].excerpt.size, 2046);
    assert_int_equal(rule->samples[0].text_bytes, 3999);
    cy_counts_free(counts);
    cy_test_batch_free(batch);
}

static void add_duplicate(struct cy_batch *batch, unsigned kept)
{
    add_row(batch, 1, batch->total_count);
    batch->verdicts[batch->total_count - 1] = (struct cy_verdict){.what = CY_REMOVED,
                                                                  .step = 1,
                                                                  .rule = CY_STR("duplicate"),
                                                                  .measured = NAN,
                                                                  .threshold = NAN,
                                                                  .similarity = 1,
                                                                  .duplicate_of = cy_str(cy_arena_printf(batch->arena, "kept-%u", kept))};
}

CY_TEST("clusters of duplicates are counted by the document that was kept")
{
    struct cy_batch *batch = cy_test_dataset_batch();
    for (unsigned kept = 1; kept <= 10; kept++) /* clusters of 2, 3, … 11 documents */
        for (unsigned i = 0; i < kept; i++)
            add_duplicate(batch, kept);
    batch->row_count = 0;
    struct cy_build_counts *counts = cy_counts_new(&cy_test_schema, &options);
    cy_counts_add_batch(counts, batch);
    cy_counts_sort(counts);
    const struct cy_cluster_counts *clusters = &counts->steps[1].clusters;
    assert_int_equal(clusters->removed_count, 55);
    assert_int_equal(clusters->sampled, 1);
    assert_int_equal(clusters->cluster_count, 10);
    assert_int_equal(clusters->size_max, 11);
    assert_int_equal(clusters->sizes[0], 0);
    assert_int_equal(clusters->sizes[1], 2); /* 2, 3 */
    assert_int_equal(clusters->sizes[2], 4); /* 4 … 7 */
    assert_int_equal(clusters->sizes[3], 4); /* 8 … 11 */
    cy_counts_free(counts);
    cy_test_batch_free(batch);
}

CY_TEST("more clusters than are counted one by one are estimated from a share of them, and the share is said")
{
    enum { CLUSTERS = CY_CLUSTERS_MAX * 3, ROWS = 4096 };
    struct cy_build_counts *counts = cy_counts_new(&cy_test_schema, &options);
    for (unsigned kept = 0; kept < CLUSTERS;) {
        struct cy_batch *batch = cy_test_dataset_batch();
        struct cy_build_counts *chunk = cy_counts_new(&cy_test_schema, &options);
        for (size_t i = 0; i < ROWS && kept < CLUSTERS; i++)
            add_duplicate(batch, kept++);
        batch->row_count = 0;
        cy_counts_add_batch(chunk, batch);
        cy_counts_merge(counts, chunk);
        cy_counts_free(chunk);
        cy_test_batch_free(batch);
    }
    cy_counts_sort(counts);
    const struct cy_cluster_counts *clusters = &counts->steps[1].clusters;
    assert_int_equal(clusters->removed_count, CLUSTERS);
    assert_int_equal(clusters->sampled, 4);
    cy_expect_near((double)(clusters->cluster_count * clusters->sampled), CLUSTERS, CLUSTERS * 0.02); /* 10 standard deviations */
    cy_counts_free(counts);
}

CY_TEST("names beyond the limit of a table are counted together, and nothing is lost")
{
    struct cy_batch *batch = cy_test_dataset_batch();
    for (size_t row = 0; row < CY_COUNTS_NAMES_MAX + 100; row++) {
        add_row(batch, 1, row);
        batch->verdicts[row].what = CY_KEPT;
        batch->languages[row] = cy_str(cy_arena_printf(batch->arena, "x-%zu", row));
    }
    struct cy_build_counts *counts = cy_counts_new(&cy_test_schema, &options);
    cy_counts_add_batch(counts, batch);
    cy_counts_sort(counts);
    assert_int_equal(counts->languages.count, CY_COUNTS_NAMES_MAX + 1);
    cy_expect_str(counts->languages.rows[0].name, "(other)");
    assert_int_equal(counts->languages.rows[0].tally.read_count, 100);
    cy_counts_free(counts);
    cy_test_batch_free(batch);
}
