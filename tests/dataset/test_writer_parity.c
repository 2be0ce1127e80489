#include "cy_test.h"
#include "dataset_rows.h"

#include "base/files.h"

#include <math.h>
#include <yyjson.h>

/* The C half of tests/parity/dataset.py: rows that Python made up become a dataset that Python's readers then read.
 *
 *     CIYUAN_TEST_ROWS=rows.json   {"format": "parquet", "shard_bytes": 1, "validation_share": 0.1, "removed_text": "full",
 *                                   "chunks": [[[row, …] a batch, …] a chunk, …]}
 *     CIYUAN_TEST_OUTPUT=folder */

static struct cy_str text_of(yyjson_val *row, const char *key)
{
    yyjson_val *value = yyjson_obj_get(row, key);
    return (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)};
}

static double number_of(yyjson_val *value)
{
    return yyjson_is_num(value) ? yyjson_get_num(value) : NAN;
}

static enum cy_fate fate_of(struct cy_str name)
{
    return cy_str_is(name, "removed")      ? CY_REMOVED
           : cy_str_is(name, "unreadable") ? CY_UNREADABLE
           : cy_str_is(name, "skipped")    ? CY_SKIPPED
                                           : CY_KEPT;
}

static void add_row(struct cy_batch *batch, yyjson_val *from)
{
    size_t row = cy_batch_append(batch);
    batch->ids[row] = text_of(from, "id");
    batch->texts[row] = text_of(from, "text");
    batch->urls[row] = text_of(from, "url");
    batch->metadata[row] = text_of(from, "metadata");
    batch->languages[row] = text_of(from, "language");
    batch->read_bytes[row] = yyjson_get_uint(yyjson_obj_get(from, "bytes"));
    batch->origins[row] = (struct cy_origin){.ordinal = yyjson_get_uint(yyjson_obj_get(from, "ordinal")),
                                             .file = (uint32_t)yyjson_get_uint(yyjson_obj_get(from, "file")),
                                             .place = {.offset = yyjson_get_uint(yyjson_obj_get(from, "offset")),
                                                       .within = yyjson_get_uint(yyjson_obj_get(from, "within")),
                                                       .record = yyjson_get_uint(yyjson_obj_get(from, "record"))}};
    for (size_t i = 0; i < CY_TEST_SIGNALS; i++)
        batch->signals[i][row] = number_of(yyjson_arr_get(yyjson_obj_get(from, "signals"), i));
    for (size_t i = 0; i < CY_TEST_VOCABULARIES; i++) {
        yyjson_val *count = yyjson_arr_get(yyjson_obj_get(from, "tokens"), i);
        batch->tokens[i][row] = yyjson_is_int(count) ? yyjson_get_sint(count) : -1;
    }
    yyjson_val *step = yyjson_obj_get(from, "step");
    batch->verdicts[row] = (struct cy_verdict){.what = fate_of(text_of(from, "what")),
                                               .step = yyjson_is_int(step) ? (uint32_t)yyjson_get_uint(step) : CY_STEP_READ,
                                               .rule = text_of(from, "rule"),
                                               .measured = number_of(yyjson_obj_get(from, "measured")),
                                               .threshold = number_of(yyjson_obj_get(from, "threshold")),
                                               .duplicate_of = text_of(from, "duplicate_of"),
                                               .similarity = number_of(yyjson_obj_get(from, "similarity")),
                                               .excerpt = text_of(from, "excerpt")};
}

static void make_chunk(struct cy_dataset_writer *writer, yyjson_val *from, struct cy_dataset_chunk **chunk)
{
    struct cy_batch *batches[64];
    size_t batch_count = 0, index, max, row, row_max;
    yyjson_val *batch_value, *row_value;
    struct cy_error error;
    yyjson_arr_foreach(from, index, max, batch_value)
    {
        assert_true(batch_count < CY_COUNT(batches));
        struct cy_batch *batch = batches[batch_count++] = cy_test_dataset_batch();
        yyjson_arr_foreach(batch_value, row, row_max, row_value) add_row(batch, row_value);
        batch->row_count = 0; /* Python puts those alive first */
        while (batch->row_count < batch->total_count && batch->verdicts[batch->row_count].what == CY_KEPT)
            batch->row_count++;
    }
    cy_expect_ok(cy_dataset_encode(writer, batches, batch_count, chunk, &error), error);
    for (size_t i = 0; i < batch_count; i++)
        cy_test_batch_free(batches[i]);
}

static struct cy_dataset_options options_of(yyjson_val *root)
{
    struct cy_str format = text_of(root, "format"), text = text_of(root, "removed_text");
    return (struct cy_dataset_options){.format = cy_str_is(format, "jsonl")       ? CY_DATASET_JSONL
                                                 : cy_str_is(format, "jsonl.gz")  ? CY_DATASET_JSONL_GZ
                                                 : cy_str_is(format, "jsonl.zst") ? CY_DATASET_JSONL_ZST
                                                                                  : CY_DATASET_PARQUET,
                                       .shard_bytes = yyjson_get_sint(yyjson_obj_get(root, "shard_bytes")),
                                       .validation_share = yyjson_get_num(yyjson_obj_get(root, "validation_share")),
                                       .removed_text = cy_str_is(text, "full")   ? CY_TEXT_FULL
                                                       : cy_str_is(text, "none") ? CY_TEXT_NONE
                                                                                 : CY_TEXT_EXCERPT};
}

CY_TEST("a dataset is written from rows that another program made up")
{
    const char *rows = getenv("CIYUAN_TEST_ROWS"), *folder = getenv("CIYUAN_TEST_OUTPUT");
    if (rows == NULL || folder == NULL)
        skip();
    struct cy_error error;
    struct cy_buffer text = {0};
    cy_expect_ok(cy_read_file(rows, &text, &error), error);
    yyjson_doc *doc = yyjson_read(text.data, text.size, YYJSON_READ_NOFLAG);
    assert_non_null(doc);
    yyjson_val *root = yyjson_doc_get_root(doc), *chunk_value;
    struct cy_dataset_options options = options_of(root);
    struct cy_dataset_writer *writer;
    cy_expect_ok(cy_dataset_open(&writer, folder, &cy_test_schema, &options, &error), error);
    size_t index, max;
    yyjson_arr_foreach(yyjson_obj_get(root, "chunks"), index, max, chunk_value)
    {
        struct cy_dataset_chunk *chunk;
        make_chunk(writer, chunk_value, &chunk);
        cy_expect_ok(cy_dataset_append(writer, chunk, &error), error);
    }
    char build_id[65];
    cy_expect_ok(cy_dataset_finish(writer, yyjson_get_uint(yyjson_obj_get(root, "read_count")), build_id, &error), error);
    yyjson_doc_free(doc);
    cy_buffer_release(&text);
}
