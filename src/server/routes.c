#include "server/app.h"

#define CY_ROUTE(method, pattern, handler, body, body_bytes_max, flags, summary) cy_handler handler;
#include "server/routes.h"
#undef CY_ROUTE

const struct cy_route cy_routes[] = {
#define CY_ROUTE(method, pattern, handler, body, body_bytes_max, flags, summary)                                                           \
    {method, pattern, handler, body, body_bytes_max, flags, summary},
#include "server/routes.h"
#undef CY_ROUTE
    {0},
};
