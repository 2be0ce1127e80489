/* What stands in a version: tree and paths-info. */
#include "server/hf.h"

#include <stdlib.h>

cy_handler cy_hf_tree, cy_hf_paths_info;

enum {
    TREE_LIMIT = 1000,  /* entries of one answer */
    EXPAND_LIMIT = 100, /* of one with their last commits: each is looked for in the history */
    PATHS_MAX = 1000,   /* asked for at once */
};

struct entry_row {
    struct cy_str path;
    struct cy_entry entry;
};

/* An array of entries; `last` NULL: without their commits. */
static void answer_entries(struct cy_hf *hf, const struct entry_row *rows, size_t row_count, const struct cy_version **last)
{
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '[');
    for (size_t i = 0; i < row_count; i++) {
        cy_json_open(&json, NULL, '{');
        cy_json_text(&json, "type", rows[i].entry.is_folder ? CY_STR("directory") : CY_STR("file"));
        cy_json_text(&json, "path", rows[i].path);
        cy_hf_add_blob(&json, "oid", &rows[i].entry);
        if (rows[i].entry.is_folder)
            cy_json_count(&json, "size", 0);
        if (last != NULL && last[i] != NULL) {
            char date[CY_HF_TIME];
            cy_hf_time(last[i]->created_ms, date);
            cy_json_open(&json, "lastCommit", '{');
            cy_json_text(&json, "id", last[i]->sha);
            cy_json_text(&json, "title", last[i]->title);
            cy_json_text(&json, "date", cy_str(date));
            cy_json_close(&json, '}');
        }
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_respond_json(hf->request, hf->response, 200, &out);
}

/* With last commits when `expand` is asked for. */
static void answer_rows(struct cy_hf *hf, const struct cy_version *version, const struct entry_row *rows, size_t row_count, bool expand)
{
    const struct cy_version **last = NULL;
    struct cy_outcome outcome = {0};
    if (expand && row_count > 0) {
        struct cy_str *paths = cy_arena_alloc(hf->request->arena, row_count * sizeof *paths);
        last = cy_arena_alloc(hf->request->arena, row_count * sizeof(const struct cy_version *));
        for (size_t i = 0; i < row_count; i++)
            paths[i] = rows[i].path;
        if (cy_version_last_changes(hf->database, hf->repository.id, version, paths, row_count, hf->request->arena, last, &outcome.error) !=
            CY_OK) {
            cy_hf_refuse(hf->request, hf->response, &outcome);
            return;
        }
    }
    answer_entries(hf, rows, row_count, last);
}

/* ---- tree ---- */

struct page {
    struct cy_hf_guard guard;
    size_t at, first, limit; /* entries that may be seen */
    struct entry_row *rows;
    size_t row_count;
    bool has_more;
};

static bool add_row(void *context, struct cy_str path, const struct cy_entry *entry)
{
    struct page *page = context;
    if (!cy_hf_may_see(&page->guard, path) || page->at++ < page->first)
        return true;
    page->has_more = page->row_count == page->limit;
    if (page->has_more)
        return false;
    page->rows[page->row_count++] = (struct entry_row){path, *entry};
    return true;
}

static void add_next_page(struct cy_hf *hf, const struct cy_version *version, struct cy_str path, const struct page *page,
                          bool is_recursive, bool expand)
{
    const struct cy_repository *r = &hf->repository;
    struct cy_str escaped = cy_hf_escape(hf->request->arena, path, true);
    cy_respond_header(hf->request, hf->response, "Link",
                      "<%.*s/api/datasets/%.*s/%.*s/tree/%.*s%s%.*s?recursive=%s&expand=%s&limit=%zu&cursor=%zu>; rel=\"next\"",
                      (int)hf->request->host.size, hf->request->host.data, (int)r->namespace_name.size, r->namespace_name.data,
                      (int)r->name.size, r->name.data, (int)version->sha.size, version->sha.data, escaped.size > 0 ? "/" : "",
                      (int)escaped.size, escaped.data, is_recursive ? "true" : "false", expand ? "true" : "false", page->limit,
                      page->first + page->row_count);
}

static bool is_true(struct cy_str text)
{
    return cy_str_equal_nocase(text, CY_STR("true")) || cy_str_is(text, "1");
}

static struct cy_str without_slashes(struct cy_str path)
{
    while (path.size > 0 && path.data[path.size - 1] == '/')
        path.size--;
    return path;
}

static void answer_tree(struct cy_hf *hf, const struct cy_version *version, struct cy_str path)
{
    struct cy_request *request = hf->request;
    struct cy_str recursive = {0}, expand_text = {0};
    struct cy_outcome outcome = {0};
    struct cy_entry folder;
    bool found;
    int64_t limit, first;
    struct page page = {0};
    cy_request_query(request, "recursive", &recursive);
    cy_request_query(request, "expand", &expand_text);
    bool expand = is_true(expand_text);
    int64_t limit_max = expand ? EXPAND_LIMIT : TREE_LIMIT;
    if (!cy_request_query_integer(request, hf->response, "limit", 1, INT32_MAX, limit_max, &limit) ||
        !cy_request_query_integer(request, hf->response, "cursor", 0, INT32_MAX, 0, &first) ||
        !cy_hf_find_guard(hf, version, &page.guard))
        return;
    page.limit = (size_t)CY_MIN(limit, limit_max);
    page.first = (size_t)first;
    page.rows = cy_arena_alloc(request->arena, page.limit * sizeof *page.rows);
    enum cy_status status =
        cy_version_entry(hf->database, hf->repository.id, version->tree, path, request->arena, &found, &folder, &outcome.error);
    if (status == CY_OK && (!found || !folder.is_folder || !cy_hf_may_see(&page.guard, path)))
        status =
            cy_refuse(&outcome, CY_REFUSAL_NO_ENTRY, "there is no folder \"%.*s\" in this version", (int)CY_MIN(path.size, 500), path.data);
    if (status == CY_OK)
        status = cy_version_walk(hf->database, hf->repository.id, &folder.oid, path, is_true(recursive), request->arena, add_row, &page,
                                 &outcome.error);
    if (status != CY_OK) {
        cy_hf_refuse(request, hf->response, &outcome);
        return;
    }
    if (page.has_more)
        add_next_page(hf, version, path, &page, is_true(recursive), expand);
    answer_rows(hf, version, page.rows, page.row_count, expand);
}

void cy_hf_tree(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_version version;
    struct cy_str path = request->path_value_count > 3 ? without_slashes(request->path_values[3]) : CY_STR("");
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE) && cy_hf_find_version(&hf, request->path_values[2], &version)) {
        cy_respond_header(request, response, "X-Repo-Commit", "%.*s", (int)version.sha.size, version.sha.data);
        answer_tree(&hf, &version, path);
    }
    cy_hf_close(&hf);
}

/* ---- paths-info ---- */

static void answer_paths(struct cy_hf *hf, const struct cy_version *version)
{
    struct cy_request *request = hf->request;
    struct cy_str *paths, *expand;
    struct cy_outcome outcome = {0};
    struct cy_hf_guard guard;
    size_t path_count = cy_request_form_all(request, "paths", &paths), row_count = 0;
    bool is_expanded = cy_request_form_all(request, "expand", &expand) > 0 && is_true(expand[0]);
    if (path_count > PATHS_MAX) {
        cy_respond_error(request, hf->response, 400, NULL, "%zu paths are asked for at once; %d is the limit", path_count, PATHS_MAX);
        return;
    }
    if (!cy_hf_find_guard(hf, version, &guard))
        return;
    struct entry_row *rows = cy_arena_alloc(request->arena, (path_count + 1) * sizeof *rows);
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < path_count; i++) {
        struct cy_str path = without_slashes(paths[i]);
        bool found;
        rows[row_count].path = path;
        status = cy_version_entry(hf->database, hf->repository.id, version->tree, path, request->arena, &found, &rows[row_count].entry,
                                  &outcome.error);
        if (status == CY_OK && found && path.size > 0 && cy_hf_may_see(&guard, path))
            row_count++;
    }
    if (status != CY_OK)
        cy_hf_refuse(request, hf->response, &outcome);
    else
        answer_rows(hf, version, rows, row_count, is_expanded);
}

void cy_hf_paths_info(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_version version;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE) && cy_hf_find_version(&hf, request->path_values[2], &version))
        answer_paths(&hf, &version);
    cy_hf_close(&hf);
}
