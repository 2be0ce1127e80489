#include "document/word_affixes.h"

/* How many points from low on are full stops. */
static size_t stops_from(const struct cy_points *piece, size_t low, size_t high)
{
    size_t at = low;
    while (at < high && piece->points[at] == '.')
        at++;
    return at - low;
}

static bool is_point(const struct cy_points *piece, size_t at, size_t low, size_t high, uint32_t point)
{
    return at >= low && at < high && piece->points[at] == point;
}

static bool is_kind(const struct cy_points *piece, size_t at, size_t low, size_t high, uint32_t kinds)
{
    return at >= low && at < high && (piece->kinds[at] & kinds) != 0;
}

/* US$, C$ and A$: how many points before the dollar at `dollar` belong to it. */
static size_t dollar_letters(const struct cy_points *piece, size_t dollar, size_t low, size_t high)
{
    if (!is_point(piece, dollar, low, high, '$') || dollar == low)
        return 0;
    uint32_t letter = piece->points[dollar - 1];
    if (letter == 'S' && dollar - low >= 2 && piece->points[dollar - 2] == 'U')
        return 2;
    return letter == 'C' || letter == 'A';
}

/* How many points at the beginning are a word of their own; 0: none. */
size_t cy_prefix_size(const struct cy_points *piece, size_t low, size_t high)
{
    if (low >= high)
        return 0;
    if (piece->kinds[low] & CY_CHAR_PREFIX)
        return 1;
    switch (piece->points[low]) {
    case '+':
        return !is_kind(piece, low + 1, low, high, CY_CHAR_DIGIT);
    case '.': {
        size_t stops = stops_from(piece, low, high);
        return stops >= 2 ? stops : 0;
    }
    case 'U':
        return dollar_letters(piece, low + 2, low, high) == 2 ? 3 : 0;
    case 'C':
    case 'A':
        return is_point(piece, low + 1, low, high, '$') ? 2 : 0;
    default:
        return 0;
    }
}

/* Units that stand apart from the number before them, at most 8 bytes each, filled up with zeros. */
static bool is_unit(struct cy_str text)
{
    static const char units[][8] = {"km",  "km²",  "km³", "m",   "m²",  "m³",  "dm",   "dm²", "dm³", "cm", "cm²", "cm³", "mm",   "mm²",
                                    "mm³", "ha",   "µm",  "nm",  "yd",  "in",  "ft",   "kg",  "g",   "mg", "µg",  "t",   "lb",   "oz",
                                    "m/s", "km/h", "kmh", "mph", "hPa", "Pa",  "mbar", "mb",  "MB",  "kb", "KB",  "gb",  "GB",   "tb",
                                    "TB",  "T",    "G",   "M",   "K",   "%",   "км",   "км²", "км³", "м",  "м²",  "м³",  "дм",   "дм²",
                                    "дм³", "см",   "см²", "см³", "мм",  "мм²", "мм³",  "нм",  "кг",  "г",  "мг",  "м/с", "км/ч", "кПа",
                                    "Па",  "мбар", "Кб",  "КБ",  "кб",  "Мб",  "МБ",   "мб",  "Гб",  "ГБ", "гб",  "Тб",  "ТБ"};
    char padded[8] = {0};
    if (text.size > sizeof padded)
        return false;
    memcpy(padded, text.data, text.size);
    for (size_t i = 0; i < CY_COUNT(units); i++)
        if (memcmp(padded, units[i], sizeof padded) == 0)
            return true;
    return false;
}

/* The number of points of a unit or a currency at the end that follows a digit. */
static size_t unit_size(const struct cy_points *piece, size_t low, size_t high)
{
    enum { UNIT_POINTS_MAX = 4 };
    for (size_t size = 1; size <= UNIT_POINTS_MAX && high - low > size; size++) {
        if (!(piece->kinds[high - size - 1] & CY_CHAR_DIGIT))
            continue;
        size_t start = piece->ats[high - size];
        bool currency = (size == 1 && (piece->kinds[high - 1] & CY_CHAR_CURRENCY)) ||
                        (size > 1 && dollar_letters(piece, high - 1, low, high) + 1 == size);
        return currency || is_unit((struct cy_str){piece->text + start, piece->ats[high] - start}) ? size : 0;
    }
    return 0;
}

/* A full stop at the end stands apart after what may end a sentence, and after two capitals; not after one, nor after another stop. */
static bool stop_stands_apart(const struct cy_points *piece, size_t low, size_t high)
{
    if (high - low < 2)
        return false;
    uint32_t before = piece->kinds[high - 2];
    if (before & CY_CHAR_BEFORE_STOP)
        return true;
    return (before & CY_CHAR_UPPER) && is_kind(piece, high - 3, low, high, CY_CHAR_UPPER);
}

/* How many points at the end are a word of their own; 0: none. */
size_t cy_suffix_size(const struct cy_points *piece, size_t low, size_t high)
{
    if (low >= high)
        return 0;
    uint32_t last = piece->points[high - 1];
    uint32_t kind = piece->kinds[high - 1];
    if (last == '.') {
        size_t stops = 1;
        while (is_point(piece, high - 1 - stops, low, high, '.'))
            stops++;
        return stops >= 2 ? stops : stop_stands_apart(piece, low, high);
    }
    if ((last == 's' || last == 'S') && high - low >= 2 && (piece->points[high - 2] == '\'' || piece->points[high - 2] == 0x2019))
        return 2;
    if (last == 0x2026 && is_point(piece, high - 2, low, high, 0x2026))
        return 2;
    if (kind & CY_CHAR_SUFFIX)
        return 1;
    if (last == '+')
        return is_kind(piece, high - 2, low, high, CY_CHAR_DIGIT);
    return unit_size(piece, low, high);
}

/* How many points of a hyphen begin at `at`: - – — ~ -- --- ——; the letter after it is checked by the caller. */
static size_t infix_hyphen(const struct cy_points *piece, size_t at, size_t low, size_t high)
{
    uint32_t point = piece->points[at];
    size_t size_max = point == '-' ? 3 : point == 0x2014 ? 2 : 1;
    for (size_t size = 1; size <= size_max && is_point(piece, at + size - 1, low, high, point); size++)
        if (is_kind(piece, at + size, low, high, CY_CHAR_LETTER))
            return size;
    return 0;
}

/* How many points at `at`, inside the piece [low, high), are a word of their own; 0: none. */
size_t cy_infix_size(const struct cy_points *piece, size_t at, size_t low, size_t high)
{
    uint32_t point = piece->points[at], kind = piece->kinds[at];
    if (kind & (CY_CHAR_LETTER | CY_CHAR_DIGIT))
        return 0;
    if (kind & CY_CHAR_INFIX)
        return 1;
    if (point == '.' && is_point(piece, at + 1, low, high, '.'))
        return stops_from(piece, at, high);
    if (at == low)
        return 0;
    uint32_t before = piece->kinds[at - 1];
    bool letter_after = is_kind(piece, at + 1, low, high, CY_CHAR_LETTER);
    switch (point) {
    case '.':
        return (before & (CY_CHAR_LOWER | CY_CHAR_QUOTE)) && is_kind(piece, at + 1, low, high, CY_CHAR_UPPER | CY_CHAR_QUOTE);
    case ',':
        return (before & CY_CHAR_LETTER) && letter_after;
    case ':':
    case '<':
    case '>':
    case '=':
    case '/':
        return (before & (CY_CHAR_LETTER | CY_CHAR_DIGIT)) && letter_after;
    case '+':
    case '*':
    case '^':
    case '-':
        if ((before & CY_CHAR_DIGIT) && (is_kind(piece, at + 1, low, high, CY_CHAR_DIGIT) || is_point(piece, at + 1, low, high, '-')))
            return 1;
        break;
    default:
        break;
    }
    return (kind & CY_CHAR_HYPHEN) && (before & (CY_CHAR_LETTER | CY_CHAR_DIGIT)) ? infix_hyphen(piece, at, low, high) : 0;
}

/* ---- addresses stay whole ---- */

static bool is_label_point(uint32_t point, bool inside)
{
    return (point >= '0' && point <= '9') || ((point | 0x20) >= 'a' && (point | 0x20) <= 'z') || (point >= 0xA1 && point <= 0xFFFF) ||
           (inside && (point == '_' || point == '-'));
}

/* After the host: a port of 2 to 5 digits, and a path, or nothing. */
static bool ends_address(const struct cy_points *piece, size_t at, size_t high)
{
    if (is_point(piece, at, 0, high, ':')) {
        size_t from = ++at;
        while (is_kind(piece, at, 0, high, CY_CHAR_DIGIT))
            at++;
        if (at - from < 2 || at - from > 5)
            return false;
    }
    return at == high || piece->points[at] == '/' || piece->points[at] == '?' || piece->points[at] == '#';
}

/* A host name begins at low: labels that end in a full stop, then 2 to 63 lower-case letters, then the end, a port or a path. */
static bool host_matches(const struct cy_points *piece, size_t low, size_t high)
{
    enum { LABEL_POINTS_MAX = 64, TOP_POINTS_MAX = 63 };
    size_t from = low, labels = 0, at = low;
    for (; at < high && (piece->points[at] == '.' || is_label_point(piece->points[at], true)); at++) {
        if (piece->points[at] != '.')
            continue;
        if (at == from || at - from > LABEL_POINTS_MAX || !is_label_point(piece->points[from], false) ||
            !is_label_point(piece->points[at - 1], false))
            return false;
        labels++;
        from = at + 1;
    }
    if (labels == 0 || at - from < 2 || at - from > TOP_POINTS_MAX)
        return false;
    for (size_t i = from; i < at; i++)
        if (!(piece->kinds[i] & CY_CHAR_LOWER))
            return false;
    return ends_address(piece, at, high);
}

/* An IPv4 address that may stand in the open Internet begins at low. */
static bool ip_matches(const struct cy_points *piece, size_t low, size_t high)
{
    unsigned octets[4] = {0};
    size_t at = low;
    for (size_t i = 0; i < 4; i++) {
        size_t from = at;
        for (; is_kind(piece, at, low, high, CY_CHAR_DIGIT) && at - from < 3; at++)
            octets[i] = octets[i] * 10 + (piece->points[at] - '0');
        if (at == from || octets[i] > 255 || (i < 3 && !is_point(piece, at++, low, high, '.')))
            return false;
    }
    bool inside = octets[0] == 10 || octets[0] == 127 || (octets[0] == 169 && octets[1] == 254) || (octets[0] == 192 && octets[1] == 168) ||
                  (octets[0] == 172 && octets[1] >= 16 && octets[1] <= 31);
    return !inside && octets[0] >= 1 && octets[0] <= 223 && octets[3] >= 1 && octets[3] <= 254 && ends_address(piece, at, high);
}

/* Whether the piece is a web or mail address: [scheme://][user@]host[:port][/path]. */
bool cy_is_address(const struct cy_points *piece, size_t low, size_t high)
{
    size_t scheme = low;
    while (scheme < high && ((piece->kinds[scheme] & (CY_CHAR_LETTER | CY_CHAR_DIGIT)) || piece->points[scheme] == '+' ||
                             piece->points[scheme] == '-' || piece->points[scheme] == '.' || piece->points[scheme] == '_'))
        scheme++;
    bool has_scheme = scheme - low >= 2 && is_point(piece, scheme, low, high, ':') && is_point(piece, scheme + 1, low, high, '/') &&
                      is_point(piece, scheme + 2, low, high, '/');
    if (host_matches(piece, low, high) || ip_matches(piece, low, high))
        return true;
    if (has_scheme && (host_matches(piece, scheme + 3, high) || ip_matches(piece, scheme + 3, high)))
        return true;
    for (size_t at = low + 1; at < high; at++)
        if (piece->points[at] == '@' && (host_matches(piece, at + 1, high) || ip_matches(piece, at + 1, high)))
            return true;
    return false;
}
