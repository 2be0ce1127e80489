#include "cy_test.h"

#include "kernels/ngram_rows.h"

/* A table in which every third bucket or so has a row. */
struct filled {
    struct cy_ngram_table table;
    uint32_t bits[4096], before[4096];
};

static void fill(struct filled *filled, uint32_t bucket_count, uint32_t n_min, uint32_t n_max, uint64_t *random)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i <= bucket_count / 32; i++) {
        filled->bits[i] = (uint32_t)(cy_test_random(random) & cy_test_random(random));
        filled->before[i] = before;
        before += (uint32_t)__builtin_popcount(filled->bits[i]);
    }
    filled->table = (struct cy_ngram_table){bucket_count, n_min, n_max, 7, filled->bits, filled->before};
}

/* The rows of all n-grams, straight from the words of the paper: cut "<word>" into characters, take every run of n_min…n_max of them that
 * is not a bracket alone, hash its bytes, and count the buckets with a row below it. */
static size_t rows_by_hand(const struct filled *filled, const uint8_t *word, size_t word_size, uint32_t *rows)
{
    uint8_t framed[512];
    size_t char_begins[513], char_count = 0, row_count = 0, size = word_size + 2;
    framed[0] = '<';
    memcpy(framed + 1, word, word_size);
    framed[size - 1] = '>';
    for (size_t i = 0; i < size; i++)
        if ((framed[i] & 0xC0) != 0x80)
            char_begins[char_count++] = i;
    char_begins[char_count] = size;
    for (size_t first = 0; first < char_count; first++) {
        for (size_t n = filled->table.n_min; n <= filled->table.n_max && first + n <= char_count; n++) {
            if (n == 1 && (first == 0 || first + 1 == char_count))
                continue;
            uint32_t hash = 2166136261u;
            for (size_t i = char_begins[first]; i < char_begins[first + n]; i++)
                hash = (hash ^ (framed[i] < 128 ? framed[i] : 0xFFFFFF00u | framed[i])) * 16777619u;
            uint32_t bucket = hash % filled->table.bucket_count, below = 0;
            if ((filled->bits[bucket / 32] >> bucket % 32 & 1) == 0)
                continue;
            for (uint32_t other = 0; other < bucket; other++)
                below += filled->bits[other / 32] >> other % 32 & 1;
            rows[row_count++] = filled->table.row_first + below;
        }
    }
    return row_count;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Words of ASCII, of UTF-8, of continuation bytes, and of anything. */
static size_t random_word(uint8_t *word, size_t size_max, uint64_t *random)
{
    static const char *const pieces[] = {"a", "e", "n", "ü", "ж", "中", "文", "가", "𝄞", "\x80", "\xBF\xBF", "\xFF"};
    uint64_t kind = cy_test_random(random) % 4;
    size_t size = 0, wanted = cy_test_random(random) % (cy_test_random(random) % 2 ? 16 : size_max);
    while (size < wanted) {
        if (kind == 3) {
            word[size] = (uint8_t)cy_test_random(random);
            size += word[size] != ' ';
            continue;
        }
        const char *piece = pieces[cy_test_random(random) % (kind == 0 ? 3 : kind == 1 ? 9 : 12)];
        memcpy(word + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return size;
}

CY_TEST("every variant of ngram_rows finds the rows of the n-grams counted by hand")
{
    uint64_t random = cy_test_seed();
    struct filled filled;
    for (int round = 0; round < 4000; round++) {
        uint32_t n_min = 1 + (uint32_t)(cy_test_random(&random) % 3), n_max = n_min + (uint32_t)(cy_test_random(&random) % 4);
        fill(&filled, 1 + (uint32_t)(cy_test_random(&random) % 3000), n_min, n_max, &random);
        uint8_t word[300];
        size_t word_size = random_word(word, 200, &random);
        uint32_t expected[4096], rows[4096 + CY_NGRAM_SPARE];
        size_t expected_count = rows_by_hand(&filled, word, word_size, expected);
        qsort(expected, expected_count, sizeof *expected, ascending);
        for (const struct cy_ngram_rows_variant *variant = cy_ngram_rows_variants;; variant++) {
            if ((variant->needs & ~cy_cpu_features()) != 0)
                continue;
            uint8_t *copy = malloc(word_size + !word_size); /* of the exact size, so that the sanitizer sees what is read outside */
            size_t count = 0, cut = cy_test_random(&random) % (word_size + 3);
            memcpy(copy, word, word_size);
            count += variant->one_word(&filled.table, copy, word_size, 0, cut, rows);
            count += variant->one_word(&filled.table, copy, word_size, cut, word_size + 2, rows + count);
            qsort(rows, count, sizeof *rows, ascending);
            if (count != expected_count || memcmp(rows, expected, count * sizeof *rows) != 0)
                fail_msg("%s: %zu rows, expected %zu, for a word of %zu bytes cut at %zu", variant->name, count, expected_count, word_size,
                         cut);
            free(copy);
            if (variant->needs == 0)
                break;
        }
    }
}

CY_TEST("every variant of ngram_rows finds in many words at once what it finds in each of them, and where")
{
    uint64_t random = cy_test_seed();
    struct filled filled;
    for (int round = 0; round < 2000; round++) {
        uint32_t n_min = 1 + (uint32_t)(cy_test_random(&random) % 3), n_max = n_min + (uint32_t)(cy_test_random(&random) % 4);
        fill(&filled, 1 + (uint32_t)(cy_test_random(&random) % 3000), n_min, n_max, &random);
        uint8_t text[1024] = " ";
        size_t size = 1, word_begins[1024], word_count = 0;
        while (cy_test_random(&random) % 16 != 0 && size < 700) {
            size_t word_size = random_word(text + size, 60, &random);
            if (word_size == 0)
                text[size + word_size++] = 'o';
            word_begins[word_count++] = size - 1;
            size += word_size;
            text[size++] = ' ';
        }
        word_begins[word_count] = size - 1;
        for (const struct cy_ngram_rows_variant *variant = cy_ngram_rows_variants;; variant++) {
            if ((variant->needs & ~cy_cpu_features()) != 0)
                continue;
            uint32_t rows[8192], expected[4096], of_word[8192];
            uint16_t places[8192];
            uint8_t *copy = malloc(size + CY_NGRAM_PADDING);
            memcpy(copy, text, size);
            for (size_t i = 0; i < CY_NGRAM_PADDING; i++)
                copy[size + i] = (uint8_t)cy_test_random(&random);
            size_t count = variant->many_words(&filled.table, copy, size, rows, places), seen = 0;
            for (size_t w = 0; w < word_count; w++) {
                size_t first = word_begins[w], word_size = word_begins[w + 1] - first - 1, of_word_count = 0;
                size_t expected_count = rows_by_hand(&filled, text + first + 1, word_size, expected);
                for (size_t i = 0; i < count; i++)
                    if (places[i] >= first && places[i] < word_begins[w + 1])
                        of_word[of_word_count++] = rows[i];
                qsort(expected, expected_count, sizeof *expected, ascending);
                qsort(of_word, of_word_count, sizeof *of_word, ascending);
                if (of_word_count != expected_count || memcmp(of_word, expected, expected_count * sizeof *expected) != 0)
                    fail_msg("%s: %zu rows, expected %zu, for word %zu of %zu bytes", variant->name, of_word_count, expected_count, w,
                             word_size);
                seen += of_word_count;
            }
            assert_int_equal(seen, count);
            free(copy);
            if (variant->needs == 0)
                break;
        }
    }
}

CY_TEST("no n-grams are found where a model has none")
{
    struct cy_ngram_table table = {.bucket_count = 0, .n_min = 1, .n_max = 0};
    uint32_t rows[64 + CY_NGRAM_SPARE];
    assert_int_equal(cy_ngram_rows_best(cy_cpu_features())->one_word(&table, (const uint8_t *)"word", 4, 0, 6, rows), 0);
}
