/* What Hugging Face tokenizers 0.23 knows of a character. Its parts have tables of several versions of Unicode: punctuation, nonspacing
 * marks and controls are Unicode 8's (unicode_categories 0.1), marks and normalization forms Unicode 9's (unicode-normalization-alignments
 * 0.1), grapheme clusters Unicode 17's (unicode-segmentation 1.13), as are numbers and lower case (Rust's own char). Models were trained on
 * ids made so. All else (patterns, white space) is that of base/unicode.h. Tables: tools/make_peer_unicode.py. */
#ifndef CY_TOKEN_PEER_UNICODE_H
#define CY_TOKEN_PEER_UNICODE_H

#include "base/unicode.h"

enum cy_peer_class {
    CY_PEER_PUNCTUATION = 1 << 0, /* P* */
    CY_PEER_NONSPACING = 1 << 1,  /* Mn */
    CY_PEER_CONTROL = 1 << 2,     /* Cc, Cf, Co */
    CY_PEER_MARK = 1 << 3,        /* M* */
    CY_PEER_NEWER = 1 << 4,       /* a mark, decomposition or part of a composition of Unicode 10 to 16: to the peer a character that never
                                     changes and joins nothing */
    CY_PEER_LINKER = 1 << 5,      /* InCB=Linker */
    CY_PEER_CONJOINED = 1 << 6,   /* InCB=Extend */
    CY_PEER_NUMBER = 1 << 7,      /* N* */
};

/* Grapheme_Cluster_Break, in bits 8 to 11 (UAX #29); the last two are GB11's and GB9c's. */
enum cy_peer_grapheme {
    CY_GRAPHEME_OTHER,
    CY_GRAPHEME_EXTEND,
    CY_GRAPHEME_ZWJ,
    CY_GRAPHEME_SPACING_MARK,
    CY_GRAPHEME_PREPEND,
    CY_GRAPHEME_CONTROL,
    CY_GRAPHEME_CR,
    CY_GRAPHEME_LF,
    CY_GRAPHEME_L,
    CY_GRAPHEME_V,
    CY_GRAPHEME_T,
    CY_GRAPHEME_LV,
    CY_GRAPHEME_LVT,
    CY_GRAPHEME_REGIONAL,
    CY_GRAPHEME_PICTOGRAPH,
    CY_GRAPHEME_CONSONANT,
};

extern const uint8_t cy_peer_block[];
extern const uint16_t cy_peer_classes[];

/* The classes of a code point; what is no code point is in none. */
static inline unsigned cy_peer_class(uint32_t point)
{
    if (point > CY_CODE_POINT_MAX)
        return 0;
    return cy_peer_classes[cy_peer_block[point / CY_UNICODE_BLOCK] * CY_UNICODE_BLOCK + point % CY_UNICODE_BLOCK];
}

static inline enum cy_peer_grapheme cy_peer_grapheme(uint32_t point)
{
    return (enum cy_peer_grapheme)(cy_peer_class(point) >> 8);
}

/* Lower case: beside Unicode 16's, that of the capital letters which Unicode 17 added. */
static inline uint32_t cy_peer_lower(uint32_t point)
{
    if (point == 0xA7CE || point == 0xA7D2 || point == 0xA7D4) /* Latin */
        return point + 1;
    return point >= 0x16EA0 && point <= 0x16EB8 ? point + 27 /* Beria Erfe */ : cy_lower(point);
}

/* The size in bytes of the extended grapheme cluster that text begins with (not empty). A byte that is not UTF-8 stands alone. */
size_t cy_peer_grapheme_size(struct cy_str text);

#endif
