/* Any character encoding → UTF-8. Encodings and their labels are those of the WHATWG Encoding Standard (lexbor's tables): gb2312 means gbk,
 * iso-8859-1 means windows-1252, as in browsers. */
#ifndef CY_SOURCE_ENCODING_H
#define CY_SOURCE_ENCODING_H

#include "base/arena.h"
#include "base/error.h"

enum cy_encoding_kind {
    CY_ENCODING_HTML, /* looks for <meta charset>, http-equiv and an XML declaration in the first 4,096 bytes */
    CY_ENCODING_TEXT, /* NUL bytes mean UTF-16 or no text at all */
};

/* Decides on the encoding of `raw` and makes UTF-8 of it. In this order:
 *   1. a byte-order mark (UTF-8, UTF-16), which is taken off;
 *   2. all of it is valid UTF-8: it is UTF-8, whatever was declared, save where ASCII alone carries a declared ISO-2022-JP or UTF-16;
 *   3. `media_type` ("text/html; charset=gbk"; may be empty), then what the page itself declares;
 *   4. UTF-8 with few errors (at most one non-ASCII character in ten, or a character cut off at the end);
 *   5. uchardet's guess, unless NUL bytes say that this is no text.
 * A decoding is accepted when at most one character in a hundred had to be replaced by U+FFFD; else the next way is tried.
 *   text  out: UTF-8; borrowed from raw where raw is UTF-8, else owned by arena
 * Returns NULL, or the reason why it cannot be read ("encoding: …"), in the arena or a literal. Thread-safe. */
const char *cy_encoding_decode(struct cy_str raw, struct cy_str media_type, enum cy_encoding_kind kind, struct cy_arena *arena,
                               struct cy_str *text);
/* The same by a given label ("gbk", "windows-1251"): a row that it does not fit is refused. An unknown label: "encoding: …". */
const char *cy_encoding_decode_as(struct cy_str raw, struct cy_str label, struct cy_arena *arena, struct cy_str *text);
/* The encoding of text of which `head` is the beginning, perhaps cut within a character: its WHATWG name, a literal; NULL for UTF-8, and
 * when it cannot be told. */
const char *cy_encoding_guess(struct cy_str head, struct cy_arena *arena);
/* CY_BAD_RECIPE when a recipe's `encoding` is no label of an encoding that can be read; an empty one is fine. */
enum cy_status cy_encoding_check(struct cy_str label, struct cy_error *error);

/* The value of a parameter of a media type: "charset" of "text/html; charset=\"gbk\"". Empty when it has none. */
struct cy_str cy_media_type_parameter(struct cy_str media_type, const char *name);

#endif
