#include "cy_test.h"

#include "dataset/parquet_thrift.h"

static void expect_bytes(struct cy_buffer *found, const void *bytes, size_t size)
{
    assert_int_equal(found->size, size);
    assert_memory_equal(found->data, bytes, size);
    cy_buffer_release(found);
}
#define EXPECT_BYTES(found, ...) expect_bytes(found, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

CY_TEST("a varint has seven bits a byte, the lowest first")
{
    struct cy_buffer out = {0};
    cy_add_varint(&out, 0);
    cy_add_varint(&out, 127);
    cy_add_varint(&out, 128);
    cy_add_varint(&out, 300); /* 0b10_0101100 */
    cy_add_varint(&out, UINT64_MAX);
    EXPECT_BYTES(&out, 0x00, 0x7F, 0x80, 0x01, 0xAC, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01);
}

CY_TEST("a thrift field is its id's step and type in one byte, and integers are folded so that small ones are short")
{
    struct cy_buffer out = {0};
    struct cy_thrift thrift = {.out = &out};
    cy_thrift_i32(&thrift, 1, 0);
    cy_thrift_i32(&thrift, 3, -1);
    cy_thrift_i64(&thrift, 4, 1);
    cy_thrift_i32(&thrift, 5, INT32_MIN);
    cy_thrift_end(&thrift);
    EXPECT_BYTES(&out, 0x15, 0x00, 0x25, 0x01, 0x16, 0x02, 0x15, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00);
}

CY_TEST("a thrift field more than fifteen ids on, or behind the last, has its id in full")
{
    struct cy_buffer out = {0};
    struct cy_thrift thrift = {.out = &out};
    cy_thrift_bool(&thrift, 20, true);
    cy_thrift_bool(&thrift, 21, false);
    cy_thrift_bool(&thrift, 2, true);
    cy_thrift_end(&thrift);
    EXPECT_BYTES(&out, 0x01, 40, 0x12, 0x01, 4, 0x00);
}

CY_TEST("thrift structs nest, each counting its fields from zero")
{
    struct cy_buffer out = {0};
    struct cy_thrift thrift = {.out = &out};
    cy_thrift_struct(&thrift, 5);
    cy_thrift_binary(&thrift, 1, CY_STR("ab"));
    cy_thrift_end(&thrift);
    cy_thrift_i32(&thrift, 6, 7);
    cy_thrift_end(&thrift);
    EXPECT_BYTES(&out, 0x5C, 0x18, 2, 'a', 'b', 0x00, 0x15, 14, 0x00);
}

CY_TEST("a thrift list has its count beside its type up to fourteen items, and after it from fifteen on")
{
    struct cy_buffer out = {0};
    struct cy_thrift thrift = {.out = &out};
    cy_thrift_list(&thrift, 1, CY_THRIFT_I32, 2);
    cy_thrift_item_i32(&thrift, 1);
    cy_thrift_item_i32(&thrift, -2);
    cy_thrift_list(&thrift, 2, CY_THRIFT_STRUCT, 15);
    for (size_t i = 0; i < 15; i++) {
        cy_thrift_item_struct(&thrift);
        cy_thrift_end(&thrift);
    }
    cy_thrift_end(&thrift);
    EXPECT_BYTES(&out, 0x19, 0x25, 2, 3, 0x19, 0xFC, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
