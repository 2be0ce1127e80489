#include "hub/id_token.h"

#include "hub/sign.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <yyjson.h>

enum {
    RSA_BYTES_MIN = 256,  /* 2048 bits: RFC 7518 §3.3 */
    RSA_BYTES_MAX = 1024, /* 8192 bits: a larger one would cost seconds */
    EXPONENT_BYTES_MAX = 4,
    P256_BYTES = 32,
    SUBJECT_BYTES_MAX = 255, /* Core §2 */
    TEXT_BYTES_MAX = 200,    /* of names and addresses that are kept */
};

/* ---- base64url ---- */

bool cy_base64url_decode(struct cy_str text, struct cy_arena *arena, struct cy_str *bytes)
{
    uint8_t *out = cy_arena_alloc(arena, text.size / 4 * 3 + 4);
    size_t size = 0;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    if (text.size % 4 == 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                    : c >= 'a' && c <= 'z' ? c - 'a' + 26
                    : c >= '0' && c <= '9' ? c - '0' + 52
                    : c == '-'             ? 62
                    : c == '_'             ? 63
                                           : -1;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[size++] = (uint8_t)(bits >> bit_count);
        }
    }
    *bytes = (struct cy_str){(const char *)out, size};
    return (bits & ((1U << bit_count) - 1)) == 0; /* one text for one value */
}

void cy_base64url_encode(struct cy_buffer *out, struct cy_str bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        bits = bits << 8 | (uint8_t)bytes.data[i];
        for (bit_count += 8; bit_count >= 6; bit_count -= 6)
            cy_buffer_add_byte(out, (uint8_t)letters[bits >> (bit_count - 6) & 63]);
    }
    if (bit_count > 0)
        cy_buffer_add_byte(out, (uint8_t)letters[bits << (6 - bit_count) & 63]);
}

/* ---- keys ---- */

enum algorithm { RS256, ES256 };

static struct cy_str text_of(yyjson_val *object, const char *name)
{
    yyjson_val *value = yyjson_obj_get(object, name);
    return yyjson_is_str(value) ? (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)} : CY_STR("");
}

/* A member that is base64url; false when it is none. */
static bool bytes_of(yyjson_val *key, const char *name, struct cy_arena *arena, struct cy_str *bytes)
{
    struct cy_str text = text_of(key, name);
    return text.size > 0 && text.size <= 2 * RSA_BYTES_MAX && cy_base64url_decode(text, arena, bytes);
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    CY_ASSERT(params != NULL && context != NULL);
    if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL; /* a point that is not on the curve, and the like */
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(yyjson_val *jwk, struct cy_arena *arena)
{
    struct cy_str modulus, exponent;
    if (!bytes_of(jwk, "n", arena, &modulus) || !bytes_of(jwk, "e", arena, &exponent) || modulus.size < RSA_BYTES_MIN ||
        modulus.size > RSA_BYTES_MAX || exponent.size > EXPONENT_BYTES_MAX)
        return NULL;
    BIGNUM *n = BN_bin2bn((const uint8_t *)modulus.data, (int)modulus.size, NULL);
    BIGNUM *e = BN_bin2bn((const uint8_t *)exponent.data, (int)exponent.size, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    CY_ASSERT(n != NULL && e != NULL && builder != NULL);
    CY_ASSERT(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
              OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1);
    EVP_PKEY *key = BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e) ? key_from("RSA", builder) : NULL;
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *p256_key(yyjson_val *jwk, struct cy_arena *arena)
{
    struct cy_str x, y;
    uint8_t point[1 + 2 * P256_BYTES] = {4}; /* uncompressed: SEC 1 §2.3.3 */
    if (!cy_str_is(text_of(jwk, "crv"), "P-256") || !bytes_of(jwk, "x", arena, &x) || !bytes_of(jwk, "y", arena, &y) ||
        x.size != P256_BYTES || y.size != P256_BYTES)
        return NULL;
    memcpy(point + 1, x.data, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y.data, P256_BYTES);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    CY_ASSERT(builder != NULL);
    CY_ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
              OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1);
    EVP_PKEY *key = key_from("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

/* ---- signatures ---- */

/* r and s end to end (RFC 7518 §3.4) as OpenSSL takes them; 0 bytes when it is none. */
static size_t der_of(struct cy_str signature, uint8_t **der)
{
    *der = NULL;
    if (signature.size != 2 * P256_BYTES)
        return 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn((const uint8_t *)signature.data, P256_BYTES, NULL);
    BIGNUM *s = BN_bin2bn((const uint8_t *)signature.data + P256_BYTES, P256_BYTES, NULL);
    CY_ASSERT(pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1);
    int size = i2d_ECDSA_SIG(pair, der);
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

static bool is_signed_by(EVP_PKEY *key, enum algorithm algorithm, struct cy_str text, struct cy_str signature)
{
    uint8_t *der = NULL;
    const uint8_t *bytes = (const uint8_t *)signature.data;
    size_t size = signature.size;
    if (algorithm == ES256) {
        size = der_of(signature, &der);
        bytes = der;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CY_ASSERT(context != NULL);
    bool is_signed = size > 0 && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                     EVP_DigestVerify(context, bytes, size, (const uint8_t *)text.data, text.size) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    return is_signed;
}

/* ---- a token ---- */

struct jws {
    enum algorithm algorithm;
    struct cy_str key_id;    /* empty: it names none */
    struct cy_str text;      /* what is signed */
    struct cy_str signature; /* bytes */
};

static enum cy_status read_header(struct cy_str header, struct jws *jws, struct cy_arena *arena, struct cy_error *error)
{
    yyjson_doc *document = yyjson_read(header.data, header.size, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(document);
    struct cy_str algorithm = text_of(root, "alg");
    enum cy_status status = CY_OK;
    if (!yyjson_is_obj(root))
        status = cy_error_set(error, CY_BAD_INPUT, "the token's header is no JSON object");
    else if (yyjson_obj_get(root, "crit") != NULL) /* RFC 7515 §4.1.11: what is not understood must be refused */
        status = cy_error_set(error, CY_BAD_INPUT, "the token's header asks for an extension (crit)");
    else if (!cy_str_is(algorithm, "RS256") && !cy_str_is(algorithm, "ES256"))
        status = cy_error_set(error, CY_BAD_INPUT, "the token is signed by \"%.*s\", and only RS256 and ES256 are taken",
                              (int)CY_MIN(algorithm.size, 40), algorithm.data);
    jws->algorithm = cy_str_is(algorithm, "ES256") ? ES256 : RS256;
    jws->key_id = cy_arena_str(arena, text_of(root, "kid"));
    yyjson_doc_free(document);
    return status;
}

static bool may_be_key_of(yyjson_val *jwk, const struct jws *jws)
{
    struct cy_str use = text_of(jwk, "use"), algorithm = text_of(jwk, "alg");
    return yyjson_is_obj(jwk) && cy_str_is(text_of(jwk, "kty"), jws->algorithm == RS256 ? "RSA" : "EC") &&
           (use.size == 0 || cy_str_is(use, "sig")) &&
           (algorithm.size == 0 || cy_str_is(algorithm, jws->algorithm == RS256 ? "RS256" : "ES256")) &&
           (jws->key_id.size == 0 || cy_str_equal(text_of(jwk, "kid"), jws->key_id));
}

static enum cy_status find_signer(const struct jws *jws, struct cy_str key_set, struct cy_arena *arena, bool *unknown_key,
                                  struct cy_error *error)
{
    yyjson_doc *document = yyjson_read(key_set.data, key_set.size, YYJSON_READ_NOFLAG);
    yyjson_val *keys = yyjson_obj_get(yyjson_doc_get_root(document), "keys"), *jwk;
    size_t i, count, tried_count = 0;
    bool is_signed = false;
    yyjson_arr_foreach(keys, i, count, jwk)
    {
        if (is_signed || i >= CY_JWKS_KEYS_MAX || !may_be_key_of(jwk, jws))
            continue;
        EVP_PKEY *key = jws->algorithm == RS256 ? rsa_key(jwk, arena) : p256_key(jwk, arena);
        tried_count += key != NULL;
        is_signed = key != NULL && is_signed_by(key, jws->algorithm, jws->text, jws->signature);
        EVP_PKEY_free(key);
    }
    yyjson_doc_free(document);
    *unknown_key = tried_count == 0;
    if (is_signed)
        return CY_OK;
    if (*unknown_key)
        return cy_error_set(error, CY_BAD_INPUT, "the provider has no key \"%.*s\" that could have signed the token",
                            (int)CY_MIN(jws->key_id.size, 100), jws->key_id.data);
    return cy_error_set(error, CY_BAD_INPUT, "the token's signature is wrong");
}

enum cy_status cy_jws_verify(struct cy_str token, struct cy_str key_set, struct cy_arena *arena, struct cy_str *payload, bool *unknown_key,
                             struct cy_error *error)
{
    struct jws jws = {0};
    struct cy_str rest, header = cy_str_split(token, '.', &rest), body = cy_str_split(rest, '.', &rest), header_bytes;
    *unknown_key = false;
    if (token.size > CY_ID_TOKEN_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the token has %zu bytes, and %d is the limit", token.size, CY_ID_TOKEN_BYTES_MAX);
    if (!cy_base64url_decode(header, arena, &header_bytes) || !cy_base64url_decode(body, arena, payload) ||
        !cy_base64url_decode(rest, arena, &jws.signature) || jws.signature.size == 0)
        return cy_error_set(error, CY_BAD_INPUT, "the token is not three parts of base64url");
    jws.text = (struct cy_str){token.data, header.size + 1 + body.size};
    enum cy_status status = read_header(header_bytes, &jws, arena, error);
    return status == CY_OK ? find_signer(&jws, key_set, arena, unknown_key, error) : status;
}

/* ---- what it says ---- */

/* aud is a text, or a list of them; with several, azp says for whom. */
static bool is_for(yyjson_val *claims, struct cy_str client_id)
{
    yyjson_val *audience = yyjson_obj_get(claims, "aud"), *each, *party = yyjson_obj_get(claims, "azp");
    size_t i, count;
    bool is_named = cy_str_equal(text_of(claims, "aud"), client_id);
    yyjson_arr_foreach(audience, i, count, each) is_named |=
        yyjson_is_str(each) && cy_str_equal((struct cy_str){yyjson_get_str(each), yyjson_get_len(each)}, client_id);
    if (party != NULL)
        return is_named && cy_str_equal(text_of(claims, "azp"), client_id);
    return is_named && yyjson_arr_size(audience) <= 1;
}

static struct cy_str kept_text(yyjson_val *claims, const char *name, struct cy_arena *arena)
{
    struct cy_str text = text_of(claims, name);
    return text.size <= TEXT_BYTES_MAX && memchr(text.data, 0, text.size) == NULL ? cy_arena_str(arena, text) : CY_STR("");
}

static enum cy_status check_claims(yyjson_val *claims, const struct cy_id_token_wants *wants, struct cy_error *error)
{
    yyjson_val *expires = yyjson_obj_get(claims, "exp"), *issued = yyjson_obj_get(claims, "iat");
    struct cy_str issuer = text_of(claims, "iss"), subject = text_of(claims, "sub");
    if (!yyjson_is_obj(claims))
        return cy_error_set(error, CY_BAD_INPUT, "the token holds no JSON object");
    if (!cy_str_equal(issuer, wants->issuer))
        return cy_error_set(error, CY_BAD_INPUT, "the token is of another issuer, \"%.*s\"", (int)CY_MIN(issuer.size, 200), issuer.data);
    if (!is_for(claims, wants->client_id))
        return cy_error_set(error, CY_BAD_INPUT, "the token is for somebody else (aud, azp)");
    if (!yyjson_is_num(expires) || !(yyjson_get_num(expires) > (double)(wants->now_s - CY_ID_TOKEN_SKEW_S)))
        return cy_error_set(error, CY_BAD_INPUT, "the token's time is over (exp)");
    if (!yyjson_is_num(issued) || !(yyjson_get_num(issued) <= (double)(wants->now_s + CY_ID_TOKEN_SKEW_S)))
        return cy_error_set(error, CY_BAD_INPUT, "the token is of the future (iat): the clocks of provider and server are apart");
    if (wants->nonce.size == 0 || !cy_secret_equal(text_of(claims, "nonce"), wants->nonce))
        return cy_error_set(error, CY_BAD_INPUT, "the token is not of this login (nonce)");
    if (subject.size == 0 || subject.size > SUBJECT_BYTES_MAX || memchr(subject.data, 0, subject.size) != NULL)
        return cy_error_set(error, CY_BAD_INPUT, "the token does not say whose it is (sub)");
    return CY_OK;
}

enum cy_status cy_id_token_read(struct cy_str payload, const struct cy_id_token_wants *wants, struct cy_arena *arena,
                                struct cy_id_token *token, struct cy_error *error)
{
    yyjson_doc *document = payload.size > 0 ? yyjson_read(payload.data, payload.size, YYJSON_READ_NOFLAG) : NULL;
    yyjson_val *claims = yyjson_doc_get_root(document);
    enum cy_status status = check_claims(claims, wants, error);
    if (status == CY_OK)
        *token = (struct cy_id_token){.subject = cy_arena_str(arena, text_of(claims, "sub")),
                                      .preferred_username = kept_text(claims, "preferred_username", arena),
                                      .name = kept_text(claims, "name", arena),
                                      .email = kept_text(claims, "email", arena)};
    yyjson_doc_free(document);
    return status;
}
