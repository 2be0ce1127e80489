/* The rows of a chunk, as the dataset shows them: what each field of a document or a verdict is. Parquet, JSONL, the ledger and the report
 * all ask here, so that they cannot differ. */
#ifndef CY_DATASET_ROWS_H
#define CY_DATASET_ROWS_H

#include "dataset/dataset.h"

struct cy_row {
    const struct cy_batch *batch;
    size_t row;
};
struct cy_rows {
    struct cy_row *items; /* in order of origins.ordinal */
    size_t count;
};

/* Makes every string that will be written valid UTF-8 (bytes that are not become U+FFFD; replaced in the batch, in its arena) and gives
 * rows without an id theirs: "<file>#<record>". Texts of rows that are gone are left
 * alone: cy_row_excerpt cleans what is shown of them. */
void cy_rows_clean(const struct cy_schema *schema, struct cy_batch *batch);

/* Whether a kept row goes to the validation split: by the hash of its id alone. */
bool cy_row_is_validation(const struct cy_dataset_options *options, const struct cy_batch *batch, size_t row);

/* What may be shown of the text of a row that is gone: the masked match where the step hides the text; nothing of what was unreadable or
 * skipped, which is not text; else the first size_max bytes, cut at a code point, as valid UTF-8 (in the batch's arena where it had to be
 * cleaned). Empty when options->removed_text is CY_TEXT_NONE. */
struct cy_str cy_row_excerpt(const struct cy_dataset_options *options, const struct cy_batch *batch, size_t row, size_t size_max);

/* "kept", "removed", "unreadable", "skipped" */
const char *cy_fate_name(enum cy_fate fate);

#endif
