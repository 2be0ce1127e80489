#include "document/word_specials.h"

#include <pthread.h>
#include <stdio.h>

static struct cy_specials table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

/* Whether the general rule cuts it: it has a mark other than an apostrophe inside. */
static bool is_cut_otherwise(const struct cy_special *special)
{
    for (size_t i = 0; i < special->size; i++) {
        char byte = special->text[i];
        bool plain = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || (byte & 0x80) != 0 || byte == '\'';
        if (!plain || (i == 0 && byte == '\'') || (i == 0 && (byte & 0x80) != 0))
            return true;
    }
    return false;
}

/* Adds the pieces between `cut` as one entry; an entry that is there stays. */
static void add_cut(const char *pieces, char cut)
{
    struct cy_special entry = {{0}, 0, {0}, false};
    size_t piece_count = 0;
    for (const char *at = pieces; *at != '\0'; at++) {
        if (*at != cut) {
            CY_ASSERT(entry.size < CY_SPECIAL_BYTES_MAX);
            entry.text[entry.size++] = *at;
        }
        if (at[1] == cut || at[1] == '\0') {
            CY_ASSERT(piece_count < CY_SPECIAL_PIECES_MAX);
            entry.ends[piece_count++] = entry.size;
            at += at[1] != '\0';
        }
    }
    entry.joins = is_cut_otherwise(&entry);
    uint64_t hash = cy_word_hash(entry.text, entry.size);
    size_t slot = (hash >> 32) % CY_COUNT(table.slots);
    while (table.slots[slot].size != 0) {
        if (table.slots[slot].size == entry.size && memcmp(table.slots[slot].text, entry.text, entry.size) == 0)
            return;
        slot = (slot + 1) % CY_COUNT(table.slots);
    }
    table.slots[slot] = entry;
    table.sizes[(uint8_t)entry.text[0]] |= (uint32_t)1 << entry.size;
    if (entry.joins)
        table.joining_sizes[(uint8_t)entry.text[0]] |= (uint32_t)1 << entry.size;
    table.filter[hash % CY_SPECIAL_FILTER_BITS / 64] |= (uint64_t)1 << (hash % 64);
}

static void add_entry(const char *pieces)
{
    add_cut(pieces, '|');
}

/* `pieces` with each ' replaced. */
static void with_apostrophe(const char *pieces, const char *apostrophe, char out[64])
{
    size_t size = 0;
    for (; *pieces != '\0'; pieces++)
        size += (size_t)snprintf(out + size, 64 - size, "%.*s", *pieces == '\'' ? (int)strlen(apostrophe) : 1,
                                 *pieces == '\'' ? apostrophe : pieces);
    out[size] = '\0';
}

/* The entry, and its form with the typographic apostrophe. */
static void add(const char *pieces)
{
    char curly[64];
    add_entry(pieces);
    with_apostrophe(pieces, "\u2019", curly);
    add_entry(curly);
}

/* Forms without the apostrophe that are words of their own. */
static bool is_other_word(const char *pieces)
{
    static const char *const words[] = {"i|ll", "it|s", "he|ll", "she|ll", "she|d", "we|re", "we|ll"};
    char lower[64];
    size_t size = strlen(pieces);
    for (size_t i = 0; i <= size; i++)
        lower[i] = pieces[i] >= 'A' && pieces[i] <= 'Z' ? (char)(pieces[i] | 0x20) : pieces[i];
    for (size_t i = 0; i < CY_COUNT(words); i++)
        if (strcmp(lower, words[i]) == 0)
            return true;
    return false;
}

/* Calls `each` for the words of a list separated by spaces. */
static void for_each(const char *list, void (*each)(const char *word, const char *context), const char *context)
{
    struct cy_str rest = cy_str(list);
    while (rest.size > 0) {
        struct cy_str word = cy_str_split(rest, ' ', &rest);
        char copy[64];
        CY_ASSERT(word.size < sizeof copy);
        memcpy(copy, word.data, word.size);
        copy[word.size] = '\0';
        each(copy, context);
    }
}

static void add_listed(const char *pieces, __attribute__((unused)) const char *context)
{
    add(pieces);
}

static void add_ending(const char *ending, const char *stem)
{
    char pieces[64], bare[64];
    snprintf(pieces, sizeof pieces, "%s|%s", stem, ending);
    add(pieces);
    with_apostrophe(pieces, "", bare);
    if (!is_other_word(bare))
        add_entry(bare);
}

static void add_stem(const char *stem, const char *endings)
{
    char title[64];
    snprintf(title, sizeof title, "%s", stem);
    title[0] = (char)(title[0] & ~0x20);
    for_each(endings, add_ending, stem);
    for_each(endings, add_ending, title);
}

static void add_word_and_title(const char *word, __attribute__((unused)) const char *context)
{
    char title[64];
    snprintf(title, sizeof title, "%s", word);
    title[0] = (char)(title[0] & ~0x20);
    add(word);
    add(title);
}

static void add_mouth(const char *mouth, const char *eyes)
{
    char face[64];
    snprintf(face, sizeof face, "%s%s", eyes, mouth);
    add(face);
}

/* What stands before an apostrophe, and what after it; each also without the apostrophe, and with a capital. */
static const struct {
    const char *stems, *endings;
} contractions[] = {
    {"i", "'m 'm|a"},
    {"i you he she it we they who what when where why how there that this these those", "'ll 'll|'ve 'd 'd|'ve"},
    {"i you we they who what when where why how there these those could might must should would not", "'ve"},
    {"you we they who what when where why how there these those", "'re"},
    {"he she it who what when where why how there that this", "'s"},
    {"ca could do does did had may might must need ought sha should wo would", "n't n't|'ve"},
    {"ai are is was were have has dare", "n't"},
};

static const char other_words[] =
    "can|not gon|na got|ta let|'s c'm|on ma'am o'clock lovin' havin' doin' goin' nothin' nuthin' somethin' ol' 'cause 'cos "
    "'coz 'cuz co.";
static const char as_they_are[] =
    "y'|all y|all how|'d|'y How|'d|'y 's 'S \u2018s \u2018S 'd 'll 're 'em 'nuff 'bout and/or w/o ' '' \u2014 \\\") <space> C++ \\t \\n "
    "Adm. Ak. Ala. Apr. Ariz. Ark. Aug. Bros. Calif. Colo. Conn. Corp. D.C. Dec. Del. Dr. e.g. E.g. E.G. Feb. Fla. Ga. Gen. Gov. i.e. I.e. "
    "I.E. Ia. Id. Ill. Inc. Ind. Jan. Jr. Jul. Jun. Kan. Kans. Ky. La. Ltd. Mar. Mass. Md. Messrs. Mich. Minn. Miss. Mo. Mont. Mr. Mrs. "
    "Ms. "
    "Mt. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. Ph.D. Prof. Rep. Rev. S.C. Sen. Sep. Sept. St. Tenn. Va. "
    "Wash. Wis. a.m. p.m. vs. v.s. \u00e4. \u00f6. \u00fc.";

/* Faces: eyes, and the mouths that go with them. */
static const struct {
    const char *eyes, *mouths;
} faces[] = {
    {":", ") )) ))) ( (( ((( () ] } / P p O o 0 1 * 3 > X x D o) "},
    {":-", ") )) ))) ( (( ((( ] } / P p O o 0 * 3 > X x D"},
    {";", ") D _;"},
    {";-", ") D"},
    {"=", ") ( / ] [ 3 D"},
    {"8", ") D"},
    {"8-", ") D"},
    {":'", ") ("},
    {":'-", ") ("},
    {">:", "( o"},
    {"(", ": -: ; -; -8 = o:"},
    {")", ": -:"},
    {"[", ": -: ="},
    {"]", "="},
    {"<3", "3 33"},
    {"</", "3"},
    {"<", "3 .<"},
    {">", ".< .>"},
    {"", "^_^ ^__^ ^___^ ._. -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ (^_^) (-_-) (._.) (>_<) "
         "(*_*)"},
};

static void fill_table(void)
{
    for (size_t i = 0; i < CY_COUNT(contractions); i++)
        for_each(contractions[i].stems, add_stem, contractions[i].endings);
    for_each(other_words, add_word_and_title, NULL);
    for_each(as_they_are, add_listed, NULL);
    for (size_t i = 0; i < CY_COUNT(faces); i++)
        for_each(faces[i].mouths, add_mouth, faces[i].eyes);
    char pieces[64];
    for (char letter = 'a'; letter <= 'z'; letter++) { /* a. b. … */
        snprintf(pieces, sizeof pieces, "%c.", letter);
        add_entry(pieces);
    }
    for (int hour = 1; hour <= 12; hour++)
        for (size_t i = 0; i < 4; i++) {
            static const char *const halves[] = {"a.m.", "am", "p.m.", "pm"};
            snprintf(pieces, sizeof pieces, "%d|%s", hour, halves[i]);
            add_entry(pieces);
        }
    for (const char *scale = "cfkCFK"; *scale != '\0'; scale++) {
        snprintf(pieces, sizeof pieces, "\u00b0|%c|.", *scale);
        add_entry(pieces);
    }
    static const char *const with_bars[] = {":|", ":-|", "=|"};
    for (size_t i = 0; i < CY_COUNT(with_bars); i++)
        add_cut(with_bars[i], '\0');
}

const struct cy_specials *cy_specials(void)
{
    pthread_once(&table_once, fill_table);
    return &table;
}

const struct cy_special *cy_special_find_slow(const struct cy_specials *specials, const char *text, size_t size, uint64_t hash)
{
    if (size > CY_SPECIAL_BYTES_MAX)
        return NULL;
    for (size_t slot = (hash >> 32) % CY_COUNT(specials->slots); specials->slots[slot].size != 0;
         slot = (slot + 1) % CY_COUNT(specials->slots))
        if (specials->slots[slot].size == size && memcmp(specials->slots[slot].text, text, size) == 0)
            return &specials->slots[slot];
    return NULL;
}
