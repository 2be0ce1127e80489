#include "cy_test.h"

#include "base/unicode.h"
#include "kernels/clean_mask.h"

#include <math.h>

/* The text that normalize makes of this one. */
static struct cy_str normalized(const char *text, const char *params)
{
    struct cy_batch *batch = cy_test_batch(text, NULL);
    cy_test_run("normalize", params, batch);
    return batch->texts[0];
}

CY_TEST("normalize composes, and unifies line ends, spaces and blank lines")
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"cafe\u0301", "café"},
        {"", ""},
        {"plain", "plain"},
        {"a\r\nb\rc\vd\fe\302\205f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"},
        {"a  b \t c", "a b c"},
        {"a\tb", "a\tb"},      /* a single tab stays */
        {"a \nb\t\n", "a\nb"}, /* blanks at line ends, line feeds at the end */
        {"  indented\n\tline", "  indented\n\tline"},
        {"\n\n  \n first", " first"},   /* empty lines at the beginning go, indentation stays */
        {"a\n\n\n\n\n\nb", "a\n\n\nb"}, /* two blank lines stay */
        {"a\n \n\t\n  \n \nb", "a\n\n\nb"},
        {"a\u00A0b\u2003c\u202Fd\u3000e", "a b c d e"},
        {"a \u00A0 b\u3000\u3000c", "a b c"},
        {"\u3000\u3000春眠不觉晓", "  春眠不觉晓"}, /* a paragraph's indentation */
        {"a\u200Bb\uFEFFc\u00ADd\u2060e\u202Ef", "abcdef"},
        {"a \u200B b", "a b"}, /* what stood around an invisible character is a run too */
        {"a\u200B\n", "a"},
        {"e\u200B\u0301", "é"},                   /* composed after the invisible character is gone */
        {"नी\u200Cर \u200D", "नी\u200Cर \u200D"}, /* joiners carry meaning */
        {"a\x01\x1F\x7F"
         "b\302\201",
         "ab"},
        {"don\302\222t \302\200 5", "don’t € 5"}, /* C1 controls are Windows-1252 */
        {"\uFEFF标题\r\n\r\n正文", "标题\n\n正文"},
        {"   ", ""},
        {"\n\n\n", ""},
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++)
        cy_expect_str(normalized(cases[i].text, ""), cases[i].expected);
}

CY_TEST("normalize keeps what its parameters say")
{
    cy_expect_str(normalized("e\u0301  x \n\n\n\ny", "form: none, collapse_spaces: false, blank_lines_max: -1"), "e\u0301  x \n\n\n\ny");
    cy_expect_str(normalized("a\n\n\nb", "blank_lines_max: 0"), "a\nb");
    cy_expect_str(normalized("a\u00A0b\u3000c", "unify_spaces: false"), "a\u00A0b\u3000c");
    cy_expect_str(normalized("a\u200Bb", "remove_invisible: false"), "a\u200Bb");
    cy_expect_str(normalized("ﬁ\u00A0\u00A0１２ ㌔", "form: nfkc"), "fi 12 キロ");
    cy_expect_str(normalized("ﬁ", ""), "ﬁ");
    cy_expect_str(normalized("a\302\231", "form: nfkc"), "aTM"); /* a C1 control for ™ */
}

CY_TEST("normalize measures mojibake in each thousand code points, and removes a document above the limit")
{
    /* "â€™" and "Ã©" are two characters in 6 + 3 + 7 + 2 + 5 = 23 code points */
    struct cy_batch *batch =
        cy_test_batch("it isnâ€™t a cafÃ© here", "le « café » est noir", "锟斤拷锟斤拷", "鐨勪竴鏄", "Ð¿Ñ€Ð¸Ð²ÐµÑ‚", NULL);
    cy_test_run("normalize", "mojibake_max: 100", batch);
    cy_expect_signal(batch, 0, "mojibake", 2000.0 / 23);
    cy_expect_kept(batch, 0);
    cy_expect_signal(batch, 1, "mojibake", 0); /* "é", a no-break space and "»" are sound French */
    cy_expect_signal(batch, 2, "mojibake", 2000.0 / 6);
    cy_expect_verdict(batch, 2, "mojibake_max", 2000.0 / 6, 100);
    cy_expect_signal(batch, 3, "mojibake", 2000.0 / 4);
    cy_expect_signal(batch, 4, "mojibake", 6000.0 / 12);
}

CY_TEST("sound text in the languages of Windows-1252 is no mojibake")
{
    static const char *const texts[] = {
        "Il a dit : « C’est l’été à Évian, hé\u00A0! » — À côté, près du château…",
        "NÃO É POSSÍVEL: AÇÃO E CORAÇÃO, «MANHû",
        "Größe, Übermut, „Äpfel“, Straße 25 °C, ¼ Liter",
        "Ångström, »Å«, på, således, Åse’s",
        "El niño comió ¿qué? ¡Ñandú! 3.º piso",
        "Þetta er íslenska: ðað, Ægir",
        "Tiếng Việt: Đường Âu Cơ, ăn cơm, Ô tô",
        "x² ± 3 × 4 ÷ 2 = ½ µm — “quoted” ‘single’ €5 ™",
        "的一是在我可用，。链条 鏈條 涓涓细流 钬",
    };
    for (size_t i = 0; i < CY_COUNT(texts); i++) {
        struct cy_batch *batch = cy_test_batch(texts[i], NULL);
        cy_test_run("normalize", "", batch);
        if (batch->signals[0][0] != 0 && strstr(texts[i], "MANHÃ") == NULL) /* Ã before » cannot be told apart: stated in the docs */
            fail_msg("\"%s\" measures %g", texts[i], batch->signals[0][0]);
    }
}

CY_TEST("normalize counts U+FFFD and the characters it takes out")
{
    struct cy_batch *batch = cy_test_batch("ab\uFFFD\uFFFDcdefgh", "a\u200B\x01z", NULL);
    cy_test_run("normalize", "replaced_chars_max: 150", batch);
    cy_expect_signal(batch, 0, "replaced_chars", 200);
    cy_expect_verdict(batch, 0, "replaced_chars_max", 200, 150);
    cy_expect_signal(batch, 1, "removed_chars", 2);
}

CY_TEST("normalize puts a text right that was decoded wrongly as a whole, when told to")
{
    cy_expect_str(normalized("CafÃ© â€œau laitâ€\302\235", "fix_mojibake: true"), "Café “au lait”");
    cy_expect_str(normalized("ä½\u00A0å¥½ï¼\302\214", "fix_mojibake: true"), "你好，");
    cy_expect_str(normalized("Ã\u0192Â©", "fix_mojibake: true"), "é"); /* twice over */
    cy_expect_str(normalized("café", "fix_mojibake: true"), "café");
    cy_expect_str(normalized("CafÃ©", ""), "CafÃ©");
}

CY_TEST("normalize puts mojibake right part by part: what is sure when told to, what holds a C1 control always")
{
    cy_expect_str(normalized("CafÃ© 中 é", "fix_mojibake: true"), "Café 中 é");
    cy_expect_str(normalized("« hé\u00A0» 中", "fix_mojibake: true"), "« hé » 中");
    cy_expect_str(normalized("at our desks â\302\200\302\223 中 isnâ\302\200\302\231t", ""), "at our desks – 中 isn’t");
    cy_expect_str(normalized("isnâ€™t", ""), "isnâ€™t");
    cy_expect_str(normalized("Ã\x01© A\u0303©", "fix_mojibake: true"), "é é"); /* brought together by removing and by composing */
    cy_expect_str(normalized("ä½ å¥½", "fix_mojibake: true"), "ä½ å¥½");       /* its bytes E4 BD 20 … are not UTF-8: a space was lost */
    struct cy_batch *batch = cy_test_batch("isnâ\302\200\302\231t 中", NULL);
    cy_test_run("normalize", "", batch);
    cy_expect_signal(batch, 0, "repaired_chars", 1);
    cy_expect_signal(batch, 0, "mojibake", 0); /* what is left */
}

/* Pieces that meet in all orders: white space, invisible characters, marks, mojibake. */
static struct cy_str random_text(struct cy_arena *arena, uint64_t *random)
{
    static const char *const pieces[] = {
        " ",      "  ",     "\n",     "\r",     "\t",     "\u00A0", "\u3000",   "\u200B",   "\u2028",   "\x01",   "a",      "bc", "e",
        "\u0301", "\u0323", "é",      "数",     "。",     "\uFEFF", "\302\205", "\302\222", "\302\231", "Ã©",     "Ã",      "©",  "A\u0303",
        "â",      "€",      "\uFB01", "\u2000", "\u1100", "\u1161", "\u00A8",   "\u037E",   "\u200D",   "\uFFFD", "\u0958", "ｶ",  "ﾞ"};
    struct cy_buffer text = {0};
    for (size_t left = cy_test_random(random) % 150; left > 0; left--)
        cy_buffer_add_text(&text, pieces[cy_test_random(random) % CY_COUNT(pieces)]);
    struct cy_str copy = cy_arena_str(arena, cy_buffer_str(&text));
    cy_buffer_release(&text);
    return copy;
}

CY_TEST("normalizing what is normalized changes nothing, with any parameters, and what comes out is UTF-8")
{
    static const char *const params[] = {"",
                                         "form: nfkc",
                                         "form: none",
                                         "collapse_spaces: false",
                                         "unify_spaces: false, form: nfkc",
                                         "remove_invisible: false",
                                         "blank_lines_max: 0",
                                         "blank_lines_max: -1, collapse_spaces: false"};
    uint64_t random = cy_test_seed();
    for (int round = 0; round < 400; round++) {
        struct cy_batch *batch = cy_test_batch("", "", "", "", NULL);
        for (size_t row = 0; row < 4; row++)
            batch->texts[row] = random_text(batch->arena, &random);
        struct cy_buffer all = {0};
        cy_buffer_printf(&all, "mojibake_max: 1e9, replaced_chars_max: 1e9%s%s", params[round % CY_COUNT(params)][0] != '\0' ? ", " : "",
                         params[round % CY_COUNT(params)]);
        cy_buffer_add_byte(&all, '\0');
        cy_test_run("normalize", all.data, batch);
        struct cy_str first[4];
        memcpy(first, batch->texts, sizeof first);
        cy_test_run("normalize", all.data, batch);
        for (size_t row = 0; row < 4; row++) {
            assert_true(cy_utf8_is_valid(first[row].data, first[row].size));
            if (!cy_str_equal(first[row], batch->texts[row]))
                fail_msg("\"%.*s\" becomes \"%.*s\" with %s", (int)first[row].size, first[row].data, (int)batch->texts[row].size,
                         batch->texts[row].data, all.data);
        }
        cy_buffer_release(&all);
    }
}

CY_TEST("the marks of a cleaner are the same in every variant, whatever the block and the byte before it")
{
    const struct cy_clean_mask_variant *scalar = cy_clean_mask_variants;
    while (scalar->needs != 0)
        scalar++;
    uint64_t random = cy_test_seed();
    char block[CY_CLEAN_BLOCK];
    for (int round = 0; round < 5000; round++) {
        for (size_t i = 0; i < sizeof block; i++) {
            uint64_t value = cy_test_random(&random);
            block[i] = (char)(round < 4 ? 64 * (uint64_t)round + i : value % 4 != 0 ? value >> 8 : (uint64_t) " \n\tx"[value >> 8 & 3]);
        }
        char before = (char)cy_test_random(&random);
        for (const struct cy_clean_mask_variant *variant = cy_clean_mask_variants; variant != scalar; variant++)
            if ((variant->needs & ~cy_cpu_features()) == 0)
                assert_true(variant->mask(block, before) == scalar->mask(block, before));
    }
}
