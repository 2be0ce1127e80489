/* A shuffle that is the same everywhere: Fisher and Yates' (Durstenfeld 1964), its numbers from splitmix64 (Steele et al. 2014), made into
 * a range without bias (Lemire 2019, arXiv:1805.10941). */
#ifndef CY_TOKEN_SHUFFLE_H
#define CY_TOKEN_SHUFFLE_H

#include "base/bytes.h"

/* Puts items[0..count) in an order that follows from the seed and count alone. */
void cy_shuffle(uint32_t *items, size_t count, uint64_t seed);

#endif
