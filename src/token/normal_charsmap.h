/* SentencePiece's precompiled normalization rules: a double-array trie of what is replaced, and by what.
 *
 *     u32 trie_bytes, u32 units[trie_bytes / 4], replacements, each ended by a 0 byte         google/sentencepiece, normalizer.cc
 *
 * A unit: bit 31 set: a value in bits 0 to 30; else bits 0 to 7 the label, bit 8 whether a value follows, bits 10 to 30 the offset,
 * shifted by 8 where bit 9 is set                                                                  s-yata/darts-clone, darts.h */
#ifndef CY_TOKEN_NORMAL_CHARSMAP_H
#define CY_TOKEN_NORMAL_CHARSMAP_H

#include "base/arena.h"
#include "base/error.h"

struct cy_charsmap;

/* From the blob, copied; owned by arena. CY_BAD_INPUT when it is damaged. */
enum cy_status cy_charsmap_read(const struct cy_charsmap **map, struct cy_str blob, struct cy_arena *arena, struct cy_error *error);
enum cy_status cy_charsmap_read_base64(const struct cy_charsmap **map, struct cy_str base64, struct cy_arena *arena,
                                       struct cy_error *error);
/* Appends the text after the rules to *out, as Hugging Face applies them: a grapheme of less than six bytes that has a rule is replaced
 * whole, then each character that has one. */
void cy_charsmap_run(const struct cy_charsmap *map, struct cy_str text, struct cy_buffer *out);
/* The longest key that `text` begins with (of the 32 shortest, as SentencePiece's normalizer.cc), and what replaces it; 0 when there is
 * none. */
size_t cy_charsmap_longest(const struct cy_charsmap *map, struct cy_str text, struct cy_str *replacement);

#endif
