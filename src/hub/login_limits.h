/* How often somebody may try a secret: by the account that is tried, and by the address that tries. Each try takes a coin of a purse that
 * holds a few and gets one back every so often (the generic cell rate algorithm: one time a purse says all); a try that succeeds gives its
 * coins back. In memory, in a table of a fixed size: where it is full, the purse that would be full again first is forgotten. Thread-safe.
 */
#ifndef CY_HUB_LOGIN_LIMITS_H
#define CY_HUB_LOGIN_LIMITS_H

#include "base/bytes.h"

enum {
    CY_LOGIN_ACCOUNT_TRIES = 10,           /* wrong passwords of one account in a row, wherever they come from */
    CY_LOGIN_ACCOUNT_EVERY_MS = 30 * 1000, /* then one more every so often: 2,880 a day, which finds no password worth the name */
    CY_LOGIN_ADDRESS_TRIES = 30,           /* of one address: an office behind one */
    CY_LOGIN_ADDRESS_EVERY_MS = 10 * 1000,
};

struct cy_login_limits;
struct cy_login_limits *cy_login_limits_make(void);
void cy_login_limits_free(struct cy_login_limits *limits);

/* What a try counts against. account: its name's key, or empty: the address alone. address: text of IPv4, of IPv6 (whose /64 counts as
 * one), or anything else. */
struct cy_login_try {
    struct cy_str account, address;
};
enum cy_login_limit { CY_LOGIN_LIMIT_NONE, CY_LOGIN_LIMIT_ACCOUNT, CY_LOGIN_LIMIT_ADDRESS };
/* Takes a coin of each. When a purse is empty it is returned, and *wait_ms says when it has a coin again. */
enum cy_login_limit cy_login_limits_take(struct cy_login_limits *limits, const struct cy_login_try *of, int64_t now_ms, int64_t *wait_ms);
/* The try was right: its coins come back. */
void cy_login_limits_give_back(struct cy_login_limits *limits, const struct cy_login_try *of);

#endif
