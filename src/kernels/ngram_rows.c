#include "kernels/ngram_rows.h"

#include "base/cpu.h" /* names of features */

static inline bool continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

static inline bool has_row(const struct cy_ngram_table *table, uint32_t bucket)
{
    return table->bits[bucket / 32] >> bucket % 32 & 1;
}

/* The row of a bucket that has one. */
static inline uint32_t row_of(const struct cy_ngram_table *table, uint32_t bucket)
{
    uint32_t lower = table->bits[bucket / 32] & ((1u << bucket % 32) - 1);
    return table->row_first + table->before[bucket / 32] + (uint32_t)__builtin_popcount(lower);
}

/* The definition. */
static size_t one_word_scalar(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end,
                              uint32_t *rows)
{
    const size_t size = word_size + 2;
    size_t count = 0;
#define AT(place) ((place) == 0 ? '<' : (place) == size - 1 ? '>' : word[(place)-1])
    for (size_t begin = first; begin < end; begin++) {
        if (continues(AT(begin)))
            continue;
        uint32_t hash = CY_FNV_BASIS;
        size_t place = begin;
        for (uint32_t chars = 1; place < size && chars <= table->n_max; chars++) {
            do
                hash = cy_fnv_step(hash, AT(place));
            while (++place < size && continues(AT(place)));
            bool lone_bracket = chars == 1 && (begin == 0 || place == size);
            uint32_t bucket = hash % table->bucket_count;
            if (chars >= table->n_min && !lone_bracket && has_row(table, bucket))
                rows[count++] = row_of(table, bucket);
        }
    }
#undef AT
    return count;
}

/* Those n-grams of many words that begin at bytes [first, end): the definition, word by word. */
static size_t many_words_part(const struct cy_ngram_table *table, const uint8_t *text, size_t size, size_t first, size_t end,
                              uint32_t *rows, uint16_t *places)
{
    size_t count = 0, word_end = first;
    for (size_t begin = first, word_begin; begin < CY_MIN(end, size - 1); begin = word_end) {
        for (word_begin = begin; text[word_begin] != ' ';)
            word_begin--;
        for (word_end = begin + 1; text[word_end] != ' ';)
            word_end++;
        for (; begin < CY_MIN(end, word_end); begin++) {
            size_t place = begin - word_begin;
            size_t found = one_word_scalar(table, text + word_begin + 1, word_end - word_begin - 1, place, place + 1, rows + count);
            for (size_t i = 0; i < found; i++)
                places[count++] = (uint16_t)begin;
        }
    }
    return count;
}

static size_t many_words_scalar(const struct cy_ngram_table *table, const uint8_t *text, size_t size, uint32_t *rows, uint16_t *places)
{
    return many_words_part(table, text, size, 0, size, rows, places);
}

#if defined(__x86_64__)
#include <immintrin.h>

/* The variants hash many n-grams at once, one a lane, a byte a step; both brackets stand as spaces. What does not fit into STEPS bytes
 * (n-grams of many long characters, or of bytes that are no UTF-8) goes to the definition. */
enum { WINDOW = CY_NGRAM_WINDOW, STEPS = 16 };
_Static_assert(WINDOW + STEPS == 64, "what begins in the window ends in one register");

/* What is found: first buckets that have a row, then rows. */
struct found {
    uint32_t *rows;
    uint16_t *places; /* of their n-grams, in the window; NULL: not asked for */
    size_t count;
};

/* floor(2^32 / buckets), or 2^32 - 1 for one bucket: hash * inverse / 2^32 is hash / buckets, or one less. */
static uint32_t inverse_of(const struct cy_ngram_table *table)
{
    uint64_t inverse = table->bucket_count > 0 ? ((uint64_t)1 << 32) / table->bucket_count : 0;
    return (uint32_t)CY_MIN(inverse, UINT32_MAX);
}

CY_TARGET("popcnt,bmi,bmi2")
static inline void buckets_to_rows(const struct cy_ngram_table *table, uint32_t *buckets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buckets[i] = row_of(table, buckets[i]);
}

/* Places in the window become places in the text. */
static inline void shift_places(struct found *found, size_t from)
{
    for (size_t i = 0; i < found->count; i++)
        found->places[i] = (uint16_t)(found->places[i] + from);
}

/* ---- AVX-512 with VBMI2: 16 n-grams at a time ---- */

#define TARGET_VBMI2 CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")

/* Appends the lanes of `wanted` whose hash falls into a bucket that has a row. */
TARGET_VBMI2
static inline void push_vbmi2(const struct cy_ngram_table *table, __m512i inverse, __m512i hash, __mmask16 wanted, __m512i begins,
                              struct found *found)
{
    const __m512i count = _mm512_set1_epi32((int)table->bucket_count), one = _mm512_set1_epi32(1);
    __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(hash, inverse), 32);
    __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(hash, 32), inverse);
    __m512i quotient = _mm512_mask_blend_epi32(0xAAAA, even, odd);
    __m512i rest = _mm512_sub_epi32(hash, _mm512_mullo_epi32(quotient, count));
    __m512i bucket = _mm512_min_epu32(rest, _mm512_sub_epi32(rest, count));
    __m512i bits = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), wanted, _mm512_srli_epi32(bucket, 5), table->bits, 4);
    __mmask16 kept = _mm512_test_epi32_mask(bits, _mm512_sllv_epi32(one, _mm512_and_si512(bucket, _mm512_set1_epi32(31))));
    _mm512_storeu_si512(found->rows + found->count, _mm512_maskz_compress_epi32(kept, bucket));
    if (found->places != NULL) {
        __m512i places = _mm512_maskz_compress_epi32(kept, begins);
        _mm256_storeu_si256((__m256i *)(void *)(found->places + found->count), _mm512_cvtepi32_epi16(places));
    }
    found->count += (size_t)__builtin_popcount(kept);
}

/* Appends what is found of the n-grams that begin at the 16 places of `begins`, bytes of the window, in the lanes of `active`. Returns
 * false when one is longer than STEPS. */
TARGET_VBMI2
static inline bool hash_vbmi2(const struct cy_ngram_table *table, __m512i inverse, __m512i bytes, __m512i begins, __mmask16 active,
                              struct found *found)
{
    const __m512i n_min = _mm512_set1_epi32((int)table->n_min), n_max = _mm512_set1_epi32((int)table->n_max);
    const __m512i one = _mm512_set1_epi32(1), prime = _mm512_set1_epi32((int)CY_FNV_PRIME), lead = _mm512_set1_epi32(-64);
    const __m512i space = _mm512_set1_epi32(' '), open = _mm512_set1_epi32('<'), close = _mm512_set1_epi32('>');
    __m512i place = _mm512_add_epi32(_mm512_mullo_epi32(begins, _mm512_set1_epi32(0x01010101)), _mm512_set1_epi32(0x03020100));
    __m512i hash = _mm512_set1_epi32((int)CY_FNV_BASIS), chars = _mm512_setzero_si512();
    __m512i four = _mm512_permutexvar_epi8(place, bytes); /* the bytes of this and the next three steps */
    __m512i byte = _mm512_srai_epi32(_mm512_slli_epi32(four, 24), 24);
    __mmask16 brackets = _mm512_cmpeq_epi32_mask(byte, space), last = 0;
    byte = _mm512_mask_mov_epi32(byte, brackets, open);
    for (int step = 1; step < STEPS; step++) {
        hash = _mm512_mullo_epi32(_mm512_xor_si512(hash, byte), prime);
        if (step % 4 == 0) {
            place = _mm512_add_epi32(place, _mm512_set1_epi32(0x04040404));
            four = _mm512_permutexvar_epi8(place, bytes);
        } else {
            four = _mm512_srli_epi32(four, 8);
        }
        byte = _mm512_srai_epi32(_mm512_slli_epi32(four, 24), 24);
        __mmask16 complete = active & (last | _mm512_cmpge_epi32_mask(byte, lead));
        chars = _mm512_mask_add_epi32(chars, complete, chars, one);
        __mmask16 wanted = _mm512_mask_cmpge_epi32_mask(complete, chars, n_min);
        if (table->n_min == 1)
            wanted &= (__mmask16) ~(_mm512_cmpeq_epi32_mask(chars, one) & brackets);
        if (wanted != 0)
            push_vbmi2(table, inverse, hash, wanted, begins, found);
        active &= (__mmask16) ~(last | _mm512_mask_cmpge_epi32_mask(complete, chars, n_max));
        if (active == 0)
            return true;
        last = _mm512_cmpeq_epi32_mask(byte, space);
        byte = _mm512_mask_mov_epi32(byte, last, close);
    }
    return false;
}

/* Appends what is found of the n-grams that begin at the bytes of `begins` of the window; all of it rows in the end, or nothing and false.
 */
TARGET_VBMI2
static inline bool window_vbmi2(const struct cy_ngram_table *table, __m512i inverse, __m512i bytes, uint64_t begins, struct found *found)
{
    const __m512i all = _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39,
                                        38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14,
                                        13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const size_t before = found->count;
    begins &= _mm512_cmpge_epi8_mask(bytes, _mm512_set1_epi8(-64));
    __m512i begin_bytes = _mm512_maskz_compress_epi8(begins, all);
    for (int left = __builtin_popcountll(begins); left > 0; left -= 16) {
        __m512i sixteen = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(begin_bytes));
        if (!hash_vbmi2(table, inverse, bytes, sixteen, (__mmask16)_bzhi_u32(0xFFFF, (unsigned)CY_MIN(left, 16)), found)) {
            found->count = before;
            return false;
        }
        begin_bytes = _mm512_alignr_epi32(begin_bytes, begin_bytes, 4);
    }
    buckets_to_rows(table, found->rows + before, found->count - before);
    return true;
}

TARGET_VBMI2
static size_t one_word_vbmi2(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end,
                             uint32_t *rows)
{
    const __m512i inverse = _mm512_set1_epi32((int)inverse_of(table)), space = _mm512_set1_epi8(' ');
    size_t count = 0;
    for (size_t from = first; table->n_max > 0 && from < end; from += WINDOW) {
        size_t begin_count = CY_MIN(end - from, (size_t)WINDOW), rest = word_size + 1 - from; /* bytes before the closing bracket */
        uint64_t before_close = rest >= 64 ? ~(uint64_t)0 : _bzhi_u64(~(uint64_t)0, (unsigned)rest);
        __m512i bytes = _mm512_mask_loadu_epi8(space, from == 0 ? before_close & ~(uint64_t)1 : before_close, word + from - 1);
        struct found found = {rows + count, NULL, 0};
        if (!window_vbmi2(table, inverse, bytes, _bzhi_u64(before_close, (unsigned)begin_count), &found))
            found.count = one_word_scalar(table, word, word_size, from, from + begin_count, found.rows);
        count += found.count;
    }
    return count;
}

TARGET_VBMI2
static size_t many_words_vbmi2(const struct cy_ngram_table *table, const uint8_t *text, size_t size, uint32_t *rows, uint16_t *places)
{
    const __m512i inverse = _mm512_set1_epi32((int)inverse_of(table));
    size_t count = 0;
    for (size_t from = 0; table->n_max > 0 && from + 1 < size; from += WINDOW) {
        size_t begin_count = CY_MIN(size - 1 - from, (size_t)WINDOW);
        struct found found = {rows + count, places + count, 0};
        uint64_t begins = _bzhi_u64(~(uint64_t)0, (unsigned)begin_count);
        if (window_vbmi2(table, inverse, _mm512_loadu_si512(text + from), begins, &found))
            shift_places(&found, from);
        else
            found.count = many_words_part(table, text, size, from, from + begin_count, found.rows, found.places);
        count += found.count;
    }
    return count;
}

/* ---- AVX2: 8 n-grams at a time ---- */

#define TARGET_AVX2 CY_TARGET("avx2,popcnt,bmi,bmi2")

TARGET_AVX2
static inline uint32_t lanes_avx2(__m256i compared)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(compared));
}

/* As push_vbmi2. */
TARGET_AVX2
static inline void push_avx2(const struct cy_ngram_table *table, __m256i inverse, __m256i hash, uint32_t wanted, const uint8_t *begins,
                             struct found *found)
{
    const __m256i count = _mm256_set1_epi32((int)table->bucket_count), one = _mm256_set1_epi32(1);
    uint32_t buckets[8];
    __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(hash, inverse), 32);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(hash, 32), inverse);
    __m256i quotient = _mm256_blend_epi32(even, odd, 0xAA);
    __m256i rest = _mm256_sub_epi32(hash, _mm256_mullo_epi32(quotient, count));
    __m256i bucket = _mm256_min_epu32(rest, _mm256_sub_epi32(rest, count));
    __m256i bits = _mm256_i32gather_epi32((const int *)(const void *)table->bits, _mm256_srli_epi32(bucket, 5), 4);
    __m256i bit = _mm256_sllv_epi32(one, _mm256_and_si256(bucket, _mm256_set1_epi32(31)));
    _mm256_storeu_si256((__m256i *)(void *)buckets, bucket);
    for (wanted &= lanes_avx2(_mm256_cmpeq_epi32(_mm256_and_si256(bits, bit), bit)); wanted != 0; wanted = _blsr_u32(wanted)) {
        if (found->places != NULL)
            found->places[found->count] = begins[_tzcnt_u32(wanted)];
        found->rows[found->count++] = buckets[_tzcnt_u32(wanted)];
    }
}

/* As hash_vbmi2, for 8 places. */
TARGET_AVX2
static inline bool hash_avx2(const struct cy_ngram_table *table, __m256i inverse, const uint8_t *bytes, const uint8_t *begins,
                             uint32_t active, struct found *found)
{
    const __m256i one = _mm256_set1_epi32(1), prime = _mm256_set1_epi32((int)CY_FNV_PRIME), continuing = _mm256_set1_epi32(-65);
    const __m256i below_min = _mm256_set1_epi32((int)table->n_min - 1), below_max = _mm256_set1_epi32((int)table->n_max - 1);
    const __m256i space = _mm256_set1_epi32(' '), open = _mm256_set1_epi32('<'), close = _mm256_set1_epi32('>');
    __m256i hash = _mm256_set1_epi32((int)CY_FNV_BASIS), chars = _mm256_setzero_si256();
    __m256i place = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)begins));
    __m256i four = _mm256_i32gather_epi32((const int *)(const void *)bytes, place, 1);
    __m256i byte = _mm256_srai_epi32(_mm256_slli_epi32(four, 24), 24), last = _mm256_cmpeq_epi32(byte, space);
    uint32_t brackets = lanes_avx2(last);
    byte = _mm256_blendv_epi8(byte, open, last);
    last = _mm256_setzero_si256();
    for (int step = 1; step < STEPS; step++) {
        hash = _mm256_mullo_epi32(_mm256_xor_si256(hash, byte), prime);
        place = _mm256_add_epi32(place, one);
        four = step % 4 == 0 ? _mm256_i32gather_epi32((const int *)(const void *)bytes, place, 1) : _mm256_srli_epi32(four, 8);
        byte = _mm256_srai_epi32(_mm256_slli_epi32(four, 24), 24);
        __m256i complete = _mm256_or_si256(last, _mm256_cmpgt_epi32(byte, continuing));
        chars = _mm256_sub_epi32(chars, complete);
        uint32_t wanted = active & lanes_avx2(_mm256_and_si256(complete, _mm256_cmpgt_epi32(chars, below_min)));
        if (table->n_min == 1)
            wanted &= ~(lanes_avx2(_mm256_cmpeq_epi32(chars, one)) & brackets);
        if (wanted != 0)
            push_avx2(table, inverse, hash, wanted, begins, found);
        active &= ~lanes_avx2(_mm256_or_si256(last, _mm256_and_si256(complete, _mm256_cmpgt_epi32(chars, below_max))));
        if (active == 0)
            return true;
        last = _mm256_cmpeq_epi32(byte, space);
        byte = _mm256_blendv_epi8(byte, close, last);
    }
    return false;
}

/* As window_vbmi2, for n-grams that begin in bytes[0, begin_count); 64 + 4 bytes are read. */
TARGET_AVX2
static inline bool window_avx2(const struct cy_ngram_table *table, __m256i inverse, const uint8_t *bytes, size_t begin_count,
                               struct found *found)
{
    uint8_t begins[WINDOW + 8] = {0};
    size_t count = 0;
    const size_t before = found->count;
    for (size_t i = 0; i < begin_count; i++) {
        begins[count] = (uint8_t)i;
        count += !continues(bytes[i]);
    }
    for (size_t i = 0; i < count; i += 8) {
        if (!hash_avx2(table, inverse, bytes, begins + i, _bzhi_u32(0xFF, (unsigned)CY_MIN(count - i, 8)), found)) {
            found->count = before;
            return false;
        }
    }
    buckets_to_rows(table, found->rows + before, found->count - before);
    return true;
}

TARGET_AVX2
static size_t one_word_avx2(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end,
                            uint32_t *rows)
{
    const __m256i inverse = _mm256_set1_epi32((int)inverse_of(table));
    uint8_t bytes[64 + 4];
    size_t count = 0;
    for (size_t from = first; table->n_max > 0 && from < end; from += WINDOW) {
        size_t begin_count = CY_MIN(end - from, (size_t)WINDOW), rest = word_size + 1 - from; /* bytes before the closing bracket */
        size_t skip = from == 0;
        memset(bytes, ' ', sizeof bytes);
        memcpy(bytes + skip, word + from + skip - 1, CY_MIN(rest, (size_t)64) - skip);
        struct found found = {rows + count, NULL, 0};
        if (!window_avx2(table, inverse, bytes, CY_MIN(begin_count, rest), &found))
            found.count = one_word_scalar(table, word, word_size, from, from + begin_count, found.rows);
        count += found.count;
    }
    return count;
}

TARGET_AVX2
static size_t many_words_avx2(const struct cy_ngram_table *table, const uint8_t *text, size_t size, uint32_t *rows, uint16_t *places)
{
    const __m256i inverse = _mm256_set1_epi32((int)inverse_of(table));
    size_t count = 0;
    for (size_t from = 0; table->n_max > 0 && from + 1 < size; from += WINDOW) {
        size_t begin_count = CY_MIN(size - 1 - from, (size_t)WINDOW);
        struct found found = {rows + count, places + count, 0};
        if (window_avx2(table, inverse, text + from, begin_count, &found))
            shift_places(&found, from);
        else
            found.count = many_words_part(table, text, size, from, from + begin_count, found.rows, found.places);
        count += found.count;
    }
    return count;
}
#endif

const struct cy_ngram_rows_variant cy_ngram_rows_variants[] = {
#if defined(__x86_64__)
    {"vbmi2", CY_CPU_AVX2 | CY_CPU_AVX512 | CY_CPU_VBMI2, one_word_vbmi2, many_words_vbmi2},
    {"avx2", CY_CPU_AVX2, one_word_avx2, many_words_avx2},
#endif
    {"scalar", 0, one_word_scalar, many_words_scalar},
};

const struct cy_ngram_rows_variant *cy_ngram_rows_best(unsigned features)
{
    const struct cy_ngram_rows_variant *variant = cy_ngram_rows_variants;
    while ((variant->needs & ~features) != 0)
        variant++;
    return variant;
}
