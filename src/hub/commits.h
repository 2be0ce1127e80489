/* Making versions. A commit is one piece of work on the writer thread: the tip is read, the new folders are made, the ref is moved and the
 * audit entry written, or nothing of it.
 *
 * Possession: an object is committed to a repository only when it was uploaded to it or is held by it (`repository_objects`). Whoever only
 * knows the hash of somebody else's file gets nothing by it. */
#ifndef CY_HUB_COMMITS_H
#define CY_HUB_COMMITS_H

#include "hub/audit.h"
#include "hub/card_head.h"
#include "hub/hub.h"
#include "hub/listings.h"

enum {
    CY_COMMIT_CHANGES_MAX = 25000, /* in one commit: the public hub's own limit */
    CY_COMMIT_TITLE_MAX = 500,     /* bytes; what is longer is cut at a character */
    CY_COMMIT_MESSAGE_MAX = 64 * 1024,
    CY_SMALL_FILE_BYTES_MAX = 1 << 20, /* below it a file goes into the commit's own body */
};

struct cy_commit_request {
    struct cy_str repository_id;
    struct cy_str branch; /* "main" */
    struct cy_str parent; /* the tip that the client saw, hex; empty: whatever it is */
    struct cy_str title, message;
    const struct cy_change *changes; /* of a PUT: a large file's size may be 0, it is taken from the object; a small file's object is
                                        stored already (cy_objects_put…), and comes with this commit */
    size_t change_count;
    bool has_card;                   /* README.md is among them, or deleted */
    const struct cy_card_head *card; /* of the new README.md */
};
struct cy_commit_result {
    char sha[41]; /* the branch's tip now */
    bool is_new;  /* false: the changes changed nothing, so there is no new version */
};
/* Refusals: INPUT, NO_REVISION (the branch), STALE, TOO_LARGE (quota); INPUT too when a large file's object is not in this repository. */
enum cy_status cy_commit(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_commit_request *request,
                         struct cy_commit_result *result, struct cy_outcome *outcome);

/* Within a piece of work: the first version of a new repository, an empty folder, and the branch main. */
enum cy_status cy_commit_first(struct cy_database *database, const struct cy_actor *actor, struct cy_str repository_id, int64_t now_ms,
                               char sha[41], struct cy_error *error);

/* An object was uploaded to a repository (or to what a user sent there by Xet): from now on it may be committed there. */
enum cy_status cy_hub_hold_object(struct cy_hub *hub, struct cy_str repository_id, struct cy_str user_id, const char *sha256,
                                  uint64_t size_bytes, struct cy_error *error);
/* Is it held there? *is_committed: by a version; *is_guarded: only where removed text stands. */
struct cy_held_object {
    bool is_held, is_committed, is_guarded;
    uint64_t size_bytes;
};
enum cy_status cy_hub_find_object(struct cy_database *database, struct cy_str repository_id, struct cy_str sha256,
                                  struct cy_held_object *object, struct cy_error *error);

#endif
