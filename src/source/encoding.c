#include "source/encoding.h"

#include "base/unicode.h"
#include "kernels/utf8.h"

#include <lexbor/encoding/encoding.h>
#include <uchardet.h>

enum {
    HEAD_BYTES = 4096,        /* a page's own declaration is looked for in these; the standard asks for 1,024, real pages need more */
    SNIFF_BYTES = 256 * 1024, /* uchardet sees these at most */
    BLOCK_POINTS = 1024,      /* code points decoded at a time */
    ERROR_SHARE = 100,        /* one replaced character in so many is accepted */
    UTF8_ERROR_SHARE = 10,    /* one replaced in so many non-ASCII characters still means UTF-8 */
    BYTES_MAX = 3,            /* UTF-8 bytes that one byte of any encoding can become */
};

/* What became of the characters. */
struct tally {
    size_t points;
    size_t replaced;
    size_t foreign; /* not ASCII, replaced ones among them */
};

static size_t put_points(const lxb_codepoint_t *points, size_t count, char *out, struct tally *tally)
{
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        lxb_codepoint_t point = points[i];
        if (point < 0x80) {
            *at++ = (char)point;
            continue;
        }
        tally->foreign++;
        tally->replaced += point == 0xFFFD;
        at += cy_utf8_encode(point, at);
    }
    tally->points += count;
    return (size_t)(at - out);
}

static struct cy_str decode(struct cy_str raw, const lxb_encoding_data_t *encoding, struct cy_arena *arena, struct tally *tally)
{
    static const lxb_codepoint_t replacement = 0xFFFD;
    lxb_codepoint_t points[BLOCK_POINTS];
    lxb_encoding_decode_t decoder = {0};
    lxb_encoding_decode_init(&decoder, encoding, points, BLOCK_POINTS);
    lxb_encoding_decode_replace_set(&decoder, &replacement, 1);
    size_t capacity = raw.size * BYTES_MAX + 16, size = 0;
    char *out = cy_arena_alloc(arena, capacity);
    const lxb_char_t *at = (const lxb_char_t *)raw.data, *end = at + raw.size;
    *tally = (struct tally){0};
    for (bool finished = false; !finished;) {
        finished = encoding->decode(&decoder, &at, end) != LXB_STATUS_SMALL_BUFFER;
        size += put_points(points, lxb_encoding_decode_buf_used(&decoder), out + size, tally);
        lxb_encoding_decode_buf_used_set(&decoder, 0);
    }
    lxb_encoding_decode_finish(&decoder); /* a character cut off at the end becomes U+FFFD */
    size += put_points(points, lxb_encoding_decode_buf_used(&decoder), out + size, tally);
    CY_ASSERT(size <= capacity);
    cy_arena_shrink(arena, out, capacity, size);
    return (struct cy_str){out, size};
}

/* NULL for an unknown label, and for those that the standard refuses to decode (hz-gb-2312, iso-2022-kr, …). */
static const lxb_encoding_data_t *encoding_of(struct cy_str label)
{
    label = cy_str_trim(label);
    if (label.size == 0)
        return NULL;
    const lxb_encoding_data_t *found = lxb_encoding_data_by_name((const lxb_char_t *)label.data, label.size);
    return found == NULL || found->encoding == LXB_ENCODING_REPLACEMENT || found->decode == NULL ? NULL : found;
}

enum cy_status cy_encoding_check(struct cy_str label, struct cy_error *error)
{
    if (label.size == 0 || encoding_of(label) != NULL)
        return CY_OK;
    cy_error_set(error, CY_BAD_RECIPE, "the encoding \"%.*s\" is not known", (int)CY_MIN(label.size, 64), label.data);
    return cy_error_hint(error, "labels are those of browsers: utf-8, gbk, gb18030, big5, shift_jis, euc-kr, windows-1251, …");
}

/* ---- what is declared ---- */

static struct cy_str unquoted(struct cy_str value)
{
    value = cy_str_trim(value);
    if (value.size > 0 && (value.data[0] == '"' || value.data[0] == '\'')) {
        char quote = value.data[0];
        struct cy_str rest;
        return cy_str_split((struct cy_str){value.data + 1, value.size - 1}, quote, &rest);
    }
    size_t size = 0;
    while (size < value.size && strchr(" \t\r\n;>\"'/?", value.data[size]) == NULL)
        size++;
    return (struct cy_str){value.data, size};
}

struct cy_str cy_media_type_parameter(struct cy_str media_type, const char *name)
{
    struct cy_str rest;
    cy_str_split(media_type, ';', &rest);
    while (rest.size > 0) {
        struct cy_str value, part = cy_str_split(rest, ';', &rest), key = cy_str_split(part, '=', &value);
        if (cy_str_equal_nocase(cy_str_trim(key), cy_str(name)))
            return unquoted(value);
    }
    return (struct cy_str){"", 0};
}

/* The first place at or behind `from` where `word` (lower case) stands, whatever its case; text.size when it does not. */
static size_t find_word(struct cy_str text, size_t from, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = from; i + size <= text.size; i++)
        if (cy_str_equal_nocase((struct cy_str){text.data + i, size}, (struct cy_str){word, size}))
            return i;
    return text.size;
}

/* The value of `name` = value in `text`, as attributes and content="text/html; charset=x" write it. */
static struct cy_str value_of(struct cy_str text, const char *name)
{
    for (size_t at = 0; (at = find_word(text, at, name)) < text.size;) {
        at += strlen(name);
        struct cy_str rest = cy_str_trim((struct cy_str){text.data + at, text.size - at});
        if (rest.size > 0 && rest.data[0] == '=')
            return unquoted((struct cy_str){rest.data + 1, rest.size - 1});
    }
    return (struct cy_str){"", 0};
}

/* The encoding that a page declares in its first bytes: HTML standard, 13.2.3.2 "prescan", without its finer rules on attributes. */
static const lxb_encoding_data_t *declared_by_page(struct cy_str raw)
{
    struct cy_str head = {raw.data, CY_MIN(raw.size, HEAD_BYTES)};
    const lxb_encoding_data_t *found = NULL;
    if (cy_str_starts(head, CY_STR("<?xml"))) {
        struct cy_str rest, declaration = cy_str_split(head, '>', &rest);
        found = encoding_of(value_of(declaration, "encoding"));
    }
    for (size_t at = 0; found == NULL && at < head.size; at++) {
        const char *tag = memchr(head.data + at, '<', head.size - at);
        if (tag == NULL)
            break;
        at = (size_t)(tag - head.data);
        struct cy_str rest = {tag, head.size - at};
        if (cy_str_starts(rest, CY_STR("<!--"))) {
            at = find_word(head, at + 4, "-->");
        } else if (rest.size > 5 && cy_str_equal_nocase((struct cy_str){rest.data, 5}, CY_STR("<meta"))) {
            struct cy_str behind;
            found = encoding_of(value_of(cy_str_split(rest, '>', &behind), "charset"));
        }
    }
    if (found != NULL && (found->encoding == LXB_ENCODING_UTF_16LE || found->encoding == LXB_ENCODING_UTF_16BE))
        found = lxb_encoding_data(LXB_ENCODING_UTF_8); /* it could not have been read as ASCII otherwise */
    if (found != NULL && found->encoding == LXB_ENCODING_X_USER_DEFINED)
        found = lxb_encoding_data(LXB_ENCODING_WINDOWS_1252);
    return found;
}

/* Whether ASCII bytes can mean something else than ASCII in it. */
static bool hides_in_ascii(const lxb_encoding_data_t *encoding, struct cy_str raw)
{
    if (encoding->encoding == LXB_ENCODING_ISO_2022_JP)
        return memchr(raw.data, 0x1B, raw.size) != NULL;
    return (encoding->encoding == LXB_ENCODING_UTF_16LE || encoding->encoding == LXB_ENCODING_UTF_16BE) &&
           memchr(raw.data, 0, raw.size) != NULL;
}

/* ---- what is guessed ---- */

/* UTF-16 without a mark shows by NUL bytes in every other place (in text that is at least half ASCII). */
static const lxb_encoding_data_t *utf16_by_nul(struct cy_str raw)
{
    size_t size = CY_MIN(raw.size, HEAD_BYTES) & ~(size_t)1, nul[2] = {0, 0};
    for (size_t i = 0; i < size; i++)
        nul[i & 1] += raw.data[i] == '\0';
    if (nul[1] * 4 > size && nul[0] * 40 < size)
        return lxb_encoding_data(LXB_ENCODING_UTF_16LE);
    if (nul[0] * 4 > size && nul[1] * 40 < size)
        return lxb_encoding_data(LXB_ENCODING_UTF_16BE);
    return NULL;
}

/* uchardet's name, or the WHATWG's where that one is not a label of theirs. */
static const char *guess(struct cy_str raw, struct cy_arena *arena)
{
    static const char *const others[][2] = {{"UHC", "euc-kr"}, {"MAC-CYRILLIC", "x-mac-cyrillic"}};
    uchardet_t detector = uchardet_new();
    uchardet_handle_data(detector, raw.data, CY_MIN(raw.size, SNIFF_BYTES));
    uchardet_data_end(detector);
    const char *name = cy_arena_text(arena, uchardet_get_charset(detector));
    uchardet_delete(detector);
    for (size_t i = 0; i < CY_COUNT(others); i++)
        if (strcmp(name, others[i][0]) == 0)
            return others[i][1];
    return name;
}

/* ---- deciding ---- */

static bool good_enough(const struct tally *tally)
{
    return tally->replaced * ERROR_SHARE <= tally->points;
}

/* Gives back what a try that failed has made; returns false. */
static bool drop(struct cy_str *text, struct cy_arena *arena)
{
    cy_arena_shrink(arena, (void *)text->data, text->size, 0);
    *text = (struct cy_str){"", 0};
    return false;
}

static bool try_encoding(struct cy_str raw, const lxb_encoding_data_t *encoding, struct cy_arena *arena, struct cy_str *text)
{
    struct tally tally;
    *text = decode(raw, encoding, arena, &tally);
    return good_enough(&tally) || drop(text, arena);
}

/* UTF-8 with few errors. `declared`: it says so itself, and a few more are forgiven. */
static bool try_utf8(struct cy_str raw, bool declared, struct cy_arena *arena, struct cy_str *text)
{
    struct tally tally;
    *text = decode(raw, lxb_encoding_data(LXB_ENCODING_UTF_8), arena, &tally);
    bool cut_off = tally.replaced == 1 && cy_utf8_valid_bytes(raw) + 3 >= raw.size && ((uint8_t)raw.data[raw.size - 1] & 0x80) != 0;
    return cut_off || tally.replaced * UTF8_ERROR_SHARE <= tally.foreign || (declared && good_enough(&tally)) || drop(text, arena);
}

/* The bytes behind a byte-order mark, and its encoding; NULL: there is none. */
static const lxb_encoding_data_t *marked(struct cy_str *raw)
{
    static const struct {
        const char *mark;
        size_t size;
        lxb_encoding_t encoding;
    } marks[] = {{"\xEF\xBB\xBF", 3, LXB_ENCODING_UTF_8}, {"\xFF\xFE", 2, LXB_ENCODING_UTF_16LE}, {"\xFE\xFF", 2, LXB_ENCODING_UTF_16BE}};
    for (size_t i = 0; i < CY_COUNT(marks); i++)
        if (cy_str_starts(*raw, (struct cy_str){marks[i].mark, marks[i].size})) {
            *raw = (struct cy_str){raw->data + marks[i].size, raw->size - marks[i].size};
            return lxb_encoding_data(marks[i].encoding);
        }
    return NULL;
}

static const char *refused(struct cy_arena *arena, const lxb_encoding_data_t *encoding)
{
    return cy_arena_printf(arena, "encoding: not %s", (const char *)encoding->name);
}

const char *cy_encoding_decode(struct cy_str raw, struct cy_str media_type, enum cy_encoding_kind kind, struct cy_arena *arena,
                               struct cy_str *text)
{
    const lxb_encoding_data_t *mark = marked(&raw), *utf8 = lxb_encoding_data(LXB_ENCODING_UTF_8);
    if (mark != NULL && mark != utf8)
        return try_encoding(raw, mark, arena, text) ? NULL : refused(arena, mark);
    if (kind == CY_ENCODING_TEXT && memchr(raw.data, 0, CY_MIN(raw.size, HEAD_BYTES)) != NULL) {
        const lxb_encoding_data_t *wide = utf16_by_nul(raw);
        return wide != NULL && try_encoding(raw, wide, arena, text) ? NULL : "encoding: binary";
    }
    const lxb_encoding_data_t *declared = mark != NULL ? mark : encoding_of(cy_media_type_parameter(media_type, "charset"));
    if (declared == NULL && kind == CY_ENCODING_HTML)
        declared = declared_by_page(raw);
    if (cy_utf8_valid_bytes(raw) == raw.size && (declared == NULL || !hides_in_ascii(declared, raw))) {
        *text = raw;
        return NULL;
    }
    if (declared != NULL && declared != utf8 && try_encoding(raw, declared, arena, text))
        return NULL;
    if ((declared == NULL || declared == utf8) && try_utf8(raw, declared == utf8, arena, text))
        return NULL;
    if (declared == NULL && memchr(raw.data, 0, CY_MIN(raw.size, HEAD_BYTES)) != NULL) /* an image under a page's name */
        return "encoding: binary";
    const char *guessed = guess(raw, arena);
    const lxb_encoding_data_t *encoding = encoding_of(cy_str(guessed));
    if (encoding != NULL && encoding != utf8 && try_encoding(raw, encoding, arena, text))
        return NULL;
    if (declared != NULL)
        return refused(arena, declared);
    return guessed[0] == '\0' ? "encoding: unknown" : cy_arena_printf(arena, "encoding: not %s", guessed);
}

const char *cy_encoding_decode_as(struct cy_str raw, struct cy_str label, struct cy_arena *arena, struct cy_str *text)
{
    const lxb_encoding_data_t *encoding = encoding_of(label);
    if (encoding == NULL)
        return cy_arena_printf(arena, "encoding: \"%.*s\" is not known", (int)CY_MIN(label.size, 40), label.data);
    return try_encoding(raw, encoding, arena, text) ? NULL : refused(arena, encoding);
}

const char *cy_encoding_guess(struct cy_str head, struct cy_arena *arena)
{
    enum { CHARACTER_BYTES_MAX = 4 };
    struct cy_str text;
    const lxb_encoding_data_t *found = marked(&head);
    if (found == NULL)
        found = utf16_by_nul(head);
    if (found == NULL) {
        if (cy_utf8_valid_bytes(head) + CHARACTER_BYTES_MAX > head.size || try_utf8(head, false, arena, &text))
            return NULL;
        found = encoding_of(cy_str(guess(head, arena)));
        if (found != NULL && !try_encoding(head, found, arena, &text))
            found = NULL;
    }
    return found == NULL || found->encoding == LXB_ENCODING_UTF_8 ? NULL : (const char *)found->name;
}
