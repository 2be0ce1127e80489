/* Who asks: found before the handler runs, and before a large body is read. */
#ifndef CY_SERVER_AUTHENTICATE_H
#define CY_SERVER_AUTHENTICATE_H

#include "hub/repositories.h"
#include "server/app.h"

/* The server's admit hook. Reads "Authorization: Bearer TOKEN" and "Basic …" with the token as password (git, git-lfs, Croissant), else the
 * session's cookie, and checks the signature of a route that is CY_ROUTE_SIGNED. Credentials that are wrong are answered with 401, a wrong
 * signature with 403; a session that has ended is nobody's. A request that changes something and comes with a session is answered 403
 * unless it carries the session's X-CSRF-Token and comes from a page of our own: another site can make a browser send the cookie. */
cy_handler cy_authenticate;
/* Does it say that it comes from a page of another site (Sec-Fetch-Site, else Origin)? Answered 403 then; a client that is no browser says
 * nothing. */
bool cy_check_same_origin(struct cy_request *request, struct cy_response *response);

/* The session's cookie: "__Host-ciyuan_session" over https, so that no neighbouring host can set it; "ciyuan_session" over http. */
void cy_cookie_set(struct cy_request *request, struct cy_response *response, const char *name, const char *value, int64_t life_s);
/* value out: empty when there is none. */
struct cy_str cy_cookie_get(struct cy_request *request, const char *name);
/* The same for a route that is CY_ROUTE_XET (hf_xet.c). */
cy_handler cy_xet_authenticate;

/* The same principal as the hub knows it. Text is the request's. */
struct cy_viewer cy_viewer_of(const struct cy_request *request);
struct cy_actor cy_actor_of(const struct cy_request *request);

/* base64 (RFC 4648 §4, padded) to bytes in arena; false when it is none. */
bool cy_base64_decode(struct cy_str text, struct cy_arena *arena, struct cy_str *bytes);

#endif
