#include "cy_test.h"

#include "html/html_tree.h"
#include "source/source.h"

#include <lexbor/dom/interfaces/character_data.h>
#include <lexbor/html/html.h>
#include <strings.h>

/* The blocks of a page, a line each. */
static struct cy_str blocks_of(struct cy_html_tree *tree, const char *html, struct cy_arena *arena)
{
    struct cy_error error;
    struct cy_buffer out = {0};
    cy_expect_ok(cy_html_parse(tree, cy_str(html), arena, &error), error);
    for (size_t i = 0; i < tree->block_count; i++) {
        cy_buffer_add_str(&out, cy_html_block_text(tree, &tree->blocks[i]));
        cy_buffer_add_byte(&out, '\n');
    }
    struct cy_str text = cy_arena_str(arena, cy_buffer_str(&out));
    cy_buffer_release(&out);
    return text;
}

CY_TEST("a page is cut into blocks where browsers break lines, and mistakes are repaired as the standard says")
{
    static const struct {
        const char *html, *blocks;
    } cases[] = {
        {"<p>one<p>two", "one\ntwo\n"},                          /* p in p */
        {"<div>a<b>b</b> c<div>d</div>e</div>", "ab c\nd\ne\n"}, /* inline elements do not break */
        {"<ul><li>a<li>b<ul><li>c</ul></ul>d", "a\nb\nc\nd\n"},  /* li in li, but not in a list in it */
        {"<p>a<br>b <br/> c</p>", "a\nb\nc\n"},                  /* br is a line end inside of a block */
        {"<table><tr><td>1<td>2<tr><td>3</table>", "1\n2\n3\n"}, /* cells and rows end each other */
        {"x<script>if (a < b) '<p>no</p>'</script>y", "xy\n"},   /* script is no markup */
        {"<style>p{}</style><title>t</title><p>a<!-- <p>no -->b<!-->c", "abc\n"},
        {"a&amp;b &lt;c&gt; &copy &#8212;&#x41; &nope; &", "a&b <c> \u00a9 \u2014A &nope; &\n"},
        {"  a \n\t b&nbsp;&nbsp;c\xe2\x80\x8b"
         "d  ",
         "a b cd\n"},                                                  /* white space collapses, zero width goes */
        {"<pre>\n  x = 1\n\n\n    y</pre>z", "  x = 1\n\n    y\nz\n"}, /* pre keeps lines and indents */
        {"<a href=1>one</a><a href=2>two</a>", "one two\n"},           /* two links side by side are two words */
        {"<svg><title>no</title><path d='M0'/></svg><p>yes", "yes\n"},
        {"<svg><p>out", "out\n"}, /* HTML breaks out of a drawing */
        {"<select><option>no</select>a<textarea><p>no</textarea>b", "a b\n"},
        {"<p title='a > b'>c</p><p data-x=\"<p>\">d", "c\nd\n"}, /* quotes hide what they hold */
        {"a < b <3 </ c> d", "a < b <3 d\n"},
        {"<noscript><p>without scripts</noscript>", "without scripts\n"},
        {"<b><p>x</b>y</p>z", "xy\nz\n"},
        {"<h1>a<h2>b</h1>c", "a\nb\nc\n"},
        {"<p>a</div></span></table>b", "a\nb\n"}, /* a stray end tag closes nothing */
        {"tail <a href=\"", "tail\n"},            /* a page may end inside of a tag */
    };
    struct cy_html_tree tree;
    struct cy_arena arena = {0};
    cy_html_tree_init(&tree);
    for (size_t i = 0; i < CY_COUNT(cases); i++)
        cy_expect_str(blocks_of(&tree, cases[i].html, &arena), cases[i].blocks);
    cy_html_tree_release(&tree);
    cy_arena_release(&arena);
}

CY_TEST("a link that is never closed ends where the next one begins, and formatting ends at its end tag across blocks")
{
    struct cy_html_tree tree;
    struct cy_arena arena = {0};
    cy_html_tree_init(&tree);
    blocks_of(&tree, "<a href=1>one <a href=2>two</a><p>three</p><b><p>bold</b>plain</p>", &arena);
    assert_int_equal(tree.blocks[0].link_bytes, strlen("one two"));
    assert_int_equal(tree.blocks[1].link_bytes, 0);
    assert_int_equal(tree.blocks[2].bold_bytes, strlen("bold"));
    cy_html_tree_release(&tree);
    cy_arena_release(&arena);
}

/* ---- lexbor as the oracle: the same characters in the same order ---- */

static bool is_dropped(lxb_dom_node_t *node)
{
    static const char *const names[] = {"script", "style", "iframe",     "noembed", "noframes", "textarea", "xmp",      "svg",
                                        "audio",  "video", "canvas",     "select",  "datalist", "option",   "optgroup", "map",
                                        "rt",     "rp",    "annotation", "head",    "noscript", "template"};
    size_t size;
    const lxb_char_t *name = lxb_dom_element_local_name(lxb_dom_interface_element(node), &size);
    for (size_t i = 0; i < CY_COUNT(names); i++)
        if (size == strlen(names[i]) && strncasecmp((const char *)name, names[i], size) == 0)
            return true;
    return false;
}

/* White space and what is invisible left out: where words are parted is ours to say. */
static void add_seen(struct cy_buffer *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t a = (uint8_t)text[i], b = i + 1 < size ? (uint8_t)text[i + 1] : 0, c = i + 2 < size ? (uint8_t)text[i + 2] : 0;
        if (a <= ' ' || a == 0x7F)
            continue;
        if (a == 0xC2 && (b == 0xAD || b <= 0xA0)) {
            i++;
            continue;
        }
        bool blank = (a == 0xE2 && b == 0x80 && (c <= 0x8B || c == 0x8E || c == 0x8F || (c >= 0xA8 && c <= 0xAF))) ||
                     (a == 0xE2 && b == 0x81 && (c == 0x9F || c == 0xA0)) || (a == 0xE3 && b == 0x80 && c == 0x80) ||
                     (a == 0xE1 && b == 0x9A && c == 0x80) || (a == 0xEF && b == 0xBB && c == 0xBF);
        if (blank)
            i += 2;
        else
            cy_buffer_add_byte(out, a);
    }
}

static void add_lexbor_text(struct cy_buffer *out, lxb_dom_node_t *root)
{
    for (lxb_dom_node_t *node = root; node != NULL;) {
        bool into = node->type == LXB_DOM_NODE_TYPE_ELEMENT ? !is_dropped(node) : node->type == LXB_DOM_NODE_TYPE_DOCUMENT;
        if (node->type == LXB_DOM_NODE_TYPE_TEXT) {
            lexbor_str_t *text = &lxb_dom_interface_character_data(node)->data;
            add_seen(out, (const char *)text->data, text->length);
        }
        if (into && node->first_child != NULL) {
            node = node->first_child;
            continue;
        }
        while (node != root && node->next == NULL)
            node = node->parent;
        node = node == root ? NULL : node->next;
    }
}

static struct cy_str lexbor_text(struct cy_str html, struct cy_buffer *out)
{
    lxb_html_document_t *document = lxb_html_document_create();
    lxb_html_document_parse(document, (const lxb_char_t *)html.data, html.size);
    cy_buffer_clear(out);
    add_lexbor_text(out, lxb_dom_interface_node(document->body));
    lxb_html_document_destroy(document);
    return cy_buffer_str(out);
}

static struct cy_str our_text(struct cy_html_tree *tree, struct cy_str html, struct cy_arena *arena, struct cy_buffer *out)
{
    struct cy_error error;
    cy_buffer_clear(out);
    cy_expect_ok(cy_html_parse(tree, html, arena, &error), error);
    for (size_t i = 0; i < tree->block_count; i++) {
        struct cy_str text = cy_html_block_text(tree, &tree->blocks[i]);
        if ((tree->blocks[i].context & (CY_IN_NOSCRIPT | CY_IN_TEMPLATE)) == 0)
            add_seen(out, text.data, text.size);
    }
    return cy_buffer_str(out);
}

CY_TEST("random tag soup gives the same characters in the same order as lexbor")
{
    static const char *const pieces[] = {"<p>",
                                         "</p>",
                                         "<div>",
                                         "</div>",
                                         "<b>",
                                         "</b>",
                                         "<a href=x>",
                                         "</a>",
                                         "<span class='q'>",
                                         "</span>",
                                         "<li>",
                                         "<ul>",
                                         "</ul>",
                                         "<h2>",
                                         "</h2>",
                                         "<br>",
                                         "&amp;",
                                         "&#65;",
                                         "&copy",
                                         "<!-- c -->",
                                         "<em/>",
                                         "</em>",
                                         "<blockquote>",
                                         "</blockquote>",
                                         "<dl><dt>",
                                         "<dd>",
                                         "</dl>",
                                         "<section data-a=\"b>c\">",
                                         "</section>",
                                         "<i>",
                                         "</i>",
                                         "<center>",
                                         "word ",
                                         "Wort ",
                                         "\xE5\xAD\x97",
                                         " < ",
                                         "<pre>",
                                         "</pre>",
                                         "<script>a<b</script>"};
    struct cy_html_tree tree;
    struct cy_arena arena = {0};
    struct cy_buffer html = {0}, ours = {0}, theirs = {0};
    uint64_t random = cy_test_seed();
    cy_html_tree_init(&tree);
    for (size_t round = 0; round < 2000; round++) {
        cy_buffer_clear(&html);
        cy_buffer_add_text(&html, "<!DOCTYPE html><body>");
        for (size_t i = cy_test_random(&random) % 60; i-- > 0;) {
            cy_buffer_add_text(&html, pieces[cy_test_random(&random) % CY_COUNT(pieces)]);
            cy_buffer_printf(&html, "%zu", i);
        }
        struct cy_str a = our_text(&tree, cy_buffer_str(&html), &arena, &ours), b = lexbor_text(cy_buffer_str(&html), &theirs);
        if (!cy_str_equal(a, b))
            fail_msg("%.*s\nours   %.*s\nlexbor %.*s", (int)html.size, html.data, (int)a.size, a.data, (int)b.size, b.data);
        cy_arena_reset(&arena);
    }
    cy_buffer_release(&html);
    cy_buffer_release(&ours);
    cy_buffer_release(&theirs);
    cy_html_tree_release(&tree);
    cy_arena_release(&arena);
}

CY_TEST("the shared web pages give the same characters in the same order as lexbor, but for one page in a hundred")
{
    const char *path = cy_test_shared("web/pages-03.warc.gz");
    if (path == NULL)
        skip();
    const struct cy_format *format = cy_format_find(cy_str("warc"));
    struct cy_arena arena = {0}, pages = {0};
    void *self = cy_arena_zero(&pages, format->self_size + 1);
    cy_params_default(format->params, self, &pages);
    struct cy_reader *reader;
    struct cy_error error;
    struct cy_batch batch;
    cy_batch_init(&batch, &pages, cy_scratch_new(), 512, 0, 0, NULL, 0);
    cy_expect_ok(format->open(self, &(struct cy_input){.path = path, .name = "pages"}, (struct cy_place){0}, &reader, &error), error);
    while (format->next(reader, &batch, &error) == CY_OK) {
    }
    format->close(reader);
    cy_expect_ok(format->decode(self, &batch, &error), error);
    struct cy_html_tree tree;
    struct cy_buffer ours = {0}, theirs = {0};
    size_t equal = 0, count = 0;
    cy_html_tree_init(&tree);
    for (size_t row = 0; row < batch.total_count; row++) {
        if (batch.verdicts[row].what != CY_KEPT)
            continue;
        count++;
        equal += cy_str_equal(our_text(&tree, batch.texts[row], &arena, &ours), lexbor_text(batch.texts[row], &theirs));
        cy_arena_reset(&arena);
    }
    if (count < 200 || equal * 100 < count * 99)
        fail_msg("%zu of %zu pages are equal", equal, count);
    cy_buffer_release(&ours);
    cy_buffer_release(&theirs);
    cy_html_tree_release(&tree);
    cy_scratch_free(batch.scratch);
    cy_arena_release(&arena);
    cy_arena_release(&pages);
}

/* ---- hostile pages ---- */

CY_TEST("pages made to harm take time and memory in proportion to their size")
{
    static const char *const bombs[] = {
        "<b class=x><p>", "<a href=x><div>", "</div>",       "<table><tr>", "<p",      "&amp",       "<!--", "<i><b><u><s>", "<svg>",
        "<h1>",           "<form><button>",  "<td></table>", "\"'<a =",     "<li><p>", "<nobr><dd>", "<br>x"};
    struct cy_html_tree tree;
    struct cy_arena arena = {0};
    struct cy_buffer html = {0};
    cy_html_tree_init(&tree);
    for (size_t i = 0; i < CY_COUNT(bombs); i++) {
        cy_buffer_clear(&html);
        while (html.size < 300 * 1000)
            cy_buffer_add_text(&html, bombs[i]);
        struct cy_error error;
        enum cy_status status = cy_html_parse(&tree, cy_buffer_str(&html), &arena, &error);
        assert_true(status == CY_OK || strncmp(error.message, "html_too_deep: ", 15) == 0);
        assert_true(tree.node_count <= html.size && tree.text.capacity < 4 * html.size);
        cy_arena_reset(&arena);
    }
    cy_buffer_release(&html);
    cy_html_tree_release(&tree);
    cy_arena_release(&arena);
}
