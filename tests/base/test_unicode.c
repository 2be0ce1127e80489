#include "cy_test.h"

#include "base/unicode.h"

CY_TEST("categories are those of Unicode 16.0")
{
    assert_int_equal(cy_category('A'), CY_LU);
    assert_int_equal(cy_category('a'), CY_LL);
    assert_int_equal(cy_category('5'), CY_ND);
    assert_int_equal(cy_category('_'), CY_PC);
    assert_int_equal(cy_category('+'), CY_SM);
    assert_int_equal(cy_category('$'), CY_SC);
    assert_int_equal(cy_category(0x4E2D), CY_LO); /* 中 */
    assert_int_equal(cy_category(0x0301), CY_MN); /* combining acute */
    assert_int_equal(cy_category(0x1C89), CY_LU); /* new in 16.0 */
    assert_int_equal(cy_category(0xA7CE), CY_CN); /* new in 17.0 */
    assert_int_equal(cy_category(0xD800), CY_CS);
    assert_int_equal(cy_category(0xE000), CY_CO);
    assert_int_equal(cy_category(0x10FFFF), CY_CN); /* a noncharacter */
    assert_int_equal(cy_category(0x110000), CY_CN); /* no code point */
}

CY_TEST("White_Space has the 25 code points of PropList.txt")
{
    size_t count = 0;
    for (uint32_t point = 0; point <= CY_CODE_POINT_MAX; point++)
        count += cy_is_white_space(point);
    assert_int_equal(count, 25);
    assert_true(cy_is_white_space(0x3000));
    assert_true(cy_is_white_space(0x85));
    assert_false(cy_is_white_space(0x1C)); /* Python thinks otherwise */
    assert_false(cy_is_white_space(0x200B));
    assert_false(cy_is_white_space(0x180E));
}

CY_TEST("the numbers of letters, digits and assigned characters are those that Unicode 16.0 publishes")
{
    size_t assigned = 0, digits = 0, han = 0;
    for (uint32_t point = 0; point <= CY_CODE_POINT_MAX; point++) {
        enum cy_category category = cy_category(point);
        assigned += category != CY_CN && category != CY_CC && category != CY_CO && category != CY_CS;
        digits += cy_is_digit(point);
        han += cy_script(point) == CY_SCRIPT_HAN && category == CY_LO && point >= 0x3400 && !(point >= 0xF900 && point < 0xFB00) &&
               !(point >= 0x2F800 && point < 0x2FA20);
    }
    assert_int_equal(assigned, 154998); /* graphic and format characters: the standard's own count */
    assert_int_equal(digits, 760);      /* DerivedGeneralCategory.txt, Nd */
    assert_int_equal(han, 97668);       /* unified ideographs, 97,680, less the 12 among the compatibility ideographs */
}

CY_TEST("scripts that are written without spaces are told apart from those with spaces")
{
    assert_int_equal(cy_script(0x4E2D), CY_SCRIPT_HAN);
    assert_int_equal(cy_script(0x3042), CY_SCRIPT_HIRAGANA);
    assert_int_equal(cy_script(0x30A2), CY_SCRIPT_KATAKANA);
    assert_int_equal(cy_script(0x30FC), CY_SCRIPT_COMMON); /* the prolonged sound mark is both kana's */
    assert_int_equal(cy_script(0xAC00), CY_SCRIPT_HANGUL);
    assert_int_equal(cy_script(0x0E01), CY_SCRIPT_THAI);
    assert_int_equal(cy_script(0x0E81), CY_SCRIPT_LAO);
    assert_int_equal(cy_script(0x1780), CY_SCRIPT_KHMER);
    assert_int_equal(cy_script(0x1000), CY_SCRIPT_MYANMAR);
    assert_true(cy_is_unspaced_script(cy_script(0x20000)));
    assert_false(cy_is_unspaced_script(cy_script(0xAC00)));
    assert_false(cy_is_unspaced_script(cy_script('a')));
}

CY_TEST("lower case is the simple mapping")
{
    assert_int_equal(cy_lower('Q'), 'q');
    assert_int_equal(cy_lower('q'), 'q');
    assert_int_equal(cy_lower(0xC4), 0xE4);     /* Ä */
    assert_int_equal(cy_lower(0x130), 'i');     /* İ */
    assert_int_equal(cy_lower(0x1E9E), 0xDF);   /* ẞ */
    assert_int_equal(cy_lower(0x3A3), 0x3C3);   /* Σ, never the final form */
    assert_int_equal(cy_lower(0x1C89), 0x1C8A); /* new in 16.0 */
    assert_int_equal(cy_lower(0xA7CB), 0x264);  /* new in 16.0: ram's horn */
    assert_int_equal(cy_lower(0x10D50), 0x10D70);
    assert_int_equal(cy_lower(0x2126), 0x3C9); /* ohm sign */
    assert_int_equal(cy_lower(0x1F88), 0x1F80);
    assert_int_equal(cy_lower(0x110000), 0x110000);
}

CY_TEST("every code point survives encoding and decoding, forward and backward")
{
    for (uint32_t point = 0; point <= CY_CODE_POINT_MAX; point++) {
        char text[4];
        size_t size = cy_utf8_encode(point, text);
        uint32_t expected = point >= 0xD800 && point <= 0xDFFF ? CY_REPLACEMENT : point;
        const char *at = text, *back = text + size;
        assert_true(cy_utf8_decode(&at, text + size) == expected && at == text + size);
        assert_true(cy_utf8_decode_back(text, &back) == expected && back == text);
        assert_true(cy_utf8_is_valid(text, size));
        for (size_t cut = 1; cut < size; cut++) /* a sequence cut short is not valid */
            assert_false(cy_utf8_is_valid(text, cut));
    }
}

CY_TEST("bytes that are not UTF-8 decode to U+FFFD, a byte at a time")
{
    static const char *const bad[] = {"\x80", "\xC0\xAF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3"};
    for (size_t i = 0; i < CY_COUNT(bad); i++) {
        const char *at = bad[i], *end = at + strlen(at), *back = end;
        assert_false(cy_utf8_is_valid(at, strlen(at)));
        for (size_t k = 0; k < strlen(bad[i]); k++)
            assert_int_equal(cy_utf8_decode(&at, end), CY_REPLACEMENT);
        assert_ptr_equal(at, end);
        for (size_t k = 0; k < strlen(bad[i]); k++)
            assert_int_equal(cy_utf8_decode_back(bad[i], &back), CY_REPLACEMENT);
        assert_ptr_equal(back, bad[i]);
    }
}

CY_TEST("counting code points agrees with decoding at every size and offset")
{
    uint64_t random = cy_test_seed();
    char text[1100];
    size_t ends[1100], size = 0, count = 0;
    while (size < 1024) {
        static const uint32_t ranges[] = {0x80, 0x800, 0xD800, 0x10FFFF};
        size += cy_utf8_encode((uint32_t)(cy_test_random(&random) % ranges[cy_test_random(&random) % 4]), text + size);
        ends[count++] = size;
    }
    for (size_t from = 0; from < count; from += 1 + cy_test_random(&random) % 7)
        for (size_t to = from; to < count; to++)
            assert_int_equal(cy_utf8_count(text + ends[from], ends[to] - ends[from]), to - from);
}

CY_TEST("text is ASCII until one byte is not, wherever it stands")
{
    char text[300];
    memset(text, 'a', sizeof text);
    assert_true(cy_is_ascii(text, sizeof text));
    for (size_t at = 0; at < sizeof text; at++) {
        text[at] = (char)0x80;
        assert_false(cy_is_ascii(text, sizeof text));
        assert_true(cy_is_ascii(text, at));
        text[at] = 'a';
    }
}
