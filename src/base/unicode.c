#include "base/unicode.h"

uint32_t cy_utf8_decode_long(const char **at, const char *end)
{
    const uint8_t *bytes = (const uint8_t *)*at;
    size_t size = cy_utf8_size(*at, (size_t)(end - *at));
    *at += CY_MAX(size, 1);
    switch (size) {
    case 1:
        return bytes[0];
    case 2:
        return (bytes[0] & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
    case 3:
        return (bytes[0] & 0x0Fu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
    case 4:
        return (bytes[0] & 0x07u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 | (bytes[3] & 0x3Fu);
    default:
        return CY_REPLACEMENT;
    }
}

uint32_t cy_utf8_decode_back(const char *start, const char **at)
{
    const char *end = *at;
    for (const char *from = end - 1; from >= start && end - from <= 4; from--) {
        if (((uint8_t)*from & 0xC0) == 0x80)
            continue;
        if (cy_utf8_size(from, (size_t)(end - from)) != (size_t)(end - from))
            break;
        *at = from;
        return cy_utf8_decode(&from, end);
    }
    *at = end - 1;
    return CY_REPLACEMENT;
}

size_t cy_utf8_encode(uint32_t point, char *out)
{
    if (point > CY_CODE_POINT_MAX || (point >= 0xD800 && point <= 0xDFFF))
        point = CY_REPLACEMENT;
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* The loops below count in bytes over blocks of 128, which the compiler turns into vector code on any machine. */
enum { COUNT_BLOCK = 128 };

size_t cy_utf8_count(const char *text, size_t size_bytes)
{
    size_t count = 0, at = 0;
    for (; size_bytes - at >= COUNT_BLOCK; at += COUNT_BLOCK) {
        uint8_t in_block = 0;
        for (size_t i = 0; i < COUNT_BLOCK; i++)
            in_block += (int8_t)text[at + i] >= -64; /* no continuation byte 0x80…0xBF */
        count += in_block;
    }
    for (; at < size_bytes; at++)
        count += (int8_t)text[at] >= -64;
    return count;
}

bool cy_is_ascii(const char *text, size_t size_bytes)
{
    size_t at = 0;
    for (; size_bytes - at >= COUNT_BLOCK; at += COUNT_BLOCK) {
        uint8_t all = 0;
        for (size_t i = 0; i < COUNT_BLOCK; i++)
            all |= (uint8_t)text[at + i];
        if (all >= 0x80)
            return false;
    }
    for (; at < size_bytes; at++)
        if ((uint8_t)text[at] >= 0x80)
            return false;
    return true;
}

bool cy_utf8_is_valid(const char *text, size_t size_bytes)
{
    size_t at = 0;
    while (at < size_bytes) {
        if (size_bytes - at >= 8 && (cy_load_u64(text + at) & 0x8080808080808080u) == 0) {
            at += 8;
            continue;
        }
        size_t size = cy_utf8_size(text + at, size_bytes - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}
