/* Logging in through an OpenID Connect provider: the browser goes there and comes back. */
#include "hub/openid.h"

#include "server/api_session.h"
#include "server/hf.h"

cy_handler cy_openid_start, cy_openid_callback;

#define OPENID_COOKIE "openid"

static struct cy_str redirect_uri(struct cy_request *request)
{
    return cy_str(cy_arena_printf(request->arena, "%.*s/auth/openid/callback", (int)request->host.size, request->host.data));
}

static bool check_provider(struct cy_request *request, struct cy_response *response)
{
    if (request->app->openid != NULL)
        return true;
    cy_respond_error(request, response, 404, NULL, "this server has no login provider (--openid-issuer)");
    return false;
}

void cy_openid_start(struct cy_request *request, struct cy_response *response)
{
    struct cy_str url, cookie;
    struct cy_error error;
    if (!check_provider(request, response))
        return;
    if (cy_openid_begin(request->app->openid, request->app->hub, redirect_uri(request), request->arena, &url, &cookie, &error) != CY_OK) {
        cy_respond_failure(request, response, &error);
        response->status = 502;
        return;
    }
    response->status = 302;
    cy_respond_header(request, response, "Location", "%.*s", (int)url.size, url.data);
    cy_respond_header(request, response, "Cache-Control", "no-store");
    cy_cookie_set(request, response, OPENID_COOKIE, cookie.data, CY_OPENID_COOKIE_SECONDS);
}

void cy_openid_callback(struct cy_request *request, struct cy_response *response)
{
    struct cy_str code = {0}, state = {0}, problem = {0};
    struct cy_openid_claims claims;
    struct cy_account account;
    struct cy_outcome outcome = {0};
    if (!check_provider(request, response))
        return;
    cy_request_query(request, "code", &code);
    cy_request_query(request, "state", &state);
    if (cy_request_query(request, "error", &problem)) {
        cy_respond_error(request, response, 403, NULL, "the login provider refused: %.*s", (int)CY_MIN(problem.size, 100), problem.data);
        return;
    }
    enum cy_status status = cy_openid_finish(request->app->openid, request->app->hub, redirect_uri(request), code, state,
                                             cy_cookie_get(request, OPENID_COOKIE), request->arena, &claims, &outcome);
    if (status == CY_OK)
        status = cy_openid_user(request->app->hub, &claims, request->arena, &account, &outcome);
    if (status == CY_OK && account.is_disabled)
        status = cy_refuse(&outcome, CY_REFUSAL_NOT_ALLOWED, "this account is switched off");
    if (status != CY_OK) {
        cy_hf_refuse(request, response, &outcome);
        return;
    }
    if (!cy_session_begin(request, response, &account, "openid"))
        return;
    response->status = 302;
    cy_respond_header(request, response, "Location", "/");
    cy_respond_header(request, response, "Cache-Control", "no-store");
    cy_cookie_set(request, response, OPENID_COOKIE, "", 0);
}
