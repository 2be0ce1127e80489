#include "cy_test.h"

#include "base/files.h"
#include "token/tokenizer.h"

#include <stdlib.h>
#include <unistd.h>

/* Vocabulary files that are damaged, or made to do harm: each is refused with the reason, and nothing is sized by what a file says. */

static void expect_refused(struct cy_str file, const char *name, enum cy_vocabulary_format format, const char *reason)
{
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    enum cy_status status = cy_tokenizer_parse(&tokenizer, file, name, format, &error);
    if (status != CY_BAD_INPUT || strstr(error.message, reason) == NULL)
        fail_msg("\"%.*s\": %s", (int)CY_MIN(file.size, (size_t)80), file.data, status == CY_OK ? "taken" : error.message);
    assert_null(tokenizer);
}

/* The 256 bytes as a rank file in base64, each with its own rank. */
static void add_bytes(struct cy_buffer *file)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned byte = 0; byte < 256; byte++)
        cy_buffer_printf(file, "%c%c== %u\n", letters[byte >> 2], letters[(byte & 3) << 4], byte);
}

CY_TEST("a token or a rank that stands twice is refused")
{
    struct cy_buffer file = {0};
    add_bytes(&file);
    const size_t size = file.size;
    cy_buffer_add_text(&file, "YWI= 256\nYWI= 257\n");
    expect_refused(cy_buffer_str(&file), "gpt2", CY_VOCABULARY_RANKS, "the bytes of token 257 are those of token 256, too");
    file.size = size;
    cy_buffer_add_text(&file, "YWJhYmFiYWJhYmFiYWJhYmFi 256\nYWJhYmFiYWJhYmFiYWJhYmFi 257\n"); /* 18 bytes: in the other table */
    expect_refused(cy_buffer_str(&file), "gpt2", CY_VOCABULARY_RANKS, "the bytes of token 257 are those of token 256, too");
    file.size = size;
    cy_buffer_add_text(&file, "YWI= 255\n");
    expect_refused(cy_buffer_str(&file), "gpt2", CY_VOCABULARY_RANKS, "the rank 255 stands twice");
    cy_buffer_release(&file);
}

CY_TEST("a rank file of a known vocabulary that was cut between two lines is refused")
{
    struct cy_buffer file = {0};
    struct cy_arena arena = {0};
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    const char *path = cy_path_join(&arena, cy_test_folder(), "gpt2.tiktoken");
    add_bytes(&file);
    cy_expect_ok(cy_write_file(path, cy_buffer_str(&file), &error), error);
    assert_int_equal(cy_tokenizer_load(&tokenizer, path, CY_VOCABULARY_ANY, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "it has 256 tokens, and gpt2 has 50256"));
    cy_buffer_release(&file);
    cy_arena_release(&arena);
}

CY_TEST("a file of 10 GB of nothing is refused before it is read")
{
    struct cy_arena arena = {0};
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    static const char *const names[] = {"gpt2.tiktoken", "tokenizer.json"};
    for (size_t i = 0; i < CY_COUNT(names); i++) {
        const char *path = cy_path_join(&arena, cy_test_folder(), names[i]);
        cy_expect_ok(cy_write_file(path, CY_STR("{"), &error), error);
        if (truncate(path, (off_t)10 << 30) != 0)
            skip(); /* the file system has no such files */
        assert_int_equal(cy_tokenizer_load(&tokenizer, path, CY_VOCABULARY_ANY, &error), CY_BAD_INPUT);
        assert_non_null(strstr(error.message, "it has 10737418240 bytes, and at most 536870912 can be used"));
        cy_tokenizer_free(tokenizer);
        cy_files->remove(path);
    }
    cy_arena_release(&arena);
}

CY_TEST("a tokenizer.json with merges that go round, ids out of range or a token twice is refused")
{
#define MODEL(vocabulary, merges) CY_STR("{\"model\":{\"type\":\"BPE\",\"vocab\":{" vocabulary "},\"merges\":[" merges "]}}")
    const enum cy_vocabulary_format json = CY_VOCABULARY_TOKENIZER;
    /* a merge makes what is longer than its sides, or no token: none can lead back to one before it */
    expect_refused(MODEL("\"a\":0,\"b\":1,\"ab\":2", "\"a b\",\"ab a\",\"ab ab\""), "x", json,
                   "merge 1, \"ab\" and \"a\", makes what is no token");
    expect_refused(MODEL("\"a\":0,\"b\":1", "\"a c\""), "x", json, "merge 0, \"a\" and \"c\", names what is no token");
    expect_refused(MODEL("\"a\":0,\"b\":1", "\"a\""), "x", json, "merge 0 is not two tokens");
    expect_refused(MODEL("\"a\":4294967296", ""), "x", json, "the token \"a\" has no id that can be used");
    expect_refused(MODEL("\"a\":-1", ""), "x", json, "the token \"a\" has no id that can be used");
    expect_refused(MODEL("\"a\":0,\"b\":0", ""), "x", json, "the token \"b\" has the id of another token");
    expect_refused(MODEL("\"a\":0,\"a\":1", ""), "x", json, "1 tokens of the vocabulary stand in it twice");
}

CY_TEST("JSON that is cut anywhere is refused")
{
    static const char whole[] =
        "{\"added_tokens\":[{\"id\":2,\"content\":\"<s>\"}],\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1},\"merges\":[]}}";
    for (size_t size = 0; size + 1 < sizeof whole; size++) {
        struct cy_str file = {memcpy(malloc(size + 1), whole, size), size}; /* reading past it is seen */
        expect_refused(file, "x", CY_VOCABULARY_TOKENIZER, "it is not JSON");
        free((char *)file.data);
    }
}

/* `depth` times `open`, then as often `close`. */
static void expect_deep_refused(const char *before, const char *open, const char *close, const char *after, size_t depth)
{
    struct cy_buffer file = {0};
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    cy_buffer_add_text(&file, before);
    for (size_t i = 0; i < depth; i++)
        cy_buffer_add_text(&file, open);
    for (size_t i = 0; i < depth; i++)
        cy_buffer_add_text(&file, close);
    cy_buffer_add_text(&file, after);
    assert_int_equal(cy_tokenizer_parse(&tokenizer, cy_buffer_str(&file), "x", CY_VOCABULARY_TOKENIZER, &error), CY_BAD_INPUT);
    cy_buffer_release(&file);
}

CY_TEST("JSON that is nested a hundred thousand deep is refused, wherever it stands")
{
#define AFTER "null,\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}"
    enum { DEPTH = 100000 };
    expect_deep_refused("", "[", "]", "", DEPTH);
    expect_deep_refused("{\"model\":", "{\"model\":", "}", "null}", DEPTH);
    expect_deep_refused("{\"normalizer\":", "{\"type\":\"Sequence\",\"normalizers\":[", "]}", ",\"x\":" AFTER, DEPTH);
    expect_deep_refused("{\"pre_tokenizer\":", "{\"type\":\"Sequence\",\"pretokenizers\":[", "]}", ",\"x\":" AFTER, DEPTH);
    expect_deep_refused("{\"post_processor\":", "{\"type\":\"Sequence\",\"processors\":[", "]}", ",\"x\":" AFTER, DEPTH);
    expect_deep_refused("{\"decoder\":", "{\"type\":\"Sequence\",\"decoders\":[", "]}", ",\"x\":" AFTER, DEPTH);
}
