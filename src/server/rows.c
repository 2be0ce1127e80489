#include "server/rows.h"

#include "base/files.h"
#include "base/hash.h"
#include "hub/rows_query.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <yyjson.h>

/* ---- the split ---- */

struct file_list {
    struct cy_arena *arena;
    struct cy_hf_guard guard;
    struct cy_data_file *items;
    size_t count, capacity;
};

static bool add_file(void *context, struct cy_str path, const struct cy_entry *entry)
{
    struct file_list *list = context;
    if (entry->is_folder || !cy_hf_may_see(&list->guard, path))
        return true;
    if (list->count == list->capacity) {
        list->capacity = CY_MAX(2 * list->capacity, 64);
        struct cy_data_file *grown = cy_arena_alloc(list->arena, list->capacity * sizeof *grown);
        for (size_t i = 0; i < list->count; i++)
            grown[i] = list->items[i];
        list->items = grown;
    }
    char *sha256 = cy_arena_alloc(list->arena, 65);
    cy_hex(entry->sha256, CY_SHA256_BYTES, sha256);
    list->items[list->count++] = (struct cy_data_file){.path = path, .sha256 = {sha256, 64}, .size_bytes = entry->size_bytes};
    return true;
}

bool cy_rows_open(struct cy_row_set *set, struct cy_request *request, struct cy_response *response, struct cy_str revision)
{
    *set = (struct cy_row_set){.config = NULL};
    struct cy_outcome outcome = {0};
    struct cy_oid tree;
    struct file_list list = {.arena = request->arena};
    if (!cy_hf_open(&set->hf, request, response, CY_ACCESS_SEE | CY_ACCESS_READ) ||
        !cy_hf_find_version(&set->hf, revision.size > 0 ? revision : CY_STR("main"), &set->version) ||
        !cy_hf_find_guard(&set->hf, &set->version, &list.guard))
        return false;
    CY_ASSERT(cy_oid_parse(set->version.tree, &tree));
    enum cy_status status =
        cy_version_walk(set->hf.database, set->hf.repository.id, &tree, CY_STR(""), true, request->arena, add_file, &list, &outcome.error);
    if (status == CY_OK) {
        status = cy_data_view_make(set->hf.repository.card, list.items, list.count, request->arena, &set->view, &outcome.error);
        outcome.refusal = status == CY_OK ? CY_REFUSAL_NONE : CY_REFUSAL_INPUT;
    }
    if (status != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    return status == CY_OK;
}

/* What was removed, as a split of its own: the ledger in verdicts/. */
static bool choose_verdicts(struct cy_row_set *set)
{
    struct cy_request *request = set->hf.request;
    struct file_list list = {.arena = request->arena};
    struct cy_entry folder;
    struct cy_error error;
    bool found;
    if (!(set->hf.repository.access & CY_ACCESS_SEE_REMOVED)) {
        cy_hf_forbid(request, set->hf.response, "what was removed is for those whom the owner lets see it");
        return false;
    }
    enum cy_status status = cy_version_entry(set->hf.database, set->hf.repository.id, set->version.tree, CY_STR("verdicts"), request->arena,
                                             &found, &folder, &error);
    if (status == CY_OK && found && folder.is_folder)
        status = cy_version_walk(set->hf.database, set->hf.repository.id, &folder.oid, CY_STR("verdicts"), true, request->arena, add_file,
                                 &list, &error);
    if (status != CY_OK) {
        cy_respond_failure(request, set->hf.response, &error);
        return false;
    }
    struct cy_data_split *split = cy_arena_zero(request->arena, sizeof *split);
    struct cy_data_config *config = cy_arena_zero(request->arena, sizeof *config);
    split->files = cy_arena_alloc(request->arena, CY_MAX(list.count, 1) * sizeof *split->files);
    for (size_t i = 0; i < list.count; i++) {
        if (!cy_str_ends(list.items[i].path, CY_STR(".parquet")))
            continue;
        list.items[i].format = "parquet";
        list.items[i].compression = "none";
        split->files[split->file_count++] = &list.items[i];
    }
    split->name = config->name = CY_STR("verdicts");
    set->config = config;
    set->split = split;
    if (split->file_count == 0)
        cy_respond_error(request, set->hf.response, 404, "EntryNotFound", "this version has no verdicts in Parquet");
    return split->file_count > 0;
}

bool cy_rows_choose(struct cy_row_set *set, struct cy_str config, struct cy_str split, struct cy_str table)
{
    struct cy_request *request = set->hf.request;
    struct cy_response *response = set->hf.response;
    if (cy_str_is(table, "verdicts"))
        return choose_verdicts(set);
    set->config = cy_data_config_find(&set->view, config);
    if (set->view.config_count == 0) {
        cy_respond_error(request, response, 404, "EntryNotFound", "this version has no data file: Parquet, JSON Lines, CSV or text");
        return false;
    }
    if (set->config == NULL) {
        cy_respond_error(request, response, 404, "EntryNotFound", "there is no configuration \"%.*s\"", (int)CY_MIN(config.size, 200),
                         config.data);
        return false;
    }
    set->split = cy_data_split_find(set->config, split.size > 0 ? split : CY_STR("train"));
    if (set->split == NULL && split.size == 0)
        set->split = &set->config->splits[0];
    if (set->split == NULL)
        cy_respond_error(request, response, 404, "EntryNotFound", "configuration \"%.*s\" has no split \"%.*s\"",
                         (int)set->config->name.size, set->config->name.data, (int)CY_MIN(split.size, 200), split.data);
    return set->split != NULL;
}

void cy_rows_close(struct cy_row_set *set)
{
    cy_hf_close(&set->hf);
}

/* ---- questions ---- */

struct range {
    size_t first, count; /* files of the split */
};

/* The question about these files. With paths, each is held so that it stays readable; without, for the name under which an answer is kept.
 */
static enum cy_status add_question(struct cy_row_set *set, const char *op, struct cy_str rest, struct range range, const int64_t *rows,
                                   bool with_paths, struct cy_buffer *out, struct cy_error *error)
{
    cy_buffer_printf(out, "{\"op\":\"%s\",\"files\":[", op);
    for (size_t i = range.first; i < range.first + range.count; i++) {
        const struct cy_data_file *file = set->split->files[i];
        const char *sha256 = cy_arena_printf(set->hf.request->arena, "%.*s", (int)file->sha256.size, file->sha256.data), *path = sha256;
        if (with_paths) {
            enum cy_status status = cy_objects_hold_path(set->hf.hub->objects, sha256, set->hf.request->arena, &path, error);
            if (status == CY_END)
                status = cy_error_set(error, CY_FAILED, "the object %s of a version is not in the store", sha256);
            if (status != CY_OK) {
                for (size_t k = range.first; k < i; k++)
                    cy_objects_release_path(set->hf.hub->objects, set->split->files[k]->sha256.data);
                return status;
            }
        }
        cy_buffer_add_text(out, i > range.first ? ",{\"path\":" : "{\"path\":");
        cy_buffer_add_json(out, cy_str(path));
        cy_buffer_printf(out, ",\"format\":\"%s\",\"compression\":\"%s\"", file->format, file->compression);
        if (rows != NULL)
            cy_buffer_printf(out, ",\"rows\":%lld", (long long)rows[i]);
        cy_buffer_add_byte(out, '}');
    }
    cy_buffer_add_byte(out, ']');
    cy_buffer_add_str(out, rest);
    cy_buffer_add_byte(out, '}');
    return CY_OK;
}

static yyjson_val *parse(struct cy_request *request, const struct cy_buffer *answer)
{
    struct cy_str text = cy_arena_str(request->arena, cy_buffer_str(answer));
    /* The document is small beside its text; it lives in the arena too. */
    size_t pool_bytes = yyjson_read_max_memory_usage(text.size, 0);
    yyjson_alc allocator;
    yyjson_alc_pool_init(&allocator, cy_arena_alloc(request->arena, pool_bytes), pool_bytes);
    return yyjson_doc_get_root(yyjson_read_opts((char *)(uintptr_t)text.data, text.size, 0, &allocator, NULL));
}

static enum cy_status ask_worker(struct cy_row_set *set, const char *op, struct cy_str rest, struct range range, const int64_t *rows,
                                 struct cy_buffer *answer, struct cy_error *error)
{
    struct cy_buffer question = {0};
    enum cy_status status = add_question(set, op, rest, range, rows, true, &question, error);
    if (status == CY_OK) {
        status = cy_rows_ask(set->hf.request->app->rows, cy_buffer_str(&question), answer, error);
        for (size_t i = range.first; i < range.first + range.count; i++)
            cy_objects_release_path(set->hf.hub->objects, set->split->files[i]->sha256.data);
    }
    cy_buffer_release(&question);
    return status;
}

/* What DuckDB says may name its files, or a condition may make it say so: where our data lies is nobody's business. */
static const char *without_folder(struct cy_request *request, const char *message)
{
    const char *folder = request->app->options.data_folder, *at;
    struct cy_buffer out = {0};
    while ((at = strstr(message, folder)) != NULL) {
        cy_buffer_add(&out, message, (size_t)(at - message));
        cy_buffer_add_text(&out, "DATA");
        message = at + strlen(folder);
    }
    cy_buffer_add_text(&out, message);
    const char *text = cy_arena_str(request->arena, cy_buffer_str(&out)).data;
    cy_buffer_release(&out);
    return text;
}

static yyjson_val *answer_of(struct cy_row_set *set, enum cy_status status, const struct cy_buffer *answer, const struct cy_error *error)
{
    yyjson_val *root = status == CY_OK ? parse(set->hf.request, answer) : NULL;
    if (root != NULL)
        return root;
    if (status == CY_BAD_INPUT)
        cy_respond_error(set->hf.request, set->hf.response, 422, NULL, "%s", without_folder(set->hf.request, error->message));
    else if (status == CY_FAILED)
        cy_respond_error(set->hf.request, set->hf.response, 503, NULL, "%s", without_folder(set->hf.request, error->message));
    else
        cy_respond_failure(set->hf.request, set->hf.response, error);
    return NULL;
}

static const char *kept_path(struct cy_row_set *set, const char *op, struct cy_str rest)
{
    struct cy_buffer question = {0};
    struct cy_sha256 hash;
    struct cy_error error;
    char hex[65];
    add_question(set, op, rest, (struct range){0, set->split->file_count}, NULL, false, &question, &error);
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, question.data, question.size);
    cy_sha256_final(&hash, hex);
    cy_buffer_release(&question);
    return cy_arena_printf(set->hf.request->arena, "%s/kept/%.2s/%s.json", set->hf.request->app->options.data_folder, hex, hex);
}

/* Keeping is a help: where it fails, the answer is made anew the next time. What was forgotten since the question was asked is not kept:
 * whoever forgets counts first and removes then, so either the count is seen here or the file there. */
static void keep(struct cy_row_set *set, const char *path, const struct cy_buffer *answer, uint64_t forget_count)
{
    struct cy_error ignored;
    char *folder = cy_arena_text(set->hf.request->arena, path);
    *strrchr(folder, '/') = '\0';
    if (cy_make_folders(folder, &ignored) == CY_OK && cy_write_file(path, cy_buffer_str(answer), &ignored) == CY_OK &&
        set->hf.request->app->forget_count != forget_count)
        cy_files->remove(path);
}

enum cy_status cy_rows_forget(struct cy_app *app, int64_t before_ms, struct cy_error *error)
{
    struct cy_arena arena = {0};
    char **folders, **names;
    size_t folder_count = 0, name_count;
    const char *kept = cy_path_join(&arena, app->options.data_folder, "kept");
    enum cy_status status = CY_OK;
    if (before_ms == INT64_MAX)
        app->forget_count++;
    if (cy_path_is_folder(kept))
        status = cy_list_folder(kept, &arena, &folders, &folder_count, error);
    for (size_t i = 0; i < folder_count && status == CY_OK; i++) {
        const char *folder = cy_path_join(&arena, kept, folders[i]);
        status = cy_list_folder(folder, &arena, &names, &name_count, error);
        for (size_t j = 0; status == CY_OK && j < name_count; j++) {
            const char *path = cy_path_join(&arena, folder, names[j]);
            struct stat about;
            if (stat(path, &about) == 0 && (int64_t)about.st_mtime < before_ms / 1000 && cy_files->remove(path) != 0 && errno != ENOENT)
                status = cy_error_errno(error, "remove", path);
        }
    }
    cy_arena_release(&arena);
    return status;
}

yyjson_val *cy_rows_question(struct cy_row_set *set, const char *op, struct cy_str rest, bool keeps)
{
    struct cy_buffer answer = {0};
    struct cy_error error;
    yyjson_val *root = NULL;
    const char *path = keeps ? kept_path(set, op, rest) : NULL;
    uint64_t forget_count = set->hf.request->app->forget_count; /* while the version is known to be there */
    cy_hf_release_reader(&set->hf);
    if (keeps && cy_path_exists(path) && cy_read_file(path, &answer, &error) == CY_OK)
        root = parse(set->hf.request, &answer);
    if (root == NULL) {
        cy_buffer_clear(&answer);
        enum cy_status status = ask_worker(set, op, rest, (struct range){0, set->split->file_count}, NULL, &answer, &error);
        if (keeps && status == CY_OK)
            keep(set, path, &answer, forget_count);
        root = answer_of(set, status, &answer, &error);
    }
    cy_buffer_release(&answer);
    return root;
}

yyjson_val *cy_rows_page(struct cy_row_set *set, int64_t offset, int64_t length, struct cy_str rest, bool is_plain)
{
    yyjson_val *columns = cy_rows_question(set, "columns", CY_STR(""), true), *counts, *count;
    if (columns == NULL)
        return NULL;
    counts = yyjson_obj_get(columns, "file_rows");
    size_t index, size, file_count = set->split->file_count;
    int64_t *rows = cy_arena_alloc(set->hf.request->arena, CY_MAX(file_count, 1) * sizeof *rows), before = 0;
    yyjson_arr_foreach(counts, index, size, count) if (index < file_count) rows[index] = yyjson_get_sint(count);
    struct range range = {0, file_count};
    if (is_plain) {
        while (range.count > 1 && before + rows[range.first] <= offset)
            before += rows[range.first++], range.count--;
        int64_t end = before + rows[range.first];
        size_t needed = 1;
        while (needed < range.count && end < offset + length)
            end += rows[range.first + needed++];
        range.count = needed;
    }
    struct cy_buffer all = {0}, answer = {0};
    struct cy_error error;
    cy_buffer_printf(&all, ",\"offset\":%lld,\"length\":%lld,\"first_row\":%lld%.*s", (long long)(offset - before), (long long)length,
                     (long long)before, (int)rest.size, rest.data);
    enum cy_status status = ask_worker(set, "rows", cy_buffer_str(&all), range, rows, &answer, &error);
    yyjson_val *root = answer_of(set, status, &answer, &error);
    cy_buffer_release(&all);
    cy_buffer_release(&answer);
    return root;
}

/* ---- pieces ---- */

bool cy_rows_pass_on(struct cy_request *request, const char *parameter, const char *member, struct cy_buffer *rest)
{
    struct cy_str value;
    if (!cy_request_query(request, parameter, &value) || value.size == 0)
        return false;
    cy_buffer_printf(rest, ",\"%s\":", member);
    cy_buffer_add_json(rest, value);
    return true;
}

void cy_rows_add_value(struct cy_buffer *out, yyjson_val *value)
{
    size_t size;
    char *text = yyjson_val_write(value, 0, &size);
    if (text == NULL)
        cy_buffer_add_text(out, "null");
    else
        cy_buffer_add(out, text, size);
    free(text);
}
