/* Is it UTF-8, and how far (Unicode 16.0, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF). */
#ifndef CY_KERNELS_UTF8_H
#define CY_KERNELS_UTF8_H

#include "base/bytes.h"

/* Length of the longest beginning of `text` that is valid UTF-8; text.size when all of it is. A character cut off at the end is not
 * valid: the length ends before it. Thread-safe. */
size_t cy_utf8_valid_bytes(struct cy_str text);
/* Length of the longest beginning of `text` that is ASCII. */
size_t cy_ascii_bytes(struct cy_str text);

struct cy_utf8_variant {
    const char *name;
    unsigned needs;
    size_t (*valid_bytes)(const uint8_t *text, size_t size_bytes);
};
extern const struct cy_utf8_variant cy_utf8_variants[]; /* best first, the definition last */

#endif
