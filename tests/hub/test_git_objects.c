/* Our git objects against the real git program. */
#include "cy_test.h"

#include "base/files.h"
#include "hub/listings.h"

#include <unistd.h>

static struct cy_arena arena;

/* A bare git repository of the test's own; NULL when there is no git. */
static const char *git_folder(void)
{
    static char *folder;
    if (folder == NULL) {
        char *path = cy_arena_printf(&arena, "%s/git-%d", cy_test_folder(), (int)getpid());
        if (system(cy_arena_printf(&arena, "git init -q --bare '%s' 2>/dev/null", path)) == 0)
            folder = strdup(path);
    }
    return folder;
}

/* Runs git with `input`; its output without the line's end. */
static struct cy_str git(const char *arguments, struct cy_str input)
{
    struct cy_error error;
    const char *in = cy_arena_printf(&arena, "%s/git-input", cy_test_folder());
    cy_expect_ok(cy_write_file(in, input, &error), error);
    FILE *pipe = popen(cy_arena_printf(&arena, "git --git-dir='%s' %s < '%s' 2>&1", git_folder(), arguments, in), "r");
    assert_non_null(pipe);
    char output[4096];
    size_t size = fread(output, 1, sizeof output, pipe);
    int status = pclose(pipe);
    if (status != 0)
        fail_msg("git %s ended with %d: %.*s", arguments, status, (int)size, output);
    return cy_str_trim(cy_arena_str(&arena, (struct cy_str){output, size}));
}

static struct cy_str hex_of(const struct cy_oid *oid)
{
    char hex[CY_OID_HEX];
    cy_oid_hex(oid, hex);
    return cy_arena_str(&arena, cy_str(hex));
}

/* ---- a model: paths and oids, and what git makes of them ---- */

struct model_file {
    char path[64];
    struct cy_entry entry;
};
static struct model_file model[4096];
static size_t model_count;

static void model_remove(const char *path, bool is_folder)
{
    size_t kept = 0;
    for (size_t i = 0; i < model_count; i++) {
        size_t size = strlen(path);
        bool gone = is_folder ? strncmp(model[i].path, path, size) == 0 && model[i].path[size] == '/' : strcmp(model[i].path, path) == 0;
        if (!gone)
            model[kept++] = model[i];
    }
    model_count = kept;
}

static bool model_has(const char *path, bool as_folder)
{
    size_t size = strlen(path);
    for (size_t i = 0; i < model_count; i++)
        if (as_folder ? strncmp(model[i].path, path, size) == 0 && model[i].path[size] == '/' : strcmp(model[i].path, path) == 0)
            return true;
    return false;
}

/* Would a file at `path` stand below another file, or where a folder is? */
static bool model_conflicts(const char *path)
{
    if (model_has(path, true))
        return true;
    char part[64];
    for (size_t i = 0; path[i] != '\0'; i++)
        if (path[i] == '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (model_has(part, false))
                return true;
        }
    return false;
}

static struct cy_str git_tree_of_model(void)
{
    struct cy_buffer lines = {0};
    for (size_t i = 0; i < model_count; i++)
        cy_buffer_printf(&lines, "100644 %s\t%s\n", hex_of(&model[i].entry.oid).data, model[i].path);
    git("read-tree --empty", CY_STR(""));
    git("update-index --index-info", cy_buffer_str(&lines));
    cy_buffer_release(&lines);
    return git("write-tree --missing-ok", CY_STR(""));
}

/* ---- a store of listings in memory ---- */

static struct cy_new_listing *stored;
static size_t stored_count;

static enum cy_status load(void *context, const struct cy_oid *tree, struct cy_arena *into, struct cy_str *content, struct cy_error *error)
{
    (void)context, (void)into;
    for (size_t i = 0; i < stored_count; i++)
        if (cy_oid_equal(&stored[i].tree, tree)) {
            *content = stored[i].content;
            return CY_OK;
        }
    return cy_error_set(error, CY_FAILED, "no listing %s", hex_of(tree).data);
}

static void apply(struct cy_oid *root, bool has_base, const struct cy_change *changes, size_t change_count)
{
    struct cy_tree_change tree = {.load = load, .arena = &arena};
    struct cy_error error;
    cy_expect_ok(cy_tree_apply(&tree, has_base ? root : NULL, changes, change_count, &error), error);
    *root = tree.root;
    stored = cy_realloc(stored, (stored_count + tree.new_count + 1) * sizeof *stored);
    memcpy(stored + stored_count, tree.new_listings, tree.new_count * sizeof *stored);
    stored_count += tree.new_count;
}

/* Names that sort differently as files and as folders: "a", "a.b", "a-b", "a0". */
static void random_path(uint64_t *seed, char path[64])
{
    static const char *const names[] = {"a", "a.b", "a-b", "a0", "ab", "\xe6\x95\xb0", "B", "z"};
    size_t depth = 1 + cy_test_random(seed) % 3;
    path[0] = '\0';
    for (size_t i = 0; i < depth; i++) {
        strcat(path, i > 0 ? "/" : "");
        strcat(path, names[cy_test_random(seed) % CY_COUNT(names)]);
    }
}

CY_TEST("a blob has the name that git hash-object gives it, the pointer of a large file too")
{
    if (git_folder() == NULL)
        skip();
    struct cy_oid oid;
    static const char *const texts[] = {"", "a", "hello \xe4\xbd\xa0\n"};
    for (size_t i = 0; i < CY_COUNT(texts); i++) {
        cy_git_oid("blob", cy_str(texts[i]), &oid);
        cy_expect_str(git("hash-object --stdin", cy_str(texts[i])), hex_of(&oid).data);
    }
    struct cy_entry entry = {0};
    const char *sha256 = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    cy_entry_large(&entry, sha256, 12345);
    /* the example of git-lfs's docs/spec.md */
    cy_expect_str(git("hash-object --stdin", CY_STR("version https://git-lfs.github.com/spec/v1\noid sha256:"
                                                    "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n")),
                  hex_of(&entry.oid).data);
}

CY_TEST("random commits give the trees that git write-tree gives")
{
    if (git_folder() == NULL)
        skip();
    uint64_t seed = cy_test_seed();
    struct cy_oid root = {0};
    model_count = 0;
    for (int commit = 0; commit < 40; commit++) {
        struct cy_change changes[12];
        size_t change_count = 0;
        while (change_count < 1 + cy_test_random(&seed) % 10) {
            char path[64];
            random_path(&seed, path);
            uint64_t dice = cy_test_random(&seed) % 10;
            struct cy_change *change = &changes[change_count];
            *change = (struct cy_change){.path = cy_str(cy_arena_text(&arena, path))};
            if (dice < 7) {
                bool below = false; /* what the same commit changed below it is refused, even when nothing of it stays */
                for (size_t i = 0; i < change_count; i++)
                    below |= cy_str_starts(changes[i].path, cy_str(cy_arena_printf(&arena, "%s/", path)));
                if (below || model_conflicts(path))
                    continue;
                change->kind = CY_CHANGE_PUT;
                char sha256[65];
                snprintf(sha256, sizeof sha256, "%064llx", (unsigned long long)cy_test_random(&seed));
                cy_entry_large(&change->entry, sha256, dice);
                model_remove(path, false);
                model[model_count].entry = change->entry;
                strcpy(model[model_count++].path, path);
            } else if (dice < 9) {
                change->kind = CY_CHANGE_DELETE;
                model_remove(path, false);
            } else {
                if (model_has(path, false)) /* a file of that name is left alone; put as a file before: the same */
                    continue;
                change->kind = CY_CHANGE_DELETE_FOLDER;
                model_remove(path, true);
            }
            change_count++;
        }
        apply(&root, commit > 0, changes, change_count);
        cy_expect_str(git_tree_of_model(), hex_of(&root).data);
    }
    stored_count = 0;
    cy_arena_release(&arena);
}

CY_TEST("git fsck --strict takes our trees and commits, and reads the files out of them")
{
    if (git_folder() == NULL)
        skip();
    struct cy_str content = CY_STR("{\"text\": \"hello\"}\n");
    struct cy_change changes[2] = {{.kind = CY_CHANGE_PUT, .path = CY_STR("data/\xe6\x95\xb0.jsonl")},
                                   {.kind = CY_CHANGE_PUT, .path = CY_STR("README.md")}};
    for (size_t i = 0; i < 2; i++)
        cy_git_oid("blob", content, &changes[i].entry.oid);
    struct cy_oid root;
    apply(&root, false, changes, 2);
    git("read-tree --empty", CY_STR(""));
    git("hash-object -w -t tree --stdin", CY_STR("")); /* which the index names now */
    git("symbolic-ref HEAD refs/heads/main", CY_STR(""));
    git("hash-object -w --stdin", content);
    for (size_t i = 0; i < stored_count; i++) {
        struct cy_listing listing;
        struct cy_error error;
        struct cy_buffer tree = {0};
        cy_expect_ok(cy_listing_read(stored[i].content, &arena, &listing, &error), error);
        cy_listing_git_tree(&listing, &tree);
        cy_expect_str(git("hash-object -w -t tree --stdin", cy_buffer_str(&tree)), hex_of(&stored[i].tree).data);
        cy_buffer_release(&tree);
    }
    struct cy_buffer bytes = {0};
    struct cy_git_commit commit = {.tree = hex_of(&root),
                                   .author_name = CY_STR("alice"),
                                   .author_email = CY_STR("alice@users.noreply"),
                                   .created_s = 1795000000,
                                   .title = CY_STR("add small"),
                                   .message = CY_STR("the first")};
    cy_git_commit_add(&bytes, &commit);
    struct cy_oid first, second;
    cy_git_oid("commit", cy_buffer_str(&bytes), &first);
    cy_expect_str(git("hash-object -w -t commit --stdin", cy_buffer_str(&bytes)), hex_of(&first).data);
    cy_buffer_clear(&bytes);
    commit.parent = hex_of(&first);
    commit.message = CY_STR("");
    cy_git_commit_add(&bytes, &commit);
    cy_git_oid("commit", cy_buffer_str(&bytes), &second);
    cy_expect_str(git("hash-object -w -t commit --stdin", cy_buffer_str(&bytes)), hex_of(&second).data);
    cy_buffer_release(&bytes);
    git(cy_arena_printf(&arena, "update-ref refs/heads/main %s", hex_of(&second).data), CY_STR(""));
    cy_expect_str(git("fsck --strict --no-dangling --no-progress", CY_STR("")), "");
    cy_expect_str(git("log --format='%s|%b|%an|%ae|%at' --reverse", CY_STR("")),
                  "add small|the first\n|alice|alice@users.noreply|1795000000\nadd small||alice|alice@users.noreply|1795000000");
    cy_expect_str(git("show main:README.md", CY_STR("")), "{\"text\": \"hello\"}");
    stored_count = 0;
    cy_arena_release(&arena);
}

static void refuse_changes(const struct cy_change *changes, size_t change_count, const char *message)
{
    struct cy_tree_change tree = {.load = load, .arena = &arena};
    struct cy_error error;
    assert_int_equal(cy_tree_apply(&tree, NULL, changes, change_count, &error), CY_BAD_INPUT);
    assert_string_equal(error.message, message);
}

CY_TEST("a commit cannot make a path both a file and a folder")
{
    struct cy_change both[] = {{.kind = CY_CHANGE_PUT, .path = CY_STR("a")}, {.kind = CY_CHANGE_PUT, .path = CY_STR("a/b")}};
    refuse_changes(both, 2, "\"a/b\" cannot be a path: a folder in it is a file of the same commit");
    struct cy_change turned[] = {both[1], both[0]};
    refuse_changes(turned, 2, "\"a\" cannot be a path: the same commit changes files below it");
    /* taken away first, it may */
    struct cy_oid root;
    apply(&root, false, both, 1);
    struct cy_change replaced[] = {{.kind = CY_CHANGE_DELETE, .path = CY_STR("a")}, both[1]};
    apply(&root, true, replaced, 2);
    struct cy_change back[] = {{.kind = CY_CHANGE_DELETE_FOLDER, .path = CY_STR("a")}, both[0]};
    apply(&root, true, back, 2);
    stored_count = 0;
    cy_arena_release(&arena);
}

CY_TEST("a path with an empty name, a dot, a control character or git's own folder is refused, and the message says why")
{
    static const struct {
        const char *path, *why;
    } rows[] = {
        {"", "\"\" cannot be a path: it is empty"},
        {"/a", "\"/a\" cannot be a path: a name in it is empty"},
        {"a//b", "\"a//b\" cannot be a path: a name in it is empty"},
        {"a/", "\"a/\" cannot be a path: a name in it is empty"},
        {"a/../b", "\"a/../b\" cannot be a path: \".\" and \"..\" are no names"},
        {"./a", "\"./a\" cannot be a path: \".\" and \"..\" are no names"},
        {".GIT/config", "\".GIT/config\" cannot be a path: git keeps \".git\" for itself"},
        {"a\nb", "\"a\\nb\" cannot be a path: it holds a control character or a backslash"},
        {"a\\b", "\"a\\\\b\" cannot be a path: it holds a control character or a backslash"},
    };
    struct cy_error error;
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        assert_int_equal(cy_path_check(cy_str(rows[i].path), &error), CY_BAD_INPUT);
        assert_string_equal(error.message, rows[i].why);
    }
    cy_expect_ok(cy_path_check(cy_str("数据/文件 1+%.txt"), &error), error);
    cy_expect_ok(cy_path_check(cy_str(".gitattributes"), &error), error);
}

CY_TEST("a damaged listing is refused wherever it is cut")
{
    struct cy_change change = {.kind = CY_CHANGE_PUT, .path = CY_STR("data/a.parquet")};
    cy_entry_large(&change.entry, "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393", 7);
    struct cy_oid root;
    struct cy_error error;
    apply(&root, false, &change, 1);
    for (size_t i = 0; i < stored_count; i++)
        for (size_t size = 0; size < stored[i].content.size; size++) {
            struct cy_listing listing;
            enum cy_status status = cy_listing_read((struct cy_str){stored[i].content.data, size}, &arena, &listing, &error);
            assert_int_equal(status, size == 1 ? CY_OK : CY_BAD_INPUT); /* one byte is the empty folder */
        }
    stored_count = 0;
    cy_arena_release(&arena);
}
