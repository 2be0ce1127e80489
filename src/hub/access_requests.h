/* Asking for the files of a gated repository: who asked, what he filled in, what the owner said. */
#ifndef CY_HUB_ACCESS_REQUESTS_H
#define CY_HUB_ACCESS_REQUESTS_H

#include "hub/repositories.h"

enum {
    CY_ACCESS_FIELDS_BYTES_MAX = 16 * 1024, /* of what is filled in, as JSON */
    CY_ACCESS_REASON_MAX = 2000,            /* bytes */
};

struct cy_access_request {
    struct cy_str id, user_id, user_name, full_name, email;
    struct cy_str status; /* "pending", "accepted", "rejected" */
    struct cy_str fields; /* a JSON object */
    struct cy_str reason;
    int64_t created_ms;
};
/* Those of one status, the oldest first, after the id of the page before ("" from the beginning). */
enum cy_status cy_access_requests_of(struct cy_database *database, struct cy_str repository_id, struct cy_str status,
                                     struct cy_str after_id, size_t count_max, struct cy_arena *arena, struct cy_access_request **requests,
                                     size_t *count, struct cy_error *error);
/* A user asks: accepted at once where the gate is automatic. Asking again changes nothing. status out: what it is now, in arena.
 * Refusals: INPUT (not gated), TOO_LARGE (fields). */
enum cy_status cy_access_ask(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository, struct cy_str fields,
                             struct cy_arena *arena, struct cy_str *status_now, struct cy_outcome *outcome);
/* The owner answers the request of a user. Refusals: INPUT (not gated), NO_ACCOUNT (no request of his, or it has that status already). */
enum cy_status cy_access_answer(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                struct cy_str user_id, struct cy_str status, struct cy_str reason, struct cy_outcome *outcome);
/* The owner lets a user in who has not asked. Refusals: INPUT (not gated, or he is in already). */
enum cy_status cy_access_grant(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                               struct cy_str user_id, struct cy_outcome *outcome);

#endif
