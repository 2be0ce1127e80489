/* Who asks: found before the handler runs, and before a large body is read. */
#ifndef CY_SERVER_AUTHENTICATE_H
#define CY_SERVER_AUTHENTICATE_H

#include "hub/repositories.h"
#include "server/app.h"

/* The server's admit hook. Reads "Authorization: Bearer TOKEN" and "Basic …" with the token as password (git, git-lfs, Croissant), and
 * checks the signature of a route that is CY_ROUTE_SIGNED. Credentials that are wrong are answered with 401, a wrong signature with 403. */
cy_handler cy_authenticate;
/* The same for a route that is CY_ROUTE_XET (hf_xet.c). */
cy_handler cy_xet_authenticate;

#define CY_SESSION_COOKIE "ciyuan_session"
/* The value of the session's cookie; empty when there is none. */
struct cy_str cy_session_cookie(const struct cy_request *request);

/* The same principal as the hub knows it. Text is the request's. */
struct cy_viewer cy_viewer_of(const struct cy_request *request);
struct cy_actor cy_actor_of(const struct cy_request *request);

/* base64 (RFC 4648 §4, padded) to bytes in arena; false when it is none. */
bool cy_base64_decode(struct cy_str text, struct cy_arena *arena, struct cy_str *bytes);

#endif
