#include "cy_test.h"

#include "base/clock.h"
#include "base/files.h"
#include "operators/operator.h"

#include <math.h>
#include <unistd.h>

static struct cy_test *tests;
static size_t test_count;
static char folder[64];

void cy_test_add(struct cy_test test)
{
    tests = cy_realloc(tests, (test_count + 1) * sizeof *tests);
    tests[test_count++] = test;
}

const char *cy_test_folder(void)
{
    static unsigned number;
    static char paths[4096][96];
    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/ciyuan-tests.XXXXXX");
        assert_non_null(mkdtemp(folder));
    }
    char *path = paths[number++ % 4096];
    snprintf(path, 96, "%s/%u", folder, number);
    struct cy_error error;
    cy_expect_ok(cy_make_folders(path, &error), error);
    return path;
}

uint64_t cy_test_seed(void)
{
    static uint64_t seed;
    if (seed == 0) {
        const char *given = getenv("CIYUAN_SEED");
        seed = given != NULL ? strtoull(given, NULL, 0) : cy_clock_ns() | 1;
    }
    return seed;
}

uint64_t cy_test_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

const char *cy_test_shared(const char *name)
{
    static char path[4096];
    const char *shared = getenv("CIYUAN_SHARED");
    snprintf(path, sizeof path, "%s/data/%s", shared != NULL ? shared : CIYUAN_SOURCE "/../shared", name);
    return cy_path_exists(path) ? path : NULL;
}

/* ---- operators ---- */

static const struct cy_operator *last_operator;

/* Every batch made, freed when the program ends. */
static struct cy_batch **batches;
static size_t batch_count;

static void free_batches(void)
{
    for (size_t i = 0; i < batch_count; i++) {
        struct cy_arena *arena = batches[i]->arena;
        cy_scratch_free(batches[i]->scratch);
        cy_arena_release(arena);
        free(arena);
        free(batches[i]);
    }
    free(batches);
}

struct cy_batch *cy_test_batch(const char *first, ...)
{
    struct cy_arena *arena = cy_alloc_zero(1, sizeof *arena);
    struct cy_batch *batch = cy_alloc_zero(1, sizeof *batch);
    batches = cy_realloc(batches, (batch_count + 1) * sizeof *batches);
    batches[batch_count++] = batch;
    enum { SIGNALS = 64 };
    cy_batch_init(batch, arena, cy_scratch_new(), 4, SIGNALS, 1, (size_t[]){4096}, 1);
    va_list rest;
    va_start(rest, first);
    for (const char *text = first; text != NULL; text = va_arg(rest, const char *)) {
        size_t row = cy_batch_append(batch);
        batch->texts[row] = cy_str(text);
        batch->ids[row] = cy_str(cy_arena_printf(arena, "%zu", row));
        batch->origins[row].ordinal = row;
    }
    va_end(rest);
    return batch;
}

void *cy_test_prepare(const char *operator_name, const char *params, struct cy_arena *arena)
{
    const struct cy_operator *operator = cy_operator_find(cy_str(operator_name));
    assert_non_null(operator);
    last_operator = operator;
    struct cy_error error;
    void *self = cy_arena_zero(arena, operator->self_size);
    cy_params_default(operator->params, self, arena);
    struct cy_str rest = cy_str(params);
    while (rest.size > 0) {
        /* a list stands in [ ]: its commas do not end the parameter */
        struct cy_str value, name = cy_str_trim(cy_str_split(rest, ':', &rest));
        rest = cy_str_trim(rest);
        const struct cy_param *param = cy_param_find(operator->params, name);
        if (param == NULL)
            fail_msg("%s has no parameter \"%.*s\"", operator_name, (int)name.size, name.data);
        if (rest.size > 0 && rest.data[0] == '[') {
            rest.data++, rest.size--;
            value = cy_str_split(rest, ']', &rest);
            struct cy_str items[64];
            size_t count = 0;
            while (cy_str_trim(value).size > 0)
                items[count++] = cy_str_trim(cy_str_split(value, ',', &value));
            cy_expect_ok(cy_param_set_list(param, self, items, count, arena, &error), error);
            cy_str_split(rest, ',', &rest);
        } else {
            value = cy_str_trim(cy_str_split(rest, ',', &rest));
            cy_expect_ok(cy_param_set(param, self, value, arena, &error), error);
        }
    }
    struct cy_step_setup setup = {.arena = arena, .folder = ".", .step_name = operator_name};
    if (operator->prepare != NULL)
        cy_expect_ok(operator->prepare(self, &setup, &error), error);
    return self;
}

void cy_test_run(const char *operator_name, const char *params, struct cy_batch *batch)
{
    const struct cy_operator *operator = cy_operator_find(cy_str(operator_name));
    void *self = cy_test_prepare(operator_name, params, batch->arena);
    struct cy_error error;
    batch->step = 0;
    batch->step_signal_first = 0;
    batch->step_mark = 0;
    cy_expect_ok(operator->run(self, batch, &error), error);
    if (operator->release != NULL)
        operator->release(self);
}

void cy_expect_verdict(const struct cy_batch *batch, size_t row, const char *rule, double measured, double threshold)
{
    const struct cy_verdict *verdict = &batch->verdicts[row];
    if (verdict->what == CY_KEPT)
        fail_msg("row %zu is kept, expected removal by \"%s\"", row, rule);
    cy_expect_str(verdict->rule, rule);
    if (!isnan(measured))
        cy_expect_near(verdict->measured, measured, 1e-9);
    if (!isnan(threshold))
        cy_expect_near(verdict->threshold, threshold, 1e-9);
}

void cy_expect_kept(const struct cy_batch *batch, size_t row)
{
    const struct cy_verdict *verdict = &batch->verdicts[row];
    if (verdict->what != CY_KEPT)
        fail_msg("row %zu is gone by \"%.*s\" (%g against %g), expected kept", row, (int)verdict->rule.size, verdict->rule.data,
                 verdict->measured, verdict->threshold);
}

void cy_expect_signal(const struct cy_batch *batch, size_t row, const char *signal, double expected)
{
    for (size_t i = 0; last_operator->signals[i].name != NULL; i++) {
        if (strcmp(last_operator->signals[i].name, signal) != 0)
            continue;
        if (!(fabs(batch->signals[i][row] - expected) <= 1e-9) && !(isnan(expected) && isnan(batch->signals[i][row])))
            fail_msg("%s of row %zu is %.17g, expected %.17g", signal, row, batch->signals[i][row], expected);
        return;
    }
    fail_msg("%s has no signal \"%s\"", last_operator->name, signal);
}

/* ---- the program ---- */

static bool chosen(const struct cy_test *test, char **words)
{
    for (; *words != NULL; words++)
        if (strstr(test->file, *words) == NULL && strstr(test->sentence, *words) == NULL)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    bool list = argc > 1 && strcmp(argv[1], "-l") == 0;
    struct CMUnitTest *group = cy_alloc_zero(test_count, sizeof *group);
    size_t count = 0, part = 1, part_count = 1; /* CIYUAN_TEST_PART=2/4: the second of four parts of the tests */
    const char *asked = getenv("CIYUAN_TEST_PART");
    CY_ASSERT(asked == NULL || (sscanf(asked, "%zu/%zu", &part, &part_count) == 2 && part >= 1 && part <= part_count));
    for (size_t i = 0; i < test_count; i++) {
        if (!chosen(&tests[i], argv + 1 + list) || i % part_count != part - 1)
            continue;
        if (list)
            printf("%s: %s\n", tests[i].file, tests[i].sentence);
        group[count++] = (struct CMUnitTest){.name = tests[i].sentence, .test_func = tests[i].run};
    }
    if (list)
        return 0;
    int failed = _cmocka_run_group_tests("ciyuan", group, count, NULL, NULL);
    if (failed != 0)
        fprintf(stderr, "seed of the random tests: CIYUAN_SEED=%llu\n", (unsigned long long)cy_test_seed());
    free_batches();
    free(group);
    free(tests);
    struct cy_error error;
    if (folder[0] != '\0')
        cy_remove_tree(folder, &error);
    return failed != 0;
}
