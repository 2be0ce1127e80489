/* Passwords: kept as argon2id (RFC 9106) with their parameters in the text; set by their user, by an admin's link, or by the owner of the
 * data folder; tried by the login. A hash takes 19 MiB and tens of milliseconds, so two are computed at once and a few wait; more are told
 * to come again. Whether a user exists shows in nothing: not in the words, not in the time. */
#ifndef CY_HUB_PASSWORDS_H
#define CY_HUB_PASSWORDS_H

#include "hub/accounts.h"
#include "hub/login_limits.h"

enum {
    CY_PASSWORD_BYTES_MIN = 8,          /* NIST SP 800-63B §5.1.1 */
    CY_PASSWORD_BYTES_MAX = 1024,       /* a sentence, in any language */
    CY_PASSWORD_HASH = 128,             /* bytes of a hash as text, with its 0 byte */
    CY_PASSWORD_MEMORY_KIB = 19 * 1024, /* OWASP's least for argon2id */
    CY_PASSWORD_PASSES = 2,
    CY_PASSWORD_LANES = 1,
    CY_PASSWORDS_AT_ONCE = 2,
    CY_PASSWORDS_WAITING = 8,
    CY_PASSWORD_WAIT_MS = 3000,
};
#define CY_RESET_LIFE_MS ((int64_t)24 * 3600 * 1000)

/* The hash of a password with a new salt. Refusals: INPUT (too short, too long, not UTF-8), BUSY. */
enum cy_status cy_password_hash(struct cy_hub *hub, struct cy_str password, char hash[CY_PASSWORD_HASH], struct cy_outcome *outcome);
/* Is it the password of `hash`? Empty hash: no, after the same time. is_old: it is, but was hashed with other parameters than today's. */
enum cy_status cy_password_verify(struct cy_hub *hub, struct cy_str password, struct cy_str hash, bool *is_right, bool *is_old,
                                  struct cy_outcome *outcome);

/* The user of that name and password. address: of who tries. Hashes anew what was hashed with other parameters.
 * Refusals: LOGIN (wrong, whatever of it; or the user is switched off), TOO_OFTEN, BUSY. */
enum cy_status cy_login(struct cy_hub *hub, struct cy_str name, struct cy_str password, struct cy_str address, struct cy_arena *arena,
                        struct cy_account *account, struct cy_outcome *outcome);

/* Sets it, and ends the user's sessions but the one of kept_session (an id; may be empty). Refusals: INPUT, BUSY. */
enum cy_status cy_password_set(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str password,
                               struct cy_str kept_session, struct cy_outcome *outcome);

/* A secret by which the user sets a new password once, within CY_RESET_LIFE_MS; an earlier one ends. */
enum cy_status cy_reset_make(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, char secret[CY_TOKEN_RANDOM + 1],
                             int64_t *expires_ms, struct cy_outcome *outcome);
/* Uses it. Refusals: LOGIN (unknown, used, or its time is over), INPUT, TOO_OFTEN, BUSY. */
enum cy_status cy_reset_use(struct cy_hub *hub, struct cy_str secret, struct cy_str password, struct cy_str address,
                            struct cy_outcome *outcome);

#endif
