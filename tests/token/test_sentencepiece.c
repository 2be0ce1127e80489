#include "token/tokenizer.h"

#include "cy_test.h"

/* Models that can be read at a glance, in protobuf's wire format; the peer's own are compared with in
 * tests/parity/tokens_sentencepiece.py. */

enum kind { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };
enum type { UNIGRAM = 1, BPE, WORD, CHAR };

static void add_field(struct cy_buffer *out, unsigned number, struct cy_str bytes)
{
    assert_true(bytes.size < 0x80);
    cy_buffer_add_byte(out, (uint8_t)(number << 3 | 2));
    cy_buffer_add_byte(out, (uint8_t)bytes.size);
    cy_buffer_add_str(out, bytes);
}

static void add_number(struct cy_buffer *out, unsigned number, unsigned value)
{
    if (number > 15) { /* its key has two bytes */
        cy_buffer_add_byte(out, (uint8_t)((number << 3 & 0x7F) | 0x80));
        cy_buffer_add_byte(out, (uint8_t)(number >> 4));
    } else {
        cy_buffer_add_byte(out, (uint8_t)(number << 3));
    }
    cy_buffer_add_byte(out, (uint8_t)value);
}

static void add_piece(struct cy_buffer *model, const char *text, float score, enum kind kind)
{
    struct cy_buffer piece = {0};
    add_field(&piece, 1, cy_str(text));
    cy_buffer_add_byte(&piece, 2 << 3 | 5);
    cy_buffer_add(&piece, &score, sizeof score);
    add_number(&piece, 3, kind);
    add_field(model, 1, cy_buffer_str(&piece));
    cy_buffer_release(&piece);
}

/* TrainerSpec: its type and whether unknown characters fall back to bytes. */
static void add_trainer(struct cy_buffer *model, enum type type, bool bytes)
{
    struct cy_buffer trainer = {0};
    add_number(&trainer, 3, type);
    add_number(&trainer, 35, bytes);
    add_field(model, 2, cy_buffer_str(&trainer));
    cy_buffer_release(&trainer);
}

static void add_normalizer(struct cy_buffer *model, bool dummy_prefix, bool remove_extra)
{
    struct cy_buffer normalizer = {0};
    add_number(&normalizer, 3, dummy_prefix);
    add_number(&normalizer, 4, remove_extra);
    add_field(model, 3, cy_buffer_str(&normalizer));
    cy_buffer_release(&normalizer);
}

/* ids: "1 2 3"; decoded: what they decode to. Releases the model. */
static void expect(struct cy_buffer *model, const char *text, const char *expected, const char *decoded)
{
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    if (cy_tokenizer_parse(&tokenizer, cy_buffer_str(model), "test", CY_VOCABULARY_ANY, &error) != CY_OK)
        fail_msg("%s", error.message);
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 1 << 16);
    struct cy_ids ids = {0};
    struct cy_buffer found = {0}, back = {0};
    for (int pass = 0; pass < 2; pass++) { /* the second time its pieces are remembered */
        ids.count = found.size = 0;
        cy_tokenizer_encode(tokenizer, cache, cy_str(text), NULL, &ids);
        for (size_t i = 0; i < ids.count; i++)
            cy_buffer_printf(&found, i > 0 ? " %u" : "%u", ids.items[i]);
        cy_buffer_add_byte(&found, 0);
        assert_string_equal(found.data, expected);
    }
    assert_int_equal(cy_tokenizer_decode(tokenizer, ids.items, ids.count, false, &back, &error), CY_OK);
    cy_buffer_add_byte(&back, 0);
    assert_string_equal(back.data, decoded);
    cy_buffer_release(&back);
    cy_buffer_release(&found);
    cy_ids_release(&ids);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
    cy_buffer_release(model);
}

static void expect_refused(struct cy_buffer *model, const char *reason)
{
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    assert_int_equal(cy_tokenizer_parse(&tokenizer, cy_buffer_str(model), "test", CY_VOCABULARY_SENTENCEPIECE, &error), CY_BAD_INPUT);
    assert_null(tokenizer);
    if (strstr(error.message, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
    cy_buffer_release(model);
}

static struct cy_buffer abc(float ab, float bc)
{
    struct cy_buffer model = {0};
    add_piece(&model, "<unk>", 0, UNKNOWN);
    add_piece(&model, "a", -9, NORMAL);
    add_piece(&model, "b", -9, NORMAL);
    add_piece(&model, "c", -9, NORMAL);
    add_piece(&model, "ab", ab, NORMAL);
    add_piece(&model, "bc", bc, NORMAL);
    add_normalizer(&model, false, true);
    return model;
}

CY_TEST("SentencePiece's BPE merges neighbours by the highest score, the leftmost of equal ones first")
{
    struct cy_buffer model = abc(-2, -1);
    add_trainer(&model, BPE, false);
    expect(&model, "abc", "1 5", "abc");
    model = abc(-1, -1);
    add_trainer(&model, BPE, false);
    expect(&model, "abc", "4 3", "abc");
}

CY_TEST("SentencePiece's BPE merges nothing with a user-defined piece, and finds the longest of those first")
{
    struct cy_buffer model = abc(-2, -1);
    add_trainer(&model, BPE, false);
    add_piece(&model, "ca", 0, USER_DEFINED);
    add_piece(&model, "cab", 0, USER_DEFINED);
    expect(&model, "bcabc", "2 7 3", "bcabc"); /* not "bc a bc" */
}

CY_TEST("SentencePiece's Unigram takes the segmentation with the highest sum, and user-defined pieces before all")
{
    struct cy_buffer model = abc(-2, -1);
    expect(&model, "abc", "1 5", "abc"); /* -10 against -11 */
    model = abc(-2, -1);
    add_piece(&model, "ab", 0, NORMAL);
    expect_refused(&model, "twice");
    model = abc(-2, -1);
    add_piece(&model, "abc", -100, USER_DEFINED);
    expect(&model, "abc", "6", "abc");
}

CY_TEST("SentencePiece puts one space before a text and keeps one of several")
{
    struct cy_buffer model = {0};
    add_piece(&model, "<unk>", 0, UNKNOWN);
    add_piece(&model, "\xE2\x96\x81", -1, NORMAL);
    add_piece(&model, "a", -1, NORMAL);
    add_piece(&model, "\xE2\x96\x81"
                      "a",
              -1, NORMAL);
    struct cy_buffer kept = {0};
    cy_buffer_add_str(&kept, cy_buffer_str(&model));
    add_normalizer(&kept, true, false);
    expect(&model, "  a   a ", "3 3", "a a");
    expect(&kept, " a ", "1 3 1", " a ");
}

CY_TEST("SentencePiece makes unknown characters in a row one id, or the bytes they are made of")
{
    struct cy_buffer model = abc(-2, -1);
    expect(&model, "a\xC3\xA9\xC3\xA9", "1 0", "a \xE2\x81\x87 ");
    model = abc(-2, -1);
    add_trainer(&model, CHAR, false);
    expect(&model, "axxb", "1 0 2", "a \xE2\x81\x87 b");
    model = abc(-2, -1);
    add_trainer(&model, WORD, false);
    expect(&model, "ab", "4", "ab");
    model = abc(-2, -1);
    add_trainer(&model, BPE, true);
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", byte);
        add_piece(&model, name, 0, BYTE);
    }
    expect(&model, "a\xC3\xA9\xFF", "1 201 175 245 197 195", "a\xC3\xA9\xEF\xBF\xBD"); /* 0xFF is read as U+FFFD */
}

CY_TEST("a SentencePiece model that is damaged, or that asks for what there is not, is refused with its reason")
{
    struct cy_buffer model = abc(-2, -1);
    model.size--;
    expect_refused(&model, "damaged");
    model = (struct cy_buffer){0};
    add_piece(&model, "a", 0, NORMAL);
    expect_refused(&model, "no unknown piece");
    model = abc(-2, -1);
    add_piece(&model, "", 0, NORMAL);
    expect_refused(&model, "is empty");
    model = abc(-2, -1);
    add_piece(&model, "<0x00>", 0, BYTE);
    expect_refused(&model, "no use");
    model = abc(-2, -1);
    add_trainer(&model, BPE, true);
    expect_refused(&model, "has no piece <0x00>");
    model = abc(-2, -1);
    add_trainer(&model, BPE, false);
    add_piece(&model, "abc", 0, UNUSED);
    expect_refused(&model, "not to be used");
    model = abc(-2, -1);
    add_trainer(&model, (enum type)7, false);
    expect_refused(&model, "model type 7");
    model = (struct cy_buffer){0};
    expect_refused(&model, "0 pieces");
}
