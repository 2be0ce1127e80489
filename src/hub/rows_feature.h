/* DuckDB's names of types, as the features that the `datasets` package knows: "BIGINT" is {"dtype":"int64","_type":"Value"}. */
#ifndef CY_HUB_ROWS_FEATURE_H
#define CY_HUB_ROWS_FEATURE_H

#include "base/bytes.h"

/* Appends the feature, JSON, of a type as DESCRIBE prints it: STRUCT(a INTEGER, "b c" VARCHAR[]), DECIMAL(18,3), MAP(VARCHAR, INTEGER), …
 * A type that the package has no name for is a string, as which its values are sent. Nesting beyond 64 levels is a string too. */
void cy_rows_add_feature(struct cy_buffer *out, struct cy_str type);

/* Where the first member of a list "a INTEGER, b STRUCT(…)" ends: at its comma, or at the end. Quotes and brackets are passed over whole.
 */
size_t cy_rows_member_end(struct cy_str list);

/* What a column is, for statistics and for search. */
enum cy_rows_kind { CY_ROWS_OTHER, CY_ROWS_INTEGER, CY_ROWS_NUMBER, CY_ROWS_TEXT, CY_ROWS_BOOL, CY_ROWS_LIST, CY_ROWS_TIME, CY_ROWS_BYTES };
enum cy_rows_kind cy_rows_kind_of(struct cy_str type);

#endif
