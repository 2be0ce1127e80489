/* What stands behind the reasons of rows that are `unreadable` and the types of those that are `skipped`, in a sentence. */
#ifndef CY_SOURCE_REASONS_H
#define CY_SOURCE_REASONS_H

#include "document/batch.h"

/* A literal; "" where the reason says all there is to say, and for CY_KEPT and CY_REMOVED. */
const char *cy_reason_meaning(enum cy_fate what, struct cy_str reason);

#endif
