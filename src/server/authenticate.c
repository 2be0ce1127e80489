#include "server/authenticate.h"

#include "hub/repositories.h"
#include "hub/sessions.h"
#include "hub/tokens.h"

#include <openssl/evp.h>

bool cy_base64_decode(struct cy_str text, struct cy_arena *arena, struct cy_str *bytes)
{
    *bytes = CY_STR("");
    if (text.size == 0)
        return true;
    if (text.size % 4 != 0 || text.size > (size_t)INT32_MAX)
        return false;
    char *out = cy_arena_alloc(arena, text.size / 4 * 3 + 1);
    int size = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)text.data, (int)text.size);
    if (size < 0)
        return false;
    size -= (text.data[text.size - 1] == '=') + (text.data[text.size - 2] == '='); /* the padding counts as zeros */
    *bytes = (struct cy_str){out, (size_t)size};
    return true;
}

/* The token of an Authorization header; false when the header is of a kind that is not known here. */
static bool token_of(struct cy_str header, struct cy_arena *arena, struct cy_str *token)
{
    struct cy_str rest, kind = cy_str_split(header, ' ', &rest), pair;
    *token = cy_str_trim(rest);
    if (cy_str_equal_nocase(kind, CY_STR("Bearer")))
        return true;
    if (!cy_str_equal_nocase(kind, CY_STR("Basic")) || !cy_base64_decode(*token, arena, &pair))
        return false;
    cy_str_split(pair, ':', token); /* the user's name is not looked at: the token says whose it is */
    return true;
}

/* What was signed is good as long as its user may still do it: he may have been disabled since, or the repository deleted. */
static void check_still(struct cy_request *request, struct cy_response *response, struct cy_str repository_id, unsigned needs)
{
    struct cy_error error;
    bool may;
    if (cy_repository_may(request->app->hub, cy_str(request->principal.user_id), repository_id, needs, &may, &error) != CY_OK)
        cy_respond_failure(request, response, &error);
    else if (!may)
        cy_respond_error(request, response, 403, NULL, "who was given this may not do it any more, or the repository is gone");
}

static void check_signature(struct cy_request *request, struct cy_response *response)
{
    struct cy_str expires = {0}, user = {0}, signature = {0};
    cy_request_query(request, "exp", &expires);
    cy_request_query(request, "user", &user);
    cy_request_query(request, "sig", &signature);
    const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
    if (cy_sign_url_check(request->app->hub->sign_key, method, request->path, expires, user, signature, cy_now_ms() / 1000))
        request->principal.user_id = cy_arena_printf(request->arena, "%.*s", (int)user.size, user.data);
    else
        cy_respond_error(request, response, 403, NULL, "this signed URL is not right, or its time is over: ask for a new one");
    if (response->status == 0) /* /api/lfs/{repository}/… */
        check_still(request, response, request->path_values[0],
                    CY_ACCESS_SEE | (strcmp(method, "GET") == 0 ? CY_ACCESS_READ : CY_ACCESS_WRITE));
}

/* ---- sessions ---- */

static const char *cookie_name(struct cy_request *request, const char *name)
{
    bool is_https = cy_str_starts(request->host, CY_STR("https://"));
    return cy_arena_printf(request->arena, "%sciyuan_%s", is_https ? "__Host-" : "", name);
}

void cy_cookie_set(struct cy_request *request, struct cy_response *response, const char *name, const char *value, int64_t life_s)
{
    bool is_https = cy_str_starts(request->host, CY_STR("https://"));
    cy_respond_header(request, response, "Set-Cookie", "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", cookie_name(request, name),
                      value, (long long)life_s, is_https ? "; Secure" : "");
}

struct cy_str cy_cookie_get(struct cy_request *request, const char *name)
{
    struct cy_str rest = cy_request_header(request, "Cookie"), wanted = cy_str(cookie_name(request, name));
    while (rest.size > 0) {
        struct cy_str value, pair = cy_str_trim(cy_str_split(rest, ';', &rest));
        if (cy_str_equal(cy_str_split(pair, '=', &value), wanted))
            return value;
    }
    return CY_STR("");
}

bool cy_check_same_origin(struct cy_request *request, struct cy_response *response)
{
    struct cy_str site = cy_request_header(request, "Sec-Fetch-Site"), origin = cy_request_header(request, "Origin");
    bool is_same = site.size > 0 ? cy_str_is(site, "same-origin") : origin.size == 0 || cy_str_equal_nocase(origin, request->host);
    if (!is_same)
        cy_respond_error(request, response, 403, "csrf", "this request comes from a page of another site (%.*s)",
                         (int)CY_MIN(origin.size, 100), origin.size > 0 ? origin.data : "");
    return is_same;
}

static bool changes_something(const struct cy_request *request)
{
    return strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0 && strcmp(request->method, "OPTIONS") != 0;
}

static void check_csrf(struct cy_request *request, struct cy_response *response)
{
    bool says_site = cy_request_header(request, "Sec-Fetch-Site").size > 0 || cy_request_header(request, "Origin").size > 0;
    if (!says_site)
        cy_respond_error(request, response, 403, "csrf",
                         "a request that changes something with a session must carry Origin or "
                         "Sec-Fetch-Site; a program uses a token instead");
    else if (cy_check_same_origin(request, response) &&
             !cy_secret_equal(cy_request_header(request, "X-CSRF-Token"), cy_str(request->principal.csrf)))
        cy_respond_error(request, response, 403, "csrf", "X-CSRF-Token is missing or wrong: GET /api/v1/session tells it");
}

static void take_identity(struct cy_request *request, const struct cy_identity *identity)
{
    struct cy_principal *principal = &request->principal;
    principal->user_id = cy_arena_text(request->arena, identity->user_id);
    principal->user_name = cy_arena_text(request->arena, identity->user_name);
    *(identity->is_session ? &principal->session_id : &principal->token_id) = cy_arena_text(request->arena, identity->token_id);
    principal->scopes = identity->scopes;
    principal->is_admin = identity->is_admin;
}

/* A cookie that is none any more is nobody's: what everybody may see, he may see too. */
static void read_session(struct cy_request *request, struct cy_response *response)
{
    struct cy_identity identity;
    struct cy_error error;
    char csrf[65];
    struct cy_str cookie = cy_cookie_get(request, "session");
    if (cookie.size == 0)
        return;
    if (cy_session_authenticate(request->app->hub, cookie, &identity, &error) != CY_OK) {
        cy_respond_failure(request, response, &error);
        return;
    }
    if (!identity.is_known)
        return;
    take_identity(request, &identity);
    cy_session_csrf(request->app->hub, cookie, csrf);
    request->principal.csrf = cy_arena_text(request->arena, csrf);
    if (changes_something(request))
        check_csrf(request, response);
}

void cy_authenticate(struct cy_request *request, struct cy_response *response)
{
    if (request->principal.is_local)
        return;
    request->principal.scopes = CY_SCOPE_READ; /* of nobody */
    if (request->route != NULL && (request->route->flags & CY_ROUTE_SIGNED) != 0) {
        check_signature(request, response);
        return;
    }
    if (request->route != NULL && (request->route->flags & CY_ROUTE_XET) != 0) {
        cy_xet_authenticate(request, response);
        if (response->status == 0)
            check_still(request, response, cy_str(request->principal.repository_id), CY_ACCESS_SEE | CY_ACCESS_WRITE);
        return;
    }
    struct cy_str header = cy_request_header(request, "Authorization"), token;
    if (header.size == 0) {
        read_session(request, response);
        return;
    }
    struct cy_identity identity = {0};
    struct cy_error error;
    if (token_of(header, request->arena, &token) && cy_token_authenticate(request->app->hub, token, &identity, &error) != CY_OK) {
        cy_respond_failure(request, response, &error);
        return;
    }
    request->principal.is_invalid = !identity.is_known;
    if (!identity.is_known) {
        cy_respond_error(request, response, 401, NULL, "Invalid credentials in Authorization header");
        cy_respond_header(request, response, "WWW-Authenticate", "Bearer");
        return;
    }
    take_identity(request, &identity);
}

struct cy_viewer cy_viewer_of(const struct cy_request *request)
{
    const struct cy_principal *principal = &request->principal;
    return (struct cy_viewer){.user_id = cy_str(principal->user_id),
                              .user_name = cy_str(principal->user_name),
                              .scopes = principal->is_local ? CY_SCOPE_ALL : principal->scopes,
                              .is_admin = principal->is_admin,
                              .is_local = principal->is_local};
}

struct cy_actor cy_actor_of(const struct cy_request *request)
{
    const struct cy_principal *principal = &request->principal;
    return (struct cy_actor){.id = cy_str(principal->user_id),
                             .name = principal->user_name != NULL ? cy_str(principal->user_name) : CY_STR("ciyuan")};
}
