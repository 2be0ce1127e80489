#include "cy_test.h"

#define NO_LIMITS                                                                                                                          \
    "words_min: 0, words_max: 0, word_length_min: 0, word_length_max: 0, symbol_ratio_max: 0, bullet_lines_max: 0, ellipsis_lines_max: "   \
    "0, "                                                                                                                                  \
    "alpha_words_min: 0, stop_words_min: 0"

CY_TEST("gopher_quality measures words without counting those of symbols alone")
{
    struct cy_batch *batch = cy_test_batch("The cat -- 42 of them -- sat.", "...", "", NULL);
    cy_test_run("gopher_quality", NO_LIMITS, batch);
    /* The cat -- 42 of them -- sat . */
    cy_expect_signal(batch, 0, "words", 6);
    cy_expect_signal(batch, 0, "word_length", (3 + 3 + 2 + 2 + 4 + 3) / 6.0);
    cy_expect_signal(batch, 0, "alpha_words", 5.0 / 9);
    cy_expect_signal(batch, 0, "stop_words", 1); /* of; "The" is not "the" */
    cy_expect_signal(batch, 1, "words", 0);
    cy_expect_signal(batch, 1, "word_length", 0); /* no word: defined, not NaN */
    cy_expect_signal(batch, 2, "alpha_words", 0);
    cy_expect_signal(batch, 2, "bullet_lines", 0);
    cy_expect_kept(batch, 2);
}

CY_TEST("word lengths are code points")
{
    struct cy_batch *batch = cy_test_batch("naïve Größe", NULL);
    cy_test_run("gopher_quality", NO_LIMITS, batch);
    cy_expect_signal(batch, 0, "word_length", 5);
}

CY_TEST("hashes and ellipses are counted in the text, for each word of any kind")
{
    struct cy_batch *batch = cy_test_batch("#a b# c", "so.... on… and on..", NULL);
    cy_test_run("gopher_quality", NO_LIMITS, batch);
    cy_expect_signal(batch, 0, "hash_ratio", 2.0 / 5);
    cy_expect_signal(batch, 1, "ellipsis_ratio", 2.0 / 7); /* .... holds one, .. none; words: so .... on … and on .. */
}

CY_TEST("bullets and ellipses of lines are seen through white space, and every line end of Python's counts")
{
    struct cy_batch *batch = cy_test_batch("- a\n\t\u2022 b\r\nc...  \u2028d\u2026\n\ne", NULL);
    cy_test_run("gopher_quality", NO_LIMITS, batch);
    cy_expect_signal(batch, 0, "bullet_lines", 2.0 / 6); /* - a, • b, c..., d…, empty, e */
    cy_expect_signal(batch, 0, "ellipsis_lines", 2.0 / 6);
}

CY_TEST("each rule of gopher_quality removes by its own measure")
{
    struct cy_batch *batch = cy_test_batch("too short", "abcdefghijkl abcdefghijkl", "a # b # of the", "a ... b of the",
                                           "- of\n- the\n- to", "of ...\nthe", "of the 1 2 3", "no such word here", "of the people", NULL);
    cy_test_run("gopher_quality", "words_min: 0, word_length_min: 0, symbol_ratio_max: 0.9", batch);
    cy_expect_verdict(batch, 1, "gopher_above_avg_threshold", 12, 10);
    cy_expect_verdict(batch, 4, "gopher_too_many_bullets", 1, 0.9);
    cy_expect_verdict(batch, 5, "gopher_too_many_end_ellipsis", 0.5, 0.3);
    cy_expect_verdict(batch, 6, "gopher_below_alpha_threshold", 0.4, 0.8);
    cy_expect_verdict(batch, 7, "gopher_enough_stop_words", 0, 2);
    cy_expect_kept(batch, 8);
    struct cy_batch *more =
        cy_test_batch("too short", "a b c d of the", "a # b # of the", "a ... b of the", "one two three four five six", NULL);
    cy_test_run("gopher_quality", "words_min: 3, words_max: 5, word_length_min: 1.5, alpha_words_min: 0.1", more);
    cy_expect_verdict(more, 0, "gopher_short_doc", 2, 3);
    cy_expect_verdict(more, 1, "gopher_long_doc", 6, 5);
    cy_expect_verdict(more, 2, "gopher_too_many_hashes", 2.0 / 6, 0.1);
    cy_expect_verdict(more, 3, "gopher_too_many_ellipsis", 1.0 / 5, 0.1);
    cy_expect_verdict(more, 4, "gopher_long_doc", 6, 5);
}

CY_TEST("stop words are the parameter's, and each counts once")
{
    struct cy_batch *batch = cy_test_batch("der die der die der", "das ist gut", NULL);
    cy_test_run("gopher_quality", "words_min: 0, word_length_min: 0, stop_words: [der, die, und]", batch);
    cy_expect_signal(batch, 0, "stop_words", 2);
    cy_expect_kept(batch, 0);
    cy_expect_verdict(batch, 1, "gopher_enough_stop_words", 0, 2);
}

CY_TEST("by_language takes thresholds and stop words of the document's language, and the parameters' where there are none")
{
    struct cy_batch *batch = cy_test_batch("der Hund und die Katze", "der Hund und die Katze", NULL);
    batch->languages[0] = cy_str("de");
    batch->languages[1] = cy_str("xx");
    cy_test_run("gopher_quality", "words_min: 0, by_language: true", batch);
    cy_expect_kept(batch, 0);
    cy_expect_signal(batch, 0, "stop_words", 3);
    cy_expect_verdict(batch, 1, "gopher_enough_stop_words", 0, 2);
}

CY_TEST("Japanese, Korean and Vietnamese have rows: ordinary prose is kept, which the English thresholds refuse")
{
    const char *const languages[] = {"ja", "ko", "vi"};
    struct cy_batch *batch =
        cy_test_batch("今日の天気はとても良いので、公園に散歩に行きました。", "오늘은 날씨가 매우 좋아서 공원에 산책을 갔습니다.",
                      "Hôm nay trời rất đẹp và tôi đã đi dạo trong công viên của thành phố.", NULL);
    cy_test_run("gopher_quality", "words_min: 0", batch);
    cy_expect_verdict(batch, 0, "gopher_below_avg_threshold", 1, 3);
    for (size_t row = 1; row < 3; row++)
        cy_expect_verdict(batch, row, "gopher_enough_stop_words", 0, 2);
    batch = cy_test_batch("今日の天気はとても良いので、公園に散歩に行きました。", "오늘은 날씨가 매우 좋아서 공원에 산책을 갔습니다.",
                          "Hôm nay trời rất đẹp và tôi đã đi dạo trong công viên của thành phố.", NULL);
    for (size_t row = 0; row < 3; row++)
        batch->languages[row] = cy_str(languages[row]);
    cy_test_run("gopher_quality", "words_min: 0, by_language: true", batch);
    for (size_t row = 0; row < 3; row++)
        cy_expect_kept(batch, row);
}

CY_TEST("Chinese is measured in characters, and has a row of its own")
{
    struct cy_batch *batch = cy_test_batch("\u4eca\u5929\u7684\u5929\u6c14\u662f\u597d\u7684\u3002",
                                           "\u4eca\u5929\u7684\u5929\u6c14\u662f\u597d\u7684\u3002", NULL);
    batch->languages[0] = cy_str("zh");
    cy_test_run("gopher_quality", "words_min: 8, by_language: true", batch);
    cy_expect_signal(batch, 0, "words", 8); /* the full stop is a symbol */
    cy_expect_signal(batch, 0, "word_length", 1);
    cy_expect_signal(batch, 0, "alpha_words", 8.0 / 9);
    cy_expect_signal(batch, 0, "stop_words", 2);
    cy_expect_kept(batch, 0);
    cy_expect_verdict(batch, 1, "gopher_below_avg_threshold", 1, 3);
}
