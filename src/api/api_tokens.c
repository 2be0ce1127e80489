/* Tokens of a column of texts in the public API: the contracts stand in include/ciyuan.h. */
#include "api/api_error.h"

#include "document/arrow.h"

#include <stdlib.h>

/* A column opened, its texts as the plain functions take them. */
struct column {
    struct cy_arrow_texts texts;
    struct ciyuan_text *items; /* [row]; a NULL is an empty text, whose ids are none, or the affixes */
    size_t row_count;
};

static int32_t column_open(struct column *column, const struct ArrowSchema *schema, const struct ArrowArray *array,
                           struct ciyuan_error *error)
{
    struct cy_error inner;
    *column = (struct column){0};
    enum cy_status status = cy_arrow_open_texts(&column->texts, &column->row_count, schema, array, &inner);
    if (status != CY_OK)
        return cy_api_error(error, status, &inner);
    column->items = cy_alloc(CY_MAX(column->row_count, (size_t)1) * sizeof *column->items);
    for (size_t row = 0; row < column->row_count; row++) {
        struct cy_str text = cy_arrow_text(&column->texts, row);
        column->items[row] = (struct ciyuan_text){text.data, text.size};
    }
    return CIYUAN_OK;
}

int32_t ciyuan_tokenizer_encode_arrow(struct ciyuan_tokenizer *tokenizer, const struct ArrowSchema *schema, const struct ArrowArray *texts,
                                      const struct ciyuan_encoding *encoding, struct ArrowSchema *out_schema, struct ArrowArray *out,
                                      struct ciyuan_error *error)
{
    struct column column;
    struct ciyuan_ids ids = {0};
    int32_t status = column_open(&column, schema, texts, error);
    if (status == CIYUAN_OK)
        status = ciyuan_tokenizer_encode(tokenizer, column.items, column.row_count, encoding, &ids, error);
    if (status == CIYUAN_OK) {
        int64_t *offsets = cy_alloc((column.row_count + 1) * sizeof *offsets);
        offsets[0] = 0;
        for (size_t row = 0; row < column.row_count; row++)
            offsets[row + 1] = (int64_t)ids.ends[row];
        cy_arrow_lists(&column.texts, column.row_count, offsets, ids.items, out_schema, out);
        ids.items = NULL; /* it is the answer's now */
    }
    ciyuan_ids_release(&ids);
    free(column.items);
    return status;
}

int32_t ciyuan_tokenizer_count_arrow(struct ciyuan_tokenizer *tokenizer, const struct ArrowSchema *schema, const struct ArrowArray *texts,
                                     const struct ciyuan_encoding *encoding, struct ArrowSchema *out_schema, struct ArrowArray *out,
                                     struct ciyuan_error *error)
{
    struct column column;
    int32_t status = column_open(&column, schema, texts, error);
    int64_t *counts = cy_alloc_zero(column.row_count + 1, sizeof *counts);
    if (status == CIYUAN_OK)
        status = ciyuan_tokenizer_count(tokenizer, column.items, column.row_count, encoding, (uint64_t *)(void *)counts, error);
    if (status == CIYUAN_OK)
        cy_arrow_counts(&column.texts, column.row_count, counts, out_schema, out);
    else
        free(counts);
    free(column.items);
    return status;
}
