/* Rows that wait for company. A chunk may hold only few rows of a split (one document in a hundred is validation; a clean crawl has few
 * verdicts). As row groups of their own they would cost more in heads and footers than in data, so they are copied and encoded together
 * with those of later chunks. What is held follows from the chunks alone, so the bytes do, too. */
#ifndef CY_DATASET_HELD_H
#define CY_DATASET_HELD_H

#include "dataset/rows.h"

enum {
    CY_HELD_ROW_BYTES = 256,             /* what a row counts beside its text */
    CY_HELD_CHUNK_BYTES_MAX = 512 << 10, /* a chunk's rows of a split are held below this; encoding them later is one thread's work */
    CY_HELD_LINES_BYTES_MAX = 128 << 10, /* the same for lines, which cost no more than a gzip or zstd head */
    CY_HELD_BYTES_MAX = 4 << 20,         /* all that is held of a split is encoded when it reaches this */
};

/* Copies of one chunk's rows of a split. */
struct cy_held {
    struct cy_held *next;
    struct cy_arena arena;
    struct cy_batch batch;
    uint64_t bytes;
};

/* What the rows count: their texts (of those gone what is shown of them), and CY_HELD_ROW_BYTES each. */
uint64_t cy_held_bytes(const struct cy_dataset_options *options, const struct cy_rows *rows);
/* Copies rows that cy_rows_clean has been through; at least one. */
struct cy_held *cy_held_new(const struct cy_dataset_options *options, const struct cy_rows *rows);
void cy_held_free(struct cy_held *held); /* the whole list; NULL is allowed */

/* The rows of the list, first to last, in `items`, which is allocated. */
struct cy_rows cy_held_rows(const struct cy_held *held);

#endif
