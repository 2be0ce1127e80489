/* Text → hashes of its words, simplified so that what looks the same compares the same: the first half of finding near-duplicates.
 *
 *     "Don’t pay €1,299.50!"  ─▶  don  t  pay  0
 *
 * Simplifying, code point by code point (after datatrove 0.10.1, utils/text.py simplify_text with its defaults; docs/dedup.md lists where
 * we differ):
 *   - letters become lower case and lose their diacritics (é → e);
 *   - a number becomes 0: digits, then at most once one of . , ، ٫ ⎖ ⎗ ⎘ and digits;
 *   - punctuation, symbols, white space and control characters end a word;
 *   - nonspacing marks and format characters (soft hyphen, joiners) vanish;
 *   - a character of a script that is written without spaces (Han, kana, Thai, …) is a word of its own. */
#ifndef CY_KERNELS_WORD_HASH_H
#define CY_KERNELS_WORD_HASH_H

#include "base/bytes.h"

/* Hashes the words of text from byte *at on into words[0..capacity), and moves *at to where the next call goes on: text.size when all are
 * done. Returns how many; 0 only at the end. capacity is at least 2. Same words, same hashes, whatever the variant. Any bytes are
 * allowed; what is not UTF-8 ends a word. Thread-safe. */
size_t cy_word_hashes(struct cy_str text, size_t *at, uint64_t *words, size_t capacity);

struct cy_word_hash_variant {
    const char *name;
    unsigned needs;
    size_t (*hashes)(struct cy_str text, size_t *at, uint64_t *words, size_t capacity);
};
extern const struct cy_word_hash_variant cy_word_hash_variants[]; /* ends with the scalar definition, then {0} */

#endif
