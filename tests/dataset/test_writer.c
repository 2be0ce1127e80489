#include "cy_test.h"
#include "cy_disk.h"
#include "dataset_rows.h"

#include "base/hash.h"
#include "base/threads.h"
#include "dataset/jsonl_rows.h"
#include "dataset/lock.h"
#include "dataset/parquet_file.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <yyjson.h>

static const struct cy_dataset_options jsonl = {.format = CY_DATASET_JSONL, .shard_bytes = 1 << 20};

static size_t add_document(struct cy_batch *batch, const char *id, struct cy_str text)
{
    size_t row = cy_batch_append(batch);
    batch->ids[row] = cy_str(id);
    batch->texts[row] = text;
    batch->origins[row] = (struct cy_origin){.ordinal = row, .place = {.record = row}};
    return row;
}

static struct cy_batch *small_batch(void)
{
    struct cy_batch *batch = cy_test_dataset_batch();
    add_document(batch, "one", CY_STR("first text"));
    add_document(batch, "two", CY_STR("second text"));
    add_document(batch, "three", CY_STR("third text"));
    batch->step = 0;
    cy_batch_remove(batch, 1, "share_max", 0.5, 0.25);
    cy_batch_compact(batch);
    return batch;
}

/* One batch becomes a dataset; every error is returned. */
static enum cy_status write_batch(const char *folder, const struct cy_dataset_options *options, struct cy_batch *batch, uint64_t read_count,
                                  char build_id[65], struct cy_error *error)
{
    struct cy_dataset_writer *writer;
    struct cy_dataset_chunk *chunk;
    enum cy_status status = cy_dataset_open(&writer, folder, &cy_test_schema, options, error);
    if (status != CY_OK)
        return status;
    status = cy_dataset_encode(writer, &batch, 1, &chunk, error);
    if (status == CY_OK)
        status = cy_dataset_append(writer, chunk, error);
    if (status == CY_OK)
        return cy_dataset_finish(writer, read_count, build_id, error);
    cy_dataset_abandon(writer);
    return status;
}

static yyjson_doc *read_json(const char *folder, const char *name)
{
    struct cy_arena arena = {0};
    struct cy_buffer text = {0};
    struct cy_error error;
    cy_expect_ok(cy_read_file(cy_path_join(&arena, folder, name), &text, &error), error);
    yyjson_doc *doc = yyjson_read(text.data, text.size, YYJSON_READ_STOP_WHEN_DONE);
    assert_non_null(doc);
    cy_buffer_release(&text);
    cy_arena_release(&arena);
    return doc;
}

static const char *text_at(yyjson_doc *doc, const char *pointer)
{
    return yyjson_get_str(yyjson_doc_ptr_get(doc, pointer));
}

CY_TEST("a dataset whose records do not add up fails and says the numbers")
{
    struct cy_batch *batch = small_batch();
    struct cy_error error;
    char build_id[65];
    assert_int_equal(write_batch(cy_test_folder(), &jsonl, batch, 4, build_id, &error), CY_FAILED);
    assert_string_equal(error.message,
                        "the books do not balance: 4 records were read, but 2 kept, 1 removed, 0 unreadable and 0 skipped make 3; "
                        "written were 2 documents and 1 verdicts");
    cy_test_batch_free(batch);
}

CY_TEST("the build id is the sha256 of MANIFEST, and the same rows give the same one in another folder")
{
    struct cy_error error;
    char build_ids[2][65];
    for (size_t i = 0; i < 2; i++) {
        const char *folder = cy_test_folder();
        struct cy_batch *batch = small_batch();
        char path[4096], sha256[65];
        uint64_t size_bytes;
        cy_expect_ok(write_batch(folder, &jsonl, batch, 3, build_ids[i], &error), error);
        snprintf(path, sizeof path, "%s/MANIFEST", folder);
        cy_expect_ok(cy_sha256_file(path, NULL, sha256, &size_bytes, &error), error);
        assert_string_equal(sha256, build_ids[i]);
        cy_test_batch_free(batch);
    }
    assert_string_equal(build_ids[0], build_ids[1]);
}

CY_TEST("bytes that are not UTF-8 are written as U+FFFD, in every string, and a record without an id gets its file and number")
{
    const char *folder = cy_test_folder();
    struct cy_batch *batch = cy_test_dataset_batch();
    size_t row = add_document(batch, "",
                              CY_STR("a\xFF"
                                     "b\xC3"));
    batch->origins[row].place.record = 41;
    batch->urls[row] = CY_STR("http://\xE6\x95");
    batch->metadata[row] = CY_STR("{\"a\": \"\xED\xA0\x80\"}"); /* a surrogate */
    struct cy_error error;
    char build_id[65];
    cy_expect_ok(write_batch(folder, &jsonl, batch, 1, build_id, &error), error);
    yyjson_doc *doc = read_json(folder, "data/train-00000.jsonl");
    assert_string_equal(text_at(doc, "/id"), "crawl/a.warc.gz#41");
    assert_string_equal(text_at(doc, "/text"), "a\uFFFDb\uFFFD");
    assert_string_equal(text_at(doc, "/url"), "http://\uFFFD\uFFFD");
    assert_string_equal(text_at(doc, "/metadata"), "{\"a\": \"\uFFFD\uFFFD\uFFFD\"}");
    yyjson_doc_free(doc);
    cy_test_batch_free(batch);
}

CY_TEST("recipe.lock names each step's parameters, defaults too, and every input with its hash")
{
    const char *folder = cy_test_folder();
    struct cy_batch *batch = small_batch();
    struct cy_error error;
    char build_id[65];
    cy_expect_ok(write_batch(folder, &jsonl, batch, 3, build_id, &error), error);
    yyjson_doc *doc = read_json(folder, "recipe.lock");
    assert_string_equal(text_at(doc, "/ciyuan"), CIYUAN_VERSION);
    assert_string_equal(text_at(doc, "/steps/0/operator"), "test_quality");
    assert_true(yyjson_get_num(yyjson_doc_ptr_get(doc, "/steps/0/parameters/share_max")) == 0.25);
    assert_string_equal(text_at(doc, "/inputs/1/name"), "notes/数据.jsonl");
    assert_string_equal(text_at(doc, "/inputs/1/sha256"), cy_test_schema.files[1].sha256);
    assert_string_equal(text_at(doc, "/output/format"), "jsonl");
    /* sha256sum of "name: test\nsteps:\n  - quality\n" */
    assert_string_equal(text_at(doc, "/recipe/sha256"), "fe38cc53e624f772dc0ba252124b62edd22295ebf17901c5a15b7432a9d13c4d");
    yyjson_doc_free(doc);
    cy_test_batch_free(batch);
}

struct compares {
    struct cy_strs against;
};

CY_TEST("recipe.lock names the earlier datasets that a step compared with by their build ids")
{
    static const struct cy_param params[] = {CY_PARAM_LIST(compares, against, "[]", "folders", "earlier datasets"), {0}};
    static const struct cy_operator operator= {.name = "test_compares", .params = params, .self_size = sizeof(struct compares)};
    const char *earlier = cy_test_folder();
    struct cy_batch *batch = small_batch();
    struct cy_error error;
    char build_id[65];
    cy_expect_ok(write_batch(earlier, &jsonl, batch, 3, build_id, &error), error);

    struct cy_str paths[] = {cy_str(strrchr(earlier, '/') + 1), CY_STR("nowhere")};
    struct compares self = {.against = {paths, CY_COUNT(paths)}};
    struct cy_schema_step step = {.name = "compares", .operator= & operator, .self = & self };
    struct cy_schema schema = cy_test_schema;
    schema.steps = &step;
    schema.step_count = 1;
    char folder[4096];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(earlier, '/') - earlier), earlier);
    schema.folder = folder;
    struct cy_buffer lock = {0};
    cy_lock_print(&schema, &jsonl, &lock);
    yyjson_doc *doc = yyjson_read(lock.data, lock.size, YYJSON_READ_NOFLAG);
    assert_string_equal(text_at(doc, "/earlier/0/build_id"), build_id);
    assert_true(yyjson_is_null(yyjson_doc_ptr_get(doc, "/earlier/1/build_id")));
    assert_null(memmem(lock.data, lock.size, folder, strlen(folder))); /* where the recipe lies is nobody's business */
    yyjson_doc_free(doc);
    cy_buffer_release(&lock);
    cy_test_batch_free(batch);
}

CY_TEST("the recipe is kept byte for byte")
{
    const char *folder = cy_test_folder();
    struct cy_batch *batch = small_batch();
    struct cy_error error;
    struct cy_buffer text = {0};
    char build_id[65], path[4096];
    cy_expect_ok(write_batch(folder, &jsonl, batch, 3, build_id, &error), error);
    snprintf(path, sizeof path, "%s/recipe.yaml", folder);
    cy_expect_ok(cy_read_file(path, &text, &error), error);
    assert_true(cy_str_equal(cy_buffer_str(&text), cy_test_schema.recipe_text));
    cy_buffer_release(&text);
    cy_test_batch_free(batch);
}

static void expect_number(double value, const char *expected)
{
    struct cy_buffer out = {0};
    cy_jsonl_add_number(&out, value);
    cy_expect_str(cy_buffer_str(&out), expected);
    cy_buffer_release(&out);
}

CY_TEST("numbers in JSON Lines are always doubles to a reader, and the shortest that reads back")
{
    expect_number(0, "0.0");
    expect_number(-0.0, "-0.0");
    expect_number(80, "80.0");
    expect_number(-12, "-12.0");
    expect_number(0.1, "0.1");
    expect_number(1.0 / 3, "0.3333333333333333");
    expect_number(NAN, "null");
    expect_number(INFINITY, "null");
    uint64_t seed = cy_test_seed();
    for (size_t i = 0; i < 100000; i++) {
        uint64_t bits = cy_test_random(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        struct cy_buffer out = {0};
        cy_jsonl_add_number(&out, i % 2 == 0 ? value : fmod(value, 1e7));
        cy_buffer_add_byte(&out, 0);
        assert_true(strtod(out.data, NULL) == (i % 2 == 0 ? value : fmod(value, 1e7)));
        assert_true(strpbrk(out.data, ".eE") != NULL);
        cy_buffer_release(&out);
    }
}

CY_TEST("of a text that a rule hides the ledger and the samples hold the masked match, even an empty one, and never the text")
{
    const struct cy_dataset_options options = {.format = CY_DATASET_JSONL, .shard_bytes = 1 << 20, .removed_text = CY_TEXT_FULL};
    struct cy_batch *batch = cy_test_dataset_batch();
    add_document(batch, "one", CY_STR("secret@example.org"));
    add_document(batch, "two", CY_STR("secret@example.org"));
    batch->step = 0;
    cy_batch_remove_hidden(batch, 0, "email", NAN, NAN, CY_STR("s***@***"));
    cy_batch_remove_hidden(batch, 1, "email", NAN, NAN, CY_STR(""));
    cy_batch_compact(batch);
    const struct cy_table table = {.schema = &cy_test_schema, .options = &options};
    cy_expect_str(cy_field_text(&table, CY_FIELD_GONE_TEXT, &(struct cy_row){batch, 0}), "s***@***");
    cy_expect_str(cy_field_text(&table, CY_FIELD_GONE_TEXT, &(struct cy_row){batch, 1}), "***");
    const char *folder = cy_test_folder();
    struct cy_error error;
    struct cy_buffer samples = {0};
    char build_id[65], path[4096];
    cy_expect_ok(write_batch(folder, &options, batch, 2, build_id, &error), error);
    snprintf(path, sizeof path, "%s/samples.json", folder);
    cy_expect_ok(cy_read_file(path, &samples, &error), error);
    assert_null(memmem(samples.data, samples.size, "secret", 6));
    assert_non_null(memmem(samples.data, samples.size, "s***@***", 8));
    cy_buffer_release(&samples);
    cy_test_batch_free(batch);
}

/* ---- threads ---- */

enum { CHUNKS = 24, CHUNK_ROWS = 50 };

struct encoding {
    struct cy_dataset_writer *writer;
    struct cy_dataset_chunk *chunks[CHUNKS];
    size_t thread_count;
};

static struct cy_batch *chunk_batch(size_t chunk)
{
    struct cy_batch *batch = cy_test_dataset_batch();
    uint64_t random = chunk;
    for (size_t i = 0; i < CHUNK_ROWS; i++) {
        const char *text = cy_arena_printf(batch->arena, "%llx", (unsigned long long)cy_test_random(&random));
        size_t row = add_document(batch, cy_arena_printf(batch->arena, "%zu", chunk * CHUNK_ROWS + i), cy_str(text));
        batch->signals[0][row] = (double)(cy_test_random(&random) % 100);
        if (cy_test_random(&random) % 3 == 0)
            cy_batch_remove(batch, row, "share_max", 0.5, 0.25);
    }
    for (size_t i = 0; i < CHUNK_ROWS; i++) /* the step is that of the batch; these were removed by the first */
        batch->verdicts[i].step = batch->verdicts[i].what == CY_KEPT ? batch->verdicts[i].step : 0;
    cy_batch_compact(batch);
    return batch;
}

static void encode_share(void *context, size_t thread)
{
    struct encoding *encoding = context;
    for (size_t chunk = thread; chunk < CHUNKS; chunk += encoding->thread_count) {
        struct cy_batch *batch = chunk_batch(chunk);
        struct cy_error error;
        if (cy_dataset_encode(encoding->writer, &batch, 1, &encoding->chunks[chunk], &error) != CY_OK)
            abort();
        cy_test_batch_free(batch);
    }
}

static void write_with_threads(size_t thread_count, enum cy_dataset_format format, char build_id[65])
{
    const struct cy_dataset_options options = {.format = format, .shard_bytes = 4096, .validation_share = 0.1};
    struct encoding encoding = {.thread_count = thread_count};
    struct cy_error error;
    cy_expect_ok(cy_dataset_open(&encoding.writer, cy_test_folder(), &cy_test_schema, &options, &error), error);
    cy_run_threads(thread_count, encode_share, &encoding);
    for (size_t i = 0; i < CHUNKS; i++)
        cy_expect_ok(cy_dataset_append(encoding.writer, encoding.chunks[i], &error), error);
    cy_expect_ok(cy_dataset_finish(encoding.writer, CHUNKS * CHUNK_ROWS, build_id, &error), error);
}

CY_TEST("chunks that four threads encode give the same dataset as those of one, in every format")
{
    for (enum cy_dataset_format format = CY_DATASET_PARQUET; format <= CY_DATASET_JSONL_ZST; format++) {
        char one[65], four[65];
        write_with_threads(1, format, one);
        write_with_threads(4, format, four);
        assert_string_equal(one, four);
    }
}

/* ---- faults ---- */

static const struct cy_dataset_options parquet = {.format = CY_DATASET_PARQUET, .shard_bytes = 1, .validation_share = 0.5};

CY_TEST("whichever call to the file system fails, the writer reports it and frees all it has")
{
    struct cy_error error;
    char build_id[65];
    size_t failed = 0;
    for (size_t fail_at = 1;; fail_at++) {
        const char *folder = cy_test_folder();
        struct cy_batch *batch = small_batch();
        cy_disk_begin(1, UINT64_MAX);
        cy_disk_fail(fail_at, fail_at % 2 == 0 ? ENOSPC : EIO);
        enum cy_status status = write_batch(folder, &parquet, batch, 3, build_id, &error);
        uint64_t calls = cy_disk_calls();
        cy_disk_end();
        cy_test_batch_free(batch);
        if (calls < fail_at) { /* it was never reached */
            cy_expect_ok(status, error);
            break;
        }
        failed++;
        assert_int_equal(status, CY_IO);
        assert_non_null(strstr(error.message, fail_at % 2 == 0 ? "No space left on device" : "Input/output error"));
    }
    assert_true(failed > 40); /* 9 files and 3 folders, each some calls */
}

CY_TEST("when the writer is done, a power cut loses nothing: every file and every folder is synced")
{
    const char *folder = cy_test_folder();
    struct cy_batch *batch = small_batch();
    struct cy_error error;
    char build_id[65];
    cy_disk_begin(1, UINT64_MAX);
    enum cy_status status = write_batch(folder, &parquet, batch, 3, build_id, &error);
    const char *unsynced = cy_disk_unsynced();
    if (unsynced != NULL)
        print_error("not synced: %s\n", unsynced);
    assert_null(unsynced);
    cy_disk_end();
    cy_expect_ok(status, error);
    cy_test_batch_free(batch);
}

/* ---- bounds ---- */

static const struct cy_parquet_column id_column = {.path = {"id"}, .depth = 1, .type = CY_PARQUET_STRING, .bounds = true};

static struct cy_parquet_chunk encode_one(struct cy_str text)
{
    struct cy_parquet_encoder *encoder = cy_parquet_encoder_new(1);
    struct cy_parquet_group group;
    cy_parquet_group_init(&group, 1, 1);
    cy_parquet_group_add(&group, encoder, &id_column, &(struct cy_parquet_values){.strings = &text});
    struct cy_parquet_chunk chunk = group.chunks[0];
    cy_parquet_group_release(&group);
    cy_parquet_encoder_free(encoder);
    return chunk;
}

static void expect_high(const char *unit, size_t count, const char *cut_unit, size_t cut_count, const char *last)
{
    struct cy_buffer text = {0}, expected = {0};
    for (size_t i = 0; i < count; i++)
        cy_buffer_add_text(&text, unit);
    for (size_t i = 0; i < cut_count; i++)
        cy_buffer_add_text(&expected, cut_unit);
    cy_buffer_add_text(&expected, last);
    struct cy_parquet_chunk chunk = encode_one(cy_buffer_str(&text));
    assert_true(chunk.has_bounds && !chunk.high.exact && !chunk.low.exact);
    assert_true(cy_str_equal((struct cy_str){chunk.high.bytes, chunk.high.size}, cy_buffer_str(&expected)));
    assert_true(cy_str_compare((struct cy_str){chunk.high.bytes, chunk.high.size}, cy_buffer_str(&text)) > 0);
    assert_true(cy_str_compare((struct cy_str){chunk.low.bytes, chunk.low.size}, cy_buffer_str(&text)) < 0);
    cy_buffer_release(&text);
    cy_buffer_release(&expected);
}

CY_TEST("the greatest string is cut to 64 bytes, its last character raised to the next of the same length in UTF-8")
{
    expect_high("a", 65, "a", 63, "b");
    expect_high("数", 30, "数", 20, "敱"); /* U+6570, U+6571; 63 bytes */
    expect_high("\uFFFD", 30, "\uFFFD", 20, "\uFFFE");
    expect_high("\U0001F642", 20, "\U0001F642", 15, "\U0001F643");
    expect_high("\u07BF", 40, "\u07BF", 31, "\u07C0"); /* DE BF, DF 80 */
    expect_high("\U000FFFFF", 20, "\U000FFFFF", 15, "\U00100000");
}

CY_TEST("where the last character cannot be raised, the one before it is, and without any there are no bounds")
{
    struct cy_buffer text = {0};
    cy_buffer_add_text(&text, "ab");
    for (size_t i = 0; i < 70; i++)
        cy_buffer_add_byte(&text, 0x7F);
    struct cy_parquet_chunk chunk = encode_one(cy_buffer_str(&text));
    cy_expect_str(((struct cy_str){chunk.high.bytes, chunk.high.size}), "ac");
    static const char *const greatest[] = {"\x7F", "\u07FF", "\uD7FF", "\uFFFF", "\U0010FFFF"}; /* after these, the length changes */
    for (size_t i = 0; i < CY_COUNT(greatest); i++) {
        cy_buffer_clear(&text);
        for (size_t k = 0; k < 70; k++)
            cy_buffer_add_text(&text, greatest[i]);
        assert_false(encode_one(cy_buffer_str(&text)).has_bounds);
    }
    cy_buffer_release(&text);
}

CY_TEST("bounds of numbers leave NULLs out, and a zero is -0 as the least and +0 as the greatest")
{
    static const struct cy_parquet_column column = {
        .path = {"x"}, .depth = 1, .optional = {true}, .type = CY_PARQUET_NUMBER, .bounds = true};
    const double numbers[] = {0.0, -5, -0.0, 7};
    const uint8_t levels[] = {1, 0, 1, 0};
    struct cy_parquet_encoder *encoder = cy_parquet_encoder_new(1);
    struct cy_parquet_group group;
    cy_parquet_group_init(&group, 1, 4);
    cy_parquet_group_add(&group, encoder, &column, &(struct cy_parquet_values){.numbers = numbers, .levels = levels});
    double low, high;
    memcpy(&low, group.chunks[0].low.bytes, sizeof low);
    memcpy(&high, group.chunks[0].high.bytes, sizeof high);
    assert_int_equal(group.chunks[0].null_count, 2);
    assert_true(low == 0 && signbit(low) && high == 0 && !signbit(high));
    cy_parquet_group_release(&group);
    cy_parquet_encoder_free(encoder);
}
