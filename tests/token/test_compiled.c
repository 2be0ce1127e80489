#include "cy_test.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/unicode.h"
#include "token/compiled.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Vocabularies of some 2,300 tokens, made by chance: the 256 bytes (or the characters), then pairs of what was there before. */

enum { TOKENS = 2300, BASE = 256 };
static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct made {
    struct cy_buffer tokens[TOKENS];
    uint32_t left[TOKENS], right[TOKENS]; /* of BASE and above */
};

static bool is_there(const struct made *made, size_t count, struct cy_str token)
{
    for (size_t i = 0; i < count; i++)
        if (cy_str_equal(cy_buffer_str(&made->tokens[i]), token))
            return true;
    return false;
}

/* A token to merge: of letters, digits and the bytes of 中 and 文, or one made already. */
static uint32_t drawn_token(uint64_t *random, size_t count)
{
    static const uint8_t bytes[] = "abcdefgh01 \xE4\xB8\xAD\xE6\x96\x87";
    uint64_t drawn = cy_test_random(random);
    return drawn % 2 == 0 && count > BASE ? BASE + (uint32_t)(drawn / 2 % (count - BASE)) : bytes[drawn / 2 % (sizeof bytes - 1)];
}

static void make(struct made *made, uint64_t *random)
{
    size_t count = 0;
    for (; count < BASE; count++)
        cy_buffer_add_byte(&made->tokens[count], (uint8_t)count);
    while (count < TOKENS) {
        uint32_t left = drawn_token(random, count), right = drawn_token(random, count);
        struct cy_buffer *token = &made->tokens[count];
        cy_buffer_clear(token);
        cy_buffer_add_str(token, cy_buffer_str(&made->tokens[left]));
        cy_buffer_add_str(token, cy_buffer_str(&made->tokens[right]));
        if (token->size > 40 || is_there(made, count, cy_buffer_str(token)))
            continue;
        made->left[count] = left;
        made->right[count++] = right;
    }
}

static void add_base64(struct cy_buffer *file, struct cy_str bytes)
{
    for (size_t i = 0; i < bytes.size; i += 3) {
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (i + j < bytes.size ? (uint8_t)bytes.data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            cy_buffer_add_byte(file, i + j > bytes.size ? '=' : (uint8_t)base64_letters[group >> (18 - 6 * j) & 63]);
    }
}

/* In ByteLevel's letters. */
static void add_letters(struct cy_buffer *file, struct cy_str bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        uint32_t byte = (uint8_t)bytes.data[i], point = byte;
        char letter[4];
        if (byte <= 0x20)
            point = 0x100 + byte;
        else if (byte >= 0x7F && byte <= 0xA0)
            point = 0x121 + byte - 0x7F;
        else if (byte == 0xAD)
            point = 0x143;
        if (byte == '"' || byte == '\\')
            cy_buffer_add_byte(file, '\\');
        cy_buffer_add(file, letter, cy_utf8_encode(point, letter));
    }
}

static void write_ranks(const struct made *made, const char *path)
{
    struct cy_buffer file = {0};
    struct cy_error error;
    cy_buffer_add_text(&file, "{\"pat_str\": \"\\\\s+|\\\\S+\", \"special_tokens\": {\"<|end|>\": 2300}, \"bpe_ranks\": \"! 0");
    for (size_t i = 0; i < TOKENS; i++) {
        cy_buffer_add_byte(&file, ' ');
        add_base64(&file, cy_buffer_str(&made->tokens[i]));
    }
    cy_buffer_add_text(&file, "\"}");
    cy_expect_ok(cy_write_file(path, cy_buffer_str(&file), &error), error);
    cy_buffer_release(&file);
}

static void write_tokenizer(const struct made *made, const char *path, bool byte_level)
{
    struct cy_buffer file = {0};
    struct cy_error error;
    cy_buffer_add_text(&file, "{\"added_tokens\": [{\"id\": 2300, \"content\": \"<|end|>\", \"special\": true}], ");
    if (byte_level)
        cy_buffer_add_text(&file, "\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": true}, "
                                  "\"decoder\": {\"type\": \"ByteLevel\"}, ");
    cy_buffer_add_text(&file, "\"model\": {\"type\": \"BPE\", \"vocab\": {");
    for (size_t i = 0; i < TOKENS; i++) {
        cy_buffer_add_text(&file, i > 0 ? ", \"" : "\"");
        add_letters(&file, cy_buffer_str(&made->tokens[i]));
        cy_buffer_printf(&file, "\": %zu", i);
    }
    cy_buffer_add_text(&file, "}, \"merges\": [");
    for (size_t i = BASE; i < TOKENS; i++) {
        cy_buffer_add_text(&file, i > BASE ? ", [\"" : "[\"");
        add_letters(&file, cy_buffer_str(&made->tokens[made->left[i]]));
        cy_buffer_add_text(&file, "\", \"");
        add_letters(&file, cy_buffer_str(&made->tokens[made->right[i]]));
        cy_buffer_add_text(&file, "\"]");
    }
    cy_buffer_add_text(&file, "]}}");
    cy_expect_ok(cy_write_file(path, cy_buffer_str(&file), &error), error);
    cy_buffer_release(&file);
}

/* ---- what is compared ---- */

static void random_text(struct cy_buffer *text, uint64_t *random)
{
    cy_buffer_clear(text);
    for (uint64_t count = cy_test_random(random) % 300; count > 0; count--) {
        static const char *const parts[] = {"a", "b", "c", "d", "e", "f", "g", "h", "0", "1", " ", "中", "文", "中文", "é", "<|end|>"};
        cy_buffer_add_text(text, parts[cy_test_random(random) % CY_COUNT(parts)]);
    }
}

static void expect_same_ids(const struct cy_tokenizer *found, const struct cy_tokenizer *expected, uint64_t *random)
{
    const struct cy_encoding encoding = {.specials = CY_SPECIALS_AS_IDS};
    struct cy_token_cache *caches[] = {cy_token_cache_new(found, 1 << 16), cy_token_cache_new(expected, 1 << 16)};
    struct cy_buffer text = {0};
    assert_int_equal(cy_tokenizer_vocabulary_size(found), cy_tokenizer_vocabulary_size(expected));
    assert_string_equal(cy_tokenizer_sha256(found), cy_tokenizer_sha256(expected));
    for (uint32_t id = 0; id < cy_tokenizer_vocabulary_size(found); id++)
        assert_true(cy_str_equal(cy_tokenizer_token(found, id), cy_tokenizer_token(expected, id)));
    for (int round = 0; round < 100; round++) {
        struct cy_ids ids[2] = {{0}, {0}};
        random_text(&text, random);
        cy_tokenizer_encode(found, caches[0], cy_buffer_str(&text), &encoding, &ids[0]);
        cy_tokenizer_encode(expected, caches[1], cy_buffer_str(&text), &encoding, &ids[1]);
        assert_int_equal(ids[0].count, ids[1].count);
        if (ids[0].count > 0)
            assert_memory_equal(ids[0].items, ids[1].items, ids[0].count * sizeof *ids[0].items);
        cy_ids_release(&ids[0]);
        cy_ids_release(&ids[1]);
    }
    cy_buffer_release(&text);
    cy_token_cache_free(caches[0]);
    cy_token_cache_free(caches[1]);
}

/* A folder with ranks.json, bytes.json and characters.json, and the path of the one compiled form of a vocabulary. */
struct place {
    const char *folder;
    const char *compiled_folder;
    struct cy_arena arena;
};
static const char *const names[] = {"ranks", "bytes", "characters"};

static struct place make_place(uint64_t *random)
{
    struct place place = {.folder = cy_test_folder()};
    struct made *made = calloc(1, sizeof *made);
    make(made, random);
    place.compiled_folder = cy_path_join(&place.arena, place.folder, "compiled");
    write_ranks(made, cy_path_join(&place.arena, place.folder, "ranks.json"));
    write_tokenizer(made, cy_path_join(&place.arena, place.folder, "bytes.json"), true);
    write_tokenizer(made, cy_path_join(&place.arena, place.folder, "characters.json"), false);
    for (size_t i = 0; i < TOKENS; i++)
        cy_buffer_release(&made->tokens[i]);
    free(made);
    return place;
}

static const char *vocabulary_path(struct place *place, const char *name)
{
    return cy_arena_printf(&place->arena, "%s/%s.json", place->folder, name);
}

static struct cy_tokenizer *load(struct place *place, const char *name, bool compiled)
{
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    const char *path = vocabulary_path(place, name);
    if (compiled)
        cy_expect_ok(cy_tokenizer_load_compiled(&tokenizer, path, place->compiled_folder, &error), error);
    else
        cy_expect_ok(cy_tokenizer_load(&tokenizer, path, CY_VOCABULARY_ANY, &error), error);
    return tokenizer;
}

static const char *compiled_path(struct place *place, const struct cy_tokenizer *tokenizer)
{
    return cy_arena_printf(&place->arena, "%s/%s-%s.tokens", place->compiled_folder, cy_tokenizer_sha256(tokenizer),
                           cy_tokenizer_name(tokenizer));
}

static bool is_used(struct place *place, const struct cy_tokenizer *tokenizer)
{
    struct cy_compiled *compiled = cy_compiled_open(place->compiled_folder, cy_tokenizer_sha256(tokenizer), cy_tokenizer_name(tokenizer));
    bool used = compiled->reads;
    cy_compiled_free(compiled);
    return used;
}

CY_TEST("the compiled form gives the ids that the vocabulary's file gives")
{
    uint64_t random = cy_test_seed();
    struct place place = make_place(&random);
    for (size_t i = 0; i < CY_COUNT(names); i++) {
        struct cy_tokenizer *expected = load(&place, names[i], false);
        assert_false(is_used(&place, expected));
        cy_tokenizer_free(load(&place, names[i], true));
        assert_true(is_used(&place, expected));
        struct cy_tokenizer *found = load(&place, names[i], true);
        expect_same_ids(found, expected, &random);
        cy_tokenizer_free(found);
        cy_tokenizer_free(expected);
    }
    cy_arena_release(&place.arena);
}

/* Writes `content` in place of the compiled form, loads, and expects that a whole form is there again. */
static void expect_rebuilt(struct place *place, const struct cy_tokenizer *expected, struct cy_str content, uint64_t *random)
{
    struct cy_error error;
    cy_expect_ok(cy_write_file(compiled_path(place, expected), content, &error), error);
    assert_false(is_used(place, expected));
    struct cy_tokenizer *found = load(place, cy_tokenizer_name(expected), true);
    assert_true(is_used(place, expected));
    expect_same_ids(found, expected, random);
    cy_tokenizer_free(found);
}

CY_TEST("a compiled form that is cut, changed or another version's is not used, and is written anew")
{
    uint64_t random = cy_test_seed();
    struct place place = make_place(&random);
    struct cy_tokenizer *expected = load(&place, "bytes", true);
    struct cy_buffer whole = {0};
    struct cy_error error;
    cy_expect_ok(cy_read_file(compiled_path(&place, expected), &whole, &error), error);
    expect_rebuilt(&place, expected, CY_STR(""), &random);
    for (int round = 0; round < 5; round++)
        expect_rebuilt(&place, expected, (struct cy_str){whole.data, cy_test_random(&random) % whole.size}, &random);
    for (int round = 0; round < 10; round++) {
        size_t at = round == 0 ? 24 : cy_test_random(&random) % whole.size; /* 24: the format's number */
        whole.data[at] = (char)(whole.data[at] + 1);
        expect_rebuilt(&place, expected, cy_buffer_str(&whole), &random);
        whole.data[at] = (char)(whole.data[at] - 1);
    }
    cy_buffer_release(&whole);
    cy_tokenizer_free(expected);
    cy_arena_release(&place.arena);
}

CY_TEST("a compiled form that others may write, or that is a link, is not used")
{
    uint64_t random = cy_test_seed();
    struct place place = make_place(&random);
    struct cy_tokenizer *tokenizer = load(&place, "ranks", true);
    const char *path = compiled_path(&place, tokenizer), *elsewhere = cy_path_join(&place.arena, place.folder, "elsewhere");
    assert_true(is_used(&place, tokenizer));
    assert_int_equal(chmod(path, 0666), 0);
    assert_false(is_used(&place, tokenizer));
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, path), 0);
    assert_false(is_used(&place, tokenizer));
    cy_tokenizer_free(tokenizer);
    cy_arena_release(&place.arena);
}

/* The hash says whether a file is damaged; who can write it can write a hash that fits. */
CY_TEST("a compiled form made in bad faith does no harm: it is refused, or gives other ids that are ids")
{
    uint64_t random = cy_test_seed();
    struct place place = make_place(&random);
    for (int round = 0; round < 150; round++) {
        struct cy_tokenizer *expected = load(&place, names[round % 3], true), *found;
        struct cy_buffer file = {0}, text = {0};
        struct cy_ids ids = {0};
        struct cy_error error;
        const char *path = compiled_path(&place, expected);
        cy_expect_ok(cy_read_file(path, &file, &error), error);
        for (uint64_t changes = 1 + cy_test_random(&random) % 8; changes > 0; changes--) {
            uint64_t drawn = cy_test_random(&random);
            size_t at = 24 + drawn % ((drawn >> 32) % 2 == 0 ? file.size - 24 : 400); /* every second one in what the file begins with */
            file.data[at] = (char)((drawn >> 40) % 3 == 0 ? 0xFF : (drawn >> 44) & 0xFF);
        }
        struct cy_hash128 hash = cy_hash128((struct cy_str){file.data + 24, file.size - 24});
        memcpy(file.data + 8, &hash.low, 8);
        memcpy(file.data + 16, &hash.high, 8);
        cy_expect_ok(cy_write_file(path, cy_buffer_str(&file), &error), error);
        found = load(&place, names[round % 3], true);
        struct cy_token_cache *cache = cy_token_cache_new(found, 1 << 16);
        for (int again = 0; again < 3; again++) {
            random_text(&text, &random);
            ids.count = 0;
            cy_tokenizer_encode(found, cache, cy_buffer_str(&text), NULL, &ids);
            for (size_t i = 0; i < ids.count; i++)
                assert_true(ids.items[i] < cy_tokenizer_vocabulary_size(found));
        }
        cy_token_cache_free(cache);
        cy_tokenizer_free(found);
        cy_tokenizer_free(expected);
        cy_ids_release(&ids);
        cy_buffer_release(&text);
        cy_buffer_release(&file);
        cy_files->remove(path);
    }
    cy_arena_release(&place.arena);
}
