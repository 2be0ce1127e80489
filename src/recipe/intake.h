/* The intake: all files of all sources as one stream of raw batches. A batch holds records of one source; where it is cut depends on the
 * records alone. One thread at a time. */
#ifndef CY_RECIPE_INTAKE_H
#define CY_RECIPE_INTAKE_H

#include "recipe/plan.h"

enum {
    CY_BATCH_ROWS_MAX = 256,      /* some hundred documents */
    CY_BATCH_BYTES_MAX = 1 << 20, /* raw bytes after which a batch closes: it and what is made of it stay in cache */
};

/* Where the stream stands: enough to go on from there. */
struct cy_cursor {
    uint32_t file;         /* index of the file to read next */
    struct cy_place place; /* in it */
    uint64_t ordinal;      /* records before it */
    bool end;              /* nothing is left */
};

struct cy_intake {
    const struct cy_plan *plan;
    struct cy_cursor cursor;
    uint64_t record_limit; /* stop after this many records; UINT64_MAX: never */
    struct cy_reader *reader;
    const struct cy_format *format; /* of the open reader */
};

void cy_intake_open(struct cy_intake *intake, const struct cy_plan *plan, struct cy_cursor from, uint64_t record_limit);
/* Fills an empty batch; *source is the one its records belong to. CY_END: no records are left. The batch's rows have ordinal, file and
 * place; some have a verdict already. intake->cursor then stands behind the batch. */
enum cy_status cy_intake_fill(struct cy_intake *intake, struct cy_batch *batch, const struct cy_plan_source **source,
                              struct cy_error *error);
void cy_intake_close(struct cy_intake *intake);
/* Raw rows → documents: decodes, and gives an id to the rows that have none. Thread-safe. */
enum cy_status cy_intake_decode(const struct cy_plan *plan, const struct cy_plan_source *source, struct cy_batch *batch,
                                struct cy_error *error);

#endif
