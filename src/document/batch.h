/* A batch: some hundred documents on their way, and the arena that holds all that belongs to them.
 *
 * Rows lie in columns. Rows [0, row_count) are alive; rows [row_count, total_count) have a verdict. An operator marks rows with
 * cy_batch_remove and goes on; the runner moves them behind row_count after the step, keeping the order of those alive, so an operator
 * never meets a row that is gone. Nothing outlives its batch: copy what stays. One batch, one thread at a time. */
#ifndef CY_DOCUMENT_BATCH_H
#define CY_DOCUMENT_BATCH_H

#include "base/arena.h"
#include "base/error.h"

enum cy_fate {
    CY_KEPT = 0,
    CY_REMOVED,    /* an operator's rule */
    CY_UNREADABLE, /* the record could not be used; rule is the reason */
    CY_SKIPPED,    /* not a document; rule is the type */
};

/* Where a record lies in its source. */
struct cy_place {
    uint64_t offset; /* byte in the file where its compressed member or frame begins; in a plain file the record's own */
    uint64_t within; /* bytes into that member or frame, decompressed; 0 in a plain file */
    uint64_t record; /* records before it in the file */
};

struct cy_origin {
    uint64_t ordinal; /* records before it in the whole run: the order of everything */
    uint32_t file;    /* index into the plan's files */
    struct cy_place place;
};

/* What became of a row that was not kept. Numbers that do not apply are NaN. */
struct cy_verdict {
    enum cy_fate what;
    uint32_t step;      /* index into the plan's steps; CY_STEP_READ before the first */
    struct cy_str rule; /* the rule's name, the reason, or the type */
    double measured;    /* the value that decided, in the rule's unit */
    double threshold;
    struct cy_str duplicate_of; /* id of the kept document */
    double similarity;          /* to that document, 0…1 */
    struct cy_str excerpt;      /* replaces the text in the ledger where the step hides it (pii, safety): the masked match */
};
#define CY_STEP_READ UINT32_MAX

/* Memory that belongs to one worker thread and lives longer than a batch: parsers, regex scratch. Keyed by owner. */
struct cy_scratch;
struct cy_words;
/* The worker's object for `owner` (the operator's self, or any address), made by make(context) the first time, freed by free_object
 * with the worker. Never NULL. */
void *cy_scratch_get(struct cy_scratch *scratch, const void *owner, void *(*make)(const void *context), const void *context,
                     void (*free_object)(void *object));
/* A buffer as the object; it stands as its last user left it. */
struct cy_buffer *cy_scratch_buffer(struct cy_scratch *scratch, const void *owner);
struct cy_scratch *cy_scratch_new(void);
void cy_scratch_free(struct cy_scratch *scratch);

struct cy_batch {
    struct cy_arena *arena;     /* the batch's; reset by the worker when the batch is done */
    struct cy_scratch *scratch; /* the worker's */
    size_t row_count;           /* alive */
    size_t total_count;         /* alive and gone */
    size_t row_capacity;
    uint64_t text_bytes; /* of what was appended, to cut batches */

    struct cy_str *texts;       /* raw bytes of the record until it is decoded, UTF-8 after that */
    struct cy_str *ids;         /* empty until decoded; "<file>#<record>" where the record has none */
    struct cy_str *urls;        /* empty: none */
    struct cy_str *media_types; /* "text/html; charset=gbk"; empty: as the format says */
    struct cy_str *metadata;    /* a JSON object as text; empty: none */
    struct cy_str *languages;   /* static or in the arena; empty: not measured */
    struct cy_origin *origins;
    struct cy_verdict *verdicts;   /* verdicts[row].what is CY_KEPT for rows alive */
    uint64_t *read_bytes;          /* size of the record as read */
    uint64_t *cut_bytes;           /* bytes of a gone row's text that were left out on its way to the ledger; 0: the text is whole */
    const struct cy_words **words; /* the text's words once some step has split them, see words.h; NULL: not yet */

    size_t signal_count; /* columns, all steps together; the plan's */
    double **signals;    /* [column][row]; NaN: not measured */
    size_t token_count;  /* columns, one a vocabulary; the plan's */
    int64_t **tokens;    /* [column][row]; -1: not counted */
    size_t mark_count;   /* barrier steps' signatures */
    size_t *mark_sizes;  /* bytes a row */
    uint8_t **marks;     /* [mark][row * mark_sizes[mark]] */

    /* Set by the runner for the step that is running. */
    uint32_t step;            /* index into the plan's steps */
    size_t step_signal_first; /* first of the step's columns in signals */
    size_t step_token_first;
    size_t step_mark;
};

/* An empty batch whose columns hold `row_capacity` rows at first and grow; signals, tokens and marks as counted. */
void cy_batch_init(struct cy_batch *batch, struct cy_arena *arena, struct cy_scratch *scratch, size_t row_capacity, size_t signal_count,
                   size_t token_count, const size_t *mark_sizes, size_t mark_count);
/* Appends a row alive, all columns empty or NaN; returns its index. Only while no row is gone. */
size_t cy_batch_append(struct cy_batch *batch);
/* Column `index` of the running step's signals, as its table orders them: row_count values, NaN until set. */
double *cy_batch_signal(struct cy_batch *batch, size_t index);
/* The running step's column of tokens: row_count values, -1 until set. */
int64_t *cy_batch_tokens(struct cy_batch *batch);
/* The running barrier step's signature of a row. */
static inline uint8_t *cy_batch_mark(struct cy_batch *batch, size_t row)
{
    return batch->marks[batch->step_mark] + row * batch->mark_sizes[batch->step_mark];
}

/* Verdicts. The first one of a row counts; a later one of the same step is ignored. `rule` is borrowed for the batch's life (a literal,
 * the plan's, or the arena's). */
void cy_batch_remove(struct cy_batch *batch, size_t row, const char *rule, double measured, double threshold);
/* The same, for a rule whose text must not be shown: the ledger gets `masked` in its place ("***" when it is
 * empty). */
void cy_batch_remove_hidden(struct cy_batch *batch, size_t row, const char *rule, double measured, double threshold, struct cy_str masked);
void cy_batch_unreadable(struct cy_batch *batch, size_t row, const char *reason);
/* The same, with the byte of the record at which reading failed: the verdict's measured value. A reason names a kind of damage, and stands
 * for all records that have it; where it lies is not part of it. */
void cy_batch_unreadable_at(struct cy_batch *batch, size_t row, const char *reason, double byte);
void cy_batch_skip(struct cy_batch *batch, size_t row, struct cy_str type);
/* Bytes of the row's text, also where part of it was left out. */
static inline uint64_t cy_batch_text_bytes(const struct cy_batch *batch, size_t row)
{
    return batch->texts[row].size + batch->cut_bytes[row];
}
/* Moves the rows that got a verdict behind row_count; the order of the rows alive stays. */
void cy_batch_compact(struct cy_batch *batch);

#endif
