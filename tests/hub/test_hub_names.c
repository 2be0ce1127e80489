#include "cy_test.h"

#include "hub/hub_names.h"
#include "hub/sign.h"

CY_TEST("names of accounts and repositories: what is refused, and why")
{
    struct cy_error error;
    static const char *const good[] = {"alice", "A.l-i_ce9", "a", "deep-learning"};
    for (size_t i = 0; i < CY_COUNT(good); i++)
        cy_expect_ok(cy_account_name_check(cy_str(good[i]), &error), error);
    static const char *const bad[] = {"", "-a", "a-", ".a", "a--b", "a..b", "a b", "a/b", "\xe6\x95\xb0", "API", "datasets", "Settings"};
    for (size_t i = 0; i < CY_COUNT(bad); i++)
        assert_int_equal(cy_account_name_check(cy_str(bad[i]), &error), CY_BAD_INPUT);
    cy_account_name_check(CY_STR("API"), &error);
    assert_string_equal(error.message, "\"API\" cannot be the name of an account: the server keeps it for itself");
    cy_expect_ok(cy_repository_name_check(CY_STR("_web-en.v2_"), &error), error);
    cy_expect_ok(cy_repository_name_check(CY_STR("api"), &error), error);
    static const char *const bad_too[] = {"", "a.git", "-a", "a.", "a--b", "a/b", "a\"b"};
    for (size_t i = 0; i < CY_COUNT(bad_too); i++)
        assert_int_equal(cy_repository_name_check(cy_str(bad_too[i]), &error), CY_BAD_INPUT);
    assert_int_equal(cy_account_name_check((struct cy_str){"a\0b", 3}, &error), CY_BAD_INPUT);
}

CY_TEST("a branch's name is one exactly when git check-ref-format says so, save for what would hide a version")
{
    static const char *const names[] = {"main", "dev/a", "v1.0", "a@b",          "a@{b",     "@",   "a..b", "a//b", "/a",  "a/",
                                        ".a",   "a/.b",  "a.",   "a.lock",       "a.lock/b", "a b", "a~1",  "a^",   "a:b", "a?",
                                        "a*",   "a[b",   "a\\b", "\xe6\x95\xb0", "a\tb",     "-a"};
    if (system("git --version > /dev/null 2>&1") != 0)
        skip();
    for (size_t i = 0; i < CY_COUNT(names); i++) {
        struct cy_error error;
        char command[200];
        snprintf(command, sizeof command, "git check-ref-format --branch '%s' >/dev/null 2>&1", names[i]);
        bool is_git = system(command) == 0, is_ours = cy_ref_name_check(cy_str(names[i]), &error) == CY_OK;
        if (is_git != is_ours && strcmp(names[i], "@") != 0)
            fail_msg("\"%s\": git says %d, ciyuan says %d", names[i], is_git, is_ours);
    }
    struct cy_error error;
    assert_int_equal(cy_ref_name_check(CY_STR("0123456789012345678901234567890123456789"), &error), CY_BAD_INPUT);
}

CY_TEST("a token is cy_ and 40 random characters; a signed URL is good for its method, path, user and time alone")
{
    char one[CY_TOKEN_RANDOM + 4], other[CY_TOKEN_RANDOM + 4];
    cy_token_make(one);
    cy_token_make(other);
    assert_int_equal(strlen(one), 43);
    assert_memory_equal(one, "cy_", 3);
    assert_string_not_equal(one, other);
    struct cy_arena arena = {0};
    uint8_t key[CY_SIGN_KEY_BYTES] = {1};
    struct cy_str url = cy_sign_url(key, "PUT", CY_STR("/lfs/a"), 100, CY_STR("u1"), &arena), rest;
    struct cy_str expires = cy_str_split(url, '&', &rest), user = cy_str_split(rest, '&', &rest), signature = rest;
    expires.data += 4, expires.size -= 4, user.data += 5, user.size -= 5, signature.data += 4, signature.size -= 4;
    assert_true(cy_sign_url_check(key, "PUT", CY_STR("/lfs/a"), expires, user, signature, 99));
    assert_false(cy_sign_url_check(key, "PUT", CY_STR("/lfs/a"), expires, user, signature, 100));
    assert_false(cy_sign_url_check(key, "GET", CY_STR("/lfs/a"), expires, user, signature, 99));
    assert_false(cy_sign_url_check(key, "PUT", CY_STR("/lfs/b"), expires, user, signature, 99));
    assert_false(cy_sign_url_check(key, "PUT", CY_STR("/lfs/a"), CY_STR("1000"), user, signature, 99));
    assert_false(cy_sign_url_check(key, "PUT", CY_STR("/lfs/a"), expires, CY_STR("u2"), signature, 99));
    /* what moves from one part to the next is another text */
    char left[65], right[65];
    cy_sign(key, (struct cy_str[]){CY_STR("ab"), CY_STR("c")}, 2, left);
    cy_sign(key, (struct cy_str[]){CY_STR("a"), CY_STR("bc")}, 2, right);
    assert_string_not_equal(left, right);
    cy_arena_release(&arena);
}
