#include "cy_test.h"

#include "base/files.h"
#include "cy_test_fasttext.h"
#include "model/text_vector.h"

static struct cy_fasttext *lid(void)
{
    struct cy_arena arena = {0};
    struct cy_fasttext *model;
    struct cy_error error;
    const char *path;
    cy_expect_ok(cy_find_data("lid.176.ftz", &arena, &path, &error), error);
    cy_expect_ok(cy_fasttext_load(&model, path, &error), error);
    cy_arena_release(&arena);
    return model;
}

static void add_row(const struct cy_fasttext *model, uint64_t row, struct cy_text_vector *sum)
{
    for (int i = 0; i < CY_FASTTEXT_LANES; i++)
        sum->values[i] += cy_fasttext_row(model, row)[i];
    sum->row_count++;
}

/* The definition, as plainly as it can be said: words one after the other, their n-grams one after the other. */
static void sum_by_hand(const struct cy_fasttext *model, struct cy_str text, struct cy_text_vector *sum)
{
    const struct cy_ngram_table *table = &model->ngrams;
    size_t end = 0;
    *sum = (struct cy_text_vector){0};
    for (size_t begin = 0; begin < text.size; begin = end + 1) {
        for (end = begin; end < text.size && strchr(" \t\n\v\f\r", text.data[end]) == NULL;) /* strchr finds the 0 byte too */
            end++;
        struct cy_str word = {text.data + begin, end - begin};
        uint32_t row = cy_fasttext_find(model, word);
        if (cy_str_is(word, "</s>"))
            break;
        if (word.size == 0 || (row != UINT32_MAX && row >= model->word_count) ||
            (row == UINT32_MAX && word.size >= 9 && memcmp(word.data, "__label__", 9) == 0))
            continue;
        if (row != UINT32_MAX)
            add_row(model, row, sum);
        char *framed = malloc(word.size + 2);
        framed[0] = '<';
        memcpy(framed + 1, word.data, word.size);
        framed[word.size + 1] = '>';
        for (size_t i = 0; i < word.size + 2; i++) {
            uint32_t hash = CY_FNV_BASIS, chars = 0;
            for (size_t k = i; k < word.size + 2 && ((uint8_t)framed[i] & 0xC0) != 0x80; k++) {
                hash = cy_fnv_step(hash, (uint8_t)framed[k]);
                bool char_ends = k + 1 == word.size + 2 || ((uint8_t)framed[k + 1] & 0xC0) != 0x80;
                chars += char_ends;
                if (chars > table->n_max)
                    break;
                uint32_t bucket = hash % table->bucket_count;
                bool lone_bracket = chars == 1 && (i == 0 || k + 1 == word.size + 2);
                if (!char_ends || chars < table->n_min || lone_bracket || (table->bits[bucket / 32] >> bucket % 32 & 1) == 0)
                    continue;
                uint32_t lower = table->bits[bucket / 32] & ((1u << bucket % 32) - 1);
                add_row(model, table->row_first + table->before[bucket / 32] + (uint32_t)__builtin_popcount(lower), sum);
                if (chars == table->n_max)
                    break;
            }
        }
        free(framed);
    }
    if (cy_fasttext_find(model, CY_STR("</s>")) < model->word_count)
        add_row(model, cy_fasttext_find(model, CY_STR("</s>")), sum);
}

/* Words from a small set, so that they come again; some long, some of any bytes. */
static size_t random_text(char *text, size_t size_max, uint64_t *random)
{
    static const char *const words[] = {"the",
                                        "of",
                                        "und",
                                        "не",
                                        "中文分词",
                                        "</",
                                        "__label__en",
                                        "a__label__",
                                        "supercalifragilisticexpialidocious",
                                        "www.example.com/a/very/long/address/without/any/white/space",
                                        "</s",
                                        "日本語のテキスト",
                                        "é"};
    size_t size = 0, wanted = cy_test_random(random) % size_max;
    while (size < wanted) {
        uint64_t kind = cy_test_random(random) % 16;
        if (kind < 10) {
            const char *word = words[cy_test_random(random) % CY_COUNT(words)];
            memcpy(text + size, word, strlen(word));
            size += strlen(word);
        } else if (kind < 14) {
            for (uint64_t left = cy_test_random(random) % 12; left > 0; left--)
                text[size++] = (char)("etaoin\xE4\xB8\xAD\x80\xFF"[cy_test_random(random) % 11]);
        } else {
            for (uint64_t left = cy_test_random(random) % (kind == 14 ? 40 : 2500); left > 0; left--)
                text[size++] = (char)cy_test_random(random);
        }
        text[size++] = " \n\t \r \v\f\0"[cy_test_random(random) % 9];
    }
    return size;
}

CY_TEST("a text's vector is the sum by hand, exactly, with every set of loops, whatever the cache holds")
{
    static const unsigned features[] = {0, CY_CPU_AVX2, CY_CPU_AVX2 | CY_CPU_AVX512, CY_CPU_AVX2 | CY_CPU_AVX512 | CY_CPU_VBMI2};
    struct cy_fasttext *model = lid();
    struct cy_word_cache *caches[CY_COUNT(features)] = {NULL};
    uint64_t random = cy_test_seed();
    for (size_t i = 0; i < CY_COUNT(features); i++)
        if ((features[i] & ~cy_cpu_features()) == 0)
            caches[i] = cy_word_cache_new_for(model, features[i]);
    for (int round = 0; round < 400; round++) {
        char *text = malloc(40000);
        struct cy_str view = {text, random_text(text, round % 4 == 0 ? 30000 : 300, &random)};
        text = realloc(text, view.size + !view.size); /* of the exact size, for the sanitizer */
        view.data = text;
        struct cy_text_vector expected, found;
        sum_by_hand(model, view, &expected);
        for (size_t i = 0; i < CY_COUNT(features); i++) {
            if (caches[i] == NULL)
                continue;
            cy_text_vector_sum(caches[i], view, &found);
            if (found.row_count != expected.row_count || memcmp(found.values, expected.values, sizeof found.values) != 0)
                fail_msg("features %u, round %d, %zu bytes: %llu rows, expected %llu", features[i], round, view.size,
                         (unsigned long long)found.row_count, (unsigned long long)expected.row_count);
        }
        free(text);
    }
    for (size_t i = 0; i < CY_COUNT(features); i++)
        cy_word_cache_free(caches[i]);
    cy_fasttext_free(model);
}

CY_TEST("white space alone, no text, and what follows </s> add nothing to a text's vector")
{
    struct cy_fasttext *model = lid();
    struct cy_word_cache *cache = cy_word_cache_new(model);
    struct cy_text_vector nothing, other;
    cy_text_vector_sum(cache, CY_STR(""), &nothing);
    assert_int_equal(nothing.row_count, 1); /* the end of the line */
    cy_text_vector_sum(cache, CY_STR(" \n\n\t\0\r "), &other);
    assert_memory_equal(&nothing, &other, sizeof other);
    cy_text_vector_sum(cache, CY_STR("__label__de </s> der die das"), &other);
    assert_memory_equal(&nothing, &other, sizeof other);
    cy_word_cache_free(cache);
    cy_fasttext_free(model);
}

CY_TEST("the largest rows of a model add up without overflow, in a word of the longest kept and in a longer one")
{
    /* every n-gram of 1 to 15 characters falls into the one bucket, whose row is the largest a row can be */
    const struct cy_test_fasttext large = {
        .version = 12,
        .dim = 1,
        .word_ngrams = 1,
        .loss = CY_FASTTEXT_HIERARCHICAL,
        .kind = CY_FASTTEXT_SUPERVISED,
        .buckets = 1,
        .n_min = 1,
        .n_max = 15,
        .words = (const char *const[]){"w", NULL},
        .labels = (const char *const[]){"__label__x", NULL},
        .label_counts = (const int64_t[]){1},
        .pruned_count = -1,
        .row_count = 2,
        .rows = (const float[]){0, -1.9999999f},
        .output = (const float[]){1},
    };
    struct cy_buffer file = {0};
    struct cy_fasttext *model;
    struct cy_error error;
    cy_test_fasttext_write(&large, &file);
    cy_expect_ok(cy_fasttext_parse(&model, cy_buffer_str(&file), "large", &error), error);
    struct cy_word_cache *cache = cy_word_cache_new(model);
    for (size_t size = 1; size < 400; size++) {
        struct cy_text_vector sum;
        char word[400];
        memset(word, 'e', size);
        cy_text_vector_sum(cache, (struct cy_str){word, size}, &sum);
        int64_t grams = 0, chars = (int64_t)size + 2;
        for (int64_t n = 1; n <= 15; n++)
            grams += CY_MAX(chars - n + 1, 0) - (n == 1 ? 2 : 0);
        assert_int_equal(sum.row_count, grams);
        assert_true(sum.values[0] == grams * cy_fasttext_row(model, 1)[0]);
    }
    assert_int_equal(cy_fasttext_row(model, 1)[0], -(1 << CY_FASTTEXT_ROW_BITS));
    cy_word_cache_free(cache);
    cy_fasttext_free(model);
    cy_buffer_release(&file);
}
