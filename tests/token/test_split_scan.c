#include "cy_test.h"

#include "base/unicode.h"
#include "token/splitter.h"

static const char *const patterns[] = {
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| "
    "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| "
    "?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
};

static const char *const fragments[] = {
    "'s",  "'S",  "'ſ",  "'re",    "'RE",      "'ll", "'Ve", "'d", "'m",  "'",     "''",     " ",      " ",    "  ",
    "   ", "\t",  "\n",  "\r\n",   "\n\n",     " \n", "/",   "//", "\n/", "a",     "b",      "A",      "B",    "the",
    "The", "THE", "don", "hello",  "Camel",    "x1",  "1",   "12", "123", "12345", ".",      ",",      "...",  "!=",
    "<|",  "é",   "Ä",   "ß",      "ǅ",        "ʰ",   "ª",   "中", "文",  "，",    "\u3000", "\u00a0", "🙂", "\u0301",
    "़",    "न",   "١",   "½",      "\u1c89",   "Ა", "ა",   "K",  "\v",  "\f",    "-",      "_",      "(",    "\"",
    "가",  "か",  "𠀀",  "\u2028", "\xC2\x85", "ſ",   "s",   "re", "LL",  "\x1c",
};

/* A text of fragments and, now and then, of any code points; returns its size. */
static size_t random_text(char *text, size_t room, uint64_t *random)
{
    size_t size = 0, count = cy_test_random(random) % 60, any = cy_test_random(random) % 4;
    for (size_t i = 0; i < count && size + 16 < room; i++) {
        uint64_t drawn = cy_test_random(random);
        if (drawn % 8 < any) {
            size += cy_utf8_encode((uint32_t)(drawn / 8 % (drawn / 64 % 2 ? 0x3000 : CY_CODE_POINT_MAX + 1)), text + size);
            continue;
        }
        const char *fragment = fragments[drawn / 8 % CY_COUNT(fragments)];
        memcpy(text + size, fragment, strlen(fragment));
        size += strlen(fragment);
    }
    return size;
}

/* How many random texts a test takes: CIYUAN_SPLIT_ROUNDS, or so many. */
static long rounds_or(long rounds)
{
    const char *asked = getenv("CIYUAN_SPLIT_ROUNDS");
    return asked != NULL ? atol(asked) : rounds;
}

static void expect_same_ends(const char *pattern, const char *text, size_t size, const struct cy_piece_ends *found,
                             const struct cy_piece_ends *expected)
{
    for (size_t i = 0; i < found->count || i < expected->count; i++)
        if (i >= found->count || i >= expected->count || found->items[i] != expected->items[i])
            fail_msg("\"%.*s\": piece %zu ends at %d, by PCRE2 at %d; %s", (int)size, text, i, i < found->count ? (int)found->items[i] : -1,
                     i < expected->count ? (int)expected->items[i] : -1, pattern);
}

CY_TEST("the scanner of every known pattern cuts as PCRE2 does with the classes written out")
{
    struct cy_arena arena = {0};
    struct cy_error error;
    uint64_t random = cy_test_seed();
    for (size_t i = 0; i < CY_COUNT(patterns); i++) {
        struct cy_splitter *scanner, *regex;
        struct cy_piece_ends found = {0}, expected = {0};
        assert_non_null(cy_scan_find(cy_str(patterns[i])));
        cy_expect_ok(cy_splitter_new(&scanner, cy_str(patterns[i]), &arena, &error), error);
        cy_expect_ok(cy_splitter_regex(&regex, cy_str(patterns[i]), &arena, &error), error);
        for (long round = rounds_or(3000); round > 0; round--) {
            char text[1024];
            size_t size = random_text(text, sizeof text, &random);
            if (size == 0)
                continue;
            found.count = expected.count = 0;
            scanner->run(scanner, (struct cy_str){text, size}, &found);
            regex->run(regex, (struct cy_str){text, size}, &expected);
            expect_same_ends(patterns[i], text, size, &found, &expected);
        }
        regex->release(regex);
        free(found.items);
        free(expected.items);
    }
    cy_arena_release(&arena);
}

CY_TEST("what a window of 64 bytes is certain about is what the scanner says, for every variant of the masks")
{
    uint64_t random = cy_test_seed();
    for (long round = rounds_or(3000) * (long)CY_COUNT(patterns); round > 0; round--) {
        const struct cy_scan *scan = cy_scan_find(cy_str(patterns[(size_t)round % CY_COUNT(patterns)]));
        char text[1024 + CY_SPLIT_WINDOW];
        size_t size = random_text(text, 1024, &random), at = 0;
        if (size < CY_SPLIT_WINDOW)
            continue;
        while (size - at >= CY_SPLIT_WINDOW) {
            size_t end = cy_scan_piece(scan, text, size, at);
            for (const struct cy_split_masks_variant *variant = cy_split_masks_variants;; variant++) {
                struct cy_split_masks masks;
                if ((variant->needs & ~cy_cpu_features()) != 0)
                    continue;
                variant->run(text + at, &masks);
                uint64_t starts = cy_scan_window(scan, &masks, text + at), expected = 1;
                assert_int_equal(starts & 1, 1);
                uint64_t last = (uint64_t)1 << (63 - __builtin_clzll(starts));
                for (size_t piece = end; piece < at + CY_SPLIT_WINDOW && (uint64_t)1 << (piece - at) <= last;
                     piece = cy_scan_piece(scan, text, size, piece))
                    expected |= (uint64_t)1 << (piece - at);
                if (starts != expected)
                    fail_msg("%s: pieces of \"%.*s\" begin at %llx, by the definition at %llx (family %d)", variant->name, CY_SPLIT_WINDOW,
                             text + at, (unsigned long long)starts, (unsigned long long)expected, scan->family);
                if (variant->needs == 0)
                    break;
            }
            at = end;
        }
    }
}

CY_TEST("a pattern that is not known is split by PCRE2, by the classes of Unicode 16")
{
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_splitter *splitter;
    struct cy_piece_ends ends = {0};
    cy_expect_ok(cy_splitter_new(&splitter, CY_STR("\\p{L}+|[\\p{N}\\s]"), &arena, &error), error);
    const char text[] = "a\u1c89b 7--é"; /* U+1C89 is a letter since Unicode 16 */
    splitter->run(splitter, cy_str(text), &ends);
    const uint32_t expected[] = {5, 6, 7, 9, 11}; /* "--", which nothing matches, is a piece too */
    assert_int_equal(ends.count, CY_COUNT(expected));
    assert_memory_equal(ends.items, expected, sizeof expected);
    splitter->release(splitter);
    assert_int_equal(cy_splitter_new(&splitter, CY_STR("\\p{Klingon}"), &arena, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "the property \"Klingon\""));
    assert_int_equal(cy_splitter_new(&splitter, CY_STR("(a"), &arena, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "missing closing parenthesis"));
    free(ends.items);
    cy_arena_release(&arena);
}
