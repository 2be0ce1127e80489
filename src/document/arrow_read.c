#include "document/arrow.h"

#include "kernels/utf8.h"

#include <inttypes.h>

enum {
    TEXT_BYTES_MAX = 64 << 20, /* of a document; larger ones are unreadable everywhere in the house */
    VIEW_BYTES = 16,
    VIEW_INLINE_BYTES = 12, /* a text so short stands in its view */
};
static const int64_t row_count_max = (int64_t)1 << 40; /* no batch has so many rows: offset and length can be added without care */

static const char *const field_names[CY_ARROW_FIELDS] = {
    [CY_ARROW_TEXT] = "text",         [CY_ARROW_ID] = "id",
    [CY_ARROW_URL] = "url",           [CY_ARROW_MEDIA_TYPE] = "media_type",
    [CY_ARROW_LANGUAGE] = "language", [CY_ARROW_METADATA] = "metadata",
};

/* ---- reading an item ---- */

bool cy_arrow_is_null(const struct cy_arrow_texts *texts, size_t row)
{
    size_t item = texts->first + row;
    return texts->layout == CY_ARROW_ABSENT || (texts->validity != NULL && !(texts->validity[item / 8] >> (item % 8) & 1));
}

/* A view: size, then the text itself or its first four bytes, the buffer's number and the offset in it. */
struct view {
    int32_t size, prefix, buffer, offset;
};

static struct view view_at(const struct cy_arrow_texts *texts, size_t item)
{
    struct view view;
    memcpy(&view, (const char *)texts->items + item * VIEW_BYTES, sizeof view);
    return view;
}

/* Text of a row that is not NULL. */
static struct cy_str text_at(const struct cy_arrow_texts *texts, size_t row)
{
    size_t item = texts->first + row;
    CY_ASSERT(texts->items != NULL); /* cy_arrow_open has seen to it */
    if (texts->layout == CY_ARROW_UTF8) {
        const int32_t *offsets = texts->items;
        return (struct cy_str){texts->bytes + offsets[item], (size_t)(offsets[item + 1] - offsets[item])};
    }
    if (texts->layout == CY_ARROW_LARGE_UTF8) {
        const int64_t *offsets = texts->items;
        return (struct cy_str){texts->bytes + offsets[item], (size_t)(offsets[item + 1] - offsets[item])};
    }
    struct view view = view_at(texts, item);
    const char *inside = (const char *)texts->items + item * VIEW_BYTES + sizeof view.size;
    return (struct cy_str){view.size > VIEW_INLINE_BYTES ? (const char *)texts->view_buffers[view.buffer] + view.offset : inside,
                           (size_t)view.size};
}

struct cy_str cy_arrow_text(const struct cy_arrow_texts *texts, size_t row)
{
    return cy_arrow_is_null(texts, row) ? (struct cy_str){"", 0} : text_at(texts, row);
}

/* ---- checking ---- */

static enum cy_status wrong(struct cy_error *error, const char *name, const char *what)
{
    return cy_error_set(error, CY_BAD_INPUT, "the column \"%.100s\" %s", name, what);
}

static enum cy_status check_offsets(const struct cy_arrow_texts *texts, size_t row_count, const char *name, struct cy_error *error)
{
    int64_t before = 0;
    for (size_t i = 0; i <= row_count && row_count > 0; i++) {
        size_t item = texts->first + i;
        int64_t offset = texts->layout == CY_ARROW_UTF8 ? ((const int32_t *)texts->items)[item] : ((const int64_t *)texts->items)[item];
        if (offset < before)
            return cy_error_set(error, CY_BAD_INPUT,
                                "the column \"%.100s\" is damaged: offset %zu is %" PRId64 ", less than the one before", name, item,
                                offset);
        if (texts->bytes == NULL && offset > 0)
            return wrong(error, name, "has offsets, but no bytes");
        before = offset;
    }
    return CY_OK;
}

static enum cy_status check_views(const struct cy_arrow_texts *texts, const struct ArrowArray *array, size_t row_count, const char *name,
                                  struct cy_error *error)
{
    int64_t buffer_count = array->n_buffers - 3; /* validity, views, and their sizes are the others */
    const int64_t *sizes = array->buffers[array->n_buffers - 1];
    for (size_t row = 0; row < row_count; row++) {
        if (cy_arrow_is_null(texts, row))
            continue;
        struct view view = view_at(texts, texts->first + row);
        bool outside = view.size < 0;
        if (view.size > VIEW_INLINE_BYTES)
            outside = sizes == NULL || view.buffer < 0 || view.buffer >= buffer_count || view.offset < 0 ||
                      (int64_t)view.offset + view.size > sizes[view.buffer] || array->buffers[2 + view.buffer] == NULL;
        if (outside)
            return cy_error_set(error, CY_BAD_INPUT,
                                "the column \"%.100s\" is damaged: the view of row %zu is outside "
                                "of its buffers",
                                name, row);
    }
    return CY_OK;
}

static enum cy_status check_lengths(const struct ArrowArray *array, const char *name, struct cy_error *error)
{
    if (array->release == NULL)
        return wrong(error, name, "was released before");
    if (array->length < 0 || array->offset < 0 || array->length > row_count_max || array->offset > row_count_max)
        return cy_error_set(error, CY_BAD_INPUT, "the column \"%.100s\" has the length %" PRId64 " and the offset %" PRId64, name,
                            array->length, array->offset);
    if (array->n_buffers < 0 || (array->n_buffers > 0 && array->buffers == NULL) || array->n_children < 0 ||
        (array->n_children > 0 && array->children == NULL))
        return wrong(error, name, "is damaged: its buffers or children are missing");
    return CY_OK;
}

static enum cy_arrow_layout layout_of(const char *format)
{
    static const struct {
        const char *format;
        enum cy_arrow_layout layout;
    } layouts[] = {{"u", CY_ARROW_UTF8}, {"U", CY_ARROW_LARGE_UTF8}, {"vu", CY_ARROW_UTF8_VIEW}};
    for (size_t i = 0; i < CY_COUNT(layouts); i++)
        if (strcmp(format, layouts[i].format) == 0)
            return layouts[i].layout;
    return CY_ARROW_ABSENT;
}

/* Checks one column and fills *texts. item_first: where the batch's rows begin in it. */
static enum cy_status open_texts(struct cy_arrow_texts *texts, const struct ArrowSchema *schema, const struct ArrowArray *array,
                                 size_t item_first, size_t row_count, struct cy_error *error)
{
    const char *name = schema->name != NULL ? schema->name : "", *format = schema->format;
    enum cy_status status = check_lengths(array, name, error);
    if (status != CY_OK)
        return status;
    if (schema->dictionary != NULL || array->dictionary != NULL) {
        wrong(error, name, "is encoded by a dictionary, which is not taken");
        return cy_error_hint(error, "cast it to utf8");
    }
    if ((size_t)array->length < item_first + row_count)
        return wrong(error, name, "is shorter than the batch");
    if (strcmp(format, "n") == 0)
        return CY_OK; /* nothing but NULL */
    *texts = (struct cy_arrow_texts){.layout = layout_of(format), .first = (size_t)array->offset + item_first};
    if (texts->layout == CY_ARROW_ABSENT) {
        cy_error_set(error, CY_BAD_INPUT,
                     "the column \"%.100s\" has Arrow's format \"%.40s\"; utf8, large_utf8 and "
                     "utf8_view are taken",
                     name, format);
        return cy_error_hint(error, "cast it to utf8");
    }
    bool is_view = texts->layout == CY_ARROW_UTF8_VIEW;
    if (is_view ? array->n_buffers < 3 : array->n_buffers != 3)
        return cy_error_set(error, CY_BAD_INPUT, "the column \"%.100s\" has %" PRId64 " buffers, its type has %s3", name, array->n_buffers,
                            is_view ? "at least " : "");
    texts->validity = array->null_count == 0 ? NULL : array->buffers[0];
    texts->items = array->buffers[1];
    texts->bytes = array->buffers[2];
    texts->view_buffers = array->buffers + 2;
    if (array->null_count > 0 && texts->validity == NULL)
        return wrong(error, name, "counts NULLs, but does not say which");
    if (texts->items == NULL && row_count > 0)
        return wrong(error, name, "has rows, but no offsets");
    return is_view ? check_views(texts, array, row_count, name, error) : check_offsets(texts, row_count, name, error);
}

enum cy_status cy_arrow_open_texts(struct cy_arrow_texts *texts, size_t *row_count, const struct ArrowSchema *schema,
                                   const struct ArrowArray *array, struct cy_error *error)
{
    *texts = (struct cy_arrow_texts){0};
    *row_count = 0;
    if (schema->release == NULL || array->release == NULL)
        return cy_error_set(error, CY_BAD_INPUT, "the array was released before");
    if (schema->format == NULL || array->length < 0)
        return cy_error_set(error, CY_BAD_INPUT, "the array has no format, or a length below 0");
    enum cy_status status = open_texts(texts, schema, array, 0, (size_t)array->length, error);
    if (status == CY_OK)
        *row_count = (size_t)array->length;
    return status;
}

/* What names and describes a document must be UTF-8; a text that is not is a row's own fault, and its verdict. */
static enum cy_status check_utf8(const struct cy_arrow_input *input, struct cy_error *error)
{
    for (size_t field = CY_ARROW_TEXT + 1; field < CY_ARROW_FIELDS; field++) {
        const struct cy_arrow_texts *texts = &input->fields[field];
        for (size_t row = 0; texts->layout != CY_ARROW_ABSENT && row < input->row_count; row++) {
            struct cy_str text = cy_arrow_text(texts, row);
            size_t valid = cy_utf8_valid_bytes(text);
            if (valid < text.size)
                return cy_error_set(error, CY_BAD_INPUT, "the column \"%s\" is not UTF-8 in row %zu, at byte %zu", field_names[field], row,
                                    valid);
        }
    }
    return CY_OK;
}

static enum cy_status check_batch(const struct ArrowSchema *schema, const struct ArrowArray *array, struct cy_error *error)
{
    if (schema->release == NULL || array->release == NULL)
        return cy_error_set(error, CY_BAD_INPUT, "the record batch was released before");
    if (schema->format == NULL || strcmp(schema->format, "+s") != 0) {
        cy_error_set(error, CY_BAD_INPUT, "a record batch is a struct of columns, Arrow's format \"+s\"; found \"%.40s\"",
                     schema->format != NULL ? schema->format : "");
        return cy_error_hint(error, "give a batch with a column \"text\", not a column alone");
    }
    enum cy_status status = check_lengths(array, "", error);
    if (status != CY_OK)
        return status;
    if (schema->n_children != array->n_children || (schema->n_children > 0 && schema->children == NULL))
        return cy_error_set(error, CY_BAD_INPUT, "the record batch has %" PRId64 " columns, its schema %" PRId64, array->n_children,
                            schema->n_children);
    if (array->n_buffers != 1)
        return cy_error_set(error, CY_BAD_INPUT, "the record batch has %" PRId64 " buffers of its own, a struct has 1", array->n_buffers);
    const uint8_t *validity = array->null_count == 0 ? NULL : array->buffers[0];
    for (int64_t i = array->offset; validity != NULL && i < array->offset + array->length; i++)
        if (!(validity[i / 8] >> (i % 8) & 1))
            return cy_error_set(error, CY_BAD_INPUT, "row %" PRId64 " of the record batch is NULL as a whole", i - array->offset);
    return CY_OK;
}

/* Which field the column is; CY_ARROW_FIELDS: none that is asked for. */
static size_t field_of(const struct ArrowSchema *schema)
{
    size_t field = 0;
    while (field < CY_ARROW_FIELDS && (schema->name == NULL || strcmp(schema->name, field_names[field]) != 0))
        field++;
    return field;
}

enum cy_status cy_arrow_open(struct cy_arrow_input *input, const struct ArrowSchema *schema, const struct ArrowArray *array,
                             struct cy_error *error)
{
    bool seen[CY_ARROW_FIELDS] = {false};
    *input = (struct cy_arrow_input){0};
    enum cy_status status = check_batch(schema, array, error);
    if (status != CY_OK)
        return status;
    input->row_count = (size_t)array->length;
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *column = schema->children[i];
        if (column == NULL || array->children[i] == NULL || column->format == NULL)
            return cy_error_set(error, CY_BAD_INPUT, "column %" PRId64 " of the record batch is missing", i);
        size_t field = field_of(column);
        if (field == CY_ARROW_FIELDS)
            continue;
        if (seen[field])
            return wrong(error, field_names[field], "stands twice");
        seen[field] = true;
        status = open_texts(&input->fields[field], column, array->children[i], (size_t)array->offset, input->row_count, error);
        if (status != CY_OK)
            return status;
    }
    if (!seen[CY_ARROW_TEXT]) {
        cy_error_set(error, CY_BAD_INPUT, "the record batch has no column \"text\"");
        return cy_error_hint(error, "name the column that holds the documents' texts so");
    }
    return check_utf8(input, error);
}

/* ---- rows ---- */

static void take_row(const struct cy_arrow_input *input, size_t number, struct cy_batch *batch)
{
    const struct cy_arrow_texts *fields = input->fields;
    struct cy_arena *arena = batch->arena;
    size_t row = cy_batch_append(batch);
    struct cy_str text = cy_arrow_text(&fields[CY_ARROW_TEXT], number), id = cy_arrow_text(&fields[CY_ARROW_ID], number);
    batch->origins[row] = (struct cy_origin){.ordinal = number, .place.record = number};
    batch->ids[row] = id.size > 0 ? cy_arena_str(arena, id) : cy_str(cy_arena_printf(arena, "#%zu", number));
    batch->urls[row] = cy_arena_str(arena, cy_arrow_text(&fields[CY_ARROW_URL], number));
    batch->media_types[row] = cy_arena_str(arena, cy_arrow_text(&fields[CY_ARROW_MEDIA_TYPE], number));
    batch->languages[row] = cy_arena_str(arena, cy_arrow_text(&fields[CY_ARROW_LANGUAGE], number));
    batch->metadata[row] = cy_arena_str(arena, cy_arrow_text(&fields[CY_ARROW_METADATA], number));
    batch->read_bytes[row] = text.size;
    if (cy_arrow_is_null(&fields[CY_ARROW_TEXT], number)) {
        cy_batch_unreadable(batch, row, "no_text_field");
    } else if (text.size > TEXT_BYTES_MAX) {
        cy_batch_unreadable(batch, row, "too_large");
    } else {
        size_t valid = cy_utf8_valid_bytes(text);
        if (valid < text.size)
            cy_batch_unreadable_at(batch, row, "encoding: invalid UTF-8", (double)valid);
        else
            batch->texts[row] = text;
    }
    batch->text_bytes += batch->texts[row].size;
}

size_t cy_arrow_take(const struct cy_arrow_input *input, size_t first, size_t row_max, size_t byte_max, struct cy_batch *batch)
{
    size_t count = 0;
    for (; count < row_max && first + count < input->row_count && (count == 0 || batch->text_bytes < byte_max); count++)
        take_row(input, first + count, batch);
    return count;
}
