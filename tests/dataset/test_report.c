#include "cy_test.h"
#include "dataset_rows.h"

#include "base/files.h"
#include "dataset/json_write.h"
#include "dataset/report.h"
#include "dataset/report_html.h"
#include "dataset/rows.h"

#include <inttypes.h>
#include <math.h>
#include <yyjson.h>

/* ---- numbers ---- */

static const char *printed(struct cy_buffer *out)
{
    cy_buffer_add_byte(out, 0);
    return out->data;
}

#define expect_printed(expected, call)                                                                                                     \
    do {                                                                                                                                   \
        struct cy_buffer out = {0};                                                                                                        \
        call;                                                                                                                              \
        assert_string_equal(printed(&out), expected);                                                                                      \
        cy_buffer_release(&out);                                                                                                           \
    } while (0)

CY_TEST("numbers in the report read as people write them")
{
    expect_printed("0", cy_buffer_add_count(&out, 0));
    expect_printed("999", cy_buffer_add_count(&out, 999));
    expect_printed("1,000", cy_buffer_add_count(&out, 1000));
    expect_printed("18,446,744,073,709,551,615", cy_buffer_add_count(&out, UINT64_MAX));
    expect_printed("0 B", cy_buffer_add_bytes(&out, 0));
    expect_printed("999 B", cy_buffer_add_bytes(&out, 999));
    expect_printed("1.0 kB", cy_buffer_add_bytes(&out, 1000));
    expect_printed("1.0 MB", cy_buffer_add_bytes(&out, 999999)); /* never "1000.0 kB" */
    expect_printed("18446.7 PB", cy_buffer_add_bytes(&out, UINT64_MAX));
    expect_printed("0.0 %", cy_buffer_add_share(&out, 0, 0));
    expect_printed("0.0 %", cy_buffer_add_share(&out, 0, 7));
    expect_printed("< 0.1 %", cy_buffer_add_share(&out, 1, 100000));
    expect_printed("> 99.9 %", cy_buffer_add_share(&out, 99999, 100000));
    expect_printed("100.0 %", cy_buffer_add_share(&out, 7, 7));
    expect_printed("0.65", cy_buffer_add_value(&out, 0.65));
    expect_printed("−1,234", cy_buffer_add_value(&out, -1234.4));
    expect_printed("0", cy_buffer_add_value(&out, -0.0));
    expect_printed("not measured", cy_buffer_add_value(&out, NAN));
    expect_printed("97 % alike", cy_buffer_add_alike(&out, 0.9666));
    expect_printed("100 % alike", cy_buffer_add_alike(&out, 1));
    expect_printed("over 99 % alike", cy_buffer_add_alike(&out, 0.9999)); /* alike is not the same */
}

CY_TEST("JSON that the report writes is read back by yyjson with the same values, and looks as stated")
{
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open(&json, NULL, '{');
    cy_json_text(&json, "a\"b", CY_STR("line\n\x01\xFF"));
    cy_json_open_line(&json, "row", '[');
    cy_json_number(&json, NULL, 0.1);
    cy_json_number(&json, NULL, NAN);
    cy_json_open(&json, NULL, '{');
    cy_json_bool(&json, "yes", true);
    cy_json_close(&json, '}');
    cy_json_close(&json, ']');
    cy_json_open(&json, "empty", '[');
    cy_json_close(&json, ']');
    cy_json_integer(&json, "n", -3);
    cy_json_close(&json, '}');
    cy_expect_str(cy_buffer_str(&out), "{\n  \"a\\\"b\": \"line\\n\\u0001\xEF\xBF\xBD\",\n  \"row\": [0.1, null, {\"yes\": true}],\n"
                                       "  \"empty\": [],\n  \"n\": -3\n}\n");
    yyjson_doc *doc = yyjson_read(out.data, out.size, 0);
    assert_non_null(doc);
    yyjson_doc_free(doc);
    cy_buffer_release(&out);
}

CY_TEST("a number is printed with the fewest of 15 to 17 digits that read back as the same double")
{
    uint64_t seed = cy_test_seed();
    struct cy_buffer text = {0};
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = cy_test_random(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        cy_buffer_clear(&text);
        cy_buffer_add_number(&text, value);
        cy_buffer_add_byte(&text, 0);
        if (strtod(text.data, NULL) != value)
            fail_msg("%a is printed as %s", value, text.data);
    }
    expect_printed("0.1", cy_buffer_add_number(&out, 0.1));
    expect_printed("0", cy_buffer_add_number(&out, -0.0));
    expect_printed("1e+300", cy_buffer_add_number(&out, 1e300));
    cy_buffer_release(&text);
}

/* ---- histograms ---- */

static struct cy_histogram histogram_of(const double *values, size_t count)
{
    struct cy_histogram histogram = {.low = NAN, .high = NAN, .bins = cy_alloc_zero(CY_BIN_COUNT, sizeof(uint64_t))};
    for (size_t i = 0; i < count; i++) {
        histogram.bins[cy_bin_of(values[i])]++;
        histogram.count++;
        histogram.low = fmin(histogram.low, values[i]);
        histogram.high = fmax(histogram.high, values[i]);
    }
    return histogram;
}

static uint64_t total(const uint64_t *counts, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += counts[i];
    return sum;
}

CY_TEST("a histogram holds every value, whatever they are; its edges rise and hold every threshold")
{
    static const struct cy_rule rule = {.name = "min", .keep = CY_KEEP_AT_LEAST};
    uint64_t seed = cy_test_seed();
    for (int round = 0; round < 400; round++) {
        double values[2][200], scale = pow(10, (double)(cy_test_random(&seed) % 12) - 4);
        size_t counts[2];
        for (int part = 0; part < 2; part++) {
            counts[part] = cy_test_random(&seed) % 200;
            for (size_t i = 0; i < counts[part]; i++) {
                double share = (double)(cy_test_random(&seed) % 1000003) / 1000003;
                values[part][i] = round % 4 == 0   ? floor(share * scale)
                                  : round % 4 == 1 ? (share - 0.5) * scale
                                  : round % 4 == 2 ? exp(share * 20) * scale
                                                   : scale;
            }
        }
        struct cy_signal_counts signal = {histogram_of(values[0], counts[0]), histogram_of(values[1], counts[1])};
        struct cy_threshold_view threshold = {scale / 3, scale / 3, &rule};
        struct cy_bars_view bars;
        cy_bars_view(&signal, &threshold, round % 2, &bars);
        if (counts[0] + counts[1] == 0) {
            assert_int_equal(bars.bar_count, 0);
        } else {
            assert_true(bars.bar_count >= 1 && bars.bar_count <= CY_BARS_MAX);
            assert_int_equal(total(bars.kept, bars.bar_count), counts[0]);
            assert_int_equal(total(bars.gone, bars.bar_count), counts[1]);
            for (size_t i = 0; i < bars.bar_count; i++)
                assert_true(bars.edges[i] < bars.edges[i + 1]);
            if (round % 2 == 1)
                assert_true(bars.edges[0] <= threshold.low && threshold.low <= bars.edges[bars.bar_count]);
        }
        free(signal.kept.bins);
        free(signal.gone.bins);
    }
}

CY_TEST("whole numbers have bars of their own, and a share begins at 0")
{
    const double whole[] = {3, 3, 4, 7}, shares[] = {0.1, 0.2, 0.9};
    struct cy_signal_counts signal = {histogram_of(whole, 4), histogram_of(NULL, 0)};
    struct cy_bars_view bars;
    cy_bars_view(&signal, NULL, 0, &bars);
    assert_true(bars.edges[0] == 3 && bars.edges[1] == 4);
    assert_int_equal(bars.kept[0], 2);
    assert_int_equal(bars.kept[1], 1);
    assert_int_equal(bars.kept[4], 1);
    free(signal.kept.bins);
    signal.kept = histogram_of(shares, 3);
    cy_bars_view(&signal, NULL, 0, &bars);
    assert_true(bars.edges[0] == 0 && !bars.logarithmic);
    free(signal.kept.bins);
    free(signal.gone.bins);
}

/* ---- text on the page ---- */

CY_TEST("no byte of a text is markup on the page, and none is lost")
{
    uint64_t seed = cy_test_seed();
    struct cy_buffer out = {0};
    for (int round = 0; round < 2000; round++) {
        char text[64];
        size_t size = cy_test_random(&seed) % sizeof text;
        for (size_t i = 0; i < size; i++)
            text[i] = round % 2 == 0 ? (char)cy_test_random(&seed)
                                     : "<>&\"'\0\x1b\x7f\xC3\xA9\xF0\x90"
                                       "a\n"[cy_test_random(&seed) % 15];
        cy_buffer_clear(&out);
        cy_html_text(&out, (struct cy_str){text, size});
        for (size_t i = 0; i < out.size; i++) {
            uint8_t byte = (uint8_t)out.data[i];
            assert_true(byte != '<' && byte != '>' && byte != '"' && byte != '\'' && byte != 0x7F);
            assert_true(byte >= 0x20 || byte == '\n' || byte == '\t');
        }
        assert_true(out.size >= size);
    }
    cy_buffer_clear(&out);
    cy_html_text(&out, (struct cy_str){"a<b\0\x1b\xFFé\n", 9});
    cy_expect_str(cy_buffer_str(&out), "a&lt;b␀␛\xEF\xBF\xBDé\n");
    cy_buffer_release(&out);
}

/* ---- a report of hostile names ---- */

#define EVIL "</title><script>alert('1')</script>\"'&\x01\xFF|\n---"

struct hostile {
    double limit;
    struct cy_str words;
};
static const struct cy_param hostile_params[] = {
    {"limit", CY_PARAM_KIND_NUMBER, offsetof(struct hostile, limit), "1", EVIL, EVIL, NULL},
    {"words", CY_PARAM_KIND_TEXT, offsetof(struct hostile, words), EVIL, EVIL, EVIL, NULL},
    {0},
};
static const struct cy_signal hostile_signals[] = {{"x", EVIL, EVIL}, {"y", EVIL, EVIL}, {0}};
static const struct cy_rule hostile_rules[] = {{"low", "x", "limit", CY_KEEP_AT_LEAST, EVIL},
                                               {"high", "x", "limit", CY_KEEP_BELOW, EVIL},
                                               {"odd", NULL, "words", CY_KEEP_OTHER, EVIL},
                                               {0}};
static const struct cy_operator hostile_operator = {.name = "hostile",
                                                    .summary = EVIL,
                                                    .source = EVIL,
                                                    .params = hostile_params,
                                                    .signals = hostile_signals,
                                                    .rules = hostile_rules,
                                                    .self_size = sizeof(struct hostile)};
static const struct hostile hostile_self = {.limit = 0.5, .words = {EVIL, sizeof EVIL - 1}};
static const struct cy_schema_source hostile_sources[] = {{.path = EVIL, .license = EVIL, .party = EVIL, .format = "jsonl"}};
static const struct cy_schema_file hostile_files[] = {{.name = EVIL, .source = 0}};
static const struct cy_schema_step hostile_steps[] = {
    {.name = "step " EVIL, .operator= & hostile_operator, .self = &hostile_self, .signal_first = 0}};
static const char *const hostile_vocabularies[] = {EVIL};
static const struct cy_schema hostile_schema = {.name = EVIL,
                                                .recipe_text = {EVIL, sizeof EVIL - 1},
                                                .sources = hostile_sources,
                                                .source_count = 1,
                                                .files = hostile_files,
                                                .file_count = 1,
                                                .steps = hostile_steps,
                                                .step_count = 1,
                                                .vocabularies = hostile_vocabularies,
                                                .vocabulary_count = 1};
static const struct cy_dataset_options hostile_options = {.format = CY_DATASET_PARQUET, .removed_text = CY_TEXT_FULL};

static struct cy_build_counts *hostile_counts(void)
{
    const struct cy_str evil = {EVIL, sizeof EVIL - 1};
    struct cy_build_counts *counts = cy_counts_new(&hostile_schema, &hostile_options);
    struct cy_arena arena = {0};
    struct cy_batch batch;
    cy_batch_init(&batch, &arena, NULL, 8, 2, 1, NULL, 0);
    for (size_t row = 0; row < 8; row++) {
        cy_batch_append(&batch);
        batch.ids[row] = batch.texts[row] = batch.urls[row] = batch.languages[row] = evil;
        batch.read_bytes[row] = evil.size;
        batch.origins[row].ordinal = row;
        batch.signals[0][row] = (double)row / 8;
        batch.tokens[0][row] = 3;
    }
    batch.step = 0;
    for (size_t row = 4; row < 7; row++)
        cy_batch_remove(&batch, row, row == 6 ? "odd" : "low", 0.25, 0.5);
    batch.verdicts[6].duplicate_of = evil;
    batch.verdicts[6].similarity = 0.75;
    batch.step = CY_STEP_READ;
    cy_batch_unreadable(&batch, 7, EVIL);
    cy_batch_compact(&batch);
    cy_rows_clean(&hostile_schema, &batch);
    cy_counts_add_batch(counts, &batch);
    cy_counts_sort(counts);
    cy_arena_release(&arena);
    return counts;
}

static bool holds(const struct cy_buffer *text, const char *part)
{
    return memmem(text->data, text->size, part, strlen(part)) != NULL;
}

CY_TEST("names from recipe, parties, files and operators are text in every file of the report")
{
    struct cy_build_counts *counts = hostile_counts();
    struct cy_buffer out = {0};
    cy_report_html(&out, counts);
    assert_false(holds(&out, "<script"));
    assert_true(holds(&out, "&lt;script&gt;alert(&#39;1&#39;)"));
    assert_true(holds(&out, "␁\xEF\xBF\xBD"));
    assert_true(holds(&out, "near-duplicate of "));
    assert_true(holds(&out, "similarity 0.75 (75 % alike)"));
    assert_false(holds(&out, "\x01"));

    cy_buffer_clear(&out);
    cy_report_json(&out, counts);
    yyjson_doc *doc = yyjson_read(out.data, out.size, 0);
    assert_non_null(doc);
    yyjson_val *rules = yyjson_ptr_get(yyjson_doc_get_root(doc), "/steps/0/rules");
    assert_string_equal(yyjson_get_str(yyjson_ptr_get(rules, "/0/keep")), "≥ 0.5");
    assert_int_equal(yyjson_get_uint(yyjson_ptr_get(rules, "/0/count")), 2);
    assert_int_equal(yyjson_get_uint(yyjson_ptr_get(rules, "/1/count")), 0); /* one that never fired is listed too */
    yyjson_doc_free(doc);

    void (*const others[])(struct cy_buffer *, const struct cy_build_counts *) = {cy_report_samples, cy_croissant};
    for (size_t i = 0; i < CY_COUNT(others); i++) {
        cy_buffer_clear(&out);
        others[i](&out, counts);
        doc = yyjson_read(out.data, out.size, 0);
        assert_non_null(doc);
        yyjson_doc_free(doc);
    }
    cy_buffer_clear(&out);
    cy_card(&out, counts);
    assert_false(holds(&out, "\x01"));
    /* The head ends where it should: no name can close it; what follows it is escaped. */
    struct cy_str rest = cy_buffer_str(&out);
    size_t fences = 0;
    while (rest.size > 0) {
        struct cy_str line = cy_str_split(rest, '\n', &rest);
        fences += cy_str_is(line, "---");
        if (fences == 2 && memmem(line.data, line.size, "<script", 7) != NULL)
            fail_msg("markup in the card: %.*s", (int)line.size, line.data);
    }
    assert_int_equal(fences, 2);
    cy_buffer_release(&out);
    cy_counts_free(counts);
}

CY_TEST("the report of nothing at all is whole, and says so")
{
    static const struct cy_schema nothing = {.name = "nothing"};
    struct cy_build_counts *counts = cy_counts_new(&nothing, &hostile_options);
    cy_counts_sort(counts);
    struct cy_error error;
    const char *folder = cy_test_folder();
    cy_expect_ok(cy_report_write(folder, &nothing, counts, &error), error);
    static const char *const names[] = {"build.json", "build.html", "samples.json", "README.md", "croissant.json"};
    struct cy_arena arena = {0};
    struct cy_buffer content = {0};
    for (size_t i = 0; i < CY_COUNT(names); i++) {
        cy_expect_ok(cy_read_file(cy_path_join(&arena, folder, names[i]), &content, &error), error);
        assert_true(content.size > 0);
        if (strcmp(names[i], "build.html") == 0)
            assert_true(holds(&content, "The recipe has no steps."));
        cy_buffer_clear(&content);
    }
    cy_buffer_release(&content);
    cy_arena_release(&arena);
    cy_counts_free(counts);
}
