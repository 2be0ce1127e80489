#include "dataset/parquet_levels.h"

#include "dataset/parquet_thrift.h"

enum {
    GROUP = 8,     /* values that are packed together: they fill whole bytes at any width */
    RUN_STEP = 32, /* values that are looked at together while a run goes on */
};

unsigned cy_bit_width(uint32_t value_max)
{
    return value_max == 0 ? 0 : 32 - (unsigned)__builtin_clz(value_max);
}

static size_t run_length(const uint32_t *values, size_t count)
{
    size_t length = 1;
    for (uint32_t differ = 0; length + RUN_STEP <= count; length += RUN_STEP) { /* long runs by vectors, without a way out within a step */
        for (size_t i = 0; i < RUN_STEP; i++)
            differ |= values[length + i] ^ values[0];
        if (differ != 0)
            break;
    }
    while (length < count && values[length] == values[0])
        length++;
    return length;
}

static void add_run(struct cy_buffer *out, uint32_t value, size_t length, unsigned bit_width)
{
    cy_add_varint(out, (uint64_t)length << 1);
    for (unsigned bit = 0; bit < bit_width; bit += 8)
        cy_buffer_add_byte(out, (uint8_t)(value >> bit));
}

/* The lowest bits come first; values past `count` are zeros. */
static void add_packed(struct cy_buffer *out, const uint32_t *values, size_t count, unsigned bit_width)
{
    size_t groups = (count + GROUP - 1) / GROUP;
    cy_add_varint(out, (uint64_t)groups << 1 | 1);
    uint64_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < groups * GROUP; i++) {
        bits |= (uint64_t)(i < count ? values[i] : 0) << bit_count;
        for (bit_count += bit_width; bit_count >= 8; bit_count -= 8, bits >>= 8)
            cy_buffer_add_byte(out, (uint8_t)bits);
    }
}

void cy_add_rle_hybrid(struct cy_buffer *out, const uint32_t *values, size_t count, unsigned bit_width)
{
    CY_ASSERT(bit_width >= 1 && bit_width <= 32);
    size_t packed = 0; /* values[packed..at) wait to be packed together */
    for (size_t at = 0; at < count;) {
        size_t length = run_length(values + at, count - at);
        /* A packed stretch within the page holds whole groups: a run gives it what its last group lacks. */
        size_t lent = (GROUP - (at - packed) % GROUP) % GROUP;
        if (length < lent + GROUP) {
            at += length;
            continue;
        }
        if (at + lent > packed)
            add_packed(out, values + packed, at + lent - packed, bit_width);
        add_run(out, values[at], length - lent, bit_width);
        at += length;
        packed = at;
    }
    if (packed < count)
        add_packed(out, values + packed, count - packed, bit_width);
}
