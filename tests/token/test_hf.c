#include "token/hf.h"
#include "token/tokenizer.h"

#include "cy_test.h"

/* Vocabularies that can be read at a glance; the peer's own are compared with in tests/parity/tokens_hf.py. */

static struct cy_tokenizer *parse(const char *json)
{
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    if (cy_tokenizer_parse(&tokenizer, cy_str(json), "test", CY_VOCABULARY_TOKENIZER, &error) != CY_OK)
        fail_msg("%s", error.message);
    return tokenizer;
}

static void expect_refused(const char *json, const char *reason)
{
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    assert_int_equal(cy_tokenizer_parse(&tokenizer, cy_str(json), "test", CY_VOCABULARY_TOKENIZER, &error), CY_BAD_INPUT);
    assert_null(tokenizer);
    if (strstr(error.message, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
}

/* ids: "1 2 3" */
static void expect_ids(const char *json, const char *text, const char *expected)
{
    struct cy_tokenizer *tokenizer = parse(json);
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 1 << 16);
    const struct cy_encoding encoding = {.specials = CY_SPECIALS_AS_IDS, .affixes = true};
    struct cy_ids ids = {0};
    struct cy_buffer found = {0};
    cy_tokenizer_encode(tokenizer, cache, cy_str(text), &encoding, &ids);
    for (size_t i = 0; i < ids.count; i++)
        cy_buffer_printf(&found, i > 0 ? " %u" : "%u", ids.items[i]);
    cy_buffer_add_byte(&found, 0);
    assert_string_equal(found.data, expected);
    cy_buffer_release(&found);
    cy_ids_release(&ids);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
}

#define BPE(vocabulary, merges, more) "{\"model\":{\"type\":\"BPE\",\"vocab\":{" vocabulary "},\"merges\":[" merges "]" more "}}"

CY_TEST("a merge list is merged by its order, not by the order of ids")
{
    expect_ids(BPE("\"a\":0,\"b\":1,\"c\":2,\"bc\":3,\"ab\":4", "\"a b\",\"b c\"", ""), "abc", "4 2");
    expect_ids(BPE("\"a\":0,\"b\":1,\"c\":2,\"bc\":3,\"ab\":4", "[\"b\",\"c\"],[\"a\",\"b\"]", ""), "abc", "0 3");
}

CY_TEST("a character without a token is left out, the unknown token, or its bytes' tokens")
{
    expect_ids(BPE("\"a\":0,\"?\":1", "", ""), "a\xC3\xA9\xC3\xA9z", "0");
    expect_ids(BPE("\"a\":0,\"?\":1", "", ",\"unk_token\":\"?\""),
               "a\xC3\xA9\xC3\xA9"
               "a",
               "0 1 1 0");
    expect_ids(BPE("\"a\":0,\"?\":1", "", ",\"unk_token\":\"?\",\"fuse_unk\":true"),
               "a\xC3\xA9\xC3\xA9"
               "a",
               "0 1 0");
    expect_ids(BPE("\"a\":0,\"<0xC3>\":1,\"<0xA9>\":2", "", ",\"byte_fallback\":true"), "a\xC3\xA9", "0 1 2");
}

CY_TEST("unigram takes the most probable segmentation")
{
    static const char json[] = "{\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"?\",0],[\"a\",-1],[\"b\",-1],[\"ab\",-1.5],"
                               "[\"abb\",-9]]}}";
    expect_ids(json, "abb", "3 2");
    expect_ids(json, "xyab", "0 3");
}

CY_TEST("wordpiece takes the longest token first, and a word it cannot cover is unknown")
{
    static const char json[] = "{\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"?\",\"continuing_subword_prefix\":\"##\","
                               "\"max_input_chars_per_word\":8,\"vocab\":{\"?\":0,\"un\":1,\"##aff\":2,\"##able\":3,\"u\":4}},"
                               "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"normalizer\":{\"type\":\"BertNormalizer\"},"
                               "\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"u\",4],\"sep\":[\"?\",0]}}";
    expect_ids(json, "UNaff unable", "4 1 2 1 3 0");
    expect_ids(json,
               "\xC3\x9C"
               "n unx unaffable",
               "4 1 0 0 0");
}

CY_TEST("a decoder whose steps leave nothing of any token gives an empty text")
{
    struct cy_tokenizer *tokenizer = parse(
        "{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"u\",\"vocab\":{\"u\":0}},\"decoder\":{\"type\":\"Sequence\",\"decoders\":["
        "{\"type\":\"Strip\",\"content\":\"u\",\"start\":1,\"stop\":0},{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},"
        "\"content\":\"b\"},{\"type\":\"Fuse\"}]}}");
    const uint32_t ids[] = {0, 0};
    struct cy_buffer text = {0};
    struct cy_error error;
    cy_expect_ok(cy_tokenizer_decode(tokenizer, ids, 2, false, &text, &error), error);
    assert_int_equal(text.size, 0);
    cy_buffer_release(&text);
    cy_tokenizer_free(tokenizer);
}

CY_TEST("what a file asks for and we lack is named")
{
    expect_refused("{\"model\":{\"type\":\"Magic\",\"vocab\":{}}}", "the model \"Magic\"");
    expect_refused("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"normalizer\":{\"type\":\"Legacy\"}}",
                   "normalizer \"Legacy\"");
    expect_refused("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"}}",
                   "pre-tokenizer \"UnicodeScripts\"");
    expect_refused("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"decoder\":{\"type\":\"CTC\"}}", "decoder \"CTC\"");
    expect_refused("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"truncation\":{\"max_length\":5}}", "truncation");
    expect_refused(BPE("\"a\":0", "", ",\"dropout\":0.1"), "dropout");
    expect_refused(BPE("\"a\":0", "", ",\"shuffle\":true"), "\"shuffle\"");
}

CY_TEST("a damaged or hostile file is refused with its reason")
{
    expect_refused("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0", "not JSON");
    expect_refused("{\"version\":\"1.0\"}", "no \"model\"");
    expect_refused("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":2},\"merges\":[]},\"post_processor\":{\"type\":"
                   "\"TemplateProcessing\",\"single\":["
                   "{\"SpecialToken\":{\"id\":\"s\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],"
                   "\"special_tokens\":{\"s\":{\"id\":\"s\",\"ids\":[1],\"tokens\":[\"s\"]}}}}",
                   "puts the id 1 in");
    expect_refused("{\"model\":{\"type\":\"Unigram\",\"unk_id\":1,\"vocab\":[[\"a\",0],[\"\",-5]]}}", "the unknown token is empty");
    expect_refused(BPE("\"a\":0", "\"a z\"", ""), "names what is no token");
    expect_refused(BPE("\"a\":0", "\"a a a\"", ""), "not two tokens");
    expect_refused(BPE("\"a\":4000000000", "", ""), "no id that can be used");
    expect_refused(BPE("\"a\":-1", "", ""), "no id that can be used");
    expect_refused(BPE("\"a\":0,\"b\":0", "", ""), "has the id of another token");
    expect_refused(BPE("\"a\":0,\"a\":1", "", ""), "twice");
    expect_refused("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"added_tokens\":[{\"id\":9,\"content\":\"<s>\"}]}",
                   "would give it 1");
    expect_refused("{\"model\":{\"type\":\"Unigram\",\"unk_id\":7,\"vocab\":[[\"a\",0]]}}", "outside the vocabulary");
}

CY_TEST("a character without a token falls back to bytes together with the subword prefix and suffix that it has")
{
    expect_ids(BPE("\"a\":0,\"<0xC3>\":1,\"<0xA9>\":2,\"<0x2F>\":3", "", ",\"byte_fallback\":true,\"end_of_word_suffix\":\"/\""),
               "\xC3\xA9", "1 2 3");
    expect_ids(BPE("\"a\":0,\"<0xC3>\":1,\"<0xA9>\":2,\"<0x2F>\":3", "", ",\"byte_fallback\":true,\"continuing_subword_prefix\":\"/\""),
               "a\xC3\xA9", "0 3 1 2");
}

CY_TEST("a score is the number that serde_json makes of its digits, one step off the nearest double now and then")
{
    static const struct {
        const char *digits;
        double expected; /* what tokenizers 0.23.3 writes again */
    } cases[] = {{"-14.898619485211565", -14.898619485211563},
                 {"-10.091298258161181", -10.09129825816118},
                 {"-11.344658641898933", -11.344658641898931},
                 {"-3.5", -3.5},
                 {"0", 0},
                 {"1e3", 1000},
                 {"25E-1", 2.5}};
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        double number = cy_hf_number(cy_str(cases[i].digits));
        assert_memory_equal(&number, &cases[i].expected, sizeof number);
    }
}

CY_TEST("Metaspace's \"first\" asks whether the text's first character is still there")
{
#define FIRST(normalizer)                                                                                                                  \
    "{\"normalizer\":" normalizer ",\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"first\"},"        \
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"_\":0,\"a\":1,\"c\":2},\"merges\":[]}}"
    expect_ids(FIRST("{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}"), "a", "0 1");
    expect_ids(FIRST("{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}"), "  a", "1");
    expect_ids(FIRST("{\"type\":\"Replace\",\"pattern\":{\"String\":\"ab\"},\"content\":\"c\"}"), "aab", "0 1 2");
    expect_ids(FIRST("{\"type\":\"Replace\",\"pattern\":{\"String\":\"ab\"},\"content\":\"c\"}"), "ab", "2"); /* it comes from the b */
}
