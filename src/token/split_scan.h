/* The known patterns, each as a scanner that says where the piece that begins here ends. The scalar one is the definition and reads like
 * the pattern; the window does the same for 64 bytes of ASCII at once. */
#ifndef CY_TOKEN_SPLIT_SCAN_H
#define CY_TOKEN_SPLIT_SCAN_H

#include "kernels/split_masks.h"

enum cy_scan_family {
    /* 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
    CY_SCAN_GPT2,
    /* (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+ */
    CY_SCAN_CL100K,
    /* [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
     * |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
     * |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+ */
    CY_SCAN_O200K,
};

struct cy_scan {
    enum cy_scan_family family;
    unsigned numbers_max;   /* characters of \p{N} a piece: 1 or 3; 0: no limit */
    bool last_space_whole;  /* `\s++$` stands before `\s*[\r\n]`: white space that ends the text is one piece, whatever is in it */
    bool marks_are_letters; /* CL100K: [\p{L}\p{M}]+ for \p{L}+, and no marks among the rest (Qwen 3.5) */
};

/* The scanner of a pattern, or NULL when it is not known. */
const struct cy_scan *cy_scan_find(struct cy_str pattern);

/* The end of the piece that begins at text[at], at < size. The definition. */
size_t cy_scan_piece(const struct cy_scan *scan, const char *text, size_t size, size_t at);

/* Where pieces begin in the 64 bytes at `at`, the first byte of a piece (bit 0 is set): those beginnings that are certain whatever follows
 * the window. `masks` are those of cy_split_masks. Looks at ASCII alone: where even the end of the first piece is not certain it gives 1,
 * and the caller asks cy_scan_piece. */
uint64_t cy_scan_window(const struct cy_scan *scan, const struct cy_split_masks *masks, const char *at);

#endif
