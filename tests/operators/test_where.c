#include "cy_test.h"

#include "operators/expression.h"

#include <math.h>

static const char *const signal_names[] = {"gopher_quality.words", "c4_quality.lines", "language.score"};
static const struct cy_step_file file_items[] = {{"a.jsonl", "CC-BY-4.0", "press"}, {"b.jsonl", "", ""}};
static const struct cy_step_files files = {file_items, 2};
static const char *const token_names[] = {"o200k_base"};
static const struct cy_expression_names names = {signal_names, 3, &files, token_names, 1};

/* Four documents: the last has no url, no language, no metadata and no signals. */
static struct cy_batch *documents(void)
{
    struct cy_batch *batch = cy_test_batch("The quick brown fox", "数据集是词元的集合", "100% sure_thing", "", NULL);
    static const char *const urls[] = {"https://example.com/tag/fox", "https://例子.cn/data", "http://example.org/x_y", ""};
    static const char *const languages[] = {"en", "zh", "en", ""};
    static const char *const metadata[] = {"{\"author\":\"Ann\",\"stars\":4,\"big\":10,\"paid\":true,\"deep\":{\"a b\":\"7.5\"}}",
                                           "{\"author\":\"李白\",\"stars\":\"5\",\"big\":10,\"paid\":false,\"list\":[1,2]}",
                                           "{\"author\":null,\"stars\":\"many\",\"big\":10,\"paid\":1}", ""};
    static const double words[] = {4, 9, 2, NAN}, lines[] = {1, 3, 0, NAN};
    for (size_t row = 0; row < 4; row++) {
        batch->tokens[0][row] = row < 3 ? 4 + (int64_t)row : -1;
        batch->urls[row] = cy_str(urls[row]);
        batch->languages[row] = cy_str(languages[row]);
        batch->metadata[row] = cy_str(metadata[row]);
        batch->read_bytes[row] = 1000 * row;
        batch->origins[row].file = row / 2;
        batch->signals[0][row] = words[row];
        batch->signals[1][row] = lines[row];
        batch->signals[2][row] = row == 0 ? 0.65 : NAN;
    }
    return batch;
}

/* The truth of each row as a letter: T, F, or ? for NULL. */
static const char *truths(struct cy_batch *batch, const char *text)
{
    static char letters[8];
    struct cy_error error;
    struct cy_expression *expression;
    cy_expect_ok(cy_expression_new(&expression, cy_str(text), &names, batch->arena, &error), error);
    double measured;
    for (size_t row = 0; row < batch->row_count; row++)
        letters[row] = "FT?"[cy_expression_test(expression, batch, row, &measured)];
    letters[batch->row_count] = '\0';
    cy_expression_free(expression);
    return letters;
}

struct truth_case {
    const char *expression;
    const char *truths; /* by hand, from SQL's rules */
};

static void expect_truths(const struct truth_case *cases, size_t count)
{
    struct cy_batch *batch = documents();
    for (size_t i = 0; i < count; i++) {
        const char *found = truths(batch, cases[i].expression);
        if (strcmp(found, cases[i].truths) != 0)
            fail_msg("%s gives %s, expected %s", cases[i].expression, found, cases[i].truths);
    }
}

CY_TEST("where compares numbers and texts, and NULL makes the comparison NULL")
{
    static const struct truth_case cases[] = {
        {"signals.gopher_quality.words >= 4", "TTF?"},
        {"4 <= signals.gopher_quality.words", "TTF?"},
        {"signals.gopher_quality.words = 4", "TFF?"},
        {"signals.gopher_quality.words == 4.0", "TFF?"},
        {"signals.gopher_quality.words <> 4", "FTT?"},
        {"signals.gopher_quality.words != 4", "FTT?"},
        {"language = 'en'", "TFT?"},
        {"language < 'f'", "TFT?"},
        {"url is null", "FFFT"},
        {"url is not null", "TTTF"},
        {"text = ''", "FFFT"}, /* an empty text is a text, not NULL */
        {"url = null", "????"},
        {"null is null", "TTTT"},
        {"bytes = 19", "TFFF"},
        {"read_bytes > 1000", "FFTT"},
        {"source = 'a.jsonl'", "TTFF"},
        {"license like 'CC-%'", "TT??"},
        {"party = 'press'", "TT??"},
        {"id in ('1', '3')", "FTFT"},
        {"\"language\" = 'en'", "TFT?"},
        {"tokens.o200k_base > 4", "FTT?"},
        {"tokens.\"o200k_base\" + 1 = 6", "FTF?"},
        {"tokens.o200k_base is null", "FFFT"},
    };
    expect_truths(cases, CY_COUNT(cases));
}

CY_TEST("where joins conditions in SQL's three-valued logic: and before or, not before and")
{
    static const struct truth_case cases[] = {
        {"true or false and false", "TTTT"},   {"(true or false) and false", "FFFF"},
        {"not false and true", "TTTT"},        {"not (language = 'en')", "FTF?"},
        {"language = 'en' and false", "FFFF"}, {"false and language = 'en'", "FFFF"},
        {"language = 'en' or true", "TTTT"},   {"language = 'en' or false", "TFT?"},
        {"language = 'en' and null", "?F??"},  {"NOT language IS NULL AND url LIKE '%'", "TTTF"},
    };
    expect_truths(cases, CY_COUNT(cases));
}

CY_TEST("where computes from left to right, products before sums, and a division by zero is NULL")
{
    static const struct truth_case cases[] = {
        {"2 + 3 * 4 = 14", "TTTT"},
        {"10 - 3 - 2 = 5", "TTTT"},
        {"-2 * -3 = 6", "TTTT"},
        {"- - 2 = 2", "TTTT"},
        {"7 % 4 = 3", "TTTT"},
        {"1 / 4 = 0.25", "TTTT"}, /* numbers are doubles: no integer division */
        {"1e3 = 1000 and .5 = 0.5", "TTTT"},
        {"signals.gopher_quality.words / signals.c4_quality.lines > 3", "TF??"},
        {"1 / 0 is null", "TTTT"},
        {"abs(-3) = 3", "TTTT"},
        {"signals.gopher_quality.words between 3 and 5", "TFF?"},
        {"signals.gopher_quality.words not between 3 and 5", "FTT?"},
    };
    expect_truths(cases, CY_COUNT(cases));
}

CY_TEST("where matches like by characters, with case, and ilike without")
{
    static const struct truth_case cases[] = {
        {"url like '%/tag/%'", "TFF?"},
        {"url not like '%/tag/%'", "FTT?"},
        {"text like '%FOX'", "FFFF"},
        {"text ilike '%FOX'", "TFFF"},
        {"text like '数_集%'", "FTFF"}, /* _ is one character of three bytes */
        {"text like '_________'", "FTFF"},
        {"text like '%\\%%' escape '\\'", "FFTF"},
        {"text like '%!_t%' escape '!'", "FFTF"},
        {"text like ''", "FFFT"},
        {"text like '%'", "TTTT"},
        {"text like '%o%o%x'", "TFFF"},
        {"text like 'The%e%fox'", "FFFF"},
    };
    expect_truths(cases, CY_COUNT(cases));
}

CY_TEST("where's lists follow SQL: an item that is NULL leaves the answer open unless another one equals")
{
    static const struct truth_case cases[] = {
        {"language in ('en', 'de')", "TFT?"},
        {"language not in ('en', 'de')", "FTF?"},
        {"language in ('en', null)", "T?T?"},
        {"language not in ('en', null)", "F?F?"},
        {"signals.gopher_quality.words in (1 + 1, 9)", "FTT?"},
        {"metadata.stars in (4, 5)", "TT??"},
    };
    expect_truths(cases, CY_COUNT(cases));
}

CY_TEST("where's functions look at characters, parts and patterns")
{
    static const struct truth_case cases[] = {
        {"length(text) = 9", "FTFF"},
        {"lower(text) = 'the quick brown fox'", "TFFF"},
        {"upper(language) = 'ZH'", "FTF?"},
        {"contains(text, '词元')", "FTFF"},
        {"contains(url, 'example')", "TFT?"},
        {"starts_with(url, 'https:')", "TTF?"},
        {"ends_with(url, '/data')", "FTF?"},
        {"regexp(text, '^\\p{Han}+$')", "FTFF"},
        {"regexp(text, '(?i)QUICK')", "TFFF"},
        {"coalesce(language, 'none') = 'none'", "FFFT"},
        {"coalesce(metadata.author, language, 'x') = 'en'", "FFTF"},
        {"contains('it''s', '''')", "TTTT"},
    };
    expect_truths(cases, CY_COUNT(cases));
}

CY_TEST("where gives a field of metadata the type of what it is compared with")
{
    static const struct truth_case cases[] = {
        {"metadata.author = 'Ann'", "TF??"},
        {"metadata.stars > 3", "TT??"}, /* '5' is a number, 'many' is none */
        {"metadata.stars = '4'", "TFF?"},
        {"metadata.paid", "TFT?"},
        {"not metadata.paid", "FTF?"},
        {"metadata.paid = true", "TFT?"},
        {"metadata.deep.\"a b\" + 0.5 = 8", "T???"},
        {"metadata.list = '[1,2]'", "?T??"},
        {"metadata.nothing is null", "TTTT"},
        {"metadata.stars = metadata.stars", "TTT?"},
        {"metadata.stars < metadata.big", "TFF?"}, /* two numbers as numbers; '5' < '10' and 'many' < '10' as texts */
        {"metadata.paid = metadata.stars", "FFF?"},
    };
    expect_truths(cases, CY_COUNT(cases));
}

CY_TEST("where removes what is false or NULL, and keeps the measured number of a single comparison")
{
    struct cy_batch *batch = documents();
    cy_test_run("where", "expression: bytes >= 19", batch);
    cy_expect_kept(batch, 0);
    cy_expect_kept(batch, 1);
    cy_expect_verdict(batch, 2, "where", 15, 19);
    cy_expect_verdict(batch, 3, "where", 0, 19);
    batch = documents();
    cy_test_run("where", "expression: -20 < -1 * length(text) and true", batch);
    cy_expect_kept(batch, 0);
    batch = documents();
    cy_test_run("where", "expression: url not like '%/tag/%'", batch);
    cy_expect_verdict(batch, 0, "where", NAN, NAN);
    assert_true(isnan(batch->verdicts[0].measured) && isnan(batch->verdicts[0].threshold));
    cy_expect_verdict(batch, 3, "where", NAN, NAN);
}

CY_TEST("where knows the threshold of a single comparison on either side, and of nothing else")
{
    static const struct {
        const char *expression;
        double threshold, measured; /* of the first document, which has 4 words */
    } cases[] = {
        {"signals.gopher_quality.words >= 80", 80, 4},
        {"80 <= signals.gopher_quality.words", 80, 4},
        {"(signals.gopher_quality.words) > -1", -1, 4},
        {"signals.gopher_quality.words * 2 > 10", 10, 8},
        {"metadata.stars > 3", 3, 4},
        {"3 < metadata.stars", 3, 4},
        {"not signals.gopher_quality.words >= 80", NAN, NAN},
        {"signals.gopher_quality.words >= 80 and true", NAN, NAN},
        {"signals.gopher_quality.words > signals.c4_quality.lines", NAN, NAN},
        {"language = 'en'", NAN, NAN},
        {"1 = 1", NAN, NAN},
    };
    struct cy_batch *batch = documents();
    struct cy_error error;
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        struct cy_expression *expression;
        cy_expect_ok(cy_expression_new(&expression, cy_str(cases[i].expression), &names, batch->arena, &error), error);
        double measured, threshold = cy_expression_threshold(expression);
        cy_expression_test(expression, batch, 0, &measured);
        bool same = isnan(cases[i].threshold) ? isnan(threshold) && isnan(measured)
                                              : threshold == cases[i].threshold && measured == cases[i].measured;
        if (!same)
            fail_msg("%s measures %g against %g, expected %g against %g", cases[i].expression, measured, threshold, cases[i].measured,
                     cases[i].threshold);
        cy_expression_free(expression);
    }
}

CY_TEST("a wrong expression is refused with the column, what was expected, and the nearest name")
{
    static const struct {
        const char *expression, *message, *hint;
    } cases[] = {
        {"", "column 1 of the expression: expected a value, found the end", ""},
        {"langauge = 'en'", "column 1 of the expression: there is no field \"langauge\"", "did you mean \"language\"?"},
        {"url = 'x' and signals.gopher_quality.word > 3",
         "column 15 of the expression: no step before this one has the signal \"gopher_quality.word\"",
         "did you mean \"signals.gopher_quality.words\"?"},
        {"url = 'x' or tokens.o200k_bas > 3", "column 14 of the expression: no step before this one counts the tokens of \"o200k_bas\"",
         "did you mean \"tokens.o200k_base\"?"},
        {"tokens > 3", "column 1 of the expression: tokens needs the name of a vocabulary", "did you mean \"tokens.o200k_base\"?"},
        {"words > 3", "column 1 of the expression: there is no field \"words\"", "did you mean \"signals.gopher_quality.words\"?"},
        {"gopher_quality.words > 3", "column 1 of the expression: there is no field \"gopher_quality.words\"",
         "did you mean \"signals.gopher_quality.words\"?"},
        {"bytes > '3'", "column 9 of the expression: expected a number, found a text", ""},
        {"text like 3", "column 11 of the expression: expected a text, found a number", ""},
        {"text", "column 1 of the expression: expected a condition, found a text", ""},
        {"bytes >", "column 8 of the expression: expected a value, found the end", ""},
        {"bytes > 3 4", "column 11 of the expression: expected and, or, or the end, found \"4\"", ""},
        {"1 < bytes < 3", "column 11 of the expression: expected and, or, or the end, found \"<\"", ""},
        {"text = 'abc", "column 8 of the expression: expected a value, found \"'\"",
         "the quote is never closed; a quote within a text is written twice"},
        {"text = '数据' && true", "column 13 of the expression: expected and, or, or the end, found \"&\"", "write and, or, not"},
        {"text = \"abc\"", "column 8 of the expression: there is no field \"abc\"", "names stand in \"…\", texts in '…'"},
        {"lenght(text) > 3", "column 1 of the expression: there is no function \"lenght\"", "did you mean \"length\"?"},
        {"regexp(text, '(')", "column 14 of the expression: the pattern \"(\" is wrong at byte 1: missing closing parenthesis", NULL},
        {"regexp(text, url)", "column 14 of the expression: expected a pattern in '…', found \"url\"", ""},
        {"metadata = 'x'", "column 1 of the expression: metadata needs the name of a field", NULL},
        {"url is 3", "column 8 of the expression: expected null, found \"3\"", ""},
        {"url not = 3", "column 9 of the expression: expected in, like, ilike or between, found \"=\"", ""},
        {"bytes in (1, 'a')", "column 14 of the expression: expected a number, found a text", ""},
        {"1e999 > 3", "column 1 of the expression: \"1e999\" is not a number", ""},
    };
    struct cy_batch *batch = documents();
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        struct cy_error error = {0};
        struct cy_expression *expression;
        assert_int_equal(cy_expression_new(&expression, cy_str(cases[i].expression), &names, batch->arena, &error), CY_BAD_RECIPE);
        assert_string_equal(error.message, cases[i].message);
        if (cases[i].hint != NULL)
            assert_string_equal(error.hint, cases[i].hint);
    }
}

CY_TEST("an expression that is nested or long beyond its limits is refused, one below them is not")
{
    struct cy_batch *batch = documents();
    struct cy_error error;
    struct cy_expression *expression;
    for (size_t depth = 10; depth <= 100000; depth *= 10) {
        struct cy_buffer text = {0};
        for (size_t i = 0; i < depth; i++)
            cy_buffer_add_text(&text, "(");
        cy_buffer_add_text(&text, "true");
        for (size_t i = 0; i < depth; i++)
            cy_buffer_add_text(&text, ")");
        enum cy_status status = cy_expression_new(&expression, cy_buffer_str(&text), &names, batch->arena, &error);
        assert_int_equal(status, depth == 10 ? CY_OK : CY_BAD_RECIPE);
        if (status == CY_OK)
            cy_expression_free(expression);
        cy_buffer_clear(&text);
        for (size_t i = 0; i < depth; i++)
            cy_buffer_printf(&text, "%s id = '%zu'", i > 0 ? "or" : "", i);
        status = cy_expression_new(&expression, cy_buffer_str(&text), &names, batch->arena, &error);
        assert_int_equal(status, depth <= 1000 ? CY_OK : CY_BAD_RECIPE);
        if (status == CY_OK)
            cy_expression_free(expression);
        cy_buffer_release(&text);
    }
}

/* The definition of like by recursion, exponential but plain; only for short texts of one-byte characters. */
static bool like_by_definition(const char *text, const char *pattern)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern == '%')
        return like_by_definition(text, pattern + 1) || (*text != '\0' && like_by_definition(text + 1, pattern));
    return *text != '\0' && (*pattern == '_' || *pattern == *text) && like_by_definition(text + 1, pattern + 1);
}

CY_TEST("where's like equals its definition on random texts and patterns")
{
    uint64_t random = cy_test_seed();
    struct cy_batch *batch = cy_test_batch("x", NULL);
    for (int round = 0; round < 3000; round++) {
        char text[12] = "", pattern[8] = "", expression[64];
        for (size_t i = 0, size = cy_test_random(&random) % 11; i < size; i++)
            text[i] = "ab"[cy_test_random(&random) % 2];
        for (size_t i = 0, size = cy_test_random(&random) % 7; i < size; i++)
            pattern[i] = "ab%_"[cy_test_random(&random) % 4];
        snprintf(expression, sizeof expression, "text like '%s'", pattern);
        batch->texts[0] = cy_str(text);
        const char *found = truths(batch, expression);
        if ((found[0] == 'T') != like_by_definition(text, pattern))
            fail_msg("'%s' like '%s' gives %s", text, pattern, found);
    }
}
