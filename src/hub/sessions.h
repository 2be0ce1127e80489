/* Logging in to the page: by password, and by a session in a cookie that scripts cannot read. What a page sends to change something carries
 * the session's CSRF text too, which another site cannot know. */
#ifndef CY_HUB_SESSIONS_H
#define CY_HUB_SESSIONS_H

#include "hub/audit.h"
#include "hub/passwords.h"
#include "hub/tokens.h"

enum {
    CY_SESSION_RANDOM = 43,      /* base62 characters of a cookie, a CSRF text, a reset: 256 bits */
    CY_SESSION_DAYS = 14,        /* a session lasts at most */
    CY_RESET_HOURS = 48,         /* a link for a new password */
    CY_LOGIN_ACCOUNT_BURST = 20, /* tries for one account, then one each … */
    CY_LOGIN_ACCOUNT_EVERY_MS = 10000,
    CY_LOGIN_PEER_BURST = 60, /* tries from one address, for any accounts */
    CY_LOGIN_PEER_EVERY_MS = 2000,
};

struct cy_session {
    char cookie[CY_SESSION_RANDOM + 1];
    char csrf[CY_SESSION_RANDOM + 1];
};

/* Name and password. Refusals: NOT_ALLOWED (one of them is wrong, or the user is switched off: it is not told which), TOO_OFTEN (wait_ms
 * out). peer: the address that tries. */
enum cy_status cy_session_login(struct cy_hub *hub, struct cy_str name, struct cy_str password, struct cy_str peer,
                                struct cy_session *session, int64_t *wait_ms, struct cy_outcome *outcome);
/* Of a user who has shown in another way who he is. */
enum cy_status cy_session_create(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_session *session,
                                 struct cy_outcome *outcome);
/* Whose cookie it is; identity->csrf is set. */
enum cy_status cy_session_authenticate(struct cy_hub *hub, struct cy_str cookie, struct cy_identity *identity, struct cy_error *error);
enum cy_status cy_session_end(struct cy_hub *hub, struct cy_str cookie, struct cy_error *error);

/* A new password; all sessions of the user end. old: what he says it was; NULL where an admin sets it. Refusals: INPUT, NOT_ALLOWED (old is
 * wrong), TOO_OFTEN. */
enum cy_status cy_password_set(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, const struct cy_str *old,
                               struct cy_str password, struct cy_outcome *outcome);
/* A text that lets a user set a new password, once. */
enum cy_status cy_password_reset_make(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id,
                                      char text[CY_SESSION_RANDOM + 1], struct cy_outcome *outcome);
/* Refusals: INPUT (the password), NOT_ALLOWED (no such reset, used, or too old), TOO_OFTEN. */
enum cy_status cy_password_reset_use(struct cy_hub *hub, struct cy_str text, struct cy_str password, struct cy_outcome *outcome);

#endif
