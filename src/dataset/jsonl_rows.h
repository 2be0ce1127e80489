/* Documents as JSON Lines: the fields of the Parquet files, one object a line, every field in every line (null where Parquet has NULL), so
 * that a reader finds the same types on each.
 *
 *     {"id":"a","text":"…","url":null,…,"tokens":{"o200k_base":12},"signals":{"gopher_quality":{"words":80.0,…},"c4_quality":null}}
 *
 * Numbers are the shortest that read back as the same double, always with a point or an exponent; what is not finite is null. */
#ifndef CY_DATASET_JSONL_ROWS_H
#define CY_DATASET_JSONL_ROWS_H

#include "dataset/table.h"

/* Appends the rows. */
void cy_jsonl_print(const struct cy_table *documents, const struct cy_rows *rows, struct cy_buffer *out);
/* Appends `text`, valid UTF-8, as a JSON string with its quotes. */
void cy_jsonl_add_string(struct cy_buffer *out, struct cy_str text);
/* Appends a number as described above. */
void cy_jsonl_add_number(struct cy_buffer *out, double value);

/* Makes the lines what the file holds: one gzip member (libdeflate) or one zstd frame for CY_DATASET_JSONL_GZ and _ZST; a file of several
 * is the same text. level 0: the format's own. */
void cy_jsonl_pack(enum cy_dataset_format format, int level, struct cy_buffer *lines);

#endif
