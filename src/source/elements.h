/* The elements of one JSON array that is a whole file, as many exports are written: [ {…}, {…} ]. Found by their brackets; what is within
 * is the decoder's business. */
#ifndef CY_SOURCE_ELEMENTS_H
#define CY_SOURCE_ELEMENTS_H

#include "source/record.h"

struct cy_elements {
    struct cy_stream *stream;
    uint32_t file;
    uint64_t record; /* of the next element */
};

/* Whether the file begins, after white space and a BOM, with '['. */
bool cy_elements_fit(const char *path);
enum cy_status cy_elements_open(struct cy_elements *elements, const struct cy_input *input, struct cy_place from, struct cy_error *error);
void cy_elements_close(struct cy_elements *elements);
/* Appends the next element as a row. One that the file ends within is unreadable, "truncated"; one above CY_RECORD_BYTES_MAX is
 * "too_large". A missing last bracket is no loss and goes unsaid. */
enum cy_status cy_elements_next(struct cy_elements *elements, struct cy_batch *batch, struct cy_error *error);
struct cy_place cy_elements_tell(const struct cy_elements *elements);

#endif
