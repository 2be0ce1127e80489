#include "dataset/table.h"

#include "dataset/counts.h"

#include <math.h>
#include <stdlib.h>

/* ---- columns ---- */

/* The fields that are no structs; the order is the files'. */
struct plain_field {
    const char *name;
    enum cy_field field;
    enum cy_parquet_type type;
    bool optional, dictionary, bounds;
};

static const struct plain_field document_fields[] = {
    {"id", CY_FIELD_ID, CY_PARQUET_STRING, .bounds = true},
    {"text", CY_FIELD_TEXT, CY_PARQUET_STRING},
    {"url", CY_FIELD_URL, CY_PARQUET_STRING, .optional = true, .bounds = true},
    {"source", CY_FIELD_SOURCE, CY_PARQUET_STRING, .dictionary = true, .bounds = true},
    {"offset", CY_FIELD_OFFSET, CY_PARQUET_INTEGER, .bounds = true},
    {"offset_within", CY_FIELD_WITHIN, CY_PARQUET_INTEGER, .bounds = true},
    {"party", CY_FIELD_PARTY, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"license", CY_FIELD_LICENSE, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"language", CY_FIELD_LANGUAGE, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"metadata", CY_FIELD_METADATA, CY_PARQUET_STRING, .optional = true, .dictionary = true},
};

static const struct plain_field verdict_fields[] = {
    {"id", CY_FIELD_ID, CY_PARQUET_STRING, .bounds = true},
    {"url", CY_FIELD_URL, CY_PARQUET_STRING, .optional = true, .bounds = true},
    {"source", CY_FIELD_SOURCE, CY_PARQUET_STRING, .dictionary = true, .bounds = true},
    {"offset", CY_FIELD_OFFSET, CY_PARQUET_INTEGER, .bounds = true},
    {"offset_within", CY_FIELD_WITHIN, CY_PARQUET_INTEGER, .bounds = true},
    {"party", CY_FIELD_PARTY, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"license", CY_FIELD_LICENSE, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"language", CY_FIELD_LANGUAGE, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"bytes", CY_FIELD_BYTES, CY_PARQUET_INTEGER, .bounds = true},
};
static const struct plain_field decision_fields[] = {
    {"what", CY_FIELD_WHAT, CY_PARQUET_STRING, .dictionary = true, .bounds = true},
    {"step", CY_FIELD_STEP, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"operator", CY_FIELD_OPERATOR, CY_PARQUET_STRING, .optional = true, .dictionary = true, .bounds = true},
    {"rule", CY_FIELD_RULE, CY_PARQUET_STRING, .dictionary = true, .bounds = true},
    {"measured", CY_FIELD_MEASURED, CY_PARQUET_NUMBER, .optional = true, .bounds = true},
    {"threshold", CY_FIELD_THRESHOLD, CY_PARQUET_NUMBER, .optional = true, .bounds = true},
    {"duplicate_of", CY_FIELD_DUPLICATE_OF, CY_PARQUET_STRING, .optional = true, .bounds = true},
    {"similarity", CY_FIELD_SIMILARITY, CY_PARQUET_NUMBER, .optional = true, .bounds = true},
};
static const struct plain_field gone_text_field[] = {{"text", CY_FIELD_GONE_TEXT, CY_PARQUET_STRING, .optional = true}};

/* The lists under construction; their memory is in the arena once the table is done. */
struct columns {
    struct cy_buffer parquet; /* struct cy_parquet_column */
    struct cy_buffer fields;  /* struct cy_table_column */
};

static void add_column(struct columns *columns, struct cy_parquet_column parquet, struct cy_table_column field)
{
    cy_buffer_add(&columns->parquet, &parquet, sizeof parquet);
    cy_buffer_add(&columns->fields, &field, sizeof field);
}

static void add_plain_fields(struct columns *columns, const struct plain_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_column(columns,
                   (struct cy_parquet_column){.path = {fields[i].name},
                                              .depth = 1,
                                              .optional = {fields[i].optional},
                                              .type = fields[i].type,
                                              .dictionary = fields[i].dictionary,
                                              .bounds = fields[i].bounds},
                   (struct cy_table_column){.field = fields[i].field});
}

static void add_tokens(struct columns *columns, const struct cy_schema *schema)
{
    for (size_t i = 0; i < schema->vocabulary_count; i++)
        add_column(columns,
                   (struct cy_parquet_column){.path = {"tokens", schema->vocabularies[i]},
                                              .depth = 2,
                                              .optional = {false, true},
                                              .type = CY_PARQUET_INTEGER,
                                              .bounds = true},
                   (struct cy_table_column){.field = CY_FIELD_TOKENS, .index = i});
}

static size_t count_signals(const struct cy_signal *signals)
{
    size_t count = 0;
    while (signals != NULL && signals[count].name != NULL)
        count++;
    return count;
}

static void add_signals(struct columns *columns, const struct cy_schema *schema)
{
    for (size_t i = 0; i < schema->step_count; i++) {
        const struct cy_schema_step *step = &schema->steps[i];
        size_t count = count_signals(step->operator->signals);
        for (size_t k = 0; k < count; k++)
            add_column(columns,
                       (struct cy_parquet_column){.path = {"signals", step->name, step->operator->signals[k].name},
                                                  .depth = 3,
                                                  .optional = {false, true, true},
                                                  .type = CY_PARQUET_NUMBER,
                                                  .bounds = true},
                       (struct cy_table_column){.field = CY_FIELD_SIGNAL,
                                                .index = step->signal_first + k,
                                                .signal_first = step->signal_first,
                                                .signal_count = count});
    }
}

static void finish_columns(struct cy_table *table, struct columns *columns, struct cy_arena *arena)
{
    struct cy_parquet_column *parquet = cy_arena_alloc(arena, columns->parquet.size);
    memcpy(parquet, columns->parquet.data, columns->parquet.size);
    table->parquet = (struct cy_parquet_schema){parquet, columns->parquet.size / sizeof *parquet};
    table->columns = cy_arena_alloc(arena, columns->fields.size);
    memcpy(table->columns, columns->fields.data, columns->fields.size);
    cy_buffer_release(&columns->parquet);
    cy_buffer_release(&columns->fields);
}

void cy_table_init_documents(struct cy_table *table, const struct cy_schema *schema, const struct cy_dataset_options *options,
                             struct cy_arena *arena)
{
    *table = (struct cy_table){.schema = schema, .options = options};
    struct columns columns = {0};
    add_plain_fields(&columns, document_fields, CY_COUNT(document_fields));
    add_tokens(&columns, schema);
    add_signals(&columns, schema);
    finish_columns(table, &columns, arena);
}

void cy_table_init_verdicts(struct cy_table *table, const struct cy_schema *schema, const struct cy_dataset_options *options,
                            struct cy_arena *arena)
{
    *table = (struct cy_table){.schema = schema, .options = options};
    struct columns columns = {0};
    add_plain_fields(&columns, verdict_fields, CY_COUNT(verdict_fields));
    add_tokens(&columns, schema);
    add_plain_fields(&columns, decision_fields, CY_COUNT(decision_fields));
    add_signals(&columns, schema);
    add_plain_fields(&columns, gone_text_field, CY_COUNT(gone_text_field));
    finish_columns(table, &columns, arena);
}

/* ---- fields ---- */

struct cy_str cy_field_text(const struct cy_table *table, enum cy_field field, const struct cy_row *row)
{
    const struct cy_schema *schema = table->schema;
    const struct cy_batch *batch = row->batch;
    const struct cy_verdict *verdict = &batch->verdicts[row->row];
    const struct cy_schema_file *file = &schema->files[batch->origins[row->row].file];
    switch (field) {
    case CY_FIELD_ID:
        return batch->ids[row->row];
    case CY_FIELD_TEXT:
        return batch->texts[row->row];
    case CY_FIELD_URL:
        return batch->urls[row->row];
    case CY_FIELD_SOURCE:
        return cy_str(file->name);
    case CY_FIELD_PARTY:
        return cy_str(schema->sources[file->source].party);
    case CY_FIELD_LICENSE:
        return cy_str(schema->sources[file->source].license);
    case CY_FIELD_LANGUAGE:
        return batch->languages[row->row];
    case CY_FIELD_METADATA:
        return batch->metadata[row->row];
    case CY_FIELD_WHAT:
        return cy_str(cy_fate_name(verdict->what));
    case CY_FIELD_STEP:
        return verdict->step == CY_STEP_READ ? CY_STR("") : cy_str(schema->steps[verdict->step].name);
    case CY_FIELD_OPERATOR:
        return verdict->step == CY_STEP_READ ? CY_STR("") : cy_str(schema->steps[verdict->step].operator->name);
    case CY_FIELD_RULE:
        return verdict->rule;
    case CY_FIELD_DUPLICATE_OF:
        return verdict->duplicate_of;
    case CY_FIELD_GONE_TEXT:
        return cy_row_excerpt(table->options, batch, row->row, table->options->removed_text == CY_TEXT_FULL ? SIZE_MAX : CY_EXCERPT_BYTES);
    default:
        CY_ASSERT(!"a field that is text");
        return CY_STR("");
    }
}

int64_t cy_field_integer(const struct cy_table_column *column, const struct cy_row *row)
{
    const struct cy_batch *batch = row->batch;
    switch (column->field) {
    case CY_FIELD_OFFSET:
        return (int64_t)batch->origins[row->row].place.offset;
    case CY_FIELD_WITHIN:
        return (int64_t)batch->origins[row->row].place.within;
    case CY_FIELD_BYTES:
        return (int64_t)batch->read_bytes[row->row];
    case CY_FIELD_TOKENS:
        return batch->tokens[column->index][row->row];
    default:
        CY_ASSERT(!"a field that is an integer");
        return 0;
    }
}

double cy_field_number(const struct cy_table_column *column, const struct cy_row *row)
{
    const struct cy_verdict *verdict = &row->batch->verdicts[row->row];
    switch (column->field) {
    case CY_FIELD_MEASURED:
        return verdict->measured;
    case CY_FIELD_THRESHOLD:
        return verdict->threshold;
    case CY_FIELD_SIMILARITY:
        return verdict->similarity;
    case CY_FIELD_SIGNAL:
        return row->batch->signals[column->index][row->row];
    default:
        CY_ASSERT(!"a field that is a number");
        return NAN;
    }
}

bool cy_row_reached(const struct cy_table_column *column, const struct cy_row *row)
{
    for (size_t i = 0; i < column->signal_count; i++)
        if (!isnan(row->batch->signals[column->signal_first + i][row->row]))
            return true;
    return false;
}

/* ---- row groups ---- */

/* One column of all rows, as the encoder wants it; reused from column to column. */
struct gathered {
    struct cy_str *strings;
    int64_t *integers;
    double *numbers;
    uint8_t *levels;
};

static void gather(const struct cy_table *table, size_t index, const struct cy_rows *rows, struct gathered *out)
{
    const struct cy_parquet_column *parquet = &table->parquet.columns[index];
    const struct cy_table_column *column = &table->columns[index];
    for (size_t i = 0; i < rows->count; i++) {
        const struct cy_row *row = &rows->items[i];
        switch (parquet->type) {
        case CY_PARQUET_STRING:
            out->strings[i] = cy_field_text(table, column->field, row);
            out->levels[i] = out->strings[i].size > 0;
            break;
        case CY_PARQUET_INTEGER:
            out->integers[i] = cy_field_integer(column, row);
            out->levels[i] = out->integers[i] >= 0;
            break;
        case CY_PARQUET_NUMBER:
            out->numbers[i] = cy_field_number(column, row);
            out->levels[i] = !isnan(out->numbers[i]);
            if (column->field == CY_FIELD_SIGNAL) /* the step's struct can be NULL, too */
                out->levels[i] = out->levels[i] ? 2 : cy_row_reached(column, row);
            break;
        case CY_PARQUET_LIST: /* no table has one */
            break;
        }
    }
}

void cy_table_encode(const struct cy_table *table, const struct cy_rows *rows, struct cy_parquet_encoder *encoder,
                     struct cy_parquet_group *group)
{
    struct gathered gathered = {.strings = cy_alloc(rows->count * sizeof(struct cy_str)),
                                .integers = cy_alloc(rows->count * sizeof(int64_t)),
                                .numbers = cy_alloc(rows->count * sizeof(double)),
                                .levels = cy_alloc(rows->count)};
    cy_parquet_group_init(group, table->parquet.column_count, rows->count);
    for (size_t i = 0; i < table->parquet.column_count; i++) {
        const struct cy_parquet_column *column = &table->parquet.columns[i];
        gather(table, i, rows, &gathered);
        cy_parquet_group_add(group, encoder, column,
                             &(struct cy_parquet_values){.strings = gathered.strings,
                                                         .integers = gathered.integers,
                                                         .numbers = gathered.numbers,
                                                         .levels = cy_parquet_level_max(column) > 0 ? gathered.levels : NULL});
    }
    free(gathered.strings);
    free(gathered.integers);
    free(gathered.numbers);
    free(gathered.levels);
}
