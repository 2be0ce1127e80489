/* What ends a login, whatever it came by. */
#ifndef CY_SERVER_API_SESSION_H
#define CY_SERVER_API_SESSION_H

#include "hub/accounts.h"
#include "server/app.h"

/* Begins a session, sets its cookie and makes the account the request's principal; false: the answer says why not. how: for the audit log.
 */
bool cy_session_begin(struct cy_request *request, struct cy_response *response, const struct cy_account *account, const char *how);

#endif
