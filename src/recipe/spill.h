/* A batch on disk, between two phases: one block a batch, compressed, with a checksum.
 *
 *     [head: sizes, counts, checksum] [zstd: fixed columns, then each string column's sizes and bytes]
 *
 * Signatures (marks) are not in it: a barrier reads them by themselves. */
#ifndef CY_RECIPE_SPILL_H
#define CY_RECIPE_SPILL_H

#include "document/batch.h"

/* Written as it lies in memory: a work folder stays on its machine. */
struct cy_spill_head {
    uint32_t magic;
    uint32_t raw_bytes;    /* decompressed; a batch holds less than 4 GiB */
    uint32_t packed_bytes; /* what follows this head */
    uint32_t row_count;    /* alive */
    uint32_t total_count;
    uint32_t unused;
    uint64_t text_bytes; /* of the rows alive */
    uint64_t checksum;   /* XXH3 of the packed bytes */
};

struct cy_spill_packer; /* one a thread: compression context and buffer */
struct cy_spill_packer *cy_spill_packer_new(void);
void cy_spill_packer_free(struct cy_spill_packer *packer);

/* Appends the batch as a block (head and all) to `out`. Texts of rows that are gone are cut to gone_text_max bytes: the ledger shows no
 * more of them; cut_bytes keeps their size. */
void cy_spill_pack(struct cy_spill_packer *packer, const struct cy_batch *batch, size_t gone_text_max, struct cy_buffer *out);
/* Makes the batch from a block's packed bytes; strings live in the batch's arena. `batch` was initialised with the same signal and token
 * columns, and holds no rows. CY_FAILED when the bytes are not what was written. */
enum cy_status cy_spill_unpack(const struct cy_spill_head *head, const void *packed, struct cy_batch *batch, struct cy_error *error);

#endif
