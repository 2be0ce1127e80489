#include "cy_test.h"

#include "kernels/minhash.h"
#include "kernels/word_hash.h"

#include <math.h>

CY_TEST("minhash: every variant lowers the minima as the definition does, for every number of permutations and shingles")
{
    uint64_t random = cy_test_seed();
    static uint32_t shingles[700];
    static struct cy_minhash minhash;
    for (size_t permutations = CY_MINHASH_LANES; permutations <= CY_MINHASH_PERMUTATIONS_MAX; permutations += CY_MINHASH_LANES) {
        cy_minhash_init(&minhash, permutations, 5);
        size_t count = cy_test_random(&random) % CY_COUNT(shingles);
        for (size_t i = 0; i < count; i++)
            shingles[i] = (uint32_t)cy_test_random(&random);
        uint32_t expected[CY_MINHASH_PERMUTATIONS_MAX], found[CY_MINHASH_PERMUTATIONS_MAX];
        for (size_t i = 0; i < permutations; i++) {
            expected[i] = UINT32_MAX;
            for (size_t j = 0; j < count; j++)
                expected[i] = CY_MIN(expected[i], shingles[j] * minhash.factors[i] + minhash.offsets[i]);
        }
        for (const struct cy_minhash_variant *variant = cy_minhash_variants; variant->name != NULL; variant++) {
            if ((variant->needs & ~cy_cpu_features()) != 0)
                continue;
            memset(found, 0xFF, sizeof found);
            variant->lower(shingles, count / 2, minhash.factors, minhash.offsets, found, permutations);
            variant->lower(shingles + count / 2, count - count / 2, minhash.factors, minhash.offsets, found, permutations);
            if (memcmp(found, expected, permutations * sizeof *found) != 0)
                fail_msg("%s differs from the definition with %zu permutations, %zu shingles", variant->name, permutations, count);
        }
    }
}

CY_TEST("minhash: shingles are equal where n-grams are, in whatever text they stand, and differ where the order differs")
{
    uint64_t random = cy_test_seed(), words[60];
    uint32_t whole[60], part[60];
    for (size_t i = 0; i < 60; i++)
        words[i] = cy_test_random(&random);
    for (size_t ngram = 1; ngram <= 20; ngram++) {
        cy_minhash_shingles(words, 60, ngram, whole);
        for (size_t start = 0; start + ngram <= 60; start++) {
            cy_minhash_shingles(words + start, ngram, ngram, part);
            assert_int_equal(part[0], whole[start]);
        }
    }
    const uint64_t turned[] = {words[1], words[0]};
    cy_minhash_shingles(words, 2, 2, whole);
    cy_minhash_shingles(turned, 2, 2, part);
    assert_true(whole[0] != part[0]);
}

CY_TEST("minhash: a signature does not depend on repetition, and a text longer than the working memory has that of its n-grams' set")
{
    struct cy_minhash minhash;
    uint16_t once[112], often[112];
    cy_minhash_init(&minhash, 112, 5);
    struct cy_buffer text = {0};
    const char *const cycle = "one two three four five six seven ";
    cy_buffer_add_text(&text, cycle);
    cy_buffer_add_text(&text, "one two three four"); /* all 7 n-grams of the endless text */
    assert_true(cy_minhash_signature(&minhash, cy_buffer_str(&text), once));
    cy_buffer_clear(&text);
    for (int i = 0; i < 3000; i++)
        cy_buffer_add_text(&text, cycle);
    assert_true(cy_minhash_signature(&minhash, cy_buffer_str(&text), often));
    assert_memory_equal(once, often, sizeof once);
    cy_buffer_release(&text);
}

CY_TEST("minhash: a text shorter than an n-gram is one n-gram, and a text without words has no signature")
{
    struct cy_minhash minhash;
    uint16_t a[112], b[112], c[112];
    cy_minhash_init(&minhash, 112, 5);
    assert_true(cy_minhash_signature(&minhash, CY_STR("Hello, world!"), a));
    assert_true(cy_minhash_signature(&minhash, CY_STR("hello world"), b));
    assert_true(cy_minhash_signature(&minhash, CY_STR("world hello"), c));
    assert_memory_equal(a, b, sizeof a);
    cy_expect_near(cy_minhash_similarity(a, c, 112), 0.0, 0.05);
    assert_false(cy_minhash_signature(&minhash, CY_STR("?! …"), a));
    for (size_t i = 0; i < 112; i++)
        assert_int_equal(a[i], CY_MINHASH_NONE);
}

/* A text of `shared` words common to both sides and `own` words of its own, with n-grams of 1 word: J = shared / (shared + 2 own). */
static void add_words(struct cy_buffer *text, const char *prefix, unsigned pair, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cy_buffer_add_text(text, prefix);
        for (uint64_t rest = (uint64_t)pair * 1000003 + i; rest > 0; rest /= 26) /* letters: digits would all be 0 */
            cy_buffer_add_byte(text, (uint8_t)('a' + rest % 26));
        cy_buffer_add_byte(text, ' ');
    }
}

CY_TEST("minhash: the estimate of similarity is unbiased, and spreads as a binomial of that many permutations does")
{
    enum { PAIRS = 400, PERMUTATIONS = 112 };
    static const struct {
        size_t shared, own;
    } cases[] = {{20, 40}, {100, 50}, {80, 10}, {95, 2}, {1000, 125}};
    struct cy_minhash minhash;
    cy_minhash_init(&minhash, PERMUTATIONS, 1);
    struct cy_buffer a = {0}, b = {0};
    unsigned pair = (unsigned)(cy_test_seed() % 100000);
    for (size_t c = 0; c < CY_COUNT(cases); c++) {
        const double s = (double)cases[c].shared / (double)(cases[c].shared + 2 * cases[c].own);
        double sum = 0, squares = 0;
        for (size_t i = 0; i < PAIRS; i++, pair++) {
            uint16_t x[PERMUTATIONS], y[PERMUTATIONS];
            cy_buffer_clear(&a);
            cy_buffer_clear(&b);
            add_words(&a, "s", pair, cases[c].shared);
            add_words(&b, "s", pair, cases[c].shared);
            add_words(&a, "x", pair, cases[c].own);
            add_words(&b, "y", pair, cases[c].own);
            cy_minhash_signature(&minhash, cy_buffer_str(&a), x);
            cy_minhash_signature(&minhash, cy_buffer_str(&b), y);
            double estimate = cy_minhash_similarity(x, y, PERMUTATIONS);
            sum += estimate;
            squares += (estimate - s) * (estimate - s);
        }
        const double deviation = sqrt(s * (1 - s) / PERMUTATIONS); /* of one estimate */
        cy_expect_near(sum / PAIRS, s, 5 * deviation / sqrt(PAIRS));
        /* the variance of a variance from n values is about 2 / n of its square; without replacement it may be a little smaller */
        cy_expect_near(squares / PAIRS / (deviation * deviation), 1.0, 5 * sqrt(2.0 / PAIRS) + 0.05);
    }
    cy_buffer_release(&a);
    cy_buffer_release(&b);
}
