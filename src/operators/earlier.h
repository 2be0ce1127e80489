/* Documents of earlier datasets, as `against:` needs them: their signatures and ids, on disk. */
#ifndef CY_OPERATORS_EARLIER_H
#define CY_OPERATORS_EARLIER_H

#include "operators/near_duplicates.h"
#include "operators/row_store.h"

struct cy_earlier {
    struct cy_row_store signatures; /* one a document; count says how many */
    struct cy_row_store id_ends;    /* uint64_t: where the document's id ends in `ids` */
    struct cy_row_store ids;        /* bytes, end to end */
};

/* Reads id and text of all documents of op->folders (dataset after dataset, file after file, row after row) and keeps signatures and ids
 * in the barrier's folder. Uses the barrier's memory and threads. Errors: CY_FAILED, CY_IO, CY_BAD_INPUT, naming the file. */
enum cy_status cy_earlier_read(struct cy_earlier *earlier, const struct cy_near_duplicates *op, const struct cy_barrier *barrier,
                               struct cy_error *error);
/* The id of document `index`; borrowed from room. */
enum cy_status cy_earlier_id(const struct cy_earlier *earlier, uint64_t index, struct cy_buffer *room, struct cy_str *id,
                             struct cy_error *error);
void cy_earlier_close(struct cy_earlier *earlier); /* a zeroed one is allowed */

#endif
