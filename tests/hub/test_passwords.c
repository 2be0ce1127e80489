/* Passwords, their links and the sessions that they begin, on every database that this machine can have. */
#include "cy_test_objects.h"
#include "cy_test_store.h"

#include "hub/passwords.h"
#include "hub/sessions.h"

#include <argon2.h>

/* A hub with alice, and the owner of the data folder who acts. */
struct login_test {
    struct cy_hub *hub;
    struct cy_store *store;
    struct cy_objects *objects;
    struct cy_arena arena;
    struct cy_account alice;
    struct cy_actor owner, self;
    struct cy_outcome outcome;
};

static struct login_test open_hub(const struct cy_test_store *test)
{
    struct login_test t = {0};
    struct cy_error error;
    struct cy_test_objects objects = cy_test_objects_disk();
    struct cy_account_new new = {.kind = CY_ACCOUNT_USER, .name = CY_STR("alice")};
    t.store = cy_test_store_open(test);
    t.objects = cy_test_objects_open(&objects);
    cy_expect_ok(cy_hub_open(&t.hub, t.store, t.objects, &error), error);
    cy_expect_ok(cy_account_create(t.hub, &t.owner, &new, &t.arena, &t.alice, &t.outcome), t.outcome.error);
    t.self = (struct cy_actor){t.alice.id, t.alice.name};
    return t;
}

static void close_hub(struct login_test *t)
{
    struct cy_database *database;
    struct cy_error error;
    uint64_t count;
    cy_expect_ok(cy_store_reader(t->store, &database, &error), error);
    cy_expect_ok(cy_audit_verify(database, &count, &error), error);
    cy_store_reader_back(t->store, database);
    cy_hub_close(t->hub);
    cy_objects_close(t->objects);
    cy_store_close(t->store);
    cy_arena_release(&t->arena);
}

static enum cy_status login(struct login_test *t, const char *name, const char *password)
{
    struct cy_account account;
    return cy_login(t->hub, cy_str(name), cy_str(password), CY_STR("10.0.0.1"), &t->arena, &account, &t->outcome);
}

static void expect_refusal(struct login_test *t, enum cy_status status, enum cy_refusal refusal)
{
    assert_int_equal(status, CY_BAD_INPUT);
    assert_int_equal(t->outcome.refusal, refusal);
}

static void set_password(struct login_test *t, const char *password)
{
    cy_expect_ok(cy_password_set(t->hub, &t->owner, t->alice.id, cy_str(password), CY_STR(""), &t->outcome), t->outcome.error);
}

static struct cy_str hash_of_alice(struct login_test *t)
{
    struct cy_database *database;
    struct cy_error error;
    struct cy_result rows;
    cy_expect_ok(cy_store_reader(t->store, &database, &error), error);
    cy_expect_ok(CY_RUN(database, CY_SQL_login_find, &t->arena, &rows, &error, cy_value_text(CY_STR("alice"))), error);
    cy_store_reader_back(t->store, database);
    return cy_result_text(&rows, 0, 2);
}

CY_TEST_EACH_DATABASE("a password lets its user in; a wrong one, no user, a user without one and one switched off get the same words")
{
    struct login_test t = open_hub(test);
    expect_refusal(&t, login(&t, "alice", "correct horse"), CY_REFUSAL_LOGIN);
    char words[sizeof t.outcome.error.message];
    memcpy(words, t.outcome.error.message, sizeof words);
    set_password(&t, "correct horse 电池");
    cy_expect_ok(login(&t, "ALICE", "correct horse 电池"), t.outcome.error);
    static const char *const wrong[][2] = {{"alice", "correct horse"}, {"alice", ""}, {"nobody1", "correct horse 电池"}, {"", ""}};
    for (size_t i = 0; i < CY_COUNT(wrong); i++) {
        expect_refusal(&t, login(&t, wrong[i][0], wrong[i][1]), CY_REFUSAL_LOGIN);
        assert_string_equal(t.outcome.error.message, words);
    }
    cy_expect_ok(cy_account_disable(t.hub, &t.owner, t.alice.id, true, &t.outcome), t.outcome.error);
    expect_refusal(&t, login(&t, "alice", "correct horse 电池"), CY_REFUSAL_LOGIN);
    assert_string_equal(t.outcome.error.message, words);
    close_hub(&t);
}

struct put {
    struct cy_str user_id, hash;
};

static enum cy_status put_hash(struct cy_database *database, void *context, struct cy_error *error)
{
    struct put *put = context;
    struct cy_arena arena = {0};
    enum cy_status status =
        CY_RUN(database, CY_SQL_password_set, &arena, NULL, error, cy_value_text(put->user_id), cy_value_text(put->hash));
    cy_arena_release(&arena);
    return status;
}

CY_TEST_EACH_DATABASE("a password is kept as argon2id with 19 MiB and two passes; one with other parameters is hashed anew by its login")
{
    struct login_test t = open_hub(test);
    struct cy_error error;
    set_password(&t, "correct horse");
    const char *today = "$argon2id$v=19$m=19456,t=2,p=1$";
    assert_true(cy_str_starts(hash_of_alice(&t), cy_str(today)));
    char old[CY_PASSWORD_HASH];
    assert_int_equal(argon2id_hash_encoded(1, 1024, 1, "battery", 7, "0123456789abcdef", 16, 32, old, sizeof old), ARGON2_OK);
    struct cy_str before = hash_of_alice(&t);
    bool is_right, is_old;
    cy_expect_ok(cy_password_verify(t.hub, CY_STR("battery"), cy_str(old), &is_right, &is_old, &t.outcome), t.outcome.error);
    assert_true(is_right && is_old);
    cy_expect_ok(cy_password_verify(t.hub, CY_STR("correct horse"), before, &is_right, &is_old, &t.outcome), t.outcome.error);
    assert_true(is_right && !is_old);
    struct put put = {t.alice.id, cy_str(old)};
    cy_expect_ok(cy_store_write(t.store, 0, put_hash, &put, &error), error);
    cy_expect_ok(login(&t, "alice", "battery"), t.outcome.error);
    assert_true(cy_str_starts(hash_of_alice(&t), cy_str(today)));
    cy_expect_ok(login(&t, "alice", "battery"), t.outcome.error);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("a password that is too short, too long or no UTF-8 is refused with the limit")
{
    struct login_test t = open_hub(test);
    char longest[CY_PASSWORD_BYTES_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    const char *const bad[] = {"", "seven77", longest, "12345678\xff"};
    for (size_t i = 0; i < CY_COUNT(bad); i++)
        expect_refusal(&t, cy_password_set(t.hub, &t.owner, t.alice.id, cy_str(bad[i]), CY_STR(""), &t.outcome), CY_REFUSAL_INPUT);
    longest[CY_PASSWORD_BYTES_MAX] = '\0';
    set_password(&t, longest);
    cy_expect_ok(login(&t, "alice", longest), t.outcome.error);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("ten wrong passwords are the limit of an account, the right one too waits then, and the answer says for how long")
{
    struct login_test t = open_hub(test);
    set_password(&t, "correct horse");
    for (int i = 0; i < CY_LOGIN_ACCOUNT_TRIES; i++)
        expect_refusal(&t, login(&t, "alice", "wrong"), CY_REFUSAL_LOGIN);
    expect_refusal(&t, login(&t, "alice", "correct horse"), CY_REFUSAL_TOO_OFTEN);
    assert_in_range(t.outcome.retry_after_s, 1, 30);
    assert_non_null(strstr(t.outcome.error.message, "10 wrong passwords"));
    close_hub(&t);
}

CY_TEST_EACH_DATABASE(
    "an admin's link sets a password once; a second link ends the first; a wrong one is refused before a hash is computed")
{
    struct login_test t = open_hub(test);
    char first[CY_TOKEN_RANDOM + 1], second[CY_TOKEN_RANDOM + 1];
    int64_t expires_ms, before_ms = cy_now_ms();
    struct cy_str address = CY_STR("10.0.0.1");
    cy_expect_ok(cy_reset_make(t.hub, &t.owner, t.alice.id, first, &expires_ms, &t.outcome), t.outcome.error);
    assert_true(expires_ms - before_ms >= CY_RESET_LIFE_MS && expires_ms - before_ms < CY_RESET_LIFE_MS + 60000);
    cy_expect_ok(cy_reset_make(t.hub, &t.owner, t.alice.id, second, &expires_ms, &t.outcome), t.outcome.error);
    expect_refusal(&t, cy_reset_use(t.hub, cy_str(first), CY_STR("correct horse"), address, &t.outcome), CY_REFUSAL_LOGIN);
    expect_refusal(&t, cy_reset_use(t.hub, CY_STR(""), CY_STR("correct horse"), address, &t.outcome), CY_REFUSAL_LOGIN);
    expect_refusal(&t, cy_reset_use(t.hub, cy_str(second), CY_STR("short"), address, &t.outcome), CY_REFUSAL_INPUT);
    cy_expect_ok(cy_reset_use(t.hub, cy_str(second), CY_STR("correct horse"), address, &t.outcome), t.outcome.error);
    cy_expect_ok(login(&t, "alice", "correct horse"), t.outcome.error);
    expect_refusal(&t, cy_reset_use(t.hub, cy_str(second), CY_STR("another one"), address, &t.outcome), CY_REFUSAL_LOGIN);
    cy_expect_ok(login(&t, "alice", "correct horse"), t.outcome.error);
    close_hub(&t);
}

static bool is_in(struct login_test *t, const char *cookie)
{
    struct cy_identity identity;
    struct cy_error error;
    cy_expect_ok(cy_session_authenticate(t->hub, cy_str(cookie), &identity, &error), error);
    if (identity.is_known) {
        assert_string_equal(identity.user_name, "alice");
        assert_true(identity.is_session && identity.scopes == CY_SCOPE_ALL);
    }
    return identity.is_known;
}

static void begin(struct login_test *t, char cookie[CY_SESSION_COOKIE + 1])
{
    cy_expect_ok(cy_session_create(t->hub, &t->self, "password", CY_STR("a browser \xff"), CY_STR("10.0.0.1"), cookie, &t->outcome),
                 t->outcome.error);
}

CY_TEST_EACH_DATABASE("a session lets in until it is ended, its user is switched off, or sets a password; the one that set it stays")
{
    struct login_test t = open_hub(test);
    struct cy_database *database;
    struct cy_session *sessions;
    char one[CY_SESSION_COOKIE + 1], two[CY_SESSION_COOKIE + 1], csrf[2][65];
    size_t count;
    begin(&t, one);
    begin(&t, two);
    assert_true(is_in(&t, one) && is_in(&t, two) && is_in(&t, one));
    assert_false(is_in(&t, "0123456789012345678901234567890123456789"));
    assert_false(is_in(&t, ""));
    cy_expect_ok(cy_store_reader(t.store, &database, &t.outcome.error), t.outcome.error);
    cy_expect_ok(cy_sessions_of(database, t.alice.id, &t.arena, &sessions, &count, &t.outcome.error), t.outcome.error);
    cy_store_reader_back(t.store, database);
    assert_int_equal(count, 2);
    cy_expect_str(sessions[0].agent, "a browser ");
    cy_expect_str(sessions[0].address, "10.0.0.1");
    cy_expect_ok(cy_session_end(t.hub, &t.self, t.alice.id, sessions[1].id, &t.outcome), t.outcome.error);
    assert_false(is_in(&t, one));
    expect_refusal(&t, cy_session_end(t.hub, &t.self, t.alice.id, sessions[1].id, &t.outcome), CY_REFUSAL_NO_ENTRY);
    expect_refusal(&t, cy_session_end(t.hub, &t.self, CY_STR("somebody else"), sessions[0].id, &t.outcome), CY_REFUSAL_NO_ENTRY);
    begin(&t, one);
    cy_expect_ok(cy_password_set(t.hub, &t.self, t.alice.id, CY_STR("correct horse"), sessions[0].id, &t.outcome), t.outcome.error);
    assert_true(!is_in(&t, one) && is_in(&t, two));
    cy_expect_ok(cy_account_disable(t.hub, &t.owner, t.alice.id, true, &t.outcome), t.outcome.error);
    assert_false(is_in(&t, two));
    cy_session_csrf(t.hub, cy_str(one), csrf[0]);
    cy_session_csrf(t.hub, cy_str(two), csrf[1]);
    assert_string_not_equal(csrf[0], csrf[1]);
    close_hub(&t);
}

CY_TEST_EACH_DATABASE("a user has fifty sessions at most: the oldest ends")
{
    struct login_test t = open_hub(test);
    char first[CY_SESSION_COOKIE + 1], second[CY_SESSION_COOKIE + 1], more[CY_SESSION_COOKIE + 1];
    begin(&t, first);
    begin(&t, second);
    for (int i = 2; i <= CY_SESSIONS_PER_USER_MAX; i++)
        begin(&t, more);
    assert_true(!is_in(&t, first) && is_in(&t, second) && is_in(&t, more));
    close_hub(&t);
}
