#include "server/hf.h"

#include "server/http_parse.h"

#include <stdio.h>
#include <time.h>

#include <yyjson.h>

/* ---- errors ---- */

void cy_hf_forbid(struct cy_request *request, struct cy_response *response, const char *why)
{
    bool is_nobody = request->principal.user_id == NULL && !request->principal.is_local;
    cy_respond_error(request, response, is_nobody ? 401 : 403, NULL, "%s", why);
}

void cy_hf_refuse(struct cy_request *request, struct cy_response *response, const struct cy_outcome *outcome)
{
    static const struct {
        int status;
        const char *code;
    } rows[] = {
        [CY_REFUSAL_NONE] = {500, NULL},
        [CY_REFUSAL_INPUT] = {400, NULL},
        [CY_REFUSAL_NO_ACCOUNT] = {404, NULL},
        [CY_REFUSAL_NO_REPOSITORY] = {404, "RepoNotFound"},
        [CY_REFUSAL_NO_REVISION] = {404, "RevisionNotFound"},
        [CY_REFUSAL_NO_ENTRY] = {404, "EntryNotFound"},
        [CY_REFUSAL_NOT_ALLOWED] = {403, NULL},
        [CY_REFUSAL_EXISTS] = {409, NULL},
        [CY_REFUSAL_STALE] = {412, NULL},
        [CY_REFUSAL_TOO_LARGE] = {413, NULL},
        [CY_REFUSAL_LOGIN] = {401, NULL},
        [CY_REFUSAL_TOO_OFTEN] = {429, NULL},
        [CY_REFUSAL_PROVIDER] = {502, NULL},
        [CY_REFUSAL_BUSY] = {503, NULL},
    };
    int status = rows[outcome->refusal].status;
    bool is_nobody = request->principal.user_id == NULL && !request->principal.is_local;
    if (outcome->refusal == CY_REFUSAL_NONE) {
        struct cy_error error = outcome->error;
        if (error.status == CY_BAD_INPUT) /* a constraint that no caller foresaw is ours, not the client's */
            error.status = CY_FAILED;
        cy_respond_failure(request, response, &error);
        return;
    }
    if (is_nobody && (outcome->refusal == CY_REFUSAL_NO_REPOSITORY || outcome->refusal == CY_REFUSAL_NOT_ALLOWED))
        status = 401;
    cy_respond_error(request, response, status, rows[outcome->refusal].code, "%s", outcome->error.message);
    if (outcome->retry_after_s > 0)
        cy_respond_header(request, response, "Retry-After", "%d", outcome->retry_after_s);
}

/* ---- the repository of a path ---- */

/* What stands before a repository's name in the path; empty where the name stands elsewhere (in the query or the body). */
static struct cy_str prefix_of(struct cy_str path)
{
    static const struct cy_str prefixes[] = {CY_STR("/api/v1/datasets/"), CY_STR("/api/datasets/"), CY_STR("/datasets/")};
    for (size_t i = 0; i < CY_COUNT(prefixes); i++)
        if (cy_str_starts(path, prefixes[i]))
            return prefixes[i];
    return CY_STR("");
}

/* The request's URL under the repository's name of today; where no URL can say it, the name. */
static void redirect(struct cy_hf *hf)
{
    struct cy_request *request = hf->request;
    struct cy_str prefix = prefix_of(request->path);
    struct cy_str name, rest = {request->path.data + prefix.size, request->path.size - prefix.size};
    cy_str_split(rest, '/', &rest);
    name = cy_str_split(rest, '/', &rest);
    const struct cy_repository *r = &hf->repository;
    bool is_in_path = prefix.size > 0;
    cy_respond_error(request, hf->response, is_in_path ? 307 : 404, is_in_path ? NULL : "RepoNotFound",
                     "the repository is called \"%.*s/%.*s\" now", (int)r->namespace_name.size, r->namespace_name.data, (int)r->name.size,
                     r->name.data);
    if (!is_in_path)
        return;
    cy_respond_header(request, hf->response, "Location", "%.*s%.*s%.*s/%.*s%s%s%.*s%s%.*s", (int)request->host.size, request->host.data,
                      (int)prefix.size, prefix.data, (int)r->namespace_name.size, r->namespace_name.data, (int)r->name.size, r->name.data,
                      cy_str_ends(name, CY_STR(".git")) ? ".git" : "", rest.size > 0 ? "/" : "", (int)rest.size, rest.data,
                      request->query.size > 0 ? "?" : "", (int)request->query.size, request->query.data);
}

/* The repository may be seen; is what is needed allowed? */
static bool check_access(struct cy_hf *hf, unsigned needs)
{
    struct cy_request *request = hf->request;
    const struct cy_repository *r = &hf->repository;
    unsigned missing = needs & ~r->access;
    if (missing == 0)
        return true;
    bool is_nobody = hf->viewer.user_id.size == 0;
    if (r->is_disabled) {
        cy_respond_error(request, hf->response, 403, NULL, "Access to this resource is disabled.");
    } else if ((missing & (CY_ACCESS_READ | CY_ACCESS_SEE_REMOVED)) && !(missing & (CY_ACCESS_WRITE | CY_ACCESS_ADMIN)) &&
               r->gate != CY_GATE_NONE && (hf->viewer.scopes & CY_SCOPE_READ)) {
        cy_respond_error(request, hf->response, is_nobody ? 401 : 403, "GatedRepo", "Access to dataset %.*s/%.*s is restricted. %s",
                         (int)r->namespace_name.size, r->namespace_name.data, (int)r->name.size, r->name.data,
                         is_nobody ? "You must be authenticated to access it." : "Ask for access on its page.");
    } else {
        cy_hf_forbid(request, hf->response,
                     missing & CY_ACCESS_ADMIN   ? "you are no admin of this repository, or the token may not write"
                     : missing & CY_ACCESS_WRITE ? "you may not write to this repository, or the token may not write"
                                                 : "the token may not read");
    }
    return false;
}

bool cy_hf_open(struct cy_hf *hf, struct cy_request *request, struct cy_response *response, unsigned needs)
{
    *hf = (struct cy_hf){.request = request, .response = response, .hub = request->app->hub, .viewer = cy_viewer_of(request)};
    struct cy_outcome outcome = {0};
    struct cy_str namespace_name = request->path_values[0], name = request->path_values[1];
    if (cy_str_ends(name, CY_STR(".git")))
        name.size -= 4;
    enum cy_status status = cy_store_reader(hf->hub->store, &hf->database, &outcome.error);
    if (status == CY_OK)
        status = cy_repository_find(hf->database, &hf->viewer, namespace_name, name, request->arena, &hf->repository, &outcome);
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return false;
    }
    if (hf->repository.was_moved) {
        redirect(hf);
        return false;
    }
    return check_access(hf, needs);
}

void cy_hf_release_reader(struct cy_hf *hf)
{
    if (hf->database != NULL)
        cy_store_reader_back(hf->hub->store, hf->database);
    hf->database = NULL;
}

void cy_hf_close(struct cy_hf *hf)
{
    cy_hf_release_reader(hf);
}

bool cy_hf_find_version(struct cy_hf *hf, struct cy_str revision, struct cy_version *version)
{
    struct cy_outcome outcome;
    if (cy_version_find(hf->database, hf->repository.id, revision, hf->request->arena, version, &outcome) == CY_OK)
        return true;
    cy_hf_refuse(hf->request, hf->response, &outcome);
    return false;
}

bool cy_hf_find_guard(struct cy_hf *hf, const struct cy_version *version, struct cy_hf_guard *guard)
{
    *guard = (struct cy_hf_guard){0};
    if (hf->repository.access & CY_ACCESS_SEE_REMOVED)
        return true;
    struct cy_entry entry;
    struct cy_version head;
    struct cy_outcome outcome = {0};
    struct cy_arena *arena = hf->request->arena;
    struct cy_str id = hf->repository.id;
    enum cy_status status =
        cy_version_entry(hf->database, id, version->tree, CY_STR(CY_GUARD_FILE), arena, &guard->hides_removed, &entry, &outcome.error);
    if (status == CY_OK && !guard->hides_removed && hf->repository.head.size > 0 && !cy_str_equal(version->sha, hf->repository.head)) {
        status = cy_version_find(hf->database, id, hf->repository.head, arena, &head, &outcome);
        if (status == CY_OK)
            status =
                cy_version_entry(hf->database, id, head.tree, CY_STR(CY_GUARD_FILE), arena, &guard->hides_removed, &entry, &outcome.error);
    }
    if (status == CY_OK)
        return true;
    cy_hf_refuse(hf->request, hf->response, &outcome);
    return false;
}

/* ---- bodies, times, URLs ---- */

static void *json_alloc(void *arena, size_t size)
{
    return cy_arena_alloc(arena, size);
}

static void *json_realloc(void *arena, void *old, size_t old_size, size_t size)
{
    void *more = cy_arena_alloc(arena, size);
    memcpy(more, old, CY_MIN(old_size, size));
    return more;
}

static void json_free(void *arena, void *old)
{
    (void)arena, (void)old;
}

struct yyjson_val *cy_hf_body_object(struct cy_request *request, struct cy_response *response)
{
    yyjson_alc allocator = {json_alloc, json_realloc, json_free, request->arena};
    yyjson_read_err problem = {0};
    const char *refusal = cy_json_problem(request->body);
    if (refusal != NULL) {
        cy_respond_error(request, response, 400, NULL, "the body cannot be taken: %s", refusal);
        return NULL;
    }
    yyjson_doc *document = request->body.size > 0 ? yyjson_read_opts((char *)(uintptr_t)request->body.data, request->body.size,
                                                                     YYJSON_READ_NOFLAG, &allocator, &problem)
                                                  : NULL;
    yyjson_val *root = document != NULL ? yyjson_doc_get_root(document) : NULL;
    if (root != NULL && yyjson_is_obj(root))
        return root;
    if (request->body.size == 0)
        cy_respond_error(request, response, 400, NULL, "the body must be a JSON object, and it is empty");
    else if (root == NULL)
        cy_respond_error(request, response, 400, NULL, "the body is no JSON: %s, at byte %zu", problem.msg, problem.pos);
    else
        cy_respond_error(request, response, 400, NULL, "the body must be a JSON object");
    return NULL;
}

struct cy_str cy_hf_member(struct yyjson_val *object, const char *name)
{
    yyjson_val *value = yyjson_obj_get(object, name);
    return yyjson_is_str(value) ? (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)} : CY_STR("");
}

void cy_hf_time(int64_t time_ms, char text[CY_HF_TIME])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t size = strftime(text, CY_HF_TIME, "%Y-%m-%dT%H:%M:%S", &parts);
    CY_ASSERT(size == 19);
    snprintf(text + size, CY_HF_TIME - size, ".%03uZ", (unsigned)(time_ms % 1000) % 1000);
}

struct cy_str cy_hf_escape(struct cy_arena *arena, struct cy_str text, bool keep_slash)
{
    char *out = cy_arena_alloc(arena, 3 * text.size + 1), *at = out;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = (uint8_t)text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("-._~", c) != NULL);
        if (is_plain || (c == '/' && keep_slash))
            *at++ = (char)c;
        else
            at += snprintf(at, 4, "%%%02X", c);
    }
    *at = '\0';
    return (struct cy_str){out, (size_t)(at - out)};
}

/* ---- what several answers hold ---- */

void cy_hf_add_dataset(struct cy_json *json, const struct cy_repository *repository, const struct cy_str *tags, size_t tag_count,
                       struct cy_str sha, bool with_card)
{
    struct cy_buffer id = {0};
    char created[CY_HF_TIME], modified[CY_HF_TIME];
    cy_hf_time(repository->created_ms, created);
    cy_hf_time(repository->modified_ms, modified);
    cy_buffer_printf(&id, "%.*s/%.*s", (int)repository->namespace_name.size, repository->namespace_name.data, (int)repository->name.size,
                     repository->name.data);
    cy_json_open_line(json, NULL, '{');
    cy_json_text(json, "_id", repository->id);
    cy_json_text(json, "id", cy_buffer_str(&id));
    cy_json_text(json, "author", repository->namespace_name);
    if (sha.size > 0)
        cy_json_text(json, "sha", sha);
    cy_json_bool(json, "private", repository->is_private);
    if (repository->gate == CY_GATE_NONE)
        cy_json_bool(json, "gated", false);
    else
        cy_json_text(json, "gated", cy_str(cy_gate_name(repository->gate)));
    cy_json_bool(json, "disabled", repository->is_disabled);
    cy_json_text(json, "createdAt", cy_str(created));
    cy_json_text(json, "lastModified", cy_str(modified));
    cy_json_integer(json, "downloads", repository->download_count);
    cy_json_integer(json, "likes", repository->like_count);
    cy_json_open(json, "tags", '[');
    for (size_t i = 0; i < tag_count; i++)
        cy_json_text(json, NULL, tags[i]);
    cy_json_close(json, ']');
    if (with_card && repository->card.size > 0)
        cy_json_raw(json, "cardData", repository->card);
    else if (with_card)
        cy_json_null(json, "cardData");
    cy_buffer_release(&id);
}

void cy_hf_add_blob(struct cy_json *json, const char *oid_key, const struct cy_entry *entry)
{
    char oid[CY_OID_HEX], sha256[65], pointer[CY_LFS_POINTER_BYTES];
    cy_oid_hex(&entry->oid, oid);
    cy_json_text(json, oid_key, cy_str(oid));
    if (entry->is_folder)
        return;
    cy_json_count(json, "size", entry->size_bytes);
    if (!entry->is_large)
        return;
    cy_hex(entry->sha256, CY_SHA256_BYTES, sha256);
    cy_json_open(json, "lfs", '{');
    cy_json_text(json, "oid", cy_str(sha256));
    cy_json_text(json, "sha256", cy_str(sha256));
    cy_json_count(json, "size", entry->size_bytes);
    cy_json_count(json, "pointerSize", cy_git_lfs_pointer(sha256, entry->size_bytes, pointer));
    cy_json_close(json, '}');
}
