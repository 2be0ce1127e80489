#include "cy_test.h"

#include "base/unicode.h"
#include "operators/ngram_repeats.h"

#include <math.h>

/* Every limit off, so that a test sees one rule alone. */
#define NO_LIMITS                                                                                                                          \
    "dup_para_frac_max: 0, dup_para_char_frac_max: 0, dup_line_frac_max: 0, dup_line_char_frac_max: 0, top_2_gram_max: 0, "                \
    "top_3_gram_max: 0, top_4_gram_max: 0, dup_5_gram_max: 0, dup_6_gram_max: 0, dup_7_gram_max: 0, dup_8_gram_max: 0, "                   \
    "dup_9_gram_max: 0, dup_10_gram_max: 0"

CY_TEST("gopher_repetition counts lines that stand in the text before, and their characters")
{
    struct cy_batch *batch = cy_test_batch("one line\none line\nanother\n\n\none line", NULL);
    cy_test_run("gopher_repetition", "", batch);
    cy_expect_signal(batch, 0, "dup_line_frac", 2.0 / 4);
    cy_expect_signal(batch, 0, "dup_line_char_frac", 16.0 / 36);
    cy_expect_signal(batch, 0, "dup_para_frac", 0.0); /* two paragraphs, both different */
    cy_expect_verdict(batch, 0, "dup_line_frac", 0.5, 0.3);
}

CY_TEST("gopher_repetition counts paragraphs after white space at both ends of the text is gone")
{
    struct cy_batch *batch = cy_test_batch(" \nab\n\nab\n\n\nab\n\ncd\n\n", NULL);
    cy_test_run("gopher_repetition", "", batch);
    cy_expect_signal(batch, 0, "dup_para_frac", 2.0 / 4);
    cy_expect_signal(batch, 0, "dup_para_char_frac", 4.0 / 19);
    cy_expect_verdict(batch, 0, "dup_para_frac", 0.5, 0.3);
}

CY_TEST("a newline at an end of the text leaves an empty line, which may be repeated")
{
    struct cy_batch *batch = cy_test_batch("\na\n", NULL);
    cy_test_run("gopher_repetition", NO_LIMITS, batch);
    cy_expect_signal(batch, 0, "dup_line_frac", 1.0 / 3); /* "", "a", "" */
    cy_expect_signal(batch, 0, "dup_line_char_frac", 0.0);
}

CY_TEST("the top n-gram counts its words with single spaces between, and every occurrence, overlapping ones too")
{
    struct cy_batch *batch = cy_test_batch("a  b a b a b", "so it is", "one", NULL);
    cy_test_run("gopher_repetition", NO_LIMITS, batch);
    cy_expect_signal(batch, 0, "top_2_gram", 3.0 * 3 / 12); /* "a b" three times */
    cy_expect_signal(batch, 0, "top_3_gram", 5.0 * 2 / 12); /* "a b a" and "b a b" both twice: the first */
    cy_expect_signal(batch, 0, "top_4_gram", 7.0 * 2 / 12);
    cy_expect_signal(batch, 1, "top_2_gram", 5.0 / 8); /* all once: the first */
    cy_expect_signal(batch, 1, "top_4_gram", 0.0);     /* three words have none */
    cy_expect_signal(batch, 2, "top_2_gram", 0.0);
}

CY_TEST("repeated n-grams count without spaces, and no character counts twice")
{
    struct cy_batch *batch = cy_test_batch("a b c d e a b c d e a b c d e", NULL);
    cy_test_run("gopher_repetition", NO_LIMITS, batch);
    /* walked from the left: the 5-grams at words 0 to 4 are new, that at 5 repeats 0, then that at 10 repeats 0 again */
    cy_expect_signal(batch, 0, "dup_5_gram", 10.0 / 29);
    /* those at 0 to 4 are new, that at 5 repeats 0, and at 11 there are no six words left */
    cy_expect_signal(batch, 0, "dup_6_gram", 6.0 / 29);
    cy_expect_signal(batch, 0, "dup_10_gram", 10.0 / 29);
}

CY_TEST("gopher_repetition asks paragraphs first, then lines, then n-grams from short to long")
{
    struct cy_batch *batch = cy_test_batch("a b c d e f a b c d e f", "x\n\nx\n\nx", "x\nx\nx", "", NULL);
    cy_test_run("gopher_repetition", "", batch);
    cy_expect_verdict(batch, 0, "top_2_gram", 6.0 / 23, 0.2);
    cy_expect_verdict(batch, 1, "dup_para_frac", 2.0 / 3, 0.3);
    cy_expect_verdict(batch, 2, "dup_line_frac", 2.0 / 3, 0.3);
    cy_expect_verdict(batch, 3, "empty", 0, 0);
}

CY_TEST("a limit of 0 is no limit, and a measure that equals its limit is kept")
{
    struct cy_batch *batch = cy_test_batch("one line\none line\nanother\nthird", NULL);
    cy_test_run("gopher_repetition", NO_LIMITS, batch);
    cy_expect_kept(batch, 0);
    struct cy_batch *again = cy_test_batch("one line\none line\nanother\nthird", NULL);
    cy_test_run("gopher_repetition",
                "dup_line_frac_max: 0.25, dup_line_char_frac_max: 0.9, top_2_gram_max: 0, top_3_gram_max: 0, top_4_gram_max: 0", again);
    cy_expect_kept(again, 0);
}

/* ---- against the definition ---- */

/* The parts of text between runs of at least newlines_min newlines, as re.split gives them, and which of them stand before: their count and
 * code points, of all. */
static void parts_by_definition(struct cy_str text, size_t newlines_min, double *fraction, double *chars)
{
    struct cy_str parts[200];
    size_t count = 0, from = 0, repeated = 0;
    *chars = 0;
    for (size_t at = 0; at <= text.size; at++) {
        size_t run = 0;
        while (at + run < text.size && text.data[at + run] == '\n')
            run++;
        if (at < text.size && run < newlines_min) {
            at += run > 0 ? run - 1 : 0;
            continue;
        }
        parts[count++] = (struct cy_str){text.data + from, at - from};
        from = at + run;
        at += run > 0 ? run - 1 : 0;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (cy_str_equal(parts[i], parts[k])) {
                repeated++;
                *chars += (double)cy_utf8_count(parts[i].data, parts[i].size);
                break;
            }
    *fraction = (double)repeated / (double)count;
}

CY_TEST("lines and paragraphs are counted as re.split and a list of those seen count them, on random texts")
{
    uint64_t random = cy_test_seed();
    for (size_t round = 0; round < 2000; round++) {
        static const char *const pieces[] = {"\n", "\n", "\n\n",   "a",
                                             "b",  " ",  "\u3000", "a longer line, so that blocks of 64 bytes end anywhere"};
        char text[1000] = "";
        for (size_t i = 1 + cy_test_random(&random) % 60; i > 0 && strlen(text) < 900; i--)
            strcat(text, pieces[cy_test_random(&random) % CY_COUNT(pieces)]);
        struct cy_batch *batch = cy_test_batch(text, NULL);
        cy_test_run("gopher_repetition", NO_LIMITS, batch);
        double fraction, chars, all = (double)cy_utf8_count(text, strlen(text));
        parts_by_definition(cy_str(text), 1, &fraction, &chars);
        cy_expect_signal(batch, 0, "dup_line_frac", fraction);
        cy_expect_signal(batch, 0, "dup_line_char_frac", chars / all);
        parts_by_definition(cy_strip(cy_str(text)), 2, &fraction, &chars);
        cy_expect_signal(batch, 0, "dup_para_frac", fraction);
        cy_expect_signal(batch, 0, "dup_para_char_frac", chars / all);
    }
}

/* The words of `count` from `from` on, end to end or with single spaces. */
static struct cy_str gram(const struct cy_words *words, size_t from, size_t count, bool spaces, char *out)
{
    size_t size = 0;
    for (size_t i = from; i < from + count; i++) {
        if (spaces && i > from)
            out[size++] = ' ';
        memcpy(out + size, words->text.data + words->starts[i], words->sizes[i]);
        size += words->sizes[i];
    }
    return (struct cy_str){out, size};
}

/* Brute force: the most frequent n-gram, the first of several, times its occurrences. */
static double top_by_definition(const struct cy_words *words, size_t n)
{
    static char one[4096], other[4096];
    size_t best_count = 0, best_size = 0;
    for (size_t i = 0; i + n <= words->count; i++) {
        struct cy_str text = gram(words, i, n, true, one);
        size_t count = 0;
        for (size_t k = 0; k + n <= words->count; k++)
            count += cy_str_equal(text, gram(words, k, n, true, other));
        if (count > best_count)
            best_count = count, best_size = text.size;
    }
    return (double)(best_count * best_size);
}

static double repeated_by_definition(const struct cy_words *words, size_t n)
{
    static char one[4096], other[4096];
    size_t visited[256], visited_count = 0;
    double chars = 0;
    for (size_t i = 0; i + n <= words->count;) {
        struct cy_str text = gram(words, i, n, true, one);
        bool seen = false;
        for (size_t k = 0; k < visited_count; k++)
            seen |= cy_str_equal(text, gram(words, visited[k], n, true, other));
        if (seen)
            chars += (double)(text.size - (n - 1));
        else
            visited[visited_count++] = i;
        i += seen ? n : 1;
    }
    return chars;
}

CY_TEST("n-grams of all lengths are counted as brute force counts them, on random texts of few words")
{
    struct cy_word_splitter *splitter = cy_word_splitter_new();
    struct cy_arena arena = {0};
    struct cy_quality_scratch scratch = {0};
    uint64_t random = cy_test_seed();
    for (size_t round = 0; round < 400; round++) {
        char text[1024];
        size_t size = 0, count = cy_test_random(&random) % 120, kinds = 1 + cy_test_random(&random) % 6;
        for (size_t i = 0; i < count; i++) { /* now and then a stretch comes again */
            size_t back = size > 60 && cy_test_random(&random) % 20 == 0 ? size - 50 : size;
            if (back < size) {
                memcpy(text + size, text + back, 40);
                size += 40;
            }
            size +=
                (size_t)sprintf(text + size, "%.*s ", (int)(1 + cy_test_random(&random) % 2), &"qw"[cy_test_random(&random) % kinds == 0]);
            if (size > sizeof text - 64)
                break;
        }
        const struct cy_words *words = cy_words_split(splitter, (struct cy_str){text, size}, &arena);
        if (words->count <= 250) {
            struct cy_ngram_repeats repeats;
            cy_ngram_repeats(words, &scratch, &repeats);
            for (size_t n = CY_NGRAM_MIN; n <= CY_NGRAM_TOP_MAX; n++)
                cy_expect_near(repeats.top[n], top_by_definition(words, n), 0);
            for (size_t n = CY_NGRAM_TOP_MAX + 1; n <= CY_NGRAM_MAX; n++)
                cy_expect_near(repeats.repeated[n], repeated_by_definition(words, n), 0);
        }
        cy_arena_reset(&arena);
    }
    free(scratch.numbers);
    cy_arena_release(&arena);
    cy_word_splitter_free(splitter);
}
