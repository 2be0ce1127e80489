/* Sources that lie elsewhere: hub://ORG/NAME[@REVISION][/PATTERN], s3://BUCKET/PATTERN[?endpoint=URL&region=R]. */
#ifndef CY_CLI_FETCH_SOURCE_H
#define CY_CLI_FETCH_SOURCE_H

#include "source/expand.h"

/* For cy_source_fetch. The version's data files (or those that the pattern matches) come into $CIYUAN_CACHE, else ~/.cache/ciyuan, below
 * hub/ORG/NAME/SHA/, each checked against its hash, and stay there. Their names are "hub://ORG/NAME@SHA/path". The hub is the one that
 * `ciyuan pull` would ask. Objects of S3 come into s3/ there, found again by name, ETag and size; the keys are those of $AWS_ACCESS_KEY_ID
 * and $AWS_SECRET_ACCESS_KEY. A pattern that ends in "/" means every data file below it. */
cy_source_fetcher cy_fetch_source;

#endif
