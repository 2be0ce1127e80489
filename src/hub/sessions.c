#include "hub/sessions.h"

#include "hub/accounts.h"
#include "hub/authenticate_cache.h"
#include "hub/hub_names.h"
#include "hub/rate_limit.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* ---- sessions ---- */

struct create {
    const struct cy_actor *actor;
    struct cy_str user_id;
    const struct cy_session *session;
    char hash[65];
};

static enum cy_status create_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct create *create = context;
    struct cy_arena arena = {0};
    int64_t now_ms = cy_now_ms();
    enum cy_status status = CY_RUN(database, CY_SQL_sessions_expire, &arena, NULL, error, cy_value_integer(now_ms));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_session_add, &arena, NULL, error, cy_value_text(cy_str(create->hash)),
                        cy_value_text(create->user_id), cy_value_text(cy_str(create->session->csrf)), cy_value_integer(now_ms),
                        cy_value_integer(now_ms + CY_SESSION_DAYS * DAY_MS));
    if (status == CY_OK)
        status = cy_audit_add(database, create->actor, "session.begin", create->user_id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_session_create(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_session *session,
                                 struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct create create = {.actor = actor, .user_id = user_id, .session = session};
    cy_random_base62(session->cookie, CY_SESSION_RANDOM);
    cy_random_base62(session->csrf, CY_SESSION_RANDOM);
    cy_secret_hash(cy_str(session->cookie), create.hash);
    return cy_store_write(hub->store, CY_AREA_HUB, create_work, &create, &outcome->error);
}

static void copy_text(char *out, size_t size, struct cy_str text)
{
    CY_ASSERT(text.size < size);
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

enum cy_status cy_session_authenticate(struct cy_hub *hub, struct cy_str cookie, struct cy_identity *identity, struct cy_error *error)
{
    char hash[65];
    int64_t now_ms = cy_now_ms();
    uint64_t generation = cy_store_generation(hub->store, CY_AREA_HUB);
    *identity = (struct cy_identity){0};
    if (cookie.size != CY_SESSION_RANDOM)
        return CY_OK;
    cy_secret_hash(cookie, hash);
    if (cy_hub_tokens_get(hub->tokens, hash, generation, now_ms, identity))
        return CY_OK;
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = cy_store_reader(hub->store, &database, error);
    if (status != CY_OK)
        return status;
    status = CY_RUN(database, CY_SQL_session_get, &arena, &rows, error, cy_value_text(cy_str(hash)), cy_value_integer(now_ms));
    cy_store_reader_back(hub->store, database);
    if (status == CY_OK && rows.row_count == 1) {
        identity->is_known = true;
        identity->scopes = CY_SCOPE_ALL;
        copy_text(identity->user_id, sizeof identity->user_id, cy_result_text(&rows, 0, 0));
        copy_text(identity->user_name, sizeof identity->user_name, cy_result_text(&rows, 0, 1));
        identity->is_admin = cy_result_integer(&rows, 0, 2) != 0;
        copy_text(identity->csrf, sizeof identity->csrf, cy_result_text(&rows, 0, 3));
        cy_hub_tokens_put(hub->tokens, hash, generation, cy_result_integer(&rows, 0, 4), identity);
    }
    cy_arena_release(&arena);
    return status;
}

static enum cy_status end_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct cy_arena arena = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_session_remove, &arena, NULL, error, cy_value_text(cy_str(context)));
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_session_end(struct cy_hub *hub, struct cy_str cookie, struct cy_error *error)
{
    char hash[65];
    cy_secret_hash(cookie, hash);
    return cy_store_write(hub->store, CY_AREA_HUB, end_work, hash, error);
}

/* ---- by name and password ---- */

static enum cy_status too_often(struct cy_outcome *outcome)
{
    return cy_refuse(outcome, CY_REFUSAL_TOO_OFTEN, "there were too many tries: wait a little");
}

enum cy_status cy_session_login(struct cy_hub *hub, struct cy_str name, struct cy_str password, struct cy_str peer,
                                struct cy_session *session, int64_t *wait_ms, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct cy_arena arena = {0};
    struct cy_result rows = {0};
    struct cy_database *database;
    int64_t now_ms = cy_now_ms();
    bool fits = false;
    struct cy_str key = cy_name_key(&arena, (struct cy_str){name.data, CY_MIN(name.size, CY_ACCOUNT_NAME_MAX + 1)});
    if (!cy_rate_limit_take(hub->login_peers, peer, now_ms, wait_ms) || !cy_rate_limit_take(hub->login_accounts, key, now_ms, wait_ms)) {
        cy_arena_release(&arena);
        return too_often(outcome);
    }
    enum cy_status status = cy_store_reader(hub->store, &database, &outcome->error);
    if (status == CY_OK) {
        status = CY_RUN(database, CY_SQL_account_password, &arena, &rows, &outcome->error, cy_value_text(key));
        cy_store_reader_back(hub->store, database);
    }
    bool is_there = status == CY_OK && rows.row_count == 1;
    *wait_ms = 1000;
    if (status == CY_OK && !cy_password_verify(hub->passwords, password, is_there ? cy_result_text(&rows, 0, 2) : CY_STR(""), &fits))
        status = too_often(outcome);
    if (status == CY_OK && !fits)
        status = cy_refuse(outcome, CY_REFUSAL_NOT_ALLOWED, "name or password is wrong");
    if (status == CY_OK) {
        struct cy_actor actor = {cy_result_text(&rows, 0, 0), cy_result_text(&rows, 0, 1)};
        status = cy_session_create(hub, &actor, actor.id, session, outcome);
    }
    cy_arena_release(&arena);
    return status;
}

/* ---- passwords ---- */

struct set {
    const struct cy_actor *actor;
    struct cy_str user_id;
    const char *hash;
    const char *reset_hash; /* of a reset that is used up by it, or NULL */
    struct cy_outcome *outcome;
};

static enum cy_status set_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct set *set = context;
    struct cy_arena arena = {0};
    struct cy_str user_id = set->user_id;
    struct cy_actor actor = *set->actor;
    enum cy_status status = CY_OK;
    if (set->reset_hash != NULL) {
        struct cy_result rows;
        status = CY_RUN(database, CY_SQL_password_reset_take, &arena, &rows, error, cy_value_text(cy_str(set->reset_hash)),
                        cy_value_integer(cy_now_ms()));
        if (status == CY_OK && rows.row_count == 0)
            status = cy_refuse(set->outcome, CY_REFUSAL_NOT_ALLOWED, "this link was used already, or is too old: ask for a new one");
        if (status == CY_OK) {
            user_id = cy_result_text(&rows, 0, 0);
            actor = (struct cy_actor){user_id, CY_STR("by a reset link")};
        }
    }
    if (status == CY_OK)
        status =
            CY_RUN(database, CY_SQL_account_set_password, &arena, NULL, error, cy_value_text(user_id), cy_value_text(cy_str(set->hash)));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_sessions_remove_of_user, &arena, NULL, error, cy_value_text(user_id));
    if (status == CY_OK)
        status = cy_audit_add(database, &actor, "password.set", user_id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status hash_and_set(struct cy_hub *hub, struct set *set, struct cy_str password, struct cy_outcome *outcome)
{
    char hash[CY_PASSWORD_HASH];
    if (cy_password_check(password, &outcome->error) != CY_OK) {
        outcome->refusal = CY_REFUSAL_INPUT;
        return CY_BAD_INPUT;
    }
    if (!cy_password_hash(hub->passwords, password, hash))
        return too_often(outcome);
    set->hash = hash;
    return cy_store_write(hub->store, CY_AREA_HUB, set_work, set, &outcome->error);
}

/* Is `old` the user's password? */
static enum cy_status check_old(struct cy_hub *hub, struct cy_str user_id, struct cy_str old, struct cy_outcome *outcome)
{
    struct cy_arena arena = {0};
    struct cy_result rows = {0};
    struct cy_database *database;
    int64_t wait_ms;
    bool fits = false;
    if (!cy_rate_limit_take(hub->login_accounts, user_id, cy_now_ms(), &wait_ms))
        return too_often(outcome);
    enum cy_status status = cy_store_reader(hub->store, &database, &outcome->error);
    if (status == CY_OK) {
        status = CY_RUN(database, CY_SQL_account_password_by_id, &arena, &rows, &outcome->error, cy_value_text(user_id));
        cy_store_reader_back(hub->store, database);
    }
    if (status == CY_OK && !cy_password_verify(hub->passwords, old, rows.row_count == 1 ? cy_result_text(&rows, 0, 0) : CY_STR(""), &fits))
        status = too_often(outcome);
    if (status == CY_OK && !fits)
        status = cy_refuse(outcome, CY_REFUSAL_NOT_ALLOWED, "the old password is wrong");
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_password_set(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, const struct cy_str *old,
                               struct cy_str password, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct set set = {.actor = actor, .user_id = user_id, .outcome = outcome};
    enum cy_status status = old != NULL ? check_old(hub, user_id, *old, outcome) : CY_OK;
    return status == CY_OK ? hash_and_set(hub, &set, password, outcome) : status;
}

struct reset {
    const struct cy_actor *actor;
    struct cy_str user_id;
    char hash[65];
};

static enum cy_status reset_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct reset *reset = context;
    struct cy_arena arena = {0};
    int64_t now_ms = cy_now_ms();
    enum cy_status status =
        CY_RUN(database, CY_SQL_password_reset_add, &arena, NULL, error, cy_value_text(cy_str(reset->hash)), cy_value_text(reset->user_id),
               cy_value_text(reset->actor->id), cy_value_integer(now_ms), cy_value_integer(now_ms + CY_RESET_HOURS * DAY_MS / 24));
    if (status == CY_OK)
        status = cy_audit_add(database, reset->actor, "password.reset", reset->user_id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_password_reset_make(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id,
                                      char text[CY_SESSION_RANDOM + 1], struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct reset reset = {.actor = actor, .user_id = user_id};
    cy_random_base62(text, CY_SESSION_RANDOM);
    cy_secret_hash(cy_str(text), reset.hash);
    return cy_store_write(hub->store, 0, reset_work, &reset, &outcome->error);
}

enum cy_status cy_password_reset_use(struct cy_hub *hub, struct cy_str text, struct cy_str password, struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    char hash[65];
    struct cy_actor nobody = {0};
    cy_secret_hash(text, hash);
    struct set set = {.actor = &nobody, .reset_hash = hash, .outcome = outcome};
    return hash_and_set(hub, &set, password, outcome);
}
