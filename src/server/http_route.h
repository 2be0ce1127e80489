/* Which route a request takes: the patterns of the table, as a tree of segments.
 *
 *     /api/datasets/{namespace}/{name}/tree/{revision}/{path...}
 *
 * A segment is literal, a value {name}, or a value with a literal end ({name}.git); {path...} takes what is left, at least one segment.
 * A path is cut at its "/" first and each segment is decoded afterwards, so that %2F stays inside its value. What is literal goes before
 * what is a value, whatever the order of the table; the tree is walked back where that leads nowhere. */
#ifndef CY_SERVER_HTTP_ROUTE_H
#define CY_SERVER_HTTP_ROUTE_H

#include "server/http.h"

enum {
    CY_PATH_BYTES_MAX = 8192,   /* longer than any client's; a file's path in a repository may have 4096 bytes, some escaped */
    CY_PATH_SEGMENTS_MAX = 128, /* folders in folders */
    CY_QUERY_BYTES_MAX = 16384, /* many filters of a search */
};

struct cy_router;
struct cy_router *cy_router_new(const struct cy_route *routes); /* ended by a NULL method; a pattern that is wrong is a bug */
void cy_router_free(struct cy_router *router);

enum cy_route_result {
    CY_ROUTE_FOUND,
    CY_ROUTE_MISSING,      /* 404 */
    CY_ROUTE_OTHER_METHOD, /* 405; allow: the methods that there are */
    CY_ROUTE_BROKEN_PATH,  /* 400: `problem` says what */
    CY_ROUTE_TOO_DEEP,     /* 414 */
};
struct cy_route_match {
    const struct cy_route *route; /* with OTHER_METHOD: one of the path's, for the shape of the error; with MISSING and BROKEN_PATH: NULL */
    struct cy_str values[8];
    size_t value_count;
    char allow[64];
    const char *problem;
};
/* values: owned by arena. */
enum cy_route_result cy_router_find(const struct cy_router *router, const char *method, struct cy_str path, struct cy_arena *arena,
                                    struct cy_route_match *match);
/* How many routes there are, and the place of one among them. */
const struct cy_route *cy_router_routes(const struct cy_router *router);
size_t cy_router_count(const struct cy_router *router);
size_t cy_router_index(const struct cy_router *router, const struct cy_route *route);

#endif
