#include "document/word_split.h"

#include "base/hash.h"
#include "base/unicode.h"
#include "document/word_classes.h"
#include "document/word_specials.h"
#include "kernels/ascii_masks.h"

#include <stdlib.h>

struct cy_splitter {
    cy_ascii_masks_fn *masks;
    const uint32_t *classes;
    const struct cy_specials *specials;

    /* the text at hand */
    const char *text;
    size_t size;
    uint64_t *space, *letters, *high; /* a bit a byte; one word of zeros behind the last */
    size_t mask_capacity;             /* words */

    /* its words so far */
    uint32_t *starts, *sizes, *chars;
    uint64_t *hashes;
    uint8_t *flags;
    size_t count, capacity;

    /* the piece at hand, a code point an item; the item behind the last holds its end */
    uint32_t *ats;   /* offset in text */
    uint32_t *kinds; /* enum cy_char_class */
    uint32_t *points;
    size_t point_capacity;
    uint8_t first_flag; /* CY_WORD_FIRST until the piece has its first word */
};

struct cy_splitter *cy_splitter_new(void)
{
    struct cy_splitter *splitter = cy_alloc_zero(1, sizeof *splitter);
    splitter->masks = cy_ascii_masks();
    splitter->classes = cy_char_classes();
    splitter->specials = cy_specials();
    return splitter;
}

void cy_splitter_free(struct cy_splitter *splitter)
{
    if (splitter == NULL)
        return;
    free(splitter->space);
    free(splitter->starts);
    free(splitter->sizes);
    free(splitter->chars);
    free(splitter->hashes);
    free(splitter->flags);
    free(splitter->ats);
    free(splitter);
}

/* ---- room ---- */

static void reserve_words(struct cy_splitter *splitter, size_t more)
{
    if (splitter->capacity - splitter->count >= more)
        return;
    size_t capacity = CY_MAX(splitter->capacity * 2, splitter->count + more + 1024);
    splitter->starts = cy_realloc(splitter->starts, capacity * sizeof *splitter->starts);
    splitter->sizes = cy_realloc(splitter->sizes, capacity * sizeof *splitter->sizes);
    splitter->chars = cy_realloc(splitter->chars, capacity * sizeof *splitter->chars);
    splitter->hashes = cy_realloc(splitter->hashes, capacity * sizeof *splitter->hashes);
    splitter->flags = cy_realloc(splitter->flags, capacity * sizeof *splitter->flags);
    splitter->capacity = capacity;
}

static void reserve_points(struct cy_splitter *splitter, size_t count)
{
    if (splitter->point_capacity >= count)
        return;
    size_t capacity = CY_MAX(count, 4096);
    free(splitter->ats);
    splitter->ats = cy_alloc(3 * capacity * sizeof *splitter->ats);
    splitter->kinds = splitter->ats + capacity;
    splitter->points = splitter->kinds + capacity;
    splitter->point_capacity = capacity;
}

static void reserve_masks(struct cy_splitter *splitter, size_t words)
{
    if (splitter->mask_capacity >= words)
        return;
    size_t capacity = words + words / 2;
    free(splitter->space);
    splitter->space = cy_alloc(3 * capacity * sizeof *splitter->space);
    splitter->letters = splitter->space + capacity;
    splitter->high = splitter->letters + capacity;
    splitter->mask_capacity = capacity;
}

/* ---- words out ---- */

/* The first `size` bytes at `at` as a number, size 1 to 8; reads past them only inside the text. */
static inline uint64_t load_short(const struct cy_splitter *splitter, size_t at, size_t size)
{
    if (splitter->size - at >= 8)
        return cy_load_u64(splitter->text + at) & (~(uint64_t)0 >> (64 - 8 * size));
    uint64_t bytes = 0;
    memcpy(&bytes, splitter->text + at, size);
    return bytes;
}

static inline uint64_t hash_at(const struct cy_splitter *splitter, size_t at, size_t size)
{
    if (size <= 8)
        return cy_word_hash_short(load_short(splitter, at, size), size);
    if (size <= 16)
        return cy_word_hash_middle(cy_load_u64(splitter->text + at), cy_load_u64(splitter->text + at + size - 8), size);
    return cy_hash64((struct cy_str){splitter->text + at, size}, 0);
}

uint64_t cy_word_hash(const char *word, size_t size_bytes)
{
    if (size_bytes == 0)
        return cy_word_hash_short(0, 0);
    return hash_at(&(struct cy_splitter){.text = word, .size = size_bytes}, 0, size_bytes);
}

static inline void emit(struct cy_splitter *splitter, size_t start, size_t size, size_t chars, uint64_t hash, unsigned flags)
{
    size_t word = splitter->count++;
    splitter->starts[word] = (uint32_t)start;
    splitter->sizes[word] = (uint32_t)size;
    splitter->chars[word] = (uint32_t)chars;
    splitter->hashes[word] = hash;
    splitter->flags[word] = (uint8_t)flags;
}

/* The flags of a word whose characters' classes are all in `any` and each of `all`. */
static inline unsigned word_flags(uint32_t any, uint32_t all, size_t chars)
{
    return (any & CY_CHAR_LETTER ? CY_WORD_LETTER : 0u) | (all & CY_CHAR_SYMBOL ? CY_WORD_SYMBOLS : 0u) |
           (all & CY_CHAR_PUNCT ? CY_WORD_PUNCT : 0u) | (chars == 1 && (all & CY_CHAR_STOP) ? CY_WORD_STOP : 0u);
}

/* Points [low, high) of the piece are a word. */
static void emit_points(struct cy_splitter *splitter, size_t low, size_t high)
{
    uint32_t any = 0, all = ~0u;
    for (size_t i = low; i < high; i++) {
        any |= splitter->kinds[i];
        all &= splitter->kinds[i];
    }
    size_t start = splitter->ats[low], size = splitter->ats[high] - start;
    emit(splitter, start, size, high - low, hash_at(splitter, start, size), word_flags(any, all, high - low) | splitter->first_flag);
    splitter->first_flag = 0;
}

/* A word inside the text, its characters not known yet. Words of specials are short. */
static void emit_bytes(struct cy_splitter *splitter, size_t start, size_t size, unsigned first_flag)
{
    uint32_t any = 0, all = ~0u;
    size_t chars = 0;
    for (const char *at = splitter->text + start, *end = at + size; at < end; chars++) {
        uint32_t kind = cy_char_class(splitter->classes, cy_utf8_decode(&at, end));
        any |= kind;
        all &= kind;
    }
    emit(splitter, start, size, chars, hash_at(splitter, start, size), word_flags(any, all, chars) | first_flag);
}

static void emit_special(struct cy_splitter *splitter, const struct cy_special *special, size_t start, unsigned first_flag)
{
    size_t from = 0;
    for (size_t i = 0; i < CY_SPECIAL_PIECES_MAX && special->ends[i] != 0; i++) {
        emit_bytes(splitter, start + from, special->ends[i] - from, i == 0 ? first_flag : 0);
        from = special->ends[i];
    }
}

/* ---- affixes: where a piece between white space is cut ---- */

static const struct cy_special *special_in(const struct cy_splitter *splitter, size_t low, size_t high)
{
    size_t start = splitter->ats[low], size = splitter->ats[high] - start;
    if (size > CY_SPECIAL_BYTES_MAX)
        return NULL;
    return cy_special_find(splitter->specials, splitter->text + start, size, hash_at(splitter, start, size));
}

/* How many points from low on are full stops. */
static size_t stops_from(const struct cy_splitter *splitter, size_t low, size_t high)
{
    size_t at = low;
    while (at < high && splitter->points[at] == '.')
        at++;
    return at - low;
}

static bool is_point(const struct cy_splitter *splitter, size_t at, size_t low, size_t high, uint32_t point)
{
    return at >= low && at < high && splitter->points[at] == point;
}

static bool is_kind(const struct cy_splitter *splitter, size_t at, size_t low, size_t high, uint32_t kinds)
{
    return at >= low && at < high && (splitter->kinds[at] & kinds) != 0;
}

/* US$, C$ and A$: how many points before the dollar at `dollar` belong to it. */
static size_t dollar_letters(const struct cy_splitter *splitter, size_t dollar, size_t low, size_t high)
{
    if (!is_point(splitter, dollar, low, high, '$') || dollar == low)
        return 0;
    uint32_t letter = splitter->points[dollar - 1];
    if (letter == 'S' && dollar - low >= 2 && splitter->points[dollar - 2] == 'U')
        return 2;
    return letter == 'C' || letter == 'A';
}

/* How many points at the beginning are a word of their own; 0: none. */
static size_t prefix_size(const struct cy_splitter *splitter, size_t low, size_t high)
{
    if (low >= high)
        return 0;
    if (splitter->kinds[low] & CY_CHAR_PREFIX)
        return 1;
    switch (splitter->points[low]) {
    case '+':
        return !is_kind(splitter, low + 1, low, high, CY_CHAR_DIGIT);
    case '.': {
        size_t stops = stops_from(splitter, low, high);
        return stops >= 2 ? stops : 0;
    }
    case 'U':
        return dollar_letters(splitter, low + 2, low, high) == 2 ? 3 : 0;
    case 'C':
    case 'A':
        return is_point(splitter, low + 1, low, high, '$') ? 2 : 0;
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
static size_t unit_size(const struct cy_splitter *splitter, size_t low, size_t high)
{
    enum { UNIT_POINTS_MAX = 4 };
    for (size_t size = 1; size <= UNIT_POINTS_MAX && high - low > size; size++) {
        if (!(splitter->kinds[high - size - 1] & CY_CHAR_DIGIT))
            continue;
        size_t start = splitter->ats[high - size];
        bool currency = (size == 1 && (splitter->kinds[high - 1] & CY_CHAR_CURRENCY)) ||
                        (size > 1 && dollar_letters(splitter, high - 1, low, high) + 1 == size);
        return currency || is_unit((struct cy_str){splitter->text + start, splitter->ats[high] - start}) ? size : 0;
    }
    return 0;
}

/* A full stop at the end stands apart after what may end a sentence, and after two capitals; not after one, nor after another stop. */
static bool stop_stands_apart(const struct cy_splitter *splitter, size_t low, size_t high)
{
    if (high - low < 2)
        return false;
    uint32_t before = splitter->kinds[high - 2];
    if (before & CY_CHAR_BEFORE_STOP)
        return true;
    return (before & CY_CHAR_UPPER) && is_kind(splitter, high - 3, low, high, CY_CHAR_UPPER);
}

/* How many points at the end are a word of their own; 0: none. */
static size_t suffix_size(const struct cy_splitter *splitter, size_t low, size_t high)
{
    if (low >= high)
        return 0;
    uint32_t last = splitter->points[high - 1];
    uint32_t kind = splitter->kinds[high - 1];
    if (last == '.') {
        size_t stops = 1;
        while (is_point(splitter, high - 1 - stops, low, high, '.'))
            stops++;
        return stops >= 2 ? stops : stop_stands_apart(splitter, low, high);
    }
    if ((last == 's' || last == 'S') && high - low >= 2 && (splitter->points[high - 2] == '\'' || splitter->points[high - 2] == 0x2019))
        return 2;
    if (last == 0x2026 && is_point(splitter, high - 2, low, high, 0x2026))
        return 2;
    if (kind & CY_CHAR_SUFFIX)
        return 1;
    if (last == '+')
        return is_kind(splitter, high - 2, low, high, CY_CHAR_DIGIT);
    return unit_size(splitter, low, high);
}

/* How many points of a hyphen begin at `at`: - – — ~ -- --- ——; the letter after it is checked by the caller. */
static size_t infix_hyphen(const struct cy_splitter *splitter, size_t at, size_t low, size_t high)
{
    uint32_t point = splitter->points[at];
    size_t size_max = point == '-' ? 3 : point == 0x2014 ? 2 : 1;
    for (size_t size = 1; size <= size_max && is_point(splitter, at + size - 1, low, high, point); size++)
        if (is_kind(splitter, at + size, low, high, CY_CHAR_LETTER))
            return size;
    return 0;
}

/* How many points at `at`, inside the piece [low, high), are a word of their own; 0: none. */
static size_t infix_size(const struct cy_splitter *splitter, size_t at, size_t low, size_t high)
{
    uint32_t point = splitter->points[at], kind = splitter->kinds[at];
    if (kind & (CY_CHAR_LETTER | CY_CHAR_DIGIT))
        return 0;
    if (kind & CY_CHAR_INFIX)
        return 1;
    if (point == '.' && is_point(splitter, at + 1, low, high, '.'))
        return stops_from(splitter, at, high);
    if (at == low)
        return 0;
    uint32_t before = splitter->kinds[at - 1];
    bool letter_after = is_kind(splitter, at + 1, low, high, CY_CHAR_LETTER);
    switch (point) {
    case '.':
        return (before & (CY_CHAR_LOWER | CY_CHAR_QUOTE)) && is_kind(splitter, at + 1, low, high, CY_CHAR_UPPER | CY_CHAR_QUOTE);
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
        if ((before & CY_CHAR_DIGIT) && (is_kind(splitter, at + 1, low, high, CY_CHAR_DIGIT) || is_point(splitter, at + 1, low, high, '-')))
            return 1;
        break;
    default:
        break;
    }
    return (kind & CY_CHAR_HYPHEN) && (before & (CY_CHAR_LETTER | CY_CHAR_DIGIT)) ? infix_hyphen(splitter, at, low, high) : 0;
}

/* ---- addresses stay whole ---- */

static bool is_label_point(uint32_t point, bool inside)
{
    return (point >= '0' && point <= '9') || ((point | 0x20) >= 'a' && (point | 0x20) <= 'z') || (point >= 0xA1 && point <= 0xFFFF) ||
           (inside && (point == '_' || point == '-'));
}

/* After the host: a port of 2 to 5 digits, and a path, or nothing. */
static bool ends_address(const struct cy_splitter *splitter, size_t at, size_t high)
{
    if (is_point(splitter, at, 0, high, ':')) {
        size_t from = ++at;
        while (is_kind(splitter, at, 0, high, CY_CHAR_DIGIT))
            at++;
        if (at - from < 2 || at - from > 5)
            return false;
    }
    return at == high || splitter->points[at] == '/' || splitter->points[at] == '?' || splitter->points[at] == '#';
}

/* A host name begins at low: labels that end in a full stop, then 2 to 63 lower-case letters, then the end, a port or a path. */
static bool host_matches(const struct cy_splitter *splitter, size_t low, size_t high)
{
    enum { LABEL_POINTS_MAX = 64, TOP_POINTS_MAX = 63 };
    size_t from = low, labels = 0, at = low;
    for (; at < high && (splitter->points[at] == '.' || is_label_point(splitter->points[at], true)); at++) {
        if (splitter->points[at] != '.')
            continue;
        if (at == from || at - from > LABEL_POINTS_MAX || !is_label_point(splitter->points[from], false) ||
            !is_label_point(splitter->points[at - 1], false))
            return false;
        labels++;
        from = at + 1;
    }
    if (labels == 0 || at - from < 2 || at - from > TOP_POINTS_MAX)
        return false;
    for (size_t i = from; i < at; i++)
        if (!(splitter->kinds[i] & CY_CHAR_LOWER))
            return false;
    return ends_address(splitter, at, high);
}

/* An IPv4 address that may stand in the open Internet begins at low. */
static bool ip_matches(const struct cy_splitter *splitter, size_t low, size_t high)
{
    unsigned octets[4] = {0};
    size_t at = low;
    for (size_t i = 0; i < 4; i++) {
        size_t from = at;
        for (; is_kind(splitter, at, low, high, CY_CHAR_DIGIT) && at - from < 3; at++)
            octets[i] = octets[i] * 10 + (splitter->points[at] - '0');
        if (at == from || octets[i] > 255 || (i < 3 && !is_point(splitter, at++, low, high, '.')))
            return false;
    }
    bool inside = octets[0] == 10 || octets[0] == 127 || (octets[0] == 169 && octets[1] == 254) || (octets[0] == 192 && octets[1] == 168) ||
                  (octets[0] == 172 && octets[1] >= 16 && octets[1] <= 31);
    return !inside && octets[0] >= 1 && octets[0] <= 223 && octets[3] >= 1 && octets[3] <= 254 && ends_address(splitter, at, high);
}

/* Whether the piece is a web or mail address: [scheme://][user@]host[:port][/path]. */
static bool is_address(const struct cy_splitter *splitter, size_t low, size_t high)
{
    size_t scheme = low;
    while (scheme < high && ((splitter->kinds[scheme] & (CY_CHAR_LETTER | CY_CHAR_DIGIT)) || splitter->points[scheme] == '+' ||
                             splitter->points[scheme] == '-' || splitter->points[scheme] == '.' || splitter->points[scheme] == '_'))
        scheme++;
    bool has_scheme = scheme - low >= 2 && is_point(splitter, scheme, low, high, ':') && is_point(splitter, scheme + 1, low, high, '/') &&
                      is_point(splitter, scheme + 2, low, high, '/');
    if (host_matches(splitter, low, high) || ip_matches(splitter, low, high))
        return true;
    if (has_scheme && (host_matches(splitter, scheme + 3, high) || ip_matches(splitter, scheme + 3, high)))
        return true;
    for (size_t at = low + 1; at < high; at++)
        if (splitter->points[at] == '@' && (host_matches(splitter, at + 1, high) || ip_matches(splitter, at + 1, high)))
            return true;
    return false;
}

/* ---- a piece ---- */

/* The piece without its affixes: whole when it is an address, else cut at its infixes. */
static void split_core(struct cy_splitter *splitter, size_t low, size_t high)
{
    bool address_possible = false, checked = false;
    size_t from = low;
    for (size_t at = low; at < high; at++)
        address_possible |= splitter->points[at] == '.';
    for (size_t at = low; at < high;) {
        size_t size = infix_size(splitter, at, low, high);
        if (size > 0 && address_possible && !checked) {
            checked = true;
            if (is_address(splitter, low, high))
                break;
        }
        if (size == 0 || at == low) { /* what begins the piece is no infix */
            at += CY_MAX(size, 1);
            continue;
        }
        if (at > from)
            emit_points(splitter, from, at);
        emit_points(splitter, at, at + size);
        at += size;
        from = at;
    }
    if (from < high)
        emit_points(splitter, from, high);
}

/* Words [first, count) that together spell a special, such as ) and : in "(so):", become it. */
static void join_specials(struct cy_splitter *splitter, size_t first)
{
    for (size_t word = first; word + 1 < splitter->count; word++) {
        size_t start = splitter->starts[word];
        const struct cy_special *best = NULL;
        size_t best_end = 0;
        for (size_t end = word + 2; end <= splitter->count; end++) {
            size_t size = splitter->starts[end - 1] + splitter->sizes[end - 1] - start;
            if (size > CY_SPECIAL_BYTES_MAX)
                break;
            const struct cy_special *special =
                cy_special_find(splitter->specials, splitter->text + start, size, hash_at(splitter, start, size));
            if (special != NULL && special->joins)
                best = special, best_end = end;
        }
        if (best == NULL)
            continue;
        /* the special's words first behind the rest, then in place: at most as many words as it had bytes */
        size_t rest = splitter->count - best_end, old_count = splitter->count;
        unsigned first_flag = splitter->flags[word] & CY_WORD_FIRST;
        emit_special(splitter, best, start, first_flag);
        size_t added = splitter->count - old_count;
        uint32_t starts[CY_SPECIAL_PIECES_MAX], sizes[CY_SPECIAL_PIECES_MAX], chars[CY_SPECIAL_PIECES_MAX];
        uint64_t hashes[CY_SPECIAL_PIECES_MAX];
        uint8_t flags[CY_SPECIAL_PIECES_MAX];
        memcpy(starts, splitter->starts + old_count, added * sizeof *starts);
        memcpy(sizes, splitter->sizes + old_count, added * sizeof *sizes);
        memcpy(chars, splitter->chars + old_count, added * sizeof *chars);
        memcpy(hashes, splitter->hashes + old_count, added * sizeof *hashes);
        memcpy(flags, splitter->flags + old_count, added * sizeof *flags);
        size_t to = word + added;
        memmove(splitter->starts + to, splitter->starts + best_end, rest * sizeof *starts);
        memmove(splitter->sizes + to, splitter->sizes + best_end, rest * sizeof *sizes);
        memmove(splitter->chars + to, splitter->chars + best_end, rest * sizeof *chars);
        memmove(splitter->hashes + to, splitter->hashes + best_end, rest * sizeof *hashes);
        memmove(splitter->flags + to, splitter->flags + best_end, rest * sizeof *flags);
        memcpy(splitter->starts + word, starts, added * sizeof *starts);
        memcpy(splitter->sizes + word, sizes, added * sizeof *sizes);
        memcpy(splitter->chars + word, chars, added * sizeof *chars);
        memcpy(splitter->hashes + word, hashes, added * sizeof *hashes);
        memcpy(splitter->flags + word, flags, added * sizeof *flags);
        splitter->count = to + rest;
        word = to - 1;
    }
}

/* Points [low, high) stand between white space, or between characters that are words by themselves. */
static void split_piece(struct cy_splitter *splitter, size_t low, size_t high)
{
    size_t first = splitter->count, end = high, left = 0;
    const struct cy_special *special = NULL;
    bool at_special = false;
    while (low < high && high - low != left && !at_special) {
        special = special_in(splitter, low, high);
        if (special != NULL)
            break;
        left = high - low;
        size_t prefix = prefix_size(splitter, low, high);
        if (prefix > 0 && prefix < left && (special = special_in(splitter, low + prefix, high)) != NULL) {
            emit_points(splitter, low, low + prefix);
            low += prefix;
            break;
        }
        size_t suffix = suffix_size(splitter, low + prefix, high);
        if (suffix > 0 && suffix < left && (special = special_in(splitter, low, high - suffix)) != NULL) {
            splitter->kinds[high - suffix] |= 1u << 31; /* a suffix begins here */
            high -= suffix;
            break;
        }
        if (prefix > 0)
            emit_points(splitter, low, low + prefix);
        if (suffix > 0)
            splitter->kinds[high - suffix] |= 1u << 31;
        low += prefix;
        high -= suffix;
    }
    if (special != NULL) {
        emit_special(splitter, special, splitter->ats[low], splitter->first_flag);
        splitter->first_flag = 0;
    } else if (low < high) {
        split_core(splitter, low, high);
    }
    for (size_t from = high; from < end;) {
        size_t to = from + 1;
        while (to < end && !(splitter->kinds[to] >> 31))
            to++;
        emit_points(splitter, from, to);
        from = to;
    }
    if (splitter->count - first > 1)
        join_specials(splitter, first);
}

/* Any bytes without ASCII white space. */
static __attribute__((noinline)) void split_any(struct cy_splitter *splitter, size_t start, size_t end)
{
    reserve_words(splitter, 2 * (end - start) + CY_SPECIAL_PIECES_MAX);
    reserve_points(splitter, end - start + 1);
    size_t count = 0;
    const char *text = splitter->text, *stop = text + end;
    for (const char *at = text + start; at < stop; count++) {
        splitter->ats[count] = (uint32_t)(at - text);
        uint32_t point = cy_utf8_decode(&at, stop);
        splitter->points[count] = point;
        splitter->kinds[count] = cy_char_class(splitter->classes, point);
    }
    splitter->ats[count] = (uint32_t)end;
    splitter->first_flag = CY_WORD_FIRST;
    for (size_t low = 0, high; low < count; low = high) {
        high = low + 1;
        if (splitter->kinds[low] & CY_CHAR_SPACE) {
            splitter->first_flag = CY_WORD_FIRST;
        } else if (splitter->kinds[low] & CY_CHAR_UNSPACED) {
            while (high < count && (splitter->kinds[high] & CY_CHAR_MARK))
                high++;
            emit_points(splitter, low, high);
        } else {
            while (high < count && !(splitter->kinds[high] & (CY_CHAR_SPACE | CY_CHAR_UNSPACED)))
                high++;
            split_piece(splitter, low, high);
        }
    }
}

/* ---- the text ---- */

/* 64 bits of a mask from bit `at` on. */
static inline uint64_t mask_from(const uint64_t *mask, size_t at)
{
    uint64_t low = mask[at / 64] >> (at % 64), high = mask[at / 64 + 1];
    return at % 64 == 0 ? low : low | high << (64 - at % 64);
}

/* How many letters begin at `at`; 64 or more count as 64. */
static inline size_t letter_run(const struct cy_splitter *splitter, size_t at)
{
    uint64_t others = ~mask_from(splitter->letters, at);
    return others == 0 ? 64 : (size_t)__builtin_ctzll(others);
}

/* One ASCII mark is a word. */
static inline void emit_mark(struct cy_splitter *splitter, size_t at, unsigned first_flag)
{
    uint32_t kind = splitter->classes[(uint8_t)splitter->text[at]];
    emit(splitter, at, 1, 1, hash_at(splitter, at, 1), word_flags(kind, kind, 1) | first_flag);
}

/* Letters and one mark behind them are two words, unless special. */
static inline bool split_marked(struct cy_splitter *splitter, size_t start, size_t end, unsigned first_flag)
{
    size_t letters = end - 1 - start;
    char last = splitter->text[end - 1];
    uint64_t hash = hash_at(splitter, start, letters);
    bool plain = last == ',' || last == ':' || last == ';' || last == '!' || last == '?' || last == ')' || last == '"';
    if (last == '.' && (splitter->text[end - 2] & 0x20)) /* apart after a small letter; Mr. is not cut */
        plain = !cy_special_maybe(splitter->specials, hash_at(splitter, start, letters + 1));
    if (!plain || cy_special_maybe(splitter->specials, hash))
        return false;
    emit(splitter, start, letters, letters, hash, CY_WORD_LETTER | first_flag);
    bool stop = last == '.' || last == '!' || last == '?';
    emit(splitter, end - 1, 1, 1, hash_at(splitter, end - 1, 1), CY_WORD_SYMBOLS | CY_WORD_PUNCT | (stop ? CY_WORD_STOP : 0u));
    return true;
}

/* (letters, "letters, and these with one mark behind them. */
static bool split_opened(struct cy_splitter *splitter, size_t start, size_t end)
{
    size_t from = start + 1, letters = letter_run(splitter, from), size = end - from, count = splitter->count;
    if (letters < 2 || letters + 1 < size || cy_special_maybe(splitter->specials, hash_at(splitter, start, end - start)))
        return false;
    emit_mark(splitter, start, CY_WORD_FIRST);
    uint64_t hash = hash_at(splitter, from, size);
    if (letters >= size && !cy_special_maybe(splitter->specials, hash)) {
        emit(splitter, from, size, size, hash, CY_WORD_LETTER);
        return true;
    }
    if (letters + 1 == size && split_marked(splitter, from, end, 0))
        return true;
    splitter->count = count;
    return false;
}

/* well-known: letters, a hyphen, letters. */
static bool split_hyphenated(struct cy_splitter *splitter, size_t start, size_t end, size_t letters)
{
    size_t second = start + letters + 1;
    if (letters == 0 || second >= end || end - second >= 64 || letter_run(splitter, second) < end - second)
        return false;
    emit(splitter, start, letters, letters, hash_at(splitter, start, letters), CY_WORD_LETTER | CY_WORD_FIRST);
    emit_mark(splitter, second - 1, 0);
    emit(splitter, second, end - second, end - second, hash_at(splitter, second, end - second), CY_WORD_LETTER);
    return true;
}

/* Digits alone, or with a full stop or comma behind them. */
static bool split_digits(struct cy_splitter *splitter, size_t start, size_t end)
{
    size_t at = start;
    while (at < end && splitter->text[at] >= '0' && splitter->text[at] <= '9')
        at++;
    bool marked = at + 1 == end && (splitter->text[at] == '.' || splitter->text[at] == ',');
    if (at == start || (at < end && !marked))
        return false;
    emit(splitter, start, at - start, at - start, hash_at(splitter, start, at - start), CY_WORD_FIRST);
    if (marked)
        emit_mark(splitter, at, 0);
    return true;
}

/* The less frequent simple pieces; what is none goes the general way. */
static __attribute__((noinline)) void split_other(struct cy_splitter *splitter, size_t start, size_t end, size_t letters)
{
    char first = splitter->text[start];
    bool done = false;
    if (letters > 0 && start + letters < end && splitter->text[start + letters] == '-')
        done = split_hyphenated(splitter, start, end, letters);
    else if (first == '(' || first == '"')
        done = split_opened(splitter, start, end);
    else if (first >= '0' && first <= '9')
        done = split_digits(splitter, start, end);
    if (!done && end - start == 1 && first > ' ' && first < 0x7F)
        emit_mark(splitter, start, CY_WORD_FIRST);
    else if (!done)
        split_any(splitter, start, end);
}

/* One piece between ASCII white space. Nine of ten in prose are a word of letters, or one with a mark behind it. */
static inline void split_between_spaces(struct cy_splitter *splitter, size_t start, size_t end)
{
    size_t size = end - start, letters = letter_run(splitter, start);
    if (letters >= size) {
        uint64_t hash = hash_at(splitter, start, size);
        if (__builtin_expect(!cy_special_maybe(splitter->specials, hash), 1)) {
            emit(splitter, start, size, size, hash, CY_WORD_LETTER | CY_WORD_FIRST);
            return;
        }
    } else if (letters + 1 == size && letters > 1 && split_marked(splitter, start, end, CY_WORD_FIRST)) {
        return;
    }
    split_other(splitter, start, end, letters);
}

static void split_text(struct cy_splitter *splitter)
{
    size_t mask_words = (splitter->size + CY_MASK_BYTES - 1) / CY_MASK_BYTES, start = 0;
    uint64_t carry = 0; /* 1 while a piece goes on from the block before */
    for (size_t block = 0; block < mask_words; block++) {
        size_t first = block * CY_MASK_BYTES, left = splitter->size - first;
        uint64_t inside = ~splitter->space[block] & (left >= CY_MASK_BYTES ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1);
        uint64_t edges = inside ^ (inside << 1 | carry); /* the first byte of each piece, and the first behind it */
        reserve_words(splitter, 2 * CY_MASK_BYTES);
        if (carry && edges != 0) {
            split_between_spaces(splitter, start, first + (size_t)__builtin_ctzll(edges));
            edges &= edges - 1;
        }
        while (edges != 0) {
            start = first + (size_t)__builtin_ctzll(edges);
            edges &= edges - 1;
            if (edges == 0)
                break;
            reserve_words(splitter, 2 * CY_MASK_BYTES);
            split_between_spaces(splitter, start, first + (size_t)__builtin_ctzll(edges));
            edges &= edges - 1;
        }
        carry = inside >> 63;
    }
    if (carry)
        split_between_spaces(splitter, start, splitter->size);
}

static void *copied(struct cy_arena *arena, const void *from, size_t size_bytes)
{
    void *to = cy_arena_alloc(arena, size_bytes);
    if (size_bytes > 0)
        memcpy(to, from, size_bytes);
    return to;
}

struct cy_words *cy_words_split(struct cy_splitter *splitter, struct cy_str text, struct cy_arena *arena)
{
    size_t mask_words = (text.size + CY_MASK_BYTES - 1) / CY_MASK_BYTES;
    reserve_masks(splitter, mask_words + 1);
    splitter->text = text.data;
    splitter->size = text.size;
    splitter->count = 0;
    splitter->masks(text.data, text.size, splitter->space, splitter->letters, splitter->high);
    splitter->letters[mask_words] = 0;
    split_text(splitter);
    uint64_t high = 0;
    for (size_t i = 0; i < mask_words; i++)
        high |= splitter->high[i];
    size_t count = splitter->count;
    struct cy_words *words = cy_arena_alloc(arena, sizeof *words);
    uint32_t *sizes = copied(arena, splitter->sizes, count * sizeof *sizes);
    *words = (struct cy_words){
        .text = text,
        .count = count,
        .ascii = high == 0,
        .starts = copied(arena, splitter->starts, count * sizeof *splitter->starts),
        .sizes = sizes,
        .chars = high == 0 ? sizes : copied(arena, splitter->chars, count * sizeof *splitter->chars),
        .hashes = copied(arena, splitter->hashes, count * sizeof *splitter->hashes),
        .flags = copied(arena, splitter->flags, count * sizeof *splitter->flags),
    };
    return words;
}
