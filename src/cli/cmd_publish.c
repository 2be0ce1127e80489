/* Publishing: bytes first, one commit last. Until the commit nothing of it is to be seen; what was uploaded stays, so that a second run
 * uploads only what the hub still lacks.
 *
 *     MANIFEST's files, MANIFEST, README.md ─▶ create ─▶ preupload ─▶ LFS batch ─▶ PUT what is missing ─▶ one commit */
#include "cli/hub_options.h"

#include "base/hash.h"
#include "dataset/read.h"
#include "dataset/report_view.h"
#include "hub/git_objects.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yyjson.h>

enum {
    PREUPLOAD_FILES = 256, /* a request, as the protocol allows */
    SAMPLE_BYTES = 512,
    REGULAR_BYTES_MAX = 16 * 1024 * 1024, /* a file that goes into the commit itself; the hub decides, and says so far smaller ones */
};

struct upload {
    const char *name; /* in the dataset, and on the hub */
    uint64_t size_bytes;
    char sha256[65];
    bool is_large;   /* the hub wants it by LFS */
    bool is_changed; /* the hub has another, or none */
};

struct publishing {
    struct cy_remote *remote;
    struct cy_arena *arena;
    struct cy_error *error;
    struct cy_dataset dataset;
    struct cy_hub_name name;
    const char *branch, *message;
    struct upload *files;
    size_t file_count;
    uint64_t sent_bytes;
};

static bool is_good(const struct cy_remote_answer *answer)
{
    return answer->status >= 200 && answer->status < 300;
}

/* ---- what there is to publish ---- */

static enum cy_status add_file(struct publishing *job, const char *name, const char *sha256, uint64_t size_bytes)
{
    struct upload *file = &job->files[job->file_count++];
    *file = (struct upload){.name = name, .size_bytes = size_bytes};
    if (sha256 != NULL) {
        memcpy(file->sha256, sha256, sizeof file->sha256);
        return CY_OK;
    }
    return cy_sha256_file(cy_path_join(job->arena, job->dataset.folder, name), NULL, file->sha256, &file->size_bytes, job->error);
}

/* The files of MANIFEST, checked against it, MANIFEST itself, and the two files that stand beside it. */
static enum cy_status find_files(struct publishing *job, const char *folder)
{
    static const char *const beside[] = {"MANIFEST", "README.md", "croissant.json"};
    enum cy_status status = cy_dataset_read_manifest(&job->dataset, folder, job->error);
    struct cy_difference *differences;
    size_t difference_count = 0;
    if (status == CY_OK)
        status = cy_dataset_differences(&job->dataset, 2, NULL, job->arena, &differences, &difference_count, job->error);
    if (status == CY_OK && difference_count > 0) {
        cy_error_set(job->error, CY_BAD_INPUT, "\"%s\" is not what its MANIFEST says: %s: %s", folder, differences[0].name,
                     differences[0].problem);
        return cy_error_hint(job->error, "`ciyuan verify %s` lists all that differs; build it again", folder);
    }
    if (status != CY_OK)
        return status;
    job->files = cy_arena_alloc(job->arena, (job->dataset.file_count + CY_COUNT(beside)) * sizeof *job->files);
    for (size_t i = 0; i < job->dataset.file_count; i++)
        add_file(job, job->dataset.files[i].name, job->dataset.files[i].sha256, job->dataset.files[i].size_bytes);
    for (size_t i = 0; i < CY_COUNT(beside) && status == CY_OK; i++) {
        bool is_there = cy_path_exists(cy_path_join(job->arena, job->dataset.folder, beside[i]));
        for (size_t k = 0; k < job->dataset.file_count; k++)
            is_there &= strcmp(job->dataset.files[k].name, beside[i]) != 0;
        status = is_there ? add_file(job, beside[i], NULL, 0) : CY_OK;
    }
    return status;
}

/* ---- asking ---- */

static enum cy_status ask(struct publishing *job, const char *method, const char *target, const char *type, struct cy_buffer *body,
                          struct cy_remote_answer *answer)
{
    enum cy_status status = cy_remote_ask(job->remote, method, target, type, cy_buffer_str(body), job->arena, answer, job->error);
    cy_buffer_clear(body);
    return status;
}

static enum cy_status create(struct publishing *job, bool is_private)
{
    struct cy_buffer body = {0};
    struct cy_remote_answer answer;
    cy_buffer_add_text(&body, "{\"type\":\"dataset\",\"name\":");
    cy_buffer_add_json(&body, job->name.name);
    cy_buffer_add_text(&body, ",\"organization\":");
    cy_buffer_add_json(&body, job->name.namespace_name);
    cy_buffer_add_text(&body, is_private ? ",\"visibility\":\"private\"}" : "}");
    enum cy_status status = ask(job, "POST", "/api/repos/create", NULL, &body, &answer);
    cy_buffer_release(&body);
    if (status == CY_OK && !is_good(&answer) && answer.status != 409) /* 409: it is there already */
        status = cy_remote_refused(&answer, job->error, "make the repository %s", job->name.path);
    return status;
}

static void add_base64(struct cy_buffer *out, const void *data, size_t size_bytes)
{
    cy_buffer_reserve(out, (size_bytes + 2) / 3 * 4 + 1);
    out->size += (size_t)EVP_EncodeBlock((unsigned char *)out->data + out->size, data, (int)size_bytes);
}

static enum cy_status read_sample(struct publishing *job, const struct upload *file, struct cy_buffer *out)
{
    char sample[SAMPLE_BYTES];
    const char *path = cy_path_join(job->arena, job->dataset.folder, file->name);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = descriptor >= 0 ? read(descriptor, sample, sizeof sample) : -1;
    enum cy_status status = size >= 0 ? CY_OK : cy_error_errno(job->error, "read", path);
    if (descriptor >= 0)
        close(descriptor);
    if (status == CY_OK)
        add_base64(out, sample, (size_t)size);
    return status;
}

/* The hub names a small file by git's sha1 of it. */
static bool is_blob_of(struct publishing *job, const struct upload *file, struct cy_str oid)
{
    struct cy_buffer content = {0};
    struct cy_oid own;
    char hex[CY_OID_HEX] = "";
    if (oid.size == CY_OID_HEX - 1 && file->size_bytes <= REGULAR_BYTES_MAX &&
        cy_read_file(cy_path_join(job->arena, job->dataset.folder, file->name), &content, job->error) == CY_OK) {
        cy_git_oid("blob", cy_buffer_str(&content), &own);
        cy_oid_hex(&own, hex);
    }
    cy_buffer_release(&content);
    return cy_str_is(oid, hex);
}

/* Which of files [first, first + count) go by LFS, and which the branch holds already. */
static enum cy_status preupload(struct publishing *job, size_t first, size_t count)
{
    struct cy_buffer body = {0};
    struct cy_remote_answer answer;
    enum cy_status status = CY_OK;
    cy_buffer_add_text(&body, "{\"files\":[");
    for (size_t i = first; i < first + count && status == CY_OK; i++) {
        cy_buffer_add_text(&body, i > first ? ",{\"path\":" : "{\"path\":");
        cy_buffer_add_json(&body, cy_str(job->files[i].name));
        cy_buffer_printf(&body, ",\"size\":%llu,\"sample\":\"", (unsigned long long)job->files[i].size_bytes);
        status = read_sample(job, &job->files[i], &body);
        cy_buffer_add_text(&body, "\"}");
    }
    cy_buffer_add_text(&body, "]}");
    if (status == CY_OK)
        status = ask(job, "POST", cy_arena_printf(job->arena, "/api/datasets/%s/preupload/%s", job->name.path, job->branch), NULL, &body,
                     &answer);
    cy_buffer_release(&body);
    if (status != CY_OK)
        return status;
    if (!is_good(&answer))
        return cy_remote_refused(&answer, job->error, "publish to %s", job->name.path);
    yyjson_doc *doc = yyjson_read(answer.body.data, answer.body.size, 0);
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(doc), "files"), *item;
    size_t index, size, seen = 0;
    yyjson_arr_foreach(list, index, size, item)
    {
        const char *path = yyjson_get_str(yyjson_obj_get(item, "path"));
        yyjson_val *oid = yyjson_obj_get(item, "oid");
        for (size_t i = first; path != NULL && i < first + count; i++) {
            if (strcmp(job->files[i].name, path) != 0)
                continue;
            job->files[i].is_large = yyjson_equals_str(yyjson_obj_get(item, "uploadMode"), "lfs") && job->files[i].size_bytes > 0;
            struct cy_str held = {yyjson_get_str(oid), yyjson_get_len(oid)};
            job->files[i].is_changed =
                held.data == NULL || !(cy_str_is(held, job->files[i].sha256) || is_blob_of(job, &job->files[i], held));
            seen++;
        }
    }
    yyjson_doc_free(doc);
    return seen == count ? CY_OK : cy_error_set(job->error, CY_FAILED, "the hub told of %zu files of %zu: is it a hub?", seen, count);
}

/* ---- large files ---- */

/* The parts that the hub asks for: PUT each, then tell it what came of them. */
static enum cy_status put_parts(struct publishing *job, struct upload *file, int descriptor, yyjson_val *upload, yyjson_val *header)
{
    uint64_t chunk = strtoull(yyjson_get_str(yyjson_obj_get(header, "chunk_size")), NULL, 10);
    struct cy_buffer body = {0};
    struct cy_remote_answer answer;
    enum cy_status status = chunk > 0 ? CY_OK : cy_error_set(job->error, CY_FAILED, "the hub asks for parts of no size");
    cy_buffer_printf(&body, "{\"oid\":\"%s\",\"parts\":[", file->sha256);
    uint64_t part_count = chunk > 0 ? (file->size_bytes + chunk - 1) / chunk : 0;
    for (uint64_t part = 0; part < part_count && status == CY_OK; part++) {
        char key[32];
        snprintf(key, sizeof key, "%05llu", (unsigned long long)part + 1);
        const char *url = yyjson_get_str(yyjson_obj_get(header, key));
        if (url == NULL) {
            status = cy_error_set(job->error, CY_FAILED, "the hub gave no address for part %s of \"%s\"", key, file->name);
            break;
        }
        uint64_t offset = part * chunk;
        status =
            cy_remote_put(job->remote, url, descriptor, offset, CY_MIN(chunk, file->size_bytes - offset), job->arena, &answer, job->error);
        if (status == CY_OK && !is_good(&answer))
            status = cy_remote_refused(&answer, job->error, "upload part %s of \"%s\"", key, file->name);
        if (status == CY_OK) {
            cy_buffer_printf(&body, "%s{\"partNumber\":%llu,\"etag\":", part > 0 ? "," : "", (unsigned long long)part + 1);
            cy_buffer_add_json(&body, answer.etag);
            cy_buffer_add_byte(&body, '}');
        }
    }
    cy_buffer_add_text(&body, "]}");
    if (status == CY_OK)
        status = ask(job, "POST", yyjson_get_str(yyjson_obj_get(upload, "href")), NULL, &body, &answer);
    if (status == CY_OK && !is_good(&answer))
        status = cy_remote_refused(&answer, job->error, "complete \"%s\"", file->name);
    cy_buffer_release(&body);
    return status;
}

static enum cy_status send_file(struct publishing *job, struct upload *file, yyjson_val *actions)
{
    yyjson_val *upload = yyjson_obj_get(actions, "upload"), *header = yyjson_obj_get(upload, "header"),
               *verify = yyjson_obj_get(actions, "verify");
    const char *path = cy_path_join(job->arena, job->dataset.folder, file->name);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return cy_error_errno(job->error, "open", path);
    struct cy_remote_answer answer;
    enum cy_status status;
    if (yyjson_obj_get(header, "chunk_size") != NULL) {
        status = put_parts(job, file, descriptor, upload, header);
    } else {
        status = cy_remote_put(job->remote, yyjson_get_str(yyjson_obj_get(upload, "href")), descriptor, 0, file->size_bytes, job->arena,
                               &answer, job->error);
        if (status == CY_OK && !is_good(&answer))
            status = cy_remote_refused(&answer, job->error, "upload \"%s\"", file->name);
    }
    close(descriptor);
    if (status != CY_OK || verify == NULL)
        return status;
    struct cy_buffer body = {0};
    cy_buffer_printf(&body, "{\"oid\":\"%s\",\"size\":%llu}", file->sha256, (unsigned long long)file->size_bytes);
    status = ask(job, "POST", yyjson_get_str(yyjson_obj_get(verify, "href")), NULL, &body, &answer);
    if (status == CY_OK && !is_good(&answer))
        status = cy_remote_refused(&answer, job->error, "verify \"%s\"", file->name);
    cy_buffer_release(&body);
    return status;
}

/* Asks for one file at a time, so that the address is fresh when its turn comes. */
static enum cy_status upload_large(struct publishing *job, struct upload *file)
{
    struct cy_buffer body = {0};
    struct cy_remote_answer answer;
    cy_buffer_printf(&body,
                     "{\"operation\":\"upload\",\"transfers\":[\"basic\",\"multipart\"],\"hash_algo\":\"sha256\",\"objects\":[{\"oid\":\"%"
                     "s\",\"size\":%llu}]}",
                     file->sha256, (unsigned long long)file->size_bytes);
    enum cy_status status = ask(job, "POST", cy_arena_printf(job->arena, "/datasets/%s.git/info/lfs/objects/batch", job->name.path),
                                "application/vnd.git-lfs+json", &body, &answer);
    cy_buffer_release(&body);
    if (status != CY_OK)
        return status;
    if (!is_good(&answer))
        return cy_remote_refused(&answer, job->error, "ask for a place for \"%s\"", file->name);
    yyjson_doc *doc = yyjson_read(answer.body.data, answer.body.size, 0);
    yyjson_val *object = yyjson_arr_get_first(yyjson_obj_get(yyjson_doc_get_root(doc), "objects"));
    yyjson_val *refused = yyjson_obj_get(yyjson_obj_get(object, "error"), "message"), *actions = yyjson_obj_get(object, "actions");
    if (object == NULL || refused != NULL) {
        status = cy_error_set(job->error, CY_FAILED, "the hub does not take \"%s\": %s", file->name,
                              refused != NULL ? yyjson_get_str(refused) : "no reason given");
    } else if (actions != NULL) { /* none: the hub has it */
        status = send_file(job, file, actions);
        job->sent_bytes += status == CY_OK ? file->size_bytes : 0;
    }
    yyjson_doc_free(doc);
    return status;
}

static enum cy_status upload_all(struct publishing *job)
{
    size_t count = 0, index = 0;
    uint64_t all_bytes = 0;
    for (size_t i = 0; i < job->file_count; i++)
        if (job->files[i].is_large && job->files[i].is_changed)
            count++, all_bytes += job->files[i].size_bytes;
    struct cy_transfer_line line;
    cy_transfer_line_begin(&line, "uploading", count, all_bytes);
    cy_remote_watch(job->remote, cy_transfer_line_moved, &line);
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < job->file_count && status == CY_OK; i++) {
        if (!job->files[i].is_large || !job->files[i].is_changed)
            continue;
        line.file_index = index++;
        status = upload_large(job, &job->files[i]);
        line.done_bytes += job->files[i].size_bytes;
    }
    cy_transfer_line_end(&line);
    cy_remote_watch(job->remote, NULL, NULL);
    return status;
}

/* ---- the commit ---- */

static bool is_published(const struct publishing *job, const char *path)
{
    for (size_t i = 0; i < job->file_count; i++)
        if (strcmp(job->files[i].name, path) == 0)
            return true;
    return false;
}

/* Files of an older build that this one has no more: of the folders data and verdicts alone; what people added stays. */
static enum cy_status add_deletions(struct publishing *job, struct cy_buffer *body, size_t *count)
{
    const char *target = cy_arena_printf(job->arena, "/api/datasets/%s/tree/%s?recursive=true", job->name.path, job->branch);
    while (target != NULL) {
        struct cy_buffer none = {0};
        struct cy_remote_answer answer;
        enum cy_status status = ask(job, "GET", target, NULL, &none, &answer);
        if (status != CY_OK)
            return status;
        if (answer.status == 404) /* an empty repository */
            return CY_OK;
        if (!is_good(&answer))
            return cy_remote_refused(&answer, job->error, "list the files of %s", job->name.path);
        yyjson_doc *doc = yyjson_read(answer.body.data, answer.body.size, 0);
        yyjson_val *item;
        size_t index, size;
        yyjson_arr_foreach(yyjson_doc_get_root(doc), index, size, item)
        {
            const char *path = yyjson_get_str(yyjson_obj_get(item, "path"));
            bool is_ours = path != NULL && (strncmp(path, "data/", 5) == 0 || strncmp(path, "verdicts/", 9) == 0);
            if (!is_ours || !yyjson_equals_str(yyjson_obj_get(item, "type"), "file") || is_published(job, path))
                continue;
            cy_buffer_add_text(body, "{\"key\":\"deletedFile\",\"value\":{\"path\":");
            cy_buffer_add_json(body, cy_str(path));
            cy_buffer_add_text(body, "}}\n");
            ++*count;
        }
        yyjson_doc_free(doc);
        target = answer.next.size > 0 ? cy_arena_printf(job->arena, "%.*s", (int)answer.next.size, answer.next.data) : NULL;
    }
    return CY_OK;
}

static enum cy_status add_commit_line(struct publishing *job, const struct upload *file, struct cy_buffer *body)
{
    if (file->is_large) {
        cy_buffer_add_text(body, "{\"key\":\"lfsFile\",\"value\":{\"path\":");
        cy_buffer_add_json(body, cy_str(file->name));
        cy_buffer_printf(body, ",\"algo\":\"sha256\",\"oid\":\"%s\",\"size\":%llu}}\n", file->sha256, (unsigned long long)file->size_bytes);
        return CY_OK;
    }
    struct cy_buffer content = {0};
    enum cy_status status = cy_read_file(cy_path_join(job->arena, job->dataset.folder, file->name), &content, job->error);
    if (status == CY_OK) {
        cy_buffer_add_text(body, "{\"key\":\"file\",\"value\":{\"encoding\":\"base64\",\"path\":");
        cy_buffer_add_json(body, cy_str(file->name));
        cy_buffer_add_text(body, ",\"content\":\"");
        add_base64(body, content.data, content.size);
        cy_buffer_add_text(body, "\"}}\n");
        job->sent_bytes += content.size;
    }
    cy_buffer_release(&content);
    return status;
}

/* All that changed in one commit; version: its sha, or empty when nothing changed. */
static enum cy_status commit(struct publishing *job, struct cy_str *version)
{
    struct cy_buffer body = {0};
    struct cy_remote_answer answer;
    size_t change_count = 0;
    *version = CY_STR("");
    cy_buffer_add_text(&body, "{\"key\":\"header\",\"value\":{\"summary\":");
    cy_buffer_add_json(&body, cy_str(job->message));
    cy_buffer_printf(&body, ",\"description\":\"build %s\"}}\n", job->dataset.build_id);
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < job->file_count && status == CY_OK; i++) {
        if (!job->files[i].is_changed)
            continue;
        status = add_commit_line(job, &job->files[i], &body);
        change_count++;
    }
    if (status == CY_OK)
        status = add_deletions(job, &body, &change_count);
    if (status == CY_OK && change_count > 0) {
        status = ask(job, "POST", cy_arena_printf(job->arena, "/api/datasets/%s/commit/%s", job->name.path, job->branch),
                     "application/x-ndjson", &body, &answer);
        if (status == CY_OK && !is_good(&answer))
            status = cy_remote_refused(&answer, job->error, "commit to %s", job->name.path);
        if (status == CY_OK) {
            yyjson_doc *doc = yyjson_read(answer.body.data, answer.body.size, 0);
            yyjson_val *oid = yyjson_obj_get(yyjson_doc_get_root(doc), "commitOid");
            *version = cy_arena_str(job->arena, (struct cy_str){yyjson_get_str(oid), yyjson_get_len(oid)});
            yyjson_doc_free(doc);
        }
    }
    cy_buffer_release(&body);
    return status;
}

static enum cy_status publish(struct publishing *job, const char *folder, bool is_private, struct cy_str *version)
{
    enum cy_status status = find_files(job, folder);
    if (status == CY_OK)
        status = create(job, is_private);
    for (size_t first = 0; first < job->file_count && status == CY_OK; first += PREUPLOAD_FILES)
        status = preupload(job, first, CY_MIN(PREUPLOAD_FILES, job->file_count - first));
    if (status == CY_OK)
        status = upload_all(job);
    return status == CY_OK ? commit(job, version) : status;
}

static void print_done(const struct publishing *job, struct cy_str version)
{
    struct cy_buffer text = {0};
    if (version.size == 0) {
        cy_buffer_printf(&text, "%s holds this build already; nothing was uploaded", job->name.path);
    } else {
        cy_buffer_printf(&text, "published %s@%.*s: %zu files, ", job->name.path, (int)CY_MIN(version.size, 12), version.data,
                         job->file_count);
        cy_buffer_add_bytes(&text, job->sent_bytes);
        cy_buffer_add_text(&text, " uploaded");
    }
    printf("%.*s\nbuild id %s\n", (int)text.size, text.data, job->dataset.build_id);
    cy_buffer_release(&text);
}

int cy_cmd_publish(int argc, char **argv)
{
    const char *hub = NULL, *message = "publish a build", *branch = "main";
    bool is_private = false;
    const struct cy_option options[] = {
        CY_OPT_TEXT("hub", &hub, "URL", "the hub; default $CIYUAN_HUB, $HF_ENDPOINT, then " CY_HUB_URL_DEFAULT),
        CY_OPT_FLAG("private", &is_private, "when the repository is new, let only its members see it"),
        CY_OPT_TEXT("branch", &branch, "NAME", "the branch to commit to; default main"),
        CY_OPT_TEXT("message", &message, "TEXT", "what the version's history says"),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan publish out/web-en press/web-en", "publish a dataset as a new version", NULL, NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "publish",
            .arguments = "[<options>] DATASET ORG/NAME",
            .summary = "Publishes a dataset that was built as the next version of a repository on a hub. Only what the hub lacks is "
                       "uploaded; the version appears at once and whole, when all is there. A run that was cut goes on where it "
                       "stopped. The access token is read from $CIYUAN_TOKEN, $HF_TOKEN, or what `hf auth login` wrote.",
            .options = options,
            .argument_min = 2,
            .argument_max = 2,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str version;
    struct publishing job = {.arena = &arena, .error = &error, .branch = branch, .message = message};
    enum cy_status status = cy_hub_name_read(argv[1], &arena, &job.name, &error);
    if (status == CY_OK)
        status = cy_hub_connect(hub, &job.remote, &error);
    if (status == CY_OK)
        status = publish(&job, argv[0], is_private, &version);
    if (status == CY_OK)
        print_done(&job, version);
    cy_remote_close(job.remote);
    cy_dataset_release(&job.dataset);
    cy_arena_release(&arena);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
