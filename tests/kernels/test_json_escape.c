#include "cy_test.h"

#include "kernels/json_escape.h"

#include <sys/mman.h>
#include <unistd.h>

static const struct cy_json_escape_variant *definition(void)
{
    const struct cy_json_escape_variant *variant = cy_json_escape_variants;
    while (variant->needs != 0)
        variant++;
    return variant;
}

CY_TEST("json_escape writes short escapes where JSON has them, \\u00xx for the other control characters, and leaves the rest")
{
    static const char text[] = "a\"b\\c/d\b\t\n\f\r\x01\x1f\x7f\xE6\x95\xB0";
    char out[sizeof text * CY_JSON_ESCAPE_GROWTH + CY_JSON_ESCAPE_SPARE];
    size_t size = definition()->run(out, text, sizeof text); /* with the 0 byte at its end */
    cy_expect_str(((struct cy_str){out, size}), "a\\\"b\\\\c/d\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\xE6\x95\xB0\\u0000");
}

/* Text that ends where the next page cannot be read. */
struct edge {
    char *pages;
    size_t page_bytes;
};
static struct edge edge_new(void)
{
    struct edge edge = {.page_bytes = (size_t)sysconf(_SC_PAGESIZE)};
    edge.pages = mmap(NULL, 2 * edge.page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(edge.pages != MAP_FAILED);
    assert_int_equal(mprotect(edge.pages + edge.page_bytes, edge.page_bytes, PROT_NONE), 0);
    return edge;
}

CY_TEST("every variant of json_escape agrees with the definition at every size and share of escapes, up to a page's edge")
{
    enum { SIZE_MAX_TESTED = 400, ROUNDS = 30 };
    struct edge edge = edge_new();
    uint64_t seed = cy_test_seed();
    char expected[SIZE_MAX_TESTED * CY_JSON_ESCAPE_GROWTH + CY_JSON_ESCAPE_SPARE], found[sizeof expected];
    for (size_t round = 0; round < ROUNDS; round++) {
        uint64_t rarity = 1 + cy_test_random(&seed) % 60;
        for (size_t size = 0; size <= SIZE_MAX_TESTED; size++) {
            char *text = edge.pages + edge.page_bytes - size;
            for (size_t i = 0; i < size; i++)
                text[i] =
                    (char)(cy_test_random(&seed) % rarity == 0 ? cy_test_random(&seed) % 0x60 : 0x60 + cy_test_random(&seed) % 0xA0);
            size_t expected_size = definition()->run(expected, text, size);
            for (const struct cy_json_escape_variant *variant = cy_json_escape_variants; variant->needs != 0; variant++) {
                if ((variant->needs & ~cy_cpu_features()) != 0)
                    continue;
                memset(found, 0x55, sizeof found);
                assert_int_equal(variant->run(found, text, size), expected_size);
                assert_memory_equal(found, expected, expected_size);
                for (size_t i = expected_size + CY_JSON_ESCAPE_SPARE; i < sizeof found; i++)
                    assert_int_equal(found[i], 0x55); /* no more than the spare is written past the end */
            }
        }
    }
    munmap(edge.pages, 2 * edge.page_bytes);
}
