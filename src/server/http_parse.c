#include "server/http_parse.h"

#include "kernels/utf8.h"

_Static_assert(CY_JSON_DEPTH_MAX == 64, "cy_json_problem says so in words");

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alnum(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* ---- percent encoding ---- */

bool cy_percent_decode(struct cy_str text, bool plus_is_space, struct cy_arena *arena, struct cy_str *decoded)
{
    char *out = cy_arena_alloc(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '%') {
            int high = i + 1 < text.size ? hex_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            byte = (char)(high << 4 | low);
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        if (byte == '\0')
            return false;
        out[size++] = byte;
    }
    out[size] = '\0';
    *decoded = (struct cy_str){out, size};
    return cy_utf8_valid_bytes(*decoded) == size;
}

void cy_percent_encode(struct cy_buffer *out, struct cy_str text, const char *keep)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (is_alnum(byte) || (byte != '\0' && (strchr("-._~", byte) != NULL || strchr(keep, byte) != NULL)))
            cy_buffer_add_byte(out, (uint8_t)byte);
        else
            cy_buffer_printf(out, "%%%02X", (unsigned)(uint8_t)byte);
    }
}

size_t cy_pairs_count(struct cy_str pairs)
{
    size_t count = 0;
    for (size_t i = 0; i < pairs.size; i++)
        count += pairs.data[i] == '&';
    return pairs.size > 0 ? count + 1 : 0;
}

size_t cy_pairs_find(struct cy_str pairs, struct cy_str name, size_t value_max, struct cy_arena *arena, struct cy_str *values)
{
    size_t count = 0;
    for (size_t i = 0; pairs.size > 0 && i < CY_QUERY_PAIRS_MAX && count < value_max; i++) {
        struct cy_str value, pair = cy_str_split(pairs, '&', &pairs), key = cy_str_split(pair, '=', &value), decoded;
        bool is_plain = memchr(key.data, '%', key.size) == NULL && memchr(key.data, '+', key.size) == NULL;
        if (is_plain ? !cy_str_equal(key, name) : !cy_percent_decode(key, true, arena, &decoded) || !cy_str_equal(decoded, name))
            continue;
        if (!cy_percent_decode(value, true, arena, &decoded))
            continue;
        if (values != NULL)
            values[count] = decoded;
        count++;
    }
    return count;
}

/* ---- JSON ---- */

/* An odd number of backslashes ends just before `at`: what stands there is escaped. */
static bool is_escaped(struct cy_str text, size_t at)
{
    size_t count = 0;
    while (count < at && text.data[at - count - 1] == '\\')
        count++;
    return count % 2 == 1;
}

static bool has_zero_escape(struct cy_str text)
{
    const char *end = text.data + text.size, *at = text.data;
    while ((at = memmem(at, (size_t)(end - at), "u0000", 5)) != NULL) {
        if (is_escaped(text, (size_t)(at - text.data)))
            return true;
        at++;
    }
    return false;
}

/* The byte behind the string that begins at `at`. */
static size_t skip_string(struct cy_str text, size_t at)
{
    do {
        const char *quote = memchr(text.data + at + 1, '"', text.size - at - 1);
        if (quote == NULL)
            return text.size;
        at = (size_t)(quote - text.data);
    } while (is_escaped(text, at));
    return at + 1;
}

const char *cy_json_problem(struct cy_str text)
{
    size_t depth = 0;
    if (text.size == 0)
        return NULL;
    for (size_t i = 0; i < text.size;) {
        char byte = text.data[i];
        if (byte == '"') {
            i = skip_string(text, i);
            continue;
        }
        if ((byte == '{' || byte == '[') && ++depth > CY_JSON_DEPTH_MAX)
            return "objects and arrays stand more than 64 deep in each other";
        if ((byte == '}' || byte == ']') && depth > 0)
            depth--;
        i++;
    }
    return has_zero_escape(text) ? "a string holds a 0 byte" : NULL;
}

/* ---- ranges ---- */

/* Digits at the start of *text; a number that is too large for 64 bits reads as UINT64_MAX, which lies behind every file. */
static bool take_number(struct cy_str *text, uint64_t *number)
{
    size_t i = 0;
    *number = 0;
    for (; i < text->size && is_digit(text->data[i]); i++)
        if (__builtin_mul_overflow(*number, 10u, number) || __builtin_add_overflow(*number, (uint64_t)(text->data[i] - '0'), number))
            *number = UINT64_MAX / 10 + 1; /* the next digit overflows again */
    bool is_large = i > 19 && *number > UINT64_MAX / 10;
    if (is_large)
        *number = UINT64_MAX;
    *text = (struct cy_str){text->data + i, text->size - i};
    return i > 0;
}

enum cy_range cy_range_parse(struct cy_str header, uint64_t total_bytes, uint64_t *first, uint64_t *size_bytes)
{
    struct cy_str rest, unit = cy_str_trim(cy_str_split(header, '=', &rest));
    if (!cy_str_equal_nocase(unit, CY_STR("bytes")))
        return CY_RANGE_NONE;
    rest = cy_str_trim(rest);
    uint64_t from, to = UINT64_MAX;
    bool has_from = take_number(&rest, &from);
    if (rest.size == 0 || rest.data[0] != '-')
        return CY_RANGE_NONE;
    rest = (struct cy_str){rest.data + 1, rest.size - 1};
    bool has_to = take_number(&rest, &to);
    if (rest.size > 0 || (!has_from && !has_to) || (has_from && has_to && to < from))
        return CY_RANGE_NONE;
    if (!has_from) { /* the last `to` bytes */
        if (to == 0 || total_bytes == 0)
            return CY_RANGE_UNSATISFIED;
        *size_bytes = CY_MIN(to, total_bytes);
        *first = total_bytes - *size_bytes;
        return CY_RANGE_PART;
    }
    if (from >= total_bytes)
        return CY_RANGE_UNSATISFIED;
    to = has_to ? CY_MIN(to, total_bytes - 1) : total_bytes - 1;
    *first = from;
    *size_bytes = to - from + 1;
    return CY_RANGE_PART;
}

/* ---- headers ---- */

static struct cy_str without_weak_mark(struct cy_str etag)
{
    return cy_str_starts(etag, CY_STR("W/")) ? (struct cy_str){etag.data + 2, etag.size - 2} : etag;
}

bool cy_etag_matches(struct cy_str list, struct cy_str etag)
{
    list = cy_str_trim(list);
    if (cy_str_is(list, "*"))
        return true;
    etag = without_weak_mark(etag);
    while (list.size > 0) { /* an etag may hold a comma: it ends at its quote */
        struct cy_str each = without_weak_mark(cy_str_trim(list));
        const char *end = each.size > 1 && each.data[0] == '"' ? memchr(each.data + 1, '"', each.size - 1) : NULL;
        if (end == NULL)
            return false;
        size_t size = (size_t)(end - each.data) + 1;
        if (cy_str_equal((struct cy_str){each.data, size}, etag))
            return true;
        cy_str_split((struct cy_str){each.data + size, each.size - size}, ',', &list);
    }
    return false;
}

bool cy_host_is_valid(struct cy_str host)
{
    enum { HOST_BYTES_MAX = 255 }; /* RFC 1035 §2.3.4 */
    if (host.size == 0 || host.size > HOST_BYTES_MAX)
        return false;
    size_t i = 0;
    if (host.data[0] == '[') {
        for (i = 1; i < host.size && (hex_value(host.data[i]) >= 0 || host.data[i] == ':' || host.data[i] == '.'); i++)
            ;
        if (i < 3 || i >= host.size || host.data[i] != ']')
            return false;
        i++;
    } else {
        while (i < host.size && (is_alnum(host.data[i]) || strchr("-._", host.data[i]) != NULL) && host.data[i] != '\0')
            i++;
        if (i == 0)
            return false;
    }
    if (i == host.size)
        return true;
    if (host.data[i] != ':' || host.size - i < 2 || host.size - i > sizeof ":65535" - 1)
        return false;
    for (i++; i < host.size; i++)
        if (!is_digit(host.data[i]))
            return false;
    return true;
}

struct cy_str cy_list_last(struct cy_str list)
{
    struct cy_str last = {0};
    while (list.size > 0)
        last = cy_str_split(list, ',', &list);
    return cy_str_trim(last);
}

bool cy_field_name_is_valid(struct cy_str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!is_alnum(name.data[i]) && (name.data[i] == '\0' || strchr("!#$%&'*+-.^_`|~", name.data[i]) == NULL))
            return false;
    return name.size > 0;
}

bool cy_field_value_is_valid(struct cy_str value)
{
    for (size_t i = 0; i < value.size; i++)
        if (((uint8_t)value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7F)
            return false;
    return true;
}

bool cy_target_split(struct cy_str target, struct cy_str *path, struct cy_str *query)
{
    for (size_t i = 0; i < target.size; i++)
        if ((uint8_t)target.data[i] <= ' ' || target.data[i] == 0x7F || target.data[i] == '#')
            return false;
    struct cy_str http = CY_STR("http://"), https = CY_STR("https://");
    for (int i = 0; i < 2; i++) {
        struct cy_str scheme = i == 0 ? http : https;
        if (target.size > scheme.size && cy_str_equal_nocase((struct cy_str){target.data, scheme.size}, scheme)) {
            const char *slash = memchr(target.data + scheme.size, '/', target.size - scheme.size);
            if (slash == NULL)
                return false;
            target = (struct cy_str){slash, target.size - (size_t)(slash - target.data)};
        }
    }
    if (target.size == 0 || target.data[0] != '/')
        return false;
    *path = cy_str_split(target, '?', query);
    return true;
}
