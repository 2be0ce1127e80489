/* How often somebody may try: a bucket a key, which holds `burst` and fills by one each `every_ms`. A table of a fixed size: two keys that
 * share a slot share their bucket, and so are refused sooner, never later. Thread-safe. */
#ifndef CY_HUB_RATE_LIMIT_H
#define CY_HUB_RATE_LIMIT_H

#include "base/bytes.h"

struct cy_rate_limit;
struct cy_rate_limit *cy_rate_limit_new(unsigned burst, int64_t every_ms);
void cy_rate_limit_free(struct cy_rate_limit *limit); /* NULL is fine */
/* Takes one. False: it is empty; *wait_ms says for how long. now_ms: of any clock that does not go back. */
bool cy_rate_limit_take(struct cy_rate_limit *limit, struct cy_str key, int64_t now_ms, int64_t *wait_ms);

#endif
