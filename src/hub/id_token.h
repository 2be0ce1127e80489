/* ID tokens (OpenID Connect Core 1.0 §2): JSON that a provider signed. Pure: what is looked at is given. RS256 and ES256 alone; "none" and
 * the symmetric algorithms do not exist here. */
#ifndef CY_HUB_ID_TOKEN_H
#define CY_HUB_ID_TOKEN_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CY_ID_TOKEN_BYTES_MAX = 64 * 1024, /* what providers send has 1 to 4 kB */
    CY_JWKS_KEYS_MAX = 64,
    CY_ID_TOKEN_SKEW_S = 60, /* how far the clocks may be apart */
};

/* base64url without padding (RFC 7515 §2); false when it is none. In arena. */
bool cy_base64url_decode(struct cy_str text, struct cy_arena *arena, struct cy_str *bytes);
void cy_base64url_encode(struct cy_buffer *out, struct cy_str bytes);

/* A JWS in compact form (RFC 7515 §7.1) against a key set (RFC 7517).
 *   payload      out: its bytes, in arena
 *   unknown_key  out: no key of the set has the id that the token names: the set may be an old one
 * Errors: CY_BAD_INPUT: it is broken, or no key of the set signed it. */
enum cy_status cy_jws_verify(struct cy_str token, struct cy_str key_set, struct cy_arena *arena, struct cy_str *payload, bool *unknown_key,
                             struct cy_error *error);

struct cy_id_token_wants {
    struct cy_str issuer, client_id, nonce;
    int64_t now_s;
};
/* What a token says; text in arena, empty where it says nothing. */
struct cy_id_token {
    struct cy_str subject, preferred_username, name, email;
};
/* Checks what Core §3.1.3.7 asks for: iss, aud, azp, exp, iat, nonce. CY_BAD_INPUT says which is wrong. */
enum cy_status cy_id_token_read(struct cy_str payload, const struct cy_id_token_wants *wants, struct cy_arena *arena,
                                struct cy_id_token *token, struct cy_error *error);

#endif
