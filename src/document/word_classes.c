#include "document/word_classes.h"

#include "base/unicode.h"
#include "document/words.h"

#include <pthread.h>

struct range {
    uint32_t first, last;
};

/* What ends a sentence: the property Sentence_Terminal of Unicode 12, less four compatibility forms. */
static const struct range stops[] = {
    {'!', '!'},         {'.', '.'},         {'?', '?'},         {0x589, 0x589},     {0x61F, 0x61F},     {0x6D4, 0x6D4},
    {0x700, 0x702},     {0x7F9, 0x7F9},     {0x964, 0x965},     {0x104A, 0x104B},   {0x1362, 0x1362},   {0x1367, 0x1368},
    {0x166E, 0x166E},   {0x1735, 0x1736},   {0x1803, 0x1803},   {0x1809, 0x1809},   {0x1944, 0x1945},   {0x1AA8, 0x1AAB},
    {0x1B5A, 0x1B5B},   {0x1B5E, 0x1B5F},   {0x1C3B, 0x1C3C},   {0x1C7E, 0x1C7F},   {0x203C, 0x203D},   {0x2047, 0x2049},
    {0x2E2E, 0x2E2E},   {0x2E3C, 0x2E3C},   {0x3002, 0x3002},   {0xA4FF, 0xA4FF},   {0xA60E, 0xA60F},   {0xA6F3, 0xA6F3},
    {0xA6F7, 0xA6F7},   {0xA876, 0xA877},   {0xA8CE, 0xA8CF},   {0xA92F, 0xA92F},   {0xA9C8, 0xA9C9},   {0xAA5D, 0xAA5F},
    {0xAAF0, 0xAAF1},   {0xABEB, 0xABEB},   {0xFE52, 0xFE52},   {0xFE56, 0xFE57},   {0xFF01, 0xFF01},   {0xFF0E, 0xFF0E},
    {0xFF1F, 0xFF1F},   {0xFF61, 0xFF61},   {0x10A56, 0x10A57}, {0x11047, 0x11048}, {0x110BE, 0x110C1}, {0x11141, 0x11143},
    {0x111C5, 0x111C6}, {0x111CD, 0x111CD}, {0x111DE, 0x111DF}, {0x11238, 0x11239}, {0x1123B, 0x1123C}, {0x112A9, 0x112A9},
    {0x1144B, 0x1144C}, {0x115C2, 0x115C3}, {0x115C9, 0x115D7}, {0x11641, 0x11642}, {0x1173C, 0x1173E}, {0x11A42, 0x11A43},
    {0x11A9B, 0x11A9C}, {0x11C41, 0x11C42}, {0x16A6E, 0x16A6F}, {0x16AF5, 0x16AF5}, {0x16B37, 0x16B38}, {0x16B44, 0x16B44},
    {0x1BC9F, 0x1BC9F}, {0x1DA88, 0x1DA88},
};

/* What ends a line of prose besides: later additions to Sentence_Terminal, and Khmer's camnuc, phnaek muan and koomuut. */
static const struct range more_terminals[] = {
    {0x61D, 0x61E},     {0x837, 0x837},     {0x839, 0x839},     {0x83D, 0x83E},     {0x17D4, 0x17D6},
    {0x17D9, 0x17DA},   {0x1B7D, 0x1B7E},   {0x2E53, 0x2E54},   {0x10F55, 0x10F59}, {0x10F86, 0x10F89},
    {0x11944, 0x11944}, {0x11946, 0x11946}, {0x11EF7, 0x11EF8}, {0x11F43, 0x11F44}, {0x16E98, 0x16E98},
};

/* datatrove's punctuation beyond ASCII, control characters and terminals; U+FF11 is in its list, so it is in ours. */
static const uint32_t symbols[] = {
    0xAB,   0xB4,   0xBB,   0x2013, 0x2014, 0x2019, 0x201C, 0x201D, 0x201E, 0x2026, 0x2236, 0x2501, 0x25BA, 0x3001, 0x3008,
    0x3009, 0x300A, 0x300B, 0x300C, 0x300D, 0x3010, 0x3011, 0xFF05, 0xFF08, 0xFF09, 0xFF0C, 0xFF11, 0xFF1A, 0xFF1B, 0xFF5E,
};

/* Quotation marks and the brackets that East Asian text quotes with. */
static const uint32_t quotes[] = {
    '\'',   '"',    '`',    0xAB,   0xB4,   0xBB,   0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E, ',',    0x27E6, 0x27E7,
    0x3008, 0x3009, 0x300A, 0x300B, 0x300C, 0x300D, 0x300E, 0x300F, 0x3010, 0x3011, 0x3014, 0x3015, 0xFF08, 0xFF09,
};

/* Punctuation that stands apart at both ends of a piece. */
static const uint32_t edges[] = {
    0x2026, ',', ':', ';',    '!',    '?',    0xBF,   0x61F,  0xA1,   '(',    ')',    '[',  ']',   '{',   '}',   '<',   '>',   '_',
    '#',    '*', '&', 0x3002, 0xFF1F, 0xFF01, 0xFF0C, 0x3001, 0xFF1B, 0xFF1A, 0xFF5E, 0xB7, 0x964, 0x60C, 0x6D4, 0x61B, 0x66A,
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

static bool in_list(const uint32_t *list, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == point)
            return true;
    return false;
}

static uint32_t letter_bits(uint32_t point)
{
    if (!cy_is_letter(point))
        return 0;
    switch (cy_category(point)) {
    case CY_LU:
    case CY_LT:
        return CY_CHAR_LETTER | CY_CHAR_UPPER;
    case CY_LL:
        return CY_CHAR_LETTER | CY_CHAR_LOWER;
    default:
        return CY_CHAR_LETTER | CY_CHAR_UPPER | CY_CHAR_LOWER;
    }
}

/* In which of the lists above a point stands. */
enum listed { STOPS = 1 << 0, TERMINALS = 1 << 1, SYMBOLS = 1 << 2, QUOTES = 1 << 3, EDGES = 1 << 4 };

static unsigned listed_in(uint32_t point)
{
    bool stop = in_ranges(stops, CY_COUNT(stops), point);
    return (stop ? STOPS | TERMINALS : 0u) | (in_ranges(more_terminals, CY_COUNT(more_terminals), point) ? TERMINALS : 0u) |
           (in_list(symbols, CY_COUNT(symbols), point) ? SYMBOLS : 0u) | (in_list(quotes, CY_COUNT(quotes), point) ? QUOTES : 0u) |
           (in_list(edges, CY_COUNT(edges), point) ? EDGES : 0u);
}

/* The bits that decide where a piece is cut. */
static uint32_t cutting_bits(uint32_t point, unsigned listed)
{
    uint32_t bits = 0;
    bool quote = listed & QUOTES, edge = listed & EDGES;
    bool picture = cy_category(point) == CY_SO, dash = point == 0x2013 || point == 0x2014, currency = cy_category(point) == CY_SC;
    if (quote || edge || picture || dash || currency || point == 0xA7 || point == '%' || point == '=')
        bits |= CY_CHAR_PREFIX;
    if (quote || edge || picture || dash)
        bits |= CY_CHAR_SUFFIX;
    if (quote)
        bits |= CY_CHAR_QUOTE;
    if (picture || point == 0x2026)
        bits |= CY_CHAR_INFIX;
    if (quote || edge || (letter_bits(point) & CY_CHAR_LOWER) || (point >= '0' && point <= '9') || point == '%' || point == 0xB2 ||
        point == '-' || point == '+' || point == '|')
        bits |= CY_CHAR_BEFORE_STOP;
    if (currency)
        bits |= CY_CHAR_CURRENCY;
    if (point == '-' || point == '~' || dash)
        bits |= CY_CHAR_HYPHEN;
    return bits;
}

static uint32_t class_bits(uint32_t point, unsigned listed)
{
    uint32_t bits = letter_bits(point) | cutting_bits(point, listed);
    bool control = point < 0x20 ? point != '\t' && point != '\n' : point >= 0x7F && point < 0xA0;
    bool ascii_symbol = point > 0x20 && point < 0x7F && !cy_is_letter(point) && !cy_is_digit(point);
    if (cy_is_white_space(point) || (point >= 0x1C && point <= 0x1F))
        bits |= CY_CHAR_SPACE;
    if (cy_is_unspaced_script(cy_script(point)) && !cy_is_mark(point) && !cy_is_punctuation(point))
        bits |= CY_CHAR_UNSPACED;
    if (cy_is_mark(point) || point == 0x200C || point == 0x200D)
        bits |= CY_CHAR_MARK;
    if (point >= '0' && point <= '9')
        bits |= CY_CHAR_DIGIT;
    if (control || ascii_symbol || (listed & (TERMINALS | SYMBOLS)))
        bits |= CY_CHAR_SYMBOL;
    if (cy_is_punctuation(point))
        bits |= CY_CHAR_PUNCT;
    if (listed & STOPS)
        bits |= CY_CHAR_STOP;
    if (listed & TERMINALS)
        bits |= CY_CHAR_TERMINAL;
    return bits;
}

uint32_t cy_char_class_of(uint32_t point)
{
    return class_bits(point, listed_in(point));
}

static uint32_t table[CY_CLASSES_TABLE];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void note_ranges(const struct range *ranges, size_t count, unsigned listed)
{
    for (size_t i = 0; i < count; i++)
        for (uint32_t point = ranges[i].first; point <= ranges[i].last && point < CY_CLASSES_TABLE; point++)
            table[point] |= listed;
}

static void note_list(const uint32_t *list, size_t count, unsigned listed)
{
    for (size_t i = 0; i < count; i++)
        table[list[i]] |= listed;
}

/* Walks each list once, instead of looking for each point in all of them. */
static void fill_table(void)
{
    note_ranges(stops, CY_COUNT(stops), STOPS | TERMINALS);
    note_ranges(more_terminals, CY_COUNT(more_terminals), TERMINALS);
    note_list(symbols, CY_COUNT(symbols), SYMBOLS);
    note_list(quotes, CY_COUNT(quotes), QUOTES);
    note_list(edges, CY_COUNT(edges), EDGES);
    for (uint32_t point = 0; point < CY_CLASSES_TABLE; point++)
        table[point] = class_bits(point, table[point]);
}

const uint32_t *cy_char_classes(void)
{
    pthread_once(&table_once, fill_table);
    return table;
}

bool cy_is_symbol_char(uint32_t point)
{
    return cy_char_class(cy_char_classes(), point) & CY_CHAR_SYMBOL;
}

bool cy_is_terminal(uint32_t point)
{
    return cy_char_class(cy_char_classes(), point) & CY_CHAR_TERMINAL;
}

bool cy_is_space_char(uint32_t point)
{
    return cy_char_class(cy_char_classes(), point) & CY_CHAR_SPACE;
}
