/* What a server does by itself, now and then: garbage is collected every hour. */
#ifndef CY_SERVER_UPKEEP_H
#define CY_SERVER_UPKEEP_H

#include "server/app.h"

struct cy_upkeep;
struct cy_upkeep *cy_upkeep_start(struct cy_app *app);
void cy_upkeep_stop(struct cy_upkeep *upkeep); /* waits for what is under way; NULL is fine */

#endif
