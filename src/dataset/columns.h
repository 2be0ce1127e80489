/* The columns of data and verdicts, as the card and Croissant describe them; `tokens` and `signals` are structs whose members the recipe
 * decides. */
#ifndef CY_DATASET_COLUMNS_H
#define CY_DATASET_COLUMNS_H

#include "base/bytes.h"

enum { CY_IN_DATA = 1 << 0, CY_IN_VERDICTS = 1 << 1 };

struct cy_column {
    const char *name;
    enum { CY_COLUMN_TEXT = 1, CY_COLUMN_INTEGER, CY_COLUMN_NUMBER, CY_COLUMN_TOKENS, CY_COLUMN_SIGNALS } type;
    unsigned tables; /* CY_IN_DATA, CY_IN_VERDICTS */
    const char *meaning;
};
extern const struct cy_column cy_columns[]; /* in the files' order; ends with {0} */

#endif
