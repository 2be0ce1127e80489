/* Which bytes of a text are white space, ASCII letters, or outside ASCII: a bit a byte. Splitting words and lines starts here. */
#ifndef CY_KERNELS_ASCII_MASKS_H
#define CY_KERNELS_ASCII_MASKS_H

#include "base/bytes.h"

enum { CY_MASK_BYTES = 64 }; /* bytes a mask word covers */

/* For every byte i of text[0..size_bytes): bit i % 64 of space[i / 64] is set for U+0009…U+000D, U+001C…U+0020 (what Python's str.isspace
 * says of ASCII), of letters for A…Z and a…z, of high for bytes ≥ 0x80. The arrays hold (size_bytes + 63) / 64 words; bits past the
 * end are 0. Nothing past the end of text is read. */
typedef void cy_ascii_masks_fn(const char *text, size_t size_bytes, uint64_t *space, uint64_t *letters, uint64_t *high);

struct cy_ascii_masks_variant {
    const char *name;
    unsigned needs; /* enum cy_cpu_feature */
    cy_ascii_masks_fn *run;
};
extern const struct cy_ascii_masks_variant cy_ascii_masks_variants[]; /* best first, the definition last */

/* The best variant this machine can run. */
cy_ascii_masks_fn *cy_ascii_masks(void);

#endif
