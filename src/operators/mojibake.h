/* Mojibake: text that was decoded with the wrong encoding, found by the sequences it leaves. */
#ifndef CY_OPERATORS_MOJIBAKE_H
#define CY_OPERATORS_MOJIBAKE_H

#include "base/bytes.h"

/* The byte that Windows-1252 (as in the WHATWG Encoding Standard) encodes this code point with, or -1. The five bytes that it leaves
 * undefined and its other bytes 0x80…0x9F are also reached by the C1 control of the same number, as in Latin-1. */
int cy_cp1252_byte(uint32_t point);
/* The code point of byte 0x80…0x9F in Windows-1252; 0 for the five that it leaves undefined. */
uint32_t cy_cp1252_point(uint8_t byte);

/* How many characters of UTF-8 that was read as Windows-1252 or Latin-1 stand one behind the other at text.data[at], and where they end
 * ("â€™" is one, "Ð¿Ñ€" two). `at` is at a byte 0xC3, for all such sequences begin with one of Â…ô. What also occurs in sound text counts
 * only beside another one: "é »" with a no-break space is the end of many a French quotation. 0: none, *end is not set. */
size_t cy_mojibake_latin(struct cy_str text, size_t at, size_t *end);

/* Whether a Chinese sign of wrong decoding stands at text.data[at], a byte 0xE9: U+951F of "锟斤拷" (U+FFFD twice, read as GBK), or one of
 * the fourteen characters that the commonest Chinese characters and marks in UTF-8 become as GBK (的 鐨, 是 鏄, 在 鍦, 我 鎴, ， 锛, 。 銆,
 * …), and that sound text has no use for. Each is three bytes; all begin with 0xE9, so that a cleaner need not look at other Han
 * characters. */
bool cy_mojibake_gbk(struct cy_str text, size_t at);

/* Undoes one wrong decoding of the whole text: every character must be one of Windows-1252 or Latin-1, their bytes must be valid UTF-8, and
 * something that is surely mojibake must be in it. Appends the text that was meant to `out` and returns true; else leaves `out` alone. */
bool cy_mojibake_repair(struct cy_str text, struct cy_buffer *out);

/* Undoes one wrong decoding sequence by sequence: of all that cy_mojibake_latin counts, or only of those that hold a C1 control, which no
 * sound text does. Appends the whole text to `out` and returns how many characters were put right; 0: nothing, and `out` is left alone. */
size_t cy_mojibake_repair_parts(struct cy_str text, bool all, struct cy_buffer *out);

#endif
