#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <openssl/evp.h>

uint64_t cy_hash64(struct cy_str text, uint64_t seed)
{
    return XXH3_64bits_withSeed(text.data, text.size, seed);
}

struct cy_hash128 cy_hash128(struct cy_str text)
{
    XXH128_hash_t hash = XXH3_128bits(text.data, text.size);
    return (struct cy_hash128){hash.high64, hash.low64};
}

void cy_sha256_init(struct cy_sha256 *hash)
{
    hash->context = EVP_MD_CTX_new();
    CY_ASSERT(hash->context != NULL);
    CY_ASSERT(EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) == 1);
}

void cy_sha256_add(struct cy_sha256 *hash, const void *data, size_t size_bytes)
{
    CY_ASSERT(EVP_DigestUpdate(hash->context, data, size_bytes) == 1);
}

void cy_sha256_final(struct cy_sha256 *hash, char hex[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    CY_ASSERT(EVP_DigestFinal_ex(hash->context, digest, NULL) == 1);
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
    for (size_t i = 0; i < 32; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    hex[64] = '\0';
}

enum cy_status cy_sha256_file(const char *path, const atomic_bool *stop, char hex[65], uint64_t *size_bytes, struct cy_error *error)
{
    enum { BLOCK_BYTES = 1 << 20 };
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return cy_error_errno(error, "open", path);
    char *block = cy_alloc(BLOCK_BYTES);
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    ssize_t size = 0;
    *size_bytes = 0;
    enum cy_status status = CY_OK;
    while ((status = cy_check_stop(stop, error)) == CY_OK && (size = read(file, block, BLOCK_BYTES)) > 0) {
        cy_sha256_add(&hash, block, (size_t)size);
        *size_bytes += (uint64_t)size;
    }
    if (size < 0)
        status = cy_error_errno(error, "read", path);
    cy_sha256_final(&hash, hex);
    free(block);
    close(file);
    return status;
}
