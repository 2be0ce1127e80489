/* The rows of one split, and the files that they are written to. */
#ifndef CY_CLI_TOKENS_ROWS_H
#define CY_CLI_TOKENS_ROWS_H

#include "base/error.h"
#include "token/pack.h"
#include "token/tokenizer.h"

/* Rows are bins of pieces: row r holds the pieces members[starts[order[r]] … starts[order[r] + 1]), end to end. */
struct cy_token_rows {
    int file; /* the stream of ids that pieces are of, 4 bytes each; read where a row is written, so that it need not fit into memory */
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
/* Where rows go. */
struct cy_token_rows_target {
    enum cy_token_rows_format format;
    const char *folder;
    const char *name;     /* folder/NAME.*; with shard_bytes folder/NAME-00000.* and so on */
    size_t id_bytes;      /* 2 or 4; of Parquet's int32 always 4 */
    uint64_t shard_bytes; /* a file's ids have at most so many bytes, before compression, or are one row; 0: one file */
    size_t thread_count;
};
/* Writes the rows in their order. *file_count: how many files, a .bin with its .idx being one. */
enum cy_status cy_token_rows_write(struct cy_token_rows *rows, const struct cy_token_rows_target *target, size_t *file_count,
                                   struct cy_error *error);

/* ---- for the writers ---- */

/* Appends a row's ids; its pieces' lengths go to *lengths where that is not NULL. Any thread. */
enum cy_status cy_token_rows_add(const struct cy_token_rows *rows, size_t row, struct cy_ids *ids, struct cy_ids *lengths,
                                 struct cy_error *error);
/* Fills the row that begins at row_start up to its length; returns how many ids that took. */
size_t cy_token_rows_fill(const struct cy_token_rows *rows, struct cy_ids *ids, size_t row_start);
/* Writes rows [first, end) as a Parquet file: row groups encoded on all threads, written in order. Adds to rows->filled_count. */
enum cy_status cy_token_rows_write_parquet(struct cy_token_rows *rows, size_t first, size_t end, const char *path, size_t thread_count,
                                           struct cy_error *error);

#endif
