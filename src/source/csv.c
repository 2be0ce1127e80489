/* CSV (RFC 4180) and TSV: a header row, then a record a row; a quoted field may hold delimiters, line ends and doubled quotes. */
#include "kernels/utf8.h"
#include "source/columns.h"
#include "source/encoding.h"
#include "source/record.h"
#include "source/sniff.h"

#include <math.h>
#include <stdlib.h>

struct csv {
    struct cy_str text;
    struct cy_str id;
    struct cy_str url;
    struct cy_str delimiter;
    struct cy_str encoding;
};

static const char *const suffixes[] = {".csv", ".tsv", NULL};

static const struct cy_param params[] = {
    CY_COLUMNS_PARAMS(csv, "column"),
    CY_PARAM_TEXT(csv, delimiter, "", "one character", "what parts the fields; empty: a tab in .tsv files, else a comma"),
    CY_PARAM_TEXT(csv, encoding, "", "label", "the encoding (gbk, windows-1251, …); empty: found by looking at the file's beginning"),
    {0},
};

struct cy_reader {
    struct cy_stream *stream;
    uint32_t file;
    uint64_t record;
    char delimiter;
    const char *encoding;       /* a literal, or NULL: UTF-8 */
    struct cy_buffer about;     /* what decode needs: the delimiter, then the header row */
    const char *refused;        /* why no row of the file can be read; given as one row */
    struct cy_str shared_about; /* `about` and the media type in the arena of the batch that is being filled */
    struct cy_str shared_type;
};

/* ---- framing ---- */

enum field_state {
    FIELD_BEGINS,
    FIELD_PLAIN,
    FIELD_QUOTED,
    FIELD_QUOTE, /* a quote within a quoted field: its end, or the first half of a doubled one */
};

enum frame {
    FRAME_FOUND,
    FRAME_MORE,   /* the record goes on behind what is at hand */
    FRAME_BROKEN, /* it is no CSV: text behind a closing quote */
};

/* How far a record was looked at. */
struct progress {
    size_t at;
    enum field_state state;
};

/* Finds the line end that ends the record at the front of `text`. */
static enum frame find_end(struct cy_str text, char delimiter, struct progress *progress, size_t *size)
{
    if (progress->at == 0) { /* most rows are a line without quotes */
        const char *end = text.size > 0 ? memchr(text.data, '\n', text.size) : NULL;
        size_t line = end != NULL ? (size_t)(end - text.data) : text.size;
        if (end != NULL && memchr(text.data, '"', line) == NULL) {
            *size = line;
            return FRAME_FOUND;
        }
    }
    enum field_state state = progress->state;
    size_t at = progress->at;
    for (; at < text.size; at++) {
        char byte = text.data[at];
        if (state == FIELD_QUOTED) {
            const char *quote = memchr(text.data + at, '"', text.size - at);
            if (quote == NULL) {
                at = text.size;
                break;
            }
            at = (size_t)(quote - text.data);
            state = FIELD_QUOTE;
        } else if (byte == '\n') {
            *size = at;
            return FRAME_FOUND;
        } else if (byte == delimiter) {
            state = FIELD_BEGINS;
        } else if (byte == '"' && state != FIELD_PLAIN) {
            state = FIELD_QUOTED; /* it begins, or the quote before is doubled */
        } else if (state == FIELD_QUOTE && byte != '\r') {
            return FRAME_BROKEN;
        } else if (state == FIELD_BEGINS) {
            state = FIELD_PLAIN;
        }
    }
    *progress = (struct progress){at, state};
    return FRAME_MORE;
}

/* Passes over empty lines, which are no records. false: nothing follows. */
static bool skip_empty_lines(struct cy_stream *stream)
{
    for (;;) {
        struct cy_str text = cy_stream_peek(stream, 2);
        size_t size = text.size > 0 && text.data[0] == '\r' ? 1 : 0;
        if (text.size > size && text.data[size] == '\n')
            cy_stream_skip(stream, size + 1);
        else
            return text.size > 0;
    }
}

/* Moves behind the next line end; returns the bytes passed. */
static uint64_t skip_line(struct cy_stream *stream)
{
    uint64_t passed = 0;
    for (;;) {
        struct cy_str text = cy_stream_peek(stream, 1);
        const char *end = text.size > 0 ? memchr(text.data, '\n', text.size) : NULL;
        size_t size = end != NULL ? (size_t)(end - text.data) + 1 : text.size;
        cy_stream_skip(stream, size);
        passed += size;
        if (end != NULL || size == 0)
            return passed;
    }
}

/* The record at the cursor, without its line end. `reason`: why it cannot be read; NULL with an empty record: see the stream's state.
 * taken_bytes: what belongs to it. */
static struct cy_str frame_record(struct cy_stream *stream, char delimiter, const char **reason, size_t *taken_bytes)
{
    struct progress progress = {0, FIELD_BEGINS};
    struct cy_str text = cy_stream_peek(stream, 1);
    size_t size = 0;
    enum frame frame;
    *reason = NULL;
    *taken_bytes = 0;
    while ((frame = find_end(text, delimiter, &progress, &size)) == FRAME_MORE && text.size <= CY_RECORD_BYTES_MAX &&
           cy_stream_state(stream) == CY_STREAM_OPEN)
        text = cy_stream_peek(stream, text.size + 1);
    if (frame == FRAME_BROKEN) {
        *reason = "csv: text behind a closing quote";
        return text;
    }
    if (frame == FRAME_MORE) {
        if (text.size <= CY_RECORD_BYTES_MAX && cy_stream_state(stream) != CY_STREAM_END)
            return (struct cy_str){"", 0};
        if (progress.state == FIELD_QUOTED)
            *reason = "csv: quote not closed";
        size = text.size;
    }
    if (*reason == NULL && size > CY_RECORD_BYTES_MAX)
        *reason = "too_large";
    *taken_bytes = frame == FRAME_FOUND ? size + 1 : size;
    return (struct cy_str){text.data, size > 0 && text.data[size - 1] == '\r' ? size - 1 : size};
}

/* ---- the reader ---- */

/* Reads the header row; the stream then stands behind it. */
static void read_header(struct cy_reader *reader, struct cy_stream *stream)
{
    if (cy_str_starts(cy_stream_peek(stream, 3), CY_STR("\xEF\xBB\xBF")))
        cy_stream_skip(stream, 3);
    if (!skip_empty_lines(stream))
        return;
    size_t taken_bytes;
    struct cy_str header = frame_record(stream, reader->delimiter, &reader->refused, &taken_bytes);
    if (reader->refused != NULL)
        return;
    cy_buffer_add_byte(&reader->about, (uint8_t)reader->delimiter);
    cy_buffer_add_str(&reader->about, header);
    cy_stream_skip(stream, taken_bytes);
}

static void close_reader(struct cy_reader *reader)
{
    cy_stream_close(reader->stream);
    cy_buffer_release(&reader->about);
    free(reader);
}

static bool is_tsv(const char *path)
{
    struct cy_str name = cy_str(path);
    return cy_str_ends(name, CY_STR(".tsv")) || cy_str_ends(name, CY_STR(".tsv.gz")) || cy_str_ends(name, CY_STR(".tsv.zst"));
}

static enum cy_status check(const void *self, struct cy_error *error)
{
    const struct csv *csv = self;
    if (csv->delimiter.size > 1 || (csv->delimiter.size == 1 && strchr("\"\r\n", csv->delimiter.data[0]) != NULL)) {
        cy_error_set(error, CY_BAD_RECIPE, "delimiter must be one ASCII character, found \"%.*s\"", (int)csv->delimiter.size,
                     csv->delimiter.data);
        return cy_error_hint(error, "a tab is written \"\\t\"");
    }
    return cy_encoding_check(csv->encoding, error);
}

static enum cy_status open_reader(const void *self, const struct cy_input *input, struct cy_place from, struct cy_reader **reader,
                                  struct cy_error *error)
{
    const struct csv *csv = self;
    struct cy_reader *made = cy_alloc_zero(1, sizeof *made);
    made->file = input->file;
    made->record = from.record;
    made->delimiter = csv->delimiter.size > 0 ? csv->delimiter.data[0] : is_tsv(input->path) ? '\t' : ',';
    bool begins = from.offset == 0 && from.within == 0 && from.record == 0;
    enum cy_status status = cy_stream_open(&made->stream, input->path, (struct cy_place){0}, error);
    if (status == CY_OK) {
        made->encoding = csv->encoding.size > 0 ? NULL : cy_sniff_file(input->path);
        if (made->encoding != NULL && cy_str_starts(cy_str(made->encoding), CY_STR("UTF-16")))
            made->refused = "encoding: UTF-16 is not read in CSV";
        else
            read_header(made, made->stream);
        if (made->refused != NULL && from.record > 0)
            made->refused = NULL; /* given before */
    }
    if (status == CY_OK && !begins) {
        cy_stream_close(made->stream);
        made->stream = NULL;
        status = cy_stream_open(&made->stream, input->path, from, error);
    }
    if (status != CY_OK) {
        close_reader(made);
        return status;
    }
    *reader = made;
    return CY_OK;
}

static struct cy_place tell(const struct cy_reader *reader)
{
    struct cy_place place = cy_stream_place(reader->stream);
    place.record = reader->record;
    return place;
}

/* Gives the row what decode needs to know of its file; the copy is shared by the rows of a batch. */
static void share(struct cy_reader *reader, struct cy_batch *batch, size_t row)
{
    bool fresh = row == 0 || batch->origins[row - 1].file != reader->file || batch->metadata[row - 1].data != reader->shared_about.data;
    if (fresh) {
        reader->shared_about = cy_arena_str(batch->arena, cy_buffer_str(&reader->about));
        reader->shared_type = CY_STR("");
        if (reader->encoding != NULL)
            reader->shared_type = cy_str(cy_arena_printf(batch->arena, "text/csv; charset=%s", reader->encoding));
    }
    batch->metadata[row] = reader->shared_about;
    batch->media_types[row] = reader->shared_type;
}

static enum cy_status next(struct cy_reader *reader, struct cy_batch *batch, struct cy_error *error)
{
    struct cy_stream *stream = reader->stream;
    if (reader->refused != NULL) { /* the file as a whole */
        uint64_t size_bytes = 0, passed;
        struct cy_place place = tell(reader);
        while ((passed = skip_line(stream)) > 0)
            size_bytes += passed;
        cy_record_lost(batch, reader->file, place, size_bytes, reader->refused);
        reader->refused = NULL;
        reader->record++;
        return CY_OK;
    }
    skip_empty_lines(stream);
    struct cy_place place = tell(reader);
    const char *reason;
    size_t taken_bytes;
    struct cy_str record = frame_record(stream, reader->delimiter, &reason, &taken_bytes);
    if (reason != NULL) {
        cy_record_lost(batch, reader->file, place, skip_line(stream), reason);
    } else if (taken_bytes > 0) {
        share(reader, batch, cy_record_append(batch, reader->file, place, record));
        cy_stream_skip(stream, taken_bytes);
    } else if (cy_stream_state(stream) == CY_STREAM_DAMAGED) {
        cy_record_damaged(batch, reader->file, place, stream);
    } else if (cy_stream_state(stream) == CY_STREAM_FAILED) {
        *error = *cy_stream_error(stream);
        return error->status;
    } else {
        return CY_END;
    }
    reader->record++;
    return CY_OK;
}

/* ---- decode ---- */

enum { FIELDS_MAX = 4096 }; /* columns of a file; the array stands in the worker's scratch */

/* What a worker keeps from row to row. */
struct scratch {
    struct cy_str about; /* whose header it is: compared by place */
    size_t header_count;
    struct cy_str header[FIELDS_MAX];
    struct cy_str fields[FIELDS_MAX];
    struct cy_buffer metadata;
};

static void *make_scratch(const void *context)
{
    (void)context;
    return cy_alloc_zero(1, sizeof(struct scratch));
}

static void free_scratch(void *object)
{
    struct scratch *scratch = object;
    cy_buffer_release(&scratch->metadata);
    free(scratch);
}

/* Splits a record into its fields, in place: quotes are taken off and doubled ones made single. Returns their number; those above
 * FIELDS_MAX are counted and not kept. */
static size_t split_fields(struct cy_str record, char delimiter, struct cy_str *fields)
{
    size_t count = 0, at = 0;
    char *text = (char *)record.data;
    for (;;) {
        struct cy_str field;
        if (at < record.size && text[at] == '"') {
            size_t to = ++at, begin = at;
            while (at < record.size) {
                if (text[at] == '"') {
                    if (at + 1 == record.size || text[at + 1] != '"')
                        break;
                    at++;
                }
                text[to++] = text[at++];
            }
            field = (struct cy_str){text + begin, to - begin};
            at++; /* the closing quote */
        } else {
            const char *end = at < record.size ? memchr(text + at, delimiter, record.size - at) : NULL;
            size_t size = end != NULL ? (size_t)(end - text) - at : record.size - at;
            field = (struct cy_str){text + at, size};
            at += size;
        }
        if (count < FIELDS_MAX)
            fields[count] = field;
        count++;
        if (at >= record.size || text[at] != delimiter)
            return count;
        at++;
    }
}

/* The row's bytes as UTF-8. Returns why they cannot be read, or NULL; *byte is set to the place where it is known. */
static const char *to_utf8(struct cy_str *record, struct cy_str encoding, struct cy_arena *arena, double *byte)
{
    if (encoding.size > 0 && cy_ascii_bytes(*record) < record->size)
        return cy_encoding_decode_as(*record, encoding, arena, record);
    size_t valid = cy_utf8_valid_bytes(*record);
    if (valid == record->size)
        return NULL;
    *byte = (double)valid;
    return "encoding: invalid UTF-8";
}

static const char *read_about(struct scratch *scratch, struct cy_str about, struct cy_str encoding, struct cy_arena *arena)
{
    if (scratch->about.size > 0 && about.data == scratch->about.data && about.size == scratch->about.size)
        return NULL;
    scratch->about = (struct cy_str){NULL, 0};
    if (about.size == 0) /* it was in a part of the file that is damaged */
        return "csv: no header row";
    struct cy_str header = cy_arena_str(arena, (struct cy_str){about.data + 1, about.size - 1}); /* split_fields writes to it */
    double byte;                                                                                 /* of the header: its own row tells it */
    const char *reason = to_utf8(&header, encoding, arena, &byte);
    if (reason != NULL)
        return "encoding: the header row";
    scratch->header_count = split_fields(header, about.data[0], scratch->header);
    if (scratch->header_count > FIELDS_MAX)
        return "csv: more than 4096 columns";
    scratch->about = about;
    return NULL;
}

static const char *decode_row(const struct csv *csv, struct scratch *scratch, struct cy_batch *batch, size_t row, double *byte)
{
    struct cy_str about = batch->metadata[row], record = batch->texts[row];
    struct cy_str encoding = csv->encoding.size > 0 ? csv->encoding : cy_media_type_parameter(batch->media_types[row], "charset");
    batch->metadata[row] = batch->media_types[row] = (struct cy_str){"", 0};
    const char *reason = read_about(scratch, about, encoding, batch->arena);
    if (reason == NULL)
        reason = to_utf8(&record, encoding, batch->arena, byte);
    if (reason != NULL)
        return reason;
    size_t count = split_fields(record, about.data[0], scratch->fields);
    if (count != scratch->header_count)
        return cy_arena_printf(batch->arena, "csv: %zu fields, the header has %zu", count, scratch->header_count);
    struct cy_buffer *metadata = &scratch->metadata;
    const struct cy_str *text = NULL;
    cy_buffer_clear(metadata);
    for (size_t i = 0; i < count; i++) {
        struct cy_str name = scratch->header[i];
        if (cy_str_equal(name, csv->text)) {
            text = &scratch->fields[i];
        } else if (cy_str_equal(name, csv->id)) {
            batch->ids[row] = scratch->fields[i];
        } else if (cy_str_equal(name, csv->url)) {
            batch->urls[row] = scratch->fields[i];
        } else {
            cy_buffer_add_byte(metadata, metadata->size == 0 ? '{' : ',');
            cy_buffer_add_json(metadata, name);
            cy_buffer_add_byte(metadata, ':');
            cy_buffer_add_json(metadata, scratch->fields[i]);
        }
    }
    if (text == NULL)
        return "no_text_field";
    batch->texts[row] = *text;
    if (metadata->size > 0) {
        cy_buffer_add_byte(metadata, '}');
        batch->metadata[row] = cy_arena_str(batch->arena, cy_buffer_str(metadata));
    }
    return NULL;
}

static enum cy_status decode(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    struct scratch *scratch = cy_scratch_get(batch->scratch, self, make_scratch, NULL, free_scratch);
    scratch->about = (struct cy_str){NULL, 0}; /* the last batch's memory is used again */
    for (size_t row = 0; row < batch->row_count; row++) {
        if (batch->verdicts[row].what != CY_KEPT)
            continue;
        double byte = NAN; /* in the record, where it is known */
        const char *reason = decode_row(self, scratch, batch, row, &byte);
        if (reason != NULL) {
            cy_record_refuse(batch, row, reason, byte);
            batch->ids[row] = batch->urls[row] = (struct cy_str){"", 0};
        }
    }
    return CY_OK;
}

const struct cy_format cy_format_csv = {
    .name = "csv",
    .summary = "CSV and TSV with a header row (RFC 4180); plain, .gz or .zst",
    .suffixes = suffixes,
    .params = params,
    .self_size = sizeof(struct csv),
    .check = check,
    .open = open_reader,
    .next = next,
    .tell = tell,
    .close = close_reader,
    .decode = decode,
};
