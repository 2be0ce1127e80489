#include "hub/refs.h"

#include "hub/hub_names.h"
#include "hub/versions.h"

enum cy_status cy_refs_of(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena, struct cy_ref **refs,
                          size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, CY_SQL_ref_list, arena, &rows, error, cy_value_text(repository_id));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *refs = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **refs);
    for (size_t i = 0; i < rows.row_count; i++)
        (*refs)[i] = (struct cy_ref){cy_result_text(&rows, i, 0), cy_result_text(&rows, i, 1), cy_result_text(&rows, i, 2)};
    return CY_OK;
}

struct change {
    const struct cy_actor *actor;
    struct cy_str repository_id, revision, message;
    struct cy_str name;    /* as the client says it */
    const char *full_name; /* refs/heads/…, refs/tags/… */
    const char *kind;      /* "branch", "tag" */
    struct cy_outcome *outcome;
};

static enum cy_status audit(struct cy_database *database, const struct change *change, const char *verb, struct cy_str target,
                            struct cy_error *error)
{
    struct cy_buffer detail = {0};
    cy_buffer_add_text(&detail, "{\"name\":");
    cy_buffer_add_json(&detail, cy_str(change->full_name));
    cy_buffer_printf(&detail, ",\"target\":\"%.*s\"}", (int)target.size, target.data);
    enum cy_status status = cy_audit_add(database, change->actor, verb, change->repository_id, cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    return status;
}

static enum cy_status create_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_version version;
    struct cy_result rows;
    struct cy_str revision = change->revision.size > 0 ? change->revision : CY_STR("refs/heads/main");
    enum cy_status status = cy_version_find(database, change->repository_id, revision, &arena, &version, change->outcome);
    if (status != CY_OK && change->outcome->refusal == CY_REFUSAL_NONE)
        *error = change->outcome->error;
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_ref_count, &arena, &rows, error, cy_value_text(change->repository_id));
    if (status == CY_OK && cy_result_integer(&rows, 0, 0) >= CY_REFS_MAX)
        status = cy_refuse(change->outcome, CY_REFUSAL_TOO_LARGE, "a repository has at most %d branches and tags", CY_REFS_MAX);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_ref_add, &arena, &rows, error, cy_value_text(change->repository_id),
                        cy_value_text(cy_str(change->full_name)), cy_value_text(version.sha), cy_value_text(change->message),
                        cy_value_integer(cy_now_ms()));
    if (status == CY_OK && rows.row_count == 0)
        status = cy_refuse(change->outcome, CY_REFUSAL_EXISTS, "there is a %s \"%.*s\" already", change->kind, (int)change->name.size,
                           change->name.data);
    if (status == CY_OK)
        status = audit(database, change, "ref.create", version.sha, error);
    cy_arena_release(&arena);
    return status;
}

static const char *full_name(struct cy_arena *arena, enum cy_ref_kind kind, struct cy_str name)
{
    return cy_arena_printf(arena, "refs/%s/%.*s", kind == CY_REF_BRANCH ? "heads" : "tags", (int)name.size, name.data);
}

enum cy_status cy_ref_create(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str repository_id, enum cy_ref_kind kind,
                             struct cy_str name, struct cy_str revision, struct cy_str message, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (cy_ref_name_check(name, &outcome->error) != CY_OK) {
        outcome->refusal = CY_REFUSAL_INPUT;
        return CY_BAD_INPUT;
    }
    struct cy_arena arena = {0};
    struct change change = {.actor = actor,
                            .repository_id = repository_id,
                            .revision = revision,
                            .message = message,
                            .name = name,
                            .full_name = full_name(&arena, kind, name),
                            .kind = kind == CY_REF_BRANCH ? "branch" : "tag",
                            .outcome = outcome};
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, create_work, &change, &outcome->error);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status delete_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = CY_RUN(database, CY_SQL_ref_remove, &arena, &rows, error, cy_value_text(change->repository_id),
                                   cy_value_text(cy_str(change->full_name)));
    if (status == CY_OK && rows.row_count == 0)
        status = cy_refuse(change->outcome, CY_REFUSAL_NO_REVISION, "there is no %s \"%.*s\"", change->kind,
                           (int)CY_MIN(change->name.size, 200), change->name.data);
    if (status == CY_OK)
        status = audit(database, change, "ref.delete", cy_result_text(&rows, 0, 0), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_ref_delete(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str repository_id, enum cy_ref_kind kind,
                             struct cy_str name, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (kind == CY_REF_BRANCH && cy_str_is(name, "main"))
        return cy_refuse(outcome, CY_REFUSAL_NOT_ALLOWED, "the branch main stays: it is what a repository shows");
    struct cy_arena arena = {0};
    struct change change = {.actor = actor,
                            .repository_id = repository_id,
                            .name = name,
                            .full_name = full_name(&arena, kind, name),
                            .kind = kind == CY_REF_BRANCH ? "branch" : "tag",
                            .outcome = outcome};
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, delete_work, &change, &outcome->error);
    cy_arena_release(&arena);
    return status;
}
