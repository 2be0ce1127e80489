/* Copies of objects on local disk, bounded: DATA/cache/ab/<sha256>. The one that was used longest ago goes first; one that is held stays.
 *
 *     absent ── the first who asks ──▶ fetching ──▶ there ──▶ evicted
 *                 all others wait ────────┘
 *
 * Thread-safe. Copies outlive the process: each was synced before it got its name. */
#ifndef CY_STORE_OBJECT_CACHE_H
#define CY_STORE_OBJECT_CACHE_H

#include "base/error.h"

struct cy_object_cache;

enum cy_status cy_object_cache_open(struct cy_object_cache **cache, const char *folder, uint64_t bytes_max, struct cy_error *error);
void cy_object_cache_close(struct cy_object_cache *cache);

/* Brings an object. size: tells its size first (CY_END: there is none). fetch: writes its bytes to the path given, whole, checked and
 * synced. Both may block; other objects are not held up. */
struct cy_object_fetch {
    void *context;
    enum cy_status (*size)(void *context, const char *sha256, uint64_t *size_bytes, struct cy_error *error);
    enum cy_status (*fetch)(void *context, const char *sha256, uint64_t size_bytes, const char *path, struct cy_error *error);
};
/* Holds the copy, fetched when it is absent: it stays until it is released as often as it was held. *path is valid as long.
 * CY_END: no such object. CY_FAILED: it does not fit. Who waits for another's fetch gets that one's error. */
enum cy_status cy_object_cache_hold(struct cy_object_cache *cache, const char *sha256, const struct cy_object_fetch *fetch,
                                    const char **path, uint64_t *size_bytes, struct cy_error *error);
void cy_object_cache_release(struct cy_object_cache *cache, const char *sha256);
/* Takes over a file on the same file system, whole and synced: moved into the cache when there is room, else removed. */
void cy_object_cache_adopt(struct cy_object_cache *cache, const char *sha256, const char *path, uint64_t size_bytes);
void cy_object_cache_remove(struct cy_object_cache *cache, const char *sha256); /* once nobody holds it */
uint64_t cy_object_cache_bytes(struct cy_object_cache *cache);

#endif
