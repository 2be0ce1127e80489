#include "cy_test.h"

#include "base/files.h"
#include "operators/bad_words.h"
#include "operators/c4_phrases.h"
#include "kernels/phrase_anchors.h"
#include "document/words.h"

#include <math.h>

CY_TEST("c4_quality drops lines by cause, keeps the others without white space at their ends, and counts what it dropped")
{
    struct cy_batch *batch =
        cy_test_batch("  A line to keep.  \nno punctuation here\nToo few.\nIt breaks off...\n\nPlease enable JavaScript now.\n"
                      "We use Cookies to track you.\nSee our terms of use today!\nAnother \"good\" line stays?",
                      NULL);
    cy_test_run("c4_quality", "sentences_min: 2", batch);
    cy_expect_kept(batch, 0);
    cy_expect_str(batch->texts[0], "A line to keep.\nAnother \"good\" line stays?");
    cy_expect_signal(batch, 0, "lines", 9);
    cy_expect_signal(batch, 0, "lines_kept", 2);
    cy_expect_signal(batch, 0, "no_punct_lines", 3); /* no punctuation, ..., empty */
    cy_expect_signal(batch, 0, "few_word_lines", 1);
    cy_expect_signal(batch, 0, "javascript_lines", 1);
    cy_expect_signal(batch, 0, "policy_lines", 2);
    cy_expect_signal(batch, 0, "sentences", 2);
    cy_expect_signal(batch, 0, "bad_words", NAN); /* no list: not measured */
}

CY_TEST("a removed document keeps its text")
{
    struct cy_batch *batch = cy_test_batch("One. Two. Three, four.\nno end", NULL);
    cy_test_run("c4_quality", "", batch);
    cy_expect_verdict(batch, 0, "too_few_sentences", 3, 5);
    cy_expect_str(batch->texts[0], "One. Two. Three, four.\nno end");
}

CY_TEST("sentences are counted line by line, and each kept line has at least one")
{
    struct cy_batch *batch = cy_test_batch("He came. He saw. \"He won.\"\nIs Mr. Smith here?\n' ' '", NULL);
    cy_test_run("c4_quality", "", batch);
    cy_expect_signal(batch, 0, "sentences", 3 + 1 + 1);
    cy_expect_kept(batch, 0);
}

CY_TEST("citations are taken out of lines, other brackets stay")
{
    struct cy_batch *batch = cy_test_batch("It is so.[1] And[23][citation needed] so[edit] [a] is [] this [4.", NULL);
    cy_test_run("c4_quality", "sentences_min: 0", batch);
    cy_expect_str(batch->texts[0], "It is so. And so [a] is  this [4.");
    cy_expect_signal(batch, 0, "citations", 5);
    struct cy_batch *kept = cy_test_batch("It is so [1].", NULL);
    cy_test_run("c4_quality", "sentences_min: 0, remove_citations: false", kept);
    cy_expect_str(kept->texts[0], "It is so [1].");
}

CY_TEST("a line whose end is white space once its citation is gone ends in no punctuation")
{
    struct cy_batch *batch = cy_test_batch("It is so. [1]", NULL);
    cy_test_run("c4_quality", "sentences_min: 0", batch);
    cy_expect_signal(batch, 0, "no_punct_lines", 1);
    cy_expect_str(batch->texts[0], "");
}

CY_TEST("lorem ipsum and curly brackets remove the document, the first of them in the text is the reason, and dropped lines do not count")
{
    struct cy_batch *batch = cy_test_batch("This is fine text.\nLorem ipsum dolor sit amet.\nif (a) { b(); } else.",
                                           "if (a) { b; } then.\nLOREM IPSUM dolor sit.", "lorem ipsum without an end\nbraces { too",
                                           "Two of them. {}\nAnd of {}.", NULL);
    cy_test_run("c4_quality", "sentences_min: 0", batch);
    cy_expect_verdict(batch, 0, "lorem_ipsum", 1, 0);
    cy_expect_signal(batch, 0, "curly_bracket_lines", 1);
    cy_expect_verdict(batch, 1, "curly_bracket", 1, 0);
    cy_expect_kept(batch, 2);
    cy_expect_verdict(batch, 3, "curly_bracket", 1, 0); /* the first line has its end in } */
    struct cy_batch *allowed = cy_test_batch("if (a) { b(); } or lorem ipsum.", NULL);
    cy_test_run("c4_quality", "sentences_min: 0, filter_lorem_ipsum: false, filter_curly_bracket: false", allowed);
    cy_expect_kept(allowed, 0);
}

CY_TEST("a line with a word of more than 1000 characters between white space is dropped")
{
    char text[4096] = "A b ";
    memset(text + 4, 'x', 1001);
    strcpy(text + 1005, ".");
    struct cy_batch *batch = cy_test_batch(text, NULL);
    cy_test_run("c4_quality", "sentences_min: 0", batch);
    cy_expect_signal(batch, 0, "long_word_lines", 1);
    strcpy(text + 1003, "."); /* 999 and the stop */
    struct cy_batch *shorter = cy_test_batch(text, NULL);
    cy_test_run("c4_quality", "sentences_min: 0", shorter);
    cy_expect_signal(shorter, 0, "long_word_lines", 0);
}

CY_TEST("without split_paragraph the rules look at sentences, joined by spaces")
{
    struct cy_batch *batch = cy_test_batch("This one stays. Short one. This javascript one goes.\nBut this one stays.", NULL);
    cy_test_run("c4_quality", "split_paragraph: false, sentences_min: 2", batch);
    cy_expect_signal(batch, 0, "lines", 4);
    cy_expect_signal(batch, 0, "sentences", 2);
    cy_expect_str(batch->texts[0], "This one stays. But this one stays.");
}

CY_TEST("later steps get the number of words of the new text, and its words when they ask")
{
    struct cy_batch *batch = cy_test_batch("  Don't[1] go there, e.g. \"now\".\nno end\nIt's (so): fine.", "All is as it was.", NULL);
    const struct cy_words *before = cy_words_of(batch, 1);
    cy_test_run("c4_quality", "sentences_min: 0", batch);
    size_t count = cy_word_count_of(batch, 0);
    const struct cy_words *words = cy_words_of(batch, 0);
    assert_ptr_equal(words->text.data, batch->texts[0].data);
    assert_int_equal(words->count, count);
    assert_int_equal(count, 10 + 7);                 /* Do n't go there , e.g. " now " . and It 's ( so ): fine . */
    assert_ptr_equal(cy_words_of(batch, 1), before); /* an unchanged text keeps its words */
}

CY_TEST("listed words remove a document where they stand alone, in any case; in Chinese anywhere")
{
    char path[256];
    snprintf(path, sizeof path, "%s/words.txt", cy_test_folder());
    struct cy_error error;
    cy_expect_ok(cy_write_file(path, CY_STR("Darn\n\nso bad \n\u574f\u8bcd\n"), &error), error);
    struct cy_bad_words *list;
    cy_expect_ok(cy_bad_words_open(&list, path, &error), error);
    assert_int_equal(cy_bad_words_count(list, CY_STR("Oh DARN, darned; darn_it. Not so bad!"), CY_STR("en")), 2);
    assert_int_equal(cy_bad_words_count(list, CY_STR("\u8fd9\u662f\u574f\u8bcd\u5417"), CY_STR("zh")), 1);
    assert_int_equal(cy_bad_words_count(list, CY_STR("\u8fd9\u662f\u574f\u8bcd\u5417"), CY_STR("en")), 0);
    cy_bad_words_free(list);
    assert_int_equal(cy_bad_words_open(&list, "/nonexistent/words", &error), CY_IO);
}

CY_TEST("phrase_anchors agrees with its definition at every size and offset")
{
    const struct cy_phrase_anchors_variant *definition = cy_phrase_anchors_variants;
    while (definition->needs != 0)
        definition++;
    uint64_t random = cy_test_seed();
    char text[400];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "javpsurmskiecAVKIEJ \n\0\xCA"[cy_test_random(&random) % 23];
    for (const struct cy_phrase_anchors_variant *variant = cy_phrase_anchors_variants; variant->needs != 0; variant++) {
        if (variant->needs & ~cy_cpu_features())
            continue;
        for (size_t from = 0; from < 70; from++)
            for (size_t size = 0; from + size <= sizeof text; size++) {
                uint64_t expected[7] = {0}, found[7] = {0};
                char *exact = cy_alloc(CY_MAX(size, 1));
                memcpy(exact, text + from, size);
                definition->run(exact, size, expected);
                variant->run(exact, size, found);
                assert_memory_equal(expected, found, sizeof expected);
                free(exact);
            }
    }
}
