/* A Parquet file being written: row groups as they come, the footer at the end.
 *
 *     "PAR1" · row group … · footer (thrift: schema, row groups, statistics) · u32 size of the footer · "PAR1" */
#ifndef CY_DATASET_PARQUET_FILE_H
#define CY_DATASET_PARQUET_FILE_H

#include "base/arena.h"
#include "dataset/parquet_group.h"

struct cy_parquet_schema {
    const struct cy_parquet_column *columns;
    size_t column_count;
};

/* What the footer will say; the caller writes the bytes. {0} is a file without row groups. */
struct cy_parquet_footer {
    struct cy_parquet_group *groups; /* their bytes are gone */
    size_t group_count;
    size_t group_capacity;
    uint64_t row_count;
};

extern const struct cy_str cy_parquet_magic; /* what a file begins with */

/* Keeps what the footer says of the group, and takes its chunks; group->bytes is the caller's to write at `file_offset` and to release. */
void cy_parquet_footer_add(struct cy_parquet_footer *footer, struct cy_parquet_group *group, uint64_t file_offset);
/* Appends the end of the file, from the footer on, to `out`. */
void cy_parquet_footer_print(const struct cy_parquet_footer *footer, const struct cy_parquet_schema *schema, struct cy_buffer *out);
void cy_parquet_footer_release(struct cy_parquet_footer *footer);

#endif
