/* Small integers, packed: definition levels and dictionary indices of a Parquet page.
 * Source: apache/parquet-format Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)". */
#ifndef CY_DATASET_PARQUET_LEVELS_H
#define CY_DATASET_PARQUET_LEVELS_H

#include "base/bytes.h"

/* Appends values[0..count), each below 2^bit_width, bit_width 1…32: runs of eight or more equal values as a run, the rest bit-packed in
 * groups of eight, the last group filled with zeros. */
void cy_add_rle_hybrid(struct cy_buffer *out, const uint32_t *values, size_t count, unsigned bit_width);

/* Bits that hold every value from 0 to `value_max`; 0 for 0. */
unsigned cy_bit_width(uint32_t value_max);

#endif
