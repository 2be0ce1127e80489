/* Sources that lie on a hub: hub://ORG/NAME[@REVISION][/PATTERN]. */
#ifndef CY_CLI_FETCH_SOURCE_H
#define CY_CLI_FETCH_SOURCE_H

#include "source/expand.h"

/* For cy_source_fetch. The version's data files (or those that the pattern matches) come into $CIYUAN_CACHE, else ~/.cache/ciyuan, below
 * hub/ORG/NAME/SHA/, each checked against its hash, and stay there. Their names are "hub://ORG/NAME@SHA/path". The hub is the one that
 * `ciyuan pull` would ask. */
cy_source_fetcher cy_fetch_source;

#endif
