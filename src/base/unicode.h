/* Unicode 16.0: what a code point is, and UTF-8. Our own tables, so that one stated version holds everywhere, whatever the libraries'.
 * The tables are written by tools/make_unicode.py. Normalization forms are in unicode_nfc.h. */
#ifndef CY_BASE_UNICODE_H
#define CY_BASE_UNICODE_H

#include "base/bytes.h"

#define CY_UNICODE_VERSION "16.0.0"

/* General category (UAX #44, table 12). The order is that of make_unicode.py; classes are ranges of it. */
enum cy_category {
    CY_CN, /* unassigned, and what is no code point */
    CY_LU,
    CY_LL,
    CY_LT,
    CY_LM,
    CY_LO, /* letters */
    CY_MN,
    CY_MC,
    CY_ME, /* marks */
    CY_ND,
    CY_NL,
    CY_NO, /* numbers */
    CY_PC,
    CY_PD,
    CY_PS,
    CY_PE,
    CY_PI,
    CY_PF,
    CY_PO, /* punctuation */
    CY_SM,
    CY_SC,
    CY_SK,
    CY_SO, /* symbols */
    CY_ZS,
    CY_ZL,
    CY_ZP, /* separators */
    CY_CC,
    CY_CF,
    CY_CS,
    CY_CO, /* control, format, surrogate, private use */
};

/* Script (UAX #24) of the scripts that we treat apart; every other one is CY_SCRIPT_OTHER. */
enum cy_script {
    CY_SCRIPT_OTHER,
    CY_SCRIPT_COMMON,
    CY_SCRIPT_INHERITED,
    CY_SCRIPT_LATIN,
    CY_SCRIPT_GREEK,
    CY_SCRIPT_CYRILLIC,
    CY_SCRIPT_ARMENIAN,
    CY_SCRIPT_HEBREW,
    CY_SCRIPT_ARABIC,
    CY_SCRIPT_DEVANAGARI,
    CY_SCRIPT_BENGALI,
    CY_SCRIPT_TAMIL,
    CY_SCRIPT_TELUGU,
    CY_SCRIPT_GEORGIAN,
    CY_SCRIPT_ETHIOPIC,
    CY_SCRIPT_HANGUL,
    CY_SCRIPT_HIRAGANA,
    CY_SCRIPT_KATAKANA,
    CY_SCRIPT_BOPOMOFO,
    CY_SCRIPT_HAN,
    CY_SCRIPT_THAI,
    CY_SCRIPT_LAO,
    CY_SCRIPT_KHMER,
    CY_SCRIPT_MYANMAR,
    CY_SCRIPT_TIBETAN,
};

/* ---- the tables ---- */

enum { CY_UNICODE_BLOCK = 128, CY_CODE_POINT_MAX = 0x10FFFF, CY_REPLACEMENT = 0xFFFD };
extern const uint16_t cy_unicode_block[];      /* [point / CY_UNICODE_BLOCK] */
extern const uint16_t cy_unicode_properties[]; /* [block * CY_UNICODE_BLOCK + point % CY_UNICODE_BLOCK]: bits below */
extern const uint8_t cy_unicode_lower_block[];
extern const uint8_t cy_unicode_lower_index[];
extern const int32_t cy_unicode_lower_delta[];

/* category: bits 0 to 4; script: bits 5 to 9; White_Space: bit 10; Alphabetic: bit 11. 0 for what is no code point. */
static inline unsigned cy_unicode_property(uint32_t point)
{
    if (point > CY_CODE_POINT_MAX)
        return 0;
    return cy_unicode_properties[cy_unicode_block[point / CY_UNICODE_BLOCK] * CY_UNICODE_BLOCK + point % CY_UNICODE_BLOCK];
}

static inline enum cy_category cy_category(uint32_t point)
{
    return (enum cy_category)(cy_unicode_property(point) & 31);
}

static inline enum cy_script cy_script(uint32_t point)
{
    return (enum cy_script)(cy_unicode_property(point) >> 5 & 31);
}

/* The property White_Space; Python's str.isspace() has U+001C…U+001F too. */
static inline bool cy_is_white_space(uint32_t point)
{
    return cy_unicode_property(point) >> 10 & 1;
}

/* The property Alphabetic: letters, letter numbers, and marks that act as letters. */
static inline bool cy_is_alphabetic(uint32_t point)
{
    return cy_unicode_property(point) >> 11 & 1;
}

/* Category L*: Python's str.isalpha(), \p{L}. */
static inline bool cy_is_letter(uint32_t point)
{
    return cy_category(point) >= CY_LU && cy_category(point) <= CY_LO;
}

static inline bool cy_is_mark(uint32_t point) /* M* */
{
    return cy_category(point) >= CY_MN && cy_category(point) <= CY_ME;
}

static inline bool cy_is_digit(uint32_t point) /* Nd */
{
    return cy_category(point) == CY_ND;
}

static inline bool cy_is_number(uint32_t point) /* N* */
{
    return cy_category(point) >= CY_ND && cy_category(point) <= CY_NO;
}

static inline bool cy_is_punctuation(uint32_t point) /* P* */
{
    return cy_category(point) >= CY_PC && cy_category(point) <= CY_PO;
}

static inline bool cy_is_symbol(uint32_t point) /* S* */
{
    return cy_category(point) >= CY_SM && cy_category(point) <= CY_SO;
}

/* Written without spaces between words: Han, kana, Bopomofo, Thai, Lao, Khmer, Myanmar, Tibetan. Hangul is written with spaces. */
static inline bool cy_is_unspaced_script(enum cy_script script)
{
    return script >= CY_SCRIPT_HIRAGANA && script <= CY_SCRIPT_TIBETAN;
}

/* Simple_Lowercase_Mapping: one code point for one. */
static inline uint32_t cy_lower(uint32_t point)
{
    if (point > CY_CODE_POINT_MAX)
        return point;
    size_t index = (size_t)cy_unicode_lower_block[point / CY_UNICODE_BLOCK] * CY_UNICODE_BLOCK + point % CY_UNICODE_BLOCK;
    return point + (uint32_t)cy_unicode_lower_delta[cy_unicode_lower_index[index]];
}

/* ---- UTF-8 ---- */

/* The code point that begins at *at, *at < end, and moves *at behind it. A byte that begins no valid sequence (RFC 3629: shortest form,
 * no surrogate, at most U+10FFFF) gives U+FFFD and is passed alone. */
uint32_t cy_utf8_decode_long(const char **at, const char *end);
static inline uint32_t cy_utf8_decode(const char **at, const char *end)
{
    uint8_t first = (uint8_t) * *at;
    if (first < 0x80) {
        (*at)++;
        return first;
    }
    return cy_utf8_decode_long(at, end);
}

/* The code point that ends before *at, start < *at, and moves *at to its beginning; bytes that are not UTF-8 one by one, as U+FFFD. */
uint32_t cy_utf8_decode_back(const char *start, const char **at);

/* Writes the code point to out[0..4) and returns its size in bytes, 1 to 4. Surrogates and what is no code point become U+FFFD. */
size_t cy_utf8_encode(uint32_t point, char *out);

/* How many code points text[0..size_bytes) holds: of valid UTF-8 exactly, otherwise the bytes that are no continuation bytes. */
size_t cy_utf8_count(const char *text, size_t size_bytes);

/* Whether all of it is UTF-8 as RFC 3629 defines it. */
bool cy_utf8_is_valid(const char *text, size_t size_bytes);
/* Whether all bytes are below 0x80. */
bool cy_is_ascii(const char *text, size_t size_bytes);

#endif
