/* What all readers do: append the record they found to the batch. */
#ifndef CY_SOURCE_RECORD_H
#define CY_SOURCE_RECORD_H

#include "source/stream.h"

enum { CY_RECORD_PADDING = 8 }; /* zero bytes behind a record's text: yyjson parses in place and wants 4 */

/* Appends a row whose text is a copy of `raw`, with CY_RECORD_PADDING zero bytes behind it; returns its index. */
size_t cy_record_append(struct cy_batch *batch, uint32_t file, struct cy_place place, struct cy_str raw);
/* A row that cannot be read after all: unreadable for `reason`, at `byte` of the record (NaN: not known), and without its text, which
 * decoding may have spoiled. */
void cy_record_refuse(struct cy_batch *batch, size_t row, const char *reason, double byte);
/* Appends a row without text that cannot be read, for `reason`; size_bytes of the source are lost with it. */
void cy_record_lost(struct cy_batch *batch, uint32_t file, struct cy_place place, uint64_t size_bytes, const char *reason);
/* The damage behind what the stream has at hand: one unreadable row for it and the bytes at hand, which begin a record; the stream goes on
 * behind the damage. */
void cy_record_damaged(struct cy_batch *batch, uint32_t file, struct cy_place place, struct cy_stream *stream);

#endif
