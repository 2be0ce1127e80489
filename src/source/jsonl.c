/* JSON Lines: one object a line (jsonlines.org; RFC 8259 for the object). A file that is one JSON array of objects is read too. */
#include "source/columns.h"
#include "source/elements.h"
#include "source/lines.h"
#include "source/record.h"

#include <math.h>
#include <stdlib.h>
#include <yyjson.h>

static const char *const suffixes[] = {".jsonl", ".ndjson", ".json", NULL};

static const struct cy_param params[] = {
    CY_COLUMNS_PARAMS(cy_columns, "field"),
    {0},
};

struct cy_reader {
    bool array;
    struct cy_lines lines;
    struct cy_elements elements;
};

static enum cy_status open_reader(const void *self, const struct cy_input *input, struct cy_place from, struct cy_reader **reader,
                                  struct cy_error *error)
{
    (void)self;
    struct cy_reader *made = cy_alloc_zero(1, sizeof *made);
    made->array = cy_elements_fit(input->path);
    enum cy_status status =
        made->array ? cy_elements_open(&made->elements, input, from, error) : cy_lines_open(&made->lines, input, from, error);
    if (status != CY_OK) {
        free(made);
        return status;
    }
    *reader = made;
    return CY_OK;
}

static enum cy_status next(struct cy_reader *reader, struct cy_batch *batch, struct cy_error *error)
{
    return reader->array ? cy_elements_next(&reader->elements, batch, error) : cy_lines_next(&reader->lines, batch, error);
}

static struct cy_place tell(const struct cy_reader *reader)
{
    return reader->array ? cy_elements_tell(&reader->elements) : cy_lines_tell(&reader->lines);
}

static void close_reader(struct cy_reader *reader)
{
    cy_elements_close(&reader->elements);
    cy_lines_close(&reader->lines);
    free(reader);
}

/* ---- decode ---- */

enum { KEPT_LINE_BYTES = 1024 * 1024 }; /* a longer line's memory, up to three times its size, is given back at once */

/* What a worker keeps from line to line. */
struct scratch {
    yyjson_alc *memory; /* keeps its chunks, so that a line costs no malloc */
    struct cy_buffer metadata;
};

static void *make_scratch(const void *context)
{
    (void)context;
    struct scratch *made = cy_alloc_zero(1, sizeof *made);
    made->memory = yyjson_alc_dyn_new();
    CY_ASSERT(made->memory != NULL);
    return made;
}

static void free_scratch(void *object)
{
    struct scratch *scratch = object;
    yyjson_alc_dyn_free(scratch->memory);
    cy_buffer_release(&scratch->metadata);
    free(scratch);
}

static struct cy_str text_of(yyjson_val *value)
{
    return (struct cy_str){unsafe_yyjson_get_str(value), unsafe_yyjson_get_len(value)};
}

/* A value as JSON text. Numbers stay as they were written (they were read raw). */
static void add_value(struct scratch *scratch, yyjson_val *value)
{
    struct cy_buffer *out = &scratch->metadata;
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_STR:
        cy_buffer_add_json(out, text_of(value));
        return;
    case YYJSON_TYPE_RAW:
        cy_buffer_add_str(out, text_of(value));
        return;
    case YYJSON_TYPE_NULL:
        cy_buffer_add_text(out, "null");
        return;
    case YYJSON_TYPE_BOOL:
        cy_buffer_add_text(out, unsafe_yyjson_get_bool(value) ? "true" : "false");
        return;
    default:
        break;
    }
    size_t size;
    char *text = yyjson_val_write_opts(value, YYJSON_WRITE_NOFLAG, NULL, &size, NULL);
    CY_ASSERT(text != NULL);
    cy_buffer_add(out, text, size);
    free(text);
}

/* An id or URL: a string, or a number as it is written; anything else is no id. */
static bool take_name(yyjson_val *value, struct cy_str *out)
{
    if (!yyjson_is_str(value) && !yyjson_is_raw(value))
        return false;
    *out = text_of(value);
    return true;
}

static void add_member(struct scratch *scratch, struct cy_str name, yyjson_val *value)
{
    cy_buffer_add_byte(&scratch->metadata, scratch->metadata.size == 0 ? '{' : ',');
    cy_buffer_add_json(&scratch->metadata, name);
    cy_buffer_add_byte(&scratch->metadata, ':');
    add_value(scratch, value);
}

/* The members of an object called "metadata" become metadata themselves, as datatrove does it. */
static void add_metadata(struct scratch *scratch, struct cy_str name, yyjson_val *value)
{
    if (!cy_str_is(name, "metadata") || !yyjson_is_obj(value)) {
        add_member(scratch, name, value);
        return;
    }
    size_t index, count;
    yyjson_val *key, *inner;
    yyjson_obj_foreach(value, index, count, key, inner)
    {
        add_member(scratch, text_of(key), inner);
    }
}

static void decode_object(const struct cy_columns *columns, struct scratch *scratch, yyjson_val *object, struct cy_batch *batch, size_t row)
{
    struct cy_buffer *metadata = &scratch->metadata;
    cy_buffer_clear(metadata);
    yyjson_val *text = NULL;
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(object, index, count, key, value)
    {
        struct cy_str name = text_of(key);
        if (cy_str_equal(name, columns->text)) { /* where a name stands twice, the last one counts, as in Python and JavaScript */
            text = value;
            continue;
        }
        if (cy_str_equal(name, columns->id) && take_name(value, &batch->ids[row]))
            continue;
        if (cy_str_equal(name, columns->url) && take_name(value, &batch->urls[row]))
            continue;
        add_metadata(scratch, name, value);
    }
    if (text == NULL) {
        cy_record_refuse(batch, row, "no_text_field", NAN);
    } else if (!yyjson_is_str(text)) {
        cy_record_refuse(batch, row, "text_not_string", NAN);
    } else {
        batch->texts[row] = text_of(text);
        if (metadata->size > 0) {
            cy_buffer_add_byte(metadata, '}');
            batch->metadata[row] = cy_arena_str(batch->arena, cy_buffer_str(metadata));
        }
    }
}

/* Parses each line where it lies: strings are unescaped in place, so that the text is not copied. */
static enum cy_status decode(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    struct scratch *scratch = cy_scratch_get(batch->scratch, self, make_scratch, NULL, free_scratch);
    for (size_t row = 0; row < batch->row_count; row++) {
        if (batch->verdicts[row].what != CY_KEPT)
            continue;
        struct cy_str line = batch->texts[row];
        if (cy_str_starts(line, CY_STR("\xEF\xBB\xBF"))) /* a BOM within: files were put one behind the other */
            line = (struct cy_str){line.data + 3, line.size - 3};
        yyjson_read_err problem;
        yyjson_doc *document = yyjson_read_opts((char *)line.data, line.size, YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW,
                                                line.size <= KEPT_LINE_BYTES ? scratch->memory : NULL, &problem);
        if (document == NULL) {
            cy_record_refuse(batch, row, cy_arena_printf(batch->arena, "json: %s", problem.msg), (double)problem.pos);
            continue;
        }
        yyjson_val *root = yyjson_doc_get_root(document);
        if (yyjson_is_obj(root))
            decode_object(self, scratch, root, batch, row);
        else
            cy_record_refuse(batch, row, "json: not an object", NAN);
        yyjson_doc_free(document);
    }
    return CY_OK;
}

const struct cy_format cy_format_jsonl = {
    .name = "jsonl",
    .summary = "JSON Lines: one JSON object a line, or one array of them; plain, .gz or .zst",
    .suffixes = suffixes,
    .params = params,
    .self_size = sizeof(struct cy_columns),
    .open = open_reader,
    .next = next,
    .tell = tell,
    .close = close_reader,
    .decode = decode,
};
