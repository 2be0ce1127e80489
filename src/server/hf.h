/* What the routes of the Hugging Face protocol share (hf_*.c): the repository that a path names, who may do what, and errors in the shape
 * that its clients read: a status, X-Error-Code, X-Error-Message and {"error": …}. */
#ifndef CY_SERVER_HF_H
#define CY_SERVER_HF_H

#include "dataset/json_write.h"
#include "hub/repositories.h"
#include "hub/versions.h"
#include "server/app.h"
#include "server/authenticate.h"

enum { CY_HF_TIME = 25 }; /* "2026-11-24T15:00:00.000Z" and a 0 byte */

/* A request about one repository: opened, answered, closed. */
struct cy_hf {
    struct cy_request *request;
    struct cy_response *response;
    struct cy_hub *hub;
    struct cy_database *database; /* a reader; NULL once it was given back */
    struct cy_viewer viewer;
    struct cy_repository repository;
};
/* Finds the repository of path_values[0]/[1] (".git" at its end is left off) and checks that all of `needs` (enum cy_access bits) is
 * allowed. Returns false when the answer is there already: moved (307), missing, private, gated, disabled, not allowed. Close it in either
 * case. */
bool cy_hf_open(struct cy_hf *hf, struct cy_request *request, struct cy_response *response, unsigned needs);
void cy_hf_close(struct cy_hf *hf);
/* Gives the reader back before something that takes long, or that writes. */
void cy_hf_release_reader(struct cy_hf *hf);
/* The version that a revision means, or an answer and false. */
bool cy_hf_find_version(struct cy_hf *hf, struct cy_str revision, struct cy_version *version);
/* May the viewer see this path of that version? Removed text needs a role. A version is guarded when it has a MANIFEST, or main has one by
 * now: what came in several commits, the verdicts before the MANIFEST, is guarded from its beginning once it is whole. */
struct cy_hf_guard {
    bool hides_removed;
};
bool cy_hf_find_guard(struct cy_hf *hf, const struct cy_version *version, struct cy_hf_guard *guard);
static inline bool cy_hf_may_see(const struct cy_hf_guard *guard, struct cy_str path)
{
    return !guard->hides_removed || !cy_path_is_guarded(path);
}

/* The answer to a refusal, or to a failure. */
void cy_hf_refuse(struct cy_request *request, struct cy_response *response, const struct cy_outcome *outcome);
/* 401 of nobody, 403 of somebody. */
void cy_hf_forbid(struct cy_request *request, struct cy_response *response, const char *why);

void cy_hf_time(int64_t time_ms, char text[CY_HF_TIME]);
/* The body as a JSON object, or 400 and NULL. The document lives in the request's arena. */
struct yyjson_val;
struct yyjson_val *cy_hf_body_object(struct cy_request *request, struct cy_response *response);
/* A member that is text; empty when there is none. */
struct cy_str cy_hf_member(struct yyjson_val *object, const char *name);
/* `text` for a URL's path; keeps "/" when keep_slash. In arena. */
struct cy_str cy_hf_escape(struct cy_arena *arena, struct cy_str text, bool keep_slash);
/* The dataset object of info and lists, without its end: members may follow. */
void cy_hf_add_dataset(struct cy_json *json, const struct cy_repository *repository, const struct cy_str *tags, size_t tag_count,
                       struct cy_str sha, bool with_card);
/* {"rfilename" | …}: what git and LFS call a file: oid, size, and "lfs" of a large one. */
void cy_hf_add_blob(struct cy_json *json, const char *oid_key, const struct cy_entry *entry);

#endif
