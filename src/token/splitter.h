/* Splitters inside: what stands behind cy_splitter_new. */
#ifndef CY_TOKEN_SPLITTER_H
#define CY_TOKEN_SPLITTER_H

#include "token/split_scan.h"
#include "token/tokenizer_parts.h"

/* The scanner behind a splitter; NULL when it has none. */
const struct cy_scan *cy_splitter_scan(const struct cy_splitter *splitter);

/* The splitter of any pattern, by PCRE2. What the pattern does not match is a piece too (Hugging Face's Isolated; tiktoken's own patterns
 * match everything). */
enum cy_status cy_splitter_regex(struct cy_splitter **splitter, struct cy_str pattern, struct cy_arena *arena, struct cy_error *error);

/* From now on the ends of pieces that the pattern matched carry this bit; the splitter must be one of cy_splitter_regex. */
#define CY_PIECE_MATCH (UINT32_C(1) << 31)
void cy_splitter_mark_matches(struct cy_splitter *splitter);

/* The pattern with \p{…}, \P{…}, \s, \S, \d, \D, \w and \W written out as ranges of our own classes, for a library whose Unicode version is
 * another. CY_BAD_INPUT names a property that we lack. */
enum cy_status cy_pattern_expand(struct cy_str pattern, struct cy_buffer *out, struct cy_error *error);

#endif
