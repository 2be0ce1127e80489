#include "cy_test.h"

#include "base/files.h"
#include "base/threads.h"
#include "cy_test_fasttext.h"
#include "model/language_id.h"

#include <math.h>

static struct cy_language_id *lid(void)
{
    struct cy_arena arena = {0};
    struct cy_language_id *id;
    struct cy_error error;
    const char *path;
    cy_expect_ok(cy_find_data("lid.176.ftz", &arena, &path, &error), error);
    cy_expect_ok(cy_language_id_load(&id, path, &error), error);
    cy_arena_release(&arena);
    return id;
}

/* The first article of the Universal Declaration of Human Rights, or its beginning, in twenty languages. */
static const struct {
    const char *label, *text;
} sentences[] = {
    {"en", "All human beings are born free and equal in dignity and rights."},
    {"de", "Alle Menschen sind frei und gleich an Würde und Rechten geboren."},
    {"fr", "Tous les êtres humains naissent libres et égaux en dignité et en droits."},
    {"es", "Todos los seres humanos nacen libres e iguales en dignidad y derechos."},
    {"it", "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti."},
    {"pt", "Todos os seres humanos nascem livres e iguais em dignidade e em direitos."},
    {"nl", "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren."},
    {"pl", "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw."},
    {"cs", "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv."},
    {"ru", "Все люди рождаются свободными и равными в своем достоинстве и правах."},
    {"uk", "Всі люди народжуються вільними і рівними у своїй гідності та правах."},
    {"el", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα."},
    {"tr", "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar."},
    {"ar", "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق."},
    {"he", "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם."},
    {"hi", "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।"},
    {"zh", "人人生而自由，在尊严和权利上一律平等。"},
    {"ja", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"},
    {"ko", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."},
    {"vi", "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền."},
};

CY_TEST("twenty sentences in twenty languages are recognised, each with a probability above one half")
{
    struct cy_language_id *id = lid();
    struct cy_word_cache *cache = cy_language_id_cache_new(id);
    for (size_t i = 0; i < CY_COUNT(sentences); i++) {
        struct cy_language_guess guess = cy_language_id_predict(id, cache, cy_str(sentences[i].text));
        cy_expect_str(guess.label, sentences[i].label);
        assert_true(guess.score > 0.5 && guess.score < 1.001);
    }
    cy_word_cache_free(cache);
    cy_language_id_free(id);
}

CY_TEST("the probabilities of all 176 languages add up to 1, and the top ones are the largest of them in order")
{
    struct cy_language_id *id = lid();
    struct cy_word_cache *cache = cy_language_id_cache_new(id);
    assert_int_equal(cy_language_id_count(id), 176);
    for (size_t i = 0; i < CY_COUNT(sentences); i++) {
        struct cy_str text = cy_str(sentences[i].text);
        double scores[176], sum = 0;
        struct cy_language_guess top[10], guess = cy_language_id_predict(id, cache, text);
        assert_true(cy_language_id_scores(id, cache, text, scores));
        assert_int_equal(cy_language_id_predict_top(id, cache, text, top, 10), 10);
        for (size_t label = 0; label < 176; label++) {
            size_t larger = 0;
            sum += scores[label];
            for (size_t other = 0; other < 176; other++)
                larger += scores[other] > scores[label];
            if (larger < 10)
                assert_true(top[larger].score == scores[label] && cy_str_equal(top[larger].label, cy_language_id_label(id, label)));
        }
        cy_expect_near(sum, 1, 0.005);
        assert_true(guess.score == top[0].score && cy_str_equal(guess.label, top[0].label));
    }
    cy_word_cache_free(cache);
    cy_language_id_free(id);
}

CY_TEST("a hand-made model gives the probability worked out by hand")
{
    const struct cy_test_fasttext tiny = {
        .version = 12,
        .dim = 1,
        .word_ngrams = 1,
        .loss = CY_FASTTEXT_HIERARCHICAL,
        .kind = CY_FASTTEXT_SUPERVISED,
        .words = (const char *const[]){"</s>", "a", NULL},
        .labels = (const char *const[]){"__label__x", "y", "__label__z", NULL},
        .label_counts = (const int64_t[]){5, 3, 1},
        .pruned_count = -1,
        .row_count = 2,
        .rows = (const float[]){0, 3},
        .output = (const float[]){1.5f, -1, 0},
    };
    struct cy_buffer file = {0};
    struct cy_language_id *id;
    struct cy_error error;
    cy_test_fasttext_write(&tiny, &file);
    cy_expect_ok(cy_language_id_parse(&id, cy_buffer_str(&file), "tiny", &error), error);
    struct cy_word_cache *cache = cy_language_id_cache_new(id);
    /* "a b a" has the rows 3, 3 and, for the end of the line, 0: mean 2. Root, weight -1: to the right x, to the left node 3, weight 1.5:
     * to the right y, to the left z. Each branch gets 1e-5 more. */
    double x = 1 / (1 + exp(2)) + 1e-5, rest = 1 - 1 / (1 + exp(2)) + 1e-5, share = 1 / (1 + exp(-3));
    double scores[3];
    assert_true(cy_language_id_scores(id, cache, CY_STR("a b\na"), scores));
    cy_expect_near(scores[0], x, 1e-6);
    cy_expect_near(scores[1], rest * (share + 1e-5), 1e-6);
    cy_expect_near(scores[2], rest * (1 - share + 1e-5), 1e-6);
    struct cy_language_guess guess = cy_language_id_predict(id, cache, CY_STR("a b\na"));
    cy_expect_str(guess.label, "y"); /* a label without fastText's prefix stays as it is */
    assert_true(guess.score == scores[1]);
    cy_word_cache_free(cache);
    cy_language_id_free(id);
    cy_buffer_release(&file);
}

CY_TEST("a model that knows nothing of a text says so instead of guessing")
{
    const struct cy_test_fasttext tiny = {
        .version = 12,
        .dim = 1,
        .word_ngrams = 1,
        .loss = CY_FASTTEXT_HIERARCHICAL,
        .kind = CY_FASTTEXT_SUPERVISED,
        .words = (const char *const[]){"a", NULL},
        .labels = (const char *const[]){"__label__x", NULL},
        .label_counts = (const int64_t[]){5},
        .pruned_count = -1,
        .row_count = 1,
        .rows = (const float[]){3},
        .output = (const float[]){1},
    };
    struct cy_buffer file = {0};
    struct cy_language_id *id;
    struct cy_error error;
    cy_test_fasttext_write(&tiny, &file);
    cy_expect_ok(cy_language_id_parse(&id, cy_buffer_str(&file), "tiny", &error), error);
    struct cy_word_cache *cache = cy_language_id_cache_new(id);
    struct cy_language_guess guess = cy_language_id_predict(id, cache, CY_STR("b"));
    double score = 7;
    assert_true(guess.label.size == 0 && guess.score == 0);
    assert_false(cy_language_id_scores(id, cache, CY_STR("b"), &score));
    assert_true(score == 0);
    assert_int_equal(cy_language_id_predict_top(id, cache, CY_STR("b"), &guess, 1), 0);
    guess = cy_language_id_predict(id, cache, CY_STR("a")); /* the only label is certain */
    cy_expect_str(guess.label, "x");
    assert_true(guess.score == 1);
    cy_word_cache_free(cache);
    cy_language_id_free(id);
    cy_buffer_release(&file);
}

CY_TEST("models that are no language identifiers are refused by what they are")
{
    struct cy_test_fasttext other = {
        .version = 12,
        .dim = 1,
        .word_ngrams = 1,
        .loss = CY_FASTTEXT_SOFTMAX,
        .kind = CY_FASTTEXT_SUPERVISED,
        .words = (const char *const[]){"a", NULL},
        .labels = (const char *const[]){"__label__x", NULL},
        .label_counts = (const int64_t[]){5},
        .pruned_count = -1,
        .row_count = 1,
        .rows = (const float[17]){3},
        .output = (const float[17]){1},
    };
    struct cy_buffer file = {0};
    struct cy_language_id *id;
    struct cy_error error;
    cy_test_fasttext_write(&other, &file);
    assert_int_equal(cy_language_id_parse(&id, cy_buffer_str(&file), "other", &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "\"other\" cannot identify languages: its loss is not hierarchical softmax"));
    other.loss = CY_FASTTEXT_HIERARCHICAL, other.dim = 17;
    cy_test_fasttext_write(&other, &file);
    assert_int_equal(cy_language_id_parse(&id, cy_buffer_str(&file), "other", &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "it has more than 16 dimensions"));
    assert_int_equal(cy_language_id_load(&id, "/nowhere/lid.ftz", &error), CY_IO);
    assert_null(id);
    cy_buffer_release(&file);
}

struct shared_run {
    const struct cy_language_id *id;
    double scores[8][20];
};

static void identify_all(void *context, size_t thread)
{
    struct shared_run *run = context;
    struct cy_word_cache *cache = cy_language_id_cache_new(run->id);
    for (size_t round = 0; round < 50; round++)
        for (size_t i = 0; i < CY_COUNT(sentences); i++) {
            size_t k = (i + thread * 3 + round) % CY_COUNT(sentences);
            run->scores[thread][k] = cy_language_id_predict(run->id, cache, cy_str(sentences[k].text)).score;
        }
    cy_word_cache_free(cache);
}

CY_TEST("threads that share a model and meet the texts in different orders find the same doubles")
{
    struct shared_run run = {.id = lid()};
    cy_run_threads(8, identify_all, &run);
    for (size_t thread = 1; thread < 8; thread++)
        assert_memory_equal(run.scores[thread], run.scores[0], sizeof run.scores[0]);
    cy_language_id_free((struct cy_language_id *)run.id);
}
