/* Objects: bytes under the sha256 of their content, on disk or in S3. An object exists whole, or not at all; it never changes.
 *
 *     spool  DATA/spool/<random>   written and hashed as the bytes come, unknown to all others
 *     put    the spooled file, synced, then renamed to objects/ab/<sha256> (disk), or sent to s3://bucket/prefix/ab/<sha256>
 *     open   a local file (disk: the object itself; S3: brought whole into the bounded cache), or a stream of a byte range
 *
 * Who may read an object is not known here: src/hub asks its own tables. */
#ifndef CY_STORE_OBJECTS_H
#define CY_STORE_OBJECTS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

struct cy_objects;

struct cy_objects_options {
    const char *data_folder;  /* spool/, objects/, cache/ lie in it */
    const char *url;          /* NULL: on disk in data_folder; or s3://bucket[/prefix]?endpoint=URL[&region=R]; keys from AWS_ACCESS_KEY_ID,
                                 AWS_SECRET_ACCESS_KEY */
    uint64_t cache_bytes_max; /* of S3 objects kept on disk; 0: 8 GiB */
};
enum cy_status cy_objects_open(struct cy_objects **objects, const struct cy_objects_options *options, struct cy_error *error);
void cy_objects_close(struct cy_objects *objects);

/* Bytes on their way in. Thread-safe as long as one thread uses one spool. */
struct cy_spool {
    struct cy_objects *objects;
    int file;   /* -1 when none */
    char *path; /* owned */
    uint64_t size_bytes;
    struct cy_sha256 hash;
    char sha256[65]; /* set by cy_spool_finish */
};
enum cy_status cy_spool_open(struct cy_objects *objects, struct cy_spool *spool, struct cy_error *error);
enum cy_status cy_spool_add(struct cy_spool *spool, const void *data, size_t size_bytes, struct cy_error *error);
/* Ends the writing: the hash is known, the bytes are synced to disk. */
enum cy_status cy_spool_finish(struct cy_spool *spool, struct cy_error *error);
/* Makes it an object and forgets the spool. Durable on return. One that is there already stays, with its modified time renewed, so that a
 * collector of garbage that leaves young objects alone leaves this one alone too. */
enum cy_status cy_objects_put(struct cy_objects *objects, struct cy_spool *spool, struct cy_error *error);
void cy_spool_drop(struct cy_spool *spool); /* fine after put, and on {.file = -1} */
/* Small content that is in memory already. sha256 out: 64 hex digits and a 0 byte. */
enum cy_status cy_objects_put_bytes(struct cy_objects *objects, struct cy_str content, char sha256[65], struct cy_error *error);
/* Many at once, for much less than one after another costs: the disk is waited for twice, not twice each; S3 is sent several at a time.
 * sha256: out, one each. On an error some of them may be objects already, and it does not matter which. */
enum cy_status cy_objects_put_all(struct cy_objects *objects, const struct cy_str *contents, size_t count, char (*sha256)[65],
                                  struct cy_error *error);

/* *exists and its size. */
enum cy_status cy_objects_stat(struct cy_objects *objects, const char *sha256, bool *exists, uint64_t *size_bytes, struct cy_error *error);
/* A local file open for reading, owned by the caller: the object itself (disk), or its copy in the cache (S3: blocks until it is whole).
 * CY_END, without a message, when there is no such object. */
enum cy_status cy_objects_open_file(struct cy_objects *objects, const char *sha256, int *file, uint64_t *size_bytes,
                                    struct cy_error *error);
/* The path of the same, for a program that opens it itself. It stays readable until `release` is called: cached copies are not evicted;
 * only cy_objects_remove takes it away before. */
enum cy_status cy_objects_hold_path(struct cy_objects *objects, const char *sha256, struct cy_arena *arena, const char **path,
                                    struct cy_error *error);
void cy_objects_release_path(struct cy_objects *objects, const char *sha256);
/* size_bytes at most from offset; *read_bytes less only at the end; CY_END when there is no such object. S3: one ranged request, nothing
 * cached. */
enum cy_status cy_objects_read(struct cy_objects *objects, const char *sha256, uint64_t offset, void *data, size_t size_bytes,
                               size_t *read_bytes, struct cy_error *error);
/* The whole of a small object, with a 0 byte after it; CY_END when there is none, CY_BAD_INPUT when it is larger than size_max. */
enum cy_status cy_objects_read_all(struct cy_objects *objects, const char *sha256, size_t size_max, struct cy_arena *arena,
                                   struct cy_str *content, struct cy_error *error);
enum cy_status cy_objects_remove(struct cy_objects *objects, const char *sha256, struct cy_error *error); /* no error when absent */
/* Removes it when it was put last before `before_ms`, and nobody is putting it; *removed tells. An object that is put again counts as new.
 */
enum cy_status cy_objects_remove_old(struct cy_objects *objects, const char *sha256, int64_t before_ms, bool *removed,
                                     struct cy_error *error);
/* Calls each(context, sha256, size, modified_ms) for every object, in the order of their names. */
enum cy_status cy_objects_each(struct cy_objects *objects,
                               enum cy_status (*each)(void *context, const char *sha256, uint64_t size_bytes, int64_t modified_ms,
                                                      struct cy_error *error),
                               void *context, struct cy_error *error);
/* Removes spooled files older than this, which a crash left. */
enum cy_status cy_objects_sweep_spool(struct cy_objects *objects, int64_t older_than_ms, struct cy_error *error);

#endif
