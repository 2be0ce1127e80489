/* Running a plan. The life of a run, from top to bottom:
 *
 *     CY_RUN_READ      sources ─▶ batches ─▶ the per-document steps of phase 0 ─▶ parts in the work folder
 *     CY_RUN_NAMES     repeated ids are found
 *     CY_RUN_BARRIER   the phase's barriers, one after the other: which documents to remove
 *     CY_RUN_STEPS     the next phase's steps, over the parts of the one before; then its barriers; and so on
 *     CY_RUN_HASH      the inputs' sha256, for the lock
 *     CY_RUN_WRITE     the last parts ─▶ shards, ledger, report, card
 *     CY_RUN_VERIFY    every hash of the new dataset, read back
 *     CY_RUN_SWAP      the new dataset takes its place, all at once                                                       */
#ifndef CY_RECIPE_RUN_H
#define CY_RECIPE_RUN_H

#include "recipe/plan.h"

#include <stdatomic.h>

enum cy_run_stage { CY_RUN_READ, CY_RUN_NAMES, CY_RUN_BARRIER, CY_RUN_STEPS, CY_RUN_HASH, CY_RUN_WRITE, CY_RUN_VERIFY, CY_RUN_SWAP };

/* Told after each batch and at the beginning of each stage, from one thread at a time. */
struct cy_progress {
    enum cy_run_stage stage;
    const char *step;        /* of a barrier; "" otherwise */
    uint64_t document_count; /* read by this run and those before it, or written, by the stage */
    uint64_t kept_count;     /* of them, alive now */
    uint64_t done_bytes;     /* of total_bytes; in the files as they lie on disk where the stage reads sources */
    uint64_t total_bytes;    /* 0: not known */
    uint64_t resumed_count;  /* documents that runs before this one had done */
};

struct cy_run_options {
    size_t thread_count;     /* 0: one a processor */
    int64_t memory_bytes;    /* 0: a quarter of the machine's */
    uint64_t record_limit;   /* 0: none */
    int64_t part_bytes;      /* 0: 64 MiB of raw input between checkpoints */
    bool restart;            /* forget the work folder */
    bool replace;            /* an existing dataset is replaced, when the new one is whole */
    const atomic_bool *stop; /* when it becomes true the run stops soon, in whatever stage, and can be resumed; NULL: never */
    void (*progress)(void *context, const struct cy_progress *progress); /* NULL: none */
    void *progress_context;
};

/* What a step did in this run (not in those it resumes). */
struct cy_step_time {
    const char *name;
    uint64_t in_count, gone_count;
    uint64_t text_bytes; /* of the documents it saw */
    uint64_t cpu_ns;     /* all threads together; of a barrier also the wall time of seeing them all */
};

struct cy_run_result {
    char build_id[65];
    struct cy_step_time *times; /* reading and decoding first, then a step each, then writing; owned */
    size_t time_count;
    uint64_t read_count;
    uint64_t kept_count;
    size_t thread_count; /* used */
    int64_t memory_bytes;
    bool resumed;
    bool card_stays; /* the text of the card that was there had been changed by hand, and was kept: its figures are of an earlier build */
};

/* Builds the dataset. CY_INTERRUPTED after stop: the same call goes on later. Whatever the error, an existing dataset is untouched. */
enum cy_status cy_run(const struct cy_plan *plan, const struct cy_run_options *options, struct cy_run_result *result,
                      struct cy_error *error);
void cy_run_result_release(struct cy_run_result *result);

#endif
