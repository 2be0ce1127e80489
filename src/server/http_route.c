#include "server/http_route.h"

#include "server/http_parse.h"

#include <stdio.h>
#include <stdlib.h>

enum node_kind {
    NODE_LITERAL,
    NODE_VALUE,
    NODE_TAIL,
};

/* One segment of one or more patterns. Children stand in the order in which they are tried: literals, values with the longest end first,
 * the tail. */
struct node {
    enum node_kind kind;
    struct cy_str text; /* the literal, or a value's end */
    struct node *child, *next;
    const struct cy_route *routes[8]; /* that end here, one a method */
    size_t route_count;
};

struct cy_router {
    struct cy_arena arena;
    const struct cy_route *routes;
    size_t route_count;
    struct node root;
    const struct cy_route *fallback; /* NULL: none */
};

/* ---- building ---- */

static bool stands_before(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->kind == NODE_VALUE && a->text.size > b->text.size;
}

static struct node *child_of(struct cy_router *router, struct node *parent, struct node wanted)
{
    struct node **link = &parent->child;
    for (; *link != NULL; link = &(*link)->next)
        if ((*link)->kind == wanted.kind && cy_str_equal((*link)->text, wanted.text))
            return *link;
    for (link = &parent->child; *link != NULL && !stands_before(&wanted, *link); link = &(*link)->next)
        ;
    struct node *node = cy_arena_alloc(&router->arena, sizeof *node);
    *node = wanted;
    node->next = *link;
    *link = node;
    return node;
}

static struct node segment_node(struct cy_str segment)
{
    if (segment.size == 0 || segment.data[0] != '{')
        return (struct node){.kind = NODE_LITERAL, .text = segment};
    struct cy_str end, name = cy_str_split(segment, '}', &end);
    CY_ASSERT(name.size > 1 && name.data + name.size < segment.data + segment.size); /* a closing brace */
    if (cy_str_ends(name, CY_STR("..."))) {
        CY_ASSERT(end.size == 0);
        return (struct node){.kind = NODE_TAIL};
    }
    return (struct node){.kind = NODE_VALUE, .text = end};
}

static void add_route(struct cy_router *router, const struct cy_route *route)
{
    struct node *node = &router->root;
    CY_ASSERT(route->pattern[0] == '/');
    struct cy_str rest = cy_str(route->pattern + 1);
    do {
        bool is_last = memchr(rest.data, '/', rest.size) == NULL;
        struct node wanted = segment_node(cy_str_split(rest, '/', &rest));
        CY_ASSERT(wanted.kind != NODE_TAIL || is_last);
        node = child_of(router, node, wanted);
        if (is_last)
            break;
    } while (true);
    for (size_t i = 0; i < node->route_count; i++)
        CY_ASSERT(strcmp(node->routes[i]->method, route->method) != 0); /* a method and pattern stand once in the table */
    CY_ASSERT(node->route_count < CY_COUNT(node->routes));
    node->routes[node->route_count++] = route;
}

struct cy_router *cy_router_new(const struct cy_route *routes)
{
    struct cy_router *router = cy_alloc_zero(1, sizeof *router);
    router->routes = routes;
    for (; routes[router->route_count].method != NULL; router->route_count++) {
        const struct cy_route *route = &routes[router->route_count];
        if ((route->flags & CY_ROUTE_FALLBACK) == 0) {
            add_route(router, route);
            continue;
        }
        CY_ASSERT(router->fallback == NULL && strcmp(route->pattern, "/{path...}") == 0);
        router->fallback = route;
    }
    return router;
}

void cy_router_free(struct cy_router *router)
{
    if (router == NULL)
        return;
    cy_arena_release(&router->arena);
    free(router);
}

const struct cy_route *cy_router_routes(const struct cy_router *router)
{
    return router->routes;
}

size_t cy_router_count(const struct cy_router *router)
{
    return router->route_count;
}

size_t cy_router_index(const struct cy_router *router, const struct cy_route *route)
{
    return (size_t)(route - router->routes);
}

/* ---- finding ---- */

struct walk {
    struct cy_str segments[CY_PATH_SEGMENTS_MAX]; /* decoded */
    size_t segment_count;
    const char *method;
    struct cy_route_match *match;
    const struct node *other; /* fits the path, but not the method */
    size_t tail_at;           /* the segment at which {path...} began; segment_count when there is none */
};

static const char *segment_problem(struct cy_str decoded)
{
    if (cy_str_is(decoded, ".") || cy_str_is(decoded, ".."))
        return "the path holds \".\" or \"..\"";
    if (memchr(decoded.data, '/', decoded.size) != NULL) { /* %2F: a value may hold it, a way upwards may not */
        struct cy_str rest = decoded;
        while (rest.size > 0) {
            struct cy_str part = cy_str_split(rest, '/', &rest);
            if (cy_str_is(part, ".") || cy_str_is(part, ".."))
                return "the path holds \".\" or \"..\"";
        }
    }
    return NULL;
}

static enum cy_route_result split_path(struct cy_str path, struct cy_arena *arena, struct walk *walk)
{
    struct cy_str rest = {path.data + 1, path.size - 1};
    bool is_last = false;
    while (!is_last) {
        if (walk->segment_count == CY_PATH_SEGMENTS_MAX)
            return CY_ROUTE_TOO_DEEP;
        is_last = memchr(rest.data, '/', rest.size) == NULL;
        struct cy_str *segment = &walk->segments[walk->segment_count++];
        if (!cy_percent_decode(cy_str_split(rest, '/', &rest), false, arena, segment)) {
            walk->match->problem = "the path has a broken %-escape, a 0 byte, or is not UTF-8";
            return CY_ROUTE_BROKEN_PATH;
        }
        walk->match->problem = segment_problem(*segment);
        if (walk->match->problem != NULL)
            return CY_ROUTE_BROKEN_PATH;
    }
    return CY_ROUTE_FOUND;
}

static bool value_fits(const struct node *node, struct cy_str segment)
{
    return segment.size > node->text.size && cy_str_ends(segment, node->text);
}

static bool tail_fits(const struct walk *walk, size_t at)
{
    for (size_t i = at; i < walk->segment_count; i++)
        if (walk->segments[i].size == 0)
            return false; /* "a//b", "a/": no file is named so */
    return at < walk->segment_count;
}

static bool serves(const struct cy_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* The path ends at this node: true when it has a route of the method. */
static bool ends_at(const struct node *node, struct walk *walk)
{
    for (size_t i = 0; i < node->route_count; i++) {
        walk->match->route = node->routes[i];
        if (serves(node->routes[i], walk->method))
            return true;
    }
    if (node->route_count > 0 && walk->other == NULL)
        walk->other = node;
    return false;
}

static bool find(const struct node *parent, size_t at, struct walk *walk)
{
    struct cy_route_match *match = walk->match;
    size_t value_count = match->value_count;
    if (at == walk->segment_count)
        return ends_at(parent, walk);
    struct cy_str segment = walk->segments[at];
    for (const struct node *node = parent->child; node != NULL; node = node->next) {
        if (node->kind == NODE_LITERAL) {
            if (cy_str_equal(node->text, segment) && find(node, at + 1, walk))
                return true;
        } else if (node->kind == NODE_VALUE) {
            CY_ASSERT(match->value_count < CY_COUNT(match->values));
            if (!value_fits(node, segment))
                continue;
            match->values[match->value_count++] = (struct cy_str){segment.data, segment.size - node->text.size};
            if (find(node, at + 1, walk))
                return true;
        } else if (tail_fits(walk, at) && ends_at(node, walk)) {
            walk->tail_at = at;
            return true;
        }
        match->value_count = value_count;
    }
    return false;
}

static struct cy_str join_tail(const struct walk *walk, struct cy_arena *arena)
{
    size_t size = 0;
    for (size_t i = walk->tail_at; i < walk->segment_count; i++)
        size += walk->segments[i].size + 1;
    char *text = cy_arena_alloc(arena, size), *at = text;
    for (size_t i = walk->tail_at; i < walk->segment_count; i++) {
        memcpy(at, walk->segments[i].data, walk->segments[i].size);
        at += walk->segments[i].size;
        *at++ = i + 1 < walk->segment_count ? '/' : '\0';
    }
    return (struct cy_str){text, size - 1};
}

static void list_methods(const struct node *node, struct cy_route_match *match)
{
    for (size_t i = 0; i < node->route_count; i++) {
        size_t used = strlen(match->allow);
        snprintf(match->allow + used, sizeof match->allow - used, "%s%s%s", used > 0 ? ", " : "", node->routes[i]->method,
                 strcmp(node->routes[i]->method, "GET") == 0 ? ", HEAD" : "");
    }
}

enum cy_route_result cy_router_find(const struct cy_router *router, const char *method, struct cy_str path, struct cy_arena *arena,
                                    struct cy_route_match *match)
{
    struct walk walk; /* the segments are not zeroed */
    walk.segment_count = 0;
    walk.method = method;
    walk.match = match;
    walk.other = NULL;
    walk.tail_at = SIZE_MAX;
    *match = (struct cy_route_match){0};
    enum cy_route_result result = split_path(path, arena, &walk);
    if (result != CY_ROUTE_FOUND)
        return result;
    if (find(&router->root, 0, &walk)) {
        if (walk.tail_at != SIZE_MAX) {
            CY_ASSERT(match->value_count < CY_COUNT(match->values));
            match->values[match->value_count++] = join_tail(&walk, arena);
        }
        return CY_ROUTE_FOUND;
    }
    match->value_count = 0;
    if (walk.other == NULL && router->fallback != NULL && serves(router->fallback, method)) {
        walk.tail_at = 0;
        match->route = router->fallback;
        match->values[match->value_count++] = join_tail(&walk, arena);
        return CY_ROUTE_FOUND;
    }
    match->route = walk.other != NULL ? walk.other->routes[0] : NULL;
    if (walk.other == NULL)
        return CY_ROUTE_MISSING;
    list_methods(walk.other, match);
    return CY_ROUTE_OTHER_METHOD;
}
