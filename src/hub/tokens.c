#include "hub/tokens.h"

#include "hub/authenticate_cache.h"
#include "kernels/utf8.h"

#include <stdio.h>

#define USED_EVERY_MS ((int64_t)3600 * 1000) /* how exactly it is known when a token was last used: each note is a write */

bool cy_scopes_parse(struct cy_str text, unsigned *scopes)
{
    static const struct {
        const char *name;
        unsigned scopes;
    } rows[] = {{"read", CY_SCOPE_READ}, {"write", CY_SCOPE_READ | CY_SCOPE_WRITE}, {"admin", CY_SCOPE_ALL}};
    *scopes = 0;
    while (text.size > 0) {
        struct cy_str name = cy_str_trim(cy_str_split(text, ',', &text));
        size_t row = 0;
        while (row < CY_COUNT(rows) && !cy_str_is(name, rows[row].name))
            row++;
        if (row == CY_COUNT(rows))
            return false;
        *scopes |= rows[row].scopes;
    }
    return *scopes != 0;
}

/* ---- making one ---- */

struct create {
    const struct cy_actor *actor;
    struct cy_str user_id, name;
    unsigned scopes;
    int64_t expires_ms;
    const char *id;
    const char *hash;
    struct cy_outcome *outcome;
};

static enum cy_status create_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct create *create = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = CY_RUN(database, CY_SQL_token_count, &arena, &rows, error, cy_value_text(create->user_id));
    if (status == CY_OK && cy_result_integer(&rows, 0, 0) >= CY_TOKENS_PER_USER_MAX)
        status = cy_refuse(create->outcome, CY_REFUSAL_TOO_LARGE, "a user has at most %d tokens; revoke one first", CY_TOKENS_PER_USER_MAX);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_token_add, &arena, NULL, error, cy_value_text(cy_str(create->id)), cy_value_text(create->user_id),
                        cy_value_text(create->name), cy_value_text(cy_str(create->hash)), cy_value_integer(create->scopes),
                        cy_value_integer(cy_now_ms()), create->expires_ms > 0 ? cy_value_integer(create->expires_ms) : cy_value_null());
    struct cy_buffer detail = {0};
    cy_buffer_add_text(&detail, "{\"name\":");
    cy_buffer_add_json(&detail, create->name);
    cy_buffer_printf(&detail, ",\"scopes\":%u}", create->scopes);
    if (status == CY_OK)
        status = cy_audit_add(database, create->actor, "token.create", cy_str(create->id), cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_token_create(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str name, unsigned scopes,
                               int64_t expires_ms, char id[37], char text[CY_TOKEN_RANDOM + 4], struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    if (name.size == 0 || name.size > CY_TOKEN_NAME_MAX || cy_utf8_valid_bytes(name) != name.size)
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "a token's name needs 1 to %d bytes of UTF-8", CY_TOKEN_NAME_MAX);
    if (scopes == 0 || (scopes & ~(unsigned)CY_SCOPE_ALL) != 0)
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "a token needs a scope: read, write or admin");
    char hash[65];
    cy_uuid(id);
    cy_token_make(text);
    cy_secret_hash(cy_str(text), hash);
    struct create create = {actor, user_id, name, scopes, expires_ms, id, hash, outcome};
    return cy_store_write(hub->store, CY_AREA_HUB, create_work, &create, &outcome->error);
}

enum cy_status cy_tokens_of(struct cy_database *database, struct cy_str user_id, struct cy_arena *arena, struct cy_token **tokens,
                            size_t *count, struct cy_error *error)
{
    struct cy_result rows;
    *count = 0;
    enum cy_status status = CY_RUN(database, CY_SQL_token_list, arena, &rows, error, cy_value_text(user_id));
    if (status != CY_OK)
        return status;
    *count = rows.row_count;
    *tokens = cy_arena_alloc(arena, CY_MAX(rows.row_count, 1) * sizeof **tokens);
    for (size_t i = 0; i < rows.row_count; i++)
        (*tokens)[i] = (struct cy_token){.id = cy_result_text(&rows, i, 0),
                                         .name = cy_result_text(&rows, i, 1),
                                         .scopes = (unsigned)cy_result_integer(&rows, i, 2),
                                         .created_ms = cy_result_integer(&rows, i, 3),
                                         .expires_ms = cy_result_integer(&rows, i, 4),
                                         .used_ms = cy_result_integer(&rows, i, 5)};
    return CY_OK;
}

/* ---- revoking ---- */

struct revoke {
    const struct cy_actor *actor;
    struct cy_str user_id, id;
    struct cy_outcome *outcome;
};

static enum cy_status revoke_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct revoke *revoke = context;
    struct cy_arena arena = {0};
    struct cy_result done;
    enum cy_status status = CY_RUN(database, CY_SQL_token_revoke, &arena, &done, error, cy_value_text(revoke->id),
                                   cy_value_text(revoke->user_id), cy_value_integer(cy_now_ms()));
    if (status == CY_OK && done.changed_count == 0)
        status = cy_refuse(revoke->outcome, CY_REFUSAL_INPUT, "the user has no token \"%.*s\" that could be revoked",
                           (int)CY_MIN(revoke->id.size, 100), revoke->id.data);
    if (status == CY_OK)
        status = cy_audit_add(database, revoke->actor, "token.revoke", revoke->id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_token_revoke(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str user_id, struct cy_str id,
                               struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct revoke revoke = {actor, user_id, id, outcome};
    return cy_store_write(hub->store, CY_AREA_HUB, revoke_work, &revoke, &outcome->error);
}

/* ---- whose it is ---- */

void cy_identity_text(char *out, size_t size, struct cy_str text)
{
    CY_ASSERT(text.size < size); /* ids have 36 characters, names 42 */
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

static enum cy_status note_use(struct cy_database *database, void *context, struct cy_error *error)
{
    struct cy_arena arena = {0};
    enum cy_status status =
        CY_RUN(database, CY_SQL_token_used, &arena, NULL, error, cy_value_text(cy_str(context)), cy_value_integer(cy_now_ms()));
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_token_authenticate(struct cy_hub *hub, struct cy_str token, struct cy_identity *identity, struct cy_error *error)
{
    char hash[65];
    int64_t now_ms = cy_now_ms();
    uint64_t generation = cy_store_generation(hub->store, CY_AREA_HUB); /* before the reading: a change meanwhile ends the entry */
    *identity = (struct cy_identity){0};
    if (!cy_str_starts(token, CY_STR("cy_")) || token.size != CY_TOKEN_RANDOM + 3)
        return CY_OK;
    cy_secret_hash(token, hash);
    if (cy_hub_tokens_get(hub->tokens, hash, generation, now_ms, identity))
        return CY_OK;
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = cy_store_reader(hub->store, &database, error);
    if (status != CY_OK)
        return status;
    status = CY_RUN(database, CY_SQL_token_by_hash, &arena, &rows, error, cy_value_text(cy_str(hash)), cy_value_integer(now_ms));
    cy_store_reader_back(hub->store, database);
    if (status == CY_OK && rows.row_count == 1) {
        identity->is_known = true;
        cy_identity_text(identity->token_id, sizeof identity->token_id, cy_result_text(&rows, 0, 0));
        cy_identity_text(identity->user_id, sizeof identity->user_id, cy_result_text(&rows, 0, 1));
        cy_identity_text(identity->user_name, sizeof identity->user_name, cy_result_text(&rows, 0, 2));
        identity->scopes = (unsigned)cy_result_integer(&rows, 0, 3);
        identity->is_admin = cy_result_integer(&rows, 0, 4) != 0;
        cy_hub_tokens_put(hub->tokens, hash, generation, cy_result_integer(&rows, 0, 5), identity);
        if (cy_result_integer(&rows, 0, 6) + USED_EVERY_MS < now_ms)
            status = cy_store_write(hub->store, 0, note_use, identity->token_id, error);
    }
    cy_arena_release(&arena);
    return status;
}
