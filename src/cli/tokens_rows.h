/* The rows of one split, and the files that they are written to. */
#ifndef CY_CLI_TOKENS_ROWS_H
#define CY_CLI_TOKENS_ROWS_H

#include "base/error.h"
#include "token/pack.h"

/* Rows are bins of pieces: row r holds the pieces members[starts[order[r]] … starts[order[r] + 1]), end to end. */
struct cy_token_rows {
    const uint32_t *ids; /* the stream that pieces are of */
    struct cy_pack_piece *pieces;
    size_t piece_count;
    uint32_t *members; /* indexes of pieces, by bin */
    uint64_t *starts;  /* [row_count + 1] into members */
    uint32_t *order;   /* [row_count] bins */
    size_t row_count;
    uint32_t length; /* of every row, the rest filled with `fill`; 0: as long as its piece */
    uint32_t fill;
    uint64_t filled_count; /* how many were filled in; set by writing */
};

/* Fills members and starts from the pieces' bins, and order: 0, 1, 2, …. All are owned by the rows. */
void cy_token_rows_arrange(struct cy_token_rows *rows, size_t row_count);
void cy_token_rows_release(struct cy_token_rows *rows);

enum cy_token_rows_format {
    CY_ROWS_MEGATRON, /* NAME.bin and NAME.idx; rows are not filled */
    CY_ROWS_BIN,      /* NAME.bin: ids alone */
    CY_ROWS_PARQUET,  /* NAME.parquet: input_ids, document_lengths */
};
/* Writes folder/NAME.*, ids of 2 or 4 bytes (not in Parquet: int32). */
enum cy_status cy_token_rows_write(struct cy_token_rows *rows, enum cy_token_rows_format format, const char *folder, const char *name,
                                   size_t id_bytes, struct cy_error *error);

#endif
