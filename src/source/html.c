/* HTML pages, a file each. */
#include "source/encoding.h"
#include "source/whole.h"

#include <stdlib.h>

static const char *const suffixes[] = {".html", ".htm", ".xhtml", NULL};
static const struct cy_param params[] = {{0}};

struct html {
    char unused; /* the format has no parameters */
};

struct cy_reader {
    struct cy_whole whole;
};

static enum cy_status open_reader(const void *self, const struct cy_input *input, struct cy_place from, struct cy_reader **reader,
                                  struct cy_error *error)
{
    (void)self, (void)error;
    *reader = cy_alloc_zero(1, sizeof **reader);
    cy_whole_open(&(*reader)->whole, input, from);
    return CY_OK;
}

static enum cy_status next(struct cy_reader *reader, struct cy_batch *batch, struct cy_error *error)
{
    return cy_whole_next(&reader->whole, batch, error);
}

static struct cy_place tell(const struct cy_reader *reader)
{
    return cy_whole_tell(&reader->whole);
}

static void close_reader(struct cy_reader *reader)
{
    cy_whole_close(&reader->whole);
    free(reader);
}

static enum cy_status decode(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)self, (void)error;
    for (size_t row = 0; row < batch->row_count; row++) {
        if (batch->verdicts[row].what != CY_KEPT)
            continue;
        const char *reason = cy_encoding_decode(batch->texts[row], CY_STR(""), CY_ENCODING_HTML, batch->arena, &batch->texts[row]);
        if (reason != NULL)
            cy_batch_unreadable(batch, row, reason);
        batch->media_types[row] = CY_STR("text/html");
    }
    return CY_OK;
}

const struct cy_format cy_format_html = {
    .name = "html",
    .summary = "HTML pages, a file each, in any encoding",
    .suffixes = suffixes,
    .params = params,
    .self_size = sizeof(struct html),
    .open = open_reader,
    .next = next,
    .tell = tell,
    .close = close_reader,
    .decode = decode,
};
