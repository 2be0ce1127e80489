#include "source/elements.h"

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Moves behind white space and, between elements, commas. The next byte, or 0 where nothing follows. */
static char skip_space(struct cy_stream *stream, bool commas)
{
    for (;;) {
        struct cy_str text = cy_stream_peek(stream, 1);
        size_t size = 0;
        while (size < text.size && (is_space(text.data[size]) || (commas && text.data[size] == ',')))
            size++;
        cy_stream_skip(stream, size);
        if (size < text.size)
            return text.data[size];
        if (text.size == 0)
            return '\0';
    }
}

static char first_byte(struct cy_stream *stream)
{
    if (cy_str_starts(cy_stream_peek(stream, 3), CY_STR("\xEF\xBB\xBF")))
        cy_stream_skip(stream, 3);
    return skip_space(stream, false);
}

bool cy_elements_fit(const char *path)
{
    struct cy_stream *stream;
    struct cy_error ignored;
    if (cy_stream_open(&stream, path, (struct cy_place){0}, &ignored) != CY_OK)
        return false;
    bool fit = first_byte(stream) == '[';
    cy_stream_close(stream);
    return fit;
}

enum cy_status cy_elements_open(struct cy_elements *elements, const struct cy_input *input, struct cy_place from, struct cy_error *error)
{
    *elements = (struct cy_elements){.file = input->file, .record = from.record};
    enum cy_status status = cy_stream_open(&elements->stream, input->path, from, error);
    if (status == CY_OK && from.offset == 0 && from.within == 0 && first_byte(elements->stream) == '[')
        cy_stream_skip(elements->stream, 1);
    return status;
}

void cy_elements_close(struct cy_elements *elements)
{
    cy_stream_close(elements->stream);
}

/* How far an element was looked at. */
struct progress {
    size_t at;
    size_t depth;
    bool in_string;
    bool escaped; /* the next byte follows a backslash */
};

/* Moves over what is left of a string; the bytes that end it are the first quote that no backslash precedes. */
static void scan_string(struct cy_str text, struct progress *progress)
{
    while (progress->at < text.size) {
        if (progress->escaped) {
            progress->escaped = false;
            progress->at++;
            continue;
        }
        const char *from = text.data + progress->at, *quote = memchr(from, '"', text.size - progress->at);
        size_t size = quote != NULL ? (size_t)(quote - from) : text.size - progress->at;
        const char *backslash = memchr(from, '\\', size);
        if (backslash != NULL) {
            progress->at = (size_t)(backslash - text.data) + 1;
            progress->escaped = true;
            continue;
        }
        progress->at += size;
        if (quote != NULL) {
            progress->at++;
            progress->in_string = false;
            return;
        }
    }
}

/* Whether the element at the front of `text` ends within it; progress->at is then its size. */
static bool scan_element(struct cy_str text, struct progress *progress)
{
    while (progress->at < text.size) {
        if (progress->in_string) {
            scan_string(text, progress);
            if (!progress->in_string && progress->depth == 0)
                return true;
            continue;
        }
        char byte = text.data[progress->at];
        if (byte == '"') {
            progress->in_string = true;
        } else if (byte == '{' || byte == '[') {
            progress->depth++;
        } else if (progress->depth == 0 && (byte == ',' || byte == ']' || byte == '}' || is_space(byte))) {
            return true; /* behind a number or a word */
        } else if ((byte == '}' || byte == ']') && --progress->depth == 0) {
            progress->at++;
            return true;
        }
        progress->at++;
    }
    return false;
}

/* Moves behind an element that is too large to keep; returns its bytes. */
static uint64_t skip_element(struct cy_stream *stream, struct progress progress)
{
    uint64_t size_bytes = 0;
    for (;;) {
        struct cy_str text = cy_stream_peek(stream, 1);
        progress.at = CY_MIN(progress.at, text.size);
        bool found = scan_element(text, &progress);
        cy_stream_skip(stream, progress.at);
        size_bytes += progress.at;
        progress.at = 0;
        if (found || text.size == 0)
            return size_bytes;
    }
}

enum cy_status cy_elements_next(struct cy_elements *elements, struct cy_batch *batch, struct cy_error *error)
{
    struct cy_stream *stream = elements->stream;
    char byte = skip_space(stream, true);
    if (byte == ']') { /* the array's end; more behind it would be another value, and is read as such */
        cy_stream_skip(stream, 1);
        byte = skip_space(stream, true);
    }
    struct cy_place place = cy_elements_tell(elements);
    struct progress progress = {0};
    struct cy_str text = cy_stream_peek(stream, 0);
    bool found = false;
    while (byte != '\0' && !(found = scan_element(text, &progress)) && text.size <= CY_RECORD_BYTES_MAX &&
           cy_stream_state(stream) == CY_STREAM_OPEN)
        text = cy_stream_peek(stream, text.size + 1);
    if (found && progress.at == 0) /* a bracket that closes nothing */
        progress.at = 1;
    if (progress.at > CY_RECORD_BYTES_MAX) {
        if (found)
            cy_stream_skip(stream, progress.at);
        cy_record_lost(batch, elements->file, place, found ? progress.at : skip_element(stream, progress), "too_large");
    } else if (found) {
        cy_record_append(batch, elements->file, place, (struct cy_str){text.data, progress.at});
        cy_stream_skip(stream, progress.at);
    } else if (cy_stream_state(stream) == CY_STREAM_DAMAGED) {
        cy_record_damaged(batch, elements->file, place, stream);
    } else if (cy_stream_state(stream) == CY_STREAM_FAILED) {
        *error = *cy_stream_error(stream);
        return error->status;
    } else if (text.size > 0) {
        cy_stream_skip(stream, text.size);
        cy_record_lost(batch, elements->file, place, text.size, "truncated");
    } else {
        return CY_END;
    }
    elements->record++;
    return CY_OK;
}

struct cy_place cy_elements_tell(const struct cy_elements *elements)
{
    struct cy_place place = cy_stream_place(elements->stream);
    place.record = elements->record;
    return place;
}
