/* Logging in through an OpenID Connect provider: the authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636).
 *
 *     begin:  our server ─▶ browser ─▶ the provider's page                     state, nonce and verifier go into a signed cookie
 *     finish: the provider ─▶ browser ─▶ our server, with a code ─▶ token endpoint ─▶ id token ─▶ who it is
 *
 * The id token comes straight from the token endpoint, so TLS says who made it and its signature is not looked at (Core §3.1.3.7, 6); its
 * issuer, audience, time and nonce are. A provider that is not https is taken on loopback alone. */
#ifndef CY_HUB_OPENID_H
#define CY_HUB_OPENID_H

#include "hub/accounts.h"
#include "hub/hub.h"

enum { CY_OPENID_COOKIE_SECONDS = 600 }; /* to log in at the provider */

struct cy_openid_options {
    const char *issuer; /* "https://login.example.org/realms/a" */
    const char *client_id, *client_secret;
};
struct cy_openid;
/* CY_BAD_RECIPE when the issuer is no https URL (or http on loopback). The provider is first asked when somebody logs in. */
enum cy_status cy_openid_new(struct cy_openid **openid, const struct cy_openid_options *options, struct cy_error *error);
void cy_openid_free(struct cy_openid *openid); /* NULL is fine */

/* The URL to which the browser goes, and what its cookie holds meanwhile; both in arena. Asks the provider where that is, once a while. */
enum cy_status cy_openid_begin(struct cy_openid *openid, const struct cy_hub *hub, struct cy_str redirect_uri, struct cy_arena *arena,
                               struct cy_str *url, struct cy_str *cookie, struct cy_error *error);
/* Who it is, all in arena; name, full_name and email may be empty. */
struct cy_openid_claims {
    struct cy_str issuer, subject, name, full_name, email;
};
/* code, state: of the callback's query. Refusals: NOT_ALLOWED (the state or the token is not what it must be). */
enum cy_status cy_openid_finish(struct cy_openid *openid, const struct cy_hub *hub, struct cy_str redirect_uri, struct cy_str code,
                                struct cy_str state, struct cy_str cookie, struct cy_arena *arena, struct cy_openid_claims *claims,
                                struct cy_outcome *outcome);

/* The claims of an id token, once they are checked against what they must be. For tests apart from a provider. */
enum cy_status cy_openid_read_token(struct cy_str token, struct cy_str issuer, struct cy_str client_id, struct cy_str nonce, int64_t now_s,
                                    struct cy_arena *arena, struct cy_openid_claims *claims, struct cy_error *error);

/* The user whose identity it is, made at his first login under the name he has there, or one like it. Nobody gets an account that is there
 * already by having its name or its address elsewhere. */
enum cy_status cy_openid_user(struct cy_hub *hub, const struct cy_openid_claims *claims, struct cy_arena *arena, struct cy_account *account,
                              struct cy_outcome *outcome);

#endif
