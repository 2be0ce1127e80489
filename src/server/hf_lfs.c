/* Large files by git-lfs's protocol (git-lfs: docs/api/batch.md), as the Hugging Face clients speak it: one PUT, or parts that their
 * "multipart" transfer names in the action's header. A signed URL carries the right by itself, for clients send no other there.
 *
 *     batch ─▶ PUT /api/lfs/REPOSITORY/OID/SIZE                       one piece, up to PIECE_BYTES_MAX
 *           └▶ PUT …/OID/SIZE/1 … /n, then POST …/OID/SIZE            parts; POST puts them together
 *           └▶ GET /api/lfs/REPOSITORY/OID                            download
 *
 * What arrives is checked against OID before it is an object; only then the repository holds it. */
#include "server/hf.h"
#include "server/use.h"

#include "hub/commits.h"
#include "hub/standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <yyjson.h>

cy_handler cy_lfs_batch, cy_lfs_put, cy_lfs_put_part, cy_lfs_complete, cy_lfs_get, cy_lfs_verify;

enum {
    BATCH_OBJECTS_MAX = 1000,   /* clients send at most 256 */
    UPLOAD_SECONDS = 24 * 3600, /* the parts of a very large file may take a day */
    DOWNLOAD_SECONDS = 3600,    /* until the download begins */
    PARTS_MAX = 10000,
    BATCH_PARTS_MAX = 60000, /* signed URLs of one answer, some 20 MB; 256 files beyond PIECE_BYTES_MAX have some 26,000 */
    COPY_BYTES = 1 << 20,
};
#define PIECE_BYTES_MAX ((uint64_t)5 << 30) /* what is larger goes in parts: a cut connection then costs a part */
#define PART_BYTES_MIN ((uint64_t)8 << 20)  /* a part is two requests' worth of waiting */
#define PART_BYTES_MAX ((uint64_t)512 << 20)
#define OBJECT_BYTES_MAX (PART_BYTES_MAX * PARTS_MAX)

/* ---- signed URLs ---- */

static struct cy_str signed_url(struct cy_hf *hf, const char *method, const char *path, int64_t seconds)
{
    struct cy_arena *arena = hf->request->arena;
    struct cy_str query = cy_sign_url(hf->hub->sign_key, method, cy_str(path), cy_now_ms() / 1000 + seconds, hf->viewer.user_id, arena);
    return cy_str(
        cy_arena_printf(arena, "%.*s%s?%.*s", (int)hf->request->host.size, hf->request->host.data, path, (int)query.size, query.data));
}

static uint64_t part_bytes(uint64_t size_bytes)
{
    uint64_t part = (size_bytes / 100 + ((1 << 20) - 1)) >> 20 << 20; /* some hundred parts, whole MiB */
    return CY_MAX(PART_BYTES_MIN, CY_MIN(part, PART_BYTES_MAX));
}

static uint64_t part_count(uint64_t size_bytes)
{
    uint64_t part = part_bytes(size_bytes);
    return (size_bytes + part - 1) / part;
}

/* ---- batch ---- */

struct batch {
    struct cy_hf *hf;
    struct cy_json *json;
    bool is_upload, takes_basic, takes_multipart;
    struct cy_quota quota; /* of the account */
    uint64_t part_count;   /* of all files so far */
};

static void add_action(struct cy_json *json, const char *name, struct cy_str url)
{
    cy_json_open(json, name, '{');
    cy_json_text(json, "href", url);
    cy_json_open(json, "header", '{');
    cy_json_close(json, '}');
    cy_json_close(json, '}');
}

static void add_error(struct cy_json *json, int code, const char *message)
{
    cy_json_open(json, "error", '{');
    cy_json_integer(json, "code", code);
    cy_json_text(json, "message", cy_str(message));
    cy_json_close(json, '}');
}

static void add_parts(struct batch *batch, const char *path, uint64_t size_bytes)
{
    struct cy_json *json = batch->json;
    char text[32];
    uint64_t count = part_count(size_bytes);
    cy_json_open(json, "upload", '{');
    cy_json_text(json, "href", signed_url(batch->hf, "POST", path, UPLOAD_SECONDS));
    cy_json_open(json, "header", '{');
    snprintf(text, sizeof text, "%" PRIu64, part_bytes(size_bytes));
    cy_json_text(json, "chunk_size", cy_str(text));
    for (uint64_t i = 1; i <= count; i++) {
        const char *part = cy_arena_printf(batch->hf->request->arena, "%s/%" PRIu64, path, i);
        snprintf(text, sizeof text, "%05" PRIu64, i);
        cy_json_text(json, text, signed_url(batch->hf, "PUT", part, UPLOAD_SECONDS));
    }
    cy_json_close(json, '}');
    cy_json_close(json, '}');
}

static void add_upload(struct batch *batch, struct cy_str oid, uint64_t size_bytes, const struct cy_held_object *held)
{
    struct cy_hf *hf = batch->hf;
    const struct cy_repository *r = &hf->repository;
    if (held->is_held && held->size_bytes == size_bytes)
        return; /* it is there: no action */
    if (held->is_held) {
        add_error(batch->json, 422, "the object of this hash has another size");
        return;
    }
    const struct cy_quota *quota = &batch->quota;
    if (quota->size_bytes_max >= 0 && size_bytes > (uint64_t)CY_MAX(quota->size_bytes_max - quota->size_bytes, 0)) {
        add_error(batch->json, 413,
                  cy_arena_printf(hf->request->arena,
                                  "the account's quota is %" PRId64 " bytes, of which it uses %" PRId64 ", and this file has %" PRIu64,
                                  quota->size_bytes_max, quota->size_bytes, size_bytes));
        return;
    }
    const char *path = cy_arena_printf(hf->request->arena, "/api/lfs/%.*s/%.*s/%" PRIu64, (int)r->id.size, r->id.data, (int)oid.size,
                                       oid.data, size_bytes);
    bool in_parts = size_bytes > 0 && batch->takes_multipart && (!batch->takes_basic || size_bytes > PIECE_BYTES_MAX);
    batch->part_count += in_parts ? part_count(size_bytes) : 0;
    if (batch->part_count > BATCH_PARTS_MAX) {
        add_error(batch->json, 413,
                  cy_arena_printf(hf->request->arena, "the files of one batch have at most %d parts: ask for this one in another batch",
                                  BATCH_PARTS_MAX));
        return;
    }
    cy_json_open(batch->json, "actions", '{');
    if (in_parts)
        add_parts(batch, path, size_bytes);
    else
        add_action(batch->json, "upload", signed_url(hf, "PUT", path, UPLOAD_SECONDS));
    add_action(batch->json, "verify",
               cy_str(cy_arena_printf(hf->request->arena, "%.*s/datasets/%.*s/%.*s.git/info/lfs/objects/verify",
                                      (int)hf->request->host.size, hf->request->host.data, (int)r->namespace_name.size,
                                      r->namespace_name.data, (int)r->name.size, r->name.data)));
    cy_json_close(batch->json, '}');
}

/* An object that no version holds is for those who may write; one among removed text for those who may see that. */
static bool may_download(const struct cy_hf *hf, const struct cy_held_object *held)
{
    unsigned access = hf->repository.access;
    return held->is_held && (held->is_committed || (access & CY_ACCESS_WRITE)) && (!held->is_guarded || (access & CY_ACCESS_SEE_REMOVED));
}

static void add_download(struct batch *batch, struct cy_str oid, const struct cy_held_object *held)
{
    const struct cy_repository *r = &batch->hf->repository;
    if (!may_download(batch->hf, held)) {
        add_error(batch->json, 404, "there is no such object in this repository");
        return;
    }
    const char *path =
        cy_arena_printf(batch->hf->request->arena, "/api/lfs/%.*s/%.*s", (int)r->id.size, r->id.data, (int)oid.size, oid.data);
    cy_json_open(batch->json, "actions", '{');
    add_action(batch->json, "download", signed_url(batch->hf, "GET", path, DOWNLOAD_SECONDS));
    cy_json_close(batch->json, '}');
}

static enum cy_status add_object(struct batch *batch, yyjson_val *object, struct cy_error *error)
{
    struct cy_str oid = cy_hf_member(object, "oid");
    yyjson_val *size = yyjson_obj_get(object, "size");
    struct cy_held_object held = {0};
    uint8_t bytes[CY_SHA256_BYTES];
    bool is_good = cy_hex_parse(oid, bytes, sizeof bytes) && yyjson_is_uint(size) && yyjson_get_uint(size) <= OBJECT_BYTES_MAX;
    enum cy_status status = CY_OK;
    if (is_good)
        status = cy_hub_find_object(batch->hf->database, batch->hf->repository.id, oid, &held, error);
    if (status != CY_OK)
        return status;
    cy_json_open(batch->json, NULL, '{');
    cy_json_text(batch->json, "oid", oid);
    cy_json_count(batch->json, "size", yyjson_get_uint(size));
    if (!is_good)
        add_error(batch->json, 422, "an object needs an oid of 64 lower-case hex digits and a size in bytes of at most 5 TB");
    else if (batch->is_upload)
        add_upload(batch, oid, yyjson_get_uint(size), &held);
    else
        add_download(batch, oid, &held);
    cy_json_close(batch->json, '}');
    return CY_OK;
}

static bool takes(yyjson_val *transfers, const char *name)
{
    size_t i, count;
    yyjson_val *transfer;
    yyjson_arr_foreach(transfers, i, count, transfer) if (yyjson_equals_str(transfer, name)) return true;
    return false;
}

static void answer_batch(struct cy_hf *hf, yyjson_val *body, bool is_upload)
{
    yyjson_val *transfers = yyjson_obj_get(body, "transfers"), *objects = yyjson_obj_get(body, "objects"), *object;
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    struct batch batch = {.hf = hf,
                          .json = &json,
                          .is_upload = is_upload,
                          .takes_basic = transfers == NULL || takes(transfers, "basic"),
                          .takes_multipart = takes(transfers, "multipart")};
    struct cy_outcome outcome = {0};
    size_t i, count;
    enum cy_status status = cy_quota_get(hf->database, hf->repository.namespace_id, &batch.quota, &outcome.error);
    cy_json_open_line(&json, NULL, '{');
    cy_json_text(&json, "transfer", batch.takes_basic ? CY_STR("basic") : CY_STR("multipart"));
    cy_json_text(&json, "hash_algo", CY_STR("sha256"));
    cy_json_open(&json, "objects", '[');
    yyjson_arr_foreach(objects, i, count, object) if (status == CY_OK) status = add_object(&batch, object, &outcome.error);
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    if (status != CY_OK) {
        cy_buffer_release(&out);
        cy_hf_refuse(hf->request, hf->response, &outcome);
        return;
    }
    cy_respond_json(hf->request, hf->response, 200, &out);
    hf->response->content_type = "application/vnd.git-lfs+json";
}

void cy_lfs_batch(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    bool is_upload = cy_str_is(cy_hf_member(body, "operation"), "upload");
    yyjson_val *objects = yyjson_obj_get(body, "objects");
    struct cy_str algorithm = cy_hf_member(body, "hash_algo");
    if (!is_upload && !cy_str_is(cy_hf_member(body, "operation"), "download"))
        cy_respond_error(request, response, 400, NULL, "operation must be \"upload\" or \"download\"");
    else if (algorithm.size > 0 && !cy_str_is(algorithm, "sha256"))
        cy_respond_error(request, response, 409, NULL, "hash_algo must be \"sha256\"");
    else if (!yyjson_is_arr(objects) || yyjson_arr_size(objects) > BATCH_OBJECTS_MAX)
        cy_respond_error(request, response, 413, NULL, "objects must be a list of at most %d", BATCH_OBJECTS_MAX);
    if (response->status != 0)
        return;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | (is_upload ? CY_ACCESS_WRITE : CY_ACCESS_READ)))
        answer_batch(&hf, body, is_upload);
    cy_hf_close(&hf);
}

void cy_lfs_verify(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_held_object held;
    struct cy_outcome outcome = {0};
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE)) {
        if (cy_hub_find_object(hf.database, hf.repository.id, cy_hf_member(body, "oid"), &held, &outcome.error) != CY_OK)
            cy_hf_refuse(request, response, &outcome);
        else if (!held.is_held || held.size_bytes != yyjson_get_uint(yyjson_obj_get(body, "size")))
            cy_respond_error(request, response, 404, "EntryNotFound", "there is no such object of this size in this repository");
        else
            response->status = 200;
    }
    cy_hf_close(&hf);
}

/* ---- what comes by a signed URL ---- */

/* REPOSITORY, OID and SIZE of the path: signed, so ours. */
struct target {
    struct cy_str repository_id, oid;
    uint64_t size_bytes;
};
static struct target target_of(const struct cy_request *request)
{
    return (struct target){.repository_id = request->path_values[0],
                           .oid = request->path_values[1],
                           .size_bytes = request->path_value_count > 2 ? strtoull(request->path_values[2].data, NULL, 10) : 0};
}

/* The bytes are whole: they become an object, and the repository's. The spool is finished. */
static void keep_object(struct cy_request *request, struct cy_response *response, const struct target *target, struct cy_spool *spool)
{
    struct cy_error error;
    if (spool->size_bytes != target->size_bytes || !cy_str_is(target->oid, spool->sha256)) {
        cy_respond_error(request, response, 422, NULL, "the bytes are not those of the hash: %" PRIu64 " bytes came, with the sha256 %s",
                         spool->size_bytes, spool->sha256);
        return;
    }
    struct cy_put put;
    cy_put_begin(&request->app->hub->puts, &put);
    enum cy_status status = cy_objects_put(request->app->objects, spool, &error);
    if (status == CY_OK)
        status = cy_hub_hold_object(request->app->hub, target->repository_id, cy_str(request->principal.user_id),
                                    cy_arena_printf(request->arena, "%.*s", (int)target->oid.size, target->oid.data), target->size_bytes,
                                    &error);
    cy_put_end(&request->app->hub->puts, &put);
    if (status != CY_OK)
        cy_respond_failure(request, response, &error);
    else
        response->status = 200;
}

void cy_lfs_put(struct cy_request *request, struct cy_response *response)
{
    struct target target = target_of(request);
    keep_object(request, response, &target, &request->spool);
}

struct part {
    const struct target *target;
    struct cy_str user_id;
    int64_t number;
    const struct cy_spool *spool;
    char sha256[65];
    uint64_t size_bytes;
};

static enum cy_status add_part(struct cy_database *database, void *context, struct cy_error *error)
{
    struct part *part = context;
    struct cy_arena arena = {0};
    enum cy_status status =
        CY_RUN(database, CY_SQL_upload_part_set, &arena, NULL, error, cy_value_text(part->target->repository_id),
               cy_value_text(part->target->oid), cy_value_text(part->user_id), cy_value_integer(part->number),
               cy_value_text(cy_str(part->sha256)), cy_value_integer((int64_t)part->size_bytes), cy_value_integer(cy_now_ms()));
    cy_arena_release(&arena);
    return status;
}

void cy_lfs_put_part(struct cy_request *request, struct cy_response *response)
{
    struct target target = target_of(request);
    struct cy_error error;
    uint64_t number = strtoull(request->path_values[3].data, NULL, 10), count = part_count(target.size_bytes);
    uint64_t size = part_bytes(target.size_bytes), wanted = number < count ? size : target.size_bytes - (count - 1) * size;
    struct part part = {.target = &target,
                        .user_id = cy_str(request->principal.user_id),
                        .number = (int64_t)number,
                        .size_bytes = request->spool.size_bytes};
    memcpy(part.sha256, request->spool.sha256, sizeof part.sha256);
    if (number < 1 || number > count || part.size_bytes != wanted) {
        cy_respond_error(request, response, 422, NULL, "part %" PRIu64 " of %" PRIu64 " must have %" PRIu64 " bytes, and %" PRIu64 " came",
                         number, count, wanted, part.size_bytes);
        return;
    }
    struct cy_put put;
    cy_put_begin(&request->app->hub->puts, &put);
    enum cy_status status = cy_objects_put(request->app->objects, &request->spool, &error);
    if (status == CY_OK)
        status = cy_store_write(request->app->store, 0, add_part, &part, &error);
    cy_put_end(&request->app->hub->puts, &put);
    if (status != CY_OK) {
        cy_respond_failure(request, response, &error);
        return;
    }
    response->status = 200;
    cy_respond_header(request, response, "ETag", "\"%s\"", part.sha256);
}

/* The parts, one after another, into a new spool. */
static enum cy_status join_parts(struct cy_objects *objects, const struct cy_result *parts, struct cy_spool *spool, struct cy_error *error)
{
    char *piece = cy_alloc(COPY_BYTES);
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < parts->row_count; i++) {
        char sha256[65];
        struct cy_str hash = cy_result_text(parts, i, 1);
        uint64_t size = (uint64_t)cy_result_integer(parts, i, 2), at = 0;
        CY_ASSERT(hash.size == 64);
        memcpy(sha256, hash.data, 64);
        sha256[64] = '\0';
        while (status == CY_OK && at < size) {
            size_t got = 0;
            status = cy_objects_read(objects, sha256, at, piece, CY_MIN((uint64_t)COPY_BYTES, size - at), &got, error);
            if (status == CY_END || (status == CY_OK && got == 0))
                status = cy_error_set(error, CY_FAILED, "the part %s of an upload is not in the store", sha256);
            if (status == CY_OK)
                status = cy_spool_add(spool, piece, got, error);
            at += got;
        }
    }
    free(piece);
    return status;
}

static enum cy_status forget_parts(struct cy_database *database, void *context, struct cy_error *error)
{
    struct part *part = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_upload_parts_remove, &arena, NULL, error, cy_value_text(part->target->repository_id),
                                   cy_value_text(part->target->oid), cy_value_text(part->user_id));
    cy_arena_release(&arena);
    return status;
}

void cy_lfs_complete(struct cy_request *request, struct cy_response *response)
{
    struct target target = target_of(request);
    struct part part = {.target = &target, .user_id = cy_str(request->principal.user_id)};
    struct cy_spool spool = {.file = -1};
    struct cy_database *database;
    struct cy_result parts;
    struct cy_error error;
    enum cy_status status = cy_store_reader(request->app->store, &database, &error);
    if (status == CY_OK) {
        status = CY_RUN(database, CY_SQL_upload_parts_get, request->arena, &parts, &error, cy_value_text(target.repository_id),
                        cy_value_text(target.oid), cy_value_text(part.user_id));
        cy_store_reader_back(request->app->store, database);
    }
    if (status == CY_OK && parts.row_count != part_count(target.size_bytes)) {
        cy_respond_error(request, response, 422, NULL, "%zu of %" PRIu64 " parts are here", parts.row_count, part_count(target.size_bytes));
        return;
    }
    if (status == CY_OK)
        status = cy_spool_open(request->app->objects, &spool, &error);
    if (status == CY_OK)
        status = join_parts(request->app->objects, &parts, &spool, &error);
    if (status == CY_OK)
        status = cy_spool_finish(&spool, &error);
    if (status == CY_OK)
        keep_object(request, response, &target, &spool);
    if (status == CY_OK && response->status == 200)
        status = cy_store_write(request->app->store, 0, forget_parts, &part, &error);
    if (status != CY_OK)
        cy_respond_failure(request, response, &error);
    cy_spool_drop(&spool);
}

void cy_lfs_get(struct cy_request *request, struct cy_response *response)
{
    struct target target = target_of(request);
    struct cy_error error;
    const char *sha256 = cy_arena_printf(request->arena, "%.*s", (int)target.oid.size, target.oid.data);
    enum cy_status status = cy_objects_open_file(request->app->objects, sha256, &response->file, &response->file_size_bytes, &error);
    if (status == CY_OK) {
        response->status = 200;
        cy_respond_header(request, response, "ETag", "\"%s\"", sha256);
        cy_respond_header(request, response, "Content-Security-Policy", "sandbox; default-src 'none'");
        cy_use_answer(request, response, target.repository_id, CY_STR(""), "download"); /* git-lfs asks for an object, not for a version */
        return;
    }
    response->file = -1;
    if (status == CY_END)
        cy_respond_error(request, response, 404, "EntryNotFound", "the object is not here any more");
    else
        cy_respond_failure(request, response, &error);
}
