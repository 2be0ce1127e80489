/* Which bytes of a text a cleaner has to look at; everything between them is copied as it is.
 *
 * A byte is marked when it is a control character (line feed and tab too), DEL, a space that follows a byte up to 0x20, or one of
 * C2 C3 E1 E2 E3 E9 EF: the first bytes of the spaces, controls, invisible characters and signs of wrong decoding that text_clean.c knows.
 * Chinese text has few of them, English text hardly any beside its line feeds. */
#ifndef CY_KERNELS_CLEAN_MASK_H
#define CY_KERNELS_CLEAN_MASK_H

#include "base/bytes.h"

enum { CY_CLEAN_BLOCK = 64 };

struct cy_clean_mask_variant {
    const char *name;
    unsigned needs;
    /* Bit i for block[i]; `before` is the byte before the block ('\n' at the beginning of a text). */
    uint64_t (*mask)(const char block[CY_CLEAN_BLOCK], char before);
};
extern const struct cy_clean_mask_variant cy_clean_mask_variants[];

/* The best one that this processor has. */
const struct cy_clean_mask_variant *cy_clean_mask_best(void);

#endif
