/* recipe.lock: what a build ran, so that it can be run again: ciyuan's version and those of the libraries that shape its bytes, each step
 * with all its parameters (defaults, too), the models, the earlier datasets it compared with, and every input with its hash. JSON. */
#ifndef CY_DATASET_LOCK_H
#define CY_DATASET_LOCK_H

#include "dataset/dataset.h"

/* Appends the file's content. */
void cy_lock_print(const struct cy_schema *schema, const struct cy_dataset_options *options, struct cy_buffer *out);

/* Its lines of what the steps find beside the recipe: models, and earlier datasets by their build ids. */
void cy_lock_print_found(const struct cy_schema *schema, struct cy_buffer *out);

#endif
