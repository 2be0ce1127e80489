#include "cy_test.h"

#include "base/unicode.h"
#include "kernels/utf8.h"

#include <sys/mman.h>
#include <unistd.h>

/* By decoding a character at a time (base/unicode.h), which shares no code with the kernel: the length before the first one that is none.
 */
static size_t expected(const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    while (at < end) {
        const char *begin = at;
        uint32_t point = cy_utf8_decode(&at, end);
        if (point == 0xFFFD && !(at - begin == 3 && memcmp(begin, "\xEF\xBF\xBD", 3) == 0))
            return (size_t)(begin - text);
    }
    return size;
}

static bool present(const struct cy_utf8_variant *variant)
{
    return (variant->needs & ~cy_cpu_features()) == 0;
}

static void expect_length(const char *text, size_t size)
{
    size_t right = expected(text, size);
    for (size_t i = 0; i < 2; i++)
        if (present(&cy_utf8_variants[i]) && cy_utf8_variants[i].valid_bytes((const uint8_t *)text, size) != right)
            fail_msg("%s gives %zu of %zu, expected %zu", cy_utf8_variants[i].name,
                     cy_utf8_variants[i].valid_bytes((const uint8_t *)text, size), size, right);
}

CY_TEST("utf8: all pairs of bytes, and all edges of table 3-7, at every place around a block's end")
{
    char text[160];
    for (unsigned pair = 0; pair < 65536; pair++)
        for (size_t at = 62; at < 66; at++) {
            memset(text, 'a', sizeof text);
            text[at] = (char)(pair >> 8);
            text[at + 1] = (char)pair;
            expect_length(text, 130);
        }
    static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                    0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    enum { EDGES = sizeof edges };
    for (size_t a = 0; a < EDGES; a++)
        for (size_t b = 0; b < EDGES; b++)
            for (size_t c = 0; c < EDGES; c++)
                for (size_t d = 0; d < EDGES; d++) {
                    size_t at = 60 + (a + b + c + d) % 5;
                    memset(text, 'a', 130);
                    text[at] = (char)edges[a], text[at + 1] = (char)edges[b], text[at + 2] = (char)edges[c], text[at + 3] = (char)edges[d];
                    expect_length(text, 130);
                    expect_length(text + at, 4);
                }
}

CY_TEST("utf8: random characters, cut anywhere and with one byte changed, at the edge of a page")
{
    uint64_t random = cy_test_seed();
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + page, page, PROT_NONE), 0); /* reading past the end stops the test */
    for (size_t round = 0; round < 20000; round++) {
        size_t size = 0, wanted = cy_test_random(&random) % 300;
        char text[320];
        unsigned kind = cy_test_random(&random) % 4;
        while (size < wanted) {
            static const uint32_t limits[] = {0x80, 0x800, 0x10000, 0x110000};
            uint32_t point =
                (uint32_t)(cy_test_random(&random) % limits[(cy_test_random(&random) % 3 == 0) ? cy_test_random(&random) % 4 : kind]);
            if (point >= 0xD800 && point < 0xE000)
                continue;
            size += cy_utf8_encode(point, text + size);
        }
        if (cy_test_random(&random) % 2 == 0 && size > 0)
            text[cy_test_random(&random) % size] = (char)cy_test_random(&random);
        if (size > 0)
            size -= cy_test_random(&random) % CY_MIN(size, 5);
        char *edge = memory + page - size;
        memcpy(edge, text, size);
        expect_length(edge, size);
        size_t ascii = 0;
        while (ascii < size && (uint8_t)edge[ascii] < 0x80)
            ascii++;
        assert_int_equal(cy_ascii_bytes((struct cy_str){edge, size}), ascii);
    }
    munmap(memory, 2 * page);
}
