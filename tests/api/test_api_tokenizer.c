#include "cy_test.h"

#include "base/files.h"
#include "base/threads.h"
#include "ciyuan.h"

enum { TEXTS = 400, THREADS = 4 };

/* A rank file in JSON: the 256 bytes in order, then "ab" and "abc"; the special token <|end|>. Returns its path. */
static const char *make_file(void)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static char path[4096];
    struct cy_buffer file = {0};
    struct cy_error error;
    cy_buffer_add_text(&file, "{\"pat_str\": \"\\\\p{L}+|\\\\P{L}+\", \"special_tokens\": {\"<|end|>\": 300}, \"bpe_ranks\": \"! 0");
    for (unsigned byte = 0; byte < 256; byte++)
        cy_buffer_printf(&file, " %c%c==", letters[byte >> 2], letters[(byte & 3) << 4]);
    cy_buffer_add_text(&file, "\\n! 256 YWI= YWJj\"}");
    snprintf(path, sizeof path, "%s/toy.json", cy_test_folder());
    cy_expect_ok(cy_write_file(path, cy_buffer_str(&file), &error), error);
    cy_buffer_release(&file);
    return path;
}

static struct ciyuan_tokenizer *open_tokenizer(void)
{
    struct ciyuan_tokenizer *tokenizer;
    struct ciyuan_error error;
    if (ciyuan_tokenizer_open(make_file(), &tokenizer, &error) != CIYUAN_OK)
        fail_msg("%s", error.message);
    return tokenizer;
}

/* Text i: "abc" and "x", up to 2 KB of it, so that several threads have something to take. */
static void make_texts(struct ciyuan_text texts[TEXTS], char *bytes)
{
    for (size_t i = 0; i < TEXTS; i++) {
        size_t size = i * 5;
        for (size_t j = 0; j < size; j++)
            bytes[j] = "abcx "[(j + i) % 5];
        texts[i] = (struct ciyuan_text){bytes, size};
        bytes += size;
    }
}

struct sharing {
    struct ciyuan_tokenizer *tokenizer;
    const struct ciyuan_text *texts;
    const struct ciyuan_ids *expected;
    bool same[THREADS];
};

static void share(void *context, size_t thread)
{
    struct sharing *sharing = context;
    struct ciyuan_ids ids = {0};
    uint64_t counts[TEXTS];
    const struct ciyuan_encoding encoding = {.size_bytes = sizeof encoding, .thread_count = (uint32_t)thread}; /* 0, 1, 2, 3 */
    bool same = true;
    for (int i = 0; i < 4; i++) {
        same &= ciyuan_tokenizer_encode(sharing->tokenizer, sharing->texts, TEXTS, &encoding, &ids, NULL) == CIYUAN_OK;
        same &= ids.count == sharing->expected->count && ids.text_count == TEXTS;
        same &= memcmp(ids.items, sharing->expected->items, ids.count * sizeof *ids.items) == 0;
        same &= memcmp(ids.ends, sharing->expected->ends, TEXTS * sizeof *ids.ends) == 0;
        same &= ciyuan_tokenizer_count(sharing->tokenizer, sharing->texts, TEXTS, &encoding, counts, NULL) == CIYUAN_OK;
        for (size_t j = 0; j < TEXTS; j++)
            same &= counts[j] == ids.ends[j] - (j > 0 ? ids.ends[j - 1] : 0);
    }
    sharing->same[thread] = same;
    ciyuan_ids_release(&ids);
}

CY_TEST("threads share a tokenizer, and the ids do not depend on how many work on a call")
{
    struct ciyuan_text texts[TEXTS];
    struct ciyuan_ids expected = {0};
    char *bytes = cy_alloc(5 * TEXTS * TEXTS / 2);
    make_texts(texts, bytes);
    struct sharing sharing = {.tokenizer = open_tokenizer(), .texts = texts, .expected = &expected};
    assert_int_equal(ciyuan_tokenizer_encode(sharing.tokenizer, texts, TEXTS, NULL, &expected, NULL), CIYUAN_OK);
    cy_run_threads(THREADS, share, &sharing);
    for (size_t i = 0; i < THREADS; i++)
        assert_true(sharing.same[i]);
    struct ciyuan_bytes text = {0};
    assert_int_equal(ciyuan_tokenizer_decode(sharing.tokenizer, expected.items, expected.count, 0, &text, NULL), CIYUAN_OK);
    assert_memory_equal(text.data, bytes, text.size);
    assert_int_equal(text.size, 5 * TEXTS * (TEXTS - 1) / 2);
    ciyuan_bytes_release(&text);
    ciyuan_ids_release(&expected);
    ciyuan_tokenizer_close(sharing.tokenizer);
    free(bytes);
}

CY_TEST("an empty batch has no ids, and one whose text is too large is refused before anything is read")
{
    struct ciyuan_tokenizer *tokenizer = open_tokenizer();
    struct ciyuan_ids ids = {0};
    struct ciyuan_error error;
    uint64_t count;
    assert_int_equal(ciyuan_tokenizer_encode(tokenizer, NULL, 0, NULL, &ids, &error), CIYUAN_OK);
    assert_int_equal(ids.count + ids.text_count, 0);
    assert_string_equal(error.message, "");
    const struct ciyuan_text large = {"", (size_t)1 << 31};
    assert_int_equal(ciyuan_tokenizer_count(tokenizer, &large, 1, NULL, &count, &error), CIYUAN_BAD_REQUEST);
    assert_string_equal(error.message, "text 0 has 2147483648 bytes; one text has at most 2147483647");
    const struct ciyuan_text end = {"<|end|>", 7}, other = {"<|other|>", 9};
    struct ciyuan_encoding encoding = {
        .size_bytes = sizeof encoding, .specials = CIYUAN_SPECIALS_AS_IDS, .allowed = &other, .allowed_count = 1};
    assert_int_equal(ciyuan_tokenizer_count(tokenizer, &end, 1, &encoding, &count, &error), CIYUAN_OK);
    assert_int_equal(count, 7); /* it is not among those allowed */
    encoding.specials = 7;
    assert_int_equal(ciyuan_tokenizer_count(tokenizer, &end, 1, &encoding, &count, &error), CIYUAN_BAD_REQUEST);
    ciyuan_ids_release(&ids);
    ciyuan_tokenizer_close(tokenizer);
}

static void schema_release(struct ArrowSchema *schema)
{
    (void)schema;
}

static void array_release(struct ArrowArray *array)
{
    (void)array;
}

CY_TEST("a column's ids and counts live on their own, a NULL among them, and an empty column has none")
{
    static const int32_t offsets[] = {0, 3, 3, 5, 5};
    const uint8_t validity[] = {0x0D}; /* the second is NULL */
    const void *buffers[] = {validity, offsets, "abcab"};
    const struct ArrowSchema schema = {.format = "u", .release = schema_release};
    struct ArrowArray texts = {.length = 4, .null_count = 1, .n_buffers = 3, .buffers = buffers, .release = array_release};
    struct ciyuan_tokenizer *tokenizer = open_tokenizer();
    struct ciyuan_error error;
    struct ArrowSchema out_schema;
    struct ArrowArray out;
    assert_int_equal(ciyuan_tokenizer_encode_arrow(tokenizer, &schema, &texts, NULL, &out_schema, &out, &error), CIYUAN_OK);
    assert_string_equal(out_schema.format, "+L");
    assert_string_equal(out_schema.children[0]->format, "I");
    assert_int_equal(out.null_count, 1);
    assert_memory_equal(out.buffers[1], ((const int64_t[]){0, 1, 1, 2, 2}), 5 * sizeof(int64_t));
    assert_memory_equal(out.children[0]->buffers[1], ((const uint32_t[]){257, 256}), 2 * sizeof(uint32_t));
    out.release(&out);
    out_schema.release(&out_schema);
    assert_int_equal(ciyuan_tokenizer_count_arrow(tokenizer, &schema, &texts, NULL, &out_schema, &out, &error), CIYUAN_OK);
    assert_memory_equal(out.buffers[1], ((const int64_t[]){1, 0, 1, 0}), 4 * sizeof(int64_t));
    assert_int_equal(((const uint8_t *)out.buffers[0])[0] & 0x0F, 0x0D);
    out.release(&out);
    out_schema.release(&out_schema);
    texts.length = texts.null_count = 0;
    assert_int_equal(ciyuan_tokenizer_encode_arrow(tokenizer, &schema, &texts, NULL, &out_schema, &out, &error), CIYUAN_OK);
    assert_int_equal(out.length, 0);
    out.release(&out);
    out_schema.release(&out_schema);
    texts.release = NULL;
    assert_int_equal(ciyuan_tokenizer_count_arrow(tokenizer, &schema, &texts, NULL, &out_schema, &out, &error), CIYUAN_BAD_INPUT);
    assert_string_equal(error.message, "the array was released before");
    ciyuan_tokenizer_close(tokenizer);
}
