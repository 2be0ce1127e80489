/* Sessions of the page: a cookie whose value is random and kept as its sha256. One ends when nobody used it for CY_SESSION_IDLE_MS, at
 * CY_SESSION_LIFE_MS in any case, and when its user ends it or sets a new password. */
#ifndef CY_HUB_SESSIONS_H
#define CY_HUB_SESSIONS_H

#include "hub/tokens.h"

enum {
    CY_SESSION_COOKIE = 40,        /* base62 characters: 238 bits */
    CY_SESSIONS_PER_USER_MAX = 50, /* more than one's browsers; the oldest ends */
    CY_SESSION_AGENT_MAX = 200,    /* bytes of User-Agent that are kept */
};
#define CY_SESSION_IDLE_MS ((int64_t)14 * 24 * 3600 * 1000)
#define CY_SESSION_LIFE_MS ((int64_t)90 * 24 * 3600 * 1000)
#define CY_SESSION_SEEN_MS ((int64_t)3600 * 1000) /* how exactly its last use is known: each note is a write */

struct cy_session {
    struct cy_str id;
    struct cy_str agent, address; /* of its login */
    int64_t created_ms, seen_ms, expires_ms;
};
/* Begins one for the actor. how: "password", "oidc", for the audit log. cookie out: its value, which nobody can be shown again. */
enum cy_status cy_session_create(struct cy_hub *hub, const struct cy_actor *actor, const char *how, struct cy_str agent,
                                 struct cy_str address, char cookie[CY_SESSION_COOKIE + 1], struct cy_outcome *outcome);
/* Whose session it is: identity->token_id is the session's id, scopes are all. As cy_token_authenticate. */
enum cy_status cy_session_authenticate(struct cy_hub *hub, struct cy_str cookie, struct cy_identity *identity, struct cy_error *error);
/* Those that have not ended, the newest first. */
enum cy_status cy_sessions_of(struct cy_database *database, struct cy_str user_id, struct cy_arena *arena, struct cy_session **sessions,
                              size_t *count, struct cy_error *error);
/* Refusal: NO_ENTRY when the user has no such session. */
enum cy_status cy_session_end(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str id,
                              struct cy_outcome *outcome);

/* What a request that changes something must send beside the cookie, and another site's page cannot know: an HMAC of the cookie. */
void cy_session_csrf(const struct cy_hub *hub, struct cy_str cookie, char csrf[65]);

#endif
