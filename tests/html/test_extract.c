#include "cy_test.h"

#include "html/extract.h"

static struct cy_html_page extract(struct cy_str html, struct cy_html_options options, struct cy_arena *arena)
{
    struct cy_html_extractor *extractor = cy_html_extractor_new();
    struct cy_html_page page;
    struct cy_error error;
    cy_expect_ok(cy_html_extract(extractor, &options, html, arena, &page, &error), error);
    cy_html_extractor_free(extractor);
    return page;
}

#define TEA                                                                                                                                \
    "<!DOCTYPE html><html lang=en><head><title>All about tea</title><meta property=og:type content=article>"                               \
    "<meta property='article:published_time' content='2026-03-01'></head><body><header class=site-header><ul class=nav>"                   \
    "<li><a href=/>Home</a></li><li><a href=/shop>Shop</a></li></ul></header><main><article class=entry-content><h1>All about tea</h1>"    \
    "<p>Tea is made from the leaves of one plant, which grows on hills where it rains a lot, and\nwhere nights are cool.</p>"              \
    "<p>Four things decide how it tastes, and every one of them can be learned by anybody with a little patience:</p>"                     \
    "<ul><li>the water, which should be soft and fresh</li><li>the time that the leaves stay in it</li></ul>"                              \
    "<table><tr><th>Kind</th><th>Minutes in the pot</th></tr><tr><td>Green tea</td><td>two, or a little less</td></tr></table>"            \
    "<p>Whoever keeps to this will never drink a bad cup of tea again, however cheap it may have been.</p>"                                \
    "<pre>\n  boil(water);\n  wait(leaves, 2);\n</pre>"                                                                                    \
    "<p>That is all that there is to say about the matter, and more than most people know of it.</p>"                                      \
    "</article></main><footer class=footer><p><a href=/imprint>Imprint</a> <a href=/privacy>Privacy</a></p></footer></body></html>"

CY_TEST("the text is a paragraph a line, items with a dash, rows with bars between cells, and pre as it was")
{
    struct cy_arena arena = {0};
    struct cy_html_page page = extract(CY_STR(TEA), (struct cy_html_options){.favour = 2, .include_tables = true}, &arena);
    const char *text = cy_arena_text(&arena, cy_arena_str(&arena, page.text).data);
    static const char *const parts[] = {
        "Tea is made from the leaves of one plant, which grows on hills where it rains a lot, and where nights are cool.\n\n",
        "patience:\n\n- the water, which should be soft and fresh\n- the time that the leaves stay in it\n\n",
        "Kind | Minutes in the pot\nGreen tea | two, or a little less\n\n",
        "\n\n  boil(water);\n  wait(leaves, 2);\n\n",
    };
    for (size_t i = 0; i < CY_COUNT(parts); i++)
        if (strstr(text, parts[i]) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", parts[i], text);
    assert_null(strstr(text, "Shop"));
    assert_null(strstr(text, "Privacy"));
    cy_expect_str(page.title, "All about tea");
    cy_expect_str(page.language, "en");
    cy_expect_str(page.date, "2026-03-01");
    assert_int_equal(page.chars, page.text.size);
    assert_true(page.score > 0.8 && page.score <= 1);
    cy_arena_release(&arena);
}

CY_TEST("without tables, what stands in cells is left out and nothing else")
{
    struct cy_arena arena = {0};
    struct cy_html_page page = extract(CY_STR(TEA), (struct cy_html_options){.favour = 2}, &arena);
    const char *text = cy_arena_text(&arena, cy_arena_str(&arena, page.text).data);
    assert_null(strstr(text, "Green tea"));
    assert_non_null(strstr(text, "- the water"));
    cy_arena_release(&arena);
}

CY_TEST("favouring recall never keeps less than favouring precision")
{
    struct cy_arena arena = {0};
    struct cy_html_page precise = extract(CY_STR(TEA), (struct cy_html_options){.favour = 0.5, .include_tables = true}, &arena);
    struct cy_html_page complete = extract(CY_STR(TEA), (struct cy_html_options){.favour = 2, .include_tables = true}, &arena);
    assert_true(precise.text.size <= complete.text.size);
    cy_arena_release(&arena);
}

CY_TEST("a page of one line, in any language, and a page of nothing are read")
{
    struct cy_arena arena = {0};
    static const char *const pages[][2] = {
        {"<p>hello world</p>", "hello world"},
        {"<body>Just some text.", "Just some text."},
        {"<html><body><p>山上的雨下了一整夜，早晨茶叶已经可以采摘了。</p></body></html>", "山上的雨下了一整夜，早晨茶叶已经可以采摘了。"},
        {"", ""},
        {"<html><head><title>t</title></head><body><script>document.write('x')</script></body></html>", ""},
    };
    for (size_t i = 0; i < CY_COUNT(pages); i++)
        cy_expect_str(extract(cy_str(pages[i][0]), (struct cy_html_options){.favour = 1, .include_tables = true}, &arena).text,
                      pages[i][1]);
    cy_arena_release(&arena);
}

CY_TEST("text of an unknown type is HTML when it begins with a tag or holds one of structure early")
{
    assert_true(cy_html_sniff(CY_STR("  \n<!DOCTYPE html>")));
    assert_true(cy_html_sniff(CY_STR("<p>x")));
    assert_true(cy_html_sniff(CY_STR("garbage before <HTML><body>")));
    assert_false(cy_html_sniff(CY_STR("if a < b then c > d")));
    assert_false(cy_html_sniff(CY_STR("# Markdown with <em>a tag</em>")));
    assert_false(cy_html_sniff(CY_STR("")));
}
