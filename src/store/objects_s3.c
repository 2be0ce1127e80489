/* Objects in S3: s3://bucket/prefix/ab/<sha256>. S3 checks what it is sent against the sha256 that the request is signed with, which for
 * an object sent at once is its own name; one sent in parts is checked part by part. */
#include "store/objects_backend.h"

#include "base/files.h"
#include "store/database.h"
#include "store/object_cache.h"
#include "store/s3_client.h"
#include "store/s3_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CACHE_BYTES_MAX ((uint64_t)8 << 30) /* where nothing is said */
/* An object up to this goes at once: what a cut connection makes us send again. S3 takes 5 MiB to 5 GiB a part, and 10,000 parts. */
#define PART_BYTES ((uint64_t)64 << 20)
enum {
    PARTS_MAX = 10000,
    RENEW_MS = 60 * 60 * 1000, /* an object older than this is sent again, so that its time is new */
};

struct s3 {
    struct cy_objects base;
    struct cy_s3 *client;
    struct cy_object_cache *cache;
};

struct key {
    char text[1200]; /* S3's keys have 1024 bytes at most */
};

static const char *key_of(const struct s3 *s3, const char *sha256, struct key *key)
{
    int size = snprintf(key->text, sizeof key->text, "%s%.2s/%s", cy_s3_prefix(s3->client), sha256, sha256);
    CY_ASSERT(size > 0 && (size_t)size < sizeof key->text);
    return key->text;
}

static void s3_close(struct cy_objects *objects)
{
    struct s3 *s3 = (struct s3 *)objects;
    cy_object_cache_close(s3->cache);
    cy_s3_close(s3->client);
    free(s3);
}

/* Lists one name: wrong keys and a bucket that is not there are told at the start, not by the first upload. */
static enum cy_status try_bucket(struct s3 *s3, struct cy_error *error)
{
    const struct cy_s3_pair query[] = {{CY_STR("list-type"), CY_STR("2")}, {CY_STR("max-keys"), CY_STR("1")}};
    struct cy_s3_call call = {.method = "GET", .key = "", .query = query, .query_count = CY_COUNT(query)};
    enum cy_status status = cy_s3_run(s3->client, &call, error);
    if (status == CY_OK && call.http_status != 200)
        status = cy_error_set(error, CY_FAILED, "S3 does not list the bucket: status %ld", call.http_status);
    cy_buffer_release(&call.answer);
    return status;
}

static enum cy_status s3_open(struct cy_objects **objects, const struct cy_objects_options *options, struct cy_error *error)
{
    struct s3 *s3 = cy_alloc_zero(1, sizeof *s3);
    struct cy_arena arena = {0};
    enum cy_status status = cy_s3_open(&s3->client, options->url, error);
    if (status == CY_OK && strlen(cy_s3_prefix(s3->client)) + 80 > 1024)
        status = cy_error_set(error, CY_BAD_RECIPE, "the prefix of the objects in S3 is too long: at most %d bytes", 1024 - 80);
    if (status == CY_OK)
        status = cy_object_cache_open(&s3->cache, cy_path_join(&arena, options->data_folder, "cache"),
                                      options->cache_bytes_max > 0 ? options->cache_bytes_max : CACHE_BYTES_MAX, error);
    if (status == CY_OK)
        status = try_bucket(s3, error);
    if (status == CY_OK)
        *objects = &s3->base;
    else
        s3_close(&s3->base);
    cy_arena_release(&arena);
    return status;
}

/* ---- putting ---- */

static enum cy_status head(struct s3 *s3, const char *key, bool *exists, uint64_t *size_bytes, int64_t *modified_ms, struct cy_error *error)
{
    struct cy_s3_call call = {.method = "HEAD", .key = key};
    enum cy_status status = cy_s3_run(s3->client, &call, error);
    *exists = status == CY_OK && call.http_status == 200;
    *size_bytes = *exists ? call.content_bytes : 0;
    *modified_ms = call.modified_s * 1000;
    cy_buffer_release(&call.answer);
    return status;
}

/* A PUT or POST that has to end with 200. */
static enum cy_status expect_done(struct s3 *s3, struct cy_s3_call *call, struct cy_error *error)
{
    enum cy_status status = cy_s3_run(s3->client, call, error);
    if (status == CY_OK && call->http_status / 100 != 2)
        status = cy_error_set(error, CY_FAILED, "S3 answered %s \"%s\" with %ld", call->method, call->key, call->http_status);
    return status;
}

static enum cy_status hash_part(int file, uint64_t offset, uint64_t size_bytes, char hex[65], struct cy_error *error)
{
    enum { BLOCK_BYTES = 1 << 20 };
    char *block = cy_alloc(BLOCK_BYTES);
    struct cy_sha256 hash;
    enum cy_status status = CY_OK;
    cy_sha256_init(&hash);
    for (uint64_t done = 0; status == CY_OK && done < size_bytes;) {
        ssize_t got = pread(file, block, (size_t)CY_MIN((uint64_t)BLOCK_BYTES, size_bytes - done), (off_t)(offset + done));
        if (got <= 0) {
            status = cy_error_errno(error, "read", "the spooled file");
            break;
        }
        cy_sha256_add(&hash, block, (size_t)got);
        done += (uint64_t)got;
    }
    cy_sha256_final(&hash, hex);
    free(block);
    return status;
}

static enum cy_status begin_upload(struct s3 *s3, const char *key, struct cy_arena *arena, struct cy_str *upload, struct cy_error *error)
{
    const struct cy_s3_pair query[] = {{CY_STR("uploads"), CY_STR("")}};
    struct cy_s3_call call = {.method = "POST", .key = key, .query = query, .query_count = 1};
    struct cy_str id;
    size_t at = 0;
    enum cy_status status = expect_done(s3, &call, error);
    if (status == CY_OK && !cy_s3_tag(cy_buffer_str(&call.answer), &at, "UploadId", &id))
        status = cy_error_set(error, CY_FAILED, "S3 began an upload of \"%s\" and gave no UploadId", key);
    if (status == CY_OK)
        *upload = cy_arena_str(arena, id);
    cy_buffer_release(&call.answer);
    return status;
}

/* Sends part `number` (from 1 on) and adds its line to the list that ends the upload. */
static enum cy_status send_part(struct s3 *s3, const char *key, struct cy_str upload, unsigned number, int file, uint64_t offset,
                                uint64_t size_bytes, struct cy_buffer *list, struct cy_error *error)
{
    char hex[65], digits[16];
    snprintf(digits, sizeof digits, "%u", number);
    const struct cy_s3_pair query[] = {{CY_STR("partNumber"), cy_str(digits)}, {CY_STR("uploadId"), upload}};
    struct cy_s3_call call = {.method = "PUT",
                              .key = key,
                              .query = query,
                              .query_count = 2,
                              .body_file = file,
                              .body_offset = offset,
                              .body_bytes = size_bytes,
                              .payload_sha256 = hex};
    enum cy_status status = hash_part(file, offset, size_bytes, hex, error);
    if (status == CY_OK)
        status = expect_done(s3, &call, error);
    if (status == CY_OK) {
        cy_buffer_printf(list, "<Part><PartNumber>%u</PartNumber><ETag>", number);
        cy_buffer_add_html(list, cy_str(call.etag));
        cy_buffer_add_text(list, "</ETag></Part>");
    }
    cy_buffer_release(&call.answer);
    return status;
}

static enum cy_status end_upload(struct s3 *s3, const char *key, struct cy_str upload, struct cy_str list, struct cy_error *error)
{
    const struct cy_s3_pair query[] = {{CY_STR("uploadId"), upload}};
    struct cy_s3_call call = {.method = "POST", .key = key, .query = query, .query_count = 1, .body = list};
    struct cy_str code;
    size_t at = 0;
    enum cy_status status = expect_done(s3, &call, error);
    if (status == CY_OK && cy_s3_tag(cy_buffer_str(&call.answer), &at, "Code", &code)) /* this one may fail with a 200 */
        status = cy_error_set(error, CY_IO, "S3 could not put \"%s\" together: %.*s", key, (int)CY_MIN(code.size, 100), code.data);
    cy_buffer_release(&call.answer);
    return status;
}

static void abort_upload(struct s3 *s3, const char *key, struct cy_str upload)
{
    const struct cy_s3_pair query[] = {{CY_STR("uploadId"), upload}};
    struct cy_s3_call call = {.method = "DELETE", .key = key, .query = query, .query_count = 1};
    struct cy_error unheard; /* what is left costs room until the bucket's own rule removes it */
    cy_s3_run(s3->client, &call, &unheard);
    cy_buffer_release(&call.answer);
}

static enum cy_status put_in_parts(struct s3 *s3, const char *key, int file, uint64_t size_bytes, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer list = {0};
    struct cy_str upload;
    uint64_t part_bytes = CY_MAX(PART_BYTES, (size_bytes + PARTS_MAX - 1) / PARTS_MAX), sent_bytes = 0;
    enum cy_status status = begin_upload(s3, key, &arena, &upload, error);
    if (status == CY_OK) {
        cy_buffer_add_text(&list, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        for (unsigned number = 1; status == CY_OK && sent_bytes < size_bytes; number++) {
            uint64_t now_bytes = CY_MIN(part_bytes, size_bytes - sent_bytes);
            status = send_part(s3, key, upload, number, file, sent_bytes, now_bytes, &list, error);
            sent_bytes += now_bytes;
        }
        cy_buffer_add_text(&list, "</CompleteMultipartUpload>");
        if (status == CY_OK)
            status = end_upload(s3, key, upload, cy_buffer_str(&list), error);
        if (status != CY_OK)
            abort_upload(s3, key, upload);
    }
    bool exists;
    uint64_t found_bytes;
    int64_t modified_ms;
    if (status == CY_OK)
        status = head(s3, key, &exists, &found_bytes, &modified_ms, error);
    if (status == CY_OK && (!exists || found_bytes != size_bytes))
        status = cy_error_set(error, CY_IO, "S3 put \"%s\" together with %llu bytes instead of %llu", key, (unsigned long long)found_bytes,
                              (unsigned long long)size_bytes);
    cy_buffer_release(&list);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status put_file(struct s3 *s3, const char *key, const char *path, uint64_t size_bytes, const char *sha256,
                               struct cy_error *error)
{
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return cy_error_errno(error, "open the spooled file", path);
    enum cy_status status;
    if (size_bytes > PART_BYTES) {
        status = put_in_parts(s3, key, file, size_bytes, error);
    } else {
        struct cy_s3_call call = {.method = "PUT", .key = key, .body_file = file, .body_bytes = size_bytes, .payload_sha256 = sha256};
        status = expect_done(s3, &call, error);
        cy_buffer_release(&call.answer);
    }
    close(file);
    return status;
}

static enum cy_status s3_put(struct cy_objects *objects, const char *spooled, uint64_t size_bytes, const char *sha256,
                             struct cy_error *error)
{
    struct s3 *s3 = (struct s3 *)objects;
    struct key key;
    bool exists;
    uint64_t found_bytes;
    int64_t modified_ms;
    enum cy_status status = head(s3, key_of(s3, sha256, &key), &exists, &found_bytes, &modified_ms, error);
    bool is_fresh = exists && found_bytes == size_bytes && cy_now_ms() - modified_ms < RENEW_MS;
    if (status == CY_OK && !is_fresh)
        status = put_file(s3, key.text, spooled, size_bytes, sha256, error);
    if (status == CY_OK)
        cy_object_cache_adopt(s3->cache, sha256, spooled, size_bytes); /* what was just put is soon read */
    return status;
}

/* ---- reading ---- */

static enum cy_status s3_stat(struct cy_objects *objects, const char *sha256, bool *exists, uint64_t *size_bytes, int64_t *modified_ms,
                              struct cy_error *error)
{
    struct s3 *s3 = (struct s3 *)objects;
    struct key key;
    return head(s3, key_of(s3, sha256, &key), exists, size_bytes, modified_ms, error);
}

static enum cy_status fetch_size(void *context, const char *sha256, uint64_t *size_bytes, struct cy_error *error)
{
    bool exists;
    int64_t modified_ms;
    enum cy_status status = s3_stat(context, sha256, &exists, size_bytes, &modified_ms, error);
    return status == CY_OK && !exists ? CY_END : status;
}

/* A copy on its way into the cache. */
struct fetching {
    int file;
    const char *path;
    uint64_t size_bytes;
    struct cy_sha256 hash;
};

static void restart_fetch(void *context)
{
    struct fetching *fetching = context;
    char unread[65];
    if (fetching->hash.context != NULL)
        cy_sha256_final(&fetching->hash, unread);
    cy_sha256_init(&fetching->hash);
    fetching->size_bytes = 0;
    if (ftruncate(fetching->file, 0) != 0 || lseek(fetching->file, 0, SEEK_SET) != 0)
        errno = 0; /* the size and the hash tell in the end */
}

static enum cy_status add_fetched(void *context, const void *data, size_t size_bytes, struct cy_error *error)
{
    struct fetching *fetching = context;
    const char *at = data;
    for (size_t left = size_bytes; left > 0;) {
        ssize_t written = cy_files->write(fetching->file, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            bool is_full = errno == ENOSPC || errno == EDQUOT;
            enum cy_status status = cy_error_errno(error, "write the cached copy", fetching->path);
            return is_full ? cy_error_hint(error, "make room on the disk that holds the data folder, or make the cache smaller") : status;
        }
        at += written;
        left -= (size_t)written;
    }
    cy_sha256_add(&fetching->hash, data, size_bytes);
    fetching->size_bytes += size_bytes;
    return CY_OK;
}

static enum cy_status fetch_object(void *context, const char *sha256, uint64_t size_bytes, const char *path, struct cy_error *error)
{
    struct s3 *s3 = context;
    struct key key;
    char found[65];
    struct fetching fetching = {.path = path, .file = cy_files->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600)};
    if (fetching.file < 0)
        return cy_error_errno(error, "create the cached copy", path);
    struct cy_s3_call call = {
        .method = "GET", .key = key_of(s3, sha256, &key), .sink = add_fetched, .restart = restart_fetch, .context = &fetching};
    enum cy_status status = cy_s3_run(s3->client, &call, error);
    if (status == CY_OK && call.http_status == 404)
        status = CY_END;
    cy_sha256_final(&fetching.hash, found);
    if (status == CY_OK && (fetching.size_bytes != size_bytes || strcmp(found, sha256) != 0))
        status = cy_error_set(error, CY_IO, "S3 sent other bytes than object %s has: %llu of %llu bytes, sha256 %s", sha256,
                              (unsigned long long)fetching.size_bytes, (unsigned long long)size_bytes, found);
    if (status == CY_OK && cy_files->sync(fetching.file) != 0)
        status = cy_error_errno(error, "sync the cached copy", path);
    cy_files->close(fetching.file);
    cy_buffer_release(&call.answer);
    return status;
}

static enum cy_status hold(struct s3 *s3, const char *sha256, const char **path, uint64_t *size_bytes, struct cy_error *error)
{
    const struct cy_object_fetch fetch = {.context = s3, .size = fetch_size, .fetch = fetch_object};
    return cy_object_cache_hold(s3->cache, sha256, &fetch, path, size_bytes, error);
}

static enum cy_status s3_open_file(struct cy_objects *objects, const char *sha256, int *file, uint64_t *size_bytes, struct cy_error *error)
{
    struct s3 *s3 = (struct s3 *)objects;
    const char *path;
    *file = -1;
    enum cy_status status = hold(s3, sha256, &path, size_bytes, error);
    if (status != CY_OK)
        return status;
    *file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (*file < 0)
        status = cy_error_errno(error, "open the cached copy", path);
    cy_object_cache_release(s3->cache, sha256); /* an open file outlives its eviction */
    return status;
}

static enum cy_status s3_hold_path(struct cy_objects *objects, const char *sha256, struct cy_arena *arena, const char **path,
                                   struct cy_error *error)
{
    uint64_t size_bytes;
    const char *held;
    enum cy_status status = hold((struct s3 *)objects, sha256, &held, &size_bytes, error);
    if (status == CY_OK)
        *path = cy_arena_text(arena, held);
    return status;
}

static void s3_release_path(struct cy_objects *objects, const char *sha256)
{
    cy_object_cache_release(((struct s3 *)objects)->cache, sha256);
}

struct reading {
    char *data;
    size_t size_max, size_bytes;
};

static void restart_reading(void *context)
{
    ((struct reading *)context)->size_bytes = 0;
}

static enum cy_status add_read(void *context, const void *data, size_t size_bytes, struct cy_error *error)
{
    struct reading *reading = context;
    if (size_bytes > reading->size_max - reading->size_bytes)
        return cy_error_set(error, CY_IO, "S3 sent more bytes than the range has");
    memcpy(reading->data + reading->size_bytes, data, size_bytes);
    reading->size_bytes += size_bytes;
    return CY_OK;
}

static enum cy_status s3_read(struct cy_objects *objects, const char *sha256, uint64_t offset, void *data, size_t size_bytes,
                              size_t *read_bytes, struct cy_error *error)
{
    struct s3 *s3 = (struct s3 *)objects;
    struct key key;
    char range[64];
    struct reading reading = {.data = data, .size_max = size_bytes};
    *read_bytes = 0;
    if (size_bytes == 0)
        return CY_OK;
    snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)offset, (unsigned long long)(offset + size_bytes - 1));
    struct cy_s3_call call = {.method = "GET",
                              .key = key_of(s3, sha256, &key),
                              .range = range,
                              .sink = add_read,
                              .restart = restart_reading,
                              .context = &reading};
    enum cy_status status = cy_s3_run(s3->client, &call, error);
    cy_buffer_release(&call.answer);
    if (status == CY_OK && call.http_status == 404)
        return CY_END;
    if (status == CY_OK && call.http_status == 200 && offset > 0)
        return cy_error_set(error, CY_IO, "S3 sent the whole of object %s instead of a range", sha256);
    if (status == CY_OK && call.http_status != 416) /* 416: at or behind the end */
        *read_bytes = reading.size_bytes;
    return status;
}

static enum cy_status s3_remove(struct cy_objects *objects, const char *sha256, struct cy_error *error)
{
    struct s3 *s3 = (struct s3 *)objects;
    struct key key;
    struct cy_s3_call call = {.method = "DELETE", .key = key_of(s3, sha256, &key)};
    enum cy_status status = cy_s3_run(s3->client, &call, error);
    cy_buffer_release(&call.answer);
    cy_object_cache_remove(s3->cache, sha256);
    return status;
}

/* ---- listing ---- */

struct visit {
    cy_objects_visit *each;
    void *context;
};

/* The last part of a key is the hash; what is none is not ours. */
static enum cy_status visit_entry(void *context, const struct cy_s3_entry *entry, struct cy_error *error)
{
    const struct visit *visit = context;
    char sha256[65];
    if (entry->key.size < 64)
        return CY_OK;
    snprintf(sha256, sizeof sha256, "%.64s", entry->key.data + entry->key.size - 64);
    return cy_is_sha256(sha256) ? visit->each(visit->context, sha256, entry->size_bytes, entry->modified_ms, error) : CY_OK;
}

/* S3 lists in the order of the keys, so in that of the hashes. */
static enum cy_status s3_each(struct cy_objects *objects, cy_objects_visit *each, void *context, struct cy_error *error)
{
    struct s3 *s3 = (struct s3 *)objects;
    struct visit visit = {each, context};
    return cy_s3_list(s3->client, cy_s3_prefix(s3->client), visit_entry, &visit, error);
}

const struct cy_objects_backend cy_objects_s3 = {
    .open = s3_open,
    .close = s3_close,
    .put = s3_put,
    .stat = s3_stat,
    .open_file = s3_open_file,
    .hold_path = s3_hold_path,
    .release_path = s3_release_path,
    .read = s3_read,
    .remove = s3_remove,
    .each = s3_each,
};
