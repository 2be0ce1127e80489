/* Users, organisations and who belongs to them. */
#ifndef CY_HUB_ACCOUNTS_H
#define CY_HUB_ACCOUNTS_H

#include "hub/audit.h"
#include "hub/hub.h"

enum cy_account_kind { CY_ACCOUNT_USER, CY_ACCOUNT_ORGANISATION };

struct cy_account {
    struct cy_str id, name, full_name, email;
    enum cy_account_kind kind;
    bool is_admin, is_disabled;
    int64_t created_ms;
};
struct cy_membership {
    struct cy_str id, name, full_name; /* of the organisation, or of the user: which was asked for */
    enum cy_role role;
};

/* Makes a user or an organisation. made_by: of an organisation, the user who becomes its admin, or empty.
 * account out, in arena. Refusals: INPUT (the name), EXISTS. */
struct cy_account_new {
    enum cy_account_kind kind;
    struct cy_str name, full_name, email;
    bool is_admin;
    struct cy_str password_hash; /* argon2id, or empty: no login by password */
    struct cy_str made_by;
};
enum cy_status cy_account_create(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account_new *new, struct cy_arena *arena,
                                 struct cy_account *account, struct cy_outcome *outcome);
/* Refusal: NO_ACCOUNT. */
enum cy_status cy_account_find(struct cy_database *database, struct cy_str name, struct cy_arena *arena, struct cy_account *account,
                               struct cy_outcome *outcome);
/* Switches a user off, with all his tokens, or on again. */
enum cy_status cy_account_disable(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str id, bool is_disabled,
                                  struct cy_outcome *outcome);

/* Makes a user a member, or changes his role; CY_ROLE_NONE takes him out. Refusals: INPUT (it is no organisation, he is no user). */
enum cy_status cy_member_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account *organisation,
                             const struct cy_account *user, enum cy_role role, struct cy_outcome *outcome);
/* The organisations of a user, by name; or the members of an organisation. */
enum cy_status cy_memberships_of(struct cy_database *database, struct cy_str user_id, struct cy_arena *arena,
                                 struct cy_membership **memberships, size_t *count, struct cy_error *error);
enum cy_status cy_members_of(struct cy_database *database, struct cy_str organisation_id, struct cy_arena *arena,
                             struct cy_membership **members, size_t *count, struct cy_error *error);

#endif
