#include "server/authenticate.h"

#include "hub/sessions.h"

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
}

static void take_identity(struct cy_request *request, const struct cy_identity *identity)
{
    request->principal.user_id = cy_arena_text(request->arena, identity->user_id);
    request->principal.user_name = cy_arena_text(request->arena, identity->user_name);
    request->principal.scopes = identity->scopes;
    request->principal.is_admin = identity->is_admin;
}

struct cy_str cy_session_cookie(const struct cy_request *request)
{
    struct cy_str rest = cy_request_header(request, "Cookie"), value;
    while (rest.size > 0)
        if (cy_str_is(cy_str_split(cy_str_trim(cy_str_split(rest, ';', &rest)), '=', &value), CY_SESSION_COOKIE))
            return value;
    return CY_STR("");
}

/* A session's cookie comes with every request of its browser, whoever made the browser send it. What changes something counts only with the
 * text that our own page knows. A cookie that is not known any more is no error: its owner is nobody. */
static void check_session(struct cy_request *request, struct cy_response *response)
{
    struct cy_str cookie = cy_session_cookie(request);
    struct cy_identity identity;
    struct cy_error error;
    if (cookie.size == 0)
        return;
    if (cy_session_authenticate(request->app->hub, cookie, &identity, &error) != CY_OK) {
        cy_respond_failure(request, response, &error);
        return;
    }
    bool is_read = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    bool has_text = cy_secret_equal(cy_request_header(request, "X-CSRF-Token"), cy_str(identity.csrf));
    if (!identity.is_known || cy_str_is(request->path, "/api/v1/login"))
        return;
    if (!is_read && !has_text) {
        cy_respond_error(request, response, 403, NULL, "the header X-CSRF-Token is missing or wrong: GET /api/v1/session tells it");
        return;
    }
    take_identity(request, &identity);
    request->principal.csrf = cy_arena_text(request->arena, identity.csrf);
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
        return;
    }
    struct cy_str header = cy_request_header(request, "Authorization"), token;
    if (header.size == 0) {
        check_session(request, response);
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
    request->principal.token_id = cy_arena_text(request->arena, identity.token_id);
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
