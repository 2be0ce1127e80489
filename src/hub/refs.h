/* Branches and tags. */
#ifndef CY_HUB_REFS_H
#define CY_HUB_REFS_H

#include "hub/audit.h"
#include "hub/hub.h"

enum { CY_REFS_MAX = 10000 }; /* of one repository: they are listed whole */

struct cy_ref {
    struct cy_str name; /* "refs/heads/main" */
    struct cy_str target, message;
};
/* All, by name. */
enum cy_status cy_refs_of(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena, struct cy_ref **refs,
                          size_t *count, struct cy_error *error);

enum cy_ref_kind { CY_REF_BRANCH, CY_REF_TAG };
/* revision: where it begins ("": main). Refusals: INPUT (the name), NO_REVISION, EXISTS, TOO_LARGE. */
enum cy_status cy_ref_create(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str repository_id, enum cy_ref_kind kind,
                             struct cy_str name, struct cy_str revision, struct cy_str message, struct cy_outcome *outcome);
/* Refusals: NO_REVISION, NOT_ALLOWED (main). */
enum cy_status cy_ref_delete(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str repository_id, enum cy_ref_kind kind,
                             struct cy_str name, struct cy_outcome *outcome);

#endif
