#include "hub/repositories.h"

#include "hub/hub_names.h"

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

enum cy_status cy_repository_list(struct cy_database *database, const struct cy_viewer *viewer, const struct cy_list_request *request,
                                  struct cy_arena *arena, struct cy_listed **list, size_t *count, struct cy_error *error)
{
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
    *count = 0;
    enum cy_status status = cy_database_run(database, order_queries[request->order], parameters, n, arena, &rows, error);
    if (status != CY_OK)
        return status;
    *list = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **list);
    for (size_t i = 0; status == CY_OK && i < rows.row_count; i++) {
        (*list)[i] = listed_of(&rows, i);
        status = cy_repository_tags(database, (*list)[i].repository.id, arena, &(*list)[i].tags, &(*list)[i].tag_count, error);
    }
    *count = rows.row_count;
    return status;
}
