#include "hub/passwords.h"

#include "hub/hub_names.h"
#include "kernels/utf8.h"

#include <argon2.h>
#include <stdio.h>
#include <sys/random.h>

enum { SALT_BYTES = 16, HASH_BYTES = 32 }; /* RFC 9106 §3.1: 16 bytes are enough for a salt */

/* ---- the hash ---- */

static enum cy_status enter(struct cy_hub *hub, struct cy_outcome *outcome)
{
    if (cy_turnstile_enter(&hub->password_turnstile))
        return CY_OK;
    outcome->retry_after_s = 2;
    return cy_refuse(outcome, CY_REFUSAL_BUSY, "%d logins wait already: come again in %d seconds",
                     CY_PASSWORDS_AT_ONCE + CY_PASSWORDS_WAITING, outcome->retry_after_s);
}

static enum cy_status hash_now(struct cy_hub *hub, struct cy_str password, char hash[CY_PASSWORD_HASH], struct cy_outcome *outcome)
{
    uint8_t salt[SALT_BYTES];
    CY_ASSERT(getrandom(salt, sizeof salt, 0) == sizeof salt);
    if (enter(hub, outcome) != CY_OK)
        return CY_BAD_INPUT;
    int code = argon2id_hash_encoded(CY_PASSWORD_PASSES, CY_PASSWORD_MEMORY_KIB, CY_PASSWORD_LANES, password.data, password.size, salt,
                                     sizeof salt, HASH_BYTES, hash, CY_PASSWORD_HASH);
    cy_turnstile_leave(&hub->password_turnstile);
    return code == ARGON2_OK ? CY_OK
                             : cy_error_set(&outcome->error, CY_FAILED, "could not hash a password: %s", argon2_error_message(code));
}

enum cy_status cy_password_hash(struct cy_hub *hub, struct cy_str password, char hash[CY_PASSWORD_HASH], struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (password.size < CY_PASSWORD_BYTES_MIN || password.size > CY_PASSWORD_BYTES_MAX)
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "a password needs %d to %d bytes, and this one has %zu", CY_PASSWORD_BYTES_MIN,
                         CY_PASSWORD_BYTES_MAX, password.size);
    if (cy_utf8_valid_bytes(password) != password.size)
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "a password must be UTF-8");
    return hash_now(hub, password, hash, outcome);
}

enum cy_status cy_password_verify(struct cy_hub *hub, struct cy_str password, struct cy_str hash, bool *is_right, bool *is_old,
                                  struct cy_outcome *outcome)
{
    char text[CY_PASSWORD_HASH], today[64];
    uint8_t salt[SALT_BYTES] = "no such account", unused[HASH_BYTES];
    *outcome = (struct cy_outcome){0};
    *is_right = *is_old = false;
    if (password.size > CY_PASSWORD_BYTES_MAX || hash.size >= sizeof text)
        return CY_OK; /* says nothing of the account: no password is so long, and no hash */
    snprintf(today, sizeof today, "$argon2id$v=%d$m=%d,t=%d,p=%d$", ARGON2_VERSION_13, CY_PASSWORD_MEMORY_KIB, CY_PASSWORD_PASSES,
             CY_PASSWORD_LANES);
    if (enter(hub, outcome) != CY_OK)
        return CY_BAD_INPUT;
    int code;
    if (hash.size == 0) {
        code = argon2id_hash_raw(CY_PASSWORD_PASSES, CY_PASSWORD_MEMORY_KIB, CY_PASSWORD_LANES, password.data, password.size, salt,
                                 sizeof salt, unused, sizeof unused);
    } else {
        memcpy(text, hash.data, hash.size);
        text[hash.size] = '\0';
        code = argon2id_verify(text, password.data, password.size);
        *is_right = code == ARGON2_OK;
        *is_old = *is_right && !cy_str_starts(hash, cy_str(today));
    }
    cy_turnstile_leave(&hub->password_turnstile);
    if (code == ARGON2_OK || code == ARGON2_VERIFY_MISMATCH)
        return CY_OK;
    return cy_error_set(&outcome->error, CY_FAILED, "could not check a password: %s", argon2_error_message(code));
}

/* ---- setting it ---- */

struct set {
    const struct cy_actor *actor;
    struct cy_str user_id, hash, old_hash, kept_session;
    const char *secret_hash; /* of a reset, or NULL */
    int64_t now_ms;
    struct cy_outcome *outcome;
};

/* The link is used in the transaction that sets the password: once, whatever comes at the same time. */
static enum cy_status use_link(struct cy_database *database, struct set *set, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_result rows;
    enum cy_status status =
        CY_RUN(database, CY_SQL_reset_use, arena, &rows, error, cy_value_text(cy_str(set->secret_hash)), cy_value_integer(set->now_ms));
    if (status == CY_OK && rows.row_count == 0)
        return cy_refuse(set->outcome, CY_REFUSAL_LOGIN, "this link was used, or its time is over: ask an admin for a new one");
    if (status == CY_OK)
        set->user_id = cy_result_text(&rows, 0, 0);
    return status;
}

static enum cy_status set_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct set *set = context;
    struct cy_arena arena = {0};
    struct cy_actor self;
    enum cy_status status = set->secret_hash != NULL ? use_link(database, set, &arena, error) : CY_OK;
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_password_set, &arena, NULL, error, cy_value_text(set->user_id), cy_value_text(set->hash));
    if (status == CY_OK)
        status =
            CY_RUN(database, CY_SQL_session_end_others, &arena, NULL, error, cy_value_text(set->user_id), cy_value_text(set->kept_session));
    self = (struct cy_actor){set->user_id, CY_STR("")};
    if (status == CY_OK)
        status = cy_audit_add(database, set->secret_hash != NULL ? &self : set->actor,
                              set->secret_hash != NULL ? "password.reset" : "password.set", set->user_id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_password_set(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str password,
                               struct cy_str kept_session, struct cy_outcome *outcome)
{
    char hash[CY_PASSWORD_HASH];
    if (cy_password_hash(hub, password, hash, outcome) != CY_OK)
        return outcome->error.status;
    struct set set = {
        .actor = actor, .user_id = user_id, .hash = cy_str(hash), .kept_session = kept_session, .now_ms = cy_now_ms(), .outcome = outcome};
    return cy_store_write(hub->store, CY_AREA_HUB, set_work, &set, &outcome->error);
}

/* ---- the login ---- */

static enum cy_status rehash_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct set *set = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_password_rehash, &arena, NULL, error, cy_value_text(set->user_id),
                                   cy_value_text(set->hash), cy_value_text(set->old_hash));
    cy_arena_release(&arena);
    return status;
}

/* Best effort: what fails here is tried again at the next login. */
static void rehash(struct cy_hub *hub, struct cy_str user_id, struct cy_str password, struct cy_str old_hash)
{
    char hash[CY_PASSWORD_HASH];
    struct cy_outcome outcome = {0};
    if (hash_now(hub, password, hash, &outcome) != CY_OK) /* whatever rules new ones have to keep */
        return;
    struct set set = {.user_id = user_id, .hash = cy_str(hash), .old_hash = old_hash};
    cy_store_write(hub->store, 0, rehash_work, &set, &outcome.error);
}

static enum cy_status take_try(struct cy_hub *hub, const struct cy_login_try *of, struct cy_outcome *outcome)
{
    int64_t wait_ms;
    enum cy_login_limit limit = cy_login_limits_take(hub->login_limits, of, cy_now_ms(), &wait_ms);
    if (limit == CY_LOGIN_LIMIT_NONE)
        return CY_OK;
    outcome->retry_after_s = (int)((wait_ms + 999) / 1000);
    if (limit == CY_LOGIN_LIMIT_ACCOUNT)
        return cy_refuse(outcome, CY_REFUSAL_TOO_OFTEN,
                         "%d wrong passwords for this account are the limit, then one every %d seconds: try again in %d seconds",
                         CY_LOGIN_ACCOUNT_TRIES, CY_LOGIN_ACCOUNT_EVERY_MS / 1000, outcome->retry_after_s);
    return cy_refuse(outcome, CY_REFUSAL_TOO_OFTEN,
                     "%d wrong tries from one address are the limit, then one every %d seconds: try again in %d seconds",
                     CY_LOGIN_ADDRESS_TRIES, CY_LOGIN_ADDRESS_EVERY_MS / 1000, outcome->retry_after_s);
}

enum cy_status cy_login(struct cy_hub *hub, struct cy_str name, struct cy_str password, struct cy_str address, struct cy_arena *arena,
                        struct cy_account *account, struct cy_outcome *outcome)
{
    struct cy_database *database;
    struct cy_result rows = {0};
    bool is_right, is_old;
    *outcome = (struct cy_outcome){0};
    struct cy_login_try attempt = {cy_name_key(arena, (struct cy_str){name.data, CY_MIN(name.size, CY_ACCOUNT_NAME_MAX + 1)}), address};
    if (take_try(hub, &attempt, outcome) != CY_OK)
        return CY_BAD_INPUT;
    enum cy_status status = cy_store_reader(hub->store, &database, &outcome->error);
    if (status == CY_OK) {
        status = CY_RUN(database, CY_SQL_login_find, arena, &rows, &outcome->error, cy_value_text(attempt.account));
        cy_store_reader_back(hub->store, database);
    }
    if (status != CY_OK)
        return status;
    struct cy_str hash = rows.row_count == 1 ? cy_result_text(&rows, 0, 2) : CY_STR("");
    status = cy_password_verify(hub, password, hash, &is_right, &is_old, outcome);
    if (status != CY_OK) { /* nothing was tried */
        cy_login_limits_give_back(hub->login_limits, &attempt);
        return status;
    }
    if (!is_right || !cy_result_is_null(&rows, 0, 5))
        return cy_refuse(outcome, CY_REFUSAL_LOGIN, "the name or the password is wrong");
    cy_login_limits_give_back(hub->login_limits, &attempt);
    *account = (struct cy_account){.kind = CY_ACCOUNT_USER,
                                   .id = cy_result_text(&rows, 0, 0),
                                   .name = cy_result_text(&rows, 0, 1),
                                   .full_name = cy_result_text(&rows, 0, 3),
                                   .is_admin = cy_result_integer(&rows, 0, 4) != 0};
    if (is_old)
        rehash(hub, account->id, password, hash);
    return CY_OK;
}

/* ---- an admin's link ---- */

struct make {
    const struct cy_actor *actor;
    struct cy_str user_id;
    const char *hash;
    int64_t now_ms;
};

static enum cy_status make_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct make *make = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_reset_clear, &arena, NULL, error, cy_value_text(make->user_id));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_reset_add, &arena, NULL, error, cy_value_text(cy_str(make->hash)), cy_value_text(make->user_id),
                        cy_value_text(make->actor->id), cy_value_integer(make->now_ms), cy_value_integer(make->now_ms + CY_RESET_LIFE_MS));
    if (status == CY_OK)
        status = cy_audit_add(database, make->actor, "password.reset_link", make->user_id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_reset_make(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, char secret[CY_TOKEN_RANDOM + 1],
                             int64_t *expires_ms, struct cy_outcome *outcome)
{
    char hash[65];
    *outcome = (struct cy_outcome){0};
    cy_random_base62(secret, CY_TOKEN_RANDOM);
    cy_secret_hash(cy_str(secret), hash);
    struct make make = {actor, user_id, hash, cy_now_ms()};
    *expires_ms = make.now_ms + CY_RESET_LIFE_MS;
    return cy_store_write(hub->store, 0, make_work, &make, &outcome->error);
}

enum cy_status cy_reset_use(struct cy_hub *hub, struct cy_str secret, struct cy_str password, struct cy_str address,
                            struct cy_outcome *outcome)
{
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows = {0};
    char secret_hash[65], hash[CY_PASSWORD_HASH];
    *outcome = (struct cy_outcome){0};
    struct cy_login_try attempt = {.address = address};
    if (take_try(hub, &attempt, outcome) != CY_OK)
        return CY_BAD_INPUT;
    cy_secret_hash(secret, secret_hash);
    enum cy_status status = cy_store_reader(hub->store, &database, &outcome->error);
    if (status == CY_OK) { /* before a hash is computed for it */
        status = CY_RUN(database, CY_SQL_reset_find, &arena, &rows, &outcome->error, cy_value_text(cy_str(secret_hash)),
                        cy_value_integer(cy_now_ms()));
        cy_store_reader_back(hub->store, database);
    }
    if (status == CY_OK && rows.row_count == 0)
        status = cy_refuse(outcome, CY_REFUSAL_LOGIN, "this link was used, or its time is over: ask an admin for a new one");
    if (status == CY_OK) {
        cy_login_limits_give_back(hub->login_limits, &attempt);
        status = cy_password_hash(hub, password, hash, outcome);
    }
    struct set set = {.hash = cy_str(hash), .secret_hash = secret_hash, .now_ms = cy_now_ms(), .outcome = outcome};
    if (status == CY_OK)
        status = cy_store_write(hub->store, CY_AREA_HUB, set_work, &set, &outcome->error);
    cy_arena_release(&arena);
    return status;
}
