/* How far a build is: a bar on a terminal, a line a stage elsewhere; and the run log beside the dataset. */
#ifndef CY_CLI_PROGRESS_H
#define CY_CLI_PROGRESS_H

#include "recipe/run.h"

#include <stdio.h>

struct cy_progress_view {
    FILE *log;     /* OUTPUT.log, or NULL */
    bool terminal; /* stderr is one */
    bool quiet;
    uint64_t start_ns;
    uint64_t stage_ns;                 /* when the stage began */
    uint64_t shown_ns;                 /* when the bar was drawn last */
    uint64_t first_count, first_bytes; /* of the stage, when it began: what this run does itself */
    struct cy_progress last;
    bool any;
};

/* "reading", "writing", …: what a stage is called. */
const char *cy_progress_stage_name(enum cy_run_stage stage);

void cy_progress_begin(struct cy_progress_view *view, FILE *log, bool quiet);
/* The callback for cy_run_options.progress; context is the view. */
void cy_progress_show(void *context, const struct cy_progress *progress);
/* Ends the line. */
void cy_progress_end(struct cy_progress_view *view);
/* A table of what each step took, to the log, and to `out` when it is not NULL. */
void cy_progress_times(struct cy_progress_view *view, const struct cy_run_result *result, FILE *out);

#endif
