#include "server/openapi.h"

#include "server/http.h"

cy_handler cy_openapi_show;

void cy_openapi_show(struct cy_request *request, struct cy_response *response)
{
    response->status = 200;
    response->bytes = cy_openapi_document;
    cy_respond_header(request, response, "Cache-Control", "no-cache");
}
