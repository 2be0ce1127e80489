/* Passwords: hashed by Argon2id (RFC 9106) with 19 MiB, two passes, one lane (OWASP's choice for servers). A hash costs some 20 ms of a
 * processor, so only as many run at once as there are processors, and only so many wait: logins cannot eat the machine. */
#ifndef CY_HUB_PASSWORDS_H
#define CY_HUB_PASSWORDS_H

#include "base/error.h"

enum {
    CY_PASSWORD_BYTES_MIN = 8,
    CY_PASSWORD_BYTES_MAX = 512, /* a sentence of any language; no more work for the hash */
    CY_PASSWORD_HASH = 128,      /* "$argon2id$v=19$m=19456,t=2,p=1$…" and a 0 byte */
};

struct cy_password_pool;
struct cy_password_pool *cy_password_pool_new(void);
void cy_password_pool_free(struct cy_password_pool *pool); /* NULL is fine */

/* CY_BAD_INPUT when it is too short, too long or no UTF-8. */
enum cy_status cy_password_check(struct cy_str password, struct cy_error *error);
/* Both wait for their turn; false: too many wait already, nothing was done. */
bool cy_password_hash(struct cy_password_pool *pool, struct cy_str password, char hash[CY_PASSWORD_HASH]);
/* hash empty: there is none; takes as long, and never fits. */
bool cy_password_verify(struct cy_password_pool *pool, struct cy_str password, struct cy_str hash, bool *fits);

#endif
