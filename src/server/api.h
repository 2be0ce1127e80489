/* What the resources of /api/v1 share: who is an admin, and accounts by name. */
#ifndef CY_SERVER_API_H
#define CY_SERVER_API_H

#include "server/hf.h"

/* An admin of the whole server, with a token or session of that scope, or the owner of the folder by the local socket. */
bool cy_api_is_admin(const struct cy_request *request);
/* The same, or an answer and false. */
bool cy_api_check_admin(struct cy_request *request, struct cy_response *response);
/* The account of that name, or an answer and false. */
bool cy_api_find_account(struct cy_request *request, struct cy_response *response, struct cy_str name, struct cy_account *account);
/* The user of that name, or an answer and false. */
bool cy_api_find_user(struct cy_request *request, struct cy_response *response, struct cy_str name, struct cy_account *user);
/* The same, when it is the one who asks (with a token that may write), or an admin asks. */
bool cy_api_find_own(struct cy_request *request, struct cy_response *response, struct cy_str name, struct cy_account *user);
/* Somebody who has logged in, with the scopes that `needs` has bits of; `why` is what he would do. Or an answer and false. */
bool cy_api_check_user(struct cy_request *request, struct cy_response *response, unsigned needs, const char *why);
/* May he say what is done in the name of this organisation: its admin, or one of the server? Or an answer and false. */
bool cy_api_check_organisation_admin(struct cy_request *request, struct cy_response *response, const struct cy_account *organisation);
/* The role that a PUT's body names; of a DELETE, none. Or an answer and false. */
bool cy_api_body_role(struct cy_request *request, struct cy_response *response, enum cy_role *role);
/* {"items": [{"name", "role"}]} */
void cy_api_respond_members(struct cy_request *request, struct cy_response *response, const struct cy_membership *members, size_t count);

#endif
