/* cy_scan_window, to be compiled into each variant of a loop that calls it for every 64 bytes. */
#ifndef CY_TOKEN_SPLIT_WINDOW_H
#define CY_TOKEN_SPLIT_WINDOW_H

#include "token/split_scan.h"

#define CY_WINDOW __attribute__((always_inline)) static inline

/* Bit i of every mask is byte i of the window, so `mask << 1` is "the byte before". What lies before bit 0 does not matter: a piece begins
 * there. What lies behind the window is not known, and neither is a byte outside ASCII: `known` bytes lie before the first of those. */

CY_WINDOW unsigned cy_window_lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

CY_WINDOW unsigned cy_window_highest(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

/* The bits of the runs of `mask` that begin at a bit of `first`, which is part of mask. */
CY_WINDOW uint64_t cy_window_flood(uint64_t first, uint64_t mask)
{
    return mask & ~(mask + first);
}

CY_WINDOW uint64_t cy_window_number_starts(uint64_t first, uint64_t numbers, unsigned numbers_max)
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
CY_WINDOW unsigned cy_window_contraction_bytes(const char *quote, bool any_case)
{
    unsigned fold = any_case ? 0x20 : 0;
    unsigned first = (uint8_t)quote[1] | fold, second = (uint8_t)quote[2] | fold;
    if (first == 's' || first == 't' || first == 'm' || first == 'd')
        return 2;
    return (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l') ? 3 : 0;
}

/* Contractions stand alone: a piece begins at the quote and one behind them. `quotes`: those that begin a piece. Returns the bytes that
 * are still known. */
CY_WINDOW unsigned cy_window_cut_contractions(const char *at, uint64_t quotes, unsigned known, bool any_case, uint64_t *starts)
{
    for (; quotes != 0; quotes &= quotes - 1) {
        unsigned quote = cy_window_lowest(quotes);
        if (quote + 3 >= known)
            return quote + 1;
        unsigned bytes = cy_window_contraction_bytes(at + quote, any_case);
        if (bytes > 0)
            *starts = (*starts & ~((((uint64_t)1 << bytes) - 2) << quote)) | (uint64_t)1 << (quote + bytes);
    }
    return known;
}

/* Contractions belong to the word before them: no piece begins at the quote, one does behind them. */
CY_WINDOW unsigned cy_window_join_contractions(const char *at, uint64_t quotes, unsigned known, uint64_t *starts)
{
    unsigned end = 0;
    for (; quotes != 0; quotes &= quotes - 1) {
        unsigned quote = cy_window_lowest(quotes);
        if (quote == end) /* behind another one: the word has its contraction */
            continue;
        if (quote + 3 >= known)
            return quote; /* whether a piece begins at the quote is not known either */
        unsigned bytes = cy_window_contraction_bytes(at + quote, true);
        if (bytes == 0)
            continue;
        end = quote + bytes;
        *starts &= ~((((uint64_t)1 << bytes) - 1) << quote);
        *starts |= (uint64_t)1 << end;
    }
    return known;
}

/* Those beginnings that lie before what is not known. White space at the end of what is known may go on: only its first byte is certain. */
CY_WINDOW uint64_t cy_window_certain(uint64_t starts, uint64_t spaces, unsigned known)
{
    if (known == 0)
        return 1;
    uint64_t within = ~(uint64_t)0 >> (64 - known);
    if ((spaces >> (known - 1) & 1) != 0) {
        uint64_t words = within & ~spaces;
        unsigned first = words != 0 ? cy_window_highest(words) + 1 : 0;
        within = ((uint64_t)2 << first) - 1;
    }
    return (starts & within) | 1;
}

CY_WINDOW uint64_t cy_window_gpt2(const struct cy_split_masks *masks, const char *at, uint64_t valid, unsigned known)
{
    const uint64_t letters = masks->letters & valid, numbers = masks->numbers & valid, spaces = masks->spaces & valid;
    const uint64_t others = valid & ~(letters | numbers | spaces), behind_blank = masks->blanks << 1;
    const uint64_t first_others = others & ~(others << 1) & ~behind_blank;
    uint64_t starts = first_others;
    starts |= letters & ~(letters << 1) & ~behind_blank;
    starts |= numbers & ~(numbers << 1) & ~behind_blank;
    starts |= spaces & (~(spaces << 1) | ~(spaces >> 1));
    known = cy_window_cut_contractions(at, first_others & masks->quotes, known, false, &starts);
    return cy_window_certain(starts, spaces, known);
}

/* CL100K and O200K, which differ in where words end and in how contractions are taken. */
CY_WINDOW uint64_t cy_window_words(const struct cy_scan *scan, const struct cy_split_masks *masks, const char *at, uint64_t valid,
                                   unsigned known)
{
    const uint64_t letters = masks->letters & valid, numbers = masks->numbers & valid, spaces = masks->spaces & valid;
    const uint64_t newlines = masks->newlines & valid, blanks = masks->blanks & valid, inner = spaces & ~newlines;
    const uint64_t others = valid & ~(letters | numbers | spaces);

    /* ` ?[^\s\p{L}\p{N}]+[\r\n]*`: the newlines behind belong to it */
    const uint64_t first_others = others & ~(others << 1) & ~(blanks << 1);
    const uint64_t tail = cy_window_flood(others << 1 & newlines, newlines);
    uint64_t starts = first_others;

    /* one character that is no newline, letter or number goes with the letters behind it */
    starts |= letters & ~(letters << 1) & ~((inner | first_others) << 1);
    starts |= cy_window_number_starts(numbers & ~(numbers << 1), numbers, scan->numbers_max);

    /* white space: up to the last newline; then all but the last; that one goes with what follows */
    uint64_t line_starts = inner & newlines << 1; /* where no newline follows in the same run */
    for (uint64_t again = (line_starts + inner) & ~inner & newlines; again != 0; again &= again - 1)
        line_starts &= ~((uint64_t)1 << cy_window_highest(line_starts & (((uint64_t)1 << cy_window_lowest(again)) - 1)));
    starts |= spaces & ~tail & (~(spaces << 1) | tail << 1);
    starts |= line_starts | (inner & ~(spaces >> 1));

    if (scan->family == CY_SCAN_CL100K) {
        known = cy_window_cut_contractions(at, first_others & masks->quotes, known, true, &starts);
    } else {
        starts |= masks->upper & letters & ~masks->upper << 1 & letters << 1; /* aB */
        known = cy_window_join_contractions(at, masks->quotes & letters << 1, known, &starts);
        uint64_t slashes = tail << 1 & masks->slashes; /* [\r\n/]*: rare enough to leave it to the definition */
        if (slashes != 0 && cy_window_lowest(slashes) < known)
            known = cy_window_lowest(slashes);
    }
    return cy_window_certain(starts, spaces, known);
}

CY_WINDOW uint64_t cy_scan_window_inline(const struct cy_scan *scan, const struct cy_split_masks *masks, const char *at)
{
    const unsigned known = masks->high != 0 ? cy_window_lowest(masks->high) : CY_SPLIT_WINDOW;
    if (known == 0)
        return 1;
    const uint64_t valid = ~(uint64_t)0 >> (64 - known);
    return scan->family == CY_SCAN_GPT2 ? cy_window_gpt2(masks, at, valid, known) : cy_window_words(scan, masks, at, valid, known);
}

#endif
