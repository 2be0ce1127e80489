#include "cy_test.h"
#include "dataset_rows.h"

#include "dataset/read.h"

#include <math.h>

/* One kept and one removed document, written into a folder of the test's own. */
static const char *make_dataset(enum cy_dataset_format format)
{
    const char *folder = cy_test_folder();
    const struct cy_dataset_options options = {.format = format, .shard_bytes = 1 << 20, .removed_text = CY_TEXT_FULL};
    struct cy_dataset_writer *writer;
    struct cy_dataset_chunk *chunk;
    struct cy_error error;
    char build_id[65];
    cy_expect_ok(cy_dataset_open(&writer, folder, &cy_test_schema, &options, &error), error);
    struct cy_batch *batch = cy_test_dataset_batch();
    for (size_t row = 0; row < 2; row++) {
        cy_batch_append(batch);
        batch->ids[row] = cy_str(row == 0 ? "2026-11-24" : "gone");
        batch->texts[row] = CY_STR("文本 text");
        batch->origins[row].ordinal = row;
        batch->signals[0][row] = 2;
        batch->signals[1][row] = 0.5;
    }
    batch->step = 0;
    cy_batch_remove(batch, 1, "share_max", 0.5, 0.25);
    cy_batch_compact(batch);
    cy_expect_ok(cy_dataset_encode(writer, &batch, 1, &chunk, &error), error);
    cy_expect_ok(cy_dataset_append(writer, chunk, &error), error);
    cy_expect_ok(cy_dataset_finish(writer, 2, build_id, &error), error);
    cy_test_batch_free(batch);
    return folder;
}

CY_TEST("a dataset that was written is read back by SQL, from Parquet and JSON Lines, with its thresholds")
{
    const enum cy_dataset_format formats[] = {CY_DATASET_PARQUET, CY_DATASET_JSONL, CY_DATASET_JSONL_GZ, CY_DATASET_JSONL_ZST};
    for (size_t i = 0; i < CY_COUNT(formats); i++) {
        struct cy_dataset dataset = {0};
        struct cy_dataset_tables tables;
        struct cy_duck_result *result;
        struct cy_error error;
        size_t row_count;
        const struct cy_dataset *const datasets[] = {&dataset};
        cy_expect_ok(cy_dataset_read(&dataset, make_dataset(formats[i]), &error), error);
        cy_expect_ok(cy_dataset_tables(&tables, datasets, (const char *const[]){"x_"}, 1, 0, &error), error);
        cy_expect_ok(cy_duck_query(tables.duck,
                                   "SELECT d.id, d.text, v.id, v.measured, d.signals.quality.words FROM x_data d, x_verdicts v", &result,
                                   &error),
                     error);
        cy_expect_ok(cy_duck_next(result, &row_count, &error), error);
        assert_int_equal(row_count, 1);
        cy_expect_str(cy_duck_text(result, 0, 0), "2026-11-24"); /* an id stays text, whatever it looks like */
        cy_expect_str(cy_duck_text(result, 1, 0), "文本 text");
        cy_expect_str(cy_duck_text(result, 2, 0), "gone");
        cy_expect_near(cy_duck_number(result, 3, 0), 0.5, 0);
        cy_expect_near(cy_duck_number(result, 4, 0), 2, 0);
        cy_duck_result_free(result);
        struct cy_read_threshold thresholds[CY_READ_THRESHOLDS_MAX];
        assert_int_equal(cy_dataset_thresholds(&dataset, "quality", "share", thresholds), 1);
        assert_string_equal(thresholds[0].rule, "share_max");
        assert_string_equal(thresholds[0].keep, "≤");
        cy_expect_near(thresholds[0].low, 0.25, 0);
        assert_int_equal(cy_dataset_thresholds(&dataset, "quality", "nothing", thresholds), 0);
        assert_int_equal(cy_dataset_thresholds(&dataset, "nobody", "share", thresholds), 0);
        cy_dataset_close_tables(&tables);
        cy_dataset_release(&dataset);
    }
}

/* Absolute, or with a part "..": a name like "build..json" stays within. */
static bool leads_out(const char *name)
{
    struct cy_str rest = cy_str(name), part;
    if (name[0] == '/')
        return true;
    while (rest.size > 0) {
        part = cy_str_split(rest, '/', &rest);
        if (cy_str_is(part, ".."))
            return true;
    }
    return false;
}

CY_TEST("a MANIFEST changed at random is read or refused, and no name in it leads out of the folder")
{
    struct cy_arena arena = {0};
    struct cy_buffer original = {0};
    struct cy_error error;
    uint64_t seed = cy_test_seed();
    const char *path = cy_path_join(&arena, make_dataset(CY_DATASET_JSONL), "MANIFEST");
    cy_expect_ok(cy_read_file(path, &original, &error), error);
    const char *folder = cy_test_folder(), *copy = cy_path_join(&arena, folder, "MANIFEST");
    size_t refused = 0;
    for (int round = 0; round < 300; round++) {
        char *text = cy_arena_alloc(&arena, original.size);
        size_t size = cy_test_random(&seed) % 8 == 0 ? cy_test_random(&seed) % original.size : original.size;
        memcpy(text, original.data, size);
        for (int change = 0; size > 0 && change < 1 + round % 3; change++)
            text[cy_test_random(&seed) % size] = "./\0\n 0aZ\xFF"[cy_test_random(&seed) % 9];
        cy_expect_ok(cy_write_file(copy, (struct cy_str){text, size}, &error), error);
        struct cy_dataset dataset = {0};
        if (cy_dataset_read_manifest(&dataset, folder, &error) != CY_OK) {
            assert_int_equal(error.status, CY_BAD_INPUT);
            refused++;
        } else {
            for (size_t i = 0; i < dataset.file_count; i++)
                assert_false(leads_out(dataset.files[i].name));
        }
        cy_dataset_release(&dataset);
    }
    assert_true(refused > 0);
    cy_buffer_release(&original);
    cy_arena_release(&arena);
}
