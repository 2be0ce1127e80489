#include "hub/accounts.h"

#include "hub/hub_names.h"

/* ---- making one ---- */

struct create {
    const struct cy_actor *actor;
    const struct cy_account_new *new;
    struct cy_str name_key;
    char id[37];
    int64_t now_ms;
    struct cy_outcome *outcome;
};

static enum cy_status create_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct create *create = context;
    const struct cy_account_new *new = create->new;
    bool is_user = new->kind == CY_ACCOUNT_USER;
    struct cy_arena arena = {0};
    struct cy_result made;
    enum cy_status status =
        CY_RUN(database, CY_SQL_account_add, &arena, &made, error, cy_value_text(cy_str(create->id)),
               cy_value_text(is_user ? CY_STR("user") : CY_STR("organisation")), cy_value_text(new->name), cy_value_text(create->name_key),
               cy_value_text(new->full_name), cy_value_text_or_null(new->email), cy_value_text_or_null(new->password_hash),
               cy_value_integer(new->is_admin), cy_value_integer(create->now_ms));
    if (status == CY_OK && made.row_count == 0)
        status = cy_refuse(create->outcome, CY_REFUSAL_EXISTS, "there is an account \"%.*s\" already", (int)new->name.size, new->name.data);
    if (status == CY_OK && !is_user && new->made_by.size > 0)
        status = CY_RUN(database, CY_SQL_member_set, &arena, NULL, error, cy_value_text(cy_str(create->id)), cy_value_text(new->made_by),
                        cy_value_integer(CY_ROLE_ADMIN), cy_value_integer(create->now_ms));
    if (status == CY_OK)
        status = cy_audit_add(database, create->actor, is_user ? "user.create" : "organisation.create", cy_str(create->id),
                              cy_str(cy_arena_printf(&arena, "{\"name\":\"%.*s\",\"is_admin\":%s}", (int)new->name.size, new->name.data,
                                                     new->is_admin ? "true" : "false")),
                              error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_account_create(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account_new *new, struct cy_arena *arena,
                                 struct cy_account *account, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (cy_account_name_check(new->name, &outcome->error) != CY_OK) {
        outcome->refusal = CY_REFUSAL_INPUT;
        return CY_BAD_INPUT;
    }
    struct create create = {
        .actor = actor, .new = new, .name_key = cy_name_key(arena, new->name), .now_ms = cy_now_ms(), .outcome = outcome};
    cy_uuid(create.id);
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, create_work, &create, &outcome->error);
    if (status == CY_OK)
        *account = (struct cy_account){.id = cy_str(cy_arena_text(arena, create.id)),
                                       .name = new->name,
                                       .full_name = new->full_name,
                                       .email = new->email,
                                       .kind = new->kind,
                                       .is_admin = new->is_admin,
                                       .created_ms = create.now_ms};
    return status;
}

enum cy_status cy_account_find(struct cy_database *database, struct cy_str name, struct cy_arena *arena, struct cy_account *account,
                               struct cy_outcome *outcome)
{
    struct cy_result rows;
    *outcome = (struct cy_outcome){0};
    enum cy_status status =
        CY_RUN(database, CY_SQL_account_by_name, arena, &rows, &outcome->error, cy_value_text(cy_name_key(arena, name)));
    if (status != CY_OK)
        return status;
    if (rows.row_count == 0)
        return cy_refuse(outcome, CY_REFUSAL_NO_ACCOUNT, "there is no account \"%.*s\"", (int)CY_MIN(name.size, 100), name.data);
    *account = (struct cy_account){
        .id = cy_result_text(&rows, 0, 0),
        .kind = cy_str_is(cy_result_text(&rows, 0, 1), "user") ? CY_ACCOUNT_USER : CY_ACCOUNT_ORGANISATION,
        .name = cy_result_text(&rows, 0, 2),
        .full_name = cy_result_text(&rows, 0, 3),
        .email = cy_result_text(&rows, 0, 4),
        .is_admin = cy_result_integer(&rows, 0, 5) != 0,
        .created_ms = cy_result_integer(&rows, 0, 6),
        .is_disabled = !cy_result_is_null(&rows, 0, 7),
    };
    return CY_OK;
}

/* ---- disabling ---- */

struct disable {
    const struct cy_actor *actor;
    struct cy_str id;
    bool is_disabled;
};

static enum cy_status disable_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct disable *disable = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_account_disable, &arena, NULL, error, cy_value_text(disable->id),
                                   disable->is_disabled ? cy_value_integer(cy_now_ms()) : cy_value_null());
    if (status == CY_OK)
        status = cy_audit_add(database, disable->actor, disable->is_disabled ? "account.disable" : "account.enable", disable->id,
                              CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_account_disable(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str id, bool is_disabled,
                                  struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct disable disable = {actor, id, is_disabled};
    return cy_store_write(hub->store, CY_AREA_HUB, disable_work, &disable, &outcome->error);
}

/* ---- members ---- */

struct member {
    const struct cy_actor *actor;
    const struct cy_account *organisation, *user;
    enum cy_role role;
};

static enum cy_status member_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct member *member = context;
    struct cy_arena arena = {0};
    struct cy_value organisation = cy_value_text(member->organisation->id), user = cy_value_text(member->user->id);
    enum cy_status status = member->role == CY_ROLE_NONE ? CY_RUN(database, CY_SQL_member_remove, &arena, NULL, error, organisation, user)
                                                         : CY_RUN(database, CY_SQL_member_set, &arena, NULL, error, organisation, user,
                                                                  cy_value_integer(member->role), cy_value_integer(cy_now_ms()));
    if (status == CY_OK)
        status = cy_audit_add(database, member->actor, "member.set", member->organisation->id,
                              cy_str(cy_arena_printf(&arena, "{\"user\":\"%.*s\",\"role\":\"%s\"}", (int)member->user->name.size,
                                                     member->user->name.data, cy_role_name(member->role))),
                              error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_member_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account *organisation,
                             const struct cy_account *user, enum cy_role role, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (organisation->kind != CY_ACCOUNT_ORGANISATION)
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "\"%.*s\" is a user, not an organisation", (int)organisation->name.size,
                         organisation->name.data);
    if (user->kind != CY_ACCOUNT_USER)
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "\"%.*s\" is an organisation, and only users are members", (int)user->name.size,
                         user->name.data);
    struct member member = {actor, organisation, user, role};
    return cy_store_write(hub->store, CY_AREA_HUB, member_work, &member, &outcome->error);
}

static enum cy_status list_memberships(struct cy_database *database, enum cy_sql query, struct cy_str id, struct cy_arena *arena,
                                       struct cy_membership **list, size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, query, arena, &rows, error, cy_value_text(id));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *list = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **list);
    for (size_t i = 0; i < rows.row_count; i++)
        (*list)[i] = (struct cy_membership){.id = cy_result_text(&rows, i, 0),
                                            .name = cy_result_text(&rows, i, 1),
                                            .full_name = cy_result_text(&rows, i, 2),
                                            .role = (enum cy_role)cy_result_integer(&rows, i, 3)};
    return CY_OK;
}

enum cy_status cy_memberships_of(struct cy_database *database, struct cy_str user_id, struct cy_arena *arena,
                                 struct cy_membership **memberships, size_t *count, struct cy_error *error)
{
    return list_memberships(database, CY_SQL_memberships_of_user, user_id, arena, memberships, count, error);
}

enum cy_status cy_members_of(struct cy_database *database, struct cy_str organisation_id, struct cy_arena *arena,
                             struct cy_membership **members, size_t *count, struct cy_error *error)
{
    return list_memberships(database, CY_SQL_members_of_organisation, organisation_id, arena, members, count, error);
}
