#include "cy_test.h"

#include "base/hash.h"
#include "base/unicode.h"
#include "base/unicode_nfc.h"

/* SHA-256 over the normalized texts of `each_text`; tests/parity/nfc.py recomputes them with unicodedata2 16.0.0. */
#define DIGEST_NFC "ffb5760c647ea3cbf204065ab3dd28c3cea61785417b8bea38fdc1dd9146a8e9"
#define DIGEST_NFKC "fb3d50da103503d836d85ece0ded27d190c1ad45ac57ad4f99796ca958d3fc93"

static const char *normalized(const char *text, enum cy_form form)
{
    static struct cy_buffer out;
    cy_buffer_clear(&out);
    cy_normalize(cy_str(text), form, &out);
    cy_buffer_add_byte(&out, 0);
    return out.data;
}

CY_TEST("form C composes, orders marks, and takes the examples of UAX #15")
{
    static const struct {
        const char *text, *nfc;
    } cases[] = {
        {"plain text", "plain text"},
        {"cafe\u0301", "café"},
        {"\u212B", "Å"},                    /* figure 3: the Angstrom sign is a singleton */
        {"\u1E0B\u0323", "\u1E0D\u0307"},   /* figure 5: dot above and below, ordered and composed again */
        {"q\u0307\u0323", "q\u0323\u0307"}, /* figure 5: no composite, only ordered */
        {"\u1112\u1161\u11AB", "한"},       /* Hangul by arithmetic */
        {"\uD558\u11AB", "한"},
        {"\u0958", "\u0915\u093C"}, /* a composition exclusion stays apart */
        {"\uFB01", "\uFB01"},       /* a ligature is only compatible */
        {"数据集", "数据集"},
        {"a\u0315\u0300\u05AE\u0300b", "à\u05AE\u0300\u0315b"}, /* NormalizationTest, part 2: marks in between of other classes */
        {"\U00016D63\U00016D68", "\U00016D6A"},                 /* Kirat Rai, new in 16.0: a composite that joins what stands before it */
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++)
        assert_string_equal(normalized(cases[i].text, CY_FORM_C), cases[i].nfc);
}

CY_TEST("form KC folds what is only compatible: ligatures, full width, superscripts")
{
    assert_string_equal(normalized("\uFB01 ＡＢＣ１２３ x²", CY_FORM_KC), "fi ABC123 x2");
    assert_string_equal(normalized("\uFEF5", CY_FORM_KC), "لآ");
    assert_string_equal(normalized("ｶﾞ", CY_FORM_KC), "ガ");
}

struct digest {
    struct cy_sha256 hash;
    struct cy_buffer out;
    enum cy_form form;
};

static void digest_add(struct digest *digest, const char *text, size_t size)
{
    cy_buffer_clear(&digest->out);
    cy_normalize((struct cy_str){text, size}, digest->form, &digest->out);
    struct cy_buffer again = {0};
    cy_normalize(cy_buffer_str(&digest->out), digest->form, &again);
    assert_true(cy_str_equal(cy_buffer_str(&digest->out), cy_buffer_str(&again)));
    cy_buffer_release(&again);
    cy_buffer_add_byte(&digest->out, '\n');
    cy_sha256_add(&digest->hash, digest->out.data, digest->out.size);
}

/* Every code point alone, then random sequences from the ranges where characters combine; the same as in tests/parity/nfc.py. */
static void digest_of_all(enum cy_form form, char hex[65])
{
    static const uint32_t ranges[][2] = {{0x41, 0x7A},       {0x300, 0x36F},     {0x590, 0x6FF},     {0x900, 0xDFF},     {0x1100, 0x11FF},
                                         {0x1AB0, 0x1AFF},   {0x1E00, 0x1FFF},   {0x2000, 0x212F},   {0x3040, 0x30FF},   {0xAC00, 0xD7A3},
                                         {0xF900, 0xFAFF},   {0xFB00, 0xFEFF},   {0x11080, 0x110FF}, {0x11300, 0x113FF}, {0x16D60, 0x16D6F},
                                         {0x1D160, 0x1D1BF}, {0x1E000, 0x1E0FF}, {0x2F800, 0x2FA1F}};
    enum { SEQUENCES = 50000, LENGTH_MAX = 24, SEED = 20240910 };
    struct digest digest = {.form = form};
    char text[LENGTH_MAX * 4];
    cy_sha256_init(&digest.hash);
    for (uint32_t point = 0; point <= CY_CODE_POINT_MAX; point++)
        if (point < 0xD800 || point > 0xDFFF)
            digest_add(&digest, text, cy_utf8_encode(point, text));
    uint64_t random = SEED;
    for (int i = 0; i < SEQUENCES; i++) {
        size_t size = 0;
        for (uint64_t left = 1 + cy_test_random(&random) % LENGTH_MAX; left > 0; left--) {
            const uint32_t *range = ranges[cy_test_random(&random) % CY_COUNT(ranges)];
            size += cy_utf8_encode(range[0] + (uint32_t)(cy_test_random(&random) % (range[1] - range[0] + 1)), text + size);
        }
        digest_add(&digest, text, size);
    }
    cy_sha256_final(&digest.hash, hex);
    cy_buffer_release(&digest.out);
}

CY_TEST("forms C and KC of every code point and of 50,000 random sequences are those of unicodedata2 16.0, and stay so when done again")
{
    char hex[65];
    digest_of_all(CY_FORM_C, hex);
    assert_string_equal(hex, DIGEST_NFC);
    digest_of_all(CY_FORM_KC, hex);
    assert_string_equal(hex, DIGEST_NFKC);
}

CY_TEST("the mask of doubtful bytes leaves out no byte that its definition marks, in every variant, and none below U+0300 in form C")
{
    uint64_t random = cy_test_seed();
    char block[64];
    for (const struct cy_form_mask_variant *variant = cy_form_mask_variants; variant->name != NULL; variant++) {
        if ((variant->needs & ~cy_cpu_features()) != 0)
            continue;
        for (int round = 0; round < 2000; round++) {
            for (size_t i = 0; i < sizeof block; i++)
                block[i] = (char)(round < 4 ? 64 * round + (int)i : (int)cy_test_random(&random));
            for (int form = CY_FORM_C; form <= CY_FORM_KC; form++) {
                uint64_t mask = variant->mask(block, (enum cy_form)form);
                for (size_t i = 0; i < sizeof block; i++) {
                    if ((cy_nfc_lead_doubt[(uint8_t)block[i]] & form) != 0)
                        assert_true(mask >> i & 1);
                    if ((uint8_t)block[i] < 0xC2 || (form == CY_FORM_C && (uint8_t)block[i] < 0xCC))
                        assert_false(mask >> i & 1);
                }
            }
        }
    }
}

CY_TEST("a prefix that is called normal is so, at every place in a long text")
{
    struct cy_buffer text = {0}, expected = {0}, found = {0};
    for (size_t at = 0; at < 200; at++) {
        cy_buffer_clear(&text);
        cy_buffer_clear(&expected);
        for (size_t i = 0; i < 200; i++) {
            cy_buffer_add_text(&text, i == at ? "e\u0301" : i % 3 == 0 ? "数" : "x");
            cy_buffer_add_text(&expected, i == at ? "é" : i % 3 == 0 ? "数" : "x");
        }
        size_t start = at + 2 * ((at + 2) / 3); /* two bytes more for each "数" before it */
        assert_int_equal(cy_normal_prefix(cy_buffer_str(&text), 0, CY_FORM_C), start);
        cy_buffer_clear(&found);
        cy_normalize(cy_buffer_str(&text), CY_FORM_C, &found);
        assert_true(cy_str_equal(cy_buffer_str(&found), cy_buffer_str(&expected)));
        assert_true(cy_is_normal(cy_buffer_str(&found), CY_FORM_C));
    }
    cy_buffer_release(&text);
    cy_buffer_release(&expected);
    cy_buffer_release(&found);
}

CY_TEST("a million marks in the wrong order are sorted by class, stably")
{
    struct cy_buffer text = {0}, found = {0};
    cy_buffer_add_text(&text, "x");
    for (size_t i = 0; i < 500000; i++)
        cy_buffer_add_text(&text, "\u0301\u0323"); /* class 230, class 220 */
    cy_normalize(cy_buffer_str(&text), CY_FORM_C, &found);
    assert_int_equal(found.size, text.size);
    assert_memory_equal(found.data, "x\u0323", 3);
    assert_memory_equal(found.data + found.size - 2, "\u0301", 2);
    cy_buffer_release(&text);
    cy_buffer_release(&found);
}

CY_TEST("bytes that are not UTF-8 do no harm")
{
    uint64_t random = cy_test_seed();
    struct cy_buffer out = {0};
    for (int round = 0; round < 5000; round++) {
        size_t size = cy_test_random(&random) % 100;
        char *text = cy_alloc(size);
        for (size_t i = 0; i < size; i++)
            text[i] = (char)cy_test_random(&random);
        cy_buffer_clear(&out);
        cy_normalize((struct cy_str){text, size}, CY_FORM_C, &out);
        free(text);
    }
    cy_buffer_release(&out);
}
