#include "hub/access_requests.h"

enum cy_status cy_access_requests_of(struct cy_database *database, struct cy_str repository_id, struct cy_str status_name,
                                     struct cy_str after_id, size_t count_max, struct cy_arena *arena, struct cy_access_request **requests,
                                     size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, CY_SQL_access_request_list, arena, &rows, error, cy_value_text(repository_id),
                                   cy_value_text(status_name), cy_value_text(after_id), cy_value_integer((int64_t)count_max));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *requests = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **requests);
    for (size_t i = 0; i < rows.row_count; i++)
        (*requests)[i] = (struct cy_access_request){.id = cy_result_text(&rows, i, 0),
                                                    .user_id = cy_result_text(&rows, i, 1),
                                                    .user_name = cy_result_text(&rows, i, 2),
                                                    .full_name = cy_result_text(&rows, i, 3),
                                                    .email = cy_result_text(&rows, i, 4),
                                                    .status = cy_result_text(&rows, i, 5),
                                                    .fields = cy_result_text(&rows, i, 6),
                                                    .reason = cy_result_text(&rows, i, 7),
                                                    .created_ms = cy_result_integer(&rows, i, 8)};
    return CY_OK;
}

struct change {
    const struct cy_actor *actor;
    const struct cy_repository *repository;
    struct cy_str user_id, status, fields, reason;
    char id[37];
    struct cy_arena *arena;
    struct cy_str *status_now;
    struct cy_outcome *outcome;
};

static enum cy_status audit(struct cy_database *database, const struct change *change, const char *action, struct cy_str status_name,
                            struct cy_error *error)
{
    struct cy_buffer detail = {0};
    cy_buffer_printf(&detail, "{\"user_id\":\"%.*s\",\"status\":\"%.*s\"}", (int)change->user_id.size, change->user_id.data,
                     (int)status_name.size, status_name.data);
    enum cy_status status = cy_audit_add(database, change->actor, action, change->repository->id, cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    return status;
}

static enum cy_status not_gated(const struct cy_repository *repository, struct cy_outcome *outcome)
{
    return cy_refuse(outcome, CY_REFUSAL_INPUT, "the repository \"%.*s/%.*s\" is not gated", (int)repository->namespace_name.size,
                     repository->namespace_name.data, (int)repository->name.size, repository->name.data);
}

/* ---- asking ---- */

static enum cy_status ask_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = CY_RUN(database, CY_SQL_access_request_add, &arena, &rows, error, cy_value_text(cy_str(change->id)),
                                   cy_value_text(change->repository->id), cy_value_text(change->user_id), cy_value_text(change->status),
                                   cy_value_text(change->fields), cy_value_integer(cy_now_ms()));
    bool is_new = status == CY_OK && rows.row_count == 1;
    if (is_new)
        status = audit(database, change, "access.ask", change->status, error);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_access_request_of_user, &arena, &rows, error, cy_value_text(change->repository->id),
                        cy_value_text(change->user_id));
    if (status == CY_OK)
        *change->status_now = cy_arena_str(change->arena, cy_result_text(&rows, 0, 1));
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_access_ask(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository, struct cy_str fields,
                             struct cy_arena *arena, struct cy_str *status_now, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (repository->gate == CY_GATE_NONE)
        return not_gated(repository, outcome);
    if (fields.size > CY_ACCESS_FIELDS_BYTES_MAX)
        return cy_refuse(outcome, CY_REFUSAL_TOO_LARGE, "what is filled in has %zu bytes, and %d is the limit", fields.size,
                         CY_ACCESS_FIELDS_BYTES_MAX);
    struct change change = {.actor = actor,
                            .repository = repository,
                            .user_id = actor->id,
                            .status = repository->gate == CY_GATE_AUTO ? CY_STR("accepted") : CY_STR("pending"),
                            .fields = fields,
                            .arena = arena,
                            .status_now = status_now,
                            .outcome = outcome};
    cy_uuid(change.id);
    return cy_store_write(hub->store, CY_AREA_HUB, ask_work, &change, &outcome->error);
}

/* ---- answering ---- */

static enum cy_status answer_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = CY_RUN(database, CY_SQL_access_request_of_user, &arena, &rows, error, cy_value_text(change->repository->id),
                                   cy_value_text(change->user_id));
    if (status == CY_OK && rows.row_count == 0)
        status = cy_refuse(change->outcome, CY_REFUSAL_NO_ACCOUNT, "this user has not asked for access");
    else if (status == CY_OK && cy_str_equal(cy_result_text(&rows, 0, 1), change->status))
        status =
            cy_refuse(change->outcome, CY_REFUSAL_NO_ACCOUNT, "the request is %.*s already", (int)change->status.size, change->status.data);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_access_request_set, &arena, NULL, error, cy_value_text(cy_result_text(&rows, 0, 0)),
                        cy_value_text(change->status), cy_value_integer(cy_now_ms()), cy_value_text(change->actor->id),
                        cy_value_text_or_null(change->reason));
    if (status == CY_OK)
        status = audit(database, change, "access.answer", change->status, error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_access_answer(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                struct cy_str user_id, struct cy_str status, struct cy_str reason, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (repository->gate == CY_GATE_NONE)
        return not_gated(repository, outcome);
    struct change change = {.actor = actor,
                            .repository = repository,
                            .user_id = user_id,
                            .status = status,
                            .reason = {reason.data, CY_MIN(reason.size, CY_ACCESS_REASON_MAX)},
                            .outcome = outcome};
    return cy_store_write(hub->store, CY_AREA_HUB, answer_work, &change, &outcome->error);
}

static enum cy_status grant_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_value repository = cy_value_text(change->repository->id), user = cy_value_text(change->user_id);
    enum cy_status status = CY_RUN(database, CY_SQL_access_request_of_user, &arena, &rows, error, repository, user);
    if (status == CY_OK && rows.row_count == 1 && cy_str_is(cy_result_text(&rows, 0, 1), "accepted"))
        status = cy_refuse(change->outcome, CY_REFUSAL_INPUT, "the user has access already");
    else if (status == CY_OK && rows.row_count == 1)
        status =
            CY_RUN(database, CY_SQL_access_request_set, &arena, NULL, error, cy_value_text(cy_result_text(&rows, 0, 0)),
                   cy_value_text(CY_STR("accepted")), cy_value_integer(cy_now_ms()), cy_value_text(change->actor->id), cy_value_null());
    else if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_access_request_add, &arena, &rows, error, cy_value_text(cy_str(change->id)), repository, user,
                        cy_value_text(CY_STR("accepted")), cy_value_text(CY_STR("{}")), cy_value_integer(cy_now_ms()));
    if (status == CY_OK)
        status = audit(database, change, "access.grant", CY_STR("accepted"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_access_grant(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                               struct cy_str user_id, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (repository->gate == CY_GATE_NONE)
        return not_gated(repository, outcome);
    struct change change = {.actor = actor, .repository = repository, .user_id = user_id, .outcome = outcome};
    cy_uuid(change.id);
    return cy_store_write(hub->store, CY_AREA_HUB, grant_work, &change, &outcome->error);
}
