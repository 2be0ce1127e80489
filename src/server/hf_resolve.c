/* A file of a version: resolve. HEAD tells what the clients keep in their caches, GET gives the bytes, whole or by Range. */
#include "server/hf.h"
#include "server/use.h"

cy_handler cy_hf_resolve;

/* Files go out as attachments, under a policy that lets none of them run on our origin. */
static void add_headers(struct cy_hf *hf, const struct cy_version *version, struct cy_str path, const struct cy_entry *entry)
{
    struct cy_request *request = hf->request;
    char oid[CY_OID_HEX], sha256[65];
    struct cy_str name = path, rest = path;
    while (rest.size > 0)
        name = cy_str_split(rest, '/', &rest);
    struct cy_str escaped = cy_hf_escape(request->arena, name, false);
    cy_oid_hex(&entry->oid, oid);
    cy_hex(entry->sha256, CY_SHA256_BYTES, sha256);
    cy_respond_header(request, hf->response, "ETag", "\"%s\"", entry->is_large ? sha256 : oid);
    cy_respond_header(request, hf->response, "X-Repo-Commit", "%.*s", (int)version->sha.size, version->sha.data);
    cy_respond_header(request, hf->response, "Accept-Ranges", "bytes");
    cy_respond_header(request, hf->response, "Content-Disposition", "attachment; filename*=UTF-8''%.*s", (int)escaped.size, escaped.data);
    cy_respond_header(request, hf->response, "Content-Security-Policy", "sandbox; default-src 'none'");
    if (entry->is_large) {
        cy_respond_header(request, hf->response, "X-Linked-Etag", "\"%s\"", sha256);
        cy_respond_header(request, hf->response, "X-Linked-Size", "%llu", (unsigned long long)entry->size_bytes);
    }
}

static void answer_file(struct cy_hf *hf, const struct cy_version *version, struct cy_str path)
{
    struct cy_request *request = hf->request;
    struct cy_outcome outcome = {0};
    struct cy_hf_guard guard;
    struct cy_entry entry;
    bool found;
    char sha256[65];
    uint64_t size_bytes;
    if (!cy_hf_find_guard(hf, version, &guard))
        return;
    enum cy_status status =
        cy_version_entry(hf->database, hf->repository.id, version->tree, path, request->arena, &found, &entry, &outcome.error);
    if (status == CY_OK && (!found || entry.is_folder || !cy_hf_may_see(&guard, path))) {
        status =
            cy_refuse(&outcome, CY_REFUSAL_NO_ENTRY, "there is no file \"%.*s\" in this version", (int)CY_MIN(path.size, 500), path.data);
        cy_respond_header(request, hf->response, "X-Repo-Commit", "%.*s", (int)version->sha.size, version->sha.data);
    }
    cy_hf_release_reader(hf);
    if (status == CY_OK) {
        cy_hex(entry.sha256, CY_SHA256_BYTES, sha256);
        status = cy_objects_open_file(hf->hub->objects, sha256, &hf->response->file, &size_bytes, &outcome.error);
        if (status == CY_END)
            status = cy_error_set(&outcome.error, CY_FAILED, "the object %s of a version is not in the store", sha256);
    }
    if (status != CY_OK) {
        hf->response->file = -1;
        cy_hf_refuse(request, hf->response, &outcome);
        return;
    }
    hf->response->status = 200;
    hf->response->file_size_bytes = size_bytes;
    hf->response->content_type = "application/octet-stream";
    add_headers(hf, version, path, &entry);
    cy_use_answer(request, hf->response, hf->repository.id, version->sha, "download");
}

void cy_hf_resolve(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_version version;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_READ) && cy_hf_find_version(&hf, request->path_values[2], &version))
        answer_file(&hf, &version, request->path_values[3]);
    cy_hf_close(&hf);
}
