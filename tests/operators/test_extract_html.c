#include "cy_test.h"

#include <math.h>

#define ARTICLE                                                                                                                            \
    "<!DOCTYPE html><html lang=en><head><title>Tea &amp; rain</title></head><body>"                                                        \
    "<nav><ul><li><a href=/>Home</a><li><a href=/about>About us</a><li><a href=/shop>Shop</a></ul></nav>"                                  \
    "<main><article><h1>Tea and rain</h1>"                                                                                                 \
    "<p>The rain came down on the hills all night, and in the morning the tea was ready to be picked by hand.</p>"                         \
    "<p>Nobody in the village had seen so much water in a single week, which the older people said was a good sign.</p>"                   \
    "</article></main><footer><a href=/terms>Terms of use</a> <a href=/privacy>Privacy</a></footer></body></html>"

CY_TEST("extract_html keeps the article and drops navigation and footer")
{
    struct cy_batch *batch = cy_test_batch(ARTICLE, NULL);
    cy_test_run("extract_html", "", batch);
    cy_expect_kept(batch, 0);
    const char *text = cy_arena_text(batch->arena, batch->texts[0].size > 0 ? cy_arena_str(batch->arena, batch->texts[0]).data : "");
    assert_non_null(strstr(text, "ready to be picked by hand.\n"));
    assert_non_null(strstr(text, "was a good sign."));
    assert_null(strstr(text, "About us"));
    assert_null(strstr(text, "Privacy"));
    cy_expect_str(batch->metadata[0], "{\"title\": \"Tea & rain\"}");
}

CY_TEST("extract_html leaves text that is not HTML as it is, by its type or by its looks")
{
    struct cy_batch *batch = cy_test_batch("a < b and b > c", "<p>typed as text", NULL);
    batch->media_types[1] = CY_STR("text/plain");
    cy_test_run("extract_html", "", batch);
    cy_expect_str(batch->texts[0], "a < b and b > c");
    cy_expect_str(batch->texts[1], "<p>typed as text");
    cy_expect_signal(batch, 0, "chars", NAN);
}

CY_TEST("extract_html removes a page that holds nothing, and says how much there was")
{
    struct cy_batch *batch = cy_test_batch("<html><script>var a = '<p>no text</p>';</script></html>", ARTICLE, NULL);
    cy_test_run("extract_html", "min_chars: 50", batch);
    cy_expect_verdict(batch, 0, "no_content", 0, 50);
    cy_expect_kept(batch, 1);
}

CY_TEST("extract_html keeps metadata that is there, and a title that is there")
{
    struct cy_batch *batch = cy_test_batch(ARTICLE, ARTICLE, NULL);
    batch->metadata[0] = CY_STR("{\"lang\": \"en\"}");
    batch->metadata[1] = CY_STR("{\"title\": \"mine\"}");
    cy_test_run("extract_html", "", batch);
    cy_expect_str(batch->metadata[0], "{\"title\": \"Tea & rain\", \"lang\": \"en\"}");
    cy_expect_str(batch->metadata[1], "{\"title\": \"mine\"}");
}

static char *repeat(struct cy_batch *batch, const char *text, size_t count)
{
    size_t size = strlen(text);
    char *out = cy_arena_alloc(batch->arena, size * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * size, text, size);
    out[size * count] = '\0';
    return out;
}

CY_TEST("extract_html calls HTML that is nested 100,000 deep unreadable, and reads what is only 2,000 deep")
{
    struct cy_batch *batch = cy_test_batch("", "", "", "", NULL);
    static const char *const openings[] = {"<div>", "<span>", "<ul><li>"};
    for (size_t i = 0; i < CY_COUNT(openings); i++)
        batch->texts[i] = cy_str(repeat(batch, openings[i], 100000));
    batch->texts[3] = cy_str(cy_arena_printf(batch->arena, "%s<p>%s", repeat(batch, "<div>", 2000),
                                             "The text at the bottom of a deep well, which is still a text like any other, can be read."));
    cy_test_run("extract_html", "", batch);
    for (size_t i = 0; i < CY_COUNT(openings); i++) {
        assert_int_equal(batch->verdicts[i].what, CY_UNREADABLE);
        cy_expect_str(batch->verdicts[i].rule, "html_too_deep: more than 50000 elements are open at once");
    }
    cy_expect_kept(batch, 3);
    cy_expect_str(batch->texts[3], "The text at the bottom of a deep well, which is still a text like any other, can be read.");
}
