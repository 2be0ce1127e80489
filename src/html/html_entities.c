#include "html/html_entities.h"

struct entity {
    const char *name;
    const char *value;
    bool bare; /* may stand without its semicolon */
};

static const struct entity entities[] = {
#define X(name, value, bare) {name, value, bare},
#include "html/entity_table.h"
#undef X
};

enum { NAME_BYTES_MAX = 31 }; /* CounterClockwiseContourIntegral */

/* Windows-1252's characters for the C1 range, which pages mean when they write &#150; (13.2.5.80). 0: as it is. */
static const uint16_t windows_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                          0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                          0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static size_t put_utf8(uint32_t code_point, char *out)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 63));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 63));
        out[2] = (char)(0x80 | (code_point & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 63));
    out[2] = (char)(0x80 | (code_point >> 6 & 63));
    out[3] = (char)(0x80 | (code_point & 63));
    return 4;
}

static int digit_of(char byte, bool hex)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char lower = (char)(byte | 32);
    return hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* "&#" stands at the front. */
static size_t decode_number(struct cy_str text, char *out, size_t *out_bytes)
{
    bool hex = text.size > 2 && (text.data[2] | 32) == 'x';
    size_t at = hex ? 3 : 2, first = at;
    uint32_t code_point = 0;
    for (; at < text.size && digit_of(text.data[at], hex) >= 0; at++)
        if (code_point <= 0x10FFFF)
            code_point = code_point * (hex ? 16 : 10) + (uint32_t)digit_of(text.data[at], hex);
    if (at == first)
        return 0;
    if (code_point >= 0x80 && code_point < 0xA0 && windows_1252[code_point - 0x80] != 0)
        code_point = windows_1252[code_point - 0x80];
    if (code_point == 0 || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000))
        code_point = 0xFFFD;
    *out_bytes = put_utf8(code_point, out);
    return at + (at < text.size && text.data[at] == ';');
}

static const struct entity *find_entity(const char *name, size_t size)
{
    size_t low = 0, high = CY_COUNT(entities);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(entities[middle].name, name, size);
        if (order == 0 && entities[middle].name[size] == '\0')
            return &entities[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t cy_entity_decode(struct cy_str text, char out[CY_ENTITY_BYTES_MAX], size_t *out_bytes)
{
    if (text.size < 2)
        return 0;
    if (text.data[1] == '#')
        return decode_number(text, out, out_bytes);
    size_t size = 0; /* of the name */
    while (
        size + 1 < text.size && size < NAME_BYTES_MAX &&
        ((text.data[size + 1] | 32) >= 'a' ? (text.data[size + 1] | 32) <= 'z' : text.data[size + 1] >= '0' && text.data[size + 1] <= '9'))
        size++;
    bool ended = size + 1 < text.size && text.data[size + 1] == ';';
    const struct entity *found = ended && size > 0 ? find_entity(text.data + 1, size) : NULL;
    if (found == NULL) { /* the longest name that may stand bare: "&copy2024" is a copyright sign and 2024 */
        ended = false;
        size = CY_MIN(size, 6); /* the longest of them: Atilde, frac12, yacute */
        for (; size >= 2; size--)
            if ((found = find_entity(text.data + 1, size)) != NULL && found->bare)
                break;
        if (size < 2)
            return 0;
    }
    *out_bytes = strlen(found->value);
    memcpy(out, found->value, *out_bytes);
    return 1 + size + ended;
}
