/* Logging in at an OpenID Connect provider (Core 1.0, the authorization code flow with PKCE, RFC 7636):
 *
 *     browser ── begin ──▶ provider's page ── code, state ──▶ finish: code ─▶ ID token ─▶ identity (issuer, subject) ─▶ account
 *
 * What belongs to one login (state, nonce, PKCE's verifier) is kept nowhere: the state stands in a cookie that we signed, and nonce and
 * verifier are HMACs of it. Metadata and keys of the provider are kept for an hour. */
#ifndef CY_HUB_OIDC_H
#define CY_HUB_OIDC_H

#include "hub/accounts.h"

enum {
    CY_OIDC_LOGIN_S = 600,         /* how long a login at the provider may take */
    CY_OIDC_PLACE_BYTES_MAX = 512, /* of where it goes afterwards */
    CY_OIDC_AT_ONCE = 2,           /* requests to the provider, so that one that hangs holds few workers */
    CY_OIDC_WAITING = 8,
    CY_OIDC_WAIT_MS = 10 * 1000,
};

struct cy_oidc_options {
    const char *issuer; /* https://…, or http://… on this machine; as the provider writes it in its tokens */
    const char *client_id;
    const char *client_secret; /* NULL: a public client, by PKCE alone */
};
struct cy_oidc;
/* Asks nothing of the provider yet, so that a server starts without it. CY_BAD_RECIPE when the issuer cannot be one. */
enum cy_status cy_oidc_open(struct cy_oidc **oidc, const struct cy_oidc_options *options, struct cy_error *error);
void cy_oidc_close(struct cy_oidc *oidc); /* NULL is fine */

/* Where the browser is sent, and the cookie that it takes along. redirect: our own URL to which the provider sends it back. place: a path
 * of ours, "/…"; anything else counts as "/". Refusals: PROVIDER, BUSY. Blocks for the provider. */
enum cy_status cy_oidc_begin(struct cy_oidc *oidc, struct cy_hub *hub, struct cy_str redirect, struct cy_str place, struct cy_arena *arena,
                             struct cy_str *url, struct cy_str *cookie, struct cy_outcome *outcome);

/* What came back. */
struct cy_oidc_answer {
    struct cy_str cookie, redirect;
    struct cy_str code, state, error, issuer; /* of the query; empty when absent */
};
/* The account of who logged in, made at the first time: its name after preferred_username, made unique. place out: see begin.
 * Refusals: LOGIN (it is not the login that began here, the provider refused, the token is wrong, the user is switched off), PROVIDER,
 * BUSY. */
enum cy_status cy_oidc_finish(struct cy_oidc *oidc, struct cy_hub *hub, const struct cy_oidc_answer *answer, struct cy_arena *arena,
                              struct cy_account *account, struct cy_str *place, struct cy_outcome *outcome);

#endif
