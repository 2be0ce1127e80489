#include "cy_test.h"

#include "base/files.h"
#include "operators/operator.h"
#include "operators/string_set.h"

#include <math.h>

/* Documents with these URLs; NULL ends them. */
static struct cy_batch *pages(const char *const *urls)
{
    struct cy_batch *batch = cy_test_batch("first", NULL);
    for (size_t row = 0; urls[row] != NULL; row++) {
        if (row > 0)
            cy_batch_append(batch);
        batch->urls[row] = cy_str(urls[row]);
    }
    return batch;
}

/* The rule that removed each, "-" for those kept, as words. */
static void expect_rules(const struct cy_batch *batch, const char *expected)
{
    struct cy_buffer found = {0};
    for (size_t row = 0; row < batch->row_count; row++) {
        cy_buffer_add_text(&found, row > 0 ? " " : "");
        cy_buffer_add_str(&found, batch->verdicts[row].what == CY_KEPT ? CY_STR("-") : batch->verdicts[row].rule);
    }
    cy_expect_str(cy_buffer_str(&found), expected);
    cy_buffer_release(&found);
}

CY_TEST("url_filter removes a domain and those below it, not those beside it")
{
    static const char *const urls[] = {"https://bad.com/x",
                                       "http://a.b.BAD.com:8080/",
                                       "https://notbad.com/",
                                       "https://bad.com.org/",
                                       "https://user:x@bad.com",
                                       "bad.com/page",
                                       "https://bad.com./",
                                       "https://good.org/?u=https://bad.com/",
                                       "https://www.bad.com",
                                       "https://x.例子.cn/",
                                       NULL};
    struct cy_batch *batch = pages(urls);
    cy_test_run("url_filter", "domains: [bad.com, 例子.cn]", batch);
    expect_rules(batch, "domain domain - - domain domain domain - domain domain");
    batch = pages(urls);
    cy_test_run("url_filter", "domains: [www.bad.com]", batch); /* that host alone, not what lies beside it */
    expect_rules(batch, "- - - - - - - - domain -");
}

CY_TEST("url_filter removes a page, however it is written, and no other page of its site")
{
    static const char *const urls[] = {"https://site.org/a/b/", "http://www.SITE.org/a/b#top", "https://site.org/a/B",
                                       "https://site.org/a",    "https://site.org/a/b?x=1",    NULL};
    struct cy_batch *batch = pages(urls);
    cy_test_run("url_filter", "urls: [site.org/a/b]", batch);
    expect_rules(batch, "url url - - -");
}

CY_TEST("url_filter counts words between signs, and finds subwords through signs")
{
    static const char *const urls[] = {
        "https://x.org/free-casino-games", "https://x.org/casinogames", "https://x.org/Casino", "https://cas.in/o",
        "https://x.org/free/bet/free",     "https://x.org/free",        "https://x.org/",       NULL};
    struct cy_batch *batch = pages(urls);
    cy_test_run("url_filter", "banned_words: [casino], soft_banned_words: [free, bet, games]", batch);
    expect_rules(batch, "word - word - soft_words - -");
    cy_expect_signal(batch, 0, "soft_words", 2);
    cy_expect_signal(batch, 4, "soft_words", 2); /* "free" stands twice and counts once */
    cy_expect_signal(batch, 6, "soft_words", 0);
    cy_expect_verdict(batch, 4, "soft_words", 2, 2);
    batch = pages(urls);
    cy_test_run("url_filter", "banned_subwords: [Casino, zzz]", batch);
    expect_rules(batch, "subword subword subword subword - - -");
}

CY_TEST("url_filter keeps what is allowed, whatever else holds")
{
    static const char *const urls[] = {"https://good.bad.com/casino", "https://bad.com/fine", "https://bad.com/other", NULL};
    struct cy_batch *batch = pages(urls);
    cy_test_run("url_filter",
                "domains: [bad.com], banned_words: [casino], allow_domains: [good.bad.com], allow_urls: [https://bad.com/fine]", batch);
    expect_rules(batch, "- - domain");
}

CY_TEST("url_filter keeps a document without URL unless told otherwise, and measures nothing on it")
{
    static const char *const urls[] = {"", "https://x.org/", NULL};
    struct cy_batch *batch = pages(urls);
    cy_test_run("url_filter", "domains: [bad.com]", batch);
    expect_rules(batch, "- -");
    cy_expect_signal(batch, 0, "soft_words", NAN);
    batch = pages(urls);
    cy_test_run("url_filter", "no_url: remove", batch);
    expect_rules(batch, "no_url -");
}

CY_TEST("url_filter reads lists from files: one entry a line, comments, hosts files")
{
    struct cy_error error;
    char path[128], params[256];
    snprintf(path, sizeof path, "%s/domains", cy_test_folder());
    cy_expect_ok(cy_write_file(path, CY_STR("# blocked\nbad.com\r\n\n0.0.0.0 worse.net\n*.wild.io\nhttps://full.org/path\n"), &error),
                 error);
    snprintf(params, sizeof params, "domains: [@%s, inline.org]", path);
    static const char *const urls[] = {"https://bad.com/",
                                       "https://worse.net/",
                                       "https://a.wild.io",
                                       "https://full.org/other",
                                       "https://inline.org",
                                       "https://blocked/",
                                       NULL};
    struct cy_batch *batch = pages(urls);
    cy_test_run("url_filter", params, batch);
    expect_rules(batch, "domain domain domain domain domain -");
}

CY_TEST("a list that cannot be read stops url_filter with its path")
{
    const struct cy_operator *operator= cy_operator_find(CY_STR("url_filter"));
    struct cy_batch *batch = cy_test_batch("x", NULL);
    struct cy_error error;
    void *self = cy_arena_zero(batch->arena, operator->self_size);
    cy_params_default(operator->params, self, batch->arena);
    cy_expect_ok(cy_param_set(cy_param_find(operator->params, CY_STR("urls")), self, CY_STR("@no/such/list"), batch->arena, &error), error);
    struct cy_step_setup setup = {.arena = batch->arena, .folder = "recipes", .step_name = "url_filter"};
    assert_int_not_equal(operator->prepare(self, &setup, &error), CY_OK);
    assert_non_null(strstr(error.message, "recipes/no/such/list"));
    operator->release(self);
}

CY_TEST("a set of a hundred thousand strings has what was added and nothing else")
{
    struct cy_string_set set = {0};
    static char texts[100000][8];
    for (size_t i = 0; i < CY_COUNT(texts); i++) {
        snprintf(texts[i], sizeof texts[i], "%zu", i);
        cy_string_set_add(&set, cy_str(texts[i]));
        cy_string_set_add(&set, cy_str(texts[i]));
    }
    assert_int_equal(set.count, CY_COUNT(texts));
    for (size_t i = 0; i < CY_COUNT(texts); i++)
        assert_true(cy_string_set_has(&set, cy_str(texts[i])));
    assert_false(cy_string_set_has(&set, CY_STR("100000")));
    assert_false(cy_string_set_has(&set, CY_STR("")));
    cy_string_set_release(&set);
}
