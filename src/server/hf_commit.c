/* Uploads, as the clients make them: preupload says which way a file goes, the bytes of large ones follow (hf_lfs.c, hf_xet.c), and the
 * commit brings all of them into the branch at once. A commit's body is lines of JSON:
 *
 *     {"key":"header","value":{"summary","description","parentCommit"?}}
 *     {"key":"file","value":{"path","content","encoding":"base64"}}       a small file, whole
 *     {"key":"lfsFile","value":{"path","algo":"sha256","oid","size"?}}    a large one, whose object is in the repository already
 *     {"key":"deletedFile","value":{"path"}}   {"key":"deletedFolder","value":{"path":"a/"}} */
#include "server/hf.h"
#include "server/http_parse.h"

#include "base/files.h"
#include "hub/commits.h"

#include <yyjson.h>

cy_handler cy_hf_preupload, cy_hf_commit, cy_hf_validate_card;

enum {
    PREUPLOAD_FILES_MAX = 2000, /* clients send 256 */
    LINE_BYTES_MAX = 96 << 20,  /* base64 of a file of 64 MiB, and its path: what a client holds in memory without need is refused */
    PENDING_BYTES = 32 << 20,   /* of small files, before they are stored */
    PENDING_FILES = 256,
    CARDS_MAX = 8, /* README.md in one commit: each is read into memory, and only the last one counts */
};

/* ---- preupload ---- */

static void add_preupload(struct cy_json *json, struct cy_str path, int64_t size_bytes, bool found, const struct cy_entry *entry)
{
    bool is_large = size_bytes >= CY_SMALL_FILE_BYTES_MAX || (size_bytes > 0 && cy_str_ends(path, CY_STR(".parquet")));
    char oid[CY_OID_HEX], sha256[65];
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "path", path);
    cy_json_text(json, "uploadMode", is_large ? CY_STR("lfs") : CY_STR("regular"));
    cy_json_bool(json, "shouldIgnore", false);
    if (found && !entry->is_folder) { /* what stands there, so that a client sees that it need not send it again */
        cy_oid_hex(&entry->oid, oid);
        cy_hex(entry->sha256, CY_SHA256_BYTES, sha256);
        cy_json_text(json, "oid", cy_str(is_large ? sha256 : oid));
    }
    cy_json_close(json, '}');
}

static void answer_preupload(struct cy_hf *hf, const struct cy_version *version, yyjson_val *files)
{
    struct cy_request *request = hf->request;
    struct cy_outcome outcome = {0};
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    enum cy_status status = CY_OK;
    size_t i, count;
    yyjson_val *file;
    cy_json_open_line(&json, NULL, '{');
    cy_json_open(&json, "files", '[');
    yyjson_arr_foreach(files, i, count, file)
    {
        struct cy_str path = cy_hf_member(file, "path");
        struct cy_entry entry;
        bool found;
        if (cy_path_check(path, &outcome.error) != CY_OK) {
            outcome.refusal = CY_REFUSAL_INPUT;
            status = CY_BAD_INPUT;
            break;
        }
        status = cy_version_entry(hf->database, hf->repository.id, version->tree, path, request->arena, &found, &entry, &outcome.error);
        if (status != CY_OK)
            break;
        add_preupload(&json, path, yyjson_get_sint(yyjson_obj_get(file, "size")), found, &entry);
    }
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    if (status == CY_OK) {
        cy_respond_json(request, hf->response, 200, &out);
        return;
    }
    cy_buffer_release(&out);
    cy_hf_refuse(request, hf->response, &outcome);
}

void cy_hf_preupload(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_version version;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    yyjson_val *files = yyjson_obj_get(body, "files");
    if (!yyjson_is_arr(files) || yyjson_arr_size(files) > PREUPLOAD_FILES_MAX) {
        cy_respond_error(request, response, 400, NULL, "files must be a list of at most %d", PREUPLOAD_FILES_MAX);
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE) && cy_hf_find_version(&hf, request->path_values[2], &version))
        answer_preupload(&hf, &version, files);
    cy_hf_close(&hf);
}

/* ---- the body of a commit ---- */

struct pending {
    size_t change; /* index */
    struct cy_str content;
};
struct reader {
    struct cy_request *request;
    struct cy_hub *hub;
    struct cy_arena *arena;  /* of the request: paths */
    struct cy_arena content; /* of what is pending */
    struct cy_commit_request commit;
    struct cy_buffer changes; /* struct cy_change */
    struct pending pending[PENDING_FILES];
    size_t pending_count;
    struct cy_card_head card;
    size_t card_count; /* read so far */
    size_t line_number;
    struct cy_outcome *outcome;
};

static struct cy_change *change_at(struct reader *reader, size_t index)
{
    return (struct cy_change *)(void *)reader->changes.data + index;
}

/* The small files read so far become objects. */
static enum cy_status store_pending(struct reader *reader)
{
    struct cy_str contents[PENDING_FILES];
    char sha256[PENDING_FILES][65];
    for (size_t i = 0; i < reader->pending_count; i++)
        contents[i] = reader->pending[i].content;
    enum cy_status status = cy_objects_put_all(reader->hub->objects, contents, reader->pending_count, sha256, &reader->outcome->error);
    for (size_t i = 0; status == CY_OK && i < reader->pending_count; i++)
        CY_ASSERT(cy_hex_parse(cy_str(sha256[i]), change_at(reader, reader->pending[i].change)->entry.sha256, CY_SHA256_BYTES));
    reader->pending_count = 0;
    cy_arena_reset(&reader->content);
    return status;
}

static enum cy_status bad_line(struct reader *reader, const char *why)
{
    return cy_refuse(reader->outcome, CY_REFUSAL_INPUT, "line %zu of the commit: %s", reader->line_number, why);
}

static enum cy_status add_path(struct reader *reader, yyjson_val *value, struct cy_change *change)
{
    struct cy_str path = cy_arena_str(reader->arena, cy_hf_member(value, "path"));
    while (change->kind == CY_CHANGE_DELETE_FOLDER && path.size > 0 && path.data[path.size - 1] == '/')
        path.size--;
    if (cy_path_check(path, &reader->outcome->error) != CY_OK) {
        reader->outcome->refusal = CY_REFUSAL_INPUT;
        return CY_BAD_INPUT;
    }
    if (reader->changes.size / sizeof *change >= CY_COMMIT_CHANGES_MAX)
        return cy_refuse(reader->outcome, CY_REFUSAL_TOO_LARGE, "a commit changes at most %d paths", CY_COMMIT_CHANGES_MAX);
    change->path = path;
    cy_buffer_add(&reader->changes, change, sizeof *change);
    if (cy_str_is(path, "README.md"))
        reader->commit.has_card = true;
    return CY_OK;
}

static enum cy_status read_card(struct reader *reader, struct cy_str readme)
{
    if (reader->card_count++ == CARDS_MAX)
        return bad_line(reader, "README.md stands in it too often");
    enum cy_status status = cy_card_head_read(readme, reader->arena, &reader->card, &reader->outcome->error);
    if (status == CY_BAD_INPUT)
        reader->outcome->refusal = CY_REFUSAL_INPUT;
    reader->commit.card = &reader->card;
    return status;
}

static enum cy_status take_header(struct reader *reader, yyjson_val *value)
{
    reader->commit.title = cy_arena_str(reader->arena, cy_hf_member(value, "summary"));
    reader->commit.message = cy_arena_str(reader->arena, cy_hf_member(value, "description"));
    reader->commit.parent = cy_arena_str(reader->arena, cy_hf_member(value, "parentCommit"));
    return CY_OK;
}

static enum cy_status take_file(struct reader *reader, yyjson_val *value)
{
    struct cy_str text = cy_hf_member(value, "content"), encoding = cy_hf_member(value, "encoding"), content = text;
    struct cy_change change = {.kind = CY_CHANGE_PUT};
    bool is_base64 = cy_str_is(encoding, "base64");
    if (!is_base64 && !cy_str_is(encoding, "utf-8") && encoding.size > 0)
        return bad_line(reader, "the encoding must be \"base64\" or \"utf-8\"");
    if (is_base64 && !cy_base64_decode(text, &reader->content, &content))
        return bad_line(reader, "the content is no base64");
    if (!is_base64)
        content = cy_arena_str(&reader->content, text);
    change.entry.size_bytes = content.size;
    cy_git_oid("blob", content, &change.entry.oid);
    enum cy_status status = add_path(reader, value, &change);
    if (status == CY_OK && cy_str_is(change.path, "README.md"))
        status = read_card(reader, content);
    if (status != CY_OK)
        return status;
    reader->pending[reader->pending_count++] = (struct pending){reader->changes.size / sizeof change - 1, content};
    bool is_full = reader->pending_count == PENDING_FILES || reader->content.size_bytes >= PENDING_BYTES;
    return is_full ? store_pending(reader) : CY_OK;
}

/* Of an object that the repository holds; of any other nothing is told, and the commit will refuse it. */
static enum cy_status read_large_card(struct reader *reader, const char *sha256)
{
    struct cy_error *error = &reader->outcome->error;
    struct cy_held_object held = {0};
    struct cy_database *database;
    struct cy_str readme;
    reader->commit.card = NULL;
    enum cy_status status = cy_store_reader(reader->hub->store, &database, error);
    if (status == CY_OK) {
        status = cy_hub_find_object(database, reader->commit.repository_id, cy_str(sha256), &held, error);
        cy_store_reader_back(reader->hub->store, database);
    }
    if (status != CY_OK || !held.is_held || held.size_bytes > CY_CARD_BYTES_MAX)
        return status;
    status = cy_objects_read_all(reader->hub->objects, sha256, CY_CARD_BYTES_MAX, reader->arena, &readme, error);
    return status == CY_OK ? read_card(reader, readme) : status;
}

static enum cy_status take_large_file(struct reader *reader, yyjson_val *value)
{
    struct cy_change change = {.kind = CY_CHANGE_PUT};
    struct cy_str oid = cy_hf_member(value, "oid"), algorithm = cy_hf_member(value, "algo");
    yyjson_val *size = yyjson_obj_get(value, "size");
    if (algorithm.size > 0 && !cy_str_is(algorithm, "sha256"))
        return bad_line(reader, "the algo must be \"sha256\"");
    if (!cy_hex_parse(oid, change.entry.sha256, CY_SHA256_BYTES))
        return bad_line(reader, "the oid must be 64 lower-case hex digits");
    if (size != NULL && (!yyjson_is_uint(size) || yyjson_get_uint(size) > INT64_MAX))
        return bad_line(reader, "the size must be a whole number of bytes");
    char sha256[65];
    cy_hex(change.entry.sha256, CY_SHA256_BYTES, sha256);
    cy_entry_large(&change.entry, sha256, yyjson_get_uint(size));
    enum cy_status status = add_path(reader, value, &change);
    if (status == CY_OK && cy_str_is(change.path, "README.md"))
        status = read_large_card(reader, sha256);
    return status;
}

static enum cy_status take_deletion(struct reader *reader, yyjson_val *value, enum cy_change_kind kind)
{
    struct cy_change change = {.kind = kind};
    enum cy_status status = add_path(reader, value, &change);
    if (status == CY_OK && cy_str_is(change.path, "README.md"))
        reader->commit.card = NULL;
    return status;
}

static enum cy_status take_line(struct reader *reader, struct cy_str line)
{
    yyjson_read_err problem;
    const char *refusal = cy_json_problem(line);
    if (refusal != NULL)
        return bad_line(reader, refusal);
    yyjson_doc *document = yyjson_read_opts((char *)(uintptr_t)line.data, line.size, YYJSON_READ_NOFLAG, NULL, &problem);
    if (document == NULL)
        return bad_line(reader, problem.msg);
    yyjson_val *root = yyjson_doc_get_root(document), *value = yyjson_obj_get(root, "value");
    struct cy_str key = cy_hf_member(root, "key");
    enum cy_status status;
    if (!yyjson_is_obj(value))
        status = bad_line(reader, "there is no \"value\"");
    else if (cy_str_is(key, "header"))
        status = take_header(reader, value);
    else if (cy_str_is(key, "file"))
        status = take_file(reader, value);
    else if (cy_str_is(key, "lfsFile"))
        status = take_large_file(reader, value);
    else if (cy_str_is(key, "deletedFile") || cy_str_is(key, "deletedEntry"))
        status = take_deletion(reader, value, CY_CHANGE_DELETE);
    else if (cy_str_is(key, "deletedFolder"))
        status = take_deletion(reader, value, CY_CHANGE_DELETE_FOLDER);
    else
        status = bad_line(reader, "the key must be header, file, lfsFile, deletedFile or deletedFolder");
    yyjson_doc_free(document);
    return status;
}

static enum cy_status read_lines(struct reader *reader, struct cy_str body)
{
    enum cy_status status = CY_OK;
    while (status == CY_OK && body.size > 0) {
        struct cy_str line = cy_str_trim(cy_str_split(body, '\n', &body));
        reader->line_number++;
        if (line.size > LINE_BYTES_MAX)
            status = cy_refuse(reader->outcome, CY_REFUSAL_TOO_LARGE,
                               "line %zu of the commit has %zu bytes, and %d is the limit: send such a file as a large one",
                               reader->line_number, line.size, LINE_BYTES_MAX);
        else if (line.size > 0)
            status = take_line(reader, line);
    }
    return status == CY_OK ? store_pending(reader) : status;
}

static void answer_commit(struct cy_hf *hf, const struct cy_commit_result *result)
{
    const struct cy_repository *r = &hf->repository;
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_bool(&json, "success", true);
    cy_json_text(&json, "commitOid", cy_str(result->sha));
    cy_json_text(
        &json, "commitUrl",
        cy_str(cy_arena_printf(hf->request->arena, "%.*s/datasets/%.*s/%.*s/commit/%s", (int)hf->request->host.size, hf->request->host.data,
                               (int)r->namespace_name.size, r->namespace_name.data, (int)r->name.size, r->name.data, result->sha)));
    cy_json_text(&json, "hookOutput", CY_STR(""));
    cy_json_close(&json, '}');
    cy_respond_json(hf->request, hf->response, 200, &out);
}

static void commit(struct cy_hf *hf, struct cy_str body)
{
    struct cy_request *request = hf->request;
    struct cy_outcome outcome = {0};
    struct cy_commit_result result;
    struct reader *reader = cy_arena_zero(request->arena, sizeof *reader);
    struct cy_actor actor = cy_actor_of(request);
    *reader = (struct reader){.request = request,
                              .hub = hf->hub,
                              .arena = request->arena,
                              .outcome = &outcome,
                              .commit = {.repository_id = hf->repository.id, .branch = request->path_values[2]}};
    struct cy_put put;
    cy_put_begin(&hf->hub->puts, &put);
    enum cy_status status = read_lines(reader, body);
    if (status == CY_OK) {
        reader->commit.changes = change_at(reader, 0);
        reader->commit.change_count = reader->changes.size / sizeof(struct cy_change);
        status = cy_commit(hf->hub, &actor, &reader->commit, &result, &outcome);
    }
    cy_put_end(&hf->hub->puts, &put);
    if (status == CY_OK)
        answer_commit(hf, &result);
    else
        cy_hf_refuse(request, hf->response, &outcome);
    cy_buffer_release(&reader->changes);
    cy_arena_release(&reader->content);
}

void cy_hf_commit(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_map map;
    struct cy_error error;
    struct cy_str create_pr;
    if (cy_request_query(request, "create_pr", &create_pr) && (cy_str_is(create_pr, "1") || cy_str_is(create_pr, "true"))) {
        cy_respond_error(request, response, 403, NULL, "this hub has no pull requests: commit to a branch");
        return;
    }
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_WRITE)) {
        cy_hf_release_reader(&hf); /* reading the body may take long */
        if (cy_map_file(&map, request->spool.path, &error) != CY_OK) {
            cy_respond_failure(request, response, &error);
        } else {
            commit(&hf, (struct cy_str){map.data, map.size});
            cy_unmap(&map);
        }
    }
    cy_hf_close(&hf);
}

/* ---- a card, before it is committed ---- */

void cy_hf_validate_card(struct cy_request *request, struct cy_response *response)
{
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    struct cy_card_head head;
    struct cy_error error;
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    bool is_good = cy_card_head_read(cy_hf_member(body, "content"), request->arena, &head, &error) == CY_OK;
    cy_json_open_line(&json, NULL, '{');
    cy_json_open(&json, "errors", '[');
    if (!is_good) {
        cy_json_open(&json, NULL, '{');
        cy_json_text(&json, "message", cy_str(error.message));
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_json_open(&json, "warnings", '[');
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_respond_json(request, response, is_good ? 200 : 400, &out);
}
