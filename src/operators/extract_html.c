/* Turns an HTML page into its main content as plain text. docs/extract.md explains how the content is found and how the text is laid out.
 */
#include "html/extract.h"
#include "operators/operator.h"

#include <math.h>

struct extract_html {
    int64_t min_chars;
    struct cy_str favour;
    bool include_tables;
};

static const char *const favours[] = {"balanced", "precision", "recall", NULL};

static const struct cy_param params[] = {
    CY_PARAM_INTEGER(extract_html, min_chars, 1, "characters", "remove pages from which less text comes"),
    CY_PARAM_CHOICE(extract_html, favour, "balanced", favours, "balanced | precision | recall",
                    "what matters more where the page leaves doubt: that nothing else is kept (precision), or nothing is lost (recall)"),
    CY_PARAM_BOOL(extract_html, include_tables, true, "keep the text of table cells"),
    {0},
};

enum signal { CHARS, PAGE_SHARE, TEXT_SHARE, LINK_SHARE, SCORE };

static const struct cy_signal signals[] = {
    [CHARS] = {"chars", "characters", "length of the extracted text"},
    [PAGE_SHARE] = {"page_share", "share", "words kept, of all words on the page"},
    [TEXT_SHARE] = {"text_share", "share", "bytes of extracted text, of the bytes of HTML"},
    [LINK_SHARE] = {"link_share", "share", "bytes of the extracted text that stand in links"},
    [SCORE] = {"score", "0 to 1", "the word F1 that the model expects of the extracted text: low where the page left doubt"},
    {0},
};

static const struct cy_rule rules[] = {
    {"no_content", "chars", "min_chars", CY_KEEP_AT_LEAST, "the page holds no content, or too little of it"},
    {0},
};

static void *make_extractor(const void *context)
{
    (void)context;
    return cy_html_extractor_new();
}

static void free_extractor(void *object)
{
    cy_html_extractor_free(object);
}

/* By its type where it has one, by its looks where it has none. */
static bool is_html(const struct cy_batch *batch, size_t row)
{
    struct cy_str type = batch->media_types[row];
    if (type.size == 0)
        return cy_html_sniff(batch->texts[row]);
    return cy_str_starts(type, CY_STR("text/html")) || cy_str_starts(type, CY_STR("application/xhtml"));
}

static void add_field(struct cy_buffer *json, const char *name, struct cy_str value)
{
    if (value.size == 0)
        return;
    cy_buffer_printf(json, "%s\"%s\": ", json->size > 1 ? ", " : "", name);
    cy_buffer_add_json(json, value);
}

/* What the page's head says goes into the metadata: as a new object, or in front of the members of the one that is there, unless it has
 * a title already. */
static void add_metadata(struct cy_batch *batch, size_t row, const struct cy_html_page *page)
{
    struct cy_str old = cy_str_trim(batch->metadata[row]);
    if (page->title.size == 0 || (old.size > 0 && (old.size < 2 || old.data[0] != '{' || old.data[old.size - 1] != '}')))
        return;
    if (old.size > 0 && memmem(old.data, old.size, "\"title\"", 7) != NULL)
        return;
    struct cy_buffer json = {0};
    cy_buffer_add_byte(&json, '{');
    add_field(&json, "title", page->title);
    struct cy_str members = old.size > 0 ? cy_str_trim((struct cy_str){old.data + 1, old.size - 2}) : old;
    if (members.size > 0) {
        cy_buffer_add_text(&json, ", ");
        cy_buffer_add_str(&json, members);
    }
    cy_buffer_add_byte(&json, '}');
    batch->metadata[row] = cy_arena_str(batch->arena, cy_buffer_str(&json));
    cy_buffer_release(&json);
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    const struct extract_html *op = self;
    struct cy_html_extractor *extractor = cy_scratch_get(batch->scratch, self, make_extractor, NULL, free_extractor);
    const struct cy_html_options options = {.favour = cy_str_is(op->favour, "precision") ? 0.5
                                                      : cy_str_is(op->favour, "recall")  ? 2.0
                                                                                         : 1.0,
                                            .include_tables = op->include_tables};
    for (size_t row = 0; row < batch->row_count; row++) {
        if (!is_html(batch, row))
            continue; /* text that is no HTML stays as it is, and has no signals */
        struct cy_html_page page;
        size_t html_bytes = batch->texts[row].size;
        enum cy_status status = cy_html_extract(extractor, &options, batch->texts[row], batch->arena, &page, error);
        if (status == CY_BAD_INPUT) {
            cy_batch_unreadable(batch, row, cy_arena_text(batch->arena, error->message));
            continue;
        }
        if (status != CY_OK)
            return status;
        batch->texts[row] = page.text;
        add_metadata(batch, row, &page);
        cy_batch_signal(batch, CHARS)[row] = (double)page.chars;
        cy_batch_signal(batch, PAGE_SHARE)[row] = page.page_share;
        cy_batch_signal(batch, TEXT_SHARE)[row] = html_bytes > 0 ? (double)page.text.size / (double)html_bytes : 0;
        cy_batch_signal(batch, LINK_SHARE)[row] = page.link_share;
        cy_batch_signal(batch, SCORE)[row] = page.score;
        if ((double)page.chars < (double)op->min_chars)
            cy_batch_remove(batch, row, "no_content", (double)page.chars, (double)op->min_chars);
    }
    return CY_OK;
}

const struct cy_operator cy_operator_extract_html = {
    .name = "extract_html",
    .summary = "replace an HTML page by its main content as plain text",
    .source = "our own model over blocks, trained on WCXB (CC BY 4.0, Murrough Foley 2026); docs/extract.md",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct extract_html),
    .run = run,
};
