/* Hashes: XXH3 for tables and signatures, SHA-256 for names of content. */
#ifndef CY_BASE_HASH_H
#define CY_BASE_HASH_H

#include "base/error.h"

struct cy_hash128 {
    uint64_t high, low;
};

uint64_t cy_hash64(struct cy_str text, uint64_t seed); /* XXH3 64; inline XXH3 (xxhash.h with XXH_INLINE_ALL) where a hot loop needs it */
struct cy_hash128 cy_hash128(struct cy_str text);      /* XXH3 128 */

/* SHA-256 (FIPS 180-4) of a stream. */
struct cy_sha256 {
    void *context;
};
void cy_sha256_init(struct cy_sha256 *hash);
void cy_sha256_add(struct cy_sha256 *hash, const void *data, size_t size_bytes);
/* Writes 64 lower-case hex digits and a 0 byte, and releases the context. */
void cy_sha256_final(struct cy_sha256 *hash, char hex[65]);
/* The whole file at once. stop: when it becomes true, CY_INTERRUPTED; NULL: never. */
enum cy_status cy_sha256_file(const char *path, const atomic_bool *stop, char hex[65], uint64_t *size_bytes, struct cy_error *error);

#endif
