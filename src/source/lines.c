#include "source/lines.h"

enum cy_status cy_lines_open(struct cy_lines *lines, const struct cy_input *input, struct cy_place from, struct cy_error *error)
{
    *lines = (struct cy_lines){.file = input->file, .record = from.record};
    enum cy_status status = cy_stream_open(&lines->stream, input->path, from, error);
    if (status != CY_OK)
        return status;
    struct cy_str front = cy_stream_peek(lines->stream, 3);
    if (from.offset == 0 && from.within == 0 && cy_str_starts(front, CY_STR("\xEF\xBB\xBF"))) /* a BOM is no part of the first line */
        cy_stream_skip(lines->stream, 3);
    return CY_OK;
}

void cy_lines_close(struct cy_lines *lines)
{
    cy_stream_close(lines->stream);
}

static size_t blank_bytes(struct cy_str text)
{
    size_t size = 0;
    while (size < text.size && (text.data[size] == ' ' || text.data[size] == '\t' || text.data[size] == '\r'))
        size++;
    return size;
}

/* Where the record at the front of `text` ends, and the bytes of what parts it from the next. `seen` bytes were looked at before; on false
 * it says how many need not be looked at again. */
static bool find_end(const struct cy_lines *lines, struct cy_str text, size_t *seen, size_t *size, size_t *part)
{
    for (;;) {
        const char *end = *seen < text.size ? memchr(text.data + *seen, '\n', text.size - *seen) : NULL;
        if (end == NULL) {
            *seen = text.size;
            return false;
        }
        *size = (size_t)(end - text.data);
        *part = 1;
        if (!lines->paragraphs)
            return true;
        struct cy_str behind = {end + 1, text.size - *size - 1};
        size_t blank = blank_bytes(behind);
        if (blank == behind.size) { /* the next line is not at hand */
            *seen = *size;
            return false;
        }
        if (behind.data[blank] == '\n') {
            *part += blank + 1;
            return true;
        }
        *seen = *size + 1;
    }
}

/* Moves behind the rest of a record that is not kept; returns its bytes. */
static uint64_t skip_record(const struct cy_lines *lines)
{
    struct cy_stream *stream = lines->stream;
    uint64_t size_bytes = 0;
    for (;;) {
        struct cy_str text = cy_stream_peek(stream, 1);
        size_t seen = 0, size = 0, part = 0;
        bool found = text.size > 0 && find_end(lines, text, &seen, &size, &part);
        if (!found && text.size > 0 && seen == 0 && cy_stream_peek(stream, text.size + 1).size > text.size)
            continue;
        size_t step = found ? size + part : seen > 0 ? seen : text.size;
        cy_stream_skip(stream, step);
        size_bytes += step;
        if (found || step == 0)
            return size_bytes;
    }
}

/* Passes over white space in which no record begins. */
static void skip_blank(struct cy_stream *stream)
{
    for (size_t want = 1;;) {
        struct cy_str text = cy_stream_peek(stream, want);
        size_t blank = blank_bytes(text);
        if (blank < text.size && text.data[blank] == '\n') {
            cy_stream_skip(stream, blank + 1);
            want = 1;
        } else if (blank == text.size && text.size <= CY_RECORD_BYTES_MAX && cy_stream_state(stream) == CY_STREAM_OPEN) {
            want = text.size + 1;
        } else {
            if (blank == text.size && cy_stream_state(stream) == CY_STREAM_END)
                cy_stream_skip(stream, blank);
            return;
        }
    }
}

enum cy_status cy_lines_next(struct cy_lines *lines, struct cy_batch *batch, struct cy_error *error)
{
    struct cy_stream *stream = lines->stream;
    skip_blank(stream);
    struct cy_place place = cy_lines_tell(lines);
    struct cy_str text = cy_stream_peek(stream, 0);
    size_t seen = 0, size = 0, part = 0;
    bool found;
    while (!(found = find_end(lines, text, &seen, &size, &part)) && text.size <= CY_RECORD_BYTES_MAX &&
           cy_stream_state(stream) == CY_STREAM_OPEN)
        text = cy_stream_peek(stream, text.size + 1);
    if (!found)
        size = text.size;
    if (size > CY_RECORD_BYTES_MAX) {
        uint64_t size_bytes = skip_record(lines);
        cy_record_lost(batch, lines->file, place, size_bytes, "too_large");
    } else if (found || (size > 0 && cy_stream_state(stream) == CY_STREAM_END)) {
        size_t kept = size > 0 && text.data[size - 1] == '\r' ? size - 1 : size;
        cy_record_append(batch, lines->file, place, (struct cy_str){text.data, kept});
        cy_stream_skip(stream, size + part);
    } else if (cy_stream_state(stream) == CY_STREAM_DAMAGED) {
        cy_record_damaged(batch, lines->file, place, stream);
    } else if (cy_stream_state(stream) == CY_STREAM_FAILED) {
        *error = *cy_stream_error(stream);
        return error->status;
    } else {
        return CY_END;
    }
    lines->record++;
    return CY_OK;
}

struct cy_place cy_lines_tell(const struct cy_lines *lines)
{
    struct cy_place place = cy_stream_place(lines->stream);
    place.record = lines->record;
    return place;
}
