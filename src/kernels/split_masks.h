/* What 64 bytes of text are to a pattern that splits words: a bit a byte. */
#ifndef CY_KERNELS_SPLIT_MASKS_H
#define CY_KERNELS_SPLIT_MASKS_H

#include "base/bytes.h"

enum { CY_SPLIT_WINDOW = 64 }; /* bytes a call looks at */

struct cy_split_masks {
    uint64_t letters;  /* A…Z, a…z */
    uint64_t upper;    /* A…Z */
    uint64_t numbers;  /* 0…9 */
    uint64_t spaces;   /* U+0009…U+000D, U+0020 */
    uint64_t newlines; /* \r, \n */
    uint64_t blanks;   /* U+0020 */
    uint64_t quotes;   /* ' */
    uint64_t slashes;  /* / */
    uint64_t high;     /* bytes ≥ 0x80 */
};

/* Bit i is byte at[i]; CY_SPLIT_WINDOW bytes are read. */
typedef void cy_split_masks_fn(const char *at, struct cy_split_masks *masks);

struct cy_split_masks_variant {
    const char *name;
    unsigned needs; /* enum cy_cpu_feature */
    cy_split_masks_fn *run;
};
extern const struct cy_split_masks_variant cy_split_masks_variants[]; /* best first, the definition last */

/* The best variant this machine can run. */
cy_split_masks_fn *cy_split_masks(void);

#endif
