#include "hub/openid.h"

#include "hub/hub_names.h"
#include "store/curl_library.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <yyjson.h>

enum {
    ANSWER_BYTES_MAX = 1 << 20, /* of a provider: some KB */
    FETCH_SECONDS = 10,
    DISCOVERY_SECONDS = 3600, /* where its endpoints are is asked again after that */
    SKEW_SECONDS = 60,        /* between its clock and ours */
    STATE_CHARS = 43,
    NAMES_TRIED = 50,
};

struct cy_openid {
    char *issuer, *client_id, *client_secret;
    pthread_mutex_t lock;
    char *authorization_endpoint, *token_endpoint;
    int64_t known_until_s;
};

/* ---- addresses ---- */

/* https, or http on this machine: nobody else can stand between. */
static bool is_trusted(struct cy_str url)
{
    static const char *const loopback[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    if (cy_str_starts(url, CY_STR("https://")))
        return url.size > 8;
    for (size_t i = 0; i < CY_COUNT(loopback); i++) {
        struct cy_str prefix = cy_str(loopback[i]);
        if (cy_str_starts(url, prefix) && (url.size == prefix.size || url.data[prefix.size] == ':' || url.data[prefix.size] == '/'))
            return true;
    }
    return false;
}

static void add_escaped(struct cy_buffer *out, struct cy_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("-._~", c) != NULL))
            cy_buffer_add_byte(out, c);
        else
            cy_buffer_printf(out, "%%%02X", c);
    }
}

static void add_pair(struct cy_buffer *out, const char *name, struct cy_str value)
{
    cy_buffer_printf(out, "%s%s=", out->size > 0 && strchr("?&", out->data[out->size - 1]) == NULL ? "&" : "", name);
    add_escaped(out, value);
}

static size_t on_receive(char *data, size_t size, size_t count, void *context)
{
    struct cy_buffer *received = context;
    if (received->size + size * count > ANSWER_BYTES_MAX)
        return 0;
    cy_buffer_add(received, data, size * count);
    return size * count;
}

/* One request to the provider; JSON comes back. body NULL: GET. user, password: Basic, or NULL. */
static enum cy_status fetch(const char *url, const struct cy_buffer *body, const char *user_and_password, struct cy_buffer *received,
                            struct cy_error *error)
{
    if (!is_trusted(cy_str(url)))
        return cy_error_set(error, CY_FAILED, "the provider names \"%s\", which is neither https nor on this machine", url);
    if (cy_curl_load(error) != CY_OK)
        return error->status;
    CURL *curl = cy_curl.curl_easy_init();
    CY_ASSERT(curl != NULL);
    char problem[CURL_ERROR_SIZE] = "";
    long status = 0;
    cy_curl.curl_easy_setopt(curl, CURLOPT_URL, url);
    cy_curl.curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    cy_curl.curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    cy_curl.curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_SECONDS);
    cy_curl.curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
    cy_curl.curl_easy_setopt(curl, CURLOPT_USERAGENT, "ciyuan/" CIYUAN_VERSION);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_receive);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEDATA, received);
    if (body != NULL) {
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
    }
    if (user_and_password != NULL)
        cy_curl.curl_easy_setopt(curl, CURLOPT_USERPWD, user_and_password);
    CURLcode code = cy_curl.curl_easy_perform(curl);
    cy_curl.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    cy_curl.curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return cy_error_set(error, CY_IO, "could not reach the login provider at %s: %s", url,
                            problem[0] != '\0' ? problem : cy_curl.curl_easy_strerror(code));
    if (status != 200) /* 400: what we sent is refused, such as a code that was used already */
        return cy_error_set(error, status == 400 ? CY_BAD_INPUT : CY_FAILED, "the login provider answered %ld at %s: %.*s", status, url,
                            (int)CY_MIN(received->size, 300), received->data);
    return CY_OK;
}

static struct cy_str text_of(yyjson_val *object, const char *name)
{
    yyjson_val *value = yyjson_obj_get(object, name);
    return yyjson_is_str(value) ? (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)} : CY_STR("");
}

/* ---- the provider ---- */

enum cy_status cy_openid_new(struct cy_openid **openid, const struct cy_openid_options *options, struct cy_error *error)
{
    *openid = NULL;
    struct cy_str issuer = cy_str(options->issuer);
    if (!is_trusted(issuer))
        return cy_error_set(error, CY_BAD_RECIPE, "the OpenID issuer \"%s\" is no https URL (http is taken on this machine alone)",
                            options->issuer);
    if (options->client_id == NULL || options->client_secret == NULL)
        return cy_error_set(error, CY_BAD_RECIPE, "an OpenID issuer needs a client's id, and its secret in CIYUAN_OPENID_SECRET");
    struct cy_openid *made = cy_alloc_zero(1, sizeof *made);
    made->issuer = strdup(options->issuer);
    made->client_id = strdup(options->client_id);
    made->client_secret = strdup(options->client_secret);
    CY_ASSERT(made->issuer != NULL && made->client_id != NULL && made->client_secret != NULL);
    pthread_mutex_init(&made->lock, NULL);
    *openid = made;
    return CY_OK;
}

void cy_openid_free(struct cy_openid *openid)
{
    if (openid == NULL)
        return;
    pthread_mutex_destroy(&openid->lock);
    free(openid->issuer);
    free(openid->client_id);
    free(openid->client_secret);
    free(openid->authorization_endpoint);
    free(openid->token_endpoint);
    free(openid);
}

static enum cy_status discover(struct cy_openid *openid, struct cy_error *error)
{
    struct cy_buffer received = {0};
    struct cy_arena arena = {0};
    struct cy_str base = cy_str(openid->issuer);
    while (base.size > 0 && base.data[base.size - 1] == '/')
        base.size--;
    const char *url = cy_arena_printf(&arena, "%.*s/.well-known/openid-configuration", (int)base.size, base.data);
    enum cy_status status = fetch(url, NULL, NULL, &received, error);
    if (status == CY_OK) {
        yyjson_doc *document = yyjson_read(received.data, received.size, YYJSON_READ_NOFLAG);
        yyjson_val *root = yyjson_doc_get_root(document);
        struct cy_str authorization = text_of(root, "authorization_endpoint"), token = text_of(root, "token_endpoint");
        if (!cy_str_is(text_of(root, "issuer"), openid->issuer) || !is_trusted(authorization) || !is_trusted(token)) {
            status = cy_error_set(error, CY_FAILED, "what the login provider tells at %s is not of the issuer \"%s\", or not https", url,
                                  openid->issuer);
        } else {
            free(openid->authorization_endpoint);
            free(openid->token_endpoint);
            openid->authorization_endpoint = strndup(authorization.data, authorization.size);
            openid->token_endpoint = strndup(token.data, token.size);
            openid->known_until_s = cy_now_ms() / 1000 + DISCOVERY_SECONDS;
        }
        yyjson_doc_free(document);
    }
    cy_buffer_release(&received);
    cy_arena_release(&arena);
    return status;
}

/* The provider's endpoints, in arena. */
static enum cy_status endpoints(struct cy_openid *openid, struct cy_arena *arena, const char **authorization, const char **token,
                                struct cy_error *error)
{
    pthread_mutex_lock(&openid->lock);
    enum cy_status status = openid->known_until_s > cy_now_ms() / 1000 ? CY_OK : discover(openid, error);
    if (status == CY_OK) {
        *authorization = cy_arena_text(arena, openid->authorization_endpoint);
        *token = cy_arena_text(arena, openid->token_endpoint);
    }
    pthread_mutex_unlock(&openid->lock);
    return status;
}

/* ---- the flow ---- */

/* base64url without padding (RFC 4648 §5) of a sha256: RFC 7636's S256. */
static void challenge_of(const char *verifier, char challenge[48])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    CY_ASSERT(EVP_Digest(verifier, strlen(verifier), digest, &size, EVP_sha256(), NULL) == 1);
    int written = EVP_EncodeBlock((unsigned char *)challenge, digest, (int)size);
    for (int i = 0; i < written; i++)
        challenge[i] = (char)(challenge[i] == '+' ? '-' : challenge[i] == '/' ? '_' : challenge[i]);
    challenge[strcspn(challenge, "=")] = '\0';
}

static void sign_cookie(const struct cy_hub *hub, const struct cy_str parts[4], char signature[65])
{
    cy_sign(hub->sign_key, (struct cy_str[]){CY_STR("openid"), parts[0], parts[1], parts[2], parts[3]}, 5, signature);
}

enum cy_status cy_openid_begin(struct cy_openid *openid, const struct cy_hub *hub, struct cy_str redirect_uri, struct cy_arena *arena,
                               struct cy_str *url, struct cy_str *cookie, struct cy_error *error)
{
    const char *authorization, *token;
    char state[STATE_CHARS + 1], nonce[STATE_CHARS + 1], verifier[STATE_CHARS + 1], expires[24], challenge[48], signature[65];
    enum cy_status status = endpoints(openid, arena, &authorization, &token, error);
    if (status != CY_OK)
        return status;
    cy_random_base62(state, STATE_CHARS);
    cy_random_base62(nonce, STATE_CHARS);
    cy_random_base62(verifier, STATE_CHARS);
    snprintf(expires, sizeof expires, "%" PRId64, cy_now_ms() / 1000 + CY_OPENID_COOKIE_SECONDS);
    challenge_of(verifier, challenge);
    sign_cookie(hub, (struct cy_str[4]){cy_str(state), cy_str(nonce), cy_str(verifier), cy_str(expires)}, signature);
    struct cy_buffer out = {0};
    cy_buffer_printf(&out, "%s%c", authorization, strchr(authorization, '?') != NULL ? '&' : '?');
    add_pair(&out, "response_type", CY_STR("code"));
    add_pair(&out, "client_id", cy_str(openid->client_id));
    add_pair(&out, "redirect_uri", redirect_uri);
    add_pair(&out, "scope", CY_STR("openid profile email"));
    add_pair(&out, "state", cy_str(state));
    add_pair(&out, "nonce", cy_str(nonce));
    add_pair(&out, "code_challenge", cy_str(challenge));
    add_pair(&out, "code_challenge_method", CY_STR("S256"));
    *url = cy_arena_str(arena, cy_buffer_str(&out));
    cy_buffer_release(&out);
    *cookie = cy_str(cy_arena_printf(arena, "%s.%s.%s.%s.%s", state, nonce, verifier, expires, signature));
    return CY_OK;
}

/* A part of a token: base64url, a JSON object. NULL when it is none; the document is the caller's. */
static yyjson_doc *read_part(struct cy_str part, struct cy_arena *arena)
{
    size_t padded = (part.size + 3) / 4 * 4;
    char *text = cy_arena_alloc(arena, padded + 1), *bytes = cy_arena_alloc(arena, padded + 1);
    if (part.size == 0 || part.size > ANSWER_BYTES_MAX)
        return NULL;
    memset(text, '=', padded);
    for (size_t i = 0; i < part.size; i++)
        text[i] = (char)(part.data[i] == '-' ? '+' : part.data[i] == '_' ? '/' : part.data[i]);
    int size = EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)text, (int)padded);
    if (size < 0)
        return NULL;
    return yyjson_read(bytes, (size_t)size - (padded - part.size), YYJSON_READ_NOFLAG);
}

static bool has_audience(yyjson_val *audience, struct cy_str client_id)
{
    size_t i, count;
    yyjson_val *one;
    if (yyjson_is_str(audience))
        return yyjson_equals_strn(audience, client_id.data, client_id.size);
    yyjson_arr_foreach(audience, i, count, one) if (yyjson_equals_strn(one, client_id.data, client_id.size)) return true;
    return false;
}

enum cy_status cy_openid_read_token(struct cy_str token, struct cy_str issuer, struct cy_str client_id, struct cy_str nonce, int64_t now_s,
                                    struct cy_arena *arena, struct cy_openid_claims *claims, struct cy_error *error)
{
    struct cy_str rest;
    cy_str_split(token, '.', &rest);
    yyjson_doc *document = read_part(cy_str_split(rest, '.', &rest), arena);
    yyjson_val *root = yyjson_doc_get_root(document), *party = yyjson_obj_get(root, "azp");
    struct cy_str subject = text_of(root, "sub");
    const char *wrong = NULL;
    if (!yyjson_is_obj(root))
        wrong = "it is no token";
    else if (!cy_str_equal(text_of(root, "iss"), issuer))
        wrong = "it is of another issuer";
    else if (!has_audience(yyjson_obj_get(root, "aud"), client_id) ||
             (party != NULL && !yyjson_equals_strn(party, client_id.data, client_id.size)))
        wrong = "it is for another client";
    else if (!yyjson_is_num(yyjson_obj_get(root, "exp")) || yyjson_get_num(yyjson_obj_get(root, "exp")) + SKEW_SECONDS < (double)now_s)
        wrong = "its time is over";
    else if (!cy_secret_equal(text_of(root, "nonce"), nonce) || nonce.size == 0)
        wrong = "it answers another login";
    else if (subject.size == 0 || subject.size > 255)
        wrong = "it does not say who it is";
    if (wrong == NULL)
        *claims = (struct cy_openid_claims){.issuer = issuer,
                                            .subject = cy_arena_str(arena, subject),
                                            .name = cy_arena_str(arena, text_of(root, "preferred_username")),
                                            .full_name = cy_arena_str(arena, text_of(root, "name")),
                                            .email = cy_arena_str(arena, text_of(root, "email"))};
    yyjson_doc_free(document);
    return wrong == NULL ? CY_OK : cy_error_set(error, CY_BAD_INPUT, "the login provider's token is refused: %s", wrong);
}

/* Exchanges the code for an id token, in arena. */
static enum cy_status exchange(struct cy_openid *openid, const char *token_endpoint, struct cy_str redirect_uri, struct cy_str code,
                               struct cy_str verifier, struct cy_arena *arena, struct cy_str *token, struct cy_error *error)
{
    struct cy_buffer body = {0}, received = {0}, pair = {0};
    add_pair(&body, "grant_type", CY_STR("authorization_code"));
    add_pair(&body, "code", code);
    add_pair(&body, "redirect_uri", redirect_uri);
    add_pair(&body, "code_verifier", verifier);
    add_escaped(&pair, cy_str(openid->client_id)); /* RFC 6749 §2.3.1 */
    cy_buffer_add_byte(&pair, ':');
    add_escaped(&pair, cy_str(openid->client_secret));
    cy_buffer_add_byte(&pair, 0);
    enum cy_status status = fetch(token_endpoint, &body, pair.data, &received, error);
    if (status == CY_OK) {
        yyjson_doc *document = yyjson_read(received.data, received.size, YYJSON_READ_NOFLAG);
        *token = cy_arena_str(arena, text_of(yyjson_doc_get_root(document), "id_token"));
        yyjson_doc_free(document);
    }
    cy_buffer_release(&body);
    cy_buffer_release(&received);
    cy_buffer_release(&pair);
    return status;
}

enum cy_status cy_openid_finish(struct cy_openid *openid, const struct cy_hub *hub, struct cy_str redirect_uri, struct cy_str code,
                                struct cy_str state, struct cy_str cookie, struct cy_arena *arena, struct cy_openid_claims *claims,
                                struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    struct cy_str parts[4], rest = cookie, token;
    const char *authorization, *token_endpoint;
    char signature[65];
    for (size_t i = 0; i < CY_COUNT(parts); i++)
        parts[i] = cy_str_split(rest, '.', &rest);
    sign_cookie(hub, parts, signature);
    if (!cy_secret_equal(cy_str(signature), rest) || !cy_secret_equal(parts[0], state) ||
        strtoll(cy_arena_str(arena, parts[3]).data, NULL, 10) < cy_now_ms() / 1000)
        return cy_refuse(outcome, CY_REFUSAL_NOT_ALLOWED, "this login was not begun in this browser, or took too long: begin it again");
    enum cy_status status = endpoints(openid, arena, &authorization, &token_endpoint, &outcome->error);
    if (status == CY_OK)
        status = exchange(openid, token_endpoint, redirect_uri, code, parts[2], arena, &token, &outcome->error);
    if (status == CY_OK)
        status = cy_openid_read_token(token, cy_str(openid->issuer), cy_str(openid->client_id), parts[1], cy_now_ms() / 1000, arena, claims,
                                      &outcome->error);
    if (status == CY_BAD_INPUT)
        outcome->refusal = CY_REFUSAL_NOT_ALLOWED;
    return status;
}

/* ---- whose identity it is ---- */

/* What of a name elsewhere can be a name here: other characters become "-". */
static struct cy_str name_from(struct cy_arena *arena, const struct cy_openid_claims *claims)
{
    struct cy_str rest, wanted = claims->name.size > 0 ? claims->name : cy_str_split(claims->email, '@', &rest);
    struct cy_buffer out = {0};
    struct cy_error error;
    for (size_t i = 0; i < wanted.size && out.size < CY_ACCOUNT_NAME_MAX - 3; i++) {
        char c = wanted.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool follows = out.size > 0 && strchr("-_.", out.data[out.size - 1]) == NULL;
        if (is_plain)
            cy_buffer_add_byte(&out, (uint8_t)c);
        else if (follows)
            cy_buffer_add_byte(&out, c == '_' || c == '.' ? (uint8_t)c : '-');
    }
    while (out.size > 0 && strchr("-_.", out.data[out.size - 1]) != NULL)
        out.size--;
    struct cy_str name = cy_arena_str(arena, cy_buffer_str(&out));
    cy_buffer_release(&out);
    return cy_account_name_check(name, &error) == CY_OK ? name : CY_STR("member");
}

struct link {
    const struct cy_openid_claims *claims;
    struct cy_str user_id;
    bool is_taken; /* somebody else has the identity meanwhile */
};

static enum cy_status link_work(struct cy_database *database, void *context, struct cy_error *error)
{
    struct link *link = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_actor actor = {link->user_id, link->claims->issuer};
    enum cy_status status = CY_RUN(database, CY_SQL_identity_add, &arena, &rows, error, cy_value_text(link->claims->issuer),
                                   cy_value_text(link->claims->subject), cy_value_text(link->user_id), cy_value_integer(cy_now_ms()));
    link->is_taken = status == CY_OK && rows.row_count == 0;
    if (status == CY_OK)
        status = cy_audit_add(database, &actor, "identity.add", link->user_id, CY_STR("{}"), error);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status find_identity(struct cy_hub *hub, const struct cy_openid_claims *claims, struct cy_arena *arena,
                                    struct cy_account *account, bool *found, struct cy_outcome *outcome)
{
    struct cy_database *database;
    struct cy_result rows;
    enum cy_status status = cy_store_reader(hub->store, &database, &outcome->error);
    if (status != CY_OK)
        return status;
    status =
        CY_RUN(database, CY_SQL_identity_get, arena, &rows, &outcome->error, cy_value_text(claims->issuer), cy_value_text(claims->subject));
    *found = status == CY_OK && rows.row_count == 1;
    if (*found)
        status = cy_account_find(database, cy_result_text(&rows, 0, 0), arena, account, outcome);
    cy_store_reader_back(hub->store, database);
    return status;
}

/* A new account; a number behind the name when that is taken. */
static enum cy_status make_user(struct cy_hub *hub, const struct cy_openid_claims *claims, struct cy_arena *arena,
                                struct cy_account *account, struct cy_outcome *outcome)
{
    struct cy_str name = name_from(arena, claims);
    struct cy_actor actor = {.name = claims->issuer};
    enum cy_status status = CY_BAD_INPUT;
    for (int i = 1; i <= NAMES_TRIED && status != CY_OK; i++) {
        struct cy_str tried = i == 1 ? name : cy_str(cy_arena_printf(arena, "%.*s%d", (int)name.size, name.data, i));
        struct cy_account_new new = {.kind = CY_ACCOUNT_USER, .name = tried, .full_name = claims->full_name, .email = claims->email};
        status = cy_account_create(hub, &actor, &new, arena, account, outcome);
        if (status != CY_OK && outcome->refusal != CY_REFUSAL_EXISTS)
            return status;
    }
    return status;
}

enum cy_status cy_openid_user(struct cy_hub *hub, const struct cy_openid_claims *claims, struct cy_arena *arena, struct cy_account *account,
                              struct cy_outcome *outcome)
{
    *outcome = (struct cy_outcome){0};
    bool found;
    enum cy_status status = find_identity(hub, claims, arena, account, &found, outcome);
    if (status != CY_OK || found)
        return status;
    status = make_user(hub, claims, arena, account, outcome);
    struct link link = {claims, account->id, false};
    if (status == CY_OK)
        status = cy_store_write(hub->store, CY_AREA_HUB, link_work, &link, &outcome->error);
    if (status == CY_OK && link.is_taken) /* two first logins at once: the other's account is the one */
        status = find_identity(hub, claims, arena, account, &found, outcome);
    return status;
}
