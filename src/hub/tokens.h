/* Access tokens: made, shown once, looked up by their hash, revoked. */
#ifndef CY_HUB_TOKENS_H
#define CY_HUB_TOKENS_H

#include "hub/audit.h"
#include "hub/hub.h"

enum {
    CY_TOKEN_NAME_MAX = 100,      /* bytes */
    CY_TOKENS_PER_USER_MAX = 200, /* not revoked */
};

struct cy_token {
    struct cy_str id, name;
    unsigned scopes; /* enum cy_scope */
    int64_t created_ms;
    int64_t expires_ms, used_ms; /* 0: never */
};
/* text out: the token, which nobody can be shown again. Refusals: INPUT (name, scopes), TOO_LARGE (too many tokens). */
enum cy_status cy_token_create(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str name, unsigned scopes,
                               int64_t expires_ms, char id[37], char text[CY_TOKEN_RANDOM + 4], struct cy_outcome *outcome);
/* Those that are not revoked, the newest first. */
enum cy_status cy_tokens_of(struct cy_database *database, struct cy_str user_id, struct cy_arena *arena, struct cy_token **tokens,
                            size_t *count, struct cy_error *error);
/* Refusal: INPUT when the user has no such token. Nobody is let in by it from here on. */
enum cy_status cy_token_revoke(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str id,
                               struct cy_outcome *outcome);

/* "read", "write", "admin", parted by commas: what a command or the page writes. "write" holds "read", "admin" both. */
bool cy_scopes_parse(struct cy_str text, unsigned *scopes);

/* Whose token it is. */
struct cy_identity {
    bool is_known; /* false: there is no such token, or it is revoked, expired, or its user is switched off */
    char user_id[37], user_name[64];
    char token_id[37]; /* or the session's */
    unsigned scopes;
    bool is_admin, is_session;
};
void cy_identity_text(char *out, size_t size, struct cy_str text); /* a copy with its 0 byte, which must have room */
/* Looks in a table in memory first, and in the database when the hub has changed since. Blocks then. */
enum cy_status cy_token_authenticate(struct cy_hub *hub, struct cy_str token, struct cy_identity *identity, struct cy_error *error);

#endif
