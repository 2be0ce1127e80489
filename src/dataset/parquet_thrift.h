/* Thrift's compact protocol, as far as a Parquet footer needs it: written into a buffer, nothing is read.
 * Source: apache/thrift doc/specs/thrift-compact-protocol.md. */
#ifndef CY_DATASET_PARQUET_THRIFT_H
#define CY_DATASET_PARQUET_THRIFT_H

#include "base/bytes.h"

enum { CY_THRIFT_DEPTH_MAX = 8 }; /* structs within structs; Parquet's footer needs 6 */

enum cy_thrift_type {
    CY_THRIFT_TRUE = 1,
    CY_THRIFT_FALSE = 2,
    CY_THRIFT_I32 = 5,
    CY_THRIFT_I64 = 6,
    CY_THRIFT_BINARY = 8,
    CY_THRIFT_LIST = 9,
    CY_THRIFT_STRUCT = 12,
};

/* {.out = &buffer} is ready to write the fields of the outermost struct. */
struct cy_thrift {
    struct cy_buffer *out;
    int16_t field_last[CY_THRIFT_DEPTH_MAX]; /* id of the field written last, one a nesting struct */
    size_t depth;
};

void cy_thrift_bool(struct cy_thrift *thrift, int16_t field, bool value);
void cy_thrift_i32(struct cy_thrift *thrift, int16_t field, int32_t value);
void cy_thrift_i64(struct cy_thrift *thrift, int16_t field, int64_t value);
void cy_thrift_binary(struct cy_thrift *thrift, int16_t field, struct cy_str value);
/* A field that is a struct: its fields follow, then cy_thrift_end. */
void cy_thrift_struct(struct cy_thrift *thrift, int16_t field);
/* A field that is a list: its items follow, by the item functions or, for structs, each between item_struct and cy_thrift_end. */
void cy_thrift_list(struct cy_thrift *thrift, int16_t field, enum cy_thrift_type item_type, size_t item_count);
void cy_thrift_item_i32(struct cy_thrift *thrift, int32_t value);
void cy_thrift_item_binary(struct cy_thrift *thrift, struct cy_str value);
void cy_thrift_item_struct(struct cy_thrift *thrift);
/* Ends a struct, the outermost included. */
void cy_thrift_end(struct cy_thrift *thrift);

/* ULEB128: seven bits a byte, the lowest first; the top bit says that more follow. At most 10 bytes. */
void cy_add_varint(struct cy_buffer *out, uint64_t value);

#endif
