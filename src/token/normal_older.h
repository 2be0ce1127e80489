/* What Hugging Face tokenizers 0.23 does not know of Unicode 16: its normalization forms are those of an older version, its punctuation
 * that of Unicode 8. Models were trained on ids made so. */
#ifndef CY_TOKEN_NORMAL_OLDER_H
#define CY_TOKEN_NORMAL_OLDER_H

#include "base/bytes.h"

/* Combining marks, characters with a decomposition, and first parts of a composition that are newer: to the peer they are characters that
 * never change and join nothing. */
bool cy_is_newer_form(uint32_t point);
/* Punctuation that is newer: to the peer it is none. */
bool cy_is_newer_punctuation(uint32_t point);

#endif
