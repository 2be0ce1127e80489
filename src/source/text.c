/* Plain text and Markdown: a document is a file, a line or a paragraph. */
#include "source/encoding.h"
#include "source/lines.h"
#include "source/sniff.h"
#include "source/whole.h"

#include <stdlib.h>

struct text {
    struct cy_str document;
    struct cy_str encoding;
};

static const char *const suffixes[] = {".txt", ".text", ".md", ".markdown", NULL};
static const char *const documents[] = {"file", "line", "paragraph", NULL};

static const struct cy_param params[] = {
    CY_PARAM_CHOICE(text, document, "file", documents, "file | line | paragraph",
                    "what a document is; paragraphs are parted by empty lines"),
    CY_PARAM_TEXT(text, encoding, "", "label", "the encoding (gbk, windows-1251, …); empty: found by looking at the text"),
    {0},
};

struct cy_reader {
    bool whole_file;
    const char *encoding; /* of lines and paragraphs: a literal, or NULL: UTF-8, or as the parameter says */
    struct cy_whole whole;
    struct cy_lines lines;
};

static enum cy_status check(const void *self, struct cy_error *error)
{
    return cy_encoding_check(((const struct text *)self)->encoding, error);
}

static enum cy_status open_reader(const void *self, const struct cy_input *input, struct cy_place from, struct cy_reader **reader,
                                  struct cy_error *error)
{
    const struct text *text = self;
    struct cy_reader *made = cy_alloc_zero(1, sizeof *made);
    made->whole_file = cy_str_is(text->document, "file");
    enum cy_status status = CY_OK;
    if (made->whole_file) {
        cy_whole_open(&made->whole, input, from);
    } else {
        status = cy_lines_open(&made->lines, input, from, error);
        made->lines.paragraphs = cy_str_is(text->document, "paragraph");
        if (text->encoding.size == 0)
            made->encoding = cy_sniff_file(input->path);
    }
    if (status != CY_OK) {
        free(made);
        return status;
    }
    *reader = made;
    return CY_OK;
}

static enum cy_status next(struct cy_reader *reader, struct cy_batch *batch, struct cy_error *error)
{
    if (reader->whole_file)
        return cy_whole_next(&reader->whole, batch, error);
    enum cy_status status = cy_lines_next(&reader->lines, batch, error);
    if (status == CY_OK && reader->encoding != NULL) /* a line is too short to tell by itself */
        batch->media_types[batch->row_count - 1] = cy_str(cy_arena_printf(batch->arena, "text/plain; charset=%s", reader->encoding));
    return status;
}

static struct cy_place tell(const struct cy_reader *reader)
{
    return reader->whole_file ? cy_whole_tell(&reader->whole) : cy_lines_tell(&reader->lines);
}

static void close_reader(struct cy_reader *reader)
{
    if (reader->whole_file)
        cy_whole_close(&reader->whole);
    else
        cy_lines_close(&reader->lines);
    free(reader);
}

static enum cy_status decode(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    const struct text *text = self;
    for (size_t row = 0; row < batch->row_count; row++) {
        if (batch->verdicts[row].what != CY_KEPT)
            continue;
        struct cy_str raw = batch->texts[row], *out = &batch->texts[row];
        /* the file's encoding holds for each of its lines: two bytes of GBK can by chance be valid UTF-8 */
        struct cy_str label = text->encoding.size > 0 ? text->encoding : cy_media_type_parameter(batch->media_types[row], "charset");
        const char *reason = label.size > 0 ? cy_encoding_decode_as(raw, label, batch->arena, out)
                                            : cy_encoding_decode(raw, CY_STR(""), CY_ENCODING_TEXT, batch->arena, out);
        if (reason != NULL)
            cy_batch_unreadable(batch, row, reason);
        batch->media_types[row] = CY_STR("text/plain");
    }
    return CY_OK;
}

const struct cy_format cy_format_text = {
    .name = "text",
    .summary = "plain text and Markdown: a document a file, line or paragraph",
    .suffixes = suffixes,
    .params = params,
    .self_size = sizeof(struct text),
    .check = check,
    .open = open_reader,
    .next = next,
    .tell = tell,
    .close = close_reader,
    .decode = decode,
};
