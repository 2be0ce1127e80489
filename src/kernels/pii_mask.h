/* Where personal data could stand in a text: the places that code has to look at; there are few in most text.
 *
 * Marked are each "@", each ASCII digit with no digit before it, and each ":" between two bytes that are hexadecimal digits or ":". */
#ifndef CY_KERNELS_PII_MASK_H
#define CY_KERNELS_PII_MASK_H

#include "base/bytes.h"

enum { CY_PII_BLOCK = 64 };

struct cy_pii_mask_variant {
    const char *name;
    unsigned needs;
    /* Bit i for block[i]; `before` and `after` are the bytes around the block, 0 at the text's ends. */
    uint64_t (*mask)(const char block[CY_PII_BLOCK], char before, char after);
};
extern const struct cy_pii_mask_variant cy_pii_mask_variants[];

/* The best one that this processor has. */
const struct cy_pii_mask_variant *cy_pii_mask_best(void);

#endif
