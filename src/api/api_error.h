/* How the inside's errors become the public API's. Private to src/api. */
#ifndef CY_API_ERROR_H
#define CY_API_ERROR_H

#include "base/error.h"
#include "ciyuan.h"

/* Fills *out (NULL: nobody asks) from *error, which is read only when status is not CY_OK; returns the public status. */
int32_t cy_api_error(struct ciyuan_error *out, enum cy_status status, const struct cy_error *error);

#endif
