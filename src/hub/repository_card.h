/* What main's README.md says of a repository, in the tables that are searched and listed. */
#ifndef CY_HUB_REPOSITORY_CARD_H
#define CY_HUB_REPOSITORY_CARD_H

#include "hub/card_head.h"
#include "store/database.h"

/* Within a piece of work. card NULL: there is none any more. */
enum cy_status cy_repository_set_card(struct cy_database *database, struct cy_str repository_id, const struct cy_card_head *card,
                                      struct cy_error *error);

/* Within a piece of work, after anything that the search knows has changed: name, owner, visibility, card. */
enum cy_status cy_repository_index(struct cy_database *database, struct cy_str repository_id, struct cy_error *error);

#endif
