#include "hub/doctor.h"

#include "hub/versions.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- what was seen ---- */

/* A set of 128-bit hashes: open addressing, at most half full. {0} is empty. */
struct seen {
    struct cy_hash128 *slots;
    size_t count, capacity;
};

static bool add_hash(struct seen *seen, struct cy_hash128 hash)
{
    hash.low |= 1; /* never all zeros: that is an empty slot */
    for (size_t at = hash.high & (seen->capacity - 1);; at = (at + 1) & (seen->capacity - 1)) {
        if (seen->slots[at].low == hash.low && seen->slots[at].high == hash.high)
            return false;
        if (seen->slots[at].low == 0) {
            seen->slots[at] = hash;
            seen->count++;
            return true;
        }
    }
}

/* True when it was not in the set yet. */
static bool see(struct seen *seen, struct cy_str text)
{
    if (2 * (seen->count + 1) > seen->capacity) {
        struct seen grown = {NULL, 0, CY_MAX(2 * seen->capacity, 1024)};
        grown.slots = cy_alloc_zero(grown.capacity, sizeof *grown.slots);
        for (size_t i = 0; i < seen->capacity; i++)
            if (seen->slots[i].low != 0)
                add_hash(&grown, seen->slots[i]);
        free(seen->slots);
        *seen = grown;
    }
    return add_hash(seen, cy_hash128(text));
}

/* ---- the walk ---- */

struct walk {
    const struct cy_doctor *doctor;
    struct cy_doctor_report *report;
    struct cy_database *database;
    struct cy_error *error;
    struct cy_str repository_id, repository_path; /* the path "namespace/name" is for people */
    struct seen folders;                          /* of this repository */
    struct seen objects;                          /* of all */
    struct cy_buffer content;
};

static void tell(struct walk *walk, const char *format, ...) CY_PRINTF(2, 3);
static void tell(struct walk *walk, const char *format, ...)
{
    char words[1024];
    int size = snprintf(words, sizeof words, "%.*s: ", (int)CY_MIN(walk->repository_path.size, 300), walk->repository_path.data);
    va_list list;
    va_start(list, format);
    vsnprintf(words + size, sizeof words - (size_t)size, format, list);
    va_end(list);
    walk->report->problem_count++;
    walk->doctor->problem(walk->doctor->context, words);
}

/* Reads an object: its sha256, and git's name of it as a blob. */
static enum cy_status hash_object(struct walk *walk, int file, uint64_t size_bytes, char sha256[65], struct cy_oid *blob)
{
    enum { CHUNK = 1 << 20 };
    struct cy_sha256 hash;
    char head[32];
    int head_size = snprintf(head, sizeof head, "blob %llu", (unsigned long long)size_bytes) + 1;
    EVP_MD_CTX *git = EVP_MD_CTX_new();
    EVP_DigestInit_ex(git, EVP_sha1(), NULL);
    EVP_DigestUpdate(git, head, (size_t)head_size);
    cy_sha256_init(&hash);
    cy_buffer_reserve(&walk->content, CHUNK);
    ssize_t size;
    while ((size = read(file, walk->content.data, CHUNK)) > 0) {
        cy_sha256_add(&hash, walk->content.data, (size_t)size);
        EVP_DigestUpdate(git, walk->content.data, (size_t)size);
    }
    cy_sha256_final(&hash, sha256);
    EVP_DigestFinal_ex(git, blob->bytes, NULL);
    EVP_MD_CTX_free(git);
    return size == 0 ? CY_OK : cy_error_errno(walk->error, "read object", sha256);
}

/* An object, once: it is there, has its size, and with verify its bytes. */
static enum cy_status check_object(struct walk *walk, const char *sha256, uint64_t size_bytes, const char *what)
{
    char found[65];
    struct cy_oid blob;
    bool exists = true;
    uint64_t found_bytes = 0;
    if (!see(&walk->objects, cy_str(sha256)))
        return CY_OK;
    walk->report->object_count++;
    walk->report->object_bytes += size_bytes;
    if (walk->doctor->progress != NULL)
        walk->doctor->progress(walk->doctor->context, walk->report);
    if (!walk->doctor->verifies) {
        enum cy_status status = cy_objects_stat(walk->doctor->objects, sha256, &exists, &found_bytes, walk->error);
        if (status != CY_OK)
            return status;
    } else {
        int file;
        enum cy_status status = cy_objects_open_file(walk->doctor->objects, sha256, &file, &found_bytes, walk->error);
        exists = status != CY_END;
        if (status == CY_OK) {
            status = hash_object(walk, file, found_bytes, found, &blob);
            close(file);
            if (status == CY_OK && strcmp(found, sha256) != 0)
                tell(walk, "object %s, %s, is damaged: its bytes have sha256 %s", sha256, what, found);
        }
        if (status != CY_OK && status != CY_END)
            return status;
    }
    if (!exists)
        tell(walk, "object %s, %s, is missing", sha256, what);
    else if (found_bytes != size_bytes)
        tell(walk, "object %s, %s, has %llu bytes, not %llu", sha256, what, (unsigned long long)found_bytes,
             (unsigned long long)size_bytes);
    return CY_OK;
}

/* Git's name of a file is that of its content, or of its pointer. Small files are read again for it when all is verified. */
static enum cy_status check_name(struct walk *walk, const struct cy_entry *entry, const char *sha256, const char *what)
{
    struct cy_oid oid;
    struct cy_arena arena = {0};
    struct cy_str content;
    char pointer[CY_LFS_POINTER_BYTES];
    enum cy_status status = CY_OK;
    if (entry->is_large) {
        cy_git_oid("blob", (struct cy_str){pointer, cy_git_lfs_pointer(sha256, entry->size_bytes, pointer)}, &oid);
    } else {
        if (!walk->doctor->verifies)
            return CY_OK;
        status = cy_objects_read_all(walk->doctor->objects, sha256, (size_t)entry->size_bytes, &arena, &content, walk->error);
        if (status == CY_OK)
            cy_git_oid("blob", content, &oid);
    }
    if (status == CY_OK && !cy_oid_equal(&oid, &entry->oid))
        tell(walk, "%s has another content than its name in git says", what);
    cy_arena_release(&arena);
    return status == CY_END || status == CY_BAD_INPUT ? CY_OK : status; /* missing or of another size: told already */
}

static enum cy_status check_folder(struct walk *walk, const struct cy_oid *tree, const char *path, size_t depth);

static enum cy_status check_entry(struct walk *walk, const struct cy_entry *entry, const char *path, size_t depth)
{
    struct cy_arena arena = {0};
    const char *name = cy_arena_printf(&arena, "%s%s%.*s", path, path[0] != '\0' ? "/" : "", (int)entry->name.size, entry->name.data);
    enum cy_status status;
    if (entry->is_folder) {
        status = check_folder(walk, &entry->oid, name, depth + 1);
    } else {
        char sha256[65];
        const char *what = cy_arena_printf(&arena, "file \"%.500s\"", name);
        cy_hex(entry->sha256, CY_SHA256_BYTES, sha256);
        walk->report->file_count++;
        status = check_object(walk, sha256, entry->size_bytes, what);
        if (status == CY_OK)
            status = check_name(walk, entry, sha256, what);
    }
    cy_arena_release(&arena);
    return status;
}

/* A folder, once a repository. */
static enum cy_status check_folder(struct walk *walk, const struct cy_oid *tree, const char *path, size_t depth)
{
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_listing listing;
    struct cy_buffer git = {0};
    struct cy_oid oid;
    char hex[CY_OID_HEX];
    cy_oid_hex(tree, hex);
    if (!see(&walk->folders, cy_str(hex)) || depth > CY_PATH_DEPTH_MAX)
        return CY_OK;
    walk->report->folder_count++;
    enum cy_status status = CY_RUN(walk->database, CY_SQL_listing_get, &arena, &rows, walk->error, cy_value_text(walk->repository_id),
                                   cy_value_text(cy_str(hex)));
    if (status == CY_OK && rows.row_count == 0) {
        tell(walk, "folder \"%.500s\" (tree %s) is missing", path, hex);
    } else if (status == CY_OK && cy_listing_read(cy_result_text(&rows, 0, 0), &arena, &listing, walk->error) != CY_OK) {
        tell(walk, "folder \"%.500s\" (tree %s) is damaged: %s", path, hex, walk->error->message);
    } else if (status == CY_OK) {
        cy_listing_git_tree(&listing, &git);
        cy_git_oid("tree", cy_buffer_str(&git), &oid);
        if (!cy_oid_equal(&oid, tree))
            tell(walk, "folder \"%.500s\" (tree %s) has another content than its name says", path, hex);
        for (size_t i = 0; i < listing.entry_count && status == CY_OK; i++)
            status = check_entry(walk, &listing.entries[i], path, depth);
    }
    cy_buffer_release(&git);
    cy_arena_release(&arena);
    return status;
}

static void check_commit_name(struct walk *walk, const struct cy_result *rows, size_t row)
{
    struct cy_buffer git = {0};
    struct cy_oid oid;
    char hex[CY_OID_HEX];
    const struct cy_git_commit commit = {.tree = cy_result_text(rows, row, 1),
                                         .parent = cy_result_text(rows, row, 2),
                                         .author_name = cy_result_text(rows, row, 3),
                                         .author_email = cy_result_text(rows, row, 4),
                                         .title = cy_result_text(rows, row, 5),
                                         .message = cy_result_text(rows, row, 6),
                                         .created_s = cy_result_integer(rows, row, 7) / 1000};
    cy_git_commit_add(&git, &commit);
    cy_git_oid("commit", cy_buffer_str(&git), &oid);
    cy_oid_hex(&oid, hex);
    struct cy_str sha = cy_result_text(rows, row, 0);
    if (!cy_str_is(sha, hex))
        tell(walk, "version %.*s has another content than its name says", (int)sha.size, sha.data);
    cy_buffer_release(&git);
}

static enum cy_status check_commits(struct walk *walk)
{
    struct cy_arena arena = {0};
    char last[CY_OID_HEX] = "";
    enum cy_status status = CY_OK;
    for (size_t row_count = 1; row_count > 0 && status == CY_OK;) {
        struct cy_result rows;
        status = CY_RUN(walk->database, CY_SQL_doctor_commits, &arena, &rows, walk->error, cy_value_text(walk->repository_id),
                        cy_value_text(cy_str(last)));
        row_count = status == CY_OK ? rows.row_count : 0;
        for (size_t row = 0; row < row_count && status == CY_OK; row++) {
            struct cy_oid tree;
            struct cy_str sha = cy_result_text(&rows, row, 0);
            walk->report->commit_count++;
            check_commit_name(walk, &rows, row);
            if (!cy_oid_parse(cy_result_text(&rows, row, 1), &tree))
                tell(walk, "version %.*s names no tree", (int)sha.size, sha.data);
            else
                status = check_folder(walk, &tree, "", 0);
            snprintf(last, sizeof last, "%.*s", (int)CY_MIN(sha.size, sizeof last - 1), sha.data);
        }
        cy_arena_reset(&arena);
    }
    cy_arena_release(&arena);
    return status;
}

/* Rows that name what is not there. */
static enum cy_status check_dangling(struct walk *walk, enum cy_sql query, const char *what)
{
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = CY_RUN(walk->database, query, &arena, &rows, walk->error, cy_value_text(walk->repository_id));
    for (size_t row = 0; status == CY_OK && row < rows.row_count; row++) {
        struct cy_str name = cy_result_text(&rows, row, 0), target = cy_result_text(&rows, row, 1);
        tell(walk, "%s %.*s names version %.*s, which is missing", what, (int)CY_MIN(name.size, 200), name.data, (int)target.size,
             target.data);
    }
    cy_arena_release(&arena);
    return status;
}

/* What was uploaded and is in no version yet was acknowledged too. */
static enum cy_status check_held(struct walk *walk)
{
    struct cy_arena arena = {0};
    char last[65] = "";
    enum cy_status status = CY_OK;
    for (size_t row_count = 1; row_count > 0 && status == CY_OK;) {
        struct cy_result rows;
        status = CY_RUN(walk->database, CY_SQL_doctor_held, &arena, &rows, walk->error, cy_value_text(walk->repository_id),
                        cy_value_text(cy_str(last)));
        row_count = status == CY_OK ? rows.row_count : 0;
        for (size_t row = 0; row < row_count && status == CY_OK; row++) {
            snprintf(last, sizeof last, "%.64s", cy_result_text(&rows, row, 0).data);
            status = check_object(walk, last, (uint64_t)cy_result_integer(&rows, row, 1), "uploaded");
        }
        cy_arena_reset(&arena);
    }
    cy_arena_release(&arena);
    return status;
}

static enum cy_status check_repository(struct walk *walk)
{
    free(walk->folders.slots);
    walk->folders = (struct seen){0};
    walk->report->repository_count++;
    enum cy_status status = check_dangling(walk, CY_SQL_doctor_dangling_refs, "ref");
    if (status == CY_OK)
        status = check_dangling(walk, CY_SQL_doctor_dangling_parents, "version");
    if (status == CY_OK)
        status = check_commits(walk);
    return status == CY_OK ? check_held(walk) : status;
}

enum cy_status cy_doctor_run(const struct cy_doctor *doctor, struct cy_doctor_report *report, struct cy_error *error)
{
    *report = (struct cy_doctor_report){0};
    struct walk walk = {.doctor = doctor, .report = report, .error = error};
    struct cy_arena arena = {0};
    char last[64] = "";
    enum cy_status status = CY_OK;
    for (size_t row_count = 1; row_count > 0 && status == CY_OK;) {
        struct cy_result rows;
        /* A reader a page of repositories: a snapshot that is held for hours would keep the database's log from being cleared. */
        status = cy_store_reader(doctor->store, &walk.database, error);
        if (status != CY_OK)
            break;
        status = CY_RUN(walk.database, CY_SQL_doctor_repositories, &arena, &rows, error, cy_value_text(cy_str(last)));
        row_count = status == CY_OK ? rows.row_count : 0;
        for (size_t row = 0; row < row_count && status == CY_OK; row++) {
            walk.repository_id = cy_result_text(&rows, row, 0);
            walk.repository_path = cy_result_text(&rows, row, 1);
            snprintf(last, sizeof last, "%.*s", (int)walk.repository_id.size, walk.repository_id.data);
            status = check_repository(&walk);
        }
        cy_store_reader_back(doctor->store, walk.database);
        cy_arena_reset(&arena);
    }
    free(walk.folders.slots);
    free(walk.objects.slots);
    cy_buffer_release(&walk.content);
    cy_arena_release(&arena);
    return status;
}
