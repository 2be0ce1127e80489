#include "cy_test.h"

#include "base/threads.h"
#include "token/tokenizer.h"

/* A rank file in JSON: the 256 bytes in order, then "ab", "abc", "中文"; specials <|end|> and <|end|>!. */
static void make_file(struct cy_buffer *file)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    cy_buffer_add_text(
        file, "{\"pat_str\": \"\\\\p{L}+|\\\\P{L}+\", \"special_tokens\": {\"<|end|>\": 300, \"<|end|>!\": 301}, \"bpe_ranks\": \"! 0");
    for (unsigned byte = 0; byte < 256; byte++)
        cy_buffer_printf(file, " %c%c==", letters[byte >> 2], letters[(byte & 3) << 4]);
    cy_buffer_add_text(file, "\\n! 256 YWI= YWJj 5Lit5paH\"}");
}

static struct cy_tokenizer *make_tokenizer(void)
{
    struct cy_buffer file = {0};
    struct cy_error error;
    struct cy_tokenizer *tokenizer;
    make_file(&file);
    cy_expect_ok(cy_tokenizer_parse(&tokenizer, cy_buffer_str(&file), "toy", CY_VOCABULARY_ANY, &error), error);
    cy_buffer_release(&file);
    return tokenizer;
}

static void expect_ids(const struct cy_tokenizer *tokenizer, const char *text, const struct cy_encoding *encoding, const uint32_t *expected,
                       size_t count)
{
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 0);
    struct cy_ids ids = {0};
    cy_tokenizer_encode(tokenizer, cache, cy_str(text), encoding, &ids);
    assert_int_equal(ids.count, count);
    assert_memory_equal(ids.items, expected, count * sizeof *expected);
    assert_int_equal(cy_tokenizer_count(tokenizer, cache, cy_str(text), encoding), count);
    cy_ids_release(&ids);
    cy_token_cache_free(cache);
}

CY_TEST("text becomes ids, a special token's name only where it is asked for")
{
    struct cy_tokenizer *tokenizer = make_tokenizer();
    const struct cy_encoding as_ids = {.specials = CY_SPECIALS_AS_IDS};
    const struct cy_str end = CY_STR("<|end|>");
    const struct cy_encoding one = {.specials = CY_SPECIALS_AS_IDS, .allowed = &end, .allowed_count = 1};
    expect_ids(tokenizer, "ab1abc", NULL, (const uint32_t[]){256, '1', 257}, 3);
    /* "abc" is found as a whole, though "c" never merges in "abcc" before "ab" does */
    expect_ids(tokenizer, "abcc", NULL, (const uint32_t[]){257, 'c'}, 2);
    expect_ids(tokenizer, "a<|end|>", NULL, (const uint32_t[]){'a', '<', '|', 'e', 'n', 'd', '|', '>'}, 8);
    expect_ids(tokenizer, "a<|end|>ab", &as_ids, (const uint32_t[]){'a', 300, 256}, 3);
    expect_ids(tokenizer, "<|end|>!", &as_ids, (const uint32_t[]){301}, 1); /* the longest */
    expect_ids(tokenizer, "<|end|>!", &one, (const uint32_t[]){300, '!'}, 2);
    expect_ids(tokenizer, "", &as_ids, NULL, 0);
    cy_tokenizer_free(tokenizer);
}

CY_TEST("a tokenizer tells its name, size and tokens")
{
    struct cy_tokenizer *tokenizer = make_tokenizer();
    uint32_t id;
    assert_string_equal(cy_tokenizer_name(tokenizer), "toy");
    assert_int_equal(strlen(cy_tokenizer_sha256(tokenizer)), 64);
    assert_int_equal(cy_tokenizer_vocabulary_size(tokenizer), 302);
    cy_expect_str(cy_tokenizer_token(tokenizer, 257), "abc");
    assert_null(cy_tokenizer_token(tokenizer, 299).data); /* a gap */
    assert_null(cy_tokenizer_token(tokenizer, 1000).data);
    assert_true(cy_tokenizer_find(tokenizer, CY_STR("<|end|>"), &id) && id == 300 && cy_tokenizer_is_special(tokenizer, id));
    assert_true(cy_tokenizer_find(tokenizer, CY_STR("中文"), &id) && id == 258 && !cy_tokenizer_is_special(tokenizer, id));
    assert_false(cy_tokenizer_find(tokenizer, CY_STR("no"), &id));
    cy_tokenizer_free(tokenizer);
}

CY_TEST("ids become the text they came from, whatever its bytes, and an id that is no token is named")
{
    struct cy_tokenizer *tokenizer = make_tokenizer();
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 0);
    struct cy_error error;
    uint64_t random = cy_test_seed();
    for (int round = 0; round < 500; round++) {
        char text[200];
        struct cy_ids ids = {0};
        struct cy_buffer out = {0};
        size_t size = cy_test_random(&random) % sizeof text;
        for (size_t i = 0; i < size; i++)
            text[i] = (char)(cy_test_random(&random) % (round % 2 ? 256 : 100));
        cy_tokenizer_encode(tokenizer, cache, (struct cy_str){text, size}, NULL, &ids);
        cy_expect_ok(cy_tokenizer_decode(tokenizer, ids.items, ids.count, false, &out, &error), error);
        assert_int_equal(out.size, size);
        assert_true(size == 0 || memcmp(out.data, text, size) == 0);
        cy_ids_release(&ids);
        cy_buffer_release(&out);
    }
    struct cy_buffer out = {0};
    cy_expect_ok(cy_tokenizer_decode(tokenizer, (const uint32_t[]){'a', 300, 'b'}, 3, true, &out, &error), error);
    cy_expect_str(cy_buffer_str(&out), "ab");
    assert_int_equal(cy_tokenizer_decode(tokenizer, (const uint32_t[]){'a', 299}, 2, false, &out, &error), CY_BAD_INPUT);
    assert_string_equal(error.message, "the id 299, the 2. of 2, is no token of \"toy\"");
    cy_buffer_release(&out);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
}

CY_TEST("a damaged vocabulary is refused with the reason")
{
    static const struct {
        const char *name, *file, *reason;
    } cases[] = {
        {"x", "", "the name is not known"},
        {"o200k_base", "", "has no token for the byte 0x00"},
        {"o200k_base", "YQ== 1\nYQ 2\n", "line 2: \"YQ\" is not base64"},
        {"o200k_base", "YQ== 1\nYg== 1\n", "the rank 1 stands twice"},
        {"o200k_base", "YQ== 99999999999\n", "line 1: \"YQ== 99999999999\" is not a token in base64 and its rank"},
        {"o200k_base", "YQ== 199999\n", "has the id 199999, which is that of another token"},
        {"x", "{\"bpe_ranks\": ", "is not JSON"},
        {"x", "{\"bpe_ranks\": 1}", "has no \"pat_str\" and \"bpe_ranks\""},
        {"x", "{\"bpe_ranks\": \"YQ==\", \"pat_str\": \"a\"}", "bpe_ranks, line 1 does not begin with \"! RANK\""},
        {"x", "{\"bpe_ranks\": \"! 4000000 YQ==\", \"pat_str\": \"a\"}", "bpe_ranks, line 1"},
        {"x", "{\"bpe_ranks\": \"! 2097151 YQ== Yg==\", \"pat_str\": \"a\"}", "the rank 2097152 is above 2097151"},
        {"x", "{\"bpe_ranks\": \"! 0 YQ==\", \"pat_str\": \"a\", \"special_tokens\": {\"s\": -1}}", "the special token \"s\" has no id"},
        {"x", "{\"bpe_ranks\": \"! 0 YQ==\", \"pat_str\": \"(\"}", "cannot be used"},
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        struct cy_tokenizer *tokenizer;
        struct cy_error error;
        enum cy_status status = cy_tokenizer_parse(&tokenizer, cy_str(cases[i].file), cases[i].name, CY_VOCABULARY_ANY, &error);
        if (status != CY_BAD_INPUT || strstr(error.message, cases[i].reason) == NULL)
            fail_msg("%s: %s", cases[i].file, status == CY_OK ? "taken" : error.message);
        assert_null(tokenizer);
    }
}

static void encode_again(void *context, size_t thread)
{
    const struct cy_tokenizer *tokenizer = context;
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 0);
    for (int round = 0; round < 200; round++) {
        char text[64];
        int size = snprintf(text, sizeof text, "abc%zu中文abab%d", thread, round);
        struct cy_ids ids = {0};
        cy_tokenizer_encode(tokenizer, cache, (struct cy_str){text, (size_t)size}, NULL, &ids);
        CY_ASSERT(ids.items[0] == 257);
        cy_ids_release(&ids);
    }
    cy_token_cache_free(cache);
}

CY_TEST("threads share one tokenizer")
{
    struct cy_tokenizer *tokenizer = make_tokenizer();
    cy_run_threads(4, encode_again, tokenizer);
    cy_tokenizer_free(tokenizer);
}
