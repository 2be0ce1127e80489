#include "kernels/utf8.h"

#include "base/cpu.h"

#include <immintrin.h>

/* ---- the definition ---- */

/* Bytes of the character at the front of text[0..size), size > 0; 0 when it is none. */
static size_t character_bytes(const uint8_t *text, size_t size)
{
    uint8_t lead = text[0];
    if (lead < 0x80)
        return 1;
    size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || size < bytes)
        return 0;
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < bytes; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return bytes;
}

static size_t valid_bytes_scalar(const uint8_t *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        if (size - at >= 8 && (cy_load_u64(text + at) & 0x8080808080808080u) == 0) {
            at += 8;
            continue;
        }
        size_t bytes = character_bytes(text + at, size - at);
        if (bytes == 0)
            return at;
        at += bytes;
    }
    return size;
}

/* ---- AVX2 ----
 * Keiser, Lemire: Validating UTF-8 in less than one instruction per byte (2020), section 6: three tables over the nibbles of each byte and
 * the one before it name the ways in which the pair can be wrong; the bits that stay set in all three are errors. What must follow a lead
 * of three or four bytes is checked against the bytes two and three before. */
enum {
    TOO_SHORT = 1 << 0,      /* a lead byte, and no continuation behind it */
    TOO_LONG = 1 << 1,       /* a continuation behind ASCII */
    OVERLONG_3 = 1 << 2,     /* E0 80…9F */
    TOO_LARGE = 1 << 3,      /* F4 90…BF, F5… */
    SURROGATE = 1 << 4,      /* ED A0…BF */
    OVERLONG_2 = 1 << 5,     /* C0, C1 */
    TOO_LARGE_1000 = 1 << 6, /* F5… and 80…8F */
    OVERLONG_4 = 1 << 6,     /* F0 80…8F */
    TWO_CONTINUATIONS = 1 << 7,
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS, /* those that the low nibble of the first byte does not decide */
};

#define TABLE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))
#define B(bits) ((char)(bits))

CY_TARGET("avx2")
static inline __m256i pair_errors(__m256i input, __m256i before_1)
{
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    const __m256i first_high = TABLE(
        /* 0xxx: ASCII */ B(TOO_LONG), B(TOO_LONG), B(TOO_LONG), B(TOO_LONG), B(TOO_LONG), B(TOO_LONG), B(TOO_LONG), B(TOO_LONG),
        /* 10xx: continuation */ B(TWO_CONTINUATIONS), B(TWO_CONTINUATIONS), B(TWO_CONTINUATIONS), B(TWO_CONTINUATIONS),
        /* 1100, 1101, 1110, 1111: leads */ B(TOO_SHORT | OVERLONG_2), B(TOO_SHORT), B(TOO_SHORT | OVERLONG_3 | SURROGATE),
        B(TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4));
    const __m256i first_low = TABLE(
        B(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4), B(CARRY | OVERLONG_2), B(CARRY), B(CARRY), B(CARRY | TOO_LARGE),
        B(CARRY | TOO_LARGE | TOO_LARGE_1000), B(CARRY | TOO_LARGE | TOO_LARGE_1000), B(CARRY | TOO_LARGE | TOO_LARGE_1000),
        B(CARRY | TOO_LARGE | TOO_LARGE_1000), B(CARRY | TOO_LARGE | TOO_LARGE_1000), B(CARRY | TOO_LARGE | TOO_LARGE_1000),
        B(CARRY | TOO_LARGE | TOO_LARGE_1000), B(CARRY | TOO_LARGE | TOO_LARGE_1000), B(CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE),
        B(CARRY | TOO_LARGE | TOO_LARGE_1000), B(CARRY | TOO_LARGE | TOO_LARGE_1000));
    const __m256i second_high =
        TABLE(B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT),
              /* 1000 */ B(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4),
              /* 1001 */ B(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE),
              /* 101x */ B(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE),
              B(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE), B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT), B(TOO_SHORT));
    __m256i one = _mm256_shuffle_epi8(first_high, _mm256_and_si256(_mm256_srli_epi16(before_1, 4), nibble));
    __m256i two = _mm256_shuffle_epi8(first_low, _mm256_and_si256(before_1, nibble));
    __m256i three = _mm256_shuffle_epi8(second_high, _mm256_and_si256(_mm256_srli_epi16(input, 4), nibble));
    return _mm256_and_si256(_mm256_and_si256(one, two), three);
}

/* The bytes n places before those of `input`. */
#define BEFORE(input, last, n) _mm256_alignr_epi8(input, _mm256_permute2x128_si256(last, input, 0x21), 16 - (n))

/* Errors of one block, and whether the block before it left a character open. */
CY_TARGET("avx2")
static inline __m256i block_errors(__m256i input, __m256i last)
{
    __m256i pairs = pair_errors(input, BEFORE(input, last, 1));
    __m256i third = _mm256_subs_epu8(BEFORE(input, last, 2), _mm256_set1_epi8((char)(0xE0 - 0x80)));
    __m256i fourth = _mm256_subs_epu8(BEFORE(input, last, 3), _mm256_set1_epi8((char)(0xF0 - 0x80)));
    __m256i must_follow = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
    return _mm256_xor_si256(must_follow, pairs);
}

/* 64 bytes a step; where one has an error, and at the tail, the definition takes over from the last character that began before. */
CY_TARGET("avx2")
static size_t valid_bytes_avx2(const uint8_t *text, size_t size)
{
    __m256i last = _mm256_setzero_si256();
    size_t at = 0;
    for (; size - at >= 64; at += 64) {
        __m256i one = _mm256_loadu_si256((const __m256i *)(text + at)), two = _mm256_loadu_si256((const __m256i *)(text + at + 32));
        if (_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(one, two), last)) == 0) { /* ASCII behind ASCII */
            last = two;
            continue;
        }
        __m256i errors = _mm256_or_si256(block_errors(one, last), block_errors(two, one));
        if (!_mm256_testz_si256(errors, errors))
            break;
        last = two;
    }
    /* the step before may end within a character: go back to its lead byte (at most three bytes), which the definition reads again */
    for (size_t back = 1; back <= 3 && back <= at; back++)
        if (text[at - back] >= 0xC0) {
            at -= back;
            break;
        } else if (text[at - back] < 0x80) {
            break;
        }
    return at + valid_bytes_scalar(text + at, size - at);
}

/* ---- dispatch ---- */

const struct cy_utf8_variant cy_utf8_variants[] = {
    {"avx2", CY_CPU_AVX2, valid_bytes_avx2},
    {"scalar", 0, valid_bytes_scalar},
};

size_t cy_utf8_valid_bytes(struct cy_str text)
{
    const struct cy_utf8_variant *variant = cy_utf8_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->valid_bytes((const uint8_t *)text.data, text.size);
}

size_t cy_ascii_bytes(struct cy_str text)
{
    size_t at = 0;
    while (text.size - at >= 8 && (cy_load_u64(text.data + at) & 0x8080808080808080u) == 0)
        at += 8;
    while (at < text.size && (uint8_t)text.data[at] < 0x80)
        at++;
    return at;
}
