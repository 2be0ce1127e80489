/* Normalization forms C and KC of Unicode 16.0 (UAX #15), by our own tables, written by tools/make_unicode_nfc.py.
 *
 * Most text is in form C already, so the question comes first: blocks of 64 bytes are asked whether any byte could begin a character of
 * doubt, and only those characters are looked up. From a doubtful one on, the text is cut into segments at characters that never change
 * and never join what stands before them; a segment is decomposed, ordered, composed, and the scan goes on. */
#ifndef CY_BASE_UNICODE_NFC_H
#define CY_BASE_UNICODE_NFC_H

#include "base/bytes.h"

enum cy_form { CY_FORM_C = 1, CY_FORM_KC = 2 };

/* The length of a beginning of text that is certainly in the form, cut so that the rest can be normalized on its own; text.size when all
 * of it is. `from`: what stands before this byte is known to be so, and a segment begins there; 0 at first.
 * text must be valid UTF-8 (other bytes: no harm, but they may come out as U+FFFD). */
size_t cy_normal_prefix(struct cy_str text, size_t from, enum cy_form form);
static inline bool cy_is_normal(struct cy_str text, enum cy_form form)
{
    return cy_normal_prefix(text, 0, form) == text.size; /* false can be a mere doubt: then normalizing changes nothing */
}

/* Appends text in the form to `out`. A run of combining marks is sorted in time linear in its length, so no text takes longer than its
 * size. */
void cy_normalize(struct cy_str text, enum cy_form form, struct cy_buffer *out);

/* ---- for tests ---- */

/* Which of block[0..64) are bytes that may begin a character that is not sure to be in the form: bit i for byte i. */
struct cy_form_mask_variant {
    const char *name;
    unsigned needs;
    uint64_t (*mask)(const char block[64], enum cy_form form);
};
extern const struct cy_form_mask_variant cy_form_mask_variants[];

/* ---- the tables ---- */

struct cy_nfc_record {
    uint8_t combining_class;
    uint8_t doubt;           /* bits of enum cy_form: Quick_Check is not Yes, or it joins what stands before it */
    uint8_t canonical_count; /* code points of its full canonical decomposition; 0: none */
    uint8_t compatible_count;
    uint16_t canonical; /* index into the pool */
    uint16_t compatible;
};
extern const uint8_t cy_nfc_block[];
extern const uint16_t cy_nfc_index[];
extern const struct cy_nfc_record cy_nfc_records[];
extern const uint32_t cy_nfc_pool[];
extern const uint32_t cy_nfc_pairs[];     /* slots of three: first, second, composite; 0, 0, 0: free */
extern const uint8_t cy_nfc_lead_doubt[]; /* [first byte of a character]: bits of enum cy_form */

#endif
