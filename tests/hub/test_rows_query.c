/* Questions about rows, answered over small files; every number below is counted by hand. */
#include "cy_test.h"

#include "base/duck.h"
#include "base/files.h"
#include "hub/rows_feature.h"
#include "hub/rows_query.h"

#include <yyjson.h>

/* 1,000 rows in two files: id, a text, a double that is NaN at each third row, a list, a struct, bytes. */
static void make_parquet(const char *folder)
{
    struct cy_duck *duck;
    struct cy_error error;
    char sql[1024];
    cy_expect_ok(cy_duck_open(&duck, &(struct cy_duck_options){0}, &error), error);
    static const int from[] = {0, 600}, until[] = {600, 1000};
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql,
                 "COPY (SELECT i AS id, CASE WHEN i = 700 THEN repeat('长', 100) ELSE 'Row ' || i END AS text, CASE WHEN i %% 3 = 0 THEN "
                 "'nan'::DOUBLE ELSE "
                 "i / 2 END AS half, [i, i + 1] AS pair, {'words': i %% 10, 'inner name': {'x': i * 1.5}} AS signals, i %% 2 = 0 AS even, "
                 "CASE WHEN i %% 4 = 0 THEN 'zh' ELSE 'en' END AS language, encode('ab') AS raw FROM range(%d, %d) t(i)) TO '%s/%d' "
                 "(FORMAT parquet, ROW_GROUP_SIZE 2048)",
                 from[i], until[i], folder, i);
        cy_expect_ok(cy_duck_run(duck, sql, &error), error);
    }
    cy_duck_close(duck);
}

static yyjson_doc *ask(const char *folder, const char *rest)
{
    char question[4096];
    snprintf(question, sizeof question,
             "{\"files\":[{\"path\":\"%s/0\",\"format\":\"parquet\"},{\"path\":\"%s/1\",\"format\":\"parquet\"}],%s}", folder, folder,
             rest);
    struct cy_buffer out = {0};
    struct cy_error error;
    cy_expect_ok(cy_rows_answer(cy_str(question), 0, &out, &error), error);
    yyjson_doc *doc = yyjson_read(out.data, out.size, 0);
    if (doc == NULL)
        fail_msg("the answer is no JSON: %.*s", (int)out.size, out.data);
    cy_buffer_release(&out);
    return doc;
}

static yyjson_val *at(yyjson_doc *doc, const char *pointer)
{
    yyjson_val *value = yyjson_doc_ptr_get(doc, pointer);
    if (value == NULL)
        fail_msg("the answer has no %s: %s", pointer, yyjson_write(doc, 0, NULL));
    return value;
}

#define expect_integer(doc, pointer, number) assert_int_equal(yyjson_get_sint(at(doc, pointer)), number)
#define expect_number(doc, pointer, number) assert_true(yyjson_get_num(at(doc, pointer)) == (number))
#define expect_text(doc, pointer, text) assert_string_equal(yyjson_get_str(at(doc, pointer)), text)

CY_TEST("a page of rows crosses from file to file, and numbers rows over both")
{
    const char *folder = cy_test_folder();
    make_parquet(folder);
    yyjson_doc *doc = ask(folder, "\"op\":\"rows\",\"offset\":598,\"length\":4");
    expect_integer(doc, "/row_count", 1000);
    assert_int_equal(yyjson_arr_size(at(doc, "/rows")), 4);
    for (int i = 0; i < 4; i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/rows/%d/row_idx", i);
        expect_integer(doc, pointer, 598 + i);
        snprintf(pointer, sizeof pointer, "/rows/%d/row/id", i);
        expect_integer(doc, pointer, 598 + i);
    }
    assert_true(yyjson_is_null(at(doc, "/rows/2/row/half"))); /* 600 divides by 3: NaN is no JSON */
    expect_number(doc, "/rows/0/row/half", 299.0);
    expect_text(doc, "/rows/0/row/raw", "YWI=");
    yyjson_doc_free(doc);
    doc = ask(folder, "\"op\":\"rows\",\"offset\":999,\"length\":50,\"select\":[\"id\"]");
    assert_int_equal(yyjson_arr_size(at(doc, "/rows")), 1);
    expect_integer(doc, "/rows/0/row_idx", 999);
    assert_int_equal(yyjson_obj_size(at(doc, "/rows/0/row")), 1);
    yyjson_doc_free(doc);
    doc = ask(folder, "\"op\":\"rows\",\"first_row\":5000,\"offset\":999,\"length\":1");
    expect_integer(doc, "/rows/0/row_idx", 5999);
    expect_integer(doc, "/rows/0/row/id", 999);
    yyjson_doc_free(doc);
    doc = ask(folder, "\"op\":\"rows\",\"offset\":1000,\"length\":50");
    assert_int_equal(yyjson_arr_size(at(doc, "/rows")), 0);
    yyjson_doc_free(doc);
}

CY_TEST("rows are filtered, searched and ordered, and keep their numbers")
{
    const char *folder = cy_test_folder();
    make_parquet(folder);
    yyjson_doc *doc =
        ask(folder, "\"op\":\"rows\",\"where\":\"id >= 600 AND language = 'zh' -- a comment\",\"order\":\"id DESC\",\"length\":2");
    expect_integer(doc, "/row_count", 100); /* 600, 604 … 996 */
    expect_integer(doc, "/rows/0/row_idx", 996);
    expect_integer(doc, "/rows/1/row/id", 992);
    yyjson_doc_free(doc);
    doc = ask(folder, "\"op\":\"rows\",\"search\":\"ROW 99\",\"length\":100"); /* 99, 199 … 899, 990 … 999 */
    expect_integer(doc, "/row_count", 19);
    expect_integer(doc, "/rows/0/row_idx", 99);
    expect_integer(doc, "/rows/18/row_idx", 999);
    yyjson_doc_free(doc);
}

CY_TEST("a long cell is cut between characters and says so")
{
    const char *folder = cy_test_folder();
    make_parquet(folder);
    yyjson_doc *doc = ask(folder, "\"op\":\"rows\",\"offset\":700,\"length\":1,\"cell_bytes\":100,\"select\":[\"text\"]");
    assert_int_equal(yyjson_get_len(at(doc, "/rows/0/row/text")), 99); /* 33 characters of 3 bytes */
    expect_text(doc, "/rows/0/truncated_cells/0", "text");
    yyjson_doc_free(doc);
}

CY_TEST("the columns come with types, features and the rows of each file")
{
    const char *folder = cy_test_folder();
    make_parquet(folder);
    yyjson_doc *doc = ask(folder, "\"op\":\"columns\"");
    expect_integer(doc, "/row_count", 1000);
    expect_integer(doc, "/file_rows/0", 600);
    expect_integer(doc, "/file_rows/1", 400);
    expect_text(doc, "/columns/0/feature/dtype", "int64");
    expect_text(doc, "/columns/3/feature/_type", "List");
    expect_text(doc, "/columns/3/feature/feature/dtype", "int64");
    expect_text(doc, "/columns/4/feature/words/dtype", "int64");
    yyjson_doc_free(doc);
}

CY_TEST("statistics count what a hand counts: numbers, lengths, labels, flags, members of structs")
{
    const char *folder = cy_test_folder();
    make_parquet(folder);
    yyjson_doc *doc = ask(folder, "\"op\":\"statistics\"");
    expect_integer(doc, "/num_examples", 1000);
    expect_text(doc, "/statistics/0/column_type", "int");
    expect_integer(doc, "/statistics/0/column_statistics/min", 0);
    expect_integer(doc, "/statistics/0/column_statistics/max", 999);
    expect_number(doc, "/statistics/0/column_statistics/mean", 499.5);
    expect_number(doc, "/statistics/0/column_statistics/median", 499.5);
    for (int i = 0; i < 10; i++) { /* 1,000 whole numbers in ten bins */
        char pointer[96];
        snprintf(pointer, sizeof pointer, "/statistics/0/column_statistics/histogram/hist/%d", i);
        expect_integer(doc, pointer, 100);
    }
    expect_text(doc, "/statistics/1/column_type", "string_text");
    expect_integer(doc, "/statistics/1/column_statistics/min", 5);         /* "Row 0" */
    expect_integer(doc, "/statistics/1/column_statistics/max", 100);       /* characters, not bytes */
    expect_integer(doc, "/statistics/2/column_statistics/nan_count", 334); /* 0, 3 … 999 */
    expect_text(doc, "/statistics/3/column_type", "list");
    expect_integer(doc, "/statistics/3/column_statistics/max", 2);
    expect_text(doc, "/statistics/4/column_name", "signals.words");
    expect_integer(doc, "/statistics/4/column_statistics/max", 9);
    expect_text(doc, "/statistics/5/column_name", "signals.inner name.x");
    expect_number(doc, "/statistics/5/column_statistics/max", 1498.5);
    expect_text(doc, "/statistics/6/column_type", "bool");
    expect_integer(doc, "/statistics/6/column_statistics/frequencies/True", 500);
    expect_text(doc, "/statistics/7/column_type", "string_label");
    expect_integer(doc, "/statistics/7/column_statistics/frequencies/zh", 250);
    expect_integer(doc, "/statistics/7/column_statistics/n_unique", 2);
    yyjson_doc_free(doc);
}

CY_TEST("a histogram holds the rows that the condition keeps, all of them")
{
    const char *folder = cy_test_folder();
    make_parquet(folder);
    yyjson_doc *doc = ask(folder, "\"op\":\"histogram\",\"column\":\"signals.words\",\"bins\":5,\"where\":\"even\"");
    yyjson_val *counts = at(doc, "/counts");
    assert_int_equal(yyjson_arr_size(counts), 5);
    int64_t sum = 0;
    for (size_t i = 0; i < 5; i++)
        sum += yyjson_get_sint(yyjson_arr_get(counts, i));
    assert_int_equal(sum, 500);
    assert_int_equal(yyjson_get_sint(yyjson_arr_get(counts, 0)), 100); /* 0 of {0, 1}: a tenth of all */
    yyjson_doc_free(doc);
}

static void expect_refused(const char *folder, const char *rest, const char *words)
{
    char question[4096];
    snprintf(question, sizeof question, "{\"files\":[{\"path\":\"%s/0\",\"format\":\"parquet\"}],%s}", folder, rest);
    struct cy_buffer out = {0};
    struct cy_error error;
    assert_int_equal(cy_rows_answer(cy_str(question), 0, &out, &error), CY_BAD_INPUT);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_int_equal(out.size, 0);
    cy_buffer_release(&out);
}

CY_TEST("a wrong question is refused with its reason, and no other file is read")
{
    const char *folder = cy_test_folder();
    make_parquet(folder);
    char question[512];
    expect_refused(folder, "\"op\":\"rows\",\"where\":\"id >\"", "syntax error");
    expect_refused(folder, "\"op\":\"rows\",\"where\":\"idd = 3\"", "idd");
    expect_refused(folder, "\"op\":\"rows\",\"order\":\"texd\"", "did you mean \"text\"?");
    expect_refused(folder, "\"op\":\"rows\",\"order\":\"id; DROP TABLE x\"", "there is no column");
    expect_refused(folder, "\"op\":\"rows\",\"length\":100000", "1000");
    expect_refused(folder, "\"op\":\"nothing\"", "op");
    snprintf(question, sizeof question, "\"op\":\"rows\",\"where\":\"id IN (SELECT id FROM read_parquet('%s/1'))\"", folder);
    expect_refused(folder, question, "disabled");
    expect_refused(folder, "\"op\":\"rows\",\"where\":\"1=1); COPY (SELECT 1) TO '/tmp/x'; SELECT (1\"", "");
}

CY_TEST("lines of JSON, CSV and text are tables too")
{
    const char *folder = cy_test_folder();
    char path[512], question[1024];
    struct cy_error error;
    static const struct {
        const char *format, *content, *column, *third;
    } cases[] = {
        {"jsonl", "{\"a\":1,\"t\":\"x\"}\n{\"a\":2,\"t\":\"y\"}\n{\"a\":3,\"t\":\"z\"}\n", "t", "z"},
        {"csv", "a,t\n1,x\n2,\"y, too\"\n3,z\n", "t", "z"},
        {"tsv", "a\tt\n1\tx\n2\ty\n3\tz\n", "t", "z"},
        {"text", "first, line\nsecond \"line\"\n第三\n", "text", "第三"},
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, cases[i].format);
        cy_expect_ok(cy_write_file(path, cy_str(cases[i].content), &error), error);
        snprintf(question, sizeof question, "{\"op\":\"rows\",\"files\":[{\"path\":\"%s\",\"format\":\"%s\"}],\"offset\":2,\"length\":5}",
                 path, cases[i].format);
        struct cy_buffer out = {0};
        cy_expect_ok(cy_rows_answer(cy_str(question), 0, &out, &error), error);
        yyjson_doc *doc = yyjson_read(out.data, out.size, 0);
        expect_integer(doc, "/row_count", 3);
        expect_integer(doc, "/rows/0/row_idx", 2);
        snprintf(question, sizeof question, "/rows/0/row/%s", cases[i].column);
        expect_text(doc, question, cases[i].third);
        yyjson_doc_free(doc);
        cy_buffer_release(&out);
    }
}

CY_TEST("DuckDB's types have the features that datasets knows")
{
    static const struct {
        const char *type, *feature;
    } cases[] = {
        {"INTEGER", "{\"dtype\":\"int32\",\"_type\":\"Value\"}"},
        {"VARCHAR[]", "{\"feature\":{\"dtype\":\"string\",\"_type\":\"Value\"},\"_type\":\"List\"}"},
        {"FLOAT[3]", "{\"feature\":{\"dtype\":\"float32\",\"_type\":\"Value\"},\"length\":3,\"_type\":\"List\"}"},
        {"DECIMAL(18,3)", "{\"dtype\":\"decimal128(18, 3)\",\"_type\":\"Value\"}"},
        {"STRUCT(a INTEGER, \"b, \"\"c\" VARCHAR)",
         "{\"a\":{\"dtype\":\"int32\",\"_type\":\"Value\"},\"b, \\\"c\":{\"dtype\":\"string\",\"_type\":\"Value\"}}"},
        {"MAP(VARCHAR, BIGINT)", "{\"feature\":{\"key\":{\"dtype\":\"string\",\"_type\":\"Value\"},\"value\":{\"dtype\":\"int64\",\"_"
                                 "type\":\"Value\"}},\"_type\":\"List\"}"},
        {"ENUM('a', 'b')", "{\"dtype\":\"string\",\"_type\":\"Value\"}"},
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        struct cy_buffer out = {0};
        cy_rows_add_feature(&out, cy_str(cases[i].type));
        cy_buffer_add_byte(&out, 0);
        assert_string_equal(out.data, cases[i].feature);
        cy_buffer_release(&out);
    }
}
