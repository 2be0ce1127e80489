#include "operators/mojibake.h"

#include "base/unicode.h"

/* https://encoding.spec.whatwg.org/index-windows-1252.txt, bytes 0x80…0x9F; 0 where it has the C1 control itself. */
static const uint16_t cp1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

int cy_cp1252_byte(uint32_t point)
{
    if (point <= 0xFF)
        return (int)point;
    for (size_t i = 0; i < CY_COUNT(cp1252); i++)
        if (cp1252[i] == point)
            return (int)(0x80 + i);
    return -1;
}

uint32_t cy_cp1252_point(uint8_t byte)
{
    CY_ASSERT(byte >= 0x80 && byte <= 0x9F);
    return cp1252[byte - 0x80];
}

/* Reads one character of UTF-8 from code points that stand for its bytes. */
static bool read_sequence(struct cy_str text, size_t at, size_t *end, uint8_t bytes[4])
{
    const char *place = text.data + at, *limit = text.data + text.size;
    if (place == limit)
        return false;
    int lead = cy_cp1252_byte(cy_utf8_decode(&place, limit));
    if (lead < 0xC2 || lead > 0xF4)
        return false;
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    bytes[0] = (uint8_t)lead;
    for (size_t i = 1; i < size; i++) {
        int byte = place < limit ? cy_cp1252_byte(cy_utf8_decode(&place, limit)) : -1;
        if (byte < 0x80 || byte > 0xBF)
            return false;
        bytes[i] = (uint8_t)byte;
    }
    *end = (size_t)(place - text.data);
    return cy_utf8_is_valid((const char *)bytes, size);
}

/* What hardly occurs in sound text: a Latin-1 or Latin Extended-A letter or sign, general punctuation, € and ™, a byte order mark. */
static bool sure_alone(const uint8_t bytes[4])
{
    switch (bytes[0]) {
    case 0xC2:
        return bytes[1] >= 0xA0; /* below that it would be a control character */
    case 0xC3:
        return true;
    case 0xC4:
    case 0xC5:
        return bytes[1] != 0xAB && bytes[1] != 0xBB; /* "»Å«" is Swedish */
    case 0xE2:
        return bytes[1] == 0x80 || bytes[1] == 0x82 || bytes[1] == 0x84;
    case 0xEF:
        return bytes[1] == 0xBB && bytes[2] == 0xBF;
    default:
        return false;
    }
}

size_t cy_mojibake_latin(struct cy_str text, size_t at, size_t *end)
{
    uint8_t bytes[4];
    size_t count = 0;
    bool sure = false;
    for (size_t next = at; read_sequence(text, next, &next, bytes); count++) {
        sure |= sure_alone(bytes);
        *end = next;
    }
    return sure || count >= 2 ? count : 0;
}

bool cy_mojibake_gbk(struct cy_str text, size_t at)
{
    static const char signs[][4] = {"锟", "鐨", "鏄", "鍦", "鎴", "鍙", "鐢", "锛", "銆", "鍒", "鍏", "鍚", "鍗", "鏂", "鏍"};
    if (text.size - at < 3)
        return false;
    for (size_t i = 0; i < CY_COUNT(signs); i++)
        if (memcmp(text.data + at, signs[i], 3) == 0)
            return true;
    return false;
}

bool cy_mojibake_repair(struct cy_str text, struct cy_buffer *out)
{
    size_t start = out->size, sure_count = 0, end;
    const char *place = text.data, *limit = text.data + text.size;
    cy_buffer_reserve(out, text.size);
    while (place < limit) {
        if ((uint8_t)*place == 0xC3)
            sure_count += cy_mojibake_latin(text, (size_t)(place - text.data), &end);
        int byte = cy_cp1252_byte(cy_utf8_decode(&place, limit));
        if (byte < 0) {
            out->size = start;
            return false;
        }
        cy_buffer_add_byte(out, (uint8_t)byte);
    }
    if (sure_count > 0 && cy_utf8_is_valid(out->data + start, out->size - start))
        return true;
    out->size = start;
    return false;
}

static bool holds_c1(struct cy_str text)
{
    for (size_t i = 0; i + 1 < text.size; i++)
        if ((uint8_t)text.data[i] == 0xC2 && (uint8_t)text.data[i + 1] < 0xA0)
            return true;
    return false;
}

size_t cy_mojibake_repair_parts(struct cy_str text, bool all, struct cy_buffer *out)
{
    size_t copied = 0, count = 0, end;
    for (size_t at = 0; at < text.size;) {
        const char *found = memchr(text.data + at, 0xC3, text.size - at);
        if (found == NULL)
            break;
        at = (size_t)(found - text.data);
        size_t here = cy_mojibake_latin(text, at, &end);
        if (here == 0) {
            at++;
            continue;
        }
        if (all || holds_c1((struct cy_str){found, end - at})) {
            cy_buffer_add(out, text.data + copied, at - copied);
            for (const char *place = found; place < text.data + end;)
                cy_buffer_add_byte(out, (uint8_t)cy_cp1252_byte(cy_utf8_decode(&place, text.data + end)));
            copied = end;
            count += here;
        }
        at = end;
    }
    if (count > 0)
        cy_buffer_add(out, text.data + copied, text.size - copied);
    return count;
}
