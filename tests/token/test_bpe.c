#include "cy_test.h"

#include "base/cpu.h"
#include "token/bpe.h"

/* ---- vocabularies made by chance ---- */

enum { TOKENS = 700, TOKEN_BYTES = 24 };

struct toy {
    char bytes[TOKENS * TOKEN_BYTES];
    uint32_t ends[TOKENS], ranks[TOKENS];
    struct cy_bpe_merge merges[TOKENS];
    struct cy_vocabulary vocabulary;
    size_t merge_count;
};

static struct cy_str token_of(const struct toy *toy, uint32_t id)
{
    return cy_vocabulary_token(&toy->vocabulary, id);
}

/* The id of the token with these bytes, UINT32_MAX when there is none. */
static uint32_t find(const struct toy *toy, struct cy_str bytes)
{
    for (uint32_t id = 0; id < toy->vocabulary.count; id++)
        if (cy_str_equal(token_of(toy, id), bytes))
            return id;
    return UINT32_MAX;
}

static uint32_t joined(const struct toy *toy, uint32_t left, uint32_t right)
{
    char bytes[2 * TOKEN_BYTES];
    struct cy_str a = token_of(toy, left), b = token_of(toy, right);
    memcpy(bytes, a.data, a.size);
    memcpy(bytes + a.size, b.data, b.size);
    return find(toy, (struct cy_str){bytes, a.size + b.size});
}

/* All bytes, then tokens of two tokens each; most of those of this text's letters. `wild`: some are any bytes, which merges may never make.
 */
static void make_toy(struct toy *toy, struct cy_str letters, bool wild, uint64_t *random)
{
    toy->vocabulary = (struct cy_vocabulary){toy->bytes, toy->ends, 0};
    toy->merge_count = 0;
    uint32_t end = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        toy->bytes[end++] = (char)byte;
        toy->ends[toy->vocabulary.count++] = end;
    }
    for (int tries = 0; tries < 4000 && toy->vocabulary.count < TOKENS; tries++) {
        char bytes[2 * TOKEN_BYTES];
        uint32_t pair[2];
        size_t size = 0;
        for (int side = 0; side < 2; side++) {
            uint64_t drawn = cy_test_random(random);
            bool old = drawn % 3 > 0 && toy->vocabulary.count > 256;
            pair[side] =
                old ? 256 + (uint32_t)(drawn / 3 % (toy->vocabulary.count - 256)) : (uint8_t)letters.data[drawn / 3 % letters.size];
            struct cy_str token = token_of(toy, pair[side]);
            memcpy(bytes + size, token.data, token.size);
            size += token.size;
        }
        bool odd = cy_test_random(random) % (wild ? 6 : 20) == 0;
        if (odd)
            for (size_t i = 0; i < size; i++)
                bytes[i] = letters.data[cy_test_random(random) % letters.size];
        if (size > TOKEN_BYTES || find(toy, (struct cy_str){bytes, size}) != UINT32_MAX)
            continue;
        memcpy(toy->bytes + end, bytes, size);
        end += (uint32_t)size;
        if (!odd)
            toy->merges[toy->merge_count++] = (struct cy_bpe_merge){pair[0], pair[1], (uint32_t)toy->vocabulary.count};
        toy->ends[toy->vocabulary.count++] = end;
    }
    for (uint32_t id = 0; id < toy->vocabulary.count; id++)
        toy->ranks[id] = id;
    for (uint32_t i = 256; wild && i + 1 < toy->vocabulary.count; i++) { /* ranks in another order than the tokens were made in */
        uint32_t other = i + (uint32_t)(cy_test_random(random) % (toy->vocabulary.count - i));
        uint32_t rank = toy->ranks[i];
        toy->ranks[i] = toy->ranks[other];
        toy->ranks[other] = rank;
    }
}

/* ---- the definition ---- */

/* The rank of a pair, UINT32_MAX when it does not merge; *merged is what it becomes. */
static uint32_t rank_of(const struct toy *toy, bool by_merges, uint32_t left, uint32_t right, uint32_t *merged)
{
    if (!by_merges) {
        *merged = joined(toy, left, right);
        return *merged == UINT32_MAX ? UINT32_MAX : toy->ranks[*merged];
    }
    for (size_t i = 0; i < toy->merge_count; i++)
        if (toy->merges[i].left == left && toy->merges[i].right == right) {
            *merged = toy->merges[i].merged;
            return (uint32_t)i;
        }
    return UINT32_MAX;
}

/* Of all pairs the one of the lowest rank, the leftmost of equal ones, until none merges: tiktoken's and Hugging Face's rule. */
static size_t merge_slowly(const struct toy *toy, bool by_merges, bool whole_first, struct cy_str text, uint32_t *ids)
{
    size_t count = text.size;
    uint32_t whole = whole_first ? find(toy, text) : UINT32_MAX;
    if (whole != UINT32_MAX)
        return ids[0] = whole, 1;
    for (size_t i = 0; i < count; i++)
        ids[i] = (uint8_t)text.data[i];
    for (;;) {
        uint32_t best_rank = UINT32_MAX, best_merged = 0, merged = 0;
        size_t best = 0;
        for (size_t i = 0; i + 1 < count; i++) {
            uint32_t rank = rank_of(toy, by_merges, ids[i], ids[i + 1], &merged);
            if (rank < best_rank) {
                best_rank = rank;
                best_merged = merged;
                best = i;
            }
        }
        if (best_rank == UINT32_MAX)
            return count;
        ids[best] = best_merged;
        memmove(ids + best + 1, ids + best + 2, (count - best - 2) * sizeof *ids);
        count--;
    }
}

static void add_letters(char *text, size_t *size, const char *const *letters, size_t letter_count, uint64_t *random)
{
    const char *letter = letters[cy_test_random(random) % letter_count];
    memcpy(text + *size, letter, strlen(letter));
    *size += strlen(letter);
}

/* Texts of these letters under a vocabulary of their bytes: the same ids as by the definition, seen and not seen. */
static void check_toy(struct toy *toy, const char *const *letters, size_t letter_count, bool by_merges, bool whole_first, uint64_t *random)
{
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_tokenizer tokenizer = {.vocabulary = toy->vocabulary};
    struct cy_bpe_source source = {.vocabulary = &tokenizer.vocabulary, .whole_first = whole_first};
    source.ranks = by_merges ? NULL : toy->ranks;
    source.merges = toy->merges;
    source.merge_count = toy->merge_count;
    cy_expect_ok(cy_bpe_new(&tokenizer.model, &source, &arena, &error), error);
    cy_expect_ok(cy_tokenizer_finish(&tokenizer, &error), error);
    struct cy_token_cache *cache = cy_token_cache_new(&tokenizer, 1 << 16);
    for (int round = 0; round < 120; round++) {
        char text[1200];
        uint32_t expected[1200];
        size_t size = 0, wanted = round % 30 == 0 ? 300 : cy_test_random(random) % 30;
        for (size_t i = 0; i < wanted; i++)
            add_letters(text, &size, letters, letter_count, random);
        if (size == 0)
            continue;
        if (round % 7 == 0)
            size = 1 + cy_test_random(random) % size; /* a character cut through */
        size_t count = merge_slowly(toy, by_merges, whole_first, (struct cy_str){text, size}, expected);
        for (int again = 0; again < 2; again++) {
            struct cy_ids ids = {0};
            cy_tokenizer_encode(&tokenizer, cache, (struct cy_str){text, size}, NULL, &ids);
            if (ids.count != count || memcmp(ids.items, expected, count * sizeof *expected) != 0)
                fail_msg("\"%.*s\" has %zu ids, by the definition %zu (by merges: %d, whole first: %d)", (int)size, text, ids.count, count,
                         by_merges, whole_first);
            assert_int_equal(cy_tokenizer_count(&tokenizer, cache, (struct cy_str){text, size}, NULL), count);
            cy_ids_release(&ids);
        }
    }
    cy_token_cache_free(cache);
    tokenizer.model->release(tokenizer.model);
    cy_arena_release(&tokenizer.arena);
    cy_arena_release(&arena);
}

static const char *const latin[] = {"a", "b", "c", "ab", "ca"};
static const char *const chinese[] = {"中", "文", "字", "来", "a", "，", "去", "中文", "来去"};

/* The definition looks through all tokens for each pair; a sanitizer makes that minutes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { TOYS = 2 };
#else
enum { TOYS = 6 };
#endif

static void check_all(const char *const *letters, size_t letter_count, bool wild)
{
    struct toy *toy = malloc(sizeof *toy);
    struct cy_buffer bytes = {0};
    uint64_t random = cy_test_seed();
    for (size_t i = 0; i < letter_count; i++)
        cy_buffer_add_text(&bytes, letters[i]);
    for (int round = 0; round < TOYS; round++) {
        make_toy(toy, cy_buffer_str(&bytes), wild, &random);
        check_toy(toy, letters, letter_count, false, true, &random);
        if (!wild) {
            check_toy(toy, letters, letter_count, true, false, &random);
            check_toy(toy, letters, letter_count, true, true, &random);
        }
    }
    cy_buffer_release(&bytes);
    free(toy);
}

CY_TEST("merging gives what the definition gives, for letters of one byte")
{
    check_all(latin, CY_COUNT(latin), false);
}

CY_TEST("merging gives what the definition gives, for characters of three bytes, whatever parts of them are tokens")
{
    check_all(chinese, CY_COUNT(chinese), false);
}

CY_TEST("merging gives what the definition gives where merges do not make every token, and ranks are in no order")
{
    check_all(latin, CY_COUNT(latin), true);
    check_all(chinese, CY_COUNT(chinese), true);
}

CY_TEST("every variant of merging parts agrees with the definition")
{
    struct toy *toy = malloc(sizeof *toy);
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_token_model *model;
    uint64_t random = cy_test_seed();
    make_toy(toy, CY_STR("abcd"), false, &random);
    struct cy_bpe_source source = {.vocabulary = &toy->vocabulary, .ranks = toy->ranks};
    cy_expect_ok(cy_bpe_new(&model, &source, &arena, &error), error);
    for (int round = 0; round < 4000; round++) {
        uint32_t first[CY_BPE_PARTS_MAX], expected[CY_BPE_PARTS_MAX], ids[CY_BPE_PARTS_MAX];
        size_t count = 1 + cy_test_random(&random) % CY_BPE_PARTS_MAX, expected_count = 0;
        char bytes[CY_BPE_PARTS_MAX];
        for (size_t i = 0; i < count; i++)
            bytes[i] = (char)(first[i] = 'a' + (uint32_t)(cy_test_random(&random) % 4));
        for (size_t i = CY_BPE_MERGE_VARIANTS; i-- > 0;) { /* the definition is the last */
            const struct cy_bpe_merge_variant *variant = &cy_bpe_merge_variants[i];
            if ((variant->needs & ~cy_cpu_features()) != 0)
                continue;
            memcpy(ids, first, sizeof ids);
            size_t left = variant->run((const struct cy_bpe *)model, round % 2 == 0 ? bytes : NULL, ids, count);
            if (variant->needs == 0) {
                expected_count = left;
                memcpy(expected, ids, sizeof ids);
            } else if (left != expected_count || memcmp(ids, expected, left * sizeof *ids) != 0) {
                fail_msg("%s leaves %zu of %zu parts, the definition %zu", variant->name, left, count, expected_count);
            }
        }
    }
    model->release(model);
    cy_arena_release(&arena);
    free(toy);
}

CY_TEST("a vocabulary without a token for some byte, or with a merge that cannot be, is refused")
{
    struct toy *toy = malloc(sizeof *toy);
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_token_model *model;
    uint64_t random = cy_test_seed();
    make_toy(toy, CY_STR("ab"), false, &random);
    struct cy_bpe_source source = {.vocabulary = &toy->vocabulary, .ranks = toy->ranks};
    toy->ranks['x'] = UINT32_MAX;
    assert_int_equal(cy_bpe_new(&model, &source, &arena, &error), CY_BAD_INPUT);
    assert_string_equal(error.message, "the vocabulary has no token for the byte 0x78");
    source.ranks = NULL;
    source.merges = toy->merges;
    source.merge_count = 1;
    toy->merges[0].right = 100000;
    assert_int_equal(cy_bpe_new(&model, &source, &arena, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "merge 0 names an id that is no token"));
    toy->merges[0] = (struct cy_bpe_merge){'a', 'b', 'c'};
    assert_int_equal(cy_bpe_new(&model, &source, &arena, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "which is not the two put together"));
    cy_arena_release(&arena);
    free(toy);
}

/* Words of bytes that a window of 64 is certain about, and others that it leaves to the definition. */
static void add_words(struct cy_buffer *text, size_t word_count, uint64_t *random)
{
    static const char *const words[] = {
        " the", "the", " of",    "'s",       "n't", ", ", ".\n\n", "  ", "\t",   "12345", " abcdefghijklmnop",
        "x",    "é",   "中文字", "\xF0\x9F", " ",   "/",  "don't", "Ab", "abAB", "\xFF",  "a b c d e f g h i j k l"};
    cy_buffer_clear(text);
    for (; word_count > 0; word_count--)
        cy_buffer_add_text(text, words[cy_test_random(random) % CY_COUNT(words)]);
}

static void expect_by_every_variant(const struct cy_tokenizer *tokenizer, struct cy_token_cache *cache, struct cy_str text,
                                    const struct cy_ids *expected)
{
    static const unsigned features[] = {0, CY_CPU_AVX2, CY_CPU_AVX2 | CY_CPU_AVX512, ~0u};
    for (size_t variant = 0; variant < CY_COUNT(features); variant++) {
        struct cy_ids ids = {0};
        struct cy_bpe_memory *memory = cy_token_cache_memory(cache);
        memory->features = cy_cpu_features() & features[variant];
        cy_ids_add(&ids, 7); /* what is there already stays */
        cy_tokenizer_encode(tokenizer, cache, text, NULL, &ids);
        if (ids.items[0] != 7 || ids.count != 1 + expected->count ||
            memcmp(ids.items + 1, expected->items, expected->count * sizeof *ids.items) != 0)
            fail_msg("variant %zu: \"%.*s\" has %zu ids, piece by piece %zu", variant, (int)text.size, text.data, ids.count - 1,
                     expected->count);
        assert_int_equal(cy_tokenizer_count(tokenizer, cache, text, NULL), expected->count);
        cy_ids_release(&ids);
    }
}

CY_TEST("every variant of the loop over a text gives the ids of the pieces one by one")
{
    static const char *const patterns[] = {
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"};
    uint64_t random = cy_test_seed();
    struct toy *toy = malloc(sizeof *toy);
    struct cy_buffer text = {0};
    struct cy_error error;
    make_toy(toy, CY_STR(" theofnabcdx12中文字"), false, &random);
    for (size_t pattern = 0; pattern < CY_COUNT(patterns); pattern++) {
        struct cy_arena arena = {0};
        struct cy_tokenizer tokenizer = {.vocabulary = toy->vocabulary};
        struct cy_bpe_source source = {.vocabulary = &tokenizer.vocabulary, .ranks = toy->ranks, .whole_first = true};
        cy_expect_ok(cy_splitter_new(&tokenizer.splitter, cy_str(patterns[pattern]), &arena, &error), error);
        cy_expect_ok(cy_bpe_new(&tokenizer.model, &source, &arena, &error), error);
        cy_expect_ok(cy_tokenizer_finish(&tokenizer, &error), error);
        for (int round = 0; round < 400; round++) {
            add_words(&text, 1 + cy_test_random(&random) % (round % 10 == 0 ? 2000 : 40), &random);
            struct cy_str copy = {memcpy(malloc(text.size), text.data, text.size), text.size}; /* reading past it is seen */
            struct cy_token_cache *cache = cy_token_cache_new(&tokenizer, 1 << 16);
            struct cy_piece_ends ends = {0};
            struct cy_ids expected = {0};
            tokenizer.splitter->run(tokenizer.splitter, copy, &ends);
            for (size_t i = 0, start = 0; i < ends.count; start = ends.items[i++])
                tokenizer.model->encode(tokenizer.model, cache, (struct cy_str){copy.data + start, ends.items[i] - start}, &expected);
            expect_by_every_variant(&tokenizer, cache, copy, &expected);
            cy_ids_release(&expected);
            free(ends.items);
            cy_token_cache_free(cache);
            free((char *)copy.data);
        }
        tokenizer.model->release(tokenizer.model);
        cy_arena_release(&tokenizer.arena);
        cy_arena_release(&arena);
    }
    cy_buffer_release(&text);
    free(toy);
}
