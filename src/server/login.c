/* Logging in to the page: by name and password; the session; passwords and the links that reset them. */
#include "hub/sessions.h"
#include "server/hf.h"

#include <inttypes.h>

#include <yyjson.h>

cy_handler cy_api_login, cy_api_logout, cy_api_session, cy_api_password_set, cy_api_password_reset_make, cy_api_password_reset;

enum { COOKIE_SECONDS = CY_SESSION_DAYS * 24 * 3600 };

static void set_cookie(struct cy_request *request, struct cy_response *response, const char *value, int seconds)
{
    const char *secure = cy_str_starts(request->host, CY_STR("https:")) ? "; Secure" : "";
    cy_respond_header(request, response, "Set-Cookie", CY_SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", value,
                      seconds, secure);
    cy_respond_header(request, response, "Cache-Control", "no-store");
}

/* A page of another site may make a browser post a form, but not with this content type, nor with our origin. */
static bool check_origin(struct cy_request *request, struct cy_response *response)
{
    struct cy_str origin = cy_request_header(request, "Origin"), type = cy_request_header(request, "Content-Type"), rest;
    bool is_json = cy_str_equal_nocase(cy_str_trim(cy_str_split(type, ';', &rest)), CY_STR("application/json"));
    if (is_json && (origin.size == 0 || cy_str_equal(origin, request->host)))
        return true;
    cy_respond_error(request, response, 403, NULL, "this must come from our own page, as application/json");
    return false;
}

static void refuse(struct cy_request *request, struct cy_response *response, const struct cy_outcome *outcome, int64_t wait_ms)
{
    cy_hf_refuse(request, response, outcome);
    if (outcome->refusal == CY_REFUSAL_TOO_OFTEN)
        cy_respond_header(request, response, "Retry-After", "%" PRId64, (wait_ms + 999) / 1000);
}

static void answer_session(struct cy_request *request, struct cy_response *response, struct cy_str name, bool is_admin, const char *csrf)
{
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    if (name.size > 0) {
        cy_json_open(&json, "user", '{');
        cy_json_text(&json, "name", name);
        cy_json_bool(&json, "is_admin", is_admin);
        cy_json_close(&json, '}');
    } else {
        cy_json_null(&json, "user");
    }
    if (csrf != NULL)
        cy_json_text(&json, "csrf", cy_str(csrf));
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
    cy_respond_header(request, response, "Cache-Control", "no-store");
}

void cy_api_login(struct cy_request *request, struct cy_response *response)
{
    struct cy_session session;
    struct cy_outcome outcome;
    struct cy_identity identity;
    int64_t wait_ms = 0;
    if (!check_origin(request, response))
        return;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    enum cy_status status = cy_session_login(request->app->hub, cy_hf_member(body, "name"), cy_hf_member(body, "password"), request->peer,
                                             &session, &wait_ms, &outcome);
    if (status == CY_OK)
        status = cy_session_authenticate(request->app->hub, cy_str(session.cookie), &identity, &outcome.error);
    if (status != CY_OK) {
        refuse(request, response, &outcome, wait_ms);
        return;
    }
    answer_session(request, response, cy_str(identity.user_name), identity.is_admin, session.csrf);
    set_cookie(request, response, session.cookie, COOKIE_SECONDS);
}

void cy_api_logout(struct cy_request *request, struct cy_response *response)
{
    struct cy_error error;
    struct cy_str cookie = cy_session_cookie(request);
    if (request->principal.csrf != NULL && cy_session_end(request->app->hub, cookie, &error) != CY_OK) {
        cy_respond_failure(request, response, &error);
        return;
    }
    response->status = 204;
    set_cookie(request, response, "", 0);
}

void cy_api_session(struct cy_request *request, struct cy_response *response)
{
    answer_session(request, response, cy_str(request->principal.user_name), request->principal.is_admin, request->principal.csrf);
}

/* ---- passwords ---- */

/* The user of the path: oneself, or anybody for an admin. *is_admin: the asker is one. */
static bool find_user(struct cy_request *request, struct cy_response *response, bool own_is_enough, struct cy_account *account,
                      bool *is_admin)
{
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_str name = request->path_values[0];
    *is_admin = request->principal.is_local || (request->principal.is_admin && (request->principal.scopes & CY_SCOPE_ADMIN));
    /* a token cannot set a password: whoever finds one would own the account */
    bool is_own = own_is_enough && request->principal.csrf != NULL && cy_str_equal_nocase(cy_str(request->principal.user_name), name);
    if (!is_own && !*is_admin) {
        cy_hf_forbid(request, response, "this is for the user, logged in to the page, and for admins of the server");
        return false;
    }
    *is_admin = *is_admin && !is_own;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_account_find(database, name, request->arena, account, &outcome);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status == CY_OK && account->kind != CY_ACCOUNT_USER)
        status = cy_refuse(&outcome, CY_REFUSAL_INPUT, "an organisation has no password");
    if (status != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    return status == CY_OK;
}

void cy_api_password_set(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    bool is_admin;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL || !find_user(request, response, true, &account, &is_admin))
        return;
    struct cy_str old = cy_hf_member(body, "old");
    if (cy_password_set(request->app->hub, &actor, account.id, is_admin ? NULL : &old, cy_hf_member(body, "password"), &outcome) != CY_OK)
        refuse(request, response, &outcome, CY_LOGIN_ACCOUNT_EVERY_MS);
}

void cy_api_password_reset_make(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    char text[CY_SESSION_RANDOM + 1];
    bool is_admin;
    if (!find_user(request, response, false, &account, &is_admin))
        return;
    if (cy_password_reset_make(request->app->hub, &actor, account.id, text, &outcome) != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_text(&json, "token", cy_str(text));
    cy_json_text(&json, "path", cy_str(cy_arena_printf(request->arena, "/password-reset?token=%s", text)));
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 201, &out);
    cy_respond_header(request, response, "Cache-Control", "no-store");
}

void cy_api_password_reset(struct cy_request *request, struct cy_response *response)
{
    struct cy_outcome outcome;
    if (!check_origin(request, response))
        return;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    if (cy_password_reset_use(request->app->hub, cy_hf_member(body, "token"), cy_hf_member(body, "password"), &outcome) != CY_OK)
        refuse(request, response, &outcome, 1000);
}
