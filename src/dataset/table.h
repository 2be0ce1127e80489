/* The two tables of a dataset, documents and verdicts: which columns they have, and how rows become a row group.
 *
 *     documents: id text url source offset offset_within party license language metadata [tokens{…}] [signals{step{…}…}]
 *     verdicts:  id url source offset offset_within party license language bytes [tokens{…}] what step operator rule measured threshold
 *                duplicate_of similarity [signals{step{…}…}] text                                                                      */
#ifndef CY_DATASET_TABLE_H
#define CY_DATASET_TABLE_H

#include "dataset/parquet_file.h"
#include "dataset/rows.h"

enum cy_field {
    CY_FIELD_ID,
    CY_FIELD_TEXT,
    CY_FIELD_URL,
    CY_FIELD_SOURCE,
    CY_FIELD_OFFSET,
    CY_FIELD_WITHIN,
    CY_FIELD_PARTY,
    CY_FIELD_LICENSE,
    CY_FIELD_LANGUAGE,
    CY_FIELD_METADATA,
    CY_FIELD_BYTES,
    CY_FIELD_WHAT,
    CY_FIELD_STEP,
    CY_FIELD_OPERATOR,
    CY_FIELD_RULE,
    CY_FIELD_MEASURED,
    CY_FIELD_THRESHOLD,
    CY_FIELD_DUPLICATE_OF,
    CY_FIELD_SIMILARITY,
    CY_FIELD_GONE_TEXT,
    CY_FIELD_TOKENS,
    CY_FIELD_SIGNAL,
};

struct cy_table {
    struct cy_parquet_schema parquet;
    struct cy_table_column { /* one a leaf of the schema */
        enum cy_field field;
        size_t index;        /* which vocabulary, or which of the batch's signal columns */
        size_t signal_first; /* of the signal's step, and how many it has */
        size_t signal_count;
    } * columns;
    const struct cy_schema *schema;
    const struct cy_dataset_options *options;
};

/* The tables' parts are owned by arena; schema and options are borrowed. */
void cy_table_init_documents(struct cy_table *table, const struct cy_schema *schema, const struct cy_dataset_options *options,
                             struct cy_arena *arena);
void cy_table_init_verdicts(struct cy_table *table, const struct cy_schema *schema, const struct cy_dataset_options *options,
                            struct cy_arena *arena);

/* A field of a row. Empty strings stand for NULL where the column can be NULL; NaN and -1 do so for numbers and tokens. */
struct cy_str cy_field_text(const struct cy_table *table, enum cy_field field, const struct cy_row *row);
int64_t cy_field_integer(const struct cy_table_column *column, const struct cy_row *row);
double cy_field_number(const struct cy_table_column *column, const struct cy_row *row);
/* Whether any signal of the column's step was measured on the row: else the step's whole struct is NULL. */
bool cy_row_reached(const struct cy_table_column *column, const struct cy_row *row);

/* Encodes the rows as one row group. Thread-safe for encoders of their own. */
void cy_table_encode(const struct cy_table *table, const struct cy_rows *rows, struct cy_parquet_encoder *encoder,
                     struct cy_parquet_group *group);

#endif
