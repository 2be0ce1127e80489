/* Packing: documents of any length into rows of one length, cut as little as can be.
 *
 *     documents ─▶ pieces of at most `length` tokens ─▶ best fit, the longest first ─▶ bins ─▶ rows
 *
 * A document that is longer than a row fills whole rows, and only its rest is packed with others; a shorter one is never cut.
 * Source: Ding et al. 2024, "Fewer Truncations Improve Language Modeling", arXiv:2404.10830, section 3 (best-fit decreasing). */
#ifndef CY_TOKEN_PACK_H
#define CY_TOKEN_PACK_H

#include "base/bytes.h"

enum { CY_PACK_LENGTH_MAX = 1 << 22 }; /* tokens of a row: longer than any model's context */

/* Tokens that stay together: [first, first + length) of a stream of ids. */
struct cy_pack_piece {
    uint64_t first;
    uint32_t length; /* 1 … the row's */
    uint32_t bin;    /* set by cy_pack_best_fit */
};

/* Gives every piece a bin in which at most `length` tokens are; returns how many bins. The longest pieces first, of equal ones the first;
 * each into the fullest bin that has room, of equal ones the one that got its last piece last. Bins are numbered by their first piece in
 * the given order. O(n log n) at worst, memory: 16 bytes a piece. */
size_t cy_pack_best_fit(struct cy_pack_piece *pieces, size_t count, uint32_t length);

#endif
