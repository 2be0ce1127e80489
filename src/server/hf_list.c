/* The list of datasets: /api/datasets, with search, filters, order and pages. */
#include "server/hf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

cy_handler cy_hf_list;

enum { LIMIT_MISSING = 100, OFFSET_MAX = 1000000 };

static bool too_much(struct cy_request *request, struct cy_response *response, const char *what, int limit)
{
    cy_respond_error(request, response, 400, NULL, "%s; %d is the limit", what, limit);
    return false;
}

/* The values of `name`, each a filter or word of the list. */
static bool read_words(struct cy_request *request, struct cy_response *response, const char *name, struct cy_str *out, size_t out_max)
{
    struct cy_str *values;
    size_t count = cy_request_query_all(request, name, &values), used = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i].size == 0)
            continue;
        if (values[i].size > CY_LIST_TEXT_MAX)
            return too_much(request, response, cy_arena_printf(request->arena, "a value of %s is too long", name), CY_LIST_TEXT_MAX);
        if (used == out_max)
            return too_much(request, response, cy_arena_printf(request->arena, "there are too many values of %s", name), (int)out_max);
        out[used++] = values[i];
    }
    return true;
}

static bool read_order(struct cy_request *request, struct cy_response *response, enum cy_list_order *order)
{
    static const struct {
        const char *name;
        enum cy_list_order order;
    } rows[] = {{"createdAt", CY_LIST_CREATED},        {"created_at", CY_LIST_CREATED},  {"lastModified", CY_LIST_MODIFIED},
                {"last_modified", CY_LIST_MODIFIED},   {"downloads", CY_LIST_DOWNLOADS}, {"trendingScore", CY_LIST_DOWNLOADS},
                {"trending_score", CY_LIST_DOWNLOADS}, {"likes", CY_LIST_LIKES}};
    struct cy_str name;
    *order = CY_LIST_CREATED;
    if (!cy_request_query(request, "sort", &name) || name.size == 0)
        return true;
    for (size_t i = 0; i < CY_COUNT(rows); i++)
        if (cy_str_is(name, rows[i].name)) {
            *order = rows[i].order;
            return true;
        }
    cy_respond_error(request, response, 400, NULL,
                     "sort must be createdAt, lastModified, downloads, likes or trendingScore, found \"%.*s\"", (int)CY_MIN(name.size, 100),
                     name.data);
    return false;
}

/* A cursor is "<value>_<id>" of the last row before the page, or "<offset>" of the page in what a search found. */
static bool read_cursor(struct cy_request *request, struct cy_response *response, struct cy_list_request *list)
{
    struct cy_str cursor, id;
    if (!cy_request_query(request, "cursor", &cursor) || cursor.size == 0)
        return true;
    char *end;
    list->after_value = strtoll(cursor.data, &end, 10);
    if (cy_list_is_search(list) && *end == '\0' && list->after_value >= 0 && list->after_value <= OFFSET_MAX) {
        list->offset = (size_t)list->after_value;
        return true;
    }
    cy_str_split(cursor, '_', &id);
    list->after_id = id;
    if (*end == '_' && id.size == 36)
        return true;
    cy_respond_error(request, response, 400, NULL, "this cursor is not one that this server gave");
    return false;
}

static bool read_request(struct cy_request *request, struct cy_response *response, struct cy_list_request *list)
{
    struct cy_str gated;
    int64_t limit;
    *list = (struct cy_list_request){.gated = -1};
    if (cy_request_query(request, "gated", &gated))
        list->gated = cy_str_equal_nocase(gated, CY_STR("true")) ? 1 : 0;
    cy_request_query(request, "author", &list->author);
    if (!read_words(request, response, "search", list->searches, CY_LIST_SEARCHES_MAX) ||
        !read_words(request, response, "filter", list->filters, CY_LIST_FILTERS_MAX) || !read_order(request, response, &list->order) ||
        !read_cursor(request, response, list) || !cy_request_query_integer(request, response, "limit", 1, INT32_MAX, LIMIT_MISSING, &limit))
        return false;
    list->limit = (size_t)CY_MIN(limit, CY_LIST_LIMIT_MAX);
    return true;
}

/* Link: the same request with another cursor. */
static void add_next_page(struct cy_request *request, struct cy_response *response, const struct cy_list_request *list,
                          const struct cy_listed *last)
{
    struct cy_buffer url = {0};
    cy_buffer_printf(&url, "%.*s%.*s?", (int)request->host.size, request->host.data, (int)request->path.size, request->path.data);
    for (struct cy_str rest = request->query; rest.size > 0;) {
        struct cy_str pair = cy_str_split(rest, '&', &rest);
        if (pair.size == 0 || cy_str_starts(pair, CY_STR("cursor=")))
            continue;
        cy_buffer_add_str(&url, pair);
        cy_buffer_add_byte(&url, '&');
    }
    if (cy_list_is_search(list))
        cy_buffer_printf(&url, "cursor=%zu", list->offset + list->limit - 1);
    else
        cy_buffer_printf(&url, "cursor=%" PRId64 "_%.*s", last->value, (int)last->repository.id.size, last->repository.id.data);
    cy_respond_header(request, response, "Link", "<%.*s>; rel=\"next\"", (int)url.size, url.data);
    cy_buffer_release(&url);
}

void cy_hf_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_list_request list;
    struct cy_viewer viewer = cy_viewer_of(request);
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_listed *rows = NULL;
    size_t count = 0;
    struct cy_str full;
    if (!read_request(request, response, &list))
        return;
    size_t limit = list.limit++; /* one more tells whether there is a next page */
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_repository_list(database, &viewer, &list, request->arena, &rows, &count, &outcome.error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    bool is_full = cy_request_query(request, "full", &full) && !cy_str_equal_nocase(full, CY_STR("false"));
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '[');
    for (size_t i = 0; i < CY_MIN(count, limit); i++) {
        cy_hf_add_dataset(&json, &rows[i].repository, rows[i].tags, rows[i].tag_count, rows[i].repository.head, is_full);
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    if (count > limit)
        add_next_page(request, response, &list, &rows[limit - 1]);
    cy_respond_json(request, response, 200, &out);
}
