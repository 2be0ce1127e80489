/* An operator: one step of a recipe, a function over a batch of documents. One file, one row in table.h; help, recipe checking, docs and
 * the report derive from the struct. An operator measures signals, keeps them, and decides; the runner counts, times and writes what was
 * removed. `run` is a pure function of the batch and self: any number of threads run it at once on batches of their own. */
#ifndef CY_OPERATORS_OPERATOR_H
#define CY_OPERATORS_OPERATOR_H

#include "base/params.h"
#include "document/batch.h"

/* A number measured on every document; column `<step>.<name>` of the dataset. */
struct cy_signal {
    const char *name;
    const char *unit;
    const char *meaning;
};

/* Why a document is removed. `signal` and `param` let the report draw the threshold into the signal's histogram. */
struct cy_rule {
    const char *name;
    const char *signal; /* the signal that decides, or NULL */
    const char *param;  /* the parameter that is its threshold, or NULL */
    enum { CY_KEEP_AT_LEAST = 1, CY_KEEP_AT_MOST, CY_KEEP_ABOVE, CY_KEEP_BELOW, CY_KEEP_OTHER } keep;
    const char *meaning;
};

/* A file that records come from. "" where the recipe says nothing. */
struct cy_step_file {
    const char *name; /* as the dataset names it */
    const char *license;
    const char *party;
};
struct cy_step_files {
    const struct cy_step_file *items; /* items[cy_origin.file] */
    size_t count;
};

/* A file that a step read when the plan was made, and that its work depends on: the lock names it. */
struct cy_step_input {
    const char *name; /* as the recipe writes it */
    char sha256[65];
};
struct cy_step_inputs { /* in the plan's arena */
    struct cy_step_input *items;
    size_t count;
};

/* What a step knows when the plan is made. */
struct cy_step_setup {
    struct cy_arena *arena; /* lives as long as the plan */
    const char *folder;     /* of the recipe: paths are relative to it */
    const char *step_name;  /* the operator's, or what `as:` says */
    /* Names of the signal columns of the steps before this one ("gopher_quality.words"), for expressions over them. */
    const char *const *signal_names;
    size_t signal_count;
    /* And of their columns of tokens ("o200k_base"). */
    const char *const *token_names;
    size_t token_count;
    /* Lives as long as the plan, and is filled when the whole recipe is read: prepare may keep it, run may look into it. NULL: none. */
    const struct cy_step_files *files;
    struct cy_step_inputs *inputs; /* where cy_step_note_input puts them; NULL: nobody asks */
};
/* For prepare: notes a file that it read. `name` is copied; a file that is there already is not noted twice. */
void cy_step_note_input(const struct cy_step_setup *setup, struct cy_str name, const char *sha256);

struct cy_barrier;

struct cy_operator {
    const char *name;
    const char *summary;                                     /* lower case, begins with a verb */
    const char *source;                                      /* paper or program the definition comes from */
    const struct cy_param *params;                           /* ends with {0} */
    const struct cy_signal *signals;                         /* ends with {0}; NULL: none */
    const struct cy_rule *rules;                             /* ends with {0}; NULL: never removes */
    size_t self_size;                                        /* bytes of the struct that params fill; zeroed before */
    bool (*rule_is_off)(const void *self, const char *rule); /* whether the parameters rule this rule out; NULL: none ever is */
    const char *scalar_param;                                /* `where: "…"` means `where: {<scalar_param>: "…"}`; NULL: none */
    /* Checks parameters together, loads models, compiles patterns. NULL: nothing to do. CY_BAD_RECIPE when a parameter is wrong. */
    enum cy_status (*prepare)(void *self, const struct cy_step_setup *setup, struct cy_error *error);
    void (*release)(void *self); /* what prepare allocated outside the arena; NULL: nothing */
    enum cy_status (*run)(const void *self, struct cy_batch *batch, struct cy_error *error);

    /* Name of the column of tokens that `run` fills (cy_batch_tokens), asked after prepare: a vocabulary's. NULL: it fills none. */
    const char *(*token_column)(const void *self);

    /* A barrier step sees all documents. `run` writes a signature of mark_size bytes a row (cy_batch_mark); when every document has
     * one, `barrier` reads them in input order and says which to remove. */
    size_t (*mark_size)(const void *self);
    enum cy_status (*barrier)(const void *self, struct cy_barrier *barrier, struct cy_error *error);
};

/* What a barrier step works with; the engine makes it. */
struct cy_barrier {
    uint64_t row_count;   /* documents alive when the barrier is reached */
    const char *folder;   /* for its own temporary files; emptied afterwards */
    int64_t memory_bytes; /* what it may use */
    size_t thread_count;
    size_t mark_size;
    const atomic_bool *stop; /* to give to sorts, and to ask in loops that neither read nor remove; NULL: never */
    void *engine;
    /* The signatures of rows [first, first + count) end to end; borrowed until the next call with the same `slot`.
     * Thread-safe for different slots (0 … thread_count-1). count is cut at what one call gives (*got, at least 1). */
    enum cy_status (*read)(struct cy_barrier *barrier, size_t slot, uint64_t first, uint64_t count, const uint8_t **marks, uint64_t *got,
                           struct cy_error *error);
    /* Removes a row, by a number that counts the barrier's rows in input order. A row is removed at most once; calls come from one thread.
     *   kept          the row it duplicates, or UINT64_MAX when duplicate_of names it
     *   duplicate_of  id of a document outside the run (`against:`), copied; empty otherwise
     *   measured, threshold, similarity  NaN where they do not apply */
    enum cy_status (*remove)(struct cy_barrier *barrier, uint64_t row, uint64_t kept, struct cy_str duplicate_of, const char *rule,
                             double measured, double threshold, double similarity, struct cy_error *error);
};

/* The table, ordered as in table.h; NULL ends it. */
extern const struct cy_operator *const cy_operators[];
const struct cy_operator *cy_operator_find(struct cy_str name);

#endif
