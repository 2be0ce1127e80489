#include "api/api_error.h"

#include <stdio.h>

int32_t ciyuan_api_version(void)
{
    return CIYUAN_API_VERSION;
}

const char *ciyuan_version(void)
{
    return CIYUAN_VERSION;
}

int32_t cy_api_error(struct ciyuan_error *out, enum cy_status status, const struct cy_error *error)
{
    static const int32_t statuses[] = {
        [CY_OK] = CIYUAN_OK, [CY_END] = CIYUAN_OK,        [CY_BAD_INPUT] = CIYUAN_BAD_INPUT, [CY_BAD_RECIPE] = CIYUAN_BAD_REQUEST,
        [CY_IO] = CIYUAN_IO, [CY_FAILED] = CIYUAN_FAILED, [CY_INTERRUPTED] = CIYUAN_FAILED,
    };
    if (out == NULL)
        return statuses[status];
    out->status = statuses[status];
    snprintf(out->message, sizeof out->message, "%s", out->status == CIYUAN_OK ? "" : error->message);
    snprintf(out->hint, sizeof out->hint, "%s", out->status == CIYUAN_OK ? "" : error->hint);
    return out->status;
}
