#include "html/html_block_text.h"

enum { LOWER = 1, UPPER, DIGIT, COMMA, STOP, CLOSE, SYMBOL, BLANK, WIDE, MANY }; /* CLOSE: quotes and brackets after a stop */

static const uint8_t kinds[256] = {
    ['a'] = LOWER,  ['b'] = LOWER,  ['c'] = LOWER,  ['d'] = LOWER,  ['e'] = LOWER,  ['f'] = LOWER,  ['g'] = LOWER,  ['h'] = LOWER,
    ['i'] = LOWER,  ['j'] = LOWER,  ['k'] = LOWER,  ['l'] = LOWER,  ['m'] = LOWER,  ['n'] = LOWER,  ['o'] = LOWER,  ['p'] = LOWER,
    ['q'] = LOWER,  ['r'] = LOWER,  ['s'] = LOWER,  ['t'] = LOWER,  ['u'] = LOWER,  ['v'] = LOWER,  ['w'] = LOWER,  ['x'] = LOWER,
    ['y'] = LOWER,  ['z'] = LOWER,  ['_'] = LOWER,  ['A'] = UPPER,  ['B'] = UPPER,  ['C'] = UPPER,  ['D'] = UPPER,  ['E'] = UPPER,
    ['F'] = UPPER,  ['G'] = UPPER,  ['H'] = UPPER,  ['I'] = UPPER,  ['J'] = UPPER,  ['K'] = UPPER,  ['L'] = UPPER,  ['M'] = UPPER,
    ['N'] = UPPER,  ['O'] = UPPER,  ['P'] = UPPER,  ['Q'] = UPPER,  ['R'] = UPPER,  ['S'] = UPPER,  ['T'] = UPPER,  ['U'] = UPPER,
    ['V'] = UPPER,  ['W'] = UPPER,  ['X'] = UPPER,  ['Y'] = UPPER,  ['Z'] = UPPER,  ['0'] = DIGIT,  ['1'] = DIGIT,  ['2'] = DIGIT,
    ['3'] = DIGIT,  ['4'] = DIGIT,  ['5'] = DIGIT,  ['6'] = DIGIT,  ['7'] = DIGIT,  ['8'] = DIGIT,  ['9'] = DIGIT,  [','] = COMMA,
    [';'] = COMMA,  [':'] = COMMA,  ['.'] = STOP,   ['!'] = STOP,   ['?'] = STOP,   ['"'] = CLOSE,  ['\''] = CLOSE, [')'] = CLOSE,
    [']'] = CLOSE,  ['|'] = SYMBOL, ['/'] = SYMBOL, ['>'] = SYMBOL, ['<'] = SYMBOL, ['*'] = SYMBOL, ['#'] = SYMBOL, ['+'] = SYMBOL,
    ['$'] = SYMBOL, ['='] = SYMBOL, ['~'] = SYMBOL, [' '] = BLANK,  ['\n'] = BLANK, ['\t'] = BLANK, [0xE2] = MANY,  [0xE3] = MANY,
    [0xE4] = WIDE,  [0xE5] = WIDE,  [0xE6] = WIDE,  [0xE7] = WIDE,  [0xE8] = WIDE,  [0xE9] = WIDE,  [0xEA] = WIDE,  [0xEB] = WIDE,
    [0xEC] = WIDE,  [0xED] = WIDE,  [0xEF] = MANY,  [0xC2] = MANY,
};

/* A character whose first byte is MANY: a letter of some script, or punctuation that counts. Returns one of the kinds above, 0 for other
 * marks; *bytes gets its length. */
static uint8_t kind_of_many(const uint8_t *at, size_t left, size_t *bytes)
{
    uint8_t a = at[0], b = left > 1 ? at[1] : 0, c = left > 2 ? at[2] : 0;
    *bytes = CY_MIN(left, a == 0xC2 ? (size_t)2 : (size_t)3);
    if (a == 0xC2)
        return b == 0xA9 || b == 0xAE || b == 0xBB || b == 0xAB || b == 0xB7 ? SYMBOL : b == 0xAA || b == 0xB5 || b == 0xBA ? LOWER : 0;
    if (a == 0xE2 && b == 0x80)
        return c == 0xA6 ? STOP : c == 0x99 || c == 0x9D ? CLOSE : c == 0xA2 || c == 0xBA ? SYMBOL : 0; /* … ’ ” • › */
    if (a == 0xE2)
        return b >= 0x86 && b <= 0xAF ? SYMBOL : 0; /* arrows, boxes, dingbats */
    if (a == 0xE3 && b == 0x80)
        return c == 0x81 ? COMMA : c == 0x82 ? STOP : c >= 0x8B && c <= 0x8F ? CLOSE : 0; /* 、 。 」 */
    if (a == 0xE3)
        return WIDE; /* kana */
    if (a == 0xEF && b == 0xBC)
        return c == 0x8C || c == 0x9A || c == 0x9B ? COMMA
               : c == 0x81 || c == 0x9F            ? STOP
               : c == 0x89                         ? CLOSE
                                                   : WIDE; /* ， ： ； ！ ？ ） */
    return 0;
}

static bool title_has(const struct cy_html_title_words *words, uint32_t hash)
{
    for (size_t slot = hash & 255, tries = 0; words->slots[slot] != 0 && tries < 256; slot = (slot + 1) & 255, tries++)
        if (words->slots[slot] == hash)
            return true;
    return false;
}

static void end_word(struct cy_html_block_text *out, const struct cy_html_title_words *title, uint32_t *hash)
{
    if (*hash != 0)
        out->in_title += title_has(title, *hash);
    *hash = 0;
}

struct cy_html_block_text cy_html_block_text_of(struct cy_str text, const struct cy_html_title_words *title)
{
    struct cy_html_block_text out = {.hash = 2166136261u};
    uint8_t last = 0, before_close = 0; /* kind of the last character, and of the last that was no CLOSE */
    uint32_t word = 0;                  /* hash of the word at hand; 0 between words */
    for (size_t i = 0; i < text.size;) {
        uint8_t byte = (uint8_t)text.data[i], kind = kinds[byte];
        size_t bytes = 1;
        if (kind == MANY)
            kind = kind_of_many((const uint8_t *)text.data + i, text.size - i, &bytes);
        else if (kind == WIDE)
            bytes = CY_MIN((size_t)3, text.size - i);
        else if (byte >= 0x80)
            kind = LOWER; /* letters of other scripts, and what continues them */
        out.hash = (out.hash ^ byte) * 16777619u;
        bool letter = kind == LOWER || kind == UPPER || kind == DIGIT;
        if (letter) {
            bool starts = word == 0;
            out.words += starts;
            out.half_words += starts ? 2 : 0;
            out.title_words += starts && kind == UPPER;
            out.upper += kind == UPPER;
            out.digits += kind == DIGIT;
            out.letters += (byte & 0xC0) != 0x80;
            word = ((starts ? 2166136261u : word) ^ (uint32_t)(kind == UPPER ? byte | 32 : byte)) * 16777619u | 1;
        } else if (word != 0) {
            end_word(&out, title, &word);
        }
        if (kind == WIDE) {
            out.words++, out.half_words++, out.letters++;
        } else if (kind == COMMA) {
            out.commas++;
        } else if (kind == SYMBOL) {
            out.symbols++;
        } else if (kind == STOP && byte >= 0x80) {
            out.sentences++;
        } else if (kind == BLANK && (last == STOP || (last == CLOSE && before_close == STOP))) {
            out.sentences++;
        }
        if (i == 0)
            out.first = kind == WIDE || byte >= 0xC3 ? 4 : kind <= DIGIT ? kind : 0;
        last = kind;
        if (kind != CLOSE)
            before_close = kind;
        i += bytes;
    }
    end_word(&out, title, &word);
    out.terminal = before_close == STOP ? 2 : last == COMMA ? 1 : 0;
    out.sentences += out.terminal == 2;
    return out;
}

void cy_html_title_words_add(struct cy_html_title_words *words, struct cy_str title)
{
    enum { WORDS_MAX = 100 }; /* far below the slots, so that looking up stays short */
    uint32_t hash = 0;
    size_t count = 0;
    for (size_t i = 0; i <= title.size && count < WORDS_MAX; i++) {
        uint8_t byte = i < title.size ? (uint8_t)title.data[i] : ' ', kind = byte >= 0xC3 ? (uint8_t)LOWER : kinds[byte];
        if (byte >= 0x80 && byte < 0xC0)
            kind = LOWER;
        if (kind >= LOWER && kind <= DIGIT) {
            hash = ((hash == 0 ? 2166136261u : hash) ^ (uint32_t)(kind == UPPER ? byte | 32 : byte)) * 16777619u | 1;
        } else if (hash != 0) {
            size_t slot = hash & 255;
            while (words->slots[slot] != 0 && words->slots[slot] != hash)
                slot = (slot + 1) & 255;
            if (words->slots[slot] == 0)
                words->slots[slot] = hash, count++;
            hash = 0;
        }
    }
}
