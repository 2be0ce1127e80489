/* Answers that are asked for again and again, in memory: those of routes that are CY_ROUTE_CACHED, with status 200 and a small body.
 *
 * An answer is found by all that it was made of: path, query, the host that its URLs name, the Authorization and Cookie headers, byte by
 * byte. It is fresh while the hub's generation is what it was before the handler read anything (so a write that was acknowledged is seen at
 * once), and for a second at most (so a token that expires, and counters of uses, are not far behind). */
#ifndef CY_SERVER_ANSWER_CACHE_H
#define CY_SERVER_ANSWER_CACHE_H

#include "server/http.h"

struct cy_answer_cache;
struct cy_answer_cache *cy_answer_cache_new(void);
void cy_answer_cache_free(struct cy_answer_cache *cache); /* NULL is fine */

/* The server's hooks `cached` and `answered`: any thread, never block. */
bool cy_answer_cache_find(struct cy_request *request, struct cy_response *response);
void cy_answer_cache_keep(struct cy_request *request, const struct cy_response *response);

#endif
