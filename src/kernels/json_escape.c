#include "kernels/json_escape.h"

#include "base/cpu.h"

#include <immintrin.h>

/* Escapes one byte that needs it; returns the size. */
static size_t escape_byte(char *out, uint8_t byte)
{
    static const char letters[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    out[0] = '\\';
    if (byte >= 0x20 || letters[byte] != 0) {
        out[1] = byte >= 0x20 ? (char)byte : letters[byte];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = "0123456789abcdef"[byte >> 4];
    out[5] = "0123456789abcdef"[byte & 15];
    return 6;
}

/* The definition. */
static size_t json_escape_scalar(char *out, const char *text, size_t size_bytes)
{
    char *end = out;
    for (size_t i = 0; i < size_bytes; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte < 0x20 || byte == '"' || byte == '\\')
            end += escape_byte(end, byte);
        else
            *end++ = (char)byte;
    }
    return (size_t)(end - out);
}

/* Both variants copy a block whole and look for bytes to escape in it; after such a byte the rest of the block is stored again, moved. The
 * store past an escape is what CY_JSON_ESCAPE_SPARE is for. Text that is mostly escapes falls to one byte a step, as the definition. */

CY_TARGET("avx2,bmi,bmi2,lzcnt,popcnt")
static size_t json_escape_avx2(char *out, const char *text, size_t size_bytes)
{
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), control_max = _mm256_set1_epi8(0x1F);
    char *end = out;
    size_t at = 0;
    while (size_bytes - at >= sizeof(__m256i)) {
        __m256i block = _mm256_loadu_si256((const void *)(text + at));
        __m256i marked = _mm256_or_si256(_mm256_cmpeq_epi8(block, quote), _mm256_cmpeq_epi8(block, backslash));
        marked = _mm256_or_si256(marked, _mm256_cmpeq_epi8(_mm256_min_epu8(block, control_max), block)); /* byte <= 0x1F */
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(marked);
        _mm256_storeu_si256((void *)end, block);
        if (mask == 0) {
            end += sizeof(__m256i);
            at += sizeof(__m256i);
            continue;
        }
        size_t plain = _tzcnt_u32(mask);
        end += plain;
        end += escape_byte(end, (uint8_t)text[at + plain]);
        at += plain + 1;
    }
    return (size_t)(end - out) + json_escape_scalar(end, text + at, size_bytes - at);
}

CY_TARGET("avx512f,avx512bw,avx512vl,bmi,bmi2,lzcnt,popcnt")
static size_t json_escape_avx512(char *out, const char *text, size_t size_bytes)
{
    const __m512i quote = _mm512_set1_epi8('"'), backslash = _mm512_set1_epi8('\\'), space = _mm512_set1_epi8(0x20);
    char *end = out;
    size_t at = 0;
    while (at < size_bytes) {
        size_t size = CY_MIN(size_bytes - at, sizeof(__m512i));
        __mmask64 inside = _bzhi_u64(~0ull, (unsigned)size);
        __m512i block = _mm512_maskz_loadu_epi8(inside, text + at);
        __mmask64 mask = _mm512_cmpeq_epi8_mask(block, quote) | _mm512_cmpeq_epi8_mask(block, backslash) |
                         _mm512_mask_cmplt_epu8_mask(inside, block, space);
        _mm512_storeu_si512(end, block);
        if (mask == 0) {
            end += size;
            at += size;
            continue;
        }
        size_t plain = _tzcnt_u64(mask);
        end += plain;
        end += escape_byte(end, (uint8_t)text[at + plain]);
        at += plain + 1;
    }
    return (size_t)(end - out);
}

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
