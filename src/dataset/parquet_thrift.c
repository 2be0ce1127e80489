#include "dataset/parquet_thrift.h"

void cy_add_varint(struct cy_buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        cy_buffer_add_byte(out, (uint8_t)(value | 0x80));
    cy_buffer_add_byte(out, (uint8_t)value);
}

/* Signed numbers are folded so that those near zero are short: 0, -1, 1, -2 → 0, 1, 2, 3. */
static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

/* A field's head: the step from the last id and the type in one byte, or the type and the whole id where the step is over 15. */
static void add_field(struct cy_thrift *thrift, int16_t field, enum cy_thrift_type type)
{
    int16_t *last = &thrift->field_last[thrift->depth];
    int step = field - *last;
    if (step >= 1 && step <= 15) {
        cy_buffer_add_byte(thrift->out, (uint8_t)(step << 4 | type));
    } else {
        cy_buffer_add_byte(thrift->out, (uint8_t)type);
        cy_add_varint(thrift->out, zigzag(field));
    }
    *last = field;
}

static void open_struct(struct cy_thrift *thrift)
{
    CY_ASSERT(thrift->depth + 1 < CY_THRIFT_DEPTH_MAX);
    thrift->field_last[++thrift->depth] = 0;
}

static void add_binary(struct cy_thrift *thrift, struct cy_str value)
{
    cy_add_varint(thrift->out, value.size);
    cy_buffer_add_str(thrift->out, value);
}

void cy_thrift_bool(struct cy_thrift *thrift, int16_t field, bool value)
{
    add_field(thrift, field, value ? CY_THRIFT_TRUE : CY_THRIFT_FALSE);
}

void cy_thrift_i32(struct cy_thrift *thrift, int16_t field, int32_t value)
{
    add_field(thrift, field, CY_THRIFT_I32);
    cy_add_varint(thrift->out, zigzag(value));
}

void cy_thrift_i64(struct cy_thrift *thrift, int16_t field, int64_t value)
{
    add_field(thrift, field, CY_THRIFT_I64);
    cy_add_varint(thrift->out, zigzag(value));
}

void cy_thrift_binary(struct cy_thrift *thrift, int16_t field, struct cy_str value)
{
    add_field(thrift, field, CY_THRIFT_BINARY);
    add_binary(thrift, value);
}

void cy_thrift_struct(struct cy_thrift *thrift, int16_t field)
{
    add_field(thrift, field, CY_THRIFT_STRUCT);
    open_struct(thrift);
}

void cy_thrift_list(struct cy_thrift *thrift, int16_t field, enum cy_thrift_type item_type, size_t item_count)
{
    add_field(thrift, field, CY_THRIFT_LIST);
    if (item_count < 15) {
        cy_buffer_add_byte(thrift->out, (uint8_t)(item_count << 4 | item_type));
    } else {
        cy_buffer_add_byte(thrift->out, (uint8_t)(0xF0 | item_type));
        cy_add_varint(thrift->out, item_count);
    }
}

void cy_thrift_item_i32(struct cy_thrift *thrift, int32_t value)
{
    cy_add_varint(thrift->out, zigzag(value));
}

void cy_thrift_item_binary(struct cy_thrift *thrift, struct cy_str value)
{
    add_binary(thrift, value);
}

void cy_thrift_item_struct(struct cy_thrift *thrift)
{
    open_struct(thrift);
}

void cy_thrift_end(struct cy_thrift *thrift)
{
    cy_buffer_add_byte(thrift->out, 0);
    if (thrift->depth > 0)
        thrift->depth--;
}
