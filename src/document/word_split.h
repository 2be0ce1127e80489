/* Inside word splitting: the hash of a word, inline. */
#ifndef CY_DOCUMENT_WORD_SPLIT_H
#define CY_DOCUMENT_WORD_SPLIT_H

#include "document/words.h"

/* The two 64-bit halves of a product, folded: a strong mixer in one multiplication. */
static inline uint64_t cy_word_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xE7037ED1A0B428DBu);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Of a word of at most 8 bytes, given as a little-endian number. */
static inline uint64_t cy_word_hash_short(uint64_t bytes, size_t size_bytes)
{
    return cy_word_mix(bytes, size_bytes * 0xA0761D6478BD642Fu);
}

/* Of a word of 9 to 16 bytes: its first 8 and its last 8. */
static inline uint64_t cy_word_hash_middle(uint64_t first, uint64_t last, size_t size_bytes)
{
    return cy_word_mix(first ^ size_bytes * 0xA0761D6478BD642Fu, last);
}

#endif
