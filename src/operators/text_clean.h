/* Cleans white space, control characters and invisible characters out of a text, and counts the signs of wrong decoding on the way. */
#ifndef CY_OPERATORS_TEXT_CLEAN_H
#define CY_OPERATORS_TEXT_CLEAN_H

#include "base/bytes.h"

struct cy_clean_options {
    bool collapse_spaces;    /* a run of blanks within a line becomes its first; blanks at a line's end go; indentation stays */
    bool unify_spaces;       /* the other spaces of Unicode (category Zs) become U+0020 */
    bool remove_invisible;   /* zero-width and directional characters go; ZWJ, ZWNJ and variation selectors stay: they carry meaning */
    int64_t blank_lines_max; /* in a row; below 0: any number */
};

struct cy_clean_counts {
    size_t removed_chars;  /* control and invisible characters taken out, carriage returns of CR LF left out */
    size_t replaced_chars; /* U+FFFD, which stays */
    size_t mojibake;       /* characters of text decoded wrongly, see mojibake.h, and C1 controls */
};

/* The cleaned text is appended to `out` and true returned; or false, when there is nothing to change and nothing was appended.
 *   CR LF, CR, VT, FF, U+0085, U+2028, U+2029   become LF
 *   C1 controls                                 become what Windows-1252 has in their place; the five that it leaves undefined go
 *   other control characters than LF and tab, noncharacters U+FFFE and U+FFFF, interlinear annotation marks   go
 *   empty lines at the beginning, white space at the end   go
 * Cleaning a cleaned text changes nothing. The text must be valid UTF-8. */
bool cy_text_clean(struct cy_str text, const struct cy_clean_options *options, struct cy_buffer *out, struct cy_clean_counts *counts);

#endif
