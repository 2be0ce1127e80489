#include "kernels/word_hash.h"

#include "base/cpu.h"
#include "base/unicode.h"
#include "base/unicode_nfc.h"

#include <immintrin.h>
#include <pthread.h>

/* ---- what becomes of a code point ---- */

enum kind {
    KIND_LETTER,    /* part of a word: its simplified form is added */
    KIND_SEPARATOR, /* ends a word */
    KIND_DROPPED,   /* as if it were not there */
    KIND_DIGIT,
    KIND_ALONE, /* a word of its own */
};

/* kind and simplified form in one number: UTF-8 bytes, the first in the lowest byte, bits 0 to 31; how many, bits 32 to 34; kind from 40.
 */
typedef uint64_t simplified;
static inline enum kind kind_of(simplified form)
{
    return (enum kind)(form >> 40);
}

/* The letter without diacritics: its canonical decomposition without nonspacing marks, where that is one code point; else itself. */
static uint32_t base_letter(uint32_t point)
{
    const size_t place = (size_t)cy_nfc_block[point / CY_UNICODE_BLOCK] * CY_UNICODE_BLOCK + point % CY_UNICODE_BLOCK;
    const struct cy_nfc_record *record = &cy_nfc_records[cy_nfc_index[place]];
    uint32_t base = point;
    size_t base_count = 0;
    for (size_t i = 0; i < record->canonical_count; i++) {
        const uint32_t part = cy_nfc_pool[record->canonical + i];
        if (cy_category(part) == CY_MN)
            continue;
        base = part;
        base_count++;
    }
    return base_count == 1 ? base : point;
}

static simplified simplify(uint32_t point)
{
    enum cy_category category = cy_category(point);
    enum kind kind = KIND_LETTER;
    if (category == CY_ND)
        kind = KIND_DIGIT;
    else if (category == CY_MN || category == CY_CF)
        kind = KIND_DROPPED;
    else if (category == CY_CC || (category >= CY_PC && category <= CY_ZP) || cy_is_white_space(point))
        kind = KIND_SEPARATOR;
    else if (cy_is_unspaced_script(cy_script(point)))
        kind = KIND_ALONE;
    char bytes[4] = {0};
    size_t size = cy_utf8_encode(base_letter(cy_lower(point)), bytes);
    return (uint64_t)kind << 40 | (uint64_t)size << 32 | cy_load_u32(bytes);
}

/* The forms of the basic plane, made once: 512 KiB, of which a text touches a few pages. */
static simplified plane[0x10000];
static pthread_once_t plane_once = PTHREAD_ONCE_INIT;

static void make_plane(void)
{
    for (uint32_t point = 0; point < CY_COUNT(plane); point++)
        plane[point] = simplify(point);
}

static inline simplified form_of(uint32_t point)
{
    return point < CY_COUNT(plane) ? plane[point] : simplify(point);
}

/* ---- the hash of a word: its bytes in blocks of 8, the last filled up with zeros ---- */

static const uint64_t WORD_SEED = 0x243F6A8885A308D3u, WORD_FACTOR = 0x9E3779B97F4A7C15u; /* digits of pi and of the golden ratio */

static inline uint64_t add_block(uint64_t hash, uint64_t block)
{
    hash = (hash ^ block) * WORD_FACTOR;
    return hash ^ hash >> 32;
}

struct word {
    uint64_t hash;
    uint64_t block; /* bytes that are not in hash yet, the first in the lowest byte */
    unsigned size;  /* of them, below 8 */
    bool open;      /* it has a byte */
};

static inline void add_form(struct word *word, simplified form)
{
    uint64_t bytes = form & 0xFFFFFFFF;
    unsigned size = form >> 32 & 7;
    word->block |= bytes << 8 * word->size;
    if (word->size + size >= 8) {
        word->hash = add_block(word->hash, word->block);
        word->block = bytes >> 8 * (8 - word->size); /* size ≤ 4, so word->size is at least 4 here */
        word->size -= 8;
    }
    word->size += size;
    word->open = true;
}

/* Its hash; the next word begins. */
static inline uint64_t end_word(struct word *word)
{
    uint64_t hash = word->size > 0 ? add_block(word->hash, word->block) : word->hash;
    *word = (struct word){.hash = WORD_SEED};
    return hash;
}

/* ---- the definition ---- */

static bool is_decimal_mark(uint32_t point)
{
    return point == '.' || point == ',' || point == 0x60C || point == 0x66B || (point >= 0x2396 && point <= 0x2398);
}

/* Behind the digits at `at`. */
static const char *pass_digits(const char *at, const char *end)
{
    while (at < end) {
        const char *next = at;
        if (kind_of(form_of(cy_utf8_decode(&next, end))) != KIND_DIGIT)
            break;
        at = next;
    }
    return at;
}

/* Behind the rest of the number whose first digit ends at `at`: digits, and once a decimal mark with digits. */
static const char *pass_number(const char *at, const char *end)
{
    at = pass_digits(at, end);
    if (at == end)
        return at;
    const char *behind_mark = at;
    if (!is_decimal_mark(cy_utf8_decode(&behind_mark, end)))
        return at;
    const char *behind = pass_digits(behind_mark, end);
    return behind > behind_mark ? behind : at;
}

/* The words from *from on until the text ends or words is full; or, with until_ascii, until a word has ended and the next byte is ASCII. */
static inline size_t hash_points(const char **from, const char *end, uint64_t *words, size_t capacity, bool until_ascii)
{
    const char *at = *from;
    size_t count = 0;
    struct word word = {.hash = WORD_SEED};
    while (at < end) {
        if (!word.open && (count + 2 > capacity || (until_ascii && count > 0 && (uint8_t)*at < 0x80)))
            break;
        simplified form = form_of(cy_utf8_decode(&at, end));
        switch (kind_of(form)) {
        case KIND_LETTER:
            add_form(&word, form);
            break;
        case KIND_SEPARATOR:
            if (word.open)
                words[count++] = end_word(&word);
            break;
        case KIND_DROPPED:
            break;
        case KIND_DIGIT:
            add_form(&word, (simplified)1 << 32 | '0');
            at = pass_number(at, end);
            break;
        case KIND_ALONE:
            if (word.open)
                words[count++] = end_word(&word);
            add_form(&word, form);
            words[count++] = end_word(&word);
            break;
        }
    }
    if (word.open)
        words[count++] = end_word(&word);
    *from = at;
    return count;
}

static size_t hashes_scalar(struct cy_str text, size_t *at, uint64_t *words, size_t capacity)
{
    const char *from = text.data + *at;
    size_t count = hash_points(&from, text.data + text.size, words, capacity, false);
    *at = (size_t)(from - text.data);
    return count;
}

/* ---- the fast way: words of ASCII letters are found in bit masks; all others go to the definition, one by one ---- */

enum { WINDOW_BLOCKS = 64, WINDOW_BYTES = WINDOW_BLOCKS * 64 };

/* Of a window of text, a bit a byte: in a word (letter, digit, or not ASCII), and special (digit, or not ASCII). */
struct masks {
    uint64_t words[WINDOW_BLOCKS + 1]; /* a block of zeros ends them */
    uint64_t special[WINDOW_BLOCKS + 1];
};

CY_TARGET("avx2")
static void classify_avx2(const char *text, size_t block_count, struct masks *masks)
{
    for (size_t block = 0; block < block_count; block++) {
        uint64_t words = 0, special = 0;
        for (unsigned half = 0; half < 64; half += 32) {
            __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + block * 64 + half));
            /* x in [low, low + n) as signed bytes: x - low + (-128) < -128 + n */
            __m256i letter = _mm256_cmpgt_epi8(_mm256_set1_epi8(-128 + 26), _mm256_sub_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)),
                                                                                            _mm256_set1_epi8((char)('a' + 128))));
            __m256i digit = _mm256_cmpgt_epi8(_mm256_set1_epi8(-128 + 10), _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)('0' + 128))));
            __m256i special_bytes = _mm256_or_si256(digit, bytes); /* the high bit is what counts */
            special |= (uint64_t)(uint32_t)_mm256_movemask_epi8(special_bytes) << half;
            words |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_or_si256(letter, special_bytes)) << half;
        }
        masks->words[block] = words;
        masks->special[block] = special;
    }
}

CY_TARGET("avx512f,avx512bw")
static void classify_avx512(const char *text, size_t block_count, struct masks *masks)
{
    for (size_t block = 0; block < block_count; block++) {
        __m512i bytes = _mm512_loadu_si512(text + block * 64);
        __mmask64 letter = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)), _mm512_set1_epi8('a')),
                                                  _mm512_set1_epi8(26));
        __mmask64 digit = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
        __mmask64 special = digit | _mm512_movepi8_mask(bytes);
        masks->words[block] = letter | special;
        masks->special[block] = special;
    }
}

/* The masks of text[0, size); bits behind it are 0. */
static inline void fill_masks(const char *text, size_t size, struct masks *masks, void (*classify)(const char *, size_t, struct masks *))
{
    size_t whole = size / 64;
    classify(text, whole, masks);
    masks->words[whole] = masks->special[whole] = 0;
    if (size % 64 != 0) {
        char last[64] = {0};
        struct masks tail;
        memcpy(last, text + whole * 64, size % 64);
        classify(last, 1, &tail);
        masks->words[whole] = tail.words[0];
        masks->special[whole] = tail.special[0];
        masks->words[whole + 1] = 0; /* whole is below WINDOW_BLOCKS here */
    }
}

static inline bool has_special(const struct masks *masks, size_t start, size_t end)
{
    size_t block = start / 64;
    uint64_t bits = masks->special[block] >> start % 64;
    if (end - start < 64 - start % 64)
        return (bits & (((uint64_t)1 << (end - start)) - 1)) != 0;
    for (block++; bits == 0 && block * 64 < end; block++)
        bits = end - block * 64 >= 64 ? masks->special[block] : masks->special[block] & (((uint64_t)1 << end % 64) - 1);
    return bits != 0;
}

/* The hash of a word of ASCII letters; 8 bytes may be read where it ends. */
static inline uint64_t hash_letters(const char *word, size_t size)
{
    const uint64_t lower = 0x2020202020202020u;
    uint64_t hash = WORD_SEED;
    for (; size > 8; size -= 8, word += 8)
        hash = add_block(hash, cy_load_u64(word) | lower);
    return add_block(hash, (cy_load_u64(word) | lower) & ~(uint64_t)0 >> 8 * (8 - size));
}

typedef void classify_function(const char *text, size_t block_count, struct masks *masks);

/* The words of the window text[base, base + size), as many as there is room for; *next: the byte of the window to go on from. */
static inline size_t hash_window(struct cy_str text, size_t base, size_t size, const struct masks *masks, uint64_t *words, size_t capacity,
                                 size_t *next)
{
    const bool last = base + size == text.size;
    size_t at = 0, count = 0;
    while (at < size) {
        size_t block = at / 64;
        uint64_t bits = masks->words[block] & ~(uint64_t)0 << at % 64;
        while (bits == 0 && ++block * 64 < size)
            bits = masks->words[block];
        if (bits == 0) {
            at = size;
            break;
        }
        const size_t start = block * 64 + (size_t)__builtin_ctzll(bits);
        bits = ~masks->words[block] & ~(uint64_t)0 << start % 64;
        while (bits == 0)
            bits = ~masks->words[++block];
        const size_t end = block * 64 + (size_t)__builtin_ctzll(bits);
        const bool cut = end == size && !last; /* the word may go on in the next window */
        at = start;
        if (count + 2 > capacity || (cut && start > 0))
            break;
        if (cut || base + end + 8 > text.size || has_special(masks, start, end)) {
            const char *from = text.data + base + start;
            count += hash_points(&from, text.data + text.size, words + count, capacity - count, true);
            at = (size_t)(from - text.data) - base;
        } else {
            words[count++] = hash_letters(text.data + base + start, end - start);
            at = end;
        }
    }
    *next = at;
    return count;
}

static inline size_t hash_windows(struct cy_str text, size_t *at, uint64_t *words, size_t capacity, classify_function *classify)
{
    struct masks masks;
    size_t count = 0;
    while (*at < text.size && count + 2 <= capacity) {
        const size_t size = CY_MIN(text.size - *at, (size_t)WINDOW_BYTES);
        size_t next;
        fill_masks(text.data + *at, size, &masks, classify);
        count += hash_window(text, *at, size, &masks, words + count, capacity - count, &next);
        *at += next;
    }
    return count;
}

static size_t hashes_avx2(struct cy_str text, size_t *at, uint64_t *words, size_t capacity)
{
    return hash_windows(text, at, words, capacity, classify_avx2);
}

static size_t hashes_avx512(struct cy_str text, size_t *at, uint64_t *words, size_t capacity)
{
    return hash_windows(text, at, words, capacity, classify_avx512);
}

const struct cy_word_hash_variant cy_word_hash_variants[] = {
    {"avx512", CY_CPU_AVX512, hashes_avx512},
    {"avx2", CY_CPU_AVX2, hashes_avx2},
    {"scalar", 0, hashes_scalar},
    {0},
};

size_t cy_word_hashes(struct cy_str text, size_t *at, uint64_t *words, size_t capacity)
{
    CY_ASSERT(capacity >= 2);
    pthread_once(&plane_once, make_plane);
    const struct cy_word_hash_variant *variant = cy_word_hash_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->hashes(text, at, words, capacity);
}
