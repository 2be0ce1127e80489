/* Text as the inside of a JSON string (RFC 8259, section 7): '"', '\' and the control characters below U+0020 are escaped, all other bytes
 * stay as they are; the text is valid UTF-8 already. */
#ifndef CY_KERNELS_JSON_ESCAPE_H
#define CY_KERNELS_JSON_ESCAPE_H

#include "base/bytes.h"

enum {
    CY_JSON_ESCAPE_GROWTH = 6, /* bytes of the longest escape, \u001f */
    CY_JSON_ESCAPE_SPARE = 64, /* what a variant may write past the end */
};

/* Writes the escaped text[0..size_bytes) and returns its size. out: room for CY_JSON_ESCAPE_GROWTH · size_bytes + CY_JSON_ESCAPE_SPARE;
 * nothing past text[size_bytes) is read. Thread-safe. */
typedef size_t cy_json_escape_function(char *out, const char *text, size_t size_bytes);
struct cy_json_escape_variant {
    const char *name;
    unsigned needs; /* enum cy_cpu_feature */
    cy_json_escape_function *run;
};
extern const struct cy_json_escape_variant cy_json_escape_variants[]; /* best first; the last is the definition, and needs nothing */
/* The best variant for this processor. */
cy_json_escape_function *cy_json_escape_best(void);

#endif
