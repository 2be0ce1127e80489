#include "cy_test.h"

#include "base/threads.h"
#include "store/database.h"

CY_TEST("a new id is a UUIDv7: its shape, its time, and each greater than the one before")
{
    char last[37] = "", text[37];
    int64_t before = cy_now_ms();
    for (int i = 0; i < 10000; i++) {
        cy_uuid(text);
        assert_int_equal(strlen(text), 36);
        for (size_t at = 0; at < 36; at++) {
            bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
            assert_true(is_dash ? text[at] == '-' : strchr("0123456789abcdef", text[at]) != NULL);
        }
        assert_int_equal(text[14], '7');           /* version */
        assert_non_null(strchr("89ab", text[19])); /* variant */
        assert_true(strcmp(text, last) > 0);
        strcpy(last, text);
    }
    char hex[13];
    snprintf(hex, sizeof hex, "%.8s%.4s", text, text + 9);
    int64_t ms = (int64_t)strtoull(hex, NULL, 16);
    assert_true(ms >= before && ms <= cy_now_ms() + 10); /* 10,000 ids may run ahead of the clock by 3 ms */
}

enum { EACH = 5000, MAKERS = 4 };
static char made[MAKERS * EACH][37];

static void make_ids(void *context, size_t thread)
{
    (void)context;
    for (size_t i = 0; i < EACH; i++)
        cy_uuid(made[thread * EACH + i]);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

CY_TEST("threads that make ids at once make different ones")
{
    cy_run_threads(MAKERS, make_ids, NULL);
    qsort(made, MAKERS * EACH, 37, compare_ids);
    for (size_t i = 1; i < MAKERS * EACH; i++)
        assert_string_not_equal(made[i - 1], made[i]);
}
