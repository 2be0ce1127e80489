#include "cy_test.h"

#include "base/unicode.h"
#include "kernels/word_hash.h"

/* The words' hashes of a terminated text, all at once. */
static size_t words_of(const char *text, uint64_t *words, size_t capacity)
{
    size_t at = 0, count = cy_word_hashes(cy_str(text), &at, words, capacity);
    assert_int_equal(at, strlen(text));
    return count;
}

/* Both texts have the same words, and `count` of them. */
static void expect_same(const char *a, const char *b, size_t count)
{
    uint64_t x[64], y[64];
    size_t x_count = words_of(a, x, 64), y_count = words_of(b, y, 64);
    if (x_count != count || y_count != count || memcmp(x, y, count * sizeof *x) != 0)
        fail_msg("\"%s\" has %zu words, \"%s\" has %zu; expected the same %zu", a, x_count, b, y_count, count);
}

CY_TEST("word_hash: case, punctuation, symbols and white space make no difference")
{
    expect_same("Don’t STOP -- now!", "don t\tstop\r\nnow", 4);
    expect_same("e-mail: a_b@c.de", "e mail a b c de", 6);
    expect_same("“quoted” • text © 2", "quoted text 0", 3);
    expect_same("АБВ где", "абв где", 2);
    expect_same("Été À İstanbul ΆΛΦΑ Ёж", "ete a istanbul αλφα еж", 5); /* diacritics go */
    expect_same("", " .,;\n", 0);
}

CY_TEST("word_hash: a number is 0, with one decimal part, wherever it stands in a word")
{
    expect_same("it costs 1,299.50 today", "it costs 0 0 today", 5); /* 1,299 and 50 */
    expect_same("pi is 3.14159", "pi is 0", 3);
    expect_same("3rd x86 10km", "0rd x0 0km", 3);
    expect_same("192.168.10.1", "0 0", 2);
    expect_same("end of 1984. Next", "end of 0 next", 4);
    expect_same("٣٫١٤ Arabic-Indic", "0 arabic indic", 3);
}

CY_TEST("word_hash: marks and format characters vanish; scripts without spaces give a word a character")
{
    expect_same("soft\u00ADhyphen", "softhyphen", 1);
    expect_same("e\u0301te\u0301", "ete", 1);
    expect_same("数据集", "数 据 集", 3);
    expect_same("数据abc集", "数 据 abc 集", 4);
    expect_same("がな、カナ。", "か な カ ナ", 4);
    expect_same("데이터 세트", "데이터 세트", 2); /* Hangul is written with spaces */
    expect_same("𠀀𠀁", "𠀀 𠀁", 2);              /* beyond the basic plane */
}

CY_TEST("word_hash: words that differ have hashes that differ, also where only zeros or lengths could tell")
{
    const char *const words[] = {
        "a",         "aa", "aaaaaaa", "aaaaaaaa", "aaaaaaaaa", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa", "b", "aaaaaaab", "baaaaaaa",
        "aaaaaaaab", "é",  "数",      "0",        "0a"};
    uint64_t hashes[CY_COUNT(words)][4];
    for (size_t i = 0; i < CY_COUNT(words); i++) {
        words_of(words[i], hashes[i], 4);
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[i][0] != hashes[j][0]);
    }
}

/* A random text of pieces that are hard where they meet: block and window borders, digits, marks, long words, bad UTF-8. */
static size_t random_text(uint64_t *random, char *text, size_t size_max)
{
    static const char *const pieces[] = {
        "word", " ",    "A", ". ", "12", "3.5,6", "é", "数",  "\xFF", "\xE6\x95", "-", "\u0301", "\u2028", "Zz", "supercalifragilistic",
        "\t\n", "0x1F", "“", "𠀀", "€",  "١٢",    "İ", "   ", "'s "};
    size_t size = 0, style = cy_test_random(random) % 4;
    while (size < size_max) {
        uint64_t choice = cy_test_random(random);
        const char *piece = style == 0 ? pieces[choice % 2] : style == 1 ? pieces[choice % 4] : pieces[choice % CY_COUNT(pieces)];
        if (style == 3 && choice % 50 != 0)
            piece = "longletters";
        size_t piece_size = CY_MIN(strlen(piece), size_max - size);
        memcpy(text + size, piece, piece_size);
        size += piece_size;
    }
    return size;
}

CY_TEST("word_hash: every variant agrees with the definition, at every size, with small and large room for words")
{
    enum { SIZE_MAX_BYTES = 20000 };
    uint64_t random = cy_test_seed();
    static uint64_t expected[SIZE_MAX_BYTES], found[SIZE_MAX_BYTES];
    uint64_t warm_up[2];
    words_of("x", warm_up, 2); /* makes the tables */
    for (int round = 0; round < 1500; round++) {
        size_t size = round < 300 ? (size_t)round : cy_test_random(&random) % (round % 10 == 0 ? SIZE_MAX_BYTES : 600);
        char *text = cy_alloc(size); /* on its own, so that the sanitizer sees a read past its end */
        random_text(&random, text, size);
        struct cy_str view = {text, size};
        const struct cy_word_hash_variant *definition = cy_word_hash_variants;
        while (definition->needs != 0)
            definition++;
        size_t at = 0, expected_count = 0, got;
        while ((got = definition->hashes(view, &at, expected + expected_count, 50)) > 0)
            expected_count += got;
        assert_int_equal(at, size);
        for (const struct cy_word_hash_variant *variant = cy_word_hash_variants; variant->name != NULL; variant++) {
            if ((variant->needs & ~cy_cpu_features()) != 0)
                continue;
            const size_t rooms[] = {2, 3, 17, SIZE_MAX_BYTES};
            for (size_t i = 0; i < CY_COUNT(rooms); i++) {
                size_t count = 0;
                at = 0;
                while ((got = variant->hashes(view, &at, found + count, CY_MIN(rooms[i], SIZE_MAX_BYTES - count))) > 0)
                    count += got;
                assert_int_equal(at, size);
                if (count != expected_count || memcmp(found, expected, count * sizeof *found) != 0)
                    fail_msg("%s differs from the definition on a text of %zu bytes, %zu words at once: %zu words, expected %zu",
                             variant->name, size, rooms[i], count, expected_count);
            }
        }
        free(text);
    }
}
