/* What /metrics tells of HTTP: requests by route and status, how long they took, bytes. Atomics; any thread. */
#ifndef CY_SERVER_HTTP_COUNTS_H
#define CY_SERVER_HTTP_COUNTS_H

#include "base/bytes.h"

struct cy_route;
struct cy_http_counts;
struct cy_http_counts *cy_http_counts_new(size_t route_count);
void cy_http_counts_free(struct cy_http_counts *counts);
/* route: its index, or route_count for what found none. seconds until the answer was ready (ns), body bytes in and out. */
void cy_http_counts_add(struct cy_http_counts *counts, size_t route, int status, uint64_t duration_ns, uint64_t bytes_in,
                        uint64_t bytes_out);
/* Prometheus text, format 0.0.4. routes: ended by a NULL method. */
void cy_http_counts_print(const struct cy_http_counts *counts, const struct cy_route *routes, struct cy_buffer *out);

#endif
