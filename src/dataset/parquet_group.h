/* A row group of a Parquet file, encoded in memory: columns end to end, each split into pages.
 *
 *     column chunk = [dictionary page] data page …        page = head (thrift) · body (one zstd frame)
 *     body of a data page (version 1) = [levels: u32 size, RLE hybrid] · values (PLAIN, or bit width · RLE hybrid of dictionary indices)
 *
 * Columns are strings, 64-bit integers or doubles, plain or within structs; or lists of 32-bit integers, outside of structs. A list's body
 * begins with repetition levels (0: a row begins) and definition levels (0: the list is empty), each behind its size.
 * Source: apache/parquet-format (README.md, Encodings.md, Compression.md, parquet.thrift). */
#ifndef CY_DATASET_PARQUET_GROUP_H
#define CY_DATASET_PARQUET_GROUP_H

#include "base/bytes.h"

enum {
    CY_PARQUET_DEPTH_MAX = 3,
    CY_PARQUET_BOUND_BYTES = 64, /* longer least and greatest strings are cut, and marked as not exact */
};

enum cy_parquet_type { CY_PARQUET_STRING, CY_PARQUET_INTEGER, CY_PARQUET_NUMBER, CY_PARQUET_LIST };

/* A leaf of the schema. Neighbours whose paths begin with the same names lie in the same structs. */
struct cy_parquet_column {
    const char *path[CY_PARQUET_DEPTH_MAX];
    size_t depth;                        /* names in path */
    bool optional[CY_PARQUET_DEPTH_MAX]; /* whether that struct, or the value, can be NULL */
    enum cy_parquet_type type;
    bool dictionary; /* few different values are likely: try a dictionary */
    bool bounds;     /* keep the least and the greatest value in the statistics */
};

/* Definition level of a value that is there: how many names of the path can be NULL. */
unsigned cy_parquet_level_max(const struct cy_parquet_column *column);

/* A column's values, one a row; the column's type says which array is read. Strings are UTF-8. */
struct cy_parquet_values {
    const struct cy_str *strings;
    const int64_t *integers;
    const double *numbers;
    const int32_t *items;      /* of lists, all rows' end to end */
    const uint64_t *item_ends; /* of lists, [row]: where its items end */
    const uint8_t *levels;     /* NULL: every value is there; else how many of the path's optional names are not NULL, and the value is read
                                  only where that is all of them */
};

/* What the footer says of an encoded column. */
struct cy_parquet_bound {
    uint8_t size;
    bool exact;
    char bytes[CY_PARQUET_BOUND_BYTES];
};
struct cy_parquet_chunk {
    uint64_t offset;           /* of its first page, from the start of the group */
    uint64_t dictionary_bytes; /* the dictionary page's, 0: there is none */
    uint64_t packed_bytes;     /* heads and compressed bodies */
    uint64_t plain_bytes;      /* heads and bodies before compression */
    uint64_t value_count;      /* of levels, or rows where there are none */
    uint64_t null_count;
    bool has_bounds;
    struct cy_parquet_bound low, high;
};
struct cy_parquet_group {
    struct cy_buffer bytes;
    struct cy_parquet_chunk *chunks; /* one a column */
    size_t chunk_count;
    uint64_t row_count;
};

/* What one thread needs to encode: the compressor and its buffers. */
struct cy_parquet_encoder;
struct cy_parquet_encoder *cy_parquet_encoder_new(int zstd_level);
void cy_parquet_encoder_free(struct cy_parquet_encoder *encoder);

/* An empty group of `row_count` rows; columns are added in the schema's order, column_count of them. */
void cy_parquet_group_init(struct cy_parquet_group *group, size_t column_count, uint64_t row_count);
/* Encodes the next column. values are borrowed for the call. */
void cy_parquet_group_add(struct cy_parquet_group *group, struct cy_parquet_encoder *encoder, const struct cy_parquet_column *column,
                          const struct cy_parquet_values *values);
void cy_parquet_group_release(struct cy_parquet_group *group);

#endif
