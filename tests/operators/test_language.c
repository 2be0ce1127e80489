#include "cy_test.h"

#include <math.h>

static const char english[] = "The committee will publish its report on the state of the rivers in the spring of next year.";
static const char german[] =
    "Der Ausschuss wird seinen Bericht über den Zustand der Flüsse im Frühjahr des nächsten Jahres veröffentlichen.";
static const char chinese[] = "委员会将于明年春天公布关于河流状况的报告。";

CY_TEST("language with nothing to keep labels every document and removes none")
{
    struct cy_batch *batch = cy_test_batch(english, german, chinese, "", NULL);
    cy_test_run("language", "", batch);
    const char *const labels[] = {"en", "de", "zh"};
    for (size_t row = 0; row < 3; row++) {
        cy_expect_kept(batch, row);
        cy_expect_str(batch->languages[row], labels[row]);
        assert_true(batch->signals[0][row] > 0.8);
    }
    cy_expect_kept(batch, 3);
    assert_true(batch->languages[3].size > 0); /* the end of the line is a word too */
}

CY_TEST("language removes documents in another language by the rule keep, and measures their own probability")
{
    struct cy_batch *batch = cy_test_batch(english, german, chinese, NULL);
    cy_test_run("language", "keep: [en, zh]", batch);
    cy_expect_kept(batch, 0);
    cy_expect_verdict(batch, 1, "keep", batch->signals[0][1], NAN);
    cy_expect_str(batch->languages[1], "de");
    cy_expect_kept(batch, 2);
}

CY_TEST("language removes documents whose language is too uncertain by the rule score_min")
{
    struct cy_batch *batch = cy_test_batch(english, NULL);
    cy_test_run("language", "keep: en, score_min: 1", batch);
    cy_expect_verdict(batch, 0, "score_min", batch->signals[0][0], 1);
}

CY_TEST("language keeps a document whose second language is one to keep and probable enough")
{
    const char *mixed = "Le rapport sera publié. The report on rivers is here. Le comité. The committee.";
    struct cy_batch *batch = cy_test_batch(mixed, NULL);
    cy_test_run("language", "", batch);
    const char *second = cy_str_is(batch->languages[0], "fr") ? "keep: en, score_min: 0.05" : "keep: fr, score_min: 0.05";
    assert_true(batch->signals[0][0] < 0.9);
    cy_test_run("language", second, batch);
    cy_expect_kept(batch, 0);
}

CY_TEST("language with bytes_max reads only the beginning, and cuts no character in two")
{
    struct cy_batch *batch = cy_test_batch("河流河流河流 and then a long text in English which would win", "河流河流河流", NULL);
    cy_test_run("language", "bytes_max: 20", batch); /* the Chinese words, a space, one letter */
    cy_expect_str(batch->languages[0], "zh");
    cy_test_run("language", "bytes_max: 17", batch); /* in the middle of the last character */
    assert_true(batch->signals[0][0] == batch->signals[0][1]);
}
