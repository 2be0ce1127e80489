/* E-mail and IP addresses. */
#include "operators/pii_find.h"

#include "base/unicode.h"

#include <arpa/inet.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alnum(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* ---- e-mail ---- */

enum {
    LOCAL_BYTES_MAX = 64,   /* RFC 5321, section 4.5.3.1 */
    DOMAIN_BYTES_MAX = 255, /* the same */
    LABEL_BYTES_MAX = 63,   /* RFC 1035, section 2.3.4 */
};

/* What people write before the @. RFC 5322 allows more (= / & # …), which in real text is markup or a URL's around the address. */
static bool is_local_byte(char byte)
{
    return is_alnum(byte) || byte == '.' || byte == '_' || byte == '-' || byte == '+' || byte == '%' || byte == '\'' || byte == '~';
}

/* Where the part before the @ begins; `at` when there is none. Letters of scripts with spaces count (josé@…), Han characters end it. */
static size_t local_start(struct cy_str text, size_t from, size_t at)
{
    const char *place = text.data + at, *first = text.data + from;
    while (place > first) {
        const char *before = place;
        uint32_t point = cy_utf8_decode_back(first, &before);
        bool letter = point >= 0x80 && (cy_is_letter(point) || cy_is_mark(point)) && !cy_is_unspaced_script(cy_script(point)) &&
                      cy_script(point) != CY_SCRIPT_HANGUL;
        if (!letter && (point >= 0x80 || !is_local_byte((char)point)))
            break;
        place = before;
        if ((size_t)(text.data + at - place) > LOCAL_BYTES_MAX)
            return at;
    }
    while (place < text.data + at && !is_alnum(*place) && *place != '_' && (uint8_t)*place < 0x80)
        place++; /* a quotation mark, a dash of a list */
    return (size_t)(place - text.data);
}

static bool is_capitalised(const char *word)
{
    return word[0] >= 'A' && word[0] <= 'Z' && word[1] >= 'a' && word[1] <= 'z';
}

/* Where the domain that begins at `at` ends, `at` when there is none: labels and at least one dot, the last one of letters. */
static size_t domain_end(struct cy_str text, size_t at)
{
    size_t end = at, label = at;
    for (;;) {
        size_t label_end = label;
        while (label_end < text.size && (is_alnum(text.data[label_end]) || text.data[label_end] == '-' || text.data[label_end] == '_'))
            label_end++;
        while (label_end > label && !is_alnum(text.data[label_end - 1]))
            label_end--;
        size_t size = label_end - label;
        if (size == 0 || size > LABEL_BYTES_MAX || text.data[label] == '-' || text.data[label] == '_')
            break;
        if (end == label - 1 && size > 2 && is_capitalised(text.data + label) && !is_capitalised(text.data + label - 3))
            break; /* "…@site.com.Next sentence": a blank is missing */
        bool letters = size >= 2;
        for (size_t i = label; i < label_end && letters; i++)
            letters = !is_digit(text.data[i]) && text.data[i] != '_' && text.data[i] != '-';
        letters |= size > 4 && strncasecmp(text.data + label, "xn--", 4) == 0;
        if (letters && label > at)
            end = label_end;
        if (label_end + 1 >= text.size || text.data[label_end] != '.' || label_end - at > DOMAIN_BYTES_MAX)
            break;
        label = label_end + 1;
    }
    return end;
}

/* "logo@2x.png" is a picture for a finer screen, "getty@tty1.service" a unit of systemd. */
static bool is_file(struct cy_str domain)
{
    static const char *const units[] = {".service", ".socket", ".timer", ".mount"};
    for (size_t i = 0; i < CY_COUNT(units); i++)
        if (cy_str_ends(domain, cy_str(units[i])))
            return true;
    return domain.size > 3 && is_digit(domain.data[0]) && domain.data[1] == 'x' && domain.data[2] == '.';
}

/* RFC 2606: kept for examples, so nobody's. What we put in an address's place may be such a one. */
static bool is_example(struct cy_str domain)
{
    static const char *const names[] = {"example.com", "example.org", "example.net", ".example", ".invalid", ".test"};
    for (size_t i = 0; i < CY_COUNT(names); i++) {
        struct cy_str name = cy_str(names[i]);
        if (domain.size < name.size)
            continue;
        struct cy_str tail = {domain.data + domain.size - name.size, name.size};
        bool whole = names[i][0] == '.' || domain.size == name.size || tail.data[-1] == '.';
        if (whole && cy_str_equal_nocase(tail, name))
            return true;
    }
    return false;
}

bool cy_pii_email_at(struct cy_str text, size_t from, size_t at, struct cy_pii_match *match)
{
    size_t start = local_start(text, from, at), end = domain_end(text, at + 1);
    if (start == at || end == at + 1 || text.data[at - 1] == '.')
        return false;
    struct cy_str local = {text.data + start, at - start}, domain = {text.data + at + 1, end - at - 1};
    bool repository = cy_str_is(local, "git") && end < text.size && text.data[end] == ':'; /* git@github.com:name/name */
    if (repository || is_file(domain) || is_example(domain) || memmem(local.data, local.size, "..", 2) != NULL)
        return false;
    *match = (struct cy_pii_match){start, end, CY_PII_EMAIL};
    return true;
}

/* ---- IP ---- */

struct network {
    uint8_t address[16];
    uint8_t bits;
    bool global; /* an exception within a network that is not */
};

/* The first network that holds the address decides: exceptions stand before the network that they are exceptions of. */
static bool is_global(const uint8_t *address, const struct network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t whole = networks[i].bits / 8, rest = networks[i].bits % 8;
        uint8_t mask = (uint8_t)(0xFF00 >> rest);
        if (memcmp(address, networks[i].address, whole) == 0 &&
            (rest == 0 || (address[whole] & mask) == (networks[i].address[whole] & mask)))
            return networks[i].global;
    }
    return true;
}

bool cy_ipv4_is_global(const uint8_t address[4])
{
    static const struct network networks[] = {
        {{0}, 8, false},
        {{10}, 8, false},
        {{100, 64}, 10, false},
        {{127}, 8, false},
        {{169, 254}, 16, false},
        {{172, 16}, 12, false},
        {{192, 0, 0, 9}, 32, true},
        {{192, 0, 0, 10}, 32, true},
        {{192, 0, 0}, 24, false},
        {{192, 0, 2}, 24, false},
        {{192, 168}, 16, false},
        {{198, 18}, 15, false},
        {{198, 51, 100}, 24, false},
        {{203, 0, 113}, 24, false},
        {{240}, 4, false},
    };
    return is_global(address, networks, CY_COUNT(networks));
}

bool cy_ipv6_is_global(const uint8_t address[16])
{
    static const struct network networks[] = {
        {{0}, 127, false}, /* :: and ::1 */
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, false},
        {{0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01}, 48, false},
        {{0x01, 0x00}, 64, false},
        {{0x20, 0x01, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, true},
        {{0x20, 0x01, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 128, true},
        {{0x20, 0x01, 0x00, 0x03}, 32, true},
        {{0x20, 0x01, 0x00, 0x04, 0x01, 0x12}, 48, true},
        {{0x20, 0x01, 0x00, 0x20}, 28, true},
        {{0x20, 0x01, 0x00, 0x30}, 28, true},
        {{0x20, 0x01, 0x00}, 23, false},
        {{0x20, 0x01, 0x0D, 0xB8}, 32, false},
        {{0x20, 0x02}, 16, false},
        {{0x3F, 0xFF, 0x00}, 20, false},
        {{0xFC}, 7, false},
        {{0xFE, 0x80}, 10, false},
    };
    return is_global(address, networks, CY_COUNT(networks));
}

static bool is_ipv6_byte(char byte)
{
    return is_digit(byte) || byte == ':' || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

bool cy_pii_ipv6_at(struct cy_str text, size_t from, size_t at, bool public_only, struct cy_pii_match *match)
{
    enum { ADDRESS_BYTES_MAX = 39 }; /* eight groups of four and the colons */
    size_t start = at, stop = at;
    while (start > from && is_ipv6_byte(text.data[start - 1]) && at - start <= ADDRESS_BYTES_MAX)
        start--;
    while (stop < text.size && is_ipv6_byte(text.data[stop]) && stop - at <= ADDRESS_BYTES_MAX)
        stop++;
    size_t colon_count = 0;
    while (stop > start && text.data[stop - 1] == ':' && (stop - start < 2 || text.data[stop - 2] != ':'))
        stop--; /* a sentence's colon */
    for (size_t i = start; i < stop; i++)
        colon_count += text.data[i] == ':';
    if (colon_count < 2 || stop - start > ADDRESS_BYTES_MAX || stop - start < 4)
        return false;
    if ((start > 0 && (is_alnum(text.data[start - 1]) || text.data[start - 1] == '_')) ||
        (stop < text.size && (is_alnum(text.data[stop]) || text.data[stop] == '_')))
        return false;
    char copy[ADDRESS_BYTES_MAX + 1];
    uint8_t address[16];
    memcpy(copy, text.data + start, stop - start);
    copy[stop - start] = '\0';
    if (inet_pton(AF_INET6, copy, address) != 1)
        return false;
    bool unicast = address[0] >= 0x20 && address[0] < 0x40; /* 2000::/3, all that is given out; "abc::def" is a name in C++ */
    if (public_only ? !unicast || !cy_ipv6_is_global(address) : address[0] < 0x20)
        return false;
    *match = (struct cy_pii_match){start, stop, CY_PII_IP};
    return true;
}
