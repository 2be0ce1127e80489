/* What people did to a dataset's folder goes over to the dataset that replaces it: what they wrote in the card, and files of their own.
 *
 *     ---                                    the head: keys that ciyuan writes are new, others stay
 *     …                                      text above: stays
 *     <!-- ciyuan writes what follows … -->
 *     …                                      new, unless somebody changed it: then the whole text stays as it is
 *     <!-- end of what ciyuan writes: … -->  with the hash of the part
 *     …                                      text below: stays */
#ifndef CY_DATASET_CARRY_OVER_H
#define CY_DATASET_CARRY_OVER_H

#include "base/files.h"

/* Puts the marks around the text from byte `from` of the card on. */
void cy_card_mark(struct cy_buffer *card, size_t from);
/* Appends to `out` the card `made` with what people did to `old`. False when the text in `old` that ciyuan wrote was changed, or its marks
 * are not there: then the text is old's, and its figures are of an earlier build. */
bool cy_card_merge(struct cy_buffer *out, struct cy_str old, struct cy_str made);
/* Merges the card in the folder `old` into the one in `made`, and links files and folders of the top level that ciyuan does not write.
 * *card_stays: the text was changed by hand and was kept. */
enum cy_status cy_dataset_carry_over(const char *old, const char *made, bool *card_stays, struct cy_error *error);

#endif
