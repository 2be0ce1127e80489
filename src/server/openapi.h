/* The OpenAPI document, which the build makes of routes.h and the schemas beside it (tools/make_openapi.py). */
#ifndef CY_SERVER_OPENAPI_H
#define CY_SERVER_OPENAPI_H

#include "base/bytes.h"

extern const struct cy_str cy_openapi_document;

#endif
