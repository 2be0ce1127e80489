#include "cy_test.h"

#include "dataset/parquet_levels.h"

CY_TEST("the bit width holds every value up to the greatest")
{
    static const struct {
        uint32_t value_max;
        unsigned width;
    } cases[] = {{0, 0}, {1, 1}, {2, 2}, {3, 2}, {4, 3}, {255, 8}, {256, 9}, {UINT32_MAX, 32}};
    for (size_t i = 0; i < CY_COUNT(cases); i++)
        assert_int_equal(cy_bit_width(cases[i].value_max), cases[i].width);
}

CY_TEST("eight different values are bit-packed as Encodings.md shows: 0 1 2 3 4 5 6 7 in three bits is 88 C6 FA")
{
    struct cy_buffer out = {0};
    cy_add_rle_hybrid(&out, (const uint32_t[]){0, 1, 2, 3, 4, 5, 6, 7}, 8, 3);
    assert_int_equal(out.size, 4);
    assert_memory_equal(out.data, "\x03\x88\xC6\xFA", 4); /* one group: 1 << 1 | 1 */
    cy_buffer_release(&out);
}

CY_TEST("equal values are a run: its length shifted by one, and the value in whole bytes")
{
    uint32_t values[300];
    for (size_t i = 0; i < CY_COUNT(values); i++)
        values[i] = 0x1234;
    struct cy_buffer out = {0};
    cy_add_rle_hybrid(&out, values, CY_COUNT(values), 13);
    assert_int_equal(out.size, 4);
    assert_memory_equal(out.data, "\xD8\x04\x34\x12", 4); /* 600 = 0b100_1011000 */
    cy_buffer_release(&out);
}

CY_TEST("a run lends the packed values before it what their last group lacks")
{
    const uint32_t values[] = {1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct cy_buffer out = {0};
    cy_add_rle_hybrid(&out, values, CY_COUNT(values), 1);
    assert_int_equal(out.size, 4);
    assert_memory_equal(out.data, "\x03\xFD\x16\x01", 4); /* one group 0b11111101, then 11 ones: 22 */
    cy_buffer_release(&out);
}

/* Reads the hybrid as the standard defines it; false when it does not hold exactly `count` values (the last group may be longer). */
static bool decode(struct cy_str in, unsigned width, uint32_t *values, size_t count)
{
    size_t at = 0, got = 0;
    while (got < count) {
        uint64_t head = 0;
        unsigned shift = 0;
        do {
            if (at == in.size)
                return false;
            head |= (uint64_t)((uint8_t)in.data[at] & 0x7F) << shift;
            shift += 7;
        } while ((uint8_t)in.data[at++] & 0x80);
        if (head & 1) {
            for (size_t i = 0; i < (head >> 1) * 8; i++) {
                uint64_t value = 0;
                for (unsigned bit = 0; bit < width; bit++) {
                    size_t place = i * width + bit;
                    if (at + place / 8 >= in.size)
                        return false;
                    value |= (uint64_t)((uint8_t)in.data[at + place / 8] >> place % 8 & 1) << bit;
                }
                if (got < count)
                    values[got++] = (uint32_t)value;
                else if (value != 0)
                    return false;
            }
            at += (head >> 1) * width;
        } else {
            uint32_t value = 0;
            for (unsigned byte = 0; byte < (width + 7) / 8; byte++)
                value |= (uint32_t)(uint8_t)in.data[at++] << 8 * byte;
            if ((head >> 1) == 0 || (head >> 1) > count - got)
                return false;
            for (size_t i = 0; i < head >> 1; i++)
                values[got++] = value;
        }
    }
    return at == in.size;
}

CY_TEST("levels of any width, length and mixture of runs read back as they were")
{
    enum { VALUES_MAX = 400, ROUNDS = 3000 };
    uint64_t seed = cy_test_seed();
    uint32_t values[VALUES_MAX], found[VALUES_MAX];
    for (size_t round = 0; round < ROUNDS; round++) {
        unsigned width = 1 + (unsigned)(cy_test_random(&seed) % 32);
        size_t count = cy_test_random(&seed) % VALUES_MAX;
        uint32_t mask = width == 32 ? UINT32_MAX : (1u << width) - 1, value = 0;
        uint64_t stay = cy_test_random(&seed) % 40; /* the longer runs are, the larger this is */
        for (size_t i = 0; i < count; i++) {
            if (cy_test_random(&seed) % (stay + 1) == 0)
                value = (uint32_t)cy_test_random(&seed) & mask;
            values[i] = value;
        }
        struct cy_buffer out = {0};
        cy_add_rle_hybrid(&out, values, count, width);
        assert_true(decode(cy_buffer_str(&out), width, found, count));
        assert_memory_equal(found, values, count * sizeof *values);
        cy_buffer_release(&out);
    }
}
