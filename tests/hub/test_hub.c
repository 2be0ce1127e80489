/* Accounts, repositories and commits, on every database that this machine can have. */
#include "cy_test_objects.h"
#include "cy_test_store.h"

#include "hub/audit.h"
#include "hub/commits.h"
#include "hub/refs.h"
#include "hub/repositories.h"
#include "hub/tokens.h"
#include "hub/versions.h"

/* A hub with alice, bob, and alice's public repository "set". */
struct hub_test {
    struct cy_hub *hub;
    struct cy_store *store;
    struct cy_objects *objects;
    struct cy_arena arena;
    struct cy_account alice, bob;
    struct cy_actor actor;
    struct cy_str repository_id;
    struct cy_outcome outcome;
};

static void make_user(struct hub_test *t, const char *name, struct cy_account *account)
{
    struct cy_account_new new = {.kind = CY_ACCOUNT_USER, .name = cy_str(name)};
    cy_expect_ok(cy_account_create(t->hub, &(struct cy_actor){0}, &new, &t->arena, account, &t->outcome), t->outcome.error);
}

static struct hub_test open_hub(const struct cy_test_store *test)
{
    struct hub_test t = {0};
    struct cy_error error;
    struct cy_test_objects objects = cy_test_objects_disk();
    t.store = cy_test_store_open(test);
    t.objects = cy_test_objects_open(&objects);
    cy_expect_ok(cy_hub_open(&t.hub, t.store, t.objects, &error), error);
    make_user(&t, "alice", &t.alice);
    make_user(&t, "Bob", &t.bob);
    t.actor = (struct cy_actor){t.alice.id, t.alice.name};
    cy_expect_ok(cy_repository_create(t.hub, &t.actor, &t.alice, CY_STR("set"), false, &t.arena, &t.repository_id, &t.outcome),
                 t.outcome.error);
    return t;
}

static void close_hub(struct hub_test *t)
{
    struct cy_database *database;
    struct cy_error error;
    uint64_t count;
    cy_expect_ok(cy_store_reader(t->store, &database, &error), error);
    cy_expect_ok(cy_audit_verify(database, &count, &error), error); /* whatever a test did, the chain holds */
    assert_true(count >= 3);
    cy_store_reader_back(t->store, database);
    cy_hub_close(t->hub);
    cy_objects_close(t->objects);
    cy_store_close(t->store);
    cy_arena_release(&t->arena);
}

static struct cy_change put_small(struct hub_test *t, const char *path, const char *text)
{
    struct cy_change change = {.kind = CY_CHANGE_PUT, .path = cy_str(path)};
    struct cy_error error;
    char sha256[65];
    cy_expect_ok(cy_objects_put_bytes(t->objects, cy_str(text), sha256, &error), error);
    assert_true(cy_hex_parse(cy_str(sha256), change.entry.sha256, CY_SHA256_BYTES));
    change.entry.size_bytes = strlen(text);
    cy_git_oid("blob", cy_str(text), &change.entry.oid);
    return change;
}

static enum cy_status commit(struct hub_test *t, const struct cy_change *changes, size_t count, const char *parent,
                             struct cy_commit_result *result)
{
    struct cy_commit_request request = {.repository_id = t->repository_id,
                                        .branch = CY_STR("main"),
                                        .parent = cy_str(parent),
                                        .title = CY_STR("a title"),
                                        .message = CY_STR(""),
                                        .changes = changes,
                                        .change_count = count};
    return cy_commit(t->hub, &t->actor, &request, result, &t->outcome);
}

static struct cy_database *reader(struct hub_test *t)
{
    struct cy_database *database;
    struct cy_error error;
    cy_expect_ok(cy_store_reader(t->store, &database, &error), error);
    return database;
}

CY_TEST_EACH_DATABASE("names are unique without regard to case, and an account is a user or an organisation")
{
    struct hub_test t = open_hub(test);
    struct cy_account account;
    struct cy_account_new new = {.kind = CY_ACCOUNT_ORGANISATION, .name = CY_STR("ALICE")};
    assert_int_equal(cy_account_create(t.hub, &t.actor, &new, &t.arena, &account, &t.outcome), CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_EXISTS);
    assert_string_equal(t.outcome.error.message, "there is an account \"ALICE\" already");
    struct cy_str id;
    assert_int_equal(cy_repository_create(t.hub, &t.actor, &t.alice, CY_STR("Set"), true, &t.arena, &id, &t.outcome), CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_EXISTS);
    struct cy_database *database = reader(&t);
    cy_expect_ok(cy_account_find(database, CY_STR("bOB"), &t.arena, &account, &t.outcome), t.outcome.error);
    cy_expect_str(account.name, "Bob");
    assert_int_equal(cy_account_find(database, CY_STR("carol"), &t.arena, &account, &t.outcome), CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_NO_ACCOUNT);
    cy_store_reader_back(t.store, database);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("a token lets its user in until it is revoked, expired, or he is switched off")
{
    struct hub_test t = open_hub(test);
    char id[37], text[CY_TOKEN_RANDOM + 4], short_id[37], short_text[CY_TOKEN_RANDOM + 4];
    struct cy_identity who;
    struct cy_error error;
    cy_expect_ok(cy_token_create(t.hub, &t.actor, t.alice.id, CY_STR("laptop"), CY_SCOPE_READ, 0, id, text, &t.outcome), t.outcome.error);
    cy_expect_ok(
        cy_token_create(t.hub, &t.actor, t.alice.id, CY_STR("old"), CY_SCOPE_READ, cy_now_ms() - 1, short_id, short_text, &t.outcome),
        t.outcome.error);
    for (int i = 0; i < 2; i++) { /* the second time from memory */
        cy_expect_ok(cy_token_authenticate(t.hub, cy_str(text), &who, &error), error);
        assert_true(who.is_known);
        assert_string_equal(who.user_name, "alice");
        assert_string_equal(who.token_id, id);
        assert_int_equal(who.scopes, CY_SCOPE_READ);
    }
    cy_expect_ok(cy_token_authenticate(t.hub, cy_str(short_text), &who, &error), error);
    assert_false(who.is_known);
    cy_expect_ok(cy_token_authenticate(t.hub, CY_STR("cy_0000000000000000000000000000000000000000"), &who, &error), error);
    assert_false(who.is_known);
    cy_expect_ok(cy_account_disable(t.hub, &t.actor, t.alice.id, true, &t.outcome), t.outcome.error);
    cy_expect_ok(cy_token_authenticate(t.hub, cy_str(text), &who, &error), error);
    assert_false(who.is_known);
    cy_expect_ok(cy_account_disable(t.hub, &t.actor, t.alice.id, false, &t.outcome), t.outcome.error);
    assert_int_equal(cy_token_revoke(t.hub, &t.actor, t.bob.id, cy_str(id), &t.outcome), CY_BAD_INPUT); /* not his */
    cy_expect_ok(cy_token_authenticate(t.hub, cy_str(text), &who, &error), error);
    assert_true(who.is_known);
    cy_expect_ok(cy_token_revoke(t.hub, &t.actor, t.alice.id, cy_str(id), &t.outcome), t.outcome.error);
    cy_expect_ok(cy_token_authenticate(t.hub, cy_str(text), &who, &error), error);
    assert_false(who.is_known);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("a commit is refused when its parent is not the tip; without a parent it goes on whatever the tip is")
{
    struct hub_test t = open_hub(test);
    struct cy_commit_result first, second, third;
    struct cy_change one = put_small(&t, "data/a.txt", "a"), two = put_small(&t, "data/b.txt", "b");
    cy_expect_ok(commit(&t, &one, 1, "", &first), t.outcome.error);
    assert_true(first.is_new);
    cy_expect_ok(commit(&t, &two, 1, first.sha, &second), t.outcome.error);
    assert_int_equal(commit(&t, &one, 1, first.sha, &third), CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_STALE);
    cy_expect_ok(commit(&t, &one, 1, "", &third), t.outcome.error); /* changes nothing: the tip stays */
    assert_false(third.is_new);
    assert_string_equal(third.sha, second.sha);

    struct cy_database *database = reader(&t);
    struct cy_version version, *history;
    struct cy_error error;
    size_t count;
    cy_expect_ok(cy_version_find(database, t.repository_id, CY_STR("main"), &t.arena, &version, &t.outcome), t.outcome.error);
    cy_expect_str(version.sha, second.sha);
    cy_expect_ok(cy_version_find(database, t.repository_id, (struct cy_str){first.sha, 8}, &t.arena, &version, &t.outcome),
                 t.outcome.error);
    cy_expect_str(version.sha, first.sha);
    cy_expect_ok(cy_version_history(database, t.repository_id, cy_str(second.sha), 10, &t.arena, &history, &count, &error), error);
    assert_int_equal(count, 3); /* with the first, empty one */
    cy_expect_str(history[2].title, "initial commit");
    cy_expect_str(history[0].author_name, "alice");
    bool found;
    struct cy_entry entry;
    cy_expect_ok(cy_version_entry(database, t.repository_id, history[0].tree, CY_STR("data/b.txt"), &t.arena, &found, &entry, &error),
                 error);
    assert_true(found);
    assert_int_equal(entry.size_bytes, 1);
    cy_expect_ok(cy_version_entry(database, t.repository_id, history[0].tree, CY_STR("data/b.txt/c"), &t.arena, &found, &entry, &error),
                 error);
    assert_false(found);
    const struct cy_str paths[] = {CY_STR("data/a.txt"), CY_STR("data"), CY_STR("nope")};
    const struct cy_version *last[3];
    cy_expect_ok(cy_version_last_changes(database, t.repository_id, &history[0], paths, 3, &t.arena, last, &error), error);
    cy_expect_str(last[0]->sha, first.sha);
    cy_expect_str(last[1]->sha, second.sha);
    cy_store_reader_back(t.store, database);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("an object is committed only to a repository that it was uploaded to, whatever is known of its hash")
{
    struct hub_test t = open_hub(test);
    struct cy_change large = {.kind = CY_CHANGE_PUT, .path = CY_STR("big.bin")};
    struct cy_commit_result result;
    struct cy_error error;
    char sha256[65];
    cy_expect_ok(cy_objects_put_bytes(t.objects, CY_STR("secret"), sha256, &error), error); /* the bytes are on the disk */
    cy_entry_large(&large.entry, sha256, 0);
    assert_int_equal(commit(&t, &large, 1, "", &result), CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_INPUT);
    assert_non_null(strstr(t.outcome.error.message, "was not uploaded to this repository"));
    struct cy_str other;
    cy_expect_ok(cy_repository_create(t.hub, &t.actor, &t.bob, CY_STR("other"), false, &t.arena, &other, &t.outcome), t.outcome.error);
    cy_expect_ok(cy_hub_hold_object(t.hub, other, t.bob.id, sha256, 6, &error), error);
    assert_int_equal(commit(&t, &large, 1, "", &result), CY_BAD_INPUT);
    cy_expect_ok(cy_hub_hold_object(t.hub, t.repository_id, t.alice.id, sha256, 6, &error), error);
    large.entry.size_bytes = 7;
    assert_int_equal(commit(&t, &large, 1, "", &result), CY_BAD_INPUT);
    assert_string_equal(t.outcome.error.message, "\"big.bin\" is said to have 7 bytes, but its object has 6");
    large.entry.size_bytes = 0;
    cy_expect_ok(commit(&t, &large, 1, "", &result), t.outcome.error);
    struct cy_database *database = reader(&t);
    struct cy_held_object object;
    cy_expect_ok(cy_hub_find_object(database, t.repository_id, cy_str(sha256), &object, &error), error);
    assert_true(object.is_held && object.is_committed && !object.is_guarded);
    assert_int_equal(object.size_bytes, 6);
    cy_store_reader_back(t.store, database);
    assert_int_equal(cy_test_count(t.store, "SELECT size_bytes FROM storage_used"), 6);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("an object that stands only among removed text is guarded, until it also stands elsewhere")
{
    struct hub_test t = open_hub(test);
    struct cy_change both[] = {put_small(&t, "MANIFEST", "schema: 1\n"), put_small(&t, "verdicts/0.parquet", "removed")};
    struct cy_change open = put_small(&t, "data/0.parquet", "removed");
    struct cy_commit_result result;
    cy_expect_ok(commit(&t, both, 2, "", &result), t.outcome.error);
    assert_int_equal(cy_test_count(t.store, "SELECT COUNT(*) FROM repository_objects WHERE is_guarded = 1"), 1);
    cy_expect_ok(commit(&t, &open, 1, "", &result), t.outcome.error);
    assert_int_equal(cy_test_count(t.store, "SELECT COUNT(*) FROM repository_objects WHERE is_guarded = 1"), 0);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("a moved repository is found by its old name, until a new one takes that name; a deleted one is not found")
{
    struct hub_test t = open_hub(test);
    struct cy_viewer viewer = {.user_id = t.alice.id, .scopes = CY_SCOPE_ALL};
    struct cy_repository repository, moved;
    struct cy_database *database = reader(&t);
    cy_expect_ok(cy_repository_find(database, &viewer, CY_STR("Alice"), CY_STR("SET"), &t.arena, &repository, &t.outcome), t.outcome.error);
    cy_store_reader_back(t.store, database);
    assert_true(repository.access & CY_ACCESS_ADMIN);
    cy_expect_ok(cy_repository_move(t.hub, &t.actor, &repository, &t.bob, CY_STR("renamed"), &t.outcome), t.outcome.error);
    database = reader(&t);
    cy_expect_ok(cy_repository_find(database, &viewer, CY_STR("alice"), CY_STR("set"), &t.arena, &moved, &t.outcome), t.outcome.error);
    cy_store_reader_back(t.store, database);
    assert_true(moved.was_moved);
    cy_expect_str(moved.namespace_name, "Bob");
    assert_false(moved.access & CY_ACCESS_ADMIN); /* it is Bob's now */
    struct cy_str id;
    cy_expect_ok(cy_repository_create(t.hub, &t.actor, &t.alice, CY_STR("set"), false, &t.arena, &id, &t.outcome), t.outcome.error);
    database = reader(&t);
    cy_expect_ok(cy_repository_find(database, &viewer, CY_STR("alice"), CY_STR("set"), &t.arena, &moved, &t.outcome), t.outcome.error);
    cy_store_reader_back(t.store, database);
    assert_false(moved.was_moved);
    cy_expect_str(moved.id, cy_arena_printf(&t.arena, "%.*s", (int)id.size, id.data));
    cy_expect_ok(cy_repository_delete(t.hub, &t.actor, &moved, &t.outcome), t.outcome.error);
    database = reader(&t);
    assert_int_equal(cy_repository_find(database, &viewer, CY_STR("alice"), CY_STR("set"), &t.arena, &moved, &t.outcome), CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_NO_REPOSITORY);
    cy_store_reader_back(t.store, database);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("a list holds what the viewer may see, by words and tags, page by page")
{
    struct hub_test t = open_hub(test);
    struct cy_str id;
    struct cy_error error;
    for (int i = 0; i < 5; i++)
        cy_expect_ok(cy_repository_create(t.hub, &t.actor, &t.alice, cy_str(cy_arena_printf(&t.arena, "page%d", i)), i == 4, &t.arena, &id,
                                          &t.outcome),
                     t.outcome.error);
    struct cy_card_head card = {.is_there = true,
                                .json = CY_STR("{}"),
                                .title = CY_STR("100%_Law"),
                                .tags = (struct cy_str[]){CY_STR("license:mit"), CY_STR("law")},
                                .tag_count = 2};
    struct cy_change readme = put_small(&t, "README.md", "# x");
    struct cy_commit_request request = {.repository_id = t.repository_id,
                                        .branch = CY_STR("main"),
                                        .title = CY_STR("card"),
                                        .changes = &readme,
                                        .change_count = 1,
                                        .has_card = true,
                                        .card = &card};
    struct cy_commit_result result;
    cy_expect_ok(cy_commit(t.hub, &t.actor, &request, &result, &t.outcome), t.outcome.error);
    struct cy_viewer nobody = {.scopes = CY_SCOPE_READ}, alice = {.user_id = t.alice.id, .scopes = CY_SCOPE_ALL};
    struct cy_database *database = reader(&t);
    struct cy_listed *list;
    size_t count;
    struct cy_list_request all = {.gated = -1, .limit = 100};
    cy_expect_ok(cy_repository_list(database, &nobody, &all, &t.arena, &list, &count, &error), error);
    assert_int_equal(count, 5);
    cy_expect_str(list[0].repository.name, "page3"); /* the newest first */
    cy_expect_ok(cy_repository_list(database, &alice, &all, &t.arena, &list, &count, &error), error);
    assert_int_equal(count, 6);
    size_t seen = 0;
    struct cy_list_request page = {.gated = -1, .limit = 2, .searches = {CY_STR("PAGE")}, .author = CY_STR("ALICE")};
    for (count = 2; count == 2;) {
        cy_expect_ok(cy_repository_list(database, &alice, &page, &t.arena, &list, &count, &error), error);
        seen += count;
        page.offset += count;
        assert_true(seen <= 5);
    }
    assert_int_equal(seen, 5);
    seen = 0;
    struct cy_list_request own = {.gated = -1, .limit = 2, .author = CY_STR("ALICE")};
    for (count = 2; count == 2;) {
        cy_expect_ok(cy_repository_list(database, &alice, &own, &t.arena, &list, &count, &error), error);
        seen += count;
        assert_true(seen <= 6);
        if (count > 0) {
            own.after_value = list[count - 1].value;
            own.after_id = list[count - 1].repository.id;
        }
    }
    assert_int_equal(seen, 6);
    static const struct {
        const char *search, *filter;
        size_t count;
    } rows[] = {{"100 la", "", 1},     {"200 la", "", 0}, {"", "license:mit", 1},
                {"", "license:mi", 0}, {"law", "law", 1}, {"alice/set", "", 1}};
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_list_request one = {.gated = -1, .limit = 100, .searches = {cy_str(rows[i].search)}, .filters = {cy_str(rows[i].filter)}};
        cy_expect_ok(cy_repository_list(database, &alice, &one, &t.arena, &list, &count, &error), error);
        assert_int_equal(count, rows[i].count);
    }
    cy_store_reader_back(t.store, database);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("branches and tags are made once, lead to their version, and main stays")
{
    struct hub_test t = open_hub(test);
    struct cy_commit_result first;
    struct cy_change one = put_small(&t, "a.txt", "a");
    cy_expect_ok(commit(&t, &one, 1, "", &first), t.outcome.error);
    cy_expect_ok(cy_ref_create(t.hub, &t.actor, t.repository_id, CY_REF_TAG, CY_STR("v1"), cy_str(first.sha), CY_STR("one"), &t.outcome),
                 t.outcome.error);
    cy_expect_ok(cy_ref_create(t.hub, &t.actor, t.repository_id, CY_REF_BRANCH, CY_STR("dev/a"), CY_STR("v1"), CY_STR(""), &t.outcome),
                 t.outcome.error);
    assert_int_equal(cy_ref_create(t.hub, &t.actor, t.repository_id, CY_REF_TAG, CY_STR("v1"), CY_STR(""), CY_STR(""), &t.outcome),
                     CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_EXISTS);
    assert_int_equal(cy_ref_create(t.hub, &t.actor, t.repository_id, CY_REF_TAG, CY_STR("v2"), CY_STR("nope"), CY_STR(""), &t.outcome),
                     CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_NO_REVISION);
    assert_int_equal(cy_ref_create(t.hub, &t.actor, t.repository_id, CY_REF_TAG, CY_STR("a b"), CY_STR(""), CY_STR(""), &t.outcome),
                     CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_INPUT);
    assert_int_equal(cy_ref_delete(t.hub, &t.actor, t.repository_id, CY_REF_BRANCH, CY_STR("main"), &t.outcome), CY_BAD_INPUT);
    assert_int_equal(t.outcome.refusal, CY_REFUSAL_NOT_ALLOWED);
    cy_expect_ok(cy_ref_delete(t.hub, &t.actor, t.repository_id, CY_REF_TAG, CY_STR("v1"), &t.outcome), t.outcome.error);
    struct cy_database *database = reader(&t);
    struct cy_version version;
    cy_expect_ok(cy_version_find(database, t.repository_id, CY_STR("dev/a"), &t.arena, &version, &t.outcome), t.outcome.error);
    cy_expect_str(version.sha, first.sha);
    assert_int_equal(cy_version_find(database, t.repository_id, CY_STR("v1"), &t.arena, &version, &t.outcome), CY_BAD_INPUT);
    cy_store_reader_back(t.store, database);
    close_hub(&t);
}
