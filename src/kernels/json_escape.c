#include "kernels/json_escape.h"

#include "base/cpu.h"

#include <immintrin.h>

/* What is written for a byte that needs an escape, and how many bytes of it count. */
struct escape {
    char text[7];
    uint8_t size;
};
#define LETTER(letter)                                                                                                                     \
    {                                                                                                                                      \
        "\\" letter, 2                                                                                                                     \
    }
#define CODE(digits)                                                                                                                       \
    {                                                                                                                                      \
        "\\u00" digits, 6                                                                                                                  \
    }
static const struct escape escapes[] = {
    [0x00] = CODE("00"),  [0x01] = CODE("01"),  [0x02] = CODE("02"),  [0x03] = CODE("03"),   [0x04] = CODE("04"),  [0x05] = CODE("05"),
    [0x06] = CODE("06"),  [0x07] = CODE("07"),  ['\b'] = LETTER("b"), ['\t'] = LETTER("t"),  ['\n'] = LETTER("n"), [0x0B] = CODE("0b"),
    ['\f'] = LETTER("f"), ['\r'] = LETTER("r"), [0x0E] = CODE("0e"),  [0x0F] = CODE("0f"),   [0x10] = CODE("10"),  [0x11] = CODE("11"),
    [0x12] = CODE("12"),  [0x13] = CODE("13"),  [0x14] = CODE("14"),  [0x15] = CODE("15"),   [0x16] = CODE("16"),  [0x17] = CODE("17"),
    [0x18] = CODE("18"),  [0x19] = CODE("19"),  [0x1A] = CODE("1a"),  [0x1B] = CODE("1b"),   [0x1C] = CODE("1c"),  [0x1D] = CODE("1d"),
    [0x1E] = CODE("1e"),  [0x1F] = CODE("1f"),  ['"'] = LETTER("\""), ['\\'] = LETTER("\\"),
};

/* The definition. */
static size_t json_escape_scalar(char *out, const char *text, size_t size_bytes)
{
    char *end = out;
    for (size_t i = 0; i < size_bytes; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte < 0x20 || byte == '"' || byte == '\\') {
            memcpy(end, escapes[byte].text, escapes[byte].size);
            end += escapes[byte].size;
        } else {
            *end++ = (char)byte;
        }
    }
    return (size_t)(end - out);
}

/* The variants look at blocks of 64 bytes: which of them need an escape is one mask, and between escapes 64 bytes are copied whatever the
 * stretch, so that only the output's end hangs from one escape to the next. Such a copy reads up to 63 bytes past the block, so the last
 * 127 bytes are left to the definition; it writes as far, where later output goes, or CY_JSON_ESCAPE_SPARE. */
enum { BLOCK = 64 };

#define DEFINE_VARIANT(name, target, find_escapes, copy_block)                                                                             \
    target static size_t name(char *out, const char *text, size_t size_bytes)                                                              \
    {                                                                                                                                      \
        char *end = out;                                                                                                                   \
        size_t at = 0;                                                                                                                     \
        for (; size_bytes - at >= 2 * BLOCK; at += BLOCK) {                                                                                \
            size_t plain = at; /* what is before it has been written */                                                                    \
            for (uint64_t mask = find_escapes(text + at); mask != 0; mask &= mask - 1) {                                                   \
                size_t place = at + (size_t)__builtin_ctzll(mask);                                                                         \
                const struct escape *escape = &escapes[(uint8_t)text[place]];                                                              \
                copy_block(end, text + plain);                                                                                             \
                end += place - plain;                                                                                                      \
                memcpy(end, escape, sizeof *escape);                                                                                       \
                end += escape->size;                                                                                                       \
                plain = place + 1;                                                                                                         \
            }                                                                                                                              \
            copy_block(end, text + plain);                                                                                                 \
            end += at + BLOCK - plain;                                                                                                     \
        }                                                                                                                                  \
        return (size_t)(end - out) + json_escape_scalar(end, text + at, size_bytes - at);                                                  \
    }

#define AVX2 CY_TARGET("avx2,bmi,bmi2,lzcnt,popcnt")
AVX2 static inline uint32_t find_escapes_32(__m256i block)
{
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), control_max = _mm256_set1_epi8(0x1F);
    __m256i found = _mm256_or_si256(_mm256_cmpeq_epi8(block, quote), _mm256_cmpeq_epi8(block, backslash));
    found = _mm256_or_si256(found, _mm256_cmpeq_epi8(_mm256_min_epu8(block, control_max), block)); /* at most 0x1F */
    return (uint32_t)_mm256_movemask_epi8(found);
}
AVX2 static inline uint64_t find_escapes_avx2(const char *text)
{
    return find_escapes_32(_mm256_loadu_si256((const void *)text)) |
           (uint64_t)find_escapes_32(_mm256_loadu_si256((const void *)(text + 32))) << 32;
}
AVX2 static inline void copy_block_avx2(char *to, const char *from)
{
    __m256i low = _mm256_loadu_si256((const void *)from), high = _mm256_loadu_si256((const void *)(from + 32));
    _mm256_storeu_si256((void *)to, low);
    _mm256_storeu_si256((void *)(to + 32), high);
}
DEFINE_VARIANT(json_escape_avx2, AVX2, find_escapes_avx2, copy_block_avx2)

#define AVX512 CY_TARGET("avx512f,avx512bw,avx512vl,bmi,bmi2,lzcnt,popcnt")
AVX512 static inline uint64_t find_escapes_avx512(const char *text)
{
    __m512i block = _mm512_loadu_si512(text);
    return _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"')) | _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\')) |
           _mm512_cmplt_epu8_mask(block, _mm512_set1_epi8(0x20));
}
AVX512 static inline void copy_block_avx512(char *to, const char *from)
{
    _mm512_storeu_si512(to, _mm512_loadu_si512(from));
}
DEFINE_VARIANT(json_escape_avx512, AVX512, find_escapes_avx512, copy_block_avx512)

const struct cy_json_escape_variant cy_json_escape_variants[] = {
    {"avx512", CY_CPU_AVX2 | CY_CPU_AVX512, json_escape_avx512},
    {"avx2", CY_CPU_AVX2, json_escape_avx2},
    {"scalar", 0, json_escape_scalar},
};

cy_json_escape_function *cy_json_escape_best(void)
{
    const struct cy_json_escape_variant *variant = cy_json_escape_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->run;
}
