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
static size_t ngram_rows_scalar(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end,
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

#if defined(__x86_64__)
#include <immintrin.h>

/* The variants hash many n-grams at once, one a lane, a byte a step. What does not fit into STEPS bytes (n-grams of many long characters,
 * or of bytes that are no UTF-8) goes to the definition. */
enum { WINDOW = CY_NGRAM_WINDOW, STEPS = 16 };
_Static_assert(WINDOW + STEPS == 64, "what begins in the window ends in one register");

/* The table, as the variants need it. */
struct divisor {
    uint32_t count;   /* of buckets */
    uint32_t inverse; /* floor(2^32 / count), or 2^32 - 1 for one bucket; h * inverse / 2^32 is h / count or one less */
};

static struct divisor divisor_of(const struct cy_ngram_table *table)
{
    uint64_t inverse = table->bucket_count > 0 ? ((uint64_t)1 << 32) / table->bucket_count : 0;
    return (struct divisor){table->bucket_count, (uint32_t)CY_MIN(inverse, UINT32_MAX)};
}

/* Buckets that have a row become rows. */
CY_TARGET("popcnt,bmi,bmi2")
static inline void buckets_to_rows(const struct cy_ngram_table *table, uint32_t *buckets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buckets[i] = row_of(table, buckets[i]);
}

/* ---- AVX-512 with VBMI2: 16 n-grams at a time ---- */

#define TARGET_VBMI2 CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")

/* hash modulo the number of buckets. */
TARGET_VBMI2
static inline __m512i modulo_vbmi2(__m512i hash, __m512i count, __m512i inverse)
{
    __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(hash, inverse), 32);
    __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(hash, 32), inverse);
    __m512i quotient = _mm512_mask_blend_epi32(0xAAAA, even, odd);
    __m512i rest = _mm512_sub_epi32(hash, _mm512_mullo_epi32(quotient, count));
    return _mm512_min_epu32(rest, _mm512_sub_epi32(rest, count));
}

/* Bytes [first, first + 64) of "<word>", zeros after its end. */
TARGET_VBMI2
static inline __m512i window_vbmi2(const uint8_t *word, size_t word_size, size_t first)
{
    size_t rest = word_size + 1 - first; /* of the word's bytes and the left bracket, from `first` on */
    __mmask64 inside = rest >= 64 ? ~(uint64_t)0 : _bzhi_u64(~(uint64_t)0, (unsigned)rest);
    __m512i bytes = _mm512_maskz_loadu_epi8(first == 0 ? inside & ~(uint64_t)1 : inside, word + first - 1);
    if (first == 0)
        bytes = _mm512_mask_blend_epi8(1, bytes, _mm512_set1_epi8('<'));
    if (rest < 64)
        bytes = _mm512_mask_blend_epi8((uint64_t)1 << rest, bytes, _mm512_set1_epi8('>'));
    return bytes;
}

/* The lanes of `wanted` whose bucket has a row. */
TARGET_VBMI2
static inline __mmask16 with_row_vbmi2(const struct cy_ngram_table *table, __m512i bucket, __mmask16 wanted)
{
    const __m512i one = _mm512_set1_epi32(1), low_five = _mm512_set1_epi32(31);
    __m512i bits = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), wanted, _mm512_srli_epi32(bucket, 5), table->bits, 4);
    return _mm512_test_epi32_mask(bits, _mm512_sllv_epi32(one, _mm512_and_si512(bucket, low_five)));
}

/* Appends the buckets, those that have a row, of the n-grams that begin at the 16 (or fewer) places of `begins`, bytes of the window.
 * Returns false when one is longer than STEPS. `size`: bytes of the window that belong to "<word>". */
TARGET_VBMI2
static inline bool hash_vbmi2(const struct cy_ngram_table *table, struct divisor divisor, __m512i bytes, __m512i begins, __mmask16 active,
                              size_t size, bool at_start, uint32_t *buckets, size_t *bucket_count)
{
    const __m512i n_min = _mm512_set1_epi32((int)table->n_min), n_max = _mm512_set1_epi32((int)table->n_max);
    const __m512i count = _mm512_set1_epi32((int)divisor.count), inverse = _mm512_set1_epi32((int)divisor.inverse);
    const __m512i one = _mm512_set1_epi32(1), prime = _mm512_set1_epi32((int)CY_FNV_PRIME), lead = _mm512_set1_epi32(-64);
    __m512i place = _mm512_add_epi32(_mm512_mullo_epi32(begins, _mm512_set1_epi32(0x01010101)), _mm512_set1_epi32(0x03020100));
    __m512i end = _mm512_set1_epi32((int)CY_MIN(size, 127)), hash = _mm512_set1_epi32((int)CY_FNV_BASIS), chars = _mm512_setzero_si512();
    __m512i four = _mm512_permutexvar_epi8(place, bytes); /* the bytes of this and the next three steps */
    __m512i after = begins;
    __mmask16 brackets = at_start ? _mm512_testn_epi32_mask(begins, begins) : 0;
    __m512i byte = _mm512_srai_epi32(_mm512_slli_epi32(four, 24), 24);
    for (int step = 0; step < STEPS - 1; step++) {
        hash = _mm512_mullo_epi32(_mm512_xor_si512(hash, byte), prime);
        after = _mm512_add_epi32(after, one);
        if ((step & 3) == 3) {
            place = _mm512_add_epi32(place, _mm512_set1_epi32(0x04040404));
            four = _mm512_permutexvar_epi8(place, bytes);
        } else {
            four = _mm512_srli_epi32(four, 8);
        }
        byte = _mm512_srai_epi32(_mm512_slli_epi32(four, 24), 24);
        __mmask16 complete = _mm512_mask_cmpge_epi32_mask(active, byte, lead);
        __mmask16 last = _mm512_mask_cmpge_epi32_mask(active, after, end);
        chars = _mm512_mask_add_epi32(chars, complete, chars, one);
        __mmask16 wanted = _mm512_mask_cmpge_epi32_mask(complete, chars, n_min);
        if (table->n_min == 1)
            wanted &= (__mmask16) ~(_mm512_cmpeq_epi32_mask(chars, one) & (brackets | last));
        if (wanted != 0) {
            __m512i bucket = modulo_vbmi2(hash, count, inverse);
            __mmask16 found = with_row_vbmi2(table, bucket, wanted);
            _mm512_storeu_si512(buckets + *bucket_count, _mm512_maskz_compress_epi32(found, bucket));
            *bucket_count += (size_t)__builtin_popcount(found);
        }
        active &= (__mmask16) ~(last | _mm512_mask_cmpge_epi32_mask(complete, chars, n_max));
        if (active == 0)
            return true;
    }
    return false;
}

TARGET_VBMI2
static size_t ngram_rows_vbmi2(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end,
                               uint32_t *rows)
{
    const __m512i places = _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40,
                                           39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                                           15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const struct divisor divisor = divisor_of(table);
    size_t row_count = 0;
    if (table->n_max == 0)
        return 0;
    for (size_t from = first; from < end; from += WINDOW) {
        uint32_t *buckets = rows + row_count;
        size_t bucket_count = 0, size = word_size + 2 - from, begin_max = CY_MIN(end - from, (size_t)WINDOW);
        __m512i bytes = window_vbmi2(word, word_size, from);
        uint64_t begins = _mm512_cmpge_epi8_mask(bytes, _mm512_set1_epi8(-64)) & _bzhi_u64(~(uint64_t)0, (unsigned)begin_max);
        __m512i begin_bytes = _mm512_maskz_compress_epi8(begins, places);
        bool fits = true;
        for (int left = __builtin_popcountll(begins); fits && left > 0; left -= 16) {
            __m512i sixteen = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(begin_bytes));
            fits = hash_vbmi2(table, divisor, bytes, sixteen, (__mmask16)_bzhi_u32(0xFFFF, (unsigned)CY_MIN(left, 16)), size, from == 0,
                              buckets, &bucket_count);
            begin_bytes = _mm512_alignr_epi32(begin_bytes, begin_bytes, 4);
        }
        if (fits)
            buckets_to_rows(table, buckets, bucket_count);
        else
            bucket_count = ngram_rows_scalar(table, word, word_size, from, from + begin_max, buckets);
        row_count += bucket_count;
    }
    return row_count;
}

/* ---- AVX2: 8 n-grams at a time ---- */

#define TARGET_AVX2 CY_TARGET("avx2,popcnt,bmi,bmi2")

/* Bytes [first, first + 64) of "<word>", zeros after its end. */
static inline void window_bytes(const uint8_t *word, size_t word_size, size_t first, uint8_t bytes[64 + 4])
{
    size_t rest = word_size + 1 - first, skip = first == 0;
    memset(bytes, 0, 64 + 4);
    memcpy(bytes + skip, word + first + skip - 1, CY_MIN(rest, (size_t)64) - skip);
    if (first == 0)
        bytes[0] = '<';
    if (rest < 64)
        bytes[rest] = '>';
}

TARGET_AVX2
static inline uint32_t lanes_avx2(__m256i compared)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(compared));
}

/* Appends the buckets, those that have a row, of the lanes in `wanted`. */
TARGET_AVX2
static inline size_t push_hashes_avx2(const struct cy_ngram_table *table, struct divisor divisor, __m256i hash, uint32_t wanted,
                                      uint32_t *buckets, size_t bucket_count)
{
    const __m256i count = _mm256_set1_epi32((int)divisor.count), inverse = _mm256_set1_epi32((int)divisor.inverse);
    uint32_t each[8];
    __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(hash, inverse), 32);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(hash, 32), inverse);
    __m256i quotient = _mm256_blend_epi32(even, odd, 0xAA);
    __m256i rest = _mm256_sub_epi32(hash, _mm256_mullo_epi32(quotient, count));
    __m256i bucket = _mm256_min_epu32(rest, _mm256_sub_epi32(rest, count));
    __m256i bits = _mm256_i32gather_epi32((const int *)(const void *)table->bits, _mm256_srli_epi32(bucket, 5), 4);
    __m256i bit = _mm256_sllv_epi32(_mm256_set1_epi32(1), _mm256_and_si256(bucket, _mm256_set1_epi32(31)));
    _mm256_storeu_si256((__m256i *)(void *)each, bucket);
    for (wanted &= lanes_avx2(_mm256_cmpeq_epi32(_mm256_and_si256(bits, bit), bit)); wanted != 0; wanted = _blsr_u32(wanted))
        buckets[bucket_count++] = each[_tzcnt_u32(wanted)];
    return bucket_count;
}

/* As hash_vbmi2, for 8 places. */
TARGET_AVX2
static inline bool hash_avx2(const struct cy_ngram_table *table, struct divisor divisor, const uint8_t *bytes, __m256i begins,
                             uint32_t active, size_t size, bool at_start, uint32_t *buckets, size_t *bucket_count)
{
    const __m256i one = _mm256_set1_epi32(1), prime = _mm256_set1_epi32((int)CY_FNV_PRIME), continuing = _mm256_set1_epi32(-65);
    const __m256i below_min = _mm256_set1_epi32((int)table->n_min - 1), below_max = _mm256_set1_epi32((int)table->n_max - 1);
    __m256i before_end = _mm256_set1_epi32((int)CY_MIN(size, 127) - 1), hash = _mm256_set1_epi32((int)CY_FNV_BASIS);
    __m256i after = begins, chars = _mm256_setzero_si256();
    __m256i four = _mm256_i32gather_epi32((const int *)(const void *)bytes, begins, 1);
    __m256i byte = _mm256_srai_epi32(_mm256_slli_epi32(four, 24), 24);
    uint32_t brackets = at_start ? lanes_avx2(_mm256_cmpeq_epi32(begins, _mm256_setzero_si256())) : 0;
    for (int step = 0; step < STEPS - 1; step++) {
        hash = _mm256_mullo_epi32(_mm256_xor_si256(hash, byte), prime);
        after = _mm256_add_epi32(after, one);
        four = (step & 3) == 3 ? _mm256_i32gather_epi32((const int *)(const void *)bytes, after, 1) : _mm256_srli_epi32(four, 8);
        byte = _mm256_srai_epi32(_mm256_slli_epi32(four, 24), 24);
        __m256i boundary = _mm256_cmpgt_epi32(byte, continuing);
        uint32_t complete = lanes_avx2(boundary) & active, last = lanes_avx2(_mm256_cmpgt_epi32(after, before_end)) & active;
        chars = _mm256_sub_epi32(chars, boundary);
        uint32_t wanted = complete & lanes_avx2(_mm256_cmpgt_epi32(chars, below_min));
        if (table->n_min == 1)
            wanted &= ~(lanes_avx2(_mm256_cmpeq_epi32(chars, one)) & (brackets | last));
        if (wanted != 0)
            *bucket_count = push_hashes_avx2(table, divisor, hash, wanted, buckets, *bucket_count);
        active &= ~(last | (complete & lanes_avx2(_mm256_cmpgt_epi32(chars, below_max))));
        if (active == 0)
            return true;
    }
    return false;
}

TARGET_AVX2
static size_t ngram_rows_avx2(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end,
                              uint32_t *rows)
{
    const struct divisor divisor = divisor_of(table);
    size_t row_count = 0;
    if (table->n_max == 0)
        return 0;
    for (size_t from = first; from < end; from += WINDOW) {
        uint32_t *buckets = rows + row_count;
        uint8_t bytes[64 + 4], begins[WINDOW + 8] = {0};
        size_t bucket_count = 0, begin_count = 0, size = word_size + 2 - from, begin_max = CY_MIN(end - from, (size_t)WINDOW);
        window_bytes(word, word_size, from, bytes);
        for (size_t i = 0; i < begin_max; i++) {
            begins[begin_count] = (uint8_t)i;
            begin_count += !continues(bytes[i]);
        }
        bool fits = true;
        for (size_t i = 0; fits && i < begin_count; i += 8) {
            __m256i eight = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(begins + i)));
            fits = hash_avx2(table, divisor, bytes, eight, _bzhi_u32(0xFF, (unsigned)CY_MIN(begin_count - i, 8)), size, from == 0, buckets,
                             &bucket_count);
        }
        if (fits)
            buckets_to_rows(table, buckets, bucket_count);
        else
            bucket_count = ngram_rows_scalar(table, word, word_size, from, from + begin_max, buckets);
        row_count += bucket_count;
    }
    return row_count;
}
#endif

const struct cy_ngram_rows_variant cy_ngram_rows_variants[] = {
#if defined(__x86_64__)
    {"vbmi2", CY_CPU_AVX2 | CY_CPU_AVX512 | CY_CPU_VBMI2, ngram_rows_vbmi2},
    {"avx2", CY_CPU_AVX2, ngram_rows_avx2},
#endif
    {"scalar", 0, ngram_rows_scalar},
};

cy_ngram_rows_function *cy_ngram_rows_best(unsigned features)
{
    const struct cy_ngram_rows_variant *variant = cy_ngram_rows_variants;
    while ((variant->needs & ~features) != 0)
        variant++;
    return variant->run;
}
