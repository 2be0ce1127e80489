/* Repositories: found by name with what somebody may do, made, changed, moved, deleted, listed. */
#ifndef CY_HUB_REPOSITORIES_H
#define CY_HUB_REPOSITORIES_H

#include "hub/accounts.h"
#include "hub/audit.h"
#include "hub/hub.h"

/* Who looks. */
struct cy_viewer {
    struct cy_str user_id, user_name; /* empty: nobody has logged in */
    unsigned scopes;                  /* enum cy_scope; of nobody: CY_SCOPE_READ */
    bool is_admin, is_local;
};

struct cy_repository {
    struct cy_str id, namespace_id, namespace_name, name;
    bool namespace_is_user, is_private, is_disabled;
    enum cy_gate gate;
    struct cy_str gate_form; /* JSON, or empty */
    struct cy_str head;      /* main's tip */
    struct cy_str title;
    struct cy_str card; /* JSON, or empty */
    int64_t download_count, like_count, size_bytes, created_ms, modified_ms;
    unsigned access; /* of the viewer: enum cy_access bits */
    bool was_moved;  /* found by an older name */
};

/* By "namespace/name", an older name too. Refusal: NO_REPOSITORY, also when the viewer may not know that it exists. */
enum cy_status cy_repository_find(struct cy_database *database, const struct cy_viewer *viewer, struct cy_str namespace_name,
                                  struct cy_str name, struct cy_arena *arena, struct cy_repository *repository, struct cy_outcome *outcome);
/* The same by its id. */
enum cy_status cy_repository_find_by_id(struct cy_database *database, const struct cy_viewer *viewer, struct cy_str id,
                                        struct cy_arena *arena, struct cy_repository *repository, struct cy_outcome *outcome);

/* May the user of that id (empty: nobody) do what is needed, bits of enum cy_access, with the repository as things stand now? For what was
 * signed a while ago and shows no token; so the user's scopes are all there are. No: he was disabled, lost his role, or it is deleted. */
enum cy_status cy_repository_may(struct cy_hub *hub, struct cy_str user_id, struct cy_str repository_id, unsigned needs, bool *may,
                                 struct cy_error *error);
/* May the viewer make repositories in this account: his own, or an organisation in which he writes? Refusals: NOT_ALLOWED (also when there
 * is no such account: whoever may not know). */
enum cy_status cy_namespace_check(struct cy_database *database, const struct cy_viewer *viewer, struct cy_str namespace_name,
                                  struct cy_arena *arena, struct cy_account *account, struct cy_outcome *outcome);

/* Refusals: INPUT (the name), EXISTS. id in arena. */
enum cy_status cy_repository_create(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_account *account, struct cy_str name,
                                    bool is_private, struct cy_arena *arena, struct cy_str *id, struct cy_outcome *outcome);
/* Its row stays, with its bytes, until the retention time is over; its name is free at once. */
enum cy_status cy_repository_delete(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                    struct cy_outcome *outcome);
/* The old name leads to it from now on. Refusals: INPUT (the name), EXISTS. */
enum cy_status cy_repository_move(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                  const struct cy_account *account, struct cy_str name, struct cy_outcome *outcome);
/* What is NULL stays as it is. */
struct cy_repository_settings {
    const bool *is_private;
    const enum cy_gate *gate;
};
enum cy_status cy_repository_set(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_repository *repository,
                                 const struct cy_repository_settings *settings, struct cy_outcome *outcome);

/* "no", "auto", "manual". */
const char *cy_gate_name(enum cy_gate gate);

/* ---- lists ---- */

enum {
    CY_LIST_FILTERS_MAX = 8,  /* tags that are ANDed */
    CY_LIST_SEARCHES_MAX = 4, /* words that must all occur */
    CY_LIST_LIMIT_MAX = 1000,
    CY_LIST_TEXT_MAX = 200, /* bytes of a word or tag */
};
enum cy_list_order { CY_LIST_CREATED, CY_LIST_MODIFIED, CY_LIST_DOWNLOADS, CY_LIST_LIKES };
struct cy_list_request {
    enum cy_list_order order; /* the greatest first */
    struct cy_str author;     /* an account's name, or empty */
    struct cy_str filters[CY_LIST_FILTERS_MAX];
    struct cy_str searches[CY_LIST_SEARCHES_MAX];
    int gated; /* -1: both, 0: those that are not, 1: those that are */
    size_t limit;
    /* Where a page goes on: the last row of the one before it. */
    int64_t after_value;
    struct cy_str after_id; /* empty: from the beginning */
    size_t offset;          /* the same of a list by words or tags */
};
/* Does the search answer it (hub/search.h: by words and their beginnings), whose pages are told apart by their offset? */
bool cy_list_is_search(const struct cy_list_request *request);
struct cy_listed {
    struct cy_repository repository; /* without head, form, access */
    int64_t value;                   /* what it is ordered by */
    struct cy_str *tags;
    size_t tag_count;
};
/* What the viewer may see beyond what is public, as the search takes it. */
struct cy_search_view;
enum cy_status cy_viewer_search_view(struct cy_database *database, const struct cy_viewer *viewer, struct cy_arena *arena,
                                     struct cy_search_view *view, struct cy_error *error);
/* Only what the viewer may see. */
enum cy_status cy_repository_list(struct cy_database *database, const struct cy_viewer *viewer, const struct cy_list_request *request,
                                  struct cy_arena *arena, struct cy_listed **list, size_t *count, struct cy_error *error);
enum cy_status cy_repository_tags(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena, struct cy_str **tags,
                                  size_t *count, struct cy_error *error);

#endif
