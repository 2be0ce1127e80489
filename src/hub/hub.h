/* The hub: accounts, repositories and their versions, over a store (rows) and objects (bytes). One a process; used by many threads.
 *
 *     account ── owns ──▶ repository ── refs ──▶ commit ── tree ──▶ listing ── sha256 ──▶ object
 *
 * A function that refuses says so in its outcome, in words that may be shown to who asked; a failure of disk or database is its error. */
#ifndef CY_HUB_HUB_H
#define CY_HUB_HUB_H

#include "hub/access.h"
#include "hub/login_limits.h"
#include "hub/puts.h"
#include "hub/sign.h"
#include "hub/turnstile.h"
#include "store/database.h"
#include "store/objects.h"

struct cy_hub_tokens; /* what is known of tokens without asking the database (authenticate.c) */
struct cy_uses;       /* uses.h */

struct cy_hub {
    struct cy_store *store;
    struct cy_objects *objects;
    uint8_t sign_key[CY_SIGN_KEY_BYTES]; /* made at the first start, kept in `settings` */
    struct cy_hub_tokens *tokens;
    struct cy_uses *uses;
    struct cy_puts puts;                    /* uploads between their bytes and the row that names them: garbage.h looks there */
    struct cy_turnstile password_turnstile; /* before the hash of a password */
    struct cy_login_limits *login_limits;
};
enum cy_status cy_hub_open(struct cy_hub **hub, struct cy_store *store, struct cy_objects *objects, struct cy_error *error);
void cy_hub_close(struct cy_hub *hub); /* NULL is fine */

/* Why something was not done. */
enum cy_refusal {
    CY_REFUSAL_NONE, /* no refusal: what went wrong, if anything, is the error's */
    CY_REFUSAL_INPUT,
    CY_REFUSAL_NO_ACCOUNT,
    CY_REFUSAL_NO_REPOSITORY,
    CY_REFUSAL_NO_REVISION,
    CY_REFUSAL_NO_ENTRY, /* no such file or folder in that version */
    CY_REFUSAL_NOT_ALLOWED,
    CY_REFUSAL_EXISTS,
    CY_REFUSAL_STALE,     /* the branch moved on: parentCommit is not its tip */
    CY_REFUSAL_TOO_LARGE, /* a limit or a quota, which the message names */
    CY_REFUSAL_LOGIN,     /* the secret is wrong */
    CY_REFUSAL_TOO_OFTEN, /* a limit of tries, which the message names; come again after retry_after_s */
    CY_REFUSAL_PROVIDER,  /* the login provider did not answer as it should */
    CY_REFUSAL_BUSY,      /* too much at once; come again after retry_after_s */
};
struct cy_outcome {
    enum cy_refusal refusal;
    int retry_after_s;
    struct cy_error error; /* set in either case */
};
/* Fills the outcome; returns CY_BAD_INPUT. */
enum cy_status cy_refuse(struct cy_outcome *outcome, enum cy_refusal refusal, const char *format, ...) CY_PRINTF(3, 4);

#endif
