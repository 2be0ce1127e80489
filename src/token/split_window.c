#include "token/split_scan.h"

/* Bit i of every mask is byte i of the window, so `mask << 1` is "the byte before". What lies before bit 0 does not matter: a piece begins
 * there. What lies behind the window is not known, and neither is a byte outside ASCII: `known` bytes lie before the first of those. */

static inline unsigned lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

static inline unsigned highest(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

/* The bits of the runs of `mask` that begin at a bit of `first`, which is part of mask. */
static inline uint64_t flood(uint64_t first, uint64_t mask)
{
    return mask & ~(mask + first);
}

static inline uint64_t number_starts(uint64_t first, uint64_t numbers, unsigned numbers_max)
{
    if (numbers_max == 0)
        return first;
    if (numbers_max == 1)
        return numbers;
    const uint64_t inside = numbers & numbers << 1 & numbers << 2 & numbers << 3;
    uint64_t starts = first;
    for (uint64_t next = first << 3 & inside; next != 0; next = next << 3 & inside)
        starts |= next;
    return starts;
}

/* The bytes of a contraction at the quote, 0 when there is none; three bytes behind the quote are readable. */
static inline unsigned contraction_bytes(const char *quote, bool any_case)
{
    unsigned fold = any_case ? 0x20 : 0;
    unsigned first = (uint8_t)quote[1] | fold, second = (uint8_t)quote[2] | fold;
    if (first == 's' || first == 't' || first == 'm' || first == 'd')
        return 2;
    return (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l') ? 3 : 0;
}

/* Contractions stand alone: a piece begins at the quote and one behind them. `quotes`: those that begin a piece. Returns the bytes that
 * are still known. */
static unsigned cut_contractions(const char *at, uint64_t quotes, unsigned known, bool any_case, uint64_t *starts)
{
    for (; quotes != 0; quotes &= quotes - 1) {
        unsigned quote = lowest(quotes);
        if (quote + 3 >= known)
            return quote + 1;
        unsigned bytes = contraction_bytes(at + quote, any_case);
        if (bytes > 0)
            *starts = (*starts & ~((((uint64_t)1 << bytes) - 2) << quote)) | (uint64_t)1 << (quote + bytes);
    }
    return known;
}

/* Contractions belong to the word before them: no piece begins at the quote, one does behind them. */
static unsigned join_contractions(const char *at, uint64_t quotes, unsigned known, uint64_t *starts)
{
    unsigned end = 0;
    for (; quotes != 0; quotes &= quotes - 1) {
        unsigned quote = lowest(quotes);
        if (quote == end) /* behind another one: the word has its contraction */
            continue;
        if (quote + 3 >= known)
            return quote; /* whether a piece begins at the quote is not known either */
        unsigned bytes = contraction_bytes(at + quote, true);
        if (bytes == 0)
            continue;
        end = quote + bytes;
        *starts &= ~((((uint64_t)1 << bytes) - 1) << quote);
        *starts |= (uint64_t)1 << end;
    }
    return known;
}

/* Those beginnings that lie before what is not known. White space at the end of what is known may go on: only its first byte is certain. */
static inline uint64_t certain(uint64_t starts, uint64_t spaces, unsigned known)
{
    if (known == 0)
        return 1;
    uint64_t within = ~(uint64_t)0 >> (64 - known);
    if ((spaces >> (known - 1) & 1) != 0) {
        uint64_t words = within & ~spaces;
        unsigned first = words != 0 ? highest(words) + 1 : 0;
        within = ((uint64_t)2 << first) - 1;
    }
    return (starts & within) | 1;
}

static uint64_t gpt2_window(const struct cy_split_masks *masks, const char *at, uint64_t valid, unsigned known)
{
    const uint64_t letters = masks->letters & valid, numbers = masks->numbers & valid, spaces = masks->spaces & valid;
    const uint64_t others = valid & ~(letters | numbers | spaces), behind_blank = masks->blanks << 1;
    const uint64_t first_others = others & ~(others << 1) & ~behind_blank;
    uint64_t starts = first_others;
    starts |= letters & ~(letters << 1) & ~behind_blank;
    starts |= numbers & ~(numbers << 1) & ~behind_blank;
    starts |= spaces & (~(spaces << 1) | ~(spaces >> 1));
    known = cut_contractions(at, first_others & masks->quotes, known, false, &starts);
    return certain(starts, spaces, known);
}

/* CL100K and O200K, which differ in where words end and in how contractions are taken. */
static uint64_t words_window(const struct cy_scan *scan, const struct cy_split_masks *masks, const char *at, uint64_t valid, unsigned known)
{
    const uint64_t letters = masks->letters & valid, numbers = masks->numbers & valid, spaces = masks->spaces & valid;
    const uint64_t newlines = masks->newlines & valid, blanks = masks->blanks & valid, inner = spaces & ~newlines;
    const uint64_t others = valid & ~(letters | numbers | spaces);

    /* ` ?[^\s\p{L}\p{N}]+[\r\n]*`: the newlines behind belong to it */
    const uint64_t first_others = others & ~(others << 1) & ~(blanks << 1);
    const uint64_t tail = flood(others << 1 & newlines, newlines);
    uint64_t starts = first_others;

    /* one character that is no newline, letter or number goes with the letters behind it */
    starts |= letters & ~(letters << 1) & ~((inner | first_others) << 1);
    starts |= number_starts(numbers & ~(numbers << 1), numbers, scan->numbers_max);

    /* white space: up to the last newline; then all but the last; that one goes with what follows */
    uint64_t line_starts = inner & newlines << 1; /* where no newline follows in the same run */
    for (uint64_t again = (line_starts + inner) & ~inner & newlines; again != 0; again &= again - 1)
        line_starts &= ~((uint64_t)1 << highest(line_starts & (((uint64_t)1 << lowest(again)) - 1)));
    starts |= spaces & ~tail & (~(spaces << 1) | tail << 1);
    starts |= line_starts | (inner & ~(spaces >> 1));

    if (scan->family == CY_SCAN_CL100K) {
        known = cut_contractions(at, first_others & masks->quotes, known, true, &starts);
    } else {
        starts |= masks->upper & letters & ~masks->upper << 1 & letters << 1; /* aB */
        known = join_contractions(at, masks->quotes & letters << 1, known, &starts);
        uint64_t slashes = tail << 1 & masks->slashes; /* [\r\n/]*: rare enough to leave it to the definition */
        if (slashes != 0 && lowest(slashes) < known)
            known = lowest(slashes);
    }
    return certain(starts, spaces, known);
}

uint64_t cy_scan_window(const struct cy_scan *scan, const struct cy_split_masks *masks, const char *at)
{
    const unsigned known = masks->high != 0 ? lowest(masks->high) : CY_SPLIT_WINDOW;
    if (known == 0)
        return 1;
    const uint64_t valid = ~(uint64_t)0 >> (64 - known);
    return scan->family == CY_SCAN_GPT2 ? gpt2_window(masks, at, valid, known) : words_window(scan, masks, at, valid, known);
}
