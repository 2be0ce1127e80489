#include "hub/standing.h"

#include <inttypes.h>

struct change {
    const struct cy_actor *actor;
    const struct cy_repository *repository;
    const struct cy_account *account;
    struct cy_str user_id, repository_id, party;
    enum cy_role role;
    bool is_set;
    int64_t size_bytes_max;
};

/* ---- likes ---- */

static enum cy_status like_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_value repository = cy_value_text(change->repository_id), user = cy_value_text(change->user_id);
    enum cy_status status = change->is_set
                                ? CY_RUN(database, CY_SQL_like_add, &arena, &rows, error, repository, user, cy_value_integer(cy_now_ms()))
                                : CY_RUN(database, CY_SQL_like_remove, &arena, &rows, error, repository, user);
    if (status == CY_OK && rows.row_count == 1)
        status = CY_RUN(database, CY_SQL_repository_count_like, &arena, NULL, error, repository, cy_value_integer(change->is_set ? 1 : -1));
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_like_set(struct cy_hub *hub, struct cy_str user_id, struct cy_str repository_id, bool likes, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct change change = {.user_id = user_id, .repository_id = repository_id, .is_set = likes};
    return cy_store_write(hub->store, CY_AREA_USE, like_work, &change, &outcome->error);
}

/* ---- grants ---- */

static enum cy_status grant_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_value repository = cy_value_text(change->repository->id), user = cy_value_text(change->account->id);
    enum cy_status status = change->role == CY_ROLE_NONE
                                ? CY_RUN(database, CY_SQL_grant_remove, &arena, NULL, error, repository, user)
                                : CY_RUN(database, CY_SQL_grant_set, &arena, NULL, error, repository, user, cy_value_integer(change->role),
                                         cy_value_text(change->actor->id), cy_value_integer(cy_now_ms()));
    if (status == CY_OK)
        status = cy_audit_add(database, change->actor, "grant.set", change->repository->id,
                              cy_str(cy_arena_printf(&arena, "{\"user\":\"%.*s\",\"role\":\"%s\"}", (int)change->account->name.size,
                                                     change->account->name.data, cy_role_name(change->role))),
                              error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_grant_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                            const struct cy_account *user, enum cy_role role, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct change change = {.actor = actor, .repository = repository, .account = user, .role = role};
    return cy_store_write(hub->store, CY_AREA_HUB, grant_work, &change, &outcome->error);
}

enum cy_status cy_grants_of(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena,
                            struct cy_membership **grants, size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, CY_SQL_grant_list, arena, &rows, error, cy_value_text(repository_id));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *grants = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **grants);
    for (size_t i = 0; i < rows.row_count; i++)
        (*grants)[i] = (struct cy_membership){.id = cy_result_text(&rows, i, 0),
                                              .name = cy_result_text(&rows, i, 1),
                                              .full_name = cy_result_text(&rows, i, 2),
                                              .role = (enum cy_role)cy_result_integer(&rows, i, 3)};
    return CY_OK;
}

/* ---- parties ---- */

static enum cy_status confirmation_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_buffer detail = {0};
    struct cy_value repository = cy_value_text(change->repository->id), party = cy_value_text(change->party);
    enum cy_status status =
        change->is_set ? CY_RUN(database, CY_SQL_confirmation_set, &arena, NULL, error, repository, party,
                                cy_value_text(change->account->id), cy_value_text(change->actor->name), cy_value_integer(cy_now_ms()))
                       : CY_RUN(database, CY_SQL_confirmation_remove, &arena, NULL, error, repository, party);
    cy_buffer_add_text(&detail, "{\"party\":");
    cy_buffer_add_json(&detail, change->party);
    cy_buffer_printf(&detail, ",\"organisation_id\":\"%.*s\"}", (int)change->account->id.size, change->account->id.data);
    if (status == CY_OK)
        status = cy_audit_add(database, change->actor, change->is_set ? "party.confirm" : "party.withdraw", change->repository->id,
                              cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_confirmation_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                   struct cy_str party, const struct cy_account *organisation, bool confirms, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct change change = {.actor = actor, .repository = repository, .account = organisation, .party = party, .is_set = confirms};
    return cy_store_write(hub->store, CY_AREA_HUB, confirmation_work, &change, &outcome->error);
}

enum cy_status cy_confirmations_of(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena,
                                   struct cy_confirmation **confirmations, size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, CY_SQL_confirmation_list, arena, &rows, error, cy_value_text(repository_id));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *confirmations = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **confirmations);
    for (size_t i = 0; i < rows.row_count; i++)
        (*confirmations)[i] = (struct cy_confirmation){.party = cy_result_text(&rows, i, 0),
                                                       .organisation_name = cy_result_text(&rows, i, 1),
                                                       .confirmed_by = cy_result_text(&rows, i, 2),
                                                       .created_ms = cy_result_integer(&rows, i, 3)};
    return CY_OK;
}

/* ---- quotas ---- */

enum cy_status cy_quota_get(struct cy_database *database, struct cy_str account_id, struct cy_quota *quota, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_result rows;
    *quota = (struct cy_quota){0, -1};
    enum cy_status status = CY_RUN(database, CY_SQL_quota_get, &arena, &rows, error, cy_value_text(account_id));
    if (status == CY_OK && rows.row_count == 1)
        *quota = (struct cy_quota){cy_result_integer(&rows, 0, 0), cy_result_integer(&rows, 0, 1)};
    cy_arena_release(&arena);
    return status;
}

static enum cy_status quota_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_value account = cy_value_text(change->account->id);
    enum cy_status status = change->size_bytes_max < 0 ? CY_RUN(database, CY_SQL_quota_remove, &arena, NULL, error, account)
                                                       : CY_RUN(database, CY_SQL_quota_set, &arena, NULL, error, account,
                                                                cy_value_integer(change->size_bytes_max));
    if (status == CY_OK)
        status = cy_audit_add(database, change->actor, "quota.set", change->account->id,
                              cy_str(cy_arena_printf(&arena, "{\"size_bytes_max\":%" PRId64 "}", change->size_bytes_max)), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_quota_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account *account, int64_t size_bytes_max,
                            struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct change change = {.actor = actor, .account = account, .size_bytes_max = size_bytes_max};
    return cy_store_write(hub->store, CY_AREA_HUB, quota_work, &change, &outcome->error);
}
