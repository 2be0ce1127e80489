#include "hub/sessions.h"

#include "hub/authenticate_cache.h"
#include "kernels/utf8.h"

/* ---- beginning ---- */

struct create {
    const struct cy_actor *actor;
    const char *how;
    struct cy_str agent, address;
    const char *hash;
    char id[37];
    int64_t now_ms;
};

static enum cy_status create_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct create *create = context;
    struct cy_arena arena = {0};
    struct cy_value user = cy_value_text(create->actor->id);
    enum cy_status status = CY_RUN(database, CY_SQL_session_end_expired, &arena, NULL, error, cy_value_integer(create->now_ms));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_session_add, &arena, NULL, error, cy_value_text(cy_str(create->id)),
                        cy_value_text(cy_str(create->hash)), user, cy_value_text(create->agent), cy_value_text(create->address),
                        cy_value_integer(create->now_ms), cy_value_integer(create->now_ms + CY_SESSION_IDLE_MS));
    if (status == CY_OK)
        status =
            CY_RUN(database, CY_SQL_session_end_oldest, &arena, NULL, error, user, cy_value_integer((int64_t)CY_SESSIONS_PER_USER_MAX));
    if (status == CY_OK)
        status = cy_audit_add(database, create->actor, "session.create", cy_str(create->id),
                              cy_str(cy_arena_printf(&arena, "{\"how\":\"%s\"}", create->how)), error);
    cy_arena_release(&arena);
    return status;
}

/* What of a header may be kept and shown: UTF-8, and not too much of it. */
static struct cy_str kept_part(struct cy_str text)
{
    text.size = CY_MIN(text.size, (size_t)CY_SESSION_AGENT_MAX);
    return text.size > 0 ? (struct cy_str){text.data, cy_utf8_valid_bytes(text)} : CY_STR("");
}

enum cy_status cy_session_create(struct cy_hub *hub, const struct cy_actor *actor, const char *how, struct cy_str agent,
                                 struct cy_str address, char cookie[CY_SESSION_COOKIE + 1], struct cy_outcome *outcome)
{
    char hash[65];
    *outcome = (struct cy_outcome){0};
    cy_random_base62(cookie, CY_SESSION_COOKIE);
    cy_secret_hash(cy_str(cookie), hash);
    struct create create = {
        .actor = actor, .how = how, .agent = kept_part(agent), .address = kept_part(address), .hash = hash, .now_ms = cy_now_ms()};
    cy_uuid(create.id);
    return cy_store_write(hub->store, CY_AREA_HUB, create_work, &create, &outcome->error);
}

/* ---- whose it is ---- */

struct seen {
    const char *id;
    int64_t now_ms, expires_ms;
};

static enum cy_status seen_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct seen *seen = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_session_seen, &arena, NULL, error, cy_value_text(cy_str(seen->id)),
                                   cy_value_integer(seen->now_ms), cy_value_integer(seen->expires_ms));
    cy_arena_release(&arena);
    return status;
}

/* Takes the row over; puts it into the cache until it ends or its use is to be noted again, and notes it when it is time. */
static enum cy_status take_row(struct cy_hub *hub, const struct cy_result *rows, const char hash[65], uint64_t generation, int64_t now_ms,
                               struct cy_identity *identity, struct cy_error *error)
{
    *identity =
        (struct cy_identity){.is_known = true, .scopes = CY_SCOPE_ALL, .is_admin = cy_result_integer(rows, 0, 3) != 0, .is_session = true};
    cy_identity_text(identity->token_id, sizeof identity->token_id, cy_result_text(rows, 0, 0));
    cy_identity_text(identity->user_id, sizeof identity->user_id, cy_result_text(rows, 0, 1));
    cy_identity_text(identity->user_name, sizeof identity->user_name, cy_result_text(rows, 0, 2));
    int64_t life_end_ms = cy_result_integer(rows, 0, 4) + CY_SESSION_LIFE_MS, expires_ms = cy_result_integer(rows, 0, 5);
    int64_t seen_ms = cy_result_integer(rows, 0, 6);
    enum cy_status status = CY_OK;
    if (seen_ms + CY_SESSION_SEEN_MS <= now_ms) {
        seen_ms = now_ms;
        expires_ms = CY_MIN(now_ms + CY_SESSION_IDLE_MS, life_end_ms);
        struct seen seen = {identity->token_id, seen_ms, expires_ms};
        status = cy_store_write(hub->store, 0, seen_work, &seen, error);
    }
    cy_hub_tokens_put(hub->tokens, hash, generation, CY_MIN(expires_ms, seen_ms + CY_SESSION_SEEN_MS), identity);
    return status;
}

enum cy_status cy_session_authenticate(struct cy_hub *hub, struct cy_str cookie, struct cy_identity *identity, struct cy_error *error)
{
    char hash[65];
    int64_t now_ms = cy_now_ms();
    uint64_t generation = cy_store_generation(hub->store, CY_AREA_HUB); /* before the reading: a change meanwhile ends the entry */
    *identity = (struct cy_identity){0};
    if (cookie.size != CY_SESSION_COOKIE)
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
    status = CY_RUN(database, CY_SQL_session_by_hash, &arena, &rows, error, cy_value_text(cy_str(hash)), cy_value_integer(now_ms));
    cy_store_reader_back(hub->store, database);
    if (status == CY_OK && rows.row_count == 1)
        status = take_row(hub, &rows, hash, generation, now_ms, identity, error);
    cy_arena_release(&arena);
    return status;
}

/* ---- the list, and the end ---- */

enum cy_status cy_sessions_of(struct cy_database *database, struct cy_str user_id, struct cy_arena *arena, struct cy_session **sessions,
                              size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status =
        CY_RUN(database, CY_SQL_session_list, arena, &rows, error, cy_value_text(user_id), cy_value_integer(cy_now_ms()));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *sessions = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **sessions);
    for (size_t i = 0; i < rows.row_count; i++)
        (*sessions)[i] = (struct cy_session){.id = cy_result_text(&rows, i, 0),
                                             .agent = cy_result_text(&rows, i, 1),
                                             .address = cy_result_text(&rows, i, 2),
                                             .created_ms = cy_result_integer(&rows, i, 3),
                                             .seen_ms = cy_result_integer(&rows, i, 4),
                                             .expires_ms = cy_result_integer(&rows, i, 5)};
    return CY_OK;
}

struct end {
    const struct cy_actor *actor;
    struct cy_str user_id, id;
    struct cy_outcome *outcome;
};

static enum cy_status end_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct end *end = context;
    struct cy_arena arena = {0};
    struct cy_result done;
    enum cy_status status = CY_RUN(database, CY_SQL_session_end, &arena, &done, error, cy_value_text(end->id), cy_value_text(end->user_id));
    if (status == CY_OK && done.changed_count == 0)
        status = cy_refuse(end->outcome, CY_REFUSAL_NO_ENTRY, "you have no session \"%.*s\"", (int)CY_MIN(end->id.size, 100), end->id.data);
    if (status == CY_OK)
        status = cy_audit_add(database, end->actor, "session.end", end->id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_session_end(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str id,
                              struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct end end = {actor, user_id, id, outcome};
    return cy_store_write(hub->store, CY_AREA_HUB, end_work, &end, &outcome->error);
}

void cy_session_csrf(const struct cy_hub *hub, struct cy_str cookie, char csrf[65])
{
    cy_sign(hub->sign_key, (struct cy_str[]){CY_STR("csrf"), cookie}, 2, csrf);
}
