/* Logging in at an OpenID Connect provider: the browser is sent there, and comes back with a code. */
#include "hub/oidc.h"
#include "server/api.h"
#include "server/api_session.h"

cy_handler cy_api_oidc_begin, cy_api_oidc_finish;

static struct cy_str redirect_of(struct cy_request *request)
{
    return cy_str(cy_arena_printf(request->arena, "%.*s/api/v1/login/oidc/callback", (int)request->host.size, request->host.data));
}

static bool check_provider(struct cy_request *request, struct cy_response *response)
{
    if (request->app->oidc != NULL)
        return true;
    cy_respond_error(request, response, 404, NULL, "this server has no login provider (ciyuan serve --oidc)");
    return false;
}

static void send_to(struct cy_request *request, struct cy_response *response, struct cy_str url)
{
    response->status = 303;
    cy_respond_header(request, response, "Location", "%.*s", (int)url.size, url.data);
    cy_respond_header(request, response, "Cache-Control", "no-store");
    cy_respond_header(request, response, "Referrer-Policy", "no-referrer"); /* the code stands in our URL */
}

void cy_api_oidc_begin(struct cy_request *request, struct cy_response *response)
{
    struct cy_str place = {0}, url, cookie;
    struct cy_outcome outcome;
    cy_request_query(request, "to", &place);
    if (!check_provider(request, response))
        return;
    if (cy_oidc_begin(request->app->oidc, request->app->hub, redirect_of(request), place, request->arena, &url, &cookie, &outcome) !=
        CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    cy_cookie_set(request, response, "oidc", cookie.data, CY_OIDC_LOGIN_S);
    send_to(request, response, url);
}

void cy_api_oidc_finish(struct cy_request *request, struct cy_response *response)
{
    struct cy_account account;
    struct cy_str place;
    struct cy_outcome outcome;
    struct cy_oidc_answer answer = {.cookie = cy_cookie_get(request, "oidc"), .redirect = redirect_of(request)};
    if (!check_provider(request, response))
        return;
    cy_request_query(request, "code", &answer.code);
    cy_request_query(request, "state", &answer.state);
    cy_request_query(request, "error", &answer.error);
    cy_request_query(request, "iss", &answer.issuer);
    if (cy_oidc_finish(request->app->oidc, request->app->hub, &answer, request->arena, &account, &place, &outcome) != CY_OK)
        cy_hf_refuse(request, response, &outcome);
    else if (cy_session_begin(request, response, &account, "oidc"))
        send_to(request, response, place);
    cy_cookie_set(request, response, "oidc", "", 0); /* one login, one cookie */
}
