/* The index of a Megatron data set: PREFIX.idx beside PREFIX.bin, which holds the ids of all sequences end to end.
 *
 *     "MMIDIDX\0\0" · u64 version 1 · u8 type · u64 sequences · u64 documents + 1
 *     i32 lengths, one a sequence · i64 offsets in .bin, in bytes · i64 documents' first sequences, and the number of sequences
 *
 * Source: NVIDIA/Megatron-LM megatron/core/datasets/indexed_dataset.py, _IndexWriter. */
#ifndef CY_TOKEN_PACK_INDEX_H
#define CY_TOKEN_PACK_INDEX_H

#include "base/files.h"

enum { CY_MEGATRON_UINT16_IDS = 65500 }; /* Megatron takes 16 bits for vocabularies smaller than this, else signed 32 */

/* Writes the index of sequences that are a document each. id_bytes: 2 (uint16) or 4 (int32). */
void cy_megatron_index_write(struct cy_writer *writer, const uint32_t *lengths, size_t count, size_t id_bytes);

#endif
