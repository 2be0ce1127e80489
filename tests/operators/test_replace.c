#include "cy_test.h"

#include "operators/operator.h"

#include <math.h>

static struct cy_batch *replaced(const char *text, const char *pattern, const char *with, int64_t count_max)
{
    const struct cy_operator *operator= cy_operator_find(CY_STR("replace"));
    struct cy_batch *batch = cy_test_batch(text, NULL);
    struct cy_error error;
    void *self = cy_arena_zero(batch->arena, operator->self_size);
    cy_params_default(operator->params, self, batch->arena);
    cy_expect_ok(cy_param_set(cy_param_find(operator->params, CY_STR("pattern")), self, cy_str(pattern), batch->arena, &error), error);
    cy_expect_ok(cy_param_set(cy_param_find(operator->params, CY_STR("with")), self, cy_str(with), batch->arena, &error), error);
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)count_max);
    cy_expect_ok(cy_param_set(cy_param_find(operator->params, CY_STR("max_per_document")), self, cy_str(number), batch->arena, &error),
                 error);
    struct cy_step_setup setup = {.arena = batch->arena, .folder = ".", .step_name = "replace"};
    cy_expect_ok(operator->prepare(self, &setup, &error), error);
    batch->step = 0;
    cy_expect_ok(operator->run(self, batch, &error), error);
    operator->release(self);
    return batch;
}

CY_TEST("replace puts text, groups and dollar signs in the place of each match")
{
    static const struct {
        const char *text, *pattern, *with, *expected;
        double count;
    } cases[] = {
        {"a-b-c", "-", "+", "a+b+c", 2},
        {"a-b-c", "-", "", "abc", 2},
        {"nothing", "x", "y", "nothing", 0},
        {"2026-11-24", "(\\d+)-(\\d+)-(\\d+)", "$3.$2.$1", "24.11.2026", 1},
        {"Li Bai", "(?<first>\\w+) (?<last>\\w+)", "${last} ${first}, $0", "Bai Li, Li Bai", 1},
        {"5 EUR", "(\\d) EUR", "$$${1}0", "$50", 1},
        {"ab", "(a)|(b)", "<$1$2>", "<a><b>", 2}, /* a group that took no part is empty */
        {"abc", "x*", "-", "-a-b-c-", 4},         /* empty matches, as in Perl */
        {"baac", "a*", "-", "-b--c-", 4},         /* the empty match after "aa" too */
        {"数据数据", "数(.)", "$1", "据据", 2},
        {"é", "", "|", "|é|", 2}, /* never within a character */
        {"ÄÖ", "(?i)ä", "a", "aÖ", 1},
        {"a\nb", "^", "> ", "> a\nb", 1},
        {"a\nb", "(?m)^", "> ", "> a\n> b", 2},
        {"x１２y", "\\d+", "#", "x#y", 1}, /* \d is Unicode's */
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        struct cy_batch *batch = replaced(cases[i].text, cases[i].pattern, cases[i].with, -1);
        if (!cy_str_is(batch->texts[0], cases[i].expected) || batch->signals[0][0] != cases[i].count)
            fail_msg("%s in \"%s\" gives \"%.*s\", %g", cases[i].pattern, cases[i].text, (int)batch->texts[0].size, batch->texts[0].data,
                     batch->signals[0][0]);
    }
}

CY_TEST("replace stops after max_per_document")
{
    cy_expect_str(replaced("aaaa", "a", "b", 2)->texts[0], "bbaa");
    cy_expect_str(replaced("aaaa", "a", "b", 0)->texts[0], "aaaa");
}

static char *repeated(const char *piece, size_t count)
{
    struct cy_buffer text = {0};
    for (size_t i = 0; i < count; i++)
        cy_buffer_add_text(&text, piece);
    cy_buffer_add_byte(&text, '\0');
    return text.data;
}

CY_TEST("replace gives a hostile pattern up, keeps the text and says so")
{
    char *blanks = repeated(" ", 3000);
    struct {
        const char *pattern, *piece;
        size_t count;
    } cases[] = {
        {"(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 1}, /* exponential in one place */
        {"(a+)+$", "aaaaaaaaaaaaaaaa!", 60000},                         /* dear, but below the limit, at very many places */
        {"(a*)*\\d", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1000},
        {"\\s+$", blanks, 1}, /* quadratic */
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        char *text = repeated(cases[i].piece, cases[i].count);
        strcpy(strrchr(text, text[0]), "."); /* the end is no blank */
        struct cy_batch *batch = replaced(text, cases[i].pattern, "-", -1);
        cy_expect_str(batch->texts[0], text);
        assert_true(batch->signals[0][0] == 0);
        assert_true(batch->signals[1][0] == 1 || i == 3); /* 3,000 blanks are within what a document may cost */
        free(text);
    }
    free(blanks);
}

CY_TEST("replace finds the same matches whatever windows the search is cut into")
{
    /* 3-byte characters, so that windows of 4,096 bytes would end within one; matches that span them */
    struct cy_buffer text = {0};
    for (size_t i = 0; i < 20000; i++)
        cy_buffer_add_text(&text, i % 7 == 0 ? "<" : i % 11 == 0 ? ">" : "数");
    cy_buffer_add_byte(&text, '\0');
    struct cy_batch *batch = replaced(text.data, "<[^<>]*>", "", -1);
    size_t expected = 0; /* by hand: each ">" whose nearest bracket to the left is "<" */
    char last = ' ';
    for (const char *at = text.data; *at != '\0'; at++) {
        expected += *at == '>' && last == '<';
        if (*at == '<' || *at == '>')
            last = *at;
    }
    assert_true(batch->signals[0][0] == (double)expected);
    assert_true(expected > 500);
    cy_buffer_release(&text);
}

CY_TEST("a wrong pattern or group is refused with its place")
{
    static const struct {
        const char *pattern, *with, *message;
    } cases[] = {
        {"(", "", "the pattern \"(\" is wrong at byte 1: missing closing parenthesis"},
        {"(a)", "$2", "with: the pattern has no such group at byte 0 of \"$2\""},
        {"a", "x ${name}", "with: the pattern has no such group at byte 2 of \"x ${name}\""},
        {"a", "${1", "with: the pattern has no such group at byte 0 of \"${1\""},
        {"\\Ga", "", "the pattern \"\\Ga\" holds \\G, which has no meaning here"},
    };
    const struct cy_operator *operator= cy_operator_find(CY_STR("replace"));
    struct cy_batch *batch = cy_test_batch("x", NULL);
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        struct cy_error error;
        void *self = cy_arena_zero(batch->arena, operator->self_size);
        cy_params_default(operator->params, self, batch->arena);
        cy_param_set(cy_param_find(operator->params, CY_STR("pattern")), self, cy_str(cases[i].pattern), batch->arena, &error);
        cy_param_set(cy_param_find(operator->params, CY_STR("with")), self, cy_str(cases[i].with), batch->arena, &error);
        struct cy_step_setup setup = {.arena = batch->arena, .folder = ".", .step_name = "replace"};
        assert_int_equal(operator->prepare(self, &setup, &error), CY_BAD_RECIPE);
        assert_string_equal(error.message, cases[i].message);
        operator->release(self);
    }
}
