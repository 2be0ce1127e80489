/* Arrow in and out: a record batch of the Arrow C data interface becomes documents, and documents with what was measured on them become
 * a record batch. What is asked of its columns stands in include/ciyuan.h, at ciyuan_steps_run.
 *
 *     ArrowArray ─▶ cy_arrow_open: checked ─▶ cy_arrow_take: some rows ─▶ batch ─▶ steps ─▶ cy_arrow_output_add ─▶ … finish ─▶ ArrowArray
 *
 * Source: Apache Arrow, "The Arrow C data interface" and "Arrow columnar format" 1.5. Pointers of a producer cannot be checked; all that
 * can be is, before anything is read through it. */
#ifndef CY_DOCUMENT_ARROW_H
#define CY_DOCUMENT_ARROW_H

#include "ciyuan.h"
#include "document/batch.h"

/* ---- in ---- */

enum cy_arrow_field {
    CY_ARROW_TEXT, /* must be there; the others may be absent */
    CY_ARROW_ID,
    CY_ARROW_URL,
    CY_ARROW_MEDIA_TYPE,
    CY_ARROW_LANGUAGE,
    CY_ARROW_METADATA,
    CY_ARROW_FIELDS,
};

enum cy_arrow_layout {
    CY_ARROW_ABSENT = 0, /* no such column, or one of type null */
    CY_ARROW_UTF8,       /* offsets of 32 bits */
    CY_ARROW_LARGE_UTF8, /* of 64 bits */
    CY_ARROW_UTF8_VIEW,
};

/* A column of texts, borrowed. Row r of the batch is its item first + r. */
struct cy_arrow_texts {
    enum cy_arrow_layout layout;
    size_t first;
    const uint8_t *validity; /* a bit an item, from the lowest; NULL: all are there */
    const void *items;       /* int32_t or int64_t offsets, or views of 16 bytes */
    const char *bytes;
    const void *const *view_buffers; /* of views longer than 12 bytes */
};

struct cy_arrow_input {
    size_t row_count;
    struct cy_arrow_texts fields[CY_ARROW_FIELDS];
};

/* Checks the arrays, which are borrowed as long as the input is used. CY_BAD_INPUT says which column is wrong, and how. */
enum cy_status cy_arrow_open(struct cy_arrow_input *input, const struct ArrowSchema *schema, const struct ArrowArray *array,
                             struct cy_error *error);
/* Appends rows from `first` on to an empty batch, until it has row_max rows or byte_max bytes of text; returns how many, at least one where
 * there are any. Texts are borrowed from the arrays, what else a document has lies in the batch's arena. A row's ordinal is its number;
 * one without an id is called "#<number>". A row whose text is missing, too large or not UTF-8 is unreadable. */
size_t cy_arrow_take(const struct cy_arrow_input *input, size_t first, size_t row_max, size_t byte_max, struct cy_batch *batch);

/* Checks an array that is a column of texts alone: row r is item r of it. *row_count: its length. */
enum cy_status cy_arrow_open_texts(struct cy_arrow_texts *texts, size_t *row_count, const struct ArrowSchema *schema,
                                   const struct ArrowArray *array, struct cy_error *error);
bool cy_arrow_is_null(const struct cy_arrow_texts *texts, size_t row);
/* The text of a row, borrowed from the array; empty where it is NULL. */
struct cy_str cy_arrow_text(const struct cy_arrow_texts *texts, size_t row);

/* ---- out ---- */

/* What the columns are called; borrowed for the output's life. */
struct cy_arrow_names {
    const char *const *step_names;
    const char *const *signal_names; /* "gopher_quality.words", those of one step side by side */
    size_t signal_count;
    const char *const *vocabularies;
    size_t token_count;
};

struct cy_arrow_output;
struct cy_arrow_output *cy_arrow_output_new(const struct cy_arrow_names *names);
/* Appends a batch's rows, alive and gone, in the order of their ordinals, which have no gap within a batch. Copies what it takes.
 *   input   what the rows were taken from: a document's missing id stays missing */
void cy_arrow_output_add(struct cy_arrow_output *output, const struct cy_arrow_input *input, struct cy_batch *batch);
/* Moves all into *schema and *array, which their `release` frees. CY_BAD_RECIPE when a column has more bytes than utf8 can hold. */
enum cy_status cy_arrow_output_finish(struct cy_arrow_output *output, struct ArrowSchema *schema, struct ArrowArray *array,
                                      struct cy_error *error);
void cy_arrow_output_free(struct cy_arrow_output *output); /* NULL: nothing */

/* Arrays alone, with the NULLs of the texts that they were made of. What is given was allocated by cy_alloc, and is theirs from now on.
 *   offsets   row_count + 1: list r is items[offsets[r] … offsets[r + 1]) */
void cy_arrow_lists(const struct cy_arrow_texts *texts, size_t row_count, int64_t *offsets, uint32_t *items, struct ArrowSchema *schema,
                    struct ArrowArray *array);
void cy_arrow_counts(const struct cy_arrow_texts *texts, size_t row_count, int64_t *counts, struct ArrowSchema *schema,
                     struct ArrowArray *array);

#endif
