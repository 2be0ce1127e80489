/* Why one document is gone, with its numbers; or that it was kept, and where it lies. */
#ifndef CY_CLI_VERDICT_EXPLAIN_H
#define CY_CLI_VERDICT_EXPLAIN_H

#include "dataset/read.h"

/* Prints to stdout. `id` is a document's id, or its url where no id is so called. Errors: CY_FAILED when there is no such record. */
enum cy_status cy_verdict_explain(const struct cy_dataset *dataset, struct cy_duck *duck, const char *id, bool json,
                                  struct cy_error *error);

struct yyjson_val;
/* A member of a row as text; empty when it is NULL, absent, or no text. */
struct cy_str cy_verdict_text(struct yyjson_val *row, const char *key);
/* The reason of a verdict in words: "measured 12, kept ≥ 50", "near-duplicate of …, 97 % alike (similarity 0.97)"; `row` is a row of
 * verdicts as JSON. Appended; empty when there are no numbers. */
void cy_verdict_add_reason(struct cy_buffer *out, const struct cy_dataset *dataset, struct yyjson_val *row);
/* The beginning of a text, line breaks as spaces, cut at `chars_max` characters with "…". */
void cy_verdict_add_excerpt(struct cy_buffer *out, struct cy_str text, size_t chars_max);

#endif
