/* Finding datasets: words, tags, namespaces, and counts by facet (hub/search.h). */
#include "hub/search.h"
#include "server/hf.h"

cy_handler cy_api_search;

enum { LIMIT_MISSING = 20, LIMIT_MAX = 100, OFFSET_MAX = 10000, TAGS_MAX = 16, TEXT_BYTES_MAX = 1000 };

static bool read_order(struct cy_request *request, struct cy_response *response, enum cy_search_order *order)
{
    static const struct {
        const char *name;
        enum cy_search_order order;
    } rows[] = {{"relevance", CY_SEARCH_RELEVANCE},
                {"created", CY_SEARCH_CREATED},
                {"modified", CY_SEARCH_MODIFIED},
                {"downloads", CY_SEARCH_DOWNLOADS},
                {"likes", CY_SEARCH_LIKES}};
    struct cy_str name;
    *order = CY_SEARCH_RELEVANCE;
    if (!cy_request_query(request, "sort", &name) || name.size == 0)
        return true;
    for (size_t i = 0; i < CY_COUNT(rows); i++)
        if (cy_str_is(name, rows[i].name)) {
            *order = rows[i].order;
            return true;
        }
    cy_respond_error(request, response, 400, NULL, "sort must be relevance, created, modified, downloads or likes, found \"%.*s\"",
                     (int)CY_MIN(name.size, 100), name.data);
    return false;
}

static enum cy_status add_hit(struct cy_database *database, const struct cy_viewer *viewer, struct cy_str id, struct cy_arena *arena,
                              struct cy_json *json, struct cy_outcome *outcome)
{
    struct cy_repository repository;
    struct cy_str *tags;
    size_t tag_count;
    enum cy_status status = cy_repository_find_by_id(database, viewer, id, arena, &repository, outcome);
    if (status != CY_OK) /* it went, or was closed, in between */
        return outcome->refusal != CY_REFUSAL_NONE ? CY_OK : status;
    status = cy_repository_tags(database, id, arena, &tags, &tag_count, &outcome->error);
    if (status != CY_OK)
        return status;
    cy_hf_add_dataset(json, &repository, tags, tag_count, repository.head, false);
    cy_json_text(json, "title", repository.title);
    cy_json_integer(json, "size_bytes", repository.size_bytes);
    cy_json_close(json, '}');
    return CY_OK;
}

static enum cy_status add_answer(struct cy_database *database, const struct cy_viewer *viewer, const struct cy_search_result *result,
                                 struct cy_arena *arena, struct cy_buffer *out, struct cy_outcome *outcome)
{
    struct cy_json json = {.out = out};
    enum cy_status status = CY_OK;
    cy_json_open_line(&json, NULL, '{');
    cy_json_count(&json, "total", result->total);
    cy_json_open(&json, "items", '[');
    for (size_t i = 0; i < result->count && status == CY_OK; i++)
        status = add_hit(database, viewer, result->repository_ids[i], arena, &json, outcome);
    cy_json_close(&json, ']');
    cy_json_open(&json, "facets", '{');
    for (size_t i = 0; i < result->facet_count; i++) {
        cy_json_open(&json, result->facets[i].name, '[');
        for (size_t k = 0; k < result->facets[i].value_count; k++) {
            cy_json_open(&json, NULL, '{');
            cy_json_text(&json, "value", result->facets[i].values[k].value);
            cy_json_count(&json, "count", result->facets[i].values[k].count);
            cy_json_close(&json, '}');
        }
        cy_json_close(&json, ']');
    }
    cy_json_close(&json, '}');
    cy_json_close(&json, '}');
    return status;
}

void cy_api_search(struct cy_request *request, struct cy_response *response)
{
    struct cy_viewer viewer = cy_viewer_of(request);
    struct cy_search_query query = {.limit = 0};
    struct cy_search_result result;
    struct cy_outcome outcome = {0};
    struct cy_account account;
    struct cy_database *database;
    struct cy_str namespace_name = {0}, facets = {0}, *tags;
    struct cy_buffer out = {0};
    int64_t offset, limit;
    if (!read_order(request, response, &query.order) || !cy_request_query_integer(request, response, "offset", 0, OFFSET_MAX, 0, &offset) ||
        !cy_request_query_integer(request, response, "limit", 0, LIMIT_MAX, LIMIT_MISSING, &limit))
        return;
    cy_request_query(request, "q", &query.text);
    query.text.size = CY_MIN(query.text.size, TEXT_BYTES_MAX);
    query.tag_count = CY_MIN(cy_request_query_all(request, "tag", &tags), TAGS_MAX);
    query.tags = tags;
    query.offset = (size_t)offset;
    query.limit = (size_t)limit;
    query.wants_facets = cy_request_query(request, "facets", &facets) && (cy_str_is(facets, "true") || cy_str_is(facets, "1"));
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        if (cy_request_query(request, "namespace", &namespace_name) && namespace_name.size > 0) {
            status = cy_account_find(database, namespace_name, request->arena, &account, &outcome);
            query.namespace_id = status == CY_OK ? account.id : CY_STR("");
        }
        if (status == CY_OK)
            status = cy_viewer_search_view(database, &viewer, request->arena, &query.view, &outcome.error);
        if (status == CY_OK)
            status = cy_search(database, &query, request->arena, &result, &outcome.error);
        if (status == CY_OK)
            status = add_answer(database, &viewer, &result, request->arena, &out, &outcome);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status == CY_OK)
        cy_respond_json(request, response, 200, &out);
    else
        cy_hf_refuse(request, response, &outcome);
    cy_buffer_release(&out);
}
