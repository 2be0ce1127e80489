#include "cy_test_source.h"

#include "base/duck.h"

/* Writes what the query gives to a Parquet file of row groups of 2,048 rows; returns its path. */
static const char *written(const char *folder, const char *query)
{
    static char path[512];
    char sql[2048];
    snprintf(path, sizeof path, "%s/a.parquet", folder);
    snprintf(sql, sizeof sql, "COPY (%s) TO '%s' (FORMAT parquet, ROW_GROUP_SIZE 2048)", query, path);
    struct cy_duck *duck;
    struct cy_error error;
    cy_expect_ok(cy_duck_open(&duck, &(struct cy_duck_options){0}, &error), error);
    cy_expect_ok(cy_duck_run(duck, sql, &error), error);
    cy_duck_close(duck);
    return path;
}

CY_TEST("parquet reads rows in file order, other columns as metadata, and begins again at any row")
{
    const char *path =
        written(cy_test_folder(), "SELECT 'text ' || i AS text, i AS id, CASE WHEN i % 2 = 0 THEN 'http://a/' || i END AS url, "
                                  "i / 4 AS quarter, [i, i + 1] AS pair, {'a': NULL, 'b': 'x\"y'} AS s FROM range(5000) r(i)");
    struct cy_test_read read;
    cy_test_read(&read, "parquet", "", path, (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 5000);
    for (size_t row = 0; row < 5000; row++) {
        char text[64], id[64], metadata[128];
        snprintf(text, sizeof text, "text %zu", row);
        snprintf(id, sizeof id, "%zu", row);
        cy_expect_fate(&read.batch, row, "kept");
        cy_expect_str(read.batch.texts[row], text);
        cy_expect_str(read.batch.ids[row], id);
        assert_true(row % 2 == 0 ? read.batch.urls[row].size > 0 : read.batch.urls[row].size == 0);
        snprintf(metadata, sizeof metadata, "\"pair\":[%zu,%zu],\"s\":{\"a\":null,\"b\":\"x\\\"y\"}}", row, row + 1);
        assert_true(cy_str_ends(read.batch.metadata[row], cy_str(metadata)));
    }
    cy_expect_str(read.batch.metadata[3], "{\"quarter\":0.75,\"pair\":[3,4],\"s\":{\"a\":null,\"b\":\"x\\\"y\"}}");
    for (size_t row = 0; row <= 5000; row += 1250) {
        struct cy_test_read part;
        cy_test_read(&part, "parquet", "", path, read.places[row]);
        cy_expect_same_rows(&read, row, &part);
        cy_test_read_release(&part);
    }
    cy_test_read_release(&read);
}

CY_TEST("parquet: what is no Parquet, or has no text, is one unreadable row that says why")
{
    const char *folder = cy_test_folder();
    struct cy_test_read read;
    cy_test_read(&read, "parquet", "", cy_test_file(folder, "no.parquet", CY_STR("this is no Parquet file")), (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 1);
    assert_int_equal(read.batch.verdicts[0].what, CY_UNREADABLE);
    struct cy_str rule = read.batch.verdicts[0].rule;
    assert_true(cy_str_starts(rule, CY_STR("parquet: ")));
    assert_null(memmem(rule.data, rule.size, folder, strlen(folder))); /* no absolute path in a dataset */
    cy_test_read_release(&read);
    cy_test_read(&read, "parquet", "", written(folder, "SELECT 1 AS id, 'x' AS body"), (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 1);
    cy_expect_fate(&read.batch, 0, "unreadable: parquet: no column \"text\" among id, body");
    cy_test_read_release(&read);
    cy_test_read(&read, "parquet", "text: body", written(folder, "SELECT 1 AS id, 'x' AS body UNION ALL SELECT 2, NULL"),
                 (struct cy_place){0});
    cy_expect_fate(&read.batch, 0, "kept");
    cy_expect_fate(&read.batch, 1, "unreadable: no_text_field");
    cy_test_read_release(&read);
    cy_test_read(&read, "parquet", "", written(folder, "SELECT '\\xC3\\xA4'::BLOB AS text UNION ALL SELECT 'a\\xFF'::BLOB"),
                 (struct cy_place){0});
    cy_expect_str(read.batch.texts[0], "ä");
    cy_expect_fate(&read.batch, 1, "unreadable: encoding: invalid UTF-8");
    cy_test_read_release(&read);
}
