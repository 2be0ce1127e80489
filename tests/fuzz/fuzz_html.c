/* HTML pages: whatever the bytes, extraction ends, stays within memory, and gives valid UTF-8 where the page was. */
#include "html/extract.h"
#include "kernels/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cy_html_extractor *extractor; /* used again, as a worker does: what one page leaves must not harm the next */
    if (extractor == NULL)
        extractor = cy_html_extractor_new();
    struct cy_arena arena = {0};
    struct cy_html_page page;
    struct cy_error error;
    struct cy_str html = {(const char *)data, size};
    const struct cy_html_options options = {.favour = 1, .include_tables = true};
    enum cy_status status = cy_html_extract(extractor, &options, html, &arena, &page, &error);
    CY_ASSERT(status == CY_OK || status == CY_BAD_INPUT);
    if (status == CY_OK) {
        CY_ASSERT(page.score >= 0 && page.score <= 1 && page.link_share >= 0 && page.link_share <= 1);
        if (cy_utf8_valid_bytes(html) == html.size)
            CY_ASSERT(cy_utf8_valid_bytes(page.text) == page.text.size && cy_utf8_valid_bytes(page.title) == page.title.size);
    }
    cy_html_sniff(html);
    cy_arena_release(&arena);
    return 0;
}
