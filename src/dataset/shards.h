/* The files of one split, written one after another: train-00000, train-00001, … A file closes at the first chunk with which it reaches
 * its size, so its names and bytes follow from the chunks alone. */
#ifndef CY_DATASET_SHARDS_H
#define CY_DATASET_SHARDS_H

#include "base/files.h"
#include "base/hash.h"
#include "dataset/counts.h"
#include "dataset/table.h"

struct cy_shards {
    const char *folder;           /* of the dataset */
    const char *split;            /* "train" */
    const char *place;            /* "data": the folder within it */
    const char *suffix;           /* ".parquet" */
    const struct cy_table *table; /* for a Parquet footer; NULL: the files are lines */
    int64_t shard_bytes;
    struct cy_arena *arena;  /* for the names */
    struct cy_buffer done;   /* struct cy_shard, the files that are closed */
    struct cy_writer writer; /* of the open file; path NULL: none is open */
    struct cy_sha256 hash;   /* of the open file */
    struct cy_parquet_footer footer;
    uint64_t row_count; /* of the open file */
};

/* Appends a row group; what the footer needs is taken out of it. Nothing when it has no rows. */
enum cy_status cy_shards_add_group(struct cy_shards *shards, struct cy_parquet_group *group, struct cy_error *error);
/* Appends lines. */
enum cy_status cy_shards_add_lines(struct cy_shards *shards, struct cy_str bytes, uint64_t row_count, struct cy_error *error);
/* Closes the open file; with `at_least_one` a file without rows is made where there is none, so that readers find the schema. */
enum cy_status cy_shards_close(struct cy_shards *shards, bool at_least_one, struct cy_error *error);
/* Frees all; an open file is closed and removed. */
void cy_shards_release(struct cy_shards *shards);

#endif
