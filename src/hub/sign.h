/* Secrets: random text, what is kept of it, and rights that stand in a text itself because an HMAC says that this server wrote it. */
#ifndef CY_HUB_SIGN_H
#define CY_HUB_SIGN_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CY_SIGN_KEY_BYTES = 32,
    CY_TOKEN_RANDOM = 40, /* base62 characters: 238 bits */
};

/* Random characters of [0-9A-Za-z] from the system; text has size + 1 bytes. */
void cy_random_base62(char *text, size_t size);
/* "cy_" and CY_TOKEN_RANDOM characters. */
void cy_token_make(char text[CY_TOKEN_RANDOM + 4]);
/* The sha256 of a secret, as hex: what is kept. */
void cy_secret_hash(struct cy_str secret, char hex[65]);
/* In a time that does not depend on where they differ. */
bool cy_secret_equal(struct cy_str a, struct cy_str b);

/* HMAC-SHA256 over the parts, each led by its length so that no two lists are the same bytes; as hex. */
void cy_sign(const uint8_t key[CY_SIGN_KEY_BYTES], const struct cy_str *parts, size_t part_count, char signature[65]);
bool cy_sign_check(const uint8_t key[CY_SIGN_KEY_BYTES], const struct cy_str *parts, size_t part_count, struct cy_str signature);

/* A right for one method and path until expires_s, given to user (may be empty): the query "exp=…&user=…&sig=…", in arena. */
struct cy_str cy_sign_url(const uint8_t key[CY_SIGN_KEY_BYTES], const char *method, struct cy_str path, int64_t expires_s,
                          struct cy_str user, struct cy_arena *arena);
/* Does it carry the right, now? The parts as they came; path as it was signed. */
bool cy_sign_url_check(const uint8_t key[CY_SIGN_KEY_BYTES], const char *method, struct cy_str path, struct cy_str expires,
                       struct cy_str user, struct cy_str signature, int64_t now_s);

#endif
