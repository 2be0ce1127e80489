#include "hub/versions.h"

#include "base/clock.h"

static struct cy_version version_of(const struct cy_result *rows, size_t row)
{
    return (struct cy_version){
        .sha = cy_result_text(rows, row, 0),
        .tree = cy_result_text(rows, row, 1),
        .parent = cy_result_text(rows, row, 2),
        .depth = cy_result_integer(rows, row, 3),
        .author_name = cy_result_text(rows, row, 4),
        .title = cy_result_text(rows, row, 5),
        .message = cy_result_text(rows, row, 6),
        .created_ms = cy_result_integer(rows, row, 7),
        .build_id = cy_result_text(rows, row, 8),
    };
}

static bool is_hex(struct cy_str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\0' || strchr("0123456789abcdef", text.data[i]) == NULL)
            return false;
    return true;
}

enum cy_status cy_version_find(struct cy_database *database, struct cy_str repository_id, struct cy_str revision, struct cy_arena *arena,
                               struct cy_version *version, struct cy_outcome *outcome)
{
    struct cy_result rows;
    *outcome = (struct cy_outcome){0};
    bool is_ref = cy_str_starts(revision, CY_STR("refs/"));
    const char *branch = cy_arena_printf(arena, "%s%.*s", is_ref ? "" : "refs/heads/", (int)revision.size, revision.data);
    const char *tag = cy_arena_printf(arena, "%s%.*s", is_ref ? "" : "refs/tags/", (int)revision.size, revision.data);
    enum cy_status status = CY_RUN(database, CY_SQL_version_by_ref, arena, &rows, &outcome->error, cy_value_text(repository_id),
                                   cy_value_text(cy_str(branch)), cy_value_text(cy_str(tag)));
    if (status == CY_OK && rows.row_count == 0 && revision.size == 40 && is_hex(revision))
        status =
            CY_RUN(database, CY_SQL_version_by_sha, arena, &rows, &outcome->error, cy_value_text(repository_id), cy_value_text(revision));
    else if (status == CY_OK && rows.row_count == 0 && revision.size >= CY_SHORT_SHA_MIN && revision.size < 40 && is_hex(revision)) {
        status = CY_RUN(database, CY_SQL_version_by_short_sha, arena, &rows, &outcome->error, cy_value_text(repository_id),
                        cy_value_text(revision), cy_value_text(cy_str(cy_arena_printf(arena, "%.*sg", (int)revision.size, revision.data))));
        if (status == CY_OK && rows.row_count > 1)
            return cy_refuse(outcome, CY_REFUSAL_NO_REVISION, "the shortened version \"%.*s\" fits more than one", (int)revision.size,
                             revision.data);
    }
    if (status != CY_OK)
        return status;
    if (rows.row_count == 0)
        return cy_refuse(outcome, CY_REFUSAL_NO_REVISION, "there is no branch, tag or version \"%.*s\"", (int)CY_MIN(revision.size, 200),
                         revision.data);
    *version = version_of(&rows, 0);
    return CY_OK;
}

enum cy_status cy_version_history(struct cy_database *database, struct cy_str repository_id, struct cy_str sha, size_t count_max,
                                  struct cy_arena *arena, struct cy_version **versions, size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, CY_SQL_version_history, arena, &rows, error, cy_value_text(repository_id), cy_value_text(sha),
                                   cy_value_integer((int64_t)count_max));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *versions = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **versions);
    for (size_t i = 0; i < rows.row_count; i++)
        (*versions)[i] = version_of(&rows, i);
    return CY_OK;
}

enum cy_status cy_version_folder(struct cy_database *database, struct cy_str repository_id, const struct cy_oid *tree,
                                 struct cy_arena *arena, struct cy_listing *listing, struct cy_error *error)
{
    struct cy_result rows;
    char hex[CY_OID_HEX];
    cy_oid_hex(tree, hex);
    enum cy_status status =
        CY_RUN(database, CY_SQL_listing_get, arena, &rows, error, cy_value_text(repository_id), cy_value_text(cy_str(hex)));
    if (status == CY_OK && rows.row_count == 0)
        status = cy_error_set(error, CY_FAILED, "the folder %s of repository %.*s is not in the database", hex, (int)repository_id.size,
                              repository_id.data);
    if (status == CY_OK)
        status = cy_listing_read(cy_result_text(&rows, 0, 0), arena, listing, error);
    return status == CY_BAD_INPUT ? error->status = CY_FAILED : status;
}

enum cy_status cy_version_entry(struct cy_database *database, struct cy_str repository_id, struct cy_str tree, struct cy_str path,
                                struct cy_arena *arena, bool *found, struct cy_entry *entry, struct cy_error *error)
{
    *entry = (struct cy_entry){.is_folder = true};
    CY_ASSERT(cy_oid_parse(tree, &entry->oid));
    *found = true;
    while (path.size > 0) {
        struct cy_str name = cy_str_split(path, '/', &path);
        struct cy_listing listing;
        *found = false;
        if (!entry->is_folder)
            return CY_OK;
        enum cy_status status = cy_version_folder(database, repository_id, &entry->oid, arena, &listing, error);
        if (status != CY_OK)
            return status;
        const struct cy_entry *next = cy_listing_find(&listing, name);
        if (next == NULL)
            return CY_OK;
        *entry = *next;
        *found = true;
    }
    return CY_OK;
}

enum cy_status cy_version_walk(struct cy_database *database, struct cy_str repository_id, const struct cy_oid *tree, struct cy_str folder,
                               bool is_recursive, struct cy_arena *arena, cy_entry_each *each, void *context, struct cy_error *error)
{
    /* The folders on the way down; depth is bounded by the paths that commits take. */
    struct {
        struct cy_listing listing;
        struct cy_str path;
        size_t at;
    } levels[CY_PATH_DEPTH_MAX + 1];
    size_t depth = 1;
    levels[0].path = folder;
    levels[0].at = 0;
    enum cy_status status = cy_version_folder(database, repository_id, tree, arena, &levels[0].listing, error);
    while (status == CY_OK && depth > 0) {
        if (levels[depth - 1].at == levels[depth - 1].listing.entry_count) {
            depth--;
            continue;
        }
        const struct cy_entry *entry = &levels[depth - 1].listing.entries[levels[depth - 1].at++];
        struct cy_str above = levels[depth - 1].path;
        struct cy_str path =
            above.size == 0
                ? entry->name
                : cy_str(cy_arena_printf(arena, "%.*s/%.*s", (int)above.size, above.data, (int)entry->name.size, entry->name.data));
        if (!each(context, path, entry))
            return CY_OK;
        if (entry->is_folder && is_recursive) {
            CY_ASSERT(depth <= CY_PATH_DEPTH_MAX);
            levels[depth].path = path;
            levels[depth].at = 0;
            status = cy_version_folder(database, repository_id, &entry->oid, arena, &levels[depth].listing, error);
            depth++;
        }
    }
    return status;
}

/* ---- which commit changed a path last ---- */

enum { LOOK_BACK_MS = 1000 }; /* a reader is held meanwhile, of which there are few, and anybody may ask this of a public dataset */

/* What is above the last slash; empty: the root. */
static struct cy_str parent_of(struct cy_str path)
{
    const char *slash = path.size > 0 ? memrchr(path.data, '/', path.size) : NULL;
    return (struct cy_str){path.data, slash != NULL ? (size_t)(slash - path.data) : 0};
}

/* What stands at each path in one version: its oid, or 20 zeros. Paths that stand together come together: their folder is read once. */
static enum cy_status oids_at(struct cy_database *database, struct cy_str repository_id, struct cy_str tree, const struct cy_str *paths,
                              const bool *is_known, size_t path_count, struct cy_arena *arena, struct cy_oid *oids, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    struct cy_listing listing = {0};
    struct cy_str folder = {0};
    bool has_folder = false, found = false;
    for (size_t i = 0; status == CY_OK && i < path_count; i++) {
        struct cy_entry entry;
        oids[i] = (struct cy_oid){0};
        if (is_known[i])
            continue;
        struct cy_str parent = parent_of(paths[i]), name = paths[i];
        if (parent.size > 0)
            name = (struct cy_str){name.data + parent.size + 1, name.size - parent.size - 1};
        if (!has_folder || !cy_str_equal(parent, folder)) {
            status = cy_version_entry(database, repository_id, tree, parent, arena, &found, &entry, error);
            found = found && entry.is_folder;
            if (status == CY_OK && found)
                status = cy_version_folder(database, repository_id, &entry.oid, arena, &listing, error);
            has_folder = true;
            folder = parent;
        }
        const struct cy_entry *at = status == CY_OK && found ? cy_listing_find(&listing, name) : NULL;
        if (at != NULL)
            oids[i] = at->oid;
    }
    return status;
}

enum cy_status cy_version_last_changes(struct cy_database *database, struct cy_str repository_id, const struct cy_version *version,
                                       const struct cy_str *paths, size_t path_count, struct cy_arena *arena,
                                       const struct cy_version **last, struct cy_error *error)
{
    struct cy_version *history;
    size_t count, unknown_count = path_count;
    bool *is_known = cy_arena_zero(arena, CY_MAX(path_count, 1) * sizeof *is_known);
    struct cy_oid *newer = cy_arena_alloc(arena, CY_MAX(path_count, 1) * sizeof *newer);
    struct cy_oid *older = cy_arena_alloc(arena, CY_MAX(path_count, 1) * sizeof *older);
    memset(last, 0, path_count * sizeof(const struct cy_version *));
    enum cy_status status =
        cy_version_history(database, repository_id, version->sha, CY_LAST_CHANGE_COMMITS_MAX, arena, &history, &count, error);
    if (status == CY_OK && count > 0)
        status = oids_at(database, repository_id, history[0].tree, paths, is_known, path_count, arena, newer, error);
    uint64_t until_ns = cy_clock_ns() + LOOK_BACK_MS * UINT64_C(1000000);
    struct cy_arena scratch = {0}; /* folders of one version: a long history would gather many */
    for (size_t i = 0; status == CY_OK && unknown_count > 0 && i < count; i++) {
        bool is_first = history[i].parent.size == 0;
        if (!is_first && (i + 1 == count || cy_clock_ns() > until_ns))
            break; /* further back than we look */
        if (is_first)
            memset(older, 0, path_count * sizeof *older);
        else
            status = oids_at(database, repository_id, history[i + 1].tree, paths, is_known, path_count, &scratch, older, error);
        for (size_t j = 0; status == CY_OK && j < path_count; j++) {
            if (is_known[j] || (!is_first && cy_oid_equal(&newer[j], &older[j])))
                continue;
            last[j] = &history[i];
            is_known[j] = true;
            unknown_count--;
        }
        memcpy(newer, older, path_count * sizeof *older);
        cy_arena_reset(&scratch);
    }
    cy_arena_release(&scratch);
    return status;
}

bool cy_path_is_guarded(struct cy_str path)
{
    return cy_str_is(path, "samples.json") || cy_str_is(path, "build.html") || cy_str_is(path, "verdicts") ||
           cy_str_starts(path, CY_STR("verdicts/"));
}
