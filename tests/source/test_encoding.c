#include "cy_test_source.h"

#include "source/encoding.h"

/* The first article of the Universal Declaration of Human Rights; bytes written by Python's codecs (codec named beside the label). */
static const struct {
    const char *label; /* as a page declares it */
    const char *text;  /* UTF-8 */
    const char *bytes;
} rows[] = {
    {"gb18030", /* gb18030 */
     "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。€𠀀",
     "\xC8\xCB\xC8\xCB\xC9\xFA\xB6\xF8\xD7\xD4\xD3\xC9,"
     "\xD4\xDA\xD7\xF0\xD1\xCF\xBA\xCD\xC8\xA8\xC0\xFB\xC9\xCF\xD2\xBB\xC2\xC9\xC6\xBD\xB5\xC8\xA1\xA3\xCB\xFB\xC3\xC7\xB8\xB3\xD3\xD0\xC0"
     "\xED\xD0\xD4\xBA\xCD\xC1\xBC\xD0\xC4,"
     "\xB2\xA2\xD3\xA6\xD2\xD4\xD0\xD6\xB5\xDC\xB9\xD8\xCF\xB5\xB5\xC4\xBE\xAB\xC9\xF1\xCF\xE0\xB6\xD4\xB4\xFD\xA1\xA3\xA2\xE3\x95"
     "2\x82"
     "6"},
    {"gb2312", /* gb2312 */
     "人人生而自由,在尊严和权利上一律平等。",
     "\xC8\xCB\xC8\xCB\xC9\xFA\xB6\xF8\xD7\xD4\xD3\xC9,"
     "\xD4\xDA\xD7\xF0\xD1\xCF\xBA\xCD\xC8\xA8\xC0\xFB\xC9\xCF\xD2\xBB\xC2\xC9\xC6\xBD\xB5\xC8\xA1\xA3"},
    {"big5", /* big5 */
     "人人生而自由,在尊嚴和權利上一律平等。他們賦有理性和良心,並應以兄弟關係的精神相對待。",
     "\xA4H\xA4H\xA5\xCD\xA6\xD3\xA6\xDB\xA5\xD1,\xA6"
     "b\xB4L\xC4Y\xA9M\xC5v\xA7Q\xA4W\xA4@\xAB\xDF\xA5\xAD\xB5\xA5\xA1"
     "C\xA5L\xAD\xCC\xBD\xE1\xA6\xB3\xB2z\xA9\xCA\xA9M\xA8}\xA4\xDF,"
     "\xA8\xC3\xC0\xB3\xA5H\xA5S\xA7\xCC\xC3\xF6\xABY\xAA\xBA\xBA\xEB\xAF\xAB\xAC\xDB\xB9\xEF\xAB\xDD\xA1"
     "C"},
    {"shift_jis", /* shift_jis */
     "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
     "\x82\xB7\x82\xD7\x82\xC4\x82\xCC\x90l\x8A\xD4\x82\xCD\x81"
     "A\x90\xB6\x82\xDC\x82\xEA\x82\xC8\x82\xAA\x82\xE7\x82\xC9\x82\xB5\x82\xC4\x8E\xA9\x97R\x82\xC5\x82\xA0\x82\xE8\x81"
     "A\x82\xA9\x82\xC2\x81"
     "A\x91\xB8\x8C\xB5\x82\xC6\x8C\xA0\x97\x98\x82\xC6\x82\xC9\x82\xC2\x82\xA2\x82\xC4\x95\xBD\x93\x99\x82\xC5\x82\xA0\x82\xE9\x81"
     "B"},
    {"euc-jp", /* euc_jp */
     "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
     "\xA4\xB9\xA4\xD9\xA4\xC6\xA4\xCE\xBF\xCD\xB4\xD6\xA4\xCF\xA1\xA2\xC0\xB8\xA4\xDE\xA4\xEC\xA4\xCA\xA4\xAC\xA4\xE9\xA4\xCB\xA4\xB7\xA4"
     "\xC6\xBC\xAB\xCD\xB3\xA4\xC7\xA4\xA2\xA4\xEA\xA1\xA2\xA4\xAB\xA4\xC4\xA1\xA2\xC2\xBA\xB8\xB7\xA4\xC8\xB8\xA2\xCD\xF8\xA4\xC8\xA4\xCB"
     "\xA4\xC4\xA4\xA4\xA4\xC6\xCA\xBF\xC5\xF9\xA4\xC7\xA4\xA2\xA4\xEB\xA1\xA3"},
    {"iso-2022-jp", /* iso2022_jp */
     "すべての人間は、生まれながらにして自由である。", "\x1B$B$9$Y$F$N\x3FM4V$O!\x22@8$^$l$J$,$i$K$7$F<+M3$G$\x22$k!#\x1B(B"},
    {"euc-kr", /* euc_kr */
     "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
     "\xB8\xF0\xB5\xE7 \xC0\xCE\xB0\xA3\xC0\xBA \xC5\xC2\xBE\xEE\xB3\xAF \xB6\xA7\xBA\xCE\xC5\xCD \xC0\xDA\xC0\xAF\xB7\xCE\xBF\xEC\xB8\xE7 "
     "\xB1\xD7 \xC1\xB8\xBE\xF6\xB0\xFA \xB1\xC7\xB8\xAE\xBF\xA1 \xC0\xD6\xBE\xEE \xB5\xBF\xB5\xEE\xC7\xCF\xB4\xD9."},
    {"windows-1251", /* cp1251 */
     "Все люди рождаются свободными и равными в своем достоинстве и правах.",
     "\xC2\xF1\xE5 \xEB\xFE\xE4\xE8 \xF0\xEE\xE6\xE4\xE0\xFE\xF2\xF1\xFF \xF1\xE2\xEE\xE1\xEE\xE4\xED\xFB\xEC\xE8 \xE8 "
     "\xF0\xE0\xE2\xED\xFB\xEC\xE8 \xE2 \xF1\xE2\xEE\xE5\xEC \xE4\xEE\xF1\xF2\xEE\xE8\xED\xF1\xF2\xE2\xE5 \xE8 \xEF\xF0\xE0\xE2\xE0\xF5."},
    {"koi8-r", /* koi8_r */
     "Все люди рождаются свободными и равными в своем достоинстве и правах.",
     "\xF7\xD3\xC5 \xCC\xC0\xC4\xC9 \xD2\xCF\xD6\xC4\xC1\xC0\xD4\xD3\xD1 \xD3\xD7\xCF\xC2\xCF\xC4\xCE\xD9\xCD\xC9 \xC9 "
     "\xD2\xC1\xD7\xCE\xD9\xCD\xC9 \xD7 \xD3\xD7\xCF\xC5\xCD \xC4\xCF\xD3\xD4\xCF\xC9\xCE\xD3\xD4\xD7\xC5 \xC9 \xD0\xD2\xC1\xD7\xC1\xC8."},
    {"iso-8859-1", /* cp1252 */
     "Alle Menschen sind frei und gleich an Würde und Rechten geboren – „frei“, 5 €.",
     "Alle Menschen sind frei und gleich an W\xFCrde und Rechten geboren \x96 \x84"
     "frei\x93, 5 \x80."},
    {"windows-1256", /* cp1256 */
     "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق.",
     "\xED\xE6\xE1\xCF \xCC\xE3\xED\xDA \xC7\xE1\xE4\xC7\xD3 \xC3\xCD\xD1\xC7\xD1\xC7 \xE3\xCA\xD3\xC7\xE6\xED\xE4 \xDD\xED "
     "\xC7\xE1\xDF\xD1\xC7\xE3\xC9 \xE6\xC7\xE1\xCD\xDE\xE6\xDE."},
    {"iso-8859-7", /* iso8859_7 */
     "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
     "\xBC\xEB\xEF\xE9 \xEF\xE9 \xDC\xED\xE8\xF1\xF9\xF0\xEF\xE9 \xE3\xE5\xED\xED\xE9\xEF\xFD\xED\xF4\xE1\xE9 "
     "\xE5\xEB\xE5\xFD\xE8\xE5\xF1\xEF\xE9 \xEA\xE1\xE9 \xDF\xF3\xEF\xE9 \xF3\xF4\xE7\xED \xE1\xEE\xE9\xEF\xF0\xF1\xDD\xF0\xE5\xE9\xE1 "
     "\xEA\xE1\xE9 \xF4\xE1 \xE4\xE9\xEA\xE1\xE9\xFE\xEC\xE1\xF4\xE1."},
};

static void expect_decoded(const char *bytes, size_t size, const char *media_type, enum cy_encoding_kind kind, const char *expected)
{
    struct cy_arena arena = {0};
    struct cy_str text;
    const char *reason = cy_encoding_decode((struct cy_str){bytes, size}, cy_str(media_type), kind, &arena, &text);
    if (reason != NULL)
        fail_msg("%s, declared %s", reason, media_type);
    cy_expect_str(text, expected);
    cy_arena_release(&arena);
}

static void expect_page(const char *head, const char *bytes, const char *media_type, const char *expected)
{
    char raw[4096], text[4096];
    snprintf(raw, sizeof raw, "%s%s", head, bytes);
    snprintf(text, sizeof text, "%s%s", head, expected);
    expect_decoded(raw, strlen(raw), media_type, CY_ENCODING_HTML, text);
}

CY_TEST("an encoding is taken from the HTTP header, from <meta charset>, from http-equiv and from an XML declaration")
{
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        char head[512];
        snprintf(head, sizeof head, "text/html; charset=\"%s\"", rows[i].label);
        expect_page("<p>", rows[i].bytes, head, rows[i].text);
        snprintf(head, sizeof head, "<!DOCTYPE html><!-- <meta charset=latin1> --><META CHARSET='%s'><p>", rows[i].label);
        expect_page(head, rows[i].bytes, "", rows[i].text);
        snprintf(head, sizeof head, "<html><meta http-equiv=\"Content-Type\" content=\"text/html; charset=%s\"/><p>", rows[i].label);
        expect_page(head, rows[i].bytes, "text/html", rows[i].text);
        if (strcmp(rows[i].label, "iso-2022-jp") != 0) {
            snprintf(head, sizeof head, "<?xml version=\"1.0\" encoding=\"%s\"?><p>", rows[i].label);
            expect_page(head, rows[i].bytes, "", rows[i].text);
        }
    }
}

CY_TEST("a declaration stands behind a long head and is found up to 4,096 bytes")
{
    char head[2100];
    memset(head, ' ', sizeof head);
    memcpy(head, "<head>", 6);
    strcpy(head + 2000, "<meta charset=big5>");
    expect_page(head, rows[2].bytes, "", rows[2].text);
}

CY_TEST("the header comes before the page, and valid UTF-8 before both")
{
    expect_page("<meta charset=koi8-r><p>", rows[7].bytes, "text/html;charset=windows-1251", rows[7].text);
    expect_page("<meta charset=gbk><p>", rows[0].text, "text/html; charset=iso-8859-1", rows[0].text);
}

CY_TEST("a byte-order mark comes before all, and is taken off")
{
    expect_decoded("\xEF\xBB\xBF\xC3\xA4", 5, "text/html; charset=gbk", CY_ENCODING_HTML, "ä");
    expect_decoded("\xFF\xFE\xE4\0=\xD8\0\xDE", 8, "text/html; charset=gbk", CY_ENCODING_HTML, "ä😀");
    expect_decoded("\xFE\xFF\0\xE4\xD8=\xDE\0", 8, "", CY_ENCODING_TEXT, "ä😀");
}

CY_TEST("UTF-16 without a mark shows in plain text by its NUL bytes, and other NUL bytes are no text")
{
    expect_decoded("a\0b\0c\0\xE4\0\n\0", 10, "", CY_ENCODING_TEXT, "abcä\n");
    expect_decoded("\0a\0b\0c\0\xE4", 8, "", CY_ENCODING_TEXT, "abcä");
    struct cy_arena arena = {0};
    struct cy_str text;
    assert_string_equal(cy_encoding_decode((struct cy_str){"PK\x03\x04\0\0\x01\0\xFF", 9}, CY_STR(""), CY_ENCODING_TEXT, &arena, &text),
                        "encoding: binary");
    assert_null(cy_encoding_decode((struct cy_str){"a\0b", 3}, CY_STR(""), CY_ENCODING_HTML, &arena, &text)); /* in a page it stays */
    assert_int_equal(text.size, 3);
    static const char png[] = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x02\0\xE9\xE8";
    assert_string_equal(cy_encoding_decode((struct cy_str){png, sizeof png - 1}, CY_STR(""), CY_ENCODING_HTML, &arena, &text),
                        "encoding: binary");
    cy_arena_release(&arena);
}

CY_TEST("without a declaration the encodings of East Asia and of Russia are recognised by their bytes")
{
    static const size_t recognised[] = {0, 2, 3, 4, 6, 7, 8};
    for (size_t i = 0; i < CY_COUNT(recognised); i++)
        expect_decoded(rows[recognised[i]].bytes, strlen(rows[recognised[i]].bytes), "", CY_ENCODING_TEXT, rows[recognised[i]].text);
}

CY_TEST("UTF-8 with a broken character in many stays UTF-8, one cut off at the end too")
{
    expect_decoded("äöüäöüäöüäöü\xFFäöü", 31, "", CY_ENCODING_TEXT, "äöüäöüäöüäöü\xEF\xBF\xBDäöü");
    expect_decoded("caf\xC3\xA9 cr\xC3", 9, "", CY_ENCODING_TEXT, "café cr\xEF\xBF\xBD");
}

CY_TEST("what no encoding fits is refused")
{
    struct cy_arena arena = {0};
    struct cy_str text;
    char noise[512];
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(0x80 | cy_test_random(&random) % 0x80);
    const char *reason =
        cy_encoding_decode((struct cy_str){noise, sizeof noise}, CY_STR("text/html; charset=shift_jis"), CY_ENCODING_HTML, &arena, &text);
    assert_non_null(reason);
    assert_non_null(strstr(reason, "encoding: not Shift_JIS"));
    assert_string_equal(cy_encoding_decode_as(CY_STR("a"), CY_STR("klingon"), &arena, &text), "encoding: \"klingon\" is not known");
    cy_arena_release(&arena);
}

CY_TEST("an encoding or a delimiter that a recipe gets wrong is refused when the recipe is read")
{
    const struct cy_format *csv = cy_format_find(CY_STR("csv"));
    struct cy_arena arena = {0};
    struct cy_error error;
    void *self = cy_arena_zero(&arena, csv->self_size);
    cy_params_default(csv->params, self, &arena);
    cy_expect_ok(csv->check(self, &error), error);
    cy_expect_ok(cy_param_set(cy_param_find(csv->params, CY_STR("encoding")), self, CY_STR("klingon"), &arena, &error), error);
    assert_int_equal(csv->check(self, &error), CY_BAD_RECIPE);
    assert_string_equal(error.message, "the encoding \"klingon\" is not known");
    cy_expect_ok(cy_param_set(cy_param_find(csv->params, CY_STR("delimiter")), self, CY_STR("||"), &arena, &error), error);
    assert_int_equal(csv->check(self, &error), CY_BAD_RECIPE);
    assert_string_equal(error.message, "delimiter must be one ASCII character, found \"||\"");
    cy_arena_release(&arena);
}
