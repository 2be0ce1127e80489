/* What people and organisations have to do with a repository beside its versions: who likes it, who was let in by its owner, which party
 * says that it contributed, and how much an account may hold. */
#ifndef CY_HUB_STANDING_H
#define CY_HUB_STANDING_H

#include "hub/repositories.h"

/* Likes it, or does so no more. Doing it twice changes nothing. */
enum cy_status cy_like_set(struct cy_hub *hub, struct cy_str user_id, struct cy_str repository_id, bool likes, struct cy_outcome *outcome);

/* What one user may do with one repository; CY_ROLE_NONE takes it back. */
enum cy_status cy_grant_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                            const struct cy_account *user, enum cy_role role, struct cy_outcome *outcome);
/* Name of the user and role, by name. */
enum cy_status cy_grants_of(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena,
                            struct cy_membership **grants, size_t *count, struct cy_error *error);

/* The organisation says that it is the party of this name, and contributed to the repository; or takes that back. Until it does, what the
 * party earns waits. */
enum cy_status cy_confirmation_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                   struct cy_str party, const struct cy_account *organisation, bool confirms, struct cy_outcome *outcome);
struct cy_confirmation {
    struct cy_str party, organisation_name, confirmed_by;
    int64_t created_ms;
};
enum cy_status cy_confirmations_of(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena,
                                   struct cy_confirmation **confirmations, size_t *count, struct cy_error *error);

/* Bytes that an account's repositories hold, each object once a repository, and may hold: -1 without a limit. */
struct cy_quota {
    int64_t size_bytes, size_bytes_max;
};
enum cy_status cy_quota_get(struct cy_database *database, struct cy_str account_id, struct cy_quota *quota, struct cy_error *error);
/* size_bytes_max -1: no limit. What is there already stays, whatever it is. */
enum cy_status cy_quota_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account *account, int64_t size_bytes_max,
                            struct cy_outcome *outcome);

#endif
