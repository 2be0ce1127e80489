/* The encoding of a file whose records are framed in bytes, found once by looking at its beginning. */
#ifndef CY_SOURCE_SNIFF_H
#define CY_SOURCE_SNIFF_H

#include "base/bytes.h"

/* The WHATWG name ("gbk", "windows-1251", "utf-16le", …; a literal) of the encoding of the file's first 256 KiB, decompressed; NULL when
 * they are UTF-8, or when it cannot be told (records then say themselves that they cannot be read). */
const char *cy_sniff_file(const char *path);

#endif
