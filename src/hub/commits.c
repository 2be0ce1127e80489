#include "hub/commits.h"

#include "hub/repository_card.h"
#include "hub/versions.h"

/* ---- objects of a repository ---- */

struct hold {
    struct cy_str repository_id, user_id;
    const char *sha256;
    uint64_t size_bytes;
};

static enum cy_status hold_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct hold *hold = context;
    struct cy_arena arena = {0};
    enum cy_status status =
        CY_RUN(database, CY_SQL_object_hold, &arena, NULL, error, cy_value_text(hold->repository_id), cy_value_text(cy_str(hold->sha256)),
               cy_value_integer((int64_t)hold->size_bytes), cy_value_text(hold->user_id), cy_value_integer(cy_now_ms()));
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_hub_hold_object(struct cy_hub *hub, struct cy_str repository_id, struct cy_str user_id, const char *sha256,
                                  uint64_t size_bytes, struct cy_error *error)
{
    struct hold hold = {repository_id, user_id, sha256, size_bytes};
    return cy_store_write(hub->store, 0, hold_work, &hold, error);
}

enum cy_status cy_hub_find_object(struct cy_database *database, struct cy_str repository_id, struct cy_str sha256,
                                  struct cy_held_object *object, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_result rows;
    *object = (struct cy_held_object){0};
    enum cy_status status = CY_RUN(database, CY_SQL_object_get, &arena, &rows, error, cy_value_text(repository_id), cy_value_text(sha256));
    if (status == CY_OK && rows.row_count == 1)
        *object = (struct cy_held_object){.is_held = true,
                                          .size_bytes = (uint64_t)cy_result_integer(&rows, 0, 0),
                                          .is_committed = !cy_result_is_null(&rows, 0, 1),
                                          .is_guarded = cy_result_integer(&rows, 0, 2) != 0};
    cy_arena_release(&arena);
    return status;
}

/* ---- rows of a version ---- */

struct new_commit {
    const struct cy_actor *actor;
    struct cy_str repository_id;
    const struct cy_oid *tree;
    struct cy_str parent; /* empty: the first */
    int64_t depth, now_ms;
    struct cy_str title, message;
};

static enum cy_status add_commit(struct cy_database *database, const struct new_commit *new, char sha[41], struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer bytes = {0};
    struct cy_oid oid;
    char tree[CY_OID_HEX];
    cy_oid_hex(new->tree, tree);
    struct cy_str name = new->actor->name.size > 0 ? new->actor->name : CY_STR("ciyuan");
    struct cy_git_commit git = {.tree = cy_str(tree),
                                .parent = new->parent,
                                .author_name = name,
                                .author_email = cy_str(cy_arena_printf(&arena, "%.*s@users.noreply", (int)name.size, name.data)),
                                .created_s = new->now_ms / 1000,
                                .title = new->title,
                                .message = new->message};
    cy_git_commit_add(&bytes, &git);
    cy_git_oid("commit", cy_buffer_str(&bytes), &oid);
    cy_buffer_release(&bytes);
    cy_oid_hex(&oid, sha);
    enum cy_status status =
        CY_RUN(database, CY_SQL_commit_add, &arena, NULL, error, cy_value_text(new->repository_id), cy_value_text(cy_str(sha)),
               cy_value_text(cy_str(tree)), cy_value_text_or_null(new->parent), cy_value_integer(new->depth), cy_value_text(new->actor->id),
               cy_value_text(name), cy_value_text(git.author_email), cy_value_text(new->title), cy_value_text(new->message),
               cy_value_integer(new->now_ms));
    cy_arena_release(&arena);
    return status;
}

static enum cy_status add_listing(struct cy_database *database, struct cy_str repository_id, const struct cy_oid *tree,
                                  struct cy_str content, struct cy_error *error)
{
    struct cy_arena arena = {0};
    char hex[CY_OID_HEX];
    cy_oid_hex(tree, hex);
    enum cy_status status = CY_RUN(database, CY_SQL_listing_add, &arena, NULL, error, cy_value_text(repository_id),
                                   cy_value_text(cy_str(hex)), cy_value_bytes(content));
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_commit_first(struct cy_database *database, const struct cy_actor *actor, struct cy_str repository_id, int64_t now_ms,
                               char sha[41], struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer content = {0};
    struct cy_listing empty = {0};
    struct cy_oid tree;
    cy_listing_write(&empty, &content, &tree);
    enum cy_status status = add_listing(database, repository_id, &tree, cy_buffer_str(&content), error);
    cy_buffer_release(&content);
    struct new_commit new = {.actor = actor,
                             .repository_id = repository_id,
                             .tree = &tree,
                             .now_ms = now_ms,
                             .title = CY_STR("initial commit"),
                             .message = CY_STR("")};
    if (status == CY_OK)
        status = add_commit(database, &new, sha, error);
    if (status == CY_OK)
        status =
            CY_RUN(database, CY_SQL_ref_add, &arena, NULL, error, cy_value_text(repository_id), cy_value_text(CY_STR("refs/heads/main")),
                   cy_value_text(cy_str(sha)), cy_value_text(CY_STR("")), cy_value_integer(now_ms));
    cy_arena_release(&arena);
    return status;
}

/* ---- one commit, from the tip to the audit entry ---- */

struct commit {
    const struct cy_actor *actor;
    const struct cy_commit_request *request;
    struct cy_commit_result *result;
    struct cy_outcome *outcome;
    struct cy_database *database;
    struct cy_arena arena; /* of one run */
    struct cy_version tip;
    struct cy_change *changes; /* the request's, with the objects' sizes */
    struct cy_oid root;
    int64_t now_ms;
};

static enum cy_status read_tip(struct commit *commit, const char *ref, struct cy_error *error)
{
    const struct cy_commit_request *request = commit->request;
    enum cy_status status =
        cy_version_find(commit->database, request->repository_id, cy_str(ref), &commit->arena, &commit->tip, commit->outcome);
    if (status != CY_OK && commit->outcome->refusal == CY_REFUSAL_NONE)
        *error = commit->outcome->error;
    if (status == CY_OK && request->parent.size > 0 && !cy_str_equal(request->parent, commit->tip.sha))
        status = cy_refuse(commit->outcome, CY_REFUSAL_STALE, "the branch \"%.*s\" has moved on: its tip is %.*s, not %.*s",
                           (int)request->branch.size, request->branch.data, (int)commit->tip.sha.size, commit->tip.sha.data,
                           (int)CY_MIN(request->parent.size, 40), request->parent.data);
    return status;
}

/* A large file's object must be in this repository; its size is the object's. */
static enum cy_status check_objects(struct commit *commit, struct cy_error *error)
{
    const struct cy_commit_request *request = commit->request;
    size_t bytes = CY_MAX(request->change_count, 1) * sizeof *commit->changes;
    commit->changes = cy_arena_alloc(&commit->arena, bytes);
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < request->change_count; i++) {
        struct cy_change *change = &commit->changes[i];
        *change = request->changes[i];
        if (change->kind != CY_CHANGE_PUT || !change->entry.is_large)
            continue;
        char sha256[65];
        struct cy_held_object object;
        cy_hex(change->entry.sha256, CY_SHA256_BYTES, sha256);
        status = cy_hub_find_object(commit->database, request->repository_id, cy_str(sha256), &object, error);
        if (status == CY_OK && !object.is_held)
            status = cy_refuse(commit->outcome, CY_REFUSAL_INPUT, "\"%.*s\" names the object %s, which was not uploaded to this repository",
                               (int)change->path.size, change->path.data, sha256);
        else if (status == CY_OK && change->entry.size_bytes != 0 && change->entry.size_bytes != object.size_bytes)
            status = cy_refuse(commit->outcome, CY_REFUSAL_INPUT, "\"%.*s\" is said to have %llu bytes, but its object has %llu",
                               (int)change->path.size, change->path.data, (unsigned long long)change->entry.size_bytes,
                               (unsigned long long)object.size_bytes);
        else if (status == CY_OK)
            cy_entry_large(&change->entry, sha256, object.size_bytes);
    }
    return status;
}

static enum cy_status load_folder(void *context, const struct cy_oid *tree, struct cy_arena *arena, struct cy_str *content,
                                  struct cy_error *error)
{
    struct commit *commit = context;
    struct cy_result rows;
    char hex[CY_OID_HEX];
    cy_oid_hex(tree, hex);
    enum cy_status status = CY_RUN(commit->database, CY_SQL_listing_get, arena, &rows, error, cy_value_text(commit->request->repository_id),
                                   cy_value_text(cy_str(hex)));
    if (status == CY_OK && rows.row_count == 0)
        status = cy_error_set(error, CY_FAILED, "the folder %s of a repository is not in the database", hex);
    if (status == CY_OK)
        *content = cy_result_text(&rows, 0, 0);
    return status;
}

/* The new folders; commit->root is the new tree's name. */
static enum cy_status build_tree(struct commit *commit, struct cy_error *error)
{
    struct cy_tree_change tree = {.load = load_folder, .context = commit, .arena = &commit->arena};
    struct cy_oid base;
    CY_ASSERT(cy_oid_parse(commit->tip.tree, &base));
    enum cy_status status = cy_tree_apply(&tree, &base, commit->changes, commit->request->change_count, error);
    if (status == CY_BAD_INPUT) {
        commit->outcome->refusal = CY_REFUSAL_INPUT;
        commit->outcome->error = *error;
    }
    commit->root = tree.root;
    for (size_t i = 0; status == CY_OK && i < tree.new_count && !cy_oid_equal(&tree.root, &base); i++)
        status =
            add_listing(commit->database, commit->request->repository_id, &tree.new_listings[i].tree, tree.new_listings[i].content, error);
    return status;
}

/* Every file that was put is an object that the repository's versions hold from now on. *grown: bytes that it did not hold before. */
static enum cy_status commit_objects(struct commit *commit, bool has_guards, int64_t *grown, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    *grown = 0;
    for (size_t i = 0; status == CY_OK && i < commit->request->change_count; i++) {
        const struct cy_change *change = &commit->changes[i];
        if (change->kind != CY_CHANGE_PUT)
            continue;
        char sha256[65];
        struct cy_held_object object;
        bool is_guarded = has_guards && cy_path_is_guarded(change->path);
        cy_hex(change->entry.sha256, CY_SHA256_BYTES, sha256);
        status = cy_hub_find_object(commit->database, commit->request->repository_id, cy_str(sha256), &object, error);
        if (status == CY_OK && (!object.is_committed || (object.is_guarded && !is_guarded)))
            status =
                CY_RUN(commit->database, CY_SQL_object_commit, &commit->arena, NULL, error, cy_value_text(commit->request->repository_id),
                       cy_value_text(cy_str(sha256)), cy_value_integer((int64_t)change->entry.size_bytes), cy_value_text(commit->actor->id),
                       cy_value_integer(commit->now_ms), cy_value_integer(is_guarded));
        if (!object.is_committed)
            *grown += (int64_t)change->entry.size_bytes;
    }
    return status;
}

/* What the organisation holds grows; a quota refuses what goes beyond it. */
static enum cy_status count_bytes(struct commit *commit, int64_t grown, struct cy_error *error)
{
    struct cy_result rows;
    enum cy_status status = CY_RUN(commit->database, CY_SQL_storage_grow, &commit->arena, &rows, error,
                                   cy_value_text(commit->request->repository_id), cy_value_integer(grown));
    if (status != CY_OK)
        return status;
    int64_t used = cy_result_integer(&rows, 0, 0);
    status = CY_RUN(commit->database, CY_SQL_repository_grow, &commit->arena, NULL, error, cy_value_text(commit->request->repository_id),
                    cy_value_integer(grown));
    if (status == CY_OK)
        status = CY_RUN(commit->database, CY_SQL_quota_of_repository, &commit->arena, &rows, error,
                        cy_value_text(commit->request->repository_id));
    if (status == CY_OK && grown > 0 && rows.row_count == 1 && used > cy_result_integer(&rows, 0, 0))
        status = cy_refuse(commit->outcome, CY_REFUSAL_TOO_LARGE, "the account may hold %lld bytes, and this commit would make it %lld",
                           (long long)cy_result_integer(&rows, 0, 0), (long long)used);
    return status;
}

static enum cy_status audit_commit(struct commit *commit, struct cy_error *error)
{
    struct cy_buffer detail = {0};
    cy_buffer_add_text(&detail, "{\"branch\":");
    cy_buffer_add_json(&detail, commit->request->branch);
    cy_buffer_printf(&detail, ",\"version\":\"%s\",\"before\":\"%.*s\"}", commit->result->sha, (int)commit->tip.sha.size,
                     commit->tip.sha.data);
    enum cy_status status =
        cy_audit_add(commit->database, commit->actor, "commit", commit->request->repository_id, cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    return status;
}

struct guarding {
    struct commit *commit;
    enum cy_status status;
    struct cy_error *error;
};

static bool guard_object(void *context, struct cy_str path, const struct cy_entry *entry)
{
    struct guarding *guarding = context;
    struct commit *commit = guarding->commit;
    char sha256[65];
    if (entry->is_folder || !cy_path_is_guarded(path))
        return true;
    cy_hex(entry->sha256, CY_SHA256_BYTES, sha256);
    guarding->status = CY_RUN(commit->database, CY_SQL_object_guard, &commit->arena, NULL, guarding->error,
                              cy_value_text(commit->request->repository_id), cy_value_text(cy_str(sha256)));
    return guarding->status == CY_OK;
}

/* The first version with a MANIFEST: what earlier commits brought of removed text is guarded from now on, in git-lfs's way by hash too. */
static enum cy_status guard_earlier(struct commit *commit, struct cy_error *error)
{
    struct cy_str id = commit->request->repository_id;
    struct cy_entry entry;
    bool had_guards;
    enum cy_status status =
        cy_version_entry(commit->database, id, commit->tip.tree, CY_STR(CY_GUARD_FILE), &commit->arena, &had_guards, &entry, error);
    if (status != CY_OK || had_guards)
        return status;
    struct guarding guarding = {.commit = commit, .error = error};
    status = cy_version_walk(commit->database, id, &commit->root, CY_STR(""), false, &commit->arena, guard_object, &guarding, error);
    bool has_folder = false;
    char tree[CY_OID_HEX];
    cy_oid_hex(&commit->root, tree);
    if (status == CY_OK && guarding.status == CY_OK)
        status = cy_version_entry(commit->database, id, cy_str(tree), CY_STR("verdicts"), &commit->arena, &has_folder, &entry, error);
    if (status == CY_OK && guarding.status == CY_OK && has_folder && entry.is_folder)
        status =
            cy_version_walk(commit->database, id, &entry.oid, CY_STR("verdicts"), true, &commit->arena, guard_object, &guarding, error);
    return status == CY_OK ? guarding.status : status;
}

/* The new version's rows, once its folders are there. */
static enum cy_status write_version(struct commit *commit, const char *ref, struct cy_error *error)
{
    const struct cy_commit_request *request = commit->request;
    bool has_guards = false;
    struct cy_entry guard;
    char tree[CY_OID_HEX];
    int64_t grown;
    cy_oid_hex(&commit->root, tree);
    enum cy_status status = cy_version_entry(commit->database, request->repository_id, cy_str(tree), CY_STR(CY_GUARD_FILE), &commit->arena,
                                             &has_guards, &guard, error);
    if (status == CY_OK)
        status = commit_objects(commit, has_guards, &grown, error);
    if (status == CY_OK && has_guards)
        status = guard_earlier(commit, error);
    if (status == CY_OK)
        status = count_bytes(commit, grown, error);
    struct new_commit new = {.actor = commit->actor,
                             .repository_id = request->repository_id,
                             .tree = &commit->root,
                             .parent = commit->tip.sha,
                             .depth = commit->tip.depth + 1,
                             .now_ms = commit->now_ms,
                             .title = request->title,
                             .message = request->message};
    if (status == CY_OK)
        status = add_commit(commit->database, &new, commit->result->sha, error);
    if (status == CY_OK)
        status = CY_RUN(commit->database, CY_SQL_ref_move, &commit->arena, NULL, error, cy_value_text(request->repository_id),
                        cy_value_text(cy_str(ref)), cy_value_text(cy_str(commit->result->sha)));
    bool is_main = cy_str_is(request->branch, "main");
    if (status == CY_OK && is_main)
        status = CY_RUN(commit->database, CY_SQL_repository_advance, &commit->arena, NULL, error, cy_value_text(request->repository_id),
                        cy_value_text(cy_str(commit->result->sha)), cy_value_integer(commit->now_ms));
    if (status == CY_OK && is_main && request->has_card)
        status = cy_repository_set_card(commit->database, request->repository_id, request->card, error);
    if (status == CY_OK)
        status = audit_commit(commit, error);
    return status;
}

static enum cy_status commit_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct commit *commit = context;
    const struct cy_commit_request *request = commit->request;
    cy_arena_reset(&commit->arena);
    commit->database = database;
    commit->now_ms = cy_now_ms();
    *commit->result = (struct cy_commit_result){0};
    const char *ref = cy_arena_printf(&commit->arena, "refs/heads/%.*s", (int)request->branch.size, request->branch.data);
    enum cy_status status = read_tip(commit, ref, error);
    if (status == CY_OK)
        status = check_objects(commit, error);
    if (status == CY_OK)
        status = build_tree(commit, error);
    if (status != CY_OK)
        return status;
    char tree[CY_OID_HEX];
    cy_oid_hex(&commit->root, tree);
    commit->result->is_new = !cy_str_is(commit->tip.tree, tree);
    if (commit->result->is_new)
        return write_version(commit, ref, error);
    memcpy(commit->result->sha, commit->tip.sha.data, 40);
    return CY_OK;
}

static struct cy_str cut_text(struct cy_str text, size_t size_max)
{
    size_t size = CY_MIN(text.size, size_max);
    while (size < text.size && size > 0 && ((uint8_t)text.data[size] & 0xc0) == 0x80) /* not within a character */
        size--;
    return (struct cy_str){text.data, size};
}

enum cy_status cy_commit(struct cy_hub *hub, const struct cy_actor *actor, const struct cy_commit_request *request,
                         struct cy_commit_result *result, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct cy_commit_request cut = *request;
    struct cy_str rest;
    cut.title = cut_text(cy_str_trim(cy_str_split(cy_str_trim(request->title), '\n', &rest)), CY_COMMIT_TITLE_MAX);
    cut.message = cut_text(cy_str_trim(request->message), CY_COMMIT_MESSAGE_MAX);
    if (cut.title.size == 0)
        cut.title = CY_STR("no title");
    if (memchr(cut.title.data, 0, cut.title.size) != NULL ||
        (cut.message.size > 0 && memchr(cut.message.data, 0, cut.message.size) != NULL))
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "a commit's title and description hold no 0 byte");
    if (request->change_count > CY_COMMIT_CHANGES_MAX)
        return cy_refuse(outcome, CY_REFUSAL_TOO_LARGE, "a commit changes at most %d paths; this one has %zu", CY_COMMIT_CHANGES_MAX,
                         request->change_count);
    struct commit commit = {.actor = actor, .request = &cut, .result = result, .outcome = outcome};
    enum cy_status status = cy_store_write(hub->store, CY_AREA_HUB, commit_work, &commit, &outcome->error);
    cy_arena_release(&commit.arena);
    return status;
}
