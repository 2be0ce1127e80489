#include "hub/repositories.h"

#include "hub/commits.h"
#include "hub/hub_names.h"
#include "hub/repository_card.h"
#include "hub/search_index.h"
#include "hub/standing.h"

#include <time.h>

static const char *const gate_names[] = {[CY_GATE_NONE] = "no", [CY_GATE_AUTO] = "auto", [CY_GATE_MANUAL] = "manual"};

const char *cy_gate_name(enum cy_gate gate)
{
    CY_ASSERT((size_t)gate < CY_COUNT(gate_names));
    return gate_names[gate];
}

static enum cy_gate gate_of(struct cy_str name)
{
    return cy_str_is(name, "auto") ? CY_GATE_AUTO : cy_str_is(name, "manual") ? CY_GATE_MANUAL : CY_GATE_NONE;
}

/* ---- finding one ---- */

/* A row of the queries repository_by_…: columns 0 to 16 are the repository, then the viewer's roles and whether his request was accepted.
 */
static struct cy_repository repository_of(const struct cy_result *rows, const struct cy_viewer *viewer)
{
    struct cy_repository repository = {
        .id = cy_result_text(rows, 0, 0),
        .namespace_id = cy_result_text(rows, 0, 1),
        .namespace_name = cy_result_text(rows, 0, 2),
        .namespace_is_user = cy_str_is(cy_result_text(rows, 0, 3), "user"),
        .name = cy_result_text(rows, 0, 4),
        .is_private = cy_str_is(cy_result_text(rows, 0, 5), "private"),
        .gate = gate_of(cy_result_text(rows, 0, 6)),
        .gate_form = cy_result_text(rows, 0, 7),
        .head = cy_result_text(rows, 0, 8),
        .title = cy_result_text(rows, 0, 9),
        .card = cy_result_text(rows, 0, 10),
        .download_count = cy_result_integer(rows, 0, 11),
        .like_count = cy_result_integer(rows, 0, 12),
        .size_bytes = cy_result_integer(rows, 0, 13),
        .created_ms = cy_result_integer(rows, 0, 14),
        .modified_ms = cy_result_integer(rows, 0, 15),
        .is_disabled = !cy_result_is_null(rows, 0, 16),
    };
    int64_t role = CY_MAX(cy_result_integer(rows, 0, 17), cy_result_integer(rows, 0, 18));
    bool is_known = viewer->user_id.size > 0;
    if (is_known && cy_str_equal(repository.namespace_id, viewer->user_id))
        role = CY_ROLE_ADMIN;
    struct cy_access_case of = {
        .is_known = is_known,
        .is_admin = viewer->is_admin,
        .is_local = viewer->is_local,
        .scopes = viewer->scopes,
        .role = (enum cy_role)role,
        .is_accepted = cy_result_integer(rows, 0, 19) > 0,
        .is_private = repository.is_private,
        .is_disabled = repository.is_disabled,
        .gate = repository.gate,
    };
    repository.access = cy_access_of(&of);
    return repository;
}

static enum cy_status check_found(const struct cy_result *rows, const struct cy_viewer *viewer, struct cy_repository *repository,
                                  struct cy_str namespace_name, struct cy_str name, struct cy_outcome *outcome)
{
    if (rows->row_count > 0)
        *repository = repository_of(rows, viewer);
    if (rows->row_count == 0 || !(repository->access & CY_ACCESS_SEE))
        return cy_refuse(outcome, CY_REFUSAL_NO_REPOSITORY, "there is no repository \"%.*s/%.*s\", or you may not see it",
                         (int)CY_MIN(namespace_name.size, 100), namespace_name.data, (int)CY_MIN(name.size, 100), name.data);
    if (!cy_result_is_null(rows, 0, 20)) { /* the tombstone: whoever could see it may know */
        struct cy_str why = cy_result_text(rows, 0, 21);
        time_t erased_s = (time_t)(cy_result_integer(rows, 0, 20) / 1000);
        struct tm parts;
        char date[16];
        gmtime_r(&erased_s, &parts);
        strftime(date, sizeof date, "%Y-%m-%d", &parts);
        return cy_refuse(outcome, CY_REFUSAL_NO_REPOSITORY, "the dataset was erased on %s: %.*s", date, (int)CY_MIN(why.size, 500),
                         why.data);
    }
    return CY_OK;
}

enum cy_status cy_repository_find(struct cy_database *database, const struct cy_viewer *viewer, struct cy_str namespace_name,
                                  struct cy_str name, struct cy_arena *arena, struct cy_repository *repository, struct cy_outcome *outcome)
{
    struct cy_result rows;
    *outcome = (struct cy_outcome){0};
    struct cy_str namespace_key = cy_name_key(arena, namespace_name), name_key = cy_name_key(arena, name);
    enum cy_status status = CY_RUN(database, CY_SQL_repository_by_name, arena, &rows, &outcome->error, cy_value_text(namespace_key),
                                   cy_value_text(name_key), cy_value_text(viewer->user_id));
    bool was_moved = status == CY_OK && rows.row_count == 0;
    if (was_moved) {
        const char *path = cy_arena_printf(arena, "%s/%s", namespace_key.data, name_key.data);
        status = CY_RUN(database, CY_SQL_repository_by_old_name, arena, &rows, &outcome->error, cy_value_text(cy_str(path)),
                        cy_value_text(viewer->user_id));
    }
    if (status == CY_OK)
        status = check_found(&rows, viewer, repository, namespace_name, name, outcome);
    if (status == CY_OK)
        repository->was_moved = was_moved;
    return status;
}

enum cy_status cy_repository_find_by_id(struct cy_database *database, const struct cy_viewer *viewer, struct cy_str id,
                                        struct cy_arena *arena, struct cy_repository *repository, struct cy_outcome *outcome)
{
    struct cy_result rows;
    *outcome = (struct cy_outcome){0};
    enum cy_status status =
        CY_RUN(database, CY_SQL_repository_by_id, arena, &rows, &outcome->error, cy_value_text(id), cy_value_text(viewer->user_id));
    return status == CY_OK ? check_found(&rows, viewer, repository, CY_STR("id"), id, outcome) : status;
}

enum cy_status cy_repository_may(struct cy_hub *hub, struct cy_str user_id, struct cy_str repository_id, unsigned needs, bool *may,
                                 struct cy_error *error)
{
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows = {0};
    struct cy_viewer viewer = {.scopes = CY_SCOPE_READ};
    *may = false;
    enum cy_status status = cy_store_reader(hub->store, &database, error);
    if (status != CY_OK)
        return status;
    if (user_id.size > 0)
        status = CY_RUN(database, CY_SQL_account_by_id, &arena, &rows, error, cy_value_text(user_id));
    if (rows.row_count == 1)
        viewer = (struct cy_viewer){.user_id = user_id,
                                    .user_name = cy_result_text(&rows, 0, 0),
                                    .scopes = CY_SCOPE_ALL,
                                    .is_admin = cy_result_integer(&rows, 0, 1) != 0};
    bool is_gone = user_id.size > 0 && (rows.row_count == 0 || !cy_result_is_null(&rows, 0, 2));
    if (status == CY_OK && !is_gone) {
        struct cy_repository repository;
        struct cy_outcome outcome;
        enum cy_status found = cy_repository_find_by_id(database, &viewer, repository_id, &arena, &repository, &outcome);
        *may = found == CY_OK && (needs & ~repository.access) == 0;
        if (found != CY_OK && outcome.refusal == CY_REFUSAL_NONE) {
            *error = outcome.error;
            status = found;
        }
    }
    cy_store_reader_back(hub->store, database);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_namespace_check(struct cy_database *database, const struct cy_viewer *viewer, struct cy_str namespace_name,
                                  struct cy_arena *arena, struct cy_account *account, struct cy_outcome *outcome)
{
    enum cy_status status = cy_account_find(database, namespace_name, arena, account, outcome);
    bool is_allowed = false;
    if (status == CY_OK) {
        struct cy_result rows;
        status =
            CY_RUN(database, CY_SQL_member_role, arena, &rows, &outcome->error, cy_value_text(account->id), cy_value_text(viewer->user_id));
        bool writes = status == CY_OK && rows.row_count == 1 && cy_result_integer(&rows, 0, 0) >= CY_ROLE_WRITE;
        bool is_own = viewer->user_id.size > 0 && cy_str_equal(account->id, viewer->user_id);
        bool is_admin = viewer->is_admin && (viewer->scopes & CY_SCOPE_ADMIN);
        is_allowed = viewer->is_local || ((viewer->scopes & CY_SCOPE_WRITE) && (is_own || writes || is_admin));
    }
    if (status != CY_OK && outcome->refusal != CY_REFUSAL_NO_ACCOUNT)
        return status;
    return is_allowed ? CY_OK
                      : cy_refuse(outcome, CY_REFUSAL_NOT_ALLOWED, "you may not make repositories in \"%.*s\"",
                                  (int)CY_MIN(namespace_name.size, 100), namespace_name.data);
}

/* ---- making and changing ---- */

struct change {
    const struct cy_actor *actor;
    const struct cy_repository *repository;
    const struct cy_account *account;
    struct cy_str name, name_key, path_key, old_path_key;
    bool is_private;
    const struct cy_repository_settings *settings;
    char id[37];
    struct cy_outcome *outcome;
};

static struct cy_str path_key(struct cy_arena *arena, struct cy_str namespace_name, struct cy_str name)
{
    struct cy_str one = cy_name_key(arena, namespace_name), other = cy_name_key(arena, name);
    return cy_str(cy_arena_printf(arena, "%s/%s", one.data, other.data));
}

static enum cy_status audit(struct cy_database *database, const struct change *change, const char *action, struct cy_str id,
                            const char *more, struct cy_error *error)
{
    struct cy_buffer detail = {0};
    cy_buffer_printf(&detail, "{\"path\":\"%.*s\"%s}", (int)change->path_key.size, change->path_key.data, more);
    enum cy_status status = cy_audit_add(database, change->actor, action, id, cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    return status;
}

static enum cy_status create_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    int64_t now_ms = cy_now_ms();
    char sha[41];
    struct cy_str id = cy_str(change->id);
    enum cy_status status = CY_RUN(database, CY_SQL_repository_add, &arena, &rows, error, cy_value_text(id),
                                   cy_value_text(change->account->id), cy_value_text(change->name), cy_value_text(change->name_key),
                                   cy_value_text(change->is_private ? CY_STR("private") : CY_STR("public")),
                                   cy_value_text(change->actor->id), cy_value_integer(now_ms));
    if (status == CY_OK && rows.row_count == 0)
        status = cy_refuse(change->outcome, CY_REFUSAL_EXISTS, "you already created this dataset repo: \"%.*s/%.*s\"",
                           (int)change->account->name.size, change->account->name.data, (int)change->name.size, change->name.data);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_redirect_remove, &arena, NULL, error, cy_value_text(change->path_key));
    if (status == CY_OK)
        status = cy_commit_first(database, change->actor, id, now_ms, sha, error);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_repository_advance, &arena, NULL, error, cy_value_text(id), cy_value_text(cy_str(sha)),
                        cy_value_integer(now_ms));
    if (status == CY_OK)
        status = cy_repository_index(database, id, error);
    if (status == CY_OK)
        status = audit(database, change, "repository.create", id, change->is_private ? ",\"private\":true" : ",\"private\":false", error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_repository_create(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account *account, struct cy_str name,
                                    bool is_private, struct cy_arena *arena, struct cy_str *id, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (cy_repository_name_check(name, &outcome->error) != CY_OK) {
        outcome->refusal = CY_REFUSAL_INPUT;
        return CY_BAD_INPUT;
    }
    struct change change = {.actor = actor,
                            .account = account,
                            .name = name,
                            .name_key = cy_name_key(arena, name),
                            .path_key = path_key(arena, account->name, name),
                            .is_private = is_private,
                            .outcome = outcome};
    cy_uuid(change.id);
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, create_work, &change, &outcome->error);
    if (status == CY_OK)
        *id = cy_str(cy_arena_text(arena, change.id));
    return status;
}

static enum cy_status delete_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result done;
    enum cy_status status = CY_RUN(database, CY_SQL_repository_delete, &arena, &done, error, cy_value_text(change->repository->id),
                                   cy_value_integer(cy_now_ms()));
    if (status == CY_OK && done.changed_count == 0)
        status = cy_refuse(change->outcome, CY_REFUSAL_NO_REPOSITORY, "the repository is gone already");
    if (status == CY_OK)
        status = cy_search_remove(database, change->repository->id, error);
    if (status == CY_OK)
        status = audit(database, change, "repository.delete", change->repository->id, "", error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_repository_delete(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                    struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct cy_arena arena = {0};
    struct change change = {.actor = actor,
                            .repository = repository,
                            .path_key = path_key(&arena, repository->namespace_name, repository->name),
                            .outcome = outcome};
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, delete_work, &change, &outcome->error);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status move_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_str id = change->repository->id;
    enum cy_status status = CY_RUN(database, CY_SQL_repository_name_taken, &arena, &rows, error, cy_value_text(change->account->id),
                                   cy_value_text(change->name_key), cy_value_text(id));
    if (status == CY_OK && cy_result_integer(&rows, 0, 0) > 0)
        status = cy_refuse(change->outcome, CY_REFUSAL_EXISTS, "there is a repository \"%.*s\" already", (int)change->path_key.size,
                           change->path_key.data);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_storage_give_back, &arena, NULL, error, cy_value_text(id));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_repository_rename, &arena, NULL, error, cy_value_text(id), cy_value_text(change->account->id),
                        cy_value_text(change->name), cy_value_text(change->name_key));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_storage_take, &arena, NULL, error, cy_value_text(id));
    struct cy_quota quota = {0, -1};
    if (status == CY_OK && !cy_str_equal(change->account->id, change->repository->namespace_id))
        status = cy_quota_get(database, change->account->id, &quota, error);
    if (status == CY_OK && quota.size_bytes_max >= 0 && quota.size_bytes > quota.size_bytes_max)
        status =
            cy_refuse(change->outcome, CY_REFUSAL_TOO_LARGE, "the account may hold %lld bytes, and with this dataset it would hold %lld",
                      (long long)quota.size_bytes_max, (long long)quota.size_bytes);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_redirect_remove, &arena, NULL, error, cy_value_text(change->path_key));
    if (status == CY_OK && !cy_str_equal(change->path_key, change->old_path_key))
        status = CY_RUN(database, CY_SQL_redirect_set, &arena, NULL, error, cy_value_text(change->old_path_key), cy_value_text(id),
                        cy_value_integer(cy_now_ms()));
    if (status == CY_OK)
        status = cy_repository_index(database, id, error);
    if (status == CY_OK)
        status = audit(database, change, "repository.move", id,
                       cy_arena_printf(&arena, ",\"from\":\"%.*s\"", (int)change->old_path_key.size, change->old_path_key.data), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_repository_move(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                  const struct cy_account *account, struct cy_str name, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (cy_repository_name_check(name, &outcome->error) != CY_OK) {
        outcome->refusal = CY_REFUSAL_INPUT;
        return CY_BAD_INPUT;
    }
    struct cy_arena arena = {0};
    struct change change = {.actor = actor,
                            .repository = repository,
                            .account = account,
                            .name = name,
                            .name_key = cy_name_key(&arena, name),
                            .path_key = path_key(&arena, account->name, name),
                            .old_path_key = path_key(&arena, repository->namespace_name, repository->name),
                            .outcome = outcome};
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, move_work, &change, &outcome->error);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status set_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct change *change = context;
    const struct cy_repository *repository = change->repository;
    struct cy_arena arena = {0};
    bool is_private = change->settings->is_private != NULL ? *change->settings->is_private : repository->is_private;
    enum cy_gate gate = change->settings->gate != NULL ? *change->settings->gate : repository->gate;
    enum cy_status status =
        CY_RUN(database, CY_SQL_repository_set, &arena, NULL, error, cy_value_text(repository->id),
               cy_value_text(is_private ? CY_STR("private") : CY_STR("public")), cy_value_text(cy_str(cy_gate_name(gate))));
    if (status == CY_OK)
        status = cy_repository_index(database, repository->id, error);
    if (status == CY_OK)
        status =
            audit(database, change, "repository.settings", repository->id,
                  cy_arena_printf(&arena, ",\"private\":%s,\"gated\":\"%s\"", is_private ? "true" : "false", cy_gate_name(gate)), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_repository_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                 const struct cy_repository_settings *settings, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct cy_arena arena = {0};
    struct change change = {.actor = actor,
                            .repository = repository,
                            .path_key = path_key(&arena, repository->namespace_name, repository->name),
                            .settings = settings,
                            .outcome = outcome};
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, set_work, &change, &outcome->error);
    cy_arena_release(&arena);
    return status;
}
