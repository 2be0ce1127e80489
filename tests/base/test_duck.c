#include "cy_test.h"

#include "base/duck.h"
#include "base/files.h"

#include <math.h>

static struct cy_duck *opened(const char *const *allowed)
{
    struct cy_duck *duck;
    struct cy_error error;
    struct cy_duck_options options = {.allowed = allowed};
    cy_expect_ok(cy_duck_open(&duck, &options, &error), error);
    return duck;
}

CY_TEST("duck streams a result in chunks, in order, with texts short and long, numbers and NULL")
{
    struct cy_duck *duck = opened(NULL);
    struct cy_duck_result *result;
    struct cy_error error;
    cy_expect_ok(cy_duck_query(duck,
                               "SELECT i::BIGINT AS i, 'text ' || i || repeat('x', (i % 30)::BIGINT) AS t, "
                               "CASE WHEN i % 7 = 3 THEN NULL ELSE i / 2 END AS h, (i % 100)::UTINYINT AS u FROM range(10000) AS r(i)",
                               &result, &error),
                 error);
    assert_int_equal(cy_duck_column_count(result), 4);
    assert_string_equal(cy_duck_column_name(result, 1), "t");
    size_t rows, row = 0;
    enum cy_status status;
    while ((status = cy_duck_next(result, &rows, &error)) == CY_OK)
        for (size_t i = 0; i < rows; i++, row++) {
            char expected[64];
            snprintf(expected, sizeof expected, "text %zu%.*s", row, (int)(row % 30), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
            cy_expect_str(cy_duck_text(result, 1, i), expected);
            assert_int_equal(cy_duck_int64(result, 0, i), row);
            assert_int_equal(cy_duck_is_null(result, 2, i), row % 7 == 3);
            assert_true(row % 7 == 3 ? isnan(cy_duck_number(result, 2, i)) : cy_duck_number(result, 2, i) == (double)row / 2);
            assert_int_equal(cy_duck_int64(result, 3, i), row % 100);
        }
    assert_int_equal(status, CY_END);
    assert_int_equal(row, 10000);
    cy_duck_result_free(result);
    cy_duck_close(duck);
}

CY_TEST("duck reads only the files and folders that it was allowed, and SQL cannot change that")
{
    const char *folder = cy_test_folder();
    char inside[512], outside[512], with_slash[512], sql[1024];
    snprintf(with_slash, sizeof with_slash, "%s/in/", folder);
    snprintf(inside, sizeof inside, "%s/in/a.csv", folder);
    snprintf(outside, sizeof outside, "%s/out.csv", folder);
    struct cy_error error;
    cy_expect_ok(cy_make_folders(with_slash, &error), error);
    cy_expect_ok(cy_write_file(inside, CY_STR("a\n1\n"), &error), error);
    cy_expect_ok(cy_write_file(outside, CY_STR("a\n2\n"), &error), error);
    const char *const allowed[] = {with_slash, NULL};
    struct cy_duck *duck = opened(allowed);
    snprintf(sql, sizeof sql, "SELECT a FROM read_csv('%s')", inside);
    cy_expect_ok(cy_duck_run(duck, sql, &error), error);
    snprintf(sql, sizeof sql, "SELECT a FROM read_csv('%s')", outside);
    assert_int_equal(cy_duck_run(duck, sql, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "Permission Error"));
    assert_int_equal(cy_duck_run(duck, "SET enable_external_access=true", &error), CY_BAD_INPUT);
    assert_int_equal(cy_duck_run(duck, "SET memory_limit='100GB'", &error), CY_BAD_INPUT);
    snprintf(sql, sizeof sql, "COPY (SELECT 1) TO '%s'", outside);
    assert_int_equal(cy_duck_run(duck, sql, &error), CY_BAD_INPUT);
    cy_duck_close(duck);
}

CY_TEST("duck says what is wrong with a query in DuckDB's words")
{
    struct cy_duck *duck = opened(NULL);
    struct cy_duck_result *result;
    struct cy_error error;
    assert_int_equal(cy_duck_query(duck, "SELECT FROM WHERE", &result, &error), CY_BAD_INPUT);
    assert_null(result);
    assert_non_null(strstr(error.message, "Parser Error"));
    assert_int_equal(cy_duck_query(duck, "SELECT no_such_column", &result, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "no_such_column"));
    assert_int_equal(cy_duck_query(duck, "SELECT 1; SELECT 2", &result, &error), CY_BAD_INPUT);
    const char *late = "SELECT CASE WHEN i = 3000000 THEN error('stop here ' || i) ELSE i::VARCHAR END FROM range(4000000) AS r(i)";
    cy_expect_ok(cy_duck_query(duck, late, &result, &error), error);
    size_t rows, row_count = 0;
    enum cy_status status;
    while ((status = cy_duck_next(result, &rows, &error)) == CY_OK)
        row_count += rows;
    assert_int_equal(status, CY_BAD_INPUT);
    assert_in_range(row_count, 1, 3000000);
    assert_non_null(strstr(error.message, "stop here"));
    cy_duck_result_free(result);
    cy_duck_close(duck);
}
