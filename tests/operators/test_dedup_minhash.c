#include "cy_test_barrier.h"

#include "base/duck.h"
#include "base/files.h"
#include "kernels/minhash.h"

#include <math.h>

/* ---- texts with a known similarity ---- */

/* Appends `count` random words of letters. */
static void add_random_words(struct cy_buffer *text, uint64_t *random, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (uint64_t rest = cy_test_random(random) >> 20; rest > 0; rest /= 26)
            cy_buffer_add_byte(text, (uint8_t)('a' + rest % 26));
        cy_buffer_add_byte(text, ' ');
    }
}

/* Two texts whose sets of n-grams share `shared` and have `own` each beside that, exactly: a common beginning and ends of their own.
 * A common run of w words has w - n + 1 n-grams; every word after it makes one more. */
static void add_pair(struct cy_buffer *a, struct cy_buffer *b, uint64_t *random, size_t ngram, size_t shared, size_t own)
{
    size_t start = a->size;
    add_random_words(a, random, shared + ngram - 1);
    cy_buffer_add(b, a->data + start, a->size - start);
    add_random_words(a, random, own);
    add_random_words(b, random, own);
}

enum { PAIRS_MAX = 4000 };
static struct cy_str texts[2 * PAIRS_MAX];
static struct cy_test_removal removals[2 * PAIRS_MAX];

/* How many of `pairs` pairs of similarity shared / (shared + 2 own) are found; nothing else may be. */
static size_t found_pairs(const char *params, size_t ngram, size_t pairs, size_t shared, size_t own, uint64_t *random)
{
    static struct cy_buffer texts_of[2 * PAIRS_MAX];
    for (size_t i = 0; i < pairs; i++) {
        cy_buffer_clear(&texts_of[2 * i]);
        cy_buffer_clear(&texts_of[2 * i + 1]);
        add_pair(&texts_of[2 * i], &texts_of[2 * i + 1], random, ngram, shared, own);
    }
    for (size_t i = 0; i < 2 * pairs; i++)
        texts[i] = cy_buffer_str(&texts_of[i]);
    cy_test_barrier("dedup_minhash", params, texts, 2 * pairs, &(struct cy_test_barrier_options){.thread_count = 2}, removals);
    size_t found = 0;
    for (size_t i = 0; i < pairs; i++) {
        assert_false(removals[2 * i].removed); /* the first is kept */
        if (removals[2 * i + 1].removed) {
            found++;
            assert_int_equal(removals[2 * i + 1].kept, 2 * i);
        }
    }
    for (size_t i = 0; i < 2 * pairs; i++)
        cy_buffer_release(&texts_of[i]);
    return found;
}

/* Fails when `found` of `count` is further from probability p than 4.5 standard deviations, and a little for p near 0 or 1: by chance
 * in one of 150,000. */
static void expect_binomial(size_t found, size_t count, double p, double s)
{
    const double expected = p * (double)count, deviation = sqrt(expected * (1 - p));
    if (fabs((double)found - expected) > 4.5 * deviation + 2)
        fail_msg("similarity %.3f: %zu of %zu pairs found, expected %.1f ± %.1f", s, found, count, expected, deviation);
}

CY_TEST("dedup_minhash finds pairs with probability 1 - (1 - s^rows)^bands, within sampling error, from s = 0.5 to 0.95")
{
    static const struct {
        size_t shared, own;
    } cases[] = {{100, 50}, {150, 50}, {140, 30}, {150, 25}, {160, 20}, {170, 15}, {180, 10}, {190, 5}}; /* of 200 n-grams */
    uint64_t random = cy_test_seed();
    for (size_t c = 0; c < CY_COUNT(cases); c++) {
        const double s = (double)cases[c].shared / (double)(cases[c].shared + 2 * cases[c].own);
        expect_binomial(found_pairs("", 5, 3000, cases[c].shared, cases[c].own, &random), 3000, 1 - pow(1 - pow(s, 8), 14), s);
    }
}

CY_TEST("dedup_minhash: other bands, rows and n-grams lie on their own curve")
{
    uint64_t random = cy_test_seed() + 1;
    expect_binomial(found_pairs("bands: 20, rows: 5, ngram: 3", 3, 2000, 60, 30, &random), 2000, 1 - pow(1 - pow(0.5, 5), 20), 0.5);
    expect_binomial(found_pairs("bands: 5, rows: 3, ngram: 1", 1, 2000, 60, 30, &random), 2000, 1 - pow(1 - pow(0.5, 3), 5), 0.5);
    expect_binomial(found_pairs("bands: 3, rows: 11, ngram: 8", 8, 2000, 90, 5, &random), 2000, 1 - pow(1 - pow(0.9, 11), 3), 0.9);
}

CY_TEST("dedup_minhash: texts with nothing in common are never found, among 8,000")
{
    uint64_t random = cy_test_seed() + 2;
    assert_int_equal(found_pairs("", 5, PAIRS_MAX, 0, 40, &random), 0);
}

/* ---- verdicts ---- */

static const char *const fox =
    "The quick brown fox jumps over the lazy dog while seven old wizards mix a glowing potion of amber and jade near "
    "the quiet river bank at noon";

static void run(const char *params, const char *const *given, size_t count)
{
    for (size_t i = 0; i < count; i++)
        texts[i] = cy_str(given[i]);
    cy_test_barrier("dedup_minhash", params, texts, count, &(struct cy_test_barrier_options){0}, removals);
}

CY_TEST("dedup_minhash: equal words in another dress are near-duplicates of similarity 1; the first is kept and named")
{
    const char *const given[] = {
        "something else entirely, of more than five words", fox,
        "THE QUICK, BROWN FOX — jumps over the lazy dog; while seven old wizards mix a glowing potion of amber and jade "
        "near the quiet river-bank at noon!"};
    run("", given, 3);
    assert_false(removals[0].removed);
    assert_false(removals[1].removed);
    assert_true(removals[2].removed);
    assert_int_equal(removals[2].kept, 1);
    assert_string_equal(removals[2].rule, "near_duplicate");
    cy_expect_near(removals[2].similarity, 1.0, 0);
    cy_expect_near(removals[2].measured, 1.0, 0);
    assert_true(isnan(removals[2].threshold)); /* whatever shares a band */
}

CY_TEST("dedup_minhash: short texts are duplicates when all their words are; texts without words never are")
{
    const char *const given[] = {"Yes, please.", "", "yes please", "yes", "!!!", "...", "please yes", "YES"};
    run("", given, 8);
    const uint64_t kept[] = {0, 0, 0, 0, 0, 0, 0, 3};
    const bool removed[] = {false, false, true, false, false, false, false, true};
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(removals[i].removed, removed[i]);
        if (removed[i])
            assert_int_equal(removals[i].kept, kept[i]);
    }
}

CY_TEST("dedup_minhash: Chinese is compared by n-grams of characters")
{
    const char *const given[] = {"数据集的质量决定了模型的上限，清洗与去重是其中最要紧的两步。",
                                 "数据集的质量，决定了模型的上限；清洗与去重，是其中最要紧的两步！",
                                 "床前明月光疑是地上霜举头望明月低头思故乡"};
    run("", given, 3);
    assert_false(removals[0].removed);
    assert_true(removals[1].removed);
    assert_false(removals[2].removed);
}

CY_TEST("dedup_minhash: a chain of pairs is one cluster, its first is kept, and similarity is that to the kept one")
{
    /* each text drops 6 words at the front and gains 6 at the end: neighbours share much, the ends little */
    enum { LINKS = 40, WORDS = 100, STEP = 2 };
    uint64_t random = cy_test_seed() + 3;
    struct cy_buffer words = {0};
    add_random_words(&words, &random, WORDS + LINKS * STEP);
    const char *starts[WORDS + LINKS * STEP + 1];
    size_t count = 0;
    for (size_t i = 0; i < words.size; i++)
        if (i == 0 || words.data[i - 1] == ' ')
            starts[count++] = words.data + i;
    starts[count] = words.data + words.size;
    for (size_t i = 0; i < LINKS; i++)
        texts[i] = (struct cy_str){starts[i * STEP], (size_t)(starts[i * STEP + WORDS] - starts[i * STEP])};
    cy_test_barrier("dedup_minhash", "", texts, LINKS, &(struct cy_test_barrier_options){0}, removals);
    assert_false(removals[0].removed);
    for (size_t i = 1; i < LINKS; i++) { /* neighbours have J = 94 / 98: missed with a probability of 10^-8 */
        assert_true(removals[i].removed);
        assert_int_equal(removals[i].kept, 0);
        const double shared = (double)CY_MAX(96 - 2 * (int)i, 0), s = shared / (2 * 96 - shared);
        cy_expect_near(removals[i].similarity, s, 5 * sqrt(s * (1 - s) / 112) + 0.02);
    }
    cy_buffer_release(&words);
}

CY_TEST("dedup_minhash: similarity_min keeps candidates whose estimate is below it, and says so in the verdict")
{
    enum { PAIRS = 1000 };
    uint64_t random = cy_test_seed() + 4, again = random;
    size_t all = found_pairs("bands: 40, rows: 2", 5, PAIRS, 150, 25, &again); /* s = 0.75 */
    static double similarities[PAIRS];
    for (size_t i = 0; i < PAIRS; i++)
        similarities[i] = removals[2 * i + 1].removed ? removals[2 * i + 1].similarity : -1;
    assert_true(all > 900);
    again = random; /* the same texts again */
    size_t verified = found_pairs("bands: 40, rows: 2, similarity_min: 0.75", 5, PAIRS, 150, 25, &again);
    assert_true(verified > 300 && verified < 700); /* the estimate is as often above as below */
    for (size_t i = 0; i < PAIRS; i++) {
        assert_int_equal(removals[2 * i + 1].removed, similarities[i] >= 0.75);
        if (removals[2 * i + 1].removed)
            cy_expect_near(removals[2 * i + 1].threshold, 0.75, 0);
    }
}

CY_TEST("dedup_minhash: memory, threads and short reads change nothing")
{
    enum { COUNT = 3000 };
    uint64_t random = cy_test_seed() + 5;
    static struct cy_buffer made[COUNT];
    for (size_t i = 0; i < COUNT; i++) { /* every third is an edit of an earlier one */
        if (i % 3 == 2) {
            size_t of = cy_test_random(&random) % i;
            cy_buffer_add(&made[i], made[of].data, made[of].size);
            add_random_words(&made[i], &random, cy_test_random(&random) % 20);
        } else {
            add_random_words(&made[i], &random, 60);
        }
        texts[i] = cy_buffer_str(&made[i]);
    }
    static struct cy_test_removal expected[COUNT];
    const char *const all_params[] = {"", "similarity_min: 0.8"};
    for (size_t p = 0; p < 2; p++) {
        cy_test_barrier("dedup_minhash", all_params[p], texts, COUNT, &(struct cy_test_barrier_options){0}, expected);
        const struct cy_test_barrier_options options[] = {{.memory_bytes = 1 << 18, .thread_count = 3}, {.read_max = 5, .thread_count = 2}};
        for (size_t o = 0; o < CY_COUNT(options); o++) {
            cy_test_barrier("dedup_minhash", all_params[p], texts, COUNT, &options[o], removals);
            size_t removed = 0;
            for (size_t i = 0; i < COUNT; i++) {
                assert_int_equal(removals[i].removed, expected[i].removed);
                assert_int_equal(removals[i].kept, expected[i].kept);
                assert_true(removals[i].similarity == expected[i].similarity);
                removed += removals[i].removed;
            }
            assert_true(removed > 500);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        cy_buffer_release(&made[i]);
}

/* Writes a dataset of (id, text) as `format` (what COPY calls it), in two shards; returns its folder. */
static const char *make_dataset(const char *format, const char *suffix, const char *const *ids, const struct cy_str *of, size_t count)
{
    static char folders[8][256];
    static size_t folder_count;
    char *folder = folders[folder_count++ % 8];
    snprintf(folder, 256, "%s/earlier", cy_test_folder());
    struct cy_error error;
    struct cy_buffer sql = {0};
    struct cy_duck *duck;
    char data[512];
    snprintf(data, sizeof data, "%s/data", folder);
    cy_expect_ok(cy_make_folders(data, &error), error);
    cy_expect_ok(cy_duck_open(&duck, &(struct cy_duck_options){0}, &error), error);
    for (size_t shard = 0; shard < 2; shard++) {
        cy_buffer_clear(&sql);
        cy_buffer_add_text(&sql, "COPY (SELECT * FROM (VALUES ");
        for (size_t i = shard * (count / 2); i < (shard == 0 ? count / 2 : count); i++) {
            cy_buffer_add_text(&sql, i > shard * (count / 2) ? ", (" : "(");
            cy_duck_add_literal(&sql, cy_str(ids[i]));
            cy_buffer_add_text(&sql, ", ");
            cy_duck_add_literal(&sql, of[i]);
            cy_buffer_add_text(&sql, ")");
        }
        cy_buffer_printf(&sql, ") t(id, text)) TO '%s/train-%05zu.%s' (FORMAT %s)", data, shard, suffix, format);
        cy_expect_ok(cy_duck_run(duck, sql.data, &error), error);
    }
    cy_duck_close(duck);
    cy_buffer_release(&sql);
    return folder;
}

CY_TEST("dedup_minhash against: what is similar to an earlier dataset's document is removed and names it, Parquet or JSONL")
{
    static const char *const ids[] = {"doc:a", "doc:b", "doc:c", "doc:d"};
    static const char *const formats[][2] = {{"parquet", "parquet"}, {"json", "jsonl"}};
    const char *const other = "an entirely different text about harbours, ships, sailors and their long voyages over the northern sea";
    const struct cy_str earlier[] = {CY_STR("first of all, something that stands alone and is not like the rest"), cy_str(fox), cy_str(fox),
                                     CY_STR("!!!")};
    for (size_t f = 0; f < 2; f++) {
        const char *folder = make_dataset(formats[f][0], formats[f][1], ids, earlier, 4);
        const char *const given[] = {other, fox, "!!!", other, fox};
        char params[512];
        snprintf(params, sizeof params, "against: [%s]", folder);
        run(params, given, 5);
        const bool removed[] = {false, true, false, true, true};
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(removals[i].removed, removed[i]);
        assert_string_equal(removals[3].rule, "near_duplicate"); /* within the run */
        assert_int_equal(removals[3].kept, 0);
        for (size_t i = 1; i < 5; i += 3) {
            assert_string_equal(removals[i].rule, "near_duplicate_of_earlier");
            assert_int_equal(removals[i].kept, UINT64_MAX);
            assert_string_equal(removals[i].duplicate_of, "doc:b"); /* the first that it is like */
            cy_expect_near(removals[i].similarity, 1.0, 0);
        }
    }
}

CY_TEST("dedup_minhash against: a thousand earlier documents, some edited since, in little memory and on several threads")
{
    enum { COUNT = 1000 };
    uint64_t random = cy_test_seed() + 6;
    static struct cy_buffer made[2 * COUNT];
    static struct cy_str earlier[COUNT];
    static char names[COUNT][16];
    static const char *ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) { /* pairs of J = 0.96; every other pair is of two strangers */
        add_pair(&made[2 * i], &made[2 * i + 1], &random, 5, 100, 2);
        if (i % 2 == 1) {
            cy_buffer_clear(&made[2 * i + 1]);
            add_random_words(&made[2 * i + 1], &random, 100);
        }
        earlier[i] = cy_buffer_str(&made[2 * i]);
        snprintf(names[i], sizeof names[i], "id-%zu", i);
        ids[i] = names[i];
        texts[i] = cy_buffer_str(&made[2 * i + 1]);
    }
    const char *const extra[] = {"", ", similarity_min: 0.5"};
    const char *folder = make_dataset("parquet", "parquet", ids, earlier, COUNT);
    for (size_t p = 0; p < 2; p++) {
        char params[512];
        snprintf(params, sizeof params, "against: [%s]%s", folder, extra[p]);
        cy_test_barrier("dedup_minhash", params, texts, COUNT,
                        &(struct cy_test_barrier_options){.memory_bytes = 1 << 18, .thread_count = 3, .read_max = 100}, removals);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(removals[i].removed, i % 2 == 0); /* 0.96 is missed with a probability of 10^-8 */
            if (i % 2 == 0)
                assert_string_equal(removals[i].duplicate_of, ids[i]);
        }
    }
    for (size_t i = 0; i < 2 * COUNT; i++)
        cy_buffer_release(&made[i]);
}

CY_TEST("dedup_minhash: parameters that cannot be are refused, with the values")
{
    static const struct {
        const char *params, *values[3], *message;
    } cases[] = {
        {"bands: 0", {"0", "8", "5"}, "bands: 0 and rows: 8"},
        {"too many", {"129", "8", "5"}, "make 1032 numbers a document"},
        {"ngram: 0", {"14", "8", "0"}, "ngram: 0, expected 1 to 64 words"},
    };
    const struct cy_operator *operator= cy_operator_find(CY_STR("dedup_minhash"));
    for (size_t c = 0; c < CY_COUNT(cases); c++) {
        struct cy_arena arena = {0};
        struct cy_error error;
        void *self = cy_arena_zero(&arena, operator->self_size);
        cy_params_default(operator->params, self, &arena);
        const char *const names[] = {"bands", "rows", "ngram"};
        for (size_t i = 0; i < 3; i++)
            cy_expect_ok(cy_param_set(cy_param_find(operator->params, cy_str(names[i])), self, cy_str(cases[c].values[i]), &arena, &error),
                         error);
        const struct cy_step_setup setup = {.arena = &arena, .folder = ".", .step_name = "dedup_minhash"};
        assert_int_equal(operator->prepare(self, &setup, &error), CY_BAD_RECIPE);
        assert_non_null(strstr(error.message, cases[c].message));
        cy_arena_release(&arena);
    }
}

CY_TEST("dedup_minhash against: a folder that is no dataset is refused before any work")
{
    struct cy_arena arena = {0};
    struct cy_error error;
    const struct cy_operator *operator= cy_operator_find(CY_STR("dedup_minhash"));
    void *self = cy_arena_zero(&arena, operator->self_size);
    cy_params_default(operator->params, self, &arena);
    const struct cy_str folder = CY_STR("no-such-dataset");
    cy_expect_ok(cy_param_set_list(cy_param_find(operator->params, CY_STR("against")), self, &folder, 1, &arena, &error), error);
    const struct cy_step_setup setup = {.arena = &arena, .folder = "/recipes", .step_name = "dedup_minhash"};
    assert_int_equal(operator->prepare(self, &setup, &error), CY_BAD_RECIPE);
    assert_non_null(strstr(error.message, "\"/recipes/no-such-dataset\" is not a dataset"));
    cy_arena_release(&arena);
}

CY_TEST("dedup_minhash against: a shard that cannot be read stops the step, and the error names the dataset")
{
    struct cy_arena arena = {0};
    struct cy_error error = {0};
    const char *folder = cy_test_folder();
    char path[512];
    snprintf(path, sizeof path, "%s/broken/data", folder);
    cy_expect_ok(cy_make_folders(path, &error), error);
    snprintf(path, sizeof path, "%s/broken/data/train-00000.parquet", folder);
    cy_expect_ok(cy_write_file(path, CY_STR("this is no Parquet file"), &error), error);
    char params[512];
    snprintf(params, sizeof params, "against: [%s/broken]", folder);
    const struct cy_operator *operator= cy_operator_find(CY_STR("dedup_minhash"));
    void *self = cy_test_prepare("dedup_minhash", params, &arena);
    struct cy_barrier barrier = {
        .folder = cy_test_folder(), .memory_bytes = 1 << 20, .thread_count = 1, .mark_size = operator->mark_size(self)};
    assert_int_not_equal(operator->barrier(self, &barrier, &error), CY_OK);
    assert_non_null(strstr(error.message, "could not read the earlier dataset"));
    assert_non_null(strstr(error.message, "/broken\""));
    cy_arena_release(&arena);
}
