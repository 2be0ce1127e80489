/* WARC, the archive format of web crawls (ISO 28500:2017; 1.0 and 1.1), plain or gzip: a member a record, or any other way.
 *
 *     WARC/1.0            the record's head
 *     WARC-Type: response
 *     Content-Length: 39714
 *                         an empty line
 *     HTTP/1.1 200 OK …   the block: Content-Length bytes
 *                         two line ends, and the next record
 *
 * Documents are the HTTP responses whose body is HTML or other text, and the `conversion` records (text, as in WET files). As in
 * datatrove's WarcReader the HTTP status is not looked at: it goes to the metadata, for `where` to decide on. */
#include "kernels/utf8.h"
#include "source/encoding.h"
#include "source/record.h"
#include "source/warc_head.h"

#include <stdlib.h>

enum { TYPE_BYTES_MAX = 128 }; /* RFC 6838 allows 127 and 127; a longer one is noise */

static const char *const suffixes[] = {".warc", ".wet", NULL};
static const struct cy_param params[] = {{0}};

struct warc {
    char unused; /* the format has no parameters */
};

struct cy_reader {
    struct cy_stream *stream;
    uint32_t file;
    uint64_t record;
};

static enum cy_status open_reader(const void *self, const struct cy_input *input, struct cy_place from, struct cy_reader **reader,
                                  struct cy_error *error)
{
    (void)self;
    struct cy_reader *made = cy_alloc_zero(1, sizeof *made);
    made->file = input->file;
    made->record = from.record;
    enum cy_status status = cy_stream_open(&made->stream, input->path, from, error);
    if (status != CY_OK) {
        free(made);
        return status;
    }
    *reader = made;
    return CY_OK;
}

static void close_reader(struct cy_reader *reader)
{
    cy_stream_close(reader->stream);
    free(reader);
}

static struct cy_place tell(const struct cy_reader *reader)
{
    struct cy_place place = cy_stream_place(reader->stream);
    place.record = reader->record;
    return place;
}

/* ---- framing ---- */

/* Moves behind the line ends between two records. false: nothing follows (the end, damage or a failure). */
static bool skip_line_ends(struct cy_stream *stream)
{
    for (;;) {
        struct cy_str text = cy_stream_peek(stream, 1);
        if (text.size == 0)
            return false;
        size_t size = 0;
        while (size < text.size && (text.data[size] == '\r' || text.data[size] == '\n'))
            size++;
        cy_stream_skip(stream, size);
        if (size < text.size)
            return true;
    }
}

/* Moves to the next record's beginning, at least one byte on; returns the bytes passed. */
static uint64_t skip_to_record(struct cy_stream *stream)
{
    uint64_t passed = 0;
    size_t from = 1;
    for (;;) {
        struct cy_str text = cy_stream_peek(stream, from + 16);
        size_t at = cy_warc_find(text, from);
        if (at < text.size) {
            cy_stream_skip(stream, at);
            return passed + at;
        }
        /* what may be the beginning of "\nWARC/1.x\r\n" stays at hand */
        size_t kept = cy_stream_state(stream) == CY_STREAM_OPEN ? CY_MIN(text.size, 11) : 0;
        cy_stream_skip(stream, text.size - kept);
        passed += text.size - kept;
        if (kept == 0)
            return passed;
        from = 1;
    }
}

/* A record whose block is larger than a record may be: passes over it, to its stated end or to a record's head inside of it, which says
 * that the length is wrong. */
static const char *skip_large(struct cy_stream *stream, uint64_t size_bytes, uint64_t *passed)
{
    *passed = 0;
    while (*passed < size_bytes) {
        struct cy_str text = cy_stream_peek(stream, 16);
        if (text.size == 0)
            break;
        size_t here = (size_t)CY_MIN((uint64_t)text.size, size_bytes - *passed);
        size_t at = cy_warc_find((struct cy_str){text.data, here}, 1);
        size_t kept = at == here && here == text.size && cy_stream_state(stream) == CY_STREAM_OPEN ? CY_MIN(here, 11) : 0;
        size_t step = at < here ? at : here - kept;
        if (step == 0 && cy_stream_peek(stream, text.size + 1).size > text.size)
            continue;
        cy_stream_skip(stream, CY_MAX(step, 1));
        *passed += CY_MAX(step, 1);
        if (at < here)
            return "content_length";
    }
    return "too_large";
}

/* Whether a record may end at text[at]: line ends and a new record, or the end of all that can be read. */
static bool ends_at(struct cy_str text, size_t at, bool whole)
{
    size_t next = at;
    while (next < text.size && (text.data[next] == '\r' || text.data[next] == '\n'))
        next++;
    if (next == text.size)
        return whole || next - at >= 4; /* two line ends; what comes behind them is the next record's business */
    return next > at && cy_warc_begins((struct cy_str){text.data + next, text.size - next});
}

/* Names come from outside: bytes that are no UTF-8 would spoil the dataset. */
static struct cy_str clean_name(struct cy_str name, struct cy_arena *arena)
{
    struct cy_str text;
    if (name.size == 0)
        return CY_STR("");
    return cy_encoding_decode(name, CY_STR(""), CY_ENCODING_TEXT, arena, &text) == NULL ? text : CY_STR("");
}

static enum cy_status take_record(struct cy_reader *reader, struct cy_batch *batch, struct cy_place place, struct cy_str text,
                                  const struct cy_warc_head *head)
{
    struct cy_stream *stream = reader->stream;
    bool response = cy_str_equal_nocase(head->type, CY_STR("response")), conversion = cy_str_equal_nocase(head->type, CY_STR("conversion"));
    size_t size = head->size + (size_t)head->content_length;
    if (!response && !conversion) {
        size_t row = cy_record_append(batch, reader->file, place, (struct cy_str){text.data, head->size});
        struct cy_warc_head kept;
        cy_warc_head_read(batch->texts[row], &kept);
        batch->texts[row] = (struct cy_str){"", 0};
        batch->ids[row] = clean_name(kept.id, batch->arena);
        batch->urls[row] = clean_name(kept.uri, batch->arena);
        batch->read_bytes[row] = size;
        cy_batch_skip(batch, row, clean_name(kept.type, batch->arena));
    } else {
        cy_record_append(batch, reader->file, place, (struct cy_str){text.data, size});
    }
    cy_stream_skip(stream, size);
    return CY_OK;
}

/* What peek gives of the record that begins at the cursor, whose head has been read: all of it and what follows, or less where the stream
 * ends before. */
static enum cy_status next_record(struct cy_reader *reader, struct cy_batch *batch, struct cy_place place, struct cy_warc_head *head)
{
    struct cy_stream *stream = reader->stream;
    if (head->content_length > CY_RECORD_BYTES_MAX) {
        uint64_t passed;
        size_t head_size = head->size;
        uint64_t content_length = head->content_length;
        cy_stream_skip(stream, head_size);
        const char *reason = skip_large(stream, content_length, &passed);
        cy_record_lost(batch, reader->file, place, head_size + passed, reason);
        return CY_OK;
    }
    size_t size = head->size + (size_t)head->content_length;
    struct cy_str text = cy_stream_peek(stream, size + 16);
    enum cy_stream_state state = cy_stream_state(stream);
    cy_warc_head_read(text, head); /* the bytes have moved */
    if (text.size >= size && ends_at(text, size, state != CY_STREAM_OPEN))
        return take_record(reader, batch, place, text, head);
    if (state == CY_STREAM_FAILED && text.size < size + 16)
        return CY_IO;
    /* the length is wrong, or the stream breaks off within the record */
    size_t next = cy_warc_find(text, head->size);
    if (next == text.size && state == CY_STREAM_DAMAGED) {
        cy_record_damaged(batch, reader->file, place, stream);
    } else if (next < text.size) {
        cy_stream_skip(stream, next);
        cy_record_lost(batch, reader->file, place, next, "content_length");
    } else if (text.size < size) {
        cy_stream_skip(stream, text.size);
        cy_record_lost(batch, reader->file, place, text.size, "truncated");
    } else {
        cy_record_lost(batch, reader->file, place, skip_to_record(stream), "content_length");
    }
    return CY_OK;
}

static enum cy_status next(struct cy_reader *reader, struct cy_batch *batch, struct cy_error *error)
{
    struct cy_stream *stream = reader->stream;
    bool more = skip_line_ends(stream);
    struct cy_place place = cy_stream_place(stream);
    place.record = reader->record;
    enum cy_status status = CY_OK;
    if (more) {
        struct cy_str text = cy_stream_peek(stream, 1024);
        size_t head_size = cy_warc_head_size(text);
        if (head_size == 0) {
            text = cy_stream_peek(stream, CY_WARC_HEAD_BYTES_MAX);
            head_size = cy_warc_head_size(text);
        }
        struct cy_warc_head head;
        const char *reason = cy_warc_head_read((struct cy_str){text.data, head_size > 0 ? head_size : text.size}, &head);
        if (head_size == 0 && cy_stream_state(stream) == CY_STREAM_END && cy_warc_begins(text))
            reason = "truncated";
        if (reason == NULL)
            status = next_record(reader, batch, place, &head);
        else if (head_size == 0 && cy_stream_state(stream) == CY_STREAM_DAMAGED && cy_warc_find(text, 1) == text.size)
            cy_record_damaged(batch, reader->file, place, stream);
        else
            cy_record_lost(batch, reader->file, place, skip_to_record(stream), reason);
    } else if (cy_stream_state(stream) == CY_STREAM_DAMAGED) {
        cy_record_damaged(batch, reader->file, place, stream);
    } else {
        status = cy_stream_state(stream) == CY_STREAM_FAILED ? CY_IO : CY_END;
    }
    if (status == CY_IO)
        *error = *cy_stream_error(stream);
    if (status == CY_OK)
        reader->record++;
    return status;
}

/* ---- decode ---- */

/* "text/html" of "text/HTML; charset=gbk", in lower case, owned by arena. */
static struct cy_str essence(struct cy_str media_type, struct cy_arena *arena)
{
    struct cy_str rest, name = cy_str_trim(cy_str_split(media_type, ';', &rest));
    if (name.size > TYPE_BYTES_MAX || cy_ascii_bytes(name) < name.size)
        return CY_STR("unknown");
    struct cy_str copy = cy_arena_str(arena, name);
    for (size_t i = 0; i < copy.size; i++)
        if (copy.data[i] >= 'A' && copy.data[i] <= 'Z')
            ((char *)copy.data)[i] += 'a' - 'A';
    return copy;
}

/* Whether a body without a stated type is HTML: its first tag is one of those that the WHATWG MIME Sniffing Standard (7.1) lists. */
static bool looks_like_html(struct cy_str body)
{
    static const char *const beginnings[] = {
        "<!doctype html", "<html",  "<head",  "<body", "<script", "<title", "<meta", "<!--",  "<h1",
        "<div",           "<table", "<style", "<a",    "<br",     "<p",     "<b",    "<font", "<iframe"};
    if (cy_str_starts(body, CY_STR("\xEF\xBB\xBF")))
        body = (struct cy_str){body.data + 3, body.size - 3};
    body = cy_str_trim((struct cy_str){body.data, CY_MIN(body.size, 1024)});
    for (size_t i = 0; i < CY_COUNT(beginnings); i++) {
        size_t size = strlen(beginnings[i]);
        if (body.size > size && cy_str_equal_nocase((struct cy_str){body.data, size}, cy_str(beginnings[i])) &&
            strchr(" >\t\r\n/-", body.data[size]) != NULL)
            return true;
    }
    return false;
}

/* Text that is a document; the parts that pages are made of are none. */
static bool is_document(struct cy_str type)
{
    static const char *const parts[] = {"text/css", "text/javascript", "text/ecmascript", "text/x-javascript"};
    for (size_t i = 0; i < CY_COUNT(parts); i++)
        if (cy_str_is(type, parts[i]))
            return false;
    return cy_str_starts(type, CY_STR("text/")) || cy_str_is(type, "application/xhtml+xml");
}

static void set_metadata(struct cy_batch *batch, size_t row, struct cy_str date, int status)
{
    struct cy_buffer metadata = {0};
    if (date.size > 0) {
        cy_buffer_add_text(&metadata, "{\"date\":");
        cy_buffer_add_json(&metadata, date);
    }
    if (status > 0)
        cy_buffer_printf(&metadata, "%s\"http_status\":%d", metadata.size > 0 ? "," : "{", status);
    if (metadata.size > 0) {
        cy_buffer_add_byte(&metadata, '}');
        batch->metadata[row] = cy_arena_str(batch->arena, cy_buffer_str(&metadata));
    }
    cy_buffer_release(&metadata);
}

static void decode_response(struct cy_batch *batch, size_t row, const struct cy_warc_head *head, struct cy_str block)
{
    struct cy_str type = essence(head->content_type, batch->arena), body = block, stated = {"", 0};
    struct cy_http_head http = {0};
    const char *reason = NULL;
    if (type.size == 0 || cy_str_is(type, "application/http"))
        cy_http_head_read(block, &http);
    else
        stated = head->content_type; /* a DNS answer, or what an FTP server sent */
    if (http.size > 0) {
        stated = http.content_type;
        reason = cy_http_body(&http, (struct cy_str){block.data + http.size, block.size - http.size}, batch->arena, &body);
    }
    struct cy_str identified = essence(head->payload_type, batch->arena);
    type = identified.size > 0 ? identified : essence(stated, batch->arena);
    if (reason == NULL && type.size == 0)
        type = looks_like_html(body) ? CY_STR("text/html") : CY_STR("unknown");
    batch->texts[row] = (struct cy_str){"", 0};
    if (!is_document(type)) {
        cy_batch_skip(batch, row, type);
    } else if (reason != NULL) {
        cy_batch_unreadable(batch, row, reason);
    } else if (body.size == 0) {
        cy_batch_skip(batch, row, CY_STR("empty"));
    } else {
        bool html = cy_str_is(type, "text/html") || cy_str_is(type, "application/xhtml+xml");
        reason = cy_encoding_decode(body, stated, html ? CY_ENCODING_HTML : CY_ENCODING_TEXT, batch->arena, &batch->texts[row]);
        if (reason != NULL)
            cy_batch_unreadable(batch, row, reason);
        batch->media_types[row] = type;
        set_metadata(batch, row, head->date, http.status);
    }
}

static void decode_conversion(struct cy_batch *batch, size_t row, const struct cy_warc_head *head, struct cy_str block)
{
    struct cy_str type = essence(head->content_type, batch->arena);
    if (type.size > 0 && !is_document(type)) {
        batch->texts[row] = (struct cy_str){"", 0};
        cy_batch_skip(batch, row, type);
        return;
    }
    const char *reason = cy_encoding_decode(block, head->content_type, CY_ENCODING_TEXT, batch->arena, &batch->texts[row]);
    if (reason != NULL)
        cy_batch_unreadable(batch, row, reason);
    batch->media_types[row] = type.size > 0 ? type : CY_STR("text/plain");
    set_metadata(batch, row, head->date, 0);
}

static enum cy_status decode(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)self, (void)error;
    for (size_t row = 0; row < batch->row_count; row++) {
        if (batch->verdicts[row].what != CY_KEPT)
            continue;
        struct cy_str record = batch->texts[row];
        struct cy_warc_head head;
        const char *reason = cy_warc_head_read(record, &head);
        CY_ASSERT(reason == NULL && head.size + head.content_length == record.size);
        struct cy_str block = {record.data + head.size, record.size - head.size};
        batch->ids[row] = clean_name(head.id, batch->arena);
        batch->urls[row] = clean_name(head.uri, batch->arena);
        if (cy_str_equal_nocase(head.type, CY_STR("response")))
            decode_response(batch, row, &head, block);
        else
            decode_conversion(batch, row, &head, block);
    }
    return CY_OK;
}

const struct cy_format cy_format_warc = {
    .name = "warc",
    .summary = "web archives: .warc, .warc.gz, and the text records of .wet",
    .suffixes = suffixes,
    .params = params,
    .self_size = sizeof(struct warc),
    .open = open_reader,
    .next = next,
    .tell = tell,
    .close = close_reader,
    .decode = decode,
};
