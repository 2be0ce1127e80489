#include "cy_test.h"

#include "base/unicode.h"
#include "document/words.h"
#include "kernels/ascii_masks.h"

/* The words of a text, joined by spaces. */
static const char *split(const char *text)
{
    static char joined[4096];
    struct cy_word_splitter *splitter = cy_word_splitter_new();
    struct cy_arena arena = {0};
    const struct cy_words *words = cy_words_split(splitter, cy_str(text), &arena);
    size_t size = 0;
    for (size_t i = 0; i < words->count; i++)
        size += (size_t)snprintf(joined + size, sizeof joined - size, "%s%.*s", i > 0 ? " " : "", (int)words->sizes[i],
                                 text + words->starts[i]);
    joined[size] = '\0';
    cy_arena_release(&arena);
    cy_word_splitter_free(splitter);
    return joined;
}

CY_TEST("white space of every kind separates words and is none")
{
    assert_string_equal(split("the\tcat \n sat\u00a0down\u3000here\u2028now"), "the cat sat down here now");
    assert_string_equal(split(" \r\n\u2003 "), "");
    assert_string_equal(split(""), "");
}

CY_TEST("punctuation at both ends of a piece is a word, one character at a time")
{
    assert_string_equal(split("(\"Yes,\" he said!?)"), "( \" Yes , \" he said ! ? )");
    assert_string_equal(split("wait... so…"), "wait ... so …");
    assert_string_equal(split("\u201cquoted\u201d \u2014 dash\u2014"), "\u201c quoted \u201d \u2014 dash \u2014");
}

CY_TEST("a full stop stands apart after a small letter, a digit or two capitals, and stays with initials and abbreviations")
{
    assert_string_equal(split("It ends. In 1999. In NASA. In the U.S. by J. Doe"), "It ends . In 1999 . In NASA . In the U.S. by J. Doe");
    assert_string_equal(split("Mr. Smith vs. Dr. Who, e.g. a."), "Mr. Smith vs. Dr. Who , e.g. a.");
    assert_string_equal(split("end.Start"), "end . Start");
}

CY_TEST("letters joined by a hyphen, a slash or a comma are cut there, numbers are not")
{
    assert_string_equal(split("well-known state/country one,two and/or"), "well - known state / country one , two and/or");
    assert_string_equal(split("1,000 3.14 10/12 2019-2020 12:30"), "1,000 3.14 10/12 2019 - 2020 12:30");
}

CY_TEST("contractions are cut, with or without an apostrophe, and words that only look like them are not")
{
    assert_string_equal(split("don't can\u2019t cannot dont he's let's"), "do n't ca n\u2019t can not do nt he 's let 's");
    assert_string_equal(split("well shell its were ill"), "well shell its were ill");
    assert_string_equal(split("dog's dogs' should've 'em"), "dog 's dogs ' should 've 'em");
}

CY_TEST("units and times stand apart from their numbers")
{
    assert_string_equal(split("5km 10% 16GB $5 5\u20ac 9am 3x"), "5 km 10 % 16 GB $ 5 5 \u20ac 9 am 3x");
}

CY_TEST("web and mail addresses stay whole")
{
    assert_string_equal(split("see https://example.com/a-b/c, or me-too@example.co.uk."),
                        "see https://example.com/a-b/c , or me-too@example.co.uk .");
    assert_string_equal(split("http://localhost/a-b"), "http://localhost / a - b"); /* no name with a dot */
    assert_string_equal(split("8.8.8.8/a-b 10.0.0.1/a-b"), "8.8.8.8/a-b 10.0.0.1 / a - b");
}

CY_TEST("faces made of punctuation stay whole, also where the general rule has cut them")
{
    assert_string_equal(split(":-) nice :D well:) (so): <3"), ":-) nice :D well :) ( so ): <3");
    assert_string_equal(split("an id. x-Mr. Y"), "an i d. x - Mr. Y"); /* id is i and d, as in i'd; then d. is a letter of a list */
}

CY_TEST("each character of a script without spaces is a word, with the marks that follow it")
{
    assert_string_equal(split("今天天气好。GPT-4很强"), "今 天 天 气 好 。 GPT-4 很 强");
    assert_string_equal(split("ひらがなカナ"), "ひ ら が な カ ナ");
    assert_string_equal(split("ที่นี่"), "ที่ นี่");
    assert_string_equal(split("한국어 텍스트"), "한국어 텍스트"); /* written with spaces */
}

CY_TEST("sentences end at . ! ? and a word behind them, and closing punctuation still belongs to them")
{
    struct cy_word_splitter *splitter = cy_word_splitter_new();
    struct cy_arena arena = {0};
    static const struct {
        const char *text;
        size_t sentences;
    } cases[] = {{"", 0},
                 {"one", 1},
                 {"One.", 1},
                 {"One. Two", 2},
                 {"One?! (Two.) Three", 3},
                 {"He said \"No.\" Then left.", 2},
                 {"Mr. Smith came.", 1},
                 {"One.  Two", 2},
                 {"One. ) ( .", 1}};
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        const struct cy_words *words = cy_words_split(splitter, cy_str(cases[i].text), &arena);
        assert_int_equal(cy_words_sentences(words, 0, words->count, false), cases[i].sentences);
    }
    cy_arena_release(&arena);
    cy_word_splitter_free(splitter);
}

CY_TEST("a word's flags say what it is made of")
{
    struct cy_word_splitter *splitter = cy_word_splitter_new();
    struct cy_arena arena = {0};
    const struct cy_words *words = cy_words_split(splitter, cy_str("Hi, 42 中 --- `.\u00a0x"), &arena);
    assert_int_equal(words->count, 8);
    assert_int_equal(words->flags[0], CY_WORD_LETTER | CY_WORD_FIRST);
    assert_int_equal(words->flags[1], CY_WORD_SYMBOLS | CY_WORD_PUNCT);
    assert_int_equal(words->flags[2], CY_WORD_FIRST);
    assert_int_equal(words->flags[3], CY_WORD_LETTER | CY_WORD_FIRST);
    assert_int_equal(words->flags[4], CY_WORD_SYMBOLS | CY_WORD_PUNCT | CY_WORD_FIRST);
    assert_int_equal(words->flags[5], CY_WORD_SYMBOLS | CY_WORD_FIRST); /* the back-tick is a symbol, category Sk */
    assert_int_equal(words->flags[6], CY_WORD_SYMBOLS | CY_WORD_PUNCT | CY_WORD_STOP);
    assert_int_equal(words->flags[7], CY_WORD_LETTER | CY_WORD_FIRST);
    cy_arena_release(&arena);
    cy_word_splitter_free(splitter);
}

CY_TEST("any bytes are split: words lie in order, hold no white space, and leave only white space between them")
{
    struct cy_word_splitter *splitter = cy_word_splitter_new();
    struct cy_arena arena = {0};
    uint64_t random = cy_test_seed();
    for (size_t round = 0; round < 20000; round++) {
        static const char *const parts[] = {"a",       "I", "can't", "'", ".",  "...", " ", "\n",     "-",      "中",      "é",
                                            "\u2019s", "5", "km",    "$", "):", "@",   "/", "\xff",   "\u00a0", "http://", "x.com",
                                            ",",       "(", "word",  "U", "S",  ":",   "ที่", "\u2026", "😀",      "Mr."};
        char text[400];
        size_t size = 0, count = cy_test_random(&random) % 24;
        for (size_t i = 0; i < count; i++)
            size += (size_t)sprintf(text + size, "%s", parts[cy_test_random(&random) % CY_COUNT(parts)]);
        char *exact = cy_alloc(size + 1); /* so that a sanitizer sees a read past the end */
        memcpy(exact, text, size);
        exact = cy_realloc(exact, CY_MAX(size, 1));
        const struct cy_words *words = cy_words_split(splitter, (struct cy_str){exact, size}, &arena);
        size_t at = 0;
        for (size_t i = 0; i <= words->count; i++) {
            size_t next = i < words->count ? words->starts[i] : size;
            bool gap = at < next;
            assert_true(at <= next);
            for (const char *between = exact + at; between < exact + next;)
                assert_true(cy_is_space_char(cy_utf8_decode(&between, exact + next)));
            if (i == words->count)
                break;
            assert_true(words->sizes[i] > 0);
            assert_int_equal((words->flags[i] & CY_WORD_FIRST) != 0, gap || i == 0);
            assert_true(words->hashes[i] == cy_word_hash(exact + next, words->sizes[i]));
            assert_int_equal(words->chars[i],
                             cy_utf8_count(exact + next, words->sizes[i]) + (memchr(exact + next, 0xff, words->sizes[i]) ? 0 : 0));
            at = next + words->sizes[i];
        }
        free(exact);
        cy_arena_reset(&arena);
    }
    cy_arena_release(&arena);
    cy_word_splitter_free(splitter);
}

/* Words in all their parts. */
static void expect_same_words(const struct cy_words *one, const struct cy_words *other)
{
    assert_int_equal(one->count, other->count);
    for (size_t i = 0; i < one->count; i++) {
        assert_int_equal(one->starts[i], other->starts[i]);
        assert_int_equal(one->sizes[i], other->sizes[i]);
        assert_int_equal(one->chars[i], other->chars[i]);
        assert_int_equal(one->flags[i], other->flags[i]);
        assert_true(one->hashes[i] == other->hashes[i]);
    }
}

CY_TEST("a piece that was cut before is cut the same again, wherever it stands, and whatever was cut between")
{
    struct cy_word_splitter *old = cy_word_splitter_new();
    struct cy_arena arena = {0};
    uint64_t random = cy_test_seed();
    char pieces[3000][48];
    for (size_t i = 0; i < CY_COUNT(pieces); i++) {
        static const char *const parts[] = {"a", "I", "can't", "'", ".",  "...", "-",    "中", "é", "\u2019s", "5", "km",  "$",
                                            ")", "@", "/",     ":", "::", "<",   "word", "U",  "S", "\u00a0",  "😀", "Mr.", "0.5"};
        pieces[i][0] = '\0';
        for (size_t k = 1 + cy_test_random(&random) % 8; k > 0; k--)
            strcat(pieces[i], parts[cy_test_random(&random) % CY_COUNT(parts)]);
    }
    for (size_t round = 0; round < 300; round++) {
        char text[2000] = "";
        while (strlen(text) < sizeof text - 100) /* a third of them from few, so that both happen: one is known, and one was driven out */
            sprintf(text + strlen(text), "%s ",
                    pieces[cy_test_random(&random) % (cy_test_random(&random) % 3 == 0 ? 20 : CY_COUNT(pieces))]);
        struct cy_str exact = {text, strlen(text) - 1 - cy_test_random(&random) % 3};
        struct cy_word_splitter *new = cy_word_splitter_new();
        expect_same_words(cy_words_split(old, exact, &arena), cy_words_split(new, exact, &arena));
        cy_word_splitter_free(new);
        cy_arena_reset(&arena);
    }
    cy_arena_release(&arena);
    cy_word_splitter_free(old);
}

CY_TEST("ascii_masks agrees with its definition at every size and offset")
{
    const struct cy_ascii_masks_variant *definition = cy_ascii_masks_variants;
    while (definition->needs != 0)
        definition++;
    uint64_t random = cy_test_seed();
    char text[300];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i < 256 ? i : cy_test_random(&random));
    for (const struct cy_ascii_masks_variant *variant = cy_ascii_masks_variants; variant->needs != 0; variant++) {
        if (variant->needs & ~cy_cpu_features())
            continue;
        for (size_t from = 0; from < 70; from++)
            for (size_t size = 0; from + size <= sizeof text; size++) {
                uint64_t expected[3][5] = {{0}}, found[3][5] = {{0}};
                char *exact = cy_alloc(CY_MAX(size, 1));
                memcpy(exact, text + from, size);
                definition->run(exact, size, expected[0], expected[1], expected[2]);
                variant->run(exact, size, found[0], found[1], found[2]);
                assert_memory_equal(expected, found, sizeof expected);
                free(exact);
            }
    }
}
