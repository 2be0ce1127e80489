#include "cy_test.h"

#include "hub/login_limits.h"

static enum cy_login_limit try(struct cy_login_limits *limits, const char *account, const char *address, int64_t now_ms, int64_t *wait_ms)
{
    struct cy_login_try of = {cy_str(account), cy_str(address)};
    return cy_login_limits_take(limits, &of, now_ms, wait_ms);
}

CY_TEST("an account has ten tries, then one every thirty seconds, from wherever they come; another account has its own")
{
    struct cy_login_limits *limits = cy_login_limits_make();
    int64_t wait_ms, now_ms = 1000000;
    char address[32];
    for (int i = 0; i < CY_LOGIN_ACCOUNT_TRIES; i++) {
        snprintf(address, sizeof address, "10.0.0.%d", i);
        assert_int_equal(try(limits, "alice", address, now_ms, &wait_ms), CY_LOGIN_LIMIT_NONE);
    }
    assert_int_equal(try(limits, "alice", "10.0.1.1", now_ms, &wait_ms), CY_LOGIN_LIMIT_ACCOUNT);
    assert_int_equal(wait_ms, 30000);
    assert_int_equal(try(limits, "alice", "10.0.1.1", now_ms + 29999, &wait_ms), CY_LOGIN_LIMIT_ACCOUNT);
    assert_int_equal(wait_ms, 1);
    assert_int_equal(try(limits, "bob", "10.0.1.1", now_ms, &wait_ms), CY_LOGIN_LIMIT_NONE);
    assert_int_equal(try(limits, "alice", "10.0.1.1", now_ms + 30000, &wait_ms), CY_LOGIN_LIMIT_NONE);
    assert_int_equal(try(limits, "alice", "10.0.1.1", now_ms + 30000, &wait_ms), CY_LOGIN_LIMIT_ACCOUNT);
    assert_int_equal(try(limits, "alice", "10.0.1.1", now_ms + 10 * 30000, &wait_ms), CY_LOGIN_LIMIT_NONE);
    cy_login_limits_free(limits);
}

CY_TEST("an address has thirty tries over all accounts; an IPv6 network of /64 is one address, another is not")
{
    struct cy_login_limits *limits = cy_login_limits_make();
    int64_t wait_ms, now_ms = 1000000;
    char account[32], address[64];
    for (int i = 0; i < CY_LOGIN_ADDRESS_TRIES; i++) {
        snprintf(account, sizeof account, "user%d", i);
        snprintf(address, sizeof address, "2001:db8:0:1::%x", i + 1);
        assert_int_equal(try(limits, account, address, now_ms, &wait_ms), CY_LOGIN_LIMIT_NONE);
    }
    assert_int_equal(try(limits, "more", "2001:db8:0:1:ffff::1", now_ms, &wait_ms), CY_LOGIN_LIMIT_ADDRESS);
    assert_int_equal(wait_ms, 10000);
    assert_int_equal(try(limits, "more", "2001:db8:0:2::1", now_ms, &wait_ms), CY_LOGIN_LIMIT_NONE);
    cy_login_limits_free(limits);
}

CY_TEST("a try that was right costs nothing")
{
    struct cy_login_limits *limits = cy_login_limits_make();
    struct cy_login_try of = {CY_STR("alice"), CY_STR("10.0.0.1")};
    int64_t wait_ms;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(cy_login_limits_take(limits, &of, 1000000, &wait_ms), CY_LOGIN_LIMIT_NONE);
        cy_login_limits_give_back(limits, &of);
    }
    cy_login_limits_free(limits);
}

CY_TEST("a flood of names takes no more memory, and the purse that is emptiest is forgotten last")
{
    struct cy_login_limits *limits = cy_login_limits_make();
    int64_t wait_ms, now_ms = 1000000;
    char account[32], address[32];
    for (int i = 0; i < CY_LOGIN_ACCOUNT_TRIES; i++)
        try(limits, "alice", "10.0.0.1", now_ms, &wait_ms);
    for (int i = 0; i < 100000; i++) {
        snprintf(account, sizeof account, "flood%d", i);
        snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        try(limits, account, address, now_ms, &wait_ms);
    }
    assert_int_equal(try(limits, "alice", "10.0.0.1", now_ms, &wait_ms), CY_LOGIN_LIMIT_ACCOUNT);
    cy_login_limits_free(limits);
}
