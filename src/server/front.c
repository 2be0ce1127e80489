/* What stands at "/" as long as the page is not built in. */
#include "server/app.h"

cy_handler cy_front_show;

static const char page[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>ciyuan</title>\n"
    "<style>body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:12vh auto;padding:0 1.5rem;color-scheme:light dark}"
    "code{font-size:.95em}</style>\n"
    "<h1>ciyuan \xe8\xaf\x8d\xe5\x85\x83</h1>\n"
    "<p>This is a hub of datasets. The page is not built into this program; the clients work:</p>\n"
    "<pre><code>export HF_ENDPOINT=%s\npython -c 'from datasets import load_dataset; print(load_dataset(\"ORG/NAME\"))'</code></pre>\n"
    "<p><a href=\"/healthz\">healthz</a> \xc2\xb7 <a href=\"/readyz\">readyz</a> \xc2\xb7 <a href=\"/metrics\">metrics</a></p>\n</html>\n";

void cy_front_show(struct cy_request *request, struct cy_response *response)
{
    struct cy_buffer host = {0};
    cy_buffer_add_html(&host, request->host);
    cy_buffer_add_byte(&host, '\0');
    response->status = 200;
    response->content_type = "text/html; charset=utf-8";
    response->bytes = cy_str(cy_arena_printf(request->arena, page, host.data));
    cy_respond_header(request, response, "Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    cy_respond_header(request, response, "Cache-Control", "no-cache");
    cy_buffer_release(&host);
}
