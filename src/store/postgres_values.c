#include "store/postgres_values.h"

#include <stdio.h>

/* pg_type.dat of PostgreSQL; OIDs of built-in types never change. */
enum {
    BOOL = 16,
    BYTEA = 17,
    NAME = 19,
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    TEXT = 25,
    FLOAT4 = 700,
    FLOAT8 = 701,
    BPCHAR = 1042,
    VARCHAR = 1043,
    NUMERIC = 1700
};

static void put_big(char *to, uint64_t value, int size_bytes)
{
    for (int i = 0; i < size_bytes; i++)
        to[i] = (char)(value >> 8 * (size_bytes - 1 - i));
}

static uint64_t get_big(const char *from, size_t size_bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size_bytes; i++)
        value = value << 8 | (uint8_t)from[i];
    return value;
}

static bool encode_integer(const struct cy_value *value, int size_bytes, struct cy_pq_parameter *parameter)
{
    int64_t limit = size_bytes == 8 ? INT64_MAX : size_bytes == 4 ? INT32_MAX : INT16_MAX;
    if (value->kind != CY_VALUE_INTEGER || value->integer > limit || value->integer < -limit - 1)
        return false;
    parameter->data = parameter->number;
    parameter->size_bytes = size_bytes;
    parameter->is_binary = 1;
    put_big(parameter->number, (uint64_t)value->integer, size_bytes);
    return true;
}

bool cy_pq_encode(const struct cy_value *value, unsigned type, struct cy_pq_parameter *parameter)
{
    bool is_number = value->kind == CY_VALUE_INTEGER || value->kind == CY_VALUE_REAL;
    double real = value->kind == CY_VALUE_INTEGER ? (double)value->integer : value->real;
    uint64_t bits;
    *parameter = (struct cy_pq_parameter){.data = NULL};
    if (value->kind == CY_VALUE_NULL)
        return true;
    switch (type) {
    case INT8:
        return encode_integer(value, 8, parameter);
    case INT4:
        return encode_integer(value, 4, parameter);
    case INT2:
        return encode_integer(value, 2, parameter);
    case FLOAT8:
        memcpy(&bits, &real, sizeof bits);
        parameter->data = parameter->number;
        parameter->size_bytes = 8;
        parameter->is_binary = 1;
        put_big(parameter->number, bits, 8);
        return is_number;
    case NUMERIC:
        parameter->data = parameter->number;
        if (value->kind == CY_VALUE_INTEGER)
            snprintf(parameter->number, sizeof parameter->number, "%lld", (long long)value->integer);
        else
            snprintf(parameter->number, sizeof parameter->number, "%.17g", value->real);
        return is_number;
    case TEXT:
    case VARCHAR:
    case BPCHAR:
    case BYTEA:
        parameter->data = value->text.size > 0 ? value->text.data : "";
        parameter->size_bytes = (int)value->text.size;
        parameter->is_binary = 1;
        return !is_number && value->text.size <= INT32_MAX / 2 && (value->kind == CY_VALUE_BYTES) == (type == BYTEA);
    default:
        return false;
    }
}

/* NUMERIC (numeric_send): counts of base-10000 digits, weight of the first, sign, digits after the point; then the digits. Sums of BIGINT
 * are NUMERIC: whole ones that fit become integers, the rest reals. */
static bool decode_numeric(const char *data, size_t size_bytes, struct cy_value *value)
{
    enum { NEGATIVE = 0x4000, NOT_FINITE = 0xC000 };
    if (size_bytes < 8)
        return false;
    unsigned count = (unsigned)get_big(data, 2), sign = (unsigned)get_big(data + 4, 2);
    int weight = (int16_t)get_big(data + 2, 2);
    if ((sign & NOT_FINITE) == NOT_FINITE || size_bytes < 8 + 2 * (size_t)count)
        return false;
    __int128 whole = 0;
    double real = 0, scale = 1;
    bool is_whole = weight < 8; /* at most 10000^8, which 128 bits hold */
    for (int i = 0; i < (int)count; i++) {
        int digit = (int)get_big(data + 8 + 2 * i, 2);
        real = real * 10000 + digit;
        if (i <= weight && is_whole)
            whole = whole * 10000 + digit;
        else
            is_whole &= digit == 0;
    }
    for (int i = (int)count; i <= weight && is_whole; i++)
        whole *= 10000;
    for (int i = (int)count - 1; i > weight; i--)
        scale /= 10000;
    for (int i = (int)count; i <= weight; i++)
        scale *= 10000;
    if (sign == NEGATIVE)
        whole = -whole, real = -real;
    is_whole &= whole >= INT64_MIN && whole <= INT64_MAX;
    *value = is_whole ? cy_value_integer((int64_t)whole) : cy_value_real(real * scale);
    return true;
}

bool cy_pq_decode(unsigned type, const char *data, size_t size_bytes, struct cy_arena *arena, struct cy_value *value)
{
    uint64_t bits;
    uint32_t half;
    double real;
    float small;
    switch (type) {
    case INT8:
        *value = cy_value_integer((int64_t)get_big(data, 8));
        return size_bytes == 8;
    case INT4:
        *value = cy_value_integer((int32_t)get_big(data, 4));
        return size_bytes == 4;
    case INT2:
        *value = cy_value_integer((int16_t)get_big(data, 2));
        return size_bytes == 2;
    case BOOL:
        *value = cy_value_integer(data[0] != 0);
        return size_bytes == 1;
    case FLOAT8:
        bits = get_big(data, 8);
        memcpy(&real, &bits, sizeof real);
        *value = cy_value_real(real);
        return size_bytes == 8;
    case FLOAT4:
        half = (uint32_t)get_big(data, 4);
        memcpy(&small, &half, sizeof small);
        *value = cy_value_real((double)small);
        return size_bytes == 4;
    case NUMERIC:
        return decode_numeric(data, size_bytes, value);
    case TEXT:
    case VARCHAR:
    case BPCHAR:
    case NAME:
        *value = cy_value_text(cy_arena_str(arena, (struct cy_str){data, size_bytes}));
        return true;
    case BYTEA:
        *value = cy_value_bytes(cy_arena_str(arena, (struct cy_str){data, size_bytes}));
        return true;
    default:
        return false;
    }
}
