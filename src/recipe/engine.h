/* What the parts of the engine share while a run lasts. Private to src/recipe. */
#ifndef CY_RECIPE_ENGINE_H
#define CY_RECIPE_ENGINE_H

#include "recipe/run.h"
#include "recipe/spill.h"
#include "recipe/work.h"

#include <stdio.h>

/* One thread's own things. The thread that takes a job works on it, so a batch may lie in the thread's arena from taking to packing. */
struct cy_worker {
    struct cy_arena arena;
    struct cy_scratch *scratch;
    struct cy_spill_packer *packer;
    struct cy_step_time *times; /* [step_count + 2]: reading, the steps, writing */
};

/* The parts that a phase finished. */
struct cy_phase_parts {
    struct cy_part *parts;
    size_t part_count;
    uint64_t row_count; /* alive when the phase's barriers begin */
    uint64_t total_count;
};

/* A document that a barrier removed, as it lies in the barrier's file, in order of row. Strings lie in the barrier's string file. */
struct cy_removal {
    uint64_t row;  /* among the phase's rows alive, in input order */
    uint64_t step; /* filled when it is read back */
    uint64_t duplicate_offset, rule_offset;
    uint32_t duplicate_bytes, rule_bytes;
    double measured, threshold, similarity;
};

/* An id that stands more than once: record `ordinal` gets `#number`. Big-endian: sorted as bytes. */
struct cy_repeat {
    uint8_t ordinal[8];
    uint8_t number[8];
};

struct cy_engine {
    const struct cy_plan *plan;
    const struct cy_run_options *options;
    size_t thread_count;
    int64_t memory_bytes;
    struct cy_work work;
    struct cy_arena arena; /* lives as long as the run */
    struct cy_worker *workers;
    struct cy_phase_parts *phases;
    struct cy_map repeats; /* struct cy_repeat, by ordinal */
    struct cy_progress progress;
    uint64_t kept_count; /* known when the dataset is written */
    bool resumed;
};

/* Files of a part. A phase that ends in barriers also has the rest. */
enum { CY_PART_SPILL, CY_PART_NAMES, CY_PART_NUMBERED, CY_PART_ROWS, CY_PART_IDS, CY_PART_MARKS };
struct cy_name_record { /* CY_PART_NAMES: every record of phase 0. CY_PART_NUMBERED: those whose own id is like `x#2` */
    uint8_t hash[16];   /* XXH3 128 of the id; of `x` */
    uint8_t number[8];  /* the record's ordinal; 2. Big-endian: sorted as bytes */
};
struct cy_row_record { /* CY_PART_ROWS: every row alive at the end of the phase */
    uint64_t ordinal;
    uint64_t id_end; /* in CY_PART_IDS; the id begins where the one before ends */
};
/* "spill", "names", "rows", "ids", "mark-0", …: the suffixes of phase p's parts, in arena. */
const char **cy_part_suffixes(const struct cy_plan *plan, size_t phase, struct cy_arena *arena, size_t *count);
char *cy_part_stem(const struct cy_engine *engine, size_t phase, size_t part, struct cy_arena *arena);
char *cy_barrier_stem(const struct cy_engine *engine, size_t step, struct cy_arena *arena);
extern const char *const cy_barrier_suffixes[2]; /* removed, strings */

/* Tells the progress, and says whether the run shall stop. */
void cy_engine_tell(struct cy_engine *engine);

/* ---- phase.c ---- */
enum cy_status cy_engine_run_phase(struct cy_engine *engine, size_t phase, struct cy_error *error);
/* ---- names.c ---- */
/* Appends what CY_PART_NAMES and CY_PART_NUMBERED keep of a record. */
void cy_name_add(struct cy_str id, uint64_t ordinal, struct cy_buffer *names, struct cy_buffer *numbered);
enum cy_status cy_engine_find_repeats(struct cy_engine *engine, struct cy_error *error);
/* The number to put behind record `ordinal`'s id, or 0. */
uint64_t cy_engine_repeat(const struct cy_engine *engine, uint64_t ordinal);
/* ---- barriers.c ---- */
enum cy_status cy_engine_run_barriers(struct cy_engine *engine, size_t phase, struct cy_error *error);
/* ---- write.c ---- */
/* The plan as a dataset describes it. `files` is the inputs with their hashes; it and the plan's strings are borrowed. */
void cy_engine_schema(struct cy_engine *engine, const struct cy_schema_file *files, struct cy_schema *schema);
enum cy_status cy_engine_write(struct cy_engine *engine, const struct cy_schema_file *files, char build_id[65], struct cy_error *error);

/* ---- blocks.c: the batches of a finished phase, one after the other ---- */
struct cy_block {
    struct cy_spill_head head;
    char *packed; /* owned */
    uint64_t row_first;
    struct cy_removal *removals; /* owned */
    size_t removal_count;
    bool part_end; /* the last of its part */
};
struct cy_removal_stream {
    FILE *file;
    struct cy_map strings;
    struct cy_removal next;
    bool end;
};
struct cy_blocks {
    struct cy_engine *engine;
    size_t phase;
    size_t part;    /* the part being read */
    uint64_t batch; /* batches of it that were read */
    int file;       /* its spill; -1: none open */
    uint64_t row_next;
    uint64_t offset;                   /* in the part's spill */
    struct cy_removal_stream *streams; /* one a barrier of the phase */
    size_t stream_count;
};
enum cy_status cy_blocks_open(struct cy_blocks *blocks, struct cy_engine *engine, size_t phase, size_t part_first, struct cy_error *error);
/* CY_END after the last batch. */
enum cy_status cy_blocks_next(struct cy_blocks *blocks, struct cy_block *block, struct cy_error *error);
void cy_blocks_close(struct cy_blocks *blocks);
void cy_block_release(struct cy_block *block);
/* Makes the batch (in the worker's arena) and gives what the barriers removed its verdicts. Thread-safe while the stream is open. */
enum cy_status cy_block_unpack(const struct cy_blocks *blocks, const struct cy_block *block, struct cy_worker *worker,
                               struct cy_batch *batch, struct cy_error *error);
/* An empty batch for the plan, with the signatures of the phase's barriers. */
void cy_engine_batch(const struct cy_engine *engine, struct cy_worker *worker, size_t phase, struct cy_batch *batch);

#endif
