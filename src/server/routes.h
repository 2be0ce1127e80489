/* Every route of the server, a row each:
 *
 *     CY_ROUTE(method, pattern, handler, body, body_bytes_max, flags, summary)
 *
 * `handler` is `void handler(struct cy_request *, struct cy_response *)` in the resource's file. The order is for readers: what is literal in
 * a pattern goes before what is a value, wherever it stands here. The OpenAPI document derives from these rows. */

/* health.c */
CY_ROUTE("GET", "/healthz", cy_health_live, CY_BODY_NONE, 0, CY_ROUTE_INLINE | CY_ROUTE_QUIET, "tell that the process answers")
CY_ROUTE("GET", "/readyz", cy_health_ready, CY_BODY_NONE, 0, CY_ROUTE_QUIET, "tell whether database and objects answer")
CY_ROUTE("GET", "/metrics", cy_metrics_show, CY_BODY_NONE, 0, CY_ROUTE_QUIET, "what Prometheus reads")
/* openapi.c */
CY_ROUTE("GET", "/api/v1/openapi.json", cy_openapi_show, CY_BODY_NONE, 0, CY_ROUTE_INLINE, "this document")
/* front.c */
CY_ROUTE("GET", "/", cy_front_show, CY_BODY_NONE, 0, 0, "the page")
CY_ROUTE("GET", "/{path...}", cy_front_file, CY_BODY_NONE, 0, CY_ROUTE_FALLBACK, "a file of the page, or the page itself")
