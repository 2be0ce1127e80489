/* Which fields of a record become a document's text, id and URL, for the formats whose records have named fields. */
#ifndef CY_SOURCE_COLUMNS_H
#define CY_SOURCE_COLUMNS_H

#include "base/params.h"

struct cy_columns {
    struct cy_str text;
    struct cy_str id;
    struct cy_str url;
};

#define CY_COLUMNS_PARAMS(type, field_word)                                                                                                \
    CY_PARAM_TEXT(type, text, "text", "name", "the " field_word " that holds the text"),                                                   \
        CY_PARAM_TEXT(type, id, "id", "name", "the " field_word " that holds the id; a record without one is called by its place"),        \
        CY_PARAM_TEXT(type, url, "url", "name", "the " field_word " that holds the URL")

#endif
