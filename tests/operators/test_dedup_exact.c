#include "cy_test_barrier.h"

#include <math.h>

static void run(const char *params, const char *const *texts, size_t count, bool are_urls, struct cy_test_removal *removals)
{
    struct cy_str views[64] = {0};
    for (size_t i = 0; i < count; i++)
        views[i] = cy_str(texts[i]);
    cy_test_barrier("dedup_exact", params, views, count, &(struct cy_test_barrier_options){.are_urls = are_urls}, removals);
}

static void expect_duplicate(const struct cy_test_removal *removal, uint64_t kept)
{
    assert_true(removal->removed);
    assert_int_equal(removal->kept, kept);
    assert_string_equal(removal->rule, "duplicate");
    cy_expect_near(removal->similarity, 1.0, 0);
    assert_true(isnan(removal->measured) && isnan(removal->threshold));
}

CY_TEST("dedup_exact keeps the first of equal texts and names it")
{
    const char *const texts[] = {"a cat", "a dog", "a cat", "A cat", "a dog", "a cat"};
    struct cy_test_removal removals[6];
    run("", texts, 6, false, removals);
    assert_false(removals[0].removed);
    assert_false(removals[1].removed);
    expect_duplicate(&removals[2], 0);
    assert_false(removals[3].removed); /* another byte is another text */
    expect_duplicate(&removals[4], 1);
    expect_duplicate(&removals[5], 0);
}

CY_TEST("dedup_exact with normalize: words compares words, whatever case, punctuation, digits and white space")
{
    const char *const texts[] = {"A cat, 12 dogs.", "a  CAT\n345 dogs", "a catdogs", "...", "!!!", ""};
    struct cy_test_removal removals[6];
    run("normalize: words", texts, 6, false, removals);
    assert_false(removals[0].removed);
    expect_duplicate(&removals[1], 0);
    assert_false(removals[2].removed);
    assert_false(removals[3].removed); /* texts without words have nothing that could be the same */
    assert_false(removals[4].removed);
    assert_false(removals[5].removed);
}

CY_TEST("dedup_exact on: url compares URLs; documents without one are never duplicates")
{
    const char *const urls[] = {"http://a/", "", "http://b/", "", "http://a/"};
    struct cy_test_removal removals[5];
    run("on: url", urls, 5, true, removals);
    for (size_t i = 0; i < 4; i++)
        assert_false(removals[i].removed);
    expect_duplicate(&removals[4], 0);
}

CY_TEST("dedup_exact finds what a quadratic comparison finds, in little memory, on several threads and with short reads")
{
    enum { COUNT = 6000 };
    uint64_t random = cy_test_seed();
    static char texts[COUNT][16];
    static struct cy_str views[COUNT];
    static struct cy_test_removal removals[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        views[i] = (struct cy_str){texts[i], (size_t)snprintf(texts[i], 16, "text %u", (unsigned)(cy_test_random(&random) % 4000))};
    cy_test_barrier("dedup_exact", "", views, COUNT,
                    &(struct cy_test_barrier_options){.memory_bytes = 64 * 1024, .thread_count = 3, .read_max = 7}, removals);
    for (size_t i = 0; i < COUNT; i++) {
        size_t first = 0;
        while (!cy_str_equal(views[first], views[i]))
            first++;
        assert_int_equal(removals[i].removed, first < i);
        if (first < i)
            expect_duplicate(&removals[i], first);
    }
}

CY_TEST("dedup_exact of no documents removes nothing")
{
    struct cy_test_removal removals[1];
    run("", NULL, 0, false, removals);
}
