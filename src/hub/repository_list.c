#include "hub/repositories.h"

#include "hub/hub_names.h"
#include "hub/search.h"

static const enum cy_sql order_queries[] = {
    [CY_LIST_CREATED] = CY_SQL_repository_list_created,
    [CY_LIST_MODIFIED] = CY_SQL_repository_list_modified,
    [CY_LIST_DOWNLOADS] = CY_SQL_repository_list_downloads,
    [CY_LIST_LIKES] = CY_SQL_repository_list_likes,
};

/* A word as a LIKE pattern (ESCAPE '!'), in lower case; "%" when there is none. */
static struct cy_value pattern_of(struct cy_arena *arena, struct cy_str word)
{
    struct cy_buffer pattern = {0};
    struct cy_str key = cy_name_key(arena, word);
    cy_buffer_add_byte(&pattern, '%');
    for (size_t i = 0; i < key.size; i++) {
        if (strchr("%_!", key.data[i]) != NULL)
            cy_buffer_add_byte(&pattern, '!');
        cy_buffer_add_byte(&pattern, (uint8_t)key.data[i]);
    }
    if (key.size > 0)
        cy_buffer_add_byte(&pattern, '%');
    struct cy_value value = cy_value_text(cy_arena_str(arena, cy_buffer_str(&pattern)));
    cy_buffer_release(&pattern);
    return value;
}

enum cy_status cy_repository_tags(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena, struct cy_str **tags,
                                  size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, CY_SQL_repository_tags_get, arena, &rows, error, cy_value_text(repository_id));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *tags = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **tags);
    for (size_t i = 0; i < rows.row_count; i++)
        (*tags)[i] = cy_result_text(&rows, i, 0);
    return CY_OK;
}

static struct cy_listed listed_of(const struct cy_result *rows, size_t row)
{
    struct cy_str gated = cy_result_text(rows, row, 5);
    return (struct cy_listed){
        .value = cy_result_integer(rows, row, 11),
        .repository =
            {
                .id = cy_result_text(rows, row, 0),
                .namespace_name = cy_result_text(rows, row, 1),
                .name = cy_result_text(rows, row, 2),
                .head = cy_result_text(rows, row, 3),
                .is_private = cy_str_is(cy_result_text(rows, row, 4), "private"),
                .gate = cy_str_is(gated, "auto")     ? CY_GATE_AUTO
                        : cy_str_is(gated, "manual") ? CY_GATE_MANUAL
                                                     : CY_GATE_NONE,
                .title = cy_result_text(rows, row, 6),
                .card = cy_result_text(rows, row, 7),
                .download_count = cy_result_integer(rows, row, 8),
                .like_count = cy_result_integer(rows, row, 9),
                .created_ms = cy_result_integer(rows, row, 10),
                .modified_ms = cy_result_integer(rows, row, 12),
                .is_disabled = !cy_result_is_null(rows, row, 13),
            },
    };
}

/* ---- by words and tags ---- */

enum cy_status cy_viewer_search_view(struct cy_database *database, const struct cy_viewer *viewer, struct cy_arena *arena,
                                     struct cy_search_view *view, struct cy_error *error)
{
    struct cy_membership *memberships;
    struct cy_result rows;
    size_t count;
    *view = (struct cy_search_view){.everything = viewer->is_local || (viewer->is_admin && (viewer->scopes & CY_SCOPE_ADMIN))};
    if (view->everything || viewer->user_id.size == 0 || (viewer->scopes & CY_SCOPE_READ) == 0)
        return CY_OK;
    enum cy_status status = cy_memberships_of(database, viewer->user_id, arena, &memberships, &count, error);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_grants_of_user, arena, &rows, error, cy_value_text(viewer->user_id));
    if (status != CY_OK)
        return status;
    struct cy_str *namespaces = cy_arena_alloc(arena, (count + 1) * sizeof *namespaces);
    struct cy_str *repositories = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof *repositories);
    namespaces[0] = viewer->user_id;
    for (size_t i = 0; i < count; i++)
        namespaces[i + 1] = memberships[i].id;
    for (size_t i = 0; i < rows.row_count; i++)
        repositories[i] = cy_result_text(&rows, i, 0);
    *view = (struct cy_search_view){
        .namespace_ids = namespaces, .namespace_count = count + 1, .repository_ids = repositories, .repository_count = rows.row_count};
    return CY_OK;
}

bool cy_list_is_search(const struct cy_list_request *request)
{
    return request->gated < 0 && (request->searches[0].size > 0 || request->filters[0].size > 0);
}

static enum cy_status add_tags(struct cy_database *database, struct cy_listed *list, size_t count, struct cy_arena *arena,
                               struct cy_error *error)
{
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < count; i++)
        status = cy_repository_tags(database, list[i].repository.id, arena, &list[i].tags, &list[i].tag_count, error);
    return status;
}

/* The rows of what was found. */
static enum cy_status list_found(struct cy_database *database, const struct cy_search_result *result, struct cy_arena *arena,
                                 struct cy_listed *list, size_t *count, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < result->count; i++) {
        struct cy_result row;
        status = CY_RUN(database, CY_SQL_repository_listed, arena, &row, error, cy_value_text(result->repository_ids[i]));
        if (status == CY_OK && row.row_count == 1)
            list[(*count)++] = listed_of(&row, 0);
    }
    return status;
}

static enum cy_status list_by_search(struct cy_database *database, const struct cy_viewer *viewer, const struct cy_list_request *request,
                                     struct cy_arena *arena, struct cy_listed **list, size_t *count, struct cy_error *error)
{
    static const enum cy_search_order orders[] = {[CY_LIST_CREATED] = CY_SEARCH_CREATED,
                                                  [CY_LIST_MODIFIED] = CY_SEARCH_MODIFIED,
                                                  [CY_LIST_DOWNLOADS] = CY_SEARCH_DOWNLOADS,
                                                  [CY_LIST_LIKES] = CY_SEARCH_LIKES};
    struct cy_search_query query = {.order = orders[request->order], .offset = request->offset, .limit = request->limit};
    struct cy_search_result result = {0};
    struct cy_result account;
    struct cy_buffer words = {0};
    struct cy_str tags[CY_LIST_FILTERS_MAX];
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < CY_LIST_SEARCHES_MAX; i++) {
        cy_buffer_add_str(&words, request->searches[i]);
        cy_buffer_add_byte(&words, ' ');
    }
    for (size_t i = 0; i < CY_LIST_FILTERS_MAX; i++)
        if (request->filters[i].size > 0)
            tags[query.tag_count++] = request->filters[i];
    query.tags = tags;
    query.text = cy_str_trim(cy_buffer_str(&words));
    if (request->author.size > 0) {
        status = CY_RUN(database, CY_SQL_account_by_name, arena, &account, error, cy_value_text(cy_name_key(arena, request->author)));
        query.namespace_id = status == CY_OK && account.row_count == 1 ? cy_result_text(&account, 0, 0) : CY_STR("nobody");
    }
    if (status == CY_OK)
        status = cy_viewer_search_view(database, viewer, arena, &query.view, error);
    if (status == CY_OK)
        status = cy_search(database, &query, arena, &result, error);
    *list = cy_arena_alloc(arena, CY_MAX(result.count, 1) * sizeof **list);
    if (status == CY_OK)
        status = list_found(database, &result, arena, *list, count, error);
    if (status == CY_OK)
        status = add_tags(database, *list, *count, arena, error);
    cy_buffer_release(&words);
    return status;
}

/* ---- all, by a column ---- */

enum cy_status cy_repository_list(struct cy_database *database, const struct cy_viewer *viewer, const struct cy_list_request *request,
                                  struct cy_arena *arena, struct cy_listed **list, size_t *count, struct cy_error *error)
{
    *count = 0;
    if (cy_list_is_search(request))
        return list_by_search(database, viewer, request, arena, list, count, error);
    bool sees_all = viewer->is_local || (viewer->is_admin && (viewer->scopes & CY_SCOPE_ADMIN));
    struct cy_value parameters[8 + CY_LIST_FILTERS_MAX + CY_LIST_SEARCHES_MAX];
    size_t n = 0;
    parameters[n++] = cy_value_text(viewer->user_id);
    parameters[n++] = cy_value_integer(sees_all);
    parameters[n++] = cy_value_text(cy_name_key(arena, request->author));
    parameters[n++] = cy_value_integer(request->gated);
    parameters[n++] = cy_value_integer(request->after_id.size > 0 ? request->after_value : INT64_MAX);
    parameters[n++] = cy_value_text(request->after_id.size > 0 ? request->after_id : CY_STR("~")); /* after every id */
    parameters[n++] = cy_value_integer((int64_t)request->limit);
    for (size_t i = 0; i < CY_LIST_SEARCHES_MAX; i++)
        parameters[n++] = pattern_of(arena, request->searches[i]);
    for (size_t i = 0; i < CY_LIST_FILTERS_MAX; i++)
        parameters[n++] = cy_value_text(request->filters[i]);
    struct cy_result rows;
    bool is_author = request->author.size > 0 && request->searches[0].size == 0 && request->filters[0].size == 0;
    struct cy_value own[8];
    memcpy(own, parameters, 7 * sizeof *own);
    own[7] = cy_value_integer(request->order);
    enum cy_status status = is_author ? cy_database_run(database, CY_SQL_repository_list_author, own, CY_COUNT(own), arena, &rows, error)
                                      : cy_database_run(database, order_queries[request->order], parameters, n, arena, &rows, error);
    if (status != CY_OK)
        return status;
    *list = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **list);
    for (size_t i = 0; i < rows.row_count; i++)
        (*list)[i] = listed_of(&rows, i);
    *count = rows.row_count;
    return add_tags(database, *list, *count, arena, error);
}
