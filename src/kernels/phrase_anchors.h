/* Where in a text one of C4's phrases may stand: a bit a byte, set where three letters begin that are rare elsewhere and stand in them:
 * JAvascript, lorem iPSUm, teRMS of use, cooKIE, priVACy. */
#ifndef CY_KERNELS_PHRASE_ANCHORS_H
#define CY_KERNELS_PHRASE_ANCHORS_H

#include "base/bytes.h"

/* Bit i % 64 of hits[i / 64] is set where text[i…i+2], with bit 5 of each byte set, is "jav", "psu", "rms", "kie" or "vac".
 * (size_bytes + 63) / 64 words; nothing past the end of text is read. */
typedef void cy_phrase_anchors_fn(const char *text, size_t size_bytes, uint64_t *hits);

struct cy_phrase_anchors_variant {
    const char *name;
    unsigned needs; /* enum cy_cpu_feature */
    cy_phrase_anchors_fn *run;
};
extern const struct cy_phrase_anchors_variant cy_phrase_anchors_variants[]; /* best first, the definition last */
cy_phrase_anchors_fn *cy_phrase_anchors(void);

#endif
