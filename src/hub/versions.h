/* Reading a repository's versions: which commit a revision means, what stands at a path, the history of a branch. */
#ifndef CY_HUB_VERSIONS_H
#define CY_HUB_VERSIONS_H

#include "hub/hub.h"
#include "hub/listings.h"

enum {
    CY_SHORT_SHA_MIN = 7,              /* hex digits of a shortened version, as git prints it at least */
    CY_LAST_CHANGE_COMMITS_MAX = 2000, /* how far back the last change of a path is looked for */
};

struct cy_version {
    struct cy_str sha, tree, parent; /* hex; parent may be empty */
    struct cy_str author_name, title, message;
    int64_t depth, created_ms;
    struct cy_str build_id; /* may be empty */
};

/* A branch, a tag, "refs/…", a whole or shortened sha. Refusal: NO_REVISION. */
enum cy_status cy_version_find(struct cy_database *database, struct cy_str repository_id, struct cy_str revision, struct cy_arena *arena,
                               struct cy_version *version, struct cy_outcome *outcome);
/* From `sha` back, count_max at most. */
enum cy_status cy_version_history(struct cy_database *database, struct cy_str repository_id, struct cy_str sha, size_t count_max,
                                  struct cy_arena *arena, struct cy_version **versions, size_t *count, struct cy_error *error);

/* The folder of that name of a tree (hex). */
enum cy_status cy_version_folder(struct cy_database *database, struct cy_str repository_id, const struct cy_oid *tree,
                                 struct cy_arena *arena, struct cy_listing *listing, struct cy_error *error);
/* What stands at `path` ("" is the root, a folder). *found false when nothing does. The entry's name is the path's last. */
enum cy_status cy_version_entry(struct cy_database *database, struct cy_str repository_id, struct cy_str tree, struct cy_str path,
                                struct cy_arena *arena, bool *found, struct cy_entry *entry, struct cy_error *error);
/* Calls each(context, path, entry) for all below a folder in git's order, folders before what is in them; `path` is whole and lives in the
 * arena. folder: its path, "" or without a "/" at the end. each stops the walk by returning false. */
typedef bool cy_entry_each(void *context, struct cy_str path, const struct cy_entry *entry);
enum cy_status cy_version_walk(struct cy_database *database, struct cy_str repository_id, const struct cy_oid *tree, struct cy_str folder,
                               bool is_recursive, struct cy_arena *arena, cy_entry_each *each, void *context, struct cy_error *error);

/* For each path the newest commit, from `version` back, that made it what it is; NULL where that is further back than
 * CY_LAST_CHANGE_COMMITS_MAX, or than a second of looking. last[0..path_count) out. */
enum cy_status cy_version_last_changes(struct cy_database *database, struct cy_str repository_id, const struct cy_version *version,
                                       const struct cy_str *paths, size_t path_count, struct cy_arena *arena,
                                       const struct cy_version **last, struct cy_error *error);

/* Does text that was removed from the data stand at this path? Of a dataset that ciyuan built (its root has a MANIFEST): the verdicts, the
 * samples, and the report with excerpts. */
bool cy_path_is_guarded(struct cy_str path);
#define CY_GUARD_FILE "MANIFEST" /* the file of the root by which such a dataset is known */

#endif
