/* A dataset being written: shards, verdict ledger, report, card, lineage, manifest.
 *
 *     batches ─▶ cy_dataset_encode (any thread) ─▶ chunk ─▶ cy_dataset_append (one thread, input order) ─▶ … ─▶ cy_dataset_finish
 *
 * Same rows in the same groups give the same bytes, whatever the thread. The folder is written in place; the caller swaps it. */
#ifndef CY_DATASET_DATASET_H
#define CY_DATASET_DATASET_H

#include "base/files.h"
#include "document/batch.h"
#include "operators/operator.h"

/* What the rows mean; borrowed for the writer's life. */
struct cy_schema_source { /* one of the recipe's sources */
    const char *path;     /* as the recipe writes it */
    const char *license;  /* "" : not stated */
    const char *party;    /* "" : not stated */
    const char *format;
    const struct cy_param *params; /* the format's, and their values; NULL: it has none */
    const void *self;
};
struct cy_schema_file { /* one input file */
    const char *name;   /* relative */
    uint32_t source;    /* index into sources */
    char sha256[65];
    uint64_t size_bytes;
};
struct cy_schema_step {
    const char *name; /* the operator's, or what `as:` says */
    const struct cy_operator *operator;
    const void *self;    /* with its parameters */
    size_t signal_first; /* its first column in the batch's signals; the operator's table says how many */
    struct cy_step_inputs inputs;
};
struct cy_schema {
    const char *name;          /* the recipe's */
    struct cy_str recipe_text; /* recipe.yaml, byte for byte */
    const char *folder;        /* of the recipe: paths in parameters are relative to it; is written nowhere. NULL: the working folder */
    const struct cy_schema_source *sources;
    size_t source_count;
    const struct cy_schema_file *files;
    size_t file_count;
    const struct cy_schema_step *steps;
    size_t step_count;
    const char *const *vocabularies;  /* names of the token columns */
    const uint32_t *vocabulary_steps; /* the step that fills each; NULL: not known */
    size_t vocabulary_count;
};

struct cy_dataset_options {
    enum cy_dataset_format { CY_DATASET_PARQUET, CY_DATASET_JSONL, CY_DATASET_JSONL_GZ, CY_DATASET_JSONL_ZST } format;
    int64_t shard_bytes;     /* a shard closes at the first row group that reaches this (file bytes) */
    int level;               /* of the format's compression (zstd 1…19, gzip 1…12); 0: its default, 2 in Parquet, 3 in .zst, 5 in .gz */
    double validation_share; /* 0: no validation split; rows are chosen by hash of their id */
    enum { CY_TEXT_EXCERPT, CY_TEXT_FULL, CY_TEXT_NONE } removed_text; /* what the ledger keeps of removed text; excerpt: 2 KiB */
};

struct cy_dataset_writer;
struct cy_dataset_chunk; /* encoded rows, on the heap, owned by whoever holds it */

enum cy_status cy_dataset_open(struct cy_dataset_writer **writer, const char *folder, const struct cy_schema *schema,
                               const struct cy_dataset_options *options, struct cy_error *error);
/* Encodes the batches' rows (alive → data, gone → ledger), in order of origins.ordinal. Batches come in input order and together make a row
 * group of each split, or their part of one where they have few rows of it (held.h); the caller gathers some 8 MiB of text. Strings that
 * are not UTF-8 are replaced in the batches by copies that are, and rows without an id get "<file>#<record>". Thread-safe. */
enum cy_status cy_dataset_encode(const struct cy_dataset_writer *writer, struct cy_batch *const *batches, size_t batch_count,
                                 struct cy_dataset_chunk **chunk, struct cy_error *error);
/* Appends and frees the chunk, also on error; chunks come in input order. After an error the writer can only be abandoned. */
enum cy_status cy_dataset_append(struct cy_dataset_writer *writer, struct cy_dataset_chunk *chunk, struct cy_error *error);
void cy_dataset_chunk_free(struct cy_dataset_chunk *chunk); /* one that will not be appended; NULL: nothing */
/* Closes the shards; checks read = kept + removed + unreadable + skipped against `read_count`; writes report, samples, card, Croissant,
 * recipe, lock and MANIFEST; syncs all. build_id: 64 hex digits, the sha256 of MANIFEST. Frees the writer, also on error. */
enum cy_status cy_dataset_finish(struct cy_dataset_writer *writer, uint64_t read_count, char build_id[65], struct cy_error *error);
void cy_dataset_abandon(struct cy_dataset_writer *writer); /* frees without finishing; the files stay for the caller to remove */

/* Reads every file that MANIFEST names and checks size and sha256; build_id: 64 hex digits, the sha256 of MANIFEST. CY_FAILED says which
 * file differs, is missing, or is there and not named (README.md and croissant.json may be). CY_INTERRUPTED
 * once *stop is true; NULL: never. */
enum cy_status cy_dataset_check(const char *folder, size_t thread_count, const atomic_bool *stop, char build_id[65],
                                struct cy_error *error);

#endif
