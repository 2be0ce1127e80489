#include "hub/sign.h"

#include "base/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

void cy_random_base62(char *text, size_t size)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < size;) {
        uint8_t byte;
        ssize_t got = getrandom(&byte, 1, 0);
        CY_ASSERT(got == 1 || errno == EINTR);
        if (got == 1 && byte < 4 * 62) /* no letter comes more often than another */
            text[i++] = letters[byte % 62];
    }
    text[size] = '\0';
}

void cy_token_make(char text[CY_TOKEN_RANDOM + 4])
{
    memcpy(text, "cy_", 3);
    cy_random_base62(text + 3, CY_TOKEN_RANDOM);
}

void cy_secret_hash(struct cy_str secret, char hex[65])
{
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    if (secret.size > 0)
        cy_sha256_add(&hash, secret.data, secret.size);
    cy_sha256_final(&hash, hex);
}

bool cy_secret_equal(struct cy_str a, struct cy_str b)
{
    return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0);
}

void cy_sign(const uint8_t key[CY_SIGN_KEY_BYTES], const struct cy_str *parts, size_t part_count, char signature[65])
{
    struct cy_buffer bytes = {0};
    for (size_t i = 0; i < part_count; i++) {
        uint64_t size = parts[i].size;
        cy_buffer_add(&bytes, &size, sizeof size);
        cy_buffer_add_str(&bytes, parts[i]);
    }
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    CY_ASSERT(HMAC(EVP_sha256(), key, CY_SIGN_KEY_BYTES, (const unsigned char *)bytes.data, bytes.size, digest, &digest_size) != NULL);
    cy_buffer_release(&bytes);
    for (size_t i = 0; i < 32; i++)
        snprintf(signature + 2 * i, 3, "%02x", digest[i]);
}

bool cy_sign_check(const uint8_t key[CY_SIGN_KEY_BYTES], const struct cy_str *parts, size_t part_count, struct cy_str signature)
{
    char right[65];
    cy_sign(key, parts, part_count, right);
    return cy_secret_equal(cy_str(right), signature);
}

struct cy_str cy_sign_url(const uint8_t key[CY_SIGN_KEY_BYTES], const char *method, struct cy_str path, int64_t expires_s,
                          struct cy_str user, struct cy_arena *arena)
{
    const char *expires = cy_arena_printf(arena, "%" PRId64, expires_s);
    char signature[65];
    cy_sign(key, (struct cy_str[]){CY_STR("url"), cy_str(method), path, cy_str(expires), user}, 5, signature);
    return cy_str(cy_arena_printf(arena, "exp=%s&user=%.*s&sig=%s", expires, (int)user.size, user.size > 0 ? user.data : "", signature));
}

bool cy_sign_url_check(const uint8_t key[CY_SIGN_KEY_BYTES], const char *method, struct cy_str path, struct cy_str expires,
                       struct cy_str user, struct cy_str signature, int64_t now_s)
{
    if (!cy_sign_check(key, (struct cy_str[]){CY_STR("url"), cy_str(method), path, expires, user}, 5, signature))
        return false;
    char text[24];
    if (expires.size == 0 || expires.size >= sizeof text)
        return false;
    memcpy(text, expires.data, expires.size);
    text[expires.size] = '\0';
    return strtoll(text, NULL, 10) > now_s;
}
