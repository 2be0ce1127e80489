/* Inside word splitting: how pieces that the rules have cut before were cut. A piece's words depend on its bytes alone, and the same pieces
 * come again and again: code, dates, quoted and abbreviated words. One a slot; a newer piece takes the place of an older. */
#ifndef CY_DOCUMENT_PIECE_CACHE_H
#define CY_DOCUMENT_PIECE_CACHE_H

#include "base/bytes.h"

#include <emmintrin.h>

enum {
    CY_CACHED_BYTES_MAX = 32, /* of a piece: longer ones are rare, and rarely come again */
    CY_CACHED_WORDS_MAX = 10, /* so that a slot fills one line of the cache */
    CY_PIECE_SLOT_BITS =
        10, /* 64 KiB a thread: of the general pieces of English documentation 60 % were found, with four times that 66 % */
    CY_PIECE_SLOTS = 1 << CY_PIECE_SLOT_BITS,
};

/* A piece's bytes, filled up with zeros. */
struct cy_piece {
    __m128i front, back;
};

struct cy_cached_piece {
    struct cy_piece bytes;
    uint8_t size, word_count;          /* size 0: no piece */
    uint8_t ends[CY_CACHED_WORDS_MAX]; /* of each word, in bytes from the piece's beginning; it begins where the one before ends */
    uint8_t chars[CY_CACHED_WORDS_MAX];
    uint8_t flags[CY_CACHED_WORDS_MAX];
};

_Static_assert(sizeof(struct cy_cached_piece) == 64, "a slot is one line of the cache");

/* The piece text[at..at+size), size 1 to CY_CACHED_BYTES_MAX, of a text of text_size bytes. */
static inline struct cy_piece cy_piece_load(const char *text, size_t text_size, size_t at, size_t size)
{
    char last[CY_CACHED_BYTES_MAX] = {0};
    const char *from = text + at;
    if (text_size - at < sizeof last)
        from = memcpy(last, from, size);
    const __m128i places = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), end = _mm_set1_epi8((char)size);
    return (struct cy_piece){
        _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)from), _mm_cmplt_epi8(places, end)),
        _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)(from + 16)),
                      _mm_cmplt_epi8(_mm_add_epi8(places, _mm_set1_epi8(16)), end)),
    };
}

/* Where it lies, or would. */
static inline size_t cy_piece_slot(struct cy_piece piece)
{
    const __m128i mixed = _mm_xor_si128(piece.front, _mm_add_epi64(_mm_slli_epi64(piece.back, 7), _mm_srli_epi64(piece.back, 23)));
    uint64_t low = (uint64_t)_mm_cvtsi128_si64(mixed), high = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(mixed, mixed));
    return (low * 0x9E3779B97F4A7C15u + high * 0xE7037ED1A0B428DBu) >> (64 - CY_PIECE_SLOT_BITS);
}

static inline bool cy_piece_is(const struct cy_cached_piece *cached, struct cy_piece piece, size_t size)
{
    __m128i equal = _mm_and_si128(_mm_cmpeq_epi8(cached->bytes.front, piece.front), _mm_cmpeq_epi8(cached->bytes.back, piece.back));
    return _mm_movemask_epi8(equal) == 0xFFFF && cached->size == size;
}

#endif
