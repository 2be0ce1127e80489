/* A plan: a recipe that was read, checked and made ready to run. Everything that can be wrong with a recipe is found here, before any work:
 * unknown names (with the nearest known one), wrong values, sources that match no file. */
#ifndef CY_RECIPE_PLAN_H
#define CY_RECIPE_PLAN_H

#include "dataset/dataset.h"
#include "operators/operator.h"
#include "source/source.h"

/* One of the recipe's sources. Its files stand in cy_plan.files, one after the other. */
struct cy_plan_source {
    const char *path;
    const struct cy_format *format;
    void *self; /* the format's parameters */
    const char *license;
    const char *party;
    uint32_t file_first;
    uint32_t file_count;
};

struct cy_plan_step {
    const struct cy_operator *operator;
    void *self;
    const char *name; /* the operator's, or what `as:` says */
    size_t signal_first;
    size_t token_first; /* its column of tokens, for an operator that has one */
    struct cy_step_inputs inputs;
    size_t mark; /* its column of signatures, for a barrier */
};

enum { CY_PHASE_BARRIERS_MAX = 16 }; /* each has files open; a longer row of barriers makes several phases */

/* Steps run in phases: documents go through all steps of a phase while their batch is in cache; then the phase's barriers see them all.
 *
 *     phase 0: extract_html language … dedup_exact│dedup_minhash│     phase 1: count_tokens …
 *              └── per-document steps ──┘ └──── barriers ────┘                                                    */
struct cy_phase {
    size_t step_first;    /* per-document steps [step_first, barrier_first) */
    size_t barrier_first; /* barriers [barrier_first, step_end) */
    size_t step_end;
};

struct cy_plan {
    struct cy_arena arena;
    const char *name;
    const char *folder;        /* of the recipe; paths in it are relative to this */
    struct cy_str recipe_text; /* byte for byte */
    struct cy_plan_source *sources;
    size_t source_count;
    struct cy_input *files; /* all sources', in order */
    uint32_t *file_sources; /* files[i] belongs to sources[file_sources[i]] */
    uint64_t *file_sizes;   /* bytes on disk when the plan was made */
    size_t file_count;
    uint64_t input_bytes;
    struct cy_plan_step *steps;
    size_t step_count;
    struct cy_phase *phases; /* at least one */
    size_t phase_count;
    size_t signal_count;
    const char **signal_names;  /* "gopher_quality.words" */
    const char **vocabularies;  /* names of the columns of tokens */
    uint32_t *vocabulary_steps; /* the step that fills each */
    size_t token_count;
    const char *output; /* folder */
    struct cy_dataset_options options;
};

/* Reads the recipe at `path` and makes the plan. `output`: replaces output.path, relative to the working folder; NULL: as the recipe says.
 * Errors: CY_BAD_RECIPE with "recipe.yaml:line:column: …" and a hint; CY_IO. The plan must be released whatever the status. */
enum cy_status cy_plan_open(struct cy_plan *plan, const char *path, const char *output, struct cy_error *error);
/* The same from text; `name` stands in messages, `folder` is where paths begin. */
enum cy_status cy_plan_parse(struct cy_plan *plan, struct cy_str text, const char *name, const char *folder, const char *output,
                             struct cy_error *error);
/* A plan of steps alone, without sources and output: `text` is a YAML list, as a recipe's `steps:` holds it. */
enum cy_status cy_plan_parse_steps(struct cy_plan *plan, struct cy_str text, const char *name, const char *folder, struct cy_error *error);
void cy_plan_release(struct cy_plan *plan);

#endif
