/* Character references (&amp; &#169; &#xA9;), decoded as the HTML Living Standard, section 13.2.5.72 to 80, does outside attributes. */
#ifndef CY_HTML_ENTITIES_H
#define CY_HTML_ENTITIES_H

#include "base/bytes.h"

enum { CY_ENTITY_BYTES_MAX = 8 }; /* UTF-8 of the longest value: two code points */

/* Decodes the reference at text.data[0] == '&'. Writes its UTF-8 to out[0..*out_bytes) and returns the bytes of `text` that it took; 0 when
 * there is no reference and the '&' stands for itself. */
size_t cy_entity_decode(struct cy_str text, char out[CY_ENTITY_BYTES_MAX], size_t *out_bytes);

#endif
