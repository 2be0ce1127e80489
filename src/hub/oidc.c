#include "hub/oidc_provider.h"

#include "hub/hub_names.h"
#include "hub/id_token.h"
#include "hub/remote.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum {
    STATE_LETTERS = 32,
    NAME_TRIES = 50,  /* alice, alice-2, … alice-50 */
    NAME_KEPT = 36,   /* of a name: room for a number behind it */
    KEYS_ANEW_S = 5,   /* an unknown key makes us look for new ones, but no oftener */
};

/* ---- what belongs to one login ---- */

static void derive(const struct cy_hub *hub, const char *what, struct cy_str state, char text[65])
{
    cy_sign(hub->sign_key, (struct cy_str[]){cy_str(what), state}, 2, text);
}

static void sign_cookie(const struct cy_hub *hub, struct cy_str state, struct cy_str expires, struct cy_str place, char signature[65])
{
    cy_sign(hub->sign_key, (struct cy_str[]){CY_STR("oidc"), state, expires, place}, 4, signature);
}

/* A path of ours: nothing that a browser would take for another host's. */
static bool is_own_place(struct cy_str place)
{
    if (place.size == 0 || place.size > CY_OIDC_PLACE_BYTES_MAX || place.data[0] != '/')
        return false;
    for (size_t i = 0; i < place.size; i++)
        if ((uint8_t)place.data[i] <= ' ' || (uint8_t)place.data[i] >= 0x7f || place.data[i] == '\\' || (i == 1 && place.data[i] == '/'))
            return false;
    return true;
}

static enum cy_status enter(struct cy_oidc *oidc, struct cy_outcome *outcome)
{
    if (cy_turnstile_enter(&oidc->turnstile))
        return CY_OK;
    outcome->retry_after_s = CY_OIDC_WAIT_MS / 1000;
    return cy_refuse(outcome, CY_REFUSAL_BUSY, "too many logins wait for the provider: come again in %d seconds", outcome->retry_after_s);
}

static void add_pair(struct cy_buffer *url, char before, const char *name, struct cy_str value)
{
    cy_buffer_printf(url, "%c%s=", before, name);
    cy_buffer_add_escaped(url, value, false);
}

enum cy_status cy_oidc_begin(struct cy_oidc *oidc, struct cy_hub *hub, struct cy_str redirect, struct cy_str place, struct cy_arena *arena,
                             struct cy_str *url, struct cy_str *cookie, struct cy_outcome *outcome)
{
    struct cy_oidc_metadata metadata;
    char state[STATE_LETTERS + 1], nonce[65], verifier[65], signature[65];
    *outcome = (struct cy_outcome){0};
    if (enter(oidc, outcome) != CY_OK)
        return CY_BAD_INPUT;
    enum cy_status status = cy_oidc_metadata(oidc, arena, &metadata, outcome);
    cy_turnstile_leave(&oidc->turnstile);
    if (status != CY_OK)
        return status;
    cy_random_base62(state, STATE_LETTERS);
    derive(hub, "oidc-nonce", cy_str(state), nonce);
    derive(hub, "oidc-verifier", cy_str(state), verifier);
    uint8_t hash[32];
    CY_ASSERT(EVP_Digest(verifier, strlen(verifier), hash, NULL, EVP_sha256(), NULL) == 1);
    struct cy_buffer out = {0}, challenge = {0};
    cy_base64url_encode(&challenge, (struct cy_str){(const char *)hash, sizeof hash});
    cy_buffer_add_str(&out, metadata.authorization_endpoint);
    add_pair(&out, memchr(out.data, '?', out.size) != NULL ? '&' : '?', "response_type", CY_STR("code"));
    add_pair(&out, '&', "client_id", cy_str(oidc->client_id));
    add_pair(&out, '&', "redirect_uri", redirect);
    add_pair(&out, '&', "scope", CY_STR("openid profile email"));
    add_pair(&out, '&', "state", cy_str(state));
    add_pair(&out, '&', "nonce", cy_str(nonce));
    add_pair(&out, '&', "code_challenge", cy_buffer_str(&challenge));
    add_pair(&out, '&', "code_challenge_method", CY_STR("S256"));
    *url = cy_arena_str(arena, cy_buffer_str(&out));
    if (!is_own_place(place))
        place = CY_STR("/");
    const char *expires = cy_arena_printf(arena, "%" PRId64, cy_now_ms() / 1000 + CY_OIDC_LOGIN_S);
    sign_cookie(hub, cy_str(state), cy_str(expires), place, signature);
    cy_buffer_clear(&out);
    cy_buffer_printf(&out, "%s.%s.%s.", state, expires, signature);
    cy_base64url_encode(&out, place);
    *cookie = cy_arena_str(arena, cy_buffer_str(&out));
    cy_buffer_release(&out);
    cy_buffer_release(&challenge);
    return CY_OK;
}

/* Is it the login that began in this browser, and not too long ago? */
static bool check_cookie(const struct cy_hub *hub, const struct cy_oidc_answer *answer, struct cy_arena *arena, struct cy_str *place)
{
    char right[65];
    struct cy_str rest, state = cy_str_split(answer->cookie, '.', &rest), expires = cy_str_split(rest, '.', &rest);
    struct cy_str signature = cy_str_split(rest, '.', &rest);
    if (!cy_base64url_decode(rest, arena, place))
        return false;
    sign_cookie(hub, state, expires, *place, right);
    return state.size == STATE_LETTERS && cy_secret_equal(cy_str(right), signature) && cy_secret_equal(state, answer->state) &&
           strtoll(cy_arena_str(arena, expires).data, NULL, 10) > cy_now_ms() / 1000;
}

/* ---- the account of an identity ---- */

struct find {
    struct cy_str issuer;
    const struct cy_id_token *token;
    struct cy_arena *arena;
    struct cy_account *account;
    struct cy_outcome *outcome;
    bool is_disabled;
};

/* "Ann.Smith@example.org" is "Ann.Smith"; what may not stand in a name becomes "-". */
static struct cy_str name_from(const struct cy_id_token *token, struct cy_arena *arena)
{
    struct cy_str rest, from = token->preferred_username.size > 0 ? token->preferred_username : token->email;
    from = cy_str_split(from, '@', &rest);
    struct cy_buffer out = {0};
    for (size_t i = 0; i < from.size && out.size < NAME_KEPT; i++) {
        char c = from.data[i], last = out.size > 0 ? out.data[out.size - 1] : '-';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && strchr("-_.", c) == NULL)
            c = '-';
        if (is_letter || (last != '-' && last != '.' && last != '_'))
            cy_buffer_add_byte(&out, (uint8_t)c);
    }
    while (out.size > 0 && strchr("-_.", out.data[out.size - 1]) != NULL)
        out.size--;
    struct cy_str name = out.size > 0 ? cy_arena_str(arena, cy_buffer_str(&out)) : CY_STR("member");
    cy_buffer_release(&out);
    return name;
}

static enum cy_status add_account(struct cy_database *database, struct find *find, struct cy_str name, const char *id, bool *is_made,
                                  struct cy_error *error)
{
    struct cy_result rows = {0};
    struct cy_error unused;
    *is_made = false;
    if (cy_account_name_check(name, &unused) != CY_OK) /* one that the server keeps for itself: a number behind it makes another */
        return CY_OK;
    enum cy_status status =
        CY_RUN(database, CY_SQL_account_add, find->arena, &rows, error, cy_value_text(cy_str(id)), cy_value_text(CY_STR("user")),
               cy_value_text(name), cy_value_text(cy_name_key(find->arena, name)), cy_value_text(find->token->name),
               cy_value_text_or_null(find->token->email), cy_value_null(), cy_value_integer(0), cy_value_integer(cy_now_ms()));
    *is_made = status == CY_OK && rows.row_count == 1;
    return status;
}

static enum cy_status make_account(struct cy_database *database, struct find *find, struct cy_error *error)
{
    struct cy_str base = name_from(find->token, find->arena), name = base;
    char id[37];
    bool is_made = false;
    enum cy_status status = CY_OK;
    cy_uuid(id);
    for (int number = 1; number <= NAME_TRIES && !is_made && status == CY_OK; number++) {
        if (number > 1)
            name = cy_str(cy_arena_printf(find->arena, "%.*s-%d", (int)base.size, base.data, number));
        status = add_account(database, find, name, id, &is_made, error);
    }
    if (status == CY_OK && !is_made)
        status = cy_refuse(find->outcome, CY_REFUSAL_LOGIN, "there are too many users called \"%.*s\" already: ask an admin for an account",
                           (int)base.size, base.data);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_identity_add, find->arena, NULL, error, cy_value_text(find->issuer),
                        cy_value_text(find->token->subject), cy_value_text(cy_str(id)), cy_value_integer(cy_now_ms()));
    *find->account = (struct cy_account){
        .kind = CY_ACCOUNT_USER, .id = cy_str(cy_arena_text(find->arena, id)), .name = name, .full_name = find->token->name};
    struct cy_buffer detail = {0};
    cy_buffer_printf(&detail, "{\"name\":\"%.*s\",\"is_admin\":false,\"issuer\":", (int)name.size, name.data);
    cy_buffer_add_json(&detail, find->issuer);
    cy_buffer_add_text(&detail, ",\"subject\":");
    cy_buffer_add_json(&detail, find->token->subject);
    cy_buffer_add_byte(&detail, '}');
    if (status == CY_OK)
        status = cy_audit_add(database, &(struct cy_actor){find->account->id, name}, "user.create", find->account->id,
                              cy_buffer_str(&detail), error);
    cy_buffer_release(&detail);
    return status;
}

static enum cy_status find_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct find *find = context;
    struct cy_result rows;
    enum cy_status status =
        CY_RUN(database, CY_SQL_identity_find, find->arena, &rows, error, cy_value_text(find->issuer), cy_value_text(find->token->subject));
    if (status != CY_OK)
        return status;
    if (rows.row_count == 0)
        return make_account(database, find, error);
    *find->account = (struct cy_account){.kind = CY_ACCOUNT_USER,
                                         .id = cy_result_text(&rows, 0, 0),
                                         .name = cy_result_text(&rows, 0, 1),
                                         .full_name = cy_result_text(&rows, 0, 2),
                                         .is_admin = cy_result_integer(&rows, 0, 3) != 0};
    if (!cy_result_is_null(&rows, 0, 4))
        return cy_refuse(find->outcome, CY_REFUSAL_LOGIN, "this account is switched off");
    return CY_OK;
}

/* ---- finishing ---- */

/* Signature and claims; keys are fetched anew when none of those that we have could have signed it. */
static enum cy_status verify(struct cy_oidc *oidc, const struct cy_hub *hub, const struct cy_oidc_metadata *metadata, struct cy_str text,
                             struct cy_str state, struct cy_arena *arena, struct cy_id_token *token, struct cy_outcome *outcome)
{
    char nonce[65];
    struct cy_str keys, payload;
    struct cy_error error;
    bool unknown_key;
    enum cy_status status = cy_oidc_keys(oidc, metadata, 0, arena, &keys, outcome);
    if (status != CY_OK)
        return status;
    status = cy_jws_verify(text, keys, arena, &payload, &unknown_key, &error);
    if (status != CY_OK && unknown_key) {
        if (cy_oidc_keys(oidc, metadata, cy_now_ms() - KEYS_ANEW_S * 1000, arena, &keys, outcome) != CY_OK)
            return outcome->error.status;
        status = cy_jws_verify(text, keys, arena, &payload, &unknown_key, &error);
    }
    derive(hub, "oidc-nonce", state, nonce);
    struct cy_id_token_wants wants = {
        .issuer = cy_str(oidc->issuer), .client_id = cy_str(oidc->client_id), .nonce = cy_str(nonce), .now_s = cy_now_ms() / 1000};
    if (status == CY_OK)
        status = cy_id_token_read(payload, &wants, arena, token, &error);
    return status == CY_OK ? CY_OK : cy_refuse(outcome, CY_REFUSAL_LOGIN, "the provider's token is refused: %s", error.message);
}

static enum cy_status ask_provider(struct cy_oidc *oidc, struct cy_hub *hub, const struct cy_oidc_answer *answer, struct cy_arena *arena,
                                   struct cy_id_token *token, struct cy_outcome *outcome)
{
    struct cy_oidc_metadata metadata;
    struct cy_str text;
    char verifier[65];
    derive(hub, "oidc-verifier", answer->state, verifier);
    enum cy_status status = cy_oidc_metadata(oidc, arena, &metadata, outcome);
    if (status == CY_OK)
        status = cy_oidc_exchange(oidc, &metadata, answer->code, answer->redirect, cy_str(verifier), arena, &text, outcome);
    if (status == CY_OK)
        status = verify(oidc, hub, &metadata, text, answer->state, arena, token, outcome);
    return status;
}

enum cy_status cy_oidc_finish(struct cy_oidc *oidc, struct cy_hub *hub, const struct cy_oidc_answer *answer, struct cy_arena *arena,
                              struct cy_account *account, struct cy_str *place, struct cy_outcome *outcome)
{
    struct cy_id_token token;
    *outcome = (struct cy_outcome){0};
    if (!check_cookie(hub, answer, arena, place))
        return cy_refuse(outcome, CY_REFUSAL_LOGIN,
                         "this login did not begin in this browser, or took longer than %d minutes: log in again", CY_OIDC_LOGIN_S / 60);
    if (answer->issuer.size > 0 && !cy_str_is(answer->issuer, oidc->issuer)) /* RFC 9207 */
        return cy_refuse(outcome, CY_REFUSAL_LOGIN, "another provider answered than the one that was asked");
    if (answer->error.size > 0 || answer->code.size == 0)
        return cy_refuse(outcome, CY_REFUSAL_LOGIN, "the provider refused this login: %.*s", (int)CY_MIN(answer->error.size, 100),
                         answer->error.size > 0 ? answer->error.data : "it sent no code");
    if (enter(oidc, outcome) != CY_OK)
        return CY_BAD_INPUT;
    enum cy_status status = ask_provider(oidc, hub, answer, arena, &token, outcome);
    cy_turnstile_leave(&oidc->turnstile);
    if (status != CY_OK)
        return status;
    struct find find = {.issuer = cy_str(oidc->issuer), .token = &token, .arena = arena, .account = account, .outcome = outcome};
    return cy_store_write(hub->store, CY_AREA_HUB, find_work, &find, &outcome->error);
}
