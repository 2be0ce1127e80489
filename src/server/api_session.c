/* Sessions of the page: logging in and out, who am I, and where else am I logged in. */
#include "hub/passwords.h"
#include "hub/sessions.h"
#include "server/api.h"
#include "server/api_session.h"

#include <yyjson.h>

cy_handler cy_api_session_create, cy_api_session_show, cy_api_session_delete, cy_api_session_list, cy_api_session_end;

/* ---- who am I ---- */

struct myself {
    struct cy_account account;
    struct cy_membership *memberships;
    size_t membership_count;
};

static bool find_myself(struct cy_request *request, struct cy_response *response, struct myself *me)
{
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_account_find(database, cy_str(request->principal.user_name), request->arena, &me->account, &outcome);
        if (status == CY_OK)
            status = cy_memberships_of(database, me->account.id, request->arena, &me->memberships, &me->membership_count, &outcome.error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    return status == CY_OK;
}

static void add_myself(struct cy_json *json, const struct myself *me)
{
    cy_json_open(json, "user", '{');
    cy_json_text(json, "id", me->account.id);
    cy_json_text(json, "name", me->account.name);
    cy_json_text(json, "full_name", me->account.full_name);
    cy_json_text(json, "email", me->account.email);
    cy_json_bool(json, "is_admin", me->account.is_admin);
    cy_json_close(json, '}');
    cy_json_open(json, "organisations", '[');
    for (size_t i = 0; i < me->membership_count; i++) {
        cy_json_open(json, NULL, '{');
        cy_json_text(json, "name", me->memberships[i].name);
        cy_json_text(json, "full_name", me->memberships[i].full_name);
        cy_json_text(json, "role", cy_str(cy_role_name(me->memberships[i].role)));
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
}

void cy_api_session_show(struct cy_request *request, struct cy_response *response)
{
    struct myself me = {0};
    bool is_known = request->principal.user_name != NULL;
    if (is_known && !find_myself(request, response, &me))
        return;
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    if (is_known) {
        add_myself(&json, &me);
    } else {
        cy_json_null(&json, "user");
        cy_json_open(&json, "organisations", '[');
        cy_json_close(&json, ']');
    }
    if (request->principal.csrf != NULL)
        cy_json_text(&json, "csrf", cy_str(request->principal.csrf));
    else
        cy_json_null(&json, "csrf");
    cy_json_open(&json, "logins", '[');
    cy_json_text(&json, NULL, CY_STR("password"));
    if (request->app->oidc != NULL)
        cy_json_text(&json, NULL, CY_STR("oidc"));
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
    cy_respond_header(request, response, "Cache-Control", "no-store");
}

/* ---- in and out ---- */

bool cy_session_begin(struct cy_request *request, struct cy_response *response, const struct cy_account *account, const char *how)
{
    struct cy_outcome outcome;
    struct cy_actor actor = {account->id, account->name};
    char cookie[CY_SESSION_COOKIE + 1], csrf[65];
    if (cy_session_create(request->app->hub, &actor, how, cy_request_header(request, "User-Agent"), request->peer, cookie, &outcome) !=
        CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return false;
    }
    cy_cookie_set(request, response, "session", cookie, CY_SESSION_LIFE_MS / 1000);
    cy_session_csrf(request->app->hub, cy_str(cookie), csrf);
    request->principal = (struct cy_principal){.user_id = cy_arena_str(request->arena, account->id).data,
                                               .user_name = cy_arena_str(request->arena, account->name).data,
                                               .csrf = cy_arena_text(request->arena, csrf),
                                               .scopes = CY_SCOPE_ALL,
                                               .is_admin = account->is_admin};
    return true;
}

void cy_api_session_create(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_outcome outcome;
    if (!cy_check_same_origin(request, response)) /* nobody is logged in as somebody else by another site's page */
        return;
    yyjson_val *body = cy_hf_body_object(request, response);
    if (body == NULL)
        return;
    if (cy_login(request->app->hub, cy_hf_member(body, "name"), cy_hf_member(body, "password"), request->peer, request->arena, &account,
                 &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    else if (cy_session_begin(request, response, &account, "password"))
        cy_api_session_show(request, response);
}

static void end(struct cy_request *request, struct cy_response *response, struct cy_str id)
{
    struct cy_outcome outcome;
    struct cy_actor actor = cy_actor_of(request);
    if (cy_session_end(request->app->hub, &actor, actor.id, id, &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    else if (request->principal.session_id != NULL && cy_str_is(id, request->principal.session_id))
        cy_cookie_set(request, response, "session", "", 0);
}

void cy_api_session_delete(struct cy_request *request, struct cy_response *response)
{
    if (request->principal.session_id == NULL) /* there is none, or it ended: as was wished */
        cy_cookie_set(request, response, "session", "", 0);
    else
        end(request, response, cy_str(request->principal.session_id));
}

/* ---- all of mine ---- */

void cy_api_session_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_outcome outcome = {0};
    struct cy_database *database;
    struct cy_session *sessions = NULL;
    size_t count = 0;
    if (!cy_api_check_user(request, response, CY_SCOPE_WRITE, "see your sessions"))
        return;
    enum cy_status status = cy_store_reader(request->app->hub->store, &database, &outcome.error);
    if (status == CY_OK) {
        status = cy_sessions_of(database, cy_str(request->principal.user_id), request->arena, &sessions, &count, &outcome.error);
        cy_store_reader_back(request->app->hub->store, database);
    }
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    cy_json_open_line(&json, NULL, '{');
    cy_json_open(&json, "items", '[');
    for (size_t i = 0; i < count; i++) {
        cy_json_open(&json, NULL, '{');
        cy_json_text(&json, "id", sessions[i].id);
        cy_json_text(&json, "agent", sessions[i].agent);
        cy_json_text(&json, "address", sessions[i].address);
        cy_json_bool(&json, "is_this", request->principal.session_id != NULL && cy_str_is(sessions[i].id, request->principal.session_id));
        cy_json_integer(&json, "created_ms", sessions[i].created_ms);
        cy_json_integer(&json, "seen_ms", sessions[i].seen_ms);
        cy_json_integer(&json, "expires_ms", sessions[i].expires_ms);
        cy_json_close(&json, '}');
    }
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_respond_json(request, response, 200, &out);
}

void cy_api_session_end(struct cy_request *request, struct cy_response *response)
{
    if (cy_api_check_user(request, response, CY_SCOPE_WRITE, "end a session"))
        end(request, response, request->path_values[0]);
}
