#include "cy_test.h"

#include "base/files.h"
#include "cy_disk.h"
#include "recipe/run.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A folder with an input of `count` documents, a third of them repeated, and a recipe over it. */
static const char *make_case(size_t count)
{
    const char *folder = cy_test_folder();
    char path[256];
    struct cy_buffer text = {0};
    struct cy_error error;
    for (size_t i = 0; i < count; i++)
        cy_buffer_printf(&text, "{\"id\": \"d%zu\", \"text\": \"document number %zu of the test, with some words to it\"}\n", i,
                         i % (count * 2 / 3));
    snprintf(path, sizeof path, "%s/in.jsonl", folder);
    cy_expect_ok(cy_write_file(path, cy_buffer_str(&text), &error), error);
    snprintf(path, sizeof path, "%s/recipe.yaml", folder);
    cy_expect_ok(
        cy_write_file(path,
                      CY_STR("name: run\nsources: [in.jsonl]\nsteps: [dedup_exact, {where: \"length(text) > 10\"}]\noutput: {path: out}\n"),
                      &error),
        error);
    cy_buffer_release(&text);
    return folder;
}

static enum cy_status build(const char *folder, struct cy_run_options options, char build_id[65], struct cy_error *error)
{
    char path[256];
    struct cy_plan plan;
    struct cy_run_result result = {0};
    snprintf(path, sizeof path, "%s/recipe.yaml", folder);
    options.thread_count = options.thread_count > 0 ? options.thread_count : 2;
    options.part_bytes = options.part_bytes > 0 ? options.part_bytes : 10000;
    options.memory_bytes = 64 << 20;
    enum cy_status status = cy_plan_open(&plan, path, NULL, error);
    if (status == CY_OK)
        status = cy_run(&plan, &options, &result, error);
    strcpy(build_id, result.build_id);
    cy_run_result_release(&result);
    cy_plan_release(&plan);
    return status;
}

static bool dataset_is_whole(const char *folder, const char *expected_id)
{
    char path[256], build_id[65];
    struct cy_error error;
    snprintf(path, sizeof path, "%s/out", folder);
    if (!cy_path_exists(path))
        return true; /* not at all is good, too */
    return cy_dataset_check(path, 1, NULL, build_id, &error) == CY_OK && strcmp(build_id, expected_id) == 0;
}

CY_TEST("after power is lost at any moment the dataset is there whole or not at all, and the next run makes it the same")
{
    struct cy_error error;
    char expected[65], build_id[65];
    const char *folder = make_case(300);
    cy_disk_begin(cy_test_seed(), UINT64_MAX);
    cy_expect_ok(build(folder, (struct cy_run_options){0}, expected, &error), error);
    uint64_t calls = cy_disk_calls();
    cy_disk_end();
    uint64_t seed = cy_test_seed();
    enum { MOMENTS = 60 };
    for (int i = 0; i < MOMENTS; i++) {
        folder = make_case(300);
        cy_disk_begin(cy_test_random(&seed), 1 + cy_test_random(&seed) % calls);
        enum cy_status status = build(folder, (struct cy_run_options){0}, build_id, &error);
        cy_disk_lose_power();
        cy_disk_end();
        if (!dataset_is_whole(folder, expected))
            fail_msg("moment %d: the dataset is damaged after the loss of power (the run had ended with %d: %s)", i, status, error.message);
        char path[256];
        snprintf(path, sizeof path, "%s/out", folder);
        if (status == CY_OK) /* acknowledged: it must be there */
            assert_true(cy_path_exists(path));
        cy_expect_ok(build(folder, (struct cy_run_options){.replace = true}, build_id, &error), error);
        assert_string_equal(build_id, expected);
    }
}

CY_TEST("whichever call to the disk fails, the build says so, an existing dataset stays, and the next run succeeds")
{
    struct cy_error error;
    char expected[65], build_id[65];
    const char *folder = make_case(60);
    cy_expect_ok(build(folder, (struct cy_run_options){0}, expected, &error), error);
    for (uint64_t calls = 1;; calls += 1 + calls / 40) {
        cy_disk_begin(1, calls);
        enum cy_status status = build(folder, (struct cy_run_options){.replace = true, .thread_count = 1}, build_id, &error);
        cy_disk_end();
        if (!dataset_is_whole(folder, expected))
            fail_msg("the dataset is damaged after call %llu failed", (unsigned long long)calls);
        if (status == CY_OK)
            break;
        if (strstr(error.message, "could not") == NULL)
            fail_msg("call %llu failed, and the message is: %s", (unsigned long long)calls, error.message);
    }
}

struct stopping {
    atomic_bool stop;
    uint64_t after; /* so many documents are read */
};

static void stop_after(void *context, const struct cy_progress *progress)
{
    struct stopping *stopping = context;
    if (progress->stage == CY_RUN_READ && progress->document_count >= stopping->after)
        atomic_store(&stopping->stop, true);
}

static void stop_at_stage(void *context, const struct cy_progress *progress)
{
    struct stopping *stopping = context;
    if (progress->stage == (enum cy_run_stage)stopping->after)
        atomic_store(&stopping->stop, true);
}

CY_TEST("a stop is heeded in the stage in which it comes, whichever that is, and the next run makes the same dataset")
{
    struct cy_error error;
    char expected[65], build_id[65];
    const char *folder = make_case(300);
    cy_expect_ok(build(folder, (struct cy_run_options){0}, expected, &error), error);
    folder = make_case(300);
    for (enum cy_run_stage stage = CY_RUN_READ; stage <= CY_RUN_VERIFY; stage++) {
        struct stopping stopping = {.after = stage};
        struct cy_run_options options = {.stop = &stopping.stop, .progress = stop_at_stage, .progress_context = &stopping};
        assert_int_equal(build(folder, options, build_id, &error), CY_INTERRUPTED);
        assert_string_equal(error.message, "interrupted");
        assert_non_null(strstr(error.hint, "goes on where it stopped"));
        char path[256];
        snprintf(path, sizeof path, "%s/out", folder);
        assert_false(cy_path_exists(path));
    }
    cy_expect_ok(build(folder, (struct cy_run_options){0}, build_id, &error), error);
    assert_string_equal(build_id, expected);
}

CY_TEST("a damaged part that is made again with another end takes no record from the parts behind it, and gives none twice")
{
    struct cy_error error;
    char expected[65], build_id[65], path[256];
    cy_expect_ok(build(make_case(6000), (struct cy_run_options){0}, expected, &error), error);
    const char *folder = make_case(6000);
    struct stopping stopping = {.after = 4500};
    struct cy_run_options options = {.thread_count = 1, .stop = &stopping.stop, .progress = stop_after, .progress_context = &stopping};
    options.part_bytes = 1; /* a part a batch */
    assert_int_equal(build(folder, options, build_id, &error), CY_INTERRUPTED);
    snprintf(path, sizeof path, "%s/out.work/phase-0/000001.spill", folder);
    cy_expect_ok(cy_write_file(path, CY_STR("damaged"), &error), error);
    stopping.after = 2500; /* the part now holds more batches than it did */
    atomic_store(&stopping.stop, false);
    options.part_bytes = 1 << 20;
    assert_int_equal(build(folder, options, build_id, &error), CY_INTERRUPTED);
    cy_expect_ok(build(folder, (struct cy_run_options){0}, build_id, &error), error);
    assert_string_equal(build_id, expected);
}

static void touch_input(void *context, const struct cy_progress *progress)
{
    if (progress->stage == CY_RUN_NAMES)
        assert_int_equal(utimensat(AT_FDCWD, context, (struct timespec[2]){{1, 0}, {1, 0}}, 0), 0);
}

CY_TEST("an input that changes while the build is under way is an error, and no dataset is made of it")
{
    struct cy_error error;
    char build_id[65], input[256], output[256];
    const char *folder = make_case(300);
    snprintf(input, sizeof input, "%s/in.jsonl", folder);
    snprintf(output, sizeof output, "%s/out", folder);
    struct cy_run_options options = {.progress = touch_input, .progress_context = input};
    assert_int_equal(build(folder, options, build_id, &error), CY_FAILED);
    assert_string_equal(error.message, "an input, a model or an earlier dataset changed while the build was under way");
    assert_false(cy_path_exists(output));
    cy_expect_ok(build(folder, (struct cy_run_options){.restart = true}, build_id, &error), error);
}
