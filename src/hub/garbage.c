#include "hub/garbage.h"

#include "hub/search_index.h"

#define ERASURE_GRACE_MS (INT64_C(600) * 1000) /* somebody else may be uploading the same bytes just now */
#define HOUR_MS (INT64_C(3600) * 1000)

const struct cy_garbage_times cy_garbage_times_default = {
    .grace_ms = 24 * HOUR_MS, .upload_ms = 7 * 24 * HOUR_MS, .xorb_ms = 28 * 24 * HOUR_MS, .retention_ms = 30 * 24 * HOUR_MS};

/* ---- rows ---- */

struct old_rows {
    const struct cy_garbage_times *times;
    int64_t now_ms;
    uint64_t count;
};

static enum cy_status remove_old_rows(struct cy_database *database, void *context, struct cy_error *error)
{
    struct old_rows *old = context;
    const struct {
        enum cy_sql query;
        int64_t before_ms;
    } queries[] = {{CY_SQL_garbage_xorbs, old->now_ms - old->times->xorb_ms},
                   {CY_SQL_garbage_parts, old->now_ms - old->times->upload_ms},
                   {CY_SQL_garbage_uncommitted, old->now_ms - old->times->upload_ms}};
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = CY_OK;
    old->count = 0;
    for (size_t i = 0; i < CY_COUNT(queries) && status == CY_OK; i++) {
        status = CY_RUN(database, queries[i].query, &arena, &rows, error, cy_value_integer(queries[i].before_ms));
        old->count += status == CY_OK ? (uint64_t)rows.changed_count : 0;
    }
    cy_arena_release(&arena);
    return status;
}

/* ---- repositories ---- */

struct erasure {
    const struct cy_actor *actor;
    struct cy_str repository_id, reason;
    bool is_order; /* no copy may stay: xorbs go too */
};

static enum cy_status erase_rows(struct cy_database *database, void *context, struct cy_error *error)
{
    static const enum cy_sql queries[] = {
        CY_SQL_erase_refs,         CY_SQL_erase_scorecards,         CY_SQL_erase_runs,     CY_SQL_erase_repository_tags,
        CY_SQL_erase_upload_parts, CY_SQL_erase_repository_objects, CY_SQL_erase_listings, CY_SQL_erase_commits,
        CY_SQL_storage_give_back};
    const struct erasure *erasure = context;
    struct cy_arena arena = {0};
    struct cy_buffer detail = {0};
    enum cy_status status = CY_OK;
    if (erasure->is_order)
        status = CY_RUN(database, CY_SQL_erase_xorbs, &arena, NULL, error, cy_value_text(erasure->repository_id));
    for (size_t i = 0; i < CY_COUNT(queries) && status == CY_OK; i++)
        status = CY_RUN(database, queries[i], &arena, NULL, error, cy_value_text(erasure->repository_id));
    if (status == CY_OK)
        status = cy_search_remove(database, erasure->repository_id, error);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_erase_repository, &arena, NULL, error, cy_value_text(erasure->repository_id),
                        cy_value_integer(cy_now_ms()), cy_value_text(erasure->reason));
    cy_buffer_add_text(&detail, "{\"reason\":");
    cy_buffer_add_json(&detail, erasure->reason);
    cy_buffer_add_byte(&detail, '}');
    if (status == CY_OK)
        status = cy_audit_add(database, erasure->actor, "repository.erase", erasure->repository_id, cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status erase(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str repository_id, struct cy_str reason,
                            bool is_order, struct cy_error *error)
{
    struct erasure erasure = {actor, repository_id, reason, is_order};
    return cy_store_write(hub->store, CY_AREA_HUB, erase_rows, &erasure, error);
}

static enum cy_status erase_deleted(struct cy_hub *hub, int64_t before_ms, uint64_t *count, struct cy_error *error)
{
    const struct cy_actor server = {CY_STR(""), CY_STR("ciyuan")};
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    for (size_t row_count = 1; row_count > 0 && status == CY_OK;) {
        struct cy_database *database;
        struct cy_result rows;
        status = cy_store_reader(hub->store, &database, error);
        if (status != CY_OK)
            break;
        status = CY_RUN(database, CY_SQL_garbage_repositories, &arena, &rows, error, cy_value_integer(before_ms));
        cy_store_reader_back(hub->store, database);
        row_count = status == CY_OK ? rows.row_count : 0;
        for (size_t row = 0; row < row_count && status == CY_OK; row++, ++*count)
            status = erase(hub, &server, cy_result_text(&rows, row, 0), CY_STR("deleted, and its retention time is over"), false, error);
        cy_arena_reset(&arena);
    }
    cy_arena_release(&arena);
    return status;
}

/* ---- objects ---- */

struct sweep {
    struct cy_hub *hub;
    int64_t before_ms;
    struct cy_garbage_report *report;
};

static enum cy_status is_named(struct cy_hub *hub, const char *sha256, bool *named, struct cy_error *error)
{
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = cy_store_reader(hub->store, &database, error);
    if (status != CY_OK)
        return status;
    status = CY_RUN(database, CY_SQL_object_is_named, &arena, &rows, error, cy_value_text(cy_str(sha256)));
    *named = status != CY_OK || rows.row_count > 0;
    cy_store_reader_back(hub->store, database);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status sweep_object(void *context, const char *sha256, uint64_t size_bytes, int64_t modified_ms, struct cy_error *error)
{
    struct sweep *sweep = context;
    bool named = true, removed = false;
    if (modified_ms >= sweep->before_ms)
        return CY_OK;
    enum cy_status status = is_named(sweep->hub, sha256, &named, error);
    if (status == CY_OK && !named)
        status = cy_objects_remove_old(sweep->hub->objects, sha256, sweep->before_ms, &removed, error);
    sweep->report->object_count += removed;
    sweep->report->object_bytes += removed ? size_bytes : 0;
    return status;
}

enum cy_status cy_garbage_collect(struct cy_hub *hub, const struct cy_garbage_times *times, struct cy_garbage_report *report,
                                  struct cy_error *error)
{
    struct old_rows old = {times, cy_now_ms(), 0};
    *report = (struct cy_garbage_report){0};
    enum cy_status status = cy_store_write(hub->store, 0, remove_old_rows, &old, error);
    report->row_count = old.count;
    if (status == CY_OK)
        status = erase_deleted(hub, old.now_ms - times->retention_ms, &report->repository_count, error);
    struct sweep sweep = {hub, CY_MIN(old.now_ms - times->grace_ms, cy_puts_settled_ms(&hub->puts)), report};
    if (status == CY_OK)
        status = cy_objects_each(hub->objects, sweep_object, &sweep, error);
    if (status == CY_OK)
        status = cy_objects_sweep_spool(hub->objects, sweep.before_ms, error);
    return status;
}

enum cy_status cy_repository_erase(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str repository_id, struct cy_str reason,
                                   struct cy_error *error)
{
    struct cy_garbage_report report = {0};
    enum cy_status status = erase(hub, actor, repository_id, reason, true, error);
    struct sweep sweep = {hub, CY_MIN(cy_now_ms() - ERASURE_GRACE_MS, cy_puts_settled_ms(&hub->puts)), &report};
    return status == CY_OK ? cy_objects_each(hub->objects, sweep_object, &sweep, error) : status;
}
