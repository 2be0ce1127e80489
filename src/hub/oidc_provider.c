#include "hub/oidc_provider.h"

#include "hub/remote.h"
#include "store/curl_library.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <yyjson.h>

enum {
    ANSWER_BYTES_MAX = 1024 * 1024, /* metadata has some kB, keys too */
    CONNECT_S = 5,
    TOTAL_S = 10,
};
#define KEPT_MS ((int64_t)3600 * 1000)

/* ---- one request ---- */

struct ask {
    struct cy_str url;
    struct cy_str form;        /* a POST; empty: a GET */
    const char *authorization; /* "Authorization: …", or NULL */
};

static size_t take_piece(char *data, size_t one, size_t size, void *context)
{
    struct cy_buffer *answer = context;
    if (answer->size + one * size > ANSWER_BYTES_MAX)
        return 0;
    cy_buffer_add(answer, data, one * size);
    return one * size;
}

static bool is_on_this_machine(struct cy_str url)
{
    static const char *const beginnings[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < CY_COUNT(beginnings); i++) {
        struct cy_str beginning = cy_str(beginnings[i]);
        if (cy_str_starts(url, beginning) && (url.size == beginning.size || strchr(":/?", url.data[beginning.size]) != NULL))
            return true;
    }
    return false;
}

static bool may_ask(const struct cy_oidc *oidc, struct cy_str url)
{
    return (cy_str_starts(url, CY_STR("https://")) && url.size > 8) || (oidc->allows_http && is_on_this_machine(url));
}

static enum cy_status refuse(struct cy_outcome *outcome, const char *what, const char *why)
{
    return cy_refuse(outcome, CY_REFUSAL_PROVIDER, "the login provider cannot be used: %s: %s", what, why);
}

/* No redirects are followed: a provider's addresses are those that it wrote down. */
static enum cy_status ask(const struct cy_oidc *oidc, const struct ask *of, const char *what, struct cy_buffer *answer, long *status,
                          struct cy_outcome *outcome)
{
    char why[CURL_ERROR_SIZE] = "";
    cy_buffer_clear(answer);
    if (!may_ask(oidc, of->url))
        return refuse(outcome, what, "its address is not https://");
    if (cy_curl_load(&outcome->error) != CY_OK)
        return outcome->error.status;
    struct cy_buffer url = {0};
    cy_buffer_add_str(&url, of->url);
    cy_buffer_add_byte(&url, '\0');
    CURL *curl = cy_curl.curl_easy_init();
    struct curl_slist *headers = cy_curl.curl_slist_append(NULL, "Accept: application/json");
    CY_ASSERT(curl != NULL && headers != NULL);
    if (of->authorization != NULL)
        headers = cy_curl.curl_slist_append(headers, of->authorization);
    cy_curl.curl_easy_setopt(curl, CURLOPT_URL, url.data);
    cy_curl.curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, oidc->allows_http ? "http,https" : "https");
    cy_curl.curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    cy_curl.curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TOTAL_S);
    cy_curl.curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    cy_curl.curl_easy_setopt(curl, CURLOPT_USERAGENT, "ciyuan/" CIYUAN_VERSION);
    cy_curl.curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_piece);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    cy_curl.curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    if (of->form.size > 0) {
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)of->form.size);
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDS, of->form.data);
    }
    CURLcode code = cy_curl.curl_easy_perform(curl);
    *status = 0;
    cy_curl.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    cy_curl.curl_slist_free_all(headers);
    cy_curl.curl_easy_cleanup(curl);
    cy_buffer_release(&url);
    return code == CURLE_OK ? CY_OK : refuse(outcome, what, why[0] != '\0' ? why : cy_curl.curl_easy_strerror(code));
}

static enum cy_status get(const struct cy_oidc *oidc, struct cy_str url, const char *what, struct cy_buffer *answer,
                          struct cy_outcome *outcome)
{
    char text[40];
    long status;
    enum cy_status done = ask(oidc, &(struct ask){.url = url}, what, answer, &status, outcome);
    if (done != CY_OK || status == 200)
        return done;
    snprintf(text, sizeof text, "it answers %ld", status);
    return refuse(outcome, what, text);
}

/* ---- opening ---- */

static char *copy(const char *text)
{
    char *to = text != NULL ? cy_alloc(strlen(text) + 1) : NULL;
    return to != NULL ? memcpy(to, text, strlen(text) + 1) : NULL;
}

enum cy_status cy_oidc_open(struct cy_oidc **oidc, const struct cy_oidc_options *options, struct cy_error *error)
{
    struct cy_str issuer = cy_str(options->issuer);
    bool is_here = is_on_this_machine(issuer);
    *oidc = NULL;
    if (!is_here && !cy_str_starts(issuer, CY_STR("https://"))) {
        cy_error_set(error, CY_BAD_RECIPE, "\"%.*s\" cannot be the issuer of logins: it is not https://", (int)CY_MIN(issuer.size, 200),
                     issuer.data);
        return cy_error_hint(error, "write it as the provider does in \"issuer\" of its .well-known/openid-configuration");
    }
    if (options->client_id == NULL || options->client_id[0] == '\0') {
        cy_error_set(error, CY_BAD_RECIPE, "the client's id at the provider is missing");
        return cy_error_hint(error, "--oidc-client ID goes with --oidc ISSUER");
    }
    struct cy_oidc *made = cy_alloc_zero(1, sizeof *made);
    made->issuer = copy(options->issuer);
    made->client_id = copy(options->client_id);
    made->client_secret = copy(options->client_secret);
    made->allows_http = is_here;
    cy_turnstile_init(&made->turnstile, CY_OIDC_AT_ONCE, CY_OIDC_WAITING, CY_OIDC_WAIT_MS);
    pthread_mutex_init(&made->lock, NULL);
    *oidc = made;
    return CY_OK;
}

void cy_oidc_close(struct cy_oidc *oidc)
{
    if (oidc == NULL)
        return;
    cy_turnstile_free(&oidc->turnstile);
    pthread_mutex_destroy(&oidc->lock);
    cy_buffer_release(&oidc->metadata);
    cy_buffer_release(&oidc->keys);
    free(oidc->issuer);
    free(oidc->client_id);
    free(oidc->client_secret);
    free(oidc);
}

/* ---- metadata and keys ---- */

/* What is kept, when it is of least_ms or later; in arena. */
static bool take_kept(struct cy_oidc *oidc, const struct cy_buffer *kept, const int64_t *kept_ms, int64_t least_ms, struct cy_arena *arena,
                      struct cy_str *text)
{
    pthread_mutex_lock(&oidc->lock);
    bool is_there = kept->size > 0 && *kept_ms >= least_ms;
    if (is_there)
        *text = cy_arena_str(arena, cy_buffer_str(kept));
    pthread_mutex_unlock(&oidc->lock);
    return is_there;
}

static void keep(struct cy_oidc *oidc, struct cy_buffer *kept, int64_t *kept_ms, const struct cy_buffer *text)
{
    pthread_mutex_lock(&oidc->lock);
    cy_buffer_clear(kept);
    cy_buffer_add_str(kept, cy_buffer_str(text));
    *kept_ms = cy_now_ms();
    pthread_mutex_unlock(&oidc->lock);
}

static struct cy_str text_of(yyjson_val *object, const char *name, struct cy_arena *arena)
{
    yyjson_val *value = yyjson_obj_get(object, name);
    return yyjson_is_str(value) ? cy_arena_str(arena, (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)}) : CY_STR("");
}

static bool takes_basic(yyjson_val *root)
{
    yyjson_val *methods = yyjson_obj_get(root, "token_endpoint_auth_methods_supported"), *each;
    size_t i, count;
    yyjson_arr_foreach(methods, i, count, each) if (yyjson_equals_str(each, "client_secret_basic")) return true;
    return methods == NULL; /* Discovery §3: the default */
}

static enum cy_status read_metadata(const struct cy_oidc *oidc, struct cy_str text, struct cy_arena *arena,
                                    struct cy_oidc_metadata *metadata, struct cy_outcome *outcome)
{
    static const char what[] = "its metadata";
    yyjson_doc *document = yyjson_read(text.data, text.size, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(document);
    *metadata = (struct cy_oidc_metadata){.authorization_endpoint = text_of(root, "authorization_endpoint", arena),
                                          .token_endpoint = text_of(root, "token_endpoint", arena),
                                          .jwks_uri = text_of(root, "jwks_uri", arena),
                                          .takes_basic = takes_basic(root)};
    bool is_its = cy_str_is(text_of(root, "issuer", arena), oidc->issuer); /* Discovery §4.3 */
    yyjson_doc_free(document);
    if (!is_its)
        return refuse(outcome, what, "they name another issuer than the one that this server was given");
    if (!may_ask(oidc, metadata->authorization_endpoint) || !may_ask(oidc, metadata->token_endpoint) || !may_ask(oidc, metadata->jwks_uri))
        return refuse(outcome, what, "authorization_endpoint, token_endpoint or jwks_uri is missing, or not https://");
    return CY_OK;
}

enum cy_status cy_oidc_metadata(struct cy_oidc *oidc, struct cy_arena *arena, struct cy_oidc_metadata *metadata, struct cy_outcome *outcome)
{
    struct cy_str text;
    struct cy_buffer answer = {0};
    if (take_kept(oidc, &oidc->metadata, &oidc->metadata_ms, cy_now_ms() - KEPT_MS, arena, &text))
        return read_metadata(oidc, text, arena, metadata, outcome);
    size_t size = strlen(oidc->issuer);
    const char *url =
        cy_arena_printf(arena, "%s%s.well-known/openid-configuration", oidc->issuer, size > 0 && oidc->issuer[size - 1] == '/' ? "" : "/");
    enum cy_status status = get(oidc, cy_str(url), "its metadata", &answer, outcome);
    if (status == CY_OK)
        status = read_metadata(oidc, cy_buffer_str(&answer), arena, metadata, outcome);
    if (status == CY_OK)
        keep(oidc, &oidc->metadata, &oidc->metadata_ms, &answer);
    cy_buffer_release(&answer);
    return status;
}

enum cy_status cy_oidc_keys(struct cy_oidc *oidc, const struct cy_oidc_metadata *metadata, int64_t at_least_ms, struct cy_arena *arena,
                            struct cy_str *keys, struct cy_outcome *outcome)
{
    struct cy_buffer answer = {0};
    if (take_kept(oidc, &oidc->keys, &oidc->keys_ms, CY_MAX(at_least_ms, cy_now_ms() - KEPT_MS), arena, keys))
        return CY_OK;
    enum cy_status status = get(oidc, metadata->jwks_uri, "its keys", &answer, outcome);
    if (status == CY_OK) {
        keep(oidc, &oidc->keys, &oidc->keys_ms, &answer);
        *keys = cy_arena_str(arena, cy_buffer_str(&answer));
    }
    cy_buffer_release(&answer);
    return status;
}

/* ---- a code's token ---- */

static void add_pair(struct cy_buffer *form, const char *name, struct cy_str value)
{
    cy_buffer_printf(form, "%s%s=", form->size > 0 ? "&" : "", name);
    cy_buffer_add_escaped(form, value, false);
}

/* RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
static char *basic_header(const struct cy_oidc *oidc, struct cy_arena *arena)
{
    struct cy_buffer pair = {0};
    cy_buffer_add_escaped(&pair, cy_str(oidc->client_id), false);
    cy_buffer_add_byte(&pair, ':');
    cy_buffer_add_escaped(&pair, cy_str(oidc->client_secret), false);
    char *text = cy_arena_alloc(arena, pair.size / 3 * 4 + 5);
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)pair.data, (int)pair.size);
    cy_buffer_release(&pair);
    return cy_arena_printf(arena, "Authorization: Basic %s", text);
}

enum cy_status cy_oidc_exchange(struct cy_oidc *oidc, const struct cy_oidc_metadata *metadata, struct cy_str code, struct cy_str redirect,
                                struct cy_str verifier, struct cy_arena *arena, struct cy_str *id_token, struct cy_outcome *outcome)
{
    struct cy_buffer form = {0}, answer = {0};
    struct ask of = {.url = metadata->token_endpoint};
    long http_status;
    add_pair(&form, "grant_type", CY_STR("authorization_code"));
    add_pair(&form, "code", code);
    add_pair(&form, "redirect_uri", redirect);
    add_pair(&form, "code_verifier", verifier);
    if (oidc->client_secret != NULL && metadata->takes_basic)
        of.authorization = basic_header(oidc, arena);
    else
        add_pair(&form, "client_id", cy_str(oidc->client_id));
    if (oidc->client_secret != NULL && !metadata->takes_basic)
        add_pair(&form, "client_secret", cy_str(oidc->client_secret));
    of.form = cy_buffer_str(&form);
    enum cy_status status = ask(oidc, &of, "a code's token", &answer, &http_status, outcome);
    if (status == CY_OK) {
        yyjson_doc *document = yyjson_read(answer.data != NULL ? answer.data : "", answer.size, YYJSON_READ_NOFLAG);
        yyjson_val *root = yyjson_doc_get_root(document);
        struct cy_str problem = text_of(root, "error", arena);
        *id_token = text_of(root, "id_token", arena);
        yyjson_doc_free(document);
        if (http_status >= 500)
            status = refuse(outcome, "a code's token", "it has an error of its own");
        else if (http_status != 200)
            status = cy_refuse(outcome, CY_REFUSAL_LOGIN, "the provider did not take this login's code: %.*s; log in again",
                               (int)CY_MIN(problem.size, 100), problem.data);
        else if (id_token->size == 0)
            status = refuse(outcome, "a code's token", "its answer holds no id_token");
    }
    cy_buffer_release(&form);
    cy_buffer_release(&answer);
    return status;
}
