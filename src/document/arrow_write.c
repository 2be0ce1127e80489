#include "document/arrow.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* A column on its way: buffers as Arrow has them, and children for a struct. */
struct column {
    const char *format; /* "u", "b", "l", "g", "I", "+s", "+L" */
    const char *name;   /* borrowed */
    bool nullable;
    bool overflows; /* more bytes than offsets of 32 bits can say */
    int64_t length, null_count;
    struct cy_buffer validity; /* a bit an item, from the lowest */
    struct cy_buffer values;   /* offsets, bits or numbers */
    struct cy_buffer bytes;    /* of texts */
    struct column *children;
    size_t child_count;
};

enum field { ID, TEXT, URL, LANGUAGE, METADATA, KEPT, VERDICT, FIXED_FIELDS };
enum verdict_field { WHAT, STEP, RULE, MEASURED, THRESHOLD, VERDICT_FIELDS };

struct cy_arrow_output {
    struct cy_arena arena; /* names of columns */
    struct cy_arrow_names names;
    struct column batch;
    struct column **signals; /* [signal]: its column */
    struct column *tokens;   /* [vocabulary]; NULL: none */
    struct column *token_struct, *signal_struct;
};

/* ---- columns ---- */

static void column_init(struct column *column, const char *format, const char *name, bool nullable)
{
    *column = (struct column){.format = format, .name = name, .nullable = nullable};
    if (format[0] == 'u')
        cy_buffer_add(&column->values, &(int32_t){0}, sizeof(int32_t));
}

static struct column *children_new(struct column *parent, size_t count)
{
    parent->children = cy_alloc_zero(count, sizeof *parent->children);
    parent->child_count = count;
    return parent->children;
}

static void column_release(struct column *column)
{
    for (size_t i = 0; i < column->child_count; i++)
        column_release(&column->children[i]);
    free(column->children);
    cy_buffer_release(&column->validity);
    cy_buffer_release(&column->values);
    cy_buffer_release(&column->bytes);
}

static void add_bit(struct cy_buffer *bits, int64_t index, bool bit)
{
    if (index % 8 == 0)
        cy_buffer_add_byte(bits, 0);
    bits->data[index / 8] = (char)((uint8_t)bits->data[index / 8] | (unsigned)bit << (index % 8));
}

/* Counts an item, which is there or NULL. */
static void add_item(struct column *column, bool is_there)
{
    add_bit(&column->validity, column->length++, is_there);
    column->null_count += !is_there;
}

static void add_text(struct column *column, struct cy_str text, bool is_there)
{
    column->overflows |= is_there && text.size > INT32_MAX - column->bytes.size;
    if (is_there && !column->overflows)
        cy_buffer_add_str(&column->bytes, text);
    cy_buffer_add(&column->values, &(int32_t){(int32_t)column->bytes.size}, sizeof(int32_t));
    add_item(column, is_there);
}

static void add_double(struct column *column, double number, bool is_there)
{
    cy_buffer_add(&column->values, &(double){is_there ? number : 0}, sizeof number);
    add_item(column, is_there);
}

static void add_count(struct column *column, int64_t count)
{
    cy_buffer_add(&column->values, &(int64_t){CY_MAX(count, 0)}, sizeof count);
    add_item(column, count >= 0);
}

static void add_bool(struct column *column, bool value)
{
    add_bit(&column->values, column->length, value);
    add_item(column, true);
}

/* ---- the schema ---- */

/* The front of "gopher_quality.words". */
static struct cy_str step_of(const char *signal)
{
    struct cy_str rest;
    return cy_str_split(cy_str(signal), '.', &rest);
}

static void signals_init(struct cy_arrow_output *output, struct column *column)
{
    const struct cy_arrow_names *names = &output->names;
    size_t step_count = 0, step = 0;
    for (size_t i = 0; i < names->signal_count; i++)
        step_count += i == 0 || !cy_str_equal(step_of(names->signal_names[i]), step_of(names->signal_names[i - 1]));
    struct column *steps = children_new(column, step_count);
    output->signals = cy_arena_alloc(&output->arena, names->signal_count * sizeof(struct column *));
    output->signal_struct = column;
    for (size_t first = 0, end; first < names->signal_count; first = end, step++) {
        struct cy_str name = step_of(names->signal_names[first]);
        for (end = first + 1; end < names->signal_count && cy_str_equal(step_of(names->signal_names[end]), name);)
            end++;
        column_init(&steps[step], "+s", cy_arena_str(&output->arena, name).data, false);
        struct column *signals = children_new(&steps[step], end - first);
        for (size_t i = first; i < end; i++) {
            column_init(&signals[i - first], "g", names->signal_names[i] + name.size + 1, true);
            output->signals[i] = &signals[i - first];
        }
    }
}

struct cy_arrow_output *cy_arrow_output_new(const struct cy_arrow_names *names)
{
    struct cy_arrow_output *output = cy_alloc_zero(1, sizeof *output);
    output->names = *names;
    column_init(&output->batch, "+s", "", false);
    struct column *fields = children_new(&output->batch, FIXED_FIELDS + (names->token_count > 0) + (names->signal_count > 0));
    column_init(&fields[ID], "u", "id", true);
    column_init(&fields[TEXT], "u", "text", false);
    column_init(&fields[URL], "u", "url", true);
    column_init(&fields[LANGUAGE], "u", "language", true);
    column_init(&fields[METADATA], "u", "metadata", true);
    column_init(&fields[KEPT], "b", "kept", false);
    column_init(&fields[VERDICT], "+s", "verdict", true);
    struct column *verdict = children_new(&fields[VERDICT], VERDICT_FIELDS);
    column_init(&verdict[WHAT], "u", "what", true);
    column_init(&verdict[STEP], "u", "step", true);
    column_init(&verdict[RULE], "u", "rule", true);
    column_init(&verdict[MEASURED], "g", "measured", true);
    column_init(&verdict[THRESHOLD], "g", "threshold", true);
    struct column *next = &fields[FIXED_FIELDS];
    if (names->token_count > 0) {
        column_init(next, "+s", "tokens", false);
        output->token_struct = next;
        output->tokens = children_new(next++, names->token_count);
        for (size_t i = 0; i < names->token_count; i++)
            column_init(&output->tokens[i], "l", names->vocabularies[i], true);
    }
    if (names->signal_count > 0) {
        column_init(next, "+s", "signals", false);
        signals_init(output, next);
    }
    return output;
}

void cy_arrow_output_free(struct cy_arrow_output *output)
{
    if (output == NULL)
        return;
    column_release(&output->batch);
    cy_arena_release(&output->arena);
    free(output);
}

/* ---- rows ---- */

static void add_verdict(struct cy_arrow_output *output, struct column *column, const struct cy_verdict *verdict)
{
    static const char *const fates[] = {
        [CY_KEPT] = "kept", [CY_REMOVED] = "removed", [CY_UNREADABLE] = "unreadable", [CY_SKIPPED] = "skipped"};
    bool gone = verdict->what != CY_KEPT;
    const char *step = !gone || verdict->step == CY_STEP_READ ? "read" : output->names.step_names[verdict->step];
    add_text(&column->children[WHAT], cy_str(fates[verdict->what]), gone);
    add_text(&column->children[STEP], cy_str(step), gone);
    add_text(&column->children[RULE], verdict->rule, gone);
    add_double(&column->children[MEASURED], verdict->measured, gone && !isnan(verdict->measured));
    add_double(&column->children[THRESHOLD], verdict->threshold, gone && !isnan(verdict->threshold));
    add_item(column, gone);
}

static void add_row(struct cy_arrow_output *output, const struct cy_arrow_input *input, const struct cy_batch *batch, size_t row)
{
    struct column *fields = output->batch.children;
    const struct cy_verdict *verdict = &batch->verdicts[row];
    bool has_id = !cy_arrow_is_null(&input->fields[CY_ARROW_ID], batch->origins[row].ordinal);
    add_text(&fields[ID], batch->ids[row], has_id);
    add_text(&fields[TEXT], verdict->excerpt.size > 0 ? verdict->excerpt : batch->texts[row], true);
    add_text(&fields[URL], batch->urls[row], batch->urls[row].size > 0);
    add_text(&fields[LANGUAGE], batch->languages[row], batch->languages[row].size > 0);
    add_text(&fields[METADATA], batch->metadata[row], batch->metadata[row].size > 0);
    add_bool(&fields[KEPT], verdict->what == CY_KEPT);
    add_verdict(output, &fields[VERDICT], verdict);
    for (size_t i = 0; i < output->names.token_count; i++)
        add_count(&output->tokens[i], batch->tokens[i][row]);
    for (size_t i = 0; i < output->names.signal_count; i++)
        add_double(output->signals[i], batch->signals[i][row], !isnan(batch->signals[i][row]));
    add_item(&output->batch, true);
    if (output->token_struct != NULL)
        add_item(output->token_struct, true);
    if (output->signal_struct == NULL)
        return;
    add_item(output->signal_struct, true);
    for (size_t i = 0; i < output->signal_struct->child_count; i++)
        add_item(&output->signal_struct->children[i], true);
}

void cy_arrow_output_add(struct cy_arrow_output *output, const struct cy_arrow_input *input, struct cy_batch *batch)
{
    size_t *rows = cy_arena_alloc(batch->arena, batch->total_count * sizeof *rows);
    uint64_t first = UINT64_MAX;
    for (size_t row = 0; row < batch->total_count; row++)
        first = CY_MIN(first, batch->origins[row].ordinal);
    for (size_t row = 0; row < batch->total_count; row++)
        rows[batch->origins[row].ordinal - first] = row;
    for (size_t i = 0; i < batch->total_count; i++)
        add_row(output, input, batch, rows[i]);
}

/* ---- handing over ---- */

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL) /* it may have been moved out */
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    free((char *)schema->name);
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)array->buffers[i]);
    free(array->children);
    free(array->buffers);
    array->release = NULL;
}

static void hand_over_schema(const struct column *column, struct ArrowSchema *schema)
{
    size_t name_size = strlen(column->name) + 1;
    char *name = cy_alloc(name_size);
    memcpy(name, column->name, name_size);
    *schema = (struct ArrowSchema){.format = column->format, /* static */
                                   .name = name,
                                   .flags = column->nullable ? ARROW_FLAG_NULLABLE : 0,
                                   .n_children = (int64_t)column->child_count,
                                   .release = release_schema};
    schema->children = cy_alloc_zero(CY_MAX(column->child_count, (size_t)1), sizeof *schema->children);
    for (size_t i = 0; i < column->child_count; i++) {
        schema->children[i] = cy_alloc_zero(1, sizeof **schema->children);
        hand_over_schema(&column->children[i], schema->children[i]);
    }
}

/* The buffer's memory, never NULL. */
static const void *moved(struct cy_buffer *buffer)
{
    const void *memory = buffer->data != NULL ? buffer->data : cy_alloc_zero(1, sizeof(int64_t));
    *buffer = (struct cy_buffer){0};
    return memory;
}

/* Validity; of a text offsets and bytes too, of a struct nothing more. */
static int64_t buffer_count(const char *format)
{
    if (strcmp(format, "+s") == 0)
        return 1;
    return format[0] == 'u' ? 3 : 2;
}

static void hand_over_array(struct column *column, struct ArrowArray *array)
{
    *array = (struct ArrowArray){.length = column->length,
                                 .null_count = column->null_count,
                                 .n_buffers = buffer_count(column->format),
                                 .n_children = (int64_t)column->child_count,
                                 .release = release_array};
    array->buffers = cy_alloc_zero((size_t)array->n_buffers, sizeof *array->buffers);
    array->buffers[0] = column->null_count > 0 ? moved(&column->validity) : NULL;
    if (array->n_buffers > 1)
        array->buffers[1] = moved(&column->values);
    if (array->n_buffers > 2)
        array->buffers[2] = moved(&column->bytes);
    array->children = cy_alloc_zero(CY_MAX(column->child_count, (size_t)1), sizeof *array->children);
    for (size_t i = 0; i < column->child_count; i++) {
        array->children[i] = cy_alloc_zero(1, sizeof **array->children);
        hand_over_array(&column->children[i], array->children[i]);
    }
}

enum cy_status cy_arrow_output_finish(struct cy_arrow_output *output, struct ArrowSchema *schema, struct ArrowArray *array,
                                      struct cy_error *error)
{
    for (size_t i = 0; i < output->batch.child_count; i++)
        if (output->batch.children[i].overflows) {
            cy_error_set(error, CY_BAD_RECIPE, "the column \"%s\" of the answer would have more than 2 GiB",
                         output->batch.children[i].name);
            return cy_error_hint(error, "give fewer rows at once");
        }
    hand_over_schema(&output->batch, schema);
    hand_over_array(&output->batch, array);
    return CY_OK;
}

/* ---- arrays alone ---- */

/* Memory that becomes a column's buffer as it is; NULL: empty. */
static struct cy_buffer adopted(void *memory)
{
    return (struct cy_buffer){.data = memory};
}

static void add_nulls(struct column *column, const struct cy_arrow_texts *texts, size_t row_count)
{
    for (size_t row = 0; row < row_count; row++)
        add_item(column, !cy_arrow_is_null(texts, row));
}

static void hand_over(struct column *column, struct ArrowSchema *schema, struct ArrowArray *array)
{
    hand_over_schema(column, schema);
    hand_over_array(column, array);
    column_release(column); /* what was not moved */
}

void cy_arrow_lists(const struct cy_arrow_texts *texts, size_t row_count, int64_t *offsets, uint32_t *items, struct ArrowSchema *schema,
                    struct ArrowArray *array)
{
    struct column lists;
    column_init(&lists, "+L", "", true);
    struct column *item = children_new(&lists, 1);
    column_init(item, "I", "item", false);
    item->length = offsets[row_count];
    item->values = adopted(items);
    lists.values = adopted(offsets);
    add_nulls(&lists, texts, row_count);
    hand_over(&lists, schema, array);
}

void cy_arrow_counts(const struct cy_arrow_texts *texts, size_t row_count, int64_t *counts, struct ArrowSchema *schema,
                     struct ArrowArray *array)
{
    struct column column;
    column_init(&column, "l", "", true);
    column.values = adopted(counts);
    add_nulls(&column, texts, row_count);
    hand_over(&column, schema, array);
}
