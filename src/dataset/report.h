/* What a dataset says of itself. Every file is a pure function of the counts: no time, host, absolute path or thread count stands in it,
 * and every text that comes from data is escaped.
 *
 *     counts ─▶ build.json    all of it, for programs (docs/report.md)
 *               build.html    the same for people: one page that needs nothing else
 *               samples.json  examples of what was removed, a few for each rule
 *               README.md     the card, with the Hugging Face YAML head
 *               croissant.json  MLCommons Croissant 1.1                                                                  */
#ifndef CY_DATASET_REPORT_H
#define CY_DATASET_REPORT_H

#include "dataset/counts.h"

/* Writes the five files into the folder; counts are sorted (cy_counts_sort) and know the shards. Errors: CY_IO. */
enum cy_status cy_report_write(const char *folder, const struct cy_schema *schema, const struct cy_build_counts *counts,
                               struct cy_error *error);

/* Each file's content, appended. */
void cy_report_json(struct cy_buffer *out, const struct cy_build_counts *counts);
void cy_report_samples(struct cy_buffer *out, const struct cy_build_counts *counts);
void cy_report_html(struct cy_buffer *out, const struct cy_build_counts *counts);
void cy_card(struct cy_buffer *out, const struct cy_build_counts *counts);
void cy_croissant(struct cy_buffer *out, const struct cy_build_counts *counts);
/* The specification's context, name by name: the member "@context" with its comma. mlcroissant warns about any other. */
extern const char cy_croissant_context[];

#endif
